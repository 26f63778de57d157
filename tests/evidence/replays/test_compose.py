"""Recorded compose projects against the model: all counted items agree, and nothing agrees by being passed over."""

import contextlib
import copy
import json
import random
from importlib import resources

import pytest

from sim.errors import InputError
from sim.evidence.replays import compose, lifecycle
from tests.replayed import replayed


@pytest.fixture(scope="module")
def recording():
    return json.loads(resources.files("sim.evidence").joinpath("data/recorded_compose.json").read_text("utf-8"))


def counted(case):
    """How many items of a case count: fields of steps and containers, entries of the order, services at a start."""
    left_out, expect = case.get("not_counted", {}), case["expect"]
    if "*" in left_out:
        return 0
    fields = [*expect["steps"], *expect.get("containers", {}).values()]
    running = expect.get("dependency_containers_still_running_at_start", {})
    return sum(map(len, fields)) + len(expect.get("order", [])) + len(running)


def test_every_counted_item_of_every_recorded_project_agrees(recording):
    tally = compose.replay(recording, "it")
    assert tally.disagreements == []
    assert tally.items == tally.agree == sum(map(counted, recording["cases"]))
    assert tally.cases == tally.cases_agree == sum(counted(case) > 0 for case in recording["cases"]) > 80


def test_the_kind_is_seen_from_a_case(recording):
    assert compose.holds({"cases": recording["cases"][:1]})
    assert not lifecycle.holds({"cases": recording["cases"][:1]})
    assert not compose.holds({"cases": [{"container": {}, "process": {}, "actions": []}]})
    assert not compose.holds({"scenarios": []})


@pytest.mark.xdist_group("replay")  # in one process, which replays once
def test_it_comes_with_the_package():
    assert replayed().tallies["compose"].plain()["items"] > 800


def leaves(value, path=()):
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        yield path
        return
    for key, inner in inside:
        yield from leaves(inner, (*path, key))


def changed(value, path, new):
    value = copy.deepcopy(value)
    at = value
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new(at[path[-1]]) if callable(new) else new
    return value


def other(value):
    """A value of the same kind that nothing expects."""
    if isinstance(value, bool):
        return not value
    return value + 1000 if isinstance(value, int | float) else f"{value}x"


def test_any_other_expectation_disagrees(recording):
    """Of each family, every value that is expected is changed in turn: each change is seen."""
    families = {case["family"]: case for case in recording["cases"] if counted(case)}
    assert len(families) > 30
    for case in families.values():
        for path in leaves(case["expect"]):
            if path[0] == "order" and path[2] == 0:
                continue
            if isinstance(path[-1], int) and path[-2] in ("took", "starts", "restart_count"):
                case_with = changed(case, ("expect", *path[:-1]), [1000, 2000])
            else:
                case_with = changed(case, ("expect", *path), other)
            assert compose.replay({"cases": [case_with]}, "it").disagreements, path


def test_a_recording_of_another_shape_is_refused_and_never_a_traceback(recording):
    """A value of each place, in turn, is another kind of thing."""
    chance = random.Random(1)
    refused = 0
    for case in recording["cases"]:
        inputs = {key: case[key] for key in ("id", "compose_yaml", "process", "actions", "expect")}
        places = list(leaves(inputs))
        for path in chance.sample(places, min(6, len(places))):
            broken = changed(inputs, path, chance.choice([None, -1, "x", [], {}, 1e300, [1]]))
            with contextlib.suppress(InputError):
                assert not compose.replay({"cases": [broken]}, "it").stumbled, path
                continue
            refused += 1
    assert refused > 50
    with pytest.raises(InputError, match=r"cases\.0\.actions\.0\.do") as caught:
        compose.replay({"cases": [{"id": "x", "compose_yaml": "", "actions": [{"do": 5}], "expect": {}}]}, "f.json")
    assert caught.value.problems[0].file == "f.json"
