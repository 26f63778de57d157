"""Suggestions: each is a Dockerfile or ignore file that was planned, and saves what it says."""

import pytest

from sim.images.context import from_mapping
from sim.images.edits import Change, Edit
from sim.images.plan import plan_builds
from sim.images.suggest import suggestions

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
