"""A noisy neighbour: the slowest requests of the service as bars, one a label."""

from __future__ import annotations

from dashboard.figures.plain import before, sheet
from dashboard.page_part import PagePart, chart
from sim.report.figures import metric_alt, metric_bars
from sim.report.texts import tr

__all__ = ["after", "before", "sheet"]

_SLOWEST = "p99"


def after(page_part: PagePart) -> str:
    """The 99th percentile of the latency of every label."""
    outcome, view = page_part.outcome, page_part.view
    bars = metric_bars(outcome, view.style, "latency", page_part.names, statistic=_SLOWEST)
    chart(bars, metric_alt(outcome, "latency", view.lang, statistic=_SLOWEST))
    return tr("ui.neighbour.read", view.lang)
