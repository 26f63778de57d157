"""Any study as bars of its headline metric, one a label: for a study without a figure of its own."""

from __future__ import annotations

from html import escape

from sim import studies
from sim.report.figures.bars import metric_alt, metric_bars, metric_table
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureChoice, FigureTables, chart, html


def choices(_: DrawingRequest) -> tuple[FigureChoice, ...]:
    """There is nothing to choose."""
    return ()


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, by name."""
    names = " · ".join(request.called(label) for label in request.outcome.labels)
    return (html("compared", f"<p>{escape(names)}</p>"),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The headline metric of every label."""
    outcome, metric = request.outcome, studies.study(request.outcome.study).headlines[0].name
    bars = metric_bars(outcome, request.style, metric, request.names)
    return (chart("bars", bars, metric_alt(outcome, metric, request.language), table=tables(request).rows),)


def note(_: DrawingRequest) -> str:
    """Bars need no word."""
    return ""


def tables(request: DrawingRequest) -> FigureTables:
    """Every metric."""
    return FigureTables(metric_table(request.outcome, language=request.language))
