"""What of a file tree enters a cache key: the checksum of the paths a COPY or a mount selects.

As in BuildKit's contenthash, mode, owner, size, link target and bytes of everything selected count. Paths below a
directory count too. The name of a single selected file does not, and a time never does (moby/buildkit,
cache/contenthash).
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sim import limits
from sim.builds.context.patterns import Patterns, glob
from sim.builds.context.tree import TreeEntry

_MAX_LINKS = 40


@dataclass(frozen=True, slots=True)
class Selector:
    """Paths of one source.

    Attributes:
        path: Absolute.
        include, exclude: Patterns relative to it (--parents, --exclude).
    """

    path: str
    wildcard: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What is at a path and below.

    Attributes:
        taint: Tokens of whatever else may have written there. Empty where all is known.
    """

    entries: tuple[tuple[str, TreeEntry], ...]
    taint: tuple[str, ...] = ()


class FileView(Protocol):
    """A file tree that can be looked into.

    Attributes:
        digests: Checksums of what links led to, by where that is.
    """

    digests: dict[str, str]

    def listing(self, path: str) -> Listing:
        """What is at a relative path ("" for the root) and below."""

    def lookup(self, path: str) -> TreeEntry | None:
        """The entry at a relative path, None where it is not known."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The outcome of a selection.

    Attributes:
        parts: Path and identity of everything that counted, for saying what differs.
        size: Bytes of the files.
        missing: Selected paths of which there is nothing.
        entries: Relative path and entry, as a copy takes them.
    """

    digest: str
    parts: tuple[tuple[str, str], ...]
    size: int = 0
    missing: tuple[str, ...] = ()
    taint: tuple[str, ...] = ()


def select(view: FileView, selectors: Iterable[Selector]) -> Selected:
    """The checksum of what several selectors pick from a tree."""
    wanted = set(selectors)
    if len(wanted) == 1:
        return _one(view, wanted.pop())
    selections = [_one(view, selector) for selector in sorted(wanted, key=lambda s: (s.path, s.include, s.exclude))]
    return Selected(
        key_of(part.digest for part in selections),
        tuple(part for selection in selections for part in selection.parts),
        sum(selection.size for selection in selections),
        tuple(path for selection in selections for path in selection.missing),
        tuple(token for selection in selections for token in selection.taint),
    )


def key_of(parts: Iterable[str]) -> str:
    """Short sha256 over texts, in order."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _one(view: FileView, selector: Selector) -> Selected:
    path = selector.path.strip("/")
    if selector.wildcard:
        return _wildcard(view, selector, path)
    where = resolve(view, path)
    listing = view.listing(where)
    missing = [] if listing.entries or listing.taint or not path else [selector.path]
    if selector.include or selector.exclude:
        chosen = _filtered(listing, selector)
        hashed = [
            f"{posixpath.basename(rel or path)} {_followed(view, posixpath.join(where, rel), e, missing)}"
            for rel, e in chosen
        ]
        return _selected(where, chosen, [*hashed, *listing.taint], listing.taint, tuple(missing))
    if len(listing.entries) == 1 and listing.entries[0][0] == "":
        hashed = [listing.entries[0][1].identity()]
    else:
        hashed = [f"{rel} {entry.identity()}" for rel, entry in listing.entries]
    return _selected(where, listing.entries, [*hashed, *listing.taint], listing.taint, tuple(missing))


def _selected(
    where: str,
    entries: Iterable[tuple[str, TreeEntry]],
    hashed: Iterable[str],
    taint: tuple[str, ...],
    missing: tuple[str, ...] = (),
) -> Selected:
    entries = tuple(entries)
    parts = tuple((posixpath.join(where, rel) if rel else where, entry.identity()) for rel, entry in entries)
    return Selected(key_of(hashed), parts, sum(entry.size for _, entry in entries), missing, taint)


def _filtered(listing: Listing, selector: Selector) -> list[tuple[str, TreeEntry]]:
    include = Patterns(selector.include) if selector.include else None
    exclude = Patterns(selector.exclude) if selector.exclude else None
    chosen = {
        rel
        for rel, _ in listing.entries
        if (include is None or (rel and include.matches(rel))) and not (exclude and rel and exclude.matches(rel))
    }
    holders = {rel[:at] for rel in chosen for at in range(len(rel)) if rel[at] == "/"}
    wanted = chosen | holders
    return [(rel, entry) for rel, entry in listing.entries if rel in wanted]


def _wildcard(view: FileView, selector: Selector, path: str) -> Selected:
    fixed, pattern = split_wildcard(path)
    where = resolve(view, fixed)
    listing = view.listing(where)
    matches = glob(pattern).fullmatch
    exclude = Patterns(selector.exclude) if selector.exclude else None
    chosen = []
    matched = ""
    for rel, entry in listing.entries:
        if not rel:
            continue
        if not matched or not rel.startswith(matched + "/"):
            if not matches(rel):
                continue
            matched = rel
        below = rel[len(matched) + 1 :]
        if exclude and below and exclude.matches(below):
            continue
        chosen.append((rel, entry))
    missing: list[str] = []
    followed = [(rel, _followed(view, posixpath.join(where, rel), entry, missing)) for rel, entry in chosen]
    if len(chosen) == 1 and not listing.taint and posixpath.basename(chosen[0][0]) == posixpath.basename(path):
        return _selected(where, chosen, [followed[0][1]], (), tuple(missing))
    hashed = [f"{posixpath.basename(rel)} {identity}" for rel, identity in followed]
    unknown = [f"{token} {pattern}" for token in listing.taint]
    return _selected(where, chosen, [*hashed, *unknown], listing.taint, tuple(missing))


def _followed(view: FileView, path: str, entry: TreeEntry, missing: list[str]) -> str:
    """What a path counts as where patterns choose.

    A link counts as what it leads to (Checksum in contenthash/checksum.go).

    A link to nothing that was sent is refused there. What it leads to is added to `missing`.
    """
    goal = resolve(view, path) if entry.kind == "link" else path
    if goal == path:
        return entry.identity()
    listing = view.listing(goal)
    if not listing.entries:
        missing += [] if listing.taint else ["/" + goal]
        return entry.identity()
    if goal not in view.digests:
        view.digests[goal] = _one(view, Selector("/" + goal)).digest
    return view.digests[goal]


def has_wildcard(path: str) -> bool:
    """Whether a path is a pattern. A backslash takes the next character literally."""
    return bool(re.search(r"[*?\[]", re.sub(r"\\.", "", path)))


def split_wildcard(path: str) -> tuple[str, str]:
    """The leading part of a pattern without wildcards, and the rest."""
    parts = path.split("/")
    at = next((i for i, part in enumerate(parts) if has_wildcard(part)), len(parts))
    return "/".join(parts[:at]), "/".join(parts[at:])


def resolve(view: FileView, path: str) -> str:
    """A path with the symbolic links on its way followed, within the tree."""
    return way(view, path)[-1]


def way(view: FileView, path: str) -> list[str]:
    """Every symbolic link that is followed on the way to a path, and at the end where it leads.

    No link is looked for on a path that Linux does not take, or that is deeper than a build context can be.
    """
    met: list[str] = []
    for _ in range(_MAX_LINKS):
        if too_deep(path):
            break
        at = 0
        while at <= len(path) and path:
            at = path.find("/", at)
            end = len(path) if at < 0 else at
            here = path[:end]
            entry = view.lookup(here)
            if entry is not None and entry.kind == "link":
                base = "/" if entry.target.startswith("/") else "/" + here.rpartition("/")[0]
                joined = posixpath.normpath(posixpath.join(base, entry.target.lstrip("/"), path[end + 1 :]))
                path = joined.strip("/")
                met.append(here)
                break
            at = end + 1
        else:
            break
    return [*met, path]


def too_deep(path: str) -> bool:
    """Whether a path is longer than Linux takes one, or leads through more folders than those of a build context."""
    return len(path) > limits.PATH or path.count("/") > limits.DEPTH
