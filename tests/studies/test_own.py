"""A question is one module: the one that docs/studies.md shows goes through every door, and no other file knows it."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from streamlit.testing.v1 import AppTest

from sim import studies
from sim.cli import answer
from sim.evidence.accuracy import accuracy
from sim.loading import load, schema
from sim.loading.document import read
from sim.report import texts

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
((MODULE,), (WORDS,)) = (re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("python", "po"))

SCENARIO = """\
id: two-queues
concept: queueing
title: Two queues
summary: Who waits longer?
study: queue
compare: {short: {customers: 2}, long: {}}
controls: [service]
expect: [long.last_wait.value == 9 * short.last_wait.value]
"""
CASE = """\
published:
  - {metric: last_wait, of: long, at: alone, interval: arrival to service, statistic: value, value: 3.5, unit: ms,
     source: F0295, use: check}
"""


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A scenario of the study, whose module and words lie in a folder of their own."""
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "queue.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "studies" / "no_study.py").write_text(
        '"""A module that a study imports, with no STUDY of its own."""\n'
    )
    for language in ("en", "ja"):
        folder = tmp_path / "locale" / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        own = (texts.LOCALES / language / "LC_MESSAGES" / "sim.po").read_text(encoding="utf-8")
        (folder / "sim.po").write_text(f"{own}\n{WORDS}", encoding="utf-8")
    monkeypatch.setattr(studies, "__path__", [*studies.__path__, str(tmp_path / "studies")])
    monkeypatch.setattr(studies, "NAMES", studies.names())
    monkeypatch.setattr(texts, "LOCALES", tmp_path / "locale")
    texts._catalog.cache_clear()
    path = tmp_path / "two-queues.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    yield path
    texts._catalog.cache_clear()
    sys.modules.pop("sim.studies.queue", None)
    monkeypatch.delattr(studies, "queue", raising=False)


def test_the_page_shows_a_module_of_ten_lines_beside_its_imports() -> None:
    lines = [line for line in MODULE.splitlines() if line and not line.startswith(("from", "import"))]
    assert len(lines) <= 10


def declares(module: Path) -> bool:
    """Whether a module assigns STUDY at its top, by Python's own grammar."""
    if not module.is_file():
        return False
    assigned = [node for node in ast.parse(module.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    return any(isinstance(name, ast.Name) and name.id == "STUDY" for node in assigned for name in node.targets)


def test_studies_are_the_modules_and_folders_that_declare_one(scenario: Path) -> None:
    folder = ROOT / "sim" / "studies"
    shipped = {path.stem for path in folder.glob("*.py") if declares(path)}
    shipped |= {path.name for path in folder.iterdir() if path.is_dir() and declares(path / "__init__.py")}
    assert {"build", "density", "distribution", "memory", "startup"} <= shipped
    assert tuple(sorted(shipped | {"queue"})) == studies.NAMES


def test_every_format_tells_of_it(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert answer(["check", str(scenario)]) == 0
    assert answer(["run", str(scenario), "--format", "table,json,csv,junit,markdown", "--out", str(out)]) == 0
    metrics = json.loads((out / "outcomes.jsonl").read_text(encoding="utf-8"))["metrics"]
    assert {(metric["of"], metric["metric"], metric["value"]) for metric in metrics} == {
        ("short", "last_wait", 1.0),
        ("long", "last_wait", 9.0),
    }
    assert "| long | 9.0 s |" in (out / "summary.md").read_text(encoding="utf-8")
    assert re.search(r"^long +9.0 s$", (out / "table.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert "two-queues,queue," in (out / "metrics.csv").read_text(encoding="utf-8")
    (case,) = ET.parse(out / "junit.xml").getroot().iter("testcase")
    assert case.get("classname") == "two-queues.queue"


def test_it_is_held_against_what_is_published(scenario: Path) -> None:
    scenario.write_text(SCENARIO + CASE, encoding="utf-8")
    (row,) = accuracy([scenario]).rows
    assert (row.predicted, row.published, row.subject) == (9000.0, 3.5, ("long",))


def test_editors_check_it(scenario: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(read(SCENARIO, "").value)
    assert not validator.is_valid(read(SCENARIO.replace("customers", "costumers"), "").value)


def _page(file: str) -> None:
    import streamlit as st

    from dashboard.lessons import lesson
    from dashboard.view import current
    from sim.loading import load

    scenario = load(file)
    st.session_state[f"{scenario.id}:conditions"] = True  # they are drawn once they are opened
    lesson.show(scenario, current())


def test_the_dashboard_draws_its_headline_metric_and_offers_its_parameter(scenario: Path) -> None:
    at = AppTest.from_function(_page, args=(str(scenario),), default_timeout=60).run()
    assert not at.exception
    assert at.title[0].value == "Two queues"
    (chart,) = at.get("vega_lite_chart")
    assert "Wait of the last one" in chart.proto.spec + chart.proto.alt
    assert "Time to serve one" in {each.label for each in (*at.slider, *at.number_input, *at.text_input)}


def test_a_parameter_more_is_a_field_and_its_word(scenario: Path, tmp_path: Path) -> None:
    module = MODULE.replace("    customers: int = 10\n", "    customers: int = 10\n    counters: int = 1\n")
    module = module.replace("* params.service]", "* params.service / params.counters]")
    (tmp_path / "studies" / "queue.py").write_text(module, encoding="utf-8")
    scenario.write_text(SCENARIO.replace("long: {}", "long: {counters: 3, customers: 28}"), encoding="utf-8")
    assert answer(["run", str(scenario)]) == 0
    assert load(scenario).parts[0].variants["long"].counters == 3
    assert jsonschema.Draft202012Validator(schema()).is_valid(read(scenario.read_text(encoding="utf-8"), "").value)


GENERIC = [
    path
    for folder in ("batch", "evidence", "loading", "report")
    for path in (ROOT / "sim" / folder).rglob("*.py")
    if path.stem not in studies.NAMES and path.parent.name != "calibrate"
] + [
    ROOT / "dashboard" / f"{name}.py"
    for name in ("lessons/lesson", "controls", "running", "lessons/predict", "popovers")
]


@pytest.mark.parametrize("path", GENERIC, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_generic_asks_for_a_study_by_name(path: Path) -> None:
    """No comparison, membership or collection of it with the name of a study in it; keys of JSON are another matter."""
    named = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Compare) and "stud" in ast.unparse(node)) or isinstance(node, ast.Set)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Constant) and inner.value in studies.NAMES
    ]
    assert named == []
