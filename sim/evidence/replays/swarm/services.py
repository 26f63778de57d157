"""Services as the engine's API describes them, translated for the model.

What the model does not look at still makes a task another: it is kept as text, and compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sim.lifecycle.health import HealthCheck
from sim.swarm.spec import (
    ServiceMode,
    ServiceSpec,
    TaskPlacement,
    TaskPort,
    TaskResources,
    TaskRestartPolicy,
    TaskSpec,
    UpdateConfig,
)

_NANO = 1e9
_MODES: dict[str, ServiceMode] = {
    "Replicated": "replicated",
    "Global": "global",
    "ReplicatedJob": "replicated-job",
    "GlobalJob": "global-job",
}


def service_spec(service: Mapping[str, Any]) -> ServiceSpec:
    """A service's description, of which `swarm_recording.SERVICE` finds nothing wrong."""
    mode = next((key for key in _MODES if key in service["Mode"]), "Replicated")
    numbers = service["Mode"].get(mode) or {}
    at_once = numbers.get("MaxConcurrent")
    at_once = 1 if at_once is None else at_once
    completions = numbers.get("TotalCompletions")
    job = mode == "ReplicatedJob"
    return ServiceSpec(
        name=service["Name"],
        task=_task(service["TaskTemplate"]),
        mode=_MODES[mode],
        replicas=(at_once if completions is None else completions) if job else numbers.get("Replicas", 1),
        max_concurrent=at_once if job else None,
        update=_update(service.get("UpdateConfig") or {}),
        rollback=_update(service.get("RollbackConfig") or {}),
        ports=tuple(_port(port) for port in (service.get("EndpointSpec") or {}).get("Ports") or ()),
        endpoint=(service.get("EndpointSpec") or {}).get("Mode") or "vip",
        others=json.dumps(_without_empty(service.get("Labels")), sort_keys=True),
    )


def changed(service: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A service with other values at some dotted paths; null takes a path away. The service stays as it was."""
    result: dict[str, Any] = json.loads(json.dumps(service))
    for path in sorted(changes, key=lambda path: path.count(".")):
        *above, last = path.split(".")
        at = result
        for key in above:
            below = at.get(key)
            if not isinstance(below, dict):
                below = at[key] = {}
            at = below
        if changes[path] is None:
            at.pop(last, None)
        else:
            at[last] = changes[path]
    return result


def _task(task: Mapping[str, Any]) -> TaskSpec:
    container = task["ContainerSpec"]
    grace = container.get("StopGracePeriod")
    others = {key: value for key, value in task.items() if key != "Placement"}
    return TaskSpec(
        image=container["Image"].split("@")[0].rpartition(":")[2],
        restart=_restart(task.get("RestartPolicy") or {}),
        placement=_placement(task.get("Placement") or {}),
        reservations=_reservations((task.get("Resources") or {}).get("Reservations") or {}),
        health=_health(container.get("Healthcheck") or {}),
        stop_grace=10.0 if grace is None else grace / _NANO,
        force=task.get("ForceUpdate", 0),
        networks=tuple(json.dumps(network, sort_keys=True) for network in task.get("Networks") or ()),
        others=json.dumps(_without_empty(others), sort_keys=True),
    )


def _without_empty(value: Any) -> Any:
    """The same without what says nothing: the engine's API sends some of it, and some of it not."""
    if isinstance(value, dict):
        kept = {key: _without_empty(entry) for key, entry in value.items()}
        return {key: entry for key, entry in kept.items() if entry not in (None, {}, [], "", False)}
    if isinstance(value, list):
        return [_without_empty(entry) for entry in value]
    return value


def _restart(policy: Mapping[str, Any]) -> TaskRestartPolicy:
    delay = policy.get("Delay")
    return TaskRestartPolicy(
        condition=policy.get("Condition") or "any",
        delay=5.0 if delay is None else delay / _NANO,
        max_attempts=policy.get("MaxAttempts") or 0,
        window=(policy.get("Window") or 0) / _NANO,
    )


def _update(config: Mapping[str, Any]) -> UpdateConfig:
    """As with the engine, a monitor time of 0 stands for the default."""
    return UpdateConfig(
        parallelism=config.get("Parallelism", 1),
        delay=(config.get("Delay") or 0) / _NANO,
        monitor=(config.get("Monitor") or 5 * _NANO) / _NANO,
        failure_action=config.get("FailureAction") or "pause",
        max_failure_ratio=config.get("MaxFailureRatio", 0.0),
        order=config.get("Order") or "stop-first",
    )


def _health(check: Mapping[str, Any]) -> HealthCheck | None:
    """As with the engine, 0 stands for the default."""
    test = check.get("Test") or []
    if not test or test[0] == "NONE":
        return None
    default = HealthCheck()
    return HealthCheck(
        interval=(check.get("Interval") or 0) / _NANO or default.interval,
        retries=check.get("Retries") or default.retries,
        start_period=(check.get("StartPeriod") or 0) / _NANO,
        start_interval=(check.get("StartInterval") or 0) / _NANO,
    )


def _placement(placement: Mapping[str, Any]) -> TaskPlacement:
    spread = [preference.get("Spread") or {} for preference in placement.get("Preferences") or ()]
    return TaskPlacement(
        constraints=tuple(placement.get("Constraints") or ()),
        spread=tuple(one["SpreadDescriptor"] for one in spread if "SpreadDescriptor" in one),
        max_replicas=placement.get("MaxReplicas", 0),
        platforms=tuple((one.get("OS", ""), one.get("Architecture", "")) for one in placement.get("Platforms") or ()),
    )


def _reservations(reserved: Mapping[str, Any]) -> TaskResources:
    generic: dict[str, int] = {}
    for entry in reserved.get("GenericResources") or ():
        for resource in entry.values():
            value = resource.get("Value")
            # A named one, as a device, counts as one of its kind.
            generic[resource.get("Kind", "")] = generic.get(resource.get("Kind", ""), 0) + (
                value if isinstance(value, int) else 1
            )
    return TaskResources(reserved.get("NanoCPUs", 0) / _NANO, reserved.get("MemoryBytes", 0), tuple(generic.items()))


def _port(port: Mapping[str, Any]) -> TaskPort:
    return TaskPort(
        target=port.get("TargetPort", 0),
        published=port.get("PublishedPort", 0),
        protocol=port.get("Protocol") or "tcp",
        mode=port.get("PublishMode") or "ingress",
    )
