"""An image build: its graph as SVG, and the clean build's seconds as one bar."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim import limits
from sim.outcome import Outcome
from sim.printable import printable
from sim.records.images import StepRecord
from sim.report.figures import parts
from sim.report.graph.layout import in_columns, layered, stacked
from sim.report.graph.svg import WIDTH, Card, EdgeLine, Tone, drawing, notice
from sim.report.numbers import marked, written
from sim.report.ring import place_data
from sim.report.sources import cited
from sim.report.style import Language, Spec, Style, chart, inline, text_width, type_size
from sim.report.texts import told, tr

_ROOM = WIDTH - 58
"""Pixels of a node's second line, for what became of it and what it costs."""

MOST_COLUMNS = 3
"""More stages than these are drawn in layers instead of a column each."""

_GLYPHS: Mapping[str, tuple[str, Tone]] = {
    "hit": ("✓", "quiet"),
    "miss": ("✗", "hot"),
    "cause": ("✗", "cause"),
    "base": ("↓", "quiet"),
    "context": ("≡", "quiet"),
    "metadata": ("–", "quiet"),
    "depends": ("?", "unsure"),
    "unknown": ("?", "quiet"),
    "unused": ("–", "absent"),
}


def steps(outcome: Outcome, build: str = "", label: str = "") -> tuple[StepRecord, ...]:
    """The steps of one build, in order. "" is the last build, and the first label."""
    label = label or next(iter(outcome.labels), "")
    every = [step for step in outcome.of_type(StepRecord) if step.of == label]
    build = build or (every[-1].build if every else "")
    return tuple(step for step in every if step.build == build)


def first_cause(outcome: Outcome, build: str = "", label: str = "") -> str:
    """The step id of the build's first cause. "" where every step hits."""
    return next((step.step for step in steps(outcome, build, label) if step.cause), "")


def fate(step: StepRecord) -> str:
    """What became of a step, as a word of the figure: its status, or "cause" for a first cause."""
    return "cause" if step.cause and step.status == "miss" else step.status


def build_graph(
    outcome: Outcome,
    style: Style,
    build: str = "",
    selected: str = "",
    *,
    label: str = "",
    hidden: bool = False,
    said: Collection[str] = (),
    narrow: bool = False,
    dense: bool = False,
) -> str:
    """The build as an SVG that may be picked: nodes carry `data-node`, are focusable buttons and have a full label.

    Stages stand in a column each where they are few, else in layers. What reads the build context has a short edge to
    nowhere, or every COPY would hang on one node. A build of more steps than `limits.DRAWN` is a sentence that says so.

    Args:
        hidden: No step's fate is shown yet.
        said: Steps a student clicked as running again.
        narrow: One column in the Dockerfile's order, for a phone. What a stage begins with then names it.
        dense: Lower, for a lecture.
    """
    count = len(steps(outcome, build, label))
    if count > limits.DRAWN:
        return notice(tr("figure.graph_too_large", style.language, steps=count, most=limits.DRAWN), style)
    shown, nodes, lines, columns, heads = _parts(outcome, style, build, label, hidden=hidden, said=said, narrow=narrow)
    ids = [node.id for node in nodes]
    edges = [(line.source, line.target) for line in lines]
    title, place = tr("figure.graph", style.language), place_data(label=label or next(iter(outcome.labels), ""))
    if narrow:
        layout = stacked(ids, edges)
        return drawing(layout, nodes, lines, style, title=title, selected=selected, single=True, place=place)
    if len(columns) <= MOST_COLUMNS:
        of = {step.step: list(columns).index(step.stage) for step in shown}
        above = dict(enumerate(heads.values()))
        return drawing(
            in_columns(ids, edges, of),
            nodes,
            lines,
            style,
            title=title,
            selected=selected,
            heads=above,
            dense=dense,
            place=place,
        )
    return drawing(layered(ids, edges), nodes, lines, style, title=title, selected=selected, dense=dense, place=place)


def graph_parts(outcome: Outcome, style: Style, build: str = "", label: str = "") -> tuple[list[Card], list[EdgeLine]]:
    """The nodes and lines of that drawing, for another form of it."""
    _, nodes, lines, _, _ = _parts(outcome, style, build, label, hidden=False, said=(), narrow=False)
    return nodes, lines


def _parts(
    outcome: Outcome, style: Style, build: str, label: str, *, hidden: bool, said: Collection[str], narrow: bool
) -> tuple[tuple[StepRecord, ...], list[Card], list[EdgeLine], dict[str, int], dict[str, str]]:
    """The steps shown, what is drawn of them and between them, the stages' columns, and what stands above each."""
    shown = steps(outcome, build, label)
    context = {step.step for step in shown if step.status == "context"}
    shown = tuple(step for step in shown if step.step not in context)
    ids = [step.step for step in shown]
    columns = _columns(shown)
    heads = dict(zip(columns, _heads(columns, shown, style.language), strict=True))
    named = dict.fromkeys(ids, "")
    if narrow and len(columns) > 1:
        named |= {next(step.step for step in shown if step.stage == stage): head for stage, head in heads.items()}
    elif len(columns) > MOST_COLUMNS:
        named = {step.step: step.stage for step in shown}
    nodes = [_node(step, style, hidden, step.step in said, named[step.step]) for step in shown]
    fates = {step.step: "unknown" if hidden else fate(step) for step in shown}
    lines: dict[tuple[str, str], EdgeLine] = {}
    for step in shown:
        for source, kind in step.inputs:
            if source in fates:
                hot = fates[source] in ("miss", "cause") and fates[step.step] in ("miss", "cause")
                lines.setdefault((source, step.step), EdgeLine(source, step.step, hot, kind != "parent"))
    return shown, nodes, list(lines.values()), columns, heads


def _columns(shown: Sequence[StepRecord]) -> dict[str, int]:
    """Stage to the first line it stands on, in the Dockerfile's order."""
    first: dict[str, int] = {}
    for step in shown:
        line = step.line or 10**9
        first[step.stage] = min(line, first.get(step.stage, line))
    return dict(sorted(first.items(), key=lambda item: item[1]))


def _heads(columns: Mapping[str, int], shown: Sequence[StepRecord], language: Language) -> list[str]:
    fed = {source for step in shown for source, _ in step.inputs}
    last = next((step.stage for step in reversed(shown) if step.step not in fed and step.status != "unused"), "")
    return [
        tr("figure.final_image", language) if stage == last else tr("figure.stage", language, name=stage)
        for stage in columns
    ]


def _node(step: StepRecord, style: Style, hidden: bool, said: bool, stage: str) -> Card:
    language = style.language
    known = step.status in ("base", "unused") or not hidden
    word = fate(step) if known else "unknown"
    glyph, tone = _GLYPHS[word]
    note = tr(f"figure.status.{word}", language)
    note += f" · {stage}" if stage else ""
    costs = _costs(step, language) if word in ("miss", "cause", "depends") else []
    shown = list(costs)
    while shown and text_width(note + " · ".join(shown), 13.5) > _ROOM:
        shown.pop()
    body = printable(step.text, instead=" ").strip()
    if body[: len(step.instruction)].upper() == step.instruction.upper():
        body = body[len(step.instruction) :].strip()
    reads = [kind for _, kind in step.inputs if kind == "context"]
    stub = tr("figure.reads_context", language) if reads else ""
    place = tr("figure.graph_line", language, line=step.line) if step.line else ""
    flag = tr("figure.status.said", language) if said else ""
    heard = [place, f"{step.instruction} {body}", note, stub, " · ".join(costs), flag]
    return Card(
        id=step.step,
        glyph=glyph,
        word=step.instruction,
        body=" ".join(body.split()),
        note=note,
        cost=" · ".join(shown),
        tone=tone,
        label=parts.joined([part for part in heard if part], language),
        flag=flag,
        stub=stub,
        place=place_data(step=" ".join(step.text.split())),
    )


def _costs(step: StepRecord, language: Language) -> list[str]:
    """What running the step takes and adds, as far as it is known."""
    time = written(step.seconds or 0.0, "s", language)
    said = [marked(time, language, short=True) if step.estimate else time] if step.seconds else []
    return [*said, written(step.bytes, "B", language, transfer=True)] if step.bytes else said


@dataclass(frozen=True, slots=True)
class RebuildCost:
    """What a build costs: seconds and bytes of what runs again, and seconds the cache saves."""

    again: float
    saved: float
    bytes: int
    misses: int
    hits: int
    steps: int
    estimate: bool


def cost(outcome: Outcome, build: str = "", label: str = "") -> RebuildCost:
    """The sums over a build's steps. Inputs and metadata are no steps."""
    counted = [step for step in steps(outcome, build, label) if step.status in ("hit", "miss", "depends")]
    again = [step for step in counted if step.status != "hit"]
    hits = [step for step in counted if step.status == "hit"]
    return RebuildCost(
        again=math.fsum(step.seconds or 0.0 for step in again),
        saved=math.fsum(step.seconds or 0.0 for step in hits),
        bytes=sum(step.bytes or 0 for step in again),
        misses=len(again),
        hits=len(hits),
        steps=len(counted),
        estimate=any(step.estimate for step in counted),
    )


def cost_line(outcome: Outcome, style: Style, build: str = "", *, label: str = "") -> Spec:
    """The clean build as one bar of seconds: what runs again is filled, what the cache saves is an outline."""
    tokens, language = style.tokens, style.language
    counted = [s for s in steps(outcome, build, label) if s.status in ("hit", "miss", "depends") and s.seconds]
    rows: list[dict[str, Any]] = []
    at = 0.0
    for step in sorted(counted, key=lambda s: s.status == "hit"):
        took = written(step.seconds or 0.0, "s", language, step.estimate)
        rows.append(
            {
                "start": at,
                "end": at + (step.seconds or 0.0),
                "middle": at + (step.seconds or 0.0) / 2,
                "again": step.status != "hit",
                "text": f"{_short(step)} {took}",
                "step": " ".join(step.text.split()),
                "fate": tr("figure.runs_again" if step.status != "hit" else "figure.saved", language),
                "took": took,
                "source": cited(step.source, language),
            }
        )
        at += step.seconds or 0.0
    domain = at or 1.0
    x = {"field": "start", "type": "quantitative", "axis": None, "scale": {"domain": [0, domain], "nice": False}}
    titles = (
        ("step", "figure.col.step"),
        ("fate", "figure.col.fate"),
        ("took", "figure.col.time"),
        ("source", "figure.col.source"),
    )
    tooltip = [{"field": field, "title": tr(title, language)} for field, title in titles]
    bar: dict[str, Any] = {"type": "bar", "height": style.px(28)}
    encoding = {"x": x, "x2": {"field": "end"}, "tooltip": tooltip}
    filled = bar | {"color": tokens.attention, "stroke": tokens.background}
    saved = bar | {"color": tokens.line, "fillOpacity": 0.25, "stroke": tokens.muted, "strokeDash": [4, 3]}
    room = f"(datum.end - datum.start) / {domain} * width > length(datum.text) * {style.px(9)}"
    words = {
        "x": {"field": "middle", "type": "quantitative"},
        "text": {"field": "text"},
        "opacity": {"condition": {"test": room, "value": 1}, "value": 0},
        "color": {"condition": {"test": "datum.again", "value": tokens.on_attention}, "value": tokens.ink},
    }
    layers = [
        {"data": inline(row for row in rows if row["again"]), "mark": filled, "encoding": encoding},
        {"data": inline(row for row in rows if not row["again"]), "mark": saved, "encoding": encoding},
        {
            "data": inline(row for row in rows if row["end"] - row["start"] > domain * 0.1),
            "mark": {"type": "text", "fontSize": type_size(style, -1)},
            "encoding": words,
        },
    ]
    lane = {"y": {"datum": "", "type": "nominal", "axis": None}}
    return chart(style, height={"step": style.px(34)}, encoding=lane, layer=layers)


def _short(step: StepRecord) -> str:
    """A step in two or three words: "pip install", "COPY src/"."""
    words = step.text.split()
    return " ".join(words[1:3]) if step.instruction.upper() == "RUN" and len(words) > 2 else " ".join(words[:2])


def gutter(outcome: Outcome, style: Style, build: str = "", *, label: str = "") -> dict[str, dict[str, str]]:
    """Line number to {"glyph", "kind" (hit, miss, cause, base, ...), "word"}: the marks of an editor's gutter."""
    marks: dict[str, dict[str, str]] = {}
    for step in steps(outcome, build, label):
        if step.line:
            word = fate(step)
            mark = {"glyph": _GLYPHS[word][0], "kind": word, "word": tr(f"figure.status.{word}", style.language)}
            marks.setdefault(str(step.line), mark)
            if word in ("miss", "cause"):
                marks[str(step.line)] = mark
    return marks


def build_table(outcome: Outcome, language: Language = "en", build: str = "", label: str = "") -> list[dict[str, str]]:
    """One row a step: line, instruction, fate, reason, time, size, source."""
    table = []
    for step in steps(outcome, build, label):
        cells = {
            "line": str(step.line or "–"),
            "step": " ".join(step.text.split()),
            "fate": tr(f"figure.status.{fate(step)}", language),
            "why": " ".join(told(said, language) for said in (step.reason, *step.also)),
            "time": "–" if step.seconds is None else written(step.seconds, "s", language, step.estimate),
            "size": "–" if step.bytes is None else written(step.bytes, "B", language, transfer=True),
            "source": cited(step.source, language),
        }
        table.append({tr(f"figure.col.{column}", language): cell for column, cell in cells.items()})
    return table


def build_alt(outcome: Outcome, language: Language = "en", build: str = "", label: str = "") -> str:
    """The build in a sentence, with its first cause."""
    shown, sums = steps(outcome, build, label), cost(outcome, build, label)
    said = tr(
        "figure.build_alt",
        language,
        build=shown[0].build if shown else build,
        misses=sums.misses,
        hits=sums.hits,
        steps=sums.steps,
        time=written(sums.again, "s", language, sums.estimate),
    )
    cause = next((step for step in shown if step.cause), None)
    if cause is None:
        return said
    sentence = tr("figure.build_alt_cause", language, line=cause.line, step=" ".join(cause.text.split()))
    return f"{said}{'' if language == 'ja' else ' '}{sentence}"
