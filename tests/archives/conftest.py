"""Archives made by hand with the standard library's tarfile, and the one real image that PyPI carries."""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes | int = b"", mode: int = 0o644) -> Member:
    """A regular file; an int is so many bytes of no matter what."""
    data = content if isinstance(content, bytes) else bytes(range(256)) * (content // 256) + bytes(content % 256)
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    return info, data


def other(name: str, kind: bytes, link: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b""


def folder(name: str) -> Member:
    return other(name, tarfile.DIRTYPE)


def symlink(name: str, target: str) -> Member:
    return other(name, tarfile.SYMTYPE, target)


def hardlink(name: str, target: str) -> Member:
    return other(name, tarfile.LNKTYPE, target)


def tar(*members: Member, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def config(layers: Iterable[bytes], history: Any = None, **more: Any) -> bytes:
    """An image's configuration for layers given uncompressed."""
    document = {"architecture": "amd64", "os": "linux", "config": {}, **more}
    document["rootfs"] = {"type": "layers", "diff_ids": [sha256(layer) for layer in layers]}
    if history is not None:
        document["history"] = history
    return json.dumps(document).encode()


def docker_save(*images: tuple[list[str] | None, list[bytes]], history: Any = None) -> bytes:
    """The old form: <id>/layer.tar for each layer, a later image's known layer as a symbolic link to the first."""
    members: list[Member] = []
    manifest = []
    first: dict[str, str] = {}
    for number, (tags, layers) in enumerate(images):
        names = []
        for index, layer in enumerate(layers):
            name = f"{number:032x}{index:032x}/layer.tar"
            digest = sha256(layer)
            members.append(file(name.replace("layer.tar", "VERSION"), b"1.0"))
            members.append(symlink(name, f"../{first[digest]}") if digest in first else file(name, layer))
            first.setdefault(digest, name)
            names.append(name)
        data = config(layers, history)
        name = sha256(data).removeprefix("sha256:") + ".json"
        members.append(file(name, data))
        manifest.append({"Config": name, "RepoTags": tags, "Layers": names})
    members.append(file("manifest.json", json.dumps(manifest).encode()))
    return tar(*members)


def oci_files(
    *images: tuple[str, list[bytes]],
    compress: Callable[[bytes], bytes] = lambda layer: gzip.compress(layer, mtime=0),
    history: Any = None,
    wrap: Callable[[list[dict[str, Any]], Callable[[Any], dict[str, Any]]], list[dict[str, Any]]] | None = None,
) -> dict[str, bytes]:
    """An OCI layout as {path: bytes}. `wrap` may put the manifests' descriptors behind others of its own making."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def put(data: bytes, kind: str) -> dict[str, Any]:
        digest = sha256(data)
        files["blobs/" + digest.replace(":", "/")] = data
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    def put_json(document: Any, kind: str = "application/vnd.oci.image.index.v1+json") -> dict[str, Any]:
        return put(json.dumps(document).encode(), kind)

    descriptors = []
    for name, layers in images:
        manifest = {
            "schemaVersion": 2,
            "config": put(config(layers, history), "application/vnd.oci.image.config.v1+json"),
            "layers": [put(compress(layer), "application/vnd.oci.image.layer.v1.tar+gzip") for layer in layers],
        }
        descriptor = put_json(manifest, "application/vnd.oci.image.manifest.v1+json")
        if name:
            descriptor["annotations"] = {"org.opencontainers.image.ref.name": name}
        descriptors.append(descriptor)
    if wrap is not None:
        descriptors = wrap(descriptors, put_json)
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": descriptors}).encode()
    return files


def tar_of(files: Mapping[str, bytes]) -> bytes:
    return tar(*(file(name, data) for name, data in files.items()))


@pytest.fixture
def make() -> SimpleNamespace:
    """The builders above, by name."""
    return SimpleNamespace(
        file=file, folder=folder, symlink=symlink, hardlink=hardlink, other=other, tar=tar, tar_of=tar_of,
        sha256=sha256, config=config, docker_save=docker_save, oci_files=oci_files,
    )  # fmt: skip


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes | Mapping[str, bytes]], Path]:
    """Write bytes to a new file, or {path: bytes} to a new folder, and give its path."""
    numbers = itertools.count()

    def put(content: bytes | Mapping[str, bytes], name: str = "image") -> Path:
        target = tmp_path / f"{name}{next(numbers)}"
        if isinstance(content, bytes):
            target.write_bytes(content)
            return target
        for path, data in content.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(data)
        return target

    return put


REAL_IMAGE = "flashvm==0.1.3"


@pytest.fixture(scope="session")
def real_layout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OCI layout inside the PyPI package flashvm: a five-layer Python image on Alpine.

    Taken from the folder in FLASHVM_OCI, else from the installed package, else downloaded once into pytest's cache.
    """
    if given := os.environ.get("FLASHVM_OCI"):
        return Path(given)
    try:
        found = Path(str(importlib.metadata.distribution("flashvm").locate_file("flashvm/data/oci")))
        if found.is_dir():
            return found
    except importlib.metadata.PackageNotFoundError:
        pass
    assert request.config.cache is not None
    kept = request.config.cache.mkdir("flashvm")
    if not list(kept.glob("*.whl")):
        # The wheel is only unzipped, so its platform and Python need not be this machine's.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        fresh = tmp_path_factory.mktemp("download")
        command += ["--platform", "manylinux_2_39_x86_64", "--dest", str(fresh), REAL_IMAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.skip(f"{REAL_IMAGE} cannot be downloaded: {done.stderr.strip().splitlines()[-1:]}")
        for wheel in fresh.glob("*.whl"):
            # Whole or not there, for tests that run side by side.
            part = shutil.copy(wheel, kept / f"part{os.getpid()}")
            Path(part).replace(kept / wheel.name)
    target = tmp_path_factory.mktemp("flashvm")
    with zipfile.ZipFile(next(kept.glob("*.whl"))) as content:
        content.extractall(target, [name for name in content.namelist() if name.startswith("flashvm/data/oci/")])
    return target / "flashvm/data/oci"
