"""What happened in starts by one plan, in columns of numbers: what cannot be worked out from the plan.

A column has a number for each start, by its index, once two starts differ in it. Kept are when each step ended and what
it takes alone. When a step began, what it was queued for, and the end of a wait that is as long for everybody are
worked out when somebody asks, by the same operations as when it happened. So they are the same to the last bit.

Until a step with a spread has ended, its place holds what its duration is multiplied by.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from itertools import islice

from sim.platforms.plan import BootPlan, BootStep

_ROUNDING = 1e-9
"""Seconds below which a difference is rounding: drawn durations are whole nanoseconds."""


StepTimes = tuple[float, float, float]
"""When a start began a step and ended it, and the seconds of that beyond what the step takes alone."""

_WAIT, _SERVED, _HELD, _GOT = range(4)
"""Kinds of steps: a wait; what the host serves; a lock held as long as asked for; one held as long as it comes to.

Of the last it is kept when the lock was got, instead of what the step takes alone.
"""


class StartColumn:
    """A number for each start by its index: the same for all, until another one is noted. None is negative."""

    __slots__ = ("common", "each")

    def __init__(self) -> None:
        self.common = -1.0
        self.each: array[float] | None = None

    def note(self, index: int, number: float) -> None:
        """The number of a start."""
        each = self.each
        if each is None:
            if number == self.common:
                return
            if self.common < 0:
                self.common = number
                return
            each = self.each = array("d")
        if index >= len(each):
            each.extend([self.common] * (index + 1 - len(each)))
        each[index] = number

    def of(self, index: int) -> float:
        """The number that was noted of a start."""
        return self.common if self.each is None or index >= len(self.each) else self.each[index]


class StartLog:
    """The columns of starts by one plan.

    Args:
        plan: Their plan.
        marks: The positions of steps before which something happens: a start that is not there yet wakes up there.
        self_timed: The locks that tell by earlier holds how long one takes.

    Attributes:
        requested: When each instance was requested.
        left: When an instance was told to leave, by its index.
        released: When one was told to go on that was created, by its index.
        ends: A column for each step: when it ended, or when it is known that it will. None where that is worked out.
        alone: A column for each step: the seconds that it takes alone. Where it holds a lock, the seconds for which it
            has asked to do so, or when it got one of those that are `self_timed`.
    """

    __slots__ = ("_first_skipped", "_rows", "alone", "ends", "left", "plan", "released", "requested")

    def __init__(self, plan: BootPlan, marks: Collection[int], self_timed: Collection[str]) -> None:
        self.plan = plan
        self.requested = array("d")
        self.left: dict[int, float] = {}
        self.released: dict[int, float] = {}
        self._first_skipped: dict[int, int] = {}
        self.ends = [None if _is_fixed(step) else StartColumn() for step in plan.steps]
        self.alone = [StartColumn() for _ in plan.steps]
        self._rows = [
            (
                _kind(step, self_timed),
                rounded(step.amount),
                step.demand != "wait" or bool(step.growth) or position in marks,
                ends,
                alone,
            )
            for position, (step, ends, alone) in enumerate(zip(plan.steps, self.ends, self.alone, strict=True))
        ]
        for position, seconds in enumerate(plan.pull):
            self.alone[position].note(0, seconds)

    def __len__(self) -> int:
        """How many starts there are."""
        return len(self.requested)

    def add(self, now: float) -> int:
        """A start that is asked for now. Its index."""
        self.requested.append(now)
        return len(self.requested) - 1

    def note_skipped(self, position: int, index: int, now: float) -> None:
        """From a step on all are left out until it is cleaned up, which begins now."""
        self._first_skipped[index] = position
        self.left[index] = now

    def reached(self, index: int, steps: int) -> float:
        """When so many steps of an instance were done. Without any, when it was requested."""
        if not steps:
            return self.requested[index]
        ends = self.ends[steps - 1]
        if ends is not None and index not in self._first_skipped:
            return ends.of(index)
        return next(islice(self.steps(index), steps - 1, None))[1]

    def steps(self, index: int) -> Iterator[StepTimes]:
        """The steps of an instance that it came to, in order. It must not be asked for more of them."""
        runtime, ready = self.plan.runtime, self.plan.ready
        left, released = self.left.get(index), self.released.get(index)
        skips = self._first_skipped.get(index, ready)
        # When the step before ended, until when the start has planned, and when it was last awake. A rounded delay is
        # added to a clock, so these may differ in the last bit.
        end = at = clock = self.requested[index]
        for position, (kind, fixed, wakes, column, alone) in enumerate(self._rows):
            if at > clock and wakes:
                at = clock = clock + (at - clock)
            start, queued = end, 0.0
            if position == ready and left is not None:
                start = at = clock = left
            elif position == runtime and released is not None:
                start = at = clock = released
            if skips <= position < ready and left is not None:
                end = at = clock = left
            elif column is None:
                end = at = at + fixed
            else:
                each = column.each
                end = at = column.common if each is None or index >= len(each) else each[index]
                if kind != _WAIT:
                    each = alone.each
                    seconds = alone.common if each is None or index >= len(each) else each[index]
                    if kind == _SERVED:
                        queued = end - clock - seconds
                        clock = end
                    else:
                        queued = end - seconds - clock if kind == _HELD else seconds - clock
            yield start, end, queued if queued > _ROUNDING else 0.0


def _kind(step: BootStep, self_timed: Collection[str]) -> int:
    if step.demand == "wait":
        return _WAIT
    if step.demand != "hold" or step.flushes:
        return _SERVED
    return _GOT if step.resource in self_timed else _HELD


def _is_fixed(step: BootStep) -> bool:
    """Whether it is a wait that is as long for everybody."""
    return step.demand == "wait" and not step.growth and not step.spread


def rounded(seconds: float) -> float:
    """As the duration of a step: a whole number of nanoseconds."""
    return int(seconds * 1e9 + 0.5) / 1e9
