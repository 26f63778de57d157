"""`python -m sim`, and `sim` where it is installed."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import NoReturn

_INTERRUPTED = 130

COLLECTION = (50_000, 20, 100)
"""When the collector of cycles looks (`gc.set_threshold`): by default after 700 new objects. Nearly all that a run
makes lives until its end, and a run makes millions: a large one takes a fifth less time so (docs/performance.md)."""


def main() -> None:
    """Run the command line. An interrupt is answered in one line and with 130 also while modules are still imported."""
    gc.set_threshold(*COLLECTION)
    try:
        from sim.cli import answer
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        _leave(_INTERRUPTED)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    code = answer()
    if code > 128:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """Leave at once, and not by way of the interpreter's end.

    There CPython 3.11 signals itself once an interrupt came inside an `exec`, as the one that makes a data class.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
