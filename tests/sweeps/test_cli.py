"""`sim run --set` and `sim sweep`: what is printed, exit codes, interrupts, and the page that explains them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import sim
from sim.cli import answer
from sim.sweeps.reading import finished_points, swept

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(counter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command beside `two.yaml`; its exit code, what it prints and what it says."""
    monkeypatch.chdir(tmp_path)
    Path("two.yaml").write_text(counter, encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = answer(words)
        return code, *capsys.readouterr()

    return run


class TestSet:
    def test_a_run_has_the_values_that_were_set(self, told: Told) -> None:
        code, out, _ = told("run", "two.yaml", "--set", "count=3", "--set", "fast.service=1 s", "--format", "json")
        metrics = {(m["of"], m["statistic"]): m["value"] for m in json.loads(out)["metrics"] if m["metric"] == "time"}
        assert metrics == {("slow", "p50"): 4.0, ("slow", "max"): 6.0, ("fast", "p50"): 2.0, ("fast", "max"): 3.0}
        assert code == 1  # the scenario expects a factor of four

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("cuont=3", "cuont: no parameter 'cuont', did you mean 'count'?\n"),
            ("count=0", "count: 0 is out of range; expected at least 1\n"),
            ("count", "--set 'count' does not fit; expected PATH=VALUE, as in instances=50\n"),
        ],
    )
    def test_what_cannot_be_set_is_bad_input(self, told: Told, text: str, said: str) -> None:
        assert told("run", "two.yaml", "--set", text) == (2, "", said)


class TestSweep:
    def test_a_table_has_the_headline_metrics_of_each_point(self, told: Told) -> None:
        code, out, err = told("sweep", "two.yaml", "--vary", "count=1,3", "--replications", "6")
        rows = [re.split(" {2,}", line) for line in out.splitlines()]
        assert rows[0] == ["point", "count", "label", "metric", "value [95 %]"]
        assert ["1", "3", "slow", "time.p50", "4.0\u202fs [4.0\u202fs]"] in rows
        assert len(rows) == 1 + 1 + 2 * 2 + 1, "one row for each point and label, and a line on what else there is"
        assert out.endswith("--show METRIC prints others: time.max, total.value\n")
        assert (code, err) == (0, "2 points in two-counters.sqlite\n")

    @pytest.mark.parametrize(
        ("names", "series"),
        [
            (["time"], {("slow", "time.p50"), ("slow", "time.max"), ("fast", "time.p50"), ("fast", "time.max")}),
            (["time.max"], {("slow", "time.max"), ("fast", "time.max")}),
            (["slow.time.max", "fast.time.p50"], {("slow", "time.max"), ("fast", "time.p50")}),
        ],
    )
    def test_the_metrics_that_are_asked_for_are_printed_and_no_others(
        self, told: Told, names: list[str], series: set[tuple[str, str]]
    ) -> None:
        _, out, _ = told(
            "sweep", "two.yaml", "--vary", "count=1", *(word for name in names for word in ("--show", name))
        )
        rows = [re.split(" {2,}", line) for line in out.splitlines()[2:]]
        assert {(row[2], row[3]) for row in rows} == series

    def test_a_table_fits_a_terminal_of_100_columns(self, told: Told) -> None:
        _, out, _ = told("sweep", "taxonomy", "--vary", "instances=1,2", "--replications", "6")
        assert len(out.splitlines()) == 2 + 2 * 6 + 1, "one statistic for each of six labels at two points"
        assert max(map(len, out.splitlines())) <= 100

    def test_csv_is_the_rows_of_the_view(self, told: Told) -> None:
        _, out, _ = told("sweep", "two.yaml", "--vary", "count=1..3", "--vary", "noisy=true,false", "--format", "csv")
        header, *rows = csv.reader(io.StringIO(out))
        with closing(sqlite3.connect("two-counters.sqlite")) as database:
            cursor = database.execute("SELECT * FROM metrics ORDER BY point, (SELECT series FROM series s "
                                      "WHERE s.\"of\" = metrics.\"of\" AND s.metric = metrics.metric "
                                      "AND s.statistic = metrics.statistic)")  # fmt: skip
            assert header == [column[0] for column in cursor.description]
            views = cursor.fetchall()
        flags = {1: "true", 0: "false"}
        for row, view in zip(rows, views, strict=True):
            named = dict(zip(header, view, strict=True))
            for name in ("noisy", "estimate"):
                named[name] = flags[named[name]]
            assert row == ["" if cell is None else str(cell) for cell in named.values()]

    def test_json_has_an_object_a_point_with_metrics_as_a_run_has_them(self, told: Told) -> None:
        _, out, _ = told("sweep", "two.yaml", "--vary", "count=2", "--ends", "--set", "note=ranged", "--format", "json")
        (point,) = map(json.loads, out.splitlines())
        _, ran, _ = told("run", "two.yaml", "--set", "count=2", "--set", "note=ranged", "--format", "json")
        assert point["metrics"] == json.loads(ran)["metrics"]
        assert (point["values"], point["replications"], point["error"]) == ({"count": 2}, 3, None)

    def test_the_same_command_again_runs_nothing_and_prints_the_same(self, told: Told) -> None:
        words = ("sweep", "two.yaml", "--vary", "count=1..3", "--format", "csv")
        first, again = told(*words), told(*words)
        assert again[:2] == first[:2]
        assert again[2] == "3 points in two-counters.sqlite, 3 of them from before\n"

    def test_a_default_name_that_another_sweep_has_is_told_with_a_free_one(self, told: Told) -> None:
        assert told("sweep", "two.yaml", "--vary", "count=1,2")[2] == "2 points in two-counters.sqlite\n"
        Path("two-counters-2.sqlite").touch()
        code, out, err = told("sweep", "two.yaml", "--vary", "count=3")
        assert (code, out) == (2, "")
        assert err == (
            "two-counters.sqlite: the default name of the store is taken: the file is of another sweep: axes, points "
            "differ; give a free one, as --store two-counters-3.sqlite\n"
        )
        free = err.split("--store ")[1].strip()
        assert told("sweep", "two.yaml", "--vary", "count=3", "--store", free)[::2] == (0, f"1 point in {free}\n")

    def test_a_sweep_with_a_store_of_another_name_finds_it_again(self, told: Told) -> None:
        told("sweep", "two.yaml", "--vary", "count=1,2")
        Path("two-counters-2.sqlite").write_text("no store\n")
        words = ("sweep", "two.yaml", "--vary", "count=3")
        told(*words, "--store", "two-counters-3.sqlite")
        assert told(*words)[::2] == (0, "1 point in two-counters-3.sqlite, 1 of them from before\n")
        assert told(*words, "--plot", "total.value")[2].startswith("wrote two-counters-3-total.value.svg")
        assert told("sweep", "two.yaml", "--vary", "count=1,2")[2].startswith("2 points in two-counters.sqlite, 2 of")
        assert told("sweep", "two.yaml", "--vary", "count=4")[2].endswith("--store two-counters-4.sqlite\n")

    def test_a_name_that_was_given_is_not_called_the_default(self, told: Told) -> None:
        told("sweep", "two.yaml", "--vary", "count=1", "--store", "mine.sqlite")
        code, _, err = told("sweep", "two.yaml", "--vary", "count=2", "--store", "mine.sqlite")
        assert (code, "default" in err) == (2, False)
        assert err.endswith("mine.sqlite: is of another sweep: axes differs; expected another --store\n")

    def test_the_page_says_the_default_name(self) -> None:
        assert "Without `--store` the store is `ID.sqlite` in the current directory" in PAGE

    @pytest.mark.parametrize(
        "more", [("--show", "nosuch"), ("--plot", "nosuch"), ("--until", "nosuch within 5 %")], ids=lambda more: more[0]
    )
    def test_an_unknown_metric_of_a_lesson_is_told_in_a_few_names(self, told: Told, more: tuple[str, str]) -> None:
        code, out, err = told("sweep", "taxonomy", "--vary", "page_cache=warm", *more)
        assert (code, out) == (2, "")
        assert len(err) < 300
        assert re.search(r"no metric 'nosuch'.*; the nearest are [\w., -]+; --format csv has all \d+\n", err)

    def test_failed_points_are_told_and_give_exit_code_1(self, told: Told) -> None:
        code, out, err = told("sweep", "two.yaml", "--vary", "fail=bug,'',input")
        assert code == 1
        assert "failed: two-counters, counter, slow, replication 0, seed 7: ZeroDivisionError" in out
        assert "failed: slow: no counter is open" in out
        assert err == "3 points in two-counters.sqlite, 2 failed, first point 0 (fail=bug)\n"

    def test_failed_points_run_again_with_retry_alone(self, told: Told) -> None:
        """What made them fail has gone: the store is then the one of a sweep that never failed."""
        words = ("sweep", "two.yaml", "--vary", "fail=closed,''", "--format", "csv")
        assert told(*words)[0] == 1
        assert (
            told(*words)[2]
            == "2 points in two-counters.sqlite, 2 of them from before, 1 failed, first point 0 (fail=closed)\n"
        )
        code, _, err = told(*words, "--retry")
        assert (code, err) == (
            1,
            "2 points in two-counters.sqlite, 1 of them from before, 1 failed, first point 0 (fail=closed)\n",
        )
        Path("open").touch()
        assert told(*words)[0] == 1, "without the option they stay"
        code, out, err = told(*words, "--retry")
        assert (code, err) == (0, "2 points in two-counters.sqlite, 1 of them from before\n")
        fresh = told(*words, "--store", "fresh.sqlite")
        assert out == fresh[1]
        dumps = []
        for name in ("two-counters.sqlite", "fresh.sqlite"):
            with closing(sqlite3.connect(name)) as database:
                dumps.append(list(database.iterdump()))
        assert dumps[0] == dumps[1]

    def test_intervals_that_stay_wide_are_told(self, told: Told) -> None:
        words = ("--set", "noisy=true", "--until", "slow.time.p50 within 1 ns", "--max-replications", "8")
        code, _, err = told("sweep", "two.yaml", "--vary", "count=1..2", *words)
        assert (code, err) == (
            0,
            "2 points in two-counters.sqlite, 2 not as narrow as was asked after 8 replications\n",
        )

    def test_many_points_are_counted_under_the_table(self, told: Told) -> None:
        _, out, _ = told("sweep", "two.yaml", "--vary", "count=1..60")
        assert out.splitlines()[-2] == "and 20 more points; --format csv and json have all"

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--vary", "cuont=1"), "cuont: no parameter 'cuont', did you mean 'count'?"),
            (("--vary", "count=1", "--executor", "dask"), "no executor 'dask'; expected local, or"),
            (("--vary", "count=1", "--store", "no/s"), "no/s: cannot be used: no such file or directory"),
            (("--vary", "count=1", "--store", "two.yaml"), "two.yaml: is no store of a sweep"),
            (("--vary", "count=1", "--plot", "tme"), "no metric 'tme', did you mean 'time'?"),
            (("--vary", "count=1", "--plot", "time", "--over", "cuont"), "no axis 'cuont', did you mean 'count'?"),
            (("--vary", "count=1", "--plot", "time", "--plot-to", "x.gif"), "--plot-to 'x.gif' does not fit"),
            (("--vary", "count=1", "--show", "tme"), "no metric 'tme', did you mean 'time'?"),
            (("--vary", "count=1", "--over", "count"), "--over needs --plot METRIC"),
            (("--vary", "count=1", "--until", "slow.time.p50"), "expected METRIC within WIDTH"),
            ((), "Missing option '--vary'"),
        ],
    )
    def test_bad_input_is_told_before_anything_runs(self, told: Told, words: tuple[str, ...], said: str) -> None:
        code, out, err = told("sweep", "two.yaml", *words)
        assert (code, out) == (2, "")
        assert said in err
        assert not Path("two-counters.sqlite").exists()

    def test_an_unreachable_scheduler_is_bad_input(self, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("distributed", reason="dask.distributed is not installed")
        monkeypatch.setattr("sim.sweeps.cluster.PATIENCE", 0.5)
        code, _, err = told("sweep", "two.yaml", "--vary", "count=1", "--executor", "tcp://127.0.0.1:1")
        assert code == 2
        assert err.startswith("the scheduler tcp://127.0.0.1:1 cannot be reached: ")

    def test_without_dask_it_says_how_to_install_it(self, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        code, _, err = told("sweep", "two.yaml", "--vary", "count=1", "--executor", "tcp://127.0.0.1:1")
        assert (code, "pip install 'distributed" in err) == (2, True)


class TestPlot:
    def spec(self, told: Told, *words: str) -> dict:
        code, _, err = told("sweep", "two.yaml", *words, "--plot-to", "p.json")
        assert code == 0, err
        spec: dict = json.loads(Path("p.json").read_text(encoding="utf-8"))
        return spec

    def test_it_draws_each_label_over_the_axis_with_its_interval(self, told: Told) -> None:
        spec = self.spec(
            told, "--vary", "count=1..3", "--replications", "6", "--set", "noisy=true", "--plot", "time.max"
        )
        drawn = next(layer["data"]["values"] for layer in spec["layer"] if layer["mark"]["type"] == "line")
        stored = {(p.values["count"], m.of): m for p in swept("two-counters.sqlite") for m in p.metrics
                  if (m.metric, m.statistic) == ("time", "max")}  # fmt: skip
        assert {(row["x"], row["line"]): (row["y"], row["low"], row["high"]) for row in drawn} == {
            key: pytest.approx((m.value, m.low, m.high)) for key, m in stored.items()
        }
        assert spec["encoding"]["x"]["title"] == "count"
        assert {layer["mark"]["type"] for layer in spec["layer"]} == {"rule", "tick", "line", "point"}

    def test_a_quantity_is_on_an_axis_of_its_unit_and_a_wide_spread_on_a_logarithm(self, told: Told) -> None:
        x = self.spec(told, "--vary", "slow.service=log:1 ms..100 s:6", "--plot", "slow.time")["encoding"]["x"]
        assert (x["title"], x["scale"]["type"]) == ("slow.service, s", "log")

    def test_words_stand_side_by_side_and_further_axes_are_lines(self, told: Told) -> None:
        words = ("--vary", "count=1,2", "--vary", "order=first,last", "--over", "order", "--plot", "slow.time.p50")
        spec = self.spec(told, *words)
        assert (spec["encoding"]["x"]["type"], spec["encoding"]["x"]["sort"]) == ("nominal", ["first", "last"])
        rows = spec["layer"][-1]["data"]["values"]
        assert {row["line"] for row in rows} == {"slow, count 1", "slow, count 2"}

    def test_more_lines_than_one_can_tell_apart_are_refused(self, told: Told) -> None:
        words = ("--vary", "order=first,last", "--vary", "count=1..7", "--plot", "time", "--plot-to", "p.json")
        code, _, err = told("sweep", "two.yaml", *words)
        assert (code, "14 lines are too many for one figure; expected at most 12" in err) == (2, True)

    @pytest.mark.parametrize(("name", "begins"), [("p.svg", b"<svg"), ("p.png", b"\x89PNG"), ("p.html", b"<!doctype")])
    def test_files_are_drawn_as_export_draws_them(self, told: Told, name: str, begins: bytes) -> None:
        pytest.importorskip("vl_convert")
        assert told("sweep", "two.yaml", "--vary", "count=1..3", "--plot", "time", "--plot-to", name)[0] == 0
        assert Path(name).read_bytes().startswith(begins)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_keeps_what_had_finished_and_exits_with_130(tmp_path: Path, jobs: str) -> None:
    store = tmp_path / "s.sqlite"
    words = ["sweep", "taxonomy", "--set", "replications=2", "--vary", "seed=1..2000", "--store", str(store)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *words, "--jobs", jobs], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    while process.poll() is None and there(store) < 5:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert re.fullmatch(rf"interrupted; {re.escape(str(store))} keeps what had finished, \d+ points of this run\n", err)
    assert 5 <= there(store) < 2000
    assert [path.name for path in tmp_path.iterdir()] == ["s.sqlite"]


def there(store: Path) -> int:
    try:
        return finished_points(store)
    except sim.InputError:
        return 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_a_terminal_sees_a_bar_with_the_time_left(tmp_path: Path) -> None:
    import pty

    parent, child = pty.openpty()
    words = ["sweep", "taxonomy", "--set", "replications=2", "--vary", "seed=1..100", "--store", str(tmp_path / "s")]
    process = subprocess.Popen([sys.executable, "-m", "sim", *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=child)
    os.close(child)
    seen = b""
    while True:
        try:
            piece = os.read(parent, 4096)
        except OSError:  # as Linux says that the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(parent)
    assert process.wait() == 0
    text = seen.decode()
    assert re.search(r"points +\[#+-+\] +\d+/100 +\d\d:\d\d:\d\d", text)
    assert "100/100" in text


def test_the_commands_and_queries_of_the_page_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ python -m (sim .*)$", PAGE, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        words = shlex.split(command)[1:]
        few = [] if "--until" in words else ["--replications", "6"]
        keep = [] if "--store" in words or "run" in words else ["--store", "taxonomy.sqlite"]
        assert answer([*words, *few, *keep]) == 0, command
    assert Path("taxonomy-docker.startup_time.p50.svg").exists()
    queries = [query for block in re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL) for query in block.split(";")]
    with closing(sqlite3.connect("taxonomy.sqlite")) as database:
        rows = [database.execute(query).fetchall() for query in queries if query.strip()]
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        named = {
            table: [column[1] for column in database.execute(f"PRAGMA table_info({table})")] for (table,) in tables
        }
    assert [len(found) for found in rows] == [6, 0, 5]
    assert rows[0][0][:2] == (1, "laptop")
    stated = {name: re.findall(r"`(\w+)`", columns) for name, columns in
              re.findall(r"^\| `(\w+)` \| [^|]+ \| (`.*) \|$", PAGE, re.MULTILINE)}  # fmt: skip
    for table, columns in named.items():
        assert stated[table][: len(columns)] == columns, table
