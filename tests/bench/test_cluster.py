"""A whole cluster: every pod runs, a pod costs as much among many as among few, and a rollout is no larger work."""

from collections import Counter

import pytest

from bench.cluster import REPLICAS, grown, rollout, started, starting, under_load
from bench.measure import cost, dearer
from sim.kubernetes.pods import is_ready

pytestmark = pytest.mark.slow


def test_every_pod_is_ready_on_a_node_that_has_started_it():
    made = started(10, 200)
    pods = made.cluster.api.all("Pod")
    assert len(pods) == 200
    assert all(map(is_ready, pods))
    bound = Counter(pod["spec"]["nodeName"] for pod in pods)
    assert bound == {name: len(host.instances) for name, host in made.hosts.hosts.items()}
    assert all(host.memory_used > 0 for host in made.hosts.hosts.values())


def test_who_watches_containers_is_told_of_each_in_a_rollout():
    """Traffic to the pods goes by these moments."""
    seen = Counter()
    rollout(5, 20, lambda _key, _name, moment: seen.update([moment]))()
    assert seen == {"runs": 40, "answers": 40, "term": 20, "dead": 20}


def test_a_pod_costs_no_more_than_twice_as_much_among_many():
    """Twenty pods a node both times; the ratio at full size is in docs/performance.md."""
    started(1, 1)
    assert dearer(starting(100, 2_000), starting(10, 200), 2, rounds=12) <= 2


def test_a_rollout_of_a_thousand_replicas_costs_a_few_million_heap_operations():
    made = grown(50)
    made.deploy("web", REPLICAS)
    made.settle()
    versions = iter(range(2, 100))

    def roll():
        made.roll_out("web", f"web:v{next(versions)}")
        made.settle()

    assert cost(roll, 8, rounds=12) <= 8


@pytest.mark.parametrize("platform", ["kubernetes", "swarm"])
def test_a_rollout_under_load_updates_all_and_costs_a_few_million_heap_operations(platform):
    """Its target is 2 s of CPU (docs/performance.md)."""
    work, done = under_load(platform), []
    assert cost(lambda: done.append(work()), 16, rounds=12) <= 16
    assert done[0].samples["replicas_made"] == [REPLICAS]
    assert done[0].samples["duration"][0] < 600
