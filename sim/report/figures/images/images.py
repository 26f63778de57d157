"""Images as layers: the bars of one image, what several share on a host, and the graph of the layers between them.

Solid is on the disk or must be. Dashed is there already, or not yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim import limits
from sim.archives.layers import Image, Layer
from sim.archives.sharing import ImageShare, layer_graph, shares
from sim.archives.store import Backend, LayerStore, PullPlan
from sim.archives.whiteouts import FileSystem
from sim.report.figures import parts
from sim.report.graph.layout import indented
from sim.report.graph.svg import INDENT, WIDTH, Card, EdgeLine, drawing
from sim.report.numbers import about, written
from sim.report.style import Language, Spec, Style, chart, inline, text_width, type_size
from sim.report.texts import tr
from sim.report.words import LabelName

if TYPE_CHECKING:
    import networkx as nx

_ROOM, _NOTE = 22, 34
"""Half-width characters of a card's instruction and of its note."""
_LANE = 30
_AROUND = re.compile(r"(?:^|(?<=RUN ))/bin/sh -c (?:#\(nop\)\s*)?|(?<!\s)\s*# buildkit$")
"""Pixels of a layer's lane."""


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An image to be shown.

    Attributes:
        estimate: Its sizes before compression are one (only its manifest is known).
    """

    image: Image
    estimate: bool = False


def size_text(size: int, language: Language, *, estimate: bool = False) -> str:
    """Bytes of a layer as a figure writes them."""
    return written(size, "B", language, estimate, transfer=True)


def short_instruction(instruction: str) -> str:
    """What a layer was made by, on one line, without what every builder writes around it."""
    return " ".join(_AROUND.sub("", instruction).split())


def hides(layers: Sequence[Layer]) -> tuple[int, ...] | None:
    """How many bytes of the layers below each layer hides. None where that takes too long to tell."""
    if sum(len(layer.files) for layer in layers) * len(layers) > limits.WALKS:
        return None
    stacked, sizes, before = FileSystem(), [], 0
    for layer in layers:
        stacked.apply(layer.files)
        sizes.append(stacked.hidden - before)
        before = stacked.hidden
    return tuple(sizes)


def layer_bars(shown: ShownImage, style: Style) -> Spec:
    """A lane a layer, the base first: its size before compression, as stored, and what it hides of those below."""
    image, language = shown.image, style.language
    hidden = hides(image.layers)
    rows: list[dict[str, Any]] = []
    for number, layer in enumerate(image.layers, 1):
        words = [size_text(layer.size, language, estimate=shown.estimate)]
        if layer.compressed_size != layer.size:
            words.append(tr("figure.images.stored", language, size=size_text(layer.compressed_size, language)))
        costs = hidden[number - 1] if hidden else 0
        if costs:
            words.append(tr("figure.images.hides", language, size=size_text(costs, language)))
        rows.append(
            {
                "lane": str(number),
                "zero": 0,
                "value": layer.size,
                "stored": layer.compressed_size,
                "hides": costs,
                "text": " \u00b7 ".join(words),
                "instruction": short_instruction(layer.instruction) or tr("figure.images.unsaid", language),
                "digest": layer.digest,
            }
        )
    most = max((row["value"] for row in rows), default=1) or 1
    names = {row["lane"]: LabelName(f"{row['lane']}  {parts.cut(row['instruction'], 30)}") for row in rows}
    tooltip = [
        {"field": field, "title": tr(f"figure.images.col.{field}", language)}
        for field in ("instruction", "text", "digest")
    ]
    layers = [_solid(rows, "value", tooltip, style, guess=shown.estimate)]
    return _in_lanes(rows, names, layers, most, style)


def sharing_bars(images: Sequence[ShownImage], style: Style) -> Spec:
    """A lane an image, in the order in which they come: what it adds to the disk, and dashed what was there already."""
    language = style.language
    graph = layer_graph([shown.image for shown in images])
    guessed = {shown.image.id: shown.estimate for shown in images}
    rows: list[dict[str, Any]] = []
    for share in shares(graph):
        guess = guessed[graph.nodes[share.node]["id"]]
        say = about if guess else written
        added, size = (say(value, "B", language, transfer=True) for value in (share.adds, share.size))
        text = tr("figure.images.adds", language, adds=added, size=size)
        if share.adds == share.size:
            text = tr("figure.images.adds_all", language, size=size)
        elif not share.adds:
            text = tr("figure.images.adds_none", language, size=size)
        rows.append(
            {
                "lane": share.node,
                "name": share.name,
                "zero": 0,
                "value": share.size,
                "adds": share.adds,
                "text": text,
                "moves": size_text(share.moves, language),
                "frees": size_text(share.frees, language, estimate=guess),
                "estimate": guess,
            }
        )
    most = max((row["value"] for row in rows), default=1) or 1
    tooltip = [
        {"field": field, "title": tr(f"figure.images.col.{field}", language)}
        for field in ("name", "text", "moves", "frees")
    ]
    layers = [
        _solid([row for row in rows if row["estimate"] == guess], "adds", tooltip, style, guess=guess)
        for guess in (False, True)
        if any(row["estimate"] == guess for row in rows)
    ]
    again = [row | {"zero": row["adds"]} for row in rows if row["adds"] < row["value"]]
    if again:
        ghost = {"type": "bar", "height": {"band": 0.6}, "fillOpacity": 0.05, "strokeDash": [4, 3], "strokeWidth": 1.3}
        ghost |= {"color": style.tokens.muted, "stroke": style.tokens.muted}
        layers.append({"data": inline(again), "mark": ghost, "encoding": _ends("zero", "value", tooltip)})
    return _in_lanes(rows, {row["lane"]: LabelName(row["name"]) for row in rows}, layers, most, style)


def sharing_table(images: Sequence[ShownImage], language: Language = "en") -> list[dict[str, str]]:
    """One row an image: layers, size, what others share, what it adds and moves in this order, what removal frees."""
    graph = layer_graph([shown.image for shown in images])
    guessed = {shown.image.id: shown.estimate for shown in images}
    table = []
    for share in shares(graph):
        guess = guessed[graph.nodes[share.node]["id"]]
        cells = {"name": share.name, "layers": str(share.layers)}
        for column in ("size", "shared", "adds", "frees"):
            cells[column] = size_text(getattr(share, column), language, estimate=guess)
        cells["moves"] = size_text(share.moves, language)
        table.append({tr(f"figure.images.col.{column}", language): cell for column, cell in cells.items()})
    return table


def layer_table(shown: ShownImage, language: Language = "en") -> list[dict[str, str]]:
    """One row a layer, the base first."""
    hidden = hides(shown.image.layers)
    table = []
    for number, layer in enumerate(shown.image.layers, 1):
        cells = {
            "layer": str(number),
            "instruction": layer.instruction,
            "size": size_text(layer.size, language, estimate=shown.estimate),
            "stored": size_text(layer.compressed_size, language),
            "files": f"{len(layer.files):,}" if layer.files else "\u2013",
            "hides": size_text(hidden[number - 1], language) if hidden and layer.files else "\u2013",
            "digest": layer.digest,
        }
        table.append({tr(f"figure.images.col.{column}", language): cell for column, cell in cells.items()})
    return table


def host_store(images: Sequence[ShownImage], backend: Backend) -> LayerStore:
    """A host that has these images."""
    store = LayerStore(backend)
    for shown in images:
        store = store.add(shown.image)
    return store


def next_pull(images: Sequence[ShownImage], coming: ShownImage, backend: Backend) -> PullPlan:
    """What pulling one more image does on a host that has these. Raises `InputError` past the store's layer limit."""
    return host_store(images, backend).plan_pull(coming.image)


def sharing_graph(
    images: Sequence[ShownImage], style: Style, *, coming: ShownImage | None = None, selected: str = ""
) -> str:
    """The layers of a host, those that the same images have in one card, down to the images as an SVG.

    Args:
        coming: An image that is to be pulled next. What it does not find is dashed.
        selected: An image's node. The layers that its removal frees bear a flag.
    """
    language = style.language
    every = [*images, *([coming] if coming else [])]
    graph = layer_graph([shown.image for shown in every])
    guessed = {shown.image.id: shown.estimate for shown in every}
    pulled = [node for node, kind in graph.nodes(data="kind") if kind == "image"]
    new = f"image:{coming.image.name}" if coming else ""
    if coming and graph.nodes[pulled[-1]]["id"] == coming.image.id:
        new = pulled[-1]
    if coming and any(shown.image.id == coming.image.id for shown in images):
        new = ""
    stacks = _stacks(graph)
    # Layers that one image alone has are part of its card.
    card = {layer: stack.users[0] if len(stack.users) == 1 else stack.id for stack in stacks for layer in stack.layers}
    own = {stack.users[0]: stack.layers for stack in stacks if len(stack.users) == 1}
    nodes = [_stack_card(stack, graph, guessed, language) for stack in stacks if len(stack.users) > 1]
    nodes += [
        _image_card(share, graph, guessed, own.get(share.node, ()), new, selected, language) for share in shares(graph)
    ]
    ends = dict.fromkeys((card[source], card.get(target, target)) for source, target in graph.edges)
    edges = [(source, target) for source, target in ends if source != target]
    lines = [EdgeLine(source, target, dashed=target == new) for source, target in edges]
    layout = indented([node.id for node in nodes], edges, INDENT / WIDTH)
    title = tr("figure.images.graph", language, n=len(pulled), layers=len(card))
    return drawing(layout, nodes, lines, style, title=title, selected=selected, tree=True)


@dataclass(frozen=True, slots=True)
class _Stack:
    """Layers one on another that the same images have."""

    layers: tuple[str, ...]
    users: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.layers[-1]


def _stacks(graph: nx.DiGraph) -> list[_Stack]:
    """The layers joined where nothing branches off between them, in the graph's order."""
    users: dict[str, list[str]] = {node: [] for node, kind in graph.nodes(data="kind") if kind == "layer"}
    for node, kind in graph.nodes(data="kind"):
        layer = next(iter(graph.predecessors(node)), None) if kind == "image" else None
        while layer is not None:
            users[layer].append(node)
            layer = next(iter(graph.predecessors(layer)), None)
    joined: dict[str, list[str]] = {}
    for layer in users:
        parent = next(iter(graph.predecessors(layer)), None)
        if parent is not None and graph.out_degree(parent) == 1:
            joined[layer] = joined[parent]
            joined[layer].append(layer)
        else:
            joined[layer] = [layer]
    unique = {id(stack): stack for stack in joined.values()}
    return [_Stack(tuple(stack), tuple(users[stack[0]])) for stack in unique.values()]


def _stack_card(stack: _Stack, graph: nx.DiGraph, guessed: dict[str, bool], language: Language) -> Card:
    size = sum(int(graph.nodes[layer]["size"]) for layer in stack.layers)
    guess = any(guessed[graph.nodes[user]["id"]] for user in stack.users)
    instruction = short_instruction(str(graph.nodes[stack.layers[-1]]["instruction"]))
    names = [str(graph.nodes[user]["name"]) for user in stack.users]
    note = tr("figure.images.shared_by", language, n=len(names))
    if len(stack.layers) > 1:
        note = tr("figure.images.layers", language, n=len(stack.layers)) + " \u00b7 " + note
    word = (about if guess else written)(size, "B", language, transfer=True)
    return Card(
        id=stack.id,
        glyph="\u2261",
        word=word,
        body=parts.cut(instruction, max(_ROOM - len(word), 0)),
        note=parts.cut(note, _NOTE),
        cost="",
        tone="quiet",
        label=f"{word}: {instruction}. {note}: {parts.joined(names, language)}",
    )


def _image_card(
    share: ImageShare,
    graph: nx.DiGraph,
    guessed: dict[str, bool],
    own: Sequence[str],
    new: str,
    selected: str,
    language: Language,
) -> Card:
    guess = guessed[graph.nodes[share.node]["id"]]
    alone = sum(int(graph.nodes[layer]["size"]) for layer in own)
    note = tr("figure.images.all_shared", language)
    if share.node == new:
        note = tr("figure.images.moves", language, size=size_text(share.moves, language))
    elif own:
        size = (about if guess else written)(alone, "B", language, transfer=True)
        note = tr("figure.images.own", language, n=len(own), size=size)
    total = size_text(share.size, language, estimate=guess)
    return Card(
        id=share.node,
        glyph="\u2193" if share.node == new else "\u25c6",
        word=parts.cut(share.name, _ROOM + 3),
        body="",
        note=parts.cut(note, _NOTE),
        cost="",
        tone="absent" if share.node == new else "quiet",
        label=f"{share.name}, {total}. {note}",
        flag=tr("figure.images.freed", language) if own and share.node == selected != new else "",
    )


def _solid(
    rows: Sequence[dict[str, Any]], end: str, tooltip: Sequence[dict[str, str]], style: Style, *, guess: bool
) -> parts.SpecLayer:
    colour = style.tokens.owners["files"]
    mark: dict[str, Any] = {"type": "bar", "height": {"band": 0.6}, "color": colour}
    if guess:
        mark |= {"fillOpacity": parts.PALE, "stroke": colour, "strokeDash": parts.DASH, "strokeWidth": 1.5}
    return {"data": inline(rows), "mark": mark, "encoding": _ends("zero", end, tooltip)}


def _ends(start: str, end: str, tooltip: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {"x": {"field": start, "type": "quantitative"}, "x2": {"field": end}, "tooltip": list(tooltip)}


def _in_lanes(
    rows: Sequence[dict[str, Any]],
    names: dict[str, LabelName],
    layers: Sequence[parts.SpecLayer],
    most: float,
    style: Style,
) -> Spec:
    """Bars on a track, with their words behind them and room for those."""
    end = parts.end_for(most, [row["text"] for row in rows], style, least=0.3)
    scale = {"domainMin": 0, "domainMax": end, "nice": False}
    x = {"field": "zero", "type": "quantitative", "title": None, "scale": scale, "axis": None, "stack": None}
    axis = parts.lane_axis(names, style, two_lines=False)
    y = {"field": "lane", "type": "nominal", "sort": [row["lane"] for row in rows], "title": None, "axis": axis}
    track = {"type": "bar", "height": {"band": 0.86}, "color": style.tokens.track}
    back = {"data": inline(rows), "mark": track, "encoding": {"x": x, "x2": {"value": {"expr": "width"}}}}
    told = [row | {"ems": round(text_width(row["text"], 1), 2)} for row in rows]
    # On a phone words that have no room behind their bar end at the figure's edge.
    inside = {"expr": f"min(10, width - datum.ems * ({type_size(style)['expr']}) - scale('x', datum.value))"}
    words = parts.text_layer(told, style, "value", "text", dx=inside)
    return chart(style, height={"step": style.px(_LANE)}, encoding={"y": y, "x": x}, layer=[back, *layers, words])
