"""A run as a trace in Chrome's JSON (the "Trace Event Format"), which Perfetto and chrome://tracing open.

A process is a label, a thread a track of it, each overlapping span on a thread of its own. Times are microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sim import __version__
from sim.outcome import Outcome
from sim.report.formats.jsonlines import number
from sim.report.trace.timed import Timed, TraceLevel, TraceMoment, TraceSpan, lanes


def document(outcomes: Sequence[Outcome], told: Sequence[Sequence[Timed]]) -> str:
    """The trace of a scenario that was run. `{"traceEvents": [...], "displayTimeUnit": "ms", "otherData": {...}}`.

    Args:
        outcomes: One of each part.
        told: What each tells in time (`sim.report.trace.timed.timed`).
    """
    events: list[dict[str, Any]] = []
    pid = 0
    for outcome, items in zip(outcomes, told, strict=True):
        groups: dict[str, list[Timed]] = {}
        for item in items:
            groups.setdefault(item.group, []).append(item)
        for group, of_group in groups.items():
            pid += 1
            name = f"{outcome.study}: {group}" if len(outcomes) > 1 else group
            events += _process(pid, name, of_group)
    first = outcomes[0]
    about = {"scenario": first.scenario, "seed": first.seed, "model_version": __version__}
    lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in events)
    return f'{{"traceEvents": [\n{lines}\n],\n"displayTimeUnit": "ms",\n"otherData": {json.dumps(about)}}}\n'


def _process(pid: int, name: str, told: Sequence[Timed]) -> Iterator[dict[str, Any]]:
    yield {"ph": "M", "pid": pid, "name": "process_name", "args": {"name": name}}
    yield {"ph": "M", "pid": pid, "name": "process_sort_index", "args": {"sort_index": pid}}
    placed = lanes(item for item in told if isinstance(item, TraceSpan))
    tracks = dict.fromkeys(item.track for item in told if isinstance(item, TraceSpan | TraceMoment))
    needed = dict.fromkeys(tracks, 1)
    for span, lane in placed:
        needed[span.track] = max(needed[span.track], lane + 1)
    threads = {
        (track, lane): tid
        for tid, (track, lane) in enumerate(((t, n) for t, count in needed.items() for n in range(count)), 1)
    }
    for (track, lane), tid in threads.items():
        called = f"{track} ({lane + 1})" if lane else track
        yield {"ph": "M", "pid": pid, "tid": tid, "name": "thread_name", "args": {"name": called}}
        yield {"ph": "M", "pid": pid, "tid": tid, "name": "thread_sort_index", "args": {"sort_index": tid}}
    for span, lane in placed:
        yield {
            "ph": "X", "pid": pid, "tid": threads[span.track, lane], "name": span.name, "cat": span.category,
            "ts": _microseconds(span.start), "dur": _microseconds(span.end - span.start), "args": dict(span.details),
        }  # fmt: skip
    for item in told:
        if isinstance(item, TraceMoment):
            tid = threads[item.track, 0]
            yield {"ph": "i", "s": "t", "pid": pid, "tid": tid, "name": item.name, "ts": _microseconds(item.time)}
    yield from _counters(pid, [item for item in told if isinstance(item, TraceLevel)])


def _counters(pid: int, levels: Sequence[TraceLevel]) -> Iterator[dict[str, Any]]:
    """One event a counter and time, with all of its parts."""
    together: dict[tuple[str, float], dict[str, float]] = {}
    for level in levels:
        together.setdefault((level.counter, level.time), {})[level.part] = level.value
    for (counter, time), parts in together.items():
        yield {"ph": "C", "pid": pid, "name": counter, "ts": _microseconds(time), "args": parts}


def _microseconds(seconds: float) -> float | None:
    return number(seconds * 1e6)
