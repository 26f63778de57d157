"""Builds in a few words: a Dockerfile, files, changes; out comes each step's fate, one letter a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from sim.builds.builders import build_with
from sim.builds.cache.buildkit import BuildStep, CacheStore
from sim.builds.context import tree as trees
from sim.builds.context.rootfs import Files
from sim.builds.context.tree import Tree
from sim.builds.graph.bases import BaseImage, Bases
from sim.builds.graph.options import Builder, from_command_line

BASES = Bases(
    {
        "base:1": BaseImage("sha256:one", ("L1",), files={"etc/passwd": trees.file("root")}),
        "base:alias": BaseImage("sha256:one", ("L1",)),
        "base:labelled": BaseImage("sha256:two", ("L1",)),
        "base:env": BaseImage("sha256:three", ("L1",), env=(("Q", "1"),)),
        "base:2": BaseImage("sha256:four", ("L1", "L2")),
        "base:onbuild": BaseImage("sha256:five", ("L1",), onbuild=("COPY x /x", "RUN cat /x")),
    }
)

Change = str | Mapping[str, str | bytes] | Callable[[Tree], Tree]


@dataclass
class Bench:
    """One builder with its cache and a context.

    left: what a RUN of that text leaves, path to content; any other RUN leaves something new each time.
    """

    builder: Builder
    files: Tree
    left: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    store: CacheStore = field(default_factory=CacheStore)
    runs: int = 0
    steps: dict[str, BuildStep] = field(default_factory=dict)

    def build(self, dockerfile: str | None = None, args: str = "", failing: Sequence[str] = ()) -> str:
        """Build; "R" for each step that runs and "c" for each that is cached, by line, FROM left out."""
        if dockerfile is not None:
            self.files = trees.write(self.files, "Dockerfile", dockerfile)

        def output(vertex, below):
            self.runs += 1
            under = (below,) if below is not None else ()
            known = self.left.get(vertex.text)
            if known is None:
                return Files(under, tokens=(f"run {self.runs}",))
            written = {path.strip("/"): trees.file(text) for path, text in known.items()}
            return Files(under, written=lambda: written, declared=True)

        self.steps = build_with(
            self.builder, self.files, from_command_line(args), self.store, output, BASES, failing=frozenset(failing)
        )
        return "".join(letter for _, letter in self.fates())

    def fates(self) -> list[tuple[str, str]]:
        """Name and letter of each step, by line."""
        shown = [s for s in self.steps.values() if not s.vertex.internal and s.outcome not in ("base", "context")]
        shown.sort(key=lambda step: (step.vertex.line, step.vertex.kind == "merge"))
        return [(s.vertex.name, {"hit": "c", "miss": "R"}.get(s.outcome, "E")) for s in shown]

    def edit(self, change: Change) -> None:
        """Change the context: a path to its new content, or a function of the tree."""
        if callable(change):
            self.files = change(self.files)
        else:
            for path, content in change.items():
                self.files = trees.write(self.files, path, content)


@pytest.fixture
def bench():
    """Makes a bench: `bench("legacy", {"x": "1"})`."""

    def make(builder="buildkit-containerd", files=None, left=None):
        return Bench(builder, trees.from_mapping(files or {}), left or {})

    return make
