"""The way between an engine and its registries: requests counted, layers' bytes counted, connections that break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Literal

from simpy import Environment, Interrupt

from sim.registry.exchange.goods import Goods

Way = Literal["download", "upload"]

ExchangeSteps = Generator[Any, Any, None]
"""What a SimPy process does."""

LOCAL_RATE = 100e6
"""Bytes a second of one connection where none is given. An estimate: it only has to be fast beside the retries' 5 s."""


class ConnectionCutError(Exception):
    """A connection broke while a layer was on it."""


@dataclass
class Cut:
    """Connections that break.

    Attributes:
        after: Bytes that one of them brings before it breaks. One with no more than these to bring does not break.
        times: How many break still.
    """

    way: Way
    blob: str
    after: int
    times: int


@dataclass
class ExchangeTraffic:
    """What went over the line.

    Attributes:
        requests: By kind: "head_blob_found", "get_layer", "mounted". Pings and authorisation are left out.
        layer_bytes: Bytes of layers, either way.
        most_at_once: The most layers that were on their way at once.
    """

    requests: Counter[str] = field(default_factory=Counter)
    layer_bytes: Counter[Way] = field(default_factory=Counter)
    most_at_once: int = 0
    _now: int = 0

    def layer_begins(self) -> None:
        """One more layer is on its way."""
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)

    def layer_ends(self, way: Way, count: int) -> None:
        """It is on its way no more, and so many bytes of it went."""
        self._now -= 1
        self.layer_bytes[way] += count


class RegistryLine:
    """Each connection has a rate of its own."""

    def __init__(self, env: Environment, goods: Goods, rate: float = LOCAL_RATE, cut: Cut | None = None) -> None:
        self.env = env
        self.traffic = ExchangeTraffic()
        self._goods = goods
        self._rate = rate
        self._cut = cut

    def ask(self, kind: str) -> None:
        """One request. It takes no time."""
        self.traffic.requests[kind] += 1

    def carry(self, way: Way, blob: str, offset: int = 0, came: list[int] | None = None) -> ExchangeSteps:
        """Move a blob from a byte on. What came is added to `came`. Raises `ConnectionCutError`."""
        left = self._goods.size(blob) - offset
        broken = self._breaks(way, blob, left)
        count = self._cut.after if self._cut and broken else left
        start, layer = self.env.now, blob in self._goods.layers
        if layer:
            self.traffic.layer_begins()
        try:
            yield self.env.timeout(count / self._rate)
        except Interrupt:
            count = min(count, int((self.env.now - start) * self._rate))
            raise
        finally:
            if layer:
                self.traffic.layer_ends(way, count)
            if came is not None:
                came.append(count)
        if broken:
            raise ConnectionCutError

    def _breaks(self, way: Way, blob: str, left: int) -> bool:
        cut = self._cut
        if cut is None or (cut.way, cut.blob) != (way, blob) or not cut.times or cut.after >= left:
            return False
        cut.times -= 1
        return True
