"""Signals that ask a command to end: noted as they come, and answered where it can be done in order.

An exception raised by a handler comes in the middle of anything: an import that is then half done, or a destructor,
which swallows it. A note is not lost.
"""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any, Self

import click

from sim.errors import CancelledError

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""A key, a service or a CI job that is ended, a terminal that closes; Windows has no SIGHUP."""

_SAME = 1.0
"""Seconds in which a further signal is the same request, as `timeout` sends each twice. A later one ends at once."""


class SignalError(CancelledError):
    """A command stopped because a signal asked for it.

    Attributes:
        code: What the command exits with.
        told: What is said of it.
    """

    def __init__(self, code: int, told: str = "interrupted") -> None:
        super().__init__()
        self.code, self.told = code, told


class Interrupts:
    """Notes the first such signal while the context lasts. One that is ignored, as by nohup, stays so."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._since = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def noted(self) -> bool:
        """Whether a signal has come."""
        return self._number is not None

    @property
    def code(self) -> int:
        """The exit code, as shells have it: 128 and the signal's number; that of SIGINT where none has come."""
        return 128 + (self._number or signal.SIGINT)

    def check(self) -> None:
        """Raise `SignalError` where a signal has come."""
        if self.noted:
            raise SignalError(self.code)

    def tick(self, _: float) -> None:
        """`check`, for a run that tells how far it is."""
        self.check()

    def _note(self, number: int, _: FrameType | None) -> None:
        if self._number is None:
            self._number, self._since = number, time.monotonic()
        elif time.monotonic() - self._since > _SAME:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


def noting() -> Interrupts:
    """The signals that come from now until the command ends."""
    return click.get_current_context().with_resource(Interrupts())
