"""Suggestions: each is a Dockerfile or ignore file that was planned, and saves what it says."""

import pytest

from sim import limits
from sim.builds.advice.suggest import suggestions
from sim.builds.context.edits import Change, Edit
from sim.builds.context.tree import from_mapping
from sim.builds.plan import plan_builds

FILES = {"requirements.txt": "flask", "app.py": "1", "README.md": "r", "web/package.json": "{}", "web/i.js": "1"}


def offered(text, *edits, files=FILES, builder="buildkit-containerd", **more):
    tree = from_mapping({**files, "Dockerfile": text})
    return suggestions(tree, [Change(edits=edits, **more)], builder, limit=9)


def ids(found):
    return [one.message.id for one in found]


INSTALL = "# sim: 20 s\nRUN pip install -r requirements.txt\n"


def test_a_whole_directory_copied_before_an_installation_is_split():
    text = f"FROM python\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    (best, *_) = offered(text, Edit(path="app.py", content="2"))
    assert best.message.id == "build.suggest_split_copy"
    assert dict(best.message.arguments) | {"seconds": 0} == {
        "line": 3, "run": 5, "files": "requirements.txt", "seconds": 0,
    }  # fmt: skip
    assert best.files["Dockerfile"] == (f"FROM python\nWORKDIR /app\nCOPY requirements.txt ./\n{INSTALL}COPY . .\n")
    assert best.saved_seconds == pytest.approx(20)


def test_no_split_where_the_requirements_themselves_changed():
    text = f"FROM python\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    assert "build.suggest_split_copy" not in ids(offered(text, Edit(path="requirements.txt", content="2")))


def test_what_is_no_source_is_better_ignored():
    text = "FROM python\nCOPY . /app\n# sim: 5 s\nRUN make\n"
    (best,) = offered(text, Edit(path="README.md", content="2"))
    assert best.message.id == "build.suggest_ignore"
    assert best.files == {".dockerignore": "README.md\n"}
    assert best.saved_seconds == pytest.approx(5.05, abs=0.01)


def test_a_file_copied_before_commands_that_do_not_speak_of_it_moves_down():
    text = "FROM python\nCOPY app.py /app.py\n# sim: 9 s\nRUN apt-get install x\nCMD python /app.py\n"
    (best,) = offered(text, Edit(path="app.py", content="2"))
    assert best.message.id == "build.suggest_move_down"
    assert best.files["Dockerfile"] == (
        "FROM python\n# sim: 9 s\nRUN apt-get install x\nCOPY app.py /app.py\nCMD python /app.py\n"
    )
    assert best.saved_seconds == pytest.approx(9)


def test_an_independent_installation_moves_above_what_changes():
    text = f"FROM python\nCOPY web /web\n# sim: 4 s\nRUN cd /web && npm run build\nCOPY requirements.txt .\n{INSTALL}"
    found = offered(text, Edit(path="web/i.js", content="2"))
    (up,) = [one for one in found if one.message.id == "build.suggest_move_up"]
    assert up.saved_seconds == pytest.approx(20.05, abs=0.01)
    assert up.files["Dockerfile"].startswith(f"FROM python\nCOPY requirements.txt .\n{INSTALL}COPY web /web\n")


def test_a_cache_mount_is_offered_to_buildkit_only():
    text = "FROM python\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    edit = Edit(path="requirements.txt", content="django")
    (best,) = offered(text, edit)
    assert best.message.id == "build.suggest_cache_mount"
    assert "RUN --mount=type=cache,target=/root/.cache/pip pip install" in best.files["Dockerfile"]
    assert offered(text, edit, builder="legacy") == ()


def test_an_argument_that_changes_moves_to_its_first_use():
    text = f"FROM python\nARG SHA\nCOPY requirements.txt .\n{INSTALL}RUN echo $SHA > /sha\n"
    tree = from_mapping({**FILES, "Dockerfile": text})
    (best,) = suggestions(tree, [Change(build_args={"SHA": "2"})], build_args={"SHA": "1"})
    assert best.message.id == "build.suggest_lower"
    assert best.files["Dockerfile"].endswith(f"{INSTALL}ARG SHA\nRUN echo $SHA > /sha\n")
    assert best.saved_seconds == pytest.approx(20)


def test_a_good_dockerfile_gets_no_suggestion():
    text = f"FROM python\nCOPY requirements.txt .\n{INSTALL}COPY app.py .\n"
    assert offered(text, Edit(path="app.py", content="2")) == ()
    assert offered(text, Edit(path="app.py", touch=True)) == ()


def test_what_a_suggestion_saves_is_the_difference_of_the_plans():
    text = f"FROM python\nWORKDIR /app\nCOPY . .\n{INSTALL}"
    change = Change(edits=(Edit(path="app.py", content="2"),))
    (best, *_) = offered(text, *change.edits)
    before = plan_builds(text, FILES, [change]).last.rebuild_seconds
    after = plan_builds(best.files["Dockerfile"], FILES, [change]).last.rebuild_seconds
    assert best.saved_seconds == pytest.approx(before - after)


PAGES = "COPY web /web\n# sim: 10 s, 100 MB\nRUN cd /web && npm ci && npm run build\n"


def test_what_is_built_gets_a_stage_of_its_own_where_later_steps_do_without_it():
    text = f'FROM python AS shop\nWORKDIR /app\n{PAGES}# sim: 20 s\nRUN apt-get install x\nCMD ["a"]\n'
    found = offered(text, Edit(path="web/i.js", content="2"))
    (stage,) = [one for one in found if one.message.id == "build.suggest_stage"]
    assert dict(stage.message.arguments) | {"seconds": 0} == {"line": 3, "run": 5, "below": 7, "seconds": 0}
    assert stage.files["Dockerfile"] == (
        f"FROM python AS shop-base\nWORKDIR /app\n\nFROM shop-base AS shop-build\n{PAGES}\n"
        "FROM shop-base AS shop\n# sim: 20 s\nRUN apt-get install x\nCOPY --from=shop-build /web /web\n"
        'CMD ["a"]\n'
    )
    change = Change(edits=(Edit(path="web/i.js", content="2"),))
    before, after = (plan_builds(t, FILES, [change]).last for t in (text, stage.files["Dockerfile"]))
    assert stage.saved_seconds == pytest.approx(before.rebuild_seconds - after.rebuild_seconds)
    assert stage.saved_seconds == pytest.approx(20, abs=1)
    assert after.image_bytes < before.image_bytes + 1_000_000


def test_no_stage_where_later_steps_run_inside_what_was_built_or_name_it():
    inside = "FROM node\nWORKDIR /web\nCOPY web .\nRUN npm ci && npm run build\n# sim: 20 s\nRUN npm prune\n"
    named = f"FROM python\nWORKDIR /app\n{PAGES}# sim: 20 s\nRUN cp -r /web/dist /srv && apt-get install x\n"
    unknown = f"FROM python\n{PAGES}# sim: 20 s\nRUN apt-get install x\n"
    for text in (inside, named, unknown):
        assert "build.suggest_stage" not in ids(offered(text, Edit(path="web/i.js", content="2")))


def test_no_split_or_move_where_a_command_needs_the_source():
    edit = Edit(path="web/i.js", content="2")
    both = "FROM node\nWORKDIR /web\nCOPY web .\n# sim: 20 s\nRUN npm ci && npm run build\n"
    itself = "FROM python\nWORKDIR /app\nCOPY . .\n# sim: 20 s\nRUN pip install .\n"
    assert "build.suggest_split_copy" not in ids(offered(both, edit))
    assert "build.suggest_split_copy" not in ids(offered(itself, Edit(path="app.py", content="2")))
    manifest = "FROM node\nWORKDIR /web\nCOPY web/package.json .\n# sim: 20 s\nRUN npm install\n"
    assert "build.suggest_move_down" not in ids(offered(manifest, Edit(path="web/package.json", content="{ }")))


def test_a_compiler_that_is_installed_is_no_build():
    text = "FROM python\nCOPY app.py /app.py\n# sim: 9 s\nRUN apt-get update && apt-get install -y gcc make\nCMD x\n"
    (best,) = offered(text, Edit(path="app.py", content="2"))
    assert best.message.id == "build.suggest_move_down"
    assert best.saved_seconds == pytest.approx(9)
    built = text.replace("gcc make", "gcc && make")
    assert offered(built, Edit(path="app.py", content="2")) == ()


def test_an_arg_moves_down_with_the_env_that_passes_it_on():
    text = "FROM python\nARG REV\nENV BUILD=$REV\n# sim: 50 s\nRUN ./slow\nRUN echo $BUILD\n"
    found = offered(text, build_args={"REV": "2"})
    (lower,) = [one for one in found if one.message.id == "build.suggest_lower"]
    assert lower.files["Dockerfile"] == (
        "FROM python\n# sim: 50 s\nRUN ./slow\nARG REV\nENV BUILD=$REV\nRUN echo $BUILD\n"
    )
    assert lower.saved_seconds == pytest.approx(50)


def test_two_changes_are_offered_together_where_neither_helps_alone():
    """A RUN sees the new argument, and stands on the changed source: moving one of the two away leaves the other."""
    text = f"FROM python\nARG SHA\nWORKDIR /app\nCOPY . .\n{INSTALL}RUN echo $SHA > /sha\n"
    change = Change(edits=(Edit(path="app.py", content="2"),), build_args={"SHA": "2"})
    tree = from_mapping({**FILES, "Dockerfile": text})
    (both,) = suggestions(tree, [change], build_args={"SHA": "1"}, limit=9)
    assert {both.message.id, *(one.id for one in both.together)} == {
        "build.suggest_lower", "build.suggest_split_copy",
    }  # fmt: skip
    assert both.files["Dockerfile"] == (
        f"FROM python\nWORKDIR /app\nCOPY requirements.txt ./\n{INSTALL}COPY . .\nARG SHA\nRUN echo $SHA > /sha\n"
    )
    assert both.saved_seconds == pytest.approx(20)
    (split,) = [one for one in (both.message, *both.together) if one.id == "build.suggest_split_copy"]
    assert dict(split.arguments) | {"seconds": 0} == {"line": 4, "run": 6, "files": "requirements.txt", "seconds": 0}
    for one in ([Change(edits=change.edits)], [Change(build_args=change.build_args)]):
        found = suggestions(tree, one, build_args={"SHA": "1"}, limit=9)
        assert found
        assert not any(each.together for each in found)


def test_the_pairs_that_are_tried_are_bounded(monkeypatch):
    plans = []
    monkeypatch.setattr(limits, "SUGGESTIONS", 10)
    monkeypatch.setattr(limits, "SUGGESTION_PAIRS", 8)
    monkeypatch.setattr(
        "sim.builds.advice.suggest.plan_builds", lambda *a, **k: plans.append(1) or plan_builds(*a, **k)
    )
    rest = "".join(f"COPY f{n} /f{n}\nRUN pip install x{n}\n" for n in range(16))
    text = f"FROM python\nARG A\nARG B\nCOPY . .\n{rest}RUN echo $A $B\n"
    files = {"Dockerfile": text, "a.py": "1", **{f"f{n}": "1" for n in range(16)}}
    edits = tuple(Edit(path=path, content="2") for path in ("a.py", *(f"f{n}" for n in range(16))))
    suggestions(from_mapping(files), [Change(edits=edits, build_args={"A": "2", "B": "2"})], build_args={"A": "1"})
    assert len(plans) == 1 + 10 + 8


def test_a_store_that_a_later_command_reads_is_mounted_in_each():
    """Maven keeps what it fetched in /root/.m2 and nowhere else: a mount in one RUN alone hides it from the next."""
    text = "FROM maven\nCOPY pom.xml .\nRUN mvn dependency:go-offline\nCOPY src src\nRUN mvn package\n"
    found = offered(text, Edit(path="pom.xml", content="2"), files={"pom.xml": "1", "src/A.java": "1"})
    (mounts,) = [one for one in found if "mount" in one.message.id]
    assert dict(mounts.message.arguments) | {"seconds": 0} == {"lines": "3, 5", "target": "/root/.m2", "seconds": 0}
    assert mounts.files["Dockerfile"].count("RUN --mount=type=cache,target=/root/.m2 mvn") == 2


@pytest.mark.parametrize(
    "command", ["pip install --no-cache-dir -r requirements.txt", "npm ci && npm cache clean --force"]
)
def test_no_mount_for_a_command_that_keeps_nothing_in_it(command):
    text = f"FROM python\nCOPY requirements.txt package*.json ./\nRUN {command}\n"
    found = offered(
        text, Edit(path="requirements.txt", content="2"), files={"requirements.txt": "1", "package.json": "{}"}
    )
    assert not any("mount" in one.message.id for one in found)


@pytest.mark.parametrize(
    ("image", "pattern", "command"),
    [
        ("node", "package*.json", "npm ci"),
        ("dotnet", "*.csproj", "dotnet restore"),
        ("python", "req*.txt", "pip install -r r"),
    ],
)
def test_what_a_pattern_copies_for_a_command_stays_above_it(image, pattern, command):
    text = f"FROM {image}\nCOPY {pattern} ./\n# sim: 20 s\nRUN {command}\n"
    files = {"package.json": "{}", "a.csproj": "x", "requirements.txt": "r"}
    for name in files:
        found = offered(text, Edit(path=name, content="2"), files=files)
        assert "build.suggest_move_down" not in ids(found)


def test_a_fetch_of_mavens_is_no_build_that_gets_a_stage_of_its_own():
    text = (
        "FROM maven\nWORKDIR /app\nCOPY pom.xml /app/server/pom.xml\n# sim: 20 s\nRUN mvn dependency:go-offline\n"
        "COPY src /app/src\n# sim: 20 s\nRUN apt-get install x\n"
    )
    found = offered(text, Edit(path="pom.xml", content="2"), files={"pom.xml": "1", "src/A.java": "1"})
    assert "build.suggest_stage" not in ids(found)


def test_of_a_long_build_few_changes_are_tried(monkeypatch):
    plans = []
    monkeypatch.setattr(limits, "SUGGESTIONS", 10)
    monkeypatch.setattr(limits, "SUGGESTION_PAIRS", 8)
    monkeypatch.setattr(
        "sim.builds.advice.suggest.plan_builds", lambda *a, **k: plans.append(1) or plan_builds(*a, **k)
    )
    monkeypatch.setattr("sim.limits.SUGGESTION_STEPS", 500)
    rest = "".join(f"COPY app.py /f{n}\nRUN pip install -r r{n}\n" for n in range(50))
    tree = from_mapping({**FILES, "Dockerfile": f"FROM python\nARG A\nCOPY . .\n{rest}RUN echo $A\n"})
    change = Change(edits=(Edit(path="app.py", content="2"),), build_args={"A": "2"})
    suggestions(tree, [change], build_args={"A": "1"})
    assert 1 < len(plans) <= 1 + 500 // 102


def test_a_long_build_that_is_tried_can_be_ended_inside():
    """Each build is told of far more than once, so that what nobody waits for ends before it is planned."""
    rest = "".join(f"COPY app.py /f{n}\nRUN pip install -r r{n}\n" for n in range(50))
    tree = from_mapping({**FILES, "Dockerfile": f"FROM python\nCOPY . .\n{rest}"})
    told = []

    def end(share):
        told.append(share)
        if len(told) == 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        suggestions(tree, [Change(edits=(Edit(path="app.py", content="2"),))], tick=end)
    assert told == [0.0] * 60, "still in the first plan, before any change was tried"


def test_no_installation_moves_above_another_copy_that_it_reads():
    text = "FROM node\nCOPY package.json .\nCOPY package-lock.json .\n# sim: 20 s\nRUN npm ci\nCOPY . .\n"
    files = {"package.json": "{}", "package-lock.json": "{}", "i.js": "1"}
    found = offered(text, Edit(path="package.json", content="2"), files=files)
    assert "build.suggest_move_up" not in ids(found)
