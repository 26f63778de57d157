"""How dockerd with a graph driver pushes: asks for what it remembers, mounts from where it remembers, else uploads.

It asks the registry for a layer only where it met the layer somewhere before. What was loaded or built it met nowhere,
so it sends all of it, even to a repository that has it. A repository that refuses a mount is forgotten. A second
repository that is tried opens a second upload and cancels the first.

Source: moby 26.1, distribution/push_v2.go, and the client in its vendor/github.com/docker/distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simpy import Interrupt

from sim.registry.exchange.command import CommandFailedError, ExchangeResult
from sim.registry.exchange.engine import Surroundings
from sim.registry.exchange.goods import config_of
from sim.registry.exchange.graphdriver_state import GraphdriverState
from sim.registry.exchange.line import ConnectionCutError, ExchangeSteps
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.sources import mount_candidates
from sim.registry.exchange.transfers import LayerTransfer, LayerTransfers


@dataclass(frozen=True)
class _Push:
    """One command's push to one repository, and the layers that it knows to be there."""

    name: RemoteName
    there: set[str] = field(default_factory=set)


class GraphdriverPush:
    """The pushing half of `GraphdriverEngine`."""

    around: Surroundings
    state: GraphdriverState
    uploads: LayerTransfers

    def push(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Push an image."""
        yield from self._push_tag(_Push(name), name, self.state.image(name), command)

    def push_all(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Push every tag of a repository, in their order. A layer is asked for once."""
        tags = sorted(other for other in self.state.tags if other.repository == name.repository)
        if not tags:
            raise CommandFailedError("no such image")
        push = _Push(name)
        for tagged in tags:
            yield from self._push_tag(push, tagged, self.state.image(tagged), command)

    def _push_tag(self, push: _Push, name: RemoteName, image: str, command: ExchangeResult) -> ExchangeSteps:
        self.around.server(name)
        yield from self._push_layers(push, image, command)
        yield from self._push_config(name, config_of(image))
        self.around.line.ask("put_manifest")
        self.around.server(name).put_manifest(name.path, name.tag, image)
        self.state.digests.add((name.repository, image))

    def _push_layers(self, push: _Push, image: str, command: ExchangeResult) -> ExchangeSteps:
        """Highest first. An interrupted client leaves what is on its way on its way."""
        watched: dict[str, LayerTransfer] = {}
        try:
            for layer in dict.fromkeys(reversed(self.around.goods.images[image].layers)):
                key = (push.name.repository, layer)
                while (left := self.uploads.abandoned(key)) is not None:
                    command.layers[layer] = "Preparing"
                    yield left.done
                watched[layer] = self.uploads.watch(key, "Preparing", self._uploading(push, layer))
            for transfer in watched.values():
                yield transfer.done
                if transfer.error:
                    raise CommandFailedError(transfer.error)
        finally:
            command.layers.update({layer: transfer.word for layer, transfer in watched.items()})
            for transfer in watched.values():
                self.uploads.release(transfer, stop=False)

    def _push_config(self, name: RemoteName, config: str) -> ExchangeSteps:
        line, server = self.around.line, self.around.server(name)
        if server.has(name.path, config):
            line.ask("head_blob_found")
            return
        line.ask("head_blob_missing")
        line.ask("start_upload")
        try:
            yield from self._send(name, config)
        except ConnectionCutError:
            raise CommandFailedError("connection") from None

    def _uploading(self, push: _Push, layer: str) -> Callable[[LayerTransfer], ExchangeSteps]:
        return lambda transfer: self._turn(transfer, push, layer)

    def _turn(self, transfer: LayerTransfer, push: _Push, layer: str) -> ExchangeSteps:
        with self.uploads.slot() as turn:
            yield turn
            yield from self.uploads.attempts(transfer, lambda: self._upload(transfer, push, layer))

    def _upload(self, transfer: LayerTransfer, push: _Push, layer: str) -> ExchangeSteps:
        name = push.name
        if layer in push.there or self._is_there(name, layer):
            push.there.add(layer)
            transfer.word = "Layer already exists"
            return
        source, opened = self._mount(name, layer)
        if source:
            transfer.word = f"Mounted from {source}"
        else:
            if not opened:
                self.around.line.ask("start_upload")
            yield from self._send(name, layer)
            transfer.word = "Pushed"
        push.there.add(layer)
        self.state.met(layer, name.repository)

    def _is_there(self, name: RemoteName, layer: str) -> bool:
        """Whether the registry has a layer that was met before, wherever."""
        seen = self.state.seen.get(layer)
        if not seen:
            return False
        there = self.around.server(name).has(name.path, layer)
        self.around.line.ask("head_blob_found" if there else "head_blob_missing")
        if not there:
            self.state.forget(layer, name.repository)
        elif name.repository not in seen:
            self.state.met(layer, name.repository)
        return there

    def _mount(self, name: RemoteName, layer: str) -> tuple[str, bool]:
        """The repository it was mounted from, or "", and whether a refusal opened an upload."""
        line, server = self.around.line, self.around.server(name)
        seen = self.state.seen.get(layer, ())
        opened = False
        for candidate in mount_candidates(seen, name, self.around.goods.layers[layer].size):
            source = candidate.partition("/")[2]
            if server.mount(name.path, layer, source):
                line.ask("mounted")
                line.ask("head_blob_found")
                return source, opened
            line.ask("mount_refused")
            self.state.forget(layer, candidate)
            if opened:
                line.ask("cancel_upload")
            opened = True
        return "", opened

    def _send(self, name: RemoteName, blob: str) -> ExchangeSteps:
        """Send a blob, let the registry take it, and ask whether it has."""
        line = self.around.line
        try:
            yield from line.carry("upload", blob)
        except (ConnectionCutError, Interrupt):
            line.ask("upload_broken")
            raise
        self.around.server(name).keep(name.path, blob)
        line.ask("upload_finished")
        line.ask("head_blob_found")
