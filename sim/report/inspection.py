"""`inspect` and `replay` as text tables. Their JSON is what the readers give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.report.grid import WIDTH, cut, table
from sim.report.numbers import NARROW, written

_DIGEST = 12
"""Characters of a digest that tell layers apart for a reader."""


def inspected(found: Mapping[str, Any]) -> str:
    """What `inspect` found, by its kind."""
    if found["kind"] == "dockerfile":
        lines = _stages(found["stages"])
    elif found["kind"] == "image":
        lines = [line for image in found["images"] for line in _image(image)]
    else:
        lines = [str(found["kind"])]
    return "\n".join(lines).rstrip() + "\n"


def _stages(stages: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for number, stage in enumerate(stages):
        name = f" {stage['name']}" if stage.get("name") else ""
        lines.append(f"stage {number}{name} from {stage['base']}")
        rows = [(str(step["line"]), " ".join(str(step["text"]).split())) for step in stage["steps"]]
        lines += [*table(("line", "instruction"), rows, right=(0,)), ""]
    return lines


def _size(value: float | None) -> str:
    return "" if value is None else written(value, "B", transfer=True).replace(NARROW, " ")


def _image(image: Mapping[str, Any]) -> list[str]:
    layers = image["layers"]
    lines = [
        f"image {image['name'] or '(no name)'}: {len(layers)} layers, {_size(sum(layer['size'] for layer in layers))}"
    ]
    rows = [
        (
            str(layer["diff_id"]).rpartition(":")[2][:_DIGEST],
            _size(layer["size"]),
            _size(layer["compressed_size"]),
            " ".join(str(layer["instruction"] or "").split()),
        )
        for layer in layers
    ]
    lines += table(("layer", "size", "compressed", "made by"), rows, right=(1, 2))
    wasted, hidden = _size(image["wasted_bytes"]), _size(image["hidden_bytes"])
    lines += [f"efficiency {image['efficiency']:.1%}, wasted {wasted}, hidden by later layers {hidden}", ""]
    return lines


def replayed(found: Mapping[str, Any]) -> str:
    """Agreement per builder, then every disagreement."""
    rows = [
        (
            name,
            f"{a['agree']} of {a['steps']}",
            _share(a["agree"], a["steps"]),
            f"{a['agree_after_first']} of {a['steps_after_first']}",
            _share(a["agree_after_first"], a["steps_after_first"]),
        )
        for name, a in found["builders"].items()
    ]
    lines = table(("builder", "steps that agree", "", "after the first build", ""), rows, right=(1, 2, 3, 4))
    for item in found["disagreements"]:
        lines += [
            "",
            cut(f"{item['scenario']}, {item['builder']}, build {item['build']!r}: {item['step']}", WIDTH),
            f"  predicted {item['predicted']}, recorded {item['recorded']}",
        ]
    return "\n".join(lines) + "\n"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""
