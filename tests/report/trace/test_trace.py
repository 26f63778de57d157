"""A run as a trace: lanes by a property, Chrome's events and the CSV by hand."""

from __future__ import annotations

import csv
import io
import itertools
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sim.batch.run import run
from sim.export import traced
from sim.loading import load
from sim.outcome import Outcome
from sim.records.instances import InstanceRecord, PhaseRecord
from sim.records.memory import LedgerRecord
from sim.records.record import Record
from sim.report.trace import chrome, columns
from sim.report.trace.timed import TraceSpan, lanes, timed

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def phase(instance: int, name: str, start: float, end: float) -> PhaseRecord:
    return PhaseRecord("docker", instance, name, "engine", "cpu", "", start, end, 0.25, "R0001", True)


def outcome(*records: Record) -> Outcome:
    return Outcome("a", "startup", 3, 1, ("docker",), (), records=records)


RECORDS = (
    phase(0, "create", 0.5, 1.0),
    phase(0, "start", 1.0, 1.5),
    phase(0, "probe", 0.75, 1.25),
    InstanceRecord("docker", 0, 0.5, 1.0, 1.25, 1.5),
    LedgerRecord("docker", 2.0, "free", 10),
    LedgerRecord("docker", 2.0, "host", 6),
)


def test_overlapping_spans_are_on_threads_of_their_own() -> None:
    document = json.loads(chrome.document([outcome(*RECORDS)], [timed(outcome(*RECORDS))]))
    events = document["traceEvents"]
    named = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    spans = [(event["name"], named[event["tid"]], event["ts"], event["dur"]) for event in events if event["ph"] == "X"]
    assert sorted(spans) == [
        ("create", "docker 1", 500_000.0, 500_000.0),
        ("probe", "docker 1 (2)", 750_000.0, 500_000.0),
        ("start", "docker 1", 1_000_000.0, 500_000.0),
    ]
    (args,) = (event["args"] for event in events if event["name"] == "create")
    assert args == {"demand": "cpu", "queued_s": 0.25, "source": "R0001", "estimate": True}
    assert [(event["name"], event["ts"]) for event in events if event["ph"] == "i"] == [
        ("requested", 500_000.0), ("runtime_ready", 1e6), ("init_started", 1_250_000.0), ("ready", 1_500_000.0),
    ]  # fmt: skip
    assert [event["args"] for event in events if event["ph"] == "C"] == [{"free": 10, "host": 6}]
    assert document["otherData"]["seed"] == 3


def test_the_csv_has_the_same_in_seconds() -> None:
    rows = list(csv.DictReader(io.StringIO(columns.document([outcome(*RECORDS)], [timed(outcome(*RECORDS))]))))
    kinds = [row["kind"] for row in rows]
    assert (kinds.count("span"), kinds.count("moment"), kinds.count("level")) == (3, 4, 2)
    first = rows[0]
    assert (first["track"], first["name"], first["start_s"], first["end_s"]) == ("docker 1", "create", "0.5", "1.0")
    assert json.loads(first["details"])["source"] == "R0001"
    assert (rows[-1]["track"], rows[-1]["name"], rows[-1]["value"]) == ("memory (bytes)", "host", "6.0")


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), max_size=20))
def test_lanes_hold_no_two_at_once_and_are_no_more_than_needed(times: list[tuple[int, int]]) -> None:
    spans = [TraceSpan("g", "t", "n", "c", start, start + length, {}) for start, length in times]
    placed = lanes(spans)
    assert sorted(map(id, spans)) == sorted(id(span) for span, _ in placed)
    by_lane: dict[int, list[TraceSpan]] = {}
    for span, lane in placed:
        by_lane.setdefault(lane, []).append(span)
    for held in by_lane.values():
        for one, following in itertools.pairwise(held):
            assert one.end <= following.start
    at_once = [sum(one.start <= moment < one.end for one in spans) for moment in range(30)]
    empty = sum(one.start == one.end for one in spans)
    assert len(by_lane) <= max(at_once, default=0) + (empty > 0)


def test_a_study_without_time_has_no_trace() -> None:
    scenario = load(SCENARIOS / "density.yaml")
    assert not list(traced(scenario, run(scenario, replications=1)))
