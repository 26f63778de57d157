"""What a database has after each accident, as a table: ways of keeping its data by accidents, and a commit's price."""

from __future__ import annotations

from html import escape

from sim.outcome import Outcome
from sim.records import AccidentRecord
from sim.report.catalogtexts import sourced
from sim.report.figures.wordgrid import word_grid, word_grid_css
from sim.report.numbers import written, written_metric
from sim.report.ring import place_data
from sim.report.style import Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_BAD = ("backup", "stranded")
"""What one would not want to find: drawn in the colour of attention."""


def accidents(outcome: Outcome) -> dict[tuple[str, str], AccidentRecord]:
    """The records by label and accident."""
    return {(record.of, record.accident): record for record in outcome.of_type(AccidentRecord)}


def accident_grid(outcome: Outcome, style: Style, *, hidden: bool = False) -> str:
    """An HTML table of labels by accidents, and in its last column what a commit takes.

    Args:
        hidden: With the answers left out.
    """
    language = style.language
    names, there = spoken(label_names(outcome, language)), accidents(outcome)
    kinds = list(dict.fromkeys(accident for _, accident in there))
    columns = [*(tr(f"figure.accident.{kind}", language) for kind in kinds), tr("figure.accident.commit", language)]
    rows = "".join(
        f'<tr><th scope="row">{escape(names[label])}</th>'
        + "".join(_cell(there[label, kind], language, hidden=hidden) for kind in kinds)
        + f"<td{place_data(label=label, metric='commit_time')}>"
        + f"<b>{'?' if hidden else _commit(outcome, label, language)}</b></td></tr>"
        for label in outcome.labels
    )
    said = "" if hidden else accident_alt(outcome, language)
    return word_grid("accidents", [escape(column) for column in columns], rows, _css(style, len(columns)), said)


def _css(style: Style, columns: int) -> str:
    tokens = style.tokens
    return (
        word_grid_css("accidents", style, columns)
        + f".accidents td.all{{background:{tokens.track};color:{tokens.muted}}}"
        f".accidents td.window,.accidents td.replica{{border:2px solid {tokens.ink};font-weight:600}}"
        f".accidents td.bad{{border:2px solid {tokens.attention};color:{tokens.attention_text};font-weight:600}}"
        f".accidents td.bad{{background:{tokens.wash}}}"
    )


def _cell(record: AccidentRecord, language: Language, *, hidden: bool) -> str:
    if hidden:
        return "<td>?</td>"
    word, lacks = _told(record, language)
    kind = "bad" if record.state in _BAD else "all" if not record.lacks else record.state
    place = place_data(label=record.of, accident=record.accident)
    return f'<td class="{kind}"{place}>{escape(word)}' + (f"<small>{escape(lacks)}</small>" if lacks else "") + "</td>"


def _told(record: AccidentRecord, language: Language) -> tuple[str, str]:
    """What it has, and what it may lack."""
    word = tr(f"figure.accident.{record.state}", language)
    if not record.lacks:
        return word, ""
    return word, tr("figure.accident.lacks", language, time=written(record.lacks, "s", language))


def _commit(outcome: Outcome, label: str, language: Language) -> str:
    return escape(written_metric(outcome.metric(label, "commit_time", "value"), language))


def accident_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a label and accident: what the database has, what it may lack, and where the rule can be read."""
    names = spoken(label_names(outcome, language))
    table = []
    for record in outcome.of_type(AccidentRecord):
        word, lacks = _told(record, language)
        cells = {
            "label": names[record.of],
            "accident": tr(f"figure.accident.{record.accident}", language),
            "state": word,
            "lacking": lacks or "–",
            "source": sourced(record.source, language),
        }
        table.append({tr(f"figure.accident.col.{column}", language): cell for column, cell in cells.items()})
    return table


def accident_alt(outcome: Outcome, language: Language = "en") -> str:
    """After which accidents each label may lack something, in a sentence."""
    names = spoken(label_names(outcome, language))
    comma = "、" if language == "ja" else ", "
    told = []
    for label in outcome.labels:
        bad = [
            tr(f"figure.accident.{record.accident}", language)
            for record in outcome.of_type(AccidentRecord)
            if record.of == label and record.lacks
        ]
        told.append(f"{names[label]}: {comma.join(bad) or tr('figure.accident.nothing', language)}")
    return tr("figure.accident.alt", language, labels="; ".join(told))
