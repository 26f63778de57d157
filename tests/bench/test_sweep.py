"""What a sweep adds to its points, and that it was worth the measure: both ways run the same points."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.sweep import SCENARIO, bare, overhead, points
from sim.batch.executors import execute
from sim.loading import load_text
from sim.sweeps.plan import plan
from sim.sweeps.reading import swept
from sim.sweeps.run import run_sweep


def test_the_bare_loop_runs_what_the_sweep_runs(tmp_path: Path) -> None:
    scenario = load_text(SCENARIO)
    made = plan(scenario, points(60))
    run_sweep(made, tmp_path / "s")
    looped = [sorted(execute(one.task(0)).samples["startup_time"])[-1] for one in bare(scenario, made)]
    stored = [
        m.value for p in swept(tmp_path / "s") for m in p.metrics if m.metric == "startup_time" and m.statistic == "max"
    ]
    assert len(looped) == 60
    assert stored == pytest.approx(looped, rel=1e-11)


@pytest.mark.slow
def test_a_sweep_of_milliseconds_adds_at_most_half(tmp_path: Path) -> None:
    assert overhead(200, tmp_path, 1.5) <= 1.5
