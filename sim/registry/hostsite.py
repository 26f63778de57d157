"""A running host as the site of a pull: over its network card, onto its cores. Nobody gets a layer from it."""

from __future__ import annotations

from collections.abc import Callable

from sim.catalog.tables.registries import Registry
from sim.engine.alarm import Alarm
from sim.machine.host import RunningHost
from sim.outcome import Bound


class HostSite:
    """Where a host's pulls run: a `sim.registry.nodepull.Site`.

    Args:
        host: Whose network card and cores the pulls use.
        registry: Where they pull from.
        bound: Which end of the result the registry's numbers are taken for.

    Attributes:
        round_trips: Seconds until a tag is resolved.
    """

    def __init__(self, host: RunningHost, registry: Registry, bound: Bound) -> None:
        self.env = host.env
        self.round_trips = registry.round_trips.at(bound)
        self._host = host
        self._flow = registry.flow.at(bound)

    def ask(self, done: Callable[[int], None], job: int) -> None:
        """Resolve the tag: a few round trips."""
        Alarm(self.env, lambda _: done(job)).arm(self.round_trips)

    def fetch(self, blob: int, size: float, done: Callable[[int], None]) -> None:
        """Download over the host's network card."""
        self._host.transfer(size, done, blob, self._flow)

    def commit(self, blob: int, size: float, done: Callable[[int], None]) -> None:
        """A host that builds or starts has it at once: its disk is asked for by what it builds and starts."""
        del size
        done(blob)

    def compute(self, seconds: float, done: Callable[[int], None], unit: int) -> None:
        """Unpack on one of the host's cores."""
        self._host.compute(seconds, 1.0, done, unit)

    def flush(self, count: int, done: Callable[[int], None], argument: int) -> None:
        """As `commit`: at once."""
        del count
        done(argument)

    def arrived(self, blob: int) -> None:
        """Nobody gets a layer from here."""
