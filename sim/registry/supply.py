"""Who sends blobs to a node: a registry, a pull-through cache, a parent in a tree, or a swarm of peers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.registry.link import Link, Receiver

OnFetched = Callable[[int], None]


class Sender(Protocol):
    """Something nodes fetch blobs from."""

    def fetch(self, receiver: Receiver, blob: int, size: float, connection: float, done: OnFetched) -> None:
        """Send `size` bytes of a blob to a receiver, by connections of at most so many bytes a second."""


class RegistrySender:
    """A registry, which has every blob.

    Its network keeps a blob near once somebody has got it whole. Who asks before that waits as long as the first.

    Attributes:
        flow, near_flow: Bytes a second of one connection, for a blob that nobody got before, and for one that is near.
        sent: Bytes that left it.
        requests: How many it got for blobs.
    """

    def __init__(self, env: Environment, uplink: float, flow: float, near_flow: float | None = None) -> None:
        self.link = Link(env, uplink)
        self.flow = flow
        self.near_flow = flow if near_flow is None else near_flow
        self.requests = 0
        self._relayed = 0.0
        self._near: set[int] = set()

    def fetch(self, receiver: Receiver, blob: int, size: float, connection: float, done: OnFetched) -> None:
        """Send to the receiver. Each node it stands for asks."""
        self.requests += receiver.weight
        flow = self.near_flow if blob in self._near else self.flow

        def sent(blob: int) -> None:
            self._near.add(blob)
            done(blob)

        self.link.send(receiver, size, sent, blob, min(flow, connection))

    @property
    def sent(self) -> float:
        """Bytes that left it."""
        return self.link.sent + self._relayed

    def relay(self, size: float, times: int = 1) -> None:
        """Bytes that leave it on a way that somebody else keeps the time of."""
        self.requests += times
        self._relayed += size * times


class Holder:
    """A node that hands on the blobs it has got.

    Attributes:
        flow: Bytes a second of one connection.
    """

    def __init__(self, env: Environment, uplink: float, flow: float = math.inf) -> None:
        self.link = Link(env, uplink)
        self._flow = flow
        self._have: set[int] = set()
        self._waiting: dict[int, list[tuple[Receiver, float, float, OnFetched]]] = {}

    def fetch(self, receiver: Receiver, blob: int, size: float, connection: float, done: OnFetched) -> None:
        """Send now if the blob is there, else as soon as it is."""
        if blob in self._have:
            self.link.send(receiver, size, done, blob, min(self._flow, connection))
        else:
            self._waiting.setdefault(blob, []).append((receiver, size, connection, done))

    def arrived(self, blob: int) -> None:
        """The blob is there."""
        self._have.add(blob)
        for receiver, size, connection, done in self._waiting.pop(blob, ()):
            self.link.send(receiver, size, done, blob, min(self._flow, connection))

    def __contains__(self, blob: int) -> bool:
        return blob in self._have


class Mirror:
    """A pull-through cache.

    Attributes:
        sizes: Of every blob.
        warm: Whether it has them all to begin with.
        joins: Whether requests for a blob that is on its way wait for it. Else only the first is stored and all others
            go upstream by themselves, as Distribution's own cache does (registry/proxy/proxyblobstore.go, ServeBlob).
    """

    def __init__(
        self,
        env: Environment,
        upstream: RegistrySender,
        sizes: tuple[int, ...],
        *,
        uplink: float,
        flow: float,
        warm: bool,
        joins: bool,
    ) -> None:
        self._upstream = upstream
        self._sizes = sizes
        self._joins = joins
        self._holder = Holder(env, uplink, flow)
        self._receiver = Receiver(uplink)
        self._through = Link(env, min(uplink, upstream.link.capacity))
        self._asked: set[int] = set()
        if warm:
            for blob in range(len(sizes)):
                self._holder.arrived(blob)

    def fetch(self, receiver: Receiver, blob: int, size: float, connection: float, done: OnFetched) -> None:
        """Send what is there. Fetch what is not."""
        through = receiver.weight
        if blob not in self._holder:
            if blob not in self._asked:
                self._asked.add(blob)
                self._upstream.fetch(self._receiver, blob, self._sizes[blob], math.inf, self._holder.arrived)
                through -= 1
            if through and not self._joins:
                self._upstream.relay(size, through)
                self._through.send(receiver, size, done, blob, min(self._upstream.flow, connection))
                return
        self._holder.fetch(receiver, blob, size, connection, done)


class Swarm:
    """Peers that exchange pieces of a blob while they still fetch it. The registry sends each blob to them once.

    All receive at the rate of the slowest part. That is the registry's uplink and connection, or what all cards
    together send, each copy but the registry's. A piece reaches the last node by doubling, so that everyone is behind
    the stream by floor(log2 nodes) pieces. Where all send alike, M pieces take M + floor(log2 N) rounds (Mundinger,
    Weber and Weiss, Journal of Scheduling 11, 2008).
    """

    def __init__(
        self,
        env: Environment,
        registry: RegistrySender,
        sizes: tuple[int, ...],
        *,
        nodes: int,
        card: float,
        flow: float,
        piece: float,
    ) -> None:
        self._env = env
        self._registry = registry
        self._sizes = sizes
        self._seeded: set[int] = set()
        self._piece = piece
        self._hop = 1 / min(card, flow)
        self._depth = math.floor(math.log2(nodes))
        self.rate = min(card, registry.link.capacity, card * nodes / (nodes - 1) if nodes > 1 else math.inf)
        self._link = Link(env, self.rate * nodes)

    def fetch(self, receiver: Receiver, blob: int, size: float, connection: float, done: OnFetched) -> None:
        """Join the swarm of a blob, and be behind the stream by the depth of its tree."""
        if blob not in self._seeded:
            self._seeded.add(blob)
            self._registry.relay(self._sizes[blob])
        behind = self._depth * min(self._piece, self._sizes[blob]) * self._hop

        def received(_: int) -> None:
            if behind > 0.0:
                Alarm(self._env, lambda _: done(blob)).arm(behind)
            else:
                done(blob)

        self._link.send(receiver, size, received, blob, min(self._registry.flow, connection))
