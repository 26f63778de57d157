"""One interpreter, which the scripts of pages and the server's own thread have in turn.

What a page has drawn is sent by the server's thread, in several steps. Beside a script that computes, each step waits
for the interpreter until the script's turn is over.
"""

from __future__ import annotations

import sys
import time

_TURN = 0.001
"""Seconds of a turn. Python's own are 0.005, of which a chart on its way to the browser meets several."""
_SENT = 0.02
"""Seconds in which the server's thread sends what was drawn: it looks every 0.01 (`Runtime._loop_coroutine`)."""


def take_turns() -> None:
    """Let threads wait for each other for short turns only."""
    if sys.getswitchinterval() > _TURN:
        sys.setswitchinterval(_TURN)


def hand_over() -> None:
    """Wait until what was drawn is on its way. For a script that goes on to compute."""
    time.sleep(_SENT)
