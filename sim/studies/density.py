"""How many instances fit on one host, and what stops the next? Every constraint has a limit of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim.catalog import load
from sim.catalog.model import Application, Guest, Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.number import Number
from sim.errors import InputError, Problem
from sim.machine.bill import Bill
from sim.machine.billing import bill
from sim.machine.host import Held
from sim.machine.ledger import Ledger
from sim.never import NEVER
from sim.outcome import Bound, MetricSpec
from sim.platforms.containers import ContainerChoices, contained
from sim.platforms.plan import BootPlan, StartOptions, boot_plan
from sim.quantity import Seconds
from sim.records.instances import ConstraintRecord
from sim.studies.base import Context, Study, StudyRun, Subject
from sim.studies.parameters.container import (
    HOST_PORTS,
    PublishedPorts,
    RootlessNetwork,
    UserNamespaceOf,
    container_problems,
    port_problems,
)
from sim.studies.parameters.guest import (
    ApplicationId,
    GuestId,
    GuestMemory,
    HugePagesOf,
    SameImage,
    Uptime,
    chosen_guest,
    fit_problems,
    guest_problems,
    huge_page_problems,
)

MOST = 1_000_000
"""No constraint is looked for beyond so many instances."""

NETWORK_LIMITS = ("bridge_ports", "addresses")
"""A technology's limits that an instance with a port of a bridge counts against."""


@dataclass(frozen=True, kw_only=True)
class Density:
    """What is to fit on which host, and which rules count."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    technology: Annotated[str | Technology, Subject(), CatalogName("technologies"), doc("What runs the instances.")]
    host: Annotated[str | Host, CatalogName("hosts"), doc("The machine they are to fit on.")] = "server"
    application: ApplicationId = "web"
    guest: GuestId = ""
    guest_memory: GuestMemory = None
    same_image: SameImage = True
    uptime: Uptime = 86400.0
    huge_pages: HugePagesOf = "off"
    ksm: Annotated[bool, doc("The host merges equal pages of its guests (KSM); containers are not affected.")] = False
    pod_limit: Annotated[
        int | None,
        Ge(1),
        Le(MOST),
        doc("The most pods that a kubelet takes (maxPods, by default 110); if left out, no kubelet starts them."),
    ] = None
    overcommit: Annotated[
        float,
        Gt(0),
        Le(100),
        doc("The share of its memory that the host may promise to guests; 1 is no overcommitment."),
    ] = 1.0
    network: Annotated[Literal["none", "bridge"], doc("Instances have no network, or a port of a bridge.")] = "bridge"
    start_time: Annotated[
        Seconds | None,
        Ge(0),
        doc("The longest that starting one more instance may take; if left out, any time will do."),
    ] = None
    user_namespace: UserNamespaceOf = "none"
    rootless_network: RootlessNetwork = "own"
    published_ports: PublishedPorts = 0

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = guest_problems(self.technology, self.guest, self.guest_memory)
        if not problems:
            technology = load.technology(self.technology)
            problems = fit_problems(technology, self.guest, self.application, self.guest_memory)
            problems += huge_page_problems(self.technology, self.huge_pages)
            problems += _problems_of_containers(self)
        if problems:
            raise InputError(problems)

    def choices(self) -> ContainerChoices:
        """How the containers are made."""
        return ContainerChoices(
            user_namespace=self.user_namespace, network=self.rootless_network, ports=self.published_ports
        )

    def made_by(self) -> Technology:
        """The technology with what is chosen of its containers."""
        technology, choices = load.technology(self.technology), self.choices()
        return contained(technology, load.host(self.host).kernel, choices) if choices.any else technology


def _problems_of_containers(params: Density) -> list[Problem]:
    choices = params.choices()
    if not choices.any:
        return []
    found = list(container_problems(load.technology(params.technology), load.host(params.host).kernel, choices))
    return found or list(port_problems(choices, None, 1, params.network))


def largest(fits: Callable[[int], bool]) -> int | None:
    """The largest N up to `MOST` that fits, by bisection. None where `MOST` itself fits. `fits` must be monotone."""
    if fits(MOST):
        return None
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint: as `ConstraintRecord`, with the numbers it was made from."""

    name: str
    limit: int | None
    demand: float
    capacity: float
    unit: str
    numbers: tuple[Number, ...]


def _each(name: str, demand: Number | float, capacity: float, unit: str, numbers: tuple[Number, ...]) -> Constraint:
    """A constraint of which every instance takes the same. Nothing binds where an instance takes nothing."""
    amount = demand if isinstance(demand, float) else demand.value
    limit = math.floor(capacity / amount + 1e-9) if amount > 0 else None
    return Constraint(name, None if limit is None or limit >= MOST else limit, amount, capacity, unit, numbers)


@dataclass(frozen=True, slots=True)
class _Case:
    params: Density
    technology: Technology
    guest: Guest | None
    application: Application
    host: Host
    bound: Bound

    @property
    def has_kernel(self) -> bool:
        return self.technology.has_guest_kernel


def constraints(params: Density, bound: Bound = "value") -> tuple[Constraint, ...]:
    """Every constraint that counts under these parameters, each alone.

    Args:
        bound: At "high" demands are at the high end of their ranges and capacities at the low end, at "low" the other
            way.
    """
    technology = params.made_by()
    case = _Case(
        params,
        technology,
        chosen_guest(technology, params.guest),
        load.application(params.application),
        load.host(params.host),
        bound,
    )
    instance_bill = bill(
        technology,
        case.guest,
        case.application,
        params.guest_memory,
        same_image=params.same_image,
        ksm=params.ksm,
        uptime=params.uptime,
        huge_pages=params.huge_pages,
        bound=bound,
    )
    limiting = [_touched(case, instance_bill), _reserved(case, instance_bill), _idle_cpu(case)]
    if "shared_memory" in technology.limits:
        limiting.append(_shared_memory(case, instance_bill))
    if params.network == "bridge":
        limiting += [_of_technology(case, name) for name in NETWORK_LIMITS if name in technology.limits]
    if params.published_ports:
        limiting.append(_host_ports(params.published_ports))
    if params.pod_limit is not None and technology.kubelet:
        limiting.append(_pods(case, params.pod_limit))
    if "pids" in case.host.limits:
        limiting.append(_pids(case))
    if params.start_time is not None:
        limiting.append(_start_time(case, params.start_time))
    return tuple(limiting)


def _memory(case: _Case) -> float:
    """Bytes that the host has for instances."""
    return case.host.memory.at(case.bound) - case.host.own_memory.at(case.bound)


def _touched(case: _Case, instance_bill: Bill) -> Constraint:
    capacity = _memory(case)

    def physical(count: int) -> int:
        ledger = Ledger()
        ledger.add(instance_bill, count)
        return ledger.totals().physical

    limit = largest(lambda count: count == 0 or physical(count) <= capacity)
    at = limit or 1
    numbers = (*instance_bill.numbers, case.host.memory, case.host.own_memory)
    if case.params.ksm and case.technology.anonymous_guests and case.guest is not None:
        numbers += (case.guest.mergeable, case.guest.written)
    return Constraint("memory_touched", limit, float(physical(at + 1) - physical(at)), capacity, "B", numbers)


def _reserved(case: _Case, instance_bill: Bill) -> Constraint:
    """A technology that reserves memory cannot promise more than there is, whatever the host's rule."""
    share = min(case.params.overcommit, 1.0) if case.technology.reserves else case.params.overcommit
    numbers = (case.host.memory, case.host.own_memory)
    return _each("memory_reserved", float(instance_bill.configured), _memory(case) * share, "B", numbers)


def _shared_memory(case: _Case, instance_bill: Bill) -> Constraint:
    """Guest memory in a file of /dev/shm, which a daemon of the host maps too, takes there what is touched."""
    share, memory = case.technology.limits["shared_memory"], case.host.memory
    numbers = (share, memory, *(line.number for line in instance_bill.lines if line.guest))
    capacity = memory.at(case.bound) * share.value
    return _each("shared_memory", float(instance_bill.guest_bytes), capacity, "B", numbers)


def _idle_cpu(case: _Case) -> Constraint:
    demand = case.technology.idle_cpu
    capacity = case.host.capacity(case.bound)
    return _each("idle_cpu", demand.at(case.bound), capacity, "1", (demand, *case.host.provenance.values()))


def _of_technology(case: _Case, name: str) -> Constraint:
    number = case.technology.limits[name]
    return _each(name, 1.0, number.at(case.bound), "1", (number,))


def _host_ports(each: int) -> Constraint:
    """A published port takes one of the host's, which no other instance has then."""
    first, last = HOST_PORTS
    number = Number(float(last - first + 1), "1", sources=("D0409",))
    return _each("host_ports", float(each), number.value, "1", (number,))


def _pods(case: _Case, most: int) -> Constraint:
    """A kubelet takes as many pods as it is told. What it takes by default has a source."""
    default = case.host.limits.get("pods")
    known = default is not None and default.value == most
    pods = default if default is not None and known else Number(float(most), "1", sources=("definition",))
    return _each("pods", 1.0, pods.value, "1", (pods,))


def _pids(case: _Case) -> Constraint:
    numbers = [case.technology.tasks]
    if not case.has_kernel:
        numbers.append(case.application.tasks)
        if case.guest is not None:
            numbers.append(case.guest.tasks)
    pids = case.host.limits["pids"]
    demand = math.fsum(number.at(case.bound) for number in numbers)
    return _each("pids", demand, pids.value, "1", (*numbers, pids))


def start_seconds(plan: BootPlan, host: Host, held: int, bound: Bound = "value") -> float:
    """How long one start takes on a host that is idle but for the `held` instances it holds."""
    speed = host.cpu_speed.at(bound)
    there = Held()
    there.add(plan.mounts, plan.ports, held)
    total = []
    for step in plan.steps:
        amount = step.amount + there.growth(step.growth, itself=False)
        if step.demand == "cpu":
            total.append(amount / speed / min(step.parallelism, host.cores))
        elif step.demand == "flush":
            total.append(amount * host.disk_flush.at(bound))
        elif step.timed:
            total.append(amount)
    return math.fsum(total)


def _start_time(case: _Case, objective: float) -> Constraint:
    image = load.images().get(case.application.image)
    plan = boot_plan(
        case.technology,
        case.guest,
        case.application,
        case.host,
        StartOptions(network=case.params.network != "none", layers=len(image.layers) if image else 0),
        bound=case.bound,
    )
    limit = largest(lambda count: count == 0 or start_seconds(plan, case.host, count - 1, case.bound) <= objective)
    numbers = tuple(number for step in plan.steps for number in step.inputs)
    demand = start_seconds(plan, case.host, limit if limit is not None else MOST, case.bound)
    return Constraint("start_time", limit, demand, objective, "s", numbers)


def binding(limiting: tuple[Constraint, ...]) -> Constraint | None:
    """The constraint with the lowest limit, the first of those that are equal. None where nothing binds."""
    bound = [constraint for constraint in limiting if constraint.limit is not None]
    return min(bound, key=lambda constraint: constraint.limit or 0, default=None)


def _estimates(limiting: tuple[Constraint, ...], worst: Mapping[str, int | None], instances: float) -> frozenset[str]:
    """The metrics that rest on an estimate.

    The number of instances rests on those constraints that bind, or would at the worse end of their ranges.
    """
    estimated = {c.name for c in limiting if any(number.estimate for number in c.numbers)}
    names = {f"limit_{name}" for name in estimated}
    for name in estimated:
        limit = worst[name]
        if limit is not None and limit <= instances:
            names.add("instances")
    return frozenset(names)


def _count(constraint: Constraint | None) -> float:
    """The number of instances at which a constraint binds. Never, where there is none."""
    return NEVER if constraint is None or constraint.limit is None else constraint.limit


def run(params: Density, context: Context) -> StudyRun:
    """Find every constraint's limit. One run is all there is, as nothing is random."""
    limiting = constraints(params, context.bound)
    stops = binding(limiting)
    instances = _count(stops)
    worst = {c.name: c.limit for c in constraints(params, "high")}
    limits = {c.name: _count(c) for c in limiting}
    return StudyRun(
        samples={"instances": [instances]}
        | {spec.name: [limits.get(spec.name.removeprefix("limit_"), NEVER)] for spec in STUDY.metrics[1:]},
        records=tuple(
            ConstraintRecord(
                of=context.label,
                constraint=c.name,
                limit=c.limit,
                binds=c is stops,
                demand=c.demand,
                capacity=c.capacity,
                unit=c.unit,
                source="; ".join(dict.fromkeys(number.source for number in c.numbers)),
                estimate=any(number.estimate for number in c.numbers),
            )
            for c in limiting
        ),
        estimates=_estimates(limiting, worst, instances),
        ranged=any(number.ranged for c in limiting for number in c.numbers),
    )


def _limit(name: str, description: str) -> MetricSpec:
    return MetricSpec(f"limit_{name}", "1", "all instances idle", description)


STUDY = Study(
    name="density",
    parameters=Density,
    metrics=(
        MetricSpec("instances", "1", "all instances idle", "Instances that fit on the host", headline=True),
        _limit("memory_touched", "Instances whose touched memory fits"),
        _limit("memory_reserved", "Instances whose configured memory may be promised"),
        _limit("shared_memory", "Instances whose touched guest memory fits into /dev/shm"),
        _limit("idle_cpu", "Instances whose idle work the cores can do"),
        _limit("bridge_ports", "Instances that one bridge has ports for"),
        _limit("pods", "Instances that the kubelet accepts as pods"),
        _limit("addresses", "Instances that the default network has addresses for"),
        _limit("pids", "Instances whose processes and threads have identifiers"),
        _limit("start_time", "Instances at which one more still starts in time"),
    ),
    run=run,
    random=False,
)
