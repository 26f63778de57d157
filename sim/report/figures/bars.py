"""Any metric of any study as bars, one a label, with its interval and its sources' range."""

from __future__ import annotations

from typing import Any

from sim.outcome import Metric, Outcome
from sim.report.figures import parts
from sim.report.numbers import between, unit_of, written_metric
from sim.report.ring import named
from sim.report.style import Language, Spec, Style, chart, inline
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, metric_name, spoken, statistic_name

_LANES = (38, 46)
"""Pixels of a lane: on a projector, where a name may have two lines of 18 pixels, and on a page."""


def metric_bars(
    outcome: Outcome, style: Style, metric: str, names: LabelNames, *, statistic: str = "p50", tall: bool = True
) -> Spec:
    """One bar a label, in the scenario's order.

    Args:
        statistic: As preferred. Else the first one the outcome has.
        tall: For a page. Else for a projector, with names on one line where it is not narrow.
    """
    rows = []
    for label in outcome.labels:
        measured = parts.any_statistic(outcome, label, metric, statistic)
        if measured:
            row: dict[str, Any] = {
                "lane": label,
                "zero": 0,
                "value": measured.value,
                **parts.doubt(measured, style.language),
            }
            row |= {"label": written_metric(measured, style.language), "estimate": measured.estimate}
            row["reach"] = max(measured.value, measured.high or 0.0)
            row["name"] = str(names[label])
            row |= dict(zip(("interval", "range"), doubt_columns(measured, style.language).values(), strict=True))
            rows.append(row)
    domain = parts.domain_for(rows)
    texts = parts.end_for(
        max((row["reach"] for row in rows), default=1.0), [row["label"] for row in rows], style, plus=1
    )
    scale = {"domainMin": 0, "domainMax": {"expr": f"max({domain}, {texts['expr']})"}, "nice": False}
    x = {"field": "zero", "type": "quantitative", "title": None, "scale": scale, "axis": None, "stack": None}
    tooltip = [
        {"field": "name", "title": tr("figure.col.label", style.language)},
        {"field": "label", "title": metric_name(metric, style.language)},
        {"field": "interval", "title": tr("figure.mark.interval", style.language)},
        {"field": "range", "title": tr("figure.mark.range", style.language)},
    ]
    track = {"type": "bar", "height": {"band": 0.78}, "color": style.tokens.track}
    layers: list[parts.SpecLayer] = [
        {"data": inline(rows), "mark": track, "encoding": {"x": x, "x2": {"value": {"expr": "width"}}}}
    ]
    for guess in (False, True):
        chosen = [row for row in rows if row["estimate"] == guess]
        mark: dict[str, Any] = {"type": "bar", "height": {"band": 0.5}, "color": style.tokens.muted}
        if guess:
            mark |= {
                "fillOpacity": parts.PALE,
                "stroke": style.tokens.muted,
                "strokeDash": parts.DASH,
                "strokeWidth": 1.5,
            }
        encoding = {"x": x, "x2": {"field": "value"}, "tooltip": tooltip}
        if chosen:
            layers.append({"data": inline(chosen), "mark": mark, "encoding": encoding})
    layers += parts.range_layers(rows, style, 0.35 * _LANES[tall], domain)
    layers += parts.interval_layers(rows, style)
    layers.append(parts.text_layer(rows, style, "reach", "label", plus=1, fontWeight=700))
    axis = parts.lane_axis({row["lane"]: names[row["lane"]] for row in rows}, style, two_lines=tall)
    lane = {"field": "lane", "type": "nominal", "sort": [row["lane"] for row in rows], "title": None, "axis": axis}
    of = named({"label": "lane"}, metric=metric)
    return chart(style, height={"step": style.px(_LANES[tall])}, encoding={"y": lane}, layer=layers, usermeta=of)


def metric_table(outcome: Outcome, metric: str = "", language: Language = "en") -> list[dict[str, str]]:
    """One row a metric, label and statistic: value, interval, range.

    Args:
        metric: Only that one, all where "".
    """
    names, table = label_names(outcome, language), []
    for measured in outcome.metrics:
        if metric in ("", measured.metric):
            row = {
                tr("figure.col.metric", language): metric_name(measured.metric, language),
                tr("figure.col.label", language): str(names[measured.of]),
                tr("figure.col.statistic", language): statistic_name(measured.statistic, language),
                tr("figure.col.value", language): written_metric(measured, language),
                **doubt_columns(measured, language),
            }
            table.append(row)
    return table


def doubt_columns(metric: Metric, language: Language) -> dict[str, str]:
    """A metric's interval and range as two cells of a table."""
    unit, transfer = unit_of(metric), metric.transfer
    interval = (
        "–"
        if metric.low is None or metric.high is None
        else between(metric.low, metric.high, unit, language, transfer=transfer)
    )
    span = "–" if metric.range is None else between(*metric.range, unit, language, transfer=transfer)
    return {tr("figure.mark.interval", language): interval, tr("figure.mark.range", language): span}


def metric_alt(outcome: Outcome, metric: str, language: Language = "en", *, statistic: str = "p50") -> str:
    """The metric in a sentence."""
    names = spoken(label_names(outcome, language))
    values = [
        f"{names[label]} {written_metric(measured, language)}"
        for label in outcome.labels
        if (measured := parts.any_statistic(outcome, label, metric, statistic))
    ]
    said = parts.joined(values, language)
    return parts.sentence(tr("figure.metric_alt", language, metric=metric_name(metric, language), values=said))
