"""What holds of any rolling update, whatever its numbers: how many tasks run meanwhile, and that it ends."""

import pytest

from tests.swarm.swarms import ends, updated, updates


def running(one):
    """How many tasks run after each moment at which that changes, from 5 s on."""
    lives = [(task.runs, task.ended) for task in one.history.of_service("s") if task.runs is not None]
    moments = sorted({moment for life in lives for moment in life if moment is not None and moment > 5})
    return [sum(begin <= at and (end is None or end > at) for begin, end in lives) for at in [5, *moments]]


@pytest.mark.parametrize("replicas", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("parallelism", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("delay", [0.0, 1.0])
def test_stop_first_is_never_more_than_its_parallelism_short_and_never_above(replicas, parallelism, delay):
    one = updated(replicas, parallelism=parallelism, delay=delay, monitor=1.0)
    at_once = min(parallelism or replicas, replicas)
    assert min(running(one)) == replicas - at_once
    assert max(running(one)) == replicas
    assert ends(one) == [["v1 shutdown", "v2 running"]] * replicas
    assert updates(one)[-1][1] == "completed"


@pytest.mark.parametrize("replicas", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("parallelism", [0, 1, 2, 3, 9])
def test_start_first_is_never_short(replicas, parallelism):
    """A slot has two tasks while the old one is stopped, which takes longer than the next slot's start."""
    one = updated(replicas, parallelism=parallelism, delay=2.0, order="start-first", monitor=1.0)
    at_once = min(parallelism or replicas, replicas)
    assert min(running(one)) == replicas
    assert max(running(one)) == replicas + at_once, "the delay outlasts a stop"
    assert ends(one) == [["v1 shutdown", "v2 running"]] * replicas
    assert updates(one)[-1][1] == "completed"
