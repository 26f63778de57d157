"""The examples of docs/ci: each is valid by its system's own schema or linter, and its commands run and are read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tree_sitter_groovy
from junitparser import JUnitXml
from tree_sitter import Language, Node, Parser

from sim.limits import SCENARIO
from sim.loading.document import read

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "ci"
SARIF = json.loads((ROOT / "tests" / "report" / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


def yaml(name: str) -> Any:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert len(text) < SCENARIO
    return read(text, name).value


def groovy() -> Node:
    parser = Parser(Language(tree_sitter_groovy.language()))
    return parser.parse((EXAMPLES / "Jenkinsfile").read_bytes()).root_node


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def github_scripts() -> list[str]:
    (job,) = yaml("github-actions.yml")["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def gitlab_scripts() -> list[str]:
    made = yaml("gitlab-ci.yml")
    return [*made["default"]["before_script"], *(line for job in made.values() for line in job.get("script", ()))]


def jenkins_scripts() -> list[str]:
    """What each `sh` step runs."""
    text = (EXAMPLES / "Jenkinsfile").read_text(encoding="utf-8")
    return [line.strip().removeprefix("sh '").removesuffix("'") for line in text.splitlines() if "sh '" in line]


@pytest.mark.parametrize(
    ("schema", "name"),
    [("vendor.github-workflows", "github-actions.yml"), ("vendor.gitlab-ci", "gitlab-ci.yml")],
)
def test_the_yaml_is_valid_by_its_systems_schema(schema: str, name: str) -> None:
    """By the schemas that check-jsonschema carries, GitHub's from SchemaStore and GitLab's own."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    kind = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    done = subprocess.run([*command, *kind, str(EXAMPLES / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_published_schema_is_read_by_another_tool(tmp_path: Path) -> None:
    """check-jsonschema has another regular expression engine (ECMA 262), as editors have."""
    schema = ROOT / "scenarios" / "scenario.schema.json"
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema)]
    shipped = [str(ROOT / "scenarios" / f"{name}.yaml") for name in ("taxonomy", "own-image", "compose", "ci-pipeline")]
    assert subprocess.run([*command, *shipped], capture_output=True, check=False).returncode == 0
    wrong = tmp_path / "wrong.yaml"
    text = (ROOT / "scenarios" / "own-image.yaml").read_text(encoding="utf-8")
    wrong.write_text(text.replace("\nstudy: ", "\nstudies: "), encoding="utf-8")
    assert subprocess.run([*command, str(wrong)], capture_output=True, check=False).returncode == 1


def test_the_jenkinsfile_is_groovy_with_the_sections_of_a_declarative_pipeline() -> None:
    root = groovy()
    assert not root.has_error
    named = [node.text.decode() for node in nodes(root) if node.type == "identifier" and node.text]
    for section in ("pipeline", "agent", "options", "environment", "stages", "stage", "steps", "post", "always"):
        assert section in named
    assert len(jenkins_scripts()) == named.count("sh") == named.count("stage")


def test_pre_commit_takes_its_files() -> None:
    for command, file in (
        ("validate-config", EXAMPLES / "pre-commit-config.yaml"),
        ("validate-manifest", ROOT / ".pre-commit-hooks.yaml"),
    ):
        done = subprocess.run([sys.executable, "-m", "pre_commit", command, file], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout
    hooks = {hook["id"] for hook in read((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"), "").value}
    (repository,) = yaml("pre-commit-config.yaml")["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == hooks


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's repository: scenarios, an image, a baseline, and `sim` on the path and in .venv."""
    folder = tmp_path / "project"
    (folder / "scenarios").mkdir(parents=True)
    for name in ("run-chain.yaml", "instruction-order.yaml"):
        text = (ROOT / "scenarios" / name).read_text(encoding="utf-8")
        (folder / "scenarios" / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "scenarios" / "files", folder / "scenarios" / "files")
    (folder / "Dockerfile").write_text("FROM alpine:3.20\nCOPY . /app\n", encoding="utf-8")
    for tools in (tmp_path / "bin", folder / ".venv" / "bin"):
        tools.mkdir(parents=True)
        (tools / "sim").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sim "$@"\n', encoding="utf-8")
        (tools / "sim").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "step-summary.md"))
    monkeypatch.chdir(folder)
    return folder


def shell(script: str) -> int:
    """The exit code, by the shell and options that GitHub gives a step (`bash -e -o pipefail`)."""
    return subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], check=False).returncode


def test_the_examples_run_and_each_systems_reader_takes_what_they_write(project: Path) -> None:
    assert shell("sim run scenarios/*.yaml --format json > baseline.jsonl") == 0
    scripts = {"github": github_scripts(), "gitlab": gitlab_scripts(), "jenkins": jenkins_scripts()}
    for system, lines in scripts.items():
        installs = [line for line in lines if "pip install" in line]
        assert len(installs) == 1
        for line in lines:
            assert line in installs or shell(line) == 0, (system, line)
        if system == "github":
            assert (project / "step-summary.md").read_text(encoding="utf-8").startswith("| scenario |")
            jsonschema.validate(json.loads((project / "build.sarif").read_text(encoding="utf-8")), SARIF)
            assert (project / "reports" / "annotations.txt").read_text(encoding="utf-8") == ""
        if system == "gitlab":
            issues = json.loads((project / "gl-code-quality-report.json").read_text(encoding="utf-8"))
            assert [issue["location"]["path"] for issue in issues] == ["Dockerfile"] * len(issues)
        if system == "jenkins":
            for file in (project / "reports").glob("*.sarif"):
                jsonschema.validate(json.loads(file.read_text(encoding="utf-8")), SARIF)
        suites = JUnitXml.fromfile(str(project / "reports" / "junit.xml"))
        assert {suite.name for suite in suites} == {"run-chain", "instruction-order"}
        shutil.rmtree(project / "reports")
