"""Pulling an application's image on the host that starts it: dockerd's pull, on the host's own cores and link.

A host pulls an image once. Who asks for it meanwhile waits for the end of that pull, and the image is there only once
its last layer is unpacked. How a client pulls is in `sim.registry`. Its numbers are in the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from sim.catalog import load
from sim.catalog.images import OfficialImage
from sim.catalog.model import Host
from sim.catalog.number import HELPS, Number, Sensed
from sim.catalog.tables import registries
from sim.catalog.tables.registries import Registry
from sim.engine.environment import Environment
from sim.machine.host import RunningHost
from sim.outcome import Bound
from sim.platforms.plan import BootPlan, BootStep
from sim.registry.client import Client, client_of
from sim.registry.hostsite import HostSite
from sim.registry.nodepull import NodePull
from sim.registry.work import BlobToFetch, Job, Unpacking, UnpackStep, Work

REGISTRY = "hub"
"""Where a start pulls from, by its id in the catalog."""


@dataclass(frozen=True, slots=True)
class PulledLayer:
    """A layer to pull, in bytes: what is transferred, and what it unpacks to.

    Attributes:
        digest: By which a node knows that it has the layer already. "" where it has not.
    """

    compressed: int
    size: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Pulling(Sensed):
    """What a pull takes beside its bytes.

    Attributes:
        unpack: Bytes of output a second of one core.
    """

    registry: Registry
    unpack: Number = field(metadata=HELPS)


@cache
def pulling() -> Pulling:
    """Docker Hub from a cloud host, and gzip -d, as the catalog has them."""
    return Pulling(registries.registry(REGISTRY), registries.distribution().unpack["gzip"])


def layers_of(image: OfficialImage, bound: Bound = "value") -> tuple[PulledLayer, ...]:
    """An official image's layers, base first, with the sizes they are expected to unpack to."""
    ratio = load.gzip_ratio().at(bound)
    return tuple(PulledLayer(layer.size, round(layer.size * ratio), layer.digest) for layer in image.layers)


@cache
def _dockerd() -> Client:
    """How dockerd pulls. containerd takes as many layers of an image at once."""
    return client_of("dockerd", registries.distribution().clients, hashing=float("inf"), resume=True)


def _work(layers: Sequence[PulledLayer], speed: float) -> Work:
    """What is to be fetched and unpacked, at so many bytes of output a second of one core."""
    unpacking = Unpacking(speed, float("inf"), float("inf"))
    blobs = tuple(BlobToFetch(str(number), layer.compressed, "") for number, layer in enumerate(layers))
    units = tuple(
        UnpackStep(str(number), "", number, number - 1 if number else None, "unpack", seconds, layer.size)
        for number, layer in enumerate(layers)
        for seconds in [unpacking.seconds(layer.size)]
    )
    every = tuple(range(len(layers)))
    return Work((Job("", True, every, every),), blobs, units, sum(layer.compressed for layer in layers))


class HostPulls:
    """A host's pulls, as dockerd does them.

    Args:
        host: Whose network card and cores they use.
        numbers: What a pull takes beside its bytes. None for the catalog's.
        bound: Which end of the result the numbers are taken for.
    """

    def __init__(self, host: RunningHost, numbers: Pulling | None = None, bound: Bound = "value") -> None:
        numbers = numbers or pulling()
        self._site = HostSite(host, numbers.registry, bound)
        self._unpack = numbers.unpack.at(bound)

    def pull(self, layers: Sequence[PulledLayer], done: Callable[[float], None]) -> None:
        """Pull layers, and call `done(when the last byte came)` once they are unpacked."""

        def ended(pull: NodePull) -> None:
            done(max(pull.last_byte, pull.asked + self._site.round_trips))

        NodePull(_work(layers, self._unpack), _dockerd(), self._site, ended).start()


class ImageStore:
    """A host's store, and one image in it that is not there yet."""

    def __init__(
        self,
        host: RunningHost,
        layers: Sequence[PulledLayer],
        numbers: Pulling | None = None,
        bound: Bound = "value",
    ) -> None:
        self._pulls = HostPulls(host, numbers, bound)
        self._layers = layers
        self._waiting: list[Callable[[float], None]] = []
        self._downloaded: float | None = None

    def ensure(self, done: Callable[[float], None]) -> None:
        """Call `done(when its last byte came)` as soon as the image is there, and pull it where nobody does yet."""
        if self._downloaded is not None:
            done(self._downloaded)
            return
        self._waiting.append(done)
        if len(self._waiting) == 1:
            self._pulls.pull(self._layers, self._has_image)

    def _has_image(self, downloaded: float) -> None:
        self._downloaded = downloaded
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done(downloaded)


def with_pull(
    plan: BootPlan, host: Host, layers: Sequence[PulledLayer], numbers: Pulling | None = None, bound: Bound = "value"
) -> BootPlan:
    """The plan with a pull before it: the download, and what of the unpacking the download does not hide."""
    numbers = numbers or pulling()
    registry = numbers.registry
    env = Environment()
    ended: list[float] = []
    ImageStore(RunningHost(env, host, bound), layers, numbers, bound).ensure(ended.append)
    env.run()
    download = BootStep(
        id="pull-download",
        owner="files",
        demand="transfer",
        resource="registry",
        amount=float(sum(layer.compressed for layer in layers)),
        parallelism=1.0,
        growth=(),
        spread=0.0,
        source=registry.flow.source,
        estimate=bool(registry.flow.estimate or registry.round_trips.estimate),
        inputs=(registry.round_trips, registry.flow, host.network),
    )
    ratio = load.gzip_ratio()
    unpack = replace(
        download,
        id="pull-unpack",
        demand="cpu",
        resource="",
        amount=sum(layer.size for layer in layers) / numbers.unpack.at(bound),
        source=numbers.unpack.source,
        estimate=bool(numbers.unpack.estimate or ratio.estimate),
        inputs=(numbers.unpack, ratio, host.cpu_speed),
    )
    return replace(
        plan,
        steps=(download, unpack, *plan.steps),
        runtime=plan.runtime + 2,
        init=plan.init + 2,
        pull=(ended[0], env.now - ended[0]),
    )
