"""What a file or merge vertex leaves in the file system, from what its inputs hold."""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Mapping, Sequence

from sim.builds.context.rootfs import Files, covered, join, opaque
from sim.builds.context.selection import FileView, Selector, has_wildcard, key_of, resolve, select, split_wildcard
from sim.builds.context.tree import TreeEntry, file
from sim.builds.graph.vertices import Effect, Vertex

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


def after(vertex: Vertex, inputs: Sequence[FileView | None]) -> Files:
    """The files after a vertex that is no RUN."""
    known = [view for view in inputs if isinstance(view, Files)]
    if vertex.kind == "merge":
        return Files(tuple(reversed(known)))
    effect = vertex.effect
    if effect is None:
        return Files(tuple(known[:1]), tokens=(vertex.key,))
    base = inputs[effect.base] if effect.base is not None else None
    below = (base,) if isinstance(base, Files) else ()
    if effect.directory:
        user, group = effect.owner
        made = {join("/", effect.directory): TreeEntry("dir", effect.mode, _number(user or "0"), _number(group or "0"))}
        return Files(below, written=lambda: made)
    if effect.document is not None:
        name, text = effect.document
        document = {join("/", name): file(text, effect.mode)}
        return Files(below, written=lambda: document)
    copied: list[tuple[Mapping[str, TreeEntry], tuple[tuple[str, str], ...]]] = []

    def make() -> tuple[Mapping[str, TreeEntry], tuple[tuple[str, str], ...]]:
        if not copied:
            copied.append(_copied(effect, inputs, below[0] if below else None))
        return copied[0]

    return Files(below, written=lambda: make()[0], places=lambda: make()[1])


def _copied(
    effect: Effect, inputs: Sequence[FileView | None], below: Files | None
) -> tuple[Mapping[str, TreeEntry], tuple[tuple[str, str], ...]]:
    """The entries a copy writes, and the places where more may have been written."""
    written: dict[str, TreeEntry] = {}
    places: list[tuple[str, str]] = []
    at_dest = below.lookup(effect.dest.strip("/")) if below is not None else None
    into = effect.dest.endswith("/") or len(effect.sources) > 1 or (at_dest is not None and at_dest.kind == "dir")
    for position, selector in effect.sources:
        view = inputs[position]
        if view is None:
            continue
        for path in _picked(view, selector):
            _copy_one(view, path, effect, into, written, places)
    return written, tuple(places)


def _picked(view: FileView, selector: Selector) -> list[str]:
    path = selector.path.strip("/")
    if not selector.wildcard or not has_wildcard(path):
        return [path]
    where, _ = split_wildcard(path)
    root = resolve(view, where)
    parts = select(view, [selector]).parts
    names = {full: None for full, _ in parts}
    return [name for name in names if name != root and not covered(posixpath.dirname(name), names)]


def _copy_one(
    view: FileView,
    path: str,
    effect: Effect,
    into: bool,
    written: dict[str, TreeEntry],
    places: list[tuple[str, str]],
) -> None:
    listing = view.listing(resolve(view, path))
    name = posixpath.basename(path)
    step = effect.copy
    if step is not None and step.parents:
        name = path
    goal = join(effect.dest, name) if into else join("/", effect.dest)
    if not listing.entries and (listing.taint or path):
        token = select(view, [Selector("/" + path)]).digest
        written[goal] = opaque(token)
        if into:
            places.append((join("/", effect.dest), token))
        return
    if listing.taint:
        places.append((join("/", effect.dest), key_of(("unknown of", path, *listing.taint))))
    single = len(listing.entries) == 1 and listing.entries[0][0] == "" and listing.entries[0][1].kind != "dir"
    if single:
        entry = listing.entries[0][1]
        if step is not None and step.add and entry.kind == "file" and path.endswith(_ARCHIVES):
            token = entry.identity()
            places.append((join("/", effect.dest), token))
            return
        written[goal] = _owned(entry, effect)
        return
    prefix = path if step is not None and step.parents else ""
    for rel, entry in listing.entries:
        if rel:
            written[join(effect.dest, posixpath.join(prefix, rel))] = _owned(entry, effect)


def _owned(entry: TreeEntry, effect: Effect) -> TreeEntry:
    step = effect.copy
    if step is None or not (step.chown or effect.mode):
        return entry
    changes: dict[str, object] = {}
    if effect.mode and entry.kind == "file":
        changes["mode"] = effect.mode
    if step.chown:
        user, _, group = step.chown.partition(":")
        changes["uid"] = _number(user)
        changes["gid"] = _number(group or user)
    return dataclasses.replace(entry, **changes)  # type: ignore[arg-type]


def _number(name: str) -> int:
    """A user's or group's number. A name stands for a number of its own, the same for the same name."""
    if name.isdigit():
        return int(name)
    return 0 if name == "root" else -1 - sum(ord(char) << (5 * at % 40) for at, char in enumerate(name))
