"""The slope over a bridge's ports, on a made-up kernel whose times are known and on this one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from sim.laboratory.calibrate import calibrate
from sim.laboratory.calibrate.probes import links
from sim.laboratory.calibrate.results import Measurement
from sim.laboratory.calibrate.workbench import CannotRun, Workbench

ATTACH, PER_PORT = 100e-6, 0.2e-6
UP, UP_PER_PORT = 30e-6, 0.3e-6


class Kernel:
    """Links that take as long as said, by the ports there are already. most: ports that a bridge takes."""

    def __init__(self, most: int = 1023) -> None:
        self.ports, self.most, self.clock, self.up_links = 0, most, 0.0, 0

    def __call__(self) -> Kernel:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def bridge(self, name: str) -> None:
        """Nothing is walked for the bridge itself."""

    def veth(self, name: str, peer: str) -> None:
        """Nor for a pair that is no port yet."""

    def attach(self, name: str, bridge: str) -> None:
        if self.ports == self.most:
            raise OSError(errno.EXFULL, os.strerror(errno.EXFULL))
        self.clock += ATTACH + PER_PORT * self.ports
        self.ports += 1

    def up(self, name: str) -> None:
        self.clock += UP + UP_PER_PORT * max(self.ports - 1, 0)
        self.up_links += 1

    def seconds(self, operation: Callable[[], object]) -> float:
        start = self.clock
        operation()
        return self.clock - start


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[float, float, float]]:
    """What a bench is told: minimum, p10 and median by the measurement's id."""
    told: dict[str, tuple[float, float, float]] = {}
    monkeypatch.setattr(
        Workbench, "add_summary", lambda self, name, text, found, n, size=0, conditions="": told.update({name: found})
    )
    monkeypatch.setattr(links, "_new_namespace", lambda: -1)
    return told


def run_on(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "Links", kernel)
    monkeypatch.setattr(links, "seconds", kernel.seconds)
    links.bridge(Workbench(Path("/nowhere"), "x", 0.0, -1))


def test_what_each_port_adds_is_found_whatever_the_first_one_takes(
    reported: dict[str, tuple[float, float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel()
    run_on(kernel, monkeypatch)
    assert reported["bridge.attach"] == pytest.approx((PER_PORT,) * 3)
    assert reported["bridge.up"] == pytest.approx((UP_PER_PORT,) * 3)
    assert kernel.ports == kernel.up_links - 1 == 400


def test_a_kernel_that_takes_fewer_ports_is_told_with_its_reason(
    reported: dict[str, tuple[float, float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CannotRun, match=r"may not make 400 ports of a bridge: .*Exchange full"):
        run_on(Kernel(most=255), monkeypatch)
    assert not reported


def test_without_a_network_namespace_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(flags: int) -> None:
        raise OSError(errno.EPERM, "unshare: Operation not permitted")

    monkeypatch.setattr("sim.laboratory.calibrate.probes.links.linux.unshare", refuse)
    with pytest.raises(CannotRun, match=r"it may not make a network namespace: .*not permitted"):
        links.bridge(Workbench(Path("/nowhere"), "x", 0.0, -1))


def test_on_this_host_it_leaves_no_link() -> None:
    """A walk takes some nanoseconds a port at least, and a port no longer than making one takes."""
    before = sorted(Path("/sys/class/net").iterdir())
    found = calibrate(None, seconds=2, only=["bridge"])
    assert sorted(Path("/sys/class/net").iterdir()) == before
    slopes = {one.id: one for one in found.measurements}
    if not slopes:
        (skipped,) = found.skipped
        pytest.skip(f"{skipped.probe}: {skipped.reason}")
    assert slopes.keys() == {"bridge.attach", "bridge.up"}
    for one in slopes.values():
        assert within(one)


def within(one: Measurement) -> bool:
    return one.median > 1e-9 and one.p10 < 20e-6 and one.minimum <= one.p10 <= one.median and one.n == 40
