"""Standard output for results and standard error for diagnostics, when they can be written and when they cannot.

A reader that went away has seen enough: what is left runs on, so that the exit code stays true. Results that are lost
for any other reason (a full disk, a closed stream) are an `InputError`, as nobody would know. Diagnostics that cannot
be written change nothing: the exit code tells.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

from sim import limits
from sim.errors import InputError, Problem, cut
from sim.printable import printable


class StandardOutput:
    """Standard output, until its reader goes away."""

    def __init__(self) -> None:
        self._open = True

    def __call__(self, text: str) -> None:
        """Write a text, with an end of line where it has none. Raises `InputError` where it cannot be written."""
        if not self._open:
            return
        if sys.stdout is None:  # as in `>&-`
            raise InputError(Problem("cannot be written: it is closed", "standard output"))
        try:
            sys.stdout.write(_writable(text if text.endswith("\n") else f"{text}\n", sys.stdout))
            sys.stdout.flush()
        except BrokenPipeError:
            self._open = False
            discard(sys.stdout)
        except ValueError:
            raise InputError(Problem("cannot be written: it is closed", "standard output")) from None
        except OSError as error:
            discard(sys.stdout)
            raise InputError(
                Problem(f"cannot be written: {(error.strerror or str(error)).lower()}", "standard output")
            ) from None


def _writable(text: str, stream: TextIO) -> str:
    """The text without what a terminal would obey, but for ends of lines, and with "?" for what its encoding has not.

    The latter may be a file's name of other bytes than UTF-8.
    """
    text = printable(text, keep="\n\t")
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def discard(stream: TextIO | None) -> None:
    """Send what a stream still holds nowhere, so that the interpreter does not fail over it as it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]
        os.close(nowhere)


def say(text: object) -> None:
    """A diagnostic on standard error, of a bounded length."""
    try:
        sys.stderr.write(_writable(f"{cut(str(text), 4 * limits.MESSAGE)}\n", sys.stderr))
        sys.stderr.flush()
    except (AttributeError, ValueError):  # there is none, as in `2>&-`, or it was closed since
        return
    except OSError:
        discard(sys.stderr)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody reads a stream on a terminal. Nobody does where it is closed."""
    return stream is not None and not stream.closed and stream.isatty()
