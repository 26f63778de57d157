"""Joins the envelope of a scenario file with its studies' parameters, and gathers every problem on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sim import limits, reasons, studies
from sim.catalog import names
from sim.catalog.own import OwnCatalog
from sim.catalog.profile import PROFILE
from sim.errors import InputError, Problem
from sim.expression import RESERVED
from sim.loading import expressions
from sim.loading.controls import read_controls
from sim.loading.document import Document, Path_
from sim.loading.entries import GivenEntries, resolve
from sim.loading.envelope import BODY, ENVELOPE, LABEL, Envelope
from sim.loading.parameters import fields
from sim.loading.problems import mistaken, validate
from sim.scenario import Part, Scenario
from sim.studies.base import Study
from sim.wording import shown, suggestion

ENOUGH = 20 * limits.PROBLEMS
"""Problems after which no further label is looked at: each would have the base's again."""


def scenario(document: Document, file: str = "", folder: str = "") -> Scenario:
    """The checked scenario a document describes. Raises `InputError` with every problem."""
    found, problems = look(document, file, folder)
    if found is None or problems:
        raise InputError(problems)
    return found


def look(document: Document, file: str = "", folder: str = "") -> tuple[Scenario | None, list[Problem]]:
    """What of a scenario a document describes, and every problem in the file's order.

    There is a scenario where its envelope and all of its labels' parameters are right, whatever else is wrong.
    """
    value = document.value
    if not isinstance(value, dict):
        return None, [document.problem(f"{shown(value)} is no scenario; expected keys and values")]
    head = {key: item for key, item in value.items() if key in ENVELOPE}
    rest = {key: item for key, item in value.items() if key not in ENVELOPE}
    envelope, problems = validate(Envelope, head, document)
    own = own_catalog(head.get("catalog"), folder, document, problems)
    before = len(problems)
    parts = _parts(rest, document, folder, own, problems)
    whole = bool(parts) and len(problems) == before
    asked = _asked(value)
    problems += expressions.check(document, asked)
    problems += _labels(value.get("labels"), asked, document)
    if envelope is None or not whole:
        return None, in_order(problems)
    found = Scenario(
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
        labels=envelope.labels,
        file=file,
        folder=folder,
        document=value,
    )
    return found, in_order(problems)


def own_catalog(written: Any, folder: str, document: Document, problems: list[Problem]) -> OwnCatalog | None:
    """The scenario's own catalog, where it has one that can be read."""
    if not isinstance(written, str) or not written or len(written) > limits.PATH:
        return None
    try:
        return OwnCatalog(Path(folder, written))
    except InputError as error:
        problems += [document.problem(problem.message, ("catalog",)) for problem in error.problems]
        return None


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


def _labels(written: Any, asked: Sequence[expressions.Asked], document: Document) -> list[Problem]:
    """Names of what is compared nowhere, and names that tell two labels nothing apart."""
    known = list(dict.fromkeys(label for part in asked for label in part.labels))
    first: dict[tuple[str, str], str] = {}
    problems = []
    for label, texts in written.items() if isinstance(written, dict) else ():
        if known and label not in known:
            problem = document.problem(f"no label {label!r}{suggestion(label, known)}", ("labels", label), at_key=True)
            problems.append(problem)
        for language, text in _read(texts).items():
            other = first.setdefault((language, str(text)), label)
            if other != label:
                message = f"{shown(text)} is what label {other!r} is called; expected a name for each"
                problems.append(document.problem(message, ("labels", label, language)))
    return problems


def _read(written: Any) -> dict[str, Any]:
    """What a text says in each language, where it is written as one."""
    if isinstance(written, str):
        return {"en": written, "ja": written}
    if isinstance(written, dict) and "en" in written:
        return {"ja": written["en"]} | written
    return written if isinstance(written, dict) else {}


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, as the file is read: a base's mistake is met again for every label."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))


def _parts(
    rest: dict[str, Any], document: Document, folder: str, own: OwnCatalog | None, problems: list[Problem]
) -> list[Part]:
    if "parts" not in rest:
        if "study" not in rest:
            message = f"missing key 'study' (or 'parts'); there are {', '.join(studies.NAMES)}"
            problems.append(document.problem(message))
            problems += _unknown(rest, (), (*ENVELOPE, *BODY, "parts"), document)
            return []
        part = _part(rest, (), document, folder, own, problems)
        return [part] if part else []
    problems += _unknown({key: item for key, item in rest.items() if key != "parts"}, (), ENVELOPE, document)
    written = rest["parts"]
    if not isinstance(written, list) or not written:
        problems.append(document.problem(f"{shown(written)} does not fit; expected a list of parts", ("parts",)))
        return []
    parts = []
    for number, item in enumerate(written):
        path = ("parts", number)
        if not isinstance(item, dict):
            problems.append(document.problem(f"{shown(item)} does not fit; expected keys and values", path))
        elif part := _part(item, path, document, folder, own, problems):
            parts.append(part)
    return parts


def _unknown(given: Mapping[str, Any], path: Path_, known: tuple[str, ...], document: Document) -> list[Problem]:
    unknown = [key for key in given if key not in known]
    hints = [suggestion(key, known) for key in unknown[: limits.PROBLEMS]]
    return [
        document.problem(f"unknown key {shown(key)}{hint}", (*path, key), at_key=True)
        for key, hint in zip_longest(unknown, hints, fillvalue="")
    ]


def _part(
    item: dict[str, Any], path: Path_, document: Document, folder: str, own: OwnCatalog | None, problems: list[Problem]
) -> Part | None:
    name = item.get("study")
    if name not in studies.NAMES:
        if "study" in item:
            hint = suggestion(str(name), studies.NAMES)
            problems.append(document.problem(f"no study {shown(name)}{hint}", (*path, "study")))
        else:
            problems.append(document.problem("missing key 'study'", path))
        return None
    study = studies.study(name)
    compare = _compare(item, path, document, problems)
    base = {key: value for key, value in item.items() if key not in BODY}
    variants = {}
    of_labels: dict[str, list[Problem]] = {}
    for label, changes in compare.items():
        if sum(map(len, of_labels.values())) > ENOUGH:
            break
        merged = beside(base | changes, folder)

        def place(inner: Path_, label: str = label, changes: Mapping[str, Any] = changes) -> Path_:
            if inner and inner[0] in changes:
                return (*path, "compare", label, *inner)
            if inner and inner[0] not in base and "compare" in item:
                return (*path, "compare", label, *inner)
            return (*path, *inner)

        def joint(inner: Path_, label: str = label) -> Path_:
            return (*path, "compare", label, *inner) if "compare" in item else (*path, *inner)

        words = (*BODY, *(() if path else ENVELOPE))
        checked, of_labels[label] = variant(study, merged, folder, own, document, place, joint, words)
        if checked is not None:
            variants[label] = checked
    problems += _once(of_labels, compare, path, document)
    written = compare if "compare" in item else {}
    controls, maxima = read_controls(
        item.get("controls", []), written, variants, (*path, "controls"), document, fields(study.parameters), problems
    )
    return Part(name, variants, controls, maxima) if variants else None


def _same(path: Path_) -> Path_:
    return path


def variant(
    study: Study,
    merged: Mapping[str, Any],
    folder: str,
    own: OwnCatalog | None,
    document: Document,
    place: Callable[[Path_], Path_] = _same,
    joint: Callable[[Path_], Path_] = _same,
    words: tuple[str, ...] = (),
) -> tuple[Any, list[Problem]]:
    """One label's checked parameters, or None, and what is wrong with them.

    Args:
        merged: What is written of the base and of the label (`beside`).
        place, joint, words: As `validate` has them.
    """
    parameters = study.parameters
    plain, given, unresolved = resolve(merged, fields(parameters), own, document, place)
    checked, problems = validate(parameters, plain, document, place, words, joint, given, apart=bool(unresolved))
    if unresolved:
        checked, problems = None, unresolved + problems
    problems += _catalog(parameters, plain if checked is None else vars(checked), given, document, place)
    files, wrong = checked, set[str]()
    if files is None and any(control.file for control in fields(parameters).values()):
        wrong = mistaken(parameters, plain, given)
        files, _ = validate(
            parameters, {name: plain[name] for name in plain if name not in wrong}, document, given=given
        )
    problems += [
        document.problem(problem.message, place((problem.path,)))
        for problem in (study.missing(files, folder) if files is not None else ())
        if problem.path not in wrong
    ]
    return checked, problems


def beside(given: dict[str, Any], folder: str) -> dict[str, Any]:
    """The parameters with the path of a host's profile as it is found from the scenario's folder."""
    host = given.get("host")
    if isinstance(host, str) and host.endswith(PROFILE):
        return given | {"host": str(Path(folder, host))}
    return given


def _once(
    of_labels: Mapping[str, Sequence[Problem]],
    compare: Mapping[str, Mapping[str, Any]],
    path: Path_,
    document: Document,
) -> Iterator[Problem]:
    """Each problem once: what several labels have of a parameter that none of them sets is told of the base.

    The labels are named where it is not all of them.
    """
    concerned: dict[tuple[str, Path_], list[str]] = {}
    for label, problems_of_label in of_labels.items():
        for problem in dict.fromkeys(problems_of_label):
            inner = _inside(problem, (*path, "compare", label))
            if inner is not None and not (inner and inner[0] in compare[label]):
                concerned.setdefault((problem.message, inner), []).append(label)
    for label, problems_of_label in of_labels.items():
        for problem in problems_of_label:
            inner = _inside(problem, (*path, "compare", label))
            labels = concerned.get((problem.message, inner), []) if inner is not None else []
            everywhere = len(labels) == len(compare)
            if label not in labels or len(labels) == 1:
                yield problem
            elif label == labels[0]:
                message = problem.message if everywhere else reasons.of_labels(", ".join(labels), problem.message)
                told = document.problem(message, (*path, *(inner or ())))
                written = (*path, *(inner or ())[:1]) in document.keys
                yield told if everywhere or written else replace(problem, message=message)


def _inside(problem: Problem, above: Path_) -> Path_ | None:
    """The rest of a problem's path below another. None where it is not below it."""
    lead = ".".join(map(str, above))
    if problem.path == lead:
        return ()
    return tuple(problem.path.removeprefix(f"{lead}.").split(".")) if problem.path.startswith(f"{lead}.") else None


def _compare(
    item: dict[str, Any], path: Path_, document: Document, problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """Label to its changes. Where nothing is compared there is one label, named like the study."""
    path = (*path, "compare")
    if "compare" not in item:
        return {item["study"]: {}}
    written = item["compare"]
    if not isinstance(written, dict) or not written:
        message = f"{shown(written)} does not fit; expected labels, each with the parameters it changes"
        problems.append(document.problem(message, path))
        return {}
    if len(written) > limits.LABELS:
        problems.append(document.problem(f"{len(written)} labels are too many; expected at most {limits.LABELS}", path))
    compare: dict[str, dict[str, Any]] = {}
    for label, changes in written.items():
        if not LABEL.fullmatch(label):
            message = (
                f"label {label!r} does not fit; expected a lower case letter, then letters, digits and underscores"
            )
            problems.append(document.problem(message, (*path, label), at_key=True))
        elif label in RESERVED:
            message = (
                f"label {label!r} is a word of expressions, which could not name it; choose another, as in '{label}_'"
            )
            problems.append(document.problem(message, (*path, label), at_key=True))
        elif not isinstance(changes, dict | type(None)):
            message = f"{shown(changes)} does not fit; expected the parameters that label changes"
            problems.append(document.problem(message, (*path, label)))
        else:
            compare[label] = changes or {}
    return compare


def _catalog(
    parameters: type[Any],
    values: Mapping[str, Any],
    given: GivenEntries,
    document: Document,
    place: Callable[[Path_], Path_],
) -> list[Problem]:
    """Names that no annotation marks, by what a parameter of that name means. "" is the default where it is one."""
    problems = []
    for name, control in fields(parameters).items():
        value = values.get(name)
        if control.catalog is None or not isinstance(value, str) or (value == "" and control.default == ""):
            continue
        if (control.catalog, value) in given:
            continue
        try:
            names.check(control.catalog, value)
        except InputError as error:
            problems.append(document.problem(error.problems[0].message, place((name,))))
    return problems
