"""A registry's repositories, tags, blobs and mounts, and what a push sends."""

import pytest

from sim.archives.store import LayerStore, image_of_blobs
from sim.errors import InputError
from sim.registry.content import (
    RegistryContent,
    default_policy,
    parse_reference,
    upload_seconds,
)
from sim.registry.work import Unpacking, compressed, next_version, work_of


def image(name, **blobs):
    return image_of_blobs(name, [(digest, size, 3 * size) for digest, size in blobs.items()])


BASE = image("base:1", os=100)
APP = image("shop/app:1", os=100, python=30, code=5)


def test_a_push_sends_what_no_repository_mounts_and_the_registry_keeps_it_once():
    pushed = RegistryContent().push(BASE).registry.push(APP)
    assert [layer.digest for layer in pushed.mounted] == ["os"]
    assert pushed.sent_bytes == 35
    assert pushed.registry.stored_bytes == 135


def test_without_mounts_and_with_a_store_for_each_repository_a_blob_is_sent_and_kept_again():
    pushed = RegistryContent(mounts=False).push(BASE).registry.push(APP)
    assert (pushed.mounted, pushed.sent_bytes) == ((), 135)
    assert pushed.registry.stored_bytes == 235


def test_a_registry_with_one_store_is_sent_a_blob_again_and_keeps_it_once():
    """As recorded: an image pushed to a second repository without a mount leaves the store where it was."""
    pushed = RegistryContent(mounts=False, shared_store=True).push(BASE).registry.push(APP)
    assert (pushed.mounted, pushed.sent_bytes) == ((), 135)
    assert pushed.registry.stored_bytes == 135


def test_the_next_version_sends_its_new_layers_only():
    registry = RegistryContent(mounts=False).push(APP).registry
    for first_new, sent in ((3, 5), (2, 35), (1, 135)):
        assert registry.push(next_version(APP, first_new)).sent_bytes == sent
    again = registry.push(APP)
    assert (again.sent_bytes, len(again.present)) == (0, 3)


def test_a_tag_moves_and_a_digest_does_not():
    new = next_version(APP, 3)
    registry = RegistryContent().push(APP).registry.push(new).registry
    assert registry.resolve("shop/app:1") == new
    assert registry.resolve(f"shop/app@{APP.id}") == APP


@pytest.mark.parametrize(
    ("name", "said"),
    [("shop/none:1", "no repository 'shop/none'; there are shop/app"), ("shop/app:2", "no '2' in 'shop/app'")],
)
def test_an_unknown_name_is_refused_with_those_there_are(name, said):
    with pytest.raises(InputError, match=said):
        RegistryContent().push(APP).registry.resolve(name)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ("nginx", "latest", "")),
        ("nginx:alpine", ("nginx", "alpine", "")),
        ("localhost:5000/a/b", ("localhost:5000/a/b", "latest", "")),
        ("localhost:5000/a/b:1@sha256:ab", ("localhost:5000/a/b", "1", "sha256:ab")),
        ("a@sha256:ab", ("a", "", "sha256:ab")),
    ],
)
def test_a_reference_is_taken_apart(text, parts):
    assert parse_reference(text) == parts


@pytest.mark.parametrize("text", ["", ":1", "a:", "a@", "a b"])
def test_a_reference_with_an_empty_part_is_refused(text):
    with pytest.raises(InputError, match="is not an image's name"):
        parse_reference(text)


def test_kubernetes_asks_always_for_latest_and_for_no_tag():
    assert [default_policy(name) for name in ("a", "a:latest", "a:1", "a@sha256:b")] == [
        "Always",
        "Always",
        "IfNotPresent",
        "IfNotPresent",
    ]


def test_five_layers_are_uploaded_at_once():
    """Six of 10 bytes at 1 B/s each: five in 10 s, the sixth in 10 more; on a link of 2 B/s 25 s, and 10."""
    six = image("a", **{f"l{n}": 10 for n in range(6)}).layers
    assert upload_seconds(six, at_once=5, flow=1.0, link=100.0) == pytest.approx(20.0)
    assert upload_seconds(six, at_once=5, flow=1.0, link=2.0) == pytest.approx(35.0)
    assert upload_seconds((), at_once=5, flow=1.0, link=2.0) == 0.0


def test_a_new_layer_makes_new_chains_above_it_and_keeps_those_below():
    new = next_version(APP, 2)
    same = [a.chain_id == b.chain_id for a, b in zip(APP.layers, new.layers, strict=True)]
    assert same == [True, False, False]
    assert [layer.compressed_size for layer in new.layers] == [100, 30, 5]
    with pytest.raises(InputError, match="has no layer 4; it has 3"):
        next_version(APP, 4)


def test_stages_of_unpacking_run_side_by_side_where_there_are_cores():
    """1 s, 0.5 s and 0.25 s for 100 bytes: the slowest counts on three cores, their sum on one."""
    for cores, seconds in ((3, 1.0), (2, 1.0), (1, 1.75)):
        assert Unpacking(100.0, 200.0, 400.0, cores).seconds(100) == pytest.approx(seconds)


def test_stages_of_one_thread_take_turns():
    """1 s, 0.5 s and 0.25 s for 100 bytes, hashed by the thread that decompresses, or extracts, or does both."""
    cases = {(False, False): 1.0, (True, False): 1.5, (False, True): 1.0, (True, True): 1.75}
    for (inflates, extracts), seconds in cases.items():
        unpacking = Unpacking(100.0, 200.0, 400.0, 3, inflates=inflates, extracts=extracts)
        assert unpacking.seconds(100) == pytest.approx(seconds)
    assert Unpacking(400.0, 200.0, 400.0, 3, extracts=True).seconds(100) == pytest.approx(0.75)


def test_a_measured_chain_of_unpacking_follows_from_its_stages():
    """MB of output a second of CPU, by Go alone: its stages (R1141, R1144, R1146) give the whole (R1147) within 4 %."""
    chain = Unpacking(232.0, 1690.0, 1600.0, inflates=True, extracts=True)
    assert 1 / chain.seconds(1) == pytest.approx(180, rel=0.04)


def test_compression_changes_what_moves_and_not_what_is_unpacked():
    zstd, plain = compressed(APP, "zstd", 3.0, 1.25), compressed(APP, "none", 3.0)
    assert [layer.compressed_size for layer in zstd.layers] == [80, 24, 4]
    assert [layer.compressed_size for layer in plain.layers] == [300, 90, 15]
    assert zstd.size == plain.size == APP.size
    assert compressed(plain, "gzip", 3.0) == compressed(APP, "gzip", 3.0)


def test_an_image_with_too_many_layers_for_the_store_is_refused():
    many = image("a:1", **{f"l{n}": 1 for n in range(126)})
    with pytest.raises(InputError, match="126 layers; a graphdriver store takes 125"):
        work_of([many], LayerStore(), Unpacking(1.0, 1.0, 1.0))
