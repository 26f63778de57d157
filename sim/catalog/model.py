"""What the catalog's files say, as types. Every number has a source or is an estimate with a range and a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.outcome import Bound, Owner
from sim.scenario import Text

Demand = Literal["cpu", "read", "write", "transfer", "hold", "wait"]
DEMANDS: tuple[Demand, ...] = ("cpu", "read", "write", "transfer", "hold", "wait")

Milestone = Literal["runtime", "init", "application"]
"""What the phase leads to: the runtime or VMM is ready, its first process runs, the application answers."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its provenance.

    value: in the unit's SI base ("s", "B", "B/s", "1"). low, high: the range of its sources, or the estimate's.
    sources: ids of facts in the catalog's measurements. estimate: the reasoning, "" where there is a source.
    """

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    sources: tuple[str, ...] = ()
    estimate: str = ""

    def at(self, bound: Bound) -> float:
        """The value, or the end of its range where it has one."""
        end = {"low": self.low, "value": None, "high": self.high}[bound]
        return self.value if end is None else end

    @property
    def source(self) -> str:
        """How a record names it: fact ids, or "estimate: reasoning"."""
        return f"estimate: {self.estimate}" if self.estimate else ", ".join(self.sources)


@dataclass(frozen=True, slots=True)
class Growth:
    """A demand that grows with what the host holds: `amount` more for each `per`."""

    per: Literal["instance", "mount", "layer"]
    amount: Number


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a boot plan: one demand, on one resource.

    amount: core-seconds for cpu, bytes for read, write and transfer, seconds for hold and wait.
    resource: the lock of a hold, the content key of a read, the link of a transfer; "" for cpu and wait.
    parallelism: cores a cpu demand can use. spread: sigma of the natural logarithm of its duration.
    when: what a start must have for the phase to happen ("network", "cold", "pull"), "" for always.
    kernel_before: the phase is only there on host kernels older than this ("5.0"), "" for all.
    """

    id: str
    owner: Owner
    leads_to: Milestone
    demand: Demand
    amount: Number
    text: Text
    resource: str = ""
    parallelism: float = 1.0
    growth: tuple[Growth, ...] = ()
    spread: float = 0.0
    when: str = ""
    kernel_before: str = ""
    kernel_from: str = ""


Share = Literal["instance", "host", "content"]
"""Private to each instance; once a host; or file pages once a content key (in a VM: once a guest)."""


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """One line of a memory bill: bytes of physical pages.

    content_key: what file pages hold, for `share` "content". in_rss: whether `ps` counts them in a process.
    per_guest_memory: the bytes are this share of the guest's configured memory instead (struct page).
    guest_memory_over: only there once the guest's memory exceeds this many bytes (SWIOTLB).
    """

    id: str
    owner: Owner
    share: Share
    amount: Number
    text: Text
    content_key: str = ""
    in_rss: bool = True
    per_guest_memory: bool = False
    guest_memory_over: int = 0


Family = Literal["process", "container", "system_container", "sandbox", "microvm", "vm", "hosted_vm", "unikernel"]
Runs = Literal["process", "userland", "guest", "unikernel"]
"""What the technology starts: the application's process; a user space on the host's kernel; a guest kernel and its user
space; an application linked with its kernel."""


@dataclass(frozen=True, slots=True)
class Technology:
    """A way to run an application apart from others: a boot plan and a memory bill.

    guests: the guest systems it can start, the first being the default; empty where it starts a process.
    cpu_efficiency: speed of guest CPU against the host's. reserves: whether configured memory is reserved.
    limits: constraint id to the largest number of instances it allows on one host ("bridge_ports").
    """

    id: str
    name: Text
    kind: Text
    family: Family
    runs: Runs
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    guests: tuple[str, ...] = ()
    cpu_efficiency: Number = field(default_factory=lambda: Number(1.0, "1", sources=("definition",)))
    idle_cpu: Number = field(default_factory=lambda: Number(0.0, "1", sources=("definition",)))
    reserves: bool = False
    limits: Mapping[str, Number] = field(default_factory=dict)

    @property
    def is_estimate(self) -> bool:
        """Whether any of its numbers is an estimate."""
        return any(phase.amount.estimate for phase in self.phases) or any(part.amount.estimate for part in self.memory)


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest system: its kernel's and user space's boot phases, and what they keep in memory."""

    id: str
    name: Text
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    default_memory: Number
    userland_only_phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """What is started: its own start phases, private memory, and the files it maps."""

    id: str
    name: Text
    phases: tuple[Phase, ...]
    memory: tuple[MemoryPart, ...]
    image: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. cpu_speed: against the machine of `docs/model.md`'s measurements. kernel: "6.1", read as a generation.

    locks: hold times that this host's kernel or configuration changes, by lock name.
    limits: as a technology's, of the host itself ("pids", "subnet_addresses", "pods").
    """

    id: str
    name: Text
    cores: int
    cpu_speed: Number
    memory: Number
    disk_read: Number
    disk_write: Number
    network: Number
    kernel: str
    nested: bool = False
    swap: Number = field(default_factory=lambda: Number(0.0, "B", sources=("definition",)))
    locks: Mapping[str, Number] = field(default_factory=dict)
    limits: Mapping[str, Number] = field(default_factory=dict)
