"""A compose project as it comes up: the lanes of one label, and what each change alone would save."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.services.bringup import bringup, bringup_alt, bringup_legend, bringup_table, savings_table
from sim.report.figures.words.wordtable import plain_table
from sim.report.htmltable import html_table
from sim.report.shown.drawing import (
    Drawing,
    DrawingRequest,
    FigureChoice,
    FigureTables,
    chart,
    html,
    of_labels,
    questioned,
    word_table,
)
from sim.report.texts import tr


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Whose lanes are drawn, where several projects are compared."""
    return of_labels(request, tr("ui.bringup.of", request.language), request.outcome.labels, "legend")


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, by name."""
    return questioned(request, request.outcome.labels)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The lanes of the label that is picked, then the changes that would save time there."""
    outcome, style, lang = request.outcome, request.style, request.language
    picked = request.pick("of", outcome.labels, outcome.labels[0])
    drawn = [
        html("legend", bringup_legend(outcome, style, picked)),
        chart(
            "lanes",
            bringup(outcome, style, picked),
            bringup_alt(outcome, picked, lang),
            table=tables(request).rows,
        ),
    ]
    savings = savings_table(outcome, picked, lang)
    if savings:
        content, title = html_table(savings, style), tr("ui.bringup.savings", lang)
        drawn.append(word_table("savings", plain_table(savings, style), savings, content, title))
    return tuple(drawn)


def note(request: DrawingRequest) -> str:
    """How to read the lanes."""
    return tr("ui.bringup.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every stretch of every service, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(bringup_table(outcome, lang), metric_table(outcome, language=lang))
