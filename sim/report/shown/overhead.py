"""The distance from native by workload: throughput, and beside it the slowest hundredth of the answers."""

from __future__ import annotations

from sim.report.figures.services.overhead import (
    OverheadMeasure,
    halves,
    overhead,
    overhead_alt,
    overhead_sources,
    overhead_table,
)
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, chart
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]

_MEASURES: tuple[OverheadMeasure, ...] = ("throughput_ratio", "p99_ratio")


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The lanes and the line of native, without marks. In a lecture half of them, which fits below the question."""
    workloads = halves(request.outcome)[0] if request.lecture else ()
    spec = overhead(request.outcome, request.style, "throughput_ratio", workloads=workloads, hidden=True)
    return (chart("throughput", spec, request.scenario.title.read(request.language)),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Both ratios side by side; in a lecture the first alone, on both halves of a low screen."""
    drawn: list[tuple[OverheadMeasure, tuple[str, ...]]] = [(measure, ()) for measure in _MEASURES]
    if request.lecture:
        drawn = [("throughput_ratio", half) for half in halves(request.outcome) if half]
    return tuple(
        chart(
            f"{measure.removesuffix('_ratio')}-{number}" if request.lecture else measure.removesuffix("_ratio"),
            overhead(request.outcome, request.style, measure, workloads=workloads),
            overhead_alt(request.outcome, measure, request.language),
            title=tr(f"figure.overhead.{measure}", request.language),
            row="ratios",
            table=tables(request).rows,
        )
        for number, (measure, workloads) in enumerate(drawn, 1)
    )


def note(request: DrawingRequest) -> str:
    """How to read the distances."""
    return tr("ui.overhead.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Each label's ratios, and what each of its events costs."""
    outcome, lang = request.outcome, request.language
    return FigureTables(overhead_table(outcome, lang), overhead_sources(outcome, lang))
