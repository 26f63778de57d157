"""Sizes and times of steps from a real image's history. This Dockerfile, or one like it, has made the image.

A Dockerfile's steps are matched in order to the history's entries that made a layer. Those of equal text are matched
first. Between two such, those of one instruction are matched where there are as many.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sim.archives.archive import read_images
from sim.archives.layers import Image
from sim.builds.graph.vertices import BuildGraph, Vertex, chain
from sim.catalog import images as catalog
from sim.catalog.load import gzip_ratio
from sim.errors import InputError
from sim.inputfile import exists

LONGEST = 3600.0
"""The most seconds between two entries of a history that count as the later one's work. More is another day's build."""


_SHELL = re.compile(r"^(\|\d+ .*?)?/bin/(ba)?sh ((-[a-z]+ )?pipefail )?-[a-z]*c ")


@dataclass(frozen=True, slots=True)
class LayerHistory:
    """A layer of an image and what made it.

    Attributes:
        seconds: Since the entry before, None where that says nothing.
    """

    instruction: str
    text: str
    bytes: int
    compressed: int
    seconds: float | None
    source: str
    estimate: bool = False


def unknown(like: str, folder: str | Path = ".") -> str:
    """Why there is no such image, neither in the catalog nor as a file; "" where there is."""
    known = catalog.images()
    if like in known or exists(Path(folder) / like):
        return ""
    near = difflib.get_close_matches(like, known, 1)
    hint = f", did you mean {near[0]!r}?" if near else f"; the catalog has {', '.join(known)}"
    return f"{like!r} is no file beside the scenario and no image of the catalog{hint}"


def entries(like: str, folder: str | Path = ".") -> tuple[LayerHistory, ...]:
    """The layers of an image by its name in the catalog or the path of an archive or layout, base first.

    Raises `InputError` where it is neither, or the archive cannot be read.
    """
    known = catalog.images()
    if like in known:
        image, ratio = known[like], gzip_ratio()
        return tuple(
            _entry(
                layer.instruction, round(layer.size * ratio.value), layer.size, None, f"{like}: {image.source}", True
            )
            for layer in image.layers
        )
    if reason := unknown(like, folder):
        raise InputError(f"like: {reason}")
    images = [image for image in read_images(Path(folder) / like) if image.layers]
    if not images:
        raise InputError(f"like: {like!r} holds no image with layers")
    return _of_archive(images[0])


def _of_archive(image: Image) -> tuple[LayerHistory, ...]:
    made = [(entry.created_by, entry.created) for entry in image.history if not entry.empty_layer]
    made += [("", "")] * (len(image.layers) - len(made))
    before: dict[int, str] = {}
    last = ""
    at = 0
    for entry in image.history:
        if not entry.empty_layer:
            before[at] = last
            at += 1
        last = entry.created or last
    return tuple(
        _entry(
            text,
            layer.size,
            layer.compressed_size if layer.compression != "none" else round(layer.size / gzip_ratio().value),
            _between(before.get(number, ""), created),
            f"history of {image.name}, layer {number + 1}",
            False,
        )
        for number, (layer, (text, created)) in enumerate(zip(image.layers, made, strict=False))
    )


def _between(before: str, after: str) -> float | None:
    """Seconds between two times of a history, where they can be those of one build."""
    try:
        first, second = (datetime.fromisoformat(_whole(text)) for text in (before, after))
        seconds = (second - first).total_seconds()
    except (ValueError, TypeError):
        return None
    return seconds if 0 < seconds <= LONGEST else None


def _whole(time: str) -> str:
    """A time with at most six digits of a second, which is what Python 3.11 reads of the nine that builders write."""
    return re.sub(r"(\.\d{6})\d+", r"\1", time)


def _entry(text: str, size: int, compressed: int, seconds: float | None, source: str, estimate: bool) -> LayerHistory:
    instruction, plain = normal(text)
    return LayerHistory(instruction, plain, size, compressed, seconds, source, estimate)


def normal(text: str) -> tuple[str, str]:
    r"""Instruction and argument of a history entry or a Dockerfile's step, without what builders put around them.

    >>> normal("RUN |1 A=b /bin/sh -c pip install x # buildkit")
    ('RUN', 'pip install x')
    >>> normal("/bin/sh -c #(nop) COPY file:0a1b in /x ")
    ('COPY', '/x')
    >>> normal("/bin/sh -c pip install  x")
    ('RUN', 'pip install x')
    """
    plain = re.sub(r"\s+", " ", re.sub(r"\\\n", " ", text)).removesuffix(" # buildkit").strip()
    nop = re.search(r"#\(nop\)\s+(.*)", plain)
    if nop:
        plain = nop[1].strip()
    elif _SHELL.match(plain):
        plain = "RUN " + plain
    word, _, rest = plain.partition(" ")
    word = word.upper()
    if word not in ("RUN", "COPY", "ADD", "WORKDIR"):
        return word, rest
    if word == "RUN":
        rest = _SHELL.sub("", rest, count=1)
    rest = re.sub(r"^(--\S+ )+", "", rest)
    if word in ("COPY", "ADD"):
        rest = rest.split(" ")[-1]
    return word, rest.strip()


@dataclass(frozen=True, slots=True)
class Known:
    """What a history says of one step."""

    bytes: int
    compressed: int
    seconds: float | None
    source: str
    estimate: bool = False


def match(build: BuildGraph, made: Sequence[LayerHistory]) -> dict[int, Known]:
    """What the history says of the steps of the finished image, by line."""
    vertices = [build.vertex(name) for name in chain(build)]
    mine = [vertex for vertex in vertices if vertex.kind in ("exec", "file", "merge") and vertex.line]
    mine = [
        v
        for v in mine
        if not (v.kind == "file" and any(v.line == other.line for other in mine if other.kind == "merge"))
    ]
    left = [normal(vertex.text) for vertex in mine]
    right = [(entry.instruction, entry.text) for entry in made]
    known: dict[int, Known] = {}
    at, there = 0, 0
    blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    for block in blocks:
        known |= _alike(mine[at : block.a], made[there : block.b])
        for offset in range(block.size):
            known[mine[block.a + offset].line] = _known(made[block.b + offset])
        at, there = block.a + block.size, block.b + block.size
    return known


def _alike(mine: Sequence[Vertex], made: Sequence[LayerHistory]) -> dict[int, Known]:
    """Steps between two that match, the last of the history taken for as many as there are."""
    tail = made[len(made) - len(mine) :] if mine and len(made) >= len(mine) else ()
    if [vertex.instruction for vertex in mine] != [entry.instruction for entry in tail]:
        return {}
    return {vertex.line: _known(entry) for vertex, entry in zip(mine, tail, strict=True)}


def _known(entry: LayerHistory) -> Known:
    return Known(entry.bytes, entry.compressed, entry.seconds, entry.source, entry.estimate)
