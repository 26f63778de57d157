"""What a release of an engine does: the order of its network's phases, and who is in front of a guest's kernel.

The order is that of the sources: moby v26.1.5 daemon/start.go (initializeNetworking before NewTask) and v28.0.0
daemon/start_linux.go (initializeCreatedTask), containerd internal/cri/server/sandbox_run.go (NewNetNS, setupPodNetwork,
then the sandbox), podman libpod/networking_linux.go (NewNS, then configureNetNS).
"""

import pytest

from sim.catalog import load
from sim.platforms.plan import StartOptions, boot_plan

PAIR = ("network-allocator", "veth")
"""Phases that make a veth pair."""


def steps(technology, guest=None, **options):
    found = load.technology(technology)
    chosen = guest or (found.guests[0] if found.guests else None)
    plan = boot_plan(
        found,
        load.guest(chosen) if chosen else None,
        load.application("hello"),
        load.host("server"),
        StartOptions(**options),
    )
    return [step.id for step in plan.steps]


def makes_pair(ids):
    (at,) = (ids.index(one) for one in PAIR if one in ids)
    return at


def test_docker_26_makes_the_pair_before_there_is_a_namespace_and_moves_it_after():
    ids = steps("docker", network=True)
    assert makes_pair(ids) < ids.index("containerd") < ids.index("netns-devices") < ids.index("network-move")
    assert ids.index("network-move") < ids.index("runc-start")
    assert "network-move" not in steps("docker")


def test_docker_28_makes_the_pair_in_the_namespace_of_a_task_that_is_there():
    ids = steps("docker-28", network=True)
    assert ids.index("netns-devices") < makes_pair(ids) < ids.index("bridge-port") < ids.index("runc-start")
    assert "network-move" not in ids


@pytest.mark.parametrize("technology", ["docker-20-10", "docker", "docker-28"])
def test_dockers_releases_differ_in_nothing_but_the_network(technology):
    def but_the_network(ids):
        return [phase for phase in ids if not phase.startswith("network-")]

    assert but_the_network(steps(technology)) == but_the_network(steps("docker"))
    assert sorted(steps(technology)) == sorted(steps("docker"))


WRITTEN = ["network-endpoint", "network-record", "network-join", "network-external"]
"""What dockerd writes of a bridge's endpoint, in the order of moby v26.1.5: the last two on joining."""


@pytest.mark.parametrize(
    ("technology", "locked"),
    [("docker-1-10", False), ("docker-1-12", False), ("docker-18-09", True), ("docker", True), ("docker-28", True)],
)
def test_a_network_makes_one_endpoint_at_a_time_since_17_06(technology, locked):
    """libnetwork/network.go: CreateEndpoint holds networkLocker, from the allocation to the network's count; D1613."""
    ids = steps(technology, network=True)
    assert [phase for phase in ids if phase in WRITTEN] == WRITTEN
    assert ("network-lock" in ids) is locked
    if locked:
        at, end = ids.index("network-lock"), ids.index("network-record")
        assert ids[at : end + 1] == ["network-lock", "network-allocator", "network-endpoint", "network-record"]


@pytest.mark.parametrize(
    ("technology", "runtime"),
    [("containerd", "shim"), ("podman", "conmon"), ("kata", "qemu"), ("gvisor", "runsc")],
)
def test_pods_and_podmans_containers_have_their_namespace_first_then_the_pair_then_the_runtime(technology, runtime):
    ids = steps(technology, network=True)
    assert ids.index("netns-devices") < makes_pair(ids) < ids.index("bridge-port") < ids.index(runtime)


def test_only_docker_before_28_lxd_and_a_bare_pair_are_moved():
    """CNI's bridge plug-in makes it in place since 1.0 (2021), LXC since 4.0 (2020), netavark too.

    LXD 5.0.2 runs ip on the host (lxd/device/device_utils_network.go) and hands one end to liblxc.
    """
    moving = {
        technology.id
        for technology in load.technologies().values()
        for phase in technology.phases
        if phase.operation is not None and phase.operation.id in ("veth-move", "move")
    }
    older = {
        "docker-0-9",
        "docker-0-9-lxc",
        "docker-1-10",
        "docker-1-11",
        "docker-1-12",
        "docker-18-09",
        "docker-20-10",
    }
    assert moving == {"netns", "docker", "docker-devicemapper", "lxd", *older}


@pytest.mark.parametrize(
    ("technology", "links"),
    [
        ("docker-0-9-lxc", ["cli", "dockerd", "lxc-start", "dockerinit"]),
        ("docker-0-9", ["cli", "dockerd", "libcontainer"]),
        ("docker-1-10", ["cli", "dockerd", "libcontainer", "seccomp"]),
        ("docker-1-11", ["cli", "dockerd", "containerd", "shim", "seccomp", "runc-create", "runc-start"]),
        ("docker-1-12", ["cli", "dockerd", "containerd", "shim", "seccomp", "runc-create", "runc-start"]),
        ("docker-18-09", ["cli", "dockerd", "containerd", "shim", "seccomp", "runc-create", "runc-start"]),
        ("docker-29", ["cli", "dockerd", "containerd", "shim", "seccomp", "runc-create", "runc-start"]),
        ("docker-28", ["cli", "dockerd", "containerd", "shim", "seccomp", "runc-create", "runc-start"]),
    ],
)
def test_a_generation_of_docker_hands_a_start_on_as_its_sources_say(technology, links):
    """moby v0.9.0 execdriver/lxc/driver.go and execdriver/native/driver.go; v1.10.0 daemon/execdriver/native/seccomp.go
    (no profile before); the four programs of v1.11.0's CHANGELOG.md."""
    programs = {"lxc-start", "dockerinit", "libcontainer", "containerd", "shim", "seccomp", "runc-create", "runc-start"}
    assert [step for step in steps(technology) if step in programs | {"cli", "dockerd"}] == links


def test_docker_0_9_makes_the_pair_once_the_child_is_there_and_1_10_before():
    """moby v0.9.0 pkg/libcontainer/nsinit/exec.go: InitializeNetworking after command.Start and SetupCgroups."""
    ids = steps("docker-0-9", network=True)
    assert ids.index("netns-devices") < ids.index("cgroup-attach") < makes_pair(ids) < ids.index("network-move")
    ids = steps("docker-1-10", network=True)
    assert makes_pair(ids) < ids.index("libcontainer") < ids.index("netns-devices") < ids.index("network-move")


def test_a_unikernel_is_started_by_the_same_vmm_as_the_other_guests():
    """What differs is the guest: its kernel, and what that waits for."""
    unikernel, firecracker = load.technology("unikernel"), load.technology("firecracker")
    vmm = {
        technology.id: [phase for phase in technology.phases if phase.leads_to == "runtime" and not phase.when]
        for technology in (unikernel, firecracker)
    }
    assert vmm["unikernel"] == vmm["firecracker"] != []


def test_a_distributions_disk_is_booted_by_firmware_and_boot_loader_and_a_kernel_that_is_handed_over_is_not():
    ids = steps("qemu-kvm", guest="debian-cloud")
    assert ids.index("seabios") < ids.index("boot-sector") < ids.index("boot-loader") < ids.index("kernel")
    for technology, guest in (("qemu-kvm", "minimal"), ("firecracker", "debian-cloud"), ("xen", "debian-cloud")):
        assert not {"boot-sector", "boot-loader"} & set(steps(technology, guest=guest)), (technology, guest)
    for technology in ("virtualbox", "esxi-6"):
        assert "boot-loader" in steps(technology, guest="debian-cloud")


def test_seabios_takes_what_was_measured_to_the_boot_sector():
    """R0127, R0128: 80 to 100 ms, on a core of the reference host."""
    plan = boot_plan(
        load.technology("qemu-kvm"),
        load.guest("debian-cloud"),
        load.application("hello"),
        load.host("reference"),
        StartOptions(),
    )
    names = ("firmware", "seabios", "boot-sector")
    assert 0.08 <= sum(step.amount for step in plan.steps if step.id in names) <= 0.1
