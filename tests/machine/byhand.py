"""A host whose numbers a test gives by hand."""

from __future__ import annotations

from typing import Any

from sim.catalog.model import Host
from sim.catalog.number import Number
from sim.scenario import Text


def number(value: float, unit: str = "1", low: float | None = None, high: float | None = None) -> Number:
    return Number(value, unit, low, high, ("by hand",))


def host_with(**other: Any) -> Host:
    """A host of one core of the reference host's speed, with other fields as they are given."""
    fields: dict[str, Any] = {
        "cores": 1,
        "cpu_speed": number(1.0),
        "memory": number(2**33, "B"),
        "disk_read": number(100e6, "B/s"),
        "disk_write": number(100e6, "B/s"),
        "network": number(1.0, "B/s"),
    }
    return Host(id="host", name=Text(en="host", ja="host"), kernel="6.1", **(fields | other))
