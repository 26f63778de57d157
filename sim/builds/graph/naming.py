"""What BuildKit prints of a step: its stage, its number among the stage's steps, its text with variables replaced."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.builds.dockerfile.parser import expand
from sim.builds.dockerfile.stages import Stage
from sim.builds.graph.state import State


@dataclass
class NamedStage:
    """A stage, or an image that a COPY or a mount names, while the graph is made.

    Attributes:
        platform: What it is built for, "" where names do not say it.
    """

    stage: Stage | None
    image: str
    label: str
    total: int
    ignore_cache: bool = False
    counter: int = 0
    state: State = field(default_factory=State)
    platform: str = ""

    def prefix(self, text: str, env: Mapping[str, str] | None = None) -> str:
        """The step's name with its number, as BuildKit counts.

        Args:
            env: What the step runs with.
        """
        if not self.total:
            return text
        self.counter += 1
        width = int(1 + math.log10(self.total))
        label = f"{self.label} " if self.label else ""
        where = f"{built_for(self.platform, env or {})} " if self.platform else ""
        return f"[{where}{label}{self.counter:>{width}}/{self.total}] {text}"


def built_for(platform: str, env: Mapping[str, str]) -> str:
    """A stage's platform and, where its ARGs name another, what it builds for: "linux/amd64->arm64".

    As moby/buildkit, dockerfile2llb, convert.go: formatTargetPlatform, platformFromEnv.
    """
    system, _, rest = platform.partition("/")
    arch = rest.partition("/")[0]
    whole = env.get("TARGETPLATFORM", "")
    if whole:
        goal, _, kind = whole.partition("/")
    else:
        goal = env.get("TARGETOS", "") or system
        kind = env.get("TARGETARCH", "") or arch
        kind += f"/{env['TARGETVARIANT']}" if env.get("TARGETVARIANT") else ""
    if goal != system:
        return f"{platform}->{goal}/{kind}"
    return platform if kind.partition("/")[0] == arch else f"{platform}->{kind}"


def printed(text: str, env: Mapping[str, str], escape: str) -> str:
    """An instruction as its step is called: name in capitals, variables replaced where they can be."""
    try:
        shown = expand(text, env, escape)
    except ValueError:
        shown = text
    first, space, rest = shown.partition(" ")
    return first.upper() + space + rest
