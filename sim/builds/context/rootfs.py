"""The files a step leaves, as far as they can be known without running it: layers over layers.

A COPY's files are known. A RUN's are opaque, as it may have written anywhere. So a token stands for its output, unless
what it left is declared. A checksum over an opaque place contains the token.
"""

from __future__ import annotations

import dataclasses
import posixpath
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Mapping

from sim.builds.context.selection import Listing, key_of
from sim.builds.context.tree import FileContent, Tree, TreeEntry

_MANY = 16
"""With more tokens than these one stands for all: a long chain of steps would be hashed once more for every path."""


class Files:
    """The file system after a step: what the step wrote, over what was there. Without `below`, over nothing."""

    __slots__ = (
        "_make",
        "_paths",
        "_written",
        "below",
        "declared",
        "digests",
        "memo",
        "opaque",
        "places",
        "ready",
        "removed",
        "through",
        "tokens",
    )

    def __init__(
        self,
        below: tuple[Files, ...] = (),
        *,
        written: Callable[[], Mapping[str, TreeEntry]] | None = None,
        tokens: tuple[str, ...] = (),
        places: Callable[[], tuple[tuple[str, str], ...]] | None = None,
        declared: bool = False,
        removed: Iterable[str] = (),
        through: bool = False,
    ) -> None:
        """Files over others, the uppermost of `below` first.

        Args:
            written: The entries written, made when first asked for.
            tokens: Of writes that may be anywhere.
            places: (path, token) of writes somewhere below a path.
            declared: The entries are all that is at their places.
            removed: Paths of which nothing below shows.
            through: Beside the tokens' writes all else of below still shows.
        """
        self.below = below
        self._make = written
        self._written: Mapping[str, TreeEntry] | None = None
        self._paths: list[str] | None = None
        self.tokens = tokens
        self.places = places
        self.declared = declared
        self.removed = frozenset(removed)
        self.through = through
        self.opaque = through and len(below) == 1 and written is None and places is None and not self.removed
        self.ready = False
        self.memo: dict[str, Listing] = {}
        self.digests: dict[str, str] = {}

    @property
    def written(self) -> Mapping[str, TreeEntry]:
        """The entries this step wrote, by path relative to the root."""
        if self._written is None:
            self._written = self._make() if self._make is not None else {}
        return self._written

    def written_below(self, path: str) -> dict[str, TreeEntry]:
        """The entries this step wrote below a directory, by path relative to it."""
        if self._paths is None:
            self._paths = sorted(self.written)
        start = path + "/"
        at, end = bisect_left(self._paths, start), bisect_left(self._paths, path + chr(ord("/") + 1))
        return {below[len(start) :]: self.written[below] for below in self._paths[at:end]}

    def prepare(self) -> None:
        """Make the entries of everything below first, the lowest first, so that a long chain needs no recursion."""
        ahead: list[Files] = [self]
        unprepared: list[Files] = []
        while ahead:
            node = ahead.pop()
            if not node.ready:
                unprepared.append(node)
                ahead.extend(node.below)
        for node in reversed(unprepared):
            _ = node.written
            node.ready = True

    def listing(self, path: str) -> Listing:
        """What is at a path and below, and the tokens of what may have been written there beside."""
        self.prepare()
        if path not in self.memo:
            entries: dict[str, TreeEntry] = {}
            taint: list[str] = []
            _collect(self, path, entries, taint, [False], set())
            shown = {
                rel: entry
                for rel, entry in entries.items()
                if not any(rel[:at] in entries and entries[rel[:at]].kind != "dir" for at in _ends(rel))
            }
            unknown = tuple(dict.fromkeys(taint))
            if len(unknown) > _MANY:
                unknown = (key_of(unknown),)
            self.memo[path] = Listing(tuple(sorted(shown.items())), unknown)
        return self.memo[path]

    def lookup(self, path: str) -> TreeEntry | None:
        """The entry at a path as far as it is known."""
        self.prepare()
        node: Files | None = self
        while node is not None:
            if path in node.written:
                return node.written[path]
            if node.removed and covered(path, node.removed):
                return None
            for upper in node.below[:-1]:
                entry = upper.lookup(path)
                if entry is not None:
                    return entry
            node = node.below[-1] if node.below else None
        return None


def _ends(rel: str) -> list[int]:
    return [at for at in range(len(rel)) if rel[at] == "/"] + ([0] if rel else [])


def covered(path: str, by: Container[str]) -> bool:
    """Whether a path, or a directory it is in, "" for the root, is among some paths."""
    return path in by or any(path[:at] in by for at in _ends(path))


def _collect(
    node: Files, path: str, entries: dict[str, TreeEntry], taint: list[str], known: list[bool], removed: set[str]
) -> bool:
    """Gather from the top down, and return True once nothing below can show through.

    Args:
        known: An answer is declared complete.
        removed: Paths below this one that steps above have taken away.
    """
    while True:
        if node.opaque:
            taint.extend(() if known[0] else node.tokens)
            node = node.below[0]
            continue
        here = _at(node, path)
        if removed and here:
            here = {rel: entry for rel, entry in here.items() if not covered(posixpath.join(path, rel), removed)}
        for rel, entry in here.items():
            entries.setdefault(rel, entry)
        if "" in here and here[""].kind != "dir":
            return True
        if here and node.declared:
            known[0] = True
        if not known[0]:
            for place, token in node.places() if node.places else ():
                if _overlap(place, path) and not covered(place, removed):
                    taint.append(token)
            if node.tokens:
                taint.extend(node.tokens)
                if not node.through:
                    return True
        if node.removed:
            if covered(path, node.removed):
                return True
            removed |= {gone for gone in node.removed if gone.startswith(path + "/") or not path}
        if not node.below:
            return False
        for upper in node.below[:-1]:
            if _collect(upper, path, entries, taint, known, set(removed)):
                return True
        node = node.below[-1]


def _at(node: Files, path: str) -> dict[str, TreeEntry]:
    written = node.written
    if not written:
        return {}
    if not path:
        return dict(written)
    for at in _ends(path)[:-1]:
        above = written.get(path[:at])
        if above is not None and above.kind == "opaque" and above.content is not None:
            inside = FileContent(key_of((above.content.digest, path[at:])))
            return {"": dataclasses.replace(above, content=inside)}
    entries = node.written_below(path)
    if path in written:
        entries[""] = written[path]
    return entries


def _overlap(place: str, path: str) -> bool:
    return not place or not path or place == path or place.startswith(path + "/") or path.startswith(place + "/")


class TreeView:
    """A build context as a view: everything in it is known."""

    __slots__ = ("digests", "memo", "tree")

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.digests: dict[str, str] = {}
        self.memo: dict[str, Listing] = {}

    def listing(self, path: str) -> Listing:
        """What is at a path and below."""
        if path not in self.memo:
            self.memo[path] = Listing(tuple(self.tree.under(path)))
        return self.memo[path]

    def lookup(self, path: str) -> TreeEntry | None:
        """The entry at a path."""
        return self.tree.get(path)


def opaque(token: str) -> TreeEntry:
    """An entry of which only a token is known."""
    return TreeEntry("opaque", 0, content=FileContent(token))


def join(dest: str, name: str) -> str:
    """A path below another, relative to the root."""
    return posixpath.normpath(posixpath.join("/", dest, name)).strip("/")
