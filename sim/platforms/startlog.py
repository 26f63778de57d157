"""What happened in starts by one plan, in columns of numbers: what cannot be worked out from the plan.

A column has a number for each start, by its index, once two starts differ in it (`sim.platforms.startcolumn`). Kept are
when each step ended, but for waits, and what it takes alone. When a step began, what it was queued for, and the end of
a wait are worked out when somebody asks, by the same operations as when it happened. So they are the same to the last
bit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from sim.machine.host import RunningHost
from sim.platforms.plan import BootPlan, BootStep
from sim.platforms.startamount import NANOSECONDS, rounded
from sim.platforms.startcolumn import SparseColumn, StartColumn

_ROUNDING = 1e-9
"""Seconds below which a difference is rounding: drawn durations are whole nanoseconds."""


StepTimes = tuple[float, float, float]
"""When a start began a step and ended it, and the seconds of that beyond what the step takes alone."""

_WAIT, _COMPUTED, _SERVED, _HELD, _GOT = range(5)
"""Kinds of steps: a wait; what cores compute; what else the host serves; a lock held as long as asked for; one held as
long as it comes to."""


class StartLog:
    """The columns of starts by one plan.

    Args:
        plan: Their plan.
        marks: The positions of steps before which something happens: a start that is not there yet wakes up there.
        host: Where they are.

    Attributes:
        requested: A column: when each instance was requested.
        left: When an instance was told to leave, by its index.
        released: When one was told to go on that was created, by its index.
        ends: A column for each step but waits: when it ended, or when it is known that it will.
        own: A column for each step that is not the same for all: the seconds for which it waits or has asked to hold a
            lock; the core-seconds that it computes; else the seconds that it takes alone.
        got: When a lock was got that tells by earlier holds how long one takes, by the step's position.
    """

    __slots__ = (
        "_count",
        "_first_skipped",
        "_rows",
        "_speed",
        "ends",
        "got",
        "left",
        "own",
        "plan",
        "released",
        "requested",
    )

    def __init__(self, plan: BootPlan, marks: Collection[int], host: RunningHost) -> None:
        self.plan = plan
        self.requested = StartColumn()
        self._count = 0
        self.left: dict[int, float] = {}
        self.released: dict[int, float] = {}
        self._first_skipped: dict[int, int] = {}
        kinds = [_kind(step, host) for step in plan.steps]
        kinds[: len(plan.pull)] = [_SERVED] * len(plan.pull)
        self.ends = [SparseColumn() for _ in kinds]
        self.own = [StartColumn("d" if kind == _SERVED else "I") for kind in kinds]
        self.got = {position: SparseColumn() for position, kind in enumerate(kinds) if kind == _GOT}
        self._rows = [
            (
                kind,
                step.demand != "wait" or bool(step.growth) or position in marks,
                self.ends[position],
                self.own[position],
                1.0 if kind == _SERVED else NANOSECONDS,
                min(step.parallelism, host.host.cores),
                _fixed(kind, step, host),
            )
            for position, (kind, step) in enumerate(zip(kinds, plan.steps, strict=True))
        ]
        self._speed = host.speed
        for position, seconds in enumerate(plan.pull):
            self.own[position].note(0, seconds)

    def __len__(self) -> int:
        """How many starts there are."""
        return self._count

    def add(self, now: float) -> int:
        """A start that is asked for now. Its index."""
        index = self._count
        self.requested.note(index, float(now))
        self._count = index + 1
        return index

    def note_skipped(self, position: int, index: int, now: float) -> None:
        """From a step on all are left out until it is cleaned up, which begins now."""
        self._first_skipped[index] = position
        self.left[index] = now

    def keeps(self, position: int) -> StartColumn | None:
        """Where what a step asks for is kept, in nanoseconds. None where the seconds that it takes alone are kept."""
        return None if self._rows[position][0] == _SERVED else self.own[position]

    def reached(self, index: int, steps: int) -> float:
        """When so many steps of an instance were done. Without any, when it was requested."""
        if not steps:
            return self.requested.of(index)
        return next(islice(self.steps(index), steps - 1, None))[1]

    def steps(self, index: int) -> Iterator[StepTimes]:
        """The steps of an instance that it came to, in order. It must not be asked for more of them."""
        runtime, ready, speed = self.plan.runtime, self.plan.ready, self._speed
        left, released = self.left.get(index), self.released.get(index)
        skips = self._first_skipped.get(index, ready)
        # When the step before ended, until when the start has planned, and when it was last awake. A rounded delay is
        # added to a clock, so these may differ in the last bit.
        end = at = clock = self.requested.of(index)
        for position, (kind, wakes, ends, own, unit, cores, fixed) in enumerate(self._rows):
            if at > clock and wakes:
                at = clock = clock + (at - clock)
            start, queued = end, 0.0
            if position == ready and left is not None:
                start = at = clock = left
            elif position == runtime and released is not None:
                start = at = clock = released
            if skips <= position < ready and left is not None:
                end = at = clock = left
            elif kind == _WAIT:
                end = at = at + (own.of(index) / unit if fixed is None else fixed)
            elif kind == _GOT:
                got = self.got[position].of(index, clock)
                end = at = ends.of(index, got)
                queued = got - clock
            else:
                seconds = own.of(index) / unit if fixed is None else fixed
                if kind == _COMPUTED and fixed is None:
                    seconds = seconds / speed / cores
                end = at = ends.of(index, clock + seconds)
                if kind == _HELD:
                    queued = end - seconds - clock
                else:
                    queued = end - clock - seconds
                    clock = end
            yield start, end, queued if queued > _ROUNDING else 0.0


def _fixed(kind: int, step: BootStep, host: RunningHost) -> float | None:
    """The seconds that a step takes alone, where that is the same for all."""
    if step.until:
        return 0.0
    if kind == _SERVED or step.growth or step.spread:
        return None
    amount = rounded(step.amount)
    return amount / host.speed / min(step.parallelism, host.host.cores) if kind == _COMPUTED else amount


def _kind(step: BootStep, host: RunningHost) -> int:
    if step.demand == "wait":
        return _WAIT
    if step.demand == "cpu":
        return _COMPUTED
    if step.demand != "hold" or step.until or step.flushes or step.resource in host.shared_by_readers:
        return _SERVED
    return _GOT if step.resource in host.self_timed else _HELD
