"""Instances that serve and that wait beside the share of cold starts, and both as time passed."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.services.functions import (
    pool_alt,
    pool_lanes,
    pool_legend,
    pool_over_time,
    pool_table,
    time_alt,
)
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, chart, html, questioned
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]

_FEW = 3
"""Labels that a lecture's screen has room for over time."""


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, by name."""
    return questioned(request, request.outcome.labels)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The lanes, and each label over time; in a lecture these stand side by side, where they are few."""
    outcome, style, lang = request.outcome, request.style, request.language
    lanes = chart(
        "pool", pool_lanes(outcome, style, request.names), pool_alt(outcome, lang), table=tables(request).rows
    )
    legend = html("legend", pool_legend(style))
    if request.lecture and len(outcome.labels) > _FEW:
        return legend, lanes
    title = "figure.faas.time" if len(outcome.labels) > 1 else "figure.faas.times"
    curves = (
        chart(
            f"time-{number}",
            pool_over_time(outcome, style, label),
            time_alt(outcome, label, lang),
            title=tr(title, lang, name=request.called(label)),
            row="times" if request.lecture else "",
        )
        for number, label in enumerate(outcome.labels, 1)
    )
    return legend, lanes, *curves


def note(request: DrawingRequest) -> str:
    """How to read the lanes and the curves."""
    return tr("ui.faas.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Each label's cold starts and instances, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(pool_table(outcome, lang), metric_table(outcome, language=lang))
