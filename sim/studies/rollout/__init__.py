"""What becomes of a service's requests while it is started, scaled, updated, or loses a node?

The service runs on Kubernetes, in Docker's Swarm mode, or on a group of virtual machines, through one event. A load is
then sent to its replicas as they were ready.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.errors import InputError, Problem
from sim.inputfile import is_file
from sim.never import NEVER
from sim.orchestration.cut import LifePiece, cut
from sim.orchestration.timeline import ReplicaLife, ServiceTimeline
from sim.outcome import MetricSpec
from sim.records.load import RequestRecord
from sim.records.record import Record
from sim.records.replicas import NodeRecord, ReplicaRecord, WantedRecord
from sim.studies.base import Context, Study, StudyRun
from sim.studies.rollout.parameters import ServiceRollout, load_of
from sim.studies.rollout.platforms import carried_out, objects_of
from sim.studies.rollout.summary import fewest_ready, most_replicas, short_seconds
from sim.traffic.replica import ReplicaCapacity
from sim.traffic.served import ServedTraffic
from sim.traffic.serving import serve

BINS = 300
"""Bins that the requests of a run are told in."""

_DIGITS = 6
"""Of requests, which are a mean over chance. What is beyond them is rounding."""

_ESTIMATED = frozenset({"duration", "lost", "error_share", "p99", "short_for", "noticed_after"})
"""Metrics into which go what the control plane's steps take, and what a start takes: estimates, many of them."""

METRICS = (
    MetricSpec("lost", "1", "whole window", "Requests that were not answered.", headline=True),
    MetricSpec("duration", "s", "event to the service as wanted", "Time until all is as wanted again."),
    MetricSpec("error_share", "1", "whole window", "Share of the requests that were not answered."),
    MetricSpec("p99", "s", "whole window", "What 99 % of the requests took at most."),
    MetricSpec("short_for", "s", "event to end of window", "Time with fewer replicas that answer than are wanted."),
    MetricSpec("fewest_ready", "1", "event to end of window", "The fewest replicas that answer at any time."),
    MetricSpec("most_ready", "1", "event to end of window", "The most replicas that answer at any time."),
    MetricSpec("fewest_listed", "1", "event to end of window", "The fewest replicas that are ready to the platform."),
    MetricSpec("most_pods", "1", "event to end of window", "The most replicas at any time, but those that end."),
    MetricSpec("noticed_after", "s", "failure to its being known", "Time until a failed node is known to have failed."),
    MetricSpec("replicas_made", "1", "event to end of window", "Replicas that were made."),
    MetricSpec("node_hours", "1", "whole window", "Hours that nodes were there, over all nodes."),
)


def run(params: ServiceRollout, context: Context) -> StudyRun:
    """Run the service through its event, and then its load against the replicas that there were."""
    load = load_of(params, context.folder)
    timeline = carried_out(params, load, context)
    context.tick(0.7)
    spans = [span for life in timeline.replicas for span in life.spans]
    replica = ReplicaCapacity(params.service_time, params.workers, timeout=params.timeout, retries=params.retries)
    served = serve(load, spans, replica, params.window, params.window / BINS, read=context.records)
    told = replica_records(timeline, context.label)
    records = tuple(_records(timeline, served, told, context.label)) if context.records else ()
    return StudyRun(_samples(params, timeline, served, told), records, _ESTIMATED, ranged=True)


def _samples(
    params: ServiceRollout, timeline: ServiceTimeline, served: ServedTraffic, told: Sequence[ReplicaRecord]
) -> dict[str, list[float]]:
    at = params.at if params.event != "start" else 0.0
    lost = round(served.failed, _DIGITS)
    failed = [one for one in timeline.nodes if one.down != NEVER]
    answering = [(one.start, one.end) for one in told if one.asked and one.answers]
    ready = [(one.start, one.end) for one in told if one.state == "ready"]
    there = [(one.start, one.end) for one in told if one.state not in ("leaving", "lost")]
    made = sum(life.stretches[0].start >= at and life.stretches[0].state == "pending" for life in timeline.replicas)
    hours = math.fsum(min(one.down, params.window) - one.up for one in timeline.nodes) / 3600
    return {
        "lost": [lost],
        "duration": [timeline.settled - at if timeline.settled <= params.window else NEVER],
        "error_share": [lost / served.offered if served.offered else 0.0],
        "p99": [served.p99],
        "short_for": [short_seconds(answering, timeline.wanted, at, params.window)],
        "fewest_ready": [fewest_ready(answering, at, params.window)],
        "most_ready": [most_replicas(answering, at, params.window)],
        "fewest_listed": [fewest_ready(ready, at, params.window)],
        "most_pods": [most_replicas(there, at, params.window)],
        "noticed_after": [max((one.noticed - one.down for one in failed), default=NEVER)],
        "replicas_made": [made],
        "node_hours": [hours],
    }


def replica_records(timeline: ServiceTimeline, label: str) -> list[ReplicaRecord]:
    """Every replica's stretches, cut where it is listed or answers from then on, or no more."""
    return [_told(life, piece, label) for life in timeline.replicas for piece in cut(life, timeline.until)]


def _told(life: ReplicaLife, piece: LifePiece, label: str) -> ReplicaRecord:
    stretch = piece.stretch
    return ReplicaRecord(
        of=label,
        replica=life.name,
        version=life.version,
        node="" if stretch.state == "pending" else life.node,
        state=stretch.state,
        start=piece.start,
        end=piece.end,
        asked=piece.asked,
        answers=piece.answers,
        why=stretch.why,
        detail=stretch.detail,
    )


def _records(
    timeline: ServiceTimeline, served: ServedTraffic, told: Sequence[ReplicaRecord], label: str
) -> Iterator[Record]:
    yield from told
    for one in served.bins:
        failed = round(one.refused + one.lost + one.timed_out, _DIGITS)
        yield RequestRecord(label, one.time, one.width, one.offered, failed, one.p50, one.p99, one.capacity)
    for node in timeline.nodes:
        yield NodeRecord(label, node.name, node.slots, node.up, node.down, node.noticed)
    for time, replicas in timeline.wanted:
        yield WantedRecord(label, time, replicas)


def _missing(params: ServiceRollout, folder: str) -> Iterator[Problem]:
    """The files that are named, and what is wrong with them."""
    for name, read in (("manifest", objects_of), ("load_file", load_of)):
        path = getattr(params, name)
        if path and not is_file(Path(folder) / path):
            yield Problem(f"no file {path!r} in {folder!r}", path=name)
            continue
        try:
            read(params, folder)
        except InputError as error:
            yield from (Problem(str(problem).split("\n")[0], path=name) for problem in error.problems)


STUDY = Study("rollout", ServiceRollout, METRICS, run, missing=_missing, named_by_technology=False)
