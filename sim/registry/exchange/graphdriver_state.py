"""What dockerd with a graph driver remembers and has on its disk. It moves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.registry.exchange.command import CommandFailedError
from sim.registry.exchange.goods import Goods
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.sources import remembered


class GraphdriverState:
    """Names, images, layers, manifests.

    Attributes:
        tags: Names with a tag, to images.
        digests: Repositories in which an image is known by its digest, as (repository, image).
        seen: For each layer the repositories where it was met, oldest first. A layer that is no key was met nowhere.
        manifests: Images whose manifest is kept, to the repositories that it came from.
        containers: Their images.
        registered: Layers of pulls that have not ended, by chain.
    """

    def __init__(
        self,
        goods: Goods,
        images: Mapping[RemoteName, str],
        pulled: Iterable[str],
        seen: Mapping[str, Iterable[str]],
        manifests: Iterable[str],
    ) -> None:
        self._goods = goods
        self.tags = {name: image for name, image in images.items() if not name.digest}
        self.seen = {layer: list(repositories) for layer, repositories in seen.items()}
        known = set(pulled)
        self.digests = {
            (name.repository, image)
            for name, image in images.items()
            if name.digest or image in known or self._was_pushed(name.repository, image)
        }
        self.manifests = {
            image: {name.repository for name, named in images.items() if named == image} for image in manifests
        }
        self.containers: list[str] = []
        self.registered: dict[int, str] = {}

    def _was_pushed(self, repository: str, image: str) -> bool:
        return all(repository in self.seen.get(layer, ()) for layer in self._goods.images[image].layers)

    def image(self, name: RemoteName) -> str:
        """The image of a name. Raises `CommandFailedError` where there is none."""
        image = name.digest if (name.repository, name.digest) in self.digests else self.tags.get(name)
        if not image:
            raise CommandFailedError("no such image")
        return image

    def names(self, image: str) -> list[RemoteName]:
        """An image's names with a tag."""
        return [name for name, named in self.tags.items() if named == image]

    def has(self, image: str) -> bool:
        """Whether an image is there."""
        self._goods.step(len(self.tags) + len(self.digests))
        return image in self.tags.values() or any(image == known for _, known in self.digests)

    def met(self, layer: str, repository: str) -> None:
        """Remember where a layer was met."""
        self.seen[layer] = remembered(self.seen.get(layer, ()), repository)

    def forget(self, layer: str, repository: str) -> None:
        """Remember it no more. What the digest stands for is still known."""
        self.seen[layer] = [other for other in self.seen.get(layer, ()) if other != repository]

    def untag(self, name: RemoteName, image: str) -> None:
        """Take a name away, as `remove` does."""
        repository = name.repository
        if name.digest:
            self.digests.discard((repository, image))
        else:
            del self.tags[name]
            if not any(other.repository == repository for other in self.names(image)):
                self.digests.discard((repository, image))
        if not self.has(image):
            self.manifests.pop(image, None)

    def clear(self) -> None:
        """No container and no image is left. What was met is remembered."""
        self.tags.clear()
        self.digests.clear()
        self.manifests.clear()
        self.containers.clear()

    def layers(self) -> dict[int, str]:
        """The layers on disk by chain: those of images, of containers, and of pulls on their way."""
        images = {*self.tags.values(), *(image for _, image in self.digests), *self.containers}
        found = dict(self.registered)
        for image in images:
            found.update(zip(self._goods.chain(image), self._goods.images[image].layers, strict=True))
        return found
