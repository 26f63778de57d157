"""The pages of the comparison and of the stacks, and the figure of components: what a reader picks is shown."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.stacks import FIRST
from sim.batch.run import run
from sim.catalog.tables.comparison import comparison
from sim.catalog.tables.stacks import stacks
from sim.loading import load
from sim.report.numbers import about
from tests.dashboard.apptest import click, error, opened, texts, title


def html(at: AppTest) -> str:
    """All that is drawn as HTML, by Streamlit or in a drawing."""
    drawn = [str(element.proto) for element in at.get("bidi_component")]
    return "\n".join([*(element.proto.body for element in at.get("html")), *drawn])


def cards(at: AppTest) -> int:
    return html(at).count("<svg viewBox")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_cell_says_how_far_it_holds_and_opens_its_lesson(lang: str) -> None:
    at = opened("comparison", lang=lang)
    assert not at.exception
    assert "9" in title(at)
    for topic in comparison():
        for claim in topic.claims.values():
            asked = f"scenario={claim.lesson}" + ("&amp;lang=ja" if lang == "ja" else "")
            assert f'href="scenarios?{asked}"' in html(at)


@pytest.mark.parametrize("lesson", sorted({c.lesson for t in comparison() for c in t.claims.values()}))
def test_the_lesson_of_a_cell_can_be_opened(lesson: str) -> None:
    at = opened("scenarios", scenario=lesson)
    assert not at.exception
    assert not at.error


def test_inside_a_lecture_a_cell_s_lesson_stays_in_the_frame() -> None:
    at = opened("comparison", embed=True)
    assert "embed=true" in html(at)
    assert not at.get("popover")


def test_stacks_are_those_the_reader_picks_and_the_link_says_which() -> None:
    at = opened("stacks")
    assert cards(at) == len(FIRST)
    at.multiselect(key="stacks:chosen").set_value(["docker", "qemu-kvm"]).run()
    assert cards(at) == 2
    assert set(at.query_params["stacks"].split(",")) == {"docker", "qemu-kvm"}
    assert "under Docker" in title(at)
    assert "under QEMU/KVM" in title(at)
    at.multiselect(key="stacks:chosen").set_value(list(FIRST)).run()
    assert "stacks" not in at.query_params


@pytest.mark.parametrize("count", [1, 2, 10])
def test_as_many_instances_are_drawn_as_the_link_says(count: int) -> None:
    at = opened("stacks", stacks="qemu-kvm", instances=str(count))
    each, once = len(stacks()["qemu-kvm"].repeated), 2
    plates = each if count == 10 else 0
    transparent = 1
    assert html(at).count("<rect") == each * count + once + plates + transparent
    at.segmented_control(key="stacks:instances").set_value("1").run()
    assert html(at).count("<rect") == each + once + transparent


def test_a_stack_that_is_not_there_is_answered_and_the_others_are_drawn() -> None:
    at = opened("stacks", stacks="docker,whale")
    assert "whale" in error(at)
    assert cards(at) == 1
    at.multiselect(key="stacks:chosen").set_value(["docker", "lxc"]).run()
    assert not at.error


def test_what_is_left_of_a_link_is_no_default_and_a_slip_in_a_name_is_understood() -> None:
    at = opened("stacks", stacks="docker,kvmm")
    assert "did you mean 'qemu" in error(at)
    assert "The others of the link are shown: Docker." in error(at)
    assert "default" not in error(at)
    at = opened("stacks", stacks="kvmm")
    assert "The default is shown instead: VirtualBox" in error(at)


def test_a_stack_that_a_link_lists_twice_is_chosen_once() -> None:
    at = opened("stacks", stacks="docker,docker")
    assert at.multiselect(key="stacks:chosen").value == ["docker"]


def test_no_stack_at_all_is_answered_with_a_way_out() -> None:
    at = opened("stacks")
    at.multiselect(key="stacks:chosen").set_value([]).run()
    assert not at.exception
    assert "Choose at least one." in texts(at)


@pytest.mark.parametrize("link", [{"embed": True}, {"projector": "1"}])
def test_a_lecture_shows_the_same_stacks_as_the_page_it_was_shared_from_and_no_controls(link: dict[str, Any]) -> None:
    at = opened("stacks", **link)
    assert cards(at) == cards(opened("stacks")) == 7
    assert not at.multiselect
    assert cards(opened("stacks", stacks="lxc", **link)) == 1


def test_what_is_left_out_turns_red_and_another_assembly_can_be_drawn() -> None:
    def shown(**link: Any) -> str:
        return html(opened("scenarios", scenario="components", show="1", **link))

    assert "n left_out" in shown()
    assert "n left_out" not in shown(drawn="node")
    assert "n left_out" in shown(drawn="node", left_out="runc")
    assert "n broken" not in shown(left_out="nothing")


def test_a_picked_component_is_told_and_may_be_left_out() -> None:
    at = opened("scenarios", scenario="components", show="1")
    at.session_state["components:components:component:node"] = "containerd"
    at.run()
    assert "Keeps the life of containers" in html(at)
    assert at.query_params["pick"] == "containerd"
    assert title(at).startswith("Without dockerd three of seven")
    click(at, "components:components:left_out:change")
    assert not at.exception
    assert at.query_params["left_out"] == "containerd"
    assert title(at) == "Of seven 2 still start a container"


def test_a_link_picks_a_component_and_one_that_there_is_not_is_answered() -> None:
    at = opened("scenarios", scenario="components", show="1", pick="containerd")
    assert "Keeps the life of containers" in html(at)
    at = opened("scenarios", scenario="components", show="1", pick="dokcerd")
    assert "'dockerd'" in at.error[0].value.replace("\\", "")
    assert "pick" not in at.query_params


def test_the_lesson_on_generations_has_their_time_line_after_the_run() -> None:
    before = opened("scenarios", scenario="runtime-history")
    after = opened("scenarios", scenario="runtime-history", show="1")
    assert "default left LXC in 2014" not in html(before)
    assert "default left LXC in 2014" in html(after)
    assert "on its own: system containers" in html(after)
    assert "default left LXC in 2014" not in html(opened("taxonomy", show="1"))


def test_the_stacks_say_what_is_started_and_what_the_lesson_on_memory_finds_with_another_application() -> None:
    """A small Python web server here and nginx there: the same container, 15 MiB and 7.9 MiB."""
    (outcome,) = run(load("memory-ledger"))
    (found,) = (metric for metric in outcome.metrics if (metric.of, metric.metric) == ("container", "marginal"))
    said = opened("stacks", stacks="docker").caption[-1].value
    assert "small web server (Python)" in said
    assert f"Docker with nginx, as in the memory ledger, takes {about(found.value, 'B')}" in said
