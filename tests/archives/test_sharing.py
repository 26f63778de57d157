"""The layer graph of a host and its store: three images, the sums done by hand.

base (100 B, 40 stored) - python (200 B, 80 stored) - one (10 B, 4 stored): image "one"
                                                    - two (20 B, 8 stored): image "two"
other (50 B, 20 stored) - python again, on another parent: image "three"
"""

import networkx as nx
import pytest

from sim.archives.layers import Image, Layer, chain_ids
from sim.archives.sharing import host_size, image_nodes, layer_graph, shares
from sim.archives.store import LayerStore, image_of_blobs
from sim.errors import InputError

SIZES = {"base": (100, 40), "python": (200, 80), "one": (10, 4), "two": (20, 8), "other": (50, 20)}


def image(name, *parts, image_id=""):
    diff_ids = [f"sha256:{part}" for part in parts]
    layers = [
        Layer(
            diff_id=diff_id,
            chain_id=chain_id,
            digest=f"sha256:gz-{part}",
            size=SIZES[part][0],
            compressed_size=SIZES[part][1],
            compression="gzip",
        )
        for part, diff_id, chain_id in zip(parts, diff_ids, chain_ids(diff_ids), strict=True)
    ]
    return Image(name=name, id=image_id or f"id-{name}", layers=tuple(layers))


ONE = image("one", "base", "python", "one")
TWO = image("two", "base", "python", "two")
THREE = image("three", "other", "python")


def test_the_graph_has_each_chain_once_and_an_edge_from_parent_to_child():
    graph = layer_graph([ONE, TWO, THREE])
    assert nx.is_directed_acyclic_graph(graph)
    layers = [node for node, kind in graph.nodes(data="kind") if kind == "layer"]
    # base, base+python, +one, +two, other, other+python
    assert len(layers) == 6
    assert set(graph.successors(ONE.layers[1].chain_id)) == {ONE.layers[2].chain_id, TWO.layers[2].chain_id}
    assert list(graph.successors(TWO.layers[2].chain_id)) == ["image:two"]
    assert image_nodes(graph) == ("image:one", "image:two", "image:three")
    assert graph.nodes[ONE.layers[0].chain_id]["compressed_size"] == 40


def test_what_each_image_adds_moves_and_frees():
    one, two, three = shares(layer_graph([ONE, TWO, THREE]))
    assert (one.size, one.adds, one.moves, one.frees, one.shared) == (310, 310, 124, 10, 300)
    assert (two.size, two.adds, two.moves, two.frees, two.shared) == (320, 20, 8, 20, 300)
    # python lies on another parent: it takes its room again, but its blob was moved with the first image.
    assert (three.size, three.adds, three.moves, three.frees, three.shared) == (250, 250, 20, 250, 0)
    assert host_size(layer_graph([ONE, TWO, THREE])) == 310 + 20 + 250


def test_what_is_added_hangs_on_the_order_and_what_is_freed_does_not():
    two, one = shares(layer_graph([TWO, ONE]))
    assert (two.adds, one.adds) == (320, 10)
    assert (two.frees, one.frees) == (20, 10)


def test_an_image_within_another_frees_nothing():
    parent, child = shares(layer_graph([image("parent", "base"), ONE]))
    assert (parent.frees, child.frees) == (0, 210)


def test_two_images_of_one_name_stay_apart_and_one_image_twice_is_one():
    graph = layer_graph([image("app", "base"), image("app", "other", image_id="newer"), image("app", "base")])
    assert image_nodes(graph) == ("image:app", "image:app@newer")


def test_an_image_without_layers_is_in_the_graph():
    (empty,) = shares(layer_graph([Image(name="scratch", id="i", layers=())]))
    assert (empty.layers, empty.size, empty.adds) == (0, 0, 0)


def test_a_pull_moves_only_the_layers_that_are_not_there():
    store = LayerStore().add(ONE)
    plan = store.plan_pull(TWO)
    assert (len(plan.present), plan.moved_bytes, plan.unpacked_bytes) == (2, 8, 20)
    assert store.plan_pull(ONE).moved_bytes == 0
    assert LayerStore().plan_pull(ONE).moved_bytes == 124


def test_only_a_store_that_keeps_blobs_is_spared_a_layer_on_another_parent():
    """dockerd's graph driver fetches python again; containerd has its blob, and only unpacks it again."""
    again = LayerStore("graphdriver").add(ONE).plan_pull(THREE)
    assert (again.moved_bytes, again.unpacked_bytes) == (100, 250)
    kept = LayerStore("containerd").add(ONE).plan_pull(THREE)
    assert (kept.moved_bytes, kept.unpacked_bytes) == (20, 250)


def test_a_blob_twice_in_an_image_is_fetched_once_and_unpacked_twice():
    plan = LayerStore().plan_pull(image("twice", "one", "base", "one"))
    assert (plan.moved_bytes, plan.unpacked_bytes) == (44, 120)


def test_disk_use_counts_compressed_blobs_where_they_are_kept():
    assert LayerStore("graphdriver").add(ONE).add(TWO).disk_bytes == 330
    assert LayerStore("containerd").add(ONE).add(TWO).disk_bytes == 330 + 132


def test_removal_frees_what_no_other_image_has():
    store = LayerStore().add(ONE).add(TWO)
    assert store.frees("one") == 10
    assert store.remove("one").frees("two") == 320
    assert store.remove("one").remove("two").disk_bytes == 0
    with pytest.raises(InputError, match="no image 'six'; there are one, two"):
        store.remove("six")


def test_a_retagged_image_dangles_and_keeps_its_layers():
    """A tag pulled again under a new digest, as three generations of one base image on a host."""
    store = LayerStore().add(image("app", "base", "one")).add(image("app", "base", "two", image_id="newer"))
    assert [one.id for one in store.dangling] == ["id-app"]
    assert store.disk_bytes == 100 + 10 + 20
    assert store.add(image("app", "base", "one")).dangling == (store.images["app"],)


def test_a_graph_driver_takes_125_layers_and_containerd_more():
    blobs = [(f"sha256:{number}", 1, 2) for number in range(126)]
    assert LayerStore().plan_pull(image_of_blobs("deep", blobs[:125])).moved_bytes == 125
    with pytest.raises(InputError, match="deep has 126 layers; a graphdriver store takes 125 at most"):
        LayerStore().plan_pull(image_of_blobs("deep", blobs))
    assert LayerStore("containerd").plan_pull(image_of_blobs("deep", blobs)).moved_bytes == 126


def test_images_known_by_their_manifests_share_equal_beginnings():
    first = image_of_blobs("a:1", [("sha256:b", 40, 100), ("sha256:x", 4, 10)])
    second = image_of_blobs("b:1", [("sha256:b", 40, 100), ("sha256:y", 8, 20)])
    assert LayerStore().add(first).plan_pull(second).moved_bytes == 8
