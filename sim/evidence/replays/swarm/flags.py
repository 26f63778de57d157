"""`docker service create` and `update` as they are typed, for commands whose result is not recorded.

Flags that the model does not look at make the service another one: each is kept under the name that it has here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class ServiceCommand(NamedTuple):
    """A command: its flags in order, each with a value ("" where it takes none), and its other words."""

    flags: list[tuple[str, str]]
    words: list[str]

    def has(self, *names: str) -> bool:
        """Whether one of these flags is set, and not to false."""
        return any(name in names and value != "false" for name, value in self.flags)


_ALONE = {
    "-d", "--detach", "-q", "--quiet", "--force", "-f", "--rollback", "--no-healthcheck", "--no-resolve-image",
    "--with-registry-auth", "--init", "-t", "--tty", "--read-only",
}  # fmt: skip
"""Flags that take no value."""

_NOT_THE_SERVICE = {
    "-d", "--detach", "-q", "--quiet", "--rollback", "--no-resolve-image", "--with-registry-auth", "--name", "--mode",
}  # fmt: skip
"""Flags that say nothing that is kept of a service, or are read elsewhere."""


def read_command(words: Sequence[str]) -> ServiceCommand:
    """The flags and the other words of what follows `docker service create`."""
    flags: list[tuple[str, str]] = []
    others: list[str] = []
    left = iter(words)
    for word in left:
        if not word.startswith("-") or others:
            others.append(word)
            continue
        name, sign, value = word.partition("=")
        if not sign and name not in _ALONE:
            value = next(left, "")
        flags.append((name, value))
    return ServiceCommand(flags, others)


def is_understood(command: ServiceCommand) -> bool:
    """Whether it is known what each of its flags changes."""
    return all(name in _FLAGS or name in _NOT_THE_SERVICE for name, _ in command.flags)


def created_by(command: ServiceCommand) -> dict[str, Any]:
    """The service that `docker service create` makes. Raises `ValueError` where a value cannot be read."""
    values = dict(command.flags)
    mode = values.get("--mode", "replicated")
    service: dict[str, Any] = {
        "Name": values.get("--name", ""),
        "TaskTemplate": {"ContainerSpec": {"Image": command.words[0] if command.words else ""}},
        "Mode": {_MODES.get(mode, "Replicated"): {}},
        "EndpointSpec": {"Mode": "vip"},
    }
    if "replicated" in mode:
        _set_replicas(service, values.get("--replicas", "1"))
    if len(command.words) > 1:
        service["TaskTemplate"]["ContainerSpec"]["Args"] = command.words[1:]
    return updated_by(service, command)


def updated_by(service: dict[str, Any], command: ServiceCommand) -> dict[str, Any]:
    """The service with what a command's flags change. Raises `ValueError` where a value cannot be read."""
    for name, value in command.flags:
        if name in _FLAGS:
            _FLAGS[name](service, value)
        elif name not in _NOT_THE_SERVICE:
            _part(service, "TaskTemplate.ContainerSpec").setdefault(name, []).append(value)
    return service


_MODES = {
    "replicated": "Replicated",
    "global": "Global",
    "replicated-job": "ReplicatedJob",
    "global-job": "GlobalJob",
}

_Change = Callable[[dict[str, Any], str], None]


def _part(service: dict[str, Any], path: str) -> dict[str, Any]:
    at = service
    for key in path.split("."):
        if not isinstance(at.get(key), dict):
            at[key] = {}
        at = at[key]
    return at


def _to(path: str, read: Callable[[str], Any]) -> _Change:
    above, _, last = path.rpartition(".")

    def change(service: dict[str, Any], value: str) -> None:
        _part(service, above)[last] = read(value)

    return change


def _list(path: str, read: Callable[[str], Any], remove: bool = False) -> _Change:
    above, _, last = path.rpartition(".")

    def change(service: dict[str, Any], value: str) -> None:
        part = _part(service, above)
        entries = list(part.get(last) or [])
        entry = read(value)
        part[last] = [one for one in entries if one != entry] + ([] if remove else [entry])

    return change


def _set_replicas(service: dict[str, Any], value: str) -> None:
    mode = service["Mode"]
    if "ReplicatedJob" in mode:
        mode["ReplicatedJob"]["TotalCompletions"] = _whole(value)
        mode["ReplicatedJob"].setdefault("MaxConcurrent", _whole(value))
    elif "Replicated" in mode:
        mode["Replicated"]["Replicas"] = _whole(value)


def _force(service: dict[str, Any], value: str) -> None:
    if value != "false":
        task = service["TaskTemplate"]
        task["ForceUpdate"] = task.get("ForceUpdate", 0) + 1


def _no_health(service: dict[str, Any], value: str) -> None:
    if value != "false":
        service["TaskTemplate"]["ContainerSpec"]["Healthcheck"] = {"Test": ["NONE"]}


def _whole(text: str) -> int:
    return int(text)


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def _nanoseconds(text: str) -> int:
    """A duration as Go writes it: "1m30s"."""
    if text == "0":
        return 0
    parts = re.findall(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ns|us|µs|ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration; expected one like 1m30s")
    return sum(round(float(number) * _UNITS[unit]) for number, unit in parts)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,15})([bkmg]?)b?", text.lower())
    if not found:
        raise ValueError(f"{text!r} is no size; expected one like 64m")
    factor: int = 1024 ** " kmg".index(found[2].replace("b", "") or " ")
    return int(found[1]) * factor


def _cpus(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise ValueError(f"{text!r} is no number of cores; expected one like 0.5")
    return round(float(text) * 1e9)


def _constraint(text: str) -> str:
    return text


def _preference(text: str) -> Mapping[str, Any]:
    return {"Spread": {"SpreadDescriptor": text.removeprefix("spread=")}}


def _published(text: str) -> Mapping[str, Any]:
    """A published port, short ("8080:80/udp") or long ("mode=host,target=80,published=8080")."""
    if "=" in text:
        fields = dict(part.partition("=")[::2] for part in text.split(","))
    else:
        ports, _, protocol = text.partition("/")
        published, _, target = ports.rpartition(":")
        fields = {"published": published or "0", "target": target, "protocol": protocol or "tcp"}
    return {
        "Protocol": fields.get("protocol", "tcp"),
        "TargetPort": int(fields.get("target", "0")),
        "PublishedPort": int(fields.get("published", "0")),
        "PublishMode": fields.get("mode", "ingress"),
    }


def _network(text: str) -> Mapping[str, Any]:
    return {"Target": text}


_RESTART, _HEALTH = "TaskTemplate.RestartPolicy", "TaskTemplate.ContainerSpec.Healthcheck"
_PLACEMENT, _PORTS = "TaskTemplate.Placement", "EndpointSpec.Ports"
_RESOURCES = "TaskTemplate.Resources"

_FLAGS: dict[str, _Change] = {
    "--image": _to("TaskTemplate.ContainerSpec.Image", str),
    "--replicas": _set_replicas,
    "--max-concurrent": _to("Mode.ReplicatedJob.MaxConcurrent", _whole),
    "--force": _force,
    "--label": _list("Labels.add", str),
    "--label-add": _list("Labels.add", str),
    "--label-rm": _list("Labels.rm", str),
    "--restart-condition": _to(f"{_RESTART}.Condition", str),
    "--restart-delay": _to(f"{_RESTART}.Delay", _nanoseconds),
    "--restart-max-attempts": _to(f"{_RESTART}.MaxAttempts", _whole),
    "--restart-window": _to(f"{_RESTART}.Window", _nanoseconds),
    "--health-cmd": _to(f"{_HEALTH}.Test", lambda text: ["CMD-SHELL", text]),
    "--health-interval": _to(f"{_HEALTH}.Interval", _nanoseconds),
    "--health-timeout": _to(f"{_HEALTH}.Timeout", _nanoseconds),
    "--health-retries": _to(f"{_HEALTH}.Retries", _whole),
    "--health-start-period": _to(f"{_HEALTH}.StartPeriod", _nanoseconds),
    "--health-start-interval": _to(f"{_HEALTH}.StartInterval", _nanoseconds),
    "--no-healthcheck": _no_health,
    "--stop-grace-period": _to("TaskTemplate.ContainerSpec.StopGracePeriod", _nanoseconds),
    "--constraint": _list(f"{_PLACEMENT}.Constraints", _constraint),
    "--constraint-add": _list(f"{_PLACEMENT}.Constraints", _constraint),
    "--constraint-rm": _list(f"{_PLACEMENT}.Constraints", _constraint, remove=True),
    "--placement-pref": _list(f"{_PLACEMENT}.Preferences", _preference),
    "--placement-pref-add": _list(f"{_PLACEMENT}.Preferences", _preference),
    "--placement-pref-rm": _list(f"{_PLACEMENT}.Preferences", _preference, remove=True),
    "--replicas-max-per-node": _to(f"{_PLACEMENT}.MaxReplicas", _whole),
    "--reserve-memory": _to(f"{_RESOURCES}.Reservations.MemoryBytes", _bytes),
    "--reserve-cpu": _to(f"{_RESOURCES}.Reservations.NanoCPUs", _cpus),
    "--limit-memory": _to(f"{_RESOURCES}.Limits.MemoryBytes", _bytes),
    "--limit-cpu": _to(f"{_RESOURCES}.Limits.NanoCPUs", _cpus),
    "--publish": _list(_PORTS, _published),
    "-p": _list(_PORTS, _published),
    "--publish-add": _list(_PORTS, _published),
    "--publish-rm": _list(_PORTS, _published, remove=True),
    "--endpoint-mode": _to("EndpointSpec.Mode", str),
    "--network": _list("TaskTemplate.Networks", _network),
    "--network-add": _list("TaskTemplate.Networks", _network),
    "--network-rm": _list("TaskTemplate.Networks", _network, remove=True),
    **{
        f"--{when}-{flag}": _to(f"{config}.{key}", read)
        for when, config in (("update", "UpdateConfig"), ("rollback", "RollbackConfig"))
        for flag, key, read in (
            ("parallelism", "Parallelism", _whole),
            ("delay", "Delay", _nanoseconds),
            ("monitor", "Monitor", _nanoseconds),
            ("failure-action", "FailureAction", str),
            ("max-failure-ratio", "MaxFailureRatio", float),
            ("order", "Order", str),
        )
    },
}
