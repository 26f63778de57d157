"""The startup study on a catalog made by hand: every expected number is worked out in the test."""

from dataclasses import replace
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.images import ImageLayer, OfficialImage
from sim.catalog.kernel import Growth
from sim.catalog.model import Application, Guest, Host, Phase, Technology
from sim.catalog.number import Number
from sim.engine.seeds import SeedTree
from sim.errors import CancelledError, InputError
from sim.records.instances import InstanceRecord, PhaseRecord
from sim.scenario import Text
from sim.studies import study
from sim.studies.base import Context, summarise
from sim.studies.startup import STUDY, Startup, run

TEXT = Text(en="x", ja="x")


def number(value, unit="s", low=None, high=None, estimate=""):
    return Number(value, unit, low, high, () if estimate else ("by hand",), estimate)


def phase(id_, owner, leads_to, demand, amount, **fields):
    amount = amount if isinstance(amount, Number) else number(amount)
    return Phase(id_, owner, leads_to, demand, amount, TEXT, **fields)


CONTAINER = Technology(
    "box",
    TEXT,
    TEXT,
    "container",
    "process",
    (
        phase("daemon", "engine", "runtime", "cpu", 0.1),
        phase("veth", "kernel", "runtime", "hold", 0.02, resource="rtnl", when="network"),
        phase("exec", "kernel", "init", "wait", 0.05, growth=(Growth("instance", number(0.001)),)),
    ),
    (),
    limits={"bridge_ports": number(12, "1")},
)
MACHINE = Technology(
    "vm",
    TEXT,
    TEXT,
    "microvm",
    "guest",
    (phase("vmm", "machine", "runtime", "cpu", number(0.2, low=0.1, high=0.4)),),
    (),
    guests=("linux", "other"),
    cpu_efficiency=number(0.5, "1"),
)
LINUX = Guest(
    "linux",
    TEXT,
    (
        phase("kernel", "kernel", "init", "cpu", 0.3),
        phase("services", "userland", "application", "wait", number(1.0, estimate="a guess", low=0.5, high=2.0)),
    ),
    (),
    number(2**28, "B"),
)
APPLICATION = Application("app", TEXT, (phase("app", "application", "application", "cpu", 0.05),), (), image="app:1")
BARE = Application("bare", TEXT, (), ())
HOST = Host(
    "host",
    TEXT,
    2,
    number(1.0, "1"),
    number(2**33, "B"),
    number(1e8, "B/s"),
    number(1e8, "B/s"),
    number(1e8, "B/s"),
    "6.1",
)
IMAGE = OfficialImage(
    "app:1", "linux/amd64", "sha256:0", "sha256:1", "", (ImageLayer("sha256:2", 26_000_000, "ADD"),), (), "by hand"
)


@pytest.fixture(autouse=True)
def catalog(monkeypatch):
    there: dict[str, list[Any]] = {
        "technology": [CONTAINER, MACHINE],
        "guest": [LINUX],
        "application": [APPLICATION, BARE],
        "host": [HOST, replace(HOST, id="slow", cpu_speed=number(0.5, "1"))],
    }
    for kind, entries in there.items():
        monkeypatch.setattr(load, kind, {entry.id: entry for entry in entries}.__getitem__)
    monkeypatch.setattr(load, "images", lambda: {"app:1": IMAGE})


def start(technology="box", bound="value", tick=lambda _: None, **parameters):
    defaults = {"host": "host", "application": "app"}
    return run(
        Startup(technology=technology, **{**defaults, **parameters}), Context("it", SeedTree(1), bound=bound, tick=tick)
    )


def test_a_container_start_is_its_phases_and_the_applications():
    samples = start(network="bridge").samples
    assert samples["startup_time"] == pytest.approx([0.1 + 0.02 + 0.05 + 0.05])
    assert samples["runtime_time"] == pytest.approx([0.12])
    assert samples["init_time"] == pytest.approx([0.17])
    assert samples["makespan"] == pytest.approx([0.22])
    assert samples["lock_wait"] == [0.0]


def test_without_a_network_its_phases_are_left_out():
    assert start().samples["startup_time"] == pytest.approx([0.2])


def test_guest_cpu_runs_at_the_technologys_efficiency():
    """0.2 s of VMM on the host; then 0.3 s of kernel and 0.05 s of application at half speed, and 1 s of waiting."""
    assert start("vm").samples["startup_time"] == pytest.approx([0.2 + 0.6 + 1.0 + 0.1])


def test_a_guests_boot_begins_once_its_monitor_is_ready():
    """Alone 0.2 s of VMM and 0.6 s of kernel. Two on one core share it, so 0.4 s and 1.2 s; the third is alone again.

    What is pulled is before both.
    """
    alone, pulled = start("vm").samples, start("vm", image="pull").samples
    assert alone["init_time"] == pytest.approx([0.2 + 0.6])
    assert alone["boot_time"] == pytest.approx([0.8 - 0.2])
    assert pulled["init_time"][0] > 0.8 + 0.2
    assert pulled["boot_time"] == pytest.approx([0.6])
    crowd = start("vm", cores=1, instances=3, arrivals="in_flight", in_flight=2, clean_up="each").samples
    assert crowd["init_time"] == pytest.approx([1.6, 1.6, 0.8])
    assert crowd["boot_time"] == pytest.approx([1.2, 1.2, 0.6])


def test_no_guest_boots_in_a_container():
    assert "boot_time" not in start("box").samples


def test_every_owners_seconds_add_up_to_the_whole():
    samples = start("vm", instances=7).samples
    owners = ("machine", "kernel", "userland", "engine", "files", "application")
    for index, whole in enumerate(samples["startup_time"]):
        assert sum(samples[f"{owner}_time"][index] for owner in owners) == pytest.approx(whole)
    assert samples["files_time"] == [0.0] * 7


def test_many_at_once_wait_for_cores_and_locks():
    """12 daemons of 0.1 s on two cores; then the lock lets one through each 0.02 s.

    Of the six of a core the first runs at once. The others wait their turns: 1.24 slices of a round of 12 ms, which
    are 6, 4, 3, 2.4 and 2 ms for the second to the sixth. So they run from when the first has run that long, the last
    one first, and the first is through after 578 ms.
    """
    samples = start(instances=12, network="bridge").samples
    waits = [1.24e-3 * slice_ for slice_ in (0, 2, 2.4, 3, 4, 6)]
    first = sum(0.1 - wait for wait in waits)
    assert min(samples["runtime_time"]) == pytest.approx(first + 0.02, abs=1e-5)
    assert max(samples["runtime_time"]) == pytest.approx(first + 12 * 0.02, abs=1e-5)


def test_existing_instances_lengthen_what_grows_with_them():
    alone, crowded = start(), start(existing=100)
    assert crowded.samples["init_time"][0] - alone.samples["init_time"][0] == pytest.approx(100 * 0.001)


def test_in_flight_starts_follow_each_other():
    """Two in flight never share a core. The k-th to be created finds k others, and waits 1 ms for each."""
    samples = start(application="bare", instances=10, arrivals="in_flight", in_flight=2).samples
    assert samples["startup_time"] == pytest.approx([0.15 + 0.001 * k for k in range(10)])
    assert samples["makespan"] == pytest.approx([sum(0.15 + 0.001 * k for k in (1, 3, 5, 7, 9))])


def test_requests_at_random_have_the_mean_rate():
    """With 2,000 gaps of mean 0.1 s the last request comes within 4 standard errors of 200 s."""
    result = start(application="bare", instances=2001, arrivals="rate", rate=10.0)
    asked = [record.requested for record in result.records if isinstance(record, InstanceRecord)]
    assert asked[0] == 0.0
    assert asked == sorted(asked)
    assert asked[1999] == pytest.approx(199.9, abs=4 * 0.1 * 2000**0.5)


def test_a_pull_comes_before_the_boot_and_is_made_once():
    """26 MB over the link at 100 MB/s after 0.5 s, then 3 times as much unpacked at 190 MB/s."""
    pulled = 0.5 + 26 / 100 + 78 / 190
    alone, many = start(image="pull"), start(image="pull", instances=2)
    assert alone.samples["startup_time"] == pytest.approx([pulled + 0.2])
    assert alone.samples["files_time"] == pytest.approx([pulled])
    assert many.samples["files_time"] == pytest.approx([pulled] * 2)
    assert "startup_time" in alone.estimates


def test_who_comes_after_the_pull_waits_for_nothing_of_it():
    late = start(image="pull", instances=20, arrivals="rate", rate=0.05)
    asked = [record.requested for record in late.records if isinstance(record, InstanceRecord)]
    after = [instance for instance, at in enumerate(asked) if at > asked[0] + 2.5]
    assert len(after) > 10
    assert [late.samples["files_time"][instance] for instance in after] == [0.0] * len(after)


def test_records_hold_every_phase_and_every_instance():
    records = start(instances=3).records
    assert [record.instance for record in records if isinstance(record, InstanceRecord)] == [0, 1, 2]
    phases = [record for record in records if isinstance(record, PhaseRecord)]
    assert [(record.instance, record.phase) for record in phases] == [
        (instance, name) for instance in range(3) for name in ("daemon", "exec", "app")
    ]
    assert {record.of for record in records} == {"it"}


def test_the_ends_of_the_inputs_ranges_give_the_ends_of_the_result():
    """VMM 0.1 to 0.4 s, services 0.5 to 2 s; the rest has no range."""
    assert start("vm", "low").samples["startup_time"] == pytest.approx([0.1 + 0.6 + 0.5 + 0.1])
    assert start("vm", "high").samples["startup_time"] == pytest.approx([0.4 + 0.6 + 2.0 + 0.1])
    assert start("vm").ranged
    assert not start("box").ranged


def test_an_estimate_marks_what_it_went_into():
    assert start("vm").estimates == {
        "userland_time",
        "startup_time",
        "makespan",
        "ready_span",
        "throughput",
        "exit_time",
    }
    assert start("box").estimates == frozenset()


def test_equal_seeds_give_equal_runs():
    assert start(instances=20, arrivals="rate", rate=5.0) == start(instances=20, arrivals="rate", rate=5.0)


def test_progress_is_told_and_a_run_can_be_cancelled():
    told = []
    start(instances=200, tick=told.append)
    assert told == pytest.approx([k / 100 for k in range(1, 101)])

    def refuse(fraction):
        raise CancelledError

    with pytest.raises(CancelledError):
        start(tick=refuse)


@pytest.mark.parametrize(("technology", "without"), [("vm", set()), ("box", {"boot_time"})])
def test_metrics_are_the_studys(technology, without):
    metrics = summarise(STUDY, "it", [start(technology, instances=5)])
    assert {(metric.metric, metric.statistic) for metric in metrics} == {
        (spec.name, statistic_) for spec in STUDY.metrics if spec.name not in without for statistic_ in spec.statistics
    }
    assert study("startup") is STUDY


@pytest.mark.parametrize(
    ("parameters", "path", "part"),
    [
        ({"arrivals": "rate"}, "rate", "needs it"),
        ({"arrivals": "in_flight"}, "in_flight", "needs it"),
        ({"rate": 2.0}, "rate", "'rate', not 'together'"),
        ({"arrivals": "in_flight", "in_flight": 3, "instances": 2}, "in_flight", "more than all 2 instances"),
        ({"technology": "vm", "guest": "windows"}, "guest", "expected one of linux, other"),
        ({"guest": "linux"}, "guest", "it starts none"),
        ({"guest_memory": 2**28}, "guest_memory", "no guest kernel"),
        (
            {"network": "bridge", "instances": 8, "existing": 5},
            "instances",
            "12 bridge ports, so at most 7 can be added",
        ),
        ({"application": "bare", "image": "pull"}, "image", "no image to pull"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(parameters, path, part):
    with pytest.raises(InputError) as caught:
        start(**parameters)
    assert [problem.path for problem in caught.value.problems] == [path]
    assert part in caught.value.problems[0].message


def test_a_limit_throttles_what_runs_inside_and_not_the_daemon():
    """250m is 25 ms in 100 ms: of the application's 50 ms half has to wait for 75 ms. The daemon's 100 ms do not."""
    samples = start(cpu_limit=0.25).samples
    assert samples["startup_time"] == pytest.approx([0.1 + 0.05 + 0.05 + 0.075])
    assert samples["throttled_time"] == pytest.approx([0.075])
    assert start().samples["throttled_time"] == [0.0]


def test_a_limit_of_a_guest_is_of_its_boot():
    """A guest of 0.7 core-seconds under half a core: 50 ms in each 100 ms, counted from its kernel's begin."""
    samples = start("vm", cpu_limit=0.5).samples
    # 0.6 s of kernel are twelve quotas: 11 periods and 50 ms. After 1 s of waiting, 50 ms of the period are left to
    # run in: its 100 ms are two quotas, and the second comes with the next period.
    assert samples["startup_time"] == pytest.approx([0.2 + 1.15 + 1.0 + 0.05 + 0.05])
    assert samples["throttled_time"] == pytest.approx([0.55])


def test_more_vcpus_are_brought_up_one_after_another():
    """Two more take 2 x 1.5 ms at half speed. One vCPU is as without the parameter, as nothing here is parallel."""
    usual = start("vm")
    assert start("vm", vcpus=1).samples == usual.samples
    found = start("vm", vcpus=3)
    assert found.samples["startup_time"] == pytest.approx([usual.samples["startup_time"][0] + 2 * 0.0015 / 0.5])
    assert found.samples["init_time"] == pytest.approx([usual.samples["init_time"][0] + 2 * 0.0015 / 0.5])
    assert {"kernel_time", "init_time"} <= found.estimates
    assert [one.phase for one in found.records if isinstance(one, PhaseRecord)][:3] == [
        "vmm",
        "kernel",
        "vcpu-bring-up",
    ]


def test_a_parallel_phase_uses_no_more_than_the_guests_vcpus(monkeypatch):
    wide = Application("wide", TEXT, (phase("app", "application", "application", "cpu", 0.4, parallelism=2.0),), ())
    monkeypatch.setattr(load, "application", {"app": wide}.__getitem__)
    monkeypatch.setattr(load, "images", dict)
    two, one = (start("vm", vcpus=count).samples["application_time"][0] for count in (2, 1))
    assert (two, one) == pytest.approx((0.4, 0.8))


def test_vcpus_of_what_has_no_guest_are_refused():
    with pytest.raises(InputError, match="2 is not used: box starts no guest kernel"):
        Startup(technology="box", host="host", application="app", vcpus=2)


def test_a_clients_own_cpu_is_no_part_of_a_start():
    """One in flight: a start of 200 ms follows 50 ms of its client. The first request comes after these."""
    samples = start(instances=4, arrivals="in_flight", in_flight=1, client_cpu=0.05).samples
    assert samples["startup_time"] == pytest.approx([0.2, 0.201, 0.202, 0.203])
    assert samples["makespan"] == pytest.approx([4 * 0.2 + 0.006 + 3 * 0.05])


def test_xargs_takes_as_much_longer_to_ask_as_its_host_is_slower():
    """Before each of three that follow the first: 0.35 ms of the reference host are 0.7 ms at half its speed."""
    alone, asked = (
        start(host="slow", instances=4, arrivals="in_flight", in_flight=1, asked_by=client).samples
        for client in ("none", "xargs")
    )
    assert asked["startup_time"] == pytest.approx(alone["startup_time"])
    assert asked["makespan"][0] - alone["makespan"][0] == pytest.approx(3 * 0.7e-3)


def test_three_at_once_on_two_cores_do_not_end_together():
    """Two share a core, one has one: 100 ms. The second of a core waits its turn, and then both share until one moves.

    On two cores of Linux 6.1 a round is 12 ms, its slice for two 6 ms, of which the first runs 1.24.
    """
    turn = 1.24 * 0.006
    assert sorted(start(instances=3).samples["runtime_time"]) == pytest.approx([0.1, 0.15 - turn / 2, 0.15 + turn / 2])


def test_a_script_computes_before_and_after_what_is_timed():
    """One in flight: neither counts in a start, and both come before the next. 2.2 + 2.3 ms, or 6.9 + 8 ms."""
    alone, clocks, configures = (
        start(instances=4, arrivals="in_flight", in_flight=1, script=script).samples
        for script in ("none", "clocks", "configures")
    )
    assert clocks["startup_time"] == pytest.approx(alone["startup_time"])
    assert configures["startup_time"] == pytest.approx(alone["startup_time"])
    assert clocks["makespan"][0] - alone["makespan"][0] == pytest.approx(3 * 4.5e-3)
    assert configures["makespan"][0] - alone["makespan"][0] == pytest.approx(3 * 14.9e-3)
