"""dive's figures, on inputs and results that dive's own repository publishes, and by hand."""

import pytest

from sim.archives.efficiency import efficiency
from sim.archives.layers import LayerEntry
from sim.archives.whiteouts import hidden_bytes

MIB = 2**20


def f(path, size):
    return LayerEntry(path, "file", size)


def d(*paths):
    return [LayerEntry(path, "directory") for path in paths]


SOME = 6405
"""Bytes of the file that dive's test image copies about."""

TEST_IMAGE = [
    # busybox: 1,154,361 B in files that no later layer touches; they stand here as two.
    [f("bin/[", 1_075_464), f("rest", 78_897), *d("bin", "root", "tmp")],
    [f("somefile.txt", SOME)],
    d("root/example/really/nested", "root/example/really", "root/example", "root"),
    [f("root/example/somefile1.txt", SOME), *d("root/example", "root")],
    [f("root/example/somefile1.txt", SOME), *d("root/example", "root")],
    [f("root/example/somefile2.txt", SOME), *d("root/example", "root")],
    [f("root/example/somefile3.txt", SOME), *d("root/example", "root")],
    [LayerEntry("root/example/somefile3.txt", "whiteout"), *d("root/example"), f("root/saved.txt", SOME), *d("root")],
    [f("root/.saved.txt", SOME), *d("root")],
    [LayerEntry("root/example", "whiteout"), *d("root")],
    [f("root/.data/tag.sh", 917), f("root/.data/test.sh", 1270), *d("root/.data", "root")],
    [f("tmp/saved.again1.txt", SOME), *d("tmp")],
    [f("root/.data/saved.again2.txt", SOME), *d("root/.data", "root")],
    [f("root/saved.txt", SOME), *d("root")],
]
"""The layers of dive's .data/test-docker-image.tar, as the snapshot of its export test lists them
(cmd/dive/cli/internal/command/export/testdata/snapshots/export_test.snap)."""


def test_dive_s_own_test_image_gives_dive_s_published_figures():
    """image_archive_analysis_test.go: 0.9844212134184309, 1,220,598 B, 32,025 B, 0.4834911001404049."""
    assert sum(entry.size for layer in TEST_IMAGE for entry in layer) == 1_220_598
    found = efficiency(TEST_IMAGE)
    assert found.efficiency == 0.9844212134184309
    assert found.wasted_bytes == 32_025
    assert found.wasted_share == 0.4834911001404049


def test_dive_s_own_test_image_wastes_the_three_paths_that_its_snapshot_names():
    assert [path for path in efficiency(TEST_IMAGE).paths if path[1]] == [
        ("/root/example/somefile1.txt", 12810),
        ("/root/saved.txt", 12810),
        ("/root/example/somefile3.txt", 6405),
    ]


def test_bytes_hidden_in_dive_s_test_image():
    """By hand: somefile1 twice, somefile2 and somefile3 are deleted, saved.txt is overwritten once."""
    assert hidden_bytes(TEST_IMAGE) == 5 * SOME


def test_dive_s_unit_test_of_efficiency():
    """efficiency_test.go, TestEfficency: the directory deleted has no entry of its own, so it counts 0."""
    found = efficiency(
        [
            [f("etc/nginx/nginx.conf", 2000), f("etc/nginx/public", 3000)],
            [f("etc/nginx/nginx.conf", 5000), f("etc/athing", 10000)],
            [LayerEntry("etc/nginx", "whiteout")],
        ]
    )
    assert found.efficiency == 0.75
    assert found.paths == (("/etc/nginx/nginx.conf", 7000),)


def test_dive_s_unit_test_of_an_image_of_nothing():
    """efficiency_test.go, TestEfficency_ScratchImage."""
    found = efficiency([[f("nothing", 0)], [], []])
    assert found.efficiency == 1.0
    assert found.paths == ()
    assert efficiency([]).efficiency == 1.0


@pytest.mark.parametrize(
    ("second", "wasted", "hidden", "score"),
    [
        ([LayerEntry("big", "whiteout")], 20 * MIB, 20 * MIB, 0.0),
        ([LayerEntry("big", "file", 20 * MIB, mode=0o755)], 40 * MIB, 20 * MIB, 0.5),
        ([f("big", 5 * MIB)], 25 * MIB, 20 * MIB, 0.2),
    ],
    ids=["rm", "chmod", "overwrite"],
)
def test_dive_counts_the_visible_version_as_wasted_too_and_the_honest_figure_does_not(second, wasted, hidden, score):
    """A 20 MiB file, and what a second layer does to it. dive's score of an rm is 0: its whiteout has the size 0."""
    layers = [[f("big", 20 * MIB)], second]
    found = efficiency(layers)
    assert found.wasted_bytes == wasted
    assert found.efficiency == score
    assert hidden_bytes(layers) == hidden


def test_dive_misses_what_a_deleted_directory_held_once_and_the_honest_figure_counts_it():
    """A directory's whiteout is a path of its own: seen once, so nothing is wasted, yet its bytes lower the score."""
    layers = [[*d("d"), f("d/a", 100), f("d/b", 50)], [LayerEntry("d", "whiteout")]]
    found = efficiency(layers)
    assert found.wasted_bytes == 0
    assert found.efficiency == 1.0
    assert hidden_bytes(layers) == 150


def test_an_opaque_marker_hides_nothing_for_dive():
    layers = [
        [*d("d"), f("d/a", 100)],
        [*d("d"), LayerEntry("d", "opaque"), f("d/b", 1)],
        [LayerEntry("d", "whiteout")],
    ]
    assert efficiency(layers).wasted_bytes == 0
    # The whiteout of d adds 101 B as both the cumulative and the smallest size.
    assert efficiency([*layers, [f("d", 1)]]).efficiency == (100 + 1 + 1) / (100 + 1 + 101 + 1)
    assert hidden_bytes(layers) == 101


def test_the_layers_that_have_a_wasted_path_are_told_bottom_first():
    """By the list above, from 0: somefile1 in 3 and 4, saved.txt in 7 and 13; somefile3 in 6, its whiteout in 7."""
    layers = {one.path.rpartition("/")[2]: one.layers for one in efficiency(TEST_IMAGE).wasted if one.bytes}
    assert layers == {"somefile1.txt": (3, 4), "saved.txt": (7, 13), "somefile3.txt": (6, 7)}
