"""Memory as time passes, a figure a label: for a memory study whose instances run for a duration."""

from __future__ import annotations

from sim.records.instances import OWNERS
from sim.report.figures.bars import metric_table
from sim.report.figures.legend import legend
from sim.report.figures.memory.pressure import over_time, pressure, pressure_alt, pressure_table, series
from sim.report.shown.drawing import (
    Drawing,
    DrawingRequest,
    FigureChoice,
    FigureTables,
    chart,
    html,
    of_labels,
    questioned,
)
from sim.report.texts import tr

_FEW = 2
"""Labels whose figures stand below one another. Of more, the reader picks one."""


def applies(request: DrawingRequest) -> bool:
    """Whether any label ran for a time."""
    return bool(over_time(request.outcome))


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Whose memory is drawn, where they are more than fit."""
    there = over_time(request.outcome)
    if len(there) <= _FEW:
        return ()
    return of_labels(request, tr("ui.pressure.of", request.language), there, "memory")


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, by name. The shape of the curves would be the answer."""
    return questioned(request, request.outcome.labels)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Each label's RAM over time on one scale."""
    outcome, there = request.outcome, over_time(request.outcome)
    used = [
        owner for owner in OWNERS if any(size for other in there for _, size in series(outcome, other).get(owner, ()))
    ]
    labels = there if len(there) <= _FEW else [request.pick("of", there, there[0])]
    single = len(labels) == 1
    drawn = [
        chart(
            "memory" if single else f"memory-{number}",
            pressure(outcome, request.style, label),
            pressure_alt(outcome, label, request.language),
            table=pressure_table(outcome, label, request.language),
        )
        for number, label in enumerate(labels, 1)
    ]
    return html("legend", legend(request.style, used, short=True)), *drawn


def note(request: DrawingRequest) -> str:
    """How to read the curves."""
    return tr("ui.pressure.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """The parts of every label over time, and all metrics."""
    rows = []
    for label in over_time(request.outcome):
        name = {tr("figure.col.label", request.language): request.called(label)}
        rows += [name | row for row in pressure_table(request.outcome, label, request.language)]
    return FigureTables(rows, metric_table(request.outcome, language=request.language))
