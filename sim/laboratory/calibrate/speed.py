"""How fast this host's cores are against the reference host: what both were measured at, one ratio for each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.catalog.facts import facts, values
from sim.laboratory.calibrate.results import Calibration, Measurement
from sim.studies.base import statistic

_FEWEST = 3

_COMPARED: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("syscall", "", ("R0151",), ""),
    ("page_fault", "", ("R0152",), ""),
    ("process.exec_static", "", ("R0155", "R0156"), ""),
    ("namespace.ipc", "namespace.none", ("R0068",), "R0062"),
    ("namespace.net", "namespace.none", ("R0070",), "R0062"),
    ("namespace.all", "namespace.none", ("R0071",), "R0062"),
    ("mount_table.mount", "", ("R0075",), ""),
    ("mount.bind", "", ("R0076",), ""),
    ("mount.tmpfs", "", ("R0077",), ""),
    ("seccomp.instruction", "", ("R0107",), ""),
    ("gunzip", "", ("R0137",), ""),
)
"""A measurement, one that is subtracted from it, the facts of the reference host that say the same there, and the fact
that is subtracted from those. Of several facts the middle counts, by their geometric mean.
"""


@dataclass(frozen=True, slots=True)
class SpeedRatio:
    """A ratio of speeds: the median over measurements, between the quartiles.

    Attributes:
        measured: Their ids.
    """

    value: float
    low: float
    high: float
    measured: tuple[str, ...]
    derivation: str


def _here(measurement: Measurement) -> float:
    """The p10, or the rate it gives: what others' work on this host slows down least, and no single sample decides."""
    return measurement.bytes / measurement.p10 if measurement.bytes else measurement.p10


def _there(ids: tuple[str, ...], rate: bool) -> float:
    known = facts()
    numbers = [number for name in ids for number in values(known[name], "B/s" if rate else "s")]
    return math.exp(math.fsum(map(math.log, numbers)) / len(numbers))


def ratios(calibration: Calibration) -> dict[str, float]:
    """Measurement id to how many times faster than on the reference host it is here."""
    have = {measurement.id: measurement for measurement in calibration.measurements}
    ratios = {}
    for name, less, there, less_there in _COMPARED:
        if name not in have or (less and less not in have):
            continue
        measurement = have[name]
        here = _here(measurement) - (have[less].p10 if less else 0.0)
        reference = _there(there, bool(measurement.bytes)) - (_there((less_there,), rate=False) if less_there else 0.0)
        if here > 0:
            ratios[name] = here / reference if measurement.bytes else reference / here
    return ratios


def cpu_speed(calibration: Calibration) -> SpeedRatio | None:
    """This host's CPU speed against the reference host's. None where fewer than three measurements tell."""
    compared = ratios(calibration)
    if len(compared) < _FEWEST:
        return None
    middle, low, high = (statistic(name, list(compared.values())) for name in ("p50", "p25", "p75"))
    text = ", ".join(f"{name} {ratio:.2f}" for name, ratio in compared.items())
    return SpeedRatio(
        middle, low, high, tuple(compared), f"median, and quartiles, of ratios to the reference host by p10: {text}"
    )
