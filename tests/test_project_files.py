"""What stands beside the code says what holds of it: licences, citation, changelog, hooks, scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import sim

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parsed(name: str) -> Any:
    return YAML(typ="safe").load(read(name))


def test_a_citation_has_what_the_format_requires_and_this_version() -> None:
    """citation-file-format 1.2.0: cff-version, message, title and authors are required."""
    citation = parsed("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == sim.__version__
    assert all({"name"} <= set(author) for author in citation["authors"])


def test_the_changelog_names_this_version_and_only_the_kinds_of_keep_a_changelog() -> None:
    text = read("CHANGELOG.md")
    assert sim.__version__ in text
    kinds = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert kinds
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_licence_texts_are_whole() -> None:
    assert "9. Accepting Warranty or Additional Liability." in read("LICENSE")
    creative = read("LICENSES/CC-BY-4.0.txt")
    assert [int(n) for n in re.findall(r"^Section (\d) -- ", creative, re.MULTILINE)] == list(range(1, 9))


def test_every_place_that_a_licence_is_stated_for_exists() -> None:
    table = [line.split("|")[2] for line in read("LICENSES/README.md").splitlines() if line.startswith("| ")]
    named = re.findall(r"`([^`]+)`", " ".join(table))
    assert len(named) > 10
    assert [name for name in named if not any(ROOT.glob(name))] == []


def test_tests_in_a_browser_are_where_the_script_runs_them() -> None:
    (places,) = re.findall(r"-m browser .*\\\n +(\S+)$", read("scripts/test.sh"), re.MULTILINE)
    marked = {
        path for path in (ROOT / "tests").rglob("*.py") if re.search(r"pytest\.mark\.browser\b", path.read_text())
    }
    assert marked
    assert marked == set(ROOT.glob(places))


def test_hooks_run_the_quick_checks_of_the_test_script_from_the_environment() -> None:
    steps = re.findall(r'^step "(lint|format|types)" (.*)$', read("scripts/test.sh"), re.MULTILINE)
    (repository,) = parsed(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert [hook["language"] for hook in repository["hooks"]] == ["system"] * 3
    hooks = {hook["id"]: hook["entry"].split() for hook in repository["hooks"]}
    assert list(hooks) == [name for name, _ in steps]
    for name, command in steps:
        words = [word for word in command.split() if word != "."]
        given = [word for word in hooks[name] if word != "--force-exclude"]
        assert given == [f".venv/bin/{words[0]}", *words[1:]]


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.*")), ids=lambda path: path.name)
def test_a_script_says_in_its_first_lines_how_it_is_called(script: Path) -> None:
    head = "\n".join(script.read_text(encoding="utf-8").splitlines()[:6])
    assert f"scripts/{script.name}" in head or "# Sourced by" in head


@pytest.mark.xdist_group("together")
def test_tests_of_a_group_go_to_one_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells its scheduler by this suffix. Without it, each process runs what a group's tests share."""
    if request.config.getoption("loadgroup", False):  # so it is in a process of `--dist loadgroup`
        assert request.node.nodeid.endswith("@together")
