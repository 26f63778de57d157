"""What an engine without one of its components still does, each case by the document that states it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

import pytest

from sim.batch.run import run as run_scenario
from sim.catalog.tables.assemblies import PROCESS, assemblies, components
from sim.engine.seeds import SeedTree
from sim.loading import load, override
from sim.records.assemblies import AssemblyRecord, CallRecord, ComponentRecord
from sim.studies.base import Context
from sim.studies.components import AssemblyId, Components, LeftOut, hand_overs, made, run


def asked(assembly: str, left_out: str = "nothing", **more: Any) -> dict[str, float]:
    params = Components(assembly=assembly, left_out=left_out, **more)  # type: ignore[arg-type]
    return {name: samples[0] for name, samples in run(params, Context("x", SeedTree(1))).samples.items()}


def broken(assembly: str, left_out: str) -> set[str]:
    params = Components(assembly=assembly, left_out=left_out)  # type: ignore[arg-type]
    records = run(params, Context("x", SeedTree(1))).records
    return {r.component for r in records if isinstance(r, ComponentRecord) and r.state == "broken"}


def test_the_ids_are_those_of_the_catalog() -> None:
    assert get_args(AssemblyId) == tuple(assemblies())
    assert set(get_args(LeftOut)) == {"nothing", *components()}


@pytest.mark.parametrize("assembly", get_args(AssemblyId))
def test_with_nothing_left_out_all_that_an_assembly_serves_works(assembly: str) -> None:
    found = asked(assembly)
    assert found["starts_container"] == found["pulls_image"] == found["keeps_running"] == 1
    # A kubelet has no way to build an image; the docker command on the same node has.
    assert found["builds_image"] == (assembly not in ("kubernetes-containerd", "kubernetes-cri-o"))
    assert found["broken"] == 0


@pytest.mark.parametrize(
    ("left_out", "starting"),
    [
        # Kubernetes 1.24: a kubelet asks containerd or CRI-O by CRI, no dockerd.
        ("dockerd", {"kubernetes-containerd", "kubernetes-cri-o", "podman"}),
        # Docker, Mirantis's runtime and Kubernetes share containerd.
        ("containerd", {"kubernetes-cri-o", "podman"}),
        ("containerd-shim", {"kubernetes-cri-o", "podman"}),
        # The OCI's specification has other implementations: CRI-O 1.31 and Podman 5 take crun.
        ("runc", {"kubernetes-cri-o", "podman"}),
        ("crun", {"docker-engine", "mirantis", "docker-desktop", "kubernetes-containerd", "kubernetes-docker"}),
        ("conmon", {"docker-engine", "mirantis", "docker-desktop", "kubernetes-containerd", "kubernetes-docker"}),
        # "network plugin is not ready": no pod starts without CNI; Docker's own networks are dockerd's.
        ("cni", {"docker-engine", "mirantis", "docker-desktop", "podman"}),
        ("cri-dockerd", set(get_args(AssemblyId)) - {"kubernetes-docker"}),
        # Docker Desktop's dockerd runs in a virtual machine with a kernel that LinuxKit built.
        ("desktop-vmm", set(get_args(AssemblyId)) - {"docker-desktop"}),
        ("linuxkit", set(get_args(AssemblyId)) - {"docker-desktop"}),
        ("ctr", set(get_args(AssemblyId))),
        ("buildx", set(get_args(AssemblyId))),
        ("buildkit", set(get_args(AssemblyId))),
    ],
)
def test_which_assemblies_still_start_a_container(left_out: str, starting: set[str]) -> None:
    assert {name for name in get_args(AssemblyId) if asked(name, left_out)["starts_container"]} == starting


@pytest.mark.parametrize(
    ("assembly", "left_out", "live_restore", "goes_on"),
    [
        # Docker's documentation: dockerd stops its containers when it ends, unless live-restore is set.
        ("docker-engine", "dockerd", False, 0),
        ("docker-engine", "dockerd", True, 1),
        # containerd's operations guide: KillMode=process leaves shims and containers.
        ("docker-engine", "containerd", False, 1),
        # moby#43491: the process is killed together with its shim.
        ("docker-engine", "containerd-shim", True, 0),
        ("docker-engine", "runc", False, 1),
        ("kubernetes-containerd", "kubelet", False, 1),
        # podman#6520: without conmon the process still runs.
        ("podman", "conmon", False, 1),
        ("docker-desktop", "desktop-vmm", True, 0),
        # What is not in an assembly cannot be taken from it.
        ("kubernetes-containerd", "dockerd", False, 1),
    ],
)
def test_whether_containers_that_run_go_on(assembly: str, left_out: str, live_restore: bool, goes_on: int) -> None:
    assert asked(assembly, left_out, live_restore=live_restore)["keeps_running"] == goes_on


@pytest.mark.parametrize(
    ("left_out", "builds"),
    [
        # Without buildx the command falls back to the legacy builder, in containers of its own (Docker 23 to 28).
        ("buildx", 1),
        ("buildkit", 1),
        # BuildKit inside dockerd calls runc itself.
        ("containerd-shim", 1),
        ("runc", 0),
        ("containerd", 0),
        ("dockerd", 0),
    ],
)
def test_whether_docker_engine_builds_an_image(left_out: str, builds: int) -> None:
    assert asked("docker-engine", left_out)["builds_image"] == builds


def test_a_pull_needs_no_shim_and_no_runc() -> None:
    for left_out in ("containerd-shim", "runc"):
        assert asked("docker-engine", left_out)["pulls_image"] == 1
    assert asked("docker-engine", "containerd")["pulls_image"] == 0


def test_another_client_passes_dockerd_by_and_needs_no_pod_s_network() -> None:
    assert asked("docker-engine", "dockerd")["starts_beside"] == 1
    assert asked("docker-engine", "containerd")["starts_beside"] == 0
    assert asked("kubernetes-containerd", "cni")["starts_beside"] == 1
    assert asked("podman", "podman")["starts_beside"] == 0


def test_only_what_calls_the_missing_component_is_broken() -> None:
    assert broken("docker-engine", "dockerd") == {"docker-cli", "buildx", "buildkit"}
    assert broken("docker-engine", "ctr") == set()
    assert broken("kubernetes-docker", "cni") == {"kubelet", "cri-dockerd"}
    assert broken("kubernetes-containerd", "cni") == {"kubelet", "containerd"}


@pytest.mark.parametrize(
    ("assembly", "chain"),
    [
        ("docker-engine", ["docker-cli", "dockerd", "containerd", "containerd-shim", "runc", PROCESS]),
        ("kubernetes-containerd", ["kubelet", "containerd", "containerd-shim", "runc", PROCESS]),
        ("kubernetes-docker", ["kubelet", "cri-dockerd", "dockerd", "containerd", "containerd-shim", "runc", PROCESS]),
        ("podman", ["podman", "conmon", "crun", PROCESS]),
    ],
)
def test_the_calls_from_the_command_to_the_process(assembly: str, chain: list[str]) -> None:
    found = assemblies()[assembly]
    assert hand_overs(found.commands["run"], "run", made(found)) == len(chain) - 1
    params = Components(assembly=assembly)  # type: ignore[arg-type]
    records = run(params, Context("x", SeedTree(1))).records
    way = {(r.caller, r.called) for r in records if isinstance(r, CallRecord) and r.on_way}
    assert set(pairwise(chain)) <= way
    assert [end for start, end in way if end == PROCESS] == [PROCESS], "one component alone starts the process"


def test_the_records_say_what_the_metrics_say() -> None:
    (outcome,) = run_scenario(override(load("components"), {"left_out": "containerd"}))
    for label in outcome.labels:
        did = {r.asked: r.works for r in outcome.of_type(AssemblyRecord) if r.of == label}
        assert did["run"] == bool(outcome.metric(label, "starts_container").value)
        assert did["keep"] == bool(outcome.metric(label, "keeps_running").value)
        mine = [r for r in outcome.of_type(ComponentRecord) if r.of == label]
        assert len(mine) == outcome.metric(label, "components").value
        assert sum(r.state == "broken" for r in mine) == outcome.metric(label, "broken").value
