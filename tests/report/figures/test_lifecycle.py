"""The lanes of containers' lives: what is drawn of which record, the counts at their ends, the table and the words."""

from __future__ import annotations

from typing import Any

import pytest

from sim.engine.seeds import SeedTree
from sim.outcome import Metric, Outcome
from sim.records.containers import LifeRecord
from sim.report.figures.services.lifecycle import TOLD_STARTS, enlarges, life_alt, life_table, lifelines, window_of
from sim.report.style import Style, rows_of
from sim.report.words import label_names
from sim.studies import study
from sim.studies.base import Context
from sim.studies.lifecycle import Lifecycle


def outcome(**labels: dict[str, Any]) -> Outcome:
    """What a run of these labels gives, each with its parameters."""
    records, metrics = [], []
    for label, params in labels.items():
        found = study("lifecycle").run(Lifecycle(**params), Context(label, SeedTree(1)))
        records += list(found.records)
        metrics += [
            Metric(name, "value", label, "the window", values[0], "1") for name, values in found.samples.items()
        ]
    return Outcome("s", "lifecycle", 1, 1, tuple(labels), tuple(metrics), tuple(records))


HELLO = {"command": "hello_world", "restart": "always"}
DIES = {"command": "dies", "life": 10.0, "restart": "always"}
DEAF = {"command": "no_handler"}


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Every row that any layer draws, once."""
    every: list[dict[str, Any]] = []
    for layer in spec["layer"]:
        every += [row for row in rows_of(layer["data"]) if row not in every]
    return every


def drawn(found: Outcome, **asked: bool) -> list[dict[str, Any]]:
    return rows(lifelines(found, Style(), label_names(found), **asked))


def test_each_start_is_drawn_and_counted_at_the_lanes_end() -> None:
    """Of the nineteen runs the first two, at 0.2 and 0.5 s, fall on one pixel."""
    found = drawn(outcome(hello=HELLO, dies=DIES))
    starts = [row["lane"] for row in found if row.get("state") == "running" and row["brief"]]
    assert starts.count("hello") == 18
    assert sum(row.get("state") == "running" and not row["brief"] for row in found) == 59
    assert {row["lane"]: row["count"] for row in found if "count" in row} == {"hello": "19 starts", "dies": "59 starts"}


def test_the_most_starts_are_marked_unless_two_lanes_share_them() -> None:
    marked = [row["lane"] for row in drawn(outcome(hello=HELLO, dies=DIES, deaf=DEAF)) if row.get("most")]
    assert marked == ["dies"]
    assert not any(row.get("most") for row in drawn(outcome(a=HELLO, b=HELLO)))
    assert not any(row.get("most") for row in drawn(outcome(deaf=DEAF)))


def test_the_lens_ends_after_fifteen_seconds_and_shows_the_waits_until_then() -> None:
    found = drawn(outcome(hello=HELLO), lens=True)
    assert max(row["until"] for row in found) == 15
    assert [row["took"] for row in found if row.get("whole")] == [
        "0.10\u202fs", "0.20\u202fs", "0.40\u202fs", "0.80\u202fs", "1.6\u202fs", "3.2\u202fs", "6.4\u202fs"
    ]  # fmt: skip


def test_a_wait_that_the_stop_cuts_short_does_not_tell_its_length() -> None:
    """The nineteenth run ends at 586.1 s. The next wait of 60 s is over after the window."""
    waits = [row for row in drawn(outcome(hello=HELLO)) if row.get("state") == "waiting"]
    assert waits[-1]["until"] == 600
    assert not waits[-1]["whole"]
    assert waits[-2]["whole"]


def test_a_run_ends_where_the_stop_begins_and_the_stop_is_drawn_after_it() -> None:
    found = drawn(outcome(deaf=DEAF))
    assert [(row["state"], row["start"], row["until"]) for row in found if "state" in row] == [
        ("starting", 0, pytest.approx(0.2)), ("running", pytest.approx(0.2), 600), ("stopping", 600, 610)
    ]  # fmt: skip
    assert [row["stop"] for row in found if "stop" in row] == ["exit 137 · stop 10\u202fs"]


def test_before_the_run_lanes_are_empty() -> None:
    found = drawn(outcome(hello=HELLO, dies=DIES), hidden=True)
    assert not [row for row in found if "state" in row]
    assert [row["count"] for row in found if "count" in row] == ["?", "?"]


def test_the_band_that_the_lens_enlarges_is_fifteen_seconds_wide() -> None:
    bands = [row for row in drawn(outcome(hello=HELLO)) if "lane" not in row]
    assert bands == [{"start": 0, "until": 15}]
    assert not [row for row in drawn(outcome(hello=HELLO), lens=True) if "lane" not in row]
    assert not [row for row in drawn(outcome(deaf=DEAF)) if "lane" not in row]


def test_a_lens_is_there_where_something_starts_twice_in_it() -> None:
    assert enlarges(outcome(deaf=DEAF, hello=HELLO))
    assert not enlarges(outcome(deaf=DEAF))
    assert not enlarges(outcome(hello=HELLO | {"window": 30.0}))
    assert window_of(outcome(a=DEAF, b=HELLO | {"window": 30.0})) == 600


def test_thousands_of_starts_are_one_mark_a_pixel() -> None:
    """Podman does not wait: 0.2 s a start, so 3,000 in ten minutes."""
    found = outcome(podman=HELLO | {"engine": "podman"})
    assert len([row for row in drawn(found) if row.get("state") == "running"]) <= 1_201
    table = life_table(found)
    assert len(table) == TOLD_STARTS + 1
    runs = sum(record.state == "running" for record in found.of_type(LifeRecord))
    assert table[-1]["start"] == f"and {runs - TOLD_STARTS:,} more"
    assert runs > 2_990


def test_the_table_has_a_row_a_start_with_code_and_wait() -> None:
    found = outcome(dies=DIES | {"life": 3.0, "restart": "on-failure", "retries": 1, "exit_code": 7})
    assert [list(row.values())[1:] for row in life_table(found)] == [
        ["1", "0.20\u202fs", "7", "0.10\u202fs"],
        ["2", "3.5\u202fs", "7", "–"],
    ]


def test_words_say_the_counts() -> None:
    said = life_alt(outcome(hello=HELLO, deaf=DEAF))
    assert "19 starts, exit 0" in said
    assert "1 start, exit 137" in said
