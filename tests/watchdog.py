"""A watchdog against hanging, not a gate on speed: far more time than anything needs on the slowest machine."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 120.0
"""Seconds that whatever answers has answered in; what takes longer hangs."""


@contextmanager
def watchdog(seconds: float = PATIENCE) -> Iterator[None]:
    """Raise `TimeoutError` where what is inside uses so much CPU time; nothing on systems without such a timer."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def bark(*_: object) -> None:
        raise TimeoutError(f"no answer after {seconds:g} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, bark)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
