"""What the live page asks of the model: one question in, one answer out, both JSON.

Nothing here knows a browser, so that tests call `answer` in any CPython.
"""

from __future__ import annotations

import dataclasses
import json
import pickle
import sys
from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sim.batch.kept import KeptRuns
from sim.batch.run import run
from sim.classroom.corrected import corrected, corrected_prediction
from sim.classroom.look import Look, look, look_predicted
from sim.classroom.predicted import Said, judge
from sim.classroom.seeds import what_if
from sim.errors import CancelledError, InputError
from sim.live import wording
from sim.loading import controls, from_page, load
from sim.outcome import Metric, Outcome
from sim.report import words
from sim.report.controlnames import differences, provenance
from sim.report.formats import jsonlines
from sim.report.graph.svg import standalone
from sim.report.htmltable import html_table
from sim.report.richtext import paragraphs, unbroken
from sim.report.shown import Drawing, DrawingRequest, FigureChoice, of_study, request
from sim.report.shown.ring import RingFound, find, told_of_rings, with_rings
from sim.report.style import LANGUAGES, Language, Style, with_rows
from sim.report.texts import reason_in, tr
from sim.scenario import Scenario
from sim.studies.base import Tick, no_tick

_KEPT = 6
"""Runs that are kept: turning a language or a ruler is no reason to run again."""

_FILES: dict[str, tuple[Path, str]] = {}
_SCENARIOS: dict[str, Scenario] = {}
_RUNS: OrderedDict[Hashable, tuple[Outcome, ...]] = OrderedDict()
_LABELS: OrderedDict[str, KeptRuns] = OrderedDict()
"""Of scenarios as they were written: what their questions "what if" leave as it is."""


@dataclass(frozen=True, kw_only=True)
class LiveQuestion:
    """What the page wants to know.

    Attributes:
        name: The scenario's id.
        lang: The page's language.
        lecture: Whether the screen is low.
        changes: Controls by their path, as written.
        edit: {"file", "how", "dockerfile"} of a build's edit, empty for none.
        said: The prediction, as `sim.classroom.predicted.Said` has it.
        picked: What was chosen about the drawings, by part and name ("0.ruler").
        shown: Whether the answer is to be shown.
        quiz: A question's number from 0 and its answer's, to be judged. Empty for none.
    """

    name: str
    lang: Language = "en"
    lecture: bool = False
    changes: Mapping[str, str] = field(default_factory=dict)
    edit: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    picked: Mapping[str, str] = field(default_factory=dict)
    shown: bool = False
    quiz: tuple[int, ...] = ()


def offer(files: Mapping[str, Sequence[str]]) -> None:
    """Say where the scenarios of the page lie, each by its id with its file and the folder of what it names.

    Others are looked for among those that ship.
    """
    _FILES.update((name, (Path(file), folder)) for name, (file, folder) in files.items())


def put(given: Scenario) -> None:
    """Answer for a scenario that was read already."""
    _SCENARIOS[given.id] = given


def scenario(name: str) -> Scenario:
    """A scenario by its id, read once."""
    if name not in _SCENARIOS:
        _SCENARIOS[name] = _written(*_FILES[name]) if name in _FILES else load(name)
    return _SCENARIOS[name]


def _written(path: Path, folder: str) -> Scenario:
    """The scenario of a page's file, which was checked and pickled when the page was built."""
    checked: Scenario = pickle.loads(path.read_bytes())
    return dataclasses.replace(checked, file=str(path), folder=folder)


def warmed(name: str) -> list[str]:
    """Answer for a scenario and forget its runs, so that what they read and import is there for the next answer.

    One replication reads and imports as much as all of them, and leaves less in the memory that it is freed from.

    Returns:
        The modules that are imported now.
    """
    put(dataclasses.replace(scenario(name), replications=1))
    for lang in LANGUAGES:
        answer(json.dumps({"name": name, "lang": lang}))
    for made in (_RUNS, _LABELS, _SCENARIOS):
        made.clear()
    return list(sys.modules)


def answer(text: str, tick: Tick = no_tick) -> str:
    """The answer to a `LiveQuestion`: a lesson's words, controls, drawings and numbers.

    Args:
        tick: Told how far the run is. It may raise `CancelledError`.

    What cannot be run is answered by "problems", a cancelled run by "cancelled".
    """
    asked = LiveQuestion(**json.loads(text))
    given = scenario(asked.name)
    found: dict[str, Any] = wording.head(given, asked.lang) | _lab(given, asked.lang)
    try:
        changed = _changed(given, asked)
        kept = None if asked.changes or asked.edit else _labels(asked.name)
        outcomes = _run(("run", asked.name, _key(asked.changes), _key(asked.edit)), changed, tick, kept)
        found |= _judged(given, outcomes, asked, tick) if asked.quiz else _page(given, outcomes, asked)
    except InputError as error:
        found["problems"] = list(dict.fromkeys(reason_in(problem.message, asked.lang) for problem in error.problems))
    except CancelledError:
        found["cancelled"] = tr("ui.cancelled", asked.lang)
    return json.dumps(found, ensure_ascii=False)


def _lab(given: Scenario, lang: Language) -> dict[str, Any]:
    """What may be edited of a build. Other studies do not wait for what builds need."""
    if [part.study for part in given.parts] != ["build"]:
        return {}
    from sim.live import lab

    return lab.offered(given, lang)


def _changed(given: Scenario, asked: LiveQuestion) -> Scenario:
    """The scenario as it is to be run. Where nothing was changed, it was checked when the page was built."""
    if asked.edit:
        return _edited(given, asked.edit)
    return from_page(given, asked.changes) if asked.changes else given


def _edited(given: Scenario, edit: Mapping[str, str]) -> Scenario:
    from sim.live import lab

    return lab.edited(given, edit)


def _key(written: Mapping[str, str]) -> Hashable:
    return tuple(sorted(written.items()))


def _labels(name: str) -> KeptRuns:
    """The labels' runs of a scenario as it was written. Those of a few lessons are kept."""
    kept = _LABELS.setdefault(name, KeptRuns())
    while len(_LABELS) > _KEPT:
        _LABELS.popitem(last=False)
    return kept


def _run(key: Hashable, given: Scenario, tick: Tick, kept: KeptRuns | None = None) -> tuple[Outcome, ...]:
    if key not in _RUNS:
        _RUNS[key] = run(given, tick=tick, kept=kept)
        while len(_RUNS) > _KEPT:
            _RUNS.popitem(last=False)
    _RUNS.move_to_end(key)
    return _RUNS[key]


def _page(given: Scenario, outcomes: tuple[Outcome, ...], asked: LiveQuestion) -> dict[str, Any]:
    """What the page shows of the outcomes."""
    lang, values = asked.lang, words.values(*outcomes)
    lesson = given.lesson if not asked.edit else None
    shown = asked.shown or given.lesson is None or bool(asked.edit)
    said = _said(asked)
    wanted = look_predicted(lesson.predict, said, outcomes[0], values) if lesson and shown else None
    parts = [
        _part(given, outcome, number, asked, hidden=not shown, wanted=wanted) for number, outcome in enumerate(outcomes)
    ]
    found: dict[str, Any] = {
        "line": jsonlines.line(outcomes),
        "provenance": provenance(given, outcomes[0], lang),
        "changed": differences(given, asked.changes, lang) if not asked.edit else "",
        "parts": parts,
    }
    if asked.edit:
        found["title"] = tr("ui.lab.question", lang)
    if lesson is None:
        return found
    if not shown:
        return found | {"predict": wording.prediction(lesson.predict, outcomes[0], values, lang)}
    finding = words.finding(lesson, values, lang)
    return found | wording.after(lesson, values, lang) | {
        "title": unbroken(finding or found.get("title") or given.title.read(lang)),
        "verdict": judge(outcomes[0], lesson.predict, said, values, lang),
        "corrected": paragraphs("\n".join(
            corrected_prediction(lesson.predict, said.choice, values, lang, where=_where(parts, wanted, lang))
        )),
    }  # fmt: skip


def _said(asked: LiveQuestion) -> Said:
    written: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in asked.said.items()}
    return Said(**written)


def _part(
    given: Scenario, outcome: Outcome, number: int, asked: LiveQuestion, *, hidden: bool, wanted: Look | None
) -> dict[str, Any]:
    """The drawings of one part, what may be chosen about them, how to read them, and their tables.

    Args:
        wanted: What is ringed. The drawings are those that have it.
    """
    study = of_study(outcome.study)
    asks = request(given, outcome, Style(language=asked.lang), **_more(asked, number))
    controlled = {control.path for control in controls(given)}
    about = tr(f"ui.explore.about.{outcome.study}", asked.lang)
    part: dict[str, Any] = {"number": number, "study": outcome.study, "about": about}
    if hidden:
        return part | {"drawings": [_drawn(drawing, asks, controlled) for drawing in study.before(asks)]}
    ring = find(asks, study, wanted.wanted) if wanted else RingFound()
    asks = replace(asks, picked={**asks.picked, **ring.picked})
    tables = study.tables(asks)
    drawings = with_rings(study.after(asks), ring.places, asks.style)
    return part | {
        "drawings": [_drawn(drawing, asks, controlled) for drawing in drawings],
        "ring": ring.said,
        "picked": {f"{number}.{name}": one for name, one in ring.picked.items()},
        "choices": [_offered(one, number, asks) for one in study.choices(asks)],
        "note": paragraphs(study.note(asks)),
        "table": html_table(tables.rows, None),
        "sources": html_table(tables.sources, None) if tables.sources != tables.rows else "",
    }


def _more(asked: LiveQuestion, number: int) -> dict[str, Any]:
    prefix = f"{number}."
    picked = {name.removeprefix(prefix): one for name, one in asked.picked.items() if name.startswith(prefix)}
    said = asked.said.get("order") or asked.said.get("steps") or ()
    return {"picked": picked, "said": tuple(said), "lecture": asked.lecture}


def _drawn(drawing: Drawing, wanted: DrawingRequest, controlled: Collection[str]) -> dict[str, Any]:
    content = drawing.content
    if drawing.kind == "vega":
        content = with_rows(content)
    elif drawing.kind == "svg":
        content = standalone(content, wanted.style)
    named = ("id", "kind", "alt", "title", "shade", "row", "focus", "picks", "share", "column", "plays")
    found = {name: getattr(drawing, name) for name in named}
    if drawing.offers and drawing.offers.control in controlled:
        found["offers"] = dataclasses.asdict(drawing.offers)
    return found | {"content": content, "narrow": standalone(drawing.narrow, wanted.style) if drawing.narrow else ""}


def _offered(one: FigureChoice, number: int, wanted: DrawingRequest) -> dict[str, Any]:
    now = wanted.pick(one.name, one.options, one.default)
    found = {"name": f"{number}.{one.name}", "label": one.label, "options": dict(one.options), "value": now}
    return found | {
        "above": one.above,
        "switch": one.switch,
        "labelled": one.shown_label,
        "hall": one.in_lecture,
        "beside": one.beside,
    }


def _judged(given: Scenario, outcomes: tuple[Outcome, ...], asked: LiveQuestion, tick: Tick) -> dict[str, Any]:
    """Whether the answer of a question is right under the page's conditions, and why."""
    assert given.lesson is not None
    number, chosen = asked.quiz
    question, lang = given.lesson.quiz[number], asked.lang
    values: Mapping[str, Metric] = words.values(*outcomes)
    if question.change:
        values = words.values(
            *_run(("what if", asked.name, number), what_if(given, question), tick, _labels(asked.name))
        )
    wanted = look(question, chosen, values)
    parts = [_part(given, outcome, part, asked, hidden=False, wanted=wanted) for part, outcome in enumerate(outcomes)]
    told = corrected(question, chosen, values, lang, where=_where(parts, wanted, lang))
    return {"right": told.right, "why": paragraphs("\n".join(told.said)), "parts": parts}


def _where(parts: Sequence[Mapping[str, Any]], wanted: Look | None, lang: Language) -> str:
    """Where to look in the parts' drawings, in words. "" where nothing is ringed."""
    return told_of_rings((part["ring"] for part in parts), lang, before=wanted.before) if wanted else ""
