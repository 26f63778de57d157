"""What a calibration found: measurements with their statistics, what could not be measured and why, and the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import linear_regression
from typing import Any

from sim.studies.base import statistic


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing that was measured, in seconds.

    Attributes:
        id: "namespace.net". What it starts with up to the first dot is its probe's id or its group's.
        n: How many samples.
        bytes: How many one sample handled, 0 where it is no matter of bytes.
        conditions: What holds here beside `text`.
    """

    id: str
    text: str
    minimum: float
    p10: float
    median: float
    n: int
    bytes: int = 0
    conditions: str = ""

    @property
    def rate(self) -> float | None:
        """Bytes a second at the median. None where it is no matter of bytes."""
        return self.bytes / self.median if self.bytes and self.median > 0 else None


@dataclass(frozen=True, slots=True)
class Skipped:
    """What could not be measured, and why, in one sentence."""

    probe: str
    reason: str


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What the host says of itself.

    Attributes:
        cores: Of this process's affinity. The hardware threads of one core count once.
        memory, swap: Bytes.
        own_memory: Bytes that are in use now.
        kernel: "6.12".
        virtualized: Whether it is a guest itself.
        cgroups: "v1", "v2", "hybrid" or "none".
        network: Bytes a second of its fastest link that is up, None where no driver says.
    """

    processor: str
    cores: int
    threads: int
    memory: int
    own_memory: int
    swap: int
    kernel: str
    virtualized: bool
    cgroups: str
    pid_max: int
    network: float | None


@dataclass(frozen=True, slots=True)
class Busyness:
    """What others did on the host while it was measured, and how far measurements spread.

    Attributes:
        others: Share of the CPU time that processes had which are not the calibration's.
        steal: Share that a hypervisor took.
        load: The load average of a minute before it began, for each hardware thread.
        p10_off, median_off: How far above its minimum the 10th percentile and the median of a measurement are, as a
            share of the minimum, in the middle of the measurements.
        p10_off_most: The same of the 10th percentile, which a tenth of the measurements exceed.
    """

    others: float
    steal: float
    load: float
    p10_off: float
    p10_off_most: float
    median_off: float

    @property
    def is_busy(self) -> bool:
        """Whether others took so much that medians cannot be trusted: a tenth of the time, or a thread in four."""
        return self.others + self.steal > 0.1 or self.load > 0.25


@dataclass(frozen=True, slots=True)
class Calibration:
    """All that a calibration found.

    Attributes:
        id: The host profile's.
        taken: ISO date.
        seconds: What it took in all.
    """

    id: str
    taken: str
    seconds: float
    host: HostFacts
    measurements: tuple[Measurement, ...]
    skipped: tuple[Skipped, ...]
    busy: Busyness

    def measurement(self, name: str) -> Measurement | None:
        """The measurement of that id, if it was made."""
        return next((measurement for measurement in self.measurements if measurement.id == name), None)

    def plain(self) -> dict[str, Any]:
        """All of it as JSON values. Durations are in seconds, rates in bytes a second."""
        rows: list[dict[str, Any]] = [
            asdict(measurement) | {"unit": "s"} | ({"rate": measurement.rate} if measurement.bytes else {})
            for measurement in self.measurements
        ]
        document = asdict(self) | {"measurements": rows, "skipped": [asdict(probe) for probe in self.skipped]}
        document["busy"] |= {"is_busy": self.busy.is_busy}
        return document


def summary(samples: Sequence[float]) -> tuple[float, float, float]:
    """Minimum, p10 and median."""
    return min(samples), statistic("p10", samples), statistic("p50", samples)


def line(points: Mapping[int, Sequence[float]]) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Intercept and slope of the least-squares line through the minima, through the p10s and through the medians.

    A slope or intercept below zero is noise, and given as zero. The order of three slopes or intercepts is noise too.
    They are given smallest first.

    Args:
        points: From x to the samples there, at two or more x.
    """
    xs = list(points)
    intercepts, slopes = [], []
    for ys in zip(*(summary(points[x]) for x in xs), strict=True):
        fitted = linear_regression(xs, ys)
        slopes.append(max(fitted.slope, 0.0))
        intercepts.append(max(fitted.intercept, 0.0))
    (a, b, c), (d, e, f) = sorted(intercepts), sorted(slopes)
    return (a, b, c), (d, e, f)
