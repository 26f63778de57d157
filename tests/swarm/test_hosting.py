"""Tasks on their node's host: created, started and removed by the one start process.

A container takes 0.25 s to be created, 0.3 s to be started, its application 0.5 s to answer, and its removal 1.19 s:
as in `tests.swarm.swarms`, so that the same instants follow.
"""

import pytest
from simpy import Environment

from sim.catalog.model import Application, MemoryPart
from sim.engine.seeds import SeedTree
from sim.lifecycle.health import HealthCheck
from sim.platforms.hosting import HostingOptions, HostPool
from sim.swarm.cluster import SwarmCluster
from sim.swarm.spec import ServiceSpec, TaskSpec, UpdateConfig
from sim.swarm.starts import SwarmHosting
from tests.platforms.conftest import TEXT, make_host, make_phase, make_technology, number
from tests.swarm.swarms import IMAGES, TIMING, ends, node, service, with_image

CREATE = make_phase("create", "wait", 0.25)
START = make_phase("exec", "wait", 0.3, "init")
REMOVE = make_phase("remove", "wait", 1.19, "exit")


def application(memory=0):
    parts = (MemoryPart("own", "application", "instance", number(memory, "B"), TEXT),) if memory else ()
    return Application("app", TEXT, (make_phase("main", "wait", 0.5, "application", "application"),), parts)


def hosted(needs=0, **host):
    env = Environment()
    technology = make_technology(CREATE, START, REMOVE)
    options = HostingOptions(network=False, pull=False)
    pool = HostPool(env, make_host(cores=64, **host), technology, SeedTree(1), options)
    app = application(needs)
    one = SwarmCluster([node()], IMAGES, TIMING, env=env, hosting=SwarmHosting(pool, lambda _: app))
    return one, pool("node1")


def runs_at(one):
    return [round(record.runs, 6) for record in one.history.tasks.values() if record.runs is not None]


def test_a_task_runs_when_its_host_has_started_it():
    one, _ = hosted()
    one.create(service(replicas=3))
    one.run(10)
    assert runs_at(one) == [0.7] * 3  # 0.05 + 0.1 + 0.25 + 0.3


def test_an_update_takes_as_long_as_in_a_swarm_with_the_same_times():
    timed, host = SwarmCluster([node()], IMAGES, TIMING), hosted()
    for one in (timed, host[0]):
        spec = service("v1", 3, update=UpdateConfig())
        one.create(spec)
        one.run(5)
        one.change(with_image(spec, "v2"))
        one.run(60)
    assert runs_at(host[0]) == runs_at(timed)
    assert ends(host[0]) == ends(timed)
    assert host[1].host.held.instances == 3


def test_a_health_check_succeeds_once_the_application_answers():
    """It runs 0.7 s after it was made and answers at 1.2 s; probes are at 1.2 and 1.7 s, counted from its start."""
    check = HealthCheck(interval=0.5, timeout=1.0, start_period=0.0, retries=3)
    one, _ = hosted()
    one.create(ServiceSpec("s", TaskSpec("v1", health=check), replicas=1))
    one.run(10)
    (ran,) = runs_at(one)
    assert ran == pytest.approx(1.2, abs=0.51)
    assert ran >= 1.2


def test_what_the_host_has_no_memory_for_fails_as_it_starts_and_is_tried_again():
    """The second task fails at 0.4 s, when its process would be started, and again after the delay of 5 s."""
    one, host = hosted(600, memory=number(1000, "B"))
    one.create(service(replicas=2))
    one.run(9)
    assert ends(one) == [["v1 running"], ["v1 failed", "v1 failed", "v1 ready"]]
    assert host.memory_used == 600


def test_a_removed_service_leaves_nothing_on_its_host():
    one, host = hosted(600, memory=number(5000, "B"))
    one.create(service(replicas=3))
    one.run(0.5)
    one.remove("s")
    one.run(20)
    assert host.memory_used == 0
    assert host.host.held.instances == 0
