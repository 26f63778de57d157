"""The density study: each constraint's limit by hand, and what the lesson says."""

from dataclasses import replace
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.number import Number
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.loading import load_text
from sim.machine.billing import bill
from sim.machine.ledger import Ledger
from sim.never import NEVER
from sim.outcome import Bound
from sim.platforms.plan import StartOptions, boot_plan
from sim.studies import study
from sim.studies.base import Context, StudyRun, summarise
from sim.studies.density import MOST, STUDY, Density, constraints, largest, run, start_seconds

GIB = 2**30
MIB = 2**20


def fits(bound: Bound = "value", **params: Any) -> StudyRun:
    return run(Density(**params), Context("x", SeedTree(1), bound))


def limit(found: StudyRun, name: str) -> float:
    (one,) = found.samples[name]
    return one


def binds(found: StudyRun) -> str:
    (one,) = [record.constraint for record in found.records if record.binds]
    return one


def test_bisection_finds_the_last_that_fits():
    assert [largest(most.__ge__) for most in (0, 1, 2, 7, 1000, MOST - 1)] == [
        0,
        1,
        2,
        7,
        1000,
        MOST - 1,
    ]
    assert largest(lambda n: True) is None


def test_the_memory_limit_is_where_one_more_no_longer_fits():
    """The limit's instances fit into the host's 64 GiB less its own 600 MiB, and one more does not."""
    found = fits(technology="docker", network="none")
    count = int(limit(found, "limit_memory_touched"))
    one = bill(load.technology("docker"), None, load.application("web"))
    for instances, room in ((count, True), (count + 1, False)):
        ledger = Ledger()
        ledger.add(one, instances)
        assert (ledger.totals().physical <= 64 * GIB - 600 * MIB) is room
    (record,) = [r for r in found.records if r.constraint == "memory_touched"]
    assert record.capacity == 64 * GIB - 600 * MIB
    assert record.demand == pytest.approx(15.4 * MIB, rel=0.01)
    assert record.unit == "B"


def test_every_limit_of_docker_by_hand():
    found = fits(technology="docker")
    assert limit(found, "limit_pods") == NEVER
    assert limit(found, "limit_bridge_ports") == 1023
    assert limit(found, "limit_addresses") == 2**16 - 3
    assert limit(found, "limit_pids") == 4194304 // 12
    assert limit(found, "limit_idle_cpu") == 32 / 0.0002
    assert limit(found, "limit_memory_reserved") == NEVER
    assert limit(found, "limit_start_time") == NEVER
    assert limit(found, "instances") == 1023
    assert binds(found) == "bridge_ports"


def test_what_no_kubelet_starts_does_not_stop_at_its_pods():
    for technology in load.technologies():
        found = fits(technology=technology)
        assert limit(found, "limit_pods") == NEVER
        assert "pods" not in {record.constraint for record in found.records}


def test_with_a_small_application_the_pod_limit_stops_containers_long_before_memory():
    for technology in ("docker", "runc", "crun", "gvisor"):
        found = fits(technology=technology, application="web", pod_limit=110)
        assert binds(found) == "pods"
        assert limit(found, "limit_memory_touched") > 15 * 110


def test_with_a_2_gib_application_a_virtual_machine_and_a_container_nearly_tie():
    """Within a fifth of each other, where the small application differs by a factor of twenty in memory."""
    container, microvm, machine = (
        limit(fits(technology=name, application="big"), "instances") for name in ("docker", "firecracker", "qemu-kvm")
    )
    assert container == 31
    assert machine <= microvm <= container
    assert machine > 0.8 * container
    small = [limit(fits(technology=name), "limit_memory_touched") for name in ("docker", "qemu-kvm")]
    assert small[0] > 20 * small[1]


def test_the_network_brings_its_limits_with_it():
    without = {record.constraint for record in fits(technology="lxc", network="none").records}
    bridged = {record.constraint for record in fits(technology="lxc").records}
    assert bridged - without == {"bridge_ports", "addresses"}
    assert binds(fits(technology="lxc")) == "addresses"
    assert binds(fits(technology="podman")) == "bridge_ports"


def test_a_kubelets_limit_counts_only_for_what_a_kubelet_starts():
    assert limit(fits(technology="qemu-kvm", pod_limit=110), "limit_pods") == NEVER
    assert limit(fits(technology="kata", pod_limit=110), "limit_pods") == 110
    assert limit(fits(technology="docker", pod_limit=250), "instances") == 250


def test_a_kubelets_default_has_its_source_and_another_number_is_the_scenarios():
    def source(most: int) -> str:
        (found,) = [r for r in fits(technology="containerd", pod_limit=most).records if r.constraint == "pods"]
        assert (found.limit, found.capacity) == (most, most)
        return found.source

    (fact,) = [fact for fact in load.facts().values() if (fact.technology, fact.metric) == ("kubelet", "maxPods")]
    assert (source(int(fact.value)), source(250)) == (fact.id, "definition")


@pytest.mark.parametrize("wrong", ["0", "-1", "2.5", "true", "1000001", "many"])
def test_a_pod_limit_is_a_number_of_pods(wrong):
    text = "{id: x, concept: x, title: x, summary: x, study: density, technology: docker, pod_limit: %s}"
    with pytest.raises(InputError, match="pod_limit"):
        load_text(text % wrong)


def test_where_nothing_binds_the_number_is_never():
    """As the time of what does not happen; JSON has null for both."""
    found = fits(technology="process", network="none")
    bound = {f"limit_{record.constraint}" for record in found.records if record.limit is not None}
    assert {name for name in found.samples if name.startswith("limit_") and limit(found, name) == NEVER} == {
        spec.name for spec in STUDY.metrics if spec.name.startswith("limit_")
    } - bound


def test_overcommitting_moves_the_limit_from_promised_to_touched_memory():
    """63 guests of 1 GiB are promised at most; at fourfold overcommitment what they touch stops them first."""
    strict, loose = (fits(technology="qemu-kvm", overcommit=factor) for factor in (1.0, 4.0))
    assert limit(strict, "instances") == (64 * GIB - 600 * MIB) // GIB == 63
    assert binds(strict) == "memory_reserved"
    assert limit(loose, "limit_memory_reserved") == 253
    assert binds(loose) == "memory_touched"
    assert limit(loose, "instances") > 2 * 63
    booted = fits(technology="qemu-kvm", overcommit=4.0, uptime=0.0)
    assert limit(booted, "instances") > 2.5 * 63, "a guest that has just booted has touched less"


def test_guest_memory_in_a_file_of_dev_shm_fits_into_half_of_the_hosts(monkeypatch):
    """25 + 25 + 15 MiB, 1.6 % of 2 GiB and 0.6 MiB of the application are touched: 98.3 MiB, 39 times in 3920 MiB."""
    kata = load.technology("kata")
    half = replace(kata, limits={**kata.limits, "shared_memory": Number(0.5, "1", sources=("D0111",))})
    monkeypatch.setattr(load, "technology", lambda name: half)
    found = fits(technology="kata", host="nuc", application="tiny", overcommit=100)
    assert limit(found, "limit_shared_memory") == limit(found, "instances") == 39
    (record,) = [record for record in found.records if record.binds]
    assert (record.constraint, record.capacity) == ("shared_memory", 3920 * MIB)
    assert record.demand == pytest.approx(98.3 * MIB, rel=0.001)
    assert "D0111" in record.source


def test_other_guests_memory_is_not_in_dev_shm():
    assert limit(fits(technology="qemu-kvm"), "limit_shared_memory") == NEVER


def test_xen_promises_no_more_than_there_is():
    assert limit(fits(technology="xen", overcommit=4.0), "limit_memory_reserved") == 63


def test_ksm_moves_the_line_for_guests_and_not_for_containers():
    gains = []
    for uptime in (0.0, 86400.0):
        plain, merged = (fits(technology="qemu-kvm", ksm=ksm, uptime=uptime) for ksm in (False, True))
        gains.append(limit(merged, "limit_memory_touched") / limit(plain, "limit_memory_touched"))
    assert gains[0] > 1.4
    assert 1.2 < gains[1] < gains[0], "what guests have written since they are up is nobody else's"
    assert "limit_memory_touched" in merged.estimates
    docker = [fits(technology="docker", ksm=ksm) for ksm in (False, True)]
    assert docker[0] == docker[1]


def test_a_start_time_objective_stops_xen_where_xenstore_has_grown_too_long():
    """One more xl create takes 0.9 ms longer for each guest there is."""
    base = fits(technology="xen", guest="unikraft", application="tiny", start_time=10.0)
    later = fits(technology="xen", guest="unikraft", application="tiny", start_time=10.9)
    assert 9_000 < limit(base, "limit_start_time") < 11_200
    assert limit(later, "limit_start_time") - limit(base, "limit_start_time") == pytest.approx(1000, abs=1)


def test_an_objective_that_not_even_the_first_start_meets_lets_nothing_fit():
    found = fits(technology="qemu-kvm", start_time=1.0)
    assert limit(found, "instances") == 0
    assert binds(found) == "start_time"


def test_the_order_of_constraints_does_not_change_what_binds():
    found = constraints(Density(technology="docker"))
    lowest = min(c.limit for c in found if c.limit is not None)
    assert fits(technology="docker").samples["instances"] == [lowest]


def test_a_larger_host_never_holds_fewer():
    for technology in load.technologies():
        small, large = (
            limit(fits(technology=technology, host=host), "limit_memory_touched") for host in ("laptop", "server")
        )
        assert small < large


def test_the_headline_is_an_estimate_only_where_an_estimate_decides():
    """110 pods bind far below what memory, an estimate, allows at its worst."""
    pods = fits(technology="docker", pod_limit=110).estimates
    assert "instances" not in pods
    assert "limit_memory_touched" in pods
    assert "limit_pods" not in pods
    assert "instances" in fits(technology="docker", application="big").estimates


def test_the_range_goes_from_heavier_instances_to_lighter_ones():
    runs = [fits(bound, technology="process") for bound in ("value", "low", "high")]
    metrics = {m.metric: m for m in summarise(STUDY, "x", runs[:1], runs[1:2], runs[2:])}
    low, high = metrics["limit_memory_touched"].range
    assert low < metrics["limit_memory_touched"].value < high
    assert metrics["limit_pids"].range is not None


def test_the_study_is_found_and_every_technology_answers():
    assert study("density") is STUDY
    assert not STUDY.random
    for technology in load.technologies():
        found = fits(technology=technology)
        assert set(found.samples) == {spec.name for spec in STUDY.metrics}
        assert sum(record.binds for record in found.records) == 1
        assert all(record.source for record in found.records)


def test_parameters_that_do_not_go_together_are_refused():
    with pytest.raises(InputError, match="is no guest of docker"):
        Density(technology="docker", guest="alpine")
    with pytest.raises(InputError, match="cannot hold big"):
        fits(technology="qemu-kvm", application="big", guest_memory=GIB)


def test_a_start_beside_others_goes_through_their_mounts_and_the_ports_of_their_bridge():
    """0.9 us for each of 1,000 mounts, and 0.202 and 0.305 us for each of 1,000 ports.

    crun itself takes 0.55 us for each container, and the namespaces 342.7 us once, as there are more than 300.
    """
    host, technology = load.host("reference"), load.technology("crun")
    plan = boot_plan(technology, None, load.application("hello"), host, StartOptions(network=True))
    assert start_seconds(plan, host, 1000) - start_seconds(plan, host, 0) == pytest.approx(
        1000 * (0.9e-6 + 0.507e-6 + 0.55e-6) + 342.7e-6
    )


def test_an_objective_counts_a_start_that_no_other_is_queued_beside():
    """Of device-mapper's devices only those in the making slow the next, and here none is.

    dockerd, containerd and runc take 68, 44 and 21.2 us for each container, the namespaces 342.7 us once.
    """
    host, technology = load.host("reference"), load.technology("docker-devicemapper")
    plan = boot_plan(technology, None, load.application("hello"), host, StartOptions())
    mounts, programs = 1000 * 2 * 0.9e-6, 1000 * 133.2e-6 + 342.7e-6
    assert start_seconds(plan, host, 1000) - start_seconds(plan, host, 0) == pytest.approx(mounts + programs)
