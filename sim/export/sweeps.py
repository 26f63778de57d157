"""A sweep's metric along an axis as a file: SVG and PNG without a browser, a page of its own, or the specification."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from sim.errors import InputError
from sim.export.files import FigureFile, converter, figure_png, figure_svg, vega_bundle
from sim.export.page import page
from sim.export.report import NOTICE, STYLE, packed
from sim.report.figures.sweep import SweptValue, sweep_figure
from sim.report.shown import Drawing
from sim.report.style import Spec, Style, with_rows
from sim.sweeps.plan import SweepPlan
from sim.sweeps.reading import axes_of, series_of, swept
from sim.sweeps.tables import cell_text
from sim.wording import shown, suggestion, suggestion_of_many

SWEEP_FILES = (".svg", ".png", ".html", ".json")
"""How the files that a sweep is drawn to end."""


@dataclass(frozen=True)
class SweepPlot:
    """What is drawn.

    Attributes:
        title: What the page is called.
        metric: "metric.statistic".
        label: The one label that is drawn. "" for all.
        axes: Every axis of the sweep.
        over: The one that is drawn along.
        unit: The metric's unit.
        suffix: How the file ends.
    """

    title: str
    metric: str
    label: str
    axes: tuple[str, ...]
    over: str
    unit: str
    suffix: str


def check_plot(plan: SweepPlan, metric: str, over: str | None, suffix: str) -> SweepPlot:
    """What "startup_time.p50" or "docker.startup_time.p50" means. Raises `InputError` where it means nothing."""
    names = [(one.of, one.spec.name, one.statistic, one.spec.unit) for one in plan.series]
    if suffix != ".json":
        converter()
    return _plot(plan.job.scenario.id, names, plan.job.paths, metric, over, suffix)


def stored_plot(store: Path, metric: str, over: str | None, label: str) -> SweepPlot:
    """The same of what a store has."""
    wanted = f"{label}.{metric}" if label else metric
    return _plot(store.stem, series_of(store), axes_of(store), wanted, over, "")


def _plot(
    title: str,
    series: Sequence[tuple[str, str, str, str]],
    axes: tuple[str, ...],
    metric: str,
    over: str | None,
    suffix: str,
) -> SweepPlot:
    known: dict[str, tuple[str, str, str]] = {}
    for of, name, statistic, unit in series:
        full = f"{name}.{statistic}"
        for short in (name, full):
            known.setdefault(short, ("", full, unit))
            known.setdefault(f"{of}.{short}", (of, full, unit))
    if metric not in known:
        raise InputError(f"no metric {shown(metric)}{suggestion_of_many(metric, known, '--format csv')}")
    if over is not None and over not in axes:
        raise InputError(f"no axis {shown(over)}{suggestion(over, axes)}")
    label, full, unit = known[metric]
    return SweepPlot(f"{title}: {full}", full, label, axes, over or axes[0], unit, suffix)


def plot_spec(plot: SweepPlot, store: Path, style: Style) -> Spec:
    """The figure of a store's points."""
    others = [path for path in plot.axes if path != plot.over]
    values = []
    for point in swept(store):
        fixed = [f"{path} {cell_text(point.values[path])}" for path in others]
        values += [
            SweptValue(point.values[plot.over], ", ".join([m.of, *fixed]), m.value, m.low, m.high)
            for m in point.metrics
            if f"{m.metric}.{m.statistic}" == plot.metric and (not plot.label or m.of == plot.label)
        ]
    return sweep_figure(values, plot.over, plot.metric, plot.unit, style)


def plot_file(plot: SweepPlot, store: Path) -> bytes:
    """The bytes of the file."""
    style = Style()
    spec = plot_spec(plot, store, style)
    if plot.suffix == ".json":
        return json.dumps(with_rows(spec), ensure_ascii=False, indent=1).encode() + b"\n"
    if plot.suffix == ".html":
        return _page(plot, spec).encode()
    drawing = Drawing(id="sweep", kind="vega", content=spec, alt=plot.title)
    figure = FigureFile(plot.metric, drawing, "", style, plot.title)
    return figure_svg(figure).encode() if plot.suffix == ".svg" else figure_png(figure)


def _page(plot: SweepPlot, spec: Spec) -> str:
    script = Path(__file__).with_name("draw.js").read_text("utf-8")
    body = (
        f"<main><h1>{escape(plot.title)}</h1><figure>"
        f'<div class="chart" role="img" aria-label="{escape(plot.title)}"></div>'
        f'<script type="text/plain">{packed(spec)}</script></figure></main>'
    )
    return page(language="en", title=plot.title, style=STYLE, body=body, scripts=(vega_bundle(), script), notice=NOTICE)
