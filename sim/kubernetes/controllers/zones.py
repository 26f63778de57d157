"""How fast nodes of a zone are given up: the fewer of them are left, the slower.

Source: Kubernetes 1.32, pkg/controller/nodelifecycle/node_lifecycle_controller.go and scheduler/rate_limited_queue.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from simpy import Environment

from sim.engine.tokens import TokenBucket
from sim.kubernetes.controllers.base import Sync
from sim.kubernetes.objects import KubernetesObject, labels_of

EVICTION_RATE = 0.1
"""Nodes a second that are given up in a zone: --node-eviction-rate."""
SECONDARY_EVICTION_RATE = 0.01
"""The same in a large zone of which most is down: --secondary-node-eviction-rate."""
UNHEALTHY_THRESHOLD = 0.55
"""The share of nodes from which on a zone counts as partly down: --unhealthy-zone-threshold."""
LARGE_CLUSTER = 50
"""Nodes from which on a zone is large: --large-cluster-size-threshold."""
_PASS = 0.1
"""Seconds between two passes over those that are to be given up."""


class ZoneState(Enum):
    """How many of a zone's nodes are ready."""

    NORMAL = "normal"
    PARTIAL_DISRUPTION = "partial disruption"
    FULL_DISRUPTION = "full disruption"


def zone_of(node: KubernetesObject) -> str:
    """A node's region and zone, as one name."""
    labels = labels_of(node)
    region, zone = (labels.get(f"topology.kubernetes.io/{name}", "") for name in ("region", "zone"))
    return f"{region}:{zone}" if region or zone else ""


def state_of(ready: Sequence[bool]) -> ZoneState:
    """A zone's state, from whether each of its nodes is ready. Two nodes down are never too many."""
    down = ready.count(False)
    if down == len(ready):
        return ZoneState.FULL_DISRUPTION
    if down > 2 and down / len(ready) >= UNHEALTHY_THRESHOLD:
        return ZoneState.PARTIAL_DISRUPTION
    return ZoneState.NORMAL


def rate_of(state: ZoneState, size: int) -> float:
    """Nodes a second that are given up in a zone of `size` nodes. A small zone that is mostly down is left alone."""
    if state is ZoneState.PARTIAL_DISRUPTION:
        return SECONDARY_EVICTION_RATE if size > LARGE_CLUSTER else 0.0
    return EVICTION_RATE


class ZoneQueue:
    """The nodes of a zone that are to be given up, one after the other.

    Args:
        env: the simulated clock.
        give_up: what is done to a node.
    """

    def __init__(self, env: Environment, give_up: Callable[[str], Sync]) -> None:
        self._env = env
        self._give_up = give_up
        self._waiting: list[str] = []
        self._known: set[str] = set()
        self._rate = EVICTION_RATE
        self._bucket = TokenBucket(env, self._rate, 1)
        self._working = False

    def add(self, node: str) -> None:
        """Give a node up in its turn; once, until it is removed."""
        if node not in self._known:
            self._known.add(node)
            self._waiting.append(node)
            self._work()

    def remove(self, node: str) -> None:
        """The node is well again, or in another trouble."""
        self._known.discard(node)
        if node in self._waiting:
            self._waiting.remove(node)

    def set_rate(self, rate: float) -> None:
        """Nodes a second from now on; 0 stops."""
        if rate == self._rate:
            return
        held_up = self._rate <= 0 or not self._bucket.take()
        self._rate = rate
        if rate > 0:
            self._bucket = TokenBucket(self._env, rate, 1)
            if held_up:
                self._bucket.take()
            self._work()

    def _work(self) -> None:
        if not self._working and self._rate > 0:
            self._working = True
            self._env.process(self._passes())

    def _passes(self) -> Sync:
        yield self._env.timeout(_PASS)
        while self._waiting and self._rate > 0:
            if self._bucket.take():
                yield from self._give_up(self._waiting.pop(0))
            else:
                yield self._env.timeout(_PASS)
        self._working = False
