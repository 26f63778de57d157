"""The layers that a host keeps: what a pull would move, what an image adds, what its removal frees. Knows no time.

Two kinds of store. A graph driver (dockerd's classic store) keeps unpacked layers only, by chain ID. containerd's store
(also behind newer dockerd) keeps the compressed blobs too, by digest. So a blob that is there is not fetched again,
even where it lies on other parents. Sources: moby daemon/internal/distribution/xfer, containerd
core/unpack/unpacker.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sim.archives.layers import Image, Layer, chain_ids
from sim.errors import InputError

Backend = Literal["graphdriver", "containerd"]

LAYER_LIMITS: Mapping[Backend, int | None] = {"graphdriver": 125, "containerd": None}
"""Most layers of an image that is pulled or loaded, None where none was met. graphdriver: maxLayerDepth of moby
layer/layer_store.go. containerd: 200 layers were built without trouble (recorded with dockerd 26.1.5)."""


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a pull does on a host.

    Attributes:
        present: Layers there already.
        fetch: Blobs to move.
        unpack: Layers to unpack.
    """

    present: tuple[Layer, ...]
    fetch: tuple[Layer, ...]
    unpack: tuple[Layer, ...]

    @property
    def moved_bytes(self) -> int:
        """Bytes that cross the network."""
        return sum(layer.compressed_size for layer in self.fetch)

    @property
    def unpacked_bytes(self) -> int:
        """Bytes that come out of decompression."""
        return sum(layer.size for layer in self.unpack)


@dataclass(frozen=True, slots=True)
class LayerStore:
    """A host's images and, through them, its layers. Immutable: `add`, `remove` and `prune` give another store.

    Attributes:
        dangling: Images whose name a later pull took. A host keeps them until they are pruned.
    """

    backend: Backend = "graphdriver"
    images: Mapping[str, Image] = field(default_factory=dict)
    dangling: tuple[Image, ...] = ()

    def layers(self) -> dict[str, Layer]:
        """The layers that are there, by chain ID."""
        return {layer.chain_id: layer for image in self._all() for layer in image.layers}

    def blobs(self) -> dict[str, int]:
        """The compressed blobs that are kept, by digest, with their sizes. None with a graph driver."""
        if self.backend == "graphdriver":
            return {}
        return {layer.digest: layer.compressed_size for layer in self.layers().values()}

    @property
    def disk_bytes(self) -> int:
        """Bytes of unpacked layers and, where the store keeps them, of compressed blobs."""
        return sum(layer.size for layer in self.layers().values()) + sum(self.blobs().values())

    def plan_pull(self, image: Image) -> PullPlan:
        """What pulling `image` moves and unpacks. A blob that an image has twice is fetched once.

        Raises `InputError` where the store takes fewer layers than the image has.
        """
        limit = LAYER_LIMITS[self.backend]
        if limit is not None and len(image.layers) > limit:
            raise InputError(
                f"{image.name} has {len(image.layers)} layers; a {self.backend} store takes {limit} at most"
            )
        there = self.layers()
        have = set(self.blobs())
        present: list[Layer] = []
        fetch: list[Layer] = []
        unpack: list[Layer] = []
        for layer in image.layers:
            if layer.chain_id in there:
                present.append(layer)
                continue
            unpack.append(layer)
            if layer.digest not in have:
                have.add(layer.digest)
                fetch.append(layer)
        return PullPlan(tuple(present), tuple(fetch), tuple(unpack))

    def add(self, image: Image) -> LayerStore:
        """The store once `image` is there. An image that had its name stays, without one."""
        old = self.images.get(image.name)
        dangling = tuple(other for other in self.dangling if other.id != image.id)
        if old is not None and old.id != image.id:
            dangling = (*dangling, old)
        return replace(self, images={**self.images, image.name: image}, dangling=dangling)

    def remove(self, name: str) -> LayerStore:
        """The store without the image of that name. Raises `InputError` where there is none."""
        if name not in self.images:
            raise InputError(f"no image {name!r}; there are {', '.join(self.images) or 'none'}")
        return replace(self, images={key: image for key, image in self.images.items() if key != name})

    def prune(self) -> LayerStore:
        """The store without its dangling images."""
        return replace(self, dangling=())

    def frees(self, name: str) -> int:
        """Bytes on disk that removing the image of that name frees: its layers that no other image has."""
        return self.disk_bytes - self.remove(name).disk_bytes

    def _all(self) -> Iterator[Image]:
        yield from self.images.values()
        yield from self.dangling


def image_of_blobs(name: str, blobs: Sequence[tuple[str, int, int]]) -> Image:
    """An image of which only the manifest is known.

    Diff IDs are unknown without reading the blobs, so chain IDs are made of the digests. They are equal for the same
    blobs on the same parents, and blind to one layer compressed in two ways. The sizes before compression need a source
    of the caller's.
    """
    chains = chain_ids([digest for digest, _, _ in blobs])
    layers = tuple(
        Layer(
            diff_id="",
            chain_id=chain_id,
            digest=digest,
            size=size,
            compressed_size=compressed_size,
            compression="gzip",
        )
        for (digest, compressed_size, size), chain_id in zip(blobs, chains, strict=True)
    )
    return Image(name=name, id=chains[-1] if chains else name, tags=(name,), layers=layers)
