"""Services of a canonical model, with what compose-go adds: networks, and dependencies that are implied.

Source: loader/normalize.go of compose-go v2.4.8. What does not fit the schema is left out here; the schema names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sim.compose.reading.findings import Findings
from sim.compose.reading.model import ComposeService, ServiceDependency, ServiceHealthCheck, ServiceMount
from sim.compose.reading.ports import PortError, PublishedPort, port_range
from sim.yamlnodes import KeyPath, YamlNode, plain

_PART = re.compile(r"([0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = re.compile(r"[0-9]+(?:\.[0-9]+)? ?(?:[kmgtp]?i?b?)", re.IGNORECASE)


def seconds(text: str) -> float | None:
    """A duration as Go writes it; None where it is none.

    >>> seconds("1m30s"), seconds("0"), seconds("10")
    (90.0, 0.0, None)
    """
    bare = text.removeprefix("-").removeprefix("+")
    if bare == "0":
        return 0.0
    parts = _PART.findall(bare)
    if not bare or "".join(number + unit for number, unit in parts) != bare:
        return None
    total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return -total if text.startswith("-") else total


class ServiceReader:
    """Reads one service of the model."""

    def __init__(self, name: str, node: YamlNode, environment: Mapping[str, str], findings: Findings) -> None:
        self.name, self.node, self.environment, self.findings = name, node, environment, findings
        self.place: KeyPath = ("services", name)

    def service(self) -> ComposeService:
        """The service."""
        deploy = self.mapping("deploy")
        return ComposeService(
            name=self.name,
            image=self.text("image"),
            builds="build" in self.node.value,
            scale=self._scale(deploy),
            depends_on=self._dependencies(),
            health=self._health(),
            restart=self._restart(deploy),
            stop_signal=self.text("stop_signal"),
            stop_grace=self._duration(self.node.value, "stop_grace_period", self.place),
            init=self.node.value["init"].value is True if "init" in self.node.value else False,
            container_name=self.text("container_name"),
            pull_policy=self.text("pull_policy"),
            profiles=tuple(self.texts("profiles")),
            ports=tuple(port for item in self.items("ports") if (port := _port(item)) is not None),
            mounts=tuple(_mount(item) for item in self.items("volumes") if isinstance(item.value, dict)),
            networks=self._networks(),
            network_mode=self.text("network_mode"),
            secrets=tuple(self._granted("secrets")),
            configs=tuple(self._granted("configs")),
            environment=self._environment(),
            env_files=tuple(
                _text(item.value, "path") for item in self.items("env_file") if isinstance(item.value, dict)
            ),
            config=self._config(),
        )

    def text(self, key: str) -> str:
        """A text of the service; "" where there is none."""
        return _text(self.node.value, key)

    def texts(self, key: str) -> list[str]:
        """A list of texts of the service."""
        return [item.value for item in self.items(key) if isinstance(item.value, str)]

    def items(self, key: str) -> list[YamlNode]:
        """A list of the service; empty where there is none."""
        found = self.node.value.get(key)
        return found.value if found is not None and isinstance(found.value, list) else []

    def _mappings(self, key: str) -> list[YamlNode]:
        return [item for item in self.items(key) if isinstance(item.value, dict)]

    def mapping(self, key: str) -> dict[str, YamlNode]:
        """A mapping of the service; empty where there is none."""
        found = self.node.value.get(key)
        return found.value if found is not None and isinstance(found.value, dict) else {}

    def _scale(self, deploy: Mapping[str, YamlNode]) -> int:
        for given in (self.node.value.get("scale"), deploy.get("replicas")):
            if given is not None and isinstance(given.value, int) and not isinstance(given.value, bool):
                return int(given.value)
        return 1

    def _restart(self, deploy: Mapping[str, YamlNode]) -> str:
        """The engine's policy. Source: docker/compose v2.26.1, pkg/compose/create.go, getRestartPolicy."""
        policy = deploy.get("restart_policy")
        if policy is None or not isinstance(policy.value, dict):
            return self.text("restart") or "no"
        condition = {"none": "no", "any": "always", "": "no"}.get(
            _text(policy.value, "condition"), _text(policy.value, "condition")
        )
        attempts = policy.value.get("max_attempts")
        limit = attempts.value if attempts is not None and isinstance(attempts.value, int) else 0
        return f"{condition}:{limit}" if limit and condition == "on-failure" else condition

    def _duration(self, given: Mapping[str, YamlNode], key: str, place: KeyPath) -> float | None:
        found = given.get(key)
        if found is None or not isinstance(found.value, str):
            return None
        value = seconds(found.value)
        if value is None:
            message = f"{found.value!r} is no duration; expected one as in '1m30s'"
            self.findings.add(found, message, (*place, key), "wrong type")
        return value

    def _health(self) -> ServiceHealthCheck | None:
        given = self.mapping("healthcheck")
        if not given:
            return None
        test = given.get("test")
        words: tuple[str, ...] = ()
        if test is not None:
            words = ("CMD-SHELL", test.value) if isinstance(test.value, str) else tuple(_strings(test))
        place = (*self.place, "healthcheck")
        retries = given["retries"].value if "retries" in given else None
        names = ("interval", "timeout", "start_period", "start_interval")
        times = {name: self._duration(given, name, place) for name in names}
        disabled = "disable" in given and given["disable"].value is True
        return ServiceHealthCheck(
            test=words, retries=int(retries) if isinstance(retries, int | float) else None, disabled=disabled, **times
        )

    def _dependencies(self) -> dict[str, ServiceDependency]:
        found = {
            name: ServiceDependency(
                _text(item.value, "condition") or "service_started",
                "restart" in item.value and item.value["restart"].value is True,
                not ("required" in item.value and item.value["required"].value is False),
            )
            for name, item in self.mapping("depends_on").items()
            if isinstance(item.value, dict)
        }
        for link in self.texts("links"):
            parts = link.split(":")
            found.setdefault(parts[0] if len(parts) == 2 else link, ServiceDependency(restart=True))
        for key in ("network_mode", "ipc", "pid", "uts", "cgroup"):
            mode = self.text(key)
            if mode.startswith("service:"):
                found.setdefault(mode.removeprefix("service:"), ServiceDependency(restart=True, order_only=True))
        for source in self.texts("volumes_from"):
            if not source.startswith("container:"):
                found.setdefault(source.split(":")[0], ServiceDependency(order_only=True))
        return found

    def _networks(self) -> tuple[str, ...]:
        if "networks" in self.node.value:
            return tuple(self.mapping("networks"))
        return () if "network_mode" in self.node.value else ("default",)

    def _granted(self, key: str) -> list[str]:
        return [_text(item.value, "source") for item in self._mappings(key)]

    def _environment(self) -> dict[str, str | None]:
        given = self.node.value.get("environment")
        found: dict[str, str | None] = {}
        if given is not None and isinstance(given.value, dict):
            found = {name: None if item.value is None else _written(item.value) for name, item in given.value.items()}
        for text in self.texts("environment"):
            name, equals, value = text.partition("=")
            found[name] = value if equals else None
        passed = {name: self.environment.get(name) for name, value in found.items() if value is None}
        return {name: passed.get(name) if value is None else value for name, value in found.items()}

    def _config(self) -> dict[str, Any]:
        left_out = ("environment", "env_file", "extends")
        whole: dict[str, Any] = plain(self.node)
        return {key: value for key, value in whole.items() if key not in left_out and not key.startswith("x-")}


def _written(value: Any) -> str:
    """A scalar as Go's fmt prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else str(value)


def _text(given: Mapping[str, YamlNode], key: str) -> str:
    found = given.get(key)
    return found.value if found is not None and isinstance(found.value, str) else ""


def _strings(node: YamlNode) -> list[str]:
    items = node.value if isinstance(node.value, list) else []
    return [item.value for item in items if isinstance(item.value, str)]


def _port(item: YamlNode) -> PublishedPort | None:
    """A port of the long form; None where it does not fit the schema."""
    if not isinstance(item.value, dict) or "target" not in item.value:
        return None
    try:
        target = port_range(str(item.value["target"].value))
        published = item.value.get("published")
        text = str(published.value) if published is not None and published.value not in (None, "", 0, "0") else ""
        host = port_range(text) if text else None
    except PortError:
        return None
    return PublishedPort(target, host, _text(item.value, "host_ip"), _text(item.value, "protocol") or "tcp")


def _mount(item: YamlNode) -> ServiceMount:
    bind = item.value.get("bind")
    creates = bind is not None and isinstance(bind.value, dict) and "create_host_path" in bind.value
    return ServiceMount(
        kind=_text(item.value, "type"),
        source=_text(item.value, "source"),
        target=_text(item.value, "target"),
        create=creates and bind.value["create_host_path"].value is True,
        read_only="read_only" in item.value and item.value["read_only"].value is True,
    )


def check_sizes(name: str, node: YamlNode, findings: Findings) -> None:
    """Sizes that compose-go parses when it makes a service of the model."""
    for key in ("mem_limit", "mem_reservation", "memswap_limit", "shm_size"):
        found = node.value.get(key)
        text = found.value if found is not None else None
        if isinstance(text, str) and not _BYTES.fullmatch(text) and text not in ("-1", ""):
            message = f"{text!r} is no size; expected bytes, or a number with a unit as in '512m'"
            findings.add(found, message, ("services", name, key), "wrong type")
