"""Recorded swarm services: all that is counted agrees, what is changed does not, and what is malformed is refused."""

import copy
import json
from importlib import resources

import pytest

from sim import limits
from sim.cli import answer
from sim.errors import InputError
from sim.evidence.replays import swarm
from sim.evidence.replays.swarm.flags import is_understood, read_command, updated_by
from sim.evidence.replays.swarm.items import agrees
from sim.evidence.replays.swarm.run import run_case
from sim.evidence.replays.swarm.services import service_spec
from sim.evidence.replays.swarm.slots import TaskEnd, matches
from sim.swarm import cluster
from sim.swarm.starts import TaskTiming
from tests.replayed import replayed


@pytest.fixture(scope="module")
def recording():
    return json.loads(resources.files("sim.evidence").joinpath("data/recorded_swarm.json").read_text("utf-8"))


def case_of(recording, name):
    return copy.deepcopy(next(case for case in recording["cases"] if case["id"] == name))


def only(case):
    return swarm.replay({"cases": [case]}, "swarm.json")


def test_every_counted_item_of_the_recording_agrees(recording):
    """434 items, as the recording's description counts them; four of its 81 cases count nothing."""
    assert swarm.replay(recording, "recorded_swarm.json").plain() == {
        "items": 434,
        "agree": 434,
        "cases": 77,
        "cases_agree": 77,
    }


@pytest.mark.parametrize("node", [{"create": 0.12, "start": 0.15}, {"notice": 0.3}, {"probe": 0.3}])
def test_it_does_not_hang_on_the_estimates_of_what_a_node_takes(recording, monkeypatch, node):
    monkeypatch.setattr(cluster, "TaskTiming", lambda: TaskTiming(**node))
    assert swarm.replay(recording, "recorded_swarm.json").disagreements == []


@pytest.mark.xdist_group("replay")  # in one process, which replays once
def test_it_is_known_by_its_cases_and_comes_with_the_package(recording):
    assert swarm.holds({"cases": recording["cases"][:1]})
    assert not swarm.holds({"cases": [{"id": "a", "given": {}}]})
    assert not swarm.holds({"scenarios": []})
    assert replayed().tallies["swarm"].items == 434


@pytest.mark.parametrize(
    ("name", "change", "item"),
    [
        ("create-n3", {"slots": [{"of": 2, "tasks": ["v1 running"]}]}, "slots.0"),
        ("create-n3", {"running_at_end": {"v1": 2}}, "running_at_end.v1"),
        ("create-n3", {"running_at_end": {"v1": 3, "v2": 1}}, "running_at_end.v2"),
        ("create-n3", {"replicas_shown": ["2/3"]}, "replicas_shown"),
        ("restart-onfail-exit0", {"running_at_end": {"done1": 1}}, "running_at_end.done1"),
        ("update-force", {"update_status": "paused"}, "update_status"),
        ("update-force", {"update_states": ["updating"]}, "update_states"),
        ("update-force", {"slots_in_transition": 2}, "slots_in_transition"),
        ("update-force", {"wait_between_slots": [2.0, 3.0]}, "wait_between_slots"),
        ("update-force", {"completed_after_last_runs": [1.85, 3.0]}, "completed_after_last_runs"),
        ("update-force", {"order": ["new task runs before the old one is ended"]}, "order.0"),
        ("update-force", {"exit_code_when_stopped": 137}, "exit_code_when_stopped"),
        ("ufail-pause-noretry", {"slots_reached": [0, 0]}, "slots_reached"),
        ("restart-max3-then-update", {"restarts_made": 3}, "restarts_made"),
        ("restart-max3-then-update", {"restart_wait": [0.0, 0.9]}, "restart_wait"),
        ("restart-max3-then-update", {"failure": ["no such image"]}, "failure"),
        ("update-slowstop-start-first", {"grace": [9.9, 11.0]}, "grace"),
        ("create-missing-image", {"tasks_in_the_slot": [20, 30]}, "tasks_in_the_slot"),
        ("place-constraint-none", {"pending_reason": ["insufficient resources"]}, "pending_reason"),
        ("drain-pause-crash", {"while": [{"availability": "pause", "started_meanwhile": 1}]}, "while.0"),
        ("history-limit0", {"listed_at_end": 5}, "listed_at_end"),
        ("create-job-fail", {"completed_tasks": 2}, "completed_tasks"),
        ("create-n3", {"most_running_at_once": 4}, "most_running_at_once"),
        ("rollback-no-previous", {"commands": [{"rc": 0}, {"rc": 0}]}, "commands.1.rc"),
        ("create-n3", {"a_field_of_tomorrow": 1}, "a_field_of_tomorrow"),
    ],
)
def test_another_expectation_disagrees(recording, name, change, item):
    case = case_of(recording, name)
    case["expect"].update(change)
    assert [(one.case, one.item) for one in only(case).disagreements] == [(name, item)]


def test_a_port_makes_another_task_and_its_replacement_an_update(recording):
    case = case_of(recording, "update-attached")
    case["commands"][1]["do"] = [
        "docker",
        "service",
        "update",
        "--publish-add",
        "mode=host,target=80",
        "update-attached",
    ]
    case["expect"] = {
        "update_status": "completed",
        "slots": [{"of": 2, "tasks": ["v1 shutdown", "v1 running"]}],
        "slots_in_transition": 1,
        "order": ["old task ended before the new one runs"],
        "restart_wait": [0.0, 9.0],
    }
    assert [one.item for one in only(case).disagreements] == ["restart_wait"]


def test_what_runs_and_is_not_expected_to_disagrees(recording):
    case = case_of(recording, "create-n3")
    case["expect"] = {"running_at_end": {}}
    (wrong,) = only(case).disagreements
    assert (wrong.item, wrong.predicted) == ("running_at_end", {"v1": 3})


def test_the_outcome_follows_the_inputs(recording):
    """The same case with the fourth failing slot spared, with another monitor time, with more replicas."""
    case = case_of(recording, "uratio50-pause-fail1-n4")
    assert only(case).plain()["agree"] == only(case).plain()["items"]
    case["specs"][0]["spec"]["UpdateConfig"]["MaxFailureRatio"] = 1
    assert "update_status" in [one.item for one in only(case).disagreements]
    case = case_of(recording, "restart-max2-then-force")
    case["specs"][0]["spec"]["UpdateConfig"]["Monitor"] = 3_000_000_000
    assert "update_status" in [one.item for one in only(case).disagreements]


SLOT = [TaskEnd("v1", "shutdown"), TaskEnd("bad", "failed"), TaskEnd("bad", "failed"), TaskEnd("bad", "waiting")]


@pytest.mark.parametrize(
    ("expected", "fits"),
    [
        ({"of": 1, "tasks": ["v1 shutdown", "bad failed+"]}, True),
        ({"of": 1, "tasks": ["v1 shutdown", "bad failed", "bad failed", "bad waiting"]}, True),
        ({"of": 1, "tasks": ["v1 shutdown", "bad failed"]}, False),
        ({"of": 1, "tasks": ["bad failed+"]}, False),
        ({"of": 2, "tasks": ["v1 shutdown", "bad failed+"]}, False),
        ({"of": 0, "tasks": ["v1 running"]}, True),
        ({"of": 1, "tasks": ["v1 shutdown", "bad failed+", "bad waiting"]}, True),
        ({"of": 1, "tasks": ["v1 shutdown", "bad failed+", "bad failed", "bad waiting"]}, True),
        ({"of": 1, "tasks": ["v1 shutdown", "bad failed+", "v2 running"]}, False),
        ({"slot": 1, "tasks": ["v1 shutdown", "bad failed+"]}, True),
        ({"slot": "1", "tasks": ["v1 shutdown"]}, False),
        ({"slot": 2, "tasks": ["v1 shutdown", "bad failed+"]}, False),
        ("v1 shutdown", False),
        ({"of": 1}, False),
    ],
)
def test_patterns_of_slots(expected, fits):
    assert matches([SLOT], expected) is fits


@pytest.mark.parametrize(
    ("predicted", "recorded", "right"),
    [
        (2.0, [2.0, 3.0], True),
        (3.1, [2.0, 3.0], False),
        ([2.5, 2.9], [2.0, 3.0], True),
        ([2.5, 3.9], [2.0, 3.0], False),
        ([], [2.0, 3.0], False),
        (None, [2.0, 3.0], False),
        ("a", "a", True),
        (None, None, True),
        (2, 3, False),
    ],
)
def test_intervals_hold_all_that_is_predicted(predicted, recorded, right):
    assert agrees(predicted, recorded) is right


class TestFlags:
    def spec(self, *flags):
        container = {"ContainerSpec": {"Image": "app:v1"}}
        service = {"Name": "s", "TaskTemplate": container, "Mode": {"Replicated": {}}}
        return service_spec(updated_by(service, read_command([*flags, "s"])))

    def test_values_follow_or_stand_behind_an_equals_sign(self):
        assert self.spec("--replicas", "3").replicas == self.spec("--replicas=3", "-d").replicas == 3

    def test_durations_sizes_and_cores(self):
        spec = self.spec("--update-delay", "1m30s", "--reserve-memory", "64m", "--reserve-cpu", "0.5")
        assert spec.update.delay == 90
        assert spec.task.reservations.memory == 64 * 2**20
        assert spec.task.reservations.cpus == 0.5

    @pytest.mark.parametrize(
        "flags", [("--update-delay", "soon"), ("--reserve-memory", "much"), ("--reserve-cpu", "1e999")]
    )
    def test_what_cannot_be_read(self, flags):
        with pytest.raises(ValueError, match="expected one like"):
            self.spec(*flags)

    def test_ports_short_and_long(self):
        short = self.spec("--publish", "8080:80/udp").ports[0]
        long = self.spec("-p", "mode=host,target=80,published=8080").ports[0]
        assert (short.published, short.target, short.protocol, short.mode) == (8080, 80, "udp", "ingress")
        assert (long.published, long.target, long.mode) == (8080, 80, "host")

    def test_lists_are_added_to_and_taken_from(self):
        added = self.spec("--constraint-add", "a.b==c", "--constraint-add", "d.e==f", "--constraint-rm", "a.b==c")
        assert added.task.placement.constraints == ("d.e==f",)

    def test_a_flag_that_the_model_does_not_know_makes_another_task(self):
        assert self.spec("--env-add", "A=1").task != self.spec().task
        assert not is_understood(read_command(["--env-add", "A=1", "s"]))

    def test_labels_of_the_service_do_not(self):
        assert self.spec("--label-add", "a=b").task == self.spec().task
        assert self.spec("--label-add", "a=b") != self.spec()


def changed(recording, **paths):
    """The recording's first case with other values at some places; "." is written "__"."""
    case = copy.deepcopy(recording["cases"][0])
    for path, value in paths.items():
        *above, last = path.split("__")
        at = case
        for key in above:
            at = at[int(key)] if isinstance(at, list) else at[key]
        at[int(last) if isinstance(at, list) else last] = value
    return {"cases": [case]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 3),
        ("observed_s", "long"),
        ("observed_s", -1),
        ("observed_s", 1e9),
        ("commands", {}),
        ("commands__0", "docker"),
        ("commands__0__t", None),
        ("commands__0__do", [1]),
        ("processes", []),
        ("processes__v1__runs", "x"),
        ("processes__v1__on_term", "never"),
        ("processes__v1__by_slot", {"one": {}}),
        ("specs__0", []),
        ("specs__0__t", True),
        ("specs__0__spec", None),
        ("specs__0__spec__Name", None),
        ("specs__0__spec__TaskTemplate", []),
        ("specs__0__spec__TaskTemplate__ContainerSpec", {}),
        ("specs__0__spec__TaskTemplate__Placement", {"Constraints": "node.id==a"}),
        ("specs__0__spec__TaskTemplate__RestartPolicy", {"Delay": "5s"}),
        ("specs__0__spec__TaskTemplate__ForceUpdate", -1),
        ("specs__0__spec__Mode__Replicated__Replicas", 10**9),
        ("specs__0__spec__UpdateConfig", {"Order": "sideways"}),
        ("specs__0__spec__EndpointSpec", {"Ports": [{"PublishedPort": 70000}]}),
        ("specs__0__spec__EndpointSpec", {"Mode": {"vip": None}}),
        ("expect", ["slots"]),
        ("not_counted", 1),
        ("before", {"availability": "gone"}),
    ],
)
def test_what_is_malformed_is_named_with_its_path(recording, path, value):
    with pytest.raises(InputError) as error:
        swarm.replay(changed(recording, **{path: value}), "swarm.json")
    problem = error.value.problems[0]
    assert problem.file == "swarm.json"
    assert problem.path.startswith("cases.0." + path.replace("__", "."))
    assert "expected" in problem.message or "missing" in problem.message


@pytest.mark.parametrize("key", ["id", "commands", "specs", "observed_s"])
def test_what_is_missing_is_named(recording, key):
    case = copy.deepcopy(recording["cases"][0])
    del case[key]
    with pytest.raises(InputError, match=rf"cases\.0\.{key}: it is missing"):
        only(case)


@pytest.mark.parametrize("cases", [None, {}, "cases", [3]])
def test_a_list_of_cases_is_asked_for(cases):
    with pytest.raises(InputError, match="cases"):
        swarm.replay({"cases": cases}, "swarm.json")


def test_a_description_nested_without_end_is_refused(recording):
    nested: list = []
    for _ in range(limits.SWARM_DEPTH + 5):
        nested = [nested]
    with pytest.raises(InputError, match="levels deep"):
        swarm.replay(changed(recording, specs__0__spec__Labels=nested), "swarm.json")


def test_values_that_commands_hold_are_checked_too(recording):
    case = case_of(recording, "update-attached")
    case["commands"][1]["do"] = ["docker", "service", "update", "--update-delay", "soon", "update-attached"]
    with pytest.raises(InputError, match=r"cases\.0\.commands\.1\.do: 'soon' is no duration"):
        only(case)
    case["commands"][1]["do"] = ["docker", "service", "update", "--update-order", "none", "update-attached"]
    with pytest.raises(InputError, match=r"cases\.0\.commands\.1\.do: UpdateConfig\.Order: expected one of"):
        only(case)


def test_what_takes_too_long_is_refused_with_the_number(recording, monkeypatch):
    case = case_of(recording, "restart-delay0")
    case["observed_s"] = 86_000
    with pytest.raises(InputError, match=f"more than {limits.SWARM_TASKS:,} tasks"):
        only(case)
    with pytest.raises(InputError, match="more than 2,000,000 events"):
        run_case(case, {"cpus": 2}, "swarm.json", "cases.0", most_events=1000)


def test_commands_that_the_model_has_nothing_to_do_with_change_nothing(recording):
    case = case_of(recording, "create-n3")
    case["commands"] += [{"t": 5.0, "do": ["docker", "service", "ps", "create-n3"]}, {"t": 5.0, "do": "somebody looks"}]
    assert only(case).disagreements == []


def test_of_a_service_that_is_never_made_nothing_is_counted_as_seen(recording):
    case = case_of(recording, "update-attached")
    case["commands"][0]["do"] = ["docker", "service", "ls"]
    case["expect"] = {"update_states": ["completed"], "update_status": "completed"}
    assert only(case).plain()["agree"] == 0


def test_the_command_line_counts_them(recording, tmp_path, capsys):
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"cases": recording["cases"][:3]}), encoding="utf-8")
    assert answer(["replay", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["swarm"] == {"items": 9, "agree": 9, "cases": 3, "cases_agree": 3}
