"""Marks of the overhead figure: where they are, what is written beside them, and what is red."""

from __future__ import annotations

from typing import Any

from sim.outcome import Metric, Outcome
from sim.records.load import EventRecord
from sim.report.figures.services.overhead import (
    groups,
    halves,
    overhead,
    overhead_alt,
    overhead_sources,
    overhead_table,
)
from sim.report.style import Style, rows_of

RATIOS = {"docker_read": 0.97, "kvm_read": 0.52, "docker_call": 1.0, "kvm_call": 0.3}
WORKLOADS = {"read": "san-random-read", "call": "getpid"}
TECHNOLOGIES = {"docker": "docker", "kvm": "qemu-1-5"}


def outcome() -> Outcome:
    metrics = tuple(
        Metric(name, "value", label, "against", value, "1", range=span, estimate=label == "kvm_read")
        for label, ratio in RATIOS.items()
        for name, value, span in (
            ("throughput_ratio", ratio, (ratio - 0.1, ratio)),
            ("p99_ratio", 1 / ratio, (1 / ratio, 2 / ratio)),
        )
    )
    parameters = {
        label: {"technology": TECHNOLOGIES[label.split("_")[0]], "workload": WORKLOADS[label.split("_")[1]]}
        for label in RATIOS
    }
    records = (EventRecord("kvm_read", "disk_operation", 1.0, 32e-6, False, "F0473"),)
    return Outcome("s", "overhead", 1, 1, tuple(RATIOS), metrics, records, parameters=parameters)


def drawn(spec: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    (layer,) = (each for each in spec["layer"] if each["mark"]["type"] == kind and each["mark"].get("opacity") != 0)
    return rows_of(layer["data"])


def test_lanes_stand_below_the_heading_of_their_workload() -> None:
    assert groups(outcome()) == {"san-random-read": ["docker_read", "kvm_read"], "getpid": ["docker_call", "kvm_call"]}
    lanes = rows_of(overhead(outcome(), Style(), "throughput_ratio")["layer"][0]["data"])
    assert [row["lane"] for row in lanes] == [
        "#san-random-read", "docker_read", "kvm_read", "#getpid", "docker_call", "kvm_call",
    ]  # fmt: skip


def test_a_technology_that_repeats_under_one_workload_is_told_apart_by_what_differs() -> None:
    kernels = {"plain": ("", "false"), "filtered": ("", "true"), "older": ("5.4", "true")}
    metrics = tuple(
        Metric(name, "value", label, "against", 0.9, "1")
        for label in kernels
        for name in ("throughput_ratio", "p99_ratio")
    )
    parameters = {
        label: {"technology": "docker", "workload": "nginx", "kernel": kernel, "seccomp": seccomp}
        for label, (kernel, seccomp) in kernels.items()
    }
    told = overhead_table(Outcome("s", "overhead", 1, 1, tuple(kernels), metrics, (), parameters=parameters))
    assert [row["technology"] for row in told] == [
        "Docker · its own Linux, no seccomp",
        "Docker · its own Linux, seccomp",
        "Docker · Linux 5.4, seccomp",
    ]


def test_a_number_stands_where_a_tenth_is_lost() -> None:
    spec = overhead(outcome(), Style(), "throughput_ratio")
    assert [(row["lane"], row["text"]) for row in drawn(spec, "text")] == [
        ("kvm_read", "≈\u202f0.52"),
        ("kvm_call", "0.30"),
    ]
    slow = overhead(outcome(), Style(), "p99_ratio")
    assert [(row["lane"], row["text"]) for row in drawn(slow, "text")] == [
        ("kvm_read", "≈\u202f1.9×"),
        ("kvm_call", "3.3×"),
    ]


def test_only_what_is_beyond_a_factor_of_two_is_red() -> None:
    for measure in ("throughput_ratio", "p99_ratio"):
        marks = drawn(overhead(outcome(), Style(), measure), "point")
        assert {row["lane"] for row in marks if row["far"]} == {"kvm_call"}


def test_a_shape_is_a_technology() -> None:
    shapes = {row["lane"]: row["shape"] for row in drawn(overhead(outcome(), Style(), "throughput_ratio"), "point")}
    assert shapes["docker_read"] == shapes["docker_call"] != shapes["kvm_read"] == shapes["kvm_call"]


def test_before_the_run_nothing_is_told() -> None:
    hidden = overhead(outcome(), Style(), "throughput_ratio", hidden=True)
    assert [layer["mark"]["type"] for layer in hidden["layer"]] == ["point", "rule"]


def test_halves_hold_every_workload_once() -> None:
    assert halves(outcome()) == (("san-random-read",), ("getpid",))
    part = overhead(outcome(), Style(), "throughput_ratio", workloads=["getpid"])
    assert {row["lane"] for row in drawn(part, "point")} == {"docker_call", "kvm_call"}


def test_table_and_sentence_say_the_same() -> None:
    rows = overhead_table(outcome())
    assert [row["Throughput, native = 1"] for row in rows] == ["0.97", "≈\u202f0.52 est.", "1.00", "0.30"]
    assert rows[1]["range of the throughput"] == "0.42–0.52"
    said = overhead_alt(outcome(), "throughput_ratio")
    assert "Docker" not in said
    assert "System calls: KVM, virtio 0.30" in said
    (source,) = overhead_sources(outcome())
    assert (source["takes more, each time"], source["source"]) == ("32\u202fµs", "F0473")
