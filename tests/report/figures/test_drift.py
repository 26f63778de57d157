"""The fleet's figure shows what the records say: one rectangle a stretch, odd ones by count, lines by week."""

from __future__ import annotations

from typing import Any

from sim.outcome import Outcome
from sim.records.hosts import EnvironmentRecord
from sim.report.figures.drift import drift_alt, drift_table, fleet, lines, over_weeks
from sim.report.style import Style, rows_of

RUNS = {0: "AAA", 1: "AAB", 2: "ABB"}
"""Server to its environment in the weeks 0, 1 and 2; B's packages are of day 9. In week 1 server 2 is the odd one."""


def outcome() -> Outcome:
    records = tuple(
        EnvironmentRecord("it", server, week, "AB".index(runs[week]), 9 * (runs[week] == "B"), 0, None, "test")
        for week in range(3)
        for server, runs in RUNS.items()
    )
    return Outcome("s", "drift", 1, 1, ("it",), (), records)


def rows(spec: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    return rows_of(spec["layer"][layer]["data"])


def test_neighbouring_weeks_are_one_stretch_and_the_odd_ones_are_marked() -> None:
    spec = fleet(outcome(), Style(), "it")
    stretches = {(row["server"], row["since"], row["until"], row["day"], row["odd"]) for row in rows(spec, 0)}
    assert stretches == {(0, 0, 1, 0, False), (0, 1, 2, 0, True), (1, 0, 1, 0, False), (1, 1, 2, 9, False),
                         (2, 0, 1, 9, True), (2, 1, 2, 9, False)}  # fmt: skip
    assert {(row["server"], row["since"]) for row in rows(spec, 1)} == {(0, 1), (2, 0)}


def test_lines_count_the_environments_of_each_week() -> None:
    assert over_weeks(outcome(), "it", "environments") == [1, 2, 2]
    drawn = rows(lines(outcome(), Style(), "environments"), 0)
    assert [(row["week"], row["value"]) for row in drawn] == [(0, 1), (1, 2), (2, 2)]


def test_a_missing_patch_is_drawn_in_days() -> None:
    lacking = Outcome(
        "s", "drift", 1, 1, ("it",), (),
        (EnvironmentRecord("it", 0, 0, 0, 0, 0, None, "t"), EnvironmentRecord("it", 0, 1, 0, 0, 0, 3 * 86_400.0, "t")),
    )  # fmt: skip
    assert over_weeks(lacking, "it", "oldest_missing") == [0, 3]


def test_words_and_table_say_the_same() -> None:
    assert "2 environments on 3 servers" in drift_alt(outcome(), "it")
    assert [row["Environments"] for row in drift_table(outcome())] == ["1"]
