"""What each build of a comparison costs, and the graph of the one the reader picks, with the reason of one step."""

from __future__ import annotations

from html import escape

from sim.report.figures.bars import metric_alt, metric_bars, metric_table
from sim.report.figures.images.build import build_alt, build_graph, build_table, cost_line, first_cause, steps
from sim.report.shown.asked import titled
from sim.report.shown.drawing import (
    Drawing,
    DrawingRequest,
    FigureChoice,
    FigureTables,
    chart,
    html,
    of_labels,
    small,
)
from sim.report.texts import told, tr

_MEASURES = ("rebuild_time", "image_bytes")
"""What may be compared, the usual one first."""


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Whose build is drawn, where several are compared."""
    return of_labels(request, tr("ui.build.of", request.language), request.outcome.labels, "cost")


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The first label's graph without the fate of any step. Steps may be picked where that is the prediction."""
    lesson = request.scenario.lesson
    picks = lesson is not None and lesson.predict.steps
    return (_graph(request, request.outcome.labels[0], hidden=True, picks=picks),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The time of every label's next build, with one label's cost line and graph, and the reason of one step."""
    outcome, style, lang = request.outcome, request.style, request.language
    label, rows = label_of(request), tables(request).rows
    cost = chart("cost", cost_line(outcome, style, label=label), build_alt(outcome, lang, label=label), table=rows)
    drawn = [
        cost,
        _graph(request, label),
        *_reason(request, label),
        small(request, "caption", tr("ui.legend.build", lang)),
    ]
    if len(outcome.labels) == 1:
        return tuple(drawn)
    return *_bars(request), *drawn


def _bars(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What the title speaks of, for every label. Below it the time of the next build, where that is another metric."""
    outcome, lang = request.outcome, request.language
    first = titled(request.scenario, _MEASURES, _MEASURES[0])
    shown = tuple(dict.fromkeys((first, _MEASURES[0])))
    several = len(shown) > 1
    return tuple(
        chart(
            "bars" if measure == first else "bars-time",
            metric_bars(outcome, request.style, measure, request.names, tall=not (request.lecture or several)),
            metric_alt(outcome, measure, lang),
            table=metric_table(outcome, measure, lang),
            title=tr(f"metric.{measure}", lang) if several else "",
            row="bars" if request.lecture and several else "",
        )
        for measure in shown
    )


def note(_: DrawingRequest) -> str:
    """The graph says it all."""
    return ""


def tables(request: DrawingRequest) -> FigureTables:
    """The steps of the label that is shown."""
    rows = build_table(request.outcome, request.language, label=label_of(request))
    return FigureTables(rows, rows)


def label_of(request: DrawingRequest) -> str:
    """The label whose build is drawn."""
    labels = request.outcome.labels
    return request.pick("of", labels, labels[0])


def selected(request: DrawingRequest) -> str:
    """The step that is explained: the one the reader picked, or the first cause. "" where every step hits."""
    label = label_of(request)
    known = [step.step for step in steps(request.outcome, label=label)]
    return request.pick("step", known, first_cause(request.outcome, label=label))


def _reason(request: DrawingRequest, label: str) -> tuple[Drawing, ...]:
    """Why the selected step runs again, or not."""
    chosen = selected(request)
    return tuple(
        html(
            "reason",
            f"<p><code>{escape(step.text or step.name)}</code>: {escape(told(step.reason, request.language))}</p>",
        )
        for step in steps(request.outcome, label=label)
        if step.step == chosen
    )


def _graph(request: DrawingRequest, label: str, *, hidden: bool = False, picks: bool = False) -> Drawing:
    """The graph of a label's next build: one column on a phone, lower inside a lecture."""
    focus = "" if hidden else selected(request)
    svg, narrow = (
        build_graph(
            request.outcome,
            request.style,
            selected=focus,
            label=label,
            hidden=hidden,
            said=request.said if hidden else (),
            narrow=narrow,
            dense=request.lecture,
        )
        for narrow in (False, True)
    )
    return Drawing(
        id="graph",
        kind="svg",
        content=svg,
        alt=tr("figure.graph", request.language),
        table=() if hidden else tables(request).rows,
        narrow=narrow,
        focus=focus,
        picks="said" if picks else "" if hidden else "step",
    )
