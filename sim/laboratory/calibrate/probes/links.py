"""Ports of a bridge, and veth pairs in both ways: made in the target namespace, or made here and then moved."""

from __future__ import annotations

import os
from functools import partial

from sim.laboratory.calibrate import linux
from sim.laboratory.calibrate.netlink import Links
from sim.laboratory.calibrate.results import line
from sim.laboratory.calibrate.workbench import CannotRun, Workbench, seconds

_TEXTS = {
    "same": "veth pair made in one namespace",
    "in_place": "veth pair made with one end in the target namespace",
    "move": "veth pair made, then one end moved to the target namespace",
    "bridge": "veth end made a port of a bridge",
    "up": "veth end set up",
    "delete": "veth pair deleted, one end a port of a bridge",
}

_PORTS = 400
"""How many ports the bridge gets: what each adds stands out by then, and all are made in a third of a second."""

_GROUP = 40
"""So many ports made one after the other count as made at one number of ports."""


def _new_namespace() -> int:
    try:
        linux.unshare(linux.CLONE_NEWNET)
    except OSError as error:
        raise CannotRun(f"it may not make a network namespace: {error}") from None
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def veth(workbench: Workbench) -> None:
    """Make, move, attach to a bridge, set up and delete a veth pair."""
    target = _new_namespace()
    _new_namespace()
    with Links() as links:
        try:
            links.bridge("bridge")
            links.up("bridge")
            _probe(workbench, links, target)
        except OSError as error:
            raise CannotRun(f"this kernel or user may not make links: {error}") from None


def _probe(workbench: Workbench, links: Links, target: int) -> None:
    samples: dict[str, list[float]] = {name: [] for name in _TEXTS}
    for _ in workbench.rounds(20):
        samples["same"].append(seconds(lambda: links.veth("here", "peer")))
        samples["bridge"].append(seconds(lambda: links.attach("here", "bridge")))
        samples["up"].append(seconds(lambda: links.up("here")))
        samples["delete"].append(seconds(lambda: links.delete("here")))
        samples["in_place"].append(seconds(lambda: links.veth("here", "peer", target)))
        links.delete("here")
        samples["move"].append(seconds(lambda: _make_and_move(links, target)))
        links.delete("here")
    for name, text in _TEXTS.items():
        workbench.add(f"veth.{name}", text, samples[name])


def _make_and_move(links: Links, target: int) -> None:
    links.veth("here", "peer")
    links.move("peer", target)


def bridge(workbench: Workbench) -> None:
    """What each port that a bridge has adds to the next one: the slope over 0 to 400 ports, which nobody uses."""
    _new_namespace()
    with Links() as links:
        try:
            links.bridge("bridge")
            links.up("bridge")
            attach, up = _ports(links)
        except OSError as error:
            raise CannotRun(f"this kernel or user may not make {_PORTS} ports of a bridge: {error}") from None
    for name, text, points in (
        ("attach", "veth end made a port of a bridge, for each port there is", attach),
        ("up", "port of a bridge set up, for each port there is", up),
    ):
        _, slope = line(points)
        workbench.add_summary(f"bridge.{name}", text, slope, _GROUP, conditions=f"0 to {_PORTS} ports, no carrier")


def _ports(links: Links) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """Seconds that attaching and setting up took, by how many ports there were in the middle of their group."""
    attach: dict[int, list[float]] = {}
    up: dict[int, list[float]] = {}
    for count in range(_PORTS):
        name, middle = f"port{count}", count // _GROUP * _GROUP + _GROUP // 2
        links.veth(name, f"peer{count}")
        attach.setdefault(middle, []).append(seconds(partial(links.attach, name, "bridge")))
        up.setdefault(middle, []).append(seconds(partial(links.up, name)))
    return attach, up
