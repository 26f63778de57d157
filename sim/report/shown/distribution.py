"""How an image reaches its nodes: when they are done, the bytes that move, and one node's pull layer by layer."""

from __future__ import annotations

from sim.report.figures.bars import metric_alt, metric_bars, metric_table
from sim.report.figures.images.pulls import completions, completions_alt, pull_marks, pulled, pulls, pulls_table
from sim.report.figures.legend import legend
from sim.report.shown.asked import titled
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureChoice, FigureTables, chart, of_labels
from sim.report.texts import tr

_MEASURES = ("pull_time", "first_start_time", "bytes_moved", "registry_bytes")


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """What is measured, and whose layers are drawn."""
    lang = request.language
    measures = {name: tr(f"metric.{name}", lang) for name in _MEASURES}
    measure = FigureChoice(
        name="measure", label=tr("ui.pull.show", lang), options=measures, default=_default(request),
        above="completions", in_lecture=False,
    )  # fmt: skip
    there = pulled(request.outcome)
    return measure, *(() if request.lecture else of_labels(request, tr("ui.pull.of", lang), there, "legend"))


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, without an answer."""
    spec = completions(request.outcome, request.style, request.names, hidden=True)
    return (chart("completions", spec, request.scenario.title.read(request.language)),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The time or the bytes of every label. Below them the layers of one label's first node."""
    outcome, style, lang = request.outcome, request.style, request.language
    measure = request.pick("measure", _MEASURES, _default(request))
    if measure.endswith("_time"):
        spec = completions(outcome, style, request.names, metric=measure)
        alt = completions_alt(outcome, lang, metric=measure)
    else:
        spec, alt = metric_bars(outcome, style, measure, request.names), metric_alt(outcome, measure, lang)
    whole = chart("completions", spec, alt, table=tables(request).rows)
    there = pulled(outcome)
    if not there or request.lecture:
        return (whole,)
    picked = request.pick("of", there, there[0])
    title = tr("ui.pull.layers", lang, name=request.called(picked))
    keys = legend(style, ("files",), pull_marks(outcome, picked), short=True)
    layers = chart(
        "layers", pulls(outcome, style, picked), completions_alt(outcome, lang), table=tables(request).sources
    )
    return whole, Drawing(id="legend", kind="html", content=keys, title=title), layers


def _default(request: DrawingRequest) -> str:
    """What the title speaks of."""
    return titled(request.scenario, _MEASURES, _MEASURES[0])


def note(_: DrawingRequest) -> str:
    """The figure says it all."""
    return ""


def tables(request: DrawingRequest) -> FigureTables:
    """Every metric, and what the shown label's first node did, with the source of each rate."""
    there = pulled(request.outcome)
    rows = metric_table(request.outcome, language=request.language)
    if not there:
        return FigureTables(rows)
    return FigureTables(rows, pulls_table(request.outcome, request.pick("of", there, there[0]), request.language))
