"""Pulling an image: three layers at a time over the network, unpacked strictly in order on one core.

A host pulls an image once. Who asks for it meanwhile waits for the end of that pull, and the image is there only once
its last layer is unpacked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from simpy import Environment

from sim.catalog.model import Host, Number, OfficialImage
from sim.engine.alarm import Alarm
from sim.machine.host import RunningHost, opposite
from sim.outcome import Bound
from sim.platforms.plan import Plan, Step

AT_ONCE = 3
"""Layers downloaded at once: dockerd's default max-concurrent-downloads."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer to pull, in bytes: what is transferred, and what it unpacks to."""

    compressed: int
    size: int


@dataclass(frozen=True, slots=True)
class Registry:
    """What a registry and a client take beside the bytes.

    round_trips: seconds before the first byte (token, manifest, configuration). flow: bytes a second of one
    connection. unpack: bytes of output a second of one core.
    """

    round_trips: Number
    flow: Number
    unpack: Number


HUB = Registry(
    round_trips=Number(
        0.4,
        "s",
        0.3,
        0.6,
        sources=("F0507", "F0532"),
        estimate="a pull of alpine takes 0.61 s, of which its 3.8 MB are 0.2 s at 55 ms/MB",
    ),
    flow=Number(
        13e6,
        "B/s",
        10e6,
        20e6,
        sources=("F0510", "F0513", "F0532"),
        estimate="the largest layer of nginx and of python-slim over the time of their pulls, less the round trips",
    ),
    unpack=Number(190e6, "B/s", sources=("R0137",)),
)
"""Docker Hub from a cloud host, and gzip -d."""

_RATIO = Number(
    2.6, "1", 2.2, 3.2, estimate="layers of Debian and Alpine packages shrink to between a half and a third by gzip"
)
"""A layer's size over its compressed size. Registries serve the latter only."""


def layers_of(image: OfficialImage, bound: Bound = "value") -> tuple[Layer, ...]:
    """An official image's layers, base first, with the sizes they are expected to unpack to."""
    return tuple(Layer(layer.size, round(layer.size * _RATIO.at(bound))) for layer in image.layers)


class ImageStore:
    """A host's store, and one image in it that is not there yet."""

    def __init__(
        self, host: RunningHost, layers: Sequence[Layer], registry: Registry = HUB, bound: Bound = "value"
    ) -> None:
        self._host = host
        self._layers = tuple(layers)
        self._round_trips = registry.round_trips.at(bound)
        self._flow = registry.flow.at(opposite(bound))
        self._unpack_speed = registry.unpack.at(opposite(bound))
        self._waiting: list[Callable[[float], None]] = []
        self._asked = 0
        self._arrived: set[int] = set()
        self._unpacked = 0
        self._unpacking = False
        self._downloaded = 0.0
        self._present = False

    def ensure(self, done: Callable[[float], None]) -> None:
        """Call `done(when its last byte came)` as soon as the image is there; pull it where nobody does yet."""
        if self._present:
            done(self._downloaded)
            return
        self._waiting.append(done)
        if len(self._waiting) == 1:
            Alarm(self._host.env, self._start).arm(self._round_trips)

    def _start(self, _: Alarm) -> None:
        for _layer in self._layers[:AT_ONCE]:
            self._download()
        self._unpack()

    def _download(self) -> None:
        index = self._asked
        self._asked += 1
        self._host.transfer(self._layers[index].compressed, self._has_layer, index, self._flow)

    def _has_layer(self, index: int) -> None:
        self._arrived.add(index)
        if self._asked < len(self._layers):
            self._download()
        self._unpack()

    def _unpack(self) -> None:
        if len(self._arrived) == len(self._layers):
            self._downloaded = self._downloaded or self._host.env.now
        if self._unpacked == len(self._layers):
            self._present = True
            waiting, self._waiting = self._waiting, []
            for done in waiting:
                done(self._downloaded)
        elif self._unpacked in self._arrived and not self._unpacking:
            self._unpacking = True
            self._host.compute(self._layers[self._unpacked].size / self._unpack_speed, 1.0, self._has_unpacked)

    def _has_unpacked(self, _: None) -> None:
        self._unpacking = False
        self._unpacked += 1
        self._unpack()


def with_pull(
    plan: Plan, host: Host, layers: Sequence[Layer], registry: Registry = HUB, bound: Bound = "value"
) -> Plan:
    """The plan with a pull before it: the download, and what of the unpacking the download does not hide."""
    env = Environment()
    ended: list[float] = []
    ImageStore(RunningHost(env, host, bound), layers, registry, bound).ensure(ended.append)
    env.run()
    download = Step(
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
    unpack = replace(
        download,
        id="pull-unpack",
        demand="cpu",
        resource="",
        amount=sum(layer.size for layer in layers) / registry.unpack.at(opposite(bound)),
        source=registry.unpack.source,
        estimate=bool(registry.unpack.estimate or _RATIO.estimate),
        inputs=(registry.unpack, _RATIO, host.cpu_speed),
    )
    return replace(
        plan,
        steps=(download, unpack, *plan.steps),
        runtime=plan.runtime + 2,
        init=plan.init + 2,
        pull=(ended[0], env.now - ended[0]),
    )
