"""A sweep into its store: the same rows as `run`, whole or not at all, and nothing twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import sim
from sim.batch.run import run
from sim.errors import CancelledError, InputError
from sim.loading import load_text
from sim.loading.assignments import assign
from sim.outcome import Metric
from sim.scenario import Scenario
from sim.sweeps.chunks import Dealer
from sim.sweeps.executors import Watch, in_process, in_processes
from sim.sweeps.plan import PointJob, SweepPlan, plan
from sim.sweeps.points import Answer, PointRow, Todo
from sim.sweeps.reading import axes_of, swept
from sim.sweeps.run import SweepSummary, executor, run_sweep
from sim.sweeps.store import SweepStore

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scenario(counter: str) -> Scenario:
    return load_text(counter)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "s.sqlite"


def kept(metrics: Iterable[Metric]) -> list[tuple[object, ...]]:
    """What is kept of metrics, at twelve digits."""

    def number(value: float | None) -> float | None:
        return None if value is None else float(f"{value:.12g}")

    return [
        (m.of, m.metric, m.statistic, number(m.value), number(m.low), number(m.high),
         None if m.range is None else tuple(map(number, m.range)), m.unit, m.estimate)
        for m in metrics
    ]  # fmt: skip


class Counting:
    """Runs points here and counts them. It ends after so many chunks as a killed process would."""

    def __init__(self, chunks: int | None = None) -> None:
        self.chunks = chunks
        self.points: list[int] = []

    def __call__(self, job: PointJob, todos: Iterable[Todo], watch: Watch) -> Iterator[list[PointRow]]:
        for number, todo in enumerate(todos):
            if number == self.chunks:
                raise KeyboardInterrupt
            for rows in in_process(job, [todo], watch):
                self.points += [row.point for row in rows]
                yield rows


class TestPoints:
    def test_each_is_what_run_gives_with_the_same_values(self, scenario: Scenario, store: Path) -> None:
        made = plan(scenario, ["count=1..3", "noisy=true,false", "fast.service=1 s,20 ms"])
        assert run_sweep(made, store) == SweepSummary(12, 0, 12, 0)
        for point in swept(store):
            (outcome,) = run(assign(scenario, point.values))
            assert kept(point.metrics) == [(*m[:6], None, *m[7:]) for m in kept(outcome.metrics)]
            assert (point.replications, point.narrow, point.error) == (outcome.replications, None, "")

    def test_of_a_shipped_scenario_too_with_the_ends_of_its_inputs_ranges(self, store: Path) -> None:
        scenario = sim.load("snapshot")
        run_sweep(plan(scenario, ["instances=1,2", "replications=6"], ends=True), store)
        for point in swept(store):
            (outcome,) = run(assign(scenario, point.values))
            assert kept(point.metrics) == kept(outcome.metrics)
            assert any(metric.range is not None for metric in point.metrics)

    def test_every_part_and_every_label_has_its_rows(self, counter: str, store: Path) -> None:
        head = counter[: counter.index("study:")]
        parts = "parts:\n- {study: counter, service: 1 s}\n- {study: fixed, service: 1 s, count: 2}\n"
        run_sweep(plan(load_text(f"{head}{parts}replications: 7\n"), ["count=3"]), store)
        (point,) = swept(store)
        assert [(m.of, m.metric, m.statistic) for m in point.metrics][::3] == [
            ("counter", "time", "p50"),
            ("fixed", "time", "p50"),
        ]
        assert point.replications == 7

    def test_records_are_kept_where_they_are_asked_for(self, scenario: Scenario, store: Path, tmp_path: Path) -> None:
        run_sweep(plan(scenario, ["count=2"], records=True), store)
        run_sweep(plan(scenario, ["count=2"]), tmp_path / "none.sqlite")
        with closing(sqlite3.connect(store)) as database:
            rows = database.execute("SELECT part, type, record FROM records ORDER BY number").fetchall()
        (outcome,) = run(assign(scenario, {"count": 2}))
        assert [(part, kind) for part, kind, _ in rows] == [(0, "InstanceRecord")] * 4
        assert [json.loads(record)["ready"] for _, _, record in rows] == [r.ready for r in outcome.records]
        with closing(sqlite3.connect(tmp_path / "none.sqlite")) as database:
            assert database.execute("SELECT count(*) FROM records").fetchone() == (0,)

    def test_a_failed_point_is_a_row_with_its_error_and_the_others_run(self, scenario: Scenario, store: Path) -> None:
        made = plan(scenario, ['fail="",bug,input', "count=1,2"])
        assert run_sweep(made, store) == SweepSummary(6, 0, 6, 4)
        errors = [point.error for point in swept(store)]
        assert errors[:2] == ["", ""]
        assert all("ZeroDivisionError: no counter is open" in error for error in errors[2:4])
        assert errors[4:] == ["slow: no counter is open"] * 2

    def test_failed_points_are_run_again_only_where_that_is_asked_for(self, scenario: Scenario, store: Path) -> None:
        made = plan(scenario, ['fail="",bug'])
        run_sweep(made, store)
        again, retried = Counting(), Counting()
        assert run_sweep(made, store, again) == SweepSummary(2, 2, 0, 1)
        assert run_sweep(made, store, retried, retry=True) == SweepSummary(2, 1, 1, 1)
        assert (again.points, retried.points) == ([], [1])


class TestUntil:
    def test_replications_go_on_until_the_interval_is_narrow(self, counter: str, store: Path) -> None:
        scenario = load_text(counter.replace("service: 2 s", "service: 2 s\nnoisy: true"))
        made = plan(scenario, ["seed=1..5"], until=["fast.time.p50 within 20%", "slow.time.p50 within 5%"])
        run_sweep(made, store)
        counts = set()
        for point in swept(store):
            assert point.narrow is True
            for metric in point.metrics:
                share = {"fast": 0.2, "slow": 0.05}[metric.of]
                if metric.metric == "time":
                    assert (metric.high - metric.low) / 2 <= share * metric.value
            (outcome,) = run(assign(scenario, {**point.values, "replications": point.replications}))
            assert kept(point.metrics) == kept(outcome.metrics)
            counts.add(point.replications)
        assert min(counts) >= 6
        assert len(counts) > 1

    def test_or_until_there_are_the_most(self, counter: str, store: Path) -> None:
        scenario = load_text(counter.replace("service: 2 s", "service: 2 s\nnoisy: true"))
        run_sweep(plan(scenario, ["seed=1"], until=["fast.time.p50 within 1 ns"], max_replications=50), store)
        (point,) = swept(store)
        assert (point.replications, point.narrow) == (50, False)


class TestStore:
    def test_it_goes_on_where_it_ended_and_runs_nothing_twice(
        self, scenario: Scenario, store: Path, tmp_path: Path
    ) -> None:
        made = plan(scenario, ["count=1..20", "noisy=true,false"])
        ran: list[int] = []
        for chunks in (0, 1, 7, 20):
            counting = Counting(chunks)
            with pytest.raises(KeyboardInterrupt):
                run_sweep(made, store, counting)
            ran += counting.points
        last = Counting()
        assert run_sweep(made, store, last) == SweepSummary(40, 28, 12, 0)
        assert sorted(ran + last.points) == list(range(40))
        run_sweep(made, tmp_path / "whole.sqlite")
        assert store.read_bytes() == (tmp_path / "whole.sqlite").read_bytes()

    def test_one_whose_failed_points_ran_again_is_equal_bytes(
        self, scenario: Scenario, store: Path, tmp_path: Path
    ) -> None:
        made = plan(scenario, ["count=1..20"])

        def failing(_job: PointJob, todos: Iterable[Todo], _watch: Watch) -> Iterator[list[PointRow]]:
            yield [PointRow(point, 0, None, "its process ended") for point, _ in todos]

        assert run_sweep(made, store, failing).failed == 20
        for _ in range(2):  # sealed twice with failed points, then once with all
            assert run_sweep(made, store, failing, retry=True).failed == 20
        assert run_sweep(made, store, retry=True) == SweepSummary(20, 0, 20, 0)
        run_sweep(made, tmp_path / "whole.sqlite")
        assert store.read_bytes() == (tmp_path / "whole.sqlite").read_bytes()

    def test_it_can_be_read_while_it_is_written(self, scenario: Scenario, store: Path) -> None:
        made = plan(scenario, ["count=1..3"])
        seen = []

        def watching(job: PointJob, todos: Iterable[Todo], watch: Watch) -> Iterator[list[PointRow]]:
            for rows in Counting()(job, todos, watch):
                yield rows
                seen.append([point.values["count"] for point in swept(store)])

        run_sweep(made, store, watching)
        assert seen == [[1], [1, 2], [1, 2, 3]]

    def test_its_view_has_a_column_for_each_axis(self, scenario: Scenario, store: Path) -> None:
        run_sweep(plan(scenario, ["count=1..3", "replications=2", "spots=[{at: 1 s}]"]), store)
        with closing(sqlite3.connect(store)) as database:
            rows = database.execute(
                'SELECT count, "axis.replications", replications, spots, value, unit FROM metrics '
                "WHERE \"of\" = 'slow' AND metric = 'time' AND statistic = 'max' ORDER BY point"
            ).fetchall()
        assert rows == [(n, 2, 2, '[{"at":"1 s"}]', 2.0 * n, "s") for n in (1, 2, 3)]
        assert axes_of(store) == ("count", "replications", "spots")

    def test_a_cancelled_sweep_keeps_what_had_finished(self, scenario: Scenario, store: Path) -> None:
        made = plan(scenario, ["count=1..50"])
        calls = 0

        def tell(_ran: int, _whole: int) -> None:
            nonlocal calls
            calls += 1
            if calls > 100:
                raise CancelledError

        with pytest.raises(CancelledError):
            run_sweep(made, store, tell=tell)
        assert 5 < len(list(swept(store))) < 50
        assert run_sweep(made, store).failed == 0

    def test_a_store_that_ended_before_its_first_point_is_made_anew(self, scenario: Scenario, store: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            run_sweep(plan(scenario, ["count=1..3"]), store, Counting(0))
        assert run_sweep(plan(scenario, ["count=1..2"]), store).points == 2
        store.unlink()
        store.touch()
        assert run_sweep(plan(scenario, ["count=1..2"]), store).points == 2


class TestBadStore:
    @pytest.fixture
    def made(self, scenario: Scenario, store: Path) -> SweepPlan:
        made = plan(scenario, ["count=1..3"])
        run_sweep(made, store)
        return made

    def refused(self, made: SweepPlan, store: Path) -> str:
        before = store.read_bytes()
        with pytest.raises(InputError) as caught:
            run_sweep(made, store)
        assert store.read_bytes() == before
        return str(caught.value)

    def test_of_another_scenario(self, made: SweepPlan, store: Path, counter: str) -> None:
        other = plan(load_text(counter.replace("two-counters", "three")), ["count=1..3"])
        assert "is of scenario 'two-counters', and not of 'three'; expected another --store" in self.refused(
            other, store
        )

    @pytest.mark.parametrize(
        ("axes", "more", "what"),
        [
            (["count=1..4"], {}, "axes, points differ"),
            (["count=1..3"], {"ends": True}, "ends differs"),
            (["count=1..3"], {"until": ["slow.time.p50 within 5%"]}, "until, max_replications differ"),
        ],
    )
    def test_of_another_sweep(
        self, made: SweepPlan, scenario: Scenario, store: Path, axes: list[str], more: dict, what: str
    ) -> None:
        assert f"is of another sweep: {what}" in self.refused(plan(scenario, axes, **more), store)

    def test_of_other_parameters_and_of_other_words(self, made: SweepPlan, store: Path, counter: str) -> None:
        other = plan(load_text(counter.replace("service: 2 s", "service: 3 s")), ["count=1..3"])
        assert "is of another sweep: scenario differs" in self.refused(other, store)
        reworded = plan(load_text(counter.replace("Two counters", "A title")), ["count=1..3"])
        assert run_sweep(reworded, store).kept == 3

    def test_of_another_version_of_the_model(
        self, made: SweepPlan, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sim.sweeps.store.model", lambda: "99.0")
        assert re.search(r"was made by version 0\.1\.0\+\w+, and this is 99.0", self.refused(made, store))

    def test_of_another_version_of_the_tables(self, made: SweepPlan, store: Path) -> None:
        with closing(sqlite3.connect(store)) as database:
            database.execute("PRAGMA user_version = 2")
        assert "is a store of version 2; expected 1" in self.refused(made, store)

    def test_of_another_program(self, made: SweepPlan, store: Path) -> None:
        store.unlink()
        with closing(sqlite3.connect(store)) as database:
            database.execute("CREATE TABLE mine (x)")
        assert "is no store of a sweep" in self.refused(made, store)
        store.write_text("hello, world, this is text\n")
        assert "is no store of a sweep" in self.refused(made, store)

    @pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
    def test_cut_short(self, made: SweepPlan, store: Path, share: float) -> None:
        whole = store.read_bytes()
        store.write_bytes(whole[: int(share * len(whole))])
        assert "s.sqlite: is damaged" in self.refused(made, store)

    def test_damaged_inside(self, made: SweepPlan, store: Path) -> None:
        whole = bytearray(store.read_bytes())
        whole[5000:9000] = b"\xff" * 4000
        store.write_bytes(whole)
        assert "s.sqlite: is damaged" in self.refused(made, store)

    def test_that_another_sweep_is_at_work_on(self, made: SweepPlan, store: Path) -> None:
        refusals = []

        def tell(_ran: int, _whole: int) -> None:
            with pytest.raises(InputError) as caught:
                run_sweep(made, store)
            refusals.append(str(caught.value))

        store.unlink()
        run_sweep(made, store, tell=tell)
        assert set(refusals) == {f"{store}: another sweep is at work on it"}
        assert run_sweep(made, store).kept == 3
        assert [path.name for path in store.parent.iterdir()] == ["s.sqlite"]

    def test_a_folder_a_place_that_is_not_there_and_a_pipe(self, made: SweepPlan, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is a directory; expected a regular file"):
            run_sweep(made, tmp_path)
        with pytest.raises(InputError, match=r"s\.sqlite: cannot be used: no such file or directory"):
            run_sweep(made, tmp_path / "no" / "s.sqlite")
        if hasattr(os, "mkfifo"):
            os.mkfifo(tmp_path / "pipe")
            with pytest.raises(InputError, match="is a named pipe"):
                run_sweep(made, tmp_path / "pipe")

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
    def test_a_full_disk_keeps_what_had_finished(self, scenario: Scenario, store: Path) -> None:
        """A limit on the size of files stands in for it: SQLite is told by the same kind of error."""
        made = plan(scenario, ["count=1..40", "seed=1..50"])
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        try:
            with pytest.raises(InputError, match=r"s\.sqlite: cannot be written: .*; what had finished is kept"):
                run_sweep(made, store, Counting())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        there = len(list(swept(store)))
        assert 10 < there < 2000
        assert run_sweep(made, store) == SweepSummary(2000, there, 2000 - there, 0)


class TestExecutors:
    AXES = ("instances=1..12", "host=laptop,server")

    def test_processes_write_the_same_bytes(self, tmp_path: Path) -> None:
        made = plan(sim.load("memory-ledger"), self.AXES, records=True)
        for name, execute in (("here", in_process), ("there", in_processes(2))):
            run_sweep(made, tmp_path / name, execute)
        assert (tmp_path / "here").read_bytes() == (tmp_path / "there").read_bytes()

    @pytest.mark.slow
    def test_a_process_that_is_killed_is_replaced(self, tmp_path: Path) -> None:
        made = plan(assign(sim.load("taxonomy"), {"replications": 2}), ["seed=1..60"])
        run_sweep(made, tmp_path / "here")
        killed = []

        def tell(ran: int, _whole: int) -> None:
            if ran >= 5 * (len(killed) + 1) and len(killed) < 2:
                child = multiprocessing.active_children()[0]
                os.kill(child.pid or 0, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
                killed.append(child.pid)

        assert run_sweep(made, tmp_path / "there", in_processes(2), tell=tell).failed == 0
        assert len(killed) == 2
        assert (tmp_path / "here").read_bytes() == (tmp_path / "there").read_bytes()
        assert multiprocessing.active_children() == []

    def test_a_point_that_ends_its_process_each_time_is_a_failed_one(self) -> None:
        """Points are dealt to processes of which each ends at point 3."""
        dealer, rows = Dealer((point, ()) for point in range(6)), []
        begun: list[int] = []
        while (chunk := dealer.next()) is not None:
            points = [point for point, _ in chunk.todos]
            begun += points
            if 3 in points:
                rows += dealer.ended(chunk, "a worker process ended")
            else:
                rows += dealer.answered(Answer([PointRow(point, 1, None) for point in points], 0.01, ""))
        assert [(row.point, row.error) for row in sorted(rows, key=lambda row: row.point) if row.error] == [
            (3, "a worker process ended, 3 times")
        ]
        assert sorted(row.point for row in rows) == [0, 1, 2, 3, 4, 5]
        assert begun.count(3) == 3

    @pytest.mark.parametrize(("name", "jobs"), [("dask", 1), ("local", 0), ("", 1), ("foo://x", 1)])
    def test_an_executor_that_is_none_is_refused(self, name: str, jobs: int) -> None:
        with pytest.raises(InputError):
            executor(name, jobs)


@pytest.mark.slow
def test_killed_three_times_a_sweep_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """As `python -m bench.sweep` does with 10,000 points."""
    command = [
        sys.executable,
        "-m",
        "sim",
        "sweep",
        "taxonomy",
        "--set",
        "replications=1",
        "--vary",
        "seed=1..80",
        "--store",
        str(tmp_path / "k"),
    ]
    killed = []
    for more in (1, 2, 3):
        process = subprocess.Popen(
            [*command, "--jobs", "2"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        before = killed[-1] if killed else 0
        while process.poll() is None and count(tmp_path / "k") <= before + more:
            time.sleep(0.02)
        process.kill()
        process.communicate()
        killed.append(count(tmp_path / "k"))
    assert 0 < killed[0] <= killed[1] <= killed[2] < 80
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"80 points in {tmp_path / 'k'}, {killed[2]} of them from before" in done.stderr
    run_sweep(plan(assign(sim.load("taxonomy"), {"replications": 1}), ["seed=1..80"]), tmp_path / "whole")
    assert (tmp_path / "k").read_bytes() == (tmp_path / "whole").read_bytes()


def count(store: Path) -> int:
    try:
        return sum(1 for _ in swept(store))
    except InputError:  # not made yet
        return 0


def test_a_store_is_one_plain_file_once_it_is_closed(scenario: Scenario, store: Path) -> None:
    made = plan(scenario, ["count=1..3"])
    with SweepStore(store, made):
        pass
    assert [path.name for path in store.parent.iterdir()] == ["s.sqlite"]
