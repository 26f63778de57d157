"""A compose file or a manifest that is given as a scenario: one problem, which says what reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cli import answer
from sim.errors import InputError
from sim.loading import load_text
from sim.loading.foreign import COMPOSE, MANIFEST

COMPOSE_FILE = "# a shop\nname: shop\nservices:\n  web:\n    image: nginx\n    ports: !reset []\n"
MANIFESTS = "kind: Service\napiVersion: v1\n---\nkind: Deployment\napiVersion: apps/v1\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (COMPOSE_FILE, 3, COMPOSE),
        ('"services": {}\n', 1, COMPOSE),
        (MANIFESTS, 2, MANIFEST),
        ("apiVersion: v1\nkind: List\nservices: []\n", 1, MANIFEST),
    ],
)
def test_it_is_named_in_one_problem_at_its_key(text: str, line: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_text(text, "f.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.message) == ("f.yaml", line, message)


@pytest.mark.parametrize("text", ["study: density\nservices: 3\n", "x:\n  services: {}\n", "kind: a\n", "services\n"])
def test_what_may_be_a_scenario_is_judged_as_one(text: str) -> None:
    with pytest.raises(InputError) as caught:
        load_text(text, "f.yaml")
    assert not {problem.message for problem in caught.value.problems} & {COMPOSE, MANIFEST}


def test_what_the_message_says_of_inspect_is_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in (COMPOSE_FILE, MANIFESTS):
        file = tmp_path / "f.yaml"
        file.write_text(text, "utf-8")
        assert answer(["run", str(file)]) == 2
        assert "'inspect' reads it" in capsys.readouterr().err
        answer(["inspect", str(file)])
        assert "none of what can be inspected" not in capsys.readouterr().err
