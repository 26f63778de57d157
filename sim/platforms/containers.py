"""What a scenario chooses of how containers are made: cgroups, user namespaces, published ports, AppArmor.

Each choice is an addition of the catalog. It puts steps into a technology's boot plan and lines into its memory bill,
or takes some away. So every study that starts, counts or loads instances sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from sim.catalog import load
from sim.catalog.eventcosts import COST_FLAGS, EventCosts
from sim.catalog.kernel import Hold, Operation, generation
from sim.catalog.model import Addition, MemoryPart, Milestone, Phase, Technology
from sim.catalog.number import Number

CgroupVersion = Literal["own", "v1", "v2"]
UserNamespace = Literal["none", "remapped", "rootless"]
UsermodeNetwork = Literal["own", "slirp4netns", "pasta"]

ROOTLESS = ("rootless-docker", "rootless-podman", "rootless-runtime")
"""The ways to be rootless. A technology has one of them at most."""
CGROUPS: Mapping[str, tuple[str, ...]] = {
    "v1": ("cgroup-v1", "monitor-cgroup-v1"),
    "v2": ("cgroup-v2", "monitor-cgroup-v2"),
}
"""What each version of cgroups does to a container, and to a monitor that the jailer put into some."""
PORTS = ("docker-ports", "netavark-ports")
"""The ways to publish ports. A technology has one of them at most."""

OVERLAY_FROM = "5.11"
"""The first kernel on which a user may mount overlayfs in a user namespace (Linux commit 459c7c565ac3)."""
UNIFIED_FROM = "5.10"
"""The first kernel whose distributions start with version 2 of cgroups (docs/laboratory.md)."""

_MILESTONES: tuple[Milestone, ...] = get_args(Milestone)
_OF_CGROUP = frozenset({"cgroup-create", "cgroup-create-wait", "cgroup-attach"})
_OF_BRIDGE = ("bridge_ports", "addresses")


@dataclass(frozen=True, slots=True)
class ContainerChoices:
    """What is chosen.

    Attributes:
        cgroup: The version of the host's cgroups, or the host's own.
        user_namespace: Whether ids of a container are others on the host, and whether its engine has no root at all.
        network: What carries the packets of a rootless container, or what its engine has.
        ports: How many ports each instance publishes.
        apparmor: Whether it is confined by the engine's AppArmor profile.
    """

    cgroup: CgroupVersion = "own"
    user_namespace: UserNamespace = "none"
    network: UsermodeNetwork = "own"
    ports: int = 0
    apparmor: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is chosen."""
        return self != ContainerChoices()

    @property
    def rootless(self) -> bool:
        """Whether engine and containers have no root."""
        return self.user_namespace == "rootless"

    def version_on(self, kernel: str) -> str:
        """The version of cgroups on a host with this kernel."""
        if self.cgroup != "own":
            return self.cgroup
        return "v2" if generation(kernel) >= generation(UNIFIED_FROM) else "v1"


def addition_for(technology: str, ways: tuple[str, ...]) -> Addition | None:
    """The one of some additions that a technology can have. None where it can have none."""
    return next((one for one in map(load.additions().__getitem__, ways) if technology in one.technologies), None)


def contained(technology: Technology, kernel: str, choices: ContainerChoices) -> Technology:
    """The technology with what is chosen, on a host with this kernel. It keeps its id.

    >>> plain = load.technology("docker")
    >>> contained(plain, "6.12", ContainerChoices()) is plain
    True
    >>> published = contained(plain, "6.12", ContainerChoices(ports=2))
    >>> [phase.id for phase in published.phases if phase not in plain.phases]
    ['port-map', 'port-unmap']
    """
    if choices.rootless and choices.version_on(kernel) == "v1":
        technology = replace(technology, phases=tuple(x for x in technology.phases if x.id not in _OF_CGROUP))
    for addition in _chosen(technology, kernel, choices):
        technology = added(technology, addition, choices.ports)
    return technology


def _chosen(technology: Technology, kernel: str, choices: ContainerChoices) -> Iterator[Addition]:
    known = load.additions()
    unprivileged = addition_for(technology.id, ROOTLESS) if choices.rootless else None
    if choices.cgroup != "own" and not (choices.rootless and choices.cgroup == "v1"):
        of_version = addition_for(technology.id, CGROUPS[choices.cgroup])
        yield of_version or known[CGROUPS[choices.cgroup][0]]
    if unprivileged is not None:
        yield unprivileged
        yield _usermode(technology, unprivileged, choices.network)
        if generation(kernel) < generation(OVERLAY_FROM) and any(phase.id == "overlay" for phase in technology.phases):
            yield known["fuse-overlayfs"]
    if choices.user_namespace == "remapped":
        yield known["user-namespace"]
    ports = addition_for(technology.id, PORTS) if choices.ports else None
    # Without root netavark makes no rules: the process that carries the packets listens itself.
    if ports is not None and not (choices.rootless and ports.id == "netavark-ports"):
        yield ports
    if choices.apparmor:
        yield known["apparmor"]


def _usermode(technology: Technology, unprivileged: Addition, asked: UsermodeNetwork) -> Addition:
    """The network of a rootless container. Where it is one for all, it was there before any of them."""
    network = load.additions()[unprivileged.networks[technology.id] if asked == "own" else asked]
    if not unprivileged.one_network:
        return network
    memory = tuple(replace(part, share="host") if part.share == "instance" else part for part in network.memory)
    return replace(network, phases=(), memory=memory)


def added(technology: Technology, addition: Addition, ports: int = 1) -> Technology:
    """The technology with an addition, once for each of some published ports where it is one of these."""
    count = ports if addition.each_port else 1
    phases = [phase for phase in technology.phases if phase.id not in addition.replaces]
    for phase in addition.phases:
        _put(phases, _times(phase, count), addition.after.get(phase.id, ()))
    bridged = "bridge-port" not in addition.replaces
    return replace(
        technology,
        phases=tuple(phases),
        memory=(*technology.memory, *(_held(part, count) for part in addition.memory)),
        limits={name: most for name, most in technology.limits.items() if bridged or name not in _OF_BRIDGE},
    )


def _put(phases: list[Phase], phase: Phase, after: tuple[str, ...]) -> None:
    """Put a phase in the place of the one that has its id, or after one of those named, or last."""
    ids = [each.id for each in phases]
    if phase.id in ids:
        at = ids.index(phase.id)
        there = phases[at]
        phases[at] = replace(phase, leads_to=there.leads_to, provenance={**phase.provenance, **there.provenance})
        return
    anchor = next((name for name in after if name in ids), None)
    if anchor is None:
        phases.append(phase)
        return
    at = ids.index(anchor)
    later = max(_MILESTONES.index(phase.leads_to), _MILESTONES.index(phases[at].leads_to))
    phases.insert(at + 1, replace(phase, leads_to=_MILESTONES[later]))


def _times(phase: Phase, count: int) -> Phase:
    """The phase for so many ports. Each of them is one more that a lock's holder goes through for the others."""
    if count == 1:
        return phase
    if phase.operation is None:
        return replace(phase, amount=_scaled(phase.amount, count))
    operation = phase.operation
    older = tuple((before, _holds(held, count)) for before, held in operation.older)
    held: Operation = replace(operation, held=_holds(operation.held, count), older=older)
    return replace(phase, amount=held.held.amount, growth=held.held.growth, operation=held)


def _holds(held: Hold, count: int) -> Hold:
    amount = _scaled(held.amount, count)
    for growth in held.growth:
        amount = _sum(amount, _scaled(growth.amount, count * (count - 1) / 2))
    growths = tuple(replace(growth, amount=_scaled(growth.amount, count * count)) for growth in held.growth)
    return replace(held, amount=amount, growth=growths)


def _held(part: MemoryPart, count: int) -> MemoryPart:
    return part if part.share != "instance" else replace(part, amount=_scaled(part.amount, count))


def _scaled(number: Number, factor: float) -> Number:
    low, high = (None if end is None else end * factor for end in (number.low, number.high))
    return replace(number, value=number.value * factor, low=low, high=high)


def _sum(one: Number, other: Number) -> Number:
    if not other.value:
        return one
    low, high = (
        None if not (one.ranged or other.ranged) else sum(each.value if end is None else end for each, end in pairs)
        for pairs in (((one, one.low), (other, other.low)), ((one, one.high), (other, other.high)))
    )
    sources = tuple(dict.fromkeys((*one.sources, *other.sources)))
    estimate = one.estimate or other.estimate
    return replace(one, value=one.value + other.value, low=low, high=high, sources=sources, estimate=estimate)


def more_costs(costs: EventCosts, additions: tuple[Addition, ...]) -> EventCosts:
    """The costs with what additions cost an application under load beside them."""
    for addition in additions:
        if addition.costs is not None:
            costs = _both(costs, addition.costs)
    return costs


def _both(one: EventCosts, other: EventCosts) -> EventCosts:
    names = [each.name for each in fields(EventCosts) if each.name not in COST_FLAGS]
    taken: dict[str, Any] = {name: getattr(one, name) or getattr(other, name) for name in COST_FLAGS}
    for name in names:
        mine, more = getattr(one, name), getattr(other, name)
        if more.value:
            taken[name] = _sum(mine, more) if mine.value else more
    return replace(one, **taken)
