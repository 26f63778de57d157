"""The staircase of isolation as a table: a row turns white at the step that takes the host's away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.catalog.tables.isolation import KINDS, aspects, isolation_documents, isolation_steps
from sim.outcome import Outcome
from sim.records.hosts import ViewRecord, ViewScope
from sim.report.catalogtexts import documented
from sim.report.figures.words.wordgrid import word_grid
from sim.report.figures.words.wordtable import (
    CellBar,
    CellLook,
    Swatch,
    WordCell,
    WordColumn,
    WordRow,
    WordTable,
    swatch_chip,
)
from sim.report.numbers import about, marked, written
from sim.report.style import SMALLEST, Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_SCOPES: tuple[ViewScope, ...] = ("host", "own", "none")
_MARKS: dict[ViewScope, str] = {"host": "", "own": "○", "none": "✗"}
_UNKNOWN = WordCell("?", look="unknown")
_FULL = 22
"""Milliseconds at which the bar of a step's cost is full."""


def views(outcome: Outcome, label: str) -> list[ViewRecord]:
    """The records of a label, step by step."""
    return [record for record in outcome.of_type(ViewRecord) if record.of == label]


def rows(records: Sequence[ViewRecord]) -> list[str]:
    """The aspects in the order in which they stop being the host's, kind by kind. Those that stay come last."""
    gone: dict[str, int] = {}
    for record in records:
        if record.scope != "host":
            gone.setdefault(record.aspect, record.number)
    last = len(records)
    named = list(dict.fromkeys(record.aspect for record in records))
    return sorted(named, key=lambda aspect: (KINDS.index(aspects()[aspect].kind), gone.get(aspect, last)))


def stairs(outcome: Outcome, style: Style, *, hidden: bool = False) -> WordTable:
    """The steps of the first label from left to right, then what the other labels end with.

    Args:
        hidden: With the answers left out.
    """
    first, *others = outcome.labels
    records = views(outcome, first)
    ends = _ends(outcome)
    found = []
    for aspect in rows(records):
        own = [record for record in records if record.aspect == aspect]
        cells = [_cell(record, style, hidden=hidden and record.number > 0, last=record is own[-1]) for record in own]
        cells += [WordCell()] if others else []
        cells += [_cell(ends[label][aspect], style, hidden=hidden, mark=True) for label in others]
        found.append(_row(own[-1], cells, style, hidden=hidden))
    names = spoken(label_names(outcome, style.language))
    return WordTable(
        kind="view",
        style=style,
        columns=_columns(outcome, records, style),
        rows=found if hidden else [*found, _costs(outcome, records, style)],
        looks=_looks(style),
        said="" if hidden else stairs_alt(outcome, style.language),
        legend=_legend(style),
        corner=WordColumn(names[first], place={"label": first}),
        layout="dense",
        centred=True,
        where="wide",
    )


def stairs_list(outcome: Outcome, style: Style, *, hidden: bool = False) -> WordTable:
    """The same for a phone, which has no room for the steps: the one that takes an aspect from the host, by name."""
    first, *others = outcome.labels
    records, ends = views(outcome, first), _ends(outcome)
    found = []
    for aspect in rows(records):
        own = [record for record in records if record.aspect == aspect]
        cells = [_taken(own, style, hidden=hidden)]
        cells += [_cell(ends[label][aspect], style, hidden=hidden, mark=True) for label in others]
        found.append(replace(_row(own[-1], cells, style, hidden=hidden), bold=False, place={}))
    names = spoken(label_names(outcome, style.language))
    return WordTable(
        kind="viewlist",
        style=style,
        columns=[WordColumn(names[first]), *(WordColumn(names[label], upright=True) for label in others)],
        rows=found,
        looks=_looks(style),
        centred=True,
        where="phone",
    )


def stairs_html(outcome: Outcome, style: Style, *, hidden: bool = False) -> str:
    """Both tables, of which a page shows one."""
    return "".join(word_grid(table(outcome, style, hidden=hidden)) for table in (stairs, stairs_list))


def _ends(outcome: Outcome) -> dict[str, dict[str, ViewRecord]]:
    """What each label but the first ends with, by aspect."""
    return {label: {record.aspect: record for record in views(outcome, label)} for label in outcome.labels[1:]}


def _taken(steps: Sequence[ViewRecord], style: Style, *, hidden: bool) -> WordCell:
    """The step that takes an aspect from the host, by name."""
    last, language = steps[-1], style.language
    taken = next((record for record in steps if record.scope != "host"), None)
    if hidden:
        return _UNKNOWN
    word = isolation_steps()[taken.step].name.read(language) if taken else tr("figure.view.host", language)
    place = {"label": last.of, "aspect": last.aspect}
    return WordCell(word, look="new" if taken else "host word", place=place)


def stairs_alt(outcome: Outcome, language: Language = "en") -> str:
    """What is still the host's at the end of each label, in a sentence."""
    names = spoken(label_names(outcome, language))
    told, comma = [], "、" if language == "ja" else ", "
    for label in outcome.labels:
        last = {record.aspect: record for record in views(outcome, label)}
        left = [aspects()[name].name.read(language) for name, record in last.items() if record.scope == "host"]
        told.append(f"{names[label]}: {comma.join(left)}")
    return tr("figure.view.alt", language, labels="; ".join(told))


def stairs_legend(style: Style) -> str:
    """What filled and white cells stand for."""
    size = max(SMALLEST, style.px(14))
    looks = _looks(style)
    shown = "".join(swatch_chip(looks[cell.look].css, cell.said, 18, 16, cell.mark) for cell in _legend(style))
    return f'<div class="stairs" style="font-size:{size}px;color:{style.tokens.muted}">{shown}</div>'


def _legend(style: Style) -> list[WordCell]:
    return [
        WordCell(mark=_MARKS[scope], look=_look(scope), said=tr(f"figure.view.{scope}", style.language))
        for scope in _SCOPES
    ]


def stairs_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row for each step of each label that changes something, and for each aspect that stays the host's."""
    names = spoken(label_names(outcome, language))
    found = []
    for label in outcome.labels:
        records = views(outcome, label)
        end = max((record.number for record in records), default=0)
        for record in records:
            if record.taken or (record.number == end and record.scope == "host"):
                aspect = aspects()[record.aspect]
                cells = {
                    "of": names[label],
                    "step": isolation_steps()[record.step].name.read(language) if record.taken else "",
                    "aspect": aspect.name.read(language),
                    "scope": tr(f"figure.view.{record.scope}", language),
                    "command": aspect.command,
                    "source": documented(isolation_documents()[record.source], language),
                }
                found.append({tr(f"figure.view.col.{key}", language): cell for key, cell in cells.items()})
    return found


def _columns(outcome: Outcome, records: Sequence[ViewRecord], style: Style) -> list[WordColumn]:
    """The steps of the first label, and the other labels."""
    language = style.language
    names = spoken(label_names(outcome, language))
    steps = dict.fromkeys((record.number, record.step) for record in records)
    told = [
        isolation_steps()[step].name.read(language) if step else tr("figure.view.process", language)
        for _, step in steps
    ]
    others = outcome.labels[1:]
    gap = [WordColumn(tr("figure.view.end", language), upright=True, gap=True)] if others else []
    ends = [WordColumn(names[label], upright=True, place={"label": label}) for label in others]
    return [*(WordColumn(name, upright=True) for name in told), *gap, *ends]


def _row(last: ViewRecord, cells: Sequence[WordCell], style: Style, *, hidden: bool) -> WordRow:
    """The row of an aspect. Bold is what stays the host's."""
    named, language = aspects()[last.aspect], style.language
    return WordRow(
        named.name.read(language),
        cells,
        group=tr(f"figure.view.{named.kind}", language),
        bold=not hidden and last.scope == "host",
        told=named.command,
        place={"label": last.of, "aspect": last.aspect},
    )


def _cell(record: ViewRecord, style: Style, *, hidden: bool, mark: bool = False, last: bool = True) -> WordCell:
    """Whose an aspect is after a step. A mark stands where the step took it, and at the end of a label."""
    if hidden:
        return _UNKNOWN
    marked_here = mark or record.taken
    said = tr(f"figure.view.{record.scope}", style.language)
    look = _look(record.scope) if marked_here else record.scope
    return WordCell(
        mark=_MARKS[record.scope] if marked_here else "",
        look=look,
        told=f"{said}\n{documented(isolation_documents()[record.source], style.language)}" if marked_here else "",
        said=said if marked_here and _MARKS[record.scope] else "",
        place={"label": record.of, "aspect": record.aspect} if last else {},
    )


def _costs(outcome: Outcome, records: Sequence[ViewRecord], style: Style) -> WordRow:
    """The time of each step of the first label, and of all steps of the others."""
    language = style.language
    steps = {record.number: record for record in records}
    cells = [_cost(record, style) for record in steps.values()]
    cells += [WordCell()] if outcome.labels[1:] else []
    for label in outcome.labels[1:]:
        metric = outcome.metric(label, "cost")
        told = f"{metric.value * 1000:.0f}"
        cells.append(WordCell(marked(told, language, short=True) if metric.estimate and metric.value else told))
    return WordRow(tr("figure.view.cost", language), cells, bold=False, foot=True)


def _cost(record: ViewRecord, style: Style) -> WordCell:
    """A bar that is full at some twenty milliseconds, and above a millisecond its time."""
    if not record.step:
        return WordCell()
    text = (about if record.estimate else written)(record.cost, "s", style.language)
    share = min(max(1, round(record.cost * 1000)) / _FULL, 1.0)
    bar = CellBar(Swatch(style.tokens.owners["kernel"]), text, share)
    return WordCell(f"{record.cost * 1000:.0f}" if record.cost >= 0.001 else "", bars=(bar,), told=text)


def _look(scope: ViewScope) -> str:
    """How the cell looks in which a step takes an aspect from the host."""
    return "host" if scope == "host" else "new"


def _looks(style: Style) -> dict[str, CellLook]:
    kernel = style.tokens.owners["kernel"]
    return {
        "host": CellLook(fill=kernel, edge=kernel),
        "new": CellLook(edge=kernel, width=2, ink=style.tokens.ink),
        "unknown": CellLook(ink=style.tokens.muted),
        "host word": CellLook(fill=kernel, edge=kernel, ink=style.tokens.on["kernel"]),
    }
