"""What the catalog's files say, as types: technologies and their phases, guests, applications and hosts.

Their numbers are `sim.catalog.number`'s, the locks that they name `sim.catalog.kernel`'s, and what events under load
take more `sim.catalog.eventcosts`'.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.catalog.eventcosts import EventCosts
from sim.catalog.kernel import Growth, Operation
from sim.catalog.number import COSTS, HELPS, NO_TIME, Number, Sensed, costs_but
from sim.outcome import Bound
from sim.records.instances import Owner
from sim.scenario import Text

DemandKind = Literal["cpu", "read", "write", "flush", "transfer", "hold", "wait"]
DEMANDS: tuple[DemandKind, ...] = ("cpu", "read", "write", "flush", "transfer", "hold", "wait")

PAGE = 4096
"""Bytes of a page of memory."""

Milestone = Literal["runtime", "init", "application", "exit"]
"""What a phase leads to.

The runtime or VMM is ready, its first process runs, the application is ready, or the instance has exited and is
removed. The last is there only where instances are cleaned up.
"""


@dataclass(frozen=True, slots=True)
class Phase(Sensed):
    """One phase of a boot plan: one demand, on one resource.

    Attributes:
        id: Its id.
        owner: Whose time it is.
        leads_to: The milestone it is before.
        demand: What it asks the host for.
        amount: Core-seconds for cpu, bytes for read, write and transfer, files for flush, seconds for wait. For a
            hold, the seconds that its operation takes on a recent kernel or a recent release of the engine.
        text: What happens.
        resource: The lock of a hold, the content key of a read, the link of a transfer, or the host's wait that may
            replace a wait (`HOST_WAITS`). Else "".
        operation: What a hold does under its lock.
        per_page: Whether the amount is for each page of the guest's working set.
        parallelism: How many cores a cpu demand can use.
        files: How many files a read opens, each looked up on the disk.
        stream: Whether a read is of a file from end to end, so that the disk is asked for the next piece ahead.
        growth: What it grows by.
        spread: Sigma of the natural logarithm of its duration.
        when: What a start must have for the phase to happen: "network", "cold", "pull", "boot_loader" or "force". ""
            for always. "force" is for what is killed to be removed.
            "boot_loader" is for a technology that boots the guest's disk, where that disk has a boot loader.
        kernel_before: The phase is only there on host kernels older than this, as "5.0". "" for all.
        kernel_from: The phase is only there on this host kernel and newer ones.
        until: Of a hold: the later phase at whose end the lock is given back. "" for at the end of the hold.
        provenance: The numbers behind the plain fields: "spread", "parallelism", "files", and "times", which says how
            many holds of its operation the phase is, or how many times as long it takes where it is translated.
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
    files: float = 0.0
    stream: bool = False
    growth: tuple[Growth, ...] = ()
    spread: float = 0.0
    when: str = ""
    kernel_before: str = ""
    kernel_from: str = ""
    until: str = ""
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
        per_application: Whether the amount is a share of what the application holds for itself, as of what a sandbox's
            kernel keeps for its mappings.
        guest_memory_over: The part is only there once the guest's memory exceeds this many bytes (SWIOTLB).
        mappings: How many processes of one instance map the pages, as forked workers do. `ps` counts them once for
            each.
        reclaimable: Whether it is page cache that the guest gives up before it runs out of memory.
        page_tables: Whether it is page tables of the guest's memory, of which huge pages need fewer.
        scattered: Whether it is taken page by page all over the guest's memory, as a kernel's slab.
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
    per_application: bool = False
    guest_memory_over: int = 0
    mappings: int = 1
    reclaimable: bool = False
    page_tables: bool = False
    scattered: bool = False
    provenance: Mapping[str, Number] = field(default_factory=dict, metadata=costs_but("guest_memory_over"))


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
        mounts: How many lines of the host's mount table an instance is. None for one where its root file system is
            mounted on the host, and else for none.
        own_filter: Whether what it runs is always under a filter of system calls (seccomp), whatever is chosen.
        keeps_store_bypass: Whether its filters come with a flag that leaves store bypass alone
            (SECCOMP_FILTER_FLAG_SPEC_ALLOW).
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
    mounts: Number | None = field(default=None, metadata=COSTS)
    own_filter: bool = False
    keeps_store_bypass: bool = False

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
class Addition:
    """What a choice of a scenario adds to a technology, such as published ports or AppArmor.

    Attributes:
        id: Its id.
        name: Its name.
        phases: What a start does more.
        memory: What an instance holds more.
        costs: What events of an application under load take more. None for nothing.
        technologies: The ids of those that it can be added to. Empty where that is said elsewhere.
        replaces: The ids of phases of the technology that are not there with it.
        after: For a phase the ids of the technology's phases after which it comes, the first that is there.
        each_port: Whether phases and private memory are those of one published port.
        kernel_from: The first kernel of a host that has it. "" for all.
        networks: The network that each technology has with it, by ids.
        one_network: Whether that network is one process for all instances of a host.
    """

    id: str
    name: Text
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    costs: EventCosts | None = None
    technologies: tuple[str, ...] = ()
    replaces: frozenset[str] = frozenset()
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    each_port: bool = False
    kernel_from: str = ""
    networks: Mapping[str, str] = field(default_factory=dict)
    one_network: bool = False


@dataclass(frozen=True, slots=True)
class Guest(Sensed):
    """A guest system: how its kernel and its user space boot, and what they keep in memory.

    Attributes:
        id: Its id.
        name: Its name.
        phases: The phases of kernel and user space.
        memory: What they keep in memory.
        default_memory: The memory that a guest gets where nothing else is said.
        use: Bytes of files that its own timers write once it is up, as time passes. No other guest has them.
        use_time: Seconds after which 63 % of that is in its page cache.
        written: The share of the page cache of its boot that it wrote itself, which no other guest has.
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
    use: Number = field(default_factory=lambda: Number(0.0, "B", sources=("definition",)), metadata=COSTS)
    use_time: Number = field(default_factory=lambda: Number(1.0, "s", sources=("definition",)), metadata=HELPS)
    written: Number = field(default_factory=lambda: Number(0.0, "1", sources=("definition",)), metadata=COSTS)
    tasks: Number = field(default_factory=lambda: Number(0.0, "1", sources=("definition",)), metadata=COSTS)

    def used(self, seconds: float, bound: Bound = "value") -> float:
        """Bytes of files that its own timers have written so long after its boot."""
        return self.use.at(bound) * -math.expm1(-seconds / self.use_time.at(bound))

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
        version: Which version of that image, from 1. Later ones differ in the last layer, which is as large: an
            assumption.
        exits: Whether it is done once it has started.
        tasks: Its processes and threads.
    """

    id: str
    name: Text
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    image: str = ""
    version: int = 1
    exits: bool = False
    tasks: Number = field(default_factory=lambda: Number(1.0, "1", sources=("definition",)), metadata=COSTS)


HostScheduler = Literal["queues", "shared"]
"""Each core has a run queue, and they are balanced as Linux does it; or all cores are shared equally by all tasks."""


@dataclass(frozen=True, slots=True)
class Host(Sensed):
    """A machine.

    Attributes:
        id: Its id.
        name: Its name.
        cores: How many.
        cpu_speed: Against the reference host (docs/laboratory.md).
        copy_speed: The same of data that one core copies from another. None where nobody has measured it, which is for
            `cpu_speed`.
        memory: Bytes.
        disk_read: Bytes a second.
        disk_write: Bytes a second.
        disk: The id of its disk (`sim.catalog.disks`). "" where only figures are given.
        disk_access: Seconds until a read's data comes, beside its transfer.
        disk_operations: Reads a second, with many in the queue. 0 where nothing limits them but bytes.
        disk_flush: Seconds until a small file is safe.
        disk_line: Bytes a second at which one read's data comes. 0 for `disk_read`.
        network: Bytes a second of its network card.
        kernel: Its version, as "6.1".
        nested: Whether it is a virtual machine itself.
        without_ssbd: Whether its processor shows no way to switch store bypass off (SSBD), as those of before 2008 and
            those of some clouds.
        sockets: How many processors its cores are on.
        swap: Bytes.
        locks: How long operations hold their locks where that differs on this host, by "lock.operation" as
            "rtnl.veth-move".
        locks_before: The engine's release that a daemon's lock of `locks` was timed before, by lock. It says nothing of
            later ones.
        waits: How long those of `HOST_WAITS` are here, instead of what the phase says.
        limits: As a technology's, of the host itself ("pids", "pods").
        own_memory: What its own system holds before any instance.
        smt: What a core does with both hardware threads busy, against one.
        turbo: The share of its full clock that a core has, by how many cores of its socket are busy
            (`sim.catalog.turbo`). Empty for always the full clock.
        scheduler: Whether each core has a run queue, as in Linux, or all cores are shared among all tasks.
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
    without_ssbd: bool = False
    sockets: int = 1
    disk: str = ""
    disk_access: Number = field(default=NO_TIME, metadata=COSTS)
    disk_operations: Number = field(default_factory=lambda: Number(0.0, "1/s", sources=("definition",)), metadata=HELPS)
    disk_flush: Number = field(default=NO_TIME, metadata=COSTS)
    disk_line: Number = field(default_factory=lambda: Number(0.0, "B/s", sources=("definition",)), metadata=HELPS)
    swap: Number = field(default_factory=lambda: Number(0.0, "B", sources=("definition",)), metadata=HELPS)
    locks: Mapping[str, Number] = field(default_factory=dict, metadata=COSTS)
    locks_before: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, Number] = field(default_factory=dict, metadata=COSTS)
    limits: Mapping[str, Number] = field(default_factory=dict, metadata=HELPS)
    own_memory: Number = field(default_factory=lambda: Number(0.0, "B", sources=("definition",)), metadata=COSTS)
    smt: Number = field(default_factory=lambda: Number(1.0, "1", sources=("definition",)), metadata=HELPS)
    turbo: Mapping[str, Number] = field(default_factory=dict, metadata=HELPS)
    scheduler: HostScheduler = "queues"
    provenance: Mapping[str, Number] = field(default_factory=dict, metadata=HELPS)
    copy_speed: Number | None = field(default=None, metadata=HELPS)

    @property
    def copying(self) -> Number:
        """How fast data are copied from one core to another, against the reference host."""
        return self.copy_speed or self.cpu_speed

    @property
    def has_run_queues(self) -> bool:
        """Whether it makes a difference on which core a task is."""
        return self.scheduler == "queues" and self.cores > 1

    def capacity(self, bound: Bound = "value") -> float:
        """Core-seconds a second that all cores give together, counted on this host."""
        return self.cores * self.smt.at(bound)
