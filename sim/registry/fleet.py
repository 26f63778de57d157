"""Many nodes pull the same images: from one registry, through a mirror, down a tree, or from one another.

Nodes that nothing tells apart do the same at the same time. So they are simulated as one node with a weight, be it all
of them, one level of a tree, or those of whose downloads none breaks off. Others are simulated each by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from simpy import Environment

from sim.engine import environment
from sim.engine.alarm import Alarm
from sim.engine.fluid import Fluid
from sim.engine.seeds import SeedTree
from sim.engine.servers import Servers
from sim.registry.client import Client
from sim.registry.link import Receiver
from sim.registry.luck import DrawnAhead
from sim.registry.nodepull import NodePull, PullEntry
from sim.registry.supply import Holder, Mirror, RegistrySender, Sender, Swarm
from sim.registry.work import Work

Through = Literal["registry", "mirror", "tree", "peer"]


@dataclass(frozen=True, slots=True)
class FleetRates:
    """Seconds and bytes a second, at one end of their ranges. See `sim.catalog.tables.registries`.

    Attributes:
        lookup: Seconds before a node asks for its first blob.
        first_byte: Seconds until a blob that is asked for begins to come.
        flow, local_flow: One connection to the registry, and to a mirror, a parent or a peer.
        near_flow: One to the registry for a blob that somebody has got before. None for `flow`.
        card, cores, speed: Of one node.
        disk: Bytes a second that it writes.
        flush: Seconds until a small write of its is on the disk.
    """

    lookup: float
    flow: float
    uplink: float
    card: float
    cores: float
    speed: float
    local_flow: float = math.inf
    mirror_uplink: float = math.inf
    piece: float = 0.0
    first_byte: float = 0.0
    disk: float = math.inf
    near_flow: float | None = None
    flush: float = 0.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """The nodes, and how they get their blobs.

    Attributes:
        nodes: How many.
        through: What stands between them and the registry.
        fan_out: How many children each node of a tree has.
        warm: Whether the mirror has everything.
        joins: Whether the mirror joins requests for a blob that is on its way.
        within: Nodes ask at random within so many seconds.
        failure: The chance that an attempt breaks off.
        told: How many nodes' entries are kept.
    """

    nodes: int
    through: Through
    rates: FleetRates
    fan_out: int = 8
    warm: bool = False
    joins: bool = True
    within: float = 0.0
    failure: float = 0.0
    told: int = 0


@dataclass(slots=True)
class NodeLog:
    """One node's entries.

    Attributes:
        node: Its number.
        nodes: How many did the same at the same time.
    """

    node: int
    log: list[PullEntry]
    nodes: int = 1


@dataclass(frozen=True, slots=True)
class Distributed:
    """What became of a distribution. Lists have one value for each node, in seconds since it asked.

    Attributes:
        pull: When all was unpacked or mounted.
        download: When the last byte came.
        read: When what a start reads was there.
        unpack: How long was spent unpacking.
        moved: Bytes that each node fetched.
        retries: Of all nodes.
        registry_bytes: Bytes that left the registry.
        registry_requests: Requests for tags and blobs that reached it.
    """

    pull: list[float]
    download: list[float]
    read: list[float]
    unpack: list[float]
    moved: list[float]
    retries: int
    registry_bytes: float
    registry_requests: int
    told: tuple[NodeLog, ...]


class _Node:
    """Where a node, or several in step, stand: between their sender and those they hand on to."""

    __slots__ = (
        "_cores",
        "_disk",
        "_parts",
        "_rates",
        "_receiver",
        "_sender",
        "_work",
        "_writer",
        "env",
        "holder",
        "weight",
    )

    def __init__(self, env: Environment, fleet: Fleet, client: Client, work: Work, sender: Sender, weight: int) -> None:
        self.env = env
        self.weight = weight
        self.holder: Holder | None = None
        self._rates = fleet.rates
        self._parts = client.parts
        self._work = work
        self._sender = sender
        self._receiver = Receiver(fleet.rates.card, weight)
        self._cores = Fluid(env, fleet.rates.cores)
        self._disk = Fluid(env, fleet.rates.disk) if fleet.rates.disk < math.inf else None
        self._writer = Servers()

    def ask(self, done: Callable[[int], None], job: int) -> None:
        """Resolve a tag: a few round trips."""
        if self._rates.lookup > 0.0:
            Alarm(self.env, lambda _: done(job)).arm(self._rates.lookup)
        else:
            done(job)

    def fetch(self, blob: int, size: float, done: Callable[[int], None]) -> None:
        """Get bytes from the sender, once it has answered. What is read on demand comes over one connection."""
        wanted = self._work.blobs[blob]
        if blob == self._work.reads:
            self._sender.fetch(self._receiver, blob, size, wanted.connection, done)
            return
        connection = wanted.connection * self._parts

        def answered(_: object = None) -> None:
            self._sender.fetch(self._receiver, blob, size, connection, done)

        if self._rates.first_byte > 0.0:
            Alarm(self.env, answered).arm(self._rates.first_byte)
        else:
            answered()

    def commit(self, blob: int, size: float, done: Callable[[int], None]) -> None:
        """Write a blob to the node's disk, beside what else it writes."""
        if self._disk is None:
            done(blob)
        else:
            self._disk.submit(size, done, blob)

    def compute(self, seconds: float, done: Callable[[int], None], unit: int) -> None:
        """Use one of the node's cores."""
        self._cores.submit(seconds / self._rates.speed, done, unit, 1.0)

    def flush(self, count: int, done: Callable[[int], None], argument: int) -> None:
        """Wait for the disk, as the one writer of a database does: whoever comes meanwhile waits for him too."""
        seconds = count * self._rates.flush
        if seconds:
            end = self._writer.hold(self.env.now, seconds)
            Alarm(self.env, lambda _: done(argument)).arm(end - self.env.now)
        else:
            done(argument)

    def arrived(self, blob: int) -> None:
        """Hand the blob on, if anybody gets it from here."""
        if self.holder is not None:
            self.holder.arrived(blob)


def distribute(
    work: Work, client: Client, fleet: Fleet, seeds: SeedTree, tick: Callable[[float], None] = lambda _: None
) -> Distributed:
    """Let every node of the fleet do the work, and tell how long each took.

    Args:
        seeds: Where luck comes from.
    """
    env: Environment = environment.Environment()
    rates = fleet.rates
    near_flow = rates.flow if rates.near_flow is None else rates.near_flow
    registry = RegistrySender(env, rates.uplink, rates.flow * client.parts, near_flow * client.parts)
    alike = not (fleet.failure or fleet.within)
    lucks = _lucks(fleet, seeds, len(work.blobs))
    nodes, groups = _nodes(env, fleet, client, work, registry, lucks, alike=alike)
    arrivals = seeds.stream("arrivals")
    pulls: list[NodePull] = []
    told: list[NodeLog] = []
    done = 0

    def finished(_: NodePull) -> None:
        nonlocal done
        done += 1
        if done % max(1, len(nodes) // 50) == 0:
            tick(done / len(nodes))

    for node, group in zip(nodes, groups, strict=True):
        log: list[PullEntry] | None = None
        shown = [number for number in group if number < fleet.told] if not alike else [group[0]][: fleet.told]
        if shown:
            log = []
            told += [NodeLog(number, log, node.weight if alike else 1) for number in shown]
        luck = lucks.get(group[0])
        pull = NodePull(work, client, node, finished, failure=fleet.failure, luck=luck, log=log)
        pulls.append(pull)
        if fleet.within:
            _later(env, arrivals.uniform(0.0, fleet.within), pull)
        else:
            pull.start()
    env.run()
    by_node = dict(sorted((number, pull) for pull, group in zip(pulls, groups, strict=True) for number in group))
    each = by_node.values()
    return Distributed(
        pull=[pull.ended - pull.asked for pull in each],
        download=[max(pull.last_byte - pull.asked, 0.0) for pull in each],
        read=[pull.read - pull.asked for pull in each],
        unpack=[pull.unpack_seconds for pull in each],
        moved=[pull.moved for pull in each],
        retries=sum(pull.retries for pull in each),
        registry_bytes=registry.sent,
        registry_requests=registry.requests + fleet.nodes * sum(job.lookup for job in work.jobs),
        told=tuple(sorted(told, key=lambda one: one.node)),
    )


def _lucks(fleet: Fleet, seeds: SeedTree, blobs: int) -> dict[int, DrawnAhead]:
    """The luck of each node that is simulated by itself.

    Without a failure a node draws once a blob. So where as many numbers spare it, it does what all of these do: nodes
    that ask at the same time, and not of each other's copies.
    """
    if not fleet.failure:
        return {}
    apart = bool(fleet.within) or fleet.through == "tree" or not (fleet.warm or fleet.joins)
    drawn = ((number, DrawnAhead(seeds.child("node", number), "failures", blobs + 4)) for number in range(fleet.nodes))
    return {number: luck for number, luck in drawn if apart or not luck.spares(fleet.failure, blobs)}


def _later(env: Environment, delay: float, pull: NodePull) -> None:
    Alarm(env, lambda _: pull.start()).arm(delay)


def _nodes(
    env: Environment,
    fleet: Fleet,
    client: Client,
    work: Work,
    registry: RegistrySender,
    lucks: Mapping[int, DrawnAhead],
    *,
    alike: bool,
) -> tuple[list[_Node], list[Sequence[int]]]:
    """Where nodes stand, and the numbers of those that each stands for."""
    rates = fleet.rates
    sizes = tuple(blob.size for blob in work.blobs)
    if fleet.through == "tree":
        nodes = _tree(env, fleet, client, work, registry, alike=alike)
        ends = list(accumulate(node.weight for node in nodes))
        return nodes, [range(end - node.weight, end) for node, end in zip(nodes, ends, strict=True)]
    sender: Sender = registry
    if fleet.through == "mirror":
        sender = Mirror(
            env,
            registry,
            sizes,
            uplink=rates.mirror_uplink,
            flow=rates.local_flow * client.parts,
            warm=fleet.warm,
            joins=fleet.joins,
        )
    elif fleet.through == "peer":
        sender = Swarm(
            env, registry, sizes, nodes=fleet.nodes, card=rates.card, flow=rates.local_flow, piece=rates.piece
        )
    alone = range(fleet.nodes) if fleet.within else lucks
    together = [number for number in range(fleet.nodes) if number not in alone]
    groups: list[Sequence[int]] = [*([together] if together else []), *([number] for number in alone)]
    return [_Node(env, fleet, client, work, sender, len(group)) for group in groups], groups


def _tree(
    env: Environment, fleet: Fleet, client: Client, work: Work, registry: RegistrySender, *, alike: bool
) -> list[_Node]:
    """The first `fan_out` nodes get from the registry, each other one from its parent, which has as many children."""
    nodes: list[_Node] = []
    fan_out, card = fleet.fan_out, fleet.rates.card
    if alike:
        sender: Sender = registry
        left, level, parents = fleet.nodes, fan_out, 0
        while left:
            weight = min(level, left)
            if parents:
                # As many of the level above as it takes send, each at the speed of its card.
                nodes[-1].holder = sender = Holder(env, card * math.ceil(weight / fan_out), fleet.rates.local_flow)
            nodes.append(_Node(env, fleet, client, work, sender, weight))
            left -= weight
            level *= fan_out
            parents = weight
        return nodes
    for number in range(fleet.nodes):
        above: Sender = registry
        if number >= fan_out:
            parent = nodes[number // fan_out - 1]
            if parent.holder is None:
                parent.holder = Holder(env, card, fleet.rates.local_flow)
            above = parent.holder
        nodes.append(_Node(env, fleet, client, work, above, 1))
    return nodes
