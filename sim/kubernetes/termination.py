"""How long a container takes from the order to end until it has: its preStop hook, its turn, TERM, and KILL.

Sources: Kubernetes 1.32, pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer, executePreStopHook) and
kuberuntime_termination_order.go, and kubernetes.io, Pod Lifecycle: a hook that takes up the grace period leaves two
more seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

KILLED, TERMINATED = 137, 143
"""Exit codes of a process that a signal ended: 128, and the number of SIGKILL or SIGTERM."""

GRACE = 30.0
"""Seconds that a pod's containers get to end where it does not say: terminationGracePeriodSeconds."""

_LEAST = 2.0
"""Seconds between TERM and KILL where the hook has taken the grace period: minimumGracePeriodInSeconds."""

_SLEEP = re.compile(r"(?:\S*/)?sleep\s+(\d{1,9}(?:\.\d{1,9})?)s?\s*$")


class Termination(NamedTuple):
    """How a container ends.

    Attributes:
        term: Seconds until it is sent TERM.
        ends: Seconds until it has ended.
        code: What it exits with.
    """

    term: float
    ends: float
    code: int


def termination(
    container: Mapping[str, Any], grace: float, on_term: float | None, hook: float, turn: float = 0.0
) -> Termination:
    """How a container ends that is told to, from now on.

    A hook runs at once. Then the container waits for its turn, but no longer than its grace period; whole seconds of
    that are taken from it.

    Args:
        container: As a pod's spec has it.
        grace: Seconds that it gets. A pod that is deleted with none gets one second.
        on_term: Seconds that its application needs from TERM on; None where it does not hear it.
        hook: Seconds that its preStop hook takes, where the manifest does not say.
        turn: Seconds until those have ended that end before it does: of a sidecar.
    """
    grace = max(grace, 1.0)
    pre_stop = (container.get("lifecycle") or {}).get("preStop")
    hooked = 0.0 if pre_stop is None else min(_hook_seconds(pre_stop, hook), grace)
    waited = min(max(turn - hooked, 0.0), grace - hooked)
    term, left = hooked + waited, grace - hooked - math.floor(waited)
    if pre_stop is not None or waited:
        left = max(left, _LEAST)
    if on_term is None or on_term > left:
        return Termination(term, term + left, KILLED)
    return Termination(term, term + on_term, TERMINATED)


def grace_of(pod_spec: Mapping[str, Any], probe: Mapping[str, Any] | None = None) -> float:
    """Seconds that containers get to end: a probe's own for those that it kills, or the pod's."""
    for fields in (probe or {}, pod_spec):
        seconds = fields.get("terminationGracePeriodSeconds")
        if seconds is not None:
            return float(seconds)
    return GRACE


def _hook_seconds(pre_stop: Mapping[str, Any], otherwise: float) -> float:
    """What a hook takes that sleeps, as `sleep` or by a command; another one takes what is given."""
    if "sleep" in pre_stop:
        return float((pre_stop["sleep"] or {}).get("seconds") or 0)
    command = (pre_stop.get("exec") or {}).get("command") or ()
    if not command:
        return otherwise
    shell = len(command) > 2  # as sh -c "sleep 5"; else the program and its argument
    found = _SLEEP.fullmatch(str(command[-1]) if shell else " ".join(map(str, command)))
    return float(found[1]) if found else otherwise
