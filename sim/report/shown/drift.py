"""A fleet through the weeks: the servers of one label, and two lines of all labels below."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.drift import Line, drift_alt, drift_table, fleet, lines
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureChoice, FigureTables, chart, of_labels, questioned
from sim.report.texts import tr

_LINES: tuple[Line, ...] = ("environments", "oldest_missing")
_FEW = 2
"""Labels whose servers stand below one another. Of more, the reader picks one."""


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Whose servers are drawn, where they are more than fit."""
    labels = request.outcome.labels
    if len(labels) <= _FEW:
        return ()
    return of_labels(request, tr("ui.drift.of", request.language), labels, "fleet")


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, by name."""
    return questioned(request, request.outcome.labels)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Servers by weeks, then what all labels come to: beside them where both are to fit a hall's screen."""
    outcome, style, lang = request.outcome, request.style, request.language
    row = "drift" if request.lecture else ""
    labels = outcome.labels if len(outcome.labels) <= _FEW else (request.pick("of", outcome.labels, outcome.labels[0]),)
    fleets = [
        chart(
            "fleet" if len(labels) == 1 else f"fleet-{number}",
            fleet(outcome, style, label),
            drift_alt(outcome, label, lang),
            title=request.called(label),
            table=tables(request).rows,
            row=row,
            column=0,
        )
        for number, label in enumerate(labels, 1)
    ]
    alt = " ".join(drift_alt(outcome, label, lang) for label in outcome.labels)
    below = [
        chart(
            line.replace("_", "-"),
            lines(outcome, style, line),
            alt,
            title=tr(f"figure.drift.{line}", lang),
            table=tables(request).rows,
            row=row,
            column=1,
        )
        for line in _LINES
    ]
    return (*fleets, *below)


def note(request: DrawingRequest) -> str:
    """How to read the servers."""
    return tr("ui.drift.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Each label by quarter, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(drift_table(outcome, lang), metric_table(outcome, language=lang))
