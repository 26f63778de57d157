"""A compose project as the model has it: services with what decides when and how often their containers start."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.compose.reading.findings import Findings
from sim.compose.reading.ports import PublishedPort

STARTED, HEALTHY, COMPLETED = "service_started", "service_healthy", "service_completed_successfully"
"""What a service may wait for."""


class ServiceDependency(NamedTuple):
    """What one service waits for of another.

    Attributes:
        restart: Whether it is restarted where that one is, by a command.
        required: Whether it fails where that one does.
        order_only: Whether it only starts after that one, since it shares a namespace or volumes with it. Nothing says
            that it asks anything of it.
    """

    condition: str = STARTED
    restart: bool = False
    required: bool = True
    order_only: bool = False


class ServiceHealthCheck(NamedTuple):
    """A health check as the file has it; None: the engine's default. Durations in s. test is empty for none."""

    test: tuple[str, ...] = ()
    interval: float | None = None
    timeout: float | None = None
    retries: int | None = None
    start_period: float | None = None
    start_interval: float | None = None
    disabled: bool = False

    @property
    def runs(self) -> bool:
        """Whether there is anything to run. An empty test leaves the image's own, which the file does not know."""
        return bool(self.test) and not self.disabled and self.test[0] != "NONE"


class ServiceMount(NamedTuple):
    """What a container has at a path. kind: volume, bind, tmpfs and others. create: make a missing path of the host."""

    kind: str
    source: str
    target: str
    create: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class ComposeService:
    """One service.

    Attributes:
        config: All that makes a container of it, as plain values; where that changes, containers are made anew.
        extends: What it is based on, as it was written.
    """

    name: str
    image: str = ""
    builds: bool = False
    scale: int = 1
    depends_on: Mapping[str, ServiceDependency] = field(default_factory=dict)
    health: ServiceHealthCheck | None = None
    restart: str = "no"
    stop_signal: str = ""
    stop_grace: float | None = None
    init: bool = False
    container_name: str = ""
    pull_policy: str = ""
    profiles: tuple[str, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    mounts: tuple[ServiceMount, ...] = ()
    networks: tuple[str, ...] = ()
    network_mode: str = ""
    secrets: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    extends: Any = None
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """What tells two versions of a service apart. Source: docker/compose v2.26.1, pkg/compose/hash.go."""
        deploy = {key: value for key, value in (self.config.get("deploy") or {}).items() if key != "replicas"}
        kept = {key: value for key, value in self.config.items() if key not in ("build", "pull_policy", "scale")}
        whole = kept | {"environment": dict(self.environment)} | ({"deploy": deploy} if "deploy" in kept else {})
        return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class ComposeProject:
    """A project whose files are read.

    Attributes:
        services: Those that a command sees.
        disabled: Those whose profiles are not active.
        secrets, configs: The file of each, "" where it is none.
        external: What is made elsewhere, as "volumes.data".
        unset: Secrets and configs whose variable has no value, in the same way.
        files: What was read, in order.
        ignored: Dotted paths of what the model leaves out. Unknown keys are among the findings instead.
    """

    name: str
    folder: str
    services: Mapping[str, ComposeService]
    disabled: Mapping[str, ComposeService] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)
    external: frozenset[str] = frozenset()
    unset: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    findings: Findings = field(default_factory=Findings)
