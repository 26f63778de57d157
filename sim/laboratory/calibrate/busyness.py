"""How busy a host is while it is measured: what others and the hypervisor take, and by how much figures may be off."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.laboratory.calibrate.results import Busyness, Measurement
from sim.studies.base import statistic

FEWEST_SAMPLES = 10
"""Samples that a measurement has at least where its spread says something."""


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """CPU seconds since the host booted, of all its threads, and of this process with the children it waited for."""

    all: float
    idle: float
    steal: float
    own: float
    load: float

    @classmethod
    def now(cls) -> CpuTimes:
        """What /proc and the kernel say now. Zeros where /proc does not say."""
        stat = re.search(r"^cpu\s+(.+)$", _text("/proc/stat"), re.MULTILINE)
        ticks = [int(word) for word in stat[1].split()] if stat else []
        ticks += [0] * (8 - len(ticks))
        a_second = os.sysconf("SC_CLK_TCK")
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        load = _text("/proc/loadavg").split()
        # Guests' time (the last two) is in user and nice already: proc(5).
        return cls(
            all=sum(ticks[:8]) / a_second,
            idle=(ticks[3] + ticks[4]) / a_second,
            steal=ticks[7] / a_second,
            own=sum(usage.ru_utime + usage.ru_stime for usage in used),
            load=float(load[0]) if load else 0.0,
        )


def busyness(before: CpuTimes, after: CpuTimes, measurements: Sequence[Measurement], threads: int) -> Busyness:
    """What happened on the host between two readings, and how far its measurements spread.

    Args:
        threads: Hardware threads of the host.
    """
    passed = after.all - before.all
    steal = (after.steal - before.steal) / passed if passed > 0 else 0.0
    others = (after.all - after.idle - after.steal - after.own) - (before.all - before.idle - before.steal - before.own)
    share = min(max(others / passed, 0.0), 1.0) if passed > 0 else 0.0
    spreads = [one for one in measurements if one.n >= FEWEST_SAMPLES and one.minimum > 0]
    p10 = [one.p10 / one.minimum - 1 for one in spreads]
    median = [one.median / one.minimum - 1 for one in spreads]
    return Busyness(
        others=share,
        steal=steal,
        load=before.load / threads if threads else 0.0,
        p10_off=statistic("p50", p10) if p10 else 0.0,
        p10_off_most=statistic("p90", p10) if p10 else 0.0,
        median_off=statistic("p50", median) if median else 0.0,
    )


def sentences(busy: Busyness) -> list[str]:
    """What a reader is told of it."""
    others = (
        f"Other processes had {busy.others:.0%} of the CPU time, a hypervisor took {busy.steal:.0%}, "
        f"and the load was {busy.load:.1f} a thread before it began."
    )
    told = [f"This host is busy. {others}" if busy.is_busy else others]
    told.append(
        "Against the minima, which others disturb least, half of the medians are more than "
        f"{busy.median_off:.0%} higher, half of the 10th percentiles more than {busy.p10_off:.0%}, "
        f"and a tenth of them more than {busy.p10_off_most:.0%}. The profile takes 10th percentiles."
    )
    return told


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
