"""A sender's link, shared by the nodes that fetch from it: max-min fair, each node bound by its own network card too.

A node's transfers are alike, so each gets

    min(one connection, the node's card / its transfers, the link's fair share)

which is the max-min fair share of the whole star, where all that a node fetches comes from one sender (Bertsekas and
Gallager, Data Networks, 1992, section 6.5.2). With two senders its card is divided evenly by transfers. So a transfer's
cap changes when its node's others begin or end: it is then withdrawn and joins the class of its new cap. Nodes in step
are one node with a weight: their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.engine.fluid import Flow, FlowClass, Fluid


class Receiver:
    """A node's end.

    Attributes:
        card: Bytes a second of one node.
        weight: Nodes in step that it stands for.
    """

    __slots__ = ("card", "transfers", "weight")

    def __init__(self, card: float = math.inf, weight: int = 1) -> None:
        self.card = card
        self.weight = weight
        self.transfers: list[Transfer] = []


class Transfer:
    """Bytes on their way, and the class of flows that they are in now."""

    __slots__ = ("argument", "connection", "done", "flow", "kind", "link", "receiver")

    def __init__(
        self, link: Link, receiver: Receiver, connection: float, done: Callable[[Any], Any], argument: Any
    ) -> None:
        self.link = link
        self.receiver = receiver
        self.connection = connection
        self.done = done
        self.argument = argument
        self.kind: FlowClass
        self.flow: Flow

    def arrived(self) -> None:
        """Tell who waits for it."""
        self.done(self.argument)


class Link(Fluid):
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

    __slots__ = ("sent",)

    def __init__(self, env: Environment, capacity: float) -> None:
        super().__init__(env, capacity)
        self.sent = 0.0

    def send(
        self,
        receiver: Receiver,
        size: float,
        done: Callable[[Any], Any],
        argument: Any = None,
        connection: float = math.inf,
    ) -> None:
        """Send `size` bytes to each node the receiver stands for, and call `done(argument)` when they are there.

        Args:
            connection: The most bytes a second that the connections it uses carry.
        """
        if size < 0:
            raise ValueError(f"size ({size}) must not be negative")
        self.sent += size * receiver.weight
        self._settle()
        transfer = Transfer(self, receiver, connection, done, argument)
        receiver.transfers.append(transfer)
        share = receiver.card / len(receiver.transfers)
        self._enter(transfer, share, size)
        self._recap(receiver, share)
        self.rearm()

    def _enter(self, transfer: Transfer, share: float, size: float) -> None:
        """Put a transfer, or what is left of it, into the class that fits.

        Args:
            share: Of its node's card.
        """
        cap = transfer.connection if transfer.connection < share else share
        transfer.kind, transfer.flow = self._join(transfer.receiver.weight, cap, size, Transfer.arrived, transfer)

    def _recap(self, receiver: Receiver, share: float) -> None:
        """Move a node's transfers to the class that fits, now that there are more or fewer of them."""
        for transfer in receiver.transfers:
            if transfer.kind.limit != (transfer.connection if transfer.connection < share else share):
                link = transfer.link
                link.move(transfer, share)
                if link is not self:
                    link.rearm()

    def move(self, transfer: Transfer, share: float) -> None:
        """Bring one of this link's transfers to the class that fits its share of the card."""
        self._settle()
        self._enter(transfer, share, self._withdraw(transfer.kind, transfer.flow))

    def rearm(self) -> None:
        """Set every class's speed, and arm the timer for the first end, which may come earlier or later than before."""
        due = self._last + self._share() if self._active else math.inf
        if due != self._due:
            self._due = due
            if due < math.inf:
                self._timer = Alarm(self._env, self._expire)
                self._timer.arm(due - self._last)

    def _expire(self, timer: Alarm) -> None:
        if timer is not self._timer:
            return
        self._due = math.inf
        done: list[Transfer] = [flow[3] for flow in self._ended()]
        for transfer in done:
            transfer.receiver.transfers.remove(transfer)
        for transfer in done:
            receiver = transfer.receiver
            if receiver.transfers:
                self._recap(receiver, receiver.card / len(receiver.transfers))
        self.rearm()
        for transfer in done:
            transfer.arrived()
