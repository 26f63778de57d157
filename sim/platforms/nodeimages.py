"""The images of one node: which layers it has, and who pulls when.

Images share layers whose parents are the same too, as engines' stores do: such a layer is fetched and unpacked once.
dockerd pulls images side by side, and joins pulls of one image. A kubelet asks its runtime for one image after the
other (`serializeImagePulls`), so who waits behind a pull of the same image asks the registry once more; and it refuses
a pull that comes too fast, which is then tried again after a back-off. Source: Kubernetes 1.32, pkg/kubelet/images.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from sim.catalog.tables import registries
from sim.engine.alarm import Alarm
from sim.engine.tokens import TokenBucket
from sim.machine.host import RunningHost
from sim.outcome import Bound
from sim.platforms.pull import HostPulls, PulledLayer, Pulling


@dataclass(frozen=True, slots=True)
class PullQueue:
    """In which order a node's pulls are done.

    Attributes:
        serial: Whether one image is pulled after the other.
        qps: Pulls a second, beyond `burst` at once. 0 for any number.
        burst: So many at once.
        back_off: Seconds until a pull that came too fast is tried again. Doubled each time.
        longest: Seconds that no back-off is longer than.
    """

    serial: bool = False
    qps: float = 0.0
    burst: int = 0
    back_off: float = 10.0
    longest: float = 300.0


DOCKERD = PullQueue()
"""dockerd's: images are pulled side by side."""


@cache
def kubelet_queue() -> PullQueue:
    """A kubelet's by default: serializeImagePulls, registryPullQPS and registryBurst, imagePullBackOff."""
    numbers = registries.distribution().clients
    return PullQueue(
        serial=True,
        qps=numbers["kubelet_qps"].value,
        burst=int(numbers["kubelet_burst"].value),
        back_off=numbers["kubelet_backoff"].value,
        longest=numbers["kubelet_backoff_most"].value,
    )


@dataclass(slots=True)
class _PullRequest:
    """Somebody who waits for an image."""

    image: str
    layers: Sequence[PulledLayer]
    chains: Sequence[str]
    waiting: list[Callable[[float], None]]
    tries: int = 0


@dataclass(slots=True)
class _UnderWay:
    request: _PullRequest
    missing: frozenset[str] = field(default_factory=frozenset)


class NodeImages:
    """A node's store of images.

    Args:
        host: Whose network and cores the pulls use.
        queue: In which order pulls are done.
        bound: Which end of the result the registry's numbers are taken for.
        numbers: What a pull takes beside its bytes. None for the catalog's.
    """

    def __init__(
        self,
        host: RunningHost,
        queue: PullQueue = DOCKERD,
        bound: Bound = "value",
        numbers: Pulling | None = None,
    ) -> None:
        self.env = host.env
        self._pulls = HostPulls(host, numbers, bound)
        self._queue = queue
        self._bucket = TokenBucket(host.env, queue.qps, queue.burst) if queue.qps else None
        self._chains: set[str] = set()
        self._downloaded: dict[str, float] = {}
        self._asked: deque[_PullRequest] = deque()
        self._under_way: list[_UnderWay] = []

    def has(self, image: str) -> bool:
        """Whether the image is there whole."""
        return image in self._downloaded

    def put(self, image: str, layers: Sequence[PulledLayer]) -> None:
        """The image is there from the beginning, as on a node whose disk was made with it."""
        self._chains.update(_chain(layers))
        self._downloaded[image] = self.env.now

    def ensure(
        self, image: str, layers: Sequence[PulledLayer], done: Callable[[float], None], *, always: bool = False
    ) -> None:
        """Call `done(when its last byte came)` as soon as the image is there, and pull what is missing of it.

        Args:
            image: Its name.
            layers: Its layers, the lowest first.
            done: Called at once where the image is there.
            always: Whether the registry is asked even then, whether the name still means this image.
        """
        if image in self._downloaded and not always:
            done(self._downloaded[image])
            return
        same = None if self._queue.serial else self._pull_of(image)
        if same is not None:
            same.waiting.append(done)
            return
        self._asked.append(_PullRequest(image, layers, _chain(layers), [done]))
        self._next()

    def _pull_of(self, image: str) -> _PullRequest | None:
        known = (*(pull.request for pull in self._under_way), *self._asked)
        return next((request for request in known if request.image == image), None)

    def _next(self) -> None:
        """Begin what may begin: with a serial queue the first, else all that no pull under way brings a layer for."""
        for request in tuple(self._asked):
            if self._queue.serial and self._under_way:
                return
            if any(not pull.missing.isdisjoint(request.chains) for pull in self._under_way):
                continue
            self._asked.remove(request)
            if self._bucket is None or self._bucket.take():
                self._pull(request)
            else:
                self._put_off(request)

    def _put_off(self, request: _PullRequest) -> None:
        delay = min(self._queue.back_off * 2**request.tries, self._queue.longest)
        request.tries += 1

        def again(_: Alarm) -> None:
            self._asked.append(request)
            self._next()

        Alarm(self.env, again).arm(delay)

    def _pull(self, request: _PullRequest) -> None:
        missing = [
            (layer, chain)
            for layer, chain in zip(request.layers, request.chains, strict=True)
            if not chain or chain not in self._chains
        ]
        pull = _UnderWay(request, frozenset(chain for _, chain in missing if chain))
        self._under_way.append(pull)

        def ended(downloaded: float) -> None:
            self._under_way.remove(pull)
            self._has(request, downloaded)

        self._pulls.pull([layer for layer, _ in missing], ended)

    def _has(self, request: _PullRequest, downloaded: float) -> None:
        self._chains.update(chain for chain in request.chains if chain)
        self._downloaded[request.image] = downloaded
        for done in request.waiting:
            done(downloaded)
        self._next()


class NodeImage:
    """One image of a node, as a start asks for it."""

    __slots__ = ("_always", "_image", "_images", "_layers")

    def __init__(self, images: NodeImages, image: str, layers: Sequence[PulledLayer], *, always: bool) -> None:
        self._images = images
        self._image = image
        self._layers = layers
        self._always = always

    def ensure(self, done: Callable[[float], None]) -> None:
        """Call `done(when its last byte came)` as soon as the image is there."""
        self._images.ensure(self._image, self._layers, done, always=self._always)


def _chain(layers: Sequence[PulledLayer]) -> list[str]:
    """What names each layer together with those below it; "" from one on that has no digest."""
    return list(accumulate((layer.digest for layer in layers), lambda below, own: below and own and f"{below} {own}"))
