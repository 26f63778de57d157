"""Programs without store bypass: who runs so, and how much longer. Figures and rules are published ones."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.facts import facts
from sim.catalog.model import Host
from sim.catalog.tables.workloads import workload
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.loading.inline import InlineHost, entry
from sim.platforms.overhead import AS_LONG, OnHost, event_costs, on_host, request_times
from sim.platforms.speculation import without_store_bypass
from sim.records.load import EventRecord
from sim.studies.base import Context, StudyRun
from sim.studies.overhead import Overhead, run

FILTERED: dict[str, Any] = {"kernel": "5.4", "seccomp": True}


def host(kernel: str = "5.4", **fields: Any) -> Host:
    return replace(load.host("server"), kernel=kernel, **fields)


def slowed(technology: str, kernel: str = "5.4", *, filtered: bool = True) -> bool:
    return without_store_bypass(load.technology(technology), host(kernel), filtered=filtered)


def there(work: str, technology: str = "docker", kernel: str = "5.4", *, filtered: bool = True) -> OnHost:
    return on_host(workload(work), load.technology(technology), "host", host(kernel), filtered=filtered)


def ran(**fields: Any) -> StudyRun:
    known: dict[str, Any] = {"technology": "docker", "workload": "web-database"}
    return run(Overhead(**known | fields), Context("it", SeedTree(4).child("it", 0)))


def ratio(fact: str) -> float:
    """The first of a fact's two figures over the other."""
    first, second = facts()[fact].value.split("/")
    return float(first) / float(second)


@pytest.mark.parametrize(
    ("kernel", "switches"),
    [("3.11", False), ("4.14", False), ("4.15", True), ("4.17", True), ("5.4", True), ("5.15", True),
     ("5.16", False), ("6.12", False)],
)  # fmt: skip
def test_a_filter_alone_switches_it_off_from_ubuntus_4_15_to_5_15(kernel: str, switches: bool) -> None:
    """USN-3652-1 of May 2018, Linux 4.17, and commit 2f46993d83ff of Linux 5.16."""
    assert slowed("docker", kernel) is switches
    assert not slowed("docker", kernel, filtered=False)


@pytest.mark.parametrize("technology", ["docker", "docker-20-10", "nerdctl", "containerd-cri", "runc", "isulad"])
def test_runc_before_1_2_asks_for_no_exception(technology: str) -> None:
    assert slowed(technology)


@pytest.mark.parametrize("technology", ["crun", "podman", "podman-4", "docker-28", "docker-29"])
def test_crun_and_runc_from_1_2_on_leave_it_alone(technology: str) -> None:
    """crun pull request 85 (0.9), runc pull request 3588 (1.2.0-rc.1)."""
    assert not slowed(technology)


@pytest.mark.parametrize("technology", ["lxc", "lxd", "gvisor-ptrace"])
def test_some_are_always_under_a_filter_of_their_own(technology: str) -> None:
    assert slowed(technology, filtered=False)
    assert not slowed(technology, "6.12", filtered=False)


@pytest.mark.parametrize("technology", ["qemu-kvm", "firecracker", "firecracker-1", "kata", "gvisor", "process"])
def test_guests_have_their_own_setting_and_a_process_has_no_filter(technology: str) -> None:
    """x86_virt_spec_ctrl() writes the guest's at entry. gVisor's programs on KVM are a guest too."""
    assert not slowed(technology, filtered=False)
    assert not slowed(technology, filtered=True) or not load.technology(technology).has_guest_kernel


def test_a_processor_without_ssbd_has_nothing_to_switch() -> None:
    docker = load.technology("docker")
    assert not without_store_bypass(docker, host(without_ssbd=True), filtered=True)
    assert load.host("reference").without_ssbd
    likes: list[Any] = [entry(InlineHost(like="haswell", cores=4, without_ssbd=said), "") for said in (True, False)]
    found = [{one.event for one in events(ran(host=like, **FILTERED))} for like in likes]
    assert ["store_bypass" in each for each in found] == [False, True]


def events(of: StudyRun) -> list[EventRecord]:
    return [one for one in of.records if isinstance(one, EventRecord)]


def test_what_interpreters_lose_is_the_mean_of_three_publications_and_holds_a_later_one() -> None:
    """Ruby and Python of one blog are one vote, Perl lost 15 %, and Python's passes halve. pybench set nothing."""
    number = workload("web-database").store_bypass
    ruby, python, perl, sieve = ratio("D1523"), ratio("D1524"), 1 + float(facts()["D1525"].value) / 100, ratio("D1526")
    votes = [math.sqrt(ruby * python), perl, sieve]
    assert number.value == pytest.approx(math.prod(votes) ** (1 / 3), abs=0.005)
    assert (number.low, number.high) == pytest.approx((min(perl, ruby, python, sieve), max(ruby, sieve)), abs=0.005)
    assert number.at("low") < ratio("D1530") < number.at("high")
    assert number.value / ratio("D1530") == pytest.approx(1.126, abs=0.002)


def test_compiled_programs_lose_what_whole_suites_lose_and_hot_loops_more_than_the_range() -> None:
    """2 to 8 % of Intel's suites. An order book and deflate set nothing, and are above (docs/evidence-load.md)."""
    number = workload("nginx").store_bypass
    low, high = (1 + float(each) / 100 for each in facts()["D1527"].value.split("-"))
    assert number.value == pytest.approx((low + high) / 2)
    assert (number.low, number.high) == pytest.approx((low, 1 + float(facts()["D1528"].value) / 100))
    assert number.at("high") < min(ratio("D1532"), float(facts()["D1531"].value))


def test_a_request_computes_longer_by_the_factor_and_what_events_cost_stays() -> None:
    """4 ms of an interpreter on a host of that speed: 59 % more, and nothing else of the request."""
    slow, fast = there("web-database"), there("web-database", kernel="6.12")
    computed = workload("web-database").cpu.value / slow.host.cpu_speed.value
    assert request_times(slow).thread - request_times(fast).thread == pytest.approx(0.59 * computed)
    (event,) = [one for one in event_costs(slow) if one.event == "store_bypass"]
    assert (event.count, event.waits, event.estimate) == (1.0, False, False)
    assert event.seconds == pytest.approx(0.59 * computed)
    assert event.source == "D1523, D1524, D1525, D1526"


def test_what_nobody_has_published_is_not_slowed() -> None:
    for work in ("getpid", "netperf-rr", "nuttcp", "fio-random-read", "san-random-read", "iperf-tap"):
        assert there(work).slowed.value == 1.0
        assert not there(work).slowed.ranged


def test_without_it_the_number_counts_among_no_inputs() -> None:
    assert there("web-database", kernel="6.12").slowed == AS_LONG
    assert workload("web-database").store_bypass not in there("web-database", kernel="6.12").numbers
    assert workload("web-database").store_bypass in there("web-database").numbers


def test_a_page_of_a_container_takes_longer_on_an_old_kernel_only_with_its_filter() -> None:
    """Throughput of busy workers against natively, which is never under the filter."""
    kept = {
        (kernel, seccomp): ran(clients=4, kernel=kernel, seccomp=seccomp).samples["throughput_ratio"][0]
        for kernel in ("5.4", "6.12")
        for seccomp in (False, True)
    }
    assert kept["5.4", True] < 0.75
    assert min(kept["5.4", False], kept["6.12", False], kept["6.12", True]) > 0.99


def test_a_kernel_that_is_no_version_is_refused() -> None:
    with pytest.raises(InputError, match=r"kernel: .*is not a kernel's version"):
        Overhead(kernel="five")
