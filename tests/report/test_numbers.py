"""Numbers as a person says them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.outcome import Metric
from sim.report.numbers import about, between, times, written, written_metric

NB = "\u202f"
MIB, GIB = 2**20, 2**30


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.0452, "s", "45 ms"),
        (0.27, "s", "0.27 s"),
        (7.58, "s", "7.6 s"),
        (13.7, "s", "14 s"),
        (9.96, "s", "10 s"),
        (0.0997, "s", "0.10 s"),
        (3.0, "s", "3.0 s"),
        (102.4, "s", "102 s"),
        (150, "s", "2.5 min"),
        (9000, "s", "2.5 h"),
        (5.2e-5, "s", "52 µs"),
        (0, "s", "0 s"),
        (369 * MIB, "B", "369 MiB"),
        (2.4 * GIB, "B", "2.4 GiB"),
        (5 * GIB, "B", "5.0 GiB"),
        (12.4 * GIB, "B", "12 GiB"),
        (1023 * MIB, "B", "1,023 MiB"),
        (5000, "B", "4.9 KiB"),
        (3_125_000, "B/s", "25 Mbit/s"),
        (0.45, "%", "45 %"),
        (12, "1/s", "12/s"),
    ],
)
def test_two_significant_digits_and_the_unit_a_person_would_say(value, unit, said):
    assert written(value, unit) == said.replace(" ", NB)


def test_what_never_happened_is_a_word_and_no_number():
    never = Metric("first_kill", "value", "vm", "", math.inf, "s", estimate=True)
    assert [written_metric(never, language) for language in ("en", "ja")] == ["never", "発生せず"]
    assert [about(math.inf, "s", language) for language in ("en", "ja")] == ["never", "発生せず"]
    assert between(50.0, math.inf, "s") == f"50{NB}s–never"
    assert between(math.inf, math.inf, "s", "ja") == "発生せず"


def test_what_is_endlessly_longer_or_earlier_is_not_called_never():
    """The ratio of what never happened to what did, and how much earlier the latter is."""
    assert [times(math.inf, language) for language in ("en", "ja")] == [f"∞{NB}times", f"∞{NB}倍"]
    assert [written(-math.inf, "s", language) for language in ("en", "ja")] == ["\N{MINUS SIGN}∞"] * 2


@pytest.mark.parametrize(
    ("value", "said"), [(96e6, "96 MB"), (102e6, "102 MB"), (1.5e9, "1.5 GB"), (100_000, "0.10 MB"), (1200, "1.2 kB")]
)
def test_what_travels_is_in_decimal_megabytes(value, said):
    assert written(value, "B", transfer=True) == said.replace(" ", NB)


@pytest.mark.parametrize(("value", "said"), [(1023, "1,023"), (110, "110"), (1.0, "1"), (3.43, "3.4"), (0.123, "0.12")])
def test_a_count_has_all_its_digits_and_a_ratio_two(value, said):
    assert written(value, "1") == said


def test_an_estimate_says_so_in_both_languages():
    assert written(14.2, "s", "en", True) == f"≈{NB}14{NB}s est."
    assert written(14.2, "s", "ja", True) == f"≈{NB}14{NB}秒 推定"
    assert about(14.2, "s") == f"≈{NB}14{NB}s"
    assert about(14.2, "s", "ja") == f"約14{NB}秒"


def test_nothing_at_all_is_not_estimated():
    assert written(0.0, "s", "en", True) == f"0{NB}s"


def test_japanese_units():
    said = [written(value, "s", "ja") for value in (0.27, 0.045, 150, 9000)]
    assert said == [f"0.27{NB}秒", f"45{NB}ミリ秒", f"2.5{NB}分", f"2.5{NB}時間"]
    assert times(3.42, "ja") == f"3.4{NB}倍"
    assert times(3.42) == f"3.4{NB}times"


def test_an_interval_has_its_unit_once_where_both_ends_share_it():
    assert between(13.1, 14.4, "s") == f"13–14{NB}s"
    assert between(0.045, 0.3, "s") == f"45{NB}ms–0.30{NB}s"
    assert between(13.1, 13.2, "s") == f"13{NB}s"


def test_a_metric_is_written_by_what_it_is():
    def metric(name, value, unit, estimate=False, transfer=False):
        return Metric(name, "value", "a", "", value, unit, estimate=estimate, transfer=transfer)

    assert written_metric(metric("new_bytes", 96e6, "B", transfer=True)) == f"96{NB}MB"
    assert written_metric(metric("pss_total", 96e6, "B")) == f"92{NB}MiB"
    assert written_metric(metric("misses_share", 0.4, "1")) == f"40{NB}%"
    assert written_metric(metric("startup_time", 0.3, "s", True)) == f"≈{NB}0.30{NB}s est."


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_what_is_written_is_within_five_percent(seconds):
    number, word = written(seconds, "s").split(NB)
    factor = {"µs": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400}[word]
    assert float(number.replace(",", "")) * factor == pytest.approx(seconds, rel=0.051)
