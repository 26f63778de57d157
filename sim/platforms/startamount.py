"""What a step asks for, where that is not the same for all starts: it is drawn, or grows with what the host holds."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sim.machine.host import RunningHost
from sim.platforms.plan import BootStep
from sim.platforms.startcolumn import SparseColumn, StartColumn

NANOSECONDS = 1e9
"""Of a second. The durations of steps are whole numbers of them."""


def rounded(seconds: float) -> float:
    """As the duration of a step: a whole number of nanoseconds."""
    return int(seconds * NANOSECONDS + 0.5) / NANOSECONDS


class Amount:
    """What a step asks for, start by start.

    What is drawn is drawn in the order of requests, when the first start asks for it.

    Args:
        step: The step.
        host: Where the starts are.
        own: Keeps what was asked for, in nanoseconds. None where the step is not timed, or nobody reads it.
        stream: Where it is drawn from, where it is.
        itself: Whether a start is held by the host when it comes there.
    """

    __slots__ = ("_count", "_draw", "_factors", "_host", "_itself", "_own", "_queued", "_step", "_whole")

    def __init__(
        self, step: BootStep, host: RunningHost, own: StartColumn | None, stream: Random | None, *, itself: bool
    ) -> None:
        self._step, self._host, self._own, self._itself = step, host, own, itself
        self._draw = stream.lognormvariate if stream else None
        self._queued = [(more, beyond) for per, more, beyond in step.growth if per == "queued"]
        self._count = 0  # for how many starts it was drawn
        self._factors = SparseColumn()  # what was drawn and is not used yet
        self._whole = None if step.growth else own

    def of(self, index: int) -> float:
        """What a start asks for that is there now. It is asked once."""
        step = self._step
        if self._draw is not None and index >= self._count:
            self._draw_up_to(index, self._draw)
        if self._whole is not None:
            return self._whole.of(index) / NANOSECONDS
        amount = step.amount
        if step.growth:
            amount += self._host.held.growth(step.growth, itself=self._itself)
            for more, beyond in self._queued:
                queued = self._host.queued(step.resource)
                amount += more * (queued if beyond is None else queued > beyond)
        if self._draw is not None:
            amount *= self._factors.take(index)
        if self._own is None:
            return rounded(amount) if step.timed else amount
        whole = int(amount * NANOSECONDS + 0.5)
        self._own.note(index, whole)
        return whole / NANOSECONDS

    def _draw_up_to(self, index: int, draw: Callable[[float, float], float]) -> None:
        step = self._step
        for each in range(self._count, index + 1):
            factor = draw(0.0, step.spread)
            if self._whole is None:
                self._factors.note(each, factor)
            else:
                self._whole.note(each, int(step.amount * factor * NANOSECONDS + 0.5))
        self._count = index + 1
