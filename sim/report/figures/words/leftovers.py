"""What a removal leaves, as a table: things by ways of using and removing a tool."""

from __future__ import annotations

from sim.outcome import Outcome
from sim.records.hosts import LeftRecord
from sim.report.catalogtexts import sourced
from sim.report.figures.words.wordtable import CellLook, WordCell, WordColumn, WordRow, WordTable, hidden_row, verdicts
from sim.report.style import Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_LIVELY = ("server", "data")
"""What one would not want to find left: drawn in the colour of attention where it stays."""


def leftovers(outcome: Outcome) -> dict[tuple[str, str], LeftRecord]:
    """The records by thing and label."""
    return {(record.thing, record.of): record for record in outcome.of_type(LeftRecord)}


def left_words(outcome: Outcome, style: Style, *, hidden: bool = False) -> WordTable:
    """A table of things by labels, the count of what is left in its last row.

    Args:
        hidden: With the answers left out.
    """
    language = style.language
    names, there = spoken(label_names(outcome, language)), leftovers(outcome)
    rows = [
        WordRow(tr(f"figure.left.{thing}", language), [_cell(there[thing, of], language) for of in outcome.labels])
        for thing in dict.fromkeys(thing for thing, _ in there)
    ]
    counts = [
        WordCell("?" if hidden else f"{_count(outcome, of)}", look="sum", place={"label": of, "metric": "things_left"})
        for of in outcome.labels
    ]
    return WordTable(
        kind="left",
        style=style,
        columns=[WordColumn(names[label]) for label in outcome.labels],
        rows=[
            *(hidden_row(row) if hidden else row for row in rows),
            WordRow(tr("figure.left.count", language), counts, foot=True),
        ],
        looks=_looks(style),
        said="" if hidden else left_alt(outcome, language),
        names=122,
        even=True,
        stacked=True,
    )


def _looks(style: Style) -> dict[str, CellLook]:
    away, there, lively = verdicts(style)
    sums = CellLook(bold=True, large=True)
    return {"gone": away, "never": away, "stays": there, "kept": there, "stays lively": lively, "sum": sums}


def left_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a label and thing: what became of it, what it is, and where the rule can be read."""
    names = spoken(label_names(outcome, language))
    return [
        {
            tr(f"figure.left.col.{column}", language): cell
            for column, cell in (
                ("label", names[record.of]),
                ("thing", tr(f"figure.left.{record.thing}", language)),
                ("state", tr(f"figure.left.{record.state}", language)),
                ("what", _what(record, language) or "–"),
                ("source", sourced(record.source, language)),
            )
        }
        for record in outcome.of_type(LeftRecord)
    ]


def left_alt(outcome: Outcome, language: Language = "en") -> str:
    """What is left of each label, in a sentence."""
    names = spoken(label_names(outcome, language))
    comma = "、" if language == "ja" else ", "
    told = []
    for label in outcome.labels:
        there = [tr(f"figure.left.{record.thing}", language) for record in _there(outcome, label)]
        told.append(f"{names[label]}: {comma.join(there) or tr('figure.left.nothing', language)}")
    return tr("figure.left.alt", language, labels="; ".join(told))


def _there(outcome: Outcome, label: str) -> list[LeftRecord]:
    return [r for r in outcome.of_type(LeftRecord) if r.of == label and r.state in ("stays", "kept")]


def _count(outcome: Outcome, label: str) -> int:
    return len(_there(outcome, label))


def _what(record: LeftRecord, language: Language) -> str:
    """What the thing is at its place. "" where it never was on the host."""
    return "" if record.state == "never" else tr(f"figure.left.{record.place}.{record.thing}", language)


def _cell(record: LeftRecord, language: Language) -> WordCell:
    return WordCell(
        tr(f"figure.left.{record.state}", language),
        _what(record, language) if record.state in ("stays", "kept") else "",
        look=f"{record.state} lively" if record.thing in _LIVELY else record.state,
        told="\n".join(filter(None, (_what(record, language), sourced(record.source, language)))),
        place={"label": record.of, "thing": record.thing},
    )
