"""One service against many: which requests a change and a crash take along, and what the rest costs."""

from __future__ import annotations

from html import escape

from sim.report.figures.bars import metric_table
from sim.report.figures.services.radius import compared_table, radius, radius_alt, radius_table, routes
from sim.report.figures.words.wordtable import plain_table
from sim.report.htmltable import html_table
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureChoice, FigureTables, chart, html, word_table
from sim.report.texts import tr


def choices(_: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Nothing is left to choose."""
    return ()


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, and the services that each kind of request visits."""
    lines = "".join(_visited(request, label) for label in request.outcome.labels)
    return (html("compared", f"<div>{lines}</div>"),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The lanes of all labels, and what starting, holding, asking and changing takes, for which a hall has no room."""
    outcome, style, lang = request.outcome, request.style, request.language
    lanes = chart("radius", radius(outcome, style), radius_alt(outcome, lang), table=tables(request).rows)
    if request.lecture:
        return (lanes,)
    compared = compared_table(outcome, lang)
    return lanes, word_table("compared", plain_table(compared, style), compared, html_table(compared, style))


def note(request: DrawingRequest) -> str:
    """How to read the lanes."""
    return tr("ui.radius.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every stretch of every kind of request, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(radius_table(outcome, lang), metric_table(outcome, language=lang))


def _visited(request: DrawingRequest, label: str) -> str:
    kinds = "".join(
        f"<li>{escape(kind)}: {escape(stretches[0].services.replace('>', '→'))}</li>"
        for kind, stretches in routes(request.outcome, label).items()
    )
    return f"<p><strong>{escape(request.called(label))}</strong> · ?</p><ul>{kinds}</ul>"
