"""The figure of a compose project shows what its records say: lanes by start, the path, what is hollow, what failed."""

from __future__ import annotations

from typing import Any

from sim.outcome import Outcome
from sim.records.projects import SavingRecord, ServiceRecord
from sim.report.figures.services.bringup import (
    bringup,
    bringup_alt,
    bringup_legend,
    bringup_table,
    savings_table,
    services,
)
from sim.report.style import LIGHT, Style, rows_of


def stretch(service: str, state: Any, start: float, end: float, place: int = 0, code: str = "") -> ServiceRecord:
    return ServiceRecord("it", service, 1, state, start, end, place, code)


RECORDS = (
    stretch("api", "created", 0, 6, 2),
    stretch("api", "starting", 6, 8, 2),
    stretch("api", "works", 8, 10, 2),
    stretch("cache", "starting", 0, 1),
    stretch("cache", "unasked", 1, 5),
    stretch("cache", "works", 5, 10),
    stretch("db", "starting", 0, 2, 1),
    stretch("db", "unasked", 2, 5, 1),
    stretch("db", "works", 5, 10, 1),
    stretch("job", "crashed", 1, 2, 0, "1"),
    stretch("job", "exited", 2, 10, 0, "1"),
    SavingRecord("it", "start", "api", "db", 3.0, 1),
)


def outcome() -> Outcome:
    return Outcome("s", "compose", 1, 1, ("it",), (), RECORDS)


def rows(layer: int) -> list[dict[str, Any]]:
    return rows_of(bringup(outcome(), Style(), "it")["layer"][layer]["data"])


def test_lanes_stand_by_their_start_and_one_that_never_started_last():
    assert list(services(outcome(), "it")) == ["db", "cache", "api", "job"]
    assert bringup(outcome(), Style(), "it")["encoding"]["y"]["scale"]["domain"] == ["db", "cache", "api", "job"]


def test_what_waits_is_a_low_bar_and_what_lasts_goes_on_to_the_edge():
    low, high = rows(0), rows(1)
    assert {(row["lane"], row["state"]) for row in low} == {("api", "created"), ("job", "exited")}
    assert len(low) + len(high) == sum(isinstance(record, ServiceRecord) for record in RECORDS)
    last = [row for row in high if row["state"] == "works"]
    assert {row["end"] for row in last} == {10 * 1.06}


def test_only_on_the_path_is_a_wait_for_a_probe_marked():
    strokes = {row["lane"]: row["stroke"] for row in rows(1) if row["state"] == "unasked"}
    assert strokes == {"db": LIGHT.attention, "cache": LIGHT.ink}
    assert [(row["lane"], row["middle"]) for row in rows(2)] == [("db", 3.5)]


def test_the_path_goes_along_each_of_its_lanes_and_down_to_the_next():
    assert rows(3) == [{"lane": "db", "from": 0, "to": 6}, {"lane": "api", "from": 6, "to": 8}]
    assert rows(4) == [{"lane": "db", "to": 6, "next": "api"}]


def test_the_last_on_the_path_keeps_nobody_waiting_for_its_probe():
    alone = (stretch("db", "starting", 0, 2, 1), stretch("db", "unasked", 2, 5, 1), stretch("db", "works", 5, 10, 1))
    spec = bringup(Outcome("s", "compose", 1, 1, ("it",), (), alone), Style(), "it")
    assert [rows_of(layer["data"]) for layer in spec["layer"][2:5]] == [[], [{"lane": "db", "from": 0, "to": 2}], []]


def test_of_more_lanes_than_fit_the_path_and_the_first_are_drawn_and_the_figure_says_so():
    spec = bringup(outcome(), Style(), "it", most=2)
    assert spec["encoding"]["y"]["scale"]["domain"] == ["db", "api"]
    assert "2" in spec["title"]
    assert "4" in spec["title"]
    assert bringup(outcome(), Style(), "it", most=3)["encoding"]["y"]["scale"]["domain"] == ["db", "cache", "api"]


def test_replicas_have_a_lane_each():
    two = tuple(ServiceRecord("it", "api", number, "works", 0, 1) for number in (1, 2))
    assert set(services(Outcome("s", "compose", 1, 1, ("it",), (), two), "it")) == {"api-1", "api-2"}


def test_words_and_tables_say_the_same():
    alt = bringup_alt(outcome(), "it")
    for told in ("db healthy at 5.0\u202fs", "api works at 8.0\u202fs", "job ended with 1 at 2.0\u202fs", "db → api"):
        assert told in alt
    assert "Critical path" not in bringup_alt(Outcome("s", "compose", 1, 1, ("it",), (), RECORDS[9:11]), "it")
    assert len(bringup_table(outcome())) == len(RECORDS) - 1
    (saving,) = savings_table(outcome(), "it")
    assert list(saving.values()) == ["api no longer waits for db", "3.0\u202fs", "1"]
    legend = bringup_legend(outcome(), Style(), "it")
    assert "works, not asked yet" in legend
    assert "job runs" not in legend
