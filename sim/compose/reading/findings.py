"""What is wrong with a compose project, in the order in which docker compose would come to it.

It ends at the first. A reader wants them all: so what is wrong is noted, and the reading goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sim.errors import InputError, Problem
from sim.yamlnodes import KeyPath, YamlNode

FILE_MISSING, MODEL_WRONG, ENGINE_REFUSES = 14, 15, 1
"""Exit codes of docker compose for a file that is not there, a model it refuses, and what it leaves to the engine.

Source: docker/compose v2.26.1, pkg/compose/metrics.go.
"""


class ComposeFinding(NamedTuple):
    """One thing that is wrong. kind: which rule is broken. code: with what docker compose would end."""

    problem: Problem
    kind: str
    code: int = MODEL_WRONG


class TooMuchError(InputError):
    """A project that asks for more than `sim.limits` allows: it is not read on."""


@dataclass
class Findings:
    """Everything that is wrong, and what docker compose only warns of."""

    wrong: list[ComposeFinding] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> ComposeFinding | None:
        """What docker compose ends with before it does anything; None where it goes on."""
        return next((found for found in self.wrong if found.code != ENGINE_REFUSES), None)

    def add(self, node: YamlNode, message: str, path: KeyPath, kind: str, *, at_key: bool = False) -> None:
        """Note what is wrong with a node."""
        self.wrong.append(ComposeFinding(node.problem(message, path, at_key=at_key), kind))

    def warn(self, node: YamlNode, message: str, path: KeyPath = ()) -> None:
        """Note what docker compose goes on with."""
        self.warnings.append(node.problem(message, path))
