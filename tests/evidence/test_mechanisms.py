"""Mechanisms that the published figures need, against arithmetic done by hand."""

from typing import Any

import pytest

from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.studies import memory, startup
from sim.studies.base import Context, statistic
from sim.studies.memory_parameters import Memory


def start(**parameters: Any) -> dict[str, Any]:
    run = startup.run(startup.Startup(**parameters), Context("it", SeedTree(1), records=False))
    return dict(run.samples)


def median(metric: str, **parameters: Any) -> float:
    return statistic("p50", start(**parameters)[metric])


def test_thin_volumes_are_made_one_at_a_time_and_each_in_the_making_slows_the_next():
    """The k-th in the queue holds 30 ms + (k - 1) x 1.05 ms: 30, 61.05 and 93.15 ms for three. Overlay has none."""
    phase = next(p for p in load.technology("docker-devicemapper").phases if p.id == "device-mapper")
    assert (phase.amount.value, phase.growth[0].amount.value) == pytest.approx((0.03, 0.00105))
    waits = start(technology="docker-devicemapper", application="hello", instances=3)["files_time"]
    alone = start(technology="docker-devicemapper", application="hello")["files_time"][0]
    assert sorted(each - alone for each in waits) == pytest.approx([0.0, 0.03105, 0.06315], abs=0.008)
    overlay = start(technology="docker", application="hello", instances=3)["files_time"]
    assert max(overlay) < 0.002


def test_a_split_tool_stack_does_not_slow_down_with_the_guests_that_are_there():
    many = {"host": "lightvm", "guest": "unikraft", "application": "tiny", "existing": 1000}
    few = many | {"existing": 0}
    assert median("startup_time", technology="lightvm", **many) == median("startup_time", technology="lightvm", **few)
    slope = median("startup_time", technology="xen", **many) - median("startup_time", technology="xen", **few)
    assert slope == pytest.approx(1000 * 0.9e-3, rel=0.01)


def test_a_snapshot_takes_the_longer_the_colder_and_prefetching_helps():
    def of(technology: str, page_cache: str = "cold") -> float:
        return median(
            "startup_time", technology=technology, page_cache=page_cache, host="c5d-metal", application="tiny"
        )

    pages = 0.062 / 3.7e-6
    warm, cold = of("firecracker-snapshot", "warm"), of("firecracker-snapshot")
    assert cold - warm == pytest.approx(pages * (13.3e-6 - 3.7e-6), rel=0.01)
    assert of("firecracker-reap") < warm


def test_on_a_nested_host_only_exits_and_page_faults_are_slow_and_containers_lose_nothing(monkeypatch):
    flat = load.host("nested-cloud")
    assert flat.nested
    asked = {"host": "nested-cloud", "application": "hello"}
    nested = median("startup_time", technology="kata", **asked)
    container = median("startup_time", technology="runc", **asked)
    monkeypatch.setattr(load, "host", lambda _: replaced(flat))
    assert median("startup_time", technology="runc", **asked) == container
    bare = median("startup_time", technology="kata", **asked)
    kata, guest = load.technology("kata"), load.guest("kata-guest")
    machine = sum(p.amount.value for p in kata.phases if p.owner == "machine" and p.demand == "cpu")
    kernel, userland = (
        sum(p.amount.value for p in guest.phases if p.demand == "cpu" and (p.owner == "kernel") is its_own)
        / kata.cpu_efficiency.value
        for its_own in (True, False)
    )
    more = machine * 0.5 * 19
    more += kernel * (0.15 * 20 + 0.85 * 1.1 - 1)
    more += userland * (0.04 * 20 + 0.96 * 1.1 - 1)
    assert nested - bare == pytest.approx(more / flat.cpu_speed.value, rel=0.05)


def test_a_debian_guest_on_nested_kvm_takes_a_few_times_as_long_and_not_ten_times(monkeypatch):
    asked = {"technology": "qemu-kvm", "guest": "debian-cloud", "host": "nested-cloud", "application": "hello"}
    nested = median("startup_time", **asked)
    flat = load.host("nested-cloud")
    monkeypatch.setattr(load, "host", lambda _: replaced(flat))
    assert 1.5 < nested / median("startup_time", **asked) < 4


def replaced(host: Any) -> Any:
    import dataclasses

    return dataclasses.replace(host, nested=False)


def test_docker_run_to_its_exit_waits_for_the_network_twice():
    """33 in flight share one allocator: 125 ms to create and 99 ms to release each, 33 x 224 ms between returns."""
    flying = {
        "technology": "docker",
        "engine": "20.10",
        "application": "hello",
        "host": "ryzen-3950x",
        "network": "bridge",
    }
    many = flying | {"instances": 150, "arrivals": "in_flight", "in_flight": 33, "clean_up": "each"}
    assert median("exit_time", **many) == pytest.approx(33 * 0.224, rel=0.01)
    alone = start(**flying, clean_up="each")
    assert alone["exit_time"][0] - alone["startup_time"][0] == pytest.approx(alone["removal_time"][0])
    assert alone["removal_time"][0] > 0.099 + 0.0157


def test_instances_that_stay_are_not_removed():
    found = start(technology="docker", application="hello", instances=3)
    assert found["removal_time"] == [0.0, 0.0, 0.0]
    assert found["exit_time"] == found["startup_time"]


def test_removed_together_means_once_the_last_one_is_ready():
    """Three namespaces on Linux 4.4, ready 0.28 s after each other, are removed from 0.84 s on."""
    found = start(technology="netns", application="hello", host="mohan19", instances=3, clean_up="together")
    last = max(found["startup_time"])
    assert last == pytest.approx(3 * 0.28, abs=2e-3)
    assert sorted(found["removal_time"]) == pytest.approx([0.047 + k * 0.153 for k in (1, 2, 3)], abs=1e-3)
    assert sorted(found["exit_time"]) == pytest.approx([last + 0.047 + k * 0.153 for k in (1, 2, 3)], abs=1e-3)


def test_throughput_is_instances_over_the_whole_time():
    """One lock for any number of workers: a namespace each 14.23 ms on Linux 4.4 (K0186), 2.83 ms on 4.15 (K0286)."""
    for kernel, each in (("4.4", 14.23e-3), ("4.15", 2.83e-3)):
        for workers in (8, 32):
            found = start(
                technology="netns",
                application="hello",
                host="sock",
                kernel=kernel,
                instances=400,
                arrivals="in_flight",
                in_flight=workers,
                clean_up="each",
            )
            assert found["throughput"][0] == pytest.approx(1 / each, rel=0.01)
    stay = start(technology="crun", application="hello", host="sock", instances=50)
    assert stay["throughput"][0] == pytest.approx(50 / stay["makespan"][0])


def test_a_host_of_many_cores_makes_each_virtual_machine_wait_and_no_container():
    phases = {
        p.resource: p.amount.value for p in load.technology("firecracker").phases if p.resource.startswith("kvm_")
    }
    assert phases == {"kvm_create": 0.0, "kvm_guest": 0.0}
    locks = load.host("m5d-metal").waits
    assert {name: round(number.value, 4) for name, number in locks.items()} == {
        "kvm_create": 0.022,
        "kvm_guest": 0.0177,
    }


def test_the_overhead_is_the_technologys_own_memory_by_the_guests_size():
    def overhead(guest_memory: int, count: int = 1) -> float:
        parameters = Memory(
            technology="esxi-6", application="tiny", guest="debian-cloud", guest_memory=guest_memory, instances=count
        )
        (value,) = memory.run(parameters, Context("it", SeedTree(1))).samples["overhead_total"]
        return value

    assert overhead(1_024_000_000) == pytest.approx(18.4e6 + 0.0074 * 1_024e6, rel=1e-6)
    assert overhead(1_024_000_000, 7) == pytest.approx(7 * overhead(1_024_000_000))


def test_what_a_technology_shares_is_counted_once_in_its_overhead():
    one, two = (
        memory.run(
            Memory(technology="docker", application="tiny", instances=count), Context("it", SeedTree(1))
        ).samples["overhead_total"][0]
        for count in (1, 2)
    )
    assert two - one == pytest.approx((4.2 + 0.4 + 0.2) * 2**20, rel=1e-6)


def test_the_hosts_own_kernel_changes_nothing_and_another_drops_what_it_says_of_its_kernels_locks():
    """Mohan's host holds the lock of network namespaces for 0.28 s, with its engine; Linux 4.4 by itself 0.23 ms."""
    took = [
        start(technology="netns", application="hello", host="mohan19", kernel=kernel)["init_time"][0]
        for kernel in (None, "4.4", "4.5")
    ]
    assert took == pytest.approx([0.28, 0.28, 0.23e-3], rel=0.01)


def test_a_daemons_lock_stays_as_the_host_has_it_on_any_kernel():
    """The network of the Docker 20.10 on this host, 125 ms to allocate; its kernel's locks are the catalog's."""
    took = [
        start(technology="docker", application="hello", host="ryzen-3950x", network="bridge", kernel=kernel)
        for kernel in ("5.10", "5.9")
    ]
    assert took[0]["runtime_time"] == pytest.approx(took[1]["runtime_time"])
