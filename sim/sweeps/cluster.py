"""Points on a Dask cluster, by its scheduler's address: for those who outgrow one machine.

`dask.distributed` is imported here alone, and only when a cluster is asked for. Without it, `InputError` says how to
install it. The workers need the same version of this package, and the files that the scenario names.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from sim.errors import InputError
from sim.sweeps.chunks import Chunk, Dealer
from sim.sweeps.executors import PointExecutor, Watch
from sim.sweeps.model import model
from sim.sweeps.plan import PointJob
from sim.sweeps.points import PointRow, Todo, packed, run_packed

PATIENCE = 10.0
"""Seconds to wait for a scheduler, and for its first worker."""

_GOODBYE = 1.0
"""Seconds that a client may take to leave. Nothing is lost where it takes longer."""

_PAUSE = 0.2
"""Seconds after which a sweep is watched again while no worker answers."""

_AHEAD = 2
"""Chunks on their way for each thread of a worker, so that none waits for the network."""


def distributed() -> ModuleType:
    """dask.distributed. Raises `InputError` where it is not installed."""
    try:
        import distributed as module
    except ImportError:
        raise InputError(
            "a cluster needs dask.distributed; install it by: python -m pip install 'distributed>=2025.1'"
        ) from None
    found: ModuleType = module
    return found


def on_cluster(address: str) -> PointExecutor:
    """The workers of the scheduler at an address, as "tcp://host:8786"."""

    def run(job: PointJob, todos: Iterable[Todo], watch: Watch) -> Iterator[list[PointRow]]:
        payload, dealer = packed(job), Dealer(todos)
        with _client(address) as client:
            busy: dict[Any, Chunk] = {}
            while True:
                room = _room(client, address)
                while len(busy) < room and (chunk := dealer.next()) is not None:
                    busy[client.submit(run_packed, (payload, chunk.todos), pure=False, retries=0)] = chunk
                if not busy:
                    return
                for future in _done(busy, client, address):
                    rows = _rows(future, busy.pop(future), dealer, address)
                    if rows:
                        yield rows
                watch()

    return run


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A client of the scheduler. Raises `InputError` where there is none, or where it has no worker."""
    dask = distributed()
    for name in ("distributed", "tornado"):  # what they would tell of a lost worker is told here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = dask.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        words = str(error).splitlines()[0].lower() if str(error) else "no answer"
        raise InputError(f"the scheduler {address} cannot be reached: {words}") from None
    try:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError):
            raise InputError(f"the scheduler {address} has no worker") from None
        with client.as_current():
            yield client
    finally:
        client.close(timeout=_GOODBYE)


def _room(client: Any, address: str) -> int:
    """How many chunks may be on their way. Raises `InputError` where the scheduler went away."""
    try:
        threads: int = sum(client.nthreads().values())
    except OSError:
        raise InputError(f"the scheduler {address} went away; what had finished is kept") from None
    return _AHEAD * max(1, threads)


def _done(busy: dict[Any, Chunk], client: Any, address: str) -> list[Any]:
    """The futures that are done, after a moment. Raises `InputError` where the scheduler went away."""
    dask = distributed()
    try:
        found = dask.wait(list(busy), timeout=_PAUSE, return_when="FIRST_COMPLETED").done
    except (TimeoutError, dask.TimeoutError):
        found = []
    except (OSError, dask.CancelledError):
        found = [future for future in busy if future.status in ("cancelled", "lost")]
    if client.status != "running" or any(future.status in ("cancelled", "lost") for future in busy):
        raise InputError(f"the scheduler {address} went away; what had finished is kept")
    return list(found)


def _rows(future: Any, chunk: Chunk, dealer: Dealer, address: str) -> list[PointRow]:
    """The points of a chunk that is done."""
    error = future.exception() if future.status == "error" else None
    if error is None:
        answer = future.result()
        if answer.version != model():
            raise InputError(f"a worker of {address} has model {answer.version}, and this is {model()}")
        return dealer.answered(answer)
    if type(error).__name__ == "KilledWorker":
        return dealer.ended(chunk, "the worker that ran it ended")
    raise InputError(f"a worker of {address} cannot run a sweep: {type(error).__name__}: {error}") from None
