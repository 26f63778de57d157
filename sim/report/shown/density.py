"""The ladder of constraints: how many fit, and what stops the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sim.records.instances import ConstraintRecord
from sim.report.figures.memory.density import constraint_name, ladder, ladder_alt, ladder_table
from sim.report.figures.memory.density_lanes import (
    LANES_DESK,
    LANES_HALL,
    LANES_PHONE,
    density_lanes,
    lanes_legend,
    lanes_table,
)
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureChoice, FigureTables, chart, html, small
from sim.report.texts import tr

_SHOWN = 2
"""Constraints that a lane shows: the one that binds and the one that would bind next."""


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Whether every constraint is shown, where there are more than a lane shows."""
    if not _more(request):
        return ()
    lang = request.language
    options = {"true": tr("figure.yes", lang), "false": tr("figure.no", lang)}
    return (
        FigureChoice(
            name="every", label=tr("ui.every", lang), options=options, default="false", above="legend",
            shown_label=True, in_lecture=False, beside=True,
        ),
    )  # fmt: skip


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """What is compared, without a number and without a hint at what may stop it."""
    # One nameless rung a label, so that the lanes are seen and nothing hints at what may stop them.
    records = request.outcome.of_type(ConstraintRecord)
    firsts = [next(record for record in records if record.of == label) for label in request.outcome.labels]
    lanes = replace(request.outcome, records=tuple(replace(record, constraint=" ") for record in firsts))
    lang = request.language
    spec = ladder(lanes, request.style, request.names, hidden=True, tall=not request.lecture)
    named = sorted({constraint_name(record.constraint, lang) for record in records})
    candidates = tr("ui.candidates", lang, list=("、" if lang == "ja" else ", ").join(named))
    return chart("lanes", spec, request.scenario.title.read(lang)), small(request, "candidates", candidates)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """A lane a label with what stops it and what would then, and every constraint where that is asked for."""
    outcome, style, names = request.outcome, request.style, request.names
    alt = ladder_alt(outcome, request.language)
    wide, narrow = (
        density_lanes(outcome, style, names, alt, places)
        for places in (LANES_HALL if request.lecture else LANES_DESK, LANES_PHONE)
    )
    rows = lanes_table(outcome, names, request.language)
    lanes = Drawing(id="ladder", kind="svg", content=wide, narrow=narrow, alt=alt, table=rows)
    drawn = (html("legend", lanes_legend(style)), lanes)
    if request.lecture or not _more(request) or request.pick("every", ("true", "false"), "false") == "false":
        return drawn
    return (*drawn, chart("every", ladder(outcome, style, names), alt, table=tables(request).rows))


def note(_: DrawingRequest) -> str:
    """The lanes say it all."""
    return ""


def tables(request: DrawingRequest) -> FigureTables:
    """The constraints. Each row names its source."""
    rows = ladder_table(request.outcome, request.language)
    return FigureTables(rows, rows)


def _more(request: DrawingRequest) -> bool:
    """Whether some label has constraints that its lane does not show."""
    records = request.outcome.of_type(ConstraintRecord)
    counts = Counter(record.of for record in records if record.limit is not None)
    return max(counts.values(), default=0) > _SHOWN
