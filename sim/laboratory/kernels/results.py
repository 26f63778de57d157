"""What the guests print, as facts of the catalog: one row a figure and kernel.

Every figure has a fixed number, so that a fact keeps its id when it is measured again. An id is K, two digits for the
kernel's place in `guests.KERNELS`, and two for the figure's in `FIGURES`. New ones are appended.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from statistics import linear_regression
from typing import Literal

COLUMNS = ("id", "topic", "technology", "metric", "value", "unit", "statistic", "conditions", "source", "provenance")
"""Those of `sim/catalog/measurements/documented.csv`."""

SOURCE = "measured on emulated hosts (docs/kernels.md)"
PORTS = (0, 100, 300, 600, 1000)
MOUNTS = (30, 500, 2000)
GAPS = (0, 5, 10, 15, 20, 50, 200)
"""Milliseconds since the last attach."""

KernelFigureKind = Literal["wait", "rough", "cpu"]
"""Of CPU only the ratio between kernels means something. What waits for a grace period is in real time. Rough is what
hangs on how much the clean-up finds each time it looks, or is a small difference of long waits.
"""

_UNITS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "": 1.0}


@dataclass(frozen=True)
class ProbeTimes:
    """A probe's times in nanoseconds: of one operation, of all at once, and of the CPU that the caller spent itself."""

    repetitions: int
    least: int
    p10: int
    median: int
    mean: int
    makespan: int
    cpu: int


Readings = Mapping[tuple[str, int], ProbeTimes]
"""By probe, and how many processes did it at once."""


class MissingError(LookupError):
    """A kernel does not have what a figure is about."""


def parse(text: str, prefix: str = "") -> dict[tuple[str, int], ProbeTimes]:
    """The readings in what a guest printed, the probes' names after a prefix. A probe that failed has none."""
    times = {}
    for line in text.splitlines():
        match = re.fullmatch(r"R (\w+) (\d+)((?: \d+){7})", line.strip())
        if match:
            times[prefix + match[1], int(match[2])] = ProbeTimes(*map(int, match[3].split()))
    return times


def _get(readings: Readings, probe: str, at_once: int = 1) -> ProbeTimes:
    try:
        return readings[probe, at_once]
    except KeyError:
        raise MissingError(f"{probe} with {at_once} at once") from None


def line(points: Mapping[int, float]) -> tuple[float, float]:
    """The intercept and slope of the least-squares line through points."""
    fitted = linear_regression(list(points), list(points.values()))
    return fitted.intercept, fitted.slope


Take = Callable[[Readings], float]


def alone(probe: str, statistic: Literal["mean", "median", "least"] = "median") -> Take:
    """One operation by itself."""
    return lambda readings: getattr(_get(readings, probe), statistic)


def latency(probe: str, at_once: int) -> Take:
    """The mean of so many at once, from their common start."""
    return lambda readings: _get(readings, probe, at_once).mean


def each_further(probe: str, at_once: int) -> Take:
    """What each further operation adds to the time until all are done: how long one keeps the others out.

    Nothing where all are done no later than one alone is on average, as when they wait for the same grace period.
    """

    def take(readings: Readings) -> float:
        more = _get(readings, probe, at_once).makespan - _get(readings, probe).mean
        return max(0.0, more / (at_once - 1))

    return take


def _many(probe: str) -> Take:
    return lambda readings: (_get(readings, f"{probe}_of_100").mean - _get(readings, f"{probe}_of_1").mean) / 99


def _on_line(probe: str, marks: tuple[int, ...], part: int) -> Take:
    return lambda readings: line({mark: _get(readings, f"{probe}_at_{mark}").median for mark in marks})[part]


def _groups(probe: str, readings: Readings) -> tuple[str, int]:
    """The probe's name with the number of version 1's hierarchies, which is the most that the kernel still has."""
    counts = [int(name.rpartition("_")[2]) for name, _ in readings if re.fullmatch(rf"{probe}_in_\d+", name)]
    if not counts:
        raise MissingError(probe)
    return f"{probe}_in_{max(counts)}", max(counts)


def _version_1(probe: str, make: Callable[[str], Take]) -> Take:
    return lambda readings: make(_groups(probe, readings)[0])(readings)


def _hierarchies(readings: Readings) -> float:
    return _groups("cgroup_v1_mkdir", readings)[1]


def _after(variant: str, gap: int) -> Take:
    return lambda readings: _get(readings, f"cgroup_{variant}_attach_after_{gap}_ms").mean


QUICK = 1_000_000
"""Nanoseconds below which an attach did not wait for a grace period, which is several ticks."""


def longest_quick_gap(variant: str) -> Take:
    """The longest probed time since the last attach up to which most attaches are quick."""

    def take(readings: Readings) -> float:
        medians = {gap: _get(readings, f"cgroup_{variant}_attach_after_{gap}_ms").median for gap in GAPS}
        return 1e6 * max((gap for gap in GAPS if medians[gap] < QUICK), default=0)

    return take


@dataclass(frozen=True)
class KernelFigure:
    """A figure of each kernel.

    Attributes:
        take: In nanoseconds, or in the unit itself where the unit is no time.
    """

    topic: str
    metric: str
    take: Take
    unit: str
    kind: KernelFigureKind
    statistic: str


def _wait(topic: str, metric: str, take: Take, unit: str = "ms", statistic: str = "mean") -> KernelFigure:
    return KernelFigure(topic, metric, take, unit, "wait", statistic)


def _rough(topic: str, metric: str, take: Take) -> KernelFigure:
    return KernelFigure(topic, metric, take, "ms", "rough", "mean")


def _cpu(topic: str, metric: str, take: Take, statistic: str = "median") -> KernelFigure:
    return KernelFigure(topic, metric, take, "us", "cpu", statistic)


_PORT_UP = "bridge_port_up"
_NET, _MOUNT, _END = "network namespace", "mount namespace", "end of network namespaces"
_FILTER = "network namespace with netfilter loaded"
_PAIR, _BRIDGE, _V1, _V2 = "veth pair", "bridge", "cgroup v1", "cgroup v2"

FIGURES = (
    _cpu("calibration", "getppid, a thousand times", alone("getppid_1000_times")),
    _cpu("calibration", "first touch of 1024 pages of 4 KiB", alone("page_fault_1024_times")),
    _cpu("calibration", "fork, exit and wait", alone("fork_exit")),
    _cpu("calibration", "fork, exec of a static program, exit and wait", alone("fork_exec_exit")),
    _wait("calibration", "RCU grace period, asked for by membarrier(2)", alone("rcu_grace_period", "mean")),
    _wait("calibration", "RCU grace period, shortest", alone("rcu_grace_period", "least"), statistic="min"),
    _wait(
        "calibration",
        "RCU grace period, ten callers at once, until the last has it",
        lambda r: _get(r, "rcu_grace_period", 10).makespan,
    ),
    _cpu("namespaces", f"{_NET}: unshare", alone("unshare_net")),
    _cpu("namespaces", f"{_NET}: each further of 10 at once", each_further("unshare_net", 10)),
    _cpu("namespaces", f"{_NET}: each further of 100 at once", each_further("unshare_net", 100)),
    _cpu("namespaces", f"{_NET}: mean latency of 100 at once", latency("unshare_net", 100), "mean"),
    _cpu("namespaces", "all namespaces the kernel has: unshare", alone("unshare_all")),
    _cpu("namespaces", "PID and mount namespace: unshare", alone("unshare_pid_mount")),
    _wait(
        "namespaces", f"{_END}: one, until its veth pair is deleted", alone("netns_end_to_peer_deleted_of_1", "mean")
    ),
    _rough(
        "namespaces",
        f"{_END}: 100 at once, until the last veth pair is deleted",
        alone("netns_end_to_peer_deleted_of_100", "mean"),
    ),
    _wait("namespaces", f"{_END}: one, until the kernel no longer counts it", alone("netns_end_to_gone_of_1", "mean")),
    _rough(
        "namespaces",
        f"{_END}: 100 at once, until the kernel no longer counts any",
        alone("netns_end_to_gone_of_100", "mean"),
    ),
    _rough("namespaces", f"{_END}: each further of 100", _many("netns_end_to_gone")),
    _wait("namespaces", f"{_NET}: unshare 2 ms after the end of one", alone("unshare_net_after_end_of_1", "mean")),
    _rough("namespaces", f"{_NET}: unshare 50 ms after the end of 100", alone("unshare_net_after_end_of_100", "mean")),
    _rough(
        "network",
        "slowest link request after the end of one network namespace",
        alone("slowest_rtnl_request_after_end_of_1", "mean"),
    ),
    _rough(
        "network",
        "slowest link request after the end of 100 network namespaces",
        alone("slowest_rtnl_request_after_end_of_100", "mean"),
    ),
    _cpu("network", f"{_PAIR}: created in the same namespace", alone("veth_same_namespace")),
    _cpu("network", f"{_PAIR}: created directly in the target namespace", alone("veth_direct")),
    _cpu(
        "network",
        f"{_PAIR}: created directly in the target namespace, each further of 10 at once",
        each_further("veth_direct", 10),
    ),
    _wait("network", f"{_PAIR}: moved into the namespace", alone("veth_move", "mean")),
    _wait("network", f"{_PAIR}: moved into the namespace, each further of 10 at once", each_further("veth_move", 10)),
    _wait("network", f"{_PAIR}: created and then moved", alone("veth_create_then_move", "mean")),
    _wait(
        "network",
        f"{_PAIR}: created and then moved, each further of 10 at once",
        each_further("veth_create_then_move", 10),
    ),
    _wait("network", f"{_PAIR}: deleted", alone("veth_delete", "mean")),
    _rough("network", f"{_PAIR}: deleted, each further of 10 at once", each_further("veth_delete", 10)),
    _cpu("network", f"{_BRIDGE}: attach a port, without other ports", _on_line("bridge_attach", PORTS, 0)),
    _cpu("network", f"{_BRIDGE}: attach a port, for each other port", _on_line("bridge_attach", PORTS, 1)),
    _cpu("network", f"{_BRIDGE}: port up, without other ports", _on_line(_PORT_UP, PORTS, 0)),
    _cpu("network", f"{_BRIDGE}: port up, for each other port", _on_line(_PORT_UP, PORTS, 1)),
    KernelFigure("cgroups", f"{_V1}: hierarchies of the following", _hierarchies, "", "wait", "count"),
    _wait(
        "cgroups", f"{_V1}: mkdir in all hierarchies", _version_1("cgroup_v1_mkdir", lambda name: alone(name, "mean"))
    ),
    _wait(
        "cgroups",
        f"{_V1}: mkdir in all hierarchies, each further of 10 at once",
        _version_1("cgroup_v1_mkdir", lambda name: each_further(name, 10)),
    ),
    _wait(
        "cgroups",
        f"{_V1}: a process attaches itself in all hierarchies, after 500 ms",
        _version_1("cgroup_v1_attach_quiet", lambda name: alone(name, "mean")),
    ),
    _wait(
        "cgroups",
        f"{_V1}: a process attaches itself in all hierarchies, each further of 10 at once",
        _version_1("cgroup_v1_attach_quiet", lambda name: each_further(name, 10)),
    ),
    _wait("cgroups", f"{_V1}: attach to one hierarchy, right after the last", _after("v1", 0)),
    _wait("cgroups", f"{_V1}: attach to one hierarchy, 200 ms after the last", _after("v1", 200)),
    _wait(
        "cgroups",
        f"{_V1}: longest probed gap that most attaches are quick after",
        longest_quick_gap("v1"),
        "ms",
        "median",
    ),
    _wait("cgroups", f"{_V2}: mkdir", alone("cgroup_v2_mkdir", "mean")),
    _wait("cgroups", f"{_V2}: mkdir, each further of 10 at once", each_further("cgroup_v2_mkdir", 10)),
    _wait("cgroups", f"{_V2}: a process attaches itself, after 500 ms", alone("cgroup_v2_attach_quiet", "mean")),
    _wait(
        "cgroups",
        f"{_V2}: a process attaches itself, each further of 10 at once",
        each_further("cgroup_v2_attach_quiet", 10),
    ),
    _wait("cgroups", f"{_V2}: attach right after the last", _after("v2", 0)),
    _wait("cgroups", f"{_V2}: attach 200 ms after the last", _after("v2", 200)),
    _wait(
        "cgroups",
        f"{_V2}: longest probed gap that most attaches are quick after",
        longest_quick_gap("v2"),
        "ms",
        "median",
    ),
    _wait("cgroups", f"{_V2} with favordynmods: attach 200 ms after the last", _after("v2_favordynmods", 200)),
    _cpu("cgroups", f"{_V2} with favordynmods: fork, exit and wait", alone("fork_exit_favordynmods")),
    _wait("cgroups", f"{_V2}: clone into a cgroup, exit and wait, after 500 ms", alone("cgroup_v2_clone_into", "mean")),
    _cpu("namespaces", f"{_MOUNT}: copy of 30 shared mounts", alone("unshare_mount_at_30")),
    _cpu("namespaces", f"{_MOUNT}: copy, for each shared mount", _on_line("unshare_mount", MOUNTS, 1)),
    _cpu("namespaces", f"{_MOUNT}: copy, for each private mount", _on_line("unshare_private_mount", MOUNTS, 1)),
    _cpu(
        "namespaces",
        f"{_MOUNT}: copy of 500 shared mounts, each further of 10 at once",
        each_further("unshare_mount_at_500", 10),
    ),
    _wait(
        "namespaces",
        f"{_MOUNT}: process that copies 500 shared mounts, and exits",
        alone("mount_namespace_life_at_500", "mean"),
    ),
    _cpu("rootfs", "tmpfs: mount", alone("mount_tmpfs")),
    _wait("rootfs", "tmpfs: umount", alone("umount_tmpfs", "mean")),
    _cpu("rootfs", "overlayfs: mount of 1 lower layer", alone("overlay_mount_1")),
    _cpu("rootfs", "overlayfs: mount of 20 lower layers", alone("overlay_mount_20")),
    _cpu(
        "rootfs",
        "overlayfs: mount of 20 lower layers, each further of 10 at once",
        each_further("overlay_mount_20", 10),
    ),
    _wait("rootfs", "overlayfs: umount", alone("overlay_umount", "mean")),
    _wait("storage", "device-mapper: create a device, without udev", alone("dm_create", "mean")),
    _wait("storage", "device-mapper: create a device, each further of 10 at once", each_further("dm_create", 10)),
    _wait("storage", "device-mapper: remove a device", alone("dm_remove", "mean")),
    _rough("storage", "device-mapper: remove a device, each further of 10 at once", each_further("dm_remove", 10)),
    _rough(
        "namespaces",
        f"{_END}: 10 at once, until the last veth pair is deleted",
        alone("netns_end_to_peer_deleted_of_10", "mean"),
    ),
    _rough(
        "namespaces",
        f"{_END}: 10 at once, until the kernel no longer counts any",
        alone("netns_end_to_gone_of_10", "mean"),
    ),
    _rough("namespaces", f"{_NET}: unshare 50 ms after the end of 10", alone("unshare_net_after_end_of_10", "mean")),
    _cpu("namespaces", f"{_FILTER}: unshare", alone("netfilter_unshare_net")),
    _cpu("namespaces", f"{_FILTER}: each further of 100 at once", each_further("netfilter_unshare_net", 100)),
    _cpu("namespaces", f"{_FILTER}: mean latency of 100 at once", latency("netfilter_unshare_net", 100), "mean"),
    _wait(
        "namespaces",
        f"{_FILTER}: end of one, until its veth pair is deleted",
        alone("netfilter_netns_end_to_peer_deleted_of_1", "mean"),
    ),
    _rough(
        "namespaces",
        f"{_FILTER}: end of 10 at once, until the last veth pair is deleted",
        alone("netfilter_netns_end_to_peer_deleted_of_10", "mean"),
    ),
    _rough(
        "namespaces",
        f"{_FILTER}: end of 100 at once, until the last veth pair is deleted",
        alone("netfilter_netns_end_to_peer_deleted_of_100", "mean"),
    ),
    _wait(
        "namespaces",
        f"{_FILTER}: end of one, until the kernel no longer counts it",
        alone("netfilter_netns_end_to_gone_of_1", "mean"),
    ),
    _rough(
        "namespaces",
        f"{_FILTER}: end of 100 at once, until the kernel no longer counts any",
        alone("netfilter_netns_end_to_gone_of_100", "mean"),
    ),
    _wait(
        "namespaces",
        f"{_FILTER}: unshare 2 ms after the end of one",
        alone("netfilter_unshare_net_after_end_of_1", "mean"),
    ),
    _rough(
        "namespaces",
        f"{_FILTER}: unshare 50 ms after the end of 10",
        alone("netfilter_unshare_net_after_end_of_10", "mean"),
    ),
    _rough(
        "namespaces",
        f"{_FILTER}: unshare 50 ms after the end of 100",
        alone("netfilter_unshare_net_after_end_of_100", "mean"),
    ),
    _rough(
        "network",
        f"slowest link request after the end of one {_FILTER}",
        alone("netfilter_slowest_rtnl_request_after_end_of_1", "mean"),
    ),
    _rough(
        "network",
        f"slowest link request after the end of 100, {_FILTER}",
        alone("netfilter_slowest_rtnl_request_after_end_of_100", "mean"),
    ),
    _wait(
        "namespaces",
        f"{_NET}: made and ended ten times by one process, each",
        lambda r: _get(r, "ten_network_namespace_lives").mean / 10,
    ),
    _rough(
        "namespaces",
        f"{_NET}: made and ended ten times by ten processes at once, each",
        lambda r: _get(r, "ten_network_namespace_lives", 10).makespan / 100,
    ),
    _wait(
        "namespaces",
        f"{_FILTER}: made and ended ten times by one process, each",
        lambda r: _get(r, "netfilter_ten_network_namespace_lives").mean / 10,
    ),
    _rough(
        "namespaces",
        f"{_FILTER}: made and ended ten times by ten processes at once, each",
        lambda r: _get(r, "netfilter_ten_network_namespace_lives", 10).makespan / 100,
    ),
)


def values(readings: Readings) -> dict[KernelFigure, float]:
    """Each figure in its unit. Those that the kernel does not have are left out."""
    numbers = {}
    for figure in FIGURES:
        try:
            numbers[figure] = figure.take(readings) / _UNITS[figure.unit]
        except MissingError:
            continue
    return numbers


MEANING = {
    "wait": "waits, of some ms, are real time, and instructions count 1 ns",
    "rough": "waits are real time, but another boot may differ by a factor of 4",
    "cpu": "instructions count 1 ns: only the ratio of two kernels means something",
}
"""What a figure's conditions say of it."""


@dataclass(frozen=True)
class Measured:
    """A kernel and what was measured on it.

    Attributes:
        place: From 1, in the list of all kernels.
        conditions: Package, tick rate, emulator.
    """

    place: int
    generation: str
    conditions: str
    readings: Readings


def facts(measured: Measured) -> list[dict[str, str]]:
    """Rows of the catalog's file for one kernel."""
    numbers = values(measured.readings)
    return [
        dict(
            zip(
                COLUMNS,
                (
                    f"K{measured.place:02}{number:02}",
                    figure.topic,
                    f"Linux {measured.generation}",
                    figure.metric,
                    f"{numbers[figure]:.4g}",
                    figure.unit,
                    figure.statistic,
                    f"{measured.conditions}; {MEANING[figure.kind]}",
                    SOURCE,
                    "primary",
                ),
                strict=True,
            )
        )
        for number, figure in enumerate(FIGURES, start=1)
        if figure in numbers
    ]


def written(rows: list[dict[str, str]]) -> str:
    """Rows as the text of a CSV file with its header."""
    text = StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def table(kernels: list[Measured], baseline: str, kind: Literal["wait", "cpu"]) -> str:
    """A Markdown table of CPU, as multiples of the baseline's generation, or of all waits in their unit."""
    by_kernel = {readings.generation: values(readings.readings) for readings in kernels}
    lines = [f"| no. | | {' | '.join(by_kernel)} |", f"|---|---|{'---|' * len(by_kernel)}"]
    for number, figure in enumerate(FIGURES, start=1):
        if (figure.kind == "cpu") != (kind == "cpu") or not any(figure in readings for readings in by_kernel.values()):
            continue
        unit = figure.unit
        cells = {name: readings.get(figure) for name, readings in by_kernel.items()}
        if kind == "cpu":
            reference = cells.get(baseline)
            if not reference:
                continue
            unit = f"{reference:.3g} us on {baseline}"
            cells = {name: value and value / reference for name, value in cells.items()}
        shown = ("" if value is None else f"{value:.3g}" for value in cells.values())
        lines.append(f"| {number:02} | {figure.metric}{unit and f' ({unit})'} | {' | '.join(shown)} |")
    return "\n".join(lines)
