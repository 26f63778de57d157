"""What all instances on a host have in common as time passes: their rates, and what the host promises and allows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sim.machine.pressure import Pressure


@dataclass(frozen=True, slots=True)
class MemoryRates:
    """Bytes a second that every instance touches anew, reads of its image's files, and writes to what it holds.

    Attributes:
        writes_from: Seconds until it begins to write.
        use: Bytes of files that a guest's own timers have written so long after the start. None where they write none.
    """

    growth: float = 0.0
    reads: float = 0.0
    writes: float = 0.0
    writes_from: float = 0.0
    use: Callable[[float], float] | None = None

    @property
    def any(self) -> bool:
        """Whether anything changes as time passes."""
        return self.use is not None or max(self.growth, self.reads, self.writes) > 0


@dataclass(slots=True)
class Commit:
    """Memory that the host has promised.

    Attributes:
        limit: The most it may promise, None where it promises all that is asked.
        single: The most of one request.
    """

    limit: int | None = None
    single: int | None = None
    promised: int = 0

    @property
    def left(self) -> float:
        """Bytes it may still promise."""
        return math.inf if self.limit is None else self.limit - self.promised

    def grant(self, size: int) -> bool:
        """Promise so many bytes, if the host may."""
        if (self.single is not None and size > self.single) or size > self.left:
            return False
        self.promised += size
        return True


@dataclass(slots=True)
class Conditions:
    """What all instances of a host have in common, and what became of them so far.

    Attributes:
        limit: The most bytes one instance without a guest may hold (memory.max).
        guest_swap: Bytes of a guest's own swap.
        same_image: Whether all read the same files.
        step: The fewest seconds between two reads of an instance from swap.
        waited, lived: Seconds that instances waited for memory, and those they ran.
    """

    pressure: Pressure
    rates: MemoryRates
    commit: Commit
    step: float
    limit: int | None = None
    guest_swap: int = 0
    same_image: bool = True
    refused: int = 0
    guest_swapped: int = 0
    guest_kills: int = 0
    waited: float = 0.0
    lived: float = 0.0
    _span: tuple[float, float] = (0.0, 0.0)
    _amounts: tuple[int, int, int] = (0, 0, 0)

    def amounts(self, before: float, now: float) -> tuple[int, int, int]:
        """Whole bytes that an instance grows by, reads and has its timers write between two moments.

        Those of adjacent spans are those of the whole. Most instances ask for the same span one after the other.
        """
        if self._span != (before, now):
            rates, use = self.rates, self.rates.use
            self._span = before, now
            self._amounts = (
                int(rates.growth * now) - int(rates.growth * before),
                int(rates.reads * now) - int(rates.reads * before),
                int(use(now)) - int(use(before)) if use else 0,
            )
        return self._amounts


class Ahead(NamedTuple):
    """What an instance will do next.

    Attributes:
        seconds: Until its memory comes from elsewhere.
        touches: Bytes a second that the host has to find room for.
        caches: Bytes a second of the host's page cache, which takes only what is free.
        promises: Bytes a second that the host is asked to promise.
        swaps: Bytes a second of its own that it moves to the host's swap.
    """

    seconds: float = math.inf
    touches: float = 0.0
    caches: float = 0.0
    promises: float = 0.0
    swaps: float = 0.0


def soon(room: float, rate: float, several: int = 1) -> float:
    """Seconds until room is taken: until just before, so that all is booked till then, and from there until just after.

    Args:
        several: How many take it, each of them whole bytes.
    """
    if not rate:
        return math.inf
    return (room - 2 * several if room > 4 * several else room + 2 * several) / rate
