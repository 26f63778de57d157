"""Reasons of the model: English for the command line, and the same in a page's language."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator

import pytest

import sim
from sim.errors import InputError, Problem
from sim.loading import Control, controls, from_page
from sim.loading.assignments import assign
from sim.reasons import Reason, all_of, any_of, of_label, of_labels
from sim.report.texts import reason_in

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
WRONG = {"number": ("nope", "-1", "1000000"), "quantity": ("nope", "-1 s"), "flag": ("nope",)}
"""What may be typed into a control, by its kind. Any other kind is given a name that there is not."""


def refusals(name: str) -> Iterator[tuple[Control, Problem]]:
    """What a lesson's controls say to what cannot be used."""
    scenario = sim.load(name)
    for control in controls(scenario):
        for written in WRONG.get(control.kind, ("nope",)):
            try:
                from_page(scenario, {control.path: written})
            except InputError as error:
                yield from ((control, problem) for problem in error.problems)


def test_whatever_a_lesson_s_control_refuses_is_told_in_japanese() -> None:
    found = [one for name in sim.lessons() for one in refusals(name)]
    assert {control.kind for control, _ in found} == {*WRONG, "choice", "text"}
    english = {problem.message for _, problem in found if not JAPANESE.search(reason_in(problem.message, "ja"))}
    assert english == set()


def test_a_reason_is_its_english_and_in_japanese_the_catalog_s_with_the_same_values() -> None:
    reason = Reason("working_set.large", "{size} is more than its guest's {memory}", size="2 GiB", memory="1 GiB")
    assert reason == "2 GiB is more than its guest's 1 GiB"
    assert reason_in(reason, "en") == reason
    assert reason_in(reason, "ja") == "2 GiBはゲストのメモリ1 GiBを超えています"
    assert reason_in(of_labels("a, b", of_label("kvm", reason)), "ja").startswith("kvm：2 GiBはゲスト")


def test_what_has_no_id_stays_as_it_is() -> None:
    assert reason_in("dockerfile parse error on line 1: unknown instruction: FORM", "ja").endswith("FORM")
    cut = Problem(Reason("twice", "{names} is named twice", names="x" * 100_000)).message
    assert reason_in(cut, "ja") == cut, "what is too long is cut, and is text alone then"


def test_a_reason_comes_back_from_another_process() -> None:
    reason = of_label("kvm", Reason("twice", "{names} is named twice", names="a"))
    error = pickle.loads(pickle.dumps(InputError(Problem(reason, path="x"))))
    assert reason_in(error.problems[0].message, "ja") == "kvm：aが2回指定されています"


def test_a_list_in_a_reason_is_joined_by_the_language_s_own_word() -> None:
    for several, japanese in ((any_of(["a", "b", "c"]), "aかbかc"), (all_of(["a", "b", "c"]), "aとbとc")):
        assert reason_in(several, "ja") == japanese
    assert (any_of(["a", "b", "c"]), all_of(["a", "b", "c"]), any_of(["a"])) == ("a or b or c", "a and b and c", "a")


@pytest.mark.parametrize(
    ("lesson", "changes", "listed"),
    [
        ("taxonomy", {"kvm.technology": "firecracker", "kvm.firmware": "seabios"}, "qemu-kvmかcloud-hypervisor"),
        ("orchestration", {"fleet.grace": "5 s"}, "kubernetesとswarm"),
    ],
)
def test_what_a_study_lists_in_its_reason_is_joined_so(lesson: str, changes: dict[str, str], listed: str) -> None:
    with pytest.raises(InputError) as raised:
        assign(sim.load(lesson), changes)
    assert any(listed in reason_in(problem.message, "ja") for problem in raised.value.problems)
