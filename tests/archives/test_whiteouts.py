"""What stays visible when layers are stacked: the OCI image-spec's layer.md, rule by rule."""

import pytest

from sim.archives.layers import LayerEntry
from sim.archives.tarball import Member
from sim.archives.whiteouts import clean, entry, hidden_bytes
from sim.errors import InputError

MIB = 2**20


def f(path, size):
    return LayerEntry(path, "file", size)


def test_nothing_is_hidden_in_one_layer_or_in_layers_side_by_side():
    assert hidden_bytes([]) == 0
    assert hidden_bytes([[f("a", 5)]]) == 0
    assert hidden_bytes([[f("d/a", 5)], [LayerEntry("d", "directory"), f("d/b", 7)]]) == 0


@pytest.mark.parametrize(
    ("second", "hidden"),
    [
        ([LayerEntry("big", "whiteout")], 20 * MIB),
        ([LayerEntry("big", "file", 20 * MIB, mode=0o755)], 20 * MIB),
        ([f("big", 3)], 20 * MIB),
        ([LayerEntry("big", "symlink", link="other")], 20 * MIB),
        ([LayerEntry("big", "directory")], 20 * MIB),
        ([f("big/inside", 1)], 20 * MIB),
    ],
    ids=["rm", "chmod", "overwrite", "symlink over it", "directory over it", "a path below it"],
)
def test_a_20_mib_file_stays_in_its_layer_whatever_the_next_layer_does(second, hidden):
    assert hidden_bytes([[f("big", 20 * MIB)], second]) == hidden


def test_deleting_a_directory_hides_all_below_it():
    below = [f("d/a", 1), f("d/e/b", 10), f("keep", 100)]
    assert hidden_bytes([below, [LayerEntry("d", "whiteout")]]) == 11
    assert hidden_bytes([below, [f("d", 1000)]]) == 11


def test_an_opaque_directory_hides_what_is_below_and_not_what_stands_beside_it_in_its_layer():
    below = [f("d/a", 1), f("d/e/b", 10)]
    for order in ([LayerEntry("d", "opaque"), f("d/c", 100)], [f("d/c", 100), LayerEntry("d", "opaque")]):
        assert hidden_bytes([below, order]) == 11


def test_a_whiteout_does_not_touch_its_own_layer():
    """Deleted and written anew in one layer, in either order of the tar."""
    for order in ([LayerEntry("a", "whiteout"), f("a", 100)], [f("a", 100), LayerEntry("a", "whiteout")]):
        assert hidden_bytes([[f("a", 1)], order]) == 1


def test_a_whiteout_of_nothing_is_harmless():
    assert (
        hidden_bytes(
            [[f("a", 1)], [LayerEntry("b", "whiteout"), LayerEntry("c/d", "whiteout"), LayerEntry("e", "opaque")]]
        )
        == 0
    )


def test_hard_links_are_one_content_and_keep_it_visible():
    linked = [f("a", 8), LayerEntry("b", "hardlink", link="a")]
    assert hidden_bytes([linked]) == 0
    assert hidden_bytes([linked, [LayerEntry("a", "whiteout")]]) == 0
    assert hidden_bytes([linked, [LayerEntry("a", "whiteout"), LayerEntry("b", "whiteout")]]) == 8
    assert hidden_bytes([[f("a", 8)], [LayerEntry("c", "hardlink", link="a"), f("a", 2)]]) == 0


def test_a_path_twice_in_one_layer_is_the_last_as_for_tar():
    assert hidden_bytes([[f("a", 1), f("a", 10)]]) == 1


def test_names_are_taken_relative_to_the_root():
    assert [clean(name, "") for name in ("./", ".", "./a//b/./c", "a/", "a..b/c..")] == [
        "",
        "",
        "a/b/c",
        "a",
        "a..b/c..",
    ]


def member(name, kind="file", link=""):
    return Member(name, kind, 0, 0, link, 0o644)


@pytest.mark.parametrize("name", ["../a", "a/../../b", "a/..", "/etc/passwd", "//a", "./../a"])
def test_names_out_of_the_tree_are_refused(name):
    with pytest.raises(InputError, match=r"absolute name|leads out of its tree"):
        entry(member(name), "layer")


@pytest.mark.parametrize(
    ("name", "target"),
    [("a", ".."), ("a", "../a"), ("d/a", "../../x"), ("d/e/a", "../x/../../../y"), ("a", "/../x")],
)
def test_symbolic_links_that_climb_above_the_root_are_refused(name, target):
    with pytest.raises(InputError, match="leads out of its tree"):
        entry(member(name, "symlink", target), "layer")


@pytest.mark.parametrize(("name", "target"), [("a", "b"), ("d/a", "../b"), ("d/e/a", "../../b"), ("a", "/usr/bin/b")])
def test_symbolic_links_inside_are_kept_as_written(name, target):
    assert entry(member(name, "symlink", target), "layer") == LayerEntry(name, "symlink", 0, target, 0o644)


@pytest.mark.parametrize("target", ["../a", "a/../../b"])
def test_hard_links_out_of_the_tree_are_refused(target):
    with pytest.raises(InputError, match="hard link target"):
        entry(member("a", "hardlink", target), "layer")


def test_whiteout_names_become_the_paths_they_delete():
    assert entry(member("d/.wh.a"), "") == LayerEntry("d/a", "whiteout")
    assert entry(member(".wh.a"), "") == LayerEntry("a", "whiteout")
    assert entry(member("d/.wh..wh..opq"), "") == LayerEntry("d", "opaque")
    assert entry(member(".wh..wh..opq"), "") == LayerEntry("", "opaque")


def test_the_book_keeping_of_aufs_is_skipped():
    assert entry(member(".wh..wh.plnk", "directory"), "") is None
    assert entry(member(".wh..wh.aufs"), "") is None


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "d/.wh..."])
def test_whiteouts_of_no_name_or_of_the_parent_are_refused(name):
    with pytest.raises(InputError, match="names no file"):
        entry(member(name), "layer")
