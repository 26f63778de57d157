"""An OCI image layout (index.json, oci-layout, blobs/), from its index to images, in a folder or a tar.

Format: OCI image-spec, image-layout.md, image-index.md, manifest.md. Docker's manifest list and schema 2 are the same
in what is read here.

Attestations and other artifacts are no images and are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.archives import documents
from sim.archives.blobs import Blob, BlobSource, blob_name, document_of, need
from sim.archives.layers import HistoryEntry, Image, Layer, chain_ids, instructions
from sim.archives.limits import Limits, over, refused
from sim.errors import InputError, Problem

INDEX, MARKER = "index.json", "oci-layout"

_REFERENCE = "org.opencontainers.image.ref.name"
_DOCKER_NAME = "io.containerd.image.name"
_ATTESTATION = "vnd.docker.reference.type"
_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json", "")


@dataclass(frozen=True, slots=True)
class _Found:
    """A manifest that an index leads to, and the name that the outermost index gives it."""

    digest: str
    name: str
    manifest: Mapping[str, Any]


def read_layout(store: BlobSource, limits: Limits) -> tuple[Image, ...]:
    """The images of a layout, in its index's order. One image under several names carries them all as tags.

    Raises `InputError` for anything missing, damaged or not as the specification has it.
    """
    _check_marker(store)
    descriptors = list(_manifests(store, limits))
    if not descriptors:
        raise refused("names no image (attestations and other artifacts are none)", INDEX)
    names: dict[str, list[str]] = {}
    manifests: dict[str, Mapping[str, Any]] = {}
    for descriptor in descriptors:
        manifests[descriptor.digest] = descriptor.manifest
        tags = names.setdefault(descriptor.digest, [])
        if descriptor.name and descriptor.name not in tags:
            tags.append(descriptor.name)
    return tuple(_image(store, manifests[digest], blob_name(digest), tuple(tags)) for digest, tags in names.items())


def read_manifest(store: BlobSource, blob: Blob) -> tuple[Image, ...]:
    """The one image of a manifest outside any index, as `skopeo copy ... dir:` writes."""
    document = documents.mapping(documents.parse(document_of(blob, "a manifest"), blob.name), blob.name)
    if "layers" not in document or not _is_image(document, blob.name):
        raise refused("is neither the list of images that `docker save` writes nor an image's manifest", blob.name)
    return (_image(store, document, blob.name, ()),)


def _check_marker(store: BlobSource) -> None:
    marker = store.get(MARKER)
    if marker is None:
        return
    document = documents.mapping(documents.parse(document_of(marker, "an OCI layout"), MARKER), MARKER)
    version = documents.text(document, "imageLayoutVersion", MARKER, required=True)
    if not version.startswith("1."):
        raise refused(f"`imageLayoutVersion` is {version!r}; expected '1.0.0'", MARKER)


def _manifests(store: BlobSource, limits: Limits) -> Iterator[_Found]:
    """Walk the indexes depth first. A digest on its own path is a loop."""
    pending: list[tuple[str, str, tuple[str, ...]]] = [(INDEX, "", ())]
    count = 0
    while pending:
        place, name, above = pending.pop()
        blob = need(store, place, above[-1] if above else "the layout")
        document = documents.mapping(documents.parse(document_of(blob, "an index or manifest"), place), place)
        if "manifests" not in document and place != INDEX:
            if _is_image(document, place):
                yield _Found(blob.digest, name, document)
            continue
        if len(above) >= limits.nesting:
            raise over("has indexes nested too deeply", "nesting", limits.nesting, place)
        inner: list[tuple[str, str, tuple[str, ...]]] = []
        for value in documents.items(document, "manifests", place):
            descriptor = documents.mapping(value, place)
            count += 1
            if count > limits.images:
                raise over("names too many images", "images", limits.images, place)
            if _is_attestation(descriptor, place):
                continue
            digest = documents.digest(descriptor.get("digest"), place, "digest")
            target = blob_name(digest)
            if target == place or target in above:
                raise refused(f"leads back to itself through {target}", place)
            if above and store.get(target) is None:
                # `docker save` keeps the index of all platforms and the blobs of those that were pulled.
                continue
            _check_size(need(store, target, place), descriptor, place)
            inner.append((target, name or _name(descriptor, place), (*above, place)))
        pending.extend(reversed(inner))


def _is_attestation(descriptor: Mapping[str, Any], place: str) -> bool:
    """BuildKit marks attestations by an annotation, and by the platform unknown/unknown."""
    platform = documents.mapping(descriptor.get("platform") or {}, place)
    annotations = documents.mapping(descriptor.get("annotations") or {}, place)
    unknown = platform.get("os") == "unknown" and platform.get("architecture") == "unknown"
    return unknown or _ATTESTATION in annotations


def _is_image(manifest: Mapping[str, Any], place: str) -> bool:
    if "fsLayers" in manifest:
        raise refused("is a manifest of schema version 1, which registries no longer take; push the image anew", place)
    config = documents.mapping(manifest.get("config"), place)
    return documents.text(config, "mediaType", place) in _CONFIGS and not manifest.get("artifactType")


def _name(descriptor: Mapping[str, Any], place: str) -> str:
    annotations = documents.mapping(descriptor.get("annotations") or {}, place)
    return documents.text(annotations, _DOCKER_NAME, place) or documents.text(annotations, _REFERENCE, place)


def _check_size(blob: Blob, descriptor: Mapping[str, Any], place: str) -> None:
    size = documents.whole(descriptor, "size", place)
    if blob.size != size:
        raise refused(f"{blob.name} has {blob.size} B, but its descriptor says {size}", place)


def _image(store: BlobSource, manifest: Mapping[str, Any], place: str, tags: tuple[str, ...]) -> Image:
    config = documents.mapping(manifest.get("config"), place)
    config_blob = need(store, blob_name(documents.digest(config.get("digest"), place, "config.digest")), place)
    _check_size(config_blob, config, place)
    blobs: list[Blob] = []
    for value in documents.items(manifest, "layers", place):
        descriptor = documents.mapping(value, place)
        name = blob_name(documents.digest(descriptor.get("digest"), place, "layers.digest"))
        if store.get(name) is None and descriptor.get("urls"):
            raise refused("is a foreign layer, kept elsewhere and not in this layout", name)
        blobs.append(need(store, name, place))
        _check_size(blobs[-1], descriptor, place)
    return build_image(config_blob, blobs, tags)


def build_image(config_blob: Blob, blobs: list[Blob], tags: tuple[str, ...]) -> Image:
    """An image from its configuration and its layers' blobs, each held to its diff ID.

    Raises `InputError` where they do not fit each other.
    """
    place = config_blob.name
    config = documents.mapping(documents.parse(document_of(config_blob, "an image's configuration"), place), place)
    rootfs = documents.mapping(config.get("rootfs"), f"{place} rootfs")
    diff_ids = [documents.digest(item, place, "rootfs.diff_ids") for item in documents.items(rootfs, "diff_ids", place)]
    if len(diff_ids) != len(blobs):
        raise refused(f"`rootfs.diff_ids` has {len(diff_ids)} entries for {len(blobs)} layers", place)
    history = tuple(_history(item, place) for item in documents.items(config, "history", place, required=False))
    problems: list[Problem] = []
    layers: list[Layer] = []
    chains = chain_ids(diff_ids)
    for blob, diff_id, chain_id, made_by in zip(
        blobs, diff_ids, chains, instructions(history, len(blobs)), strict=True
    ):
        content = blob.content
        if content is None:
            problems.extend(refused("is no layer: neither a tar archive nor one in gzip or zstd", blob.name).problems)
        elif content.diff_id != diff_id:
            problems.extend(
                refused(f"its content has the digest {content.diff_id}, but {place} has {diff_id}", blob.name).problems
            )
        else:
            layers.append(
                Layer(
                    diff_id=diff_id,
                    chain_id=chain_id,
                    digest=blob.digest,
                    size=content.size,
                    compressed_size=blob.size,
                    compression=content.compression,
                    instruction=made_by,
                    files=content.files,
                )
            )
    if problems:
        raise InputError(problems)
    return Image(
        name=tags[0] if tags else config_blob.digest,
        id=config_blob.digest,
        tags=tags,
        platform=_platform(config, place),
        layers=tuple(layers),
        history=history,
    )


def _platform(config: Mapping[str, Any], place: str) -> str:
    parts = (documents.text(config, key, place) for key in ("os", "architecture", "variant"))
    return "/".join(part for part in parts if part)


def _history(value: object, place: str) -> HistoryEntry:
    step = documents.mapping(value, f"{place} history")
    return HistoryEntry(
        created=documents.text(step, "created", place),
        created_by=documents.text(step, "created_by", place),
        comment=documents.text(step, "comment", place),
        empty_layer=documents.flag(step, "empty_layer", place),
    )
