"""Runs and sweeps as a notebook has them: values by name, frames, figures; the page and the example run."""

from __future__ import annotations

import doctest
import json
import os
import pickle
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import sim
from sim.batch.run import run as run_scenario
from sim.catalog import load as catalog
from sim.errors import InputError
from sim.loading import load_text, override
from sim.loading.assignments import assign
from sim.notebook import Sweep
from sim.records.instances import InstanceRecord, PhaseRecord
from sim.scenario import Scenario

ROOT = Path(__file__).parents[1]


@pytest.fixture
def scenario(counter: str) -> Scenario:
    return load_text(counter)


class TestRun:
    def test_values_are_those_of_override_or_of_a_file(self, scenario: Scenario) -> None:
        plain = run_scenario(override(scenario, {"count": 3, "service": 1.5}))
        assert sim.run(scenario, count=3, service=1.5) == plain == sim.run(scenario, {"count": 3}, service="1500 ms")
        spots = assign(scenario, {"spots": [{"at": "1 s"}], "fast.service": "1 s"})
        assert sim.run(scenario, {"spots": [{"at": "1 s"}], "fast.service": "1 s"}) == run_scenario(spots)
        assert (
            sim.run("taxonomy", {"host.cores": 2}, replications=1).scenario.parts[0].variants["docker"].host.cores == 2
        )

    def test_a_value_may_be_an_entry_that_a_program_made(self) -> None:
        host = catalog.host("laptop")
        assert sim.run("taxonomy", host=host, replications=1).metric("docker", "startup_time", "p50").value > 0

    def test_a_bad_value_is_an_input_error_at_its_name(self, scenario: Scenario) -> None:
        with pytest.raises(InputError, match="cuont: no parameter 'cuont', did you mean 'count'"):
            sim.run(scenario, cuont=3)
        with pytest.raises(InputError, match="count: 0 is out of range"):
            sim.run(scenario, count=0)

    def test_the_records_are_those_of_the_replication_that_is_asked_for(self, counter: str) -> None:
        noisy = load_text(counter.replace("service: 2 s", "service: 2 s\nnoisy: true"))
        first, third = (sim.run(noisy, recorded=number)[0] for number in (0, 2))
        assert first.metrics == third.metrics
        assert first.records[0].ready == pytest.approx(2 + noise(7, 0))
        assert third.records[0].ready == pytest.approx(2 + noise(7, 2))
        with pytest.raises(InputError, match="no replication 3; there are 0 to 2"):
            sim.run(noisy, recorded=3)

    def test_it_is_the_tuple_of_its_parts_outcomes(self, scenario: Scenario) -> None:
        (outcome,) = outcomes = sim.run(scenario)
        assert outcomes[0] is outcome
        assert pickle.loads(pickle.dumps(outcomes)).scenario == scenario
        assert outcomes.metric("slow", "time", "p50") == outcome.metric("slow", "time", "p50")
        for name, said in (
            (("slwo", "time", "p50"), "no label 'slwo', did you mean 'slow'?"),
            (("slow", "tiem", "p50"), "no metric 'tiem' of slow, did you mean 'time'?"),
            (("slow", "time", "p99"), "no statistic 'p99' of slow.time; there are p50, max"),
        ):
            with pytest.raises(KeyError) as refused:
                outcome.metric(*name)
            assert refused.value.args == (said,)


def noise(seed: int, replication: int) -> float:
    from sim.engine.seeds import SeedTree

    return SeedTree(seed).child("two-counters", replication).stream("noise").random()


@pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")
class TestFrames:
    def test_every_metric_is_a_row(self, scenario: Scenario) -> None:
        outcomes = sim.run(scenario, replications=6, note="ranged")
        frame = outcomes.frame()
        assert len(frame) == len(outcomes[0].metrics)
        row = frame[(frame.of == "fast") & (frame.metric == "time") & (frame.statistic == "max")].iloc[0]
        metric = outcomes.metric("fast", "time", "max")
        assert (row.value, row.low, row.high, row.range_low, row.range_high) == (0.5, 0.5, 0.5, *metric.range)

    def test_every_phase_and_every_record_is_a_row(self, scenario: Scenario) -> None:
        outcomes = sim.run("taxonomy", replications=1)
        phases = outcomes.phases()
        records = outcomes[0].of_type(PhaseRecord)
        assert len(phases) == len(records) > 50
        assert phases.end.sum() == pytest.approx(sum(record.end for record in records))
        assert list(sim.run(scenario, count=2).records(InstanceRecord).ready) == [2.0, 4.0, 0.5, 1.0]
        none = sim.run(scenario).phases()
        assert (len(none), "phase" in none.columns) == (0, True)

    def test_without_pandas_it_is_said_how_to_install_it(
        self, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcomes = sim.run(scenario)
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(InputError, match="pip install pandas"):
            outcomes.frame()

    def test_pandas_is_not_loaded_before_a_frame_is_asked_for(self) -> None:
        code = "import sim, sys; sim.run('memory-ledger'); print('pandas' in sys.modules, 'vl_convert' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == "False False\n"


class TestShown:
    def test_an_outcome_shows_its_figures_and_its_table(self) -> None:
        pytest.importorskip("vl_convert")
        shown = sim.run("memory-ledger")._repr_html_()
        assert shown.count("<svg") >= 1
        assert "<table" in shown

    def test_without_a_renderer_it_shows_the_table_and_what_needs_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("vl_convert")
        outcomes = sim.run("first-start", replications=1)
        whole = outcomes._repr_html_()
        monkeypatch.setitem(sys.modules, "vl_convert", None)
        shown = outcomes._repr_html_()
        assert "<table" in shown
        assert shown.count("<svg") < whole.count("<svg")


class TestSweep:
    def test_it_gives_a_row_for_each_point_and_metric(self, scenario: Scenario, tmp_path: Path) -> None:
        pytest.importorskip("pandas", reason="pandas is not installed")
        swept = sim.sweep(scenario, {"count": [1, 2], "service": "1 s..3 s:1 s"},
                          store=tmp_path / "s", order="last")  # fmt: skip
        assert (swept.summary.ran, repr(swept)) == (6, f"<Sweep in {tmp_path / 's'}>")
        frame = swept.frame()
        slow = frame[(frame.of == "slow") & (frame.statistic == "max")]
        assert list(zip(slow["count"], slow.service, slow.value, strict=True)) == [
            (n, f"{s} s", float(n * s)) for n in (1, 2) for s in (1, 2, 3)
        ]
        assert list(Sweep(tmp_path / "s").frame().value) == list(frame.value)

    def test_its_figure_shows_itself(self, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("vl_convert")
        swept = sim.sweep(scenario, {"count": "1..3"}, store=tmp_path / "s")
        figure = swept.plot("time.max", label="slow")
        assert figure._repr_html_().startswith("<svg")
        assert [row["y"] for row in figure.spec["layer"][0]["data"]["values"]] == [2.0, 4.0, 6.0]
        with pytest.raises(InputError, match="no axis 'cuont', did you mean 'count'"):
            swept.plot("time", over="cuont")
        monkeypatch.setitem(sys.modules, "vl_convert", None)
        assert figure._repr_html_() is None

    def test_without_a_name_the_store_is_called_by_the_scenario(
        self, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert sim.sweep(scenario, {"count": [1]}).store == Path("two-counters.sqlite")


def test_the_python_of_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "notebook.md").read_text("utf-8"), re.DOTALL)
    told: list[str] = []
    session = doctest.DocTestParser().get_doctest(block, {}, "notebook.md", "notebook.md", 0)
    results = doctest.DocTestRunner(verbose=False).run(session, out=told.append)
    assert results.attempted == 8
    assert not results.failed, "".join(told)


def test_the_example_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell, in a kernel, as Jupyter does; a cell that fails ends it with its traceback."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    path = ROOT / "docs" / "example.ipynb"
    assert all(not cell.get("outputs") for cell in json.loads(path.read_text("utf-8"))["cells"]), "kept without outputs"
    notebook = nbformat.read(path, 4)
    done = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [output.data for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("<svg" in data.get("text/html", "") for data in shown)
