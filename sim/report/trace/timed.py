"""What the records of an outcome tell in time: spans of tracks, moments, and levels of counters."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.never import never
from sim.outcome import Outcome
from sim.records.containers import LifeRecord
from sim.records.images import PullRecord, StepRecord
from sim.records.instances import InstanceRecord, PhaseRecord
from sim.records.load import RequestRecord, RouteRecord
from sim.records.memory import LedgerRecord
from sim.records.projects import ServiceRecord
from sim.records.replicas import NodeRecord, ReplicaRecord, WantedRecord


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """Something that takes time.

    Attributes:
        group: The label that is compared, with the build's number where it has several.
        track: What it is of: an instance, a container, a stage, a node.
        name: What it is.
        category: Its kind or owner.
        start, end: Seconds since the replication began.
        details: What else the record says.
    """

    group: str
    track: str
    name: str
    category: str
    start: float
    end: float
    details: Mapping[str, str | float | bool]


@dataclass(frozen=True, slots=True)
class TraceMoment:
    """Something that happens at one time, in seconds since the replication began."""

    group: str
    track: str
    name: str
    time: float


@dataclass(frozen=True, slots=True)
class TraceLevel:
    """What a counter has from one time on, until its next.

    Attributes:
        time: Seconds since the replication began.
        value: Bytes, requests a second, or a number.
    """

    group: str
    counter: str
    part: str
    time: float
    value: float


Timed = TraceSpan | TraceMoment | TraceLevel


def timed(outcome: Outcome) -> list[Timed]:
    """All that an outcome's records tell in time, in their order. Empty where the study tells nothing in time."""
    told: list[Timed] = []
    for record in outcome.records:
        make = _TOLD.get(type(record))
        if make is not None:
            told += make(record)
    return told


def lanes(spans: Iterable[TraceSpan]) -> list[tuple[TraceSpan, int]]:
    """Each span with a lane of its track, from 0 on, in which none of the spans overlap. By start, then end.

    Viewers nest spans of a track. Two that overlap and do not nest, as two downloads at once, would be shown wrongly.
    """
    free: dict[tuple[str, str], list[int]] = {}
    busy: dict[tuple[str, str], list[tuple[float, int]]] = {}
    placed = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        track = (span.group, span.track)
        running, idle = busy.setdefault(track, []), free.setdefault(track, [])
        while running and running[0][0] <= span.start:
            heapq.heappush(idle, heapq.heappop(running)[1])
        lane = heapq.heappop(idle) if idle else len(running)
        heapq.heappush(running, (span.end, lane))
        placed.append((span, lane))
    return placed


def _phase(record: PhaseRecord) -> Iterator[Timed]:
    details = {
        "demand": record.demand, "resource": record.resource, "queued_s": record.queued, "source": record.source,
        "estimate": record.estimate,
    }  # fmt: skip
    track = f"{record.of} {record.instance + 1}"
    yield TraceSpan(record.of, track, record.phase, record.owner, record.start, record.end, _said(details))


def _instance(record: InstanceRecord) -> Iterator[Timed]:
    track = f"{record.of} {record.instance + 1}"
    for name in ("requested", "runtime_ready", "init_started", "ready"):
        time = getattr(record, name)
        if not never(time):
            yield TraceMoment(record.of, track, name, time)


def _step(record: StepRecord) -> Iterator[Timed]:
    if record.start is None or record.end is None:
        return
    details = {
        "status": record.status, "line": record.line, "reason": record.reason.id, "bytes": record.bytes,
        "critical_path": record.on_critical_path, "source": record.source, "estimate": record.estimate,
    }  # fmt: skip
    group = f"{record.of} build {record.build}"
    yield TraceSpan(group, record.stage, record.name, record.instruction, record.start, record.end, _said(details))


def _pull(record: PullRecord) -> Iterator[Timed]:
    details = {
        "image": record.image, "layer": record.layer, "bytes": record.bytes, "queued_s": record.queued,
        "nodes": record.nodes, "source": record.source, "estimate": record.estimate,
    }  # fmt: skip
    track = f"node {record.node + 1}"
    yield TraceSpan(record.of, track, record.kind, "pull", record.start, record.end, _said(details))


def _life(record: LifeRecord) -> Iterator[Timed]:
    details = _said({"start": record.number, "exit_code": record.code})
    yield TraceSpan(record.of, "container", record.state, "life", record.start, record.end, details)


def _service(record: ServiceRecord) -> Iterator[Timed]:
    details = _said({"exit_code": record.code, "source": record.source, "estimate": record.estimate})
    track = f"{record.service} {record.number}"
    yield TraceSpan(record.of, track, record.state, "service", record.start, record.end, details)


def _replica(record: ReplicaRecord) -> Iterator[Timed]:
    details = {
        "version": record.version, "node": record.node, "asked": record.asked, "answers": record.answers,
        "why": record.why, "detail": record.detail,
    }  # fmt: skip
    track = record.replica
    yield TraceSpan(record.of, track, record.state, f"v{record.version}", record.start, record.end, _said(details))


def _route(record: RouteRecord) -> Iterator[Timed]:
    details = {"services": record.services, "requests": record.requests, "lost": record.lost, "source": record.source}
    name = f"lost by {record.cause}" if record.cause else "answered"
    yield TraceSpan(record.of, record.kind, name, "requests", record.start, record.end, _said(details))


def _node(record: NodeRecord) -> Iterator[Timed]:
    for name in ("up", "down", "noticed"):
        time = getattr(record, name)
        if not never(time):
            yield TraceMoment(record.of, record.node, name, time)


def _ledger(record: LedgerRecord) -> Iterator[Timed]:
    yield TraceLevel(record.of, "memory (bytes)", record.part, record.time, record.bytes)


def _requests(record: RequestRecord) -> Iterator[Timed]:
    failed = record.failed / record.width
    yield TraceLevel(record.of, "requests (/s)", "answered", record.time, record.offered / record.width - failed)
    yield TraceLevel(record.of, "requests (/s)", "failed", record.time, failed)


def _wanted(record: WantedRecord) -> Iterator[Timed]:
    yield TraceLevel(record.of, "replicas wanted", "replicas", record.time, record.replicas)


_TOLD: Mapping[type[Any], Callable[[Any], Iterator[Timed]]] = {
    PhaseRecord: _phase, InstanceRecord: _instance, StepRecord: _step, PullRecord: _pull, LifeRecord: _life,
    ServiceRecord: _service, ReplicaRecord: _replica, RouteRecord: _route, NodeRecord: _node, LedgerRecord: _ledger,
    RequestRecord: _requests, WantedRecord: _wanted,
}  # fmt: skip


def _said(details: Mapping[str, Any]) -> dict[str, str | float | bool]:
    """The details that say something."""
    return {name: value for name, value in details.items() if value is not None and value != ""}
