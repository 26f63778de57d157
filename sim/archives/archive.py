"""Images from a path: `docker save` archives in both forms, skopeo's and kaniko's, an OCI layout as folder or tar.

One pass from front to end, in memory that does not grow with the layers. Nothing is extracted and nothing is written.
Every layer is held to its digests. `docker save` writes manifest.json. Since version 25 its archives are OCI layouts
too, and manifest.json, which has the tags as Docker shows them, is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sim.archives import documents
from sim.archives.blobs import Blob, BlobSource, FolderStore, TarStore, document_of, guarded, need
from sim.archives.layers import Image
from sim.archives.layout import INDEX, build_image, read_layout, read_manifest
from sim.archives.limits import DEFAULT_LIMITS, Limits, RemainingLimits, over, refused, untold
from sim.archives.streams import Tap, compression_of, decompressed, file_chunks, peek
from sim.archives.tarball import BLOCK, starts_tar
from sim.archives.whiteouts import clean
from sim.errors import InputError, Problem
from sim.inputfile import exists, is_file, is_folder

MANIFEST = "manifest.json"

_EXPECTED = "an archive of `docker save`, or of an OCI layout"
_FOREIGN = {
    b"PK\x03\x04": "a ZIP file", b"\x7fELF": "a program (ELF)", b"\xfd7zXZ\0": "an xz file; unpack it with `xz -d`",
    b"BZh": "a bzip2 file; unpack it with `bzip2 -d`", b"QFI\xfb": "a QEMU disk image (qcow2)", b"hsqs": "a squashfs",
    b"%PDF": "a PDF", b"\x89PNG": "a PNG picture", b"SIF_MAGIC": "an Apptainer image",
}  # fmt: skip


def read_images(
    path: str | Path, limits: Limits = DEFAULT_LIMITS, tick: Callable[[], None] = untold
) -> tuple[Image, ...]:
    """The images of an archive or layout, in its own order.

    Args:
        tick: Called with each piece of at most a mebibyte that is read. Raising ends the reading.

    Raises `InputError` with the file, the place in it and the reason for anything that is not whole and sound.
    `LimitError`, a kind of it, past a limit.
    """
    path = Path(path)
    try:
        budget = RemainingLimits(limits, tick=tick)
        store: BlobSource = FolderStore(path, budget) if is_folder(path) else _open_tar(path, budget)
        if store.get(MANIFEST) is not None:
            return _read_manifest(store, limits)
        if store.get(INDEX) is not None:
            return read_layout(store, limits)
        raise refused(
            f"has neither {MANIFEST} nor {INDEX}, so it is no image; `docker export` writes a container's files "
            "without an image, `docker save` writes an image"
        )
    except InputError as error:
        kind = type(error)
        raise kind([replace(problem, file=str(path)) for problem in error.problems]) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(path))) from None


class _Bare:
    """A folder that keeps blobs under their bare digests, as skopeo's `dir:` does, seen as an OCI layout."""

    def __init__(self, store: BlobSource) -> None:
        self._store = store

    def get(self, name: str) -> Blob | None:
        """The blob of an OCI layout's name."""
        return self._store.get(name.removeprefix("blobs/sha256/"))


def is_image(head: bytes) -> bool:
    """Whether a file that starts with `head` (512 bytes) may be an image archive."""
    return compression_of(head) != "none" or (starts_tar(head) and len(head) >= BLOCK)


def foreign(head: bytes) -> str:
    """What a file that starts with `head` is known to be instead, "" where it is not known."""
    return next((what for magic, what in _FOREIGN.items() if head.startswith(magic)), "")


def _open_tar(path: Path, budget: RemainingLimits) -> TarStore:
    if not exists(path):
        raise refused("does not exist")
    if not is_file(path):
        raise refused("is neither a file nor a folder")
    raw = Tap(file_chunks(path))
    head, stream = peek(raw, BLOCK)
    if not head:
        raise refused(f"is empty; expected {_EXPECTED}")
    compression = compression_of(head)
    if compression == "none":
        _check_start(head)
        return TarStore(stream, budget)
    # Sizes of members are counted as they are read. This counts what a compressed archive holds besides.
    start, plain = peek(guarded(decompressed(stream, compression, ""), raw, RemainingLimits(budget.limits), ""), BLOCK)
    if not starts_tar(start):
        raise refused(f"is a {compression} file that holds no tar archive")
    return TarStore(plain, budget)


def _check_start(head: bytes) -> None:
    if starts_tar(head):
        return
    known = foreign(head)
    if known:
        raise refused(f"is no image archive but {known}")
    if len(head) < BLOCK:
        raise refused(f"is no image archive: {len(head)} B are too few for one")
    raise refused(f"is no image archive: its start is neither tar, gzip nor zstd; expected {_EXPECTED}")


def _read_manifest(store: BlobSource, limits: Limits) -> tuple[Image, ...]:
    """manifest.json: a list of {"Config", "RepoTags", "Layers"} naming files of the archive."""
    blob = need(store, MANIFEST, "the archive")
    document = documents.parse(document_of(blob, "docker save"), MANIFEST)
    if isinstance(document, dict):
        return read_manifest(_Bare(store), blob)
    if not isinstance(document, list):
        raise refused("is not the list of images that `docker save` writes", MANIFEST)
    if not document:
        raise refused("names no image", MANIFEST)
    if len(document) > limits.images:
        raise over("names too many images", "images", limits.images, MANIFEST)
    return tuple(_docker_image(store, value) for value in document)


def _docker_image(store: BlobSource, value: object) -> Image:
    entry = documents.mapping(value, MANIFEST)
    name = clean(documents.text(entry, "Config", MANIFEST, required=True), MANIFEST)
    config = need(store, name, MANIFEST)
    # `docker save` names the configuration <hex>.json, kaniko sha256:<hex>. Both state its digest.
    stated = "sha256:" + name.removesuffix(".json").removeprefix("sha256:")
    if documents.DIGEST.fullmatch(stated) and stated != config.digest:
        raise refused(f"its content has the digest {config.digest}, not the one in its name", name)
    layers = [need(store, clean(layer, MANIFEST), MANIFEST) for layer in documents.texts(entry, "Layers", MANIFEST)]
    tags = documents.texts(entry, "RepoTags", MANIFEST, required=False)
    return build_image(config, layers, tags)
