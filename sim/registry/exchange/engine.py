"""What both image stores are to whoever commands them. `graphdriver` and `containerd` are the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from simpy import Environment

from sim.registry.exchange.command import CommandFailedError, ExchangeResult
from sim.registry.exchange.goods import Goods
from sim.registry.exchange.line import ExchangeSteps, RegistryLine
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.server import RegistryServer


@dataclass(frozen=True)
class Surroundings:
    """What an engine finds: the line, the registries by address, and what can be moved."""

    env: Environment
    goods: Goods
    line: RegistryLine
    servers: Mapping[str, RegistryServer]

    def server(self, name: RemoteName) -> RegistryServer:
        """The registry that a name says. Raises `CommandFailedError` where there is none."""
        if name.domain not in self.servers:
            raise CommandFailedError("connection")
        return self.servers[name.domain]


class ImageEngine(Protocol):
    """An engine with its image store. ExchangeSteps run as a SimPy process. All else takes no time."""

    def pull(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Pull an image. Raises `CommandFailedError`."""

    def pull_all(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Pull every tag of a repository. Raises `CommandFailedError`."""

    def push(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Push an image. Raises `CommandFailedError`."""

    def push_all(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Push every tag of a repository. Raises `CommandFailedError`."""

    def tag(self, source: RemoteName, target: RemoteName) -> None:
        """Give an image another name. Raises `CommandFailedError`."""

    def remove(self, name: RemoteName, *, force: bool = False) -> None:
        """Take a name away, and the image where that was its last. Raises `CommandFailedError`."""

    def create(self, name: RemoteName) -> None:
        """Create a container that keeps the image's layers. Raises `CommandFailedError`."""

    def prune(self) -> None:
        """Remove every container, and every image."""

    def kill(self) -> None:
        """End at once, without a word."""

    def listed(self) -> list[tuple[str, str]]:
        """Repository and tag of what `docker images -a` lists. "<none>" where there is but a digest."""

    def kept(self) -> dict[str, int]:
        """What is on its disk, by name: layers or blobs, and bytes."""
