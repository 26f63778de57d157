"""Recorded placements of a real kube-scheduler: all that is counted agrees, and a wrong model would be seen."""

import copy
import json
from importlib import resources

import pytest

from sim.errors import InputError
from sim.evidence.replay import replay
from sim.evidence.replays import kubernetes
from sim.kubernetes.scheduler import outlook, preemption, spread


def recording():
    return json.loads(resources.files("sim.evidence").joinpath("data", "kubernetes_scheduling.json").read_text("utf-8"))


def tally(data):
    return kubernetes.replay(data, "r.json")


def test_everything_that_is_counted_agrees():
    found = tally(recording())
    assert found.disagreements == []
    assert found.plain() == {"items": 634, "agree": 634, "cases": 34, "cases_agree": 34}


def test_a_file_is_known_by_its_family_and_needs_no_common_part(tmp_path):
    data = recording()
    for case in data["cases"]:
        case.setdefault("cluster", data["common"]["cluster"])
    del data["common"]
    path = tmp_path / "kept.json"
    path.write_text(json.dumps(data))
    assert replay(path).plain()["kubernetes"]["agree"] == 634


@pytest.mark.parametrize(
    ("where", "name", "wrong"),
    [
        (outlook, "fit_score", lambda profile: lambda shape, node: 50),
        (outlook, "balance_score", lambda profile: lambda shape, node: 100),
        (spread, "_round", int),
        (preemption, "importance", lambda pod: (pod.shape.priority, 0)),
        (preemption, "protected", lambda pods, budgets: ([], list(pods))),
    ],
)
def test_a_wrong_rule_breaks_cases(monkeypatch, where, name, wrong):
    monkeypatch.setattr(where, name, wrong)
    assert tally(recording()).plain()["cases_agree"] < 34


def test_a_family_that_is_not_replayed_is_named():
    with pytest.raises(InputError, match=r"r.json: family: no family 'weather'; there are .*scheduling"):
        kubernetes.replay({"family": "weather", "cases": []}, "r.json")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("cases",), [], "cases: expected a list of at least one case"),
        (("cases", 0), 5, "cases.0: expected id, manifests and expect"),
        (("cases", 0, "manifests"), "x", "cases.0: expected id, manifests and expect"),
        (("common",), [], "common: expected an object"),
        (("common", "cluster"), None, "cases.0: missing key 'cluster'"),
        (("common", "cluster", "nodes", 0, "cpu"), "many", "cluster.nodes.0.cpu: 'many' is no quantity"),
        (("cases", 0, "manifests", 0), 7, "cases.0.manifests.0: 7 does not fit"),
        (("cases", 0, "manifests", 0, "metadata"), None, "missing key 'metadata'"),
        (
            ("cases", 0, "manifests", 0, "spec", "containers"),
            "x",
            "cases.0.manifests.0.spec.containers: 'x' does not fit",
        ),
        (("cases", 0, "manifests", 0, "spec", "containers", 0), None, "nothing is here; expected an entry"),
        (("cases", 0, "manifests", 0, "spec", "priorityClassName"), "none", "no PriorityClass 'none'"),
        (("cases", 0, "manifests", 0), {"wait": "long"}, "manifests.0.wait: 'long' is no number of seconds"),
        (("cases", 0, "manifests", 0), {"addnode": {"cpu": "1"}}, "manifests.0.addnode: missing key 'name'"),
        (("cases", 0, "replay"), [["a"]], "expected pairs of a pod and a node or null"),
        (("cases", 0, "expect", "scores"), {"like": {}}, "cases.0.expect.scores: expected one of eq, "),
        (("cases", 0, "expect", "scores"), {"map": []}, "cases.0.expect.scores: expected an object"),
    ],
)
def test_what_is_wrong_with_a_recording_is_named_with_its_place(path, value, message):
    data = recording()
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError) as refused:
        tally(data)
    assert message in str(refused.value)


def broken(value, depth=0):
    """The same value with one part of it after another replaced by something else."""
    if isinstance(value, dict):
        for key in value:
            for other in broken(value[key], depth + 1):
                yield {**value, key: other}
            yield {**value, key: 5}
            yield {**value, key: None}
    elif isinstance(value, list):
        for number, item in enumerate(value):
            for other in broken(item, depth + 1):
                yield [*value[:number], other, *value[number + 1 :]]
            yield [*value[:number], "x", *value[number + 1 :]]
    else:
        yield {"a": [1]}


def test_no_part_of_a_case_that_is_something_else_ends_in_a_traceback():
    data = recording()
    names = ("B/spread-mindomains", "B/preempt-pdb-avoid", "B/default-spread-deployment-hosts-6")
    few = [case for case in data["cases"] if case["id"] in names]
    assert len(few) == 3
    for case in few:
        case = {key: ({**data["common"], **case})[key] for key in ("id", "manifests", "cluster", "replay", "expect")}
        case["manifests"] = [
            one for one in case["manifests"] if one.get("metadata", {}).get("name") not in ("p2", "p3")
        ]
        case["expect"].pop("scores", None)
        for other in broken(case):
            try:
                assert not tally({"family": "scheduling", "cases": [copy.deepcopy(other)]}).stumbled
            except InputError:
                continue


def case(*manifests, mode="seq", of=1, replay=(), **expect):
    """A case of a few pods on nodes of two cores."""
    cluster = {"nodes": [{"name": f"n{n + 1}", "cpu": "2", "memory": "8Gi", "pods": "110"} for n in range(of)]}
    steps = [one if "metadata" not in one else {"apiVersion": "v1", **one} for one in manifests]
    return {
        "id": "x", "mode": mode, "cluster": cluster, "manifests": steps, "replay": list(replay),
        "expect": {field: {"eq" if field == "victims" else "map": value} for field, value in expect.items()},
    }  # fmt: skip


def pod(name, cpu="1", **spec):
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}}


HIGH = {
    "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 5,
}  # fmt: skip


def disagreements(one):
    found = tally({"family": "scheduling", "cases": [one]})
    assert found.items
    return [(item.item, item.predicted, item.recorded) for item in found.disagreements]


def test_pods_that_come_at_once_are_decided_in_the_recorded_order():
    one = case(
        pod("a", "2"), pod("b", "2"), mode="burst", replay=[["b", "n1"], ["a", None]],
        allowed={"b": ["n1"], "a": []}, unschedulable={"a: cpu": 1},
    )  # fmt: skip
    assert disagreements(one) == []


def test_a_pod_that_was_deleted_makes_room_and_one_on_a_cordoned_node_stays():
    one = case(
        pod("a", "2"), pod("b", "1"), {"delete": "a"}, {"cordon": "n1"}, {"wait": 5}, pod("c", "1"),
        replay=[["a", "n1"], ["b", "n1"], ["c", None]],
        allowed={"a": ["n1"], "b": [], "c": []}, unschedulable={"b: unschedulable": 1, "c: unschedulable": 1},
    )  # fmt: skip
    assert disagreements(one) == []
    one = case(
        pod("a", "2"), pod("b", "1"), {"delete": {"kind": "Pod", "name": "a"}}, {"wait": 5},
        replay=[["a", "n1"], ["b", "n1"]],
        allowed={"a": ["n1"], "b": ["n1"]}, nodes={"a": "n1", "b": "n1"}, unschedulable={"b: cpu": 1},
    )  # fmt: skip
    assert disagreements(one) == []


def test_a_pod_that_names_its_node_takes_room_there_and_is_not_decided():
    one = case(
        pod("a", "2", nodeName="n1"),
        pod("b", "1"),
        replay=[["b", None]],
        allowed={"b": []},
        unschedulable={"b: cpu": 1},
    )
    assert disagreements(one) == []


def test_pods_are_placed_where_the_recording_has_them_among_equals():
    one = case(
        pod("a"), pod("b"), of=2, replay=[["a", "n2"], ["b", "n1"]], allowed={"a": ["n1", "n2"], "b": ["n1"]}
    )  # fmt: skip
    assert disagreements(one) == []


def test_victims_and_who_drove_them_out():
    one = case(
        HIGH, pod("a", "2"), {"wait": 1}, pod("h", "2", priorityClassName="high"), replay=[["a", "n1"], ["h", "n1"]],
        allowed={"a": ["n1"], "h": ["n1"]}, victims=["a"], nominated={"h": "n1"}, unschedulable={"h: cpu": 1},
    )  # fmt: skip
    assert disagreements(one) == []


def test_a_reason_in_a_short_form_that_is_not_known_is_found_by_its_words_alone():
    full = [pod("a", "2"), pod("b", "1")]
    for words, right in (("insufficient cpu", True), ("too little", False), ("memory", False), ("taint {x: }", False)):
        one = case(*full, replay=[["a", "n1"], ["b", None]], unschedulable={f"b: {words}": 1})
        assert (disagreements(one) == []) == right
    assert disagreements(case(*full, replay=[["a", "n1"], ["b", None]], unschedulable={"b: too little": 2})) != []
