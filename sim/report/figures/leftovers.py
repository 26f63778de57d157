"""What a removal leaves, as a table: things by ways of using and removing a tool."""

from __future__ import annotations

from html import escape

from sim.outcome import Outcome
from sim.records import LeftRecord
from sim.report.catalogtexts import sourced
from sim.report.figures.wordgrid import word_grid, word_grid_css
from sim.report.ring import place_data
from sim.report.style import Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_LIVELY = ("server", "data")
"""What one would not want to find left: drawn in the colour of attention where it stays."""


def leftovers(outcome: Outcome) -> dict[tuple[str, str], LeftRecord]:
    """The records by thing and label."""
    return {(record.thing, record.of): record for record in outcome.of_type(LeftRecord)}


def left_grid(outcome: Outcome, style: Style, *, hidden: bool = False) -> str:
    """An HTML table of things by labels, the count of what is left in its last row.

    Args:
        hidden: With the answers left out.
    """
    language = style.language
    names, there = spoken(label_names(outcome, language)), leftovers(outcome)
    things = list(dict.fromkeys(thing for thing, _ in there))
    unbroken = {label: escape(name).replace("-", "\u2011") for label, name in names.items()}
    rows = "".join(
        f'<tr><th scope="row">{escape(tr(f"figure.left.{thing}", language))}</th>'
        + "".join(_cell(there[thing, label], label, language, hidden=hidden) for label in outcome.labels)
        + "</tr>"
        for thing in things
    )
    counts = "".join(
        f"<td{place_data(label=label, metric='things_left')}><b>{'?' if hidden else _count(outcome, label)}</b></td>"
        for label in outcome.labels
    )
    rows += f'<tr class="sum"><th scope="row">{escape(tr("figure.left.count", language))}</th>{counts}</tr>'
    said = "" if hidden else left_alt(outcome, language)
    return word_grid("left", [unbroken[label] for label in outcome.labels], rows, _css(style, len(names)), said)


def _css(style: Style, columns: int) -> str:
    tokens = style.tokens
    return (
        word_grid_css("left", style, columns)
        + f".left td.stays,.left td.kept{{border:2px solid {tokens.ink};font-weight:600}}"
        f".left td.stays.lively{{border-color:{tokens.attention};color:{tokens.attention_text}}}"
        f".left td.stays.lively{{background:{tokens.wash}}}"
        f".left td.gone,.left td.never{{background:{tokens.track};color:{tokens.muted}}}"
        f".left .sum td{{border:0;font-size:{style.px(18)}px}}"
    )


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


def _cell(record: LeftRecord, label: str, language: Language, *, hidden: bool) -> str:
    if hidden:
        return "<td>?</td>"
    what = _what(record, language) if record.state in ("stays", "kept") else ""
    lively = " lively" if record.thing in _LIVELY else ""
    word = escape(tr(f"figure.left.{record.state}", language))
    place = place_data(label=label, thing=record.thing)
    return (
        f'<td class="{record.state}{lively}"{place}>{word}'
        + (f"<small>{escape(what)}</small>" if what else "")
        + "</td>"
    )
