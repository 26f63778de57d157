"""Hierarchies from what the kernel says in /proc/self, on four kinds of host."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.laboratory.calibrate.cgroups import hierarchies, layout

UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 23 0:27 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755\n"
    "32 31 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:29 / /sys/fs/cgroup/pids rw,nosuid shared:10 - cgroup cgroup rw,pids\n"
    "34 31 0:30 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,name=systemd\n"
)


def test_a_host_with_the_unified_hierarchy_alone() -> None:
    found = hierarchies(UNIFIED, "0::/user.slice/user-1000.slice/session-2.scope\n")
    assert [(one.version, one.own) for one in found] == [
        ("v2", Path("/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope"))
    ]
    assert layout(found) == "v2"


def test_a_host_with_controllers_in_hierarchies_of_their_own() -> None:
    found = hierarchies(V1, "3:name=systemd:/init.scope\n2:cpu,cpuacct:/\n1:pids:/user.slice\n")
    assert {one.controllers: one.own for one in found} == {
        "cpu,cpuacct": Path("/sys/fs/cgroup/cpu,cpuacct"),
        "pids": Path("/sys/fs/cgroup/pids/user.slice"),
        "name=systemd": Path("/sys/fs/cgroup/systemd/init.scope"),
    }
    assert layout(found) == "v1"


def test_a_host_with_both_is_hybrid() -> None:
    unified = UNIFIED.replace("/sys/fs/cgroup ", "/sys/fs/cgroup/unified ")
    found = hierarchies(V1 + unified, "2:cpu,cpuacct:/\n1:pids:/\n0::/\n")
    assert layout(found) == "hybrid"
    assert [one.mounted for one in found if one.version == "v2"] == [Path("/sys/fs/cgroup/unified")]


def test_a_container_that_sees_only_its_own_part_of_the_tree() -> None:
    """The mount's root is the container's cgroup, so its own cgroup is the mount point."""
    inside = UNIFIED.replace("0:26 / ", "0:26 /docker/abc ")
    (one,) = hierarchies(inside, "0::/docker/abc\n")
    assert one.own == Path("/sys/fs/cgroup")


def test_a_cgroup_outside_what_is_mounted_falls_back_to_the_mount_point() -> None:
    inside = UNIFIED.replace("0:26 / ", "0:26 /docker/abc ")
    (one,) = hierarchies(inside, "0::/../other\n")
    assert one.own == Path("/sys/fs/cgroup")


@pytest.mark.parametrize("own", ["", "0::/\n"])
def test_no_cgroup_file_system_is_none(own: str) -> None:
    assert layout(hierarchies("21 1 8:1 / / rw - ext4 /dev/vda rw\n", own)) == "none"
