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


Rival = tuple[Callable[[], Callable[[], object]], int]
"""What makes ready (not timed) and gives what is to be run, and how many things that does."""


def contest(
    rivals: Mapping[str, Rival], rounds: int, enough: Callable[[dict[str, Timing]], bool] = lambda _: False
) -> dict[str, Timing]:
    """Make each rival ready and run it, once a round and in turn.

    What the process holds already is set apart: else a collection walks through it too, in the middle of a round or
    before one.

    Args:
        enough: Whether no further round is needed. It is asked after each.
    """
    timings = {name: Timing((), count) for name, (_, count) in rivals.items()}
    frozen = gc.get_freeze_count() > 0
    try:
        for _ in range(rounds):
            for name, (ready, count) in rivals.items():
                run = ready()
                gc.collect()
                gc.freeze()
                timings[name] = Timing((*timings[name].seconds, _seconds(run)), count)
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


def settles(of: str, against: str, most: float) -> Callable[[dict[str, Timing]], bool]:
    """What ends a contest once two rounds show that `of` costs at most so many times what `against` does."""
    return lambda timings: len(timings[of].seconds) > 1 and timings[of].least <= most * timings[against].least


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


def cost(work: Callable[[], object], rounds: int = 3, enough: float = 0.0) -> float:
    """CPU time of `work` in millions of heap operations: the least of rounds between two rounds of the reference loop.

    A gate on it holds on a slow machine and beside other work alike, which a gate on seconds does not.

    Args:
        enough: A cost that needs no further round: others would only show a lower one.
    """
    loop: Rival = (partial(_same, partial(heap_operations, 100_000)), 1)
    rivals: dict[str, Rival] = {"loop before": loop, "work": (partial(_same, work), 1), "loop after": loop}

    def found(timings: Mapping[str, Timing]) -> float:
        before, took, after = (timings[name].seconds for name in rivals)
        return min(each / (10 * min(loops)) for each, *loops in zip(took, before, after, strict=True))

    return found(contest(rivals, rounds, lambda timings: found(timings) <= enough))


def growth(ready: Callable[[int], Callable[[], object]], size: int, times: int = 4, rounds: int = 3) -> float:
    """How the CPU time of `ready(size)()` grows where the size is so many times as large: `times` where it is linear.

    Args:
        ready: Makes the work of a size, which is not timed. Small work is repeated until it takes 20 ms.
    """
    small, large = ready(size), ready(times * size)
    repeated = 1
    while _seconds(_again(small, repeated)) < 0.02:
        repeated *= 2
    works = _again(small, repeated), _again(large, repeated)
    gc.collect()
    gc.disable()  # its full rounds cost more the more is held, which is no cost of the work
    try:
        turns = [tuple(map(_seconds, works)) for _ in range(rounds)]
    finally:
        gc.enable()
    return min(turn[1] for turn in turns) / max(min(turn[0] for turn in turns), 0.005)


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _same(work: Callable[[], object]) -> Callable[[], object]:
    return work


def _again(work: Callable[[], object], times: int) -> Callable[[], object]:
    def run() -> None:
        for _ in range(times):
            work()

    return run
