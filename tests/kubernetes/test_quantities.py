"""Quantities as the API server reads them; the figures are those of its documentation and of its parser's rules."""

import pytest

from sim.errors import InputError
from sim.kubernetes.quantities import NANO, TOP, millis, nanos, units


@pytest.mark.parametrize(
    ("written", "in_ones"),
    [
        ("0", 0), ("1", 1), (3, 3), ("+5", 5), ("1k", 1000), ("12e6", 12_000_000), ("1E3", 1000), ("1E", 10**18),
        ("128974848", 128974848), ("129e6", 129_000_000), ("129M", 129_000_000), ("123Mi", 128974848),
        ("1.5Gi", 1610612736), (".5k", 500), ("1.k", 1000), ("0.000001M", 1), ("1Ki", 1024), ("2Ti", 2 * 2**40),
    ],
)  # fmt: skip
def test_suffixes_are_powers_of_ten_or_of_two(written, in_ones):
    assert nanos(written) == in_ones * NANO


@pytest.mark.parametrize(
    ("written", "milli", "whole"),
    [
        ("100m", 100, 1),
        (0.1, 100, 1),
        ("1500m", 1500, 2),
        ("1u", 1, 1),
        ("0.1n", 1, 1),
        ("-1500m", -1500, -1),
        ("0", 0, 0),
    ],
)
def test_what_does_not_come_out_even_is_rounded_up(written, milli, whole):
    assert (millis(written), units(written)) == (milli, whole)


def test_nothing_finer_than_a_billionth_is_kept_and_something_never_becomes_nothing():
    assert nanos("0.1n") == 1
    assert nanos("1e-40") == 1
    assert nanos("-0.1n") == -1
    assert nanos("0.0000000011") == 2


def test_a_binary_quantity_past_the_largest_is_cut_and_a_decimal_one_refused():
    assert units("16Ei") == TOP
    assert units("7Ei") == 7 * 2**60
    with pytest.raises(InputError, match=f"over {TOP}"):
        nanos("10E")
    with pytest.raises(InputError, match=f"over {TOP}"):
        nanos("1e999999999")


@pytest.mark.parametrize(
    "written", ["", "1x", "Ki", "1 Gi", "1GiB", "0x10", "1e", "--1", "1.2.3", ".", True, None, [1], "1_0"]
)
def test_anything_else_is_refused_with_what_is_allowed(written):
    with pytest.raises(InputError, match="expected a number and one of n, u, m, k, M"):
        nanos(written)


def test_a_long_text_is_refused_by_its_length():
    with pytest.raises(InputError, match="100000 characters; the most is 64"):
        nanos("1" * 100_000)
