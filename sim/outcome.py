"""What a run hands on: metrics with units and intervals, and the records of its first replication.

Everything here is immutable and flat, so that charts, tables, reasons and files are made from it alone. Nothing
downstream looks into the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sim.scenario import Text, listed

Owner = Literal["machine", "kernel", "userland", "engine", "files", "application"]
"""Whose seconds or bytes they are; the six colours of every figure, in stack order (see docs/architecture.md)."""

OWNERS: tuple[Owner, ...] = ("machine", "kernel", "userland", "engine", "files", "application")

Bound = Literal["low", "value", "high"]
"""Which end of its sources' ranges every input of a run is taken at."""


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence that is not written yet: an id of the message catalog, and its arguments."""

    id: str
    arguments: tuple[tuple[str, str | float | int], ...] = ()


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric a study registers. `expect` and `published` may name only these.

    unit: "s", "B", "B/s", "1" or "1/s"; interval: from what to what it is measured ("request to application ready").
    statistics: what is taken over the samples of one replication: "p50", "p95", "mean", "min", "max", or "value"
    where a replication has one sample.
    """

    name: str
    unit: str
    interval: str
    description: str
    statistics: tuple[str, ...] = ("value",)
    headline: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of an outcome.

    of: the label of what is compared. value: median over replications; low, high: its 95 % interval (None at one
    replication). range: what the inputs' sources allow (None where no input has a range). The time at which something
    happened, in any of these, is `sim.never.NEVER` where it did not. estimate: whether any input is an estimate.
    """

    metric: str
    statistic: str
    of: str
    interval: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    range: tuple[float, float] | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as much one label takes as another.

    of, to: the labels; `value` is the median over replications of the ratio in each, `of` over `to`, whose random
    numbers are the same. low, high: its 95 % interval by order statistics (None at fewer than six replications).
    estimate: whether any input of either is one.
    """

    metric: str
    statistic: str
    of: str
    to: str
    value: float
    low: float | None = None
    high: float | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class PhaseRecord:
    """One phase of one instance's start. Seconds since the replication began.

    queued: of `end - start`, the seconds beyond what the phase takes alone on an idle host (a lock's queue, or
    cores and links shared with others). demand: "cpu", "read", "write", "transfer", "hold" or "wait".
    resource: the lock, link or disk that served it. source: fact ids, or "estimate: reasoning".
    """

    of: str
    instance: int
    phase: str
    owner: Owner
    demand: str
    resource: str
    start: float
    end: float
    queued: float
    source: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """One instance's mile stones, in seconds since the replication began."""

    of: str
    instance: int
    requested: float
    runtime_ready: float
    init_started: float
    ready: float


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One entry of the memory ledger: bytes of physical memory that are there once.

    instance: whose private pages they are; None for pages that exist once a host. content_key: what file pages hold
    ("" for anonymous ones). mappers: how many instances map these pages. in_rss: whether `ps` counts them as
    resident in each process that maps them (kernel memory is in no process). touched: False for a configured but
    untouched rest, which is a promise and no memory.
    """

    of: str
    instance: int | None
    owner: Owner
    part: str
    bytes: int
    content_key: str
    mappers: int
    in_rss: bool
    source: str
    estimate: bool = False
    touched: bool = True


@dataclass(frozen=True, slots=True)
class ConstraintRecord:
    """One constraint on the number of instances.

    limit: the largest N it allows; None where it never binds on this host. binds: whether it is the one that stops
    the next instance. demand: what one more instance takes at the limit; capacity: what there is; both in `unit`.
    """

    of: str
    constraint: str
    limit: int | None
    binds: bool
    demand: float
    capacity: float
    unit: str
    source: str
    estimate: bool = False


StepStatus = Literal["hit", "miss", "base", "context", "depends", "metadata", "unused"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One vertex of a build's graph, as planned against the cache.

    of: the label; build: which build of the sequence ("1", "2", ...); step: its id in the graph; name: as the builder
    prints it ("[2/4] COPY x /x"). line: in the Dockerfile, 0 where none. inputs: (step id, kind) with kind "parent",
    "copy", "mount" or "context". cause: a miss whose inputs all hit, the first cause of what follows.
    reason: why it hit or missed, ready for the message catalog. old_key, new_key: cache keys, short, before and now.
    seconds, bytes: what running it costs (bytes of its layer); None where not known; `source` says from where.
    compressed: bytes of its layer as pushed and pulled, by gzip's ratio unless the image is known. start, end: seconds
    since the build began, None where it did not run. on_critical_path: whether the build would have ended sooner
    without it. breaks: for a hit, what would make it miss. also: for a miss, what else would have made it run, were
    `reason` not there.
    """

    of: str
    build: str
    step: str
    name: str
    stage: str
    instruction: str
    text: str
    line: int
    inputs: tuple[tuple[str, str], ...]
    status: StepStatus
    cause: bool
    reason: Message
    old_key: str
    new_key: str
    seconds: float | None
    bytes: int | None
    source: str
    estimate: bool = False
    compressed: int | None = None
    start: float | None = None
    end: float | None = None
    on_critical_path: bool = False
    breaks: Message | None = None
    also: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class PullRecord:
    """One thing a node did to get an image, in seconds since the replication began.

    node: its number; of nodes that did the same at the same time, the first. layer: the blob's digest, or "reads" for
    what a start reads on demand. queued: seconds it waited for its turn before `start` (a slot, its parent layer).
    bytes: moved by a download or hashed by a verify, as compressed; else what came out. nodes: how many did the same.
    source: fact ids, or "estimate: reasoning".
    """

    of: str
    node: int
    layer: str
    kind: Literal["download", "verify", "unpack", "mount"]
    start: float
    end: float
    queued: float
    bytes: int
    source: str
    estimate: bool = False
    image: str = ""
    nodes: int = 1


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """Bytes of one part of the memory ledger at one time, in seconds since the replication began.

    part: of the host's RAM "host" (its own system), an owner's pages ("machine", "kernel", ...), "merged" (pages that
    KSM shares), "cache" (clean page cache) and "free", which add up to the RAM at every time; beside it "saved",
    "swapped", "guest_swapped" and "ballooned".
    """

    of: str
    time: float
    part: str
    bytes: int


Record = PhaseRecord | InstanceRecord | MemoryRecord | ConstraintRecord | StepRecord | PullRecord | LedgerRecord
RecordT = TypeVar(
    "RecordT", PhaseRecord, InstanceRecord, MemoryRecord, ConstraintRecord, StepRecord, PullRecord, LedgerRecord
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one expectation: its text, whether it held, and the values it saw."""

    text: str
    passed: bool
    observed: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is known after a scenario's part ran.

    labels: what was compared, in the scenario's order. records: of the first replication, in the order they happened.
    parameters: label to the flat, written form of what it ran with, for tables and captions.
    ratios: of headline metrics, each label's to that of the label with the least. names: what the scenario calls
    some labels for a reader (`sim.report.words` names every label). entries: label to the catalog's entries that were
    given themselves and not by an id of what ships, by parameter.
    """

    scenario: str
    study: str
    seed: int
    replications: int
    labels: tuple[str, ...]
    metrics: tuple[Metric, ...]
    records: tuple[Record, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    parameters: Mapping[str, Mapping[str, str]] | None = None
    ratios: tuple[Ratio, ...] = ()
    names: Mapping[str, Text] | None = None
    entries: Mapping[str, Mapping[str, Any]] | None = None

    def __repr__(self) -> str:
        """In a line: the records are thousands."""
        held = sum(verdict.passed for verdict in self.verdicts)
        return (
            f"<Outcome of {self.scenario}: {self.study} of {listed(self.labels)}; "
            f"seed {self.seed}, replications {self.replications}; "
            f"{len(self.metrics)} metrics, {len(self.records)} records, "
            f"{held} of {len(self.verdicts)} expectations hold>"
        )

    def metric(self, of: str, metric: str, statistic: str = "value") -> Metric:
        """The one metric of that name. Raises `KeyError` naming what there is."""
        for candidate in self.metrics:
            if (candidate.of, candidate.metric, candidate.statistic) == (of, metric, statistic):
                return candidate
        have = ", ".join(f"{m.of}.{m.metric}.{m.statistic}" for m in self.metrics)
        raise KeyError(f"no metric {of}.{metric}.{statistic}; there are {have}")

    def ratio(self, of: str, metric: str, statistic: str = "value") -> Ratio | None:
        """How many times the least a label takes; None where it is the least itself, or alone."""
        wanted = (of, metric, statistic)
        return next((each for each in self.ratios if (each.of, each.metric, each.statistic) == wanted), None)

    def of_type(self, kind: type[RecordT]) -> tuple[RecordT, ...]:
        """The records of one type, in order."""
        return tuple(record for record in self.records if isinstance(record, kind))
