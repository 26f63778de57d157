"""A compose project as `inspect` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.printable import printable
from sim.report.grid import table

_CONDITIONS = {"service_healthy": "healthy", "service_completed_successfully": "completed"}


def project_lines(project: Mapping[str, Any]) -> list[str]:
    """The waves of the start with what each service waits for, services that are off, what is ignored, warnings.

    Of a project that docker compose refuses there are no waves: nothing of it would start.
    """
    told = _refused(project) if project["refused"] else _plan(project)
    told += (
        ["", "the model ignores", *(f"  {printable(path)}" for path in project["ignored"])]
        if project["ignored"]
        else []
    )
    warned = [f"  {printable(one['path'])}: {printable(one['message'])}" for one in project["warnings"]]
    return [*told, *(["", "docker compose warns", *warned] if warned else []), ""]


def _refused(project: Mapping[str, Any]) -> list[str]:
    count = counted(len(project["services"]), "service")
    return [f"compose project {printable(project['name'])}: {count}; docker compose refuses it and starts nothing"]


def _plan(project: Mapping[str, Any]) -> list[str]:
    waves = project["start_order"]
    services = project["services"]
    counts = f"{counted(len(services), 'service')}, {counted(len(waves), 'wave')}"
    lines = [f"compose project {printable(project['name'])}: {counts}"]
    rows = [
        (
            str(number),
            printable(name),
            _made_of(services[name]),
            str(services[name]["replicas"]),
            _waits(services[name]),
        )
        for number, wave in enumerate(waves, 1)
        for name in wave
        for one in (services[name],)
    ]
    lines += table(("wave", "service", "image", "containers", "waits for"), rows, right=(0, 3)) if rows else []
    off = [printable(name) for name, service in services.items() if not service["enabled"]]
    return [*lines, f"off, by their profiles: {', '.join(off)}"] if off else lines


def counted(count: int, word: str) -> str:
    """A count with its word, as "1 service" or "2 services"."""
    return f"{count} {word}{'s' * (count != 1)}"


def _made_of(service: Mapping[str, Any]) -> str:
    return printable(service["image"]) or ("(built)" if service["build"] else "")


def _waits(service: Mapping[str, Any]) -> str:
    told = []
    for name, one in service["depends_on"].items():
        words = [_CONDITIONS.get(one["condition"], ""), "" if one["required"] else "optional"]
        said = ", ".join(filter(None, words))
        told.append(printable(name) + (f" ({said})" if said else ""))
    return ", ".join(told)
