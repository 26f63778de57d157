"""How dockerd with a graph driver pulls: layers from the first that it does not find on, each on its parent.

A tag is looked up by a HEAD. A manifest that is kept is not fetched again. Where the image is there, nothing is. Its
layers are looked for from the lowest up. From the first that is not found on, every layer is fetched, whatever the
engine has elsewhere. A download that breaks is taken up where it was, in this pull alone.

Source: moby 26.1, distribution/pull_v2.go, manifest.go, xfer/download.go.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from sim.registry.exchange.command import CommandFailedError, ExchangeResult
from sim.registry.exchange.engine import Surroundings
from sim.registry.exchange.graphdriver_state import GraphdriverState
from sim.registry.exchange.line import ExchangeSteps
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.transfers import LayerTransfer, LayerTransfers


@dataclass(frozen=True)
class _Placed:
    """A layer at its place.

    Attributes:
        repository: What it is pulled from.
        again: The image has it lower down too.
    """

    layer: str
    chain: int
    repository: str
    again: bool


class GraphdriverPull:
    """The pulling half of `GraphdriverEngine`."""

    around: Surroundings
    state: GraphdriverState
    downloads: LayerTransfers

    def pull(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Pull an image."""
        image = name.digest or self._resolve(name)
        new = yield from self._pull_image(name, image, command)
        command.status = "downloaded" if new else "up to date"

    def pull_all(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Pull every tag of a repository."""
        tags = self.around.server(name).tags(name.path)
        self.around.line.ask("list_tags" if tags is not None else "list_tags_missing")
        if tags is None:
            raise CommandFailedError("not found")
        new = False
        for tag in tags:
            tagged = name.tagged(tag)
            new |= yield from self._pull_image(tagged, self._resolve(tagged), command)
        command.status = "downloaded" if new else "up to date"

    def _resolve(self, name: RemoteName) -> str:
        """A tag's image. Where the HEAD finds none, a GET asks why."""
        image = self.around.server(name).tagged(name.path, name.tag)
        self.around.line.ask("head_manifest" if image else "head_manifest_missing")
        if image is None:
            self.around.line.ask("get_manifest_missing")
            raise CommandFailedError("not found")
        return image

    def _pull_image(self, name: RemoteName, image: str, command: ExchangeResult) -> Generator[Any, Any, bool]:
        """Pull what a name says. Gives whether the name is new, or says another image than before."""
        self._get_manifest(name, image)
        if not self.state.has(image):
            yield from self._get_layers(name, image, command)
        return self._name(name, image)

    def _get_manifest(self, name: RemoteName, image: str) -> None:
        """Fetch the manifest, unless it is kept. One that is asked for by digest must be known in its repository."""
        line, server, kept = self.around.line, self.around.server(name), self.state.manifests
        there = server.has_manifest(name.path, image)
        if image in kept:
            if name.digest and name.repository not in kept[image]:
                line.ask("head_manifest" if there else "head_manifest_missing")
            if there or name.repository in kept[image]:
                kept[image].add(name.repository)
                return
        line.ask("get_manifest" if there else "get_manifest_missing")
        if not there:
            raise CommandFailedError("not found")
        kept[image] = {name.repository}

    def _name(self, name: RemoteName, image: str) -> bool:
        state = self.state
        key = (name.repository, image)
        new = key not in state.digests if name.digest else state.tags.get(name) != image
        state.digests.add(key)
        if not name.digest:
            state.tags[name] = image
        return new

    def _get_layers(self, name: RemoteName, image: str, command: ExchangeResult) -> ExchangeSteps:
        self.around.line.ask("get_config")
        watched = self._watch_layers(name, image, command)
        try:
            for transfer in watched.values():
                yield transfer.done
        finally:
            command.layers.update({placed.layer: one.word for placed, one in watched.items() if not placed.again})
            for placed, transfer in watched.items():
                self.downloads.release(transfer, stop=True)
                if not transfer.watchers:
                    self.state.registered.pop(placed.chain, None)
        for transfer in watched.values():
            if transfer.error:
                raise CommandFailedError(transfer.error)

    def _watch_layers(self, name: RemoteName, image: str, command: ExchangeResult) -> dict[_Placed, LayerTransfer]:
        """The downloads of an image, lowest first. What is found, from the lowest up, is none."""
        state, here = self.state, self.state.layers()
        watched: dict[_Placed, LayerTransfer] = {}
        parent: LayerTransfer | None = None
        missing = False
        for layer, chain in zip(self.around.goods.images[image].layers, self.around.goods.chain(image), strict=True):
            missing = missing or layer not in state.seen or chain not in here
            if not missing:
                command.layers[layer] = "Already exists"
                state.met(layer, name.repository)
                continue
            placed = _Placed(layer, chain, name.repository, any(layer == lower.layer for lower in watched))
            parent = self.downloads.watch(chain, "Pulling fs layer", self._downloading(placed, parent))
            watched[placed] = parent
        return watched

    def _downloading(self, placed: _Placed, parent: LayerTransfer | None) -> Callable[[LayerTransfer], ExchangeSteps]:
        return lambda transfer: self._download(transfer, placed, parent)

    def _download(self, transfer: LayerTransfer, placed: _Placed, parent: LayerTransfer | None) -> ExchangeSteps:
        """Fetch a layer, and put it on its parent. One that the image has lower down is not fetched again."""
        if not placed.again:
            with self.downloads.slot() as turn:
                yield turn
                if parent is not None and parent.error:
                    transfer.error = parent.error
                    return
                came: list[int] = []
                yield from self.downloads.attempts(transfer, lambda: self._attempt(placed.layer, came))
            transfer.word = "Download complete"
        if parent is not None:
            yield parent.done
            if parent.error:
                transfer.error = parent.error
                return
        self.state.registered[placed.chain] = placed.layer
        transfer.word = "Pull complete"
        self.state.met(placed.layer, placed.repository)

    def _attempt(self, layer: str, came: list[int]) -> ExchangeSteps:
        offset = sum(came)
        self.around.line.ask("get_layer_rest" if offset else "get_layer")
        yield from self.around.line.carry("download", layer, offset, came)
