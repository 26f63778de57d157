"""Columns of numbers by the index of a start, in as few bytes as hold them to the last bit.

They are kept in blocks, so that a number of its own costs nothing where others do without.
"""

from __future__ import annotations

import math
from array import array

_SIZE = 256
"""Numbers of a block."""

_WHOLE = 2**32
"""Nanoseconds from which on four bytes do not hold them."""

_COMMON, _OWN, _NEAR = 0, 1, 128
"""Codes: the number that is common to all; one that is kept; as near to another one as the code is to this."""

_MOST = _NEAR - 2
"""How far from that other one a number is at most, in units of its last place."""

_FULL = bytearray()
"""Stands for the codes of a block that keeps all its numbers."""


class StartColumn:
    """A number for each start: the same for all, until another one is noted. None is negative.

    Seconds that are whole nanoseconds take four bytes each.
    """

    __slots__ = ("_blocks", "common")

    def __init__(self) -> None:
        self.common = -1.0
        self._blocks: list[array[float] | array[int] | None] = []

    def note(self, index: int, number: float) -> None:
        """The number of a start."""
        at, place = index // _SIZE, index % _SIZE
        block = self._blocks[at] if at < len(self._blocks) else None
        if block is None:
            if self.common < 0:
                self.common = number
            if number == self.common:
                return
            block = self._begin(at, number)
        if block.typecode == "I":
            value: float = int(number * 1e9 + 0.5)
            if value / 1e9 != number or value >= _WHOLE:
                block = self._blocks[at] = array("d", [whole / 1e9 for whole in block])
                value = number
        else:
            value = number
        missing = place - len(block)
        if missing < 0:
            block[place] = value  # type: ignore[call-overload]
            return
        if missing:
            block.extend([int(self.common * 1e9 + 0.5) if block.typecode == "I" else self.common] * missing)  # type: ignore[list-item]
        block.append(value)  # type: ignore[arg-type]

    def of(self, index: int) -> float:
        """The number that was noted of a start."""
        at, place = index // _SIZE, index % _SIZE
        block = self._blocks[at] if at < len(self._blocks) else None
        if block is None or place >= len(block):
            return self.common
        return block[place] / 1e9 if block.typecode == "I" else block[place]

    def _begin(self, at: int, number: float) -> array[float] | array[int]:
        self._blocks.extend([None] * (at + 1 - len(self._blocks)))
        short = _is_short(number) and _is_short(self.common)
        block: array[float] | array[int] = array("I") if short else array("d")
        self._blocks[at] = block
        return block


class NearColumn:
    """A number for each start, of which many are near another one that is known when it is noted and when it is read.

    Near are up to 126 units of the last place: rounded sums of the same numbers. Such a number takes a byte, and any
    other eight more. As long as all numbers are the same they take nothing.
    """

    __slots__ = ("_codes", "_own", "common")

    def __init__(self) -> None:
        self.common = -1.0
        self._codes: list[bytearray | None] = []
        self._own: list[array[float]] = []

    def note(self, index: int, number: float, near: float) -> None:
        """The number of a start, and the one that it may be near."""
        at, place = index // _SIZE, index % _SIZE
        codes = self._codes[at] if at < len(self._codes) else None
        if codes is None:
            if self.common < 0:
                self.common = number
            if number == self.common:
                return
            codes = self._begin(at)
        if codes is _FULL or (place < len(codes) and codes[place] == _OWN):
            self._own[at][self._rank(codes, place)] = number
            return
        if place >= len(codes):
            codes.extend(bytes(place + 1 - len(codes)))
        unit = math.ulp(near)
        far = (number - near) / unit
        if -_MOST <= far <= _MOST and far == int(far) and near + far * unit == number:
            codes[place] = _NEAR + int(far)
            return
        own = self._own[at]
        own.insert(self._rank(codes, place), number)
        codes[place] = _OWN
        if len(own) == _SIZE:
            self._codes[at], self._own[at] = _FULL, own[:]

    def of(self, index: int, near: float) -> float:
        """The number that was noted of a start, and of the same other one."""
        at, place = index // _SIZE, index % _SIZE
        codes = self._codes[at] if at < len(self._codes) else None
        if codes is None:
            return self.common
        if codes is _FULL:
            return self._own[at][place]
        code = codes[place] if place < len(codes) else _COMMON
        if code == _NEAR:
            return near
        if code == _OWN:
            return self._own[at][codes.count(_OWN, 0, place)]
        return near + (code - _NEAR) * math.ulp(near) if code else self.common

    def _begin(self, at: int) -> bytearray:
        while len(self._codes) <= at:
            self._codes.append(None)
            self._own.append(array("d"))
        codes = self._codes[at] = bytearray()
        return codes

    @staticmethod
    def _rank(codes: bytearray, place: int) -> int:
        """Which of the kept numbers of a block is that of a place."""
        return place if codes is _FULL else codes.count(_OWN, 0, place)


def _is_short(number: float) -> bool:
    """Whether it is a whole number of nanoseconds that four bytes hold."""
    whole = int(number * 1e9 + 0.5)
    return whole / 1e9 == number and whole < _WHOLE
