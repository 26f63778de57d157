"""The layer lab's edit as a link holds it: what differs from the context as it lies there. Nothing of it is trusted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.packed import pack
from dashboard.sharing.share import bundle
from dashboard.view import View
from sim import limits
from sim.builds.graph.options import BUILDERS
from sim.errors import InputError
from sim.layerlab import contexts
from sim.layerlab.contexts import BuildContext
from sim.layerlab.state import HOWS, Kept, LabState, fresh
from sim.report.texts import tr
from sim.scenario import Scenario

_TEXTS = ("dockerfile", "base", "content")
_SAID = {"append": str, "content": str, "mode": str, "touch": bool, "delete": bool}
"""What a kept change may do to its path, and how it is written."""


def document(state: LabState) -> dict[str, Any]:
    """What of a state is beside its context, file, kind of edit and builder. Empty where nothing is."""
    text = state.context.text
    differing: dict[str, Any] = {
        "dockerfile": "" if state.dockerfile == text else state.dockerfile,
        "base": "" if state.base == text else state.base,
        "content": state.content if state.how == "content" else "",
        "arguments": dict(state.arguments),
        "kept": [[dict(change) for change in build] for build in state.kept],
    }
    return {name: value for name, value in differing.items() if value}


def packed(state: LabState) -> str:
    """What of a state its link holds beside names. "" where that is nothing, too much, or a reader's own files."""
    return "" if contexts.is_brought(state.context) else pack(document(state))


def unlinked(state: LabState, view: View) -> str:
    """Why a link does not hold all of a state. "" where it does."""
    if contexts.is_brought(state.context):
        return tr("ui.share.uploaded", view.lang)
    return tr("ui.share.large", view.lang) if document(state) and not packed(state) else ""


def remembered(state: LabState) -> dict[str, Any] | None:
    """A whole state as a document. None where it is of a reader's own files, which a link cannot hold."""
    if contexts.is_brought(state.context):
        return None
    names = {"context": state.context.name, "file": state.file, "how": state.how, "builder": state.builder}
    return {**names, "edit": document(state)}


def recalled(steps: Sequence[Mapping[str, Any]], there: Mapping[str, BuildContext]) -> list[LabState]:
    """The states that `remembered` made such documents of, each context read once.

    Raises `InputError` for any other document.
    """
    read: dict[str, tuple[LabState, frozenset[str]]] = {}
    return [_recalled(step, there, read) for step in steps]


def _recalled(
    step: Mapping[str, Any], there: Mapping[str, BuildContext], read: dict[str, tuple[LabState, frozenset[str]]]
) -> LabState:
    names = {name: step.get(name) for name in ("context", "file", "how", "builder")}
    context = there.get(str(names["context"]))
    edit = step.get("edit")
    if set(step) != {*names, "edit"} or context is None or not isinstance(edit, dict):
        raise InputError("not steps that this page has written")
    if context.name not in read:
        read[context.name] = fresh(context), frozenset(("", *contexts.files(context)))
    start, files = read[context.name]
    file, how, builder = str(names["file"]), str(names["how"]), str(names["builder"])
    if file not in files or how not in HOWS or builder not in BUILDERS:
        raise InputError("not steps that this page has written")
    state = dataclasses.replace(start, file=file, how=how, builder=builder)
    return restored(state, edit)


def scenario_file(state: LabState, lesson: Scenario) -> bytes:
    """The lab's builds as a scenario, with all files they read."""
    return bundle(state.scenario(lesson), state.context.folder)


def restored(state: LabState, document: Mapping[str, Any]) -> LabState:
    """The state with an edit of a link. Raises `InputError` for what the lab would not have written."""
    if not set(document) <= {*_TEXTS, "arguments", "kept"}:
        raise InputError("not an edit that this page has written")
    texts: dict[str, Any] = {name: _text(document[name]) for name in _TEXTS if name in document}
    arguments = document.get("arguments", {})
    if not isinstance(arguments, dict) or len(arguments) > limits.LAB_STEPS:
        raise InputError("not an edit that this page has written")
    pairs = tuple((_text(name), _text(value)) for name, value in arguments.items())
    return dataclasses.replace(state, **texts, arguments=pairs, kept=_kept(document.get("kept", [])))


def _kept(builds: object) -> tuple[Kept, ...]:
    if not isinstance(builds, list) or len(builds) > limits.LAB_BUILDS:
        raise InputError(f"more than {limits.LAB_BUILDS} builds")
    return tuple(_build(build) for build in builds)


def _build(changes: object) -> Kept:
    if not isinstance(changes, list):
        raise InputError("not an edit that this page has written")
    return tuple(_change(change) for change in changes)


def _change(change: object) -> tuple[tuple[str, Any], ...]:
    """One change of a path, as pairs."""
    if not isinstance(change, dict) or len(change) != 2 or not isinstance(change.get("path"), str):
        raise InputError("not an edit that this page has written")
    ((name, value),) = [(name, value) for name, value in change.items() if name != "path"]
    if name not in _SAID or not isinstance(value, _SAID[name]) or value is False:
        raise InputError("not an edit that this page has written")
    if name == "mode" and value != "0755":
        raise InputError("not an edit that this page has written")
    return (("path", change["path"]), (name, value))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > limits.LAB_TEXT:
        raise InputError(f"not a text of at most {limits.LAB_TEXT} characters")
    return value
