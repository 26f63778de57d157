"""The command line: what it prints where, and with which exit code it leaves."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.catalog import load
from sim.cli import answer
from sim.cli.run import FILES
from tests.watchdog import PATIENCE

ROOT = Path(__file__).parents[1]


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.fixture
def file(tmp_path: Path, counter: str) -> str:
    path = tmp_path / "two-counters.yaml"
    path.write_text(counter, encoding="utf-8")
    return str(path)


@pytest.fixture
def failing(tmp_path: Path, counter: str) -> str:
    path = tmp_path / "failing.yaml"
    path.write_text(changed(counter, "== 4 * fast", "== 5 * fast"), encoding="utf-8")
    return str(path)


def write(tmp_path: Path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


Captured = pytest.CaptureFixture[str]


class TestUsage:
    def test_help_names_the_commands_there_are(self, capsys: Captured) -> None:
        assert answer(["--help"]) == 0
        out = capsys.readouterr().out
        assert [line.split()[0] for line in out.partition("Commands:\n")[2].splitlines() if line.strip()] == [
            "accuracy", "build", "calibrate", "check", "export", "grade", "inspect", "lesson", "list", "replay", "run",
            "schema", "sweep",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["rnu"], "Did you mean 'run'?"),
            (["run", "--replication", "1", "x"], "Did you mean '--replications'?"),
            (["run"], "Missing argument 'FILE...'"),
            (["run", "--format", "xml", "x"], "no format 'xml'; there are table, json, csv, junit, markdown"),
            (["run", "--format", "json,csv", "x"], "several formats need --out DIR"),
            (["run", "--replications", "0", "x"], "'0' does not fit; expected a whole number from 1 to "),
            (["run", "--seed", "-1", "x"], "'-1' does not fit; expected a whole number from 0 to 9223372036854775807"),
            (["run", "--seed", "x", "x"], "'x' does not fit; expected a whole number from 0 to 9223372036854775807"),
            (["sweep", "--jobs", "many", "x"], "'many' does not fit; expected a whole number from 1 to 256"),
            (["run", "--jobs", "many", "x"], "expected a whole number from 1 to 256"),
            (["inspect", "--format", "yaml", "x"], "'table', 'json'"),
            (["build", ".", "--edit", "nothing"], "is no edit; expected PATH=CONTENT"),
            (["build", ".", "--build-arg", "=nothing"], "is no NAME=VALUE"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_a_wrong_call_is_answered_with_what_is_allowed(
        self, capsys: Captured, arguments: list[str], words: str
    ) -> None:
        assert answer(arguments) == 2
        captured = capsys.readouterr()
        assert words in captured.err
        assert captured.out == ""


class TestCheck:
    def test_a_good_file_is_ok(self, file: str, capsys: Captured) -> None:
        assert answer(["check", file]) == 0
        assert capsys.readouterr() == (f"{file}: ok\n", "")

    def test_every_problem_of_every_file_goes_to_standard_error(
        self, tmp_path: Path, file: str, counter: str, capsys: Captured
    ) -> None:
        bad = write(
            tmp_path, "bad.yaml", changed(counter, "service: 2 s", "servise: 2 s").replace("seed: 7", "seed: x")
        )
        assert answer(["check", bad, file, str(tmp_path / "none.yaml")]) == 2
        out, err = capsys.readouterr()
        assert out == f"{file}: ok\n"
        assert f"{bad}:6:1: servise: unknown key 'servise', did you mean 'service'?\n    servise: 2 s\n    ^\n" in err
        assert f"{bad}:11:7: seed: 'x' does not fit; expected a whole number" in err
        assert f"{tmp_path / 'none.yaml'}: cannot be read: no such file or directory\n" in err


class TestRun:
    def test_a_table_shows_metrics_and_expectations_in_eighty_columns(self, file: str, capsys: Captured) -> None:
        assert answer(["run", file]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert out.startswith("two-counters: Two counters\n==========================\n")
        assert "  ok    slow.time.p50 == 4 * fast.time.p50\n" in out
        assert max(map(len, out.splitlines())) <= 80

    def test_json_is_one_object_a_scenario_in_the_documented_shape(self, file: str, capsys: Captured) -> None:
        assert answer(["run", file, file, "--format", "json", "--seed", "9", "--replications", "6"]) == 0
        first, second = capsys.readouterr().out.splitlines()
        assert first == second
        found = json.loads(first)
        assert list(found) == [
            "scenario", "study", "seed", "replications", "model_version", "metrics", "ratios", "expectations",
        ]  # fmt: skip
        assert found["model_version"] == sim.__version__
        assert (found["scenario"], found["study"], found["seed"], found["replications"]) == (
            "two-counters",
            "counter",
            9,
            6,
        )
        assert found["metrics"][0] == {
            "metric": "time", "statistic": "p50", "of": "slow", "interval": "first in line to served", "value": 2.0,
            "unit": "s", "low": 2.0, "high": 2.0, "range": None, "estimate": False,
        }  # fmt: skip
        assert found["ratios"][0] == {
            "metric": "time", "statistic": "p50", "of": "slow", "to": "fast", "value": 4.0, "low": 4.0, "high": 4.0,
            "estimate": False,
        }  # fmt: skip
        assert found["expectations"] == [
            {
                "text": "slow.time.p50 == 4 * fast.time.p50",
                "passed": True,
                "observed": "slow.time.p50 = 2 s, fast.time.p50 = 500 ms",
            }
        ]

    def test_an_expectation_that_fails_leaves_with_one(self, failing: str, file: str, capsys: Captured) -> None:
        assert answer(["run", failing, file]) == 1
        out = capsys.readouterr().out
        assert "  FAIL  slow.time.p50 == 5 * fast.time.p50\n        observed: slow.time.p50 = 2 s" in out

    def test_one_bad_file_is_told_and_the_others_run(
        self, file: str, failing: str, tmp_path: Path, capsys: Captured
    ) -> None:
        bad, folder = write(tmp_path, "bad.yaml", "a: b"), str(tmp_path)
        assert answer(["run", bad, file, folder, failing]) == 2
        out, err = capsys.readouterr()
        assert out.count("Two counters\n=====") == 2
        assert out.startswith("two-counters: ")
        assert f"{bad}:1:1: id: missing key 'id'" in err
        assert f"{folder}: cannot be read: is a directory" in err

    def test_every_report_names_a_bad_file_beside_the_others(self, file: str, tmp_path: Path, capsys: Captured) -> None:
        bad, out = write(tmp_path, "bad.yaml", "a: b"), tmp_path / "out"
        assert answer(["run", file, bad, file, "--format", "json,csv,junit,markdown,table", "--out", str(out)]) == 2
        lines = [json.loads(line) for line in (out / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [line["scenario"] for line in lines] == ["two-counters", bad, "two-counters"]
        assert {"file": bad, "line": 1, "column": 1, "path": "id", "message": "missing key 'id'"} in lines[1][
            "problems"
        ]
        suites = ET.parse(out / "junit.xml").getroot()
        assert [(suite.get("name"), suite.get("errors")) for suite in suites] == [
            ("two-counters", "0"), (bad, "1"), ("two-counters", "0"),
        ]  # fmt: skip
        assert f"| {bad} | | ⚠️ could not run |" in (out / "summary.md").read_text(encoding="utf-8")
        assert len((out / "metrics.csv").read_text(encoding="utf-8").splitlines()) == 1 + 2 * 6

    def test_where_every_file_is_bad_the_reports_are_written_all_the_same(
        self, tmp_path: Path, capsys: Captured
    ) -> None:
        assert answer(["run", write(tmp_path, "bad.yaml", "a: b"), "--format", "json"]) == 2
        assert "missing key 'id'" in capsys.readouterr().out
        assert answer(["run", str(tmp_path / "bad.yaml"), "--format", "junit"]) == 2
        assert ET.fromstring(capsys.readouterr().out).get("errors") == "1"

    def test_a_bug_in_one_scenario_does_not_lose_the_reports_of_the_others(
        self, file: str, tmp_path: Path, counter: str, capsys: Captured
    ) -> None:
        bug = write(tmp_path, "bug.yaml", counter + "fail: bug\n")
        assert answer(["run", file, bug, file, "--format", "junit"]) == 3
        out, err = capsys.readouterr()
        root = ET.fromstring(out)
        assert (root.get("tests"), root.get("errors")) == ("3", "1")
        (error,) = root.iter("error")
        assert error.get("type") == "bug"
        assert err.count("internal error, a bug: two-counters, counter, slow, replication 0") == 1

    @pytest.mark.parametrize("name", ["taxonomy", "registry-fleet"])
    def test_a_seed_of_the_command_line_changes_the_numbers_and_is_named_in_every_format(
        self, name: str, tmp_path: Path, capsys: Captured
    ) -> None:
        found = {}
        for seed in ("1", "5"):
            out = tmp_path / seed
            arguments = ["--replications", "2", "--format", "json,csv,junit,markdown,table", "--out", str(out)]
            answer(["run", name, *arguments, "--seed", seed])
            found[seed] = {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}
        one, other = (json.loads(found[seed]["outcomes.jsonl"]) for seed in ("1", "5"))
        assert (one["seed"], other["seed"]) == (1, 5)
        assert [metric["value"] for metric in one["metrics"]] != [metric["value"] for metric in other["metrics"]]
        assert ",5,2," in found["5"]["metrics.csv"]
        assert '<property name="seed" value="5" />' in found["5"]["junit.xml"]
        for report in ("summary.md", "table.txt"):
            assert "seed 5, " in found["5"][report]
            assert "seed 1, " not in found["5"][report]

    def test_several_formats_are_files_of_a_folder(
        self, file: str, failing: str, tmp_path: Path, capsys: Captured
    ) -> None:
        out = tmp_path / "deep" / "out"
        assert answer(["run", file, failing, "--format", ",".join(FILES), "--out", str(out)]) == 1
        assert sorted(path.name for path in out.iterdir()) == [
            "annotations.txt", "findings.sarif", "gl-code-quality-report.json", "junit.xml", "metrics.csv",
            "outcomes.jsonl", "summary.md", "table.txt",
        ]  # fmt: skip
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("wrote ") == 8
        assert len((out / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()) == 2
        suites = ET.parse(out / "junit.xml").getroot()
        assert (suites.get("tests"), suites.get("failures")) == ("2", "1")

    def test_junit_tells_the_seconds_of_each_scenario_and_what_could_not_run(
        self, tmp_path: Path, counter: str, file: str, capsys: Captured
    ) -> None:
        bad = write(tmp_path, "bad.yaml", counter + "fail: input\n")
        began = time.perf_counter()
        assert answer(["run", file, bad, "--format", "junit"]) == 2
        whole = time.perf_counter() - began
        root = ET.fromstring(capsys.readouterr().out)
        assert (root.get("tests"), root.get("errors")) == ("2", "1")
        seconds = [float(suite.attrib["time"]) for suite in root]
        assert 0 <= sum(seconds) <= whole + 0.001
        assert float(root[0][1].attrib["time"]) == seconds[0]

    def test_a_folder_that_cannot_be_made_is_bad_input(self, file: str, capsys: Captured) -> None:
        assert answer(["run", file, "--out", f"{file}/out"]) == 2
        assert "cannot be made" in capsys.readouterr().err

    def test_a_failing_model_is_a_bug_told_in_one_line(
        self, tmp_path: Path, counter: str, file: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bug = write(tmp_path, "bug.yaml", counter + "fail: bug\n")
        assert answer(["run", bug]) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert err == (
            "internal error, a bug: two-counters, counter, slow, replication 0, seed 7: "
            "ZeroDivisionError: no counter is open (SIM_TRACEBACK=1 shows where)\n"
        )
        monkeypatch.setenv("SIM_TRACEBACK", "1")
        assert answer(["run", bug]) == 3
        assert "Traceback" in capsys.readouterr().err

    def test_bad_catalog_data_is_bad_input_with_file_and_path(
        self, tmp_path: Path, file: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "x.toml"
        path.write_text('id = "x"\nsurprise = 3\n', encoding="utf-8")
        monkeypatch.setattr("sim.batch.run.run", lambda *_, **__: load.read("technologies", path))
        assert answer(["run", file]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "technologies/x.toml:2: surprise: " in err
        assert "bug" not in err

    def test_an_interrupt_reports_what_had_finished(
        self, tmp_path: Path, counter: str, file: str, capsys: Captured
    ) -> None:
        stopped = write(tmp_path, "stopped.yaml", counter + "fail: interrupt\n")
        assert answer(["run", file, stopped, file, "--format", "junit"]) == 130
        out, err = capsys.readouterr()
        assert ET.fromstring(out).get("tests") == "1"
        assert err == "interrupted in two-counters; 1 of 3 scenarios had finished\n"


class TestBaseline:
    @pytest.fixture
    def baseline(self, file: str, tmp_path: Path) -> str:
        assert answer(["run", file, "--format", "json", "--out", str(tmp_path)]) == 0
        return str(tmp_path / "outcomes.jsonl")

    def test_files_of_one_id_are_held_against_one_another_in_their_order(
        self, file: str, tmp_path: Path, capsys: Captured
    ) -> None:
        slow = write(tmp_path, "slow.yaml", Path(file).read_text(encoding="utf-8") + "count: 2\n")
        assert answer(["run", file, slow, file, "--format", "json", "--out", str(tmp_path)]) == 0
        baseline = str(tmp_path / "outcomes.jsonl")
        assert answer(["run", file, slow, file, "--baseline", baseline]) == 0
        capsys.readouterr()
        assert answer(["run", file, slow, slow, slow, "--baseline", baseline, "--format", "junit"]) == 1
        out, err = capsys.readouterr()
        cases = [case for case in ET.fromstring(out).iter("testcase") if case.get("classname", "").endswith("baseline")]
        assert {case.get("classname") for case in cases if case.find("failure") is not None} == {
            "two-counters (3).baseline"
        }
        assert [case.get("name") for case in cases[:2]] == ["no metric moved"] * 2
        assert "two-counters (4): not in the baseline\n" in err
        assert "moved: two-counters (3): slow.time.p50: " in err
        assert answer(["run", file, "--baseline", baseline]) == 0
        assert "two-counters (2): in the baseline, not run\n" in capsys.readouterr().out

    def test_the_same_run_moves_nothing(self, file: str, baseline: str, capsys: Captured) -> None:
        assert answer(["run", file, "--baseline", baseline]) == 0
        assert "Baseline: moved metrics: 0; scenarios compared: 1\n" in capsys.readouterr().out

    def test_a_metric_beyond_its_interval_is_named_and_leaves_with_one(
        self, tmp_path: Path, counter: str, baseline: str, capsys: Captured
    ) -> None:
        slower = write(tmp_path, "slower.yaml", changed(counter, "500 ms", "600 ms").replace("== 4 *", ">"))
        assert answer(["run", slower, "--baseline", baseline]) == 1
        out = capsys.readouterr().out
        assert "moved: two-counters: fast.time.p50: 500 ms -> 600 ms (+20.0%)\n" in out
        assert "slow.time.p50:" not in out

    def test_a_scenario_that_only_one_of_the_two_has_is_named(
        self, tmp_path: Path, counter: str, baseline: str, capsys: Captured
    ) -> None:
        other = write(tmp_path, "other.yaml", changed(counter, "id: two-counters", "id: other"))
        assert answer(["run", other, "--baseline", baseline, "--format", "junit"]) == 0
        out, err = capsys.readouterr()
        assert err == (
            "other: not in the baseline\ntwo-counters: in the baseline, not run\n"
            "Baseline: moved metrics: 0; scenarios compared: 0\n"
        )
        skipped = [case.get("name") for case in ET.fromstring(out).iter("testcase") if case.find("skipped") is not None]
        assert skipped == ["is in the baseline", "two-counters"]

    def test_what_moved_is_a_failed_case_and_leaves_with_one(
        self, tmp_path: Path, counter: str, baseline: str, capsys: Captured
    ) -> None:
        slower = write(tmp_path, "slower.yaml", changed(counter, "500 ms", "600 ms").replace("== 4 *", ">"))
        assert answer(["run", slower, "--baseline", baseline, "--format", "junit"]) == 1
        (suite,) = ET.fromstring(capsys.readouterr().out)
        failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
        assert {case.get("classname") for case in failed} == {"two-counters.baseline"}
        assert "fast.time.p50" in {case.get("name") for case in failed}

    def test_a_baseline_of_another_model_version_is_remarked(self, file: str, baseline: str, capsys: Captured) -> None:
        path = Path(baseline)
        text = path.read_text(encoding="utf-8")
        version = f'"model_version": "{sim.__version__}"'
        path.write_text(changed(text, version, '"model_version": "0.0.9"'), encoding="utf-8")
        assert answer(["run", file, "--baseline", baseline]) == 0
        said = f"the baseline is of model version 0.0.9, this run of {sim.__version__}\n"
        assert said in capsys.readouterr().out

    def test_machine_formats_stay_clean(self, file: str, baseline: str, capsys: Captured) -> None:
        assert answer(["run", file, "--format", "json", "--baseline", baseline]) == 0
        out, err = capsys.readouterr()
        assert len([json.loads(line) for line in out.splitlines()]) == 1
        assert "Baseline:" in err

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"scenario": "a"}', '{"scenario": "a", "metrics": [{}]}', "\x00"])
    def test_what_is_no_baseline_is_bad_input(self, file: str, tmp_path: Path, text: str, capsys: Captured) -> None:
        assert answer(["run", file, "--baseline", write(tmp_path, "base.json", text)]) == 2
        assert "run --format json" in capsys.readouterr().err


class TestList:
    def test_lessons_stand_by_concept(self, tmp_path: Path, counter: str, capsys: Captured) -> None:
        for name, concept in (("b", "x"), ("a", "x"), ("x", "x"), ("c", "m")):
            text = changed(counter, "id: two-counters", f"id: {name}").replace(
                "concept: queueing", f"concept: {concept}"
            )
            write(tmp_path, f"{name}.yaml", text)
        assert answer(["list", str(tmp_path)]) == 0
        rows = [line.split()[:3] for line in capsys.readouterr().out.splitlines()[2:]]
        assert rows == [
            [concept, name, "counter"] for concept, name in (("m", "c"), ("x", "x"), ("x", "a"), ("x", "b"))
        ]
        assert answer(["list", str(tmp_path), "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["title"] == {"en": "Two counters", "ja": "二つの窓口"}

    def test_a_broken_lesson_is_reported_beside_the_others(self, tmp_path: Path, file: str, capsys: Captured) -> None:
        write(tmp_path, "broken.yaml", "id: x")
        assert answer(["list", str(tmp_path)]) == 2
        out, err = capsys.readouterr()
        assert "two-counters" in out
        assert "broken.yaml" in err

    def test_titles_are_whole_in_a_file_and_wrapped_in_a_terminal(
        self, tmp_path: Path, counter: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        title = "Which of the two counters has the longer queue, and who waits at it until the evening comes?"
        write(tmp_path, "x.yaml", changed(counter, "{en: Two counters,", f'{{en: "{title}",'))
        assert answer(["list", str(tmp_path)]) == 0
        assert capsys.readouterr().out.splitlines()[2] == f"queueing  two-counters  counter  {title}"
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", "60")
        assert answer(["list", str(tmp_path)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 60
        assert " ".join(line[33:].strip() for line in lines[2:]) == title

    def test_the_shipped_lessons_are_found_from_any_folder(
        self, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert answer(["list", "--format", "json"]) == 0
        found = {item["scenario"] for item in json.loads(capsys.readouterr().out)}
        assert found == {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}

    def test_every_number_is_listed_with_its_source(self, capsys: Captured) -> None:
        assert answer(["list", "--sources", "--format", "json"]) == 0
        found = {item["id"]: item for item in json.loads(capsys.readouterr().out)}
        assert found["parts/runc.phases.runc-start.cpu"]["facts"] == ["R0052"]
        assert found["R0052"]["sources"] == ["measured on the reference host (docs/model.md)"]
        assert answer(["list", "--sources"]) == 0
        lines = {line.split("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
        assert re.search(
            r"8 MiB +4 MiB to 15 MiB +estimate: nginx", lines["applications/nginx.phases.image-files.read"]
        )
        assert answer(["list", "--sources", "--format", "csv"]) == 0
        assert capsys.readouterr().out.startswith("id,kind,basis,")

    @pytest.mark.parametrize("wrong", [["--format", "csv"], ["--sources", "."], ["--sources", "--course"]])
    def test_sources_are_those_of_the_catalog(self, wrong: list[str], capsys: Captured) -> None:
        assert answer(["list", *wrong]) == 2
        assert "--sources" in capsys.readouterr().err

    def test_sources_are_found_by_words_those_that_are_called_so_first(self, capsys: Captured) -> None:
        assert answer(["list", "--sources", "--find", "RUNC create cpu", "--format", "json"]) == 0
        found = [item["id"] for item in json.loads(capsys.readouterr().out)]
        assert found[0] == "parts/runc.phases.runc-create.cpu"
        assert "R0051" in found
        assert len(found) < 100
        assert answer(["list", "--sources", "--find", "no-such-word"]) == 2
        assert capsys.readouterr().err == "nothing has all of the words 'no-such-word'\n"
        assert answer(["list", "--find", "runc"]) == 2

    def test_metrics_are_listed_by_study_as_the_page_of_scenarios_has_them(self, capsys: Captured) -> None:
        assert answer(["list", "--metrics", "--format", "json"]) == 0
        found: dict[str, set[str]] = {}
        for item in json.loads(capsys.readouterr().out):
            found.setdefault(item["study"], set()).add(item["metric"])
        page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8").partition("| study | metrics |")[2]
        rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page.partition("\n\n")[0], re.MULTILINE)
        assert found == {study: set(re.findall(r"`(\w+)`", told)) for study, told in rows}

    def test_metrics_of_one_study_with_their_statistics(self, capsys: Captured) -> None:
        assert answer(["list", "--metrics", "startup"]) == 0
        lines = capsys.readouterr().out.splitlines()[2:]
        assert {line.split()[0] for line in lines} == {"startup"}
        assert re.fullmatch(r"startup +makespan +s +Time to start all instances: value", lines[4])
        assert answer(["list", "--metrics", "startp"]) == 2
        assert capsys.readouterr().err == "no study 'startp', did you mean 'startup'?\n"
        assert answer(["list", "--metrics", "--catalog"]) == 2

    def test_what_a_scenario_may_name_is_listed_by_kind(self, capsys: Captured) -> None:
        assert answer(["list", "--catalog", "--format", "json"]) == 0
        found: dict[str, dict[str, Any]] = {}
        for item in json.loads(capsys.readouterr().out):
            found.setdefault(item["kind"], {})[item["id"]] = item
        for kind, folder in (("technology", "technologies"), ("guest", "guests"), ("application", "applications"),
                             ("host", "hosts"), ("workload", "workloads")):  # fmt: skip
            assert set(found[kind]) == {file.stem for file in (ROOT / "sim" / "catalog" / folder).glob("*.toml")}
        disks = {file.stem for file in (ROOT / "sim" / "catalog" / "disks").glob("*.toml")}
        assert set(found["disk"]) == disks - {"unstated-ssd"}
        assert {"0.9", "26.1", "29", "1.7"} <= set(found["engine"])
        assert found["engine"]["20.10"]["name"]["en"] == "Docker 20.10"
        assert found["technology"]["process"]["name"] == {"en": "bare process", "ja": "ただのプロセス"}
        assert all(item["what"] for kind in found.values() for item in kind.values())

    def test_what_is_listed_can_be_named(self, tmp_path: Path, capsys: Captured) -> None:
        parameters = json.loads((ROOT / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8"))["$defs"]
        offered = {
            "technology": parameters["startup.technology"]["anyOf"][0]["enum"],
            "host": parameters["startup.host"]["anyOf"][0]["enum"],
            "guest": parameters["startup.guest"]["anyOf"][0]["enum"],
            "application": parameters["startup.application"]["anyOf"][0]["enum"],
            "disk": parameters["startup.disk"]["enum"],
            "workload": parameters["overhead.workload"]["enum"],
            "registry": parameters["distribution.registry"]["enum"],
        }
        assert answer(["list", "--catalog"]) == 0
        rows = [re.split(r" {2,}", line) for line in capsys.readouterr().out.splitlines()[2:]]
        for kind, named in offered.items():
            assert {row[1] for row in rows if row[0] == kind} == {*named} - {"", "own"}, kind
        engine = next(row[1] for row in rows if row[0] == "engine" and row[2] == "Podman 4")
        text = "id: x\nconcept: x\ntitle: x\nsummary: x\nstudy: startup\ntechnology: podman\n"
        assert answer(["check", write(tmp_path, "x.yaml", f'{text}engine: "{engine}"\n')]) == 0

    @pytest.mark.parametrize("wrong", [["."], ["--course"], ["--sources"], ["--format", "csv"], ["--format", "html"]])
    def test_the_catalog_is_no_other_list(self, wrong: list[str], capsys: Captured) -> None:
        assert answer(["list", "--catalog", *wrong]) == 2
        assert "Error: " in capsys.readouterr().err

    def test_a_folder_without_lessons_is_bad_input(self, tmp_path: Path, capsys: Captured) -> None:
        assert answer(["list", str(tmp_path)]) == 2
        assert "has no scenario" in capsys.readouterr().err


def test_schema_prints_the_json_schema(counter: str, capsys: Captured) -> None:
    assert answer(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Scenario"


class TestBuild:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> str:
        (tmp_path / "Dockerfile").write_text("FROM alpine\nCOPY a.txt /a\nRUN cat /a\n", encoding="utf-8")
        (tmp_path / "a.txt").write_text("a\n", encoding="utf-8")
        return str(tmp_path)

    def builds(self, capsys: Captured, *arguments: str) -> list[dict[str, Any]]:
        assert answer(["build", *arguments, "--format", "json"]) == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["builds"]
        return found

    def test_an_edit_of_a_copied_file_runs_it_and_what_follows(self, folder: str, capsys: Captured) -> None:
        first, second = self.builds(capsys, folder, "--edit", "a.txt:append=more")
        assert (first["misses"], second["misses"]) == (2, 2)
        status = {step["line"]: step["status"] for step in second["steps"] if step["line"] in (2, 3)}
        assert status == {2: "miss", 3: "miss"}

    @pytest.mark.parametrize(
        ("edit", "misses"),
        [
            ("a.txt:touch", 0),
            ("b.txt=new", 0),
            ("a.txt=b", 2),
            ("a.txt:mode=0755", 2),
            ("Dockerfile=FROM alpine\nCOPY a.txt /a\nRUN cat  /b", 1),
        ],
    )
    def test_each_edit_has_the_misses_a_builder_has(
        self, folder: str, edit: str, misses: int, capsys: Captured
    ) -> None:
        assert self.builds(capsys, folder, "--edit", edit)[1]["misses"] == misses

    def test_without_an_edit_everything_hits_again_and_with_no_cache_nothing(
        self, folder: str, capsys: Captured
    ) -> None:
        assert self.builds(capsys, folder)[1]["misses"] == 0
        assert self.builds(capsys, folder, "--no-cache")[1]["misses"] == 2

    def test_a_table_names_the_first_cause(self, folder: str, capsys: Captured) -> None:
        assert answer(["build", folder, "--edit", "a.txt=b"]) == 0
        out = capsys.readouterr().out
        assert "Build 2 with buildkit-containerd: 0 hit, 2 run" in out
        assert "first cause, line 2: " in out
        assert max(map(len, out.splitlines())) <= 80

    def test_without_an_edit_it_tries_one_and_says_what_would_break_each_step(
        self, folder: str, capsys: Captured
    ) -> None:
        assert answer(["build", folder]) == 0
        out = capsys.readouterr().out
        assert "line 2: Other content, permissions or names in a.txt would make it run" in out
        (row,) = [line.split() for line in out.splitlines() if line.startswith("a.txt")]
        assert row[:5] == ["a.txt", "2", "2", "of", "2"]

    def test_beside_a_step_that_runs_the_hits_say_what_would_break_them(self, folder: str, capsys: Captured) -> None:
        Path(folder, "Dockerfile").write_text("FROM alpine\nRUN apk add b\nCOPY a.txt /a\n", "utf-8")
        arguments = ["build", folder, "--edit", "a.txt=b", "--no-suggest"]
        assert answer(arguments) == 0
        out = capsys.readouterr().out
        assert "What would break the hits\n  line 2: " in out
        assert max(map(len, out.splitlines())) <= 80
        assert answer([*arguments, "--no-breaks"]) == 0
        assert "break" not in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("options", "statuses"),
        [
            ([], ["hit", "hit", "hit"]),
            (["--cache", "kept"], ["hit", "hit", "hit"]),
            (["--cache", "max"], ["hit", "hit", "hit"]),
            (["--cache", "empty"], ["miss", "miss", "miss"]),
            (["--no-cache-filter", "one"], ["miss", "hit", "depends"]),
            (["--no-cache-filter", "two"], ["hit", "miss", "miss"]),
            (["--no-cache-filter", "one", "--no-cache-filter", "two"], ["miss", "miss", "miss"]),
        ],
        ids=repr,
    )
    def test_the_second_build_finds_the_cache_it_is_told(
        self, folder: str, options: list[str], statuses: list[str], capsys: Captured
    ) -> None:
        text = "FROM alpine AS one\nRUN cc\nFROM alpine AS two\nRUN apk add b\nCOPY --from=one /o /o\n"
        Path(folder, "Dockerfile").write_text(text, "utf-8")
        second = self.builds(capsys, folder, *options)[1]
        assert [step["status"] for step in second["steps"] if step["line"] in (2, 4, 5)] == statuses

    def test_a_cache_exported_in_mode_min_lacks_the_stages_that_the_image_does_not_have(
        self, folder: str, capsys: Captured
    ) -> None:
        """Its files are asked for after an edit of the last stage, whose steps alone are exported."""
        text = "FROM alpine AS one\nRUN cc\nFROM alpine\nCOPY a.txt /a\nCOPY --from=one /o /o\n"
        Path(folder, "Dockerfile").write_text(text, "utf-8")

        def compiled(*options: str) -> str:
            found = self.builds(capsys, folder, "--edit", "a.txt=b", *options)[1]
            (status,) = [step["status"] for step in found["steps"] if step["line"] == 2]
            return str(status)

        assert (compiled(), compiled("--cache", "max"), compiled("--cache", "min")) == ("hit", "hit", "miss")

    def test_help_tells_the_options_of_the_second_builds_cache(self, capsys: Captured) -> None:
        assert answer(["build", "--help"]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "--no-cache-filter STAGE The second build ignores it in that stage" in out
        assert "[kept|empty|min|max]" in out

    def test_suggestions_come_with_what_they_save_unless_they_are_not_wanted(
        self, folder: str, capsys: Captured
    ) -> None:
        Path(folder, "Dockerfile").write_text("FROM alpine\nCOPY a.txt /a\n# sim: 9 s\nRUN apk add b\n", "utf-8")
        assert answer(["build", folder, "--edit", "a.txt=b"]) == 0
        assert "saves ~9.0 s: Move the COPY of line 2 behind the RUN of line 4" in capsys.readouterr().out
        assert answer(["build", folder, "--edit", "a.txt=b", "--no-suggest"]) == 0
        assert "Try" not in capsys.readouterr().out
        assert answer(["build", folder, "--edit", "a.txt=b", "--format", "json"]) == 0
        (found,) = json.loads(capsys.readouterr().out)["suggestions"]
        assert found["saved_seconds"] == pytest.approx(9)
        assert found["files"]["Dockerfile"].index("RUN apk") < found["files"]["Dockerfile"].index("COPY a.txt")

    def test_another_body_behind_an_address_is_an_edit_too(self, folder: str, capsys: Captured) -> None:
        Path(folder, "Dockerfile").write_text("FROM alpine\nADD https://example.com/a?b=c /a\n", "utf-8")
        assert self.builds(capsys, folder, "--edit-remote", "https://example.com/a=2")[1]["misses"] == 1

    def test_two_causes_are_named_with_what_each_alone_costs(self, folder: str, capsys: Captured) -> None:
        text = "FROM alpine\nCOPY a.txt /a\nARG V\n# sim: 9 s\nRUN make\n"
        Path(folder, "Dockerfile").write_text(text, "utf-8")
        edits = ["--edit", "a.txt=b", "--build-arg", "V=1", "--edit-build-arg", "V=2"]
        assert answer(["build", folder, *edits]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "first cause, line 2: Re-runs because the content of a.txt changed. Alone: 2 run, ~9.1 s." in out
        assert "cause 2, line 5: Re-runs because the build argument V changed, from 1 to 2." in out
        assert "both together: 2 run, ~9.1 s" in out
        causes = self.builds(capsys, folder, *edits)[1]["causes"]
        assert [(one["id"], one["lines"], one["misses"], one["first"]) for one in causes] == [
            ("build.content_changed", [2], 2, True), ("build.arg_changed", [5], 1, False),
        ]  # fmt: skip

    def test_what_an_estimate_is_made_from_is_told(self, folder: str, capsys: Captured) -> None:
        Path(folder, "Dockerfile").write_text("FROM alpine\nRUN apk add curl git\n", "utf-8")
        assert answer(["build", folder]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "Estimated from line 2: 2 packages that the command names, each with its dependencies" in out

    @pytest.mark.parametrize(
        ("options", "held", "path"),
        [
            (["--edit", "a.txt=b", "--max-rebuild-time", "9100 ms"], True, ""),
            (["--edit", "a.txt=b", "--max-rebuild-time", "8.9s"], False, ""),
            (["--max-rebuild-time", "8.9s"], False, "a.txt"),
            (["--max-rebuild-time", "8.9s", "--no-suggest"], False, "a.txt"),
            (["--edit", "a.txt:touch", "--max-rebuild-time", "0 s"], True, ""),
        ],
        ids=repr,
    )
    def test_a_rebuild_over_its_limit_is_exit_code_1(
        self, folder: str, options: list[str], held: bool, path: str, capsys: Captured
    ) -> None:
        Path(folder, "Dockerfile").write_text("FROM alpine\nCOPY a.txt /a\n# sim: 9 s, 1 MB\nRUN make\n", "utf-8")
        assert answer(["build", folder, *options]) == (0 if held else 1)
        assert f"{'held' if held else 'BROKEN'}: --max-rebuild-time" in capsys.readouterr().out
        assert answer(["build", folder, *options, "--format", "json"]) == (0 if held else 1)
        (verdict,) = json.loads(capsys.readouterr().out)["budgets"]
        assert (verdict["passed"], verdict["path"], verdict["figure"]) == (held, path, "rebuild_time")

    def test_findings_are_at_the_lines_of_the_dockerfile(self, folder: str, capsys: Captured) -> None:
        Path(folder, "Dockerfile").write_text("FROM alpine\nCOPY a.txt /a\n# sim: 9 s, 1 MB\nRUN make\n", "utf-8")
        options = ["--edit", "a.txt=b", "--max-rebuild-time", "8.9s", "--format"]
        assert answer(["build", folder, *options, "github"]) == 1
        out = capsys.readouterr().out.splitlines()
        place = f"file={folder}/Dockerfile,line=2"
        assert out[0].startswith(f"::error {place},title=sim rebuild-time::--max-rebuild-time 8.9s: ~9")
        assert out[-1] == f"::notice {place},title=sim cache-miss::Re-runs because the content of a.txt changed."
        assert answer(["build", folder, *options, "sarif"]) == 1
        (run,) = json.loads(capsys.readouterr().out)["runs"]
        assert {result["ruleId"] for result in run["results"]} >= {"rebuild-time", "cache-miss"}

    def test_the_graph_is_written_in_place_of_the_table_or_into_files(
        self, folder: str, tmp_path: Path, capsys: Captured
    ) -> None:
        assert answer(["build", folder, "--edit", "a.txt=b", "--graph", "dot"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("digraph build {")
        assert (
            answer(["build", folder, "--edit", "a.txt=b", "--graph", "dot,mermaid,svg", "--out", str(tmp_path / "o")])
            == 0
        )
        assert "Build 2 with" in capsys.readouterr().out
        assert (tmp_path / "o" / "build.dot").read_text("utf-8") == out
        assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["build.dot", "build.mmd", "build.svg"]
        assert answer(["build", folder, "--edit", "a.txt=b", "--graph", "dot,mermaid", "--format", "json"]) == 0
        graphs = json.loads(capsys.readouterr().out)["graphs"]
        assert (list(graphs), graphs["dot"]) == (["dot", "mermaid"], out)

    def test_a_dockerfile_is_found_from_the_folder_or_from_here(
        self, folder: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(Path(folder).parent)
        name = Path(folder).name
        Path(folder, "Other").write_text("FROM alpine\nRUN one\n", "utf-8")
        for given in ("Other", f"{name}/Other", str(Path(folder, "Other"))):
            assert self.builds(capsys, name, "-f", given)[0]["misses"] == 1
        Path("Outside").write_text("FROM alpine\n", "utf-8")
        assert answer(["build", name, "-f", "Outside"]) == 2
        assert "expected a Dockerfile in the folder that is built" in capsys.readouterr().err

    def test_a_build_argument_by_name_alone_has_the_environments_value(
        self, folder: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path(folder, "Dockerfile").write_text("FROM alpine\nARG V\nRUN echo $V\n", "utf-8")
        monkeypatch.setenv("V", "2")
        second = self.builds(capsys, folder, "--build-arg", "V=1", "--edit-build-arg", "V")[1]
        assert [one["arguments"] for one in second["causes"]] == [{"name": "V", "old": "1", "new": "2"}]
        monkeypatch.delenv("V")
        assert self.builds(capsys, folder, "--build-arg", "V=1", "--edit-build-arg", "V")[1]["misses"] == 0

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["none"], "is no folder"),
            ([".", "--file", "Nofile"], "Nofile"),
            ([".", "--builder", "buildkitd"], "buildkit-containerd"),
            ([".", "--edit", "none.txt:touch"], "none.txt"),
            ([".", "--host", "laptap"], "did you mean 'laptop'"),
            ([".", "--like", "redis:lates"], "did you mean 'redis:latest'"),
            ([".", "--build-context", "a=b"], "named contexts are not modelled"),
            ([".", "--platform", "arm"], "'arm' is no platform"),
            ([".", "--max-rebuild-time", "30"], "without a unit"),
            ([".", "--graph", "dot,svg"], "several graphs need --out DIR"),
            ([".", "--graph", "png"], "no format 'png'"),
            ([".", "--out", "x"], "--out DIR is for --graph"),
            ([".", "--shm-size", "big"], "--shm-size"),
        ],
        ids=repr,
    )
    def test_what_cannot_be_built_is_bad_input(
        self, folder: str, arguments: list[str], words: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder)
        assert answer(["build", *arguments]) == 2
        out, err = capsys.readouterr()
        assert words in err
        assert out == ""


class TestInspect:
    def test_of_a_dockerfile_that_cannot_be_read_there_are_its_problems_alone(
        self, tmp_path: Path, capsys: Captured
    ) -> None:
        path = write(tmp_path, "Dockerfile", "FORM alpine\n")
        assert answer(["inspect", path]) == 2
        out, err = capsys.readouterr()
        assert (out, err) == ("", f"{path}:1: unknown instruction: FORM (did you mean FROM?)\n")

    def test_a_dockerfile(self, tmp_path: Path, capsys: Captured) -> None:
        path = write(tmp_path, "Dockerfile", "FROM alpine AS base\nRUN true\n")
        assert answer(["inspect", path]) == 0
        assert "stage 0 base from alpine\n" in capsys.readouterr().out
        assert answer(["inspect", path, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["kind"], found["problems"]) == ("dockerfile", [])

    def test_a_dockerfile_with_a_mistake_is_bad_input(self, tmp_path: Path, capsys: Captured) -> None:
        path = write(tmp_path, "Dockerfile", "FROM alpine\nRNU true\n")
        assert answer(["inspect", path]) == 2
        assert f"{path}:2: " in capsys.readouterr().err

    @pytest.mark.parametrize("data", [b"", b"\x00\xff\x00", b"hello"], ids=repr)
    def test_what_is_nothing_that_can_be_read_is_bad_input(self, tmp_path: Path, data: bytes, capsys: Captured) -> None:
        (tmp_path / "thing").write_bytes(data)
        assert answer(["inspect", str(tmp_path / "thing")]) == 2
        assert answer(["inspect", str(tmp_path / "none")]) == 2
        assert capsys.readouterr().out == ""


class TestInspectFiles:
    """One image: 4,000 B of /big, of which layer 2 holds 1,000 B once more, and a name that would colour a terminal."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> str:
        return saved_tars(
            tmp_path, "a", [tar_of({"big": b"x" * 4000, "one": b"1"}), tar_of({"big": bytes(1000), "\x1b[31m": b""})]
        )

    def inspected(self, capsys: Captured, *arguments: str, code: int = 0) -> dict[str, Any]:
        assert answer(["inspect", *arguments, "--format", "json"]) == code
        (image,) = json.loads(capsys.readouterr().out)["images"]
        return dict(image)

    def test_wasted_files_are_named_with_their_layers_and_bytes(self, path: str, capsys: Captured) -> None:
        image = self.inspected(capsys, path)
        assert image["wasted_files"] == [{"path": "/big", "bytes": 5000, "layers": [1, 2]}]
        assert (image["wasted_file_count"], image["wasted_bytes"], image["wasted_share"]) == (1, 5000, 5.0)
        assert answer(["inspect", path]) == 0
        (row,) = [line.split() for line in capsys.readouterr().out.splitlines() if line.endswith("/big")]
        assert row == ["5.0", "kB", "1,", "2", "/big"]

    def test_the_files_of_a_layer_are_listed_by_its_number_or_digest(self, path: str, capsys: Captured) -> None:
        plain = self.inspected(capsys, path)
        assert all("entries" not in layer for layer in plain["layers"])
        second = plain["layers"][1]["diff_id"]
        for wanted in ("2", second, second[:11], second.partition(":")[2][:4].upper()):
            one, two = self.inspected(capsys, path, "--layer", wanted)["layers"]
            assert "entries" not in one
            assert [(entry["path"], entry["size"]) for entry in two["entries"]] == [("big", 1000), ("\x1b[31m", 0)]
        layers = self.inspected(capsys, path, "--files")["layers"]
        assert [len(layer["entries"]) for layer in layers] == [2, 2]

    def test_what_a_name_holds_is_not_obeyed_by_the_terminal(self, path: str, capsys: Captured) -> None:
        assert answer(["inspect", path, "--files"]) == 0
        out = capsys.readouterr().out
        assert "/\\u001b[31m" in out
        assert "\x1b" not in out

    @pytest.mark.parametrize("wanted", ["3", "0", "sha256:", "zz"])
    def test_a_layer_that_is_not_there_is_bad_input(self, path: str, wanted: str, capsys: Captured) -> None:
        assert answer(["inspect", path, "--layer", wanted]) == 2
        assert f"no layer {wanted!r}; expected a number from 1" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("budget", "held"),
        [
            (["--max-wasted", "5000 B"], True),
            (["--max-wasted", "4999B"], False),
            (["--max-wasted", "500 %"], None),
            (["--max-wasted", "99%"], False),
            (["--min-efficiency", "0.2"], True),
            (["--min-efficiency", "20.2 %"], False),
            (["--min-efficiency", "20 %", "--max-wasted", "1 kB"], False),
            (["--max-wasted", "much"], None),
            (["--max-wasted", "20"], None),
            (["--min-efficiency", "95"], None),
        ],
        ids=repr,
    )
    def test_a_budget_that_is_broken_is_exit_code_1(
        self, path: str, budget: list[str], held: bool | None, capsys: Captured
    ) -> None:
        """Efficiency is (1,000 + 1) of 5,001 B, a little over 20 %; a budget that is just met is kept."""
        if held is None:
            assert answer(["inspect", path, *budget]) == 2
            assert budget[0] in capsys.readouterr().err
            return
        image = self.inspected(capsys, path, *budget, code=0 if held else 1)
        verdicts: list[dict[str, Any]] = image["budgets"]
        assert len(verdicts) == len(budget) // 2
        assert all(one["passed"] for one in verdicts) is held
        assert answer(["inspect", path, *budget]) == (0 if held else 1)
        assert ("BROKEN: " in capsys.readouterr().out) is not held

    def test_each_of_several_images_is_judged_and_what_is_no_image_is_bad_input(
        self, path: str, tmp_path: Path, capsys: Captured
    ) -> None:
        good = saved_tars(tmp_path, "b", [tar_of({"a": b"1"}), tar_of({"b": b"2"})])
        budget = ["--max-wasted", "1 kB"]
        assert answer(["inspect", good, *budget]) == 0
        capsys.readouterr()
        assert answer(["inspect", good, path, *budget, "--format", "json"]) == 1
        found = json.loads(capsys.readouterr().out)["inspected"]
        assert [one["images"][0]["budgets"][0]["passed"] for one in found] == [True, False]
        dockerfile = write(tmp_path, "Dockerfile", "FROM alpine\n")
        assert answer(["inspect", good, dockerfile, *budget]) == 2
        assert "is no image" in capsys.readouterr().err


class TestInspectSeveral:
    """Two images on one base layer: 3,072 B of tar below, and 2,048 B on top of each."""

    @pytest.fixture
    def paths(self, tmp_path: Path) -> list[str]:
        return [saved(tmp_path, name, [bytes(3072), name.encode() + bytes(2047)]) for name in "ab"]

    def test_images_of_several_archives_tell_what_they_share(self, paths: list[str], capsys: Captured) -> None:
        assert answer(["inspect", *paths, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["kind"], [one["path"] for one in found["inspected"]]) == ("images", paths)
        assert [one["kind"] for one in found["inspected"]] == ["image", "image"]
        told = [[one[key] for key in ("name", "size", "adds", "frees", "shared")] for one in found["shared"]]
        assert told == [["a:1", 5120, 5120, 2048, 3072], ["b:1", 5120, 2048, 2048, 3072]]
        assert [one["moves"] for one in found["shared"]] == [5120, 2048]

    def test_one_archive_keeps_its_own_shape(self, paths: list[str], capsys: Captured) -> None:
        assert answer(["inspect", paths[0], "--format", "json"]) == 0
        assert set(json.loads(capsys.readouterr().out)) == {"kind", "images"}
        assert answer(["inspect", paths[0]]) == 0
        assert "On one host" not in capsys.readouterr().out

    def test_the_table_has_each_image_and_the_host_in_eighty_columns(self, paths: list[str], capsys: Captured) -> None:
        assert answer(["inspect", *paths]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "On one host, in this order: 7.2 kB on disk" in lines
        assert lines[-1].split() == ["5.1", "kB", "2.0", "kB", "2.0", "kB", "3.1", "kB", "2.0", "kB", "b:1"]
        assert max(map(len, (line for line in lines if line not in paths))) <= 80

    def test_what_cannot_be_read_is_named_and_the_rest_is_shown(self, paths: list[str], capsys: Captured) -> None:
        for bad in ("none", "other"):
            Path(paths[0]).with_name("other").write_text("FROM alpine\nRNU true\n", "utf-8")
            path = str(Path(paths[0]).with_name(bad))
            assert answer(["inspect", path, paths[1], "--format", "json"]) == 2
            out, err = capsys.readouterr()
            assert json.loads(out)["inspected"][-1]["path"] == paths[1]
            assert path in err
            assert "Traceback" not in err

    def test_every_path_that_cannot_be_read_is_named(self, tmp_path: Path, capsys: Captured) -> None:
        assert answer(["inspect", str(tmp_path / "x"), str(tmp_path / "y")]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("does not exist")) == ("", 2)


def saved(folder: Path, name: str, layers: list[bytes]) -> str:
    """A `docker save` archive of an image "NAME:1"; a layer's bytes are its first, then zeros: an empty tar."""
    tars = [layer if not layer.strip(b"\0") else tar_of({layer[:1].decode(): b"x"}, len(layer)) for layer in layers]
    return saved_tars(folder, name, tars)


def saved_tars(folder: Path, name: str, tars: list[bytes]) -> str:
    """A `docker save` archive of an image "NAME:1" with these layers."""
    ids = ["sha256:" + hashlib.sha256(data).hexdigest() for data in tars]
    config = json.dumps({"rootfs": {"type": "layers", "diff_ids": ids}, "architecture": "amd64", "os": "linux"})
    names = [f"{number}.tar" for number in range(len(tars))]
    manifest = json.dumps([{"Config": "c.json", "RepoTags": [f"{name}:1"], "Layers": names}])
    members = {"c.json": config.encode(), "manifest.json": manifest.encode(), **dict(zip(names, tars, strict=True))}
    path = folder / f"{name}.tar"
    path.write_bytes(tar_of(members))
    return str(path)


def tar_of(members: dict[str, bytes], size: int = 0) -> bytes:
    """A tar of files; size: cut or filled with its end's zeros to so many bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    data = out.getvalue()
    return data[:size] if size else data


class TestReplay:
    def recording(self, tmp_path: Path, state: str) -> str:
        steps = {"[1/2] FROM docker.io/library/alpine": "cached", "[2/2] RUN true": state}
        build = {"builder": "buildkit-containerd", "label": "first", "steps": steps}
        scenario = {"name": "one", "dockerfile": "FROM alpine\nRUN true\n", "context_files": {}, "builds": [build]}
        return write(tmp_path, "recorded.json", json.dumps({"bases": {}, "scenarios": [scenario]}))

    def test_agreement_leaves_with_zero(self, tmp_path: Path, capsys: Captured) -> None:
        assert answer(["replay", self.recording(tmp_path, "run"), "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["disagreements"] == []
        assert (
            found["builders"]["buildkit-containerd"]["agree"],
            found["builders"]["buildkit-containerd"]["steps"],
        ) == (1, 1)

    def test_a_disagreement_is_named_and_leaves_with_one(self, tmp_path: Path, capsys: Captured) -> None:
        assert answer(["replay", self.recording(tmp_path, "cached")]) == 1
        out = capsys.readouterr().out
        assert "buildkit-containerd" in out
        assert "predicted run, recorded cached" in out

    def test_what_is_no_recording_is_bad_input(self, tmp_path: Path, capsys: Captured) -> None:
        for text in ("", "{}", "[1]", '{"scenarios": [3]}'):
            assert answer(["replay", write(tmp_path, "no.json", text)]) == 2
        assert capsys.readouterr().out == ""


def process(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sim", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options
    )


REAL = """\
id: real
concept: real
title: {en: a, ja: a}
summary: {en: a, ja: a}
study: startup
technology: docker
host: server
instances: INSTANCES
replications: REPLICATIONS
"""


class TestProcesses:
    def real(self, tmp_path: Path, instances: int, replications: int) -> str:
        text = REAL.replace("INSTANCES", str(instances)).replace("REPLICATIONS", str(replications))
        return write(tmp_path, "real.yaml", text)

    def test_a_run_prints_results_only_and_no_progress_where_there_is_no_terminal(self, tmp_path: Path) -> None:
        with process("run", self.real(tmp_path, 1, 2), "--format", "json") as run:
            out, err = run.communicate(timeout=PATIENCE)
        assert (run.returncode, err) == (0, "")
        assert json.loads(out)["metrics"]

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals here")
    def test_progress_is_told_on_standard_error_where_that_is_a_terminal(self, tmp_path: Path) -> None:
        ours, theirs = os.openpty()
        command = [sys.executable, "-m", "sim", "run", self.real(tmp_path, 1, 50), "--format", "json"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=PATIENCE)
        os.close(theirs)
        told = os.read(ours, 100_000).decode()
        os.close(ours)
        shares = [int(share) for share in re.findall(r"\rreal +(\d+) %", told)]
        assert shares[0] < 10
        assert shares[-1] == 100
        assert shares == sorted(shares)
        assert told.endswith("\r")
        assert len(done.stdout.splitlines()) == 1

    def test_bad_input_is_no_traceback(self, tmp_path: Path) -> None:
        with process("run", self.real(tmp_path, -1, 2)) as run:
            out, err = run.communicate(timeout=PATIENCE)
        assert (run.returncode, out) == (2, "")
        assert "instances: -1 is out of range; expected at least 1" in err
        assert "Traceback" not in err

    def test_a_reader_that_goes_away_leaves_no_noise(self, tmp_path: Path) -> None:
        path = self.real(tmp_path, 1, 2)
        with process("run", *[path] * 30, "--format", "json") as run:
            assert run.stdout is not None
            assert run.stderr is not None
            run.stdout.readline()
            run.stdout.close()
            err = run.stderr.read()
            run.wait(timeout=PATIENCE)
        assert (run.returncode, err) == (0, "")

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
    @pytest.mark.parametrize(("jobs", "seconds"), [("1", 1.5), ("2", 1.5), ("2", 2.5)])
    def test_an_interrupt_leaves_with_130_and_no_traceback(self, tmp_path: Path, jobs: str, seconds: float) -> None:
        path = self.real(tmp_path, 2000, 5000)
        with process("run", path, "--jobs", jobs, start_new_session=True) as run:
            time.sleep(seconds)
            os.killpg(run.pid, signal.SIGINT)
            out, err = run.communicate(timeout=PATIENCE)
        assert (run.returncode, out) == (130, "\n" if out else "")
        words = ("interrupted", "interrupted in real; 0 of 1 scenarios had finished")
        assert err.strip() in words, "one line, whether the scenario was still being read or its workers still starting"

    def test_a_terminal_that_knows_no_such_characters_is_no_error(self, tmp_path: Path) -> None:
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        with process("list", env=environment) as run:
            _, err = run.communicate(timeout=PATIENCE)
        assert (run.returncode, err) == (0, "")
