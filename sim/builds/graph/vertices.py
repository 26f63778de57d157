"""The vertices of a build graph: what each does, what it depends on, and what of that is in its cache key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import networkx as nx

from sim.builds.context.selection import Selector, key_of
from sim.builds.context.tree import Tree
from sim.builds.dockerfile.instructions import Copy, Instruction
from sim.builds.dockerfile.stages import Dockerfile
from sim.builds.graph.bases import BaseImage

VertexKind = Literal["image", "context", "http", "git", "exec", "file", "merge", "config"]
EdgeKind = Literal["parent", "copy", "mount", "context"]


_canonical = json.JSONEncoder(sort_keys=True).encode
"""A definition as text: the same for equal ones."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a vertex.

    Attributes:
        selectors: The paths it takes from it, all where empty.
        by_content: Whether a checksum of those paths may stand in for the input's own key (in moby/buildkit for COPY
            sources and mounts without output, never for a root file system).
    """

    vertex: str
    kind: EdgeKind
    selectors: tuple[Selector, ...] = ()
    by_content: bool = False

    @property
    def selector_key(self) -> str:
        """What tells apart links of the same input with other paths."""
        if len(self.selectors) < 2:
            return key_of((self.selectors[0].path,)) if self.selectors else ""
        return key_of(sorted({selector.path for selector in self.selectors}))


@dataclass(frozen=True)
class Effect:
    """What a file vertex writes: directories made, a document, or a copy whose sources are inputs by position.

    Attributes:
        owner: User and group of a directory, numbers or names, "" for root.
    """

    directory: str = ""
    mode: int = 0o755
    owner: tuple[str, str] = ("", "")
    document: tuple[str, str] | None = None
    copy: Copy | None = None
    sources: tuple[tuple[int, Selector], ...] = ()
    dest: str = ""
    base: int | None = None


@dataclass(frozen=True)
class Vertex:
    """A vertex of a build's graph.

    Attributes:
        id: Its id in the graph.
        kind: What it does.
        name: As the builder prints it.
        stage: The stage it belongs to.
        definition: All that its key is made of, beside its inputs. These are JSON values, so that two can be compared.
        inputs: What it takes from other vertices.
        step: The instruction it comes from. None for a source without one.
        internal: Whether the builder does not show it.
        names: All the names it goes by, where the same vertex stands in several stages.
        fault: Why the builder refuses it when it comes to it.
        lookup: The step that asks for an image's config, where the builder prints it as a step.
        cwd: The directory that a RUN starts in.
    """

    id: str
    kind: VertexKind
    name: str
    stage: str
    stage_index: int
    definition: Mapping[str, Any]
    inputs: tuple[Input, ...]
    step: Instruction | None = None
    ignore_cache: bool = False
    internal: bool = False
    effect: Effect | None = None
    image: BaseImage | None = None
    names: tuple[str, ...] = ()
    fault: str = ""
    lookup: str = ""
    cwd: str = "/"

    @cached_property
    def key(self) -> str:
        """The digest of its definition."""
        return key_of((self.kind, _canonical(self.definition)))

    def standing_for(
        self, name: str, inputs: tuple[Input, ...], *, ignore_cache: bool, names: tuple[str, ...]
    ) -> Vertex:
        """The vertex of its own id that a use of it comes to."""
        stand_in = Vertex(
            name, self.kind, self.name, self.stage, self.stage_index, self.definition, inputs, self.step,
            ignore_cache, self.internal, self.effect, self.image, names, self.fault, self.lookup, self.cwd,
        )  # fmt: skip
        stand_in.__dict__["key"] = self.key  # of the same definition
        return stand_in

    @property
    def line(self) -> int:
        """Its instruction's line, 0 where none."""
        return self.step.line if self.step is not None else 0

    @property
    def instruction(self) -> str:
        """Its instruction's name, "" where none."""
        return self.step.name if self.step is not None else ""

    @property
    def text(self) -> str:
        """Its instruction as written, its name where none."""
        return self.step.text if self.step is not None else self.name


@dataclass(frozen=True)
class BuildGraph:
    """A build's graph.

    Attributes:
        graph: The nodes' attribute "vertex" is a vertex. An edge leads from each input.
        order: The ids, inputs first.
        settings: Instructions that make no vertex, with their stage.
        unused: Instructions of stages that the target does not need.
        context: The files that are sent, as the builder sees them.
    """

    graph: nx.DiGraph[str]
    target: str
    order: tuple[str, ...]
    dockerfile: Dockerfile
    context: Tree
    settings: tuple[tuple[str, Instruction], ...] = ()
    unused: tuple[tuple[str, Instruction], ...] = ()
    stage_ends: Mapping[str, str] = field(default_factory=dict)

    def vertex(self, name: str) -> Vertex:
        """The vertex of an id."""
        vertex: Vertex = self.graph.nodes[name]["vertex"]
        return vertex

    @cached_property
    def vertices(self) -> tuple[Vertex, ...]:
        """Every vertex, inputs first."""
        return tuple(self.vertex(name) for name in self.order)


def chain(build: BuildGraph) -> list[str]:
    """The vertices whose layers make up the image that is built, the base first."""
    names: list[str] = []
    ahead = [build.target] if build.target else []
    while ahead:
        name = ahead.pop()
        vertex = build.vertex(name)
        names.append(name)
        kinds = ("parent", "copy") if vertex.kind == "merge" else ("parent",)
        ahead += [item.vertex for item in vertex.inputs if item.kind in kinds]
    return list(reversed(names))
