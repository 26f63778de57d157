"""The recordings that ship, replayed: several tests look at the result, and a process replays once."""

from __future__ import annotations

from functools import cache

from sim.evidence.replay import ReplayResult, replay


@cache
def replayed() -> ReplayResult:
    """What the model and the real engines agree on, in all recordings that come with the package."""
    return replay()
