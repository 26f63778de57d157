"""When a Kubernetes service sends a pod requests: its endpoints are written, and every node's kube-proxy follows.

All nodes' proxies see the same changes and follow at the same time. So one stands for all. What rules cost a node that
has many of them is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simpy import Environment

from sim.engine.tokens import TokenBucket
from sim.kubernetes.controllers.base import ControlPlaneTimes, call_in

LEAST_SYNC = 1.0
"""Seconds between two syncs of the rules, once the burst is used up: iptables.minSyncPeriod of kube-proxy's
configuration. Source: Kubernetes 1.32, pkg/proxy/apis/config/v1alpha1/defaults.go."""
BURST = 2
"""Syncs that may follow each other at once. Source: Kubernetes 1.32, pkg/proxy/iptables/proxier.go, burstSyncs."""
RULES = 0.05
"""Seconds that a sync takes: an estimate, for a few hundred rules of iptables-restore."""

Listed = Callable[[str, bool], None]
"""Told of a pod by its UID that the rules have it now, or have it no more."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A pod as its service's endpoint slice has it.

    Attributes:
        serving: Whether it is ready.
        terminating: Whether it is being deleted.
    """

    serving: bool
    terminating: bool


class ServiceRules:
    """The rules of one service on every node.

    A pod that is being deleted is left out, unless no other is ready and it still is (KEP-1669, since 1.28).
    """

    def __init__(self, env: Environment, times: ControlPlaneTimes, listed: Listed) -> None:
        self._env = env
        self._delay = times.watch + times.request + times.watch
        self._listed = listed
        self._endpoints: dict[str, Endpoint] = {}
        self._rules: set[str] = set()
        self._bucket = TokenBucket(env, 1 / LEAST_SYNC, BURST)
        self._last = float("-inf")
        self._due = False

    def tell(self, uid: str, endpoint: Endpoint | None) -> None:
        """A pod has changed; None where it is gone. The proxies hear of it when its slice is written."""
        call_in(self._env, self._delay, lambda: self._heard(uid, endpoint))

    def _heard(self, uid: str, endpoint: Endpoint | None) -> None:
        if endpoint is None:
            self._endpoints.pop(uid, None)
        else:
            self._endpoints[uid] = endpoint
        if not self._due:
            self._due = True
            self._try()

    def _try(self) -> None:
        if self._bucket.take():
            self._last = self._env.now
            call_in(self._env, RULES, self._sync)
        else:
            call_in(self._env, max(1e-6, self._last + LEAST_SYNC - self._env.now), self._try)

    def _sync(self) -> None:
        self._due = False
        ready = {uid for uid, one in self._endpoints.items() if one.serving and not one.terminating}
        wanted = ready or {uid for uid, one in self._endpoints.items() if one.serving}
        for uid in sorted(self._rules - wanted):
            self._listed(uid, False)
        for uid in sorted(wanted - self._rules):
            self._listed(uid, True)
        self._rules = wanted
