"""What makes ranges wide: the measurement is told by what kind of number it is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sim.report.narrowing import measurement, wide_inputs
from sim.report.style import LANGUAGES


@dataclass(frozen=True)
class Row:
    widest: str
    alone: float
    wide: bool = True


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("hosts/azure-d2s.cpu_speed", "CPU-bound"),
        ("disks/cloud-disk.flush", "fsync"),
        ("hosts/gce-n1.disk_flush", "fsync"),
        ("disks/unstated-ssd.read", "reads of that disk"),
        ("locks/rtnl.operations.veth-move.hold", "traced"),
        ("registries/registries.registries.hub.flow", "one connection"),
        ("guests/kata-guest.memory.agent.bytes", "PSS"),
        ("guests/restored.working_set", "PSS"),
        ("parts/dockerd.phases.clean-up.cpu", "CPU time of that step"),
        ("guests/debian-cloud.phases.network-online.wait", "duration of that step"),
        ("technologies/gvisor.costs.system_call", "one such event"),
        ("numbers/shared.flash-array-job", "that number alone"),
        ("numbers/shared.namespace-from-new-pages", "that number alone"),
    ],
)
def test_a_number_is_told_by_a_measurement_of_its_kind(number: str, said: str) -> None:
    assert said in measurement(number)
    assert all(measurement(number, lang) for lang in LANGUAGES)
    assert measurement(number, "ja") != measurement(number)


def test_inputs_are_listed_by_how_many_ranges_they_make_wide() -> None:
    rows = [Row("a", 1.2), Row("b", 3.0), Row("a", 1.9), Row("c", 9.0, wide=False)]
    assert [(each.id, each.ranges, each.alone) for each in wide_inputs(rows)] == [("a", 2, 1.9), ("b", 1, 3.0)]
    assert wide_inputs([]) == []
