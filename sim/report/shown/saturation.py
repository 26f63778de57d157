"""Throughput over the workers of a host, and below it how long the slowest hundredth waits."""

from __future__ import annotations

from sim.report.figures.services.overhead import overhead_sources
from sim.report.figures.services.saturation import (
    WorkersLine,
    cache_said,
    saturation_alt,
    saturation_table,
    workers_line,
)
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, chart, questioned
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]

_LINES: tuple[WorkersLine, ...] = ("throughput", "p99")


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, by name."""
    return questioned(request, request.outcome.labels)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Both lines; in a lecture the first alone."""
    outcome, lang = request.outcome, request.language
    return tuple(
        chart(
            line,
            workers_line(outcome, request.style, line),
            saturation_alt(outcome, lang),
            title=tr(f"figure.saturation.title.{line}", lang),
            row="lines",
            table=tables(request).rows,
        )
        for line in (_LINES[:1] if request.lecture else _LINES)
    )


def note(request: DrawingRequest) -> str:
    """How to read the lines, and what becomes of writes that nobody flushes."""
    lang = request.language
    space = "" if lang == "ja" else " "
    return space.join([tr("ui.saturation.read", lang), *cache_said(request.outcome, lang)])


def tables(request: DrawingRequest) -> FigureTables:
    """Each number of workers, and what each event of a request costs, with its source."""
    outcome, lang = request.outcome, request.language
    return FigureTables(saturation_table(outcome, lang), overhead_sources(outcome, lang))
