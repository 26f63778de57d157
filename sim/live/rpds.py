"""The part of rpds-py that jsonschema and referencing use, in Python: there is no such wheel for browsers.

In the live page this module stands under the name `rpds`. Names and behaviour are those of rpds-py 2026.9. Each change
copies the whole, which is fast enough for the few hundred entries of a schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class HashTrieMap(dict[_Key, _Value]):
    """A mapping that is never changed: a change gives another."""

    @classmethod
    def convert(cls, value: Any) -> Self:
        """The value as one of these."""
        return value if isinstance(value, cls) else cls(value)

    def insert(self, key: _Key, value: _Value) -> Self:
        """With one more entry."""
        return type(self)({**self, key: value})

    def remove(self, key: _Key) -> Self:
        """Without an entry. Raises `KeyError` where it is not there."""
        if key not in self:
            raise KeyError(key)
        return self.discard(key)

    def discard(self, key: _Key) -> Self:
        """Without an entry, whether it is there or not."""
        return type(self)({kept: value for kept, value in self.items() if kept != key})

    def update(self, *given: Any, **named: Any) -> Self:  # type: ignore[override]
        """With the entries of others."""
        changed: dict[Any, Any] = dict(self)
        for one in given:
            changed.update(one)
        changed.update(named)
        return type(self)(changed)


class HashTrieSet(frozenset[_Key]):
    """A set that is never changed."""

    def insert(self, value: _Key) -> HashTrieSet[_Key]:
        """With one more."""
        return HashTrieSet({*self, value})

    def remove(self, value: _Key) -> HashTrieSet[_Key]:
        """Without one. Raises `KeyError` where it is not there."""
        if value not in self:
            raise KeyError(value)
        return self.discard(value)

    def discard(self, value: _Key) -> HashTrieSet[_Key]:
        """Without one, whether it is there or not."""
        return HashTrieSet(self - {value})

    def update(self, *given: Iterable[_Key]) -> HashTrieSet[_Key]:
        """With those of others."""
        return HashTrieSet(self.union(*given))


class List(tuple[_Value, ...]):
    """A list that is never changed, made of one iterable or of several items."""

    __slots__ = ()

    def __new__(cls, *items: Any) -> Self:
        """Of the items of one iterable, or of these."""
        whole = items[0] if len(items) == 1 else items
        return super().__new__(cls, whole)

    @property
    def first(self) -> _Value:
        """The first item. Raises `IndexError` where there is none."""
        if not self:
            raise IndexError("empty list has no first element")
        return self[0]

    @property
    def rest(self) -> Self:
        """All but the first."""
        return self.drop_first()

    def push_front(self, value: _Value) -> Self:
        """With one more in front."""
        return type(self)([value, *self])

    def drop_first(self) -> Self:
        """Without the first. Raises `IndexError` where there is none."""
        if not self:
            raise IndexError("empty list has no first element")
        return type(self)(tuple(self)[1:])

    def __iter__(self) -> Iterator[_Value]:
        """The items, the first first."""
        return super().__iter__()
