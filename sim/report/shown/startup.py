"""The boot race, its first moments enlarged, and the queue of one label where many instances start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from sim.report.figures.history import generations, timeline, timeline_alt, timeline_table
from sim.report.figures.legend import legend
from sim.report.figures.starts.gantt import gantt, gantt_alt
from sim.report.figures.starts.lanes import Finish
from sim.report.figures.starts.race import (
    IN_A_LECTURE,
    lens_cut,
    marks,
    owners,
    race,
    race_alt,
    race_sources,
    race_table,
)
from sim.report.figures.starts.race_player import race_lanes, race_player_data
from sim.report.numbers import NARROW, unit_word
from sim.report.shown.drawing import (
    Drawing,
    DrawingRequest,
    FigureChoice,
    FigureTables,
    TableRow,
    chart,
    html,
    of_labels,
    small,
)
from sim.report.style import Language
from sim.report.texts import tr

_MANY = 6
"""Lanes that fit on a screen together with their lens at full height."""
_FINISHES: tuple[Finish, ...] = ("ready", "init", "runtime")
_SHADE = 0.12


def choices(request: DrawingRequest) -> tuple[FigureChoice, ...]:
    """Where the clock stops, and whose queue is drawn."""
    lang = request.language
    finishes: dict[str, str] = {finish: tr(f"ui.finish.{finish}", lang) for finish in _FINISHES}
    finish = FigureChoice(
        name="finish", label=tr("ui.finish", lang), options=finishes, default="ready", above="legend",
        in_lecture=False,
    )  # fmt: skip
    plays = FigureChoice(
        name="play", label=tr("ui.race.play", lang), above="legend", default="false", shown_label=True,
        options={"true": tr("figure.yes", lang), "false": tr("figure.no", lang)}, in_lecture=False,
    )  # fmt: skip
    many = _many(request)
    if request.lecture:
        return finish, plays
    return finish, plays, *of_labels(request, tr("ui.queue.of", lang), many, "queue", name="queue", shown_label=True)


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Empty lanes in the scenario's order."""
    outcome = request.outcome
    spec = race(outcome, request.style, request.names, predicted=request.said, hidden=True, tall=_tall(request))
    title = request.scenario.title.read(request.language)
    return html("legend", legend(request.style, owners(outcome))), chart("race", spec, title)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The lanes by finish, the lens where lanes differ much, and a queue where there is one."""
    return tuple(one_by_one(request))


def one_by_one(request: DrawingRequest) -> Iterator[Drawing]:
    """The same, each made when it is asked for: the race is on a page before what is below it is made."""
    outcome, style, finish = request.outcome, request.style, _finish(request)
    plays = request.pick("play", ("true", "false"), "false") == "true"
    strokes = [mark for mark in marks(outcome, finish) if not plays or mark in ("estimate", "queued")]
    yield html("legend", legend(style, owners(outcome, finish), strokes, short=True))
    if plays:
        yield _running(request, finish)
        return
    cut = lens_cut(outcome, finish)
    # Many lanes fit a lecture's screen only beside their lens.
    row = "race" if request.lecture and cut is not None and len(outcome.labels) > IN_A_LECTURE else ""
    spec = race(outcome, style, request.names, predicted=request.said, finish=finish, tall=_tall(request))
    yield chart("race", spec, race_alt(outcome, request.language, finish), row=row, table=_rows(request))
    if cut is not None:
        yield _lens(request, finish, cut, row)
    many = _many(request)
    if many and not request.lecture:
        yield _queue(request, many)
    if generations(outcome) and not request.lecture:
        yield from _history(request)


def note(request: DrawingRequest) -> str:
    """Whose parts a lane has: they are not each part's median, which the metrics are."""
    return tr("ui.race.parts", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """The lanes and the phases they are made of."""
    return FigureTables(_rows(request), race_sources(request.outcome, request.language))


def _rows(request: DrawingRequest) -> Sequence[TableRow]:
    """The lanes as rows."""
    return race_table(request.outcome, request.language, _finish(request))


def _lens(request: DrawingRequest, finish: Finish, cut: float, row: str) -> Drawing:
    """The first moments, enlarged, under a heading that bears the shade of the band they are in."""
    lang = request.language
    heading = tr("ui.lens.second", lang) if cut == 1 else tr("ui.lens", lang, time=_round(cut, lang))
    lens = race(request.outcome, request.style, request.names, lens=True, finish=finish, tall=_tall(request))
    return chart("lens", lens, heading, title=heading, shade=_SHADE, row=row, table=_rows(request))


def _running(request: DrawingRequest, finish: Finish) -> Drawing:
    """The lanes as they run: a player uncovers them in time."""
    outcome, style, alt = request.outcome, request.style, race_alt(request.outcome, request.language, finish)
    wide, narrow = (race_lanes(outcome, style, request.names, alt, finish, narrow=narrow) for narrow in (False, True))
    return Drawing(
        id="race", kind="svg", content=wide, narrow=narrow, alt=alt, table=_rows(request),
        plays=race_player_data(outcome, style, finish) | {"brief": request.lecture},
    )  # fmt: skip


def _queue(request: DrawingRequest, many: list[str]) -> Drawing:
    label = request.pick("queue", many, many[0])
    return chart(
        "queue",
        gantt(request.outcome, request.style, label),
        gantt_alt(request.outcome, label, request.language),
        title=tr("ui.queue", request.language, name=request.called(label)),
        table=tables(request).sources,
    )


def _history(request: DrawingRequest) -> tuple[Drawing, ...]:
    """When each of the generations that race started Docker's containers."""
    style, lang = request.style, request.language
    eras = Drawing(
        id="history", kind="svg", content=timeline(style), narrow=timeline(style, narrow=True), alt=timeline_alt(lang),
        title=tr("ui.history.title", lang), table=timeline_table(lang),
    )  # fmt: skip
    return eras, small(request, "history-read", tr("ui.history.read", lang))


def _finish(request: DrawingRequest) -> Finish:
    return cast("Finish", request.pick("finish", _FINISHES, "ready"))


def _round(cut: float, lang: Language) -> str:
    """A round number of seconds without a needless digit: "2 s"."""
    unit, worth = next(((u, w) for u, w in (("min", 60.0), ("s", 1.0), ("ms", 1e-3)) if cut >= w), ("µs", 1e-6))
    return f"{cut / worth:g}{NARROW}{unit_word(unit, lang)}"


def _tall(request: DrawingRequest) -> bool:
    """Whether lanes may be as high as on a desk: not inside a lecture, and not where they are many."""
    return not request.lecture and len(request.outcome.labels) <= _MANY


def _many(request: DrawingRequest) -> list[str]:
    """The labels of which several instances start."""
    parameters = request.outcome.parameters or {}
    return [label for label in request.outcome.labels if int(parameters.get(label, {}).get("instances", "1")) > 1]
