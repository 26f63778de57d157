"""Columns of numbers by the index of a start, in as few bytes as hold them to the last bit.

They are kept in blocks, so that a number of its own costs nothing where others do without. Each number is written once
and read a few times for each step of each start, so the usual way through comes first and makes no call.
"""

from __future__ import annotations

import math
from array import array
from typing import Any

_BITS = 9
_SIZE = 1 << _BITS
"""Numbers of a block."""

_PLACE = _SIZE - 1

_FEW = 4
"""Different numbers of a column that take a byte each."""

_WHOLE = 2.0**32
"""Nanoseconds from which on four bytes do not hold them."""

_COMMON, _OWN, _NEAR = 0, 1, 128
"""Codes: the number that is common to all; one that is kept; as near to another one as the code is to this."""

_MOST = _NEAR - 2
"""How far from that other one a number is at most, in units of its last place."""

_FAR = 1e-6
"""A difference of so much is more than that, with numbers below 10^7: a test that costs less."""

_FULL = bytearray()
"""Stands for the codes of a block that keeps all its numbers."""


class StartColumn:
    """A number for each start: the same for all, until another one is noted. None is negative.

    A number takes a byte where a block has few different ones, four where it has seconds in whole nanoseconds, and else
    eight.
    """

    __slots__ = ("_blocks", "_few", "_final", "common")

    def __init__(self) -> None:
        self.common = -1.0
        self._few: list[float] = []
        self._blocks: list[array[Any] | None] = []
        self._final: dict[int, int] = {}

    def note(self, index: int, number: float) -> None:
        """The number of a start."""
        at, place = index >> _BITS, index & _PLACE
        try:
            block = self._blocks[at]
        except IndexError:
            block = None
        if block is not None and block.typecode == "I" and place < len(block):
            scaled = number * 1e9 + 0.5
            if scaled < _WHOLE and (whole := int(scaled)) / 1e9 == number:
                block[place] = whole
                return
        self._note(at, place, block, number)

    def _note(self, at: int, place: int, block: array[Any] | None, number: float) -> None:
        """The usual way but one: where a block is to be begun, or gets longer or wider."""
        if block is None:
            if self.common < 0:
                self.common = number
                self._few.append(number)
            if number == self.common:
                return
            self._blocks.extend([None] * (at + 1 - len(self._blocks)))
            block = self._blocks[at] = array("B")
        value: Any = number if block.typecode == "d" else self._written(number, block.typecode)
        if value is None:
            block = self._blocks[at] = self._wider(block, number)
            value = self._written(number, block.typecode)
        missing = place - len(block)
        if not missing:
            block.append(value)
        elif missing < 0:
            block[place] = value
        else:
            block.extend([self._written(self.common, block.typecode)] * missing)
            block.append(value)

    def finish(self, index: int, number: float) -> None:
        """The number of a start in the place of one that was noted before. Once all are there, a block gets smaller."""
        at, place = index >> _BITS, index & _PLACE
        block = self._blocks[at] if at < len(self._blocks) else None
        if block is None or block.typecode != "d" or place >= len(block):
            self.note(index, number)
            return
        block[place] = number
        self._final[at] = self._final.get(at, 0) + 1
        if self._final[at] == _SIZE:
            short = [_nanoseconds(each) for each in block]
            if None not in short:
                self._blocks[at] = array("I", [each or 0 for each in short])

    def of(self, index: int) -> float:
        """The number that was noted of a start."""
        try:
            block: Any = self._blocks[index >> _BITS]
            value: float = block[index & _PLACE]
        except (IndexError, TypeError):
            return self.common
        code = block.typecode
        if code == "I":
            return value / 1e9
        return value if code == "d" else self._few[int(value)]

    def _written(self, number: float, code: str) -> Any:
        """A number as a block has it, or None where it cannot."""
        if code == "I":
            return _nanoseconds(number)
        if code == "d":
            return number
        few = self._few
        if number in few:
            return few.index(number)
        if len(few) == _FEW:
            return None
        few.append(number)
        return len(few) - 1

    def _wider(self, block: array[Any], number: float) -> array[Any]:
        """A block with the same numbers, and room for another one."""
        numbers = [value / 1e9 if block.typecode == "I" else self._few[value] for value in block]
        short = [_nanoseconds(each) for each in (number, self.common, *numbers)]
        return array("d", numbers) if None in short else array("I", [each or 0 for each in short[2:]])


class NearColumn:
    """A number for each start, of which many are near another one that is known when it is noted and when it is read.

    Near are up to 126 units of the last place: rounded sums of the same numbers. Such a number takes a byte, and any
    other eight more. As long as all numbers are the same they take nothing.
    """

    __slots__ = ("_codes", "_kept", "_own", "common")

    def __init__(self) -> None:
        self.common = -1.0
        self._codes: list[bytearray | None] = []
        self._own: list[array[float]] = []
        self._kept: list[int] = []  # of a block, a bit for each number that is kept

    def note(self, index: int, number: float, near: float) -> None:
        """The number of a start, and the one that it may be near."""
        at, place = index >> _BITS, index & _PLACE
        try:
            codes = self._codes[at]
        except IndexError:
            codes = None
        if codes is None:
            if self.common < 0:
                self.common = number
            if number == self.common:
                return
            codes = self._begin(at)
        size = len(codes)
        if place >= size:
            if codes is _FULL:
                self._own[at][place] = number
                return
            codes.extend(bytes(place + 1 - size))
        elif codes[place] == _OWN:
            self._own[at][(self._kept[at] & ((1 << place) - 1)).bit_count()] = number
            return
        if number == near:
            codes[place] = _NEAR
            return
        far = number - near
        if -_FAR < far < _FAR:
            units = far / math.ulp(near)
            if -_MOST <= units <= _MOST and units == int(units) and near + far == number:
                codes[place] = _NEAR + int(units)
                return
        own, kept, here = self._own[at], self._kept[at], 1 << place
        own.insert((kept & (here - 1)).bit_count(), number)
        self._kept[at] = kept | here
        codes[place] = _OWN
        if len(own) == _SIZE:
            self._codes[at], self._own[at], self._kept[at] = _FULL, own[:], 0

    def of(self, index: int, near: float) -> float:
        """The number that was noted of a start, and of the same other one."""
        at, place = index >> _BITS, index & _PLACE
        try:
            codes = self._codes[at]
            code = codes[place]  # type: ignore[index]
        except (IndexError, TypeError):
            full = at < len(self._codes) and self._codes[at] is _FULL
            return self._own[at][place] if full else self.common
        if code == _NEAR:
            return near
        if code == _OWN:
            return self._own[at][(self._kept[at] & ((1 << place) - 1)).bit_count()]
        return near + (code - _NEAR) * math.ulp(near) if code else self.common

    def _begin(self, at: int) -> bytearray:
        while len(self._codes) <= at:
            self._codes.append(None)
            self._own.append(array("d"))
            self._kept.append(0)
        codes = self._codes[at] = bytearray()
        return codes


def _nanoseconds(number: float) -> int | None:
    """A number of seconds that is a whole number of nanoseconds which four bytes hold."""
    scaled = number * 1e9 + 0.5
    return int(scaled) if scaled < _WHOLE and int(scaled) / 1e9 == number else None
