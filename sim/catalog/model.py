"""What the catalog's files say, as types. Every number has a source or is an estimate with a range and a reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import is_
from typing import Any, Literal

from sim.outcome import Bound, Owner
from sim.scenario import Text

Demand = Literal["cpu", "read", "write", "transfer", "hold", "wait"]
DEMANDS: tuple[Demand, ...] = ("cpu", "read", "write", "transfer", "hold", "wait")

Per = Literal["instance", "mount", "layer", "queued", "port"]
"""What a demand may grow with."""

KERNEL_WAITS = ("netns_cleanup", "cgroup_create")
"""Waits of a host's kernel: before a network namespace is taken down, and while a cgroup is made."""

HOST_WAITS = ("kvm_create", "kvm_guest", *KERNEL_WAITS)
"""Waits that a host may say itself: also for all its cores while KVM makes a machine, and while its guest sets itself
up."""

PAGE = 4096
"""Bytes of a page of memory."""


VERSION = re.compile(r"\d+(\.\d+)*")
"""A kernel's version, "5.15"."""


def generation(kernel: str) -> tuple[int, ...]:
    """A kernel's version as numbers that compare: "5.15" is later than "5.4"."""
    return tuple(int(part) for part in kernel.split("."))


Milestone = Literal["runtime", "init", "application", "exit"]
"""What the phase leads to: the runtime or VMM is ready, its first process runs, the application is ready; and where an
instance is cleaned up, it has exited and is removed."""


Sense = Literal["costs", "helps"]
"""What more of a number does: a run takes more time or memory, or less."""

_OPPOSITE: dict[Bound, Bound] = {"low": "high", "value": "value", "high": "low"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its provenance.

    value: in the unit's SI base ("s", "B", "B/s", "1"). low, high: the range of its sources, or the estimate's.
    sources: ids of facts in the catalog's measurements; ("definition",) for what this project chose itself, such as the
    memory of the lessons' laptop. estimate: the reasoning, "" where the number is sourced; an estimate may still name
    the facts it leans on. derivation: how the number follows from its sources where it is not one of them.
    on: the host whose core-seconds the source counted; the number itself is already in the reference host's.
    more: whether more of it costs or helps. The field that holds the number says so (`Sensed`).

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

    value: the cell as it stands, which may hold several numbers in the order of the metric's words. provenance:
    "primary" and "derived-from-published-raw-data" may set a parameter, "secondary-note-citing-paper" only supports an
    estimate. use: a curve's point is for "calibrate" or "check"; "" for rows that may be either, but not both.
    url: where it was seen, "" where the row does not say.
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
    """A demand that grows with what the host holds: `amount` more for each `per`.

    "queued" are those that are in the queue of a hold's lock already, its holder included; "port" are the ports of the
    instances' bridge.
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
    """Something that is done while a lock is held, and for how long on each generation of kernels.

    held: on kernels that no entry of `older` is for. older: (version, hold on kernels before it), oldest first.
    adds_port: whether it gives the instance a port of the host's bridge.
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
    """A lock whose holder waits for a grace period unless the last one just has.

    quick: seconds it is held where the last hold ended at most `recent` seconds ago; from `stale` seconds on it is the
    operation's own hold, and in between in proportion.
    """

    quick: Number = field(metadata=COSTS)
    recent: Number = field(metadata=COSTS)
    stale: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock of a host's kernel or of a daemon: one holder at a time, in the order of asking.

    operations: what is done under it, by id. A phase or a host names one as "rtnl.veth-move". daemon: whether it is a
    daemon's, so that the host's kernel does not matter.
    """

    id: str
    name: Text
    operations: Mapping[str, Operation]
    grace: Grace | None = None
    daemon: bool = False


@dataclass(frozen=True, slots=True)
class Phase(Sensed):
    """One phase of a boot plan: one demand, on one resource.

    amount: core-seconds for cpu, bytes for read, write and transfer, seconds for wait; for a hold, those that its
    operation takes on a recent kernel.
    resource: the lock of a hold, the content key of a read, the link of a transfer, the host's wait (`HOST_WAITS`) that
    may replace a wait; else "".
    operation: what a hold does under its lock; `provenance` may say how many such holds ("times") the phase is.
    per_page: whether the amount is that of each page of the guest's working set.
    parallelism: cores a cpu demand can use. spread: sigma of the natural logarithm of its duration.
    when: what a start must have for the phase to happen ("network", "cold", "pull", or "boot_loader": the technology
    boots the guest's disk, and that has one), "" for always.
    kernel_before: the phase is only there on host kernels older than this ("5.0"), "" for all; kernel_from: only on
    this and newer ones. provenance: the numbers behind the plain fields ("spread", "parallelism", "times").
    """

    id: str
    owner: Owner
    leads_to: Milestone
    demand: Demand
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


Share = Literal["instance", "host", "content"]
"""Private to each instance; once a host; or file pages once a content key (in a VM: once a guest)."""


@dataclass(frozen=True, slots=True)
class MemoryPart(Sensed):
    """One line of a memory bill: bytes of physical pages.

    content_key: what file pages hold, for `share` "content". in_rss: whether `ps` counts them in a process.
    per_guest_memory: the bytes are this share of the guest's configured memory instead (struct page, a VMM's tables).
    guest_memory_over: only there once the guest's memory exceeds this many bytes (SWIOTLB).
    mappings: how many processes of one instance map the pages (forked workers); `ps` counts them once for each.
    reclaimable: page cache that the guest gives up before it runs out of memory. provenance: the numbers behind the
    plain fields ("guest_memory_over", "mappings").
    """

    id: str
    owner: Owner
    share: Share
    amount: Number = field(metadata=COSTS)
    text: Text
    content_key: str = ""
    in_rss: bool = True
    per_guest_memory: bool = False
    guest_memory_over: int = 0
    mappings: int = 1
    reclaimable: bool = False
    provenance: Mapping[str, Number] = field(default_factory=dict, metadata=costs_but("guest_memory_over"))


Family = Literal["process", "container", "system_container", "sandbox", "microvm", "vm", "hosted_vm", "unikernel"]
Runs = Literal["process", "userland", "guest", "unikernel"]
"""What the technology starts: the application's process; a user space on the host's kernel; a guest kernel and its user
space; an application linked with its kernel."""


@dataclass(frozen=True, slots=True)
class Technology(Sensed):
    """A way to run an application apart from others: a boot plan and a memory bill.

    parts: the ids of what it is made of, in the order in which they act. version: the release whose figures these are,
    "" where they are of several or of none.
    guests: the guest systems it can start, the first being the default; empty where it starts a process. They are ids
    of the catalog, or guests of a user's own.
    boots_disk: whether its firmware starts the boot loader of a guest's disk, instead of a kernel that it is handed.
    cpu_efficiency: speed of guest CPU against the host's. reserves: whether configured memory is reserved.
    limits: constraint id to the largest number of instances it allows on one host ("bridge_ports", "addresses");
    "shared_memory" is the share of the host's memory that guests' files in /dev/shm may take.
    tasks: processes and threads one instance has on the host beside the application's, against the host's PIDs.
    kubelet: whether a kubelet starts it as a pod, so that the pod limit counts. dax: whose file pages a guest maps
    from the host's page cache instead of keeping its own ("guest", "application").
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

    maker: the project or firm that it comes from, "" where it is this technology's own.
    """

    id: str
    name: Text
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Guest(Sensed):
    """A guest system: its kernel's and user space's boot phases, and what they keep in memory.

    userland_only_phases: the ids of the phases that a system container runs, on its host's kernel.
    working_set: bytes of its memory that it touches before it answers, where it is restored and not booted.
    mergeable: the share of its anonymous memory that is the same in every guest, for KSM. tasks: as a technology's,
    which count on the host only where the guest has no kernel of its own.
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
    """What is started: its own start phases, private memory, and the files it maps.

    image: the official image it comes from ("" for none); exits: whether it is done once it has started.
    tasks: its processes and threads.
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
    """A machine. cpu_speed: against the machine of `docs/model.md`'s measurements. kernel: "6.1", read as a generation.

    locks: how long operations hold their locks where that differs on this host, by lock and operation
    ("rtnl.veth-move"). waits: how long those of `HOST_WAITS` are here, instead of what the phase says.
    nested: whether it is a virtual machine itself. limits: as a technology's, of the host itself ("pids", "pods").
    own_memory: what its own system holds before any instance. smt: what a core does with both hardware threads busy,
    against one. provenance: the numbers behind the plain fields ("cores").
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
    """One layer of an official image: digest and size as the registry serves it (gzip).

    empty: whether it is the gzip of an empty tar (WORKDIR on a directory that exists).
    """

    digest: str
    size: int
    instruction: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class OfficialImage:
    """An official image's real layers, base first. base: the image it is built from, "" for none."""

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
