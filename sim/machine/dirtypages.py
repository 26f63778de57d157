"""How long writes go into a host's page cache, until it holds as many dirty pages as its kernel lets it."""

from __future__ import annotations

from sim.catalog.tables.mechanisms import DirtyPages
from sim.never import NEVER
from sim.outcome import Bound


def until_paused(written: float, drained: float, memory: float, numbers: DirtyPages, bound: Bound = "value") -> float:
    """Seconds until who writes is paused. `NEVER` where the disk keeps up.

    The kernel begins to write out once so many pages are dirty, or the first for so long. It pauses writers from half
    way to the limit on (Linux mm/page-writeback.c, dirty_freerun_ceiling).

    Args:
        written: Bytes a second that are written into the cache.
        drained: Bytes a second that the disk writes out.
        memory: Bytes that may be dirty: what is free, and pages of files that can be dropped.
    """
    if written <= drained:
        return NEVER
    background, limit = numbers.background.at(bound) * memory, numbers.limit.at(bound) * memory
    begins = min(background / written, numbers.expire.at(bound))
    return begins + ((background + limit) / 2 - begins * written) / (written - drained)
