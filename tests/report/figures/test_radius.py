"""The figure of lost requests shows what its records say: a block a label, a lane a kind, and what is lost."""

from __future__ import annotations

from typing import Any

from sim.outcome import Metric, Outcome
from sim.records.load import RouteRecord
from sim.report.figures.services.radius import compared_table, radius, radius_alt, radius_table
from sim.report.style import LIGHT, Style, rows_of


def stretch(of: str, kind: str, start: float, end: float, cause: Any = "", lost: int = 0) -> RouteRecord:
    return RouteRecord(of, kind, "front > db", start, end, cause, 5, lost)


RECORDS = (
    stretch("one", "read", 0, 10),
    stretch("one", "read", 10, 30, "crash", 5),
    stretch("one", "write", 0, 10),
    stretch("one", "write", 10, 30, "crash", 5),
    stretch("many", "read", 0, 10),
    stretch("many", "read", 10, 14, "crash", 4),
    stretch("many", "read", 14, 30),
    stretch("many", "write", 0, 30),
)


def outcome() -> Outcome:
    metrics = tuple(
        Metric("held_memory", "value", of, "all", value, "B", None, None, None, estimate=False)
        for of, value in (("one", 2.0**20), ("many", 2.0**21))
    )
    return Outcome("s", "microservices", 1, 1, ("one", "many"), metrics, RECORDS)


def test_each_label_has_a_line_with_its_name_and_a_lane_for_each_kind():
    domain = radius(outcome(), Style())["encoding"]["y"]["scale"]["domain"]
    assert [key.split("/", 1) for key in domain] == [
        ["one", ""], ["one", "read"], ["one", "write"], ["many", ""], ["many", "read"], ["many", "write"]
    ]  # fmt: skip


def test_what_is_lost_is_high_and_in_the_colour_of_attention_with_its_count():
    answered, lost, counts, heads, on_a_phone = radius(outcome(), Style())["layer"]
    assert (lost["mark"]["color"], len(rows_of(lost["data"]))) == (LIGHT.attention, 3)
    assert lost["mark"]["height"]["band"] > answered["mark"]["height"]["band"]
    assert [row["told"] for row in rows_of(counts["data"])] == ["−5", "−5", "−4"]
    assert [row["start"] for row in rows_of(heads["data"])] == [10, 10]
    assert rows_of(heads["data"])[1]["told"].startswith("crash, 4")
    assert [row["cause"] for row in rows_of(on_a_phone["data"])] == ["crash"] * 2, "a phone has no room for two"


def test_before_the_run_a_lane_says_what_its_requests_visit_and_nothing_of_what_is_lost():
    bars, visited = radius(outcome(), Style(), hidden=True)["layer"]
    assert {(row["start"], row["end"], row["gone"]) for row in rows_of(bars["data"])} == {(0, 30, False)}
    assert {row["services"] for row in rows_of(visited["data"])} == {"front → db"}


def test_the_table_and_the_sentence_say_the_same():
    assert len(radius_table(outcome())) == len(RECORDS)
    assert "1 of 2" in radius_alt(outcome())
    assert "2 of 2" in radius_alt(outcome())
    (row,) = compared_table(outcome())
    assert list(row.values())[1:] == ["1.0\u202fMiB", "2.0\u202fMiB"]
