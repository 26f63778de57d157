"""The ladder of constraints: how many fit, and what stops the next."""

from __future__ import annotations

from dataclasses import replace

from sim.outcome import Outcome
from sim.records import ConstraintRecord
from sim.report.figures import ladder, ladder_alt, ladder_table
from sim.report.figures.density import constraint_name
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureChoice, FigureTables, chart, small
from sim.report.texts import tr

_NEAR = 2
"""Constraints of a label that are shown at first: the one that binds and the one that would bind next."""
_FEW = 16
"""Rungs and heads that fit on a screen together."""


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Whether the far constraints are shown too, where all of them do not fit."""
    if not _many(request):
        return ()
    lang = request.language
    options = {"true": tr("figure.yes", lang), "false": tr("figure.no", lang)}
    return (
        FigureChoice(
            name="every", label=tr("ui.every", lang), options=options, default="false", above="ladder",
            shown_label=True, in_lecture=False,
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
    """The constraints of every label on one scale, the one that binds marked.

    The far ones are shown only when asked for.
    """
    outcome = request.outcome
    if _many(request) and (request.lecture or request.pick("every", ("true", "false"), "false") == "false"):
        outcome = near(outcome, _NEAR)
    spec = ladder(outcome, request.style, request.names, tall=not request.lecture)
    return (chart("ladder", spec, ladder_alt(request.outcome, request.language), table=tables(request).rows),)


def note(_: DrawingRequest) -> str:
    """The ladder says it all."""
    return ""


def tables(request: DrawingRequest) -> FigureTables:
    """The constraints. Each row names its source."""
    rows = ladder_table(request.outcome, request.language)
    return FigureTables(rows, rows)


def near(outcome: Outcome, count: int) -> Outcome:
    """The outcome with only the `count` tightest constraints of each label."""
    kept = []
    for label in outcome.labels:
        bounded = [r for r in outcome.of_type(ConstraintRecord) if r.of == label and r.limit is not None]
        kept += sorted(bounded, key=lambda record: (record.limit or 0, not record.binds))[:count]
    return replace(outcome, records=tuple(kept))


def _many(request: DrawingRequest) -> bool:
    return len(request.outcome.of_type(ConstraintRecord)) + len(request.outcome.labels) > _FEW
