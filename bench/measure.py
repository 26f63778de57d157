"""CPU time of rivals in one process, run in turn."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush


@dataclass(frozen=True)
class Timing:
    """Of one rival: CPU seconds of each round, and what each counts for (customers, flows, starts)."""

    seconds: tuple[float, ...]
    count: int

    @property
    def each(self) -> float:
        """Median CPU seconds for one."""
        return statistics.median(self.seconds) / self.count

    @property
    def least(self) -> float:
        """Least CPU seconds for one. Other work on the machine only adds to it, so a ratio of two holds beside any."""
        return min(self.seconds) / self.count


Clock = Callable[[], float]

ROUNDS = 30
"""So many at most, where those before left it open whether a gate holds."""

Rival = tuple[Callable[[], Callable[[], object]], int]
"""What makes ready (not timed) and gives what is to be run, and how many things that does."""


def contest(
    rivals: Mapping[str, Rival],
    rounds: int,
    enough: Callable[[dict[str, Timing]], bool] = lambda _: False,
    clock: Clock = time.thread_time,
) -> dict[str, Timing]:
    """Make each rival ready and run it, once a round and in turn: every second round the last one first.

    What the process holds already is set apart: else a collection walks through it too, in the middle of a round or
    before one.

    Args:
        enough: Whether no further round is needed. It is asked after each.
        clock: What tells CPU seconds. A process's own goes by steps of 4 ms while a watchdog runs, a thread's does not.
    """
    timings = {name: Timing((), count) for name, (_, count) in rivals.items()}
    turns = list(rivals.items())
    frozen = gc.get_freeze_count() > 0
    try:
        for number in range(rounds):
            for name, (ready, count) in turns[:: -1 if number % 2 else 1]:
                run = ready()
                gc.collect()
                gc.freeze()
                timings[name] = Timing((*timings[name].seconds, _seconds(run, clock)), count)
            if enough(timings):
                break
    finally:
        gc.unfreeze()
        if frozen:
            gc.freeze()
    return timings


def ratio(timings: Mapping[str, Timing], of: str, against: str) -> float:
    """How many times faster `of` is than `against`, per thing done."""
    return timings[against].least / timings[of].least


def dearer(of: Rival, against: Rival, most: float, rounds: int = ROUNDS, clock: Clock = time.thread_time) -> float:
    """How many times what `against` costs `of` costs, per thing done. For a gate that it is `most` or less.

    A machine may be twice as quick at one moment as at another. So the two take turns, and are compared in two ways:
    the least of all rounds, and the median of what each round says by itself. After three rounds, no more are needed
    once both are below the gate by one part in as many as there were rounds. Where all rounds leave it open, the lower
    one counts.
    """
    timings = contest({"of": of, "against": against}, rounds, lambda timings: _clear(timings, most), clock)
    return min(_compared(timings))


def ahead(of: Rival, against: Rival, least: float, rounds: int = ROUNDS) -> float:
    """How many times faster `of` is than `against`, per thing done. For a gate that it is `least` or more."""
    return 1 / dearer(of, against, 1 / least, rounds)


def _compared(timings: Mapping[str, Timing]) -> tuple[float, float]:
    of, against = timings["of"], timings["against"]
    each = statistics.median(one / other for one, other in zip(of.seconds, against.seconds, strict=True))
    return of.least / against.least, each * against.count / of.count


def _clear(timings: Mapping[str, Timing], most: float) -> bool:
    rounds = len(timings["of"].seconds)
    return rounds >= 3 and max(_compared(timings)) <= most * (1 - 1 / rounds)


def heap_operations(count: int) -> int:
    """The reference loop: so many pushes or pops of a tuple on a heap of a thousand."""
    stream = random.Random(1).random
    heap: list[tuple[float, int]] = []
    for number in range(1000):
        heappush(heap, (stream(), number))
    for number in range(count // 2):
        when, _ = heappop(heap)
        heappush(heap, (when + stream(), number))
    return len(heap)


def cost(work: Callable[[], object], most: float, rounds: int = ROUNDS) -> float:
    """CPU time of `work` in millions of heap operations, held against the reference loop as `dearer` does it.

    A gate on it holds on a slow machine and beside other work alike, which a gate on seconds does not.

    Args:
        most: The gate. The loop is a tenth of it: a short one would fit into a quick moment, and long work does not.
    """
    operations = max(100_000, round(most * 100_000))
    loop = partial(_same, partial(heap_operations, operations))
    millions = operations / 1e6
    return millions * dearer((partial(_same, work), 1), (loop, 1), most / millions, rounds)


def growth(
    ready: Callable[[int], Callable[[], object]], size: int, times: int = 4, most: float = 0.0, rounds: int = ROUNDS
) -> float:
    """How the CPU time of `ready(size)()` grows where the size is so many times as large: `times` where it is linear.

    Args:
        ready: Makes the work of a size, which is not timed. Small work is repeated until it takes 20 ms, and as often
            as it is smaller, so that both take as long where it is linear.
        most: The gate: twice what is linear, if left out.
    """
    small, large = ready(size), ready(times * size)
    repeated = 1
    while _seconds(_again(small, repeated)) < 0.02:
        repeated *= 2
    few = (partial(_same, _again(small, repeated * times)), repeated * times)
    many = (partial(_same, _again(large, repeated)), repeated)
    gc.disable()  # its full rounds cost more the more is held, which is no cost of the work
    try:
        return dearer(many, few, most or 2 * times, rounds)
    finally:
        gc.enable()


def _seconds(work: Callable[[], object], clock: Clock = time.thread_time) -> float:
    began = clock()
    work()
    return clock() - began


def _same(work: Callable[[], object]) -> Callable[[], object]:
    return work


def _again(work: Callable[[], object], times: int) -> Callable[[], object]:
    def run() -> None:
        for _ in range(times):
            work()

    return run
