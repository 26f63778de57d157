"""A pool of function instances, held against closed forms and the result that SimFaaS documents."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from sim import run as run_scenario
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.loading import load_text
from sim.records.load import PoolRecord
from sim.studies.base import Context, statistic
from sim.studies.faas import METRICS, STRETCHES, Faas, run
from sim.traffic.functionpool import serve
from sim.traffic.poolstretches import NotedRequests, stretches

ROOT = Path(__file__).parents[2]


def measured(**params: Any) -> dict[str, float]:
    samples = run(Faas(**params), Context("it", SeedTree(1))).samples
    return {spec.name: statistic(spec.statistics[0], samples[spec.name]) for spec in METRICS}


def erlang_loss(load: float, servers: int) -> float:
    """Erlang's B formula by its recursion."""
    loss = 1.0
    for count in range(1, servers + 1):
        loss = load * loss / (count + load * loss)
    return loss


def test_a_pool_follows_each_request_as_worked_out_by_hand() -> None:
    """Requests at 1, 2, 4, 8 and 20; 2 s warm, 3 s cold, kept for 5 s, at most two at once.

    The first two are cold, and busy until 4 and 5. The third finds the first idle. At 8 both are idle, and the one made
    last is taken. It is busy until 10 and gone at 15; the other is busy until 6 and gone at 11. At 20 a third is made.
    """
    gaps = iter([1.0, 1.0, 2.0, 4.0, 12.0, 100.0])
    used = serve(22.0, 5.0, 2, lambda: next(gaps), lambda: 2.0, lambda: 3.0)
    assert used.services == [3.0, 3.0, 2.0, 2.0, 3.0]
    assert (used.cold, used.rejected, used.most) == (3, 0, 2)
    assert used.lives == [10.0, 13.0]
    assert used.instance_seconds == 10 + 13 + 2
    assert used.busy_seconds == 3 + 3 + 2 + 2 + 2


def test_a_request_beyond_the_concurrency_is_rejected() -> None:
    gaps = iter([1.0, 1.0, 1.0, 100.0])
    used = serve(10.0, 5.0, 2, lambda: next(gaps), lambda: 2.0, lambda: 3.0)
    assert (len(used.services), used.rejected) == (2, 1)


def test_what_happened_in_each_stretch_is_as_worked_out_by_hand() -> None:
    """The same requests, in two halves of 11 s.

    In the first, instances are there from 1 and from 2 on, 19 s together, and serve 3 + 3 + 2 + 2 s. In the second, the
    one made last is there until 15, and a third from 20 on: 4 + 2 s. It serves for 2 s until the end.
    """
    gaps = iter([1.0, 1.0, 2.0, 4.0, 12.0, 100.0])
    times = NotedRequests(lambda: next(gaps), lambda: 2.0, lambda: 3.0)
    used = serve(22.0, 5.0, 2, times.next_gap, times.warm_service, times.cold_service)
    assert used.gone == [11.0, 15.0]
    assert stretches("it", times, used.gone, 22.0, 2) == (
        PoolRecord("it", 0.0, 11.0, cold=2, warm=2, rejected=0, instances=19 / 11, busy=10 / 11),
        PoolRecord("it", 11.0, 22.0, cold=1, warm=0, rejected=0, instances=6 / 11, busy=2 / 11),
    )


@pytest.mark.parametrize("concurrency", [1, 3, 1000])
def test_the_stretches_of_a_run_add_up_to_its_metrics_and_change_none(concurrency: int) -> None:
    params = Faas(duration=5000.0, keep_alive=20.0, concurrency=concurrency)
    told = run(params, Context("it", SeedTree(1)))
    assert run(params, Context("it", SeedTree(1), records=False)).samples == told.samples
    records = [record for record in told.records if isinstance(record, PoolRecord)]
    assert len(records) == STRETCHES
    counts = {name: sum(getattr(one, name) for one in records) for name in ("cold", "warm", "rejected")}
    served = len(told.samples["response_time"])
    assert counts["cold"] + counts["warm"] == served
    assert counts["cold"] / served == told.samples["cold_share"][0]
    assert counts["rejected"] / (served + counts["rejected"]) == told.samples["rejected_share"][0]
    for mean, metric in (("instances", "pool_instances"), ("busy", "busy_instances")):
        over_all = sum(getattr(one, mean) for one in records) / STRETCHES
        assert over_all == pytest.approx(told.samples[metric][0], rel=1e-9)


@pytest.mark.parametrize("service_times", ["exponential", "constant"])
@pytest.mark.parametrize("concurrency", [1, 3, 10])
def test_rejections_are_erlang_s_loss_whatever_the_distribution(service_times: str, concurrency: int) -> None:
    """Where a cold start takes no longer than a warm one, the busy ones are those of M/G/c/c."""
    got = measured(
        requests=2.0, warm_service=2.0, cold_service=2.0, concurrency=concurrency, service_times=service_times
    )
    loss = erlang_loss(4.0, concurrency)
    assert got["rejected_share"] == pytest.approx(loss, abs=0.004)
    assert got["busy_instances"] == pytest.approx(4.0 * (1 - loss), rel=0.01)


def test_without_keep_alive_every_start_is_cold_and_the_instances_are_those_of_an_infinite_server_queue() -> None:
    got = measured(requests=2.0, cold_service=3.0, keep_alive=0.0)
    assert got["cold_share"] == 1
    assert got["idle_instances"] == pytest.approx(0, abs=1e-9)
    assert got["busy_instances"] == pytest.approx(2.0 * 3.0, rel=0.02)
    assert got["instance_life"] == pytest.approx(got["response_time"], rel=1e-3)


def test_kept_for_ever_as_many_instances_are_made_as_are_there_at_the_end() -> None:
    samples = run(Faas(keep_alive=86_400.0, duration=86_400.0), Context("it", SeedTree(1))).samples
    made = samples["cold_share"][0] * len(samples["response_time"])
    assert made == pytest.approx(samples["most_instances"][0])
    assert math.isinf(samples["instance_life"][0])


@pytest.mark.parametrize("keep_alive", [0.5, 2.0])
def test_one_instance_is_cold_where_nobody_asks_for_as_long_as_it_is_kept(keep_alive: float) -> None:
    """Once it is idle, the next request comes after a time that is exponential: exp(-rate * keep-alive)."""
    got = measured(requests=1.0, warm_service=1.0, cold_service=1.0, concurrency=1, keep_alive=keep_alive)
    assert got["cold_share"] == pytest.approx(math.exp(-keep_alive), abs=0.005)


def test_the_example_of_simfaas_gives_what_its_readme_says() -> None:
    """README of SimFaaS 0.2.2: 1,213 of 898,469 starts cold, lives of 6335.1 s, 7.6612 instances, 1.7879 busy.

    Its own runs differ by as much as ours from it. 1,213 cold starts have a standard deviation of some 35.
    """
    got = measured(duration=1_000_000.0)
    assert got["cold_share"] == pytest.approx(1213 / 898_469, rel=0.1)
    assert got["rejected_share"] == 0
    assert got["busy_instances"] == pytest.approx(1.7879, rel=0.01)
    assert got["pool_instances"] == pytest.approx(7.6612, rel=0.03)
    assert got["instance_life"] == pytest.approx(6335.1, rel=0.1)


def test_more_requests_than_are_followed_are_refused() -> None:
    with pytest.raises(InputError, match=r"1e\+08 requests are too many; at most 1000000"):
        Faas(requests=1000.0)
    with pytest.raises(InputError, match=r"0\.9 requests are too few; at least 100"):
        Faas(duration=1.0)


def test_the_shipped_scenario_has_fewer_cold_starts_and_more_instances_the_longer_they_are_kept() -> None:
    preset = load_text((ROOT / "scenarios/presets/functions.yaml").read_text(), "functions.yaml")
    (outcome,) = run_scenario(preset, replications=1)
    found = {(metric.metric, metric.of): metric.value for metric in outcome.metrics if metric.statistic == "value"}
    cold = [found["cold_share", label] for label in ("minute", "ten", "hour")]
    there = [found["pool_instances", label] for label in ("minute", "ten", "hour")]
    assert cold == sorted(cold, reverse=True)
    assert there == sorted(there)
