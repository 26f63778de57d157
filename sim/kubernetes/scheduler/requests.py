"""What a pod asks of a node: its containers' requests, those of its init containers and sidecars, and its overhead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.kubernetes.quantities import millis

UNSAID_CPU = 100
"""Milli-cores that a score counts for a container which asks for none (pkg/scheduler/util/pod_resources.go)."""

UNSAID_MEMORY = 200 * 2**20
"""Bytes, in the same way."""

Amounts = dict[str, int]
"""Resource to amount: milli-cores of "cpu", whole ones of anything else."""

NODE_RESOURCES = ("cpu", "memory", "ephemeral-storage")
"""What every node has, and a pod may ask for by these names."""


class PodRequests(NamedTuple):
    """What a pod asks for, and what the score NodeResourcesFit counts of cores and memory."""

    amounts: Amounts
    scored_cpu: int
    scored_memory: int


def pod_requests(spec: Mapping[str, Any]) -> PodRequests:
    """The requests of a pod's `spec`.

    Containers run together, so theirs add up. Init containers run one by one, beside the sidecars that started before
    them (init containers with `restartPolicy: Always`, which then go on running).
    """
    asked = _total(spec, {})
    scored = _total(spec, {"cpu": UNSAID_CPU, "memory": UNSAID_MEMORY * 1000})
    amounts = {name: amount(name, size) for name, size in asked.items() if counted(name)}
    return PodRequests(amounts, scored.get("cpu", 0), amount("memory", scored.get("memory", 0)))


def amount(resource: str, in_milli: int) -> int:
    """Thousandths in the unit that the scheduler counts a resource in, rounded up."""
    return in_milli if resource == "cpu" else -(-in_milli // 1000)


def counted(resource: str) -> bool:
    """Whether the scheduler counts a resource: not a name without a domain that it does not know."""
    return resource in NODE_RESOURCES or is_scalar(resource)


def is_scalar(resource: str) -> bool:
    """Whether it is an extended resource, huge pages, or a limit on attached volumes."""
    prefixes = ("hugepages-", "attachable-volumes-")
    return ("/" in resource or resource.startswith(prefixes)) and not resource.startswith("requests.")


def _total(spec: Mapping[str, Any], unsaid: Mapping[str, int]) -> Amounts:
    """The sum in thousandths. unsaid: what a container asks for that says nothing of a resource."""
    total: Amounts = {}
    sidecars: Amounts = {}
    most: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _asked(container, unsaid))
    for container in spec.get("initContainers") or ():
        asked = _asked(container, unsaid)
        if container.get("restartPolicy") == "Always":
            _add(total, asked)
            _add(sidecars, asked)
            asked = sidecars
        else:
            _add(asked, sidecars)
        for name, size in asked.items():
            most[name] = max(most.get(name, 0), size)
    for name, size in most.items():
        total[name] = max(total.get(name, 0), size)
    _add(total, {name: millis(size) for name, size in (spec.get("overhead") or {}).items()})
    return total


def _asked(container: Mapping[str, Any], unsaid: Mapping[str, int]) -> Amounts:
    requests = (container.get("resources") or {}).get("requests") or {}
    return {**unsaid, **{name: millis(size) for name, size in requests.items()}}


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, size in more.items():
        total[name] = total.get(name, 0) + size
