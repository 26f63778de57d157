"""Recorded lives of containers against the model: all counted items agree, and nothing agrees by being passed over."""

import contextlib
import copy
import json
from importlib import resources

import pytest

from sim import limits
from sim.errors import InputError
from sim.evidence.replay import replay
from sim.evidence.replays import lifecycle
from sim.evidence.replays.fields import Effort, RecordedFields
from sim.evidence.replays.lifecycle.cases import run_case
from sim.lifecycle.dialect import PODMAN


@pytest.fixture(scope="module")
def recording():
    return json.loads(resources.files("sim.evidence").joinpath("data/recorded_lifecycles.json").read_text("utf-8"))


def counted(case):
    """How many fields of a case count, by the recording's README."""
    left_out = case.get("not_counted", {})
    return 0 if "*" in left_out else sum(key not in left_out for key in case["expect"])


def test_every_counted_item_of_every_recorded_life_agrees(recording):
    tally = lifecycle.replay(recording, "it")
    assert tally.disagreements == []
    single = [*recording["cases"], *recording["podman"]]
    single += [container for restart in recording["daemon_restart"] for container in restart["containers"]]
    stored = 0
    for case in recording["storage"]:
        if "*" not in case["not_counted"]:
            stored += sum(map(len, case["expect"]["steps"]))
            stored += sum(f"left.{key}" not in case["not_counted"] for key in case["expect"]["left"])
    assert tally.items == tally.agree == sum(map(counted, single)) + stored
    assert tally.cases == tally.cases_agree > 250


def parts(recording):
    """Each part of a recording, as a file of its own."""
    return [{key: recording[key]} for key in ("cases", "daemon_restart", "storage", "podman")]


def test_a_file_of_any_one_part_is_known_and_counts_its_part(recording):
    whole = lifecycle.replay(recording, "it").items
    assert all(lifecycle.holds(part) for part in parts(recording))
    assert sum(lifecycle.replay(part, "it").items for part in parts(recording)) == whole
    assert not lifecycle.holds({"scenarios": []})
    assert not lifecycle.holds({"cases": [{"compose_yaml": "", "process": {}, "actions": []}]})


def leaves(value, path=()):
    """Every value inside a JSON value that is no list and no object, with its path."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        yield path, value
        return
    for key, inner in inside:
        yield from leaves(inner, (*path, key))


def changed(value, path, new):
    """A copy of a JSON value with another value at a path."""
    value = copy.deepcopy(value)
    at = value
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return value


def other(value):
    """A value of the same kind that nothing expects."""
    if isinstance(value, bool):
        return not value
    return value + 1000.5 if isinstance(value, float) else value + 1000 if isinstance(value, int) else f"{value}x"


NOT_HELD = {"observed"}
"""What the engine was seen to wait, beside its own rule: the rule is held."""


def test_an_expectation_that_is_changed_disagrees(recording):
    """Each expected value of one case of every family, changed alone."""
    families = {case["family"]: case for case in [*recording["cases"], *recording["podman"]] if counted(case)}
    tried = 0
    for family, case in families.items():
        part = "podman" if family == "podman" else "cases"
        for path, value in leaves(case["expect"]):
            left_out = path[0] in case.get("not_counted", {}) or NOT_HELD & set(path)
            top_of_range = isinstance(value, int | float) and len(path) > 1 and path[-1] == 1 and path[0] != "exits"
            if left_out or value is None or top_of_range or path[0] == "starts_at_least":
                continue
            tally = lifecycle.replay({part: [changed(case, ("expect", *path), other(value))]}, "it")
            assert tally.disagreements, (family, path)
            tried += 1
    assert tried > 400


def test_a_changed_expectation_of_the_engine_s_restart_or_of_storage_disagrees(recording):
    restart = recording["daemon_restart"][0]
    for number, container in enumerate(restart["containers"]):
        for key, value in container["expect"].items():
            if key == "restart_count":
                continue
            wrong = changed(restart, ("containers", number, "expect", key), other(value))
            assert (
                lifecycle.replay({"daemon_restart": [wrong]}, "it").items - 1
                == lifecycle.replay({"daemon_restart": [wrong]}, "it").agree
            )
    for case in recording["storage"]:
        for path, value in leaves(case["expect"]):
            if "*" not in case["not_counted"] and f"left.{path[1]}" not in case["not_counted"]:
                wrong = changed(case, ("expect", *path), other(value))
                assert lifecycle.replay({"storage": [wrong]}, "it").disagreements, (case["id"], path)


def test_a_field_that_the_model_has_no_word_for_disagrees_and_says_so(recording):
    case = changed(recording["cases"][0], ("expect", "colour"), "green")
    (wrong,) = lifecycle.replay({"cases": [case]}, "it").disagreements
    assert (wrong.item, wrong.predicted, wrong.recorded) == ("colour", None, "green")


WRONG = [
    (("cases", 0, "process"), [], "cases.0.process: expected an object, not []"),
    (("cases", 0, "process", "runs"), "1", "cases.0.process.runs: expected a number from 0 to 1e+09, not '1'"),
    (("cases", 0, "process", "runs"), float("inf"), "expected a number"),
    (("cases", 0, "process", "on"), {"FOO": "ignore"}, "cases.0.process.on.FOO: no signal 'FOO'"),
    (("cases", 0, "process", "on"), {"TERM": 3}, "cases.0.process.on.TERM: expected an object, not 3"),
    (("cases", 0, "process", "start_error"), "tired", "expected one of not found, not executable"),
    (("cases", 0, "process", "children"), [3], "cases.0.process.children.0: expected an object, not 3"),
    (("cases", 0, "process", "children"), [{"count": 10**6}], "expected a whole number from 0 to 1000"),
    (("cases", 0, "process", "files"), [["read"]], "cases.0.process.files.0: expected [what, path]"),
    (("cases", 0, "process", "memory"), {"of": "swap"}, "expected one of main, child, tmpfs, page cache"),
    (("cases", 0, "process", "children"), [{"count": 600}] * 2, "children: 1200 are too many; expected 1000 at most"),
    (("cases", 0, "process", "files"), [["read", "/f"]] * 21, "files: 21 are too many; expected 20 at most"),
    (
        ("cases", 0, "process", "probe"),
        [{"ok": True}] * 1001,
        "probe: 1001 entries are too many; expected 1000 at most",
    ),
    (("cases", 0, "container", "health"), {"interval": 1e-9}, "expected 0 or at least 0.001 s, not 1e-09"),
    (("cases", 0, "container", "mounts"), [{"type": "nfs"}], "cases.0.container.mounts.0.type: expected one of"),
    (("cases", 0, "container", "restart"), 3, "cases.0.container.restart: expected a text, not 3"),
    (("cases", 0, "observed_s"), -1, "cases.0.observed_s: expected a number from 0 to 100000, not -1"),
    (("cases", 0, "observed_s"), 1e6, "expected a number from 0 to 100000"),
    (("cases", 0, "actions", 1, "at"), None, "cases.0.actions.1.at: expected a number"),
    (("cases", 0, "actions", 1, "do"), 3, "cases.0.actions.1.do: expected a text, not 3"),
    (("cases", 0, "expect"), 3, "cases.0.expect: expected an object, not 3"),
    (("cases", 0, "expect", "starts"), [1], "cases.0.expect.starts: expected [low, high], not [1]"),
    (("cases", 0, "expect", "exit_at"), 3, "cases.0.expect.exit_at: expected a list, not 3"),
    (("cases", 0, "expect", "took"), {"x": [0, 1]}, "cases.0.expect.took.x: expected the number of an action"),
    (("cases", 0, "id"), 3, "cases.0.id: expected a text, not 3"),
    (("cases",), {}, "cases: expected a list, not {}"),
    (("podman", 0), 3, "podman.0: expected an object, not 3"),
    (("daemon_restart", 0, "daemon_signal"), None, "daemon_restart.0.daemon_signal: expected a text, not None"),
    (("daemon_restart", 0, "containers", 0, "prep"), 3, "containers.0.prep: expected a list, not 3"),
    (("daemon_restart", 0, "containers", 0, "case"), 3, "containers.0.case: expected a text, not 3"),
    (("storage", 0, "steps", 0, "do"), 3, "storage.0.steps.0.do: expected a text, not 3"),
    (("storage", 0, "steps", 0, "mounts"), 3, "storage.0.steps.0.mounts: expected a list, not 3"),
    (("storage", 0, "expect", "steps"), 3, "storage.0.expect.steps: expected a list, not 3"),
    (("storage", 0, "files"), {"f": 3}, "storage.0.files.f: expected a text, not 3"),
]


@pytest.mark.parametrize(("path", "value", "message"), WRONG)
def test_a_malformed_recording_is_refused_with_its_place(recording, path, value, message):
    small = {part: recording[part][:1] for part in ("cases", "daemon_restart", "storage", "podman")}
    with pytest.raises(InputError) as refused:
        lifecycle.replay(changed(small, path, value), "it.json")
    told = "\n".join(f"{problem.path}: {problem.message}" for problem in refused.value.problems)
    assert message in told
    assert all(problem.file == "it.json" for problem in refused.value.problems)


def test_a_process_inside_a_process_inside_a_process_costs_no_depth(recording):
    inner: dict = {"runs": 0}
    for _ in range(400):
        inner = {"start_error": "exec format", "as_script": inner, "if_fork_fails": inner}
    case = recording["cases"][0] | {"process": inner}
    assert lifecycle.replay({"cases": [case]}, "it").items


def test_a_file_that_grows_without_end_and_is_read_costs_no_more_than_its_limit(recording):
    """Podman starts it again and again; what it can append ends at the limit."""
    grows = {"runs": 0, "exit": 1, "files": [["append", "/f"] for _ in range(10)] + [["read", "/f"]] * 10}
    case = recording["podman"][0] | {"process": grows, "observed_s": 2_000}
    run = run_case(RecordedFields(case, "it", "", Effort(limits.LIFECYCLE_EVENTS)), PODMAN)
    assert len(run.container.files.layer["/f"]) == limits.LIFECYCLE_FILE
    assert len(run.container.files.log) == limits.LIFECYCLE_LOG
    assert run.container.error == "no space left"


JUNK = [None, True, 3, -1, 1e12, "x", [], {}, [3], {"x": 3}]


def test_no_value_in_the_place_of_another_is_anything_but_refused_or_replayed(recording):
    """Every value and every object of one case of each part, exchanged for others of all kinds."""
    small = {part: recording[part][-1:] for part in ("cases", "storage", "podman")}
    restart = copy.deepcopy(recording["daemon_restart"][0])
    restart["containers"] = restart["containers"][:2]
    small["daemon_restart"] = [restart]
    places = {path[:end] for path, _ in leaves(small) for end in range(1, len(path) + 1)}
    raw = ("typed", "timeline", "recorded", "note")
    for path in sorted((path for path in places if not set(raw) & set(path)), key=str):
        for junk in JUNK:
            with contextlib.suppress(InputError):
                assert not lifecycle.replay(changed(small, path, junk), "it").stumbled, (path, junk)


def test_a_life_in_which_too_much_happens_is_refused_with_the_number(recording, monkeypatch):
    monkeypatch.setattr(limits, "LIFECYCLE_EVENTS", 30)
    loop = recording["cases"][0] | {"container": {"restart": "always"}, "process": {"runs": 0}}
    with pytest.raises(InputError, match="more than 30 things happen"):
        lifecycle.replay({"cases": [loop]}, "it")


def test_the_command_counts_it_and_names_what_disagrees(recording, tmp_path):
    file = tmp_path / "lives.json"
    file.write_text(json.dumps({"cases": [changed(recording["cases"][0], ("expect", "exit_code"), 7)]}), "utf-8")
    plain = replay(file).plain()
    assert plain["lifecycle"] == {"items": 9, "agree": 8, "cases": 1, "cases_agree": 0}
    assert plain["disagreements"] == [
        {"case": "stop-handled143-no", "item": "exit_code", "predicted": 143, "recorded": 7}
    ]
