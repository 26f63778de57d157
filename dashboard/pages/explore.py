"""Any study with any parameters, without a lesson: alone, or two configurations side by side under one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dashboard import controls, exploring, popovers, running, undoing
from dashboard.controls import choice
from dashboard.exploring import KEY, form_of
from dashboard.figures import laid_out
from dashboard.frame import head
from dashboard.links import asked, plain, set_link
from dashboard.page_part import PagePart, table
from dashboard.refusals import answer, named, show_error
from dashboard.running import CancelledByReaderError
from dashboard.shown import Shown, offer
from dashboard.view import View
from sim.errors import InputError
from sim.exploring.configuration import Configuration, Exploration, explored
from sim.outcome import Outcome
from sim.report import words
from sim.report.controlnames import provenance
from sim.report.explored import (
    asked_of,
    changes_said,
    difference_rows,
    preset_title,
    said_difference,
    said_interval,
    side_names,
)
from sim.report.texts import tr
from sim.scenario import Scenario, Text

_FIGURE_AND_CONTROLS = (9, 4)
_FIRST = 8
"""Controls that are open at once: those that the preset's lesson is about. The others are a click away."""


def page(view: View) -> None:
    """Draw the page. The link says all of it: `?study=memory&preset=memory-ledger.vm&instances=50`."""
    head(view, lambda: st.caption(tr("ui.explore", view.lang)))
    of = exploring.exploration()
    if view.embed:
        _answer_link(of, view)
    else:
        of = _pickers(of, view)
    title = st.container()
    figure, side = st.columns(_FIGURE_AND_CONTROLS, gap="large") if not view.embed else (st.container(), None)
    with figure:
        place = st.empty()
        drawn = st.container()
    changes: Mapping[str, str] = _changes(of)
    faults: list[InputError] = []
    if side is not None:
        with side:
            changes, faults = _side(of, view)
    with drawn:
        ran = _outcome(of, changes, faults, place, view)
    if ran is None:
        title.title(asked_of(of.a.study, view.lang), anchor=False)
        return
    scenario, shown, outcome = ran
    with title:
        said = said_difference(outcome, view.lang) if shown.b else asked_of(shown.a.study, view.lang)
        st.title(said, anchor=False)
        interval = said_interval(outcome, view.lang) if shown.b else ""
        st.caption("  \n".join([*map(plain, changes_said(shown, view.lang)), *filter(None, [interval])]))
    with drawn:
        _draw(scenario, shown, outcome, view)


def _pickers(of: Exploration, view: View) -> Exploration:
    """What is asked, and where each side starts."""
    line, below = st.container(horizontal=True, gap="small"), st.container()
    with line:
        studies = {study: asked_of(study, view.lang) for study in exploring.studies()}
        choice(
            tr("ui.explore.study", view.lang), studies, exploring.FIRST, "study", view, key=f"{KEY}:study",
            on_change=exploring.take_study, below=below,
        )  # fmt: skip
        for which in of.sides:
            _preset(of, which, view, below)
    return exploring.exploration()


def _answer_link(of: Exploration, view: View) -> None:
    """What of the link names no study or preset that there is, where there is nothing to choose them with."""
    called = asked_of(of.a.study, view.lang)
    answer("study", of.a.study, exploring.studies(), view, key=exploring.start_key("study"), called=called)
    there = exploring.starting_points(of.a.study)
    for which, one in of.sides.items():
        name, shown = exploring.preset_name(which), one.preset.name
        called = preset_title(one.preset, view.lang)
        answer(name, shown, there, view, key=exploring.start_key(name), called=called)


def _preset(of: Exploration, which: str, view: View, below: st.delta_generator.DeltaGenerator) -> None:
    """Where a side starts."""
    there = {name: preset_title(preset, view.lang) for name, preset in exploring.starting_points(of.a.study).items()}
    name, key = exploring.preset_name(which), f"{KEY}:{which}.preset"
    label = (
        tr("ui.explore.preset", view.lang) if of.b is None else f"{which.upper()}: {tr('ui.explore.preset', view.lang)}"
    )
    first = of.a.preset.name if which == "b" else next(iter(there))
    chosen = choice(label, there, first, name, view, key=key, below=below, on_change=lambda: _take(which, key))
    if which == "b":
        set_link(name, chosen)  # that there is a B at all, whatever it starts from


def _take(which: str, key: str) -> None:
    exploring.take_preset(which, st.session_state[key])


def _changes(of: Exploration) -> dict[str, str]:
    return {f"{which}.{name}": value for which, one in of.sides.items() for name, value in one.changes}


def _changed(of: Exploration, changes: Mapping[str, str]) -> Exploration:
    """The same presets with these changes, by the paths of controls."""
    sides: dict[str, Configuration] = {
        which: replace(one, changes=tuple((p[2:], v) for p, v in changes.items() if p.startswith(f"{which}.")))
        for which, one in of.sides.items()
    }
    return Exploration(sides["a"], sides.get("b"))


def _scenario(of: Exploration, changes: Mapping[str, str]) -> Scenario:
    changed = _changed(of, changes)
    title = Text(en=asked_of(of.a.study, "en"), ja=asked_of(of.a.study, "ja"))
    return explored(changed, title, side_names(changed))


def _side(of: Exploration, view: View) -> tuple[dict[str, str], list[InputError]]:
    """Undo, compare, and the controls of the side that is changed. What both sides change, and what is wrong."""
    lang, undoable = view.lang, exploring.undoable()
    bar, comparing = st.container(horizontal=True, gap="small"), st.container(horizontal=True, gap="small")
    which = exploring.side()
    with comparing:
        _comparing(of, view)
    if of.b is not None:
        which = _which(which, view)
    form = form_of(of, which, view, lambda changes: _scenario(of, changes))
    own = of.sides[which].preset.first
    first = [control for control in form.controls if control.path[2:] in own][:_FIRST]
    rest = [control for control in form.controls if control not in first]
    changes, places = controls.form(form, view, first)
    given = [control for control in rest if asked(form.name(control.path)) is not None]
    with st.expander(tr("ui.explore.more", lang, n=len(rest)), expanded=bool(given) or not first):
        more, further = controls.form(form, view, rest)
    other = {path: value for path, value in _changes(of).items() if not path.startswith(f"{which}.")}
    together = {**other, **changes, **more}
    faults = controls.judge(form, together, places | further, view, _instead(of, view))
    undoing.note(undoable, exploring.state())
    with bar:
        undoing.buttons(undoable, view)
        if changes or more:
            st.button(
                tr("ui.explore.reset", lang), type="tertiary", icon=":material/restart_alt:", key=f"{KEY}:reset",
                on_click=exploring.reset, args=(which,),
            )  # fmt: skip
    return together, faults


def _comparing(of: Exploration, view: View) -> None:
    """The buttons that begin a comparison, turn it round, and end it."""
    lang = view.lang
    if of.b is None:
        st.button(
            tr("ui.explore.compare", lang), icon=":material/compare_arrows:", key=f"{KEY}:compare",
            on_click=exploring.compare, help=tr("ui.explore.compare.how", lang),
        )  # fmt: skip
        return
    st.button(tr("ui.explore.swap", lang), icon=":material/swap_horiz:", key=f"{KEY}:swap", on_click=exploring.swap)
    for kept in of.sides:
        label = tr("ui.explore.end", lang, side=kept.upper())
        st.button(label, type="tertiary", key=f"{KEY}:keep:{kept}", on_click=exploring.end, args=(kept,))


def _which(which: str, view: View) -> str:
    """The side whose controls are shown."""
    st.session_state[f"{KEY}:shown"] = which
    options = {side: tr("ui.explore.side", view.lang, side=side.upper()) for side in ("a", "b")}
    chosen = st.segmented_control(
        tr("ui.explore.sides", view.lang), list(options), format_func=lambda side: options[side], key=f"{KEY}:shown",
        required=True, on_change=lambda: exploring.show_side(st.session_state[f"{KEY}:shown"]),
    )  # fmt: skip
    return str(chosen)


ExploredRun = tuple[Scenario, Exploration, Outcome]


def _outcome(
    of: Exploration,
    changes: Mapping[str, str],
    faults: list[InputError],
    place: st.delta_generator.DeltaGenerator,
    view: View,
) -> ExploredRun | None:
    """What ran and came of it. Where that cannot be run: the last of the study that could, else the presets."""
    last = f"{KEY}:valid"
    try:
        if not faults:
            ran = _ran(of, changes, place, view)
            st.session_state[last] = ran
            return ran
        st.caption(_instead(of, view))
    except InputError as error:
        show_error(named(error, exploring.name_of) if view.embed else error, view, _instead(of, view), link=view.embed)
    except CancelledByReaderError:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(tr("ui.cancelled", view.lang))
            st.button(tr("ui.run.again", view.lang), on_click=running.run_after_all, key=f"{KEY}:after-all")
        return _last(of)
    kept = _last(of)
    try:
        return kept or _ran(of, {}, place, view)
    except (InputError, CancelledByReaderError):
        return None


def _ran(
    of: Exploration, changes: Mapping[str, str], place: st.delta_generator.DeltaGenerator, view: View
) -> ExploredRun:
    scenario = controls.seeded(_scenario(of, changes), view)
    changed = _changed(of, changes)
    key = (KEY, of.a.preset.scenario.file, tuple(sorted(exploring.written(changed).items())))
    (outcome,) = running.run(key, scenario, place, view)
    return scenario, changed, _named(outcome, scenario)


def _named(outcome: Outcome, scenario: Scenario) -> Outcome:
    """The outcome with its labels' names: one object for one run, as pages to take home are kept by it."""
    key = f"{KEY}:named"
    kept: tuple[Outcome, Outcome] | None = st.session_state.get(key)
    if kept is None or kept[0] is not outcome or kept[1].names != scenario.labels:
        kept = outcome, replace(outcome, names=scenario.labels)
        st.session_state[key] = kept
    return kept[1]


def _last(of: Exploration) -> ExploredRun | None:
    """The last that ran of this study."""
    kept: ExploredRun | None = st.session_state.get(f"{KEY}:valid")
    return kept if kept is not None and kept[1].a.study == of.a.study else None


def _instead(of: Exploration, view: View) -> str:
    return tr("ui.error.last" if _last(of) else "ui.explore.instead", view.lang)


def _draw(scenario: Scenario, of: Exploration, outcome: Outcome, view: View) -> None:
    """The study's figure, and for two configurations their difference as a table."""
    names = words.label_names(outcome, view.lang)
    # The widgets of the figure are not those of the preset's own page.
    part = PagePart(replace(scenario, id=KEY), outcome, names, view)
    note = laid_out.after(part)
    if note and not view.embed:
        st.markdown(note)
    if of.b is not None and not view.embed:
        table(difference_rows(outcome, view.lang, every=False), view)
        with st.expander(tr("ui.explore.every", view.lang)):
            table(difference_rows(outcome, view.lang), view)
    if not view.embed:
        popovers.row([part])
    st.caption(provenance(scenario, outcome, view.lang))
    offer(Shown(scenario=scenario, page_parts=(replace(part, scenario=scenario),)))
