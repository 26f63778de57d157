"""A load as an autoscaler sees it: the cores that ready pods use, as metrics-server tells them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from simpy import Environment

from sim.kubernetes.autoscaler_usage import PodUsage
from sim.kubernetes.objects import KubernetesObject, is_deleting
from sim.kubernetes.pods import is_ready, phase_of

SCRAPE = 15.0
"""Seconds between two looks of metrics-server at the nodes: --metric-resolution. Source: metrics-server 0.7."""


class LoadMetrics:
    """What metrics-server tells of the pods' processors: those that are ready share the load."""

    def __init__(self, env: Environment, cores: Callable[[], float]) -> None:
        self._env, self._cores = env, cores
        self._at, self._total = -SCRAPE, 0.0

    def resource(
        self, pods: Sequence[KubernetesObject], resource: str, container: str
    ) -> Mapping[str, PodUsage] | None:
        """Cores in thousandths, as they were at the last scrape. Nothing of any other resource."""
        del container
        if resource != "cpu":
            return None
        moment = math.floor(self._env.now / SCRAPE) * SCRAPE
        if moment != self._at:
            self._at, self._total = moment, self._cores()
        running = [pod for pod in pods if phase_of(pod) == "Running" and not is_deleting(pod)]
        ready = sum(is_ready(pod) for pod in running)
        share = math.ceil(1000 * self._total / ready) if ready else 0
        return {pod["metadata"]["name"]: PodUsage(share if is_ready(pod) else 0, moment, SCRAPE) for pod in running}

    def custom(self, pods: Sequence[KubernetesObject], metric: str) -> None:
        """There is no such metric."""

    def single(self, kind: str, metric: str) -> None:
        """There is no such metric."""
