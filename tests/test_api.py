"""What `import sim` offers to a notebook: names that can be found, scenarios by id or path, values that print short."""

from __future__ import annotations

import dataclasses
import pydoc
import re
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parents[1]


def test_what_there_is_is_listed_and_explained() -> None:
    assert dir(sim) == sorted(sim.__all__)
    assert {"load", "run", "lessons", "InputError", "Outcome", "Scenario"} <= set(dir(sim))
    told = pydoc.plain(pydoc.render_doc(sim))
    functions = told.partition("FUNCTIONS")[2].partition("\nDATA")[0]
    assert re.findall(r"^    (\w+)\(", functions, re.MULTILINE) == [
        "lessons",
        "load",
        "load_text",
        "override",
        "run",
        "sweep",
    ]
    assert "class InputError(SimError" in told
    assert "VERSION\n    " + sim.__version__ in told


def test_a_name_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        sim.laod  # noqa: B018


def test_the_lessons_are_the_files_that_ship() -> None:
    assert sim.lessons() == tuple(sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml")))


def test_an_id_a_path_and_a_scenario_are_the_same_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = ROOT / "scenarios" / "first-start.yaml"
    by_path = sim.run(path, replications=1)
    assert sim.run("first-start", replications=1) == sim.run(str(path), replications=1) == by_path
    assert sim.run(sim.load("first-start"), replications=1) == by_path


def test_a_case_of_evidence_has_an_id_too() -> None:
    assert sim.load("lupine-boot").published


def test_a_file_of_that_name_is_meant_before_the_scenario_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taxonomy").mkdir()
    assert sim.load("taxonomy").id == "taxonomy"
    (tmp_path / "density").write_bytes((ROOT / "scenarios" / "first-start.yaml").read_bytes())
    assert sim.load("density").id == "first-start"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("taxonmy", "taxonmy: no such file, and no scenario of that id, did you mean 'taxonomy'? 'list' shows"),
        ("qqqq", "qqqq: no such file, and no scenario of that id; 'list' shows all lessons"),
        ("how-mad", "how-mad: no such file, and no scenario of that id, did you mean 'how-made'?"),
        ("taxonomy.yml", "taxonomy.yml: cannot be read: no such file"),
        ("x" * 5000, "cannot be read: file name too long"),
        ("../taxonomy", "cannot be read: no such file"),
    ],
    ids=["near", "none near", "near a preset", "a path", "long", "outside"],
)
def test_what_is_neither_says_so(named: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sim.InputError, match=re.escape(words)):
        sim.run(named)


def test_a_scenario_and_an_outcome_print_in_a_line() -> None:
    scenario = sim.load("first-start")
    (outcome,) = sim.run(scenario, replications=1)
    assert repr(scenario).startswith(f"<Scenario first-start: {scenario.title.en!r}, distribution of ")
    held = f"{len(outcome.verdicts)} of {len(outcome.verdicts)} expectations hold>"
    assert repr(outcome).startswith(
        f"<Outcome of first-start: distribution of {', '.join(outcome.labels[:8])} and 1 more; seed 1, "
    )
    assert repr(outcome).endswith(f"{len(outcome.metrics)} metrics, {len(outcome.records)} records, {held}")
    many = dataclasses.replace(outcome, labels=tuple(f"l{n:02}" for n in range(60)), records=outcome.records * 1000)
    assert "l07 and 52 more; " in repr(many)
    assert len(repr(many)) < 300
