"""What happened in a run, as records: flat, immutable, one class for each kind of thing that is told.

A study hands them on with its metrics (`sim.outcome`). Charts, tables and reasons are made from them alone. Those of
instances are `sim.instancerecords`, and lent here: a command that starts a few instances makes no other classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from sim.instancerecords import OWNERS as OWNERS
from sim.instancerecords import ConstraintRecord as ConstraintRecord
from sim.instancerecords import InstanceRecord as InstanceRecord
from sim.instancerecords import MemoryRecord as MemoryRecord
from sim.instancerecords import Message as Message
from sim.instancerecords import Owner as Owner
from sim.instancerecords import PhaseRecord as PhaseRecord

StepStatus = Literal["hit", "miss", "base", "context", "depends", "metadata", "unused"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One vertex of a build's graph, as planned against the cache.

    Attributes:
        of: The label.
        build: Which build of the sequence: "1", "2", and so on.
        step: Its id in the graph.
        name: As the builder prints it, "[2/4] COPY x /x".
        stage: The stage it belongs to.
        instruction: "RUN", "COPY" and so on.
        text: The instruction as written.
        line: Its line in the Dockerfile. 0 where there is none.
        inputs: Pairs of a step's id and a kind: "parent", "copy", "mount" or "context".
        status: Whether it hit the cache, missed, or is no step at all.
        cause: Whether it is a first cause: it missed although all of its inputs hit.
        reason: Why it hit or missed.
        old_key: Its cache key in the build before, cut short.
        new_key: Its cache key now, cut short.
        seconds: What it takes to run. None where that is not known.
        bytes: The size of its layer. None where that is not known.
        source: Where seconds and bytes are from.
        estimate: Whether they are estimates.
        compressed: Bytes of its layer as pushed and pulled. By gzip's ratio, unless the image is known.
        start: Seconds since the build began. None where it did not run.
        end: Seconds since the build began. None where it did not run.
        on_critical_path: Whether the build would have ended sooner without it.
        breaks: For a hit, what would make it miss.
        also: For a miss, what else would have made it run if `reason` were not there.
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
    """One thing that a node did to get an image. Times are in seconds since the replication began.

    Attributes:
        of: The label.
        node: Its number. Of nodes that did the same at the same time, the first one's.
        layer: The blob's digest, or "reads" for what a start reads on demand.
        kind: "download", "verify", "commit" (it is written to the disk), "unpack" or "mount".
        start: When it began.
        end: When it ended.
        queued: Seconds it waited for its turn before `start`, for a slot or for its parent layer.
        bytes: The compressed size for a download, a verify or a commit. Else the size of what came out.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether it is an estimate.
        image: The image.
        nodes: How many nodes did the same at the same time.
    """

    of: str
    node: int
    layer: str
    kind: Literal["download", "verify", "commit", "unpack", "mount"]
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
    """Bytes of one part of the memory ledger at one time.

    Some parts add up to the host's RAM at every time. These are "host" for its own system, each owner's pages
    ("machine", "kernel" and so on), "merged" for pages that KSM shares, "cache" for clean page cache, and "free".

    Others stand beside it: "saved", "swapped", "guest_swapped" and "ballooned".

    Attributes:
        of: The label.
        time: Seconds since the replication began.
        part: One of the parts above.
        bytes: How many.
    """

    of: str
    time: float
    part: str
    bytes: int


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """What one server runs at the end of a week.

    Attributes:
        of: The label.
        server: Its number, from 0.
        week: The week, from 0. That of 0 is the beginning.
        environment: A number that servers share where everything on them is equal.
        packages_day: The day of the newest release among its packages, counted from the archive's first day.
        fixes: How many changes by hand it has.
        oldest_missing: Seconds since the first security release that it has not. None where it has all.
        source: Where the releases are from.
        estimate: Whether it is an estimate.
    """

    of: str
    server: int
    week: int
    environment: int
    packages_day: int
    fixes: int
    oldest_missing: float | None
    source: str
    estimate: bool = False


FitVerdict = Literal["runs", "if", "through", "not"]
"""As it is, as it is where the host meets a condition, through something put between, or not."""


Between = Literal["emulation", "calls", "kernel", "machine"]
"""What may be between an image and its host.

A translation of its instructions or of its system calls, a kernel of its own, and the virtual machine that has it.
"""


@dataclass(frozen=True, slots=True)
class FitRecord:
    """Whether an image runs on a host.

    Attributes:
        of: The label.
        image: The image's id.
        verdict: Whether it runs.
        between: What is put between them, from the image down.
        reason: Why it does not run, or on what condition. "" for neither.
        start: Seconds that the hidden virtual machine takes to start, once. 0 for none.
        memory: Bytes that it takes. 0 for none.
        speed: The share of the native speed that is left.
        source: The id of the document with the rule (`sim.catalog.tables.portability.documents`).
        estimate: Whether start, memory or speed is an estimate.
    """

    of: str
    image: str
    verdict: FitVerdict
    between: tuple[Between, ...]
    reason: str
    start: float
    memory: float
    speed: float
    source: str
    estimate: bool = False


ComponentState = Literal["works", "broken", "left_out"]
"""It does all that it did, no longer all as something it calls is missing, or it is the one that was left out."""


@dataclass(frozen=True, slots=True)
class ComponentRecord:
    """What became of one component of an assembly.

    Attributes:
        of: The label.
        component: The component's id.
        home: The project or firm that it comes from.
        owner: Whose time and memory its own are.
        state: What became of it.
        source: The ids of the documents that say so (`sim.catalog.tables.assemblies.assembly_documents`).
    """

    of: str
    component: str
    home: str
    owner: Owner
    state: ComponentState
    source: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call between two components of an assembly.

    Attributes:
        of: The label.
        caller: The component that calls.
        called: The one that is called, or "process".
        by: Over what.
        on_way: Whether it is on the way from the assembly's command to the container's first process.
        broken: Whether nobody makes it, or nothing useful comes of it.
        source: The id of the document that says so.
    """

    of: str
    caller: str
    called: str
    by: str
    on_way: bool
    broken: bool
    source: str


@dataclass(frozen=True, slots=True)
class AssemblyRecord:
    """Whether an assembly still does one thing.

    Attributes:
        of: The label.
        assembly: The assembly's id.
        asked: "run", "build" or "pull" by its own command, "beside" for a start by another client, "keep" for
            containers that run.
        works: Whether it does.
    """

    of: str
    assembly: str
    asked: str
    works: bool


@dataclass(frozen=True, slots=True)
class LifeRecord:
    """A stretch of a container's life.

    Attributes:
        of: The label.
        state: "starting", "running", "waiting" for a restart, or "stopping" from a stop on.
        start: Seconds since the replication began.
        end: Seconds since the replication began.
        number: Which start it belongs to, from 0 on.
        code: The exit code that a run ended with. "" where it did not, or where it is no run.
    """

    of: str
    state: Literal["starting", "running", "waiting", "stopping"]
    start: float
    end: float
    number: int
    code: str = ""


ViewScope = Literal["host", "own", "none"]
"""Whose an aspect is that a process sees or uses: the host's, its own, or nobody's as it is refused."""


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """What one aspect of the host is to a process after one step of isolation.

    Attributes:
        of: The label.
        number: The step's number. That of 0 is the process before any.
        step: The step's id. "" for number 0.
        aspect: The aspect's id.
        kind: "see", "use" or "take": the process sees it, may use it, or may take all of it.
        scope: Whose it is now.
        taken: Whether this step made it so.
        cost: Seconds that the step adds to a start.
        source: The id of the document with the rule (`sim.catalog.tables.isolation.isolation_documents`).
        estimate: Whether the step's cost is an estimate.
    """

    of: str
    number: int
    step: str
    aspect: str
    kind: str
    scope: ViewScope
    taken: bool
    cost: float
    source: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class LeftRecord:
    """What became of one thing that a tool brought.

    Attributes:
        of: The label.
        thing: "server" (its processes), "program", "configuration", "data" or "account".
        state: "stays" though it was removed, "kept" on purpose, "gone", or "never" on the host.
        place: Where the tool was: "host", "machine" or "container".
        source: The address at which the rule can be read.
    """

    of: str
    thing: str
    state: Literal["stays", "kept", "gone", "never"]
    place: str
    source: str


@dataclass(frozen=True, slots=True)
class AccidentRecord:
    """What a database has when it comes back after an accident.

    Attributes:
        of: The label.
        accident: What happened: `sim.lifecycle.durability.Accident` explains each.
        state: "all", all but a last "window", nothing but it is "stranded" in a volume, or what a "replica" or a
            "backup" has.
        lacks: Seconds of work that it may lack, at worst.
        source: The address at which the rule can be read.
    """

    of: str
    accident: str
    state: Literal["all", "window", "stranded", "replica", "backup"]
    lacks: float
    source: str


@dataclass(frozen=True, slots=True)
class SaturationRecord:
    """What so many workers on one host do together.

    Attributes:
        of: The label.
        workers: How many.
        throughput: Requests a second, of all of them.
        p50, p99: Percentiles of the seconds from a request to its answer.
        threads: The share of time that a worker's threads are busy, in the mean.
        cores, disk, link: The share of time that the host's are.
    """

    of: str
    workers: int
    throughput: float
    p50: float
    p99: float
    threads: float
    cores: float
    disk: float
    link: float


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """What a pool of function instances did in a stretch of time.

    Attributes:
        of: The label.
        start, end: Seconds since the replication began.
        cold: Requests that came and made an instance.
        warm: Requests that came and found one.
        rejected: Requests that came when as many as may were served.
        instances, busy: How many instances were there and how many of them served, in the mean over the stretch.
    """

    of: str
    start: float
    end: float
    cold: int
    warm: int
    rejected: int
    instances: float
    busy: float


@dataclass(frozen=True, slots=True)
class EventRecord:
    """What one kind of event adds to a request, beside what it takes natively.

    Attributes:
        of: The label.
        event: What happens: "system_call", "packet" and so on; "computing" for what guest code loses.
        count: How often it happens in a request.
        seconds: What each time takes more.
        waits: Whether that is waiting, and no work of a core.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether the seconds are an estimate.
    """

    of: str
    event: str
    count: float
    seconds: float
    waits: bool
    source: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A stretch of the time of a compose project's container.

    Attributes:
        of: The label.
        service: The service's name in the compose file.
        number: Which container of the service, from 1 on.
        state: What it is at (`sim.compose.stretches.ServiceState` explains each).
        start: Seconds since `docker compose up`.
        end: Seconds since `docker compose up`.
        place: The service's place on the critical path, from 1 on. 0 where it is not on it, or where there is none
            because something never works.
        code: What "crashed" and "exited" ended with. "" elsewhere.
        source: Where its length is from.
        estimate: Whether it is an estimate.
    """

    of: str
    service: str
    number: int
    state: Literal["created", "starting", "running", "unasked", "unhealthy", "works", "crashed", "waiting", "exited"]
    start: float
    end: float
    place: int = 0
    code: str = ""
    source: str = ""
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class SavingRecord:
    """What one change alone saves of the time until a compose project works.

    Attributes:
        of: The label.
        change: "probe" for a health check that looks every second, "start" for a condition that is given up, "ready"
            for a service that is ready in half the time.
        service: Whose.
        other: Of "start", what it no longer waits for.
        seconds: What it saves.
        early: How many services more would start before what they depend on is ready.
    """

    of: str
    change: Literal["probe", "start", "ready"]
    service: str
    other: str
    seconds: float
    early: int


ReplicaStage = Literal["pending", "pulling", "starting", "unready", "ready", "leaving", "lost"]
"""What a replica is at. `sim.orchestration.timeline.ReplicaState` explains each."""


@dataclass(frozen=True, slots=True)
class ReplicaRecord:
    """A stretch of a replica's time in which nothing about it changes.

    Attributes:
        of: The label.
        replica: The name of the pod, task or machine.
        version: Of the service, from 1 on.
        node: Where it is. "" where it is nowhere yet.
        state: What it is at.
        start: Seconds since the study began.
        end: Seconds since the study began. What did not end ends with the study.
        asked: Whether the balancer sends it requests.
        answers: Whether it answers those that it is sent.
        why: The id of a message that says why the stretch began, or what it waits for. "" where the state says it.
        detail: What goes into that message.
    """

    of: str
    replica: str
    version: int
    node: str
    state: ReplicaStage
    start: float
    end: float
    asked: bool
    answers: bool
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What became of the requests that were sent to a service in one stretch of time.

    Attributes:
        of: The label.
        time: When it begins, in seconds since the study began.
        width: How long it is.
        offered: Requests that were sent.
        failed: Requests that were refused, lost under way, or not answered in time.
        p50, p99: Percentiles of the seconds that they took.
        capacity: Requests a second that the replicas can answer which are asked and answer.
    """

    of: str
    time: float
    width: float
    offered: float
    failed: float
    p50: float
    p99: float
    capacity: float


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node that runs replicas, or a machine of a group.

    Attributes:
        of: The label.
        node: Its name.
        slots: Replicas that it has room for.
        up: From when on it is there, in seconds since the study began.
        down: When it fails or is given back. `sim.never.NEVER` where it does not.
        noticed: When the control plane knows that it is down.
    """

    of: str
    node: str
    slots: int
    up: float
    down: float
    noticed: float


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """How many replicas a service is to have, from some second on.

    Attributes:
        of: The label.
        time: Seconds since the study began.
        replicas: How many.
    """

    of: str
    time: float
    replicas: int


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """A stretch of time of one kind of request.

    Attributes:
        of: The label.
        kind: The kind of request, as the scenario calls it.
        services: The services that it visits, in order, joined by " > ".
        start: Seconds since the window began.
        end: Seconds since the window began.
        cause: Why requests of the kind are lost in it, "change" or "crash". "" where they are answered.
        requests: How many came in it.
        lost: How many of them were lost. One that comes shortly before the stretch ends may reach the service once it
            is back.
        source: Where the times are from.
        estimate: Whether they are estimates.
    """

    of: str
    kind: str
    services: str
    start: float
    end: float
    cause: Literal["", "change", "crash"]
    requests: int
    lost: int
    source: str = ""
    estimate: bool = False


Record = (
    PhaseRecord
    | InstanceRecord
    | MemoryRecord
    | ConstraintRecord
    | StepRecord
    | PullRecord
    | LedgerRecord
    | EnvironmentRecord
    | FitRecord
    | ComponentRecord
    | CallRecord
    | AssemblyRecord
    | LifeRecord
    | ViewRecord
    | LeftRecord
    | EventRecord
    | ServiceRecord
    | SavingRecord
    | AccidentRecord
    | SaturationRecord
    | PoolRecord
    | ReplicaRecord
    | RequestRecord
    | NodeRecord
    | WantedRecord
    | RouteRecord
)


RecordT = TypeVar("RecordT", bound=Record)
