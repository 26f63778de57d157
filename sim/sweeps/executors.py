"""Where points run: in this process, in processes of this machine, or on a Dask cluster. The rows are the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from multiprocessing.connection import wait

from sim.batch.executors import AT_ONCE
from sim.batch.workers import PAUSE, Worker, WorkerEndedError, started
from sim.errors import CancelledError
from sim.sweeps.chunks import WORTH, Chunk, Dealer
from sim.sweeps.plan import PointJob
from sim.sweeps.points import PointRow, PointRunner, Todo, packed, run_packed

Watch = Callable[[], None]
"""Is called again and again while points run. It may raise `CancelledError`."""

PointExecutor = Callable[[PointJob, Iterable[Todo], Watch], Iterator[list[PointRow]]]
"""Runs points, and gives them as they finish, in any order."""


def in_process(job: PointJob, todos: Iterable[Todo], watch: Watch) -> Iterator[list[PointRow]]:
    """Run points one after the other. What had finished is given also where a watch cancels the rest."""
    run = PointRunner(job, lambda _: watch())
    rows: list[PointRow] = []
    since = time.perf_counter()
    try:
        for todo in todos:
            watch()
            rows.append(run(todo))
            if time.perf_counter() - since > WORTH:
                yield rows
                rows, since = [], time.perf_counter()
    except CancelledError:
        yield rows
        raise
    yield rows


def in_processes(jobs: int) -> PointExecutor:
    """So many processes of this machine. One that ends is replaced, and what it ran is begun again."""

    def run(job: PointJob, todos: Iterable[Todo], watch: Watch) -> Iterator[list[PointRow]]:
        payload, dealer = packed(job), Dealer(todos)
        with ExitStack() as stack:

            def fresh(count: int) -> list[Worker]:
                return list(stack.enter_context(started(count, run_packed)))

            idle = fresh(min(jobs, AT_ONCE))
            busy: dict[object, tuple[Worker, Chunk]] = {}
            while True:
                while idle and (chunk := dealer.next()) is not None:
                    worker = idle.pop()
                    try:
                        worker.ask((payload, chunk.todos))
                        busy[worker.connection] = worker, chunk
                    except WorkerEndedError as error:
                        idle += fresh(1)
                        if rows := dealer.ended(chunk, str(error)):
                            yield rows
                if not busy:
                    return
                for connection in wait([worker.connection for worker, _ in busy.values()], PAUSE):
                    worker, chunk = busy.pop(connection)
                    try:
                        rows = dealer.answered(worker.answer())
                        idle.append(worker)
                    except WorkerEndedError as error:
                        rows = dealer.ended(chunk, str(error))
                        idle += fresh(1)
                    if rows:
                        yield rows
                watch()

    return run
