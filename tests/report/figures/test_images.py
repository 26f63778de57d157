"""Images in figures: bars are bytes, solid is added and dashed is there, and the graph has each layer once."""

from __future__ import annotations

import re

import pytest

from sim.archives.layers import Image, Layer, LayerEntry, chain_ids
from sim.errors import InputError
from sim.report.figures.images.filetree import contents, item_note, layer_files, search
from sim.report.figures.images.images import (
    ShownImage,
    hides,
    layer_bars,
    layer_table,
    next_pull,
    sharing_bars,
    sharing_graph,
    sharing_table,
    short_instruction,
)
from sim.report.graph.layout import indented
from sim.report.style import LANGUAGES, Style

MB = 1_000_000


def image(name, *layers):
    """Layers as (diff ID, MB) with their blobs at half the size."""
    chains = chain_ids([diff for diff, _ in layers])
    made = tuple(
        Layer(
            diff_id=diff,
            chain_id=chain,
            digest=f"blob {diff}",
            size=size * MB,
            compressed_size=size * MB // 2,
            compression="gzip",
            instruction=f"COPY {diff}",
        )
        for (diff, size), chain in zip(layers, chains, strict=True)
    )
    return Image(name=name, id=f"id {name}", tags=(name,), layers=made)


BASE = ("base", 80)
A = ShownImage(image("a", BASE, ("lib", 20), ("app", 5)))
B = ShownImage(image("b", BASE, ("other", 40)))
C = ShownImage(image("c", ("base", 80), ("lib", 20), ("new", 8)))
FILES = (
    (LayerEntry("bin/sh", "file", 900), LayerEntry("etc", "directory"), LayerEntry("etc/passwd", "file", 100), LayerEntry("tmp/x", "file", 50)),  # noqa: E501
    (LayerEntry("etc/passwd", "file", 110), LayerEntry("app/main", "file", 2000), LayerEntry("tmp", "whiteout")),
)  # fmt: skip


def layered():
    return tuple(
        Layer(
            diff_id=str(n),
            chain_id=str(n),
            digest=str(n),
            size=1000,
            compressed_size=10,
            compression="gzip",
            files=files,
        )
        for n, files in enumerate(FILES)
    )


def test_bars_show_what_each_image_adds_and_what_was_there(marks_of):
    spec = sharing_bars([A, B, C], Style())
    solid = {row["name"]: row["adds"] for row in marks_of(spec, "bar", color=Style().tokens.owners["files"])}
    assert solid == {"a": 105 * MB, "b": 40 * MB, "c": 8 * MB}
    dashed = {row["name"]: row["value"] - row["zero"] for row in marks_of(spec, "bar", strokeDash=[4, 3])}
    assert dashed == {"b": 80 * MB, "c": 100 * MB}


def test_the_table_says_what_removal_frees_and_what_a_pull_moves():
    rows = {row["image"]: row for row in sharing_table([A, B, C])}
    assert rows["a"]["removal frees"] == "5.0\u202fMB"
    assert rows["c"]["pull moves"] == "4.0\u202fMB"
    assert rows["b"]["shared"] == "80\u202fMB"


def test_sizes_of_which_only_the_manifest_is_known_are_estimates(marks_of):
    guess = ShownImage(A.image, estimate=True)
    spec = sharing_bars([guess, B], Style())
    assert [row["name"] for row in marks_of(spec, "bar", strokeDash=[5, 3])] == ["a"]
    assert "est." in sharing_table([guess])[0]["size"]
    assert "est." not in sharing_table([guess])[0]["pull moves"]


def test_the_graph_has_a_card_for_shared_layers_and_one_an_image():
    svg = sharing_graph([A, B, C], Style())
    nodes = re.findall(r'data-node="([^"]+)"', svg)
    lib = A.image.layers[1].chain_id
    assert nodes == ["base", lib, "image:a", "image:b", "image:c"]
    edges = set(re.findall(r'data-from="([^"]+)" data-to="([^"]+)"', svg))
    assert edges == {("base", lib), ("base", "image:b"), (lib, "image:a"), (lib, "image:c")}


def test_what_the_next_pull_brings_is_dashed_and_an_image_that_is_there_is_not():
    svg = sharing_graph([A, B], Style(), coming=C)
    assert re.search(r'class="n absent" data-node="image:c"', svg)
    assert "pull moves 4.0\u202fMB" in svg
    assert "absent" not in re.sub(r"<style>.*?</style>", "", sharing_graph([A, B], Style(), coming=A))


def test_the_next_pull_skips_layers_and_blobs_that_are_there():
    plan = next_pull([A, B], C, "graphdriver")
    assert ([layer.diff_id for layer in plan.fetch], len(plan.present)) == (["new"], 2)
    other = ShownImage(image("d", ("root", 1), BASE))
    assert next_pull([A], other, "graphdriver").moved_bytes == 81 * MB // 2
    assert next_pull([A], other, "containerd").moved_bytes == MB // 2
    deep = ShownImage(image("deep", *((str(n), 1) for n in range(126))))
    with pytest.raises(InputError, match="125 at most"):
        next_pull([A], deep, "graphdriver")


def test_the_selected_images_own_layers_are_flagged():
    assert "freed" in sharing_graph([A, B], Style(), selected="image:b")
    assert "freed" not in sharing_graph([A, B], Style(), selected="")


def test_each_layer_says_what_it_hides_of_those_below():
    # The second layer replaces etc/passwd (100 B) and deletes tmp with x (50 B).
    assert hides(layered()) == (0, 150)
    shown = ShownImage(Image(name="i", id="i", layers=layered()))
    assert [row["hides below"] for row in layer_table(shown)] == ["0\u202fB", "150\u202fB"]


def test_a_lane_a_layer_is_as_long_as_its_size(marks_of):
    rows = marks_of(layer_bars(A, Style()), "bar", color=Style().tokens.owners["files"])
    assert [(row["value"], row["stored"]) for row in rows] == [
        (80 * MB, 40 * MB),
        (20 * MB, 10 * MB),
        (5 * MB, 2.5 * MB),
    ]


def test_a_folder_lists_its_children_with_sums_and_fates():
    files = layer_files(layered(), 0)
    assert [(item.name, item.size, item.files, item.hidden) for item in contents(files)] == [
        ("bin", 900, 1, 0),
        ("etc", 100, 1, 100),
        ("tmp", 50, 1, 50),
    ]
    (passwd,) = contents(files, "etc")
    assert (passwd.path, passwd.folder, passwd.mark) == ("etc/passwd", False, "new")
    assert "hidden later" in item_note(passwd)
    upper = {
        item.path: item.mark for item in contents(layer_files(layered(), 1)) + search(layer_files(layered(), 1), "p")
    }
    assert upper["tmp"] == "deletes"
    assert upper["etc/passwd"] == "replaces"
    assert upper["app/main"] == "new"


def test_a_search_finds_paths_whatever_their_case_the_largest_first():
    found = [item.path for item in search(layer_files(layered(), 0), "S")]
    assert found == ["bin/sh", "etc/passwd"]


def test_instructions_lose_what_every_builder_writes_around_them():
    assert short_instruction('/bin/sh -c #(nop)  CMD ["x"]') == 'CMD ["x"]'
    assert short_instruction("RUN /bin/sh -c apk add   x # buildkit") == "RUN apk add x"
    assert short_instruction("COPY a b # buildkit") == "COPY a b"


def test_a_tree_has_a_row_a_node_and_moves_branches_right():
    layout = indented(["r", "a", "b", "c"], [("r", "a"), ("r", "b"), ("b", "c")], 0.2)
    assert layout.places == {"r": (0.5, 0), "a": (0.7, 1), "b": (0.7, 2), "c": (0.7, 3)}
    with pytest.raises(ValueError, match="two parents"):
        indented(["a", "b", "c"], [("a", "c"), ("b", "c")], 0.2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_compile(language, drawn):
    style = Style("dark", language)
    drawn(sharing_bars([A, B, C], style), style)
    drawn(layer_bars(A, style), style)
