"""Placement constraints: "node.labels.zone==a" (swarmkit, `manager/constraint`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

_KEY = re.compile(r"[a-z_][a-z0-9\-_.]+", re.IGNORECASE)
_VALUE = re.compile(r"[a-z0-9:\-_\s.*()?+\[\]\\^$|/]+", re.IGNORECASE)
_NODE_LABELS, _ENGINE_LABELS = "node.labels.", "engine.labels."


class PlacementConstraint(NamedTuple):
    """A key, a value, and whether they must be equal or must not."""

    key: str
    equal: bool
    value: str

    def holds(self, found: str) -> bool:
        """Whether it holds for what a node has; letter case does not matter."""
        return (self.value.casefold() == found.casefold()) == self.equal


@lru_cache(maxsize=1024)
def parse_constraint(text: str) -> PlacementConstraint:
    """A constraint from its text. Raises `ValueError` with the words that the engine uses."""
    operator = next((operator for operator in ("==", "!=") if operator in text), None)
    if operator is None:
        raise ValueError("constraint expected one operator from ==, !=")
    key, value = (part.strip() for part in text.split(operator, 1))
    if not _KEY.fullmatch(key):
        raise ValueError(f"key '{key}' is invalid")
    if not _VALUE.fullmatch(value):
        raise ValueError(f"value '{value}' is invalid")
    return PlacementConstraint(key, operator == "==", value)


@dataclass(frozen=True, slots=True)
class NodeTraits:
    """What constraints and preferences ask about a node."""

    hostname: str = ""
    role: str = "worker"
    os: str = "linux"
    arch: str = "x86_64"
    ip: str = ""
    node_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    engine_labels: Mapping[str, str] = field(default_factory=dict)

    def satisfies(self, constraints: Iterable[str]) -> bool:
        """Whether all of them hold. Raises `ValueError` where one cannot be read."""
        return all(self._holds(parse_constraint(text)) for text in constraints)

    def label(self, key: str) -> str | None:
        """The label that "node.labels.x" or "engine.labels.x" asks for, "" where it is not set; None for other keys."""
        lower = key.lower()
        if lower.startswith(_NODE_LABELS) and len(key) > len(_NODE_LABELS):
            return self.labels.get(key[len(_NODE_LABELS) :], "")
        if lower.startswith(_ENGINE_LABELS) and len(key) > len(_ENGINE_LABELS):
            return self.engine_labels.get(key[len(_ENGINE_LABELS) :], "")
        return None

    def _holds(self, constraint: PlacementConstraint) -> bool:
        if constraint.key.lower() == "node.ip":
            return _in_network(self.ip, constraint)
        found = self.label(constraint.key)
        if found is None:
            found = self._plain().get(constraint.key.lower())
        return found is not None and constraint.holds(found)

    def _plain(self) -> dict[str, str]:
        return {
            "node.id": self.node_id,
            "node.hostname": self.hostname,
            "node.role": self.role,
            "node.platform.os": self.os,
            "node.platform.arch": self.arch,
        }


def _in_network(ip: str, constraint: PlacementConstraint) -> bool:
    """An address or a network; what is neither holds for no node, whichever way it is asked."""
    try:
        network = ipaddress.ip_network(constraint.value, strict=False)
    except ValueError:
        return False
    try:
        return (ipaddress.ip_address(ip) in network) == constraint.equal
    except ValueError:
        return not constraint.equal
