"""What one node has to do to get some images: blobs to fetch, layers to unpack on their parents. Knows no time.

What the node holds already is not in it: layers by their chain ID and, where its store keeps them, blobs by digest.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from sim.archives.layers import Image, Layer, chain_ids
from sim.archives.store import LayerStore
from sim.archives.streams import Compression
from sim.errors import InputError


@dataclass(frozen=True, slots=True)
class Unpacking:
    """One core's rates in bytes of the uncompressed layer a second, and the cores there are.

    The stages are: decompress, hash for the diff ID, extract. Those of different threads run side by side. With enough
    cores the slowest thread counts.

    Attributes:
        inflates: The thread that hashes decompresses too, as where no program is started for it.
        extracts: The thread that hashes extracts too, as in containerd.
    """

    decompress: float
    hash: float
    extract: float
    cores: float = 3
    inflates: bool = False
    extracts: bool = False

    def seconds(self, size: int) -> float:
        """Core-seconds of the slowest thread, or all stages' over the cores where there are few."""
        decompress, hashing, extract = (1 / rate for rate in (self.decompress, self.hash, self.extract))
        hashes = hashing + decompress * self.inflates + extract * self.extracts
        every = math.fsum((decompress, hashing, extract))
        return size * max(decompress, hashes, extract, every / self.cores)


@dataclass(frozen=True, slots=True)
class Chore:
    """What an engine does beside the bytes: core-seconds on the reference host, then flushes one after another."""

    seconds: float = 0.0
    flushes: int = 0

    def __bool__(self) -> bool:
        return bool(self.seconds or self.flushes)


NO_CHORE = Chore()


@dataclass(frozen=True, slots=True)
class Chores:
    """An engine's chores.

    Attributes:
        image: Before an image's first layer is asked for.
        blob: Once a blob has come, in its slot.
        layer: Once a layer is extracted, before the next may be.
    """

    image: Chore = NO_CHORE
    blob: Chore = NO_CHORE
    layer: Chore = NO_CHORE


NO_CHORES = Chores()


@dataclass(frozen=True, slots=True)
class BlobToFetch:
    """Bytes to fetch.

    Attributes:
        connection: The most bytes a second it comes at, beside what its sender allows.
        chore: Once it has come.
    """

    digest: str
    size: int
    image: str
    connection: float = math.inf
    chore: Chore = NO_CHORE


@dataclass(frozen=True, slots=True)
class UnpackStep:
    """A layer to unpack or mount.

    Attributes:
        blob, parent: By index, None where the node holds it.
        seconds: Of a core, its chore's among them.
        size: Bytes that come out.
        flushes: Then, one after another.
    """

    digest: str
    image: str
    blob: int | None
    parent: int | None
    kind: Literal["unpack", "mount"]
    seconds: float
    size: int
    flushes: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One image.

    Attributes:
        lookup: Whether its tag is resolved at all.
        blobs, units: By index, base first.
        chore: Before its first blob is asked for.
    """

    image: str
    lookup: bool
    blobs: tuple[int, ...]
    units: tuple[int, ...]
    chore: Chore = NO_CHORE


@dataclass(frozen=True)
class Work:
    """All images.

    Attributes:
        asked_bytes: Compressed, as if nothing were there.
        reads: A blob read once all is mounted.
    """

    jobs: tuple[Job, ...]
    blobs: tuple[BlobToFetch, ...]
    units: tuple[UnpackStep, ...]
    asked_bytes: int
    reads: int | None = None

    @cached_property
    def sizes(self) -> tuple[float, ...]:
        """Bytes of each blob."""
        return tuple(float(blob.size) for blob in self.blobs)

    @property
    def moved_bytes(self) -> int:
        """Bytes that one node fetches, if nothing is sent twice."""
        return sum(blob.size for blob in self.blobs)

    @property
    def fetched(self) -> tuple[BlobToFetch, ...]:
        """The blobs that are fetched before a start, without what it reads lazily."""
        return self.blobs if self.reads is None else self.blobs[: self.reads]


def work_of(
    images: Sequence[Image],
    store: LayerStore,
    unpacking: Unpacking,
    lookups: Sequence[bool] | None = None,
    chores: Chores = NO_CHORES,
) -> Work:
    """What a node with that store does to get the images. A blob or layer that two of them have is got once.

    Args:
        lookups: For each image whether its tag is asked for. All of them if left out.
        chores: Of the engine. An image of which nothing is missing has none.

    Raises `InputError` where the store takes fewer layers than an image has.
    """
    blobs: list[BlobToFetch] = []
    units: list[UnpackStep] = []
    jobs: list[Job] = []
    by_digest: dict[str, int] = {}
    by_chain: dict[str, int] = {}
    asked = 0
    for image, lookup in zip(images, lookups or [True] * len(images), strict=True):
        plan = store.plan_pull(image)
        there = {layer.chain_id for layer in plan.present}
        fetch = {layer.digest for layer in plan.fetch}
        own_blobs: list[int] = []
        own_units: list[int] = []
        asked += sum({layer.digest: layer.compressed_size for layer in image.layers}.values())
        parent: int | None = None
        for layer in image.layers:
            if layer.chain_id in there:
                continue
            if layer.digest in fetch and layer.digest not in by_digest:
                by_digest[layer.digest] = len(blobs)
                blobs.append(BlobToFetch(layer.digest, layer.compressed_size, image.name, chore=chores.blob))
            blob = by_digest.get(layer.digest)
            if blob is not None and blob not in own_blobs:
                own_blobs.append(blob)
            unit = by_chain.get(layer.chain_id)
            if unit is None:
                unit = by_chain[layer.chain_id] = len(units)
                seconds = unpacking.seconds(layer.size) + chores.layer.seconds
                flushes = chores.layer.flushes
                units.append(UnpackStep(layer.digest, image.name, blob, parent, "unpack", seconds, layer.size, flushes))
            own_units.append(unit)
            parent = unit
        chore = chores.image if own_units else NO_CHORE
        jobs.append(Job(image.name, lookup, tuple(own_blobs), tuple(own_units), chore))
    return Work(tuple(jobs), tuple(blobs), tuple(units), asked)


@dataclass(frozen=True, slots=True)
class LazyReading:
    """Numbers of a lazy format, at one end of their ranges. See `sim.catalog.tables.registries`.

    Attributes:
        index: Share of compressed bytes.
        mount: Seconds a layer.
        read: Share of an image's bytes that a start reads.
        amplification: Bytes fetched for each.
        rate: Bytes a second that on-demand requests reach, one after the other.
    """

    index: float
    mount: float
    read: float
    amplification: float
    rate: float


def lazily(work: Work, reading: LazyReading) -> Work:
    """The same images mounted by their indexes, their bytes read on demand by the first start.

    What mounting a layer takes the engine is within `mount`.
    """
    blobs = [replace(blob, size=math.ceil(blob.size * reading.index), chore=NO_CHORE) for blob in work.blobs]
    units = [replace(unit, kind="mount", seconds=reading.mount, parent=None, flushes=0) for unit in work.units]
    size = math.ceil(work.moved_bytes * min(reading.read * reading.amplification, 1.0))
    names = ", ".join(job.image for job in work.jobs)
    reads = BlobToFetch("reads", size, names, reading.rate)
    return replace(work, blobs=(*blobs, reads), units=tuple(units), reads=len(blobs))


def compressed(image: Image, compression: Compression, gzip_ratio: float, zstd_gain: float = 1.0) -> Image:
    """The image as a registry keeps it in that compression. Layers that are uncompressed here shrink by `gzip_ratio`.

    Args:
        zstd_gain: How much smaller a layer is with zstd than with gzip.
    """

    def size_of(layer: Layer) -> int:
        if compression == "none":
            return layer.size
        by_gzip = layer.size / gzip_ratio if layer.compression == "none" else layer.compressed_size
        return round(by_gzip / zstd_gain if compression == "zstd" and layer.compression != "zstd" else by_gzip)

    layers = tuple(replace(layer, compressed_size=size_of(layer), compression=compression) for layer in image.layers)
    return replace(image, layers=layers)


def next_version(image: Image, first_new: int) -> Image:
    """The image built again with other bytes in layer `first_new` (1 is the base) and in all above it.

    A step that runs again makes a new layer, and so does every step after it, whatever comes out: time stamps differ.
    Raises `InputError` where there is no such layer.
    """
    if not 1 <= first_new <= len(image.layers):
        raise InputError(f"{image.name} has no layer {first_new}; it has {len(image.layers)}")
    names = [layer.diff_id or layer.digest for layer in image.layers]
    new = [
        "sha256:" + hashlib.sha256(f"next {name}".encode()).hexdigest() if number >= first_new else name
        for number, name in enumerate(names, 1)
    ]
    layers = tuple(
        replace(layer, chain_id=chain, digest=name if number >= first_new else layer.digest, diff_id=name)
        for number, (layer, name, chain) in enumerate(zip(image.layers, new, chain_ids(new), strict=True), 1)
    )
    return replace(image, id=layers[-1].chain_id, layers=layers)
