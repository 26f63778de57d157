"""What the image stores fetch, send and keep, as a table: situations by stores."""

from __future__ import annotations

from sim.outcome import Outcome
from sim.report.figures.words.wordtable import WordCell, WordColumn, WordRow, WordTable, hidden_row, verdicts
from sim.report.numbers import written_metric
from sim.report.style import Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

SITUATIONS = (
    "first_bytes", "next_bytes", "again_bytes", "pull_failed", "loaded_bytes", "layers_at_once", "disk_bytes",
)  # fmt: skip
"""The metrics that are rows."""


def store_words(outcome: Outcome, style: Style, *, hidden: bool = False) -> WordTable:
    """A table of situations by labels. Marked is what is more than another label's.

    Args:
        hidden: With the answers left out.
    """
    language = style.language
    names = spoken(label_names(outcome, language))
    rows = [
        WordRow(tr(f"metric.{metric}", language), [_cell(outcome, metric, of, language) for of in outcome.labels])
        for metric in SITUATIONS
    ]
    *_, more = verdicts(style)
    return WordTable(
        kind="stores",
        style=style,
        columns=[WordColumn(names[label]) for label in outcome.labels],
        rows=[hidden_row(row) for row in rows] if hidden else rows,
        looks={"more": more},
        said="" if hidden else store_alt(outcome, language),
        names=400,
        stacked=True,
    )


def _cell(outcome: Outcome, metric: str, label: str, language: Language) -> WordCell:
    least = min(_value(outcome, other, metric) for other in outcome.labels)
    more = metric != "layers_at_once" and _value(outcome, label, metric) > least
    told = _told(outcome, metric, label, language)
    return WordCell(told, look="more" if more else "", place={"label": label, "metric": metric})


def _value(outcome: Outcome, label: str, metric: str) -> float:
    return outcome.metric(label, metric, "value").value


def _told(outcome: Outcome, metric: str, label: str, language: Language) -> str:
    if metric == "pull_failed":
        return tr("figure.stores.fails" if _value(outcome, label, metric) else "figure.stores.goes_on", language)
    return written_metric(outcome.metric(label, metric, "value"), language)


def store_alt(outcome: Outcome, language: Language = "en") -> str:
    """What each label fetches for the next version, in a sentence."""
    names = spoken(label_names(outcome, language))
    told = [f"{names[label]}: {_told(outcome, 'next_bytes', label, language)}" for label in outcome.labels]
    return tr("figure.stores.alt", language, labels="; ".join(told))
