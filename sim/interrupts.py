"""Signals that ask the program to end, each an interrupt that says by its exit code which it was.

SIGINT raises `KeyboardInterrupt` by itself. A terminal that closes sends SIGHUP, a job that is ended SIGTERM:
both take the same orderly way, on which what had finished is written.
"""

from __future__ import annotations

import signal
from types import FrameType

INTERRUPTED = 130
"""The exit code after SIGINT: 128 and the signal's number, as shells have it."""

NAMES = ("SIGTERM", "SIGHUP")
"""The signals beside SIGINT; Windows has no SIGHUP."""


class Ended(KeyboardInterrupt):
    """An interrupt by another signal than SIGINT."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def exit_code(error: BaseException | None) -> int:
    """The exit code of an interrupt, or of an error that one caused."""
    while error is not None:
        if isinstance(error, Ended):
            return 128 + error.number
        error = error.__cause__ or error.__context__
    return INTERRUPTED


def take() -> None:
    """Have these signals interrupt the main thread, once: while it ends in order, more of them change nothing.

    One that is ignored, as by nohup, stays so.
    """
    for number in _numbers():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


def _end(number: int, _: FrameType | None) -> None:
    for each in _numbers():
        signal.signal(each, signal.SIG_IGN)
    raise Ended(number)
