"""The memory ledger, by the ruler the reader picks: its sum beside what is really used, and where they differ.

A memory study that runs for a duration is drawn over time instead (`pressure`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from sim.report import previews
from sim.report.figures.legend import legend
from sim.report.figures.memory.columns import RULERS, Ruler
from sim.report.figures.memory.memory import (
    DESK,
    HALL,
    PHONE,
    estimated,
    ledger,
    ledger_alt,
    ledger_table,
    marks,
    owners,
)
from sim.report.shown import pressure
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureChoice, FigureTables, html
from sim.report.texts import tr
from sim.scenario import Scenario

_READ_BY: Mapping[str, Ruler] = {f"{ruler}_total": ruler for ruler in RULERS} | {"marginal": "physical"}
"""Metrics that one ruler shows."""
_WIDE = 640


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """The ruler."""
    if pressure.applies(request):
        return pressure.choices(request)
    lang = request.language
    options: dict[str, str] = {ruler: tr(f"ruler.{ruler}", lang) for ruler in RULERS}
    opened = asked(request.scenario)
    label = tr("ui.ruler", lang)
    return (FigureChoice(name="ruler", label=label, options=options, default=opened, above="legend", beside=True),)


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Columns of the same pages, and a sum that nobody has said yet."""
    if pressure.applies(request):
        return pressure.before(request)
    asks = request.scenario.title.read(request.language)
    columns = Drawing(id="columns", kind="svg", content=previews.ledger(request.style, width=_WIDE), alt=asks)
    return html("legend", legend(request.style)), columns


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Two sums on one scale, and the columns that they are of. Changing the ruler is the animation."""
    if pressure.applies(request):
        return pressure.after(request)
    outcome, style, ruler = request.outcome, request.style, _ruler(request)
    wide, narrow = (
        ledger(outcome, style, ruler, request.names, places) for places in (HALL if request.lecture else DESK, PHONE)
    )
    return (
        html("legend", legend(style, owners(outcome), marks(outcome, ruler), short=True, estimates=estimated(outcome))),
        Drawing(
            id="ledger", kind="svg", content=wide, narrow=narrow, alt=ledger_alt(outcome, ruler, request.language),
            table=tables(request).rows,
        ),
    )  # fmt: skip


def note(request: DrawingRequest) -> str:
    """The reading of the ruler. What the lesson explains is the one it opens on: said twice it is noise."""
    if pressure.applies(request):
        return pressure.note(request)
    ruler = _ruler(request)
    return "" if ruler == asked(request.scenario) else tr(f"ruler.{ruler}.text", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """The parts of the ledger. Each row names its source."""
    if pressure.applies(request):
        return pressure.tables(request)
    rows = ledger_table(request.outcome, request.language)
    return FigureTables(rows, rows)


def _ruler(request: DrawingRequest) -> Ruler:
    return cast("Ruler", request.pick("ruler", RULERS, asked(request.scenario)))


def asked(scenario: Scenario) -> Ruler:
    """The ruler that a lesson's prediction asks about, on which its page opens.

    It is RSS where the prediction asks about none, or several.
    """
    if scenario.lesson is None:
        return RULERS[0]
    predict = scenario.lesson.predict
    conditions = " ".join((predict.rank, predict.guess, *(choice.holds for choice in predict.choices)))
    named = {ruler for metric, ruler in _READ_BY.items() if re.search(rf"\b{metric}\b", conditions)}
    return named.pop() if len(named) == 1 else RULERS[0]
