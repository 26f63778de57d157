"""Writes a host profile: a host in the catalog's format whose numbers were measured here.

A measured number names, in `measured`, the measurements of the same file that it is made of, or the system's file that
says it. `sim.catalog.profile` reads it.
"""

from __future__ import annotations

import json

from sim.catalog.kernel import generation
from sim.laboratory.calibrate.busyness import sentences
from sim.laboratory.calibrate.results import Calibration, HostFacts
from sim.laboratory.calibrate.speed import cpu_speed
from sim.quantity import render

_UNITS = {"B": (1024, "KiB"), "B/s": (10**6, "MB/s")}
"""Units that /proc and disks are spoken of in."""


def _quoted(text: str) -> str:
    """A TOML basic string. JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _number(
    dimension: str,
    value: float,
    *,
    measured: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    derivation: str = "",
    estimate: str = "",
    exact: bool = False,
) -> str:
    """An inline table, as the catalog's reader takes it."""

    def amount(number: float) -> str:
        number = number if exact else _rounded(number)
        if dimension == "1":
            return f"{number:.15g}"
        factor, unit = _UNITS.get(dimension, (0, ""))
        return _quoted(f"{number / factor:.15g} {unit}" if factor else render(number, dimension))

    parts = [f"value = {amount(value)}"]
    parts += [f"{key} = {amount(end)}" for key, end in (("low", low), ("high", high)) if end is not None]
    if measured:
        parts.append(f"measured = [{', '.join(map(_quoted, measured))}]")
    parts += [f"{key} = {_quoted(text)}" for key, text in (("derivation", derivation), ("estimate", estimate)) if text]
    return f"{{ {', '.join(parts)} }}"


def written(calibration: Calibration) -> str:
    """The profile's text: the host, the locks that were timed, and every measurement."""
    host = calibration.host
    gib = host.memory / 2**30
    speed = cpu_speed(calibration)
    english = f"{calibration.id}: {host.cores} cores, {gib:.0f} GiB, measured"
    japanese = f"{calibration.id}({host.cores}コア、{gib:.0f} GiB、実測)"
    lines = [
        f"# Measured by `python -m sim calibrate` on {calibration.taken}: {host.processor}, cgroups {host.cgroups}.",
        *(f"# {sentence}" for sentence in sentences(calibration.busy)),
        f"id = {_quoted(calibration.id)}",
        f"taken = {_quoted(calibration.taken)}",
        f"name = {{ en = {_quoted(english)}, ja = {_quoted(japanese)} }}",
        f"cores = {_number('1', host.cores, measured=('/proc/cpuinfo',), exact=True)}",
    ]
    if speed is None:
        reason = "too few of the measurements it follows from were made; half to twice the reference host"
        lines.append(f"cpu_speed = {_number('1', 1.0, low=0.5, high=2.0, estimate=reason)}")
    else:
        lines.append(
            "cpu_speed = "
            + _number(
                "1", speed.value, low=speed.low, high=speed.high, measured=speed.measured, derivation=speed.derivation
            )
        )
    if host.threads > host.cores:
        reason = "two hardware threads on one core do together 10 to 40 % more than one"
        lines.append(f"smt = {_number('1', 1.25, low=1.1, high=1.4, estimate=reason)}")
    lines += [
        f"memory = {_number('B', host.memory, measured=('/proc/meminfo',), exact=True)}",
        "own_memory = "
        + _number(
            "B", host.own_memory, measured=("/proc/meminfo",), derivation="MemTotal less MemAvailable", exact=True
        ),
        f"swap = {_number('B', host.swap, measured=('/proc/meminfo',), exact=True)}",
        f"disk_read = {_disk(calibration, 'disk.read')}",
        f"disk_write = {_disk(calibration, 'disk.write')}",
        f"network = {_network(host)}",
        f"kernel = {_quoted(host.kernel)}",
        f"nested = {'true' if host.virtualized else 'false'}",
        "",
        "[limits]",
        'pods = { value = 110, source = "F0706" }',
        f"pids = {_number('1', host.pid_max, measured=('/proc/sys/kernel/pid_max',), exact=True)}",
        *_locks(calibration),
    ]
    for measurement in calibration.measurements:
        lines += ["", "[[measurements]]", f"id = {_quoted(measurement.id)}", f"text = {_quoted(measurement.text)}"]
        lines += [f"{key} = {_rounded(getattr(measurement, key))!r}" for key in ("minimum", "p10", "median")]
        lines += [
            f"n = {measurement.n}",
            f"bytes = {measurement.bytes}",
            f"conditions = {_quoted(measurement.conditions)}",
        ]
    return "\n".join(lines) + "\n"


def _disk(calibration: Calibration, name: str) -> str:
    measurement = calibration.measurement(name)
    if measurement is None or measurement.rate is None:
        reason = "not measured; a disk of a small cloud machine to a NVMe drive"
        return _number("B/s", 500e6, low=100e6, high=3e9, estimate=reason)
    return _number(
        "B/s",
        measurement.rate,
        high=measurement.bytes / measurement.minimum,
        measured=(name,),
        derivation="bytes by median time",
    )


def _network(host: HostFacts) -> str:
    if host.network is None:
        reason = "no driver says how fast the link is; 100 Mbit/s to 10 Gbit/s"
        return _number("B/s", 125e6, low=12.5e6, high=1.25e9, estimate=reason)
    return _number("B/s", host.network, measured=("/sys/class/net",), exact=True)


_NETNS_UNLOCKED = "4.17"
"""Since this kernel network namespaces are made side by side (see the catalog's `locks/netns.toml`)."""


def _held(calibration: Calibration, *names: str, derivation: str = "") -> str:
    """What an operation holds its lock for: the sum of so many measurements. "" where one of them was not made.

    Their 10th percentiles, as other work on the host delays more than half. The range is from minimum to median.
    """
    made = [calibration.measurement(name) for name in names]
    known = [measurement for measurement in made if measurement is not None]
    if len(known) < len(names):
        return ""
    low, value, high = (
        sum(getattr(measurement, which) for measurement in known) for which in ("minimum", "p10", "median")
    )
    return _number("s", value, low=low, high=high, measured=names, derivation=derivation)


def _netns(calibration: Calibration) -> str:
    net, nothing = calibration.measurement("namespace.net"), calibration.measurement("namespace.none")
    if net is None or nothing is None or generation(calibration.host.kernel) >= generation(_NETNS_UNLOCKED):
        return ""
    derivation = "unshare(2) of a network namespace less that of nothing"
    return _number("s", max(net.median - nothing.median, 0.0), measured=(net.id, nothing.id), derivation=derivation)


def _locks(calibration: Calibration) -> list[str]:
    """The operations of the catalog's locks that were timed."""
    attach = "cgroup.v1.attach_quiet" if calibration.measurement("cgroup.v1.attach_quiet") else "cgroup.v2.attach_quiet"
    timed = {
        "rtnl": {
            "veth-move": _held(calibration, "veth.move"),
            "veth-in-place": _held(calibration, "veth.in_place"),
            "bridge-port": _held(calibration, "veth.bridge", "veth.up", derivation="attach to a bridge, and link up"),
        },
        "cgroup_attach": {"attach": _held(calibration, attach)},
        "netns": {"create": _netns(calibration)},
    }
    lines: list[str] = []
    for lock, operations in timed.items():
        held = [f"{name} = {number}" for name, number in operations.items() if number]
        lines += ["", f"[locks.{lock}]", *held] if held else []
    return lines
