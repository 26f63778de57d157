"""The boot race, its first moments enlarged, and the queue of one label where many instances start."""

from __future__ import annotations

from typing import cast

import streamlit as st

from dashboard.controls import choice
from dashboard.scene import Scene, Sheet, chart
from sim.report.figures import Finish, gantt, gantt_alt, lens_cut, race, race_alt, race_sources, race_table
from sim.report.figures.legend import legend
from sim.report.figures.race import marks, owners
from sim.report.look import Language
from sim.report.numbers import NARROW, written
from sim.report.texts import tr

_MANY = 6
"""Lanes that fit on a screen together with their lens at full height."""
_IN_A_LECTURE = 5
"""Lanes that fit a lecture's screen above their lens."""
_FINISHES: tuple[Finish, ...] = ("ready", "init", "runtime")


def before(scene: Scene) -> None:
    """Empty lanes in the scenario's order."""
    view = scene.view
    st.html(legend(view.look, owners(scene.outcome)))
    spec = race(scene.outcome, view.look, scene.names, predicted=scene.said, hidden=True, tall=_tall(scene))
    chart(spec, view.read(scene.scenario.title))


def after(scene: Scene) -> str:
    """The lanes by finish, the lens where lanes differ much, and a queue where there is one."""
    outcome, view = scene.outcome, scene.view
    finish = _finish(scene)
    st.html(legend(view.look, owners(outcome, finish), marks(outcome, finish), short=True))
    cut = lens_cut(outcome, finish)
    # Many lanes fit a lecture's screen only beside their lens.
    aside = view.embed and cut is not None and len(outcome.labels) > _IN_A_LECTURE
    lanes, enlarged = st.columns(2, gap="medium") if aside else (st.container(), st.container())
    with lanes:
        spec = race(outcome, view.look, scene.names, predicted=scene.said, finish=finish, tall=_tall(scene))
        chart(spec, race_alt(outcome, view.lang, finish))
    if cut is not None:
        with enlarged:
            _lens(scene, finish, cut)
    many = [label for label in outcome.labels if _instances(scene, label) > 1]
    if many and not view.embed:
        _queue(scene, many)
    return ""


def _lens(scene: Scene, finish: Finish, cut: float) -> None:
    """The first moments, enlarged, under a heading that bears the shade of the band they are in."""
    view = scene.view
    heading = tr("ui.lens.second", view.lang) if cut == 1 else tr("ui.lens", view.lang, time=_round(cut, view.lang))
    swatch = f"width:1em;height:1.2em;background:{view.look.tokens.ink};opacity:.12"
    st.html(
        f'<div style="font-weight:600;display:flex;align-items:center;gap:.5em"><span style="{swatch}"></span>'
        f"{heading}</div>"
    )
    lens = race(scene.outcome, view.look, scene.names, lens=True, finish=finish, tall=_tall(scene))
    chart(lens, heading)


def sheet(scene: Scene) -> Sheet:
    """The lanes and the phases they are made of."""
    finish = cast("Finish", st.session_state.get(f"{scene.key}:finish", "ready"))
    return Sheet(race_table(scene.outcome, scene.view.lang, finish), race_sources(scene.outcome, scene.view.lang))


def _finish(scene: Scene) -> Finish:
    options: dict[str, str] = {finish: tr(f"ui.finish.{finish}", scene.view.lang) for finish in _FINISHES}
    label = tr("ui.finish", scene.view.lang)
    return cast(
        "Finish",
        choice(label, options, "ready", "finish", key=f"{scene.key}:finish", hidden=True, drawn=not scene.view.embed),
    )


def _queue(scene: Scene, many: list[str]) -> None:
    lang = scene.view.lang
    label = many[0]
    if len(many) > 1:
        options = {label: scene.called(label) for label in many}
        label = choice(tr("ui.queue.of", lang), options, many[0], "queue", key=f"{scene.key}:queue")
    st.markdown("**" + tr("ui.queue", lang, name=scene.called(label)) + "**")
    chart(gantt(scene.outcome, scene.view.look, label), gantt_alt(scene.outcome, label, lang))


def _round(cut: float, lang: Language) -> str:
    """A round number of seconds without a needless digit: "2 s"."""
    unit, worth = next(((u, w) for u, w in (("min", 60.0), ("s", 1.0), ("ms", 1e-3)) if cut >= w), ("µs", 1e-6))
    word = written(cut, "s", lang).partition(NARROW)[2] if unit == "s" else unit
    return f"{cut / worth:g}{NARROW}{word}"


def _tall(scene: Scene) -> bool:
    """Whether lanes may be as high as on a desk: not inside a lecture, and not where they are many."""
    return not scene.view.embed and len(scene.outcome.labels) <= _MANY


def _instances(scene: Scene, label: str) -> int:
    written_as = (scene.outcome.parameters or {}).get(label, {}).get("instances", "1")
    return int(written_as)
