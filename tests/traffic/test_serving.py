"""What becomes of a load: by hand, by closed forms, by conservation, and against single requests."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.never import NEVER
from sim.traffic.load import Load, constant, spike
from sim.traffic.replica import ReplicaCapacity
from sim.traffic.served import ServedTraffic
from sim.traffic.serving import serve
from sim.traffic.spans import ServingSpan
from tests.traffic.single_requests import simulate

ONE = ServingSpan("a", 0.0)
FOUR_WORKERS = ReplicaCapacity(0.05, workers=4)
"""80 requests a second."""


def outcomes(served: ServedTraffic) -> float:
    return served.answered + served.refused + served.lost + served.timed_out + served.under_way


def test_a_load_that_lasts_is_answered_as_erlang_c_says() -> None:
    """M/M/4 at a load of 0.75: Erlang C is 0.50943, waits are exponential with a mean of 50 ms."""
    served = serve(constant(60.0), [ONE], FOUR_WORKERS, 2000, 500)

    def above(time: float) -> float:
        alone = math.exp(-time / 0.05)
        return (1 - 0.5094339622641509) * alone + 0.5094339622641509 * (1 + time / 0.05) * alone

    last = served.bins[-1]
    assert above(last.p50) == pytest.approx(0.5, abs=2e-3)
    assert above(last.p99) == pytest.approx(0.01, abs=1e-4)
    assert served.under_way == pytest.approx(4.528, abs=0.005), "Little: the requests that are there"


def test_without_a_queue_erlang_b_is_refused() -> None:
    served = serve(constant(80.0), [ONE], ReplicaCapacity(0.05, 4, queue=0), 1000, 500)
    assert served.bins[-1].refused / served.bins[-1].offered == pytest.approx(0.310680, abs=1e-3)


def test_a_backlog_is_what_came_less_what_can_be_done() -> None:
    """100 s at 40 a second too many: 4,000 are there at the end, which is 50 s of work."""
    served = serve(constant(120.0), [ONE], ReplicaCapacity(0.05, 4, queue=100_000), 100, 1)
    assert served.under_way == pytest.approx(4000, rel=0.01)
    assert served.bins[-1].p50 == pytest.approx(50, rel=0.02)


def test_a_full_queue_refuses_what_is_too_much() -> None:
    served = serve(constant(120.0), [ONE], ReplicaCapacity(0.05, 4, queue=100), 1000, 100)
    assert served.bins[-1].refused == pytest.approx(100 * 40, rel=0.01)


def test_what_is_sent_to_a_silent_replica_is_refused() -> None:
    """One of four is gone at 50 s, and the balancer notices at 60 s."""
    spans = [ServingSpan("a", 0, dead=50, delisted=60), *(ServingSpan(name, 0) for name in "bcd")]
    served = serve(constant(100.0), spans, FOUR_WORKERS, 100, 10)
    assert [round(one.refused, 6) for one in served.bins] == [0, 0, 0, 0, 0, 250, 0, 0, 0, 0]
    assert [round(one.ready, 6) for one in served.bins[4:7]] == [4, 3, 3]
    assert served.bins[6].capacity == pytest.approx(240)


def test_a_retry_finds_another_replica() -> None:
    """A share of 1/4 is silent: of 1,000 requests 250 meet it once, 62.5 twice, 15.625 three times."""
    spans = [ServingSpan("a", 0, answers=NEVER), *(ServingSpan(name, 0) for name in "bcd")]
    refused = [serve(constant(100.0), spans, ReplicaCapacity(0.05, 4, retries=n), 10, 10).refused for n in range(3)]
    assert refused == [pytest.approx(250), pytest.approx(62.5), pytest.approx(15.625)]


def test_what_is_under_way_in_a_process_that_dies_is_lost() -> None:
    served = serve(constant(60.0), [ServingSpan("a", 0, dead=500)], FOUR_WORKERS, 600, 100)
    assert served.lost == pytest.approx(4.528, abs=0.005), "Little"
    assert served.bins[4].lost == served.lost, "they were sent before"
    assert served.refused == pytest.approx(6000)


def test_a_process_that_closes_first_loses_nothing() -> None:
    closed = ServingSpan("a", 0, delisted=500, closing=500, dead=502)
    served = serve(constant(60.0), [closed], FOUR_WORKERS, 600, 100)
    assert served.lost == pytest.approx(0, abs=1e-6)


def test_a_process_with_too_little_time_to_close_loses_the_rest() -> None:
    """10 s of overload leave 400 requests, 5 s of work. After 2 s some 160 of them are done."""
    closed = ServingSpan("a", 0, delisted=10, closing=10, dead=12)
    served = serve(constant(120.0), [closed], FOUR_WORKERS, 20, 1)
    assert served.lost == pytest.approx(240, rel=0.06)


def test_those_who_gave_up_are_not_lost_too() -> None:
    """At 100 s there are 4,000 requests, and of the clients only those of the last 5 s still wait."""
    served = serve(
        constant(120.0), [ServingSpan("a", 0, dead=100)], ReplicaCapacity(0.05, 4, 100_000, timeout=5.0), 100.5, 0.5
    )
    assert served.lost == pytest.approx(5 * 120, rel=1e-6)


def test_nobody_listed_refuses_everything() -> None:
    served = serve(constant(10.0), [], FOUR_WORKERS, 100, 10)
    assert (served.offered, served.refused, served.p50, served.bins[0].capacity) == (1000, 1000, 0, 0)


def test_what_was_over_before_the_beginning_does_not_count() -> None:
    assert serve(constant(10.0), [ServingSpan("a", -50, dead=-10)], FOUR_WORKERS, 10, 5).refused == 100


times = st.one_of(st.floats(0, 100), st.just(NEVER))
lives = st.lists(
    st.tuples(times, times, times, times, times).map(
        lambda found: ServingSpan("r", found[0], found[1], found[2], found[3], found[4])
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(lives, st.floats(0, 400), st.sampled_from([NEVER, 0.5, 5.0]), st.sampled_from([0, 10, 4096]))
def test_every_request_has_one_outcome(spans: list[ServingSpan], rate: float, timeout: float, queue: int) -> None:
    capacity = ReplicaCapacity(0.05, 4, queue, timeout, retries=1)
    served = serve(spike(rate / 4, rate, 20, 5, 20, 5), spans, capacity, 110, 7)
    assert outcomes(served) == pytest.approx(served.offered, abs=1e-6)
    for one in served.bins:
        sums = one.answered + one.refused + one.lost + one.timed_out + one.under_way
        assert sums == pytest.approx(one.offered, abs=1e-6)
        assert min(one.answered, one.refused, one.lost, one.timed_out, one.under_way) >= -1e-6
        assert one.p50 <= one.p99 + 1e-9 <= max(timeout, 1e-9) + 1e-9


@pytest.mark.parametrize(
    ("load", "spans", "capacity", "until"),
    [
        pytest.param(constant(140), [ONE, ServingSpan("b", 0)], ReplicaCapacity(0.05, 4, 128, 1.0), 200, id="steady"),
        pytest.param(constant(100), [ONE], ReplicaCapacity(0.05, 4, 6), 200, id="a short queue"),
        pytest.param(
            constant(210),
            [
                ONE,
                ServingSpan("b", 0),
                ServingSpan("c", 0, dead=60, delisted=75),
                ServingSpan("d", 90, answers=85),
            ],
            ReplicaCapacity(0.05, 4, 500, 2.0),
            200,
            id="a crash in a load that two cannot carry",
        ),
        pytest.param(
            spike(40, 120, 40, 0, 20, 0), [ONE], ReplicaCapacity(0.05, 4, 4096, 5.0), 200, id="a spike of overload"
        ),
        pytest.param(
            Load(((0, 0), (100, 100), (200, 0))), [ONE], ReplicaCapacity(0.05, 4, 500, 3.0), 200, id="a slow peak"
        ),
        pytest.param(
            constant(70),
            [ONE, ServingSpan("b", 0, dead=30, delisted=60)],
            ReplicaCapacity(0.05, 4, 500, 2.0, retries=2),
            100,
            id="retries",
        ),
    ],
)
def test_the_flow_is_what_single_requests_do_in_the_mean(
    load: Load, spans: list[ServingSpan], capacity: ReplicaCapacity, until: float
) -> None:
    """Shares of what is offered, within three standard errors of the mean of runs, and one in a hundred."""
    served = serve(load, spans, capacity, until, 5)
    runs = [simulate(load, spans, capacity, until, until, seed) for seed in range(12)]
    for name in ("answered", "refused", "lost", "timed_out"):
        shares = [run.total(name) / run.total("offered") for run in runs]
        error = stdev(shares) / math.sqrt(len(shares))
        assert getattr(served, name) / served.offered == pytest.approx(fmean(shares), abs=3 * error + 0.01), name


def test_latencies_are_what_single_requests_take() -> None:
    """Bin by bin, before, while and after one of three replicas is away."""
    spans = [ONE, ServingSpan("b", 0), ServingSpan("c", 0, dead=60, delisted=60), ServingSpan("d", 100)]
    served = serve(constant(140), spans, FOUR_WORKERS, 160, 20)
    runs = [simulate(constant(140), spans, FOUR_WORKERS, 160, 20, seed) for seed in range(10)]
    for number, one in enumerate(served.bins):
        medians = [sorted(run.latencies[number])[len(run.latencies[number]) // 2] for run in runs]
        error = stdev(medians) / math.sqrt(len(medians))
        assert one.p50 == pytest.approx(fmean(medians), abs=3 * error + 0.03 * one.p50), one.time


def test_more_requests_and_replicas_cost_no_more_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand replicas that come at once are one cohort, whatever the rate."""
    from sim.traffic.cohorts import ReplicaFlow

    calls = []
    plain = ReplicaFlow.advance
    monkeypatch.setattr(
        ReplicaFlow,
        "advance",
        lambda flow, *rest: calls.append(1) or plain(flow, *rest),
    )
    for count in (1, 1000):
        serve(constant(60.0 * count), [ServingSpan(str(number), 0) for number in range(count)], FOUR_WORKERS, 100, 10)
    assert len(calls) <= 2 * 10 + 1000, "each replica is looked at once at the end"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"service_time": 0}, "service_time: 0 is not a number of seconds above 0"),
        ({"service_time": 1, "workers": 0}, "workers: 0 is not between 1 and 1024"),
        ({"service_time": 1, "queue": -1}, "queue: -1 is not between 0 and 100000"),
        ({"service_time": 1, "timeout": 0}, "timeout: 0 is not a number of seconds above 0"),
        ({"service_time": 1, "retries": 11}, "retries: 11 is not between 0 and 10"),
    ],
)
def test_a_capacity_that_cannot_be_is_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(InputError) as caught:
        ReplicaCapacity(**wrong)  # type: ignore[arg-type]
    assert str(caught.value) == said


def test_too_many_bins_are_refused() -> None:
    with pytest.raises(InputError, match="at most 100,000 bins"):
        serve(constant(1), [], FOUR_WORKERS, 1e6, 1)
