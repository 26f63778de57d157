"""Findings by hand, in each form: GitHub's escapes, SARIF by its schema, Code Climate's required keys."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from sim.errors import Problem
from sim.outcome import Outcome, Verdict
from sim.report.findings.finding import RULES, FileFinding, of_inspection, of_problems, of_runs
from sim.report.findings.fingerprint import fingerprints
from sim.report.findings.forms import FORMS
from sim.report.formats.ran import Ran

SARIF = json.loads((Path(__file__).parents[1] / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))

FOUND = [
    FileFinding("suggestion", "warning", "Copy only 50% of it,\nthen: the rest.", "a dir/Docker,file", 3),
    FileFinding("input", "error", "unknown key \x1b[31m'sead'", "日本.yaml", 2, 5),
    FileFinding("bug", "error", "no file at all"),
]


def test_githubs_commands_are_escaped_and_errors_come_first() -> None:
    """`%`, line ends, `:` and `,` as GitHub's own toolkit writes them (actions/toolkit, core/src/command.ts)."""
    lines = FORMS["github"](FOUND).splitlines()
    assert lines[1:] == [
        "::error title=sim bug::no file at all",
        "::warning file=a dir/Docker%2Cfile,line=3,title=sim suggestion::Copy only 50%25 of it, then: the rest.",
    ]
    assert lines[0].startswith("::error file=日本.yaml,line=2,col=5,title=sim input::unknown key")
    assert "\x1b" not in lines[0]
    assert FORMS["github"]([]) == ""


def test_sarif_is_valid_and_has_its_places() -> None:
    log = json.loads(FORMS["sarif"](FOUND))
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["input", "bug", "suggestion"]
    first, second, third = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("a%20dir/Docker%2Cfile", {"startLine": 3})
    assert second["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 5}
    assert run["tool"]["driver"]["rules"][second["ruleIndex"]]["id"] == second["ruleId"] == "input"
    assert "locations" not in third
    jsonschema.validate(json.loads(FORMS["sarif"]([])), SARIF)


def test_the_schema_refuses_a_level_that_is_none() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(FORMS["sarif"](FOUND).replace('"warning"', '"minor"')), SARIF)


def test_code_climate_has_what_gitlab_requires() -> None:
    issues = json.loads(FORMS["codeclimate"](FOUND))
    assert [(issue["severity"], issue["location"]["lines"]["begin"]) for issue in issues] == [
        ("minor", 3),
        ("major", 2),
    ]
    for issue in issues:
        assert {"description", "check_name", "fingerprint", "severity", "location"} == set(issue)


def test_a_finding_is_known_again_though_its_line_and_its_numbers_moved() -> None:
    before = FileFinding("expectation", "error", "a < b: a = 3", "x.yaml", 9, 3, "a < b")
    after = FileFinding("expectation", "error", "a < b: a = 4", "x.yaml", 12, 3, "a < b")
    assert fingerprints([before]) == fingerprints([after])
    assert len(set(fingerprints([before, after, *FOUND]))) == 5


def test_an_expectation_that_failed_is_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("id: a\nexpect:\n  - a.time.p50 < 2\n  - a.time.p50 < 1\n", encoding="utf-8")
    verdicts = (Verdict("a.time.p50 < 2", True, ""), Verdict("a.time.p50 < 1", False, "a.time.p50 = 1.5 s"))
    ran = [
        Ran("a", [Outcome("a", "counter", 1, 1, ("a",), (), verdicts=verdicts)]),
        Ran("b.yaml", problems=[Problem("no key 'x'", "b.yaml", 7, path="x")]),
    ]
    failed, unread = of_runs(ran, {"a": str(file)})
    assert (failed.line, failed.column, failed.message) == (4, 5, "a.time.p50 < 1: a.time.p50 = 1.5 s")
    assert (unread.rule, unread.line, unread.message) == ("input", 7, "x: no key 'x'")
    file.unlink()
    assert of_runs(ran, {"a": str(file)})[0].line == 0


def test_what_inspect_warns_of_and_budgets_are_found() -> None:
    warning = {"message": "is ignored", "path": "services.a", "line": 4}
    compose = {"kind": "compose", "warnings": [warning], "problems": []}
    assert list(of_inspection("c.yaml", compose)) == [
        FileFinding("compose", "warning", "services.a: is ignored", "c.yaml", 4)
    ]
    budget = {"budget": "--min-efficiency 0.9", "figure": "efficiency", "limit": 0.9, "observed": 0.5, "passed": False}
    image = {"kind": "image", "images": [{"name": "a:1", "budgets": [budget, {**budget, "passed": True}]}]}
    (found,) = of_inspection("a.tar", image)
    assert (found.rule, found.message) == ("image-budget", "a:1: --min-efficiency 0.9: efficiency is 0.5")
    assert {found.rule, *(one.rule for one in FOUND)} <= set(RULES)
    assert of_problems([]) == []
