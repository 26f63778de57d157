"""A column gives back every number as it was noted, to the last bit, and takes few bytes for it."""

import gc
import tracemalloc
from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.platforms.startcolumn import SparseColumn, StartColumn

NUMBERS = st.sampled_from([0.0, 0.25, 1 / 3, 0.1 + 0.2, 1e300]) | st.floats(0, 1e9)
WHOLE = st.sampled_from([0, 1, 2**32 - 1, 2**32, 2**53 - 1]) | st.integers(0, 2**53)
"""Nanoseconds, of which four bytes hold some."""

INDICES = st.lists(st.integers(0, 2500), unique=True, max_size=40)


@given(INDICES, st.lists(NUMBERS, min_size=40, max_size=40))
def test_a_column_gives_back_what_was_noted(indices, numbers):
    column = StartColumn()
    noted = dict(zip(indices, numbers, strict=False))
    for index, number in noted.items():
        column.note(index, number)
    assert {index: column.of(index) for index in indices} == noted


@given(INDICES, st.lists(WHOLE, min_size=40, max_size=40))
def test_a_column_of_whole_numbers_does_so_too(indices, numbers):
    column = StartColumn("I")
    noted = dict(zip(indices, numbers, strict=False))
    for index, number in noted.items():
        column.note(index, number)
    assert {index: column.of(index) / 1e9 for index in indices} == {
        index: number / 1e9 for index, number in noted.items()
    }


@given(INDICES, st.lists(NUMBERS, min_size=40, max_size=40), st.data())
def test_a_sparse_column_gives_back_what_was_noted_and_not_taken(indices, numbers, data):
    column = SparseColumn()
    noted = dict(zip(indices, numbers, strict=False))
    for index, number in noted.items():
        column.note(index, number)
    assert [column.of(index, -5.0) for index in range(2600)] == [noted.get(index, -5.0) for index in range(2600)]
    if noted:
        for index in data.draw(st.lists(st.sampled_from(sorted(noted)), unique=True)):
            assert column.take(index) == noted.pop(index)
            assert [column.of(each, -5.0) for each in noted] == list(noted.values())


def test_one_that_was_never_noted_has_the_first_of_all():
    column = StartColumn()
    column.note(0, 1.5)
    column.note(700, 2.5)
    assert [column.of(index) for index in (3, 600, 700, 5000)] == [1.5, 1.5, 2.5, 1.5]


def noted_in_no_order(make, numbers):
    order = [(index, number) for index, number in enumerate(numbers) if number is not None]
    Random(1).shuffle(order)
    column = make()
    for index, number in order:
        column.note(index, number)
    return column


def bytes_each(make, numbers):
    """Bytes that a column takes for each of 10,240 starts."""
    gc.collect()
    tracemalloc.start()
    column = noted_in_no_order(make, numbers)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del column
    return taken / len(numbers)


@pytest.mark.parametrize(
    ("make", "numbers", "most"),
    [
        (StartColumn, [2.5] * 10_240, 0.1),
        (partial(StartColumn, "I"), range(10_240), 4.5),
        (partial(StartColumn, "I"), [k * 10**6 for k in range(10_240)], 8.9),
        (StartColumn, [1 / (3 + k) for k in range(10_240)], 8.9),
        (SparseColumn, [2.5] * 10_240, 0.6),
        (SparseColumn, [1 / (3 + k) if k % 20 == 0 else None for k in range(10_240)], 0.4 + 0.5 + 0.4),
        (SparseColumn, [1 / (3 + k) for k in range(10_240)], 8.9),
    ],
)
def test_a_number_takes_as_many_bytes_as_hold_it(make, numbers, most):
    assert bytes_each(make, numbers) <= most


def test_what_is_taken_gives_its_bytes_back():
    column = noted_in_no_order(SparseColumn, [1 / (3 + k) for k in range(1024)])
    for index in range(1024):
        column.take(index)
    assert sum(own.buffer_info()[1] for own in column._own) == 0
    assert sum(own.__sizeof__() for own in column._own) < 1024
