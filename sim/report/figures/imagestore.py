"""What the image stores fetch, send and keep, as a table: situations by stores."""

from __future__ import annotations

from html import escape

from sim.outcome import Outcome
from sim.report.figures.wordgrid import word_grid
from sim.report.numbers import written_metric
from sim.report.ring import place_data
from sim.report.style import SMALLEST, Language, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken

SITUATIONS = (
    "first_bytes", "next_bytes", "again_bytes", "pull_failed", "loaded_bytes", "layers_at_once", "disk_bytes",
)  # fmt: skip
"""The metrics that are rows."""


def store_grid(outcome: Outcome, style: Style, *, hidden: bool = False) -> str:
    """An HTML table of situations by labels. Marked is what is more than another label's.

    Args:
        hidden: With the answers left out.
    """
    language = style.language
    names = spoken(label_names(outcome, language))
    rows = "".join(
        f'<tr><th scope="row">{escape(tr(f"metric.{metric}", language))}</th>'
        + "".join(_cell(outcome, metric, label, language, hidden=hidden) for label in outcome.labels)
        + "</tr>"
        for metric in SITUATIONS
    )
    said = "" if hidden else store_alt(outcome, language)
    return word_grid("stores", [escape(names[label]) for label in outcome.labels], rows, _css(style), said)


def _css(style: Style) -> str:
    tokens, size = style.tokens, max(SMALLEST, style.px(15))
    return (
        f".stores{{border-collapse:separate;border-spacing:4px;width:100%;font-size:{size}px;color:{tokens.ink}}}"
        ".stores th{text-align:left;font-weight:600;padding:2px 6px}"
        f".stores td{{border:1px solid {tokens.line};border-radius:4px;padding:4px 6px}}"
        f".stores td.more{{border:2px solid {tokens.attention};color:{tokens.attention_text};font-weight:600}}"
        f".stores td.more{{background:{tokens.wash}}}"
    )


def _cell(outcome: Outcome, metric: str, label: str, language: Language, *, hidden: bool) -> str:
    if hidden:
        return "<td>?</td>"
    least = min(_value(outcome, other, metric) for other in outcome.labels)
    kind = ' class="more"' if metric != "layers_at_once" and _value(outcome, label, metric) > least else ""
    return f"<td{kind}{place_data(label=label, metric=metric)}>{escape(_told(outcome, metric, label, language))}</td>"


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
