"""Columns of numbers by the index of a start, in few bytes. A number is noted once."""

from __future__ import annotations

from array import array
from typing import Any

_AHEAD = 63
"""A column gets longer by so many starts and one, so that few of them wait for it."""

_BITS = 9
_SIZE = 1 << _BITS
"""Starts of a block."""

_PLACE = _SIZE - 1

_TRIMMED = 64
"""An array keeps the room of what is taken out of it one by one. It is given back after so many."""


class StartColumn:
    """A number for each start: the same for all, until another one is noted. None is negative.

    Args:
        code: The type of the numbers, as `array` has it. "d" takes eight bytes. "I" is for whole numbers and takes
            four, or eight once there is one that does not fit. All numbers of a start's nanoseconds are exact in both.
    """

    __slots__ = ("_each", "common")

    def __init__(self, code: str = "d") -> None:
        self.common = -1.0
        self._each: array[Any] = array(code)

    def note(self, index: int, number: float) -> None:
        """The number of a start."""
        if number == self.common:
            return
        try:
            self._each[index] = number
        except (IndexError, OverflowError):
            self._make_room(index, number)

    def of(self, index: int) -> float:
        """The number that was noted of a start."""
        try:
            number: float = self._each[index]
        except IndexError:
            return self.common
        return number

    def _make_room(self, index: int, number: float) -> None:
        if self.common < 0:
            self.common = number
            return
        each = self._each
        missing = (index | _AHEAD) + 1 - len(each)
        try:
            array(each.typecode, (number, self.common))
        except OverflowError:
            each = self._each = array("d", each)
        if missing > 0:
            each.extend([self.common] * missing)
        each[index] = number


class SparseColumn:
    """Numbers of some starts: a bit for each that has none, and eight bytes more for one that has one.

    The first number takes no more than a bit where it is that of other starts too. None is negative.
    """

    __slots__ = ("_common", "_kept", "_own", "_same")

    def __init__(self) -> None:
        self._common = -1.0
        self._own: list[array[float]] = []
        self._kept: list[int] = []  # of a block, a bit for each start whose number it keeps
        self._same: list[int] = []  # and for each whose number is the first

    def note(self, index: int, number: float) -> None:
        """The number of a start."""
        at, place = index >> _BITS, index & _PLACE
        try:
            kept = self._kept[at]
        except IndexError:
            kept = self._begin(at, number)
        if number == self._common:
            self._same[at] |= 1 << place
            return
        own, after = self._own[at], kept >> place
        if after:
            own.insert(-after.bit_count(), number)
        else:
            own.append(number)
        self._kept[at] = kept | 1 << place
        if len(own) == _SIZE:
            self._own[at] = own[:]  # gives back the room to grow

    def of(self, index: int, other: float) -> float:
        """The number that was noted of a start, or another one where there is none."""
        at, place = index >> _BITS, index & _PLACE
        try:
            after = self._kept[at] >> place
        except IndexError:
            return other
        if after & 1:
            return self._own[at][-after.bit_count()]
        same = self._same[at]
        return self._common if same and same >> place & 1 else other

    def take(self, index: int) -> float:
        """The number that was noted of a start, which has none from now on."""
        at, place = index >> _BITS, index & _PLACE
        after = self._kept[at] >> place
        if not after & 1:
            return self._common
        self._kept[at] ^= 1 << place
        own = self._own[at]
        number = own.pop(-after.bit_count())
        if not len(own) % _TRIMMED:
            self._own[at] = own[:]
        return number

    def _begin(self, at: int, number: float) -> int:
        if self._common < 0:
            self._common = number
        while len(self._kept) <= at:
            self._own.append(array("d"))
            self._kept.append(0)
            self._same.append(0)
        return 0
