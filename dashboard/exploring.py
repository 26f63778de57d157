"""What is explored as the page's link says it: a study, a preset and changes of it, alone or beside another one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import controls, shipped, undoing
from dashboard.links import asked, one_of, set_link, whole
from dashboard.view import View
from sim.exploring.configuration import SIDES, Configuration, Exploration, of_lesson, offered, settable
from sim.exploring.presets import Preset, explored_studies, presets
from sim.report.controlnames import parameter_title
from sim.report.ranges import source_ranges
from sim.scenario import Scenario

KEY = "explore"
FIRST = "startup"
"""The study that is explored where the link names none."""
_SIDE = f"{KEY}:side"


def studies() -> tuple[str, ...]:
    """The studies that can be explored, in the order in which the course asks them."""
    return explored_studies(shipped.explorable())


def starting_points(study: str) -> dict[str, Preset]:
    """The presets of a study by name."""
    return presets(study, shipped.explorable())


def name_of(path: str) -> str:
    """What a link calls a control: "instances" for A's, "b.instances" for B's."""
    return path.removeprefix("a.")


def preset_name(side: str) -> str:
    """What a link calls the preset of a side."""
    return name_of(f"{side}.preset")


def start_key(name: str) -> str:
    """The key under which a value of the link that cannot be used is remembered, where nothing is drawn for it."""
    return f"{KEY}:start:{name}"


def exploration() -> Exploration:
    """What the link says, its changes unchecked. Where it names no study or preset that there is, the first one."""
    study = one_of("study", studies(), FIRST, start_key("study"))
    there = starting_points(study)
    a = _configuration("a", there, next(iter(there)))
    if asked(preset_name("b")) is None:
        return Exploration(a)
    return Exploration(a, _configuration("b", there, a.preset.name))


def _configuration(side: str, there: Mapping[str, Preset], first: str) -> Configuration:
    preset = there[one_of(preset_name(side), there, first, start_key(preset_name(side)))]
    return Configuration(preset, _changes(side, preset.of.study))


def _changes(side: str, study: str) -> tuple[tuple[str, str], ...]:
    """What the link says of the parameters of a side."""
    said = ((name, asked(name_of(f"{side}.{name}"))) for name in settable(study))
    return tuple((name, value) for name, value in said if value is not None)


def names() -> list[str]:
    """Every parameter of the link that belongs to what is explored."""
    known = {"study", *map(preset_name, SIDES)}
    for study in studies():
        known |= {name_of(f"{side}.{name}") for side in SIDES for name in settable(study)}
    return sorted(known)


def state() -> dict[str, str]:
    """What is explored, as parameters of a link."""
    known = set(names())
    return {name: value for name, value in whole().items() if name in known}


def clear() -> None:
    """Forget what the page's widgets hold, so that they start from the link again. For a callback."""
    for key in [key for key in st.session_state if str(key).startswith((f"{KEY}:a", f"{KEY}:b", f"{KEY}:study"))]:
        del st.session_state[key]


def undoable() -> undoing.Undoable[dict[str, str]]:
    """What can be undone: any change of a study, a preset, a control or a comparison."""
    return undoing.of_link(KEY, names, clear)


def side() -> str:
    """The side whose controls are shown."""
    there = "b" if asked(preset_name("b")) is not None else "a"
    kept = st.session_state.get(_SIDE, there)
    return str(kept) if there == "b" else "a"


# ---- callbacks ----------------------------------------------------------------------------------------------------


def show_side(which: str) -> None:
    """Show the controls of a side."""
    st.session_state[_SIDE] = which


def write(written: Mapping[str, str]) -> None:
    """Let the link say this of what is explored, and nothing else."""
    clear()
    for name in state():
        set_link(name, "")
    for name, value in written.items():
        set_link(name, value)


def take_study() -> None:
    """Go to the chosen study's first preset."""
    write({"study": st.session_state[f"{KEY}:study"]})


def take_preset(which: str, chosen: str) -> None:
    """Start a side from a preset."""
    kept = {name: value for name, value in state().items() if which_side(name) != which}
    write({**kept, preset_name(which): chosen})


def compare() -> None:
    """Hold what there is as A, and go on with a copy of it as B."""
    here = exploration().a
    own = {name_of(f"b.{name}"): value for name, value in here.changes}
    write({**state(), **own, preset_name("b"): here.preset.name})
    show_side("b")


def swap() -> None:
    """Let A be what B is, and B what A is."""
    here = exploration()
    if here.b is not None:
        write(written(Exploration(here.b, here.a)))


def end(kept: str) -> None:
    """Go on with one side alone."""
    write(written(Exploration(exploration().sides[kept])))


def reset(which: str) -> None:
    """Forget what was changed of a side's preset."""
    take_preset(which, exploration().sides[which].preset.name)


def which_side(name: str) -> str:
    """The side that a parameter of the link belongs to. "" for the study."""
    return "b" if name.startswith("b.") else "" if name == "study" else "a"


def written(of: Exploration) -> dict[str, str]:
    """The link of an exploration."""
    said = {"study": of.a.study}
    for which, one in of.sides.items():
        said[preset_name(which)] = one.preset.name
        said |= {name_of(f"{which}.{name}"): value for name, value in one.changes}
    return said


def beside(scenario: Scenario, changed: Scenario, part: int) -> dict[str, str]:
    """The link that compares a lesson's first two labels as they run now, or its one label with a copy."""
    labels = list(scenario.parts[part].variants)
    first, second = (
        of_lesson(Preset(scenario, part, label), changed) for label in (labels[0], labels[min(1, len(labels) - 1)])
    )
    return written(Exploration(first, second))


def form_of(of: Exploration, which: str, view: View, judge: controls.Judge) -> controls.ControlForm:
    """The form of a side's controls."""
    return controls.ControlForm(
        key=KEY,
        controls=offered(of, which),
        name=name_of,
        title=lambda control: parameter_title(control, view.lang),
        judge=judge,
        setting="preset",
        ranges=source_ranges(of.sides[which].preset.parameters, which),
    )
