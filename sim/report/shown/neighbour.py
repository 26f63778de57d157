"""A noisy neighbour: the slowest requests of the service as bars, one a label."""

from __future__ import annotations

from sim.report.figures.bars import metric_alt, metric_bars
from sim.report.shown.drawing import Drawing, DrawingRequest, chart
from sim.report.shown.plain import before, choices, tables
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]

_SLOWEST = "p99"


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The 99th percentile of the latency of every label."""
    outcome = request.outcome
    bars = metric_bars(outcome, request.style, "latency", request.names, statistic=_SLOWEST)
    alt = metric_alt(outcome, "latency", request.language, statistic=_SLOWEST)
    return (chart("latency", bars, alt, table=tables(request).rows),)


def note(request: DrawingRequest) -> str:
    """What the bars are of."""
    return tr("ui.neighbour.read", request.language)
