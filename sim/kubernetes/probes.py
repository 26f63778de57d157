"""What a container's probes make of an application that takes some time to answer: when it is ready, or killed.

A probe runs at whole periods after the start of its container, once its initial delay is over. The kubelet's own phase
against that start is left out: it moves all by less than a period. Source: Kubernetes 1.32, pkg/kubelet/prober.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from sim.never import NEVER

ProbeFields = Mapping[str, Any]
ProbeKind = Literal["startupProbe", "livenessProbe"]


class ProbeOutcome(NamedTuple):
    """What comes of a container's probes, in seconds after its start; infinity for what never happens.

    Attributes:
        ready: When it is ready.
        killed: When it is killed.
        by: The probe that it is killed for; None where it is not.
    """

    ready: float
    killed: float
    by: ProbeKind | None


def probe_outcome(container: Mapping[str, Any], answers_after: float) -> ProbeOutcome:
    """What comes of the probes where the application answers so many seconds after its container's start.

    Args:
        container: As a pod's spec has it.
        answers_after: Infinity where it never answers.
    """
    begun = 0.0
    startup = container.get("startupProbe")
    if startup is not None:
        begun, killed = _answered(startup, answers_after), _given_up(startup)
        if killed < begun:
            return ProbeOutcome(NEVER, killed, "startupProbe")
    liveness, readiness = container.get("livenessProbe"), container.get("readinessProbe")
    killed = NEVER
    by: ProbeKind | None = None
    if liveness is not None and _given_up(liveness, begun) < _answered(liveness, answers_after, begun):
        killed, by = _given_up(liveness, begun), "livenessProbe"
    if readiness is None:
        return ProbeOutcome(begun, killed, by)
    more = (readiness.get("successThreshold") or 1) - 1
    return ProbeOutcome(_answered(readiness, answers_after, begun) + more * _period(readiness), killed, by)


def silence_outcome(container: Mapping[str, Any], silent_after: float) -> ProbeOutcome:
    """What comes of it where a ready application answers no more: `ready` is when it is ready no more.

    Args:
        container: As a pod's spec has it.
        silent_after: Seconds after the container's start.
    """
    readiness, liveness = container.get("readinessProbe"), container.get("livenessProbe")
    unready = NEVER if readiness is None else _failed(readiness, silent_after)
    killed = NEVER if liveness is None else _failed(liveness, silent_after)
    return ProbeOutcome(unready, killed, None if liveness is None else "livenessProbe")


def _answered(probe: ProbeFields, answers_after: float, begun: float = 0.0) -> float:
    """When a probe succeeds first."""
    return _tick(probe, max(answers_after, begun, _delay(probe)), begun)


def _given_up(probe: ProbeFields, begun: float = 0.0) -> float:
    """When a probe has failed as often as it may, if it never succeeds."""
    return _failed(probe, max(begun, _delay(probe)), begun)


def _failed(probe: ProbeFields, silent_after: float, begun: float = 0.0) -> float:
    """When a probe has failed as often as it may, from a moment on at which nothing answers."""
    return _tick(probe, silent_after, begun) + ((probe.get("failureThreshold") or 3) - 1) * _period(probe)


def _tick(probe: ProbeFields, moment: float, begun: float) -> float:
    if math.inf in (moment, begun):
        return NEVER
    return begun + math.ceil((moment - begun) / _period(probe)) * _period(probe)


def _delay(probe: ProbeFields) -> float:
    return float(probe.get("initialDelaySeconds") or 0)


def _period(probe: ProbeFields) -> float:
    return float(probe.get("periodSeconds") or 10)
