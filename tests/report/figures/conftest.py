"""Outcomes made by hand: small enough to do the arithmetic in the test, in the shape the studies hand on."""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from sim.outcome import Metric, Outcome
from sim.records.images import StepRecord
from sim.records.instances import ConstraintRecord, InstanceRecord, MemoryRecord, Message, PhaseRecord
from sim.records.record import Record
from sim.report.words import LabelName

MIB = 2**20

# label -> (estimate, (low, high), range, [(owner, phase, seconds)])
RACE: dict[str, Any] = {
    "virtualbox": (
        True,
        (13.1, 14.4),
        (10.0, 20.0),
        [("machine", "vmm", 1.5), ("kernel", "kernel", 3.0), ("userland", "systemd", 8.6), ("application", "app", 0.6)],
    ),
    "kvm": (
        False,
        (7.2, 8.0),
        None,
        [
            ("machine", "qemu", 0.28),
            ("machine", "firmware", 0.2),
            ("kernel", "kernel", 1.25),
            ("userland", "systemd", 5.4),
            ("application", "app", 0.45),
        ],
    ),
    "firecracker": (
        False,
        (0.25, 0.29),
        None,
        [
            ("machine", "vmm", 0.045),
            ("kernel", "kernel", 0.115),
            ("userland", "init", 0.02),
            ("application", "app", 0.09),
        ],
    ),
    "lxc": (
        False,
        (0.86, 0.99),
        None,
        [
            ("engine", "lxc", 0.02),
            ("kernel", "clone", 0.02),
            ("userland", "systemd", 0.79),
            ("application", "app", 0.09),
        ],
    ),
    "docker": (
        False,
        (0.29, 0.37),
        None,
        [
            ("engine", "cli", 0.03),
            ("engine", "dockerd", 0.16),
            ("kernel", "namespaces", 0.03),
            ("files", "overlay", 0.01),
            ("application", "app", 0.09),
        ],
    ),
}
NAMES = {
    "virtualbox": LabelName("VirtualBox", "hosted hypervisor"),
    "kvm": LabelName("KVM / QEMU", "virtual machine"),
    "firecracker": LabelName("Firecracker", "microVM"),
    "lxc": LabelName("LXC", "system container"),
    "docker": LabelName("Docker", "app container"),
}


def metric(of, name, value, unit, statistic="value", **more):
    return Metric(metric=name, statistic=statistic, of=of, interval="", value=value, unit=unit, **more)


@pytest.fixture
def names():
    return NAMES


@pytest.fixture
def race_outcome():
    """Five technologies, one instance each; the request comes at 0.5 s, so that a lane's zero is not the run's."""
    records: list[Record] = []
    metrics = []
    for label, (estimate, (low, high), span, phases) in RACE.items():
        ends = list(itertools.accumulate((seconds for _, _, seconds in phases), initial=0.5))
        for (owner, phase, _), start, end in zip(phases, ends, ends[1:], strict=False):
            source = "estimate: scaled from KVM" if estimate else f"fact.{label}"
            records.append(PhaseRecord(label, 0, phase, owner, "cpu", "", start, end, 0.0, source, estimate))
        records.append(InstanceRecord(label, 0, 0.5, ends[1], ends[-2], ends[-1]))
        doubt = {"low": low, "high": high, "range": span, "estimate": estimate}
        metrics.append(metric(label, "startup_time", ends[-1] - 0.5, "s", "p50", **doubt))
        metrics.append(metric(label, "runtime_time", ends[1] - 0.5, "s", "p50", estimate=estimate))
        metrics.append(metric(label, "init_time", ends[-2] - 0.5, "s", "p50", estimate=estimate))
    parameters = {label: {"technology": label, "application": "web"} for label in RACE}
    return Outcome("race", "startup", 1, 20, tuple(RACE), tuple(metrics), tuple(records), parameters=parameters)


@pytest.fixture
def crowd_outcome():
    """Eight starts of one technology behind one lock that each holds for 30 ms, requested together."""
    records: list[Record] = []
    for i in range(8):
        got, done = 0.1 + 0.03 * i, 0.1 + 0.03 * (i + 1)
        records.append(PhaseRecord("docker", i, "cli", "engine", "cpu", "", 0.0, 0.1, 0.0, "fact.cli"))
        records.append(PhaseRecord("docker", i, "netns", "kernel", "hold", "rtnl", 0.1, done, got - 0.1, "fact.rtnl"))
        records.append(PhaseRecord("docker", i, "app", "application", "cpu", "", done, done + 0.05, 0.0, "fact.app"))
        records.append(InstanceRecord("docker", i, 0.0, 0.1, done, done + 0.05))
    metrics = (metric("docker", "startup_time", 0.285, "s", "p50"),)
    return Outcome("crowd", "startup", 1, 1, ("docker",), metrics, tuple(records))


# label -> [(owner, part, MiB, shared)]
BILLS: dict[str, list[Any]] = {
    "kvm": [
        ("machine", "qemu_text", 12, True),
        ("machine", "qemu", 25, False),
        ("kernel", "guest_kernel", 46, False),
        ("userland", "services", 58, False),
        ("files", "guest_page_cache", 84, False),
        ("application", "app", 22, False),
    ],
    "docker": [
        ("engine", "shim_text", 15, True),
        ("files", "image", 84, True),
        ("engine", "shim", 4, False),
        ("application", "app", 22, False),
    ],
}
SLAB = 1
"""MiB an instance that no process shows: slab and page tables."""
CONFIGURED = {"kvm": 512, "docker": 0}
"""MiB of a guest; nothing is configured for a container. Of 512 the guest touched 46 + 58 + 84 + 22 = 210."""


def memory_of(label, instances):
    records = []
    for owner, name, mib, shared in BILLS[label]:
        for instance in (None,) if shared else range(instances):
            mappers = instances if shared else 1
            part = f"{label}/{name}" if owner in ("machine", "engine") else f"inner/{name}"
            key = name if shared else ""
            records.append(MemoryRecord(label, instance, owner, part, mib * MIB, key, mappers, True, f"fact.{name}"))
    for instance in range(instances):
        part = f"{label}/slab"
        records.append(MemoryRecord(label, instance, "kernel", part, SLAB * MIB, "", 1, False, "fact.slab"))
        if CONFIGURED[label]:
            rest = (CONFIGURED[label] - 210) * MIB
            records.append(
                MemoryRecord(label, instance, "kernel", "untouched", rest, "", 1, False, "configured", touched=False)
            )
    return records


@pytest.fixture
def memory_outcome():
    """Ten virtual machines and ten containers with the bills above."""
    n, records, metrics = 10, [], []
    for label, bill in BILLS.items():
        private = sum(mib for _, _, mib, shared in bill if not shared)
        shared = sum(mib for _, _, mib, shared in bill if shared)
        totals = {
            "rss_total": n * (private + shared),
            "pss_total": n * private + shared,
            "physical_total": n * (private + SLAB) + shared,
            "configured_total": n * CONFIGURED[label],
        }
        metrics += [metric(label, name, mib * MIB, "B") for name, mib in totals.items()]
        records += memory_of(label, n)
    parameters = {label: {"technology": label, "instances": "10"} for label in BILLS}
    return Outcome("ledger", "memory", 1, 1, tuple(BILLS), tuple(metrics), tuple(records), parameters=parameters)


@pytest.fixture
def density_outcome():
    """Two technologies on a 64 GiB host: memory stops one, the pod limit the other."""
    gib = 2**30
    rows: dict[str, list[Any]] = {
        "kvm": [
            ("memory_touched", 254, True, 258 * MIB, 64 * gib, "B"),
            ("memory_reserved", 128, False, 512 * MIB, 64 * gib, "B"),
            ("idle_cpu", 800, False, 0.02, 16.0, "1"),
            ("bridge_ports", 1023, False, 1, 1023, "1"),
            ("pods", None, False, 0, 0, "1"),
        ],
        "docker": [
            ("pods", 110, True, 1, 110, "1"),
            ("bridge_ports", 1023, False, 1, 1023, "1"),
            ("memory_touched", 2200, False, 29 * MIB, 64 * gib, "B"),
            ("pids", 4096, False, 8, 32768, "1"),
            ("memory_reserved", None, False, 0, 0, "B"),
        ],
    }
    rows["kvm"][0], rows["kvm"][1] = (
        ("memory_touched", 254, False, 258 * MIB, 64 * gib, "B"),
        ("memory_reserved", 128, True, 512 * MIB, 64 * gib, "B"),
    )
    records = [
        ConstraintRecord(label, name, limit, binds, demand, capacity, unit, "fact.limit", name == "idle_cpu")
        for label, rungs in rows.items()
        for name, limit, binds, demand, capacity, unit in rungs
    ]
    metrics = (metric("kvm", "instances", 128, "1"), metric("docker", "instances", 110, "1"))
    return Outcome("density", "density", 1, 1, ("kvm", "docker"), metrics, tuple(records))


# step, stage, instruction, text, line, inputs, status, cause, seconds, bytes
STEPS = [
    ("w1", "web", "FROM", "FROM node:22-slim AS web", 1, [], "base", False, None, None),
    ("w2", "web", "WORKDIR", "WORKDIR /web", 2, ["w1"], "hit", False, 0.1, 0),
    ("w3", "web", "COPY", "COPY web/package.json .", 3, ["w2", "+ctx"], "hit", False, 0.2, 100_000),
    ("w4", "web", "RUN", "RUN npm install", 4, ["w3"], "hit", False, 31.0, 118_000_000),
    ("w5", "web", "COPY", "COPY web/ .", 5, ["w4", "+ctx"], "hit", False, 0.2, 2_100_000),
    ("w6", "web", "RUN", "RUN npm run build", 6, ["w5"], "hit", False, 12.0, 6_000_000),
    ("ctx", "", "", "[internal] load build context", 0, [], "context", False, None, None),
    ("f1", "", "FROM", "FROM python:3.12-slim", 8, [], "base", False, None, None),
    ("f2", "", "WORKDIR", "WORKDIR /app", 9, ["f1"], "hit", False, 0.1, 0),
    ("f3", "", "COPY", "COPY requirements.txt .", 10, ["f2", "+ctx"], "miss", True, 0.2, 100_000),
    ("f4", "", "RUN", "RUN pip install -r requirements.txt", 11, ["f3"], "miss", False, 41.0, 96_000_000),
    ("f5", "", "COPY", "COPY src/ .", 12, ["f4", "+ctx"], "miss", False, 0.2, 400_000),
    ("f6", "", "COPY", "COPY --from=web /web/dist static/", 13, ["f5", "-w6"], "miss", False, 0.3, 6_000_000),
    ("f7", "", "CMD", 'CMD ["python", "app.py"]', 14, ["f6"], "metadata", False, None, None),
]
KINDS = {"+": "context", "-": "copy"}


@pytest.fixture
def build_outcome():
    """A build of two stages after requirements.txt was edited: four of ten steps run again."""

    def record(step, stage, word, text, line, inputs, status, cause, seconds, size):
        links = tuple((name.lstrip("+-"), KINDS.get(name[0], "parent")) for name in inputs)
        reason = Message("build.hit_command")
        if status == "miss":
            above = (("line", line - 1), ("step", "the step above"))
            reason = Message("build.parent_ran", above)
        if cause:
            reason = Message("build.content_changed", (("path", "requirements.txt"), ("more", 0)))
        old, new = ("70f9930", "9a7a8b9") if status == "miss" else ("18e7caa", "18e7caa")
        return StepRecord(
            "app", "2", step, text, stage, word, text, line, links, status, cause, reason, old, new, seconds, size, "x"
        )

    records = tuple(record(*step) for step in STEPS)
    metrics = (metric("app", "misses", 4, "1"), metric("app", "rebuild_time", 41.7, "s"))
    return Outcome("layers", "build", 1, 1, ("app",), metrics, records)


@pytest.fixture
def drawn():
    """Draw a specification without a browser: proves that it compiles, and gives the SVG."""
    import vl_convert

    from sim.export.files import fixed
    from sim.report.style import Style

    def draw(spec, style=None, width=700):
        return vl_convert.vegalite_to_svg(fixed(spec, style or Style(), width), vl_version="6.4")

    return draw


class DrawnText(NamedTuple):
    """A text of a picture: where its box is, in pixels of the picture."""

    words: str
    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: DrawnText) -> bool:
        """Whether the boxes have a place in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def letter_width(letter):
    """The width of a letter as a share of its size: about what the usual faces have."""
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.2 if letter == "\u202f" else 0.5


@pytest.fixture
def texts_of(drawn):
    """The texts that are seen in a specification as it is drawn, and the width of the picture.

    Letters are taken as three quarters of their size high.
    """

    def texts(spec, style=None, width=700):
        root = ET.fromstring(drawn(spec, style, width))
        found = []

        def walk(element, x, y):
            moved = re.match(r"translate\(([-\d.]+)[, ]([-\d.]+)\)", element.get("transform", ""))
            x, y = (x + float(moved[1]), y + float(moved[2])) if moved else (x, y)
            if element.tag.endswith("}text") and element.text and element.get("opacity") != "0":
                size = float(element.get("font-size", "0").removesuffix("px"))
                wide = size * sum(letter_width(c) for c in element.text)
                left = x - {"end": wide, "middle": wide / 2}.get(element.get("text-anchor", "start"), 0)
                found.append(DrawnText(element.text, left, left + wide, y - 0.75 * size, y))
            for child in element:
                walk(child, x, y)

        walk(root, 0.0, 0.0)
        return found, float(root.get("width", "0"))

    return texts


@pytest.fixture
def marks_of():
    """The rows of every layer of a specification that has the mark's type and the given properties."""
    from sim.report.style import rows_of

    def rows(spec, kind, **properties):
        found = []
        for layer in spec["layer"]:
            mark = layer["mark"]
            if mark["type"] == kind and all(mark.get(key) == value for key, value in properties.items()):
                found += rows_of(layer["data"] if "data" in layer else spec["data"])
        return found

    return rows
