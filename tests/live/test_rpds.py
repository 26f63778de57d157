"""The stand-in for rpds does what rpds does, on anything that is done to both."""

from __future__ import annotations

from typing import Any, cast

import pytest
import rpds
from hypothesis import given
from hypothesis import strategies as st

from sim.live import rpds as ours

KEYS = st.integers(0, 4)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), KEYS, KEYS),
        st.tuples(st.just("discard"), KEYS),
        st.tuples(st.just("remove"), KEYS),
        st.tuples(st.just("update"), st.dictionaries(KEYS, KEYS, max_size=3)),
    ),
    max_size=8,
)


def done(value: Any, change: tuple[Any, ...]) -> Any:
    name, *arguments = change
    try:
        return getattr(value, name)(*arguments)
    except KeyError:
        return "KeyError"


@given(CHANGES)
def test_a_map_is_changed_alike(changes: list[tuple[Any, ...]]) -> None:
    real, stand_in = rpds.HashTrieMap(), ours.HashTrieMap()
    for change in changes:
        before = dict(stand_in.items())
        new, own = done(real, change), done(stand_in, change)
        assert dict(stand_in.items()) == before, "the old one is as it was"
        assert (new == "KeyError") == (own == "KeyError")
        if new != "KeyError":
            real, stand_in = new, own
        assert dict(real.items()) == dict(stand_in.items())
        assert [real.get(key) for key in range(5)] == [stand_in.get(key) for key in range(5)]
        assert len(real) == len(stand_in)


@given(CHANGES)
def test_a_set_is_changed_alike(changes: list[tuple[Any, ...]]) -> None:
    real, stand_in = rpds.HashTrieSet(), ours.HashTrieSet()
    for name, *arguments in changes:
        change = (name, arguments[0])
        new, own = done(real, change), done(stand_in, change)
        assert (new == "KeyError") == (own == "KeyError")
        if new != "KeyError":
            real, stand_in = new, own
        assert set(real) == set(stand_in)


@given(st.lists(KEYS, max_size=5), KEYS)
def test_a_list_is_changed_alike(items: list[int], more: int) -> None:
    real: Any = rpds.List(items)
    stand_in = ours.List(items)
    assert list(real.push_front(more)) == list(stand_in.push_front(more)) == [more, *items]
    if len(items) != 1:  # a single argument is taken for an iterable
        assert list(cast("Any", rpds.List)(*items)) == list(ours.List(*items))
    if items:
        assert real.first == stand_in.first
        assert list(real.rest) == list(stand_in.rest) == list(stand_in.drop_first())
    else:
        for one in (real, stand_in):
            with pytest.raises(IndexError):
                one.drop_first()


def test_a_value_is_made_a_map_once() -> None:
    for made in (rpds.HashTrieMap, ours.HashTrieMap):
        whole = made({1: 2})
        assert made.convert(whole) is whole
        assert dict(made.convert({1: 2}).items()) == {1: 2}
