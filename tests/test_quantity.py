"""Quantities are read with their units, and refused with what is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.quantity import parse, render


@given(st.integers(1, 10**7), st.integers(0, 3), st.sampled_from([("kB", 3), ("MB", 6), ("GB", 9)]))
def test_decimal_bytes_are_whole_where_they_are_written_so(digits, places, unit):
    """16.6 MB are 16,600,000 bytes, in whole numbers alone."""
    name, power = unit
    whole, part = divmod(digits, 10**places)
    text = f"{whole}.{part:0{places}} {name}" if places else f"{whole} {name}"
    assert parse(text, "B") == digits * 10 ** (power - places)


@pytest.mark.parametrize(
    ("text", "dimension", "expected"),
    [
        ("512 MiB", "B", 512 * 1024 * 1024),
        ("512MB", "B", 512_000_000),
        ("1.5 GiB", "B", 1_610_612_736),
        ("3.2 s", "s", 3.2),
        ("20.2 ms", "s", 0.0202),
        ("2 min", "s", 120),
        ("25 Mbit/s", "B/s", 3_125_000),
        ("190 MB/s", "B/s", 190_000_000),
        ("40 %", "1", 0.4),
        (3, "1", 3.0),
    ],
)
def test_a_written_quantity_becomes_its_si_value(text, dimension, expected):
    assert parse(text, dimension) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "dimension", "named"),
    [
        ("512", "B", "without a unit"),
        (512, "B", "has no unit"),
        ("512 mib", "B", "'mib'"),
        ("3 s", "B", "'s'"),
        ("3 MB", "s", "'MB'"),
        ("lots", "B", "not a quantity"),
        ("1e999 s", "s", "too large"),
        (True, "1", "not a quantity"),
        (None, "s", "not a quantity"),
    ],
)
def test_a_quantity_that_does_not_fit_is_refused_by_name(text, dimension, named):
    with pytest.raises(InputError, match=named):
        parse(text, dimension)


def test_a_refusal_says_which_units_are_allowed():
    with pytest.raises(InputError, match="'MiB'"):
        parse("3 s", "B")


@given(st.integers(0, 2**50))
def test_bytes_survive_writing_and_reading(value):
    assert parse(render(value, "B"), "B") == pytest.approx(value, rel=1e-11)


@given(st.floats(1e-9, 1e7))
def test_seconds_survive_writing_and_reading(value):
    assert parse(render(value, "s"), "s") == pytest.approx(value, rel=1e-11)
