"""Contexts: from a disk and a mapping, edits as pure functions, ignore rules, what of a tree is selected."""

import os

import pytest

from sim.builds.context import tree as trees
from sim.builds.context.ignore import rules_of
from sim.builds.context.patterns import glob
from sim.builds.context.rootfs import Files, TreeView, opaque
from sim.builds.context.selection import Selector, has_wildcard, resolve, select
from sim.builds.context.tree import from_directory, from_mapping, synced
from sim.errors import InputError


def digest(tree, path, **more):
    return select(TreeView(tree), [Selector(path, has_wildcard(path), **more)]).digest


def test_a_directory_is_read_with_modes_links_and_contents(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("hello")
    (tmp_path / "d" / "f").chmod(0o640)
    (tmp_path / "l").symlink_to("d/f")
    tree = from_directory(tmp_path)
    assert list(tree) == ["d", "d/f", "l"]
    entry = tree.get("d/f")
    assert (entry.kind, entry.mode, entry.size, entry.uid) == ("file", 0o640, 5, 0)
    assert tree.text("d/f") == "hello"
    assert (tree.get("l").kind, tree.get("l").target) == ("link", "d/f")


def test_contents_are_read_when_they_are_first_asked_for_and_once(tmp_path):
    (tmp_path / "f").write_text("1")
    tree = from_directory(tmp_path)
    first = tree.get("f").content.digest
    (tmp_path / "f").write_text("2")
    assert tree.get("f").content.digest == first
    assert from_directory(tmp_path).get("f").content.digest != first


def test_a_directory_of_too_many_paths_is_refused(tmp_path):
    for n in range(5):
        (tmp_path / str(n)).touch()
    with pytest.raises(InputError, match="holds more than 4 paths"):
        from_directory(tmp_path, max_files=4)


def test_devices_and_pipes_are_never_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert from_directory(tmp_path).get("pipe").content.digest == "device"


def test_edits_leave_the_tree_they_start_from_alone():
    tree = from_mapping({"a": "1", "d/b": "2"})
    edited = trees.append(trees.write(tree, "a", "9"), "d/b", "3")
    assert (tree.text("a"), tree.text("d/b")) == ("1", "2")
    assert (edited.text("a"), edited.text("d/b")) == ("9", "23")


def test_a_written_file_keeps_the_mode_it_had():
    tree = trees.change(from_mapping({"a": "1"}), "a", mode=0o755)
    assert trees.write(tree, "a", "2").get("a").mode == 0o755


def test_a_file_in_place_of_a_directory_removes_what_was_below():
    tree = trees.write(from_mapping({"d/a": "1", "d/e/f": "1", "da": "1"}), "d", "now a file")
    assert list(tree) == ["d", "da"]


def test_renaming_moves_all_below():
    tree = trees.rename(from_mapping({"d/a": "1", "d/e/f": "1", "da": "1"}), "d", "x/y")
    assert list(tree) == ["da", "x", "x/y", "x/y/a", "x/y/e", "x/y/e/f"]


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/../a"])
def test_a_path_that_leaves_the_tree_is_refused(path):
    with pytest.raises(InputError, match="leaves the build context"):
        trees.clean(path)


def test_a_path_is_cleaned():
    assert [trees.clean(p) for p in ("./a//b/", "/a", "a/../b", ".", "")] == ["a/b", "a", "b", "", ""]


def test_the_last_matching_rule_decides():
    tree = from_mapping(
        {"docs/a.md": "", "docs/README.md": "", "x/y/z.log": "", ".dockerignore": "docs/*\n!docs/README.md\n**/*.log\n"}
    )
    assert list(rules_of(tree).visible(tree)) == [".dockerignore", "docs", "docs/README.md", "x", "x/y"]


def test_a_directory_is_kept_for_what_is_let_in_again():
    tree = from_mapping({"d/e/a": "", "d/b": "", ".dockerignore": "d\n!d/e/a\n"})
    assert list(rules_of(tree).visible(tree)) == [".dockerignore", "d", "d/e", "d/e/a"]


def test_comments_and_blank_lines_are_no_rules_and_the_culprit_has_its_line():
    tree = from_mapping({"a.log": "", ".dockerignore": "# all logs\n\n*.log\n"})
    ignore = rules_of(tree)
    assert ignore.culprit("a.log") == (3, "*.log")
    assert ignore.culprit("b") is None


def test_a_rule_that_cannot_be_read_is_a_problem_with_its_file_and_line():
    tree = from_mapping({".dockerignore": "# all\n\nx\n[\n*.md\n[]a\n"})
    with pytest.raises(InputError) as caught:
        rules_of(tree).visible(tree)
    assert [(p.file, p.line, p.excerpt) for p in caught.value.problems] == [
        (".dockerignore", 4, "["), (".dockerignore", 6, "[]a"),
    ]  # fmt: skip
    assert "syntax error in pattern" in str(caught.value)


def test_a_transfer_trusts_size_mode_and_time():
    old = trees.change(from_mapping({"f": "1"}), "f", mtime=5.0)
    new = trees.change(trees.write(old, "f", "2"), "f", mtime=5.0)
    assert synced(old, new).text("f") == "1"
    later = trees.change(new, "f", mtime=6.0)
    assert synced(old, later).text("f") == "2"
    longer = trees.change(trees.write(old, "f", "22"), "f", mtime=5.0)
    assert synced(old, longer).text("f") == "22"
    assert synced(None, new).text("f") == "2"


def test_a_selected_file_counts_without_its_name_and_a_directory_with_the_names_below():
    tree = from_mapping({"a": "1", "b": "1", "d/a": "1", "e/a": "1", "f/b": "1"})
    assert digest(tree, "/a") == digest(tree, "/b")
    assert digest(tree, "/d") == digest(tree, "/e") != digest(tree, "/f")


def test_everything_but_the_time_of_a_file_counts():
    tree = from_mapping({"a": "1"})
    same = trees.change(tree, "a", mtime=7.0)
    assert digest(tree, "/a") == digest(same, "/a")
    for change in ({"mode": 0o600}, {"uid": 5}, {"gid": 5}):
        assert digest(trees.change(tree, "a", **change), "/a") != digest(tree, "/a")


def test_wildcards_do_not_cross_slashes_and_take_whole_directories():
    tree = from_mapping({"foo1": "1", "foo2/x": "1", "bar/foo3": "1"})
    parts = select(TreeView(tree), [Selector("/foo*", wildcard=True)]).parts
    assert [path for path, _ in parts] == ["foo1", "foo2", "foo2/x"]
    assert bool(glob("a[0-9]?").fullmatch("a1x"))
    assert not glob("*").fullmatch("a/b")
    assert not has_wildcard("a\\*")


def test_links_on_the_way_are_followed_within_the_tree():
    tree = trees.link(trees.link(from_mapping({"real/f": "1"}), "l", "real"), "up", "../../real")
    assert resolve(TreeView(tree), "l/f") == "real/f"
    assert resolve(TreeView(tree), "up/f") == "real/f"
    loop = trees.link(trees.link(from_mapping({}), "a", "b"), "b", "a")
    assert resolve(TreeView(loop), "a") in ("a", "b")


def test_include_and_exclude_patterns_choose_below_the_path():
    tree = from_mapping({"s/a.txt": "1", "s/b.md": "1", "s/t/c.txt": "1"})
    chosen = select(TreeView(tree), [Selector("/s", exclude=("**/*.md",))]).parts
    assert [path for path, _ in chosen] == ["s", "s/a.txt", "s/t", "s/t/c.txt"]
    chosen = select(TreeView(tree), [Selector("/", include=("s/t/c.txt",))]).parts
    assert [path for path, _ in chosen] == ["s", "s/t", "s/t/c.txt"]


def test_a_runs_token_taints_all_it_may_have_written_until_a_known_file_covers_it():
    base = Files(tokens=("base",))
    ran = Files((base,), tokens=("run 1",))
    copied = Files((ran,), written=lambda: {"app/f": trees.file("x")})
    assert copied.listing("app/f").taint == ()
    assert copied.listing("app").taint == ("run 1",)
    assert copied.listing("etc").taint == ("run 1",)
    declared = Files((ran,), written=lambda: {"out/f": trees.file("x")}, declared=True)
    assert declared.listing("out").taint == ()
    assert declared.listing("etc").taint == ("run 1",)


def test_a_path_inside_an_opaque_copy_has_a_token_of_its_own():
    files = Files((), written=lambda: {"o": opaque("t")})
    inside = {files.listing(path).entries[0][1].content.digest for path in ("o", "o/a", "o/b")}
    assert len(inside) == 3


def test_merged_layers_show_the_upper_one():
    lower = Files(written=lambda: {"f": trees.file("old"), "g": trees.file("g")})
    upper = Files(written=lambda: {"f": trees.file("new")})
    merged = Files((upper, lower))
    held = {path: entry.content.read() for path, entry in merged.listing("").entries}
    assert held == {"f": b"new", "g": b"g"}
    assert merged.lookup("f").content.read() == b"new"
