"""Joins the envelope of a scenario file with its studies' parameters, and gathers every problem on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim import studies
from sim.catalog import names
from sim.errors import InputError, Problem
from sim.loading import expressions
from sim.loading.document import Document, Path_
from sim.loading.envelope import BODY, ENVELOPE, LABEL, MAX_LABELS, Envelope
from sim.loading.parameters import Control, fields
from sim.loading.problems import shown, suggestion, validate
from sim.scenario import Part, Scenario


def scenario(document: Document, file: str = "", folder: str = "") -> Scenario:
    """The checked scenario a document describes. Raises `InputError` with every problem."""
    value = document.value
    if not isinstance(value, dict):
        raise InputError(document.problem(f"{shown(value)} is no scenario; expected keys and values"))
    head = {key: item for key, item in value.items() if key in ENVELOPE}
    rest = {key: item for key, item in value.items() if key not in ENVELOPE}
    envelope, problems = validate(Envelope, head, document)
    parts = _parts(rest, document, folder, problems)
    problems += expressions.check(document, _asked(value))
    if envelope is None or problems:
        raise InputError(_in_order(problems))
    return Scenario(
        id=envelope.id,
        concept=envelope.concept,
        title=envelope.title,
        summary=envelope.summary,
        parts=tuple(parts),
        lesson=envelope.lesson,
        seed=envelope.seed,
        replications=envelope.replications,
        expect=envelope.expect,
        published=envelope.published,
        file=file,
        folder=folder,
        document=value,
    )


def _asked(value: dict[str, Any]) -> list[expressions.Asked]:
    """The parts whose study is known, whatever else is wrong with them."""
    written = value.get("parts")
    items: list[tuple[Path_, Any]] = [((), value)]
    if isinstance(written, list):
        items = [(("parts", number), item) for number, item in enumerate(written)]
    asked = []
    for path, item in items:
        if isinstance(item, dict) and item.get("study") in studies.NAMES:
            compare = item.get("compare")
            labels = tuple(compare) if isinstance(compare, dict) and compare else (item["study"],)
            asked.append(expressions.Asked(item["study"], labels, path))
    return asked


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Each problem once, as the file is read: a base's mistake is met again for every label."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))


def _parts(rest: dict[str, Any], document: Document, folder: str, problems: list[Problem]) -> list[Part]:
    if "parts" not in rest:
        if "study" not in rest:
            message = f"missing key 'study' (or 'parts'); there are {', '.join(studies.NAMES)}"
            problems.append(document.problem(message))
            problems += _unknown(rest, (), (*ENVELOPE, *BODY, "parts"), document)
            return []
        part = _part(rest, (), document, folder, problems)
        return [part] if part else []
    problems += _unknown({key: item for key, item in rest.items() if key != "parts"}, (), ENVELOPE, document)
    written = rest["parts"]
    if not isinstance(written, list) or not written:
        problems.append(document.problem(f"{shown(written)} does not fit; expected a list of parts", ("parts",)))
        return []
    found = []
    for number, item in enumerate(written):
        path = ("parts", number)
        if not isinstance(item, dict):
            problems.append(document.problem(f"{shown(item)} does not fit; expected keys and values", path))
        elif part := _part(item, path, document, folder, problems):
            found.append(part)
    return found


def _unknown(given: Mapping[str, Any], path: Path_, known: tuple[str, ...], document: Document) -> list[Problem]:
    return [
        document.problem(f"unknown key {key!r}{suggestion(key, known)}", (*path, key), at_key=True)
        for key in given
        if key not in known
    ]


def _part(item: dict[str, Any], path: Path_, document: Document, folder: str, problems: list[Problem]) -> Part | None:
    name = item.get("study")
    if name not in studies.NAMES:
        if "study" in item:
            hint = suggestion(str(name), studies.NAMES)
            problems.append(document.problem(f"no study {shown(name)}{hint}", (*path, "study")))
        else:
            problems.append(document.problem("missing key 'study'", path))
        return None
    parameters = studies.study(name).parameters
    compare = _compare(item, path, document, problems)
    base = {key: value for key, value in item.items() if key not in BODY}
    variants = {}
    for label, changes in compare.items():
        merged = base | changes

        def place(inner: Path_, label: str = label, changes: Mapping[str, Any] = changes) -> Path_:
            if inner and inner[0] in changes:
                return (*path, "compare", label, *inner)
            if inner and inner[0] not in base and "compare" in item:
                return (*path, "compare", label, *inner)
            return (*path, *inner)

        checked, found = validate(parameters, merged, document, place, (*BODY, *(() if path else ENVELOPE)))
        problems += found
        if checked is not None:
            problems += _catalog(parameters, checked, document, place)
            problems += _files(checked, folder, document, place)
            variants[label] = checked
    controls = _controls(
        item.get("controls", []),
        compare if "compare" in item else {},
        (*path, "controls"),
        document,
        fields(parameters),
        problems,
    )
    return Part(name, variants, controls) if variants else None


def _compare(
    item: dict[str, Any], path: Path_, document: Document, problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """Label to its changes; one label, named like the study, where nothing is compared."""
    path = (*path, "compare")
    if "compare" not in item:
        return {item["study"]: {}}
    written = item["compare"]
    if not isinstance(written, dict) or not written:
        message = f"{shown(written)} does not fit; expected labels, each with the parameters it changes"
        problems.append(document.problem(message, path))
        return {}
    if len(written) > MAX_LABELS:
        problems.append(document.problem(f"{len(written)} labels are too many; expected at most {MAX_LABELS}", path))
    compare: dict[str, dict[str, Any]] = {}
    for label, changes in written.items():
        if not LABEL.fullmatch(label):
            message = (
                f"label {label!r} does not fit; expected a lower case letter, then letters, digits and underscores"
            )
            problems.append(document.problem(message, (*path, label), at_key=True))
        elif not isinstance(changes, dict | type(None)):
            message = f"{shown(changes)} does not fit; expected the parameters that label changes"
            problems.append(document.problem(message, (*path, label)))
        else:
            compare[label] = changes or {}
    return compare


def _controls(
    written: Any,
    compare: Mapping[str, Mapping[str, Any]],
    path: Path_,
    document: Document,
    known: Mapping[str, Control],
    problems: list[Problem],
) -> tuple[str, ...]:
    if not isinstance(written, list):
        problems.append(document.problem(f"{shown(written)} does not fit; expected a list of parameters", path))
        return ()
    for number, name in enumerate(written):
        reason = _not_a_control(name, compare, known)
        if reason:
            problems.append(document.problem(reason, (*path, number)))
    return tuple(str(name) for name in written)


def _not_a_control(name: Any, compare: Mapping[str, Mapping[str, Any]], known: Mapping[str, Control]) -> str:
    """Why a page cannot show it; "" where it can."""
    if not isinstance(name, str):
        return f"no parameter {shown(name)}{suggestion(str(name), known)}"
    label, _, parameter = name.rpartition(".")
    if label and label not in compare:
        return f"no label {label!r} in {name!r}{suggestion(label, compare)}"
    if parameter not in known:
        return f"no parameter {parameter!r}{suggestion(parameter, known)}"
    if known[parameter].kind == "structure":
        return f"{parameter!r} is a structure, which no single control shows"
    if not label and compare and all(parameter in changes for changes in compare.values()):
        return f"every label sets {parameter!r} itself; name one, as in '{next(iter(compare))}.{parameter}'"
    return ""


def _files(checked: Any, folder: str, document: Document, place: Callable[[Path_], Path_]) -> list[Problem]:
    """A build's folder and Dockerfile, which a run could not do without."""
    context, dockerfile = getattr(checked, "context", None), getattr(checked, "dockerfile", None)
    if not isinstance(context, str) or not isinstance(dockerfile, str):
        return []
    top = Path(folder) / context
    try:
        if not top.is_dir():
            return [document.problem(f"no folder {context!r} in {folder!r}", place(("context",)))]
        if not (top / dockerfile).is_file():
            return [document.problem(f"no file {dockerfile!r} in {str(top)!r}", place(("dockerfile",)))]
    except ValueError as error:
        return [document.problem(f"{str(top / dockerfile)!r} is no path: {error}", place(("context",)))]
    return []


def _catalog(parameters: type[Any], checked: Any, document: Document, place: Callable[[Path_], Path_]) -> list[Problem]:
    """Names that no annotation marks, by what a parameter of that name means; "" is the default where it is one."""
    problems = []
    for name, control in fields(parameters).items():
        value = getattr(checked, name)
        if control.catalog is None or not isinstance(value, str) or (value == "" and control.default == ""):
            continue
        try:
            names.check(control.catalog, value)
        except InputError as error:
            problems.append(document.problem(error.problems[0].message, place((name,))))
    return problems
