"""The image in the PyPI package flashvm, against its own files, hashlib and tarfile."""

import gzip
import hashlib
import json
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from sim.archives.archive import read_images
from sim.archives.whiteouts import hidden_bytes
from sim.inspection import inspect


@pytest.fixture(scope="module")
def documents(real_layout: Path) -> tuple[dict, dict]:
    """The manifest and configuration, read as plainly as can be."""
    index = json.loads((real_layout / "index.json").read_text())
    manifest = json.loads(blob(real_layout, index["manifests"][0]["digest"]).read_text())
    return manifest, json.loads(blob(real_layout, manifest["config"]["digest"]).read_text())


def blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def test_five_layers_of_17_7_mib_compressed_are_read(real_layout):
    (image,) = read_images(real_layout)
    assert image.name == "python-basic"
    assert image.platform == "linux/amd64"
    assert [layer.compressed_size for layer in image.layers] == [3914584, 454676, 14171251, 267, 32512]
    assert round(image.compressed_size / 2**20, 1) == 17.7


def test_digests_and_diff_ids_are_those_of_manifest_and_configuration(real_layout, documents):
    manifest, config = documents
    (image,) = read_images(real_layout)
    assert image.id == manifest["config"]["digest"]
    assert [layer.digest for layer in image.layers] == [layer["digest"] for layer in manifest["layers"]]
    assert [layer.diff_id for layer in image.layers] == config["rootfs"]["diff_ids"]


def test_sizes_and_diff_ids_are_those_of_the_unzipped_blobs(real_layout):
    (image,) = read_images(real_layout)
    for layer in image.layers:
        content = gzip.decompress(blob(real_layout, layer.digest).read_bytes())
        assert layer.size == len(content)
        assert layer.diff_id == "sha256:" + hashlib.sha256(content).hexdigest()


def test_chain_ids_follow_from_the_diff_ids(real_layout, documents):
    _, config = documents
    (image,) = read_images(real_layout)
    chain = ""
    for layer, diff_id in zip(image.layers, config["rootfs"]["diff_ids"], strict=True):
        chain = "sha256:" + hashlib.sha256(f"{chain} {diff_id}".encode()).hexdigest() if chain else diff_id
        assert layer.chain_id == chain


def test_instructions_are_the_history_entries_that_made_a_layer(real_layout, documents):
    _, config = documents
    (image,) = read_images(real_layout)
    made = [entry["created_by"] for entry in config["history"] if not entry.get("empty_layer")]
    assert [layer.instruction for layer in image.layers] == made
    assert [entry.created_by for entry in image.history] == [entry["created_by"] for entry in config["history"]]


def test_files_are_those_that_tarfile_lists(real_layout):
    (image,) = read_images(real_layout)
    for layer in image.layers:
        with tarfile.open(blob(real_layout, layer.digest)) as archive:
            members = archive.getmembers()
        assert [(entry.path, entry.size) for entry in layer.files] == [
            (member.name, member.size if member.isreg() else 0) for member in members
        ]


@pytest.mark.skipif(shutil.which("tar") is None, reason="no tar command")
def test_hidden_bytes_are_what_unpacking_with_tar_loses(real_layout, tmp_path):
    """The layers unpacked one on another by the tar command: what the disk then holds, each inode once, is visible.

    This image has no whiteouts, and 258 hard links.
    """
    (image,) = read_images(real_layout)
    total = 0
    for layer in image.layers:
        with tarfile.open(blob(real_layout, layer.digest)) as archive:
            members = archive.getmembers()
        assert not [member for member in members if ".wh." in member.name]
        total += sum(member.size for member in members if member.isreg())
        command = ["tar", "-xzf", str(blob(real_layout, layer.digest)), "-C", str(tmp_path), "--no-same-owner"]
        subprocess.run(command, check=True)
    found = (path.lstat() for path in tmp_path.rglob("*"))
    visible = {status.st_ino: status.st_size for status in found if stat.S_ISREG(status.st_mode)}
    assert sum(entry.kind == "hardlink" for layer in image.layers for entry in layer.files) == 258
    assert hidden_bytes([layer.files for layer in image.layers]) == total - sum(visible.values()) == 384283


def test_inspect_has_the_shape_of_the_design(real_layout):
    shown = inspect(real_layout)
    assert shown["kind"] == "image"
    (image,) = shown["images"]
    assert set(image) >= {"name", "layers", "history", "efficiency", "wasted_bytes", "hidden_bytes"}
    for layer in image["layers"]:
        assert set(layer) >= {"diff_id", "chain_id", "size", "compressed_size", "instruction"}
    assert 0 < image["hidden_bytes"] < image["wasted_bytes"]
    assert json.loads(json.dumps(shown)) == shown
