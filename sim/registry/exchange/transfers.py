"""dockerd's transfers of layers: so many at once for all commands, one for whoever asks for the same, five attempts.

Source: moby 26.1, distribution/xfer/transfer.go, download.go, upload.go.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from simpy import Environment, Event, Interrupt, Process, Resource

from sim.registry.exchange.line import ConnectionCutError, ExchangeSteps

ATTEMPTS = 5
"""How often a layer is tried."""

RETRY_WAIT = 5.0
"""Seconds before the second attempt. Twice that before the third, three times that before the fourth."""


class LayerTransfer:
    """One layer on its way, or waiting for its turn.

    Attributes:
        word: The last that was told of it.
        error: Why it failed, or "".
        done: It ended, well or not.
        watchers: Commands that wait for it.
        abandoned: Nobody waits for it any more. It may go on all the same.
    """

    def __init__(self, env: Environment, word: str) -> None:
        self.word = word
        self.error = ""
        self.done: Event = env.event()
        self.watchers = 0
        self.abandoned = False
        self.process: Process | None = None


class LayerTransfers:
    """The transfers of one direction."""

    def __init__(self, env: Environment, at_once: int) -> None:
        self.env = env
        self._slots = Resource(env, at_once)
        self._running: dict[Hashable, LayerTransfer] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._running

    def watch(self, key: Hashable, word: str, steps: Callable[[LayerTransfer], ExchangeSteps]) -> LayerTransfer:
        """The transfer of that key. It is begun where there is none."""
        transfer = self._running.get(key)
        if transfer is None:
            transfer = self._running[key] = LayerTransfer(self.env, word)
            transfer.process = self.env.process(self._whole(key, transfer, steps))
        transfer.watchers += 1
        return transfer

    def abandoned(self, key: Hashable) -> LayerTransfer | None:
        """A transfer of that key which nobody waits for. Whoever wants the same waits until it ended."""
        transfer = self._running.get(key)
        return transfer if transfer is not None and transfer.abandoned else None

    def release(self, transfer: LayerTransfer, *, stop: bool) -> None:
        """Wait for it no more. Where nobody does, it is abandoned, and stopped if `stop`."""
        transfer.watchers -= 1
        if transfer.watchers or transfer.done.triggered:
            return
        transfer.abandoned = True
        if stop and transfer.process is not None and transfer.process.is_alive:
            transfer.process.interrupt()

    def kill(self) -> None:
        """The engine is gone, and all that it was doing."""
        for transfer in list(self._running.values()):
            transfer.error = transfer.error or "connection to the engine lost"
            if transfer.process is not None and transfer.process.is_alive:
                transfer.process.interrupt()

    def slot(self) -> Any:
        """A turn, to be waited for and given back: `with transfers.slot() as turn: yield turn`."""
        return self._slots.request()

    def attempts(self, transfer: LayerTransfer, attempt: Callable[[], ExchangeSteps]) -> ExchangeSteps:
        """Try until it went, five times at most. Raises the last attempt's `ConnectionCutError`."""
        for number in range(1, ATTEMPTS + 1):
            try:
                yield from attempt()
                return
            except ConnectionCutError:
                transfer.word = "Retrying"
                if number == ATTEMPTS:
                    raise
                yield self.env.timeout(RETRY_WAIT * number)

    def _whole(
        self, key: Hashable, transfer: LayerTransfer, steps: Callable[[LayerTransfer], ExchangeSteps]
    ) -> ExchangeSteps:
        try:
            yield from steps(transfer)
        except ConnectionCutError:
            transfer.error = "connection"
        except Interrupt:
            transfer.error = transfer.error or "cancelled"
        finally:
            del self._running[key]
            transfer.done.succeed()
