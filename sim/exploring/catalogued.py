"""What the catalog has for a parameter that may be left out: the guest's memory, the host's cores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.catalog import load
from sim.catalog.model import Guest, Host
from sim.catalog.number import Number
from sim.catalog.tables.registries import registry

_OF_GUEST = {"guest_memory": "default_memory", "working_set": "working_set"}
_OF_HOST = ("swap",)


def catalogued(parameters: Any) -> dict[str, Number]:
    """The catalog's number for each parameter that has one under these parameters, by the parameter's name."""
    found: dict[str, Number] = {}
    guest, host = _guest(parameters), _host(parameters)
    if guest is not None:
        found |= {name: getattr(guest, attribute) for name, attribute in _OF_GUEST.items()}
    if host is not None:
        found |= {name: getattr(host, name) for name in _OF_HOST}
        found |= {"cores": host.provenance["cores"]} if "cores" in host.provenance else {}
    if isinstance(getattr(parameters, "uplink", ""), float | None) and hasattr(parameters, "registry"):
        found["uplink"] = registry(parameters.registry).uplink
    return {name: number for name, number in found.items() if hasattr(parameters, name) and number.value}


def _guest(parameters: Any) -> Guest | None:
    """The guest that runs: the one that is named, else the technology's first. None where there is none."""
    named = getattr(parameters, "guest", None)
    if isinstance(named, Guest):
        return named
    if named:
        return load.guest(named)
    technology = getattr(parameters, "technology", None)
    known = load.technologies().get(technology) if isinstance(technology, str) else technology
    first: Guest | str | None = known.guests[0] if known is not None and known.guests else None
    return load.guest(first) if isinstance(first, str) else first


def _host(parameters: Any) -> Host | None:
    host = getattr(parameters, "host", None)
    if host is None or isinstance(host, Host):
        return host
    shipped: Mapping[str, Host] = load.hosts()
    return shipped.get(host)
