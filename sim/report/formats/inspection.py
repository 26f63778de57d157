"""`inspect` and `replay` as text tables. Their JSON is what the readers give."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim import limits
from sim.inspection import NAMED_FILES
from sim.printable import printable
from sim.report.formats.composing import project_lines
from sim.report.formats.manifests import manifest_lines
from sim.report.grid import WIDTH, cut, table
from sim.report.numbers import NARROW, written

if TYPE_CHECKING:
    from sim.archives.sharing import ImageShare

_DIGEST = 12
"""Characters of a digest that tell layers apart for a reader."""

_FILES = 10
"""Wasted files of an image that its table names."""


def inspected(reports: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """What `inspect` found of each path, by its kind, and what several images share. "" where nothing could be read.

    Args:
        reports: (path, what it holds).
    """
    lines: list[str] = []
    for path, report in reports:
        lines += [path] if len(reports) > 1 else []
        if report["kind"] == "dockerfile":
            lines += _stages(report["stages"])
        elif report["kind"] == "image":
            lines += [line for image in report["images"] for line in _image(image)]
        elif report["kind"] == "compose":
            lines += project_lines(report)
        elif report["kind"] == "kubernetes":
            lines += manifest_lines(report)
        else:
            lines += [str(report["kind"]), ""]
    text = "\n".join([*lines, *_shared(reports)]).rstrip()
    return f"{text}\n" if text else ""


def together(reports: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Several paths as JSON values, {"kind": "images", "inspected": [...], "shared": [...]}.

    "inspected" has what one path gives, with "path". "shared" has one object an image, in the order given: {"name",
    "id", "layers", "size", "adds", "moves", "frees", "shared"}. Sizes are in bytes, as in
    `sim.archives.sharing.ImageShare`.
    """
    shared = [
        {
            "name": share.name, "id": identity, "layers": share.layers, "size": share.size, "adds": share.adds,
            "moves": share.moves, "frees": share.frees, "shared": share.shared,
        }
        for share, identity in _shares(reports)
    ]  # fmt: skip
    return {"kind": "images", "inspected": [{"path": path, **report} for path, report in reports], "shared": shared}


def _shares(reports: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[ImageShare, str]]:
    """Each image's part of a host that has them all, and its id."""
    from sim.archives.layers import Image, Layer
    from sim.archives.sharing import layer_graph, shares

    fields = ("diff_id", "chain_id", "digest", "size", "compressed_size", "compression", "instruction")
    images = [
        Image(
            name=image["name"],
            id=image["id"],
            layers=tuple(Layer(**{name: layer[name] for name in fields}) for layer in image["layers"]),
        )
        for _, report in reports
        if report["kind"] == "image"
        for image in report["images"]
    ]
    graph = layer_graph(images)
    return [(share, str(graph.nodes[share.node]["id"])) for share in shares(graph)]


def _shared(reports: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    if sum(len(report["images"]) for _, report in reports if report["kind"] == "image") < 2:
        return []
    parts = [share for share, _ in _shares(reports)]
    rows = [
        (_size(share.size), _size(share.adds), _size(share.moves), _size(share.shared), _size(share.frees), share.name)
        for share in parts
    ]
    header = ("size", "adds", "pull moves", "shared", "removal frees", "image")
    disk = _size(sum(share.adds for share in parts))
    return [f"On one host, in this order: {disk} on disk", *table(header, rows, right=(0, 1, 2, 3, 4))]


def _stages(stages: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for number, stage in enumerate(stages):
        name = f" {stage['name']}" if stage.get("name") else ""
        base = (
            f"{stage['expanded']} ({stage['base']} with the defaults of ARG)" if "expanded" in stage else stage["base"]
        )
        lines.append(f"stage {number}{name} from {base}")
        rows = [(str(step["line"]), " ".join(str(step["text"]).split())) for step in stage["steps"]]
        lines += [*table(("line", "instruction"), rows, right=(0,)), ""]
    return lines


def _size(value: float | None) -> str:
    return "" if value is None else written(value, "B", transfer=True).replace(NARROW, " ")


def _image(image: Mapping[str, Any]) -> list[str]:
    layers = image["layers"]
    name = printable(image["name"]) or "(no name)"
    lines = [f"image {name}: {len(layers)} layers, {_size(sum(layer['size'] for layer in layers))}"]
    rows = [
        (
            str(number),
            _digest(layer),
            _size(layer["size"]),
            _size(layer["compressed_size"]),
            " ".join(str(layer["instruction"] or "").split()),
        )
        for number, layer in enumerate(layers, 1)
    ]
    lines += table(("", "layer", "size", "compressed", "made by"), rows, right=(0, 2, 3))
    wasted, hidden = _size(image["wasted_bytes"]), _size(image["hidden_bytes"])
    lines += [f"efficiency {image['efficiency']:.1%}, wasted {wasted}, hidden by later layers {hidden}"]
    lines += _verdicts(image.get("budgets", ()))
    lines += _wasted(image)
    for number, layer in enumerate(layers, 1):
        lines += _files(number, layer) if "entries" in layer else []
    return [*lines, ""]


def _digest(layer: Mapping[str, Any]) -> str:
    return str(layer["diff_id"]).rpartition(":")[2][:_DIGEST]


def _verdicts(budgets: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each budget comes to."""
    lines = []
    for verdict in budgets:
        observed = _size(verdict["observed"]) if verdict["figure"] == "wasted_bytes" else f"{verdict['observed']:.1%}"
        word = "efficiency" if verdict["figure"] == "efficiency" else "wasted"
        lines.append(f"{'held' if verdict['passed'] else 'BROKEN'}: {verdict['budget']}: {word} {observed}")
    return lines


def _wasted(image: Mapping[str, Any]) -> list[str]:
    """The files that waste most: all bytes of all versions, and the layers that have one."""
    shown = image["wasted_files"][:_FILES]
    if not shown:
        return []
    rows = [(_size(file["bytes"]), ", ".join(map(str, file["layers"])), printable(file["path"])) for file in shown]
    rest = image["wasted_file_count"] - len(shown)
    more = [f"and {rest:,} files more (--format json names up to {NAMED_FILES:,})"] if rest else []
    return ["", *table(("wasted", "in layers", "file"), rows, right=(0,), limit=None), *more]


_KINDS = {"directory": "d", "symlink": "l", "hardlink": "h", "other": "?"}


def _files(number: int, layer: Mapping[str, Any]) -> list[str]:
    """The entries of a layer as they stand in its tar. What it deletes of lower layers has no mode."""
    rows = []
    for entry in layer["entries"]:
        path, kind = "/" + printable(entry["path"]), entry["kind"]
        if kind in ("whiteout", "opaque"):
            rows.append(("deletes", "", path if kind == "whiteout" else f"{path} as it was below"))
            continue
        mode = _KINDS.get(kind, "-") + stat.filemode(entry["mode"])[1:]
        arrow = f" -> {printable(entry['link'])}" if entry["link"] else ""
        rows.append((mode, _size(entry["size"]) if kind == "file" else "", path + arrow))
    title = f"files of layer {number} ({_digest(layer)}): {len(rows):,}"
    return ["", title, *table(("mode", "size", "path"), rows, right=(1,), limit=None)]


def replayed(agreement: Mapping[str, Any]) -> str:
    """Agreement per builder and per other kind of recording, then every disagreement."""
    lines: list[str] = []
    builders = agreement.get("builders")
    if builders:
        heads = ("builder", "steps that agree", "", "after the first build", "", "named otherwise")
        rows = [
            (
                name,
                *_agreeing(a["agree"], a["steps"]),
                *_agreeing(a["agree_after_first"], a["steps_after_first"]),
                f"{a['named_otherwise']}",
            )
            for name, a in builders.items()
        ]
        lines += [*table(heads, rows, right=(1, 2, 3, 4, 5)), ""]
    counted = {kind: tally for kind, tally in agreement.items() if kind not in ("builders", "disagreements")}
    if counted:
        counts = [
            (kind, *_agreeing(a["agree"], a["items"]), *_agreeing(a["cases_agree"], a["cases"]))
            for kind, a in counted.items()
        ]
        kinds = ("recording", "items that agree", "", "whole cases", "")
        lines += [*table(kinds, counts, right=(1, 2, 3, 4)), ""]
    for item in agreement["disagreements"]:
        where = (
            f"{item['case']}: {item['item']}"
            if "case" in item
            else f"{item['scenario']}, {item['builder']}, build {item['build']!r}: {item['step']}"
        )
        said = f"  predicted {_json(item['predicted'])}, recorded {_json(item['recorded'])}"
        lines += [cut(where, WIDTH), cut(said, limits.MESSAGE), ""]
    return "\n".join(lines[:-1]) + "\n"


def _agreeing(part: int, whole: int) -> tuple[str, str]:
    return f"{part} of {whole}", _share(part, whole)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""
