"""What dockerd with containerd's image store has on its disk. It moves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.registry.exchange.command import CommandFailedError
from sim.registry.exchange.goods import Goods, manifest_of
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.sources import SourceLabels

COPY_BUFFER = 2**20
"""Bytes in which a download is written. What came of an unfinished one is kept in whole buffers (containerd 1.7,
content/helpers.go)."""


class ContainerdState:
    """Names, blobs, snapshots.

    Attributes:
        images: Names, of which some are digests, to images.
        dangling: Images of containers that have no name.
        contents: Blobs: layers, configurations, manifests.
        came: When a blob came that was not there from the beginning.
        snapshots: Unpacked layers by chain.
        leased: Blobs that interrupted pulls hold.
        begun: Blobs that came in part, and how much of them.
        sources: Where blobs were met.
    """

    def __init__(
        self, goods: Goods, images: Mapping[RemoteName, str], kept: Iterable[str], begun: Mapping[str, int]
    ) -> None:
        self._goods = goods
        self.images = dict(images)
        self.dangling: set[str] = set()
        self.containers: list[str] = []
        self.leased = set(kept)
        self.begun = dict(begun)
        self.sources = SourceLabels()
        self.contents: set[str] = set(self.leased)
        self.came: dict[str, float] = {}
        self.snapshots: set[int] = set()
        for image in set(self.images.values()):
            self.contents |= self._all_blobs(image)
            self.snapshots.update(goods.chain(image))
        self._unpacked_before()

    def _unpacked_before(self) -> None:
        """What an interrupted pull had whole from the lowest layer up it had unpacked too."""
        for image in self._goods.images:
            if manifest_of(image) in self.leased:
                self.unpack(image)

    def _all_blobs(self, image: str) -> set[str]:
        return {*self._goods.blobs(image), manifest_of(image)}

    def image(self, name: RemoteName) -> str:
        """The image of a name. Raises `CommandFailedError` where there is none."""
        image = self.at(name)
        if image is None:
            raise CommandFailedError("no such image")
        return image

    def at(self, name: RemoteName) -> str | None:
        """The image of a name. A digest is known where any name in its repository says that image."""
        if not name.digest:
            return self.images.get(name)
        self._goods.step(len(self.images))
        known = (image for other, image in self.images.items() if other.repository == name.repository)
        return next((image for image in known if image == name.digest), None)

    def untag(self, name: RemoteName, image: str) -> None:
        """Take a name away. With an image's last tag in a repository go its digests there."""
        self.images.pop(name, None)
        named = [other for other, one in self.images.items() if one == image and other.repository == name.repository]
        if not any(other.tag for other in named):
            for other in named:
                del self.images[other]

    def unpack(self, image: str) -> None:
        """Unpack the layers that are there, from the lowest up to the first that is not."""
        for layer, chain in zip(self._goods.images[image].layers, self._goods.chain(image), strict=True):
            if layer not in self.contents and chain not in self.snapshots:
                return
            self.snapshots.add(chain)

    def collect(self) -> None:
        """Collect garbage: what no image and no interrupted pull names is deleted."""
        images = {*self.images.values(), *self.dangling, *self.containers}
        named = {*self.images.values(), *self.dangling}
        self.contents &= {blob for image in named for blob in self._all_blobs(image)} | self.leased
        self.snapshots = {chain for image in images for chain in self._goods.chain(image)}
        self._unpacked_before()
