"""What the catalog's files say, as types.

Every number has a source, or is an estimate with a range and a reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import is_
from typing import Any, Literal

from sim.outcome import Bound, Owner
from sim.scenario import Text

DemandKind = Literal["cpu", "read", "write", "transfer", "hold", "wait"]
DEMANDS: tuple[DemandKind, ...] = ("cpu", "read", "write", "transfer", "hold", "wait")

Per = Literal["instance", "mount", "layer", "queued", "port"]
"""What a demand may grow with."""

KERNEL_WAITS = ("netns_cleanup", "cgroup_create")
"""Waits of a host's kernel: before a network namespace is taken down, and while a cgroup is made."""

HOST_WAITS = ("kvm_create", "kvm_guest", *KERNEL_WAITS)
"""The waits that a host may say itself.

Beside those of its kernel, these are the waits for all its cores while KVM makes a machine, and while its guest sets
itself up.
"""

PAGE = 4096
"""Bytes of a page of memory."""


VERSION = re.compile(r"\d+(\.\d+)*")
"""A kernel's version, "5.15"."""


def generation(kernel: str) -> tuple[int, ...]:
    """A kernel's version as numbers that compare: "5.15" is later than "5.4"."""
    return tuple(int(part) for part in kernel.split("."))


Milestone = Literal["runtime", "init", "application", "exit"]
"""What a phase leads to.

The runtime or VMM is ready, its first process runs, the application is ready, or the instance has exited and is
removed. The last is there only where instances are cleaned up.
"""


Sense = Literal["costs", "helps"]
"""What more of a number does: a run takes more time or memory, or less."""

_OPPOSITE: dict[Bound, Bound] = {"low": "high", "value": "value", "high": "low"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its provenance.

    Attributes:
        value: In the SI base of its unit.
        unit: "s", "B", "B/s" or "1".
        low: The low end of its sources' range, or of the estimate's.
        high: The high end.
        sources: Ids of facts in the catalog's measurements. It is ("definition",) for what this project chose itself,
            such as the memory of the lessons' laptop.
        estimate: The reasoning. "" where the number is sourced. An estimate may still name the facts it leans on.
        derivation: How the number follows from its sources, where it is not one of them.
        on: The host whose core-seconds the source counted. The number itself is already in the reference host's.
        more: Whether more of it costs or helps. The field that holds the number says so (`Sensed`).

    >>> speed = Number(10.0, "B/s", low=5.0, high=20.0, more="helps")
    >>> speed.at("high")
    5.0
    """

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    sources: tuple[str, ...] = ()
    estimate: str = ""
    derivation: str = ""
    on: str = ""
    more: Sense = field(default="costs", compare=False)

    def at(self, bound: Bound) -> float:
        """The value that takes a run to that end of its result: "high" is where it takes the most time or memory.

        That is the high end of what costs, and the low end of what helps. Without such an end it is the value.
        """
        own = bound if self.more == "costs" else _OPPOSITE[bound]
        end = {"low": self.low, "value": None, "high": self.high}[own]
        return self.value if end is None else end

    @property
    def ranged(self) -> bool:
        """Whether it has a range."""
        return self.low is not None or self.high is not None

    @property
    def source(self) -> str:
        """How a record names it: fact ids, or "estimate: reasoning"."""
        return f"estimate: {self.estimate}" if self.estimate else ", ".join(self.sources)


HELPS = {"more": "helps"}
"""Metadata of a field: more of its number helps."""


def costs_but(*helping: str) -> dict[str, Any]:
    """Metadata of a field that holds a table of numbers: more of them costs, but for those named, which help."""
    return {"more": "costs", "helping": helping}


COSTS = costs_but()
"""Metadata of a field: more of its number costs."""


NO_TIME = Number(0.0, "s", sources=("definition",))
"""What takes no time."""


class Sensed:
    """A dataclass whose fields say what more of their numbers does, in their metadata (`COSTS`, `HELPS`).

    Numbers take their sense from the field that they are put into, whoever makes the object. So neither a reader nor
    a program can forget it.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for each in fields(self):  # type: ignore[arg-type]  # what inherits from this is a dataclass
            if "more" in each.metadata:
                value = getattr(self, each.name)
                sensed = _sensed(value, each.metadata["more"], each.metadata.get("helping", ()))
                if sensed is not value:
                    object.__setattr__(self, each.name, sensed)


def _sensed(value: Any, sense: Sense, helping: Collection[str]) -> Any:
    """A number, or a tuple or table of some, with its sense; the same object where it has it already."""
    if isinstance(value, Number):
        return value if value.more == sense else replace(value, more=sense)
    if isinstance(value, tuple):
        numbers = tuple(_sensed(each, sense, ()) for each in value)
        return value if all(map(is_, numbers, value)) else numbers
    if isinstance(value, Mapping):
        table = {key: _sensed(each, "helps" if key in helping else sense, ()) for key, each in value.items()}
        return value if all(map(is_, table.values(), value.values())) else table
    return value


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the catalog's measurements, as published.

    Attributes:
        id: F, C, R, K or D, and a number.
        topic: What it is about.
        technology: The technology it is of.
        metric: What was measured.
        value: The cell as it stands. It may hold several numbers, in the order of the metric's words.
        unit: The unit of the value.
        statistic: Median, mean and so on.
        conditions: Host, version, load.
        source: The publication.
        provenance: "primary" and "derived-from-published-raw-data" may set a parameter. "secondary-note-citing-paper"
            only supports an estimate.
        use: "calibrate" or "check" for a point of a curve. "" for rows that may be either, but not both.
        url: Where it was seen. "" where the row does not say.
    """

    id: str
    topic: str
    technology: str
    metric: str
    value: str
    unit: str
    statistic: str
    conditions: str
    source: str
    provenance: str
    use: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Growth(Sensed):
    """A demand that grows with what the host holds.

    Attributes:
        per: What is counted. "queued" are those in the queue of a hold's lock, its holder included. "port" are the
            ports of the instances' bridge.
        amount: How much more for each of them.
    """

    per: Per
    amount: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Hold(Sensed):
    """How long one holder has a lock: seconds, and what they grow by."""

    amount: Number = field(metadata=COSTS)
    growth: tuple[Growth, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is done while a lock is held.

    Attributes:
        id: Its id within the lock.
        text: What is done.
        held: For how long on kernels that no entry of `older` is for.
        older: Pairs of a version and the hold on kernels before it, oldest first.
        adds_port: Whether it gives the instance a port of the host's bridge.
    """

    id: str
    text: Text
    held: Hold
    older: tuple[tuple[str, Hold], ...] = ()
    adds_port: bool = False

    def on(self, kernel: str) -> Hold:
        """The hold on that kernel."""
        has = generation(kernel)
        return next((held for before, held in self.older if has < generation(before)), self.held)


@dataclass(frozen=True, slots=True)
class Grace(Sensed):
    """A lock whose holder waits for a grace period, unless the last one has just passed.

    Attributes:
        quick: Seconds that it is held where the last hold ended at most `recent` seconds ago.
        recent: See `quick`.
        stale: Seconds since the last hold, from which on it is held for the operation's own time. In between the time
            grows in proportion.
    """

    quick: Number = field(metadata=COSTS)
    recent: Number = field(metadata=COSTS)
    stale: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock of a host's kernel or of a daemon: one holder at a time, in the order of asking.

    Attributes:
        id: Its id, the part before the dot in "rtnl.veth-move".
        name: What it is called.
        operations: What is done under it, by id.
        grace: How it depends on the last hold. None where it does not.
        daemon: Whether it is a daemon's, so that the host's kernel does not matter.
    """

    id: str
    name: Text
    operations: Mapping[str, Operation]
    grace: Grace | None = None
    daemon: bool = False


@dataclass(frozen=True, slots=True)
class Phase(Sensed):
    """One phase of a boot plan: one demand, on one resource.

    Attributes:
        id: Its id.
        owner: Whose time it is.
        leads_to: The milestone it is before.
        demand: What it asks the host for.
        amount: Core-seconds for cpu, bytes for read, write and transfer, seconds for wait. For a hold, the seconds that
            its operation takes on a recent kernel.
        text: What happens.
        resource: The lock of a hold, the content key of a read, the link of a transfer, or the host's wait that may
            replace a wait (`HOST_WAITS`). Else "".
        operation: What a hold does under its lock.
        per_page: Whether the amount is for each page of the guest's working set.
        parallelism: How many cores a cpu demand can use.
        growth: What it grows by.
        spread: Sigma of the natural logarithm of its duration.
        when: What a start must have for the phase to happen: "network", "cold", "pull" or "boot_loader". "" for always.
            "boot_loader" is for a technology that boots the guest's disk, where that disk has a boot loader.
        kernel_before: The phase is only there on host kernels older than this, as "5.0". "" for all.
        kernel_from: The phase is only there on this host kernel and newer ones.
        provenance: The numbers behind the plain fields: "spread", "parallelism", and "times", which says how many holds
            of its operation the phase is.
    """

    id: str
    owner: Owner
    leads_to: Milestone
    demand: DemandKind
    amount: Number = field(metadata=COSTS)
    text: Text
    resource: str = ""
    operation: Operation | None = None
    per_page: bool = False
    parallelism: float = 1.0
    growth: tuple[Growth, ...] = ()
    spread: float = 0.0
    when: str = ""
    kernel_before: str = ""
    kernel_from: str = ""
    provenance: Mapping[str, Number] = field(default_factory=dict, metadata=costs_but("parallelism"))


SharedBy = Literal["instance", "host", "content"]
"""How often the pages are there: once for each instance, once on the host, or once for each content key.

In virtual machines the last is once for each guest.
"""


@dataclass(frozen=True, slots=True)
class MemoryPart(Sensed):
    """One line of a memory bill: bytes of physical pages.

    Attributes:
        id: Its id.
        owner: Whose memory it is.
        share: How often the pages are there.
        amount: How many bytes.
        text: What they are.
        content_key: What file pages hold, for the share "content".
        in_rss: Whether `ps` counts them in a process.
        per_guest_memory: Whether the amount is a share of the guest's configured memory instead, as for struct page or
            a VMM's tables.
        guest_memory_over: The part is only there once the guest's memory exceeds this many bytes (SWIOTLB).
        mappings: How many processes of one instance map the pages, as forked workers do. `ps` counts them once for
            each.
        reclaimable: Whether it is page cache that the guest gives up before it runs out of memory.
        provenance: The numbers behind the plain fields "guest_memory_over" and "mappings".
    """

    id: str
    owner: Owner
    share: SharedBy
    amount: Number = field(metadata=COSTS)
    text: Text
    content_key: str = ""
    in_rss: bool = True
    per_guest_memory: bool = False
    guest_memory_over: int = 0
    mappings: int = 1
    reclaimable: bool = False
    provenance: Mapping[str, Number] = field(default_factory=dict, metadata=costs_but("guest_memory_over"))


COST_FLAGS = ("answers_calls", "waits_for_reads", "waits_for_writes")
"""Those of `EventCosts` that are no numbers."""


@dataclass(frozen=True, slots=True)
class EventCosts(Sensed):
    """What events of an application under load take more than they take a process of the host, in seconds each.

    What is not said takes nothing more. "Relay" is what stands between the application and a device: a thread of the
    monitor or of the host's kernel. It serves one event of an instance at a time, beside the application's threads.

    Attributes:
        system_call: On the calling thread.
        answers_calls: Whether another kernel answers system calls, so that what the host's takes is not there.
        page_walk: On the thread whose translation of an address missed the TLB.
        packet: On the thread that sends or receives.
        relay_packet: Of the network's relay, for each packet.
        relay_packet_page: Of the network's relay, for each 4 KiB that a packet carries.
        packet_wake: Until the network's relay and the receiver are awake, where the relay slept.
        disk_operation: On the thread that asks for it.
        relay_disk: Of the disk's relay, for each operation.
        relay_disk_page: Of the disk's relay, for each 4 KiB of an operation.
        disk_wake: As `packet_wake`, of the disk's relay.
        waits_for_reads: Whether the disk's relay waits for the disk with each read.
        waits_for_writes: Whether it does so with each write.
    """

    system_call: Number = field(default=NO_TIME, metadata=COSTS)
    answers_calls: bool = False
    page_walk: Number = field(default=NO_TIME, metadata=COSTS)
    packet: Number = field(default=NO_TIME, metadata=COSTS)
    relay_packet: Number = field(default=NO_TIME, metadata=COSTS)
    relay_packet_page: Number = field(default=NO_TIME, metadata=COSTS)
    packet_wake: Number = field(default=NO_TIME, metadata=COSTS)
    disk_operation: Number = field(default=NO_TIME, metadata=COSTS)
    relay_disk: Number = field(default=NO_TIME, metadata=COSTS)
    relay_disk_page: Number = field(default=NO_TIME, metadata=COSTS)
    disk_wake: Number = field(default=NO_TIME, metadata=COSTS)
    waits_for_reads: bool = False
    waits_for_writes: bool = False


Family = Literal["process", "container", "system_container", "sandbox", "microvm", "vm", "hosted_vm", "unikernel"]
Runs = Literal["process", "userland", "guest", "unikernel"]
"""What the technology starts.

That is the application's process, a user space on the host's kernel, a guest kernel with its user space, or an
application linked with its kernel.
"""


@dataclass(frozen=True, slots=True)
class Technology(Sensed):
    """A way to run an application apart from others: a boot plan and a memory bill.

    Attributes:
        id: Its id.
        name: Its name.
        kind: What it is, in a few words.
        family: The group it belongs to.
        runs: What it starts.
        phases: The boot plan.
        memory: The memory bill.
        parts: The ids of what it is made of, in the order in which they act.
        guests: The guest systems it can start, the default first: ids of the catalog, or guests of a user's own. Empty
            where it starts a process.
        cpu_efficiency: The speed of guest CPU against the host's.
        idle_cpu: The cores that one idle instance takes.
        reserves: Whether configured memory is reserved.
        limits: The largest number of instances on one host, by constraint id ("bridge_ports", "addresses").
            "shared_memory" is the share of the host's memory that guests' files in /dev/shm may take.
        tasks: Processes and threads of one instance on the host, beside the application's. They count against its PIDs.
        kubelet: Whether a kubelet starts it as a pod, so that the pod limit counts.
        dax: Whose file pages a guest maps from the host's page cache instead of keeping its own: "guest",
            "application".
        version: The release whose figures these are. "" where they are of several or of none.
        boots_disk: Whether its firmware starts the boot loader of a guest's disk. Else it is handed a kernel.
        costs: What events of an application under load take more. None where nobody has said.
    """

    id: str
    name: Text
    kind: Text
    family: Family
    runs: Runs
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    parts: tuple[str, ...] = ()
    guests: tuple[str | Guest, ...] = ()
    cpu_efficiency: Number = field(default_factory=lambda: Number(1.0, "1", sources=("definition",)), metadata=HELPS)
    idle_cpu: Number = field(default_factory=lambda: Number(0.0, "1", sources=("definition",)), metadata=COSTS)
    reserves: bool = False
    limits: Mapping[str, Number] = field(default_factory=dict, metadata=HELPS)
    tasks: Number = field(default_factory=lambda: Number(0.0, "1", sources=("definition",)), metadata=COSTS)
    kubelet: bool = False
    dax: tuple[str, ...] = ()
    version: str = ""
    boots_disk: bool = False
    costs: EventCosts | None = None

    @property
    def guest_ids(self) -> tuple[str, ...]:
        """The ids of the guest systems it can start."""
        return tuple(guest if isinstance(guest, str) else guest.id for guest in self.guests)

    @property
    def has_guest_kernel(self) -> bool:
        """Whether its instances run a kernel of their own, in memory that is configured for them."""
        return self.runs in ("guest", "unikernel")

    @property
    def anonymous_guests(self) -> bool:
        """Whether its guests' memory is anonymous, so that KSM may merge it, and not a file in /dev/shm."""
        return "shared_memory" not in self.limits

    @property
    def is_estimate(self) -> bool:
        """Whether any of its numbers is an estimate."""
        return any(phase.amount.estimate for phase in self.phases) or any(part.amount.estimate for part in self.memory)


@dataclass(frozen=True, slots=True)
class TechnologyPart:
    """What technologies are made of: a program, or something that the kernel does for every container.

    Attributes:
        id: Its id.
        name: Its name.
        maker: The project or firm that it comes from. "" where it is this technology's own.
    """

    id: str
    name: Text
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Guest(Sensed):
    """A guest system: how its kernel and its user space boot, and what they keep in memory.

    Attributes:
        id: Its id.
        name: Its name.
        phases: The phases of kernel and user space.
        memory: What they keep in memory.
        default_memory: The memory that a guest gets where nothing else is said.
        userland_only_phases: The ids of the phases that a system container runs, on its host's kernel.
        working_set: Bytes that the guest touches before it answers, where it is restored and not booted.
        mergeable: The share of its anonymous memory that is the same in every guest, for KSM.
        tasks: As a technology's. They count on the host only where the guest has no kernel of its own.
    """

    id: str
    name: Text
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    default_memory: Number = field(metadata=COSTS)
    userland_only_phases: tuple[str, ...] = ()
    working_set: Number = field(default_factory=lambda: Number(0.0, "B", sources=("definition",)), metadata=COSTS)
    mergeable: Number = field(default_factory=lambda: Number(0.0, "1", sources=("definition",)), metadata=HELPS)
    tasks: Number = field(default_factory=lambda: Number(0.0, "1", sources=("definition",)), metadata=COSTS)

    @property
    def has_boot_loader(self) -> bool:
        """Whether its disk has a boot loader, for a firmware that boots disks."""
        return any(phase.when == "boot_loader" for phase in self.phases)


@dataclass(frozen=True, slots=True)
class Application(Sensed):
    """What is started: its own start phases, its private memory, and the files it maps.

    Attributes:
        id: Its id.
        name: Its name.
        phases: The phases of its start.
        memory: What it keeps in memory.
        image: The official image it comes from. "" for none.
        exits: Whether it is done once it has started.
        tasks: Its processes and threads.
    """

    id: str
    name: Text
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    image: str = ""
    exits: bool = False
    tasks: Number = field(default_factory=lambda: Number(1.0, "1", sources=("definition",)), metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Host(Sensed):
    """A machine.

    Attributes:
        id: Its id.
        name: Its name.
        cores: How many.
        cpu_speed: Against the reference host (docs/laboratory.md).
        memory: Bytes.
        disk_read: Bytes a second.
        disk_write: Bytes a second.
        network: Bytes a second of its network card.
        kernel: Its version, as "6.1".
        nested: Whether it is a virtual machine itself.
        swap: Bytes.
        locks: How long operations hold their locks where that differs on this host, by "lock.operation" as
            "rtnl.veth-move".
        waits: How long those of `HOST_WAITS` are here, instead of what the phase says.
        limits: As a technology's, of the host itself ("pids", "pods").
        own_memory: What its own system holds before any instance.
        smt: What a core does with both hardware threads busy, against one.
        provenance: The numbers behind the plain fields, as "cores".
    """

    id: str
    name: Text
    cores: int
    cpu_speed: Number = field(metadata=HELPS)
    memory: Number = field(metadata=HELPS)
    disk_read: Number = field(metadata=HELPS)
    disk_write: Number = field(metadata=HELPS)
    network: Number = field(metadata=HELPS)
    kernel: str
    nested: bool = False
    swap: Number = field(default_factory=lambda: Number(0.0, "B", sources=("definition",)), metadata=HELPS)
    locks: Mapping[str, Number] = field(default_factory=dict, metadata=COSTS)
    waits: Mapping[str, Number] = field(default_factory=dict, metadata=COSTS)
    limits: Mapping[str, Number] = field(default_factory=dict, metadata=HELPS)
    own_memory: Number = field(default_factory=lambda: Number(0.0, "B", sources=("definition",)), metadata=COSTS)
    smt: Number = field(default_factory=lambda: Number(1.0, "1", sources=("definition",)), metadata=HELPS)
    provenance: Mapping[str, Number] = field(default_factory=dict, metadata=HELPS)

    def capacity(self, bound: Bound = "value") -> float:
        """Core-seconds a second that all cores give together, counted on this host."""
        return self.cores * self.smt.at(bound)


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """One layer of an official image, as the registry serves it.

    Attributes:
        digest: Of the compressed blob.
        size: Its bytes, compressed by gzip.
        instruction: What made it.
        empty: Whether it is the gzip of an empty tar, as of a WORKDIR on a directory that exists.
    """

    digest: str
    size: int
    instruction: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class OfficialImage:
    """An official image's real layers.

    Attributes:
        name: Its name and tag.
        platform: As "linux/amd64".
        digest: The digest of its manifest.
        image_id: The digest of its configuration.
        base: The image it is built from. "" for none.
        layers: Its layers, the lowest first.
        metadata_steps: Instructions without a layer.
        source: Where it was read.
    """

    name: str
    platform: str
    digest: str
    image_id: str
    base: str
    layers: tuple[ImageLayer, ...]
    metadata_steps: tuple[str, ...]
    source: str

    @property
    def compressed_size(self) -> int:
        """Bytes a first pull transfers."""
        return sum(layer.size for layer in self.layers)
