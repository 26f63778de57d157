"""A service through an event: when requests were lost under each label, and one label on a time line that plays."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.services.rollout import lost_strips, lost_strips_alt, rollout_alt, rollout_legend, rollout_table
from sim.report.figures.services.rollout_panels import rollout_panels
from sim.report.figures.services.rollout_player import player_data
from sim.report.shown.drawing import (
    Drawing,
    DrawingRequest,
    FigureChoice,
    FigureTables,
    chart,
    html,
    of_labels,
    questioned,
)
from sim.report.texts import tr

_STRIPS, _TIMELINE = 10, 17
"""How wide they are beside one another: type in the time line shrinks with its place."""


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Whose time line is played, where several are compared."""
    title = tr("ui.rollout.of", request.language)
    return of_labels(request, title, request.outcome.labels, "legend", beside=request.lecture)


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, by name."""
    return questioned(request, request.outcome.labels)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The strips of all labels, then the time line of the one that is picked; inside a lecture beside it."""
    outcome, style, lang = request.outcome, request.style, request.language
    picked = request.pick("of", outcome.labels, outcome.labels[0])
    rows, row = rollout_table(outcome, picked, lang), "panels" if request.lecture else ""
    drawn = [
        html("legend", rollout_legend(outcome, style, picked)),
        Drawing(
            id="timeline",
            kind="svg",
            content=rollout_panels(outcome, style, picked),
            narrow=rollout_panels(outcome, style, picked, narrow=True),
            alt=rollout_alt(outcome, picked, lang),
            table=rows,
            plays={**player_data(outcome, style, picked), "brief": request.lecture},
            row=row,
            share=_TIMELINE,
        ),
    ]
    if len(outcome.labels) == 1:
        return tuple(drawn)
    title = tr("ui.rollout.lost", lang)
    spec, alt = lost_strips(outcome, style, request.names, brief=request.lecture), lost_strips_alt(outcome, lang)
    strips = chart("strips", spec, alt, title=title, row=row, share=_STRIPS, table=metric_table(outcome, language=lang))
    if request.lecture:
        return drawn[0], strips, drawn[1]
    return strips, *drawn


def note(request: DrawingRequest) -> str:
    """How to read the time line."""
    return tr("ui.rollout.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every stretch of every replica of the label that is picked, and all metrics."""
    outcome, lang = request.outcome, request.language
    picked = request.pick("of", outcome.labels, outcome.labels[0])
    return FigureTables(rollout_table(outcome, picked, lang), metric_table(outcome, language=lang))
