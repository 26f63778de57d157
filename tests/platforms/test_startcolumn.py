"""A column gives back every number as it was noted, to the last bit, and takes few bytes for it."""

import gc
import math
import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.platforms.startcolumn import NearColumn, StartColumn

NUMBERS = st.sampled_from([0.0, 0.25, 1 / 3, 0.1 + 0.2, 4.294967295, 4.294967296, 5e-10, 1e300]) | st.floats(0, 1e9)
PAIRS = st.lists(st.tuples(NUMBERS, st.integers(-200, 200) | st.none()), min_size=40, max_size=40)
"""A number, and how many units of its last place the one that is noted is from it. None for one that is far."""

INDICES = st.lists(st.integers(0, 1500), unique=True, max_size=40)


@given(INDICES, st.lists(NUMBERS, min_size=40, max_size=40), st.booleans())
def test_a_column_gives_back_what_was_noted_last(indices, numbers, twice):
    column = StartColumn()
    noted = dict(zip(indices, numbers, strict=False))
    if twice:
        for index in indices:
            column.note(index, 1 / 7)
    for index, number in noted.items():
        (column.finish if twice else column.note)(index, number)
    assert {index: column.of(index) for index in indices} == noted


@given(INDICES, PAIRS, st.booleans())
def test_a_number_near_another_one_is_told_from_that_to_the_last_bit(indices, pairs, again):
    column, noted = NearColumn(), {}
    for _ in range(1 + again):
        for index, (near, units) in zip(indices, pairs, strict=False):
            number = 2.5 if units is None else max(near + units * math.ulp(near), 0.0)
            column.note(index, number, near)
            noted[index] = (near, number)
            pairs = pairs[1:] + pairs[:1]
    assert {index: column.of(index, near) for index, (near, _) in noted.items()} == {
        index: number for index, (_, number) in noted.items()
    }


def test_one_that_was_never_noted_has_the_first_of_all():
    column, near = StartColumn(), NearColumn()
    column.note(0, 1.5)
    column.note(700, 2.5)
    near.note(0, 1.5, 9.0)
    near.note(700, 2.5, 9.0)
    assert [column.of(index) for index in (3, 600, 700, 5000)] == [1.5, 1.5, 2.5, 1.5]
    assert [near.of(index, 9.0) for index in (3, 600, 700, 5000)] == [1.5, 1.5, 2.5, 1.5]


def bytes_each(make, numbers):
    """Bytes that a column takes for each of 10,240 numbers, noted in no order."""
    order = list(enumerate(numbers))
    Random(1).shuffle(order)
    gc.collect()
    tracemalloc.start()
    column = make()
    for index, number in order:
        column.note(index, *number)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert [column.of(index, *number[1:]) for index, number in enumerate(numbers)] == [number[0] for number in numbers]
    return taken / len(numbers)


@pytest.mark.parametrize(
    ("numbers", "most"),
    [
        ([(2.5,)] * 10_240, 0.1),
        ([(1 / (3 + k % 2),) for k in range(10_240)], 1.5),
        ([(k / 1e9,) for k in range(10_240)], 4.7),
        ([(1 / (3 + k),) for k in range(10_240)], 9.0),
    ],
)
def test_a_number_takes_as_many_bytes_as_hold_it(numbers, most):
    assert bytes_each(StartColumn, numbers) <= most


@pytest.mark.parametrize(
    ("numbers", "most"),
    [
        ([(k + 0.1 + 0.2, k + 0.3) for k in range(10_240)], 1.7),
        ([(k + 0.1, k + 0.3) for k in range(10_240)], 9.0),
        ([(k + 0.1 * (k % 2), k + 0.0) for k in range(10_240)], 6.5),
    ],
)
def test_a_number_takes_a_byte_where_it_is_near_another_one(numbers, most):
    assert bytes_each(NearColumn, numbers) <= most
