"""What the managers refuse before anything happens (swarmkit, `manager/controlapi/service.go`)."""

from __future__ import annotations

from sim.swarm.constraints import parse_constraint
from sim.swarm.spec import ServiceSpec, UpdateConfig
from sim.swarm.store import SwarmStore


class SwarmRefusalError(Exception):
    """Something that the swarm does not do.

    Attributes:
        kind: In a few words, of which there are not many: "not scalable".
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def refuse(kind: str, message: str) -> SwarmRefusalError:
    """A refusal to raise."""
    return SwarmRefusalError(kind, message)


def check_spec(spec: ServiceSpec, store: SwarmStore) -> None:
    """Raise `SwarmRefusalError` where a description contradicts itself, or a service that there is."""
    for text in spec.task.placement.constraints:
        try:
            parse_constraint(text)
        except ValueError as error:
            raise refuse("invalid", str(error)) from None
    for config in (spec.update, spec.rollback):
        _check_config(config)
    if spec.replicas < 0 or spec.concurrent < 0:
        raise refuse("invalid", "Number of replicas must be non-negative")
    restart = spec.task.restart
    if restart.delay < 0 or restart.window < 0:
        raise refuse("invalid", "TaskSpec: restart-delay and restart-window cannot be negative")
    _check_ports(spec, store)


def check_change(old: ServiceSpec, new: ServiceSpec) -> None:
    """Raise `SwarmRefusalError` where a service cannot become another."""
    if old.mode != new.mode:
        raise refuse("mode change", "service mode change is not allowed")


def _check_config(config: UpdateConfig) -> None:
    if config.delay < 0 or config.monitor < 0:
        raise refuse("invalid", "TaskSpec: update-delay and update-monitor cannot be negative")
    if not 0 <= config.max_failure_ratio <= 1:
        raise refuse("invalid", "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1")


def _check_ports(spec: ServiceSpec, store: SwarmStore) -> None:
    """A port in ingress mode is one service's alone. In host mode the scheduler looks after it."""
    mine = {(port.protocol, port.published): port.mode for port in spec.ports if port.published}
    for other in store.services.values():
        for port in other.spec.ports if other.spec.name != spec.name else ():
            mode = mine.get((port.protocol, port.published))
            if mode is not None and "ingress" in (mode, port.mode):
                message = f"port '{port.published}' is already in use by service '{other.spec.name}'"
                raise refuse("port in use", message)
