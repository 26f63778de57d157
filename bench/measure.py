"""CPU time of rivals in one process, run in turn."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Of one rival: CPU seconds of each round, and what each counts for (customers, flows, starts)."""

    seconds: tuple[float, ...]
    count: int

    @property
    def each(self) -> float:
        """Median CPU seconds for one."""
        return statistics.median(self.seconds) / self.count


Rival = tuple[Callable[[], Callable[[], object]], int]
"""What makes ready (not timed) and gives what is to be run, and how many things that does."""


def contest(rivals: Mapping[str, Rival], rounds: int) -> dict[str, Timing]:
    """Make each rival ready and run it, once a round and in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, (ready, _) in rivals.items():
            run = ready()
            gc.collect()
            began = time.process_time()
            run()
            seconds[name].append(time.process_time() - began)
    return {name: Timing(tuple(seconds[name]), count) for name, (_, count) in rivals.items()}


def ratio(timings: Mapping[str, Timing], of: str, against: str) -> float:
    """How many times faster `of` is than `against`, per thing done."""
    return timings[against].each / timings[of].each
