"""The files of one layer, a folder at a time: sizes, what each path does to the layers below, what later layers hide.

Nothing is computed but what is asked for: a folder's direct children, or the largest matches of a search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sim.archives.layers import Layer, LayerEntry
from sim.report.numbers import written
from sim.report.style import Language
from sim.report.texts import tr

PathMark = Literal["new", "replaces", "deletes"]
GLYPHS: dict[PathMark, str] = {"new": "+", "replaces": "\u270e", "deletes": "\u2717"}

_DELETIONS = ("whiteout", "opaque")


class FileTreeRow(NamedTuple):
    """A child of a folder, or a match.

    Attributes:
        size: Bytes of its files.
        files: How many.
        hidden: By later layers, in bytes.
        mark: What it does to the layers below. That of a folder is "new" unless all in it deletes.
    """

    path: str
    name: str
    folder: bool
    size: int
    files: int
    hidden: int
    mark: PathMark


@dataclass(frozen=True)
class LayerFiles:
    """One layer's paths with their fate.

    Attributes:
        below: Paths of the layers below.
        above: What later layers do to paths.
    """

    files: tuple[LayerEntry, ...]
    below: frozenset[str]
    above: dict[str, bool]

    def mark(self, entry: LayerEntry) -> PathMark:
        """What an entry does to the layers below."""
        if entry.kind in _DELETIONS:
            return "deletes"
        return "replaces" if entry.path in self.below else "new"

    def is_hidden(self, path: str) -> bool:
        """Whether a later layer has the path again, or deletes it or a folder it is in."""
        if path in self.above:
            return True
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if self.above.get(folder):
                return True
        return False

    def __len__(self) -> int:
        """How many files it has. Folders and deletions are not files."""
        return sum(1 for entry in self.files if entry.kind not in ("directory", *_DELETIONS))


def layer_files(layers: Sequence[Layer], index: int) -> LayerFiles:
    """The paths of the layer at `index`, seen among the others, bottom first.

    A path of a later layer hides an equal one here unless both are folders. A deletion hides all below its path.
    """
    below = frozenset(
        e.path for layer in layers[:index] for e in layer.files if e.kind not in ("directory", *_DELETIONS)
    )
    above: dict[str, bool] = {}
    for layer in layers[index + 1 :]:
        for entry in layer.files:
            if entry.kind != "directory":
                above[entry.path] = above.get(entry.path, False) or entry.kind in _DELETIONS
    return LayerFiles(layers[index].files, below, above)


def contents(files: LayerFiles, folder: str = "") -> list[FileTreeRow]:
    """The direct children of a folder ("" for the root), the largest first."""
    start = f"{folder}/" if folder else ""
    entries_of: dict[str, list[LayerEntry]] = {}
    for entry in files.files:
        if entry.path.startswith(start) and entry.path != folder:
            entries_of.setdefault(entry.path[len(start) :].split("/", 1)[0], []).append(entry)
    items = [_item(files, f"{start}{name}", name, entries) for name, entries in entries_of.items()]
    return sorted(items, key=lambda item: (-item.size, not item.folder, item.name))


def search(files: LayerFiles, text: str) -> list[FileTreeRow]:
    """Every path with `text` in it, upper case as lower, folders aside. The largest first."""
    wanted = text.casefold()
    hits = (e for e in files.files if e.kind != "directory" and wanted in e.path.casefold())
    items = [_item(files, entry.path, entry.path, [entry]) for entry in hits]
    return sorted(items, key=lambda item: (-item.size, item.path))


def item_note(item: FileTreeRow, language: Language = "en") -> str:
    """Size, number of files and fate of an item in words."""
    return " \u00b7 ".join(_notes(item, language))


def _notes(item: FileTreeRow, language: Language) -> Iterator[str]:
    if item.mark != "deletes":
        yield written(item.size, "B", language, transfer=True)
    if item.folder and item.mark != "deletes":
        yield tr("figure.tree.files" if item.files != 1 else "figure.tree.file", language, n=f"{item.files:,}")
    if item.mark != "new":
        yield tr(f"figure.tree.{item.mark}", language)
    if item.hidden:
        part = written(item.hidden, "B", language, transfer=True)
        yield tr("figure.tree.hidden", language, size=part)


def _item(files: LayerFiles, path: str, name: str, entries: Sequence[LayerEntry]) -> FileTreeRow:
    inside = [entry for entry in entries if entry.path != path or entry.kind != "directory"]
    folder = any(entry.path != path or entry.kind == "directory" for entry in entries)
    here = next((entry for entry in entries if entry.path == path), None)
    there = [entry for entry in inside if entry.kind not in _DELETIONS]
    if folder:
        mark: PathMark = "deletes" if inside and not any(e.kind not in _DELETIONS for e in inside) else "new"
    else:
        assert here is not None
        mark = files.mark(here)
    return FileTreeRow(
        path=path,
        name=name,
        folder=folder,
        size=sum(entry.size for entry in there),
        files=sum(entry.kind != "directory" for entry in there),
        hidden=sum(entry.size for entry in there if entry.size and files.is_hidden(entry.path)),
        mark=mark,
    )
