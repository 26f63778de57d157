"""What a database has after each accident, as a table: ways of keeping its data by accidents, and a commit's price."""

from __future__ import annotations

from sim.outcome import Outcome
from sim.records.containers import AccidentRecord
from sim.report.catalogtexts import sourced
from sim.report.figures.words.wordtable import CellLook, WordCell, WordColumn, WordRow, WordTable, hidden_row, verdicts
from sim.report.numbers import written, written_metric
from sim.report.style import Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

_BAD = ("backup", "stranded")
"""What one would not want to find: drawn in the colour of attention."""


def accidents(outcome: Outcome) -> dict[tuple[str, str], AccidentRecord]:
    """The records by label and accident."""
    return {(record.of, record.accident): record for record in outcome.of_type(AccidentRecord)}


def accident_words(outcome: Outcome, style: Style, *, hidden: bool = False) -> WordTable:
    """A table of labels by accidents, and in its last column what a commit takes.

    Args:
        hidden: With the answers left out.
    """
    language = style.language
    names, there = spoken(label_names(outcome, language)), accidents(outcome)
    kinds = list(dict.fromkeys(accident for _, accident in there))
    rows = [
        WordRow(
            names[label], [*(_cell(there[label, kind], language) for kind in kinds), _commit(outcome, label, language)]
        )
        for label in outcome.labels
    ]
    return WordTable(
        kind="accidents",
        style=style,
        columns=[WordColumn(tr(f"figure.accident.{kind}", language)) for kind in (*kinds, "commit")],
        rows=[hidden_row(row) for row in rows] if hidden else rows,
        looks=_looks(style),
        said="" if hidden else accident_alt(outcome, language),
        names=122,
        even=True,
        stacked=True,
    )


def _looks(style: Style) -> dict[str, CellLook]:
    well, some, bad = verdicts(style)
    return {"all": well, "window": some, "replica": some, "bad": bad, "commit": CellLook(bold=True)}


def _cell(record: AccidentRecord, language: Language) -> WordCell:
    word, lacks = _told(record, language)
    return WordCell(
        word,
        lacks,
        look="bad" if record.state in _BAD else "all" if not record.lacks else record.state,
        told="\n".join(filter(None, (lacks, sourced(record.source, language)))),
        place={"label": record.of, "accident": record.accident},
    )


def _told(record: AccidentRecord, language: Language) -> tuple[str, str]:
    """What it has, and what it may lack."""
    word = tr(f"figure.accident.{record.state}", language)
    if not record.lacks:
        return word, ""
    return word, tr("figure.accident.lacks", language, time=written(record.lacks, "s", language))


def _commit(outcome: Outcome, label: str, language: Language) -> WordCell:
    told = written_metric(outcome.metric(label, "commit_time", "value"), language)
    return WordCell(told, look="commit", place={"label": label, "metric": "commit_time"})


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
