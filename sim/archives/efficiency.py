"""Wasted bytes and efficiency in the definition of dive, the tool most people know them from.

Each path has two sizes, over the leaves of each layer's tree. The cumulative size is that of all layers that have it.
The smallest is that of one. A whiteout counts as its path. It adds what stood below a deleted directory, and 0 for a
deleted file. Efficiency is the sum of the smallest over the sum of the cumulative. Wasted are the cumulative sizes of
paths seen twice or more. So a file that is overwritten once is counted whole, the version that is still visible
included. What could be saved is `whiteouts.hidden_bytes`.

Source: github.com/wagoodman/dive, dive/filetree/efficiency.go and file_tree.go, image/analysis.go. Kept of it: opaque
markers hide nothing, a directory without an entry of its own counts 0 when deleted. One difference: dive stops reading
a layer at a whiteout of a path that is not there. Here it counts 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sim.archives.layers import LayerEntry
from sim.archives.whiteouts import PREFIX


class Wasted(NamedTuple):
    """A path seen twice or more.

    Attributes:
        bytes: Of all its versions.
        layers: Those that have it, the bottom one 0.
    """

    path: str
    bytes: int
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Efficiency:
    """dive's figures of an image.

    Attributes:
        wasted_bytes: In bytes.
        wasted_share: Of all layers' bytes but the first's.
        wasted: The paths seen twice or more, largest first.
    """

    efficiency: float
    wasted_bytes: int
    wasted_share: float
    wasted: tuple[Wasted, ...]

    @property
    def paths(self) -> tuple[tuple[str, int], ...]:
        """The wasted paths with their cumulative sizes, largest first."""
        return tuple((path.path, path.bytes) for path in self.wasted)


@dataclass(slots=True)
class _Repeated:
    """A path seen before: the sum of its sizes, the smallest, and the layers that have it."""

    cumulative: int
    smallest: int
    layers: list[int]

    def add(self, size: int, layer: int) -> None:
        """Another version of it."""
        self.cumulative += size
        self.smallest = min(self.smallest, size)
        if self.layers[-1] != layer:
            self.layers.append(layer)


class _Node:
    """A path of a layer, or of layers stacked. Slim, because an image may have a million."""

    __slots__ = ("children", "is_directory", "size")

    def __init__(self) -> None:
        self.size = 0
        self.is_directory = False
        self.children: dict[str, _Node] | None = None

    def child(self, name: str) -> _Node:
        """The child of that name, made where there is none."""
        if self.children is None:
            self.children = {}
        child = self.children.get(name)
        if child is None:
            child = self.children[name] = _Node()
        return child


def efficiency(layers: Sequence[Sequence[LayerEntry]]) -> Efficiency:
    """Efficiency (1 where there is nothing) and wasted bytes of layers' files, bottom first."""
    first: dict[str, tuple[int, int]] = {}
    again: dict[str, _Repeated] = {}
    below = _Node()
    beyond_first = 0
    for index, files in enumerate(layers):
        tree = _tree(files)
        for path, size in _leaves(tree, below):
            if path not in first:
                first[path] = (size, index)
                continue
            if path not in again:
                known, where = first[path]
                again[path] = _Repeated(known, known, [where])
            again[path].add(size, index)
        _stack(below, tree)
        if index:
            beyond_first += sum(sizes.size for sizes in files)
    wasted = sum(sizes.cumulative for sizes in again.values())
    once = sum(size for path, (size, _) in first.items() if path not in again)
    total = once + wasted
    return Efficiency(
        efficiency=(once + sum(sizes.smallest for sizes in again.values())) / total if total else 1.0,
        wasted_bytes=wasted,
        wasted_share=wasted / beyond_first if beyond_first else 0.0,
        wasted=tuple(
            sorted(
                (Wasted(path, sizes.cumulative, tuple(sizes.layers)) for path, sizes in again.items()),
                key=lambda sizes: (-sizes.bytes, sizes.path),
            )
        ),
    )


def _tree(files: Sequence[LayerEntry]) -> _Node:
    """A layer's own tree, whiteouts as nodes named as in the tar. A later entry of a path replaces an earlier one."""
    root = _Node()
    for entry in files:
        *folders, name = entry.path.split("/")
        node = root
        for part in folders:
            node = node.child(part)
        if entry.kind == "whiteout":
            node.child(PREFIX + name)
        elif name:
            node = node.child(name)
            if entry.kind != "opaque":
                node.size, node.is_directory = entry.size, entry.kind == "directory"
    return root


def _leaves(tree: _Node, below: _Node) -> Iterator[tuple[str, int]]:
    """Each leaf of a layer with its size. A whiteout comes with the size of the directory it deletes from `below`."""
    pending = [("", tree)]
    while pending:
        path, node = pending.pop()
        for name, child in (node.children or {}).items():
            where = f"{path}/{name}"
            if child.children:
                pending.append((where, child))
            elif name.startswith(PREFIX):
                deleted = f"{path}/{name.removeprefix(PREFIX)}"
                yield deleted, _directory_size(below, deleted)
            else:
                yield where, child.size


def _directory_size(below: _Node, path: str) -> int:
    node: _Node | None = below
    for part in path.split("/")[1:]:
        node = node.children.get(part) if node and node.children else None
    if node is None or not node.is_directory:
        return 0
    total = 0
    pending = [node]
    while pending:
        child = pending.pop()
        total += child.size
        if child.children:
            pending.extend(child.children.values())
    return total


def _stack(below: _Node, tree: _Node) -> None:
    """Put a layer on top of `below`: delete what it whites out, and overwrite or add its nodes.

    What is new is moved over as it is, and the layer's tree with it: whiteouts inside delete nothing and have no size.
    """
    pending = [(below, tree)]
    while pending:
        lower, upper = pending.pop()
        if upper.children is None:
            continue
        if lower.children is None:
            lower.children = {}
        for name in upper.children:
            if name.startswith(PREFIX):
                lower.children.pop(name.removeprefix(PREFIX), None)
        for name, child in upper.children.items():
            known = lower.children.get(name)
            if known is not None:
                known.size, known.is_directory = child.size, child.is_directory
                pending.append((known, child))
            elif not name.startswith(PREFIX):
                lower.children[name] = child
