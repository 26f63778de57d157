"""The shape of a file of recorded builds: what is checked before any of it is replayed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.builds.graph.options import BUILDERS
from sim.errors import Problem
from sim.evidence.replays.fields import shown

_STATES = ("run", "cached", "error", "not-run")
_CHANGES = {"content", "symlink", "dir", "mkdir", "mode", "mtime", "chown"}
_TOKEN = re.compile(r"[^ ]*(?: (?:0?[0-7]{1,4}(?: [0-9]{1,9})?)?)?")
_STEP = re.compile(r"\[[^\]]*\] \S")
_LATEST = 2**40
"""The most seconds since 1970 of a file's time. The largest that common file systems hold is below."""
_NOBODY = 2**32 - 1
"""The number that the kernel takes for no user."""

Found = Iterator[tuple[str, str]]
"""A place below the value that is looked at, and what is wrong there."""


def check_recording(data: Any, file: str) -> list[Problem]:
    """Every problem of a recording, each with its path (scenarios.0.builds.1.steps) and its scenario's name."""
    if not isinstance(data, dict) or not isinstance(data.get("scenarios"), list):
        return [Problem("expected an object with a list of scenarios, as in recorded_builds.json", file)]
    problems = [*_bases(data.get("bases", {}))]
    if not data["scenarios"]:
        problems.append(("scenarios", "it is empty; expected at least one scenario"))
    for index, scenario in enumerate(data["scenarios"]):
        name = scenario.get("name") if isinstance(scenario, dict) else None
        whose = f" (scenario {shown(name)})" if isinstance(name, str) else ""
        problems += [(path, f"{message}{whose}") for path, message in _below(f"scenarios.{index}", _scenario(scenario))]
    return [Problem(message, file, path=path) for path, message in problems]


def _below(place: str, problems: Found) -> Found:
    for path, message in problems:
        yield f"{place}.{path}" if path else place, message


def _bases(bases: Any) -> Found:
    if not isinstance(bases, dict):
        yield "bases", f"expected an object of images by name, not {shown(bases)}"
        return
    for name, about in bases.items():
        if not isinstance(about, dict):
            yield f"bases.{name}", f"expected an object, not {shown(about)}"
            continue
        for key in ("same_image_as", "from", "dockerfile", "workdir", "user"):
            if not isinstance(about.get(key, ""), str):
                yield f"bases.{name}.{key}", f"expected a text, not {shown(about[key])}"
        for key in ("layers", "env", "onbuild"):
            if not _is_texts(about.get(key, [])):
                yield f"bases.{name}.{key}", f"expected a list of texts, not {shown(about[key])}"
        if not _is_object(about.get("files", {}), _is_text):
            yield f"bases.{name}.files", f"expected an object of texts by path, not {shown(about['files'])}"


def _scenario(scenario: Any) -> Found:
    if not isinstance(scenario, dict) or not {"name", "dockerfile", "builds"} <= scenario.keys():
        yield "", "expected name, dockerfile, context_files and builds"
        return
    for key in ("name", "dockerfile"):
        if not isinstance(scenario[key], str):
            yield key, f"expected a text, not {shown(scenario[key])}"
    yield from _below("context_files", _files(scenario.get("context_files", {})))
    outputs = scenario.get("outputs") or {}
    if not _is_object(outputs, _is_outputs):
        yield "outputs", "expected step, build label and path to a text"
    else:
        yield from _below("outputs", _tokens(outputs))
    builds = scenario["builds"]
    if not isinstance(builds, list) or not builds:
        yield "builds", f"expected a list of at least one build, not {shown(builds)}"
        return
    for number, build in enumerate(builds):
        yield from _below(f"builds.{number}", _build(build))


def _tokens(outputs: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Found:
    for step, builds in outputs.items():
        if not _STEP.match(step):
            yield step, "expected a step as BuildKit names it, as '[2/3] RUN make'"
        for label, paths in builds.items():
            for path, token in paths.items():
                if not _TOKEN.fullmatch(token):
                    expected = "a token, or a token, an octal mode of up to four digits and a user's number"
                    yield f"{step}.{label}.{path}", f"{shown(token)} does not fit; expected {expected}"


def _build(build: Any) -> Found:
    if not isinstance(build, dict) or not isinstance(build.get("steps"), dict):
        yield "", "expected builder, label and steps"
        return
    if build.get("builder") not in BUILDERS:
        yield "builder", f"unknown builder {build.get('builder')!r}; there are {', '.join(BUILDERS)}"
    for key in ("label", "args"):
        if not isinstance(build.get(key, ""), str):
            yield key, f"expected a text, not {shown(build[key])}"
    if not isinstance(build.get("rc", 0), int):
        yield "rc", f"expected a whole number, not {shown(build['rc'])}"
    if not build["steps"] and not build.get("rc"):
        yield "steps", "it is empty, and the build did not fail; expected its steps"
    for step, state in build["steps"].items():
        if state not in _STATES:
            yield "steps", f"step {step!r} is {shown(state)}; expected one of {', '.join(_STATES)}"
    yield from _below("mutation", _files(build.get("mutation") or {}))


def _files(changes: Any) -> Found:
    """Path to text, null for a deletion, or an object with what changes of it."""
    if not isinstance(changes, dict):
        yield "", f"expected an object of changes by path, not {shown(changes)}"
        return
    for path, value in changes.items():
        if path == "__move__" or value is None or isinstance(value, str):
            continue
        if not isinstance(value, dict):
            yield path, f"expected a text, null or an object, not {shown(value)}"
            continue
        if not value.keys() <= _CHANGES:
            unknown = ", ".join(sorted(value.keys() - _CHANGES))
            yield path, f"unknown {unknown}; there are {', '.join(sorted(_CHANGES))}"
        for key in ("content", "symlink"):
            if not isinstance(value.get(key, ""), str):
                yield f"{path}.{key}", f"expected a text, not {shown(value[key])}"
        if not _is_whole(value.get("mode", 0)) or not 0 <= value.get("mode", 0) <= 0o7777:
            yield f"{path}.mode", f"expected a number from 0 to {0o7777} (octal 07777), not {shown(value['mode'])}"
        if not _is_number(value.get("mtime", 0)) or not abs(value.get("mtime", 0)) <= _LATEST:
            yield f"{path}.mtime", f"expected seconds, not {shown(value['mtime'])}; at most {_LATEST}"
        owner = value.get("chown", [0, 0])
        if not (isinstance(owner, list) and len(owner) == 2 and all(map(_is_id, owner))):
            yield f"{path}.chown", f"expected the numbers of a user and a group, not {shown(owner)}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_id(value: Any) -> bool:
    return _is_whole(value) and 0 <= value < _NOBODY


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_object(value: Any, inner: Callable[[Any], bool]) -> bool:
    return isinstance(value, Mapping) and all(map(inner, value.values()))


def _is_outputs(value: Any) -> bool:
    return _is_object(value, lambda builds: _is_object(builds, _is_text))
