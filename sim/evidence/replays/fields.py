"""What a recording holds, read with care: a value of another kind than expected is refused with its path."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from sim import limits
from sim.errors import InputError, Problem

T = TypeVar("T")


@dataclass
class Effort:
    """What the replay of one recording may cost still: events, and entries of lists."""

    left: int


@dataclass(frozen=True, slots=True)
class RecordedFields:
    """An object of a recording, and where it stands: `cases.3.container`. Every getter raises `InputError`.

    Attributes:
        effort: What may be spent on the whole recording (`limits.LIFECYCLE_EVENTS`).
    """

    values: Mapping[str, Any]
    file: str
    path: str
    effort: Effort

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def refuse(self, key: str, message: str) -> NoReturn:
        """Refuse the value of a key, or the object itself where the key is ""."""
        raise InputError(Problem(message, self.file, path=self._place(key)))

    def spend(self, count: int = 1) -> None:
        """Count what happens, or is read. Refused where it is too much for one recording."""
        self.effort.left -= count
        if self.effort.left < 0:
            self.refuse("", f"by here more than {limits.LIFECYCLE_EVENTS} things happen; a recording has fewer")

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        return str(self._checked(key, default, "a text", lambda value: isinstance(value, str)))

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        return bool(self._checked(key, default, "true or false", lambda value: isinstance(value, bool)))

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        least: float = -limits.RECORDED_NUMBER,
        most: float = limits.RECORDED_NUMBER,
    ) -> float:
        """A number between two."""
        expected = f"a number from {least:g} to {most:g}"
        return float(self._checked(key, default, expected, lambda value: is_number(value) and least <= value <= most))

    def whole(
        self, key: str, default: int | None = None, *, least: int = 0, most: int = int(limits.RECORDED_NUMBER)
    ) -> int:
        """A whole number between two."""
        expected = f"a whole number from {least} to {most}"
        return int(self._checked(key, default, expected, lambda value: is_whole(value) and least <= value <= most))

    def maybe(self, key: str, read: Callable[[str], T]) -> T | None:
        """What `read` makes of a key, or None where there is none or it is null."""
        return None if self.values.get(key) is None else read(key)

    def object(self, key: str, *, default: Mapping[str, Any] | None = None) -> RecordedFields:
        """An object."""
        value = self._checked(key, default, "an object", lambda value: isinstance(value, dict))
        return RecordedFields(value, self.file, self._place(key), self.effort)

    def objects(self, key: str, most: int = limits.LIFECYCLE_ENTRIES) -> list[RecordedFields]:
        """A list of objects; none where the key is not there."""
        listed = self.listed(key)
        if len(listed) > most:
            self.refuse(key, f"{len(listed)} entries are too many; expected {most} at most")
        self.spend(len(listed))
        for number, value in enumerate(listed):
            if not isinstance(value, dict):
                self.refuse(f"{key}.{number}", f"expected an object, not {shown(value)}")
        place = self._place(key)
        return [
            RecordedFields(value, self.file, f"{place}.{number}", self.effort) for number, value in enumerate(listed)
        ]

    def listed(self, key: str) -> list[Any]:
        """A list of anything; empty where the key is not there."""
        found: list[Any] = self._checked(key, [], "a list", lambda value: isinstance(value, list))
        return found

    def texts(self, key: str) -> list[str]:
        """A list of texts; empty where the key is not there. One text stands for a list of it."""
        value = self.values.get(key, [])
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            self.refuse(key, f"expected a list of texts, not {shown(value)}")
        return texts

    def one_of(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of several texts."""
        return str(self._checked(key, default, f"one of {', '.join(choices)}", lambda value: value in choices))

    def _checked(self, key: str, default: Any, expected: str, fits: Callable[[Any], bool]) -> Any:
        if key not in self.values and default is not None:
            return default
        if key not in self.values:
            self.refuse(key, f"it is missing; expected {expected}")
        value = self.values[key]
        if not fits(value):
            self.refuse(key, f"expected {expected}, not {shown(value)}")
        return value

    def _place(self, key: str) -> str:
        return f"{self.path}.{key}".strip(".")


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: Any) -> bool:
    """Whether it is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def shown(value: Any) -> str:
    """A value, cut to what a message has room for."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
