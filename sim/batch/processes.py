"""Processes that are started from nothing and do not run the caller's script again.

Python's own spawned processes import the program that started them, for the functions it may define. So a script
without `if __name__ == "__main__"` would start itself once more in every process, and one that is read from a pipe
could not be found. What is run here (`sim.batch.executors.ReplicationTask`) is defined in this package, and the script
is not needed. Forking would need no script either, but is not safe in a program with threads, such as a notebook or a
server.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock
from typing import Any

_starting = Lock()
"""Held while a process is started: the main module is one for all threads."""

_FOUND_BY = ("__spec__", "__file__")
"""The attributes by which a spawned process finds the main module. As in an interactive session it has neither."""


@contextmanager
def _nameless_main() -> Iterator[None]:
    """The main module cannot be found while the context lasts."""
    with _starting:
        names = vars(sys.modules["__main__"])
        before: dict[str, Any] = {name: names[name] for name in _FOUND_BY if name in names}
        names.update(dict.fromkeys(before))
        try:
            yield
        finally:
            names.update(before)


class Process(SpawnProcess):
    """A spawned process without the main module of its parent."""

    def start(self) -> None:
        """Start it. What it runs must be importable from another module than the main one."""
        with _nameless_main():
            super().start()


class SpawnAlone(SpawnContext):
    """A context of `multiprocessing` whose processes are such."""

    Process = Process
