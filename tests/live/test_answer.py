"""What the live page shows is what the command line prints, for every scenario that ships."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from sim import cli
from sim.batch.run import run
from sim.errors import CancelledError, InputError
from sim.live import answer as door
from sim.live.contents import scenario_files
from sim.loading import override
from sim.outcome import Outcome
from sim.report.style import LANGUAGES
from sim.report.texts import tr
from sim.scenario import Scenario


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """No scenario and no run of an earlier test."""
    for kept in (door._SCENARIOS, door._RUNS, door._LABELS, door._FILES):
        kept.clear()


def asked(**question: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(door.answer(json.dumps(question)))
    return found


def offered(name: str, folder: Path, **changes: Any) -> None:
    """The scenario as a page holds it: laid out in a folder, with the files that it names."""
    (path, top), files = scenario_files(override(sim.load(name), changes))
    for place, file in files.items():
        assert str(Path.cwd()).encode() not in file.data, "nothing of this machine is in a page"
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(file.data)
        (folder / place).chmod(file.mode)
    (folder / top).mkdir(parents=True, exist_ok=True)
    door.offer({name: (str(folder / path), str(folder / top))})


@pytest.mark.parametrize("name", sim.lessons())
def test_a_page_answers_byte_for_byte_what_the_command_line_prints(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offered(name, tmp_path, replications=1)
    assert cli.answer(["run", name, "--replications", "1", "--format", "json"]) in (0, 1)
    found = asked(name=name)
    assert found["line"] == capsys.readouterr().out.removesuffix("\n")
    assert found["parts"][0]["drawings"]


@pytest.mark.usefixtures("runs_once")
@pytest.mark.parametrize("name", sim.lessons())
def test_the_answer_is_left_out_until_it_is_asked_for(name: str) -> None:
    door.put(override(sim.load(name), {"replications": 1}))
    for lang in LANGUAGES:
        hidden, shown = asked(name=name, lang=lang), asked(name=name, lang=lang, shown=True)
        assert hidden["predict"]["ask"]
        assert not {"verdict", "explain", "quiz"} & set(hidden)
        assert hidden["title"] == sim.load(name).title.read(lang)
        assert shown["verdict"] == tr("ui.score.skip", lang)
        assert shown["title"] != hidden["title"]
        assert len(shown["quiz"]) == len(sim.load(name).lesson.quiz)
        assert shown["line"] == hidden["line"]


def test_a_control_changes_the_run_as_the_command_line_does(capsys: pytest.CaptureFixture[str]) -> None:
    from sim.report.formats.jsonlines import line

    found = asked(name="memory-ledger", changes={"instances": "50"})
    assert found["line"] == line(sim.run(override(sim.load("memory-ledger"), {"instances": 50})))
    assert "50" in found["changed"]


def test_what_no_control_offers_is_refused_with_what_is_allowed() -> None:
    assert "more than a page offers" in asked(name="memory-ledger", changes={"instances": "100000"})["problems"][0]
    assert "no control" in asked(name="layers", changes={"context": "/etc"})["problems"][0]
    assert "no file that may be edited" in asked(name="layers", edit={"file": "/etc/passwd"})["problems"][0]


def test_a_tick_may_cancel_a_run_and_the_next_answer_is_whole() -> None:
    def never(_: float) -> None:
        raise CancelledError

    found = json.loads(door.answer(json.dumps({"name": "taxonomy"}), never))
    assert found["cancelled"]
    assert "line" not in found
    assert "line" in asked(name="taxonomy")


def test_a_prediction_is_judged_as_the_dashboard_judges_it() -> None:
    order = ["firecracker", "docker", "lxc", "kvm", "esxi", "virtualbox"]
    assert "6 of 6" in asked(name="taxonomy", shown=True, said={"order": order})["verdict"]
    wrong = [order[1], order[0], *order[2:]]
    assert "4 of 6" in asked(name="taxonomy", shown=True, said={"order": wrong})["verdict"]


def test_a_question_is_judged_only_when_it_is_answered() -> None:
    first, second = (asked(name="taxonomy", shown=True, quiz=[1, choice]) for choice in (0, 1))
    assert (first["right"], second["right"]) == (False, True)
    assert tr("ui.quiz.right") in second["why"]
    right = sim.load("taxonomy").lesson.quiz[1].choices[1].text.en
    assert f"<b>✓ {right}</b>" in first["why"]
    here = tr("figure.ring.here", "en")
    assert here in json.dumps(first["parts"])
    assert here not in json.dumps(second["parts"])
    assert first["parts"][0]["ring"] in html.unescape(first["why"])
    assert "✓" not in second["why"]


def test_the_ring_of_another_run_is_told_in_whole_sentences_and_of_the_figure_before_the_change() -> None:
    wrong = asked(name="taxonomy", shown=True, quiz=[2, 0])
    assert wrong["right"] is False
    assert "<p>Look at the ring in the figure: QEMU/KVM. The figure is the one before that change.</p>" in wrong["why"]
    wrong = asked(name="taxonomy", lang="ja", shown=True, quiz=[2, 0])
    assert "<p>図の中で囲んだところを見てください：QEMU/KVM。図は、その変更の前のものです。</p>" in wrong["why"]


def test_a_wrong_prediction_by_choice_is_answered_with_the_right_one_and_claims_stand_beside_the_lesson() -> None:
    lesson = sim.load("memory-ledger").lesson
    found = [asked(name="memory-ledger", shown=True, said={"choice": n}) for n in range(len(lesson.predict.choices))]
    told = [one["corrected"] for one in found]
    assert told.count("") == 1, "one is right"
    right = lesson.predict.choices[told.index("")].text.en
    assert all(f"<b>✓ {right}</b>" in one for one in told if one)
    assert lesson.commands
    assert all(html.escape(command.run) in found[0]["besides"] for command in lesson.commands)


def test_an_edit_of_a_build_is_planned_as_the_lab_plans_it() -> None:
    again = {"append": 5, "touch": 0}
    for how, misses in again.items():
        found = json.loads(asked(name="layers", edit={"file": "requirements.txt", "how": how})["line"])
        values = {metric["metric"]: metric["value"] for metric in found["metrics"]}
        assert values["misses"] == misses
    dockerfile = asked(name="layers")["lab"]["dockerfile"].replace("npm install", "npm ci")
    found = json.loads(asked(name="layers", edit={"file": "none", "dockerfile": dockerfile})["line"])
    assert next(metric["value"] for metric in found["metrics"] if metric["metric"] == "misses") > 0


def test_a_file_too_far_from_the_scenario_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY a /\n")
    (tmp_path / "a").write_text("x")
    deep = tmp_path / "one" / "two"
    deep.mkdir(parents=True)
    document = dict(sim.load("run-chain").document) | {"context": "../..", "compare": {"yours": {}}}
    for name in ("expect", "lesson", "labels", "controls"):
        document.pop(name, None)
    from sim.loading import from_document

    with pytest.raises(InputError, match="lies too far from the scenario"):
        scenario_files(from_document(document, "mine.yaml", deep))


def test_a_warmed_model_has_what_an_answer_needs_and_keeps_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered("taxonomy", tmp_path, replications=5)
    ran: list[int] = []

    def counted(given: Scenario, **more: Any) -> tuple[Outcome, ...]:
        ran.append(given.replications)
        return run(given, **more)

    monkeypatch.setattr(door, "run", counted)
    assert {"sim.studies.startup", "sim.report.shown.startup", "simpy"} <= set(door.warmed("taxonomy"))
    assert ran == [1], "every replication more is memory that the page carries, and the other language runs nothing"
    assert not door._RUNS
    assert not door._SCENARIOS
    assert asked(name="taxonomy")["line"]


def test_a_first_answer_imports_nothing_that_checks_scenarios(tmp_path: Path) -> None:
    """pydantic alone takes a browser as long as the rest of a page's start."""
    offered("taxonomy", tmp_path, replications=1)
    program = f"""
import json, sys
from sim.live import answer
answer.offer({ {name: [str(path), folder] for name, (path, folder) in door._FILES.items()}!r})
assert json.loads(answer.answer(json.dumps({{"name": "taxonomy"}})))["line"]
print(*sorted({{"pydantic", "pydantic_core", "ruamel", "jsonschema", "networkx"}} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"


def test_what_is_picked_of_a_figure_is_what_the_dashboard_draws() -> None:
    shown = asked(name="components", shown=True)["parts"][0]
    (graph,) = [one for one in shown["drawings"] if one["picks"] == "component"]
    picked = asked(name="components", shown=True, picked={"0.component": "containerd-shim"})["parts"][0]["drawings"]
    assert graph["focus"] == ""
    assert [one["focus"] for one in picked if one["picks"]] == ["containerd-shim"]
    other = asked(name="components", shown=True, picked={"1.component": "containerd-shim"})["parts"][0]["drawings"]
    assert [one["focus"] for one in other if one["picks"]] == [""], "another part's"


def test_a_race_is_played_where_it_is_asked_for() -> None:
    (still,) = [one for one in asked(name="taxonomy", shown=True)["parts"][0]["choices"] if one["switch"]]
    assert (still["name"], still["value"]) == ("0.play", "false")
    played = asked(name="taxonomy", shown=True, picked={"0.play": "true"})["parts"][0]["drawings"]
    assert [one["id"] for one in played if one["plays"]]
