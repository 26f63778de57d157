"""Every form of archive and layout gives the same image: layers, digests and sizes worked out here with hashlib."""

import gzip
import hashlib
import importlib
import json
import sys

import pytest

from sim.archives.archive import read_images
from sim.inspection import inspect


@pytest.fixture
def layers(make):
    """Three layers: a file, a second one, and the deletion of the first."""
    return [
        make.tar(make.folder("etc"), make.file("etc/a", 1000)),
        make.tar(make.file("b", 300)),
        make.tar(make.file("etc/.wh.a")),
    ]


HISTORY = [
    {"created_by": "COPY a /etc/a", "created": "2024-01-01T00:00:00Z", "comment": "buildkit.dockerfile.v0"},
    {"created_by": "ENV A=1", "empty_layer": True},
    {"created_by": "COPY b /b"},
    {"created_by": "RUN rm /etc/a"},
]


def check(image, layers, compressed=None):
    """The image is made of these layers, given as tars, and stored as `compressed`."""
    stored = compressed or layers
    diff_ids = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    assert [layer.diff_id for layer in image.layers] == diff_ids
    assert [layer.digest for layer in image.layers] == ["sha256:" + hashlib.sha256(one).hexdigest() for one in stored]
    assert [layer.size for layer in image.layers] == [len(layer) for layer in layers]
    assert [layer.compressed_size for layer in image.layers] == [len(one) for one in stored]
    chain = diff_ids[0]
    for layer, diff_id in zip(image.layers[1:], diff_ids[1:], strict=True):
        chain = "sha256:" + hashlib.sha256(f"{chain} {diff_id}".encode()).hexdigest()
        assert layer.chain_id == chain


def zipped(layers):
    return [gzip.compress(layer, mtime=0) for layer in layers]


def test_docker_save_in_its_old_form(make, write, layers):
    (image,) = read_images(write(make.docker_save((["app:1", "app:latest"], layers), history=HISTORY)))
    check(image, layers)
    assert (image.name, image.tags) == ("app:1", ("app:1", "app:latest"))
    assert [layer.instruction for layer in image.layers] == ["COPY a /etc/a", "COPY b /b", "RUN rm /etc/a"]
    assert [sum(entry.size for entry in layer.files) for layer in image.layers] == [1000, 300, 0]


def test_several_images_share_layers_through_symbolic_links(make, write, layers):
    first, second = read_images(write(make.docker_save((["one:1"], layers[:2]), (["two:1"], [layers[0], layers[2]]))))
    check(first, layers[:2])
    check(second, [layers[0], layers[2]])
    assert first.layers[0].chain_id == second.layers[0].chain_id


def test_an_image_without_tags_is_named_by_its_id(make, write, layers):
    (image,) = read_images(write(make.docker_save((None, layers))))
    assert image.name == image.id == make.sha256(make.config(layers))


def new_form(make, layers, compress):
    """docker save since 25: an OCI layout whose blobs manifest.json names too."""
    files = make.oci_files(("latest", layers), compress=compress)
    manifest = next(json.loads(data) for data in files.values() if b'"config": {"mediaType"' in data)
    path = {digest: "blobs/" + digest.replace(":", "/") for digest in (one["digest"] for one in manifest["layers"])}
    files["manifest.json"] = json.dumps(
        [
            {
                "Config": "blobs/" + manifest["config"]["digest"].replace(":", "/"),
                "RepoTags": ["app:latest"],
                "Layers": [path[one["digest"]] for one in manifest["layers"]],
                "LayerSources": {one["digest"]: one for one in manifest["layers"]},
            }
        ]
    ).encode()
    return files


def test_docker_save_in_its_new_form_with_plain_blobs_as_overlay2_writes(make, write, layers):
    (image,) = read_images(write(make.tar_of(new_form(make, layers, lambda layer: layer))))
    check(image, layers)
    assert image.name == "app:latest"
    assert {layer.compression for layer in image.layers} == {"none"}


def test_docker_save_in_its_new_form_with_gzip_as_containerd_writes(make, write, layers):
    (image,) = read_images(write(make.tar_of(new_form(make, layers, lambda layer: gzip.compress(layer, mtime=0)))))
    check(image, layers, zipped(layers))
    assert {layer.compression for layer in image.layers} == {"gzip"}


def test_kaniko_names_its_configuration_and_layers_by_digest(make, write, layers):
    config = make.config(layers)
    names = [make.sha256(one).removeprefix("sha256:") + ".tar.gz" for one in zipped(layers)]
    manifest = [{"Config": make.sha256(config), "RepoTags": ["k:1"], "Layers": names}]
    files = {make.sha256(config): config, **dict(zip(names, zipped(layers), strict=True))}
    (image,) = read_images(write(make.tar_of(files | {"manifest.json": json.dumps(manifest).encode()})))
    check(image, layers, zipped(layers))


def test_skopeo_puts_layers_at_the_top_and_links_the_old_names_to_them(make, write, layers):
    config = make.config(layers)
    tops = [make.sha256(layer).removeprefix("sha256:") + ".tar" for layer in layers]
    links = [make.symlink(f"{number:064x}/layer.tar", f"../{top}") for number, top in enumerate(tops)]
    for names in (tops, [info.name for info, _ in links]):
        manifest = [{"Config": "c.json", "RepoTags": ["s:1"], "Layers": names}]
        data = make.tar(
            *(make.file(top, layer) for top, layer in zip(tops, layers, strict=True)),
            make.file("c.json", config), *links, make.file("manifest.json", json.dumps(manifest).encode()),
        )  # fmt: skip
        (image,) = read_images(write(data))
        check(image, layers)


def test_an_oci_layout_as_folder_and_as_tar(make, write, layers):
    files = make.oci_files(("v1", layers), history=HISTORY)
    for content in (files, make.tar_of(files), gzip.compress(make.tar_of(files))):
        (image,) = read_images(write(content))
        check(image, layers, zipped(layers))
        assert (image.name, image.platform) == ("v1", "linux/amd64")
        assert len(image.history) == 4


def test_a_compressed_archive_is_read_as_docker_load_reads_it(make, write, layers):
    (image,) = read_images(write(gzip.compress(make.docker_save((["app:1"], layers)))))
    check(image, layers)


def test_an_unpacked_archive_is_read_as_the_folder_it_is(make, write, layers):
    (image,) = read_images(write(new_form(make, layers, lambda layer: layer)))
    check(image, layers)


def test_nested_indexes_are_followed_and_attestations_skipped(make, write, layers):
    """As BuildKit pushes: an index of two platforms, each with an attestation of the platform unknown/unknown."""

    def wrap(descriptors, put):
        one, two = descriptors
        attestation = put({"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}, "layers": []})
        attestation["platform"] = {"os": "unknown", "architecture": "unknown"}
        noted = {
            **put({"layers": [], "config": {}}),
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
        }
        inner = put({"schemaVersion": 2, "manifests": [two, noted]})
        outer = put({"schemaVersion": 2, "manifests": [one, attestation, inner]})
        return [{**outer, "annotations": {"io.containerd.image.name": "docker.io/library/app:1"}}]

    first, second = read_images(write(make.oci_files(("", layers[:1]), ("", layers[:2]), wrap=wrap)))
    check(first, layers[:1], zipped(layers[:1]))
    check(second, layers[:2], zipped(layers[:2]))
    assert first.name == second.name == "docker.io/library/app:1"


def test_platforms_that_were_not_pulled_are_passed_over(make, write, layers):
    """docker save keeps the registry's index, and only the blobs of the platform that is there."""

    def wrap(descriptors, put):
        absent = {"mediaType": descriptors[0]["mediaType"], "digest": "sha256:" + "0" * 64, "size": 1}
        return [put({"schemaVersion": 2, "manifests": [absent, descriptors[0]]})]

    (image,) = read_images(write(make.oci_files(("v", layers), wrap=wrap)))
    check(image, layers, zipped(layers))


def test_artifacts_that_are_no_images_are_skipped(make, write, layers):
    def wrap(descriptors, put):
        chart = put({"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}, "layers": []})
        return [chart, *descriptors]

    assert len(read_images(write(make.oci_files(("v", layers), wrap=wrap)))) == 1


def test_one_image_under_two_names_is_one_image_with_two_tags(make, write, layers):
    (image,) = read_images(write(make.oci_files(("v1", layers), ("v2", layers))))
    assert image.tags == ("v1", "v2")


def test_a_folder_of_bare_digests_as_skopeo_s_dir_transport_writes(make, write, layers):
    files = make.oci_files(("", layers))
    bare = {name.rpartition("/")[2]: data for name, data in files.items() if name.startswith("blobs/")}
    manifest = next(name for name, data in bare.items() if b'"config": {"mediaType"' in data)
    (image,) = read_images(
        write({"version": b"Directory Transport Version: 1.1\n", **bare, "manifest.json": bare[manifest]})
    )
    check(image, layers, zipped(layers))


def test_zstd_layers(make, write, layers):
    zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    stored = [zstd.compress(layer) for layer in layers]
    (image,) = read_images(write(make.oci_files(("z", layers), compress=zstd.compress)))
    check(image, layers, stored)
    assert {layer.compression for layer in image.layers} == {"zstd"}


def test_history_may_be_missing_or_short(make, write, layers):
    for history, expected in ((None, ["", "", ""]), (HISTORY[:1], ["COPY a /etc/a", "", ""])):
        (image,) = read_images(write(make.docker_save((["a:1"], layers), history=history)))
        assert [layer.instruction for layer in image.layers] == expected


def test_an_image_without_layers(make, write):
    (image,) = read_images(write(make.docker_save((["scratch:1"], []))))
    assert image.layers == ()
    shown = inspect(write(make.docker_save((["scratch:1"], []))))["images"][0]
    assert (shown["efficiency"], shown["wasted_bytes"], shown["hidden_bytes"]) == (1.0, 0, 0)


def test_the_empty_layer_of_1024_zeros_is_a_layer(make, write):
    """The diff ID that every WORKDIR on an existing directory has in official images."""
    (image,) = read_images(write(make.docker_save((["e:1"], [bytes(1024)]))))
    assert image.layers[0].diff_id == "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
    assert image.layers[0].files == ()


def test_inspect_shows_the_figures_of_the_design(make, write, layers):
    """By hand: 1,300 B of files, of which the whiteout hides 1,000; dive counts that path's 1,000 B as wasted."""
    shown = inspect(write(make.docker_save((["app:1"], layers), history=HISTORY)))
    assert shown["kind"] == "image"
    (image,) = shown["images"]
    assert image["hidden_bytes"] == 1000
    assert image["wasted_bytes"] == 1000
    assert image["efficiency"] == 300 / 1300
    assert image["history"][1] == {"created": "", "created_by": "ENV A=1", "comment": "", "empty_layer": True}
    assert image["layers"][2]["instruction"] == "RUN rm /etc/a"
    assert image["layers"][2]["size"] == image["layers"][2]["compressed_size"] == len(layers[2])
