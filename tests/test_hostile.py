"""The command line's promises where files, names, streams and signals are as bad as they come: 2, in a few words."""

from __future__ import annotations

import errno
import importlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sim import limits
from sim.cli import answer
from sim.cli.interrupts import Interrupts
from sim.errors import CancelledError, InputError
from tests.test_fuzz_cli import TINY
from tests.watchdog import PATIENCE

ROOT = Path(__file__).parents[1]
HOSTILE = ROOT / "tests" / "data" / "hostile"
Captured = pytest.CaptureFixture[str]

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files and signals")


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    return write(tmp_path, "tiny.yaml", TINY.replace("HOST", "server"))


@pytest.fixture
def baseline(tiny: str, capsys: Captured) -> dict[str, Any]:
    assert answer(["run", tiny, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refused(arguments: list[str], capsys: Captured) -> str:
    """What standard error says of a call that is answered with 2."""
    code = answer(arguments)
    out, err = capsys.readouterr()
    assert (code, out) == (2, ""), err
    assert "internal error" not in err
    return err


NESTED = "[" * 2000


class TestNesting:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (f"FROM scratch\nCMD {NESTED}\n", 2),
            (f"FROM scratch\nRUN a\n\nENTRYPOINT {NESTED}{']' * 2000}\nRUN b\n", 4),
            (f'FROM scratch\nCMD ["a", \\\n  {NESTED}\n', 2),
            (f"FROM scratch\nHEALTHCHECK CMD {NESTED}\n", 2),
            ("FROM scratch\nCMD [" + '{"a":' * 2000 + "\n", 2),
            (f"FROM scratch\nCOPY {NESTED}\n", 2),
        ],
    )
    def test_json_nested_too_deeply_in_a_dockerfile_is_named_by_its_line(
        self, tmp_path: Path, capsys: Captured, text: str, line: int
    ) -> None:
        file = write(tmp_path, "Dockerfile", text)
        words = f"Dockerfile:{line}: its JSON is nested too deeply"
        assert answer(["inspect", file]) == 2
        assert words in capsys.readouterr().err
        assert words in refused(["build", str(tmp_path)], capsys)
        scenario = TINY.replace("study: density", "study: build\ncontext: .").partition("technology")[0]
        assert words in refused(["run", write(tmp_path, "build.yaml", scenario)], capsys)

    def test_two_are_two_problems_and_the_rest_is_read(self, tmp_path: Path, capsys: Captured) -> None:
        file = write(tmp_path, "Dockerfile", f"FROM scratch\nCMD {NESTED}\nRUNN x\nCMD {NESTED}\n")
        assert answer(["inspect", file]) == 2
        assert re.findall(r"Dockerfile:(\d): (its JSON|unknown)", capsys.readouterr().err) == [
            ("2", "its JSON"), ("3", "unknown"), ("4", "its JSON"),
        ]  # fmt: skip

    @pytest.mark.parametrize("text", ["[" * 20_000, '{"a":' * 20_000, "a: " + "[" * 20_000, "? " * 10_000])
    def test_a_scenario_a_recording_a_baseline_and_a_profile(
        self, tmp_path: Path, tiny: str, capsys: Captured, text: str
    ) -> None:
        file = write(tmp_path, "deep", text)
        host = write(tmp_path, "host.yaml", TINY.replace("HOST", "deep.toml"))
        write(tmp_path, "deep.toml", f"a = {text}")
        for call in (["check", file], ["replay", file], ["run", tiny, "--baseline", file], ["check", host]):
            assert len(refused(call, capsys)) < 5000


class TestBaseline:
    @pytest.mark.parametrize("file", sorted(HOSTILE.glob("baseline_*.jsonl")), ids=lambda file: file.stem)
    def test_each_that_brought_it_down_is_refused_with_line_and_key(self, capsys: Captured, file: Path) -> None:
        err = refused(["run", str(ROOT / "scenarios" / "density.yaml"), "--baseline", str(file)], capsys)
        assert re.search(r"\.jsonl:1: (metrics\.\d+\.\w+|scenario): not a line of 'run --format json': ", err)

    @pytest.mark.parametrize(
        ("key", "value", "words"),
        [
            ("value", "1", "'1' does not fit; expected a number"),
            ("value", True, "true does not fit; expected a number"),
            ("value", [1], "[1] does not fit; expected a number"),
            ("value", 10**400, "finite number"),
            ("low", {}, "{} does not fit; expected a number"),
            ("of", None, "has no value; expected text"),
            ("unit", 5, "5 does not fit; expected text"),
        ],
    )
    def test_a_value_of_another_kind_is_named(
        self, tmp_path: Path, tiny: str, baseline: dict[str, Any], capsys: Captured, key: str, value: Any, words: str
    ) -> None:
        baseline["metrics"][2][key] = value
        file = write(tmp_path, "base.jsonl", "\n" + json.dumps(baseline))
        err = refused(["run", tiny, "--baseline", file], capsys)
        assert f"base.jsonl:2: metrics.2.{key}: " in err
        assert words in err

    def test_rows_that_are_there_twice_are_named(
        self, tmp_path: Path, tiny: str, baseline: dict[str, Any], capsys: Captured
    ) -> None:
        baseline["metrics"].append(baseline["metrics"][0])
        err = refused(["run", tiny, "--baseline", write(tmp_path, "twice.jsonl", json.dumps(baseline))], capsys)
        assert "is there already; expected each metric once" in err

    def test_an_interval_that_ends_before_it_begins_and_a_nan_are_refused(
        self, tmp_path: Path, tiny: str, baseline: dict[str, Any], capsys: Captured
    ) -> None:
        baseline["metrics"][0] |= {"low": 2, "high": 1}
        line = json.dumps(baseline)
        assert "metrics.0.low: " in refused(["run", tiny, "--baseline", write(tmp_path, "a", line)], capsys)
        line = line.replace('"low": 2', '"low": NaN')
        assert "NaN is no number" in refused(["run", tiny, "--baseline", write(tmp_path, "a", line)], capsys)

    def test_a_text_with_another_line_end_inside_is_one_line(
        self, tmp_path: Path, tiny: str, baseline: dict[str, Any]
    ) -> None:
        line = json.dumps(baseline | {"note": "a\u2028b\x85c"}, ensure_ascii=False)
        assert answer(["run", tiny, "--baseline", write(tmp_path, "a", line)]) == 0


def recording(*tokens: str) -> str:
    """A recording with a scenario for each token that a RUN leaves."""
    build = {"builder": "legacy", "label": "a", "args": "", "rc": 0, "steps": {"1/2 FROM b": "run", "2/2 RUN a": "run"}}
    scenarios = [
        {
            "name": f"case {number}", "dockerfile": "FROM b\nRUN a\n", "context_files": {}, "builds": [build],
            "outputs": {"[2/2] RUN a": {"*": {"/o": token}}},
        }
        for number, token in enumerate(tokens)
    ]  # fmt: skip
    return json.dumps({"bases": {"b": {}}, "scenarios": scenarios})


class TestRecording:
    def test_every_malformed_scenario_is_named_and_nothing_is_an_internal_error(
        self, tmp_path: Path, capsys: Captured
    ) -> None:
        file = write(tmp_path, "r.json", recording("same 0600 0:0", "good 0600 1", "same x", "same 0600 1 1", "good"))
        err = refused(["replay", file], capsys)
        assert re.findall(r"r\.json: (\S+ RUN a\.\*\./o): '(.*?)' does not fit.*\(scenario 'case (\d)'\)", err) == [
            ("scenarios.0.outputs.[2/2] RUN a.*./o", "same 0600 0:0", "0"),
            ("scenarios.2.outputs.[2/2] RUN a.*./o", "same x", "2"),
            ("scenarios.3.outputs.[2/2] RUN a.*./o", "same 0600 1 1", "3"),
        ]

    def test_what_the_planner_refuses_is_told_of_every_scenario(self, tmp_path: Path, capsys: Captured) -> None:
        data = json.loads(recording("a", "a", "a"))
        for number in (0, 2):
            data["scenarios"][number]["builds"][0]["mutation"] = {"nope": None}
        err = refused(["replay", write(tmp_path, "r.json", json.dumps(data))], capsys)
        assert re.findall(r"scenarios\.(\d)\.builds\.0: scenario 'case \d': no 'nope'", err) == ["0", "2"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"mtime": 10**400}, "mtime: expected seconds"),
            ({"mtime": True}, "mtime: expected seconds, not True"),
            ({"chown": [-1, 0]}, "chown: expected the numbers"),
            ({"chown": [2**40, 0]}, "chown: expected the numbers"),
        ],
    )
    def test_numbers_that_no_file_has(
        self, tmp_path: Path, capsys: Captured, change: dict[str, Any], words: str
    ) -> None:
        data = json.loads(recording("a"))
        data["scenarios"][0]["builds"][0]["mutation"] = {"Dockerfile": change}
        assert words in refused(["replay", write(tmp_path, "r.json", json.dumps(data))], capsys)

    def test_an_output_of_a_step_that_no_builder_names_so(self, tmp_path: Path, capsys: Captured) -> None:
        text = recording("a").replace("[2/2] RUN a", "RUN a")
        assert "expected a step as BuildKit names it" in refused(["replay", write(tmp_path, "r.json", text)], capsys)

    def test_a_number_of_too_many_digits_and_a_long_row_of_bases(self, tmp_path: Path, capsys: Captured) -> None:
        text = recording("a").replace('"rc": 0', '"rc": ' + "1" * 5000)
        assert "r.json: no JSON" in refused(["replay", write(tmp_path, "r.json", text)], capsys)
        data = json.loads(recording("a"))
        data["bases"] |= {f"b{n}": {"from": f"b{n + 1}"} for n in range(5000)} | {"b5000": {}}
        assert "bases: " in refused(["replay", write(tmp_path, "r.json", json.dumps(data))], capsys)


COMMANDS: dict[str, Callable[[str, str], list[str]]] = {
    "check": lambda path, tiny: ["check", path],
    "run": lambda path, tiny: ["run", path],
    "list": lambda path, tiny: ["list", path],
    "inspect": lambda path, tiny: ["inspect", path],
    "replay": lambda path, tiny: ["replay", path],
    "accuracy": lambda path, tiny: ["accuracy", path],
    "baseline": lambda path, tiny: ["run", tiny, "--baseline", path],
    "build": lambda path, tiny: ["build", path],
    "dockerfile": lambda path, tiny: ["build", str(Path(tiny).parent), "-f", path],
    "like": lambda path, tiny: ["build", str(ROOT / "scenarios" / "files" / "shop"), "--like", path],
}
"""Every command and option that takes a path to read, by name."""

WRITTEN: dict[str, Callable[[str, str], list[str]]] = {
    "out": lambda path, tiny: ["run", tiny, "--out", path],
    "calibrate": lambda path, tiny: ["calibrate", "--out", f"{path}.toml"],
}


class TestPaths:
    @pytest.mark.parametrize(
        "path", ["x" * 5000, "x/" * 5000, "a\0b", "\ud800", "caf\udce9"], ids=["name", "path", "nul", "lone", "bytes"]
    )
    @pytest.mark.parametrize("name", [*COMMANDS, "calibrate"])
    def test_a_path_that_cannot_be_is_bad_input(self, tiny: str, capsys: Captured, name: str, path: str) -> None:
        err = refused((COMMANDS | WRITTEN)[name](path, tiny), capsys)
        assert err.strip()
        assert len(err) < 5000

    @pytest.mark.parametrize("path", ["x" * 5000, "a\0b", "\ud800"], ids=["name", "nul", "lone"])
    def test_a_folder_that_cannot_be_made_is_bad_input(self, tiny: str, capsys: Captured, path: str) -> None:
        assert refused(["run", tiny, "--out", path], capsys)

    @pytest.mark.parametrize("key", ["context", "dockerfile", "like", "host"])
    @pytest.mark.parametrize("path", ["x" * 5000, "x/" * 5000], ids=["name", "path"])
    def test_paths_inside_a_scenario(self, tmp_path: Path, capsys: Captured, key: str, path: str) -> None:
        head = TINY.replace("study: density", "study: build\ncontext: .").partition("technology")[0]
        write(tmp_path, "Dockerfile", "FROM scratch\n")
        text = head.replace("context: .", "") if key == "context" else head
        suffix = ".toml" if key == "host" else ""
        file = write(tmp_path, "a.yaml", f"{text}{key}: {path}{suffix}\n")
        assert len(refused(["run", file], capsys)) < 5000

    @posix
    def test_a_scenario_whose_name_is_not_text_is_reported_all_the_same(self, tmp_path: Path, capsys: Captured) -> None:
        path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.yaml")
        Path(path).write_text(TINY.replace("HOST", "nope"))
        forms = ["--format", "json,junit,markdown", "--out", str(tmp_path / "out")]
        assert "nope" in refused(["run", path, *forms], capsys)
        Path(path).write_text(TINY.replace("HOST", "server"))
        assert answer(["run", path, *forms]) == 0


@posix
class TestKindsOfFile:
    @pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
    @pytest.mark.parametrize("name", [name for name in COMMANDS if name != "list"])
    def test_what_is_no_regular_file_is_refused_and_not_read(
        self, tmp_path: Path, tiny: str, capsys: Captured, name: str, kind: str
    ) -> None:
        path = tmp_path / "odd"
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "device":
            path.symlink_to("/dev/zero")
        else:
            os.mknod(path, 0o140600)
        assert refused(COMMANDS[name]("odd" if name == "dockerfile" else str(path), tiny), capsys).strip()

    @pytest.mark.parametrize("kind", ["pipe", "device"])
    def test_a_profile_an_ignore_file_and_a_file_of_a_layout(self, tmp_path: Path, capsys: Captured, kind: str) -> None:
        def odd(path: Path) -> None:
            os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")

        odd(tmp_path / "host.toml")
        assert "expected a regular file" in refused(
            ["check", write(tmp_path, "a.yaml", TINY.replace("HOST", "host.toml"))], capsys
        )
        (tmp_path / "layout").mkdir()
        odd(tmp_path / "layout" / "index.json")
        assert refused(["inspect", str(tmp_path / "layout")], capsys)
        write(tmp_path, "context/Dockerfile", "FROM scratch\nCOPY . /\n")
        odd(tmp_path / "context" / ".dockerignore")
        odd(tmp_path / "context" / "data")
        assert answer(["build", str(tmp_path / "context"), "--no-suggest"]) in (0, 2)

    def test_an_ignore_file_of_any_size_is_not_read_into_memory(self, tmp_path: Path, capsys: Captured) -> None:
        write(tmp_path, "Dockerfile", "FROM scratch\nCOPY . /\n")
        with (tmp_path / ".dockerignore").open("wb") as file:
            file.truncate(limits.DOCKERFILE + 1)
        assert f"larger than {limits.DOCKERFILE} bytes" in refused(["build", str(tmp_path)], capsys)


class TestMessages:
    def test_of_very_many_problems_the_first_are_told_and_the_rest_counted(
        self, tmp_path: Path, tiny: str, capsys: Captured
    ) -> None:
        keys = "".join(f"nothing_{number}: 1\n" for number in range(3000))
        file = write(tmp_path, "many.yaml", Path(tiny).read_text() + keys)
        err = refused(["check", file], capsys)
        assert err.count("unknown key") == limits.PROBLEMS - 1
        assert err.endswith(f"many.yaml: and {3000 - limits.PROBLEMS + 1:,} more problems\n")

    def test_each_file_has_its_own_count(self, tmp_path: Path, tiny: str, capsys: Captured) -> None:
        many = Path(tiny).read_text() + "".join(f"nothing_{number}: 1\n" for number in range(100))
        err = refused(
            ["run", *(write(tmp_path, name, many) for name in ("a.yaml", "b.yaml")), str(tmp_path / "c")], capsys
        )
        assert err.count("and 51 more problems") == 2
        assert "c: cannot be read" in err

    @pytest.mark.parametrize("line", ["KEY: 1", '"KEY": 1', "host: KEY", "id: KEY", 'expect: ["KEY < 1"]', "KEY"])
    def test_a_value_of_any_length_is_cut_and_what_is_allowed_still_told(
        self, tmp_path: Path, capsys: Captured, line: str
    ) -> None:
        key = line.partition(":")[0]
        kept = "".join(f"{row}\n" for row in TINY.splitlines() if not row.startswith(f"{key}:"))
        err = refused(["check", write(tmp_path, "long.yaml", kept + line.replace("KEY", "k" * 100_000))], capsys)
        assert len(err) < 10_000

    def test_the_problems_of_a_dockerfile_are_counted_in_json_too(self, tmp_path: Path, capsys: Captured) -> None:
        file = write(tmp_path, "Dockerfile", "FROM a\n" + "COPY --bad=1 x y\n" * 300)
        assert answer(["inspect", file, "--format", "json"]) == 2
        problems = json.loads(capsys.readouterr().out)["problems"]
        assert len(problems) == limits.PROBLEMS
        assert problems[-1]["message"] == "and 251 more problems"

    @pytest.mark.parametrize("option", ["--seed", "--replications", "--jobs"])
    def test_a_number_too_large_is_refused_with_the_range(self, tiny: str, capsys: Captured, option: str) -> None:
        assert re.search(
            rf"'{option}': '9+' does not fit; expected a whole number from [01] to \d+",
            refused(["run", tiny, option, "9" * 30], capsys),
        )

    def test_an_option_of_any_length_is_cut(self, tiny: str, capsys: Captured) -> None:
        assert len(refused(["run", tiny, "--format", "x" * 100_000], capsys)) < 3000
        assert len(refused(["x" * 100_000], capsys)) < 3000


def shell(command: str, *, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """A command line with `sim` in it, by the shell."""
    line = command.replace("sim ", f"{sys.executable} -m sim ", 1)
    return subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
class TestStreams:
    @pytest.mark.parametrize("stream", ["2>/dev/full", "2>&-"])
    def test_diagnostics_that_cannot_be_written_change_no_exit_code(self, tiny: str, stream: str) -> None:
        bad = shell(f"sim check /nowhere {tiny} {stream}")
        assert (bad.returncode, bad.stdout) == (2, f"{tiny}: ok\n")
        assert shell(f"sim nonsense {stream}").returncode == 2
        assert shell(f"sim check {tiny} {stream}").returncode == 0

    @pytest.mark.parametrize(("stream", "reason"), [(">/dev/full", "no space left on device"), (">&-", "it is closed")])
    def test_results_that_cannot_be_written_are_told_and_answered_with_2(
        self, tiny: str, stream: str, reason: str
    ) -> None:
        for command in ("check", "run"):
            lost = shell(f"sim {command} {tiny} {stream}")
            assert (lost.returncode, lost.stderr) == (2, f"standard output: cannot be written: {reason}\n")

    def test_help_that_cannot_be_written(self) -> None:
        lost = shell("sim --help >/dev/full")
        assert (lost.returncode, lost.stderr) == (2, "standard output: cannot be written: no space left on device\n")

    def test_nothing_can_be_written_at_all(self, tiny: str) -> None:
        for streams in (">/dev/full 2>/dev/full", ">&- 2>&-"):
            assert shell(f"sim run {tiny} {streams}").returncode == 2


def running(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, own = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(own) == session and state != "Z":
            found.append(int(folder.name))
    return found


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for what happens soon; the limit only keeps a failure from waiting for ever."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail(what)


LONG = TINY.replace("study: density", "study: startup\ninstances: 2000\nreplications: 5000").replace("HOST", "server")
"""A scenario that would run for minutes."""


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a session of its own, which is ended whatever becomes of the test."""
    command = [sys.executable, "-m", "sim", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            for left in running(process.pid):
                os.kill(left, signal.SIGKILL)


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] if os.name != "nt" else []


@linux
def test_workers_end_with_a_parent_that_is_killed_and_let_go_of_its_output(tmp_path: Path) -> None:
    with started("run", write(tmp_path, "long.yaml", LONG), "--jobs", "2") as run:
        until(lambda: len(running(run.pid)) >= 3, "no workers began")
        os.kill(run.pid, signal.SIGKILL)
        out, _ = run.communicate(timeout=PATIENCE)
        assert out == b"", "the pipe ends where nobody holds it any more"
        assert run.wait() == -signal.SIGKILL
        until(lambda: not running(run.pid), "a process is left")


@linux
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("jobs", "whole"),
    [("1", False), ("1", True), ("2", False), ("2", True)],
    ids=["the only process", "the only process and its group", "the parent", "all processes"],
)
def test_what_had_finished_is_reported_whatever_signal_ends_a_run(
    tmp_path: Path, tiny: str, number: signal.Signals, jobs: str, *, whole: bool
) -> None:
    long = write(tmp_path, "long.yaml", LONG.replace("id: tiny", "id: long"))
    out = tmp_path / "out"
    with started("run", tiny, long, "--jobs", jobs, "--out", str(out), "--format", "json,junit") as run:
        until(out.is_dir, "it did not begin")
        time.sleep(0.5)
        (os.killpg if whole else os.kill)(run.pid, number)
        printed, said = run.communicate(timeout=PATIENCE)
        until(lambda: not running(run.pid), "a process is left")
    lines = said.decode().splitlines()
    reports = sorted(path.name for path in out.iterdir())
    assert (run.returncode, printed) == (128 + number, b"")
    assert reports == ["junit.xml", "outcomes.jsonl"]
    finished = [json.loads(line)["scenario"] for line in (out / "outcomes.jsonl").read_text().splitlines()]
    assert lines[1:] == [f"wrote {out / name}" for name in ("outcomes.jsonl", "junit.xml")]
    assert (finished, lines[0]) in (
        (["tiny"], "interrupted in long; 1 of 2 scenarios had finished"),
        ([], "interrupted in tiny; 0 of 2 scenarios had finished"),  # on a machine that is slow at this moment
    )


@linux
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_ends_at_whatever_moment_it_is_told_to(tmp_path: Path, tiny: str, number: signal.Signals) -> None:
    """Six moments of each signal, from the interpreter's start to when the workers compute.

    Every second time all hear it.
    """
    long = write(tmp_path, "long.yaml", LONG.replace("id: tiny", "id: long"))
    chance = random.Random(number)
    for moment in range(6):
        out = tmp_path / str(moment)
        with started("run", tiny, long, "--jobs", "3", "--out", str(out), "--format", "json") as run:
            time.sleep(chance.uniform(0, 1.5))
            (os.killpg if moment % 2 else os.kill)(run.pid, number)
            if moment % 3 == 0:
                os.kill(run.pid, number)  # as `timeout` does
            printed, said = run.communicate(timeout=PATIENCE)
            until(lambda session=run.pid: not running(session), "a process is left")  # type: ignore[misc]
        assert (printed, b"Traceback" in said, b"resource_tracker" in said) == (b"", False, False), said
        assert run.returncode in (-number, 128 + number), "before it can write anything it ends as any program does"
        for path in out.iterdir() if out.exists() else ():
            assert path.name == "outcomes.jsonl"
            assert all(json.loads(line)["scenario"] == "tiny" for line in path.read_text().splitlines())


@posix
class TestInterrupts:
    @pytest.fixture
    def handled(self) -> Iterator[dict[signal.Signals, Any]]:
        before = {number: signal.getsignal(number) for number in SIGNALS}
        yield before
        assert {number: signal.getsignal(number) for number in SIGNALS} == before
        for number, handler in before.items():
            signal.signal(number, handler)

    @pytest.mark.parametrize("number", SIGNALS)
    def test_the_first_signal_is_noted_and_nothing_is_raised(
        self, number: signal.Signals, handled: dict[signal.Signals, Any]
    ) -> None:
        with Interrupts() as interrupts:
            interrupts.check()
            signal.raise_signal(number)
            signal.raise_signal(signal.SIGTERM)
            with pytest.raises(CancelledError):
                interrupts.check()
            assert interrupts.code == 128 + number

    def test_one_that_is_ignored_or_answered_by_somebody_else_stays_so(self) -> None:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with Interrupts() as interrupts:
                signal.raise_signal(signal.SIGHUP)
                assert not interrupts.noted
        finally:
            signal.signal(signal.SIGHUP, before)

    def test_a_second_one_after_a_while_ends_at_once(self) -> None:
        script = """
import os, signal, time
from sim.cli.interrupts import Interrupts
with Interrupts():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(1.5)
    os.kill(os.getpid(), signal.SIGTERM)
    print("still here")
"""
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, b"", b"")

    def test_files_that_are_still_to_be_read_are_not(
        self, tiny: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
    ) -> None:
        def read(_: str) -> Any:
            signal.raise_signal(signal.SIGTERM)
            raise InputError("cannot be read")

        monkeypatch.setattr("sim.loading.load", read)
        assert answer(["run", tiny, tiny]) == 143
        assert capsys.readouterr() == ("", "cannot be read\ninterrupted\n")

    @pytest.mark.parametrize("number", SIGNALS)
    @pytest.mark.parametrize(
        ("arguments", "where"),
        [
            (["accuracy", "scenarios/evidence"], "sim.evidence.cases.load"),
            (["lesson", "density"], "sim.loading.load"),
            (["replay"], "sim.evidence.replay._parsed"),
            (["export", "density", "--format", "report"], "sim.loading.load"),
            (["grade"], "sim.classroom.grading.load"),
        ],
        ids=lambda value: value[0] if isinstance(value, list) else "",
    )
    def test_one_that_comes_in_a_destructor_ends_every_command_that_runs_scenarios(
        self, arguments: list[str], where: str, number: signal.Signals, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, capsys: Captured, handled: dict[signal.Signals, Any],
    ) -> None:  # fmt: skip
        """What a handler raises in one is swallowed by Python, so it may raise nothing there."""
        module, _, name = where.rpartition(".")
        usual = getattr(importlib.import_module(module), name)

        class Dying:
            def __del__(self) -> None:
                signal.raise_signal(number)

        def interrupted(*given: Any, **named: Any) -> Any:
            Dying()
            return usual(*given, **named)

        if arguments == ["grade"]:
            receipt = write(tmp_path, "receipts/one.json", _receipt(capsys))
            arguments = ["grade", str(Path(receipt).parent)]
        if arguments[0] == "export":
            arguments = [*arguments, "--out", str(tmp_path / "out")]
        monkeypatch.setattr(where, interrupted)
        assert answer(arguments) == 128 + number
        assert capsys.readouterr() == ("", "interrupted\n")
        assert not list(tmp_path.glob("out/*"))


def _receipt(capsys: Captured) -> str:
    assert answer(["lesson", "density", "--receipt", "--student", "me"]) == 0
    return capsys.readouterr().out


class TestOut:
    def test_a_folder_without_a_dockerfile_has_none_from_here(
        self, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path, "Dockerfile", "FROM scratch\n")
        (tmp_path / "empty").mkdir()
        monkeypatch.chdir(tmp_path)
        assert "no file 'Dockerfile' in 'empty'" in refused(["build", "empty"], capsys)

    def test_a_dockerfile_outside_of_the_context_is_called_no_link(self, tmp_path: Path, capsys: Captured) -> None:
        write(tmp_path, "shop/Dockerfile", "FROM scratch\n")
        outside = write(tmp_path, "Other", "FROM scratch\n")
        err = refused(["build", str(tmp_path / "shop"), "-f", outside], capsys)
        assert "is outside of the build context" in err
        assert "link" not in err

    def test_a_full_disk_leaves_what_was_there(
        self, tmp_path: Path, tiny: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "out"
        assert answer(["run", tiny, "--out", str(out)]) == 0
        before = (out / "table.txt").read_bytes()
        capsys.readouterr()

        def full(path: Path, data: bytes) -> int:
            with path.open("wb") as file:
                file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        err = refused(["run", tiny, "--out", str(out), "--seed", "5"], capsys)
        assert err == f"{out / 'table.txt'}: cannot be written: no space left on device\n"
        assert [path.name for path in out.iterdir()] == ["table.txt"]
        assert (out / "table.txt").read_bytes() == before

    def test_an_interrupt_leaves_no_half_file(self, tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(path: Path, target: Path) -> Path:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", interrupted)
        assert answer(["run", tiny, "--out", str(tmp_path / "out")]) == 130
        assert list((tmp_path / "out").iterdir()) == []

    def test_a_partial_file_that_somebody_else_has_is_left_alone(self, tmp_path: Path, tiny: str) -> None:
        out = tmp_path / "out"
        other = write(tmp_path, f"out/.{os.getpid()}.partial", "another's")
        assert answer(["run", tiny, "--out", str(out)]) == 0
        assert Path(other).read_text() == "another's"
        assert sorted(path.name for path in out.iterdir()) == sorted([Path(other).name, "table.txt"])
        (tmp_path / "plain").touch()
        assert (out / "table.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_a_folder_of_the_files_name_is_told(self, tmp_path: Path, tiny: str, capsys: Captured) -> None:
        (tmp_path / "out" / "table.txt").mkdir(parents=True)
        assert "table.txt: cannot be written" in refused(["run", tiny, "--out", str(tmp_path / "out")], capsys)
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["table.txt"]

    @pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root mounts a small disk")
    def test_a_real_disk_that_is_full(self, tmp_path: Path, tiny: str, capsys: Captured) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("may not mount a small disk here")
        try:
            (disk / "filler").write_bytes(b"x" * 4096)
            assert "no space left on device" in refused(["run", tiny, "--out", str(disk)], capsys)
            assert [path.name for path in disk.iterdir()] == ["filler"]
        finally:
            subprocess.run(["umount", str(disk)], check=True)
