"""dockerd with a graph driver (overlay2): images, layers by what lies below them, manifests that were pulled.

Compressed blobs are not kept. So a layer is found by its chain ID alone, and only where the engine once learned which
content the registry's digest stands for: by pulling or pushing it. It has not for what was built or loaded.

Sources: moby 26.1, distribution/, daemon/images/, layer/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sim.registry.exchange.command import CommandFailedError
from sim.registry.exchange.engine import Surroundings
from sim.registry.exchange.graphdriver_pull import GraphdriverPull
from sim.registry.exchange.graphdriver_push import GraphdriverPush
from sim.registry.exchange.graphdriver_state import GraphdriverState
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.transfers import LayerTransfers

UPLOADS = 5
"""Layers that dockerd uploads at once (dockerd's manual, max-concurrent-uploads)."""

DOWNLOADS = 3
"""Layers that it downloads at once (max-concurrent-downloads)."""


@dataclass(frozen=True)
class GraphdriverGiven:
    """What such an engine has.

    Attributes:
        images: Names to images. A digest's name stands for what was pulled by it.
        pulled: Images that it pulled, or pushed: it knows their digests.
        seen: For each layer the repositories where it met it, oldest first.
        manifests: Images whose manifest it keeps.
    """

    images: Mapping[RemoteName, str] = field(default_factory=dict)
    pulled: Iterable[str] = ()
    seen: Mapping[str, Iterable[str]] = field(default_factory=dict)
    manifests: Iterable[str] = ()
    downloads: int = DOWNLOADS
    uploads: int = UPLOADS


class GraphdriverEngine(GraphdriverPull, GraphdriverPush):
    """The engine. See `ImageEngine`."""

    def __init__(self, around: Surroundings, given: GraphdriverGiven) -> None:
        self.around = around
        self.state = GraphdriverState(around.goods, given.images, given.pulled, given.seen, given.manifests)
        self.downloads = LayerTransfers(around.env, given.downloads)
        self.uploads = LayerTransfers(around.env, given.uploads)

    def tag(self, source: RemoteName, target: RemoteName) -> None:
        """Give an image another name."""
        self.state.tags[target] = self.state.image(source)

    def remove(self, name: RemoteName, *, force: bool = False) -> None:
        """Take a name away. With its last tag in a repository go the digests there, with its last name the image."""
        state = self.state
        image = state.image(name)
        if not force and image in state.containers and len(state.names(image)) == 1:
            raise CommandFailedError("in use")
        state.untag(name, image)

    def create(self, name: RemoteName) -> None:
        """Create a container of an image."""
        self.state.containers.append(self.state.image(name))

    def prune(self) -> None:
        """Remove every container, and every image."""
        self.state.clear()

    def kill(self) -> None:
        """End at once. What was on its way is gone."""
        self.downloads.kill()
        self.uploads.kill()

    def listed(self) -> list[tuple[str, str]]:
        """Repository and tag of every name, and "<none>" where an image has but digests in a repository."""
        state = self.state
        tags = [(name.repository, name.tag) for name in state.tags]
        tagged = {(name.repository, image) for name, image in state.tags.items()}
        return tags + [(repository, "<none>") for repository, image in state.digests - tagged]

    def kept(self) -> dict[str, int]:
        """Layers, each on its parents, and their bytes before compression."""
        layers = self.state.layers()
        return {"layers": len(layers), "bytes": sum(self.around.goods.layers[name].size for name in layers.values())}
