"""What is chosen of containers, as steps of a start and lines of a bill. Expected numbers are worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from sim.catalog import load
from sim.catalog.eventcosts import EventCosts
from sim.catalog.facts import facts, values
from sim.machine.billing import bill
from sim.machine.ledger import Ledger
from sim.outcome import Bound
from sim.platforms.containers import ContainerChoices, UserNamespace, added, contained, more_costs
from sim.platforms.plan import BootPlan, StartOptions, boot_plan

NOTHING = ContainerChoices()


def plan(technology: str, choices: ContainerChoices = NOTHING, kernel: str = "", host: str = "laptop") -> BootPlan:
    machine = load.host(host)
    machine = replace(machine, kernel=kernel) if kernel else machine
    made = contained(load.technology(technology), machine.kernel, choices)
    options = StartOptions(network=True, clean_up=True)
    return boot_plan(made, None, load.application("hello"), machine, options)


def steps(*args: object, **fields: object) -> list[str]:
    return [step.id for step in plan(*args, **fields).steps]  # type: ignore[arg-type]


def amount(of: BootPlan, step: str) -> float:
    (found,) = [each for each in of.steps if each.id == step]
    return found.amount


def milliseconds(fact: str) -> float:
    return values(facts()[fact], "s")[0]


def test_nothing_chosen_is_the_technology_itself() -> None:
    for technology in load.technologies().values():
        assert contained(technology, "6.12", NOTHING) is technology


@pytest.mark.parametrize("technology", ["docker", "docker-28", "podman", "crun", "runc", "containerd", "lxc"])
def test_version_2_makes_one_directory_where_version_1_makes_eight(technology: str) -> None:
    """On the kernel of the reference host: 181 us as measured (R0087), and 181 x 585.4 / 456.2 us (K0944, K0937)."""
    one, two = (plan(technology, ContainerChoices(version), "6.18") for version in ("v1", "v2"))
    assert amount(one, "cgroup-create") == pytest.approx(181e-6)
    assert amount(two, "cgroup-create") == pytest.approx(181e-6 * 585.4 / 456.2, rel=0.005)
    assert [step.id for step in one.steps] == [step.id for step in two.steps] == steps(technology)


def test_the_attach_keeps_how_often_an_engine_waits_for_it() -> None:
    """runc waits 1.375 times for 8 ms to version 1. To version 2 each takes 12.71 / 13.98 of that (K0946, K0939)."""
    one, two = (plan("runc", ContainerChoices(version), "6.18") for version in ("v1", "v2"))
    assert amount(one, "cgroup-attach") == pytest.approx(1.375 * 8e-3)
    assert amount(two, "cgroup-attach") == pytest.approx(1.375 * 8e-3 * 12.71 / 13.98, rel=0.002)


@pytest.mark.parametrize(("kernel", "own"), [("4.15", "v1"), ("5.4", "v1"), ("5.10", "v2"), ("6.12", "v2")])
def test_a_hosts_own_cgroups_are_those_of_its_kernels_distributions(kernel: str, own: str) -> None:
    for step in ("cgroup-create", "cgroup-attach") if kernel != "5.10" else ("cgroup-create",):
        asked = amount(plan("crun", ContainerChoices(own), kernel), step)  # type: ignore[arg-type]
        assert asked == pytest.approx(amount(plan("crun", kernel=kernel), step))
    assert ContainerChoices().version_on(kernel) == own


@pytest.mark.parametrize("technology", ["firecracker", "firecracker-1", "firecracker-pool", "firecracker-snapshot"])
def test_kvm_waits_for_version_1_under_a_monitor_and_not_for_version_2(technology: str) -> None:
    """To load a snapshot takes 28.451 ms on Linux 5.10 with version 1, 3.37 ms with version 2, and 4 ms on 4.14."""
    one, two = (plan(technology, ContainerChoices(version), "5.10") for version in ("v1", "v2"))
    assert amount(one, "kvm-thread") == pytest.approx(milliseconds("D0956") - milliseconds("D0957"), rel=0.01)
    assert [step.id for step in two.steps] == steps(technology)
    assert [step.id for step in one.steps if step.id != "kvm-thread"] == steps(technology)
    old = plan(technology, ContainerChoices("v1"), "4.14")
    assert amount(old, "kvm-thread") < milliseconds("D0958") - milliseconds("D0957")


def test_kvms_thread_is_moved_before_the_guest_runs() -> None:
    found = [step.id for step in plan("firecracker", ContainerChoices("v1"), "5.10", "m5d-metal").steps]
    assert found.index("kvm-create") < found.index("kvm-thread") < found.index("device-waits")


def test_a_published_port_is_six_iptables_and_two_proxies_under_one_lock() -> None:
    """n ports take n x 18.2 ms, and each finds those before it: 0.54 us for each, 0 + 1 + 2 for three."""
    plain, three = plan("docker"), plan("docker", ContainerChoices(ports=3))
    assert [step for step in (x.id for x in three.steps) if step not in [x.id for x in plain.steps]] == [
        "port-map",
        "port-unmap",
    ]
    assert amount(three, "port-map") == pytest.approx(3 * 18.2e-3 + 3 * 0.54e-6)
    assert amount(three, "port-unmap") == pytest.approx(3 * 45.7e-3 + 3 * 17.4e-6)
    (held,) = [step for step in three.steps if step.id == "port-map"]
    assert (held.demand, held.resource) == ("hold", "port_mapper")
    # 100 containers with three each are 300 rules that each of three ports finds.
    ((per, more, _),) = held.growth
    assert (per, more) == ("instance", pytest.approx(9 * 0.54e-6))


def test_the_cpu_of_the_processes_fits_into_what_a_port_takes() -> None:
    processes = 6 * milliseconds("R0713") + 2 * milliseconds("R0701")
    assert processes == pytest.approx(10.9e-3, rel=0.02)
    assert processes < milliseconds("R0706")


def test_a_port_takes_what_was_published_of_another_host_and_release() -> None:
    """Docker 17.06 took 79 ms more for each port to run and remove a container (D0406, which sets no number)."""
    assert not load.cited().get("D0406")
    holds = [phase.amount for phase in load.additions()["docker-ports"].phases]
    low, value, high = (sum(hold.at(bound) for hold in holds) for bound in get_args(Bound))
    published = milliseconds("D0406")
    assert low < published < high
    assert value == pytest.approx(published, rel=0.2)


def test_each_published_port_holds_two_docker_proxies_and_their_program_is_there_once() -> None:
    def physical(ports: int, count: int) -> int:
        made = contained(load.technology("docker"), "6.12", ContainerChoices(ports=ports))
        ledger = Ledger()
        ledger.add(bill(made, None, load.application("web")), count)
        return ledger.totals().physical

    one_port = round(2.22 * 2**20)
    assert physical(5, 10) - physical(4, 10) == pytest.approx(10 * one_port, abs=10)
    assert physical(1, 1) - physical(0, 1) == pytest.approx(one_port + round(3.51 * 2**20), abs=2)
    # One process in 2017 was 1.16 MB (D0407, which sets no number).
    assert not load.cited().get("D0407")
    assert one_port / 2 == pytest.approx(1.16e6, rel=0.01)


def test_rootless_podman_has_a_process_for_its_network_and_no_bridge() -> None:
    plain, without = steps("podman"), steps("podman", ContainerChoices(user_namespace="rootless"))
    gone = {step for step in plain if step not in without}
    assert gone == {"veth", "bridge-port", "netavark", "netavark-wait", "netavark-end", "netavark-end-wait"}
    assert [step for step in without if step not in plain] == ["re-exec", "usermode-network", "usermode-network-wait"]
    made = contained(load.technology("podman"), "6.12", ContainerChoices(user_namespace="rootless"))
    assert not {"bridge_ports", "addresses"} & set(made.limits)


def test_podman_5_has_pasta_and_podman_4_slirp4netns() -> None:
    """slirp4netns is ready 7.98 ms after it starts (R0720), pasta 68.4 ms (R0726)."""
    for technology, network, ready in (("podman-4", "slirp4netns", "R0720"), ("podman", "pasta", "R0726")):
        own = plan(technology, ContainerChoices(user_namespace="rootless"))
        asked = plan(technology, ContainerChoices(user_namespace="rootless", network=network))  # type: ignore[arg-type]
        assert own == asked
        took = sum(amount(own, step) for step in ("usermode-network", "usermode-network-wait"))
        assert took == pytest.approx(milliseconds(ready), rel=0.01)


def test_dockers_rootless_network_is_one_process_for_all_containers() -> None:
    choices = ContainerChoices(user_namespace="rootless")
    assert steps("docker", choices) == steps("docker")
    made = contained(load.technology("docker"), "6.12", choices)
    mine = [part for part in made.memory if part.id in ("rootlesskit", "usermode-network")]
    assert [part.share for part in mine] == ["host", "host"]


def test_a_user_cannot_mount_overlayfs_before_linux_5_11() -> None:
    choices = ContainerChoices(user_namespace="rootless")
    for kernel, native in (("5.10", False), ("5.11", True)):
        found = steps("podman", choices, kernel)
        assert ("overlay" in found, "fuse-overlayfs" in found) == (native, not native)
    old = plan("podman", choices, "5.10")
    new = plan("podman", choices, "5.11")
    took = amount(old, "fuse-overlayfs") + amount(old, "fuse-overlayfs-wait")
    layers = amount(new, "overlay")
    # 5.8 ms more than overlayfs at best (R0736).
    assert took - layers == pytest.approx(5.8e-3, rel=0.02)
    assert "fuse-overlayfs" not in steps("podman", kernel="5.10")


def test_without_root_there_is_no_group_under_version_1() -> None:
    for version, there in (("v1", False), ("v2", True)):
        found = steps("crun", ContainerChoices(version, "rootless"))  # type: ignore[arg-type]
        assert ("cgroup-attach" in found) == there


@pytest.mark.parametrize(
    ("technology", "user", "more"),
    [
        # newuidmap and newgidmap, 0.98 ms of CPU each (R0731); 0.21 ms for the namespace (R0733).
        ("crun", "rootless", {"user-namespace": 0.21e-3, "newuidmap": 1.96e-3}),
        ("crun", "remapped", {"user-namespace": 0.21e-3}),
        ("docker", "remapped", {"user-namespace": 0.21e-3}),
    ],
)
def test_a_user_namespace_takes_what_was_measured(technology: str, user: UserNamespace, more: dict[str, float]) -> None:
    found, plain = plan(technology, ContainerChoices(user_namespace=user)), steps(technology)
    mine = {step.id: step.amount for step in found.steps if step.id not in plain and "usermode" not in step.id}
    assert mine == pytest.approx(more)


def test_apparmor_is_beside_the_filter_of_system_calls_and_before_the_program_runs() -> None:
    found = steps("docker", ContainerChoices(apparmor=True))
    assert found[found.index("seccomp") + 1] == "apparmor-check"
    assert found.index("cgroup-attach") < found.index("apparmor-transition") < found.index("runc-start")


def test_additions_cost_beside_what_a_technology_costs() -> None:
    """docker-proxy's 10.65 us come on top of what the bridge takes for each packet."""
    bridge = load.technology("docker").costs
    assert bridge is not None
    both = more_costs(bridge, (load.additions()["docker-proxy"], load.additions()["seccomp"]))
    assert both.relay_packet.value == pytest.approx(bridge.relay_packet.value + 10.65e-6)
    assert both.relay_packet.at("low") == pytest.approx(bridge.relay_packet.at("low") + 10.65e-6)
    assert more_costs(bridge, (load.additions()["rootlesskit"],)).relay_packet.estimate
    assert not both.relay_packet.estimate
    assert both.system_call.value == pytest.approx(30e-9)
    assert both.packet == bridge.packet
    assert both.relays_at_once
    assert more_costs(EventCosts(), ()) == EventCosts()


def test_an_addition_without_a_place_of_its_own_comes_last() -> None:
    crun = load.technology("crun")
    made = added(crun, load.additions()["netavark-ports"], 2)
    assert [phase.id for phase in made.phases][-2:] == ["port-rules", "port-rules-end"]
    assert made.phases[-2].amount.value == pytest.approx(2 * 4.2e-3)
