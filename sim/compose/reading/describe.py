"""A project as plain JSON values: what `inspect` answers."""

from __future__ import annotations

from typing import Any

from sim.compose.reading.model import ComposeProject, ComposeService, ServiceHealthCheck
from sim.compose.reading.order import start_order
from sim.errors import Problem, first_of


def describe(project: ComposeProject) -> dict[str, Any]:
    """{"kind": "compose", "name", "files", "services", "start_order", "ignored", "warnings", "problems", ...}.

    services: of each what it waits for and how, its replicas and every field that is read, under its own name, and
    the fields that the model ignores. Those whose profiles are not active are there too, with "enabled" false, and in
    no wave of the start order. ignored: dotted paths of all that the model leaves out, but of no unknown keys: those
    are problems. problems, warnings: {"file", "line", "path", "message"} each. refused: whether docker compose ends
    at one of the problems before it starts anything; what stands in services and start_order is then no plan. And
    volumes, networks, secrets and configs: what stands for each.
    """
    every = {**project.services, **project.disabled}
    return {
        "kind": "compose",
        "name": project.name,
        "files": list(project.files),
        "services": {
            name: _service(service, name in project.services, project.ignored) for name, service in every.items()
        },
        "start_order": start_order(project.services),
        "volumes": dict(project.volumes),
        "networks": dict(project.networks),
        "secrets": dict(project.secrets),
        "configs": dict(project.configs),
        "ignored": list(project.ignored),
        "warnings": [_problem(one) for one in first_of(project.findings.warnings)],
        "refused": project.findings.refused is not None,
        "problems": [_problem(one) for one in first_of(found.problem for found in project.findings.wrong)],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "path": problem.path, "message": problem.message}


def _service(service: ComposeService, enabled: bool, left_out: tuple[str, ...]) -> dict[str, Any]:
    before = f"services.{service.name}."
    return {
        "image": service.image,
        "build": service.builds,
        "enabled": enabled,
        "profiles": list(service.profiles),
        "replicas": service.scale,
        "depends_on": {name: one._asdict() for name, one in service.depends_on.items()},
        "healthcheck": _health(service.health),
        "restart": service.restart,
        "ports": [str(port) for port in service.ports],
        "volumes": [mount._asdict() for mount in service.mounts],
        "networks": list(service.networks),
        "secrets": list(service.secrets),
        "configs": list(service.configs),
        "environment": dict(service.environment),
        "env_file": list(service.env_files),
        **({"extends": service.extends} if service.extends is not None else {}),
        **{key: service.config[key] for key in _AS_WRITTEN if key in service.config},
        "ignored": [path.removeprefix(before) for path in left_out if path.startswith(before)],
    }


_AS_WRITTEN = (
    "command", "entrypoint", "container_name", "deploy", "init", "ipc", "pid", "uts", "cgroup", "links",
    "network_mode", "pull_policy", "scale", "stop_grace_period", "stop_signal", "volumes_from",
)  # fmt: skip
"""Fields that are shown as the file has them."""


def _health(health: ServiceHealthCheck | None) -> dict[str, Any] | None:
    if health is None:
        return None
    return {**health._asdict(), "test": list(health.test)}
