"""How containers are made, in the studies that ask for it: what it changes, and what does not go together."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.catalog import load
from sim.catalog.facts import facts, values
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.machine.requesttimes import RequestTimes
from sim.machine.service import LoadedHost, RequestLoad
from sim.outcome import Bound
from sim.records.instances import ConstraintRecord, PhaseRecord
from sim.records.load import EventRecord
from sim.report.words import phase_names
from sim.studies import density, memory, overhead, startup
from sim.studies.base import Context, StudyRun, statistic
from sim.studies.density import Density
from sim.studies.memory_parameters import Memory
from sim.studies.overhead import Overhead
from sim.studies.startup import Startup

SEEDS = SeedTree(1)


def started(bound: Bound = "value", **fields: Any) -> StudyRun:
    known = {"technology": "docker", "network": "bridge", "application": "hello"} | fields
    return startup.run(Startup(**known), Context("it", SEEDS, bound))


def seconds(**fields: Any) -> float:
    return statistic("p50", started(**fields).samples["startup_time"])


def loaded(**fields: Any) -> StudyRun:
    return overhead.run(Overhead(**({"technology": "docker"} | fields)), Context("it", SEEDS))


def test_what_is_left_out_is_as_what_was_there_before() -> None:
    said: dict[str, Any] = {
        "cgroup": "own",
        "user_namespace": "none",
        "rootless_network": "own",
        "published_ports": 0,
        "first_port": None,
        "apparmor": False,
    }
    assert started(**said) == started()
    assert loaded(forwarding="rules", seccomp=False, apparmor=False) == loaded()


def test_ports_are_published_one_at_a_time_over_all_containers() -> None:
    """Eight at once with four ports each: 32 ports of 18.2 ms, one after the other, keep the last one waiting."""
    eight = started(instances=8, published_ports=4)
    (first, *_, last) = sorted(
        (one for one in eight.records if isinstance(one, PhaseRecord) and one.phase == "port-map"),
        key=lambda one: one.end,
    )
    assert last.end - first.end == pytest.approx(7 * 4 * 18.2e-3, rel=0.01)
    alone = seconds(published_ports=4) - seconds()
    assert alone == pytest.approx(4 * 18.2e-3, rel=0.001)


def test_a_port_takes_longer_the_more_are_published() -> None:
    """Each of 200 containers has a rule that three appends and three deletes go through."""
    times = [seconds(published_ports=1, existing=there) - seconds(existing=there) for there in (0, 100, 200)]
    assert times[2] - times[1] == pytest.approx(100 * 0.54e-6, rel=0.01)
    assert times[1] - times[0] == pytest.approx(100 * 0.54e-6, rel=0.01)


@pytest.mark.parametrize("step", [{"published_ports": 2}, {"apparmor": True}, {"user_namespace": "remapped"}])
def test_more_of_it_takes_longer_at_each_end(step: dict[str, Any]) -> None:
    ends = [statistic("p50", started(end, **step).samples["startup_time"]) for end in ("low", "value", "high")]
    assert ends == sorted(ends)
    assert seconds(**step) > seconds()


def test_the_boot_log_names_what_was_chosen_in_both_languages() -> None:
    from sim.batch.run import run
    from sim.loading import from_document

    document = {
        "id": "chosen",
        "concept": "boot-race",
        "title": {"en": "t"},
        "summary": {"en": "s"},
        "study": "startup",
        "technology": "podman",
        "network": "bridge",
        "replications": 1,
        "compare": {
            "version_1": {"cgroup": "v1"},
            "pasta": {"user_namespace": "rootless"},
            "slirp": {"user_namespace": "rootless", "rootless_network": "slirp4netns", "kernel": "5.10"},
        },
    }
    (outcome,) = run(from_document(document, "chosen.yaml", "."))
    for label, step, en, ja in (
        ("version_1", "cgroup-create", "eight hierarchies", "八つの階層"),
        ("pasta", "usermode-network", "pasta starts", "pastaの起動"),
        ("slirp", "usermode-network", "slirp4netns starts", "slirp4netnsの起動"),
        ("slirp", "fuse-overlayfs", "fuse-overlayfs", "fuse-overlayfs"),
    ):
        assert en in phase_names(outcome, label, "en")[step]
        assert ja in phase_names(outcome, label, "ja")[step]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"technology": "qemu-kvm", "user_namespace": "rootless"}, "rootless is not known of qemu-kvm, which starts a"),
        ({"technology": "firecracker", "published_ports": 1}, "1 is not known of firecracker, which starts a guest"),
        ({"technology": "kata", "apparmor": True}, "AppArmor is not known of kata"),
        ({"technology": "gvisor", "cgroup": "v2"}, "v2 is not known of gvisor; it is of docker-20-10, docker,"),
        ({"technology": "process", "user_namespace": "remapped"}, "remapped is not known of process"),
        ({"engine": "18.09", "cgroup": "v2"}, "v2 is not known of docker-18-09"),
        ({"engine": "18.09", "user_namespace": "rootless"}, "rootless is not known of docker-18-09"),
        ({"kernel": "4.4", "cgroup": "v2"}, "v2 is not possible on Linux 4.4; it needs 4.15 or later"),
        ({"kernel": "4.15", "user_namespace": "rootless"}, "rootless is not possible on Linux 4.15; it needs 4.18"),
        ({"rootless_network": "pasta"}, "is not used; it goes with user_namespace 'rootless'"),
        ({"user_namespace": "rootless", "apparmor": True}, "rootless engines have none"),
        ({"user_namespace": "rootless", "cgroup": "v1", "cpu_limit": 0.5}, "0.5 is not possible without root under"),
        ({"user_namespace": "rootless", "published_ports": 1, "first_port": 443}, "443 cannot be bound without root"),
        ({"published_ports": 1, "network": "none"}, "1 is not used: instances have no network"),
        ({"first_port": 8080}, "8080 is not used; it goes with published_ports"),
        ({"published_ports": 1, "first_port": 80, "instances": 2}, "port 80 is taken by the first of 2 instances"),
        ({"published_ports": 1, "first_port": 80, "existing": 1}, "port 80 is taken by the first of 2 instances"),
        ({"published_ports": 10, "first_port": 65530}, "the last of 10 ports from 65530 on is 65539, above 65535"),
        # 60999 - 32768 + 1 = 28,232 ports.
        ({"published_ports": 1000, "instances": 29}, "29 instances are too many: ports 32768 to 60999 are for at most"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Startup(**({"technology": "docker", "network": "bridge"} | fields))


def test_one_at_a_time_may_have_the_same_port() -> None:
    one: dict[str, Any] = {
        "published_ports": 1,
        "first_port": 80,
        "arrivals": "in_flight",
        "in_flight": 1,
        "instances": 3,
    }
    assert started(**one, clean_up="each").samples["startup_time"]
    with pytest.raises(InputError, match="port 80 is taken"):
        Startup(technology="docker", network="bridge", **one)


def test_memory_and_density_count_what_is_published() -> None:
    """Ten web servers with a hundred ports each hold a thousand times 2.22 MiB more, and 3.51 MiB of program."""
    found = [
        memory.run(Memory(technology="docker", published_ports=ports), Context("it", SEEDS)).samples["physical_total"][
            0
        ]
        for ports in (0, 100)
    ]
    assert found[1] - found[0] == pytest.approx((1000 * 2.22 + 3.51) * 2**20, rel=1e-4)
    run = density.run(Density(technology="docker", host="server", published_ports=100), Context("it", SEEDS))
    limits = {one.constraint: one.limit for one in run.records if isinstance(one, ConstraintRecord)}
    assert limits["host_ports"] == 28_232 // 100
    assert run.samples["instances"] == [min(limit for limit in limits.values() if limit is not None)]


@pytest.mark.parametrize(
    ("study", "fields"),
    [(Memory, {"technology": "qemu-kvm"}), (Density, {"technology": "qemu-kvm"}), (Density, {"network": "none"})],
)
def test_memory_and_density_refuse_as_a_start_does(study: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="published_ports"):
        study(**({"technology": "docker", "published_ports": 1} | fields))


def test_a_small_request_by_docker_proxy_takes_what_was_measured_more() -> None:
    """One byte there and back took 21.8 us more by docker-proxy than over the bridge (R0717, R0715)."""

    def round_trip(**fields: Any) -> float:
        return statistic("p50", loaded(workload="netperf-rr", host="reference", **fields).samples["latency"])

    assert round_trip(forwarding="docker-proxy") - round_trip() == pytest.approx(36.7e-6 - 14.9e-6, rel=0.05)
    ways = ["rules", "slirp4netns", "docker-proxy", "pasta"]
    times = [round_trip(forwarding=way) for way in ways]
    assert times == sorted(times)


@pytest.mark.parametrize(("way", "fact"), [("slirp4netns", "D0400"), ("rootlesskit", "D0401"), ("pasta", "D0402")])
def test_a_stream_of_64_kib_is_what_was_published_of_each_way(way: str, fact: str) -> None:
    """What one relay can carry, sixteen pages at a time."""
    costs = load.additions()[way].costs
    assert costs is not None
    took = costs.relay_packet.value + 16 * costs.relay_packet_page.value
    (published,) = values(facts()[fact], "B/s")
    assert 2**16 / took == pytest.approx(published, rel=0.01)


def test_a_filter_costs_each_system_call_and_less_where_a_bitmap_answers() -> None:
    """30 ns from Linux 5.11 on (R0740), 72.5 before (R0741): the hosts have 6.18 and 4.15."""

    def called(host: str) -> float:
        run = loaded(workload="getpid", host=host, seccomp=True)
        (event,) = [one for one in run.records if isinstance(one, EventRecord) and one.event == "system_call"]
        return event.seconds * load.host(host).cpu_speed.value

    assert called("reference") == pytest.approx(30e-9)
    assert called("haswell") == pytest.approx(72.5e-9)


def test_apparmor_is_asked_on_sockets_and_files_and_not_by_getpid() -> None:
    events = {
        work: {one.event for one in loaded(workload=work, apparmor=True).records if isinstance(one, EventRecord)}
        for work in ("getpid", "nginx", "commit-network")
    }
    assert "packet" not in events["getpid"] | {"system_call"}
    assert "packet" in events["nginx"]
    assert {"packet", "disk_operation"} <= events["commit-network"]


def test_a_relay_on_all_cores_serves_as_many_as_there_are() -> None:
    """Eight clients of a relay of 1 ms, once in and once out: one relay lets 500 a second through, two 1,000."""
    load_of_eight = RequestLoad(clients=8, requests=800)
    times = [RequestTimes(thread=1e-6, relay=1e-3, relays=relays) for relays in (1, 2)]
    found = [LoadedHost(each, load_of_eight, 1, 16, SEEDS).serve() for each in times]
    assert [one.throughput for one in found] == pytest.approx([500.0, 1000.0], rel=0.01)
    assert [one.busy["relay"] for one in found] == pytest.approx([1.0, 1.0], abs=0.01)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"technology": "qemu-kvm", "forwarding": "docker-proxy"}, "is of a container's engine; qemu-kvm is none"),
        ({"technology": "firecracker", "seccomp": True}, "is of a container's engine; firecracker is none"),
        ({"technology": "docker", "forwarding": "pasta", "network": "host"}, "pasta is not used: the container is on"),
        ({"technology": "docker", "forwarding": "pasta", "apparmor": True}, "rootless engines have none"),
    ],
)
def test_load_refuses_what_is_not_of_a_container(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Overhead(**fields)


@settings(max_examples=60, deadline=None)
@given(
    technology=st.sampled_from(sorted({name for one in load.additions().values() for name in one.technologies})),
    choices=st.fixed_dictionaries(
        {},
        optional={
            "cgroup": st.sampled_from(["own", "v1", "v2"]),
            "user_namespace": st.sampled_from(["none", "remapped", "rootless"]),
            "rootless_network": st.sampled_from(["own", "slirp4netns", "pasta"]),
            "published_ports": st.integers(0, 40),
            "first_port": st.none() | st.integers(1, 65535),
            "apparmor": st.booleans(),
            "kernel": st.none() | st.sampled_from(["3.2", "4.15", "4.18", "5.4", "5.11", "6.12"]),
            "cpu_limit": st.none() | st.just(0.5),
        },
    ),
)
def test_any_choice_runs_or_is_refused_at_a_parameter(technology: str, choices: dict[str, Any]) -> None:
    """What runs has each step once, and its numbers grow from the low end of their ranges to the high one."""
    try:
        Startup(technology=technology, network="bridge", application="tiny", **choices)
    except InputError as error:
        refused = [problem.path for problem in error.problems]
    else:
        refused = []
    assert set(refused) <= {*choices, "technology", "network"}
    if refused:
        return
    ends = [started(end, technology=technology, application="tiny", **choices) for end in get_args(Bound)]
    low, value, high = (statistic("p50", run.samples["startup_time"]) for run in ends)
    assert low <= value <= high
    steps = [one.phase for one in ends[1].records if isinstance(one, PhaseRecord)]
    assert len(steps) == len(set(steps))
