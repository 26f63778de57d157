"""Recorded builds against the model: the package's own recording, and small ones made by hand."""

import copy
import json
import re
from importlib import resources

import pytest

from sim.builds.builders import graph_for, read_dockerfile
from sim.builds.graph.bases import recorded_bases
from sim.builds.graph.options import from_command_line
from sim.errors import InputError
from sim.evidence.replay import KINDS, replay
from sim.evidence.replays.builds import RECORDINGS, _bench, _mutate
from sim.report.formats.inspection import replayed
from tests import replayed as whole


@pytest.fixture(scope="module")
def recording():
    return json.loads(resources.files("sim.evidence").joinpath("data/recorded_builds.json").read_text("utf-8"))


@pytest.mark.xdist_group("replay")  # in one process, which replays once
def test_every_counted_step_of_every_recorded_build_agrees():
    found = whole.replayed()
    assert found.plain()["disagreements"] == []
    counted = dict.fromkeys(found.builders, 0)
    for name in RECORDINGS:
        text = resources.files("sim.evidence").joinpath("data", name).read_text("utf-8")
        for scenario in json.loads(text)["scenarios"]:
            for build in scenario["builds"]:
                if not build.get("unstable"):
                    counted[build["builder"]] += sum(
                        state in ("run", "cached") and not is_from(step) for step, state in build["steps"].items()
                    )
    assert {name: agreement.steps for name, agreement in found.builders.items()} == counted
    assert all(agreement.agree == agreement.steps > 490 for agreement in found.builders.values())
    assert all(a.steps_after_first > 310 for a in found.builders.values())


def is_from(step):
    """Whether a recorded name is a FROM: "[linux/amd64 a 1/2] FROM x", "1/2 FROM x"."""
    return re.match(r"(\[[^]]*\] |\d+/\d+ )?FROM ", step, re.IGNORECASE) is not None


def test_every_recording_of_the_package_is_replayed_and_says_how_it_was_made():
    folder = resources.files("sim.evidence").joinpath("data")
    known = {*RECORDINGS, *(name for kind in KINDS for name in kind.RECORDINGS)}
    files = {file.name for file in folder.iterdir() if file.name.endswith(".json")}
    assert {name for name in files if not name.startswith("accuracy")} == known
    for name in RECORDINGS:
        assert json.loads(folder.joinpath(name).read_text("utf-8"))["how"].startswith("Real builds recorded with")


def test_a_shared_step_goes_by_any_of_its_names_and_by_no_other(tmp_path):
    """Which of them BuildKit prints is left to a Go map's order: about one build in eight prints another."""
    text = "FROM b AS a\nRUN s\nFROM b AS c\nRUN s\nRUN t\nFROM b\nCOPY --from=a /s /s\nCOPY --from=c /t /t\n"
    rest = ["[c 3/3] RUN t", "[stage-2 2/3] COPY --from=a /s /s", "[stage-2 3/3] COPY --from=c /t /t"]
    for name, agrees in ("[c 2/3] RUN s", True), ("[a 2/2] RUN s", True), ("[stage-2 2/3] RUN s", False):
        steps = dict.fromkeys([name, *rest], "run")
        builds = [{"builder": "buildkit-overlay2", "label": "initial", "args": "", "steps": steps}]
        assert replay(small(tmp_path, dockerfile=text, builds=builds)).agrees is agrees


def test_the_graph_of_every_recorded_build_has_the_recorded_edges(recording):
    """BuildKit's vertices and their inputs, by name; FROM rows count as one, for their names are erratic."""
    bases = recorded_bases(recording["bases"])
    compared = 0
    for scenario in recording["scenarios"]:
        benches = {}
        for build in scenario["builds"]:
            if "graph" not in build:
                continue
            bench = benches.setdefault(build["builder"], _bench(build["builder"], scenario, bases))
            for path, value in (build["mutation"] or {}).items():
                bench.tree = _mutate(bench.tree, path, value)
            if build.get("unstable"):
                continue
            recorded = {vertex["id"]: short(vertex["name"]) for vertex in build["graph"]}
            edges = {
                (recorded[source], short(vertex["name"]))
                for vertex in build["graph"]
                for source in vertex["inputs"]
                if source in recorded
            }
            assert mine(bench, build["args"]) == edges, (scenario["name"], build["label"])
            compared += len(edges)
    assert compared > 900


def short(name):
    return "FROM" if "FROM" in name.split()[:3] else name


def mine(bench, args):
    options = from_command_line(args)
    dockerfile = read_dockerfile(bench.tree, options.dockerfile)
    built, _ = graph_for(bench.builder, dockerfile, bench.tree, options, bench.bases, None)
    shown = {v.id: short(v.name) for v in built.vertices if not v.internal or v.kind == "context"}
    return {(shown[source], shown[goal]) for source, goal in built.graph.edges if source in shown and goal in shown}


def small(tmp_path, **changes):
    scenario = {
        "name": "one", "note": "", "dockerfile": "FROM b\nRUN a\nCOPY x /x\n", "context_files": {"x": "1"},
        "initial_args": "",
        "builds": [
            {"builder": "legacy", "label": "initial", "args": "", "mutation": None, "rc": 0,
             "steps": {"1/3 FROM b": "run", "2/3 RUN a": "run", "3/3 COPY x /x": "run"}},
            {"builder": "legacy", "label": "again", "args": "", "mutation": {"x": "2"}, "rc": 0,
             "steps": {"1/3 FROM b": "run", "2/3 RUN a": "cached", "3/3 COPY x /x": "run"}},
        ],
    }  # fmt: skip
    data = {"bases": {"b": {"layers": ["L1"]}}, "scenarios": [scenario | changes]}
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps(data))
    return path


def test_a_disagreement_is_named_with_both_sides(tmp_path):
    path = small(tmp_path)
    assert replay(path).agrees
    data = json.loads(path.read_text())
    steps = data["scenarios"][0]["builds"][1]["steps"]
    steps["3/3 COPY x /x"] = "cached"
    path.write_text(json.dumps(data))
    found = replay(path).plain()
    assert found["builders"]["legacy"] == {
        "agree": 3,
        "steps": 4,
        "agree_after_first": 1,
        "steps_after_first": 2,
        "named_otherwise": 0,
    }
    assert found["disagreements"] == [
        {
            "scenario": "one", "builder": "legacy", "build": "again", "step": "3/3 COPY x /x",
            "predicted": "run", "recorded": "cached",
        }
    ]  # fmt: skip


SHARED = (
    "FROM b AS s\nCOPY x /x\nRUN s\nFROM b AS t\nCOPY x /x\nRUN t\nFROM b\nCOPY --from=s /x /1\nCOPY --from=t /x /2\n"
)


@pytest.mark.parametrize(
    ("of", "alone", "otherwise", "agrees"),
    [("t", "[t 3/3] RUN t", 0, True), ("s", "[t 3/3] RUN t", 1, True), ("s", "[s 3/3] RUN t", 1, False)],
)
def test_only_a_step_of_several_stages_may_be_named_otherwise_and_it_is_counted(tmp_path, of, alone, otherwise, agrees):
    names = [
        f"[{of} 2/3] COPY x /x", "[s 3/3] RUN s", alone,
        "[stage-2 2/3] COPY --from=s /x /1", "[stage-2 3/3] COPY --from=t /x /2",
    ]  # fmt: skip
    build = {"builder": "buildkit-overlay2", "label": "a", "args": "", "steps": dict.fromkeys(names, "run")}
    found = replay(small(tmp_path, dockerfile=SHARED, builds=[build]))
    assert found.plain()["builders"]["buildkit-overlay2"]["named_otherwise"] == otherwise
    assert found.agrees == agrees
    assert replayed(found.plain()).splitlines()[2].split()[-1] == str(otherwise)


def test_a_missing_and_an_extra_step_disagree(tmp_path):
    path = small(tmp_path)
    data = json.loads(path.read_text())
    steps = data["scenarios"][0]["builds"][0]["steps"]
    steps["3/3 COPY y /y"] = steps.pop("3/3 COPY x /x")
    path.write_text(json.dumps(data))
    found = {(d.step, d.predicted, d.recorded) for d in replay(path).disagreements}
    assert found == {("3/3 COPY y /y", "missing", "run"), ("3/3 COPY x /x", "run", "missing")}


def test_unstable_builds_change_the_cache_and_are_not_counted(tmp_path):
    path = small(tmp_path)
    data = json.loads(path.read_text())
    builds = data["scenarios"][0]["builds"]
    builds[1]["unstable"] = True
    builds[1]["steps"]["3/3 COPY x /x"] = "cached"
    third = copy.deepcopy(builds[1]) | {"label": "third", "mutation": {}}
    del third["unstable"]
    builds.append(third)
    path.write_text(json.dumps(data))
    found = replay(path)
    assert found.agrees
    assert found.builders["legacy"].steps == 4


def test_a_runs_recorded_output_stops_the_chain_and_an_unknown_one_does_not(tmp_path):
    text = "FROM b AS s\nCOPY x /x\nRUN make\nFROM b\nCOPY --from=s /o /o\n"
    names = {
        "copy": "[s 2/3] COPY x /x", "make": "[s 3/3] RUN make", "take": "[stage-1 2/2] COPY --from=s /o /o",
    }  # fmt: skip
    first = dict.fromkeys(names.values(), "run")
    for outputs, fate in ({names["make"]: {"*": {"/o": "same"}}}, "cached"), ({}, "run"):
        builds = [
            {"builder": "buildkit-overlay2", "label": "initial", "args": "", "mutation": None, "steps": first},
            {"builder": "buildkit-overlay2", "label": "x", "args": "", "mutation": {"x": "2"},
             "steps": first | {names["take"]: fate}},
        ]  # fmt: skip
        assert replay(small(tmp_path, dockerfile=text, builds=builds, outputs=outputs)).agrees


def scenario(**changes):
    """The text of a recording with one scenario of one build; a key given as None is left out."""
    build = {"builder": "legacy", "label": "a", "args": "", "rc": 0, "steps": {"1/2 FROM b": "run", "2/2 RUN a": "run"}}
    build |= {
        key: changes.pop(key) for key in ("builder", "label", "args", "rc", "steps", "mutation") if key in changes
    }
    whole = {"name": "one", "dockerfile": "FROM b\nRUN a\n", "context_files": {}, "builds": [build]} | changes
    return json.dumps({"bases": whole.pop("bases", {"b": {}}), "scenarios": [whole]})


BROKEN = [
    ("", "no JSON"),
    ("[" * 100_000, "nested too deeply"),
    ("[]", "expected an object with a list of scenarios"),
    ('{"scenarios": []}', "scenarios: it is empty"),
    ('{"scenarios": [{}]}', r"scenarios\.0: expected name, dockerfile, context_files and builds"),
    (scenario(builds=5), r"scenarios\.0\.builds: expected a list of at least one build, not 5"),
    (scenario(builds=[]), r"scenarios\.0\.builds: expected a list of at least one build"),
    (scenario(builds=[{}]), r"scenarios\.0\.builds\.0: expected builder, label and steps"),
    (scenario(builder="kaniko"), r"scenarios\.0\.builds\.0\.builder: unknown builder 'kaniko'"),
    (scenario(dockerfile=5), r"scenarios\.0\.dockerfile: expected a text, not 5"),
    (scenario(name=["x"]), r"scenarios\.0\.name: expected a text"),
    (scenario(bases=[1]), r"bases: expected an object of images by name, not \[1\]"),
    (scenario(bases={"b": 1}), r"bases\.b: expected an object, not 1"),
    (scenario(bases={"b": {"layers": [1]}}), r"bases\.b\.layers: expected a list of texts"),
    (scenario(bases={"b": {"from": "c"}}), r"bases: base image 'c' is not described"),
    (scenario(bases={"b": {"same_image_as": "b"}}), r"bases: base image 'b' is not described"),
    (scenario(context_files=["x"]), r"scenarios\.0\.context_files: expected an object of changes by path"),
    (scenario(context_files={"x": 1}), r"scenarios\.0\.context_files\.x: expected a text, null or an object, not 1"),
    (scenario(context_files={"../x": "1"}), r"scenarios\.0: scenario 'one': path '\.\./x' leaves the build context"),
    (scenario(outputs={"RUN a": {"*": {"/o": 1}}}), r"scenarios\.0\.outputs: expected step, build label and path"),
    (scenario(outputs=["x"]), r"scenarios\.0\.outputs: expected step"),
    (scenario(steps={}), r"scenarios\.0\.builds\.0\.steps: it is empty, and the build did not fail"),
    (scenario(steps={"x": "maybe"}), r"builds\.0\.steps: step 'x' is 'maybe'; expected one of run, cached, error"),
    (scenario(steps={"x": []}), r"builds\.0\.steps: step 'x' is \[\]"),
    (scenario(rc="0"), r"builds\.0\.rc: expected a whole number, not '0'"),
    (scenario(args=["--no-cache"]), r"builds\.0\.args: expected a text"),
    (scenario(args="--build-arg"), r"builds\.0: scenario 'one': --build-arg in '--build-arg' has no value"),
    (scenario(args="--label 'x"), r"builds\.0: scenario 'one': .*No closing quotation"),
    (scenario(mutation=[1]), r"builds\.0\.mutation: expected an object of changes by path"),
    (scenario(mutation={"nope": None}), r"builds\.0: scenario 'one': no 'nope' in the build context; it holds"),
    (scenario(mutation={"nope": {"mode": 420}}), r"builds\.0: scenario 'one': no 'nope'"),
    (scenario(mutation={"Dockerfile": {"mode": "0644"}}), r"mutation\.Dockerfile\.mode: expected a number from 0"),
    (scenario(mutation={"Dockerfile": {"mode": 99999}}), r"mutation\.Dockerfile\.mode: expected a number"),
    (scenario(mutation={"Dockerfile": {"mtime": "now"}}), r"mutation\.Dockerfile\.mtime: expected seconds, not 'now'"),
    (scenario(mutation={"Dockerfile": {"chown": 5}}), r"mutation\.Dockerfile\.chown: expected the numbers of a user"),
    (scenario(mutation={"Dockerfile": {"size": 5}}), r"mutation\.Dockerfile: unknown size; there are chown, content"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=[m for _, m in BROKEN])
def test_a_file_that_is_no_recording_is_refused(tmp_path, text, message):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        replay(path)


def test_a_build_that_the_model_refuses_and_the_builder_did_not_disagrees_step_by_step_with_the_reason(tmp_path):
    path = tmp_path / "refused.json"
    path.write_text(scenario(dockerfile="FROM b\nRUNN a\n"))
    found = replay(path)
    assert [(d.step, d.recorded) for d in found.disagreements] == [("2/2 RUN a", "run")]
    assert found.disagreements[0].predicted.startswith("refused: Dockerfile:2: unknown instruction: RUNN")
    path.write_text(scenario(dockerfile="FROM b\nRUNN a\n", rc=1, steps={}))
    assert replay(path).agrees


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        replay(tmp_path / "nothing.json")
