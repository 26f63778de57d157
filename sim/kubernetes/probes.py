"""What a pod's probes make of an application that takes some time to answer: when it is ready, or killed.

A probe runs at whole periods after the start of its container, once its initial delay is over. The kubelet's own phase
against that start is left out: it moves all by less than a period. Source: Kubernetes 1.32, pkg/kubelet/prober.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sim.kubernetes.objects import KubernetesObject, spec_of
from sim.kubernetes.pod_run import PodPlan

KILLED = 137
"""The exit code of a container that was killed: 128 and the number of SIGKILL."""

ProbeFields = Mapping[str, Any]


def probed_plan(pod: KubernetesObject, start: float, answers_after: float, termination: float) -> PodPlan:
    """The plan of a pod whose application answers some seconds after its container starts.

    The slowest container decides when the pod is ready, and the first that is killed when it restarts.

    Args:
        pod: its containers' probes are read.
        start: seconds from bound to running.
        answers_after: seconds from running until the application answers.
        termination: seconds that the application needs to end; no more than its grace period.
    """
    ready, killed = 0.0, math.inf
    for container in spec_of(pod).get("containers") or ():
        one_ready, one_killed = _outcome(container, answers_after)
        ready, killed = max(ready, one_ready), min(killed, one_killed)
    grace = spec_of(pod).get("terminationGracePeriodSeconds")
    return PodPlan(
        start=start,
        ready=None if killed <= ready else ready,
        termination=min(termination, 30.0 if grace is None else float(grace)),
        exit_after=None if killed == math.inf else killed,
        exit_code=KILLED,
    )


def _outcome(container: Mapping[str, Any], answers_after: float) -> tuple[float, float]:
    """When a container is ready, and when it is killed, in seconds after its start; infinity where it never is."""
    begun = 0.0
    startup = container.get("startupProbe")
    if startup is not None:
        begun = _answered(startup, answers_after)
        killed = _given_up(startup)
        if killed < begun:
            return math.inf, killed
    liveness, readiness = container.get("livenessProbe"), container.get("readinessProbe")
    killed = _given_up(liveness, begun) if liveness is not None else math.inf
    if liveness is not None and _answered(liveness, answers_after, begun) <= killed:
        killed = math.inf
    if readiness is None:
        return begun, killed
    more = (readiness.get("successThreshold") or 1) - 1
    return _answered(readiness, answers_after, begun) + more * _period(readiness), killed


def _answered(probe: ProbeFields, answers_after: float, begun: float = 0.0) -> float:
    """When a probe succeeds first."""
    return _tick(probe, max(answers_after, begun, float(probe.get("initialDelaySeconds") or 0)), begun)


def _given_up(probe: ProbeFields, begun: float = 0.0) -> float:
    """When a probe has failed as often as it may, if it never succeeds."""
    first = _tick(probe, max(begun, float(probe.get("initialDelaySeconds") or 0)), begun)
    return first + ((probe.get("failureThreshold") or 3) - 1) * _period(probe)


def _tick(probe: ProbeFields, moment: float, begun: float) -> float:
    return begun + math.ceil((moment - begun) / _period(probe)) * _period(probe)


def _period(probe: ProbeFields) -> float:
    return float(probe.get("periodSeconds") or 10)
