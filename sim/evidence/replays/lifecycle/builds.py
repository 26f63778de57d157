"""The builds of a recorded storage case: which steps are cached, which image comes of them, or why none does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, field

from sim.builds.builders import build_with
from sim.builds.cache.buildkit import BuildStep, CacheStore
from sim.builds.cache.outcomes import left_by
from sim.builds.context import tree as trees
from sim.builds.context.rootfs import Files
from sim.builds.context.tree import Tree
from sim.builds.graph.bases import recorded_bases
from sim.builds.graph.options import BuildOptions
from sim.builds.graph.vertices import Vertex
from sim.errors import InputError

_NUMBER = re.compile(r"\[(?:\S+ )?(\d+)/\d+\]")
_FAILS = re.compile(r"(?:.*[;&] *)?(?:exit [1-9]\d*|false) *")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """What came of a build: the image's id and files that are asked for, or what was wrong; and each step's cache."""

    image: str = ""
    files: dict[str, str] = field(default_factory=dict)
    cached: dict[str, bool] = field(default_factory=dict)
    error: str | None = None


class RecordedBuilds:
    """A folder with its files, and BuildKit's cache over the builds of one case."""

    def __init__(self, files: dict[str, str]) -> None:
        self._tree = Tree()
        for path, text in files.items():
            self._tree = trees.write(self._tree, path, text)
        self._store = CacheStore()
        self._images: dict[tuple[str, ...], str] = {}
        self._runs = self._made = 0

    def change(self, path: str, typed: str) -> None:
        """Change a file as the command says, `printf TEXT > FILE` or `echo TEXT > FILE`; else to something new."""
        self._runs += 1
        text = _written(typed)
        self._tree = trees.write(self._tree, path, f"change {self._runs}" if text is None else text)

    def build(self, asked: Collection[str]) -> BuiltImage:
        """Build. asked: the paths whose text somebody will want to know."""
        try:
            planned = self._steps(self._store.copy())
        except InputError as error:
            return BuiltImage(error=_category(error.problems[0].message))
        if any(selected.missing for step in planned.values() for selected in step.selected.values()):
            return BuiltImage(error="copy source missing")
        names = [step.vertex.name for step in planned.values()]
        failing = next((step.vertex.name for step in planned.values() if _fails(step.vertex)), None)
        if failing is None:
            steps = self._steps(self._store)
            return BuiltImage(self._named(steps), _texts(steps, asked), _cached(steps))
        never = frozenset(names[names.index(failing) + 1 :])
        steps = self._steps(self._store, failing=frozenset({failing}), skipped=never)
        return BuiltImage(cached=_cached(steps), error="build step failed")

    def _steps(self, store: CacheStore, **ends: frozenset[str]) -> dict[str, BuildStep]:
        return build_with(
            "buildkit-overlay2", self._tree, BuildOptions(), store, self._output, recorded_bases({}), **ends
        )

    def _output(self, vertex: Vertex, below: Files | None) -> Files:
        self._runs += 1
        return left_by(vertex, below, (f"run {self._runs}",))

    def _named(self, steps: dict[str, BuildStep]) -> str:
        """The image's id: the same again where every step is cached and the settings are the same."""
        entry = self._tree.get("Dockerfile")
        content = entry.content.digest if entry is not None and entry.content is not None else ""
        what = (content, *(step.key for step in steps.values()))
        if what not in self._images or any(step.ran for step in steps.values()):
            self._made += 1
            self._images[what] = f"image{self._made}"
        return self._images[what]


def _cached(steps: dict[str, BuildStep]) -> dict[str, bool]:
    """By the number of a step in its stage, whether it was cached. What never ran is left out."""
    found = {}
    for step in steps.values():
        number = _NUMBER.match(step.vertex.name)
        if number and step.vertex.kind != "image" and step.outcome != "skipped":
            found[number[1]] = step.outcome == "hit"
    return found


def _texts(steps: dict[str, BuildStep], asked: Collection[str]) -> dict[str, str]:
    """The texts of files in the image that is built last, as far as they are known."""
    views = [step.files for step in steps.values() if step.files is not None and step.vertex.kind != "context"]
    found = {}
    for path in asked if views else ():
        entry = views[-1].lookup(path.strip("/"))
        data = entry.content.read() if entry is not None and entry.content is not None else None
        if data is not None:
            found[path] = data.decode("utf-8", "replace")
    return found


def _fails(vertex: Vertex) -> bool:
    """Whether a RUN's line ends in a command that fails, as far as it shows: `false`, or `exit` with a number."""
    return vertex.kind == "exec" and _FAILS.fullmatch(vertex.text.split(None, 1)[-1]) is not None


def _category(message: str) -> str:
    """A build's error by category."""
    found = {"failed to read dockerfile": "no dockerfile", "unknown instruction": "unknown instruction"}
    return next((category for words, category in found.items() if words in message), "bad dockerfile")


def _written(typed: str) -> str | None:
    """The text that a command writes into a file; None where it is not that plain."""
    try:
        words = shlex.split(typed)
    except ValueError:
        return None
    if len(words) < 4 or words[-2] != ">":
        return None
    if words[0] == "echo":
        return " ".join(words[1:-2]) + "\n"
    if words[0] == "printf" and len(words) == 4:
        return _ESCAPE.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), words[1])
    return None
