"""The probes, in the order they run. A probe's module is imported by its worker only: it may need Linux."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to measure.

    Attributes:
        module, function: Where it is.
        isolation: "namespaces" where it runs in mount and PID namespaces of its own, which end with it. Those need root
            or user namespaces.
        weight: Its share of the time, against the others'.
    """

    id: str
    text: str
    module: str
    function: str
    isolation: Literal["", "namespaces"] = ""
    weight: float = 1.0


PROBES: dict[str, Probe] = {
    probe.id: probe
    for probe in (
        Probe("syscall", "system call", "processes", "syscall", weight=0.5),
        Probe("page_fault", "page fault", "processes", "page_fault", weight=0.7),
        Probe("process", "fork, exec and exit", "processes", "process", weight=1.5),
        Probe("namespace", "namespaces by type", "namespaces", "namespace", "namespaces", 2.0),
        Probe("mount_table", "mount namespace for each mount there is", "namespaces", "mount_table", "namespaces", 1.0),
        Probe("mount", "mounts of a root file system", "filesystems", "mount", "namespaces", 0.7),
        Probe("overlay", "overlay mount for each lower layer", "filesystems", "overlay", "namespaces", 1.5),
        Probe("cgroup", "cgroup attach soon and long after another", "cgroups", "cgroup", weight=2.5),
        Probe("veth", "virtual network links", "links", "veth", "namespaces", 2.5),
        Probe("bridge", "ports of a bridge", "links", "bridge", "namespaces", 0.7),
        Probe("seccomp", "seccomp filter load", "filters", "seccomp", weight=1.0),
        Probe("gunzip", "gunzip", "streams", "gunzip", weight=1.0),
        Probe("sha256", "SHA-256", "streams", "sha256", weight=0.7),
        Probe("disk", "disk write and read", "streams", "disk", weight=3.0),
        Probe("kvm", "a virtual machine of one instruction", "kvm", "kvm", weight=0.5),
        Probe("qemu", "QEMU to machine ready", "qemu", "qemu", "namespaces", 2.0),
        Probe("crun", "container start by crun", "runtimes", "crun", "namespaces", 4.0),
        Probe("runc", "container start by runc", "runtimes", "runc", "namespaces", 5.0),
        Probe("podman", "container start by Podman", "engines", "podman", weight=6.0),
        Probe("docker", "container start by Docker", "engines", "docker", weight=6.0),
    )
}
"""Every probe by its id."""
