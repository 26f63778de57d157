"""The layer lab's edits on the live page: one file, or the Dockerfile, of what a scenario builds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sim.errors import InputError
from sim.layerlab import contexts, state
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Scenario


def offered(scenario: Scenario, lang: Language) -> dict[str, Any]:
    """What may be edited of a scenario that is a build."""
    built = contexts.shipped([scenario])[0]
    named = [("none", tr("ui.lab.nofile", lang)), *((name, name) for name in contexts.files(built))]
    hows = {how: tr(f"ui.lab.{how}", lang) for how in state.HOWS if how != "content"}
    return {"lab": {"file": built.file or "none", "files": dict(named), "hows": hows, "dockerfile": built.text}}


def edited(scenario: Scenario, edit: Mapping[str, str]) -> Scenario:
    """The scenario with the edited build instead of those that it compares.

    Raises `InputError` where the edit cannot be used.
    """
    built = contexts.shipped([scenario])[0]
    file, how = edit.get("file", "none"), edit.get("how", state.HOWS[0])
    if file != "none" and file not in contexts.files(built):
        raise InputError(f"{file!r} is no file that may be edited")
    if how not in state.HOWS:
        raise InputError(f"{how!r} is no edit; expected one of {', '.join(state.HOWS)}")
    begun = state.fresh(built)
    return dataclasses.replace(
        begun,
        file="" if file == "none" else file,
        how=how,
        dockerfile=edit.get("dockerfile", begun.dockerfile).rstrip() + "\n",
    ).scenario(scenario)
