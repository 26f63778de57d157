"""The way back and forth through what somebody changed: states that were, the one that is, states that were undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from sim import limits

UndoState = TypeVar("UndoState")


@dataclass(frozen=True, slots=True)
class UndoHistory(Generic[UndoState]):
    """The state as it is, those before it and those that were undone, the nearest last and first.

    >>> UndoHistory("a").to("b").to("c").undo()
    UndoHistory(now='b', past=('a',), future=('c',))
    """

    now: UndoState
    past: tuple[UndoState, ...] = ()
    future: tuple[UndoState, ...] = ()

    def to(self, state: UndoState) -> UndoHistory[UndoState]:
        """Go on to a state. What was undone is given up. The same state is no step."""
        return self if state == self.now else UndoHistory(state, (*self.past, self.now)[-limits.UNDONE :])

    def undo(self) -> UndoHistory[UndoState]:
        """One step back."""
        return UndoHistory(self.past[-1], self.past[:-1], (self.now, *self.future)) if self.past else self

    def redo(self) -> UndoHistory[UndoState]:
        """One undone step again."""
        return UndoHistory(self.future[0], (*self.past, self.now), self.future[1:]) if self.future else self
