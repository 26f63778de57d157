"""Recorded registry traffic: all that is counted agrees, what is changed does not, and what is malformed is refused."""

import copy
import json
from importlib import resources

import pytest

from sim import limits
from sim.cli import answer
from sim.errors import InputError
from sim.evidence.replays import registry
from sim.evidence.replays.registry.names import given_name, shown_name, written_name
from sim.registry.exchange import exchange
from tests.replayed import replayed


@pytest.fixture(scope="module")
def recording():
    return json.loads(resources.files("sim.evidence").joinpath("data/recorded_registry.json").read_text("utf-8"))


def case_of(recording, name):
    return copy.deepcopy(next(case for case in recording["cases"] if case["id"] == name))


def only(case, **more):
    return registry.replay({"cases": [case], **more}, "registry.json")


def test_every_counted_item_of_the_recording_agrees(recording):
    """751 items in 54 cases, as the recording's description counts them."""
    assert registry.replay(recording, "recorded_registry.json").plain() == {
        "items": 751,
        "agree": 751,
        "cases": 54,
        "cases_agree": 54,
    }


@pytest.mark.parametrize("lead", [0.05, 0.2])
def test_it_does_not_hang_on_the_estimate_of_what_a_command_takes(recording, monkeypatch, lead):
    monkeypatch.setattr(exchange, "LEAD", lead)
    assert registry.replay(recording, "recorded_registry.json").disagreements == []


@pytest.mark.xdist_group("replay")  # in one process, which replays once
def test_it_is_known_by_its_cases_and_comes_with_the_package(recording):
    assert registry.holds({"cases": recording["cases"][:1]})
    assert not registry.holds({"cases": [{"id": "a", "specs": [], "observed_s": 1}]})
    assert not registry.holds({"cases": {}})
    assert replayed().tallies["registry"].items == 751


def test_a_file_without_images_and_layers_means_those_of_the_package(recording):
    assert only(case_of(recording, "overlay2-push-first")).disagreements == []


@pytest.mark.parametrize(
    ("name", "change", "item"),
    [
        ("overlay2-push-first", {"layer_bytes_sent": 7360346}, "layer_bytes_sent"),
        ("overlay2-push-first", {"layer_bytes_sent": {"L1": 1}}, "layer_bytes_sent.L1"),
        ("overlay2-push-first", {"registry_growth": 8}, "registry_growth"),
        ("overlay2-push-first", {"registry_growth": {"blobs": 7}}, "registry_growth.blobs"),
        ("overlay2-push-first", {"registry_growth": {"bytes": 7364559 + 17}}, "registry_growth.bytes"),
        ("overlay2-push-first", {"requests": {"head_blob_found": 7, "put_manifest": 1}}, "requests"),
        ("overlay2-push-unknown-tag", {"requests": {"put_manifest": 1}}, "requests.put_manifest"),
        ("overlay2-push-unknown-tag", {"commands": [{"rc": 1, "error": "not found"}]}, "commands.0.error"),
        ("overlay2-push-unknown-tag", {"commands": [{"rc": True}]}, "commands.0.rc"),
        ("overlay2-push-unknown-tag", {"commands": [{"rc": 1}, {"rc": 0}]}, "commands.1.rc"),
        ("overlay2-pull-same-tag-again", {"commands": [{"status": "downloaded"}]}, "commands.0.status"),
        ("overlay2-pull-tag-moved", {"commands": [{}, {"images": ["a:1"]}]}, "commands.1.images"),
        ("overlay2-pull-parallel-3", {"most_layers_at_once": 4}, "most_layers_at_once"),
        ("overlay2-pull-engine-killed", {"kept": "finished layers"}, "kept"),
        ("overlay2-pull-engine-killed", {"engine_after": {"layers": 1}}, "engine_after.layers"),
        ("overlay2-pull-cut-three-times", {"layer_bytes_received": [0, 7360346]}, "layer_bytes_received"),
        ("containerd-pull-cut-once", {"commands": [{"layers": {"L1": "Retrying"}}]}, "commands.0.layers.L1"),
        ("containerd-pull-interrupted", {"a_field_of_tomorrow": 1}, "a_field_of_tomorrow"),
    ],
)
def test_another_expectation_disagrees(recording, name, change, item):
    case = case_of(recording, name)
    case["expect"] = change
    assert [(one.case, one.item) for one in only(case).disagreements] == [(name, item)]


def test_where_requests_depend_on_load_no_other_kind_is_wrong(recording):
    case = case_of(recording, "containerd-push-interrupted")
    assert "requests" in case["not_counted"]
    case["not_counted"] = {}
    assert [one.item for one in only(case).disagreements] == ["requests"]


@pytest.mark.parametrize(
    ("name", "change", "item"),
    [
        # team/other is tried first and refuses. A layer of one byte more than 100 KiB is tried once more.
        ("overlay2-push-repository-emptied", {"layers": {"L5": {"bytes": 102401, "compressed_blob": 50204}}}, "L5"),
        ("overlay2-push-repository-emptied", {"layers": {"L5": {"bytes": 102400, "compressed_blob": 50204}}}, ""),
    ],
)
def test_a_layer_of_up_to_100_kib_gets_one_mount(recording, name, change, item):
    case = case_of(recording, name)
    layers = {**recording["layers"], **change["layers"]}
    wrong = only(case, **{**recording, "cases": [case], "layers": layers}).disagreements
    assert [one.predicted for one in wrong if one.item.endswith(item)][:1] == (
        ["Mounted from gone/app"] if item else []
    )


def test_the_other_store_does_otherwise(recording):
    """The same engine killed, the same changed layer: what one store keeps or finds, the other does not."""
    case = case_of(recording, "overlay2-pull-engine-killed")
    case["store"] = "containerd"
    (kept,) = [one for one in only(case).disagreements if one.item == "kept"]
    assert kept.predicted == "finished layers, and the begun ones up to where they were"
    case = case_of(recording, "containerd-pull-middle-layer-changed")
    case["store"] = "overlay2"
    case["expect"] = {"requests": {"get_layer": 4, "get_config": 1, "get_manifest": 1, "head_manifest": 1}}
    assert only(case).disagreements == []


def test_a_case_that_stumbles_is_lost_in_all_of_its_items(recording, monkeypatch):
    def fall(*_):
        raise ZeroDivisionError("no")

    monkeypatch.setattr(exchange.Exchange, "play", fall)
    tally = only(case_of(recording, "overlay2-push-first"))
    assert (tally.stumbled, tally.agree, tally.items) == (1, 0, 16)
    assert "ZeroDivisionError" in tally.disagreements[0].predicted


class TestNames:
    def test_placeholders_and_digests(self):
        assert written_name("<REGISTRY>/a/b@<manifest:app1>") == ("127.0.0.1:5000", "a/b", "", "app1")
        assert given_name("a/b@manifest:app1") == written_name("<REGISTRY>/a/b@<manifest:app1>")
        assert given_name("<REGISTRY2>/a/b:1").domain == "127.0.0.1:5001"
        assert given_name("app1") == ("docker.io", "library/app1", "latest", "")

    def test_what_is_listed_is_written_as_the_recording_does(self):
        assert shown_name("127.0.0.1:5001/a:1") == "<REGISTRY2>/a:1"
        assert shown_name("docker.io/library/app1:latest") == "app1:latest"


def changed(recording, **paths):
    """The recording's first case with other values at some places; "." is written "__"."""
    case = copy.deepcopy(recording["cases"][0])
    for path, value in paths.items():
        *above, last = path.split("__")
        at = case
        for key in above:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
        at[int(last) if isinstance(at, list) else last] = value
    return {**recording, "cases": [case]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 3),
        ("store", "zfs"),
        ("commands", {}),
        ("commands__0", "docker"),
        ("commands__0__t", None),
        ("commands__0__do", [1]),
        ("commands__0__do", ["docker", "push"]),
        ("commands__0__do", ["docker", "tag", "a"]),
        ("commands__0__do", ["docker", "push", "<REGISTRY>/a@"]),
        ("commands__0__do", ["docker", "push", "a b"]),
        ("expect", ["rc"]),
        ("not_counted", 1),
        ("given", None),
        ("given__engine", []),
        ("given__engine__images", {"team/app:1": "nosuch"}),
        ("given__engine__images", {"team/app:": "app1"}),
        ("given__engine__images", {"team/app@manifest:none": "app1"}),
        ("given__engine__seen_in", {"L99": []}),
        ("given__engine__seen_in", {"L1": [3]}),
        ("given__engine__seen_in", {"L1": ["a b"]}),
        ("given__engine__manifests", ["nosuch"]),
        ("given__engine__origin", {"app1": 3}),
        ("given__engine__settings", {"max_concurrent_downloads": -1}),
        ("given__registry", 3),
        ("given__registry__repositories", {"a": {"tags": {"1": "nosuch"}}}),
        ("given__registry__repositories", {"a": {"blobs": ["config:nosuch"]}}),
        ("given__registry__unlinked_blobs", ["L99"]),
        ("given__rate", 0),
        ("given__rate", float("nan")),
        ("given__cut", {"what": "L1"}),
        ("given__cut", {"what": "download of L99", "after_bytes": 1}),
        ("given__cut", {"what": "download of L1", "after_bytes": -1}),
        ("given__cut", {"what": "download of L1", "after_bytes": 1, "times": 10**6}),
        ("given__engine_killed_after", "soon"),
    ],
)
def test_what_is_malformed_is_named_with_its_path(recording, path, value):
    with pytest.raises(InputError) as error:
        registry.replay(changed(recording, **{path: value}), "registry.json")
    problem = error.value.problems[0]
    assert problem.file == "registry.json"
    assert problem.path.startswith("cases.0." + path.replace("__", "."))
    assert problem.message


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("layers", {"L1": {"bytes": 1}}, "layers.L1.compressed_blob"),
        ("layers", [], "layers"),
        ("images", {"app1": ["L99"]}, "images.app1"),
        ("images", {"app1": []}, "images.app1"),
        ("config_size", {"overlay2": {"app1": "big"}}, "config_size.overlay2.app1"),
        ("cases", {}, "cases"),
        ("cases", [3], "cases.0"),
    ],
)
def test_what_is_malformed_around_the_cases(recording, key, value, path):
    with pytest.raises(InputError) as error:
        registry.replay({**recording, key: value}, "registry.json")
    assert error.value.problems[0].path == path


def test_the_containerd_store_s_leftovers_are_checked_too(recording):
    case = case_of(recording, "containerd-pull-after-interrupted")
    case["given"]["engine"]["kept"] = {"partial": {"L1": 10**8}}
    with pytest.raises(InputError, match=r"partial\.L1: expected a whole number from 0 to 4001411"):
        only(case)


def test_what_takes_too_long_is_refused_with_the_number(recording, monkeypatch):
    monkeypatch.setattr(limits, "REGISTRY_STEPS", 100)
    with pytest.raises(InputError, match="more than 100"):
        registry.replay(recording, "registry.json")


def test_commands_that_the_model_has_nothing_to_do_with_change_nothing(recording):
    case = case_of(recording, "overlay2-push-first")
    case["commands"] += [{"t": 0.1, "do": ["docker", "ps"]}, {"t": 0.1, "do": ["somebody", "looks"]}]
    assert only(case).disagreements == []


def test_the_command_line_counts_them(recording, tmp_path, capsys):
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"cases": recording["cases"][:2]}), encoding="utf-8")
    assert answer(["replay", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["registry"]["cases_agree"] == 2
