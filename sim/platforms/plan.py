"""The boot plan: which phases a start goes through on a host, in order, with their numbers resolved.

    technology's phases, guest kernel, guest user space, application's phases

Each stands in the order of what it leads to. These are the runtime, its first process, the application and, where it is
cleaned up, its end.

What the technology runs decides which of a guest's phases there are. The host's kernel decides on single phases, and so
do a network, a cold page cache, a pull, and a disk with a boot loader. How long a lock is held depends on the kernel,
or on the engine's version where a daemon has the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sim.catalog.kernel import Growth, Hold, generation
from sim.catalog.model import PAGE, Application, Guest, Host, Phase, Technology
from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.tables.mechanisms import memory
from sim.catalog.tables.nesting import nesting
from sim.outcome import Bound
from sim.records.instances import Owner

_MILESTONES = ("runtime", "init", "application", "exit")

_MOUNTED = frozenset({"container", "system_container", "sandbox"})
"""Families whose instances have their root file system mounted on the host: one line of its mount table each."""

_Timed = tuple[Phase, float, tuple[Number, ...]]
"""A phase, how many times as fast it is, and the numbers behind that."""

_NOTHING = Number(0.0, "B", sources=("definition",))

_TIMED = frozenset({"cpu", "hold", "wait"})
"""Demands whose amount is in seconds. That of a flush is a count of files. All others are in bytes."""


@dataclass(frozen=True, slots=True)
class StartOptions(Sensed):
    """What is asked of a start beyond its boot.

    Attributes:
        network: Whether the instance gets a network.
        cold: Whether files are read from the disk, because the page cache is empty.
        pull: Whether the image is pulled first.
        clean_up: Whether the instance exits once it is ready, and is removed.
        force: Whether it runs on until it is killed for its removal.
        layers: How many layers the application's image has.
        working_set: Bytes that a restored guest touches before it answers. None for what the catalog says of the guest.
    """

    network: bool = False
    cold: bool = False
    pull: bool = False
    clean_up: bool = False
    force: bool = False
    layers: int = 0
    working_set: Number | None = field(default=None, metadata=COSTS)


@dataclass(frozen=True, slots=True)
class BootStep:
    """A phase with its numbers at one end of their ranges.

    Attributes:
        amount: Seconds, bytes, or files that are flushed, of a median start, before growth.
        growth: What the host holds, the amount more for each of it, and beyond how many of it that is added once
            instead. None for an amount for each.
        spread: Sigma of the natural logarithm of the duration.
        source: How a record names what the amount was made of.
        estimate: Whether the phase's own amount is an estimate.
        inputs: Every number that went into the step, the host's too.
        files: How many files a read opens.
        stream: Whether a read is of a file from end to end.
        flushes: How many flushes of the disk a hold waits for under its lock, after the amount.
        until: Of a hold: the id of the later step at whose end the lock is given back. "" for at the end of the hold.
    """

    id: str
    owner: Owner
    demand: str
    resource: str
    amount: float
    parallelism: float
    growth: tuple[tuple[str, float, float | None], ...]
    spread: float
    source: str
    estimate: bool
    inputs: tuple[Number, ...]
    files: float = 0.0
    stream: bool = False
    flushes: float = 0.0
    until: str = ""

    @property
    def timed(self) -> bool:
        """Whether the amount is in seconds. Else it is in bytes or files."""
        return self.demand in _TIMED


@dataclass(frozen=True, slots=True)
class BootPlan:
    """The steps of a start.

    Attributes:
        steps: The steps, in order.
        runtime: How many steps are done once the runtime or the virtual machine monitor is ready.
        init: How many steps are done once the first process of the instance runs.
        mounts: How many lines an instance adds to the host's mount table.
        ports: How many ports an instance adds to the host's bridge.
        pull: Seconds that the steps of a pull take alone. They are the first steps. Empty where nothing is pulled.
        clean_up: How many steps come after the application is ready. They are the last steps.
        boots: Whether the instance boots a kernel of its own. It runs once the virtual machine monitor is ready.
    """

    steps: tuple[BootStep, ...]
    runtime: int
    init: int
    mounts: int = 0
    ports: int = 0
    pull: tuple[float, ...] = ()
    clean_up: int = 0
    boots: bool = False

    @property
    def ready(self) -> int:
        """How many of the steps are done once the application is ready."""
        return len(self.steps) - self.clean_up

    @property
    def given_back(self) -> Mapping[int, tuple[str, ...]]:
        """The locks that are had over several steps, by the position of the first step without them."""
        found: dict[int, tuple[str, ...]] = {}
        for position, step in enumerate(self.steps, 1):
            if step.until:
                end = next(at for at in range(position, len(self.steps)) if self.steps[at].id == step.until) + 1
                found[end] = (*found.get(end, ()), step.resource)
        return found


def boot_plan(
    technology: Technology,
    guest: Guest | None,
    application: Application,
    host: Host,
    options: StartOptions | None = None,
    *,
    bound: Bound = "value",
) -> BootPlan:
    """The plan of starting an application by a technology on a host.

    >>> from sim.catalog import load
    >>> plan = boot_plan(load.technology("runc"), None, load.application("hello"), load.host("laptop"))
    >>> [step.id for step in plan.steps][-2:]
    ['start', 'main']

    Args:
        technology: What starts the application.
        guest: The guest system. None where the technology starts a process.
        application: What is started.
        host: Where it is started.
        options: What is asked of the start beyond its boot. None for nothing.
        bound: Which end of the result to take the numbers for.
    """
    options = options or StartOptions()
    nested = host.nested and technology.has_guest_kernel
    efficiency = technology.cpu_efficiency
    timed: list[_Timed] = []
    for phase in technology.phases:
        slow, behind = _nested(phase, bound, inside=False) if nested and phase.owner == "machine" else (1.0, ())
        timed.append((phase, 1 / slow, behind))
    for phase in (*_guest_phases(technology, guest), *application.phases):
        slow, behind = _nested(phase, bound, inside=True) if nested else (1.0, ())
        timed.append((phase, efficiency.at(bound) / slow, (efficiency, *behind)))
    boots_disk = technology.boots_disk and guest is not None and guest.has_boot_loader
    engine = technology.version
    timed.sort(key=lambda entry: _MILESTONES.index(entry[0].leads_to))
    there = [
        _happens(phase, options, boots_disk) and _in_kernel(phase, host.kernel) and not _empty(phase, host, engine)
        for phase, _, _ in timed
    ]
    timed = _those_there(timed, there)
    if options.working_set is None and guest is not None:
        options = replace(options, working_set=guest.working_set)
    steps = tuple(_step(phase, host, engine, options, bound, speed, extra) for phase, speed, extra in timed)
    reached = [_MILESTONES.index(phase.leads_to) for phase, _, _ in timed]
    return BootPlan(
        steps,
        runtime=reached.count(0),
        init=reached.count(0) + reached.count(1),
        mounts=_mounts(technology),
        ports=sum(phase.operation is not None and phase.operation.adds_port for phase, _, _ in timed),
        clean_up=reached.count(3),
        boots=technology.has_guest_kernel,
    )


def _those_there(timed: list[_Timed], there: list[bool]) -> list[_Timed]:
    """Those of the phases that are there.

    A lock that is kept until one that is not is given back at the end of the last one before it that is. Where nothing
    is left that is done under it, it is not taken either.
    """
    left: dict[int, _Timed] = {}  # the last ones first
    for position in reversed(range(len(timed))):
        phase, speed, behind = timed[position]
        if not there[position]:
            continue
        if phase.until:
            end = next((at for at in range(position + 1, len(timed)) if timed[at][0].id == phase.until), position)
            last = next((left[at][0].id for at in left if at <= end), None)
            if last is None:
                continue
            phase = replace(phase, until=last)
        left[position] = (phase, speed, behind)
    return [left[position] for position in sorted(left)]


def _nested(phase: Phase, bound: Bound, *, inside: bool) -> tuple[float, tuple[Number, ...]]:
    """How many times as long a phase's CPU takes on a host that is a virtual machine, and the numbers behind it."""
    costs = nesting()
    slow = costs.slowdown(phase.owner, bound, inside=inside, faults=phase.per_page)
    return slow, costs.numbers(phase.owner, inside=inside, faults=phase.per_page)


def _guest_phases(technology: Technology, guest: Guest | None) -> Iterable[Phase]:
    if guest is None or technology.runs == "process":
        return ()
    if technology.runs == "userland":
        return [phase for phase in guest.phases if phase.id in guest.userland_only_phases]
    return guest.phases


def _mounts(technology: Technology) -> int:
    """How many lines of the host's mount table an instance is."""
    if technology.mounts is not None:
        return int(technology.mounts.value)
    return int(technology.family in _MOUNTED)


def _hold(phase: Phase, host: Host, engine: str) -> Hold:
    """The phase's own amount and growth.

    Those of a hold are what the host says itself, or what its kernel or that version of the engine takes. What the
    host says is the whole of it, which does not grow.
    """
    if phase.demand == "wait":
        return Hold(host.waits.get(phase.resource, phase.amount), phase.growth)
    if phase.operation is None:
        return Hold(phase.amount, phase.growth)
    held = phase.operation.on(engine if phase.operation.daemon else host.kernel)
    own = host.locks.get(f"{phase.resource}.{phase.operation.id}")
    if own is None or _later(engine, host.locks_before.get(phase.resource)):
        return held
    return replace(held, amount=own, growth=())


def _later(engine: str, before: str | None) -> bool:
    """Whether the engine is of that release or a later one. "" is the newest; None is before none."""
    return before is not None and (not engine or generation(engine) >= generation(before))


def _empty(phase: Phase, host: Host, engine: str) -> bool:
    """Whether there is nothing to do on this host, whatever it holds."""
    return not phase.until and _hold(phase, host, engine).empty


def _happens(phase: Phase, options: StartOptions, boots_disk: bool) -> bool:
    if phase.leads_to == "exit" and not options.clean_up:
        return False
    having = {
        "network": options.network,
        "cold": options.cold,
        "pull": options.pull,
        "boot_loader": boots_disk,
        "force": options.force,
    }
    return not phase.when or having[phase.when]


def _in_kernel(phase: Phase, kernel: str) -> bool:
    has = generation(kernel)
    early = not phase.kernel_before or has < generation(phase.kernel_before)
    return early and (not phase.kernel_from or has >= generation(phase.kernel_from))


def _step(
    phase: Phase,
    host: Host,
    engine: str,
    options: StartOptions,
    bound: Bound,
    speed: float,
    behind: tuple[Number, ...],
) -> BootStep:
    held = _hold(phase, host, engine)
    flushes = () if held.flushes is None else (held.flushes,)
    working_set = options.working_set or _NOTHING
    amount, growths = held.amount, held.growth
    shape = phase.provenance
    own = (
        amount,
        *(growth.amount for growth in growths),
        *((working_set,) if phase.per_page else ()),
        *flushes,
    )
    scale = 1 / speed if phase.demand == "cpu" else 1.0
    if phase.per_page:
        scale *= working_set.at(bound) / PAGE
    if "times" in shape:
        scale *= shape["times"].at(bound)
    more = options.layers * sum(growth.amount.at(bound) for growth in growths if growth.per == "layer")
    return BootStep(
        id=phase.id,
        owner=phase.owner,
        demand=phase.demand,
        resource=phase.resource,
        amount=(amount.at(bound) + more) * scale,
        parallelism=shape["parallelism"].at(bound) if "parallelism" in shape else phase.parallelism,
        growth=tuple(_growing(growth, bound, scale) for growth in growths if growth.per != "layer"),
        spread=shape["spread"].at(bound) if "spread" in shape else phase.spread,
        source=_source(
            amount,
            shape.get("times"),
            working_set if phase.per_page else None,
            *(growth.amount for growth in growths),
            *flushes,
        ),
        estimate=any(number.estimate for number in own) or bool("times" in shape and shape["times"].estimate),
        inputs=(
            *own,
            *shape.values(),
            *_of_host(phase, host, options),
            *((host.disk_flush,) if flushes else ()),
            *(behind if phase.demand == "cpu" else ()),
        ),
        files=shape["files"].at(bound) if "files" in shape else phase.files,
        stream=phase.stream,
        flushes=sum(count.at(bound) for count in flushes) * scale,
        until=phase.until,
    )


def _growing(growth: Growth, bound: Bound, scale: float) -> tuple[str, float, float | None]:
    beyond = None if growth.beyond is None else growth.beyond.at(bound)
    return growth.per, growth.amount.at(bound) * scale, beyond


def _source(*numbers: Number | None) -> str:
    """How a record names what an amount was made of, each source once."""
    return "; ".join(dict.fromkeys(number.source for number in numbers if number is not None))


def _of_host(phase: Phase, host: Host, options: StartOptions) -> tuple[Number, ...]:
    """The host's numbers that decide how long a phase takes."""
    cold = (host.disk_read, host.disk_access, host.disk_operations, memory().lookups)
    read = cold if options.cold else (host.cpu_speed, memory().fault)
    return {
        "cpu": (host.cpu_speed,),
        "read": read,
        "write": (host.disk_write,),
        "flush": (host.disk_flush,),
        "transfer": (host.network,),
    }.get(phase.demand, ())
