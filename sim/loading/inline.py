"""A host or an application of a size that the scenario says itself: `host: {like: server, memory: 64 GiB, cores: 8}`.

What is left out is that of `like`, and without one that of the parameter's default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, doc

from sim import limits
from sim.catalog import load
from sim.catalog.disks import disks
from sim.catalog.hosts import with_disk
from sim.catalog.model import Application, Host
from sim.catalog.names import CatalogKind, CatalogName
from sim.catalog.number import Number
from sim.errors import InputError, Problem
from sim.quantity import Bytes, BytesPerSecond, Seconds, Unit, render, rounded
from sim.scenario import Text
from sim.studies.parameters.disk import Drive

GIVEN = "definition: given by the scenario"
"""The source of a number that stands in the scenario."""


@dataclass(frozen=True, kw_only=True)
class InlineHost:
    """A host's own numbers, the others being those of another."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    like: Annotated[str | Host, CatalogName("hosts", empty=True), doc("The host that it is like.")] = ""
    cores: Annotated[int | None, Ge(1), Le(limits.CORES), doc("How many cores it has.")] = None
    cpu_speed: Annotated[
        float | None, Unit("1"), Gt(0), Le(100), doc("A core's speed against the reference host's.")
    ] = None
    memory: Annotated[Bytes | None, Gt(0), doc("Its memory.")] = None
    swap: Annotated[Bytes | None, doc("Its swap.")] = None
    disk: Annotated[Literal[Drive, "unstated-ssd"] | None, doc("Its disk; if left out, that of its like.")] = None
    disk_read: Annotated[BytesPerSecond | None, doc("How fast its disk reads.")] = None
    disk_write: Annotated[BytesPerSecond | None, doc("How fast its disk writes.")] = None
    network: Annotated[BytesPerSecond | None, doc("How fast its network card is.")] = None
    without_ssbd: Annotated[
        bool, doc("Its processor cannot switch store bypass off (SSBD); if left out, as its like.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class InlineApplication:
    """An application's own numbers, the others being those of another."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    like: Annotated[str | Application, CatalogName("applications", empty=True), doc("What it is like.")] = ""
    memory: Annotated[Bytes | None, doc("The memory that each instance has for itself.")] = None
    cpu: Annotated[Seconds | None, doc("Core-seconds of the reference host until it is ready.")] = None


INLINE: Mapping[CatalogKind, type[Any]] = {"hosts": InlineHost, "applications": InlineApplication}
"""What a parameter of that kind may be written as instead of an id."""

_NO_NUMBERS = ("like", "disk", "without_ssbd")
_UNITS = {"cores": "1", "cpu_speed": "1", "memory": "B", "swap": "B", "cpu": "s"}


def entry(inline: InlineHost | InlineApplication, default: str) -> Host | Application:
    """The host or application that is meant.

    Args:
        default: What it is like where it does not say.

    Raises `InputError` with the path of what does not go together.
    """
    said = {field.name: getattr(inline, field.name) for field in fields(inline) if field.name not in _NO_NUMBERS}
    disk = inline.disk if isinstance(inline, InlineHost) else None
    numbers = {
        name: Number(float(value), _UNITS.get(name, "B/s"), sources=(GIVEN,))
        for name, value in said.items()
        if value is not None
    }
    if not numbers and not disk:
        raise InputError(f"says no number; expected some of {', '.join(said)}")
    sizes = [render(number.value, number.unit) for number in numbers.values()]
    told = ", ".join(f"{name} {size}" for name, size in zip(numbers, sizes, strict=True))
    if isinstance(inline, InlineHost):
        host = load.host(inline.like or default)
        if disk:
            host = with_disk(host, disks()[disk])
            told, sizes = ", ".join(part for part in (disk, told) if part), [disk, *sizes]
        if inline.without_ssbd:
            host, told, sizes = replace(host, without_ssbd=True), f"{told}, no SSBD", [*sizes, "no SSBD"]
        return _host(replace(host, id=f"{host.id} ({told})", name=_named(host.name, sizes)), numbers)
    application = load.application(inline.like or default)
    named = replace(application, id=f"{application.id} ({told})", name=_named(application.name, sizes))
    return _application(named, numbers)


def _named(name: Text, sizes: list[str]) -> Text:
    said = " · ".join(sizes)
    return Text(en=f"{said} · {name.en}", ja=f"{said} · {name.ja}")


def _host(host: Host, numbers: dict[str, Number]) -> Host:
    if "memory" in numbers and numbers["memory"].value <= host.own_memory.at("high"):
        least = render(rounded(host.own_memory.at("high")), "B")
        raise InputError(Problem(f"is no more than the {least} that its own system holds", path="memory"))
    cores = numbers.pop("cores", None)
    if cores is not None:
        host = replace(host, cores=int(cores.value), provenance={**host.provenance, "cores": cores})
    if "disk_read" in numbers:
        numbers["disk_line"] = numbers["disk_read"]
    if "cpu_speed" in numbers:  # it is as well known as that of the host it is like
        numbers["cpu_speed"] = replace(numbers["cpu_speed"], speed=host.cpu_speed)
        host = replace(host, copy_speed=None)
    return replace(host, **numbers)  # type: ignore[arg-type]  # each is a number of that name


def _application(application: Application, numbers: dict[str, Number]) -> Application:
    """The number stands in place of all that the application does, or holds, by itself."""
    phases, memory = application.phases, application.memory
    if "cpu" in numbers:
        own = [phase for phase in phases if phase.demand == "cpu"]
        if not own:
            raise InputError(Problem(f"{application.id} computes nothing; expected another `like`", path="cpu"))
        phases = tuple(
            replace(phase, amount=numbers["cpu"], growth=()) if phase is own[0] else phase
            for phase in phases
            if phase not in own[1:]
        )
    if "memory" in numbers:
        private = [part for part in memory if part.share == "instance"]
        if not private:
            raise InputError(
                Problem(f"{application.id} has no memory of its own; expected another `like`", path="memory")
            )
        memory = tuple(
            replace(part, amount=numbers["memory"]) if part is private[0] else part
            for part in memory
            if part not in private[1:]
        )
    return replace(application, phases=phases, memory=memory)
