"""The startup study on the catalog: measured and published figures come out of the mechanisms."""

import pytest

from sim.catalog import load, locks
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.records.instances import InstanceRecord, PhaseRecord
from sim.studies.base import Context, statistic
from sim.studies.density import Density, constraints
from sim.studies.startup import TOLD, Startup, run


def start(bound="value", records=True, **parameters):
    return run(Startup(**parameters), Context("it", SeedTree(1), bound=bound, records=records))


def median(metric, **parameters):
    return statistic("p50", start(**parameters).samples[metric])


@pytest.mark.parametrize(
    ("technology", "milliseconds"), [("process", 0.73), ("crun", 21.5), ("runc", 43), ("podman", 93), ("docker", 201)]
)
def test_sparse_starts_take_what_was_measured_to_the_first_byte(technology, milliseconds):
    """One start a second on the reference host, so that each finds it quiet and, as those before it end, empty."""
    found = median("init_time", technology=technology, host="reference", application="hello", instances=40,
                   arrivals="rate", rate=1.0, clean_up="each")  # fmt: skip
    assert found * 1e3 == pytest.approx(milliseconds, rel=0.05)


def test_nerdctl_takes_as_much_longer_than_ctr_as_was_measured_by_turns():
    """247.7 against 152.7 ms to the first byte, 348.5 against 215.9 ms to the return (R1250, R1251, R1253, R1254).

    The catalog has it from the CPU of its programs, which is another count.
    """
    took = {
        name: start(technology=name, host="reference", application="hello", instances=40, arrivals="rate", rate=1.0,
                    clean_up="each").samples
        for name in ("containerd", "nerdctl")
    }  # fmt: skip
    for metric, published in (("init_time", 247.7 / 152.7), ("exit_time", 348.5 / 215.9)):
        with_nerdctl, with_ctr = (statistic("p50", took[name][metric]) for name in ("nerdctl", "containerd"))
        assert with_nerdctl / with_ctr == pytest.approx(published, rel=0.05), metric


def test_a_fast_runtime_has_two_modes():
    """crun: 21.5 ms as a rule, 6.3 ms at best, when another start has just waited for the grace period.

    6.3 ms is the least of the measured starts, at two digits.
    """
    burst = start(technology="crun", host="reference", application="hello", instances=40, arrivals="in_flight",
                  in_flight=1).samples["init_time"]  # fmt: skip
    assert min(burst) * 1e3 == pytest.approx(6.3, abs=0.05)
    assert statistic("p50", burst) * 1e3 < 21.5 / 3


def test_a_hundred_network_namespaces_queue_for_linux_4_4s_one_lock():
    """Mohan et al., HotCloud 2019: 0.28 s alone, 14.41 s on average for a hundred at once."""
    many = start(technology="runc", host="mohan19", application="tiny", instances=100, network="bridge")
    assert statistic("mean", many.samples["lock_wait"]) + 0.28 == pytest.approx(14.41, rel=0.05)
    alone = median("init_time", technology="runc", host="mohan19", application="tiny", network="bridge")
    assert alone > 0.28
    recent = median("init_time", technology="runc", host="server", application="tiny", instances=100, network="bridge")
    assert recent < 14.41 / 5


def test_creating_a_xen_guest_slows_down_with_those_that_exist():
    """Manco et al., SOSP 2017: xl create takes 100 ms for the first guest and a second for the thousandth."""
    times = [
        median(
            "runtime_time",
            technology="xen",
            host="lightvm",
            application="tiny",
            guest="alpine",
            guest_memory=64 * 2**20,
            existing=existing,
        )
        for existing in (0, 999)
    ]
    assert times == pytest.approx([0.1, 1.0], rel=0.1)


def test_bridged_docker_starts_at_once_queue_one_behind_the_other():
    """Docker 26.1 makes a pair and moves one by turns: the k-th waits for k to be made and for k to be moved.

    So it is once the first are moved while others are made, which is from some twenty starts on: so fifty and a hundred
    are looked at. The first to make a pair cannot write it before all have written their sandboxes, two flushes of
    0.3 ms each, and all others wait for it. With Docker 28 sandboxes are written long before a pair is asked for.
    A turn is to make one, and to write the bridge's endpoint and the network's under its lock, two flushes each.
    On 128 cores each start has one. So all come to the queue together.
    """
    make, move, in_place = (
        locks.operations()[f"dockerd_network.{name}"].on(version).amount.value
        for name, version in (("allocate", "26.1"), ("move", "26.1"), ("allocate", "28"))
    )
    write = 2 * 0.3e-3
    for technology, grows in (
        ("docker", 25 * (make + move) + 50 * write),
        ("docker-28", 25 * (in_place + 2 * write)),
    ):
        waits = {
            count: median(
                "lock_wait", technology=technology, host="server", cores=128, instances=count, network="bridge"
            )
            for count in (50, 100)
        }
        assert waits[100] - waits[50] == pytest.approx(grows, rel=0.03), technology


def test_docker_20_10_holds_its_network_longer_for_a_start_that_finds_another_one_there():
    """Alone a network takes 15.23 ms to move, 0.146 ms for a port and four flushes of 0.3 ms.

    Of fifty at once all but the first few hold it for 55.2 ms: 71 ms for each of 16 (R0372), less 15.8 ms alone.
    """
    alone, without = (
        median("init_time", technology="docker-20-10", host="server", network=network) for network in ("bridge", "none")
    )
    assert alone - without == pytest.approx(15.23e-3 + 0.146e-3 + 4 * 0.3e-3, rel=0.01)
    fifty = start(technology="docker-20-10", host="server", cores=64, instances=50, network="bridge").records
    held = sorted(
        record.end - record.start - record.queued
        for record in fifty
        if isinstance(record, PhaseRecord) and record.phase == "network-allocator"
    )
    assert held[0] == 0
    assert held[3:] == pytest.approx([55.2e-3] * 47)


@pytest.mark.parametrize("kernel", ["4.4", "4.15", "5.10", "6.1", "6.18"])
def test_dockers_queue_is_the_daemons_whatever_the_kernel(kernel):
    """The lock is dockerd's: fifty bridged starts take as long on each generation, to the few ms the rest takes."""
    storm = {"technology": "docker", "host": "server", "instances": 50, "network": "bridge"}
    assert median("startup_time", kernel=kernel, **storm) == pytest.approx(median("startup_time", **storm), rel=0.02)


def test_more_cores_are_the_cores_asked_for():
    """Sixteen starts of 30 ms of CPU share two cores, or eight, or have one each."""
    few, own, many = (
        median("startup_time", technology="runc", host="laptop", application="hello", instances=16, **cores)
        for cores in ({"cores": 2}, {}, {"cores": 64})
    )
    assert few > 1.5 * own > 1.5 * many


def test_microvms_boot_in_the_same_time_until_the_cores_are_full():
    """Agache et al., NSDI 2020: on 48 cores ten in flight boot as fast as one; on 4 cores they do not."""
    times = {
        (host, flying): median("init_time", technology="firecracker", host=host, application="tiny", instances=100,
                               arrivals="in_flight", in_flight=flying)
        for host in ("m5d-metal", "haswell")
        for flying in (1, 10)
    }  # fmt: skip
    assert times["m5d-metal", 10] == pytest.approx(times["m5d-metal", 1], rel=0.01)
    assert times["haswell", 10] > 1.3 * times["haswell", 1]


@pytest.mark.parametrize("technology", load.technologies())
@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"network": "bridge"},
        {"page_cache": "cold"},
        {"image": "pull"},
        {"existing": 100, "host": "rund"},
        {"instances": 20, "arrivals": "in_flight", "in_flight": 4, "host": "rund"},
    ],
    ids=["plain", "bridged", "cold", "pulled", "crowded", "in flight"],
)
def test_every_technology_starts_and_its_parts_add_up(technology, extra):
    result = start(technology=technology, **extra)
    samples = result.samples
    owners = ("machine", "kernel", "userland", "engine", "files", "application")
    for index, whole in enumerate(samples["startup_time"]):
        assert sum(samples[f"{owner}_time"][index] for owner in owners) == pytest.approx(whole)
        assert 0 <= samples["runtime_time"][index] <= samples["init_time"][index] <= whole
    booted = [
        record.init_started - record.runtime_ready for record in result.records if isinstance(record, InstanceRecord)
    ]
    has_kernel = load.technology(technology).runs in ("guest", "unikernel")
    assert samples.get("boot_time") == (pytest.approx(booted) if has_kernel else None)
    phases = [record for record in result.records if isinstance(record, PhaseRecord)]
    assert all(0 <= record.queued <= record.end - record.start + 1e-9 for record in phases)
    assert all(record.source for record in phases)


@pytest.mark.parametrize("technology", load.technologies())
def test_the_ends_of_the_ranges_enclose_the_result(technology):
    low, value, high = (
        statistic("p50", start(bound, technology=technology, page_cache="cold").samples["startup_time"])
        for bound in ("low", "value", "high")
    )
    assert low < value < high


@pytest.mark.parametrize("technology", load.technologies())
def test_what_is_there_already_is_no_slower_than_what_must_be_fetched(technology):
    def of(**extra):
        return median("startup_time", technology=technology, host="reference", **extra)

    assert of() <= of(page_cache="cold")
    assert of(image="pull") > of() + 0.4


def test_records_are_of_the_first_instances_and_left_out_where_nobody_reads_them():
    many = start(technology="process", application="hello", instances=TOLD + 500)
    assert sum(isinstance(record, InstanceRecord) for record in many.records) == TOLD
    assert len(many.samples["startup_time"]) == TOLD + 500
    assert start(technology="process", records=False).records == ()


def test_a_guest_memory_that_cannot_hold_the_guest_is_refused():
    with pytest.raises(InputError) as caught:
        Startup(technology="qemu-kvm", guest_memory=1_000_000)
    assert [problem.path for problem in caught.value.problems] == ["guest_memory"]


def density(bound_by, **parameters):
    (found,) = [c for c in constraints(Density(**parameters)) if c.name == bound_by]
    return found.limit


def refusal(**parameters):
    with pytest.raises(InputError) as caught:
        Startup(**parameters)
    (problem,) = caught.value.problems
    return problem


def test_no_more_instances_start_than_the_ledger_has_room_for():
    """16 GiB less the host's own hold 15 guests of 1 GiB, as the density study says."""
    limit = density("memory_reserved", technology="qemu-kvm", host="laptop")
    assert limit == 15
    Startup(technology="qemu-kvm", instances=15)
    problem = refusal(technology="qemu-kvm", instances=16)
    assert problem.path == "instances"
    assert "laptop has 15.4 GiB for instances" in problem.message
    assert "1 GiB of configured memory (memory_reserved), so at most 15 fit" in problem.message


def test_instances_that_are_there_already_take_room():
    Startup(technology="qemu-kvm", instances=7, existing=8)
    problem = refusal(technology="qemu-kvm", instances=8, existing=8)
    assert "at most 7 fit beside the 8 that exist" in problem.message
    assert refusal(technology="qemu-kvm", instances=1, existing=40).path == "existing"


def test_a_host_that_promises_more_still_has_no_more_to_be_touched():
    limit = density("memory_touched", technology="qemu-kvm", host="laptop", uptime=0.0)
    Startup(technology="qemu-kvm", instances=limit, overcommit=100)
    problem = refusal(technology="qemu-kvm", instances=limit + 1, overcommit=100)
    assert f"touched memory (memory_touched), so at most {limit} fit" in problem.message


def test_of_instances_that_leave_only_those_in_flight_take_room():
    Startup(technology="qemu-kvm", instances=1000, arrivals="in_flight", in_flight=15, clean_up="each")
    problem = refusal(technology="qemu-kvm", instances=1000, arrivals="in_flight", in_flight=16, clean_up="each")
    assert problem.path == "in_flight"
    assert refusal(technology="qemu-kvm", instances=1000, arrivals="in_flight", in_flight=1).path == "instances"


def test_a_guest_that_does_not_fit_its_memory_is_told_once():
    problem = refusal(technology="qemu-kvm", guest_memory=2**20, instances=1000)
    assert problem.message == "guest memory of 1 MiB cannot hold web in debian-cloud, which together need 192 MiB"


def test_instances_that_come_faster_than_they_leave_fill_the_memory():
    """A guest takes 3 s of which most is CPU, on 8 cores: one a second leaves in time, a hundred a second do not."""
    case = {"technology": "qemu-kvm", "instances": 60, "arrivals": "rate", "clean_up": "each"}
    assert len(start(rate=1.0, **case).samples["startup_time"]) == 60
    with pytest.raises(InputError) as caught:
        start(rate=100.0, **case)
    (problem,) = caught.value.problems
    assert problem.path == "rate"
    assert problem.message.startswith("at 100 /s ")
    assert "so at most 15 fit" in problem.message
