"""The reference registry (Distribution 2.8) as a push and a pull see it: blobs, and what each repository links.

A blob is kept once for all repositories. A repository has the blobs that it links, and only these can be seen, fetched
and mounted through it. A tag may move. What it named before stays.

Source: distribution v2.8.3, registry/handlers and registry/storage/linkedblobstore.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.registry.exchange.goods import Goods, config_of, manifest_of


@dataclass
class ServedRepository:
    """One repository.

    Attributes:
        links: Layers and configurations that are seen through it.
        tags: Tag to image.
        manifests: Images whose manifest it has, named by a tag or not.
    """

    links: set[str] = field(default_factory=set)
    tags: dict[str, str] = field(default_factory=dict)
    manifests: set[str] = field(default_factory=set)


class Stock(NamedTuple):
    """What a registry keeps: blobs, their bytes, and links to layers and configurations."""

    blobs: int
    bytes: int
    links: int


class RegistryServer:
    """One registry. Blobs that no repository links are kept: nothing but a garbage collection takes them away."""

    def __init__(
        self, goods: Goods, repositories: Mapping[str, ServedRepository], unlinked: Iterable[str] = ()
    ) -> None:
        self._goods = goods
        self._repositories = dict(repositories)
        self._blobs = set(unlinked)
        for repository in self._repositories.values():
            repository.manifests |= set(repository.tags.values())
            self._blobs |= repository.links | {manifest_of(image) for image in repository.manifests}
        for repository in self._repositories.values():
            repository.manifests |= {blob.partition(":")[2] for blob in unlinked if self._was_pushed(repository, blob)}

    @staticmethod
    def _was_pushed(repository: ServedRepository, blob: str) -> bool:
        """Whether a manifest without a tag is the repository's: it links the configuration, pushed just before."""
        kind, _, image = blob.partition(":")
        return kind == "manifest" and config_of(image) in repository.links

    @property
    def stock(self) -> Stock:
        """What it keeps now."""
        links = sum(len(repository.links) for repository in self._repositories.values())
        return Stock(len(self._blobs), self._goods.sizes(self._blobs), links)

    def tags(self, path: str) -> list[str] | None:
        """A repository's tags. None where there is no such repository."""
        repository = self._repositories.get(path)
        return sorted(repository.tags) if repository else None

    def tagged(self, path: str, tag: str) -> str | None:
        """The image that a tag names."""
        repository = self._repositories.get(path)
        return repository.tags.get(tag) if repository else None

    def has_manifest(self, path: str, image: str) -> bool:
        """Whether a manifest is seen through a repository, by its digest."""
        return path in self._repositories and image in self._repositories[path].manifests

    def has(self, path: str, blob: str) -> bool:
        """Whether a layer or a configuration is seen through a repository."""
        return path in self._repositories and blob in self._repositories[path].links

    def mount(self, path: str, blob: str, source: str) -> bool:
        """Link a blob that another repository links. False where that one does not: the registry then takes it sent."""
        if self.has(source, blob):
            self._repository(path).links.add(blob)
        return self.has(source, blob)

    def keep(self, path: str, blob: str) -> None:
        """Keep what was sent, once, and link it."""
        self._blobs.add(blob)
        self._repository(path).links.add(blob)

    def put_manifest(self, path: str, tag: str, image: str) -> None:
        """Keep a manifest, and let the tag name it."""
        self._blobs.add(manifest_of(image))
        repository = self._repository(path)
        repository.manifests.add(image)
        repository.tags[tag] = image

    def _repository(self, path: str) -> ServedRepository:
        return self._repositories.setdefault(path, ServedRepository())
