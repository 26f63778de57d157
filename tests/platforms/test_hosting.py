"""One host with several applications: each start is the one start process, and all share the host."""

import math
from dataclasses import replace

import pytest
from simpy import Environment

from sim.catalog import load
from sim.catalog.model import Application, MemoryPart
from sim.engine.seeds import SeedTree
from sim.machine.billing import bill
from sim.platforms.hosting import HostingOptions, NodeHost, NoRoomError
from sim.platforms.single import start_alone
from tests.platforms.conftest import TEXT, make_host, make_phase, make_technology, number

PLAIN = HostingOptions(network=False, pull=False)
CREATE, MAIN = make_phase("create", "cpu", 1.0), make_phase("main", "cpu", 2.0, "application", "application")
REMOVE = make_phase("remove", "wait", 0.5, "exit")


def application(*phases, name="app", memory=0, shared=0):
    parts = [MemoryPart("own", "application", "instance", number(memory, "B"), TEXT)] if memory else []
    if shared:
        parts.append(MemoryPart("files", "files", "content", number(shared, "B"), TEXT, content_key="files"))
    return Application(name, TEXT, phases, tuple(parts))


class Watched:
    """A host whose instances' milestones are noted."""

    def __init__(self, *phases, technology=None, options=PLAIN, **host):
        self.env = Environment()
        self.log = []
        self.node = NodeHost(self.env, make_host(**host), technology or make_technology(*phases), SeedTree(1), options)

    def note(self, *what):
        return lambda: self.log.append((*what, round(self.env.now, 6)))

    def start(self, app):
        number = len(self.node.instances)
        return self.node.start(app, self.note("runs", number), answers=self.note("answers", number))

    def stop(self, instance, at=None):
        if at is not None:
            self.env.run(until=at)
        self.node.stop(instance, self.note("gone", instance))


@pytest.mark.parametrize("technology", ["process", "docker", "kata", "qemu-kvm", "firecracker"])
def test_an_instance_alone_takes_what_the_one_start_process_takes(technology):
    host, app = load.host("server"), replace(load.application("web"), image="")  # so no layers are mounted
    seeds = SeedTree(5)
    env, ready = Environment(), []
    node = NodeHost(env, host, load.technology(technology), seeds, PLAIN)
    node.start(app, lambda: None, answers=lambda: ready.append(env.now))
    env.run()
    assert ready == [start_alone(load.technology(technology), app, host, seeds.child("web"))]


def test_an_instance_runs_answers_and_is_removed():
    host = Watched(CREATE, REMOVE)
    host.start(application(MAIN))
    host.stop(0, at=10.0)
    host.env.run()
    assert host.log == [("runs", 0, 1.0), ("answers", 0, 3.0), ("gone", 0, 10.5)]
    assert host.node.host.held.instances == 0


@pytest.mark.parametrize(
    ("scheduler", "runs", "answers"),
    [("shared", [1.5] * 3, [4.5] * 3), ("queues", [1.0, 1.99256, 2.00744], [3.0, 4.49628, 4.50372])],
)
def test_applications_share_the_hosts_cores(scheduler, runs, answers):
    """Three on two cores, each with 1 + 2 core-seconds, 9 in all.

    Where all share both cores, first processes run at 1.5 s, and all is done at 4.5 s. With run queues one has a core
    to itself until 3 s, and then the other two have one each: they have done 0.5 of 2 by then. The last one waits its
    turn first, 1.24 slices of 6 ms (12 ms for two on a core of two): so long the other one has the core alone.
    """
    host = Watched(CREATE, scheduler=scheduler)
    for name in ("a", "b", "c"):
        host.start(application(MAIN, name=name))
    host.env.run()
    assert [when for what, _, when in host.log if what == "runs"] == runs
    assert [when for what, _, when in host.log if what == "answers"] == answers


def test_one_that_is_stopped_before_its_process_runs_is_removed_once_it_would():
    host = Watched(CREATE, REMOVE)
    host.start(application(MAIN))
    host.stop(0, at=0.25)
    host.env.run()
    assert host.log == [("gone", 0, 1.5)]
    assert host.node.host.held.instances == 0


def test_one_that_is_stopped_before_it_answers_ends_the_step_it_is_at_and_begins_no_other():
    host = Watched(CREATE, REMOVE)
    more = make_phase("more", "cpu", 5.0, "application", "application")
    host.start(application(MAIN, more))
    host.stop(0, at=2.0)
    host.env.run()
    assert host.log == [("runs", 0, 1.0), ("gone", 0, 3.5)]


def test_one_that_is_stopped_while_it_waits_to_be_warm_is_removed_at_once():
    waits = [make_phase(name, "wait", 1000.0, "application", "application") for name in ("warm", "more")]
    host = Watched(CREATE, REMOVE)
    for _ in range(2):
        host.start(application(*waits))
    host.stop(0, at=11.0)
    host.stop(1, at=1500.0)
    host.env.run()
    assert host.log == [("runs", 0, 1.0), ("runs", 1, 1.0), ("gone", 0, 11.5), ("gone", 1, 1500.5)]
    ends = {(one.instance, one.phase): one.end for one in host.node.phase_records("it")}
    assert [ends[0, phase] for phase in ("warm", "more", "remove")] == [11.0, 11.0, 11.5]
    assert [ends[1, phase] for phase in ("warm", "more", "remove")] == [1001.0, 1500.0, 1500.5]
    assert host.node.host.held.instances == 0


def test_a_technology_that_cleans_nothing_up_is_gone_at_once():
    host = Watched(CREATE)
    for _ in range(2):
        host.start(application(MAIN))
    host.stop(0, at=2.0)
    host.stop(1, at=5.0)
    host.env.run()
    assert host.log == [("runs", 0, 1.0), ("runs", 1, 1.0), ("gone", 0, 3.0), ("answers", 1, 3.0), ("gone", 1, 5.0)]
    assert host.node.host.held.instances == 0


def test_stopping_twice_is_stopping_once():
    host = Watched(CREATE, REMOVE)
    host.start(application(MAIN, memory=100))
    host.stop(0, at=5.0)
    host.stop(0, at=5.1)
    host.env.run()
    assert host.log[2:] == [("gone", 0, 5.5)]
    assert host.node.memory_used == 0


def test_the_first_instance_brings_what_is_shared_and_the_last_takes_it_away():
    host = Watched(CREATE)
    app, other = application(name="a", memory=100, shared=1000), application(name="b", memory=7, shared=1000)
    used = []
    for one in (app, app, other):
        host.start(one)
        used.append(host.node.memory_used)
    assert used == [1100, 1200, 1207]
    for instance in (0, 1, 2):
        host.stop(instance)
        used.append(host.node.memory_used)
    assert used[3:] == [1107, 1007, 0]


def test_memory_is_the_ledgers_of_all_instances():
    env, docker = Environment(), load.technology("docker")
    node = NodeHost(env, load.host("server"), docker, SeedTree(1))
    apps = [load.application(name) for name in ("web", "web", "nginx")]
    for app in apps:
        node.start(app, lambda: None)
    bills = [bill(docker, None, app) for app in apps]
    private = sum(line.bytes for one in bills for line in one.lines if line.share == "instance")
    shared = {line.key: line.bytes for one in bills for line in one.lines if line.share != "instance"}
    assert node.memory_used == private + sum(shared.values())


def test_what_does_not_fit_is_told_and_not_started():
    host = Watched(CREATE, memory=number(1000, "B"))
    host.start(application(memory=600))
    with pytest.raises(NoRoomError, match="app needs 600 B of memory, and host has 400 B left") as told:
        host.start(application(memory=600))
    assert (told.value.needed, told.value.left) == (600, 400)
    host.env.run()
    assert host.log == [("runs", 0, 1.0), ("answers", 0, 1.0)]
    assert host.node.memory_used == 600


def test_two_instances_of_one_image_pull_it_once():
    env, times = Environment(), []
    node = NodeHost(env, load.host("server"), load.technology("docker"), SeedTree(1))
    web = load.application("web")
    assert not node.has_image(web)
    for _ in range(2):
        node.start(web, lambda: times.append(env.now))
    env.run()
    pulls = [record for record in node.phase_records("it") if record.phase == "pull-unpack"]
    assert len({record.end for record in pulls}) == 1
    assert node.has_image(web)
    begun = env.now
    node.start(web, lambda: times.append(env.now))
    env.run()
    assert times[2] - begun < times[0] / 3


def test_records_tell_the_phases_that_are_over_by_the_numbers_of_the_host():
    host = Watched(CREATE, REMOVE)
    host.start(application(MAIN, name="a"))
    host.start(application(MAIN, name="b"))
    host.stop(1, at=10.0)
    host.env.run()
    told = [(record.instance, record.phase, record.start, record.end) for record in host.node.phase_records("it")]
    assert told == [
        (0, "create", 0.0, 1.0), (0, "main", 1.0, 3.0),
        (1, "create", 0.0, 1.0), (1, "main", 1.0, 3.0), (1, "remove", 10.0, 10.5),
    ]  # fmt: skip
    assert math.fsum(end - start for _, _, start, end in told) == 6.5


def test_one_that_is_created_goes_on_when_it_is_told_to():
    host = Watched(CREATE, make_phase("exec", "cpu", 0.5, "init"), REMOVE)
    app = application(MAIN)
    for one in (0, 1):
        host.node.start(app, host.note("runs", one), created=host.note("created", one))
    host.env.run(until=5.0)
    host.node.go_on(0)
    host.stop(1)
    host.env.run()
    assert host.log == [("created", 0, 1.0), ("created", 1, 1.0), ("runs", 0, 5.5), ("gone", 1, 5.5)]
    assert [(one.phase, one.start) for one in host.node.phase_records("it")][:3] == [
        ("create", 0.0), ("exec", 5.0), ("main", 5.5),
    ]  # fmt: skip
    assert host.node.host.held.instances == 1


def test_one_that_is_stopped_before_it_is_created_is_removed_once_it_is():
    host = Watched(CREATE, REMOVE)
    host.node.start(application(MAIN), host.note("runs", 0), created=host.note("created", 0))
    host.stop(0, at=0.5)
    host.env.run()
    assert host.log == [("gone", 0, 1.5)]


@pytest.mark.parametrize("milestone", ["runtime", "init"])
def test_those_that_are_given_up_with_a_kept_lock_or_in_its_queue_leave_it_to_the_others(milestone):
    """Each has it for 1 s in the order of asking. The first is stopped while it has it, the third while it waits."""
    lock = make_phase("lock", "hold", 0.0, milestone, resource="network_lock", until="write")
    host = Watched(lock, make_phase("write", "wait", 1.0, milestone), REMOVE)
    for _ in range(4):
        host.start(application(make_phase("main", "wait", 2.0, "application", "application")))
    host.stop(0, at=0.5)
    host.stop(2, at=1.5)
    host.env.run()
    assert sorted(host.log) == [
        ("answers", 1, 4.0), ("answers", 3, 6.0),
        ("gone", 0, 1.5), ("gone", 2, 3.5),
        ("runs", 1, 2.0), ("runs", 3, 4.0),
    ]  # fmt: skip


def test_one_that_is_given_up_before_it_asks_for_a_kept_lock_takes_none_and_gives_none_back():
    """Nothing follows under the lock but the removal, which the first one comes to without it."""
    lock = make_phase("lock", "hold", 0.0, "init", resource="network_lock", until="write")
    host = Watched(CREATE, lock, make_phase("write", "wait", 1.0, "init"), REMOVE)
    for one in (0, 1):
        host.node.start(application(), host.note("runs", one), created=host.note("created", one))
    host.stop(0, at=2.0)
    host.env.run(until=3.0)
    host.node.go_on(1)
    host.env.run()
    assert host.log == [("created", 0, 1.0), ("created", 1, 1.0), ("gone", 0, 2.5), ("runs", 1, 4.0)]
