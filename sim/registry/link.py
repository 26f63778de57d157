"""A sender's link, shared by the nodes that fetch from it: max-min fair, each node bound by its own network card too.

A node's transfers are alike, so each gets

    min(one connection, the node's card / its transfers, the link's fair share)

which is the max-min fair share of the whole star, where all that a node fetches comes from one sender (Bertsekas and
Gallager, Data Networks, 1992, section 6.5.2). With two senders its card is divided evenly by transfers. Unlike
`sim.engine.fluid`, a transfer's cap changes when its node's others begin or end. Transfers of one weight and cap form a
class with one virtual clock, so an event costs a few classes and never all transfers. Nodes in step are one node with
a weight: their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm

_ULP = 2.0**-52


class Receiver:
    """A node's end. card: bytes a second of one node. weight: nodes in step that it stands for."""

    __slots__ = ("card", "transfers", "weight")

    def __init__(self, card: float = math.inf, weight: int = 1) -> None:
        self.card = card
        self.weight = weight
        self.transfers: list[Transfer] = []


class Transfer:
    """Bytes on their way. A class's heap may hold it several times; only the entry of its number counts."""

    __slots__ = ("argument", "connection", "done", "end", "kind", "link", "number", "receiver")

    def __init__(
        self, link: Link, receiver: Receiver, connection: float, done: Callable[[Any], Any], argument: Any
    ) -> None:
        self.link = link
        self.receiver = receiver
        self.connection = connection
        self.done = done
        self.argument = argument
        self.number = 0
        self.end = 0.0
        self.kind: _Kind


class _Kind:
    """Transfers of one weight and cap. clock: bytes that each has got since the class was empty; speed: its rate."""

    __slots__ = ("cap", "clock", "heap", "live", "speed", "weight")

    def __init__(self, weight: int, cap: float) -> None:
        self.weight = weight
        self.cap = cap
        self.clock = 0.0
        self.speed = 0.0
        self.live = 0
        self.heap: list[tuple[float, int, Transfer]] = []


class Link:
    """A sender's capacity in bytes a second.

    >>> env = Environment()
    >>> link = Link(env, 100.0)
    >>> slow, fast = Receiver(card=20.0), Receiver(card=100.0)
    >>> for node, name in ((slow, "slow"), (fast, "fast")):
    ...     link.send(node, 80.0, lambda name: print(name, env.now), name)
    >>> env.run()
    fast 1.0
    slow 4.0
    """

    __slots__ = ("_active", "_capacity", "_due", "_env", "_kinds", "_last", "_number", "_timer", "sent")

    def __init__(self, env: Environment, capacity: float) -> None:
        if not capacity > 0:
            raise ValueError(f"capacity ({capacity}) must be positive")
        self._env = env
        self._capacity = capacity
        self._kinds: dict[tuple[int, float], _Kind] = {}
        self._active: list[_Kind] = []
        self._last = env.now
        self._due = math.inf
        self._timer: Alarm | None = None
        self._number = 0
        self.sent = 0.0

    @property
    def capacity(self) -> float:
        """Bytes a second, in all."""
        return self._capacity

    def send(
        self,
        receiver: Receiver,
        size: float,
        done: Callable[[Any], Any],
        argument: Any = None,
        connection: float = math.inf,
    ) -> None:
        """Send `size` bytes to each node the receiver stands for, and call `done(argument)` when they are there.

        connection: the most bytes a second that the connections it uses carry.
        """
        if size < 0:
            raise ValueError(f"size ({size}) must not be negative")
        self.sent += size * receiver.weight
        self._settle()
        transfer = Transfer(self, receiver, connection, done, argument)
        receiver.transfers.append(transfer)
        self._join(transfer, size)
        self._recap(receiver, transfer)
        self._go_on()

    def _settle(self) -> None:
        """Bring every class's clock to now."""
        now = self._env.now
        elapsed = now - self._last
        self._last = now
        if elapsed:
            for kind in self._active:
                kind.clock += kind.speed * elapsed

    def _join(self, transfer: Transfer, size: float) -> None:
        receiver = transfer.receiver
        cap = min(transfer.connection, receiver.card / len(receiver.transfers))
        key = (receiver.weight, cap)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _Kind(*key)
        if not kind.live:
            kind.clock = 0.0
            kind.heap.clear()
            self._active.append(kind)
            self._active.sort(key=_cap)
        kind.live += 1
        self._number += 1
        transfer.kind, transfer.number, transfer.end = kind, self._number, kind.clock + size
        heappush(kind.heap, (transfer.end, self._number, transfer))

    def _leave(self, transfer: Transfer) -> None:
        kind = transfer.kind
        transfer.number = 0
        kind.live -= 1
        if not kind.live:
            self._active.remove(kind)

    def _recap(self, receiver: Receiver, new: Transfer | None) -> None:
        """Move a node's transfers to the class that fits, now that there are more or fewer of them."""
        share = receiver.card / len(receiver.transfers) if receiver.transfers else math.inf
        for transfer in receiver.transfers:
            if transfer is not new and transfer.kind.cap != min(transfer.connection, share):
                transfer.link.move(transfer, rearm=transfer.link is not self)

    def move(self, transfer: Transfer, *, rearm: bool) -> None:
        """Bring one of this link's transfers to the class that fits. rearm: set speeds and timer anew."""
        self._settle()
        left = max(transfer.end - transfer.kind.clock, 0.0)
        self._leave(transfer)
        self._join(transfer, left)
        if rearm:
            self._go_on()

    def _go_on(self) -> None:
        """Set every class's speed, and arm the timer for the first end."""
        capacity = self._capacity
        weight = 0
        for kind in self._active:
            weight += kind.weight * kind.live
        delay = math.inf
        level = 0.0
        for kind in self._active:
            taken = kind.weight * kind.live
            if level:
                kind.speed = level
            elif kind.cap * weight <= capacity:
                kind.speed = kind.cap
                capacity -= kind.cap * taken
                weight -= taken
            else:
                kind.speed = level = capacity / weight
            heap = kind.heap
            while heap[0][1] != heap[0][2].number:
                heappop(heap)
            ahead = (heap[0][0] - kind.clock) / kind.speed
            delay = min(delay, ahead)
        due = self._env.now + max(delay, 0.0)
        if due != self._due:
            self._due = due
            if due < math.inf:
                self._timer = Alarm(self._env, self._expire)
                self._timer.arm(due - self._env.now)

    def _expire(self, timer: Alarm) -> None:
        if timer is not self._timer:
            return
        self._due = math.inf
        self._settle()
        done: list[Transfer] = []
        for kind in list(self._active):
            # Nearer than the clocks can tell apart is done; see `sim.engine.fluid`.
            reach = kind.clock + (kind.speed * self._env.now + kind.clock) * _ULP
            heap = kind.heap
            while heap and (heap[0][1] != heap[0][2].number or heap[0][0] <= reach):
                _, number, transfer = heappop(heap)
                if number == transfer.number:
                    self._leave(transfer)
                    done.append(transfer)
        for transfer in done:
            transfer.receiver.transfers.remove(transfer)
        for transfer in done:
            self._recap(transfer.receiver, None)
        self._go_on()
        for transfer in done:
            transfer.done(transfer.argument)


def _cap(kind: _Kind) -> float:
    return kind.cap
