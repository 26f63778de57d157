"""dockerd with containerd's image store: blobs by digest, snapshots of unpacked layers.

Compressed blobs are kept. So no blob is fetched twice, whatever lies below it. What is on disk lives as long as an
image names it, or a pull that was interrupted holds it (a day: its lease ends then).

Sources: moby 26.1, daemon/containerd/. containerd 1.7, pull.go, remotes/, metadata/gc.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sim.registry.exchange.command import CommandFailedError
from sim.registry.exchange.containerd_pull import ContainerdPull, Fetch
from sim.registry.exchange.containerd_push import ContainerdPush
from sim.registry.exchange.containerd_state import ContainerdState
from sim.registry.exchange.engine import Surroundings
from sim.registry.exchange.names import RemoteName


@dataclass(frozen=True)
class ContainerdGiven:
    """What such an engine has.

    Attributes:
        images: Names to images.
        seen: For each blob the repositories where it met it, each with its registry's address.
        kept: Blobs that an interrupted pull left.
        begun: Blobs that it left unfinished, and the bytes that came.
    """

    images: Mapping[RemoteName, str] = field(default_factory=dict)
    seen: Mapping[str, Iterable[str]] = field(default_factory=dict)
    kept: Iterable[str] = ()
    begun: Mapping[str, int] = field(default_factory=dict)


class ContainerdEngine(ContainerdPull, ContainerdPush):
    """The engine. See `ImageEngine`. The limits of transfers at once are not heeded in Docker 26.1."""

    def __init__(self, around: Surroundings, given: ContainerdGiven) -> None:
        self.around = around
        self.state = ContainerdState(around.goods, given.images, given.kept, given.begun)
        self.fetches: dict[str, Fetch] = {}
        self.sending: set[object] = set()
        for blob, repositories in given.seen.items():
            for repository in repositories:
                domain, _, path = repository.partition("/")
                self.state.sources.add(blob, domain, path)

    def tag(self, source: RemoteName, target: RemoteName) -> None:
        """Give an image another name."""
        self.state.images[target] = self.state.image(source)

    def remove(self, name: RemoteName, *, force: bool = False) -> None:
        """Take a name away. The image of a container stays without one."""
        state = self.state
        image = state.image(name)
        names = [other for other, named in state.images.items() if named == image]
        if image in state.containers and len(names) == 1 and not force:
            raise CommandFailedError("in use")
        state.untag(name, image)
        if image in state.containers:
            state.dangling.add(image)
        state.collect()

    def create(self, name: RemoteName) -> None:
        """Create a container of an image."""
        self.state.containers.append(self.state.image(name))

    def prune(self) -> None:
        """Remove every container, and every image."""
        self.state.images.clear()
        self.state.dangling.clear()
        self.state.containers.clear()
        self.state.collect()

    def kill(self) -> None:
        """End at once. Its commands leave what came, as interrupted ones do. What it was sending breaks."""
        self.kill_uploads()

    def listed(self) -> list[tuple[str, str]]:
        """Repository and tag of every name, and "<none>" where it is a digest."""
        named = [(name.repository, name.tag or "<none>") for name in self.state.images]
        return named + [("<none>", "<none>") for _ in self.state.dangling]

    def kept(self) -> dict[str, int]:
        """Blobs of the content store, their bytes, and blobs that were begun."""
        contents = self.state.contents
        return {
            "content_blobs": len(contents),
            "bytes": self.around.goods.sizes(contents),
            "ingests": len(self.state.begun),
        }
