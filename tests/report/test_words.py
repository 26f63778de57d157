"""Sentences computed from outcomes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.errors import InputError
from sim.outcome import Metric, Outcome
from sim.report.words import LabelName, fill, finding, holds, label_names, label_text, phase_names, spoken, values
from sim.scenario import Finding, Lesson, Prediction, Text

NB = "\u202f"


def outcome(parameters, **metrics):
    """metrics: label to startup_time.p50, or to (value, estimate)."""
    made = []
    for label, value in metrics.items():
        number, estimate = value if isinstance(value, tuple) else (value, False)
        made.append(Metric("startup_time", "p50", label, "", number, "s", estimate=estimate))
    return Outcome("x", "startup", 1, 1, tuple(parameters), tuple(made), parameters=parameters)


RACE = outcome({"docker": {}, "kvm": {}}, docker=0.32, kvm=(7.6, True))


def text(english, japanese="日本語"):
    return Text(en=english, ja=japanese)


def test_a_placeholder_is_written_with_its_unit():
    assert fill(text("ready after {docker.startup_time.p50}"), values(RACE)) == f"ready after 0.32{NB}s"
    assert fill(text("x", "{docker.startup_time.p50}で応答"), values(RACE), "ja") == f"0.32{NB}秒で応答"


def test_an_estimate_in_a_sentence_says_so():
    assert fill(text("{kvm.startup_time.p50}"), values(RACE)) == f"≈{NB}7.6{NB}s"
    assert fill(text("x", "{kvm.startup_time.p50}"), values(RACE), "ja") == f"約7.6{NB}秒"


def test_an_expression_is_a_plain_number_or_in_the_unit_it_names():
    exact = values(outcome({"a": {}, "b": {}}, a=2.0, b=7.0))
    assert fill(text("{b.startup_time.p50 / a.startup_time.p50} times"), exact) == "3.5 times"
    assert fill(text("{b.startup_time.p50 - a.startup_time.p50 | s} more"), exact) == f"5.0{NB}s more"


def test_an_expression_over_an_estimate_is_one():
    assert fill(text("{kvm.startup_time.p50 / docker.startup_time.p50}"), values(RACE)) == f"≈{NB}24"


def test_a_placeholder_that_names_nothing_is_refused_by_name():
    with pytest.raises(InputError, match=r"lxc\.startup_time\.p50"):
        fill(text("{lxc.startup_time.p50}"), values(RACE))


def lesson(*findings):
    return Lesson(
        objectives=(text("o"),),
        predict=Prediction(ask=text("?")),
        findings=tuple(Finding(when=when, text=text(title)) for when, title in findings),
        explain=text("e"),
    )


def test_the_first_finding_that_holds_is_the_title():
    taught = lesson(
        ("docker.startup_time.p50 > kvm.startup_time.p50", "slower"),
        ("docker.startup_time.p50 < kvm.startup_time.p50", "faster: {docker.startup_time.p50}"),
        ("docker.startup_time.p50 > 0", "never reached"),
    )
    assert finding(taught, values(RACE)) == f"faster: 0.32{NB}s"
    assert finding(lesson(("kvm.startup_time.p50 < 1", "no")), values(RACE)) == ""
    assert holds("kvm.startup_time.p50 > 20 * docker.startup_time.p50", values(RACE))


def test_labels_that_are_technologies_of_their_own_have_the_catalogs_names():
    names = label_names(outcome({"a": {"technology": "docker"}, "b": {"technology": "firecracker"}}))
    assert names["a"].name == "Docker"
    assert names["b"].name == "Firecracker"
    assert names["b"].kind
    assert label_names(outcome({"b": {"technology": "firecracker"}}), "ja")["b"].kind != names["b"].kind


def test_a_kind_on_a_lane_is_one_clause():
    for label, name in label_names(outcome({t: {"technology": t} for t in ("docker", "qemu-kvm", "lxc")})).items():
        assert name.kind, label
        assert not set(name.kind) & set(":,;("), name


def test_a_technologys_version_stands_where_its_name_is_explained():
    two = outcome({"old": {"technology": "docker"}, "new": {"technology": "docker-28"}, "box": {"technology": "lxc"}})
    names = label_names(two)
    assert (names["old"], names["new"]) == (
        LabelName("Docker", "container engine · 26.1.5"),
        LabelName("Docker 28", "container engine · 28.5.2"),
    )
    assert "·" not in names["box"].kind, "a technology of no one version"
    assert label_names(two, "ja")["old"].kind.endswith(" · 26.1.5")


def test_labels_of_one_technology_are_told_apart_by_what_differs():
    both = {"technology": "docker", "host": "laptop"}
    names = label_names(
        outcome(
            {
                "one": both | {"instances": "1", "network": "none"},
                "many": both | {"instances": "50", "network": "bridge"},
            }
        )
    )
    assert names["one"] == LabelName("Docker", "1 at once, no network")
    assert names["many"] == LabelName("Docker", "50 at once, bridged")
    assert spoken(names) == {"one": "Docker · 1 at once, no network", "many": "Docker · 50 at once, bridged"}


def test_a_label_without_a_technology_is_its_own_name():
    assert label_names(outcome({"copy_first": {"dockerfile": "A"}})) == {"copy_first": LabelName("copy first")}


def test_a_scenarios_own_name_of_a_label_is_all_that_is_said():
    made = replace(
        outcome({"next_app": {"version": "3"}, "vm": {"technology": "qemu-kvm"}, "box": {"technology": "docker"}}),
        names={"next_app": text("Next version", "次の版"), "vm": text("With a balloon", "バルーンあり")},
    )
    assert label_names(made)["next_app"] == LabelName("Next version")
    assert label_names(made, "ja")["vm"] == LabelName("バルーンあり")
    assert label_names(made)["box"].name == "Docker"
    assert label_text(made, "next_app", "ja") == "次の版"


def test_a_named_label_is_no_twin_of_those_that_its_technology_names():
    made = replace(
        outcome({"one": {"technology": "docker"}, "two": {"technology": "docker", "swap": "0 B"}}),
        names={"two": text("No swap", "スワップなし")},
    )
    assert label_names(made) == {"one": LabelName("Docker", "container engine · 26.1.5"), "two": LabelName("No swap")}


def test_phases_of_another_release_have_that_releases_names():
    """Docker 29 keeps images in containerd, and makes the pair in the namespace; docker is 26.1, which does neither."""
    names = phase_names(outcome({"it": {"technology": "docker", "engine": "29"}}), "it")
    assert names["snapshot-store"] == "containerd's database gets lease and snapshots, one at a time"
    assert "made in the namespace" in names["network-allocator"]


def test_phases_have_the_names_of_the_catalog():
    known = phase_names(outcome({"a": {"technology": "docker", "application": "web"}}), "a")
    assert len(known) > 5
    assert all(text and text != phase for phase, text in known.items())
