"""`--vary PATH=VALUES`: lists, ranges, samples."""

from __future__ import annotations

import contextlib
import statistics
from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.sweeps.axes import _RANGE, axis


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("n=1,10,100", (1, 10, 100)),
        ("n=a, b", ("a", "b")),
        ("n=true,no,~", (True, "no", None)),
        ('n="1,5",2', ("1,5", 2)),
        ("n={like: server, cores: 8},laptop", ({"like": "server", "cores": 8}, "laptop")),
        ("n=1..4", (1, 2, 3, 4)),
        ("n=1..10:4", (1, 5, 9)),
        ("n=1..2,8..9", (1, 2, 8, 9)),
        ("n=0.5..2", (0.5, 1.5)),
        ("n=0..1.0:0.25", (0.0, 0.25, 0.5, 0.75, 1.0)),
        ("n=0.1..0.3:0.1", (0.1, 0.2, 0.3)),
        ("n=even:0.0..1.0:3", (0.0, 0.5, 1.0)),
        ("n=log:1..1000:4", (1, 10, 100, 1000)),
        ("n=even:0..1:5", (0, 0.25, 0.5, 0.75, 1)),
        ("n=1000000000001..1000000000003", (1000000000001, 1000000000002, 1000000000003)),
        ("n=1000000000001 B..1000000000003 B:1 B", ("1000000000001 B", "1000000000002 B", "1000000000003 B")),
        ("n=1e3..3e3:1e3", (1000.0, 2000.0, 3000.0)),
        ("n=log:1.0..100.0:3", (1.0, 10.0, 100.0)),
        ("n=512 MiB..1 GiB:256 MiB", ("512 MiB", "768 MiB", "1 GiB")),
        ("n=10 ms..30 ms:10 ms", ("10 ms", "20 ms", "30 ms")),
        ("n=10 %..30 %:10 %", (0.1, 0.2, 0.3)),
        ("n=-2..1", (-2, -1, 0, 1)),
        ("n=../here,a..b", ("../here", "a..b")),
    ],
)
def test_a_list_has_items_as_a_file_would_and_ranges_become_their_values(text: str, values: tuple[Any, ...]) -> None:
    assert axis(text).values == values


def test_where_a_parameter_takes_fractions_ends_may_be_whole() -> None:
    assert axis("n=even:0..1:3", whole=lambda _: False).values == (0.0, 0.5, 1.0)
    assert axis("n=even:0..1:3", whole=lambda _: True).values == (0, 1)
    assert axis("n=log:1..3:9", whole=lambda _: True).values == (1, 2, 3)


def test_samples_lie_between_the_ends_and_come_from_the_seed_and_the_path_alone() -> None:
    drawn = axis("n=uniform:2.0..4.0:2000", 1).values
    assert all(2 <= value <= 4 for value in drawn)
    assert statistics.fmean(drawn) == pytest.approx(3, abs=0.06)  # four standard errors of 2/sqrt(12 * 2000)
    assert axis("n=uniform:2.0..4.0:2000", 1).values == drawn
    assert axis("n=uniform:2.0..4.0:2000", 2).values != drawn
    assert axis("m=uniform:2.0..4.0:2000", 1).values != drawn
    logs = [log(value) for value in axis("n=loguniform:1.0..100.0:2000", 1).values]
    assert statistics.fmean(logs) == pytest.approx(log(100) / 2, abs=4 * log(100) / (12 * 2000) ** 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n", "expected PATH=VALUE"),
        ("n=", "n: has no values"),
        ("n=5..1", "the smaller end first"),
        ("n=1..5:0", "a step of more than 0"),
        ("n=lag:1..5:3", "no spacing 'lag'"),
        ("n=log:0..5:3", "more than 0"),
        ("n=log:1..5", "expected how many values"),
        ("n=log:1..5:0", "asks for 0 values"),
        ("n=1 s..5 MiB:1 s", "the same kind of unit"),
        ("n=1 s..5 s:1 MiB", "a step with the same kind of unit"),
        ("n=1 s..5 s", "expected a step"),
        ("n=1 parsec..5 parsec:1", "unit 'parsec'"),
        ("n=1..2000000", "asks for 2000000 values; expected 1 to 1,000,000"),
        ("n=1e400..1e401", "out of range; expected at most 1e"),
        ("n=even:-1e308..1e308:3", "out of range; expected at most 1e"),
        ("n=1..1e30:1e-18", "asks for over 1e"),
        ("n=[", "n: not YAML"),
    ],
)
def test_what_is_no_axis_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        axis(text)


def test_the_ranges_of_an_axis_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.limits.POINTS", 1_000)
    assert len(axis("n=1..500,1..500").values) == 1_000
    with pytest.raises(InputError, match="n: more than 1,000 values"):
        axis("n=1..500,1..501")


@given(st.one_of(st.text(max_size=40), st.from_regex(_RANGE, fullmatch=True)))
def test_any_text_is_an_axis_or_bad_input(text: str) -> None:
    with contextlib.suppress(InputError):
        assert axis(f"n={text}").values
