"""How dockerd with containerd's image store pushes: asks for every blob, mounts or sends, then asks for the manifest.

Layers and the configuration go all at once. Each is asked for by a HEAD. One that the repository has not is mounted
from one other repository, if the blob was met in any there. The manifest is put unless the tag names it already.

Sources: moby 26.1, daemon/containerd/image_push.go. containerd 1.7, remotes/handlers.go, remotes/docker/pusher.go.
"""

from __future__ import annotations

from typing import Any

from simpy import Event, Interrupt

from sim.registry.exchange.command import CommandFailedError, ExchangeResult
from sim.registry.exchange.containerd_state import ContainerdState
from sim.registry.exchange.engine import Surroundings
from sim.registry.exchange.goods import config_of, manifest_of
from sim.registry.exchange.line import ConnectionCutError, ExchangeSteps
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.sources import containerd_candidate


class SentBlob:
    """One blob of one push.

    Attributes:
        word: The last that was told of it.
        error: Why it failed, or "".
        done: It ended, well or not.
    """

    def __init__(self, done: Event) -> None:
        self.word = "Pushing"
        self.error = ""
        self.done = done
        self.process: Any = None


class ContainerdPush:
    """The pushing half of `ContainerdEngine`."""

    around: Surroundings
    state: ContainerdState
    sending: set[object]

    def push(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Push an image."""
        image = self.state.image(name)
        self.around.server(name)
        yield from self._send_blobs(name, image, command)
        self._put_manifest(name, image)
        for blob in (*self.around.goods.blobs(image), manifest_of(image)):
            self.state.sources.add(blob, name.domain, name.path)

    def push_all(self, name: RemoteName, command: ExchangeResult) -> ExchangeSteps:
        """Push every tag of a repository, in their order, each as if alone."""
        tags = sorted(other for other in self.state.images if other.repository == name.repository and other.tag)
        if not tags:
            raise CommandFailedError("no such image")
        for tagged in tags:
            yield from self.push(tagged, command)

    def _send_blobs(self, name: RemoteName, image: str, command: ExchangeResult) -> ExchangeSteps:
        """An interrupted client leaves what is on its way on its way. A broken connection stops the others."""
        blobs = {blob: self._begin(name, image, blob) for blob in self.around.goods.blobs(image)}
        try:
            for blob in blobs.values():
                yield blob.done
                if blob.error:
                    raise CommandFailedError(blob.error)
        except CommandFailedError:
            for blob in blobs.values():
                self._stop_sending(blob)
            raise
        finally:
            told = {name: blob.word for name, blob in blobs.items() if name != config_of(image)}
            command.layers.update(told)

    def _begin(self, name: RemoteName, image: str, blob: str) -> SentBlob:
        sent = SentBlob(self.around.env.event())
        self.sending.add(sent)
        sent.process = self.around.env.process(self._whole(sent, name, image, blob))
        return sent

    def _whole(self, sent: SentBlob, name: RemoteName, image: str, blob: str) -> ExchangeSteps:
        try:
            yield from self._send(sent, name, image, blob)
        except ConnectionCutError:
            sent.error = "connection"
        except Interrupt:
            sent.error = "cancelled"
        self.sending.discard(sent)
        sent.done.succeed()

    def _send(self, sent: SentBlob, name: RemoteName, image: str, blob: str) -> ExchangeSteps:
        line, server = self.around.line, self.around.server(name)
        if server.has(name.path, blob):
            line.ask("head_blob_found")
            sent.word = "Layer already exists"
            return
        line.ask("head_blob_missing")
        met = self.state.sources.of(blob, manifest_of(image), name.host)
        source = containerd_candidate(met, name)
        if source is not None and server.mount(name.path, blob, source):
            line.ask("mounted")
            sent.word = f"Mounted from {source}"
            return
        line.ask("start_upload" if source is None else "mount_refused")
        try:
            yield from line.carry("upload", blob)
        except (ConnectionCutError, Interrupt):
            line.ask("upload_broken")
            raise
        server.keep(name.path, blob)
        line.ask("upload_finished")
        sent.word = "Pushed"

    def _put_manifest(self, name: RemoteName, image: str) -> None:
        line, server = self.around.line, self.around.server(name)
        tagged = server.tagged(name.path, name.tag)
        line.ask("head_manifest" if tagged else "head_manifest_missing")
        if tagged != image:
            line.ask("put_manifest")
            server.put_manifest(name.path, name.tag, image)

    @staticmethod
    def _stop_sending(sent: Any) -> None:
        if sent.process is not None and sent.process.is_alive:
            sent.process.interrupt()

    def kill_uploads(self) -> None:
        """The engine is gone, and what it was sending breaks."""
        for sent in list(self.sending):
            self._stop_sending(sent)
