"""Contexts that no one would wish for: names that are no text, files too large to read, links, loops, locked files."""

import os
import sys
import tracemalloc
from pathlib import Path

import pytest

from sim.builds.builders import read_dockerfile
from sim.builds.context import tree as trees
from sim.builds.context.edits import Change, Edit, apply
from sim.builds.context.tree import from_directory
from sim.builds.plan import plan_builds
from sim.errors import InputError

GIB = 2**30


def fates(plan, build):
    wanted = str(build)
    return [r.status for r in plan.records if r.build == wanted and r.status in ("hit", "miss")]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such name")
@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
def test_a_name_that_is_no_utf8_counts_as_any_other(tmp_path, builder):
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPY d /d\n")
    (tmp_path / "d").mkdir()
    name = os.fsencode(tmp_path / "d") + b"/caf\xe9"
    Path(os.fsdecode(name)).write_text("1")
    Path(os.fsdecode(os.fsencode(tmp_path / "d") + b"/link\xff")).symlink_to(os.fsdecode(b"caf\xe9"))
    tree = from_directory(tmp_path)
    assert "d/caf%e9" in tree
    assert tree.get("d/link%ff").target == "caf%e9"
    touched, changed = Edit(path="d/caf%e9", touch=True), Edit(path="d/caf%e9", content="2")
    plan = plan_builds(None, tmp_path, [Change(edits=(touched,)), Change(edits=(changed,))], builder=builder)
    assert [fates(plan, n) for n in (1, 2, 3)] == [["miss"], ["hit"], ["miss"]]
    str(plan.records).encode()


def test_a_lone_surrogate_in_a_recording_is_hashed_too():
    tree = trees.from_mapping({"x\udce9": "\ud800", "Dockerfile": "FROM a\nCOPY . /s\n"})
    same, other = Edit(path="x\udce9", content="\ud800"), Edit(path="x\udce9", content="\ud801")
    plan = plan_builds(None, tree, [Change(edits=(same,)), Change(edits=(other,))])
    assert [fates(plan, n) for n in (1, 2, 3)] == [["miss"], ["hit"], ["miss"]]


def test_a_huge_file_is_hashed_in_pieces_and_never_held(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPY big /big\n")
    with (tmp_path / "big").open("wb") as opened:
        opened.truncate(GIB // 4)
    tracemalloc.start()
    try:
        plan = plan_builds(None, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert plan.last.misses == 1
    assert peak < 16 * 2**20
    with pytest.raises(InputError, match=r"big.*: is larger than 67108864 bytes, the most that is read whole"):
        apply(from_directory(tmp_path), [Edit(path="big", append="x")])
    with pytest.raises(InputError, match="is larger than"):
        plan_builds(None, tmp_path, path="big")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPY x /x\n")
    (tmp_path / "x").write_text("1")
    (tmp_path / "x").chmod(0)
    with pytest.raises(InputError, match="x: cannot be read: Permission denied"):
        plan_builds(None, tmp_path)


def test_a_linked_dockerfile_and_ignore_file_are_followed_inside_the_context(tmp_path):
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "D").write_text("FROM a\nCOPY . /s\n")
    (tmp_path / "docker" / "ignore").write_text("x\n")
    (tmp_path / "Dockerfile").symlink_to("docker/D")
    (tmp_path / ".dockerignore").symlink_to("docker/ignore")
    (tmp_path / "x").write_text("1")
    for builder in ("buildkit-overlay2", "legacy"):
        plan = plan_builds(None, tmp_path, [Change(edits=(Edit(path="x", content="2"),))], builder=builder)
        assert fates(plan, 2) == ["hit"]


def test_a_dockerfile_whose_link_leads_nowhere_is_named_with_its_target(tmp_path):
    (tmp_path / "Dockerfile").symlink_to("../outside")
    with pytest.raises(InputError, match=r"no such file in the build context; it is a link to \.\./outside"):
        plan_builds(None, tmp_path)
    (tmp_path / "Dockerfile").unlink()
    (tmp_path / "Dockerfile").symlink_to("Dockerfile")
    with pytest.raises(InputError, match="it holds Dockerfile"):
        plan_builds(None, tmp_path)


def test_a_dockerfile_in_small_letters_stands_in_for_a_missing_one():
    tree = trees.from_mapping({"dockerfile": "FROM small\n"})
    assert read_dockerfile(tree, "Dockerfile").stages[0].base == "small"
    both = trees.write(tree, "Dockerfile", "FROM big\n")
    assert read_dockerfile(both, "Dockerfile").stages[0].base == "big"
    with pytest.raises(InputError, match="no such file"):
        read_dockerfile(tree, "Other")


def test_a_link_out_of_the_context_is_named_with_its_target():
    files = {"Dockerfile": "FROM a\nCOPY a /a\n", "a": "1"}
    with pytest.raises(InputError, match=r'Dockerfile:2: "/a": not found.*; it is a link to \.\./\.\./etc'):
        plan_builds(None, files, [Change(edits=(Edit(path="a", symlink="../../etc"),))])


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"path": "a", "rename": ""}, "edit of 'a': new name '' is the build context itself; expected a path in it"),
        ({"path": "a", "rename": "../b"}, "edit of 'a': path '../b' leaves the build context"),
        ({"path": "d", "rename": "d/e"}, "edit of 'd': new name 'd/e' is inside 'd', which moves"),
        ({"path": "b", "rename": "c"}, "edit of 'b': no 'b' in the build context; it holds a, d, d/f"),
        ({"path": "b", "delete": True}, "edit of 'b': no 'b' in the build context"),
        ({"path": "d", "append": "x"}, "edit of 'd': cannot append to 'd'"),
        ({"path": "..", "content": "x"}, "edit of '..': path '..' leaves the build context"),
    ],
)
def test_an_edit_that_cannot_be_made_is_named_with_its_path(edit, words):
    with pytest.raises(InputError) as caught:
        apply(trees.from_mapping({"a": "1", "d/f": "1"}), [Edit(**edit)])
    assert words in str(caught.value)


def test_a_rename_to_its_own_name_changes_nothing():
    tree = trees.from_mapping({"a": "1", "d/f": "1"})
    assert trees.rename(tree, "d", "d").entries == tree.entries


def test_an_argument_is_left_out_again_by_a_null():
    text = "FROM a\nARG V\nRUN x\n"
    changes = [Change(build_args={"V": None}), Change(build_args={"V": "1"}), Change(build_args={"W": None})]
    plan = plan_builds(text, {}, changes, build_args={"V": "1"})
    assert [fates(plan, n) for n in (1, 2, 3, 4)] == [["miss"], ["miss"], ["hit"], ["hit"]]
    proxy = plan_builds("FROM a\nRUN x\n", {}, [Change(build_args={"HTTP_PROXY": None})],
                        build_args={"HTTP_PROXY": "a"}, builder="legacy")  # fmt: skip
    assert fates(proxy, 2) == ["miss"]
