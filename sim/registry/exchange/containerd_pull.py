"""How dockerd with containerd's image store pulls: every blob that it has not, all at once.

The tag is resolved by a HEAD. Then the manifest, the configuration and the layers are fetched by digest. The layers
that are unpacked from the lowest up are not even looked for. A broken connection fails the pull, and what came goes. An
interrupted client fails it too, but what came stays: the lease on it cannot be given back any more. The next pull takes
up each blob where it was.

Sources: moby 26.1, daemon/containerd/image_pull.go, progress.go. containerd 1.7, pull.go, pkg/unpack/unpacker.go,
remotes/handlers.go, content/helpers.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simpy import Event, Interrupt, Process

from sim.registry.exchange.command import CommandFailedError, ExchangeResult
from sim.registry.exchange.containerd_state import COPY_BUFFER, ContainerdState
from sim.registry.exchange.engine import Surroundings
from sim.registry.exchange.goods import config_of, manifest_of
from sim.registry.exchange.line import ConnectionCutError, ExchangeSteps
from sim.registry.exchange.names import RemoteName

_KEEP = "keep"
"""Why a download is stopped whose bytes stay."""


@dataclass(eq=False)
class Fetch:
    """A blob on its way, for all pulls that want it.

    Attributes:
        word: The last that was told of it.
        done: It ended, well or not.
        came: Bytes, attempt by attempt, with those that were there before.
    """

    done: Event
    word: str = "Downloading"
    error: str = ""
    watchers: int = 0
    came: list[int] = field(default_factory=list)
    process: Process | None = None


class ContainerdPull:
    """The pulling half of `ContainerdEngine`."""

    around: Surroundings
    state: ContainerdState
    fetches: dict[str, Fetch]

    def pull(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Pull an image."""
        image = self._resolve(name)
        before = self.state.at(name)
        yield from self._fetch_image(name, image, command)
        self.state.images[name] = image
        self.state.dangling.discard(image)
        if before not in (None, image):
            self.state.collect()
        if command.status != "downloaded":
            command.status = "up to date" if before == image else "downloaded"

    def pull_all(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Pull every tag of a repository."""
        tags = self.around.server(name).tags(name.path)
        self.around.line.ask("list_tags" if tags is not None else "list_tags_missing")
        if tags is None:
            raise CommandFailedError("not found")
        for tag in tags:
            yield from self.pull(name.tagged(tag), command)

    def _resolve(self, name: RemoteName) -> str:
        server, line = self.around.server(name), self.around.line
        image = name.digest if server.has_manifest(name.path, name.digest) else server.tagged(name.path, name.tag)
        line.ask("head_manifest" if image else "head_manifest_missing")
        if not image:
            if name.digest:
                line.ask("head_blob_missing")
            raise CommandFailedError("not found")
        return image

    def _fetch_image(self, name: RemoteName, image: str, command: ExchangeResult) -> ExchangeSteps:
        state = self.state
        had = set(state.contents)
        blobs = self._wanted(image, command)
        if manifest_of(image) not in state.contents:
            self.around.line.ask("get_manifest")
            state.contents.add(manifest_of(image))
        watched = {blob: self._watch(blob) for blob in blobs if blob not in state.contents}
        try:
            for fetch in watched.values():
                yield fetch.done
                if fetch.error:
                    raise CommandFailedError(fetch.error)
        except Interrupt:
            self._leave(image, watched, had)
            raise
        except CommandFailedError:
            self._give_up(watched)
            raise
        finally:
            command.layers.update({blob: fetch.word for blob, fetch in watched.items() if blob != config_of(image)})
        for fetch in watched.values():
            fetch.watchers -= 1
        state.unpack(image)
        for blob in (*self.around.goods.blobs(image), manifest_of(image)):
            state.sources.add(blob, name.domain, name.path)

    def _wanted(self, image: str, command: ExchangeResult) -> list[str]:
        """The configuration, and the layers from the first on that is not unpacked."""
        layers, chain = self.around.goods.images[image].layers, self.around.goods.chain(image)
        unpacked = next((n for n, one in enumerate(chain) if one not in self.state.snapshots), len(chain))
        wanted = list(dict.fromkeys(layers[unpacked:]))
        for layer in wanted:
            if layer in self.state.contents:
                since = self.state.came.get(layer, -1.0) > command.began
                command.layers[layer] = "Download complete" if since else "Already exists"
        return [config_of(image), *wanted]

    def _watch(self, blob: str) -> Fetch:
        fetch = self.fetches.get(blob)
        if fetch is None:
            fetch = self.fetches[blob] = Fetch(self.around.env.event(), came=[self.state.begun.get(blob, 0)])
            fetch.process = self.around.env.process(self._fetch(blob, fetch))
        fetch.watchers += 1
        return fetch

    def _fetch(self, blob: str, fetch: Fetch) -> ExchangeSteps:
        offset, layer = sum(fetch.came), blob in self.around.goods.layers
        self.around.line.ask(("get_layer_rest" if offset else "get_layer") if layer else "get_config")
        try:
            yield from self.around.line.carry("download", blob, offset, fetch.came)
        except ConnectionCutError:
            fetch.error = "connection"
        except Interrupt as stop:
            fetch.error = "cancelled"
            if stop.cause == _KEEP:
                self.state.begun[blob] = sum(fetch.came) // COPY_BUFFER * COPY_BUFFER
        else:
            self.state.contents.add(blob)
            self.state.came[blob] = self.around.env.now
            self.state.begun.pop(blob, None)
            fetch.word = "Download complete"
        del self.fetches[blob]
        fetch.done.succeed()

    def _leave(self, image: str, watched: dict[str, Fetch], had: set[str]) -> None:
        """The client is gone: what came stays, and what nobody else waits for stops where it is."""
        state = self.state
        for fetch in watched.values():
            fetch.watchers -= 1
            self._stop(fetch, _KEEP)
        blobs = {*self.around.goods.blobs(image), manifest_of(image)}
        state.leased |= (blobs & state.contents) - had
        state.unpack(image)

    def _give_up(self, watched: dict[str, Fetch]) -> None:
        """A connection broke: the others are stopped, and what came is garbage."""
        for fetch in watched.values():
            fetch.watchers -= 1
            self._stop(fetch)
        self.state.collect()

    @staticmethod
    def _stop(fetch: Fetch, cause: str = "") -> None:
        """Stop what nobody waits for."""
        if not fetch.watchers and fetch.process is not None and fetch.process.is_alive:
            fetch.process.interrupt(cause)
