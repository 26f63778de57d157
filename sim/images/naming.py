"""What BuildKit prints of a step: its stage, its number among the stage's steps, its text with variables replaced."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.images.dockerfile import expand
from sim.images.stages import Stage
from sim.images.state import State


@dataclass
class Part:
    """A stage, or an image that a COPY or a mount names, while the graph is made."""

    stage: Stage | None
    image: str
    label: str
    total: int
    ignore_cache: bool = False
    counter: int = 0
    state: State = field(default_factory=State)

    def prefix(self, text: str) -> str:
        """The step's name with its number, as BuildKit counts."""
        if not self.total:
            return text
        self.counter += 1
        width = int(1 + math.log10(self.total))
        label = f"{self.label} " if self.label else ""
        return f"[{label}{self.counter:>{width}}/{self.total}] {text}"


def printed(text: str, env: Mapping[str, str], escape: str) -> str:
    """An instruction as its step is called: name in capitals, variables replaced where they can be."""
    try:
        shown = expand(text, env, escape)
    except ValueError:
        shown = text
    first, space, rest = shown.partition(" ")
    return first.upper() + space + rest
