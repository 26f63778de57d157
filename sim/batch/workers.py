"""Processes that work for this one, each at a pipe of its own.

The workers of the standard library's pools share pipes and locks. Where one is ended while it answers, the others and
the parent may wait for ever. Here nothing is shared: a worker that has ended is the end of its pipe. The parent needs
no threads, and nothing is left to be tidied up after it.
"""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Pipe, active_children
from multiprocessing.connection import Connection, wait
from os import _exit
from traceback import format_exc
from typing import Any

from sim.batch.processes import Process
from sim.errors import InputError, SimError

PAUSE = 0.1
"""Seconds after which the caller is told of its progress again, so that it can end a run whose workers are busy."""

_ENDING = {number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None}
"""Signals that ask to end. A terminal and a service send them to all processes, and the parent answers for all."""


class WorkerEndedError(SimError):
    """A worker's process ended before it had answered, as by the system that was out of memory."""


class Worker:
    """A process that does one thing after the other. `connection` has its answer, or an end where it has ended.

    work: what it does with each question; a function that other processes can import.
    """

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.connection, theirs = Pipe()
        self.process = Process(target=_serve, args=(theirs, work), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, question: Any) -> None:
        """Hand over what to do. Raises `SimError` where the process has ended."""
        try:
            self.connection.send(question)
        except OSError:
            raise self._ended() from None

    def answer(self) -> Any:
        """Wait for the answer. Raises what the work raised, and `SimError` where the process has ended."""
        try:
            done, answer = self.connection.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        if not done:
            raise answer
        return answer

    def _ended(self) -> WorkerEndedError:
        self.process.join()
        code = self.process.exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return WorkerEndedError(f"a worker process ended {how} before it had answered")


@contextmanager
def started(count: int, work: Callable[[Any], Any]) -> Iterator[Sequence[Worker]]:
    """Workers that are there while the context lasts. Raises `InputError` where there cannot be so many."""
    workers: list[Worker] = []
    try:
        with _signals_held():
            _start_tracker()
            try:
                for _ in range(count):
                    workers.append(Worker(work))  # noqa: PERF401 -- those of them that are there must be ended
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise InputError(f"{count} jobs are too many here: process {len(workers) + 1}: {reason}") from None
        yield workers
    finally:
        with _signals_held():
            _end([worker.process for worker in workers])


def spread(workers: Sequence[Worker], questions: Sequence[Any], tick: Callable[[int], None]) -> list[Any]:
    """The answers to questions, in their order.

    tick: told how many have been answered, again and again while none is; it may raise.

    Raises what a worker raises. Others are at work then, so that their context is to be left.
    """
    answers: list[Any] = [None] * len(questions)
    open_ = iter(enumerate(questions))
    busy: dict[Any, tuple[Worker, int]] = {}
    idle = list(workers)
    answered = 0
    while answered < len(questions):
        while idle and (following := next(open_, None)) is not None:
            number, question = following
            worker = idle.pop()
            worker.ask(question)
            busy[worker.connection] = worker, number
        for connection in wait(list(busy), PAUSE):
            worker, number = busy.pop(connection)
            answers[number] = worker.answer()
            idle.append(worker)
            answered += 1
        tick(answered)
    return answers


def _end(processes: Sequence[Process]) -> None:
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


@atexit.register
def _end_all() -> None:
    """Where a context was not left: `multiprocessing` would send a signal that is held, and wait."""
    _end([child for child in active_children() if isinstance(child, Process)])


@contextmanager
def _signals_held() -> Iterator[None]:
    """Signals that ask to end wait until the context ends; processes started in it never hear them.

    Windows has no masks of signals.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    """Start what `multiprocessing` starts before its first process, and hold the signals again that it lets in."""
    if sys.platform != "win32":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)


def _serve(connection: Connection[Any, Any], work: Callable[[Any], Any]) -> None:
    """Answer one question after the other."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        question = connection.recv()
        try:
            answer = True, work(question)
        except Exception as error:  # noqa: BLE001 -- it is raised where the work was asked for
            error.add_note(format_exc())
            answer = False, error
        connection.send(answer)


def _end_with_parent() -> None:
    """End when the parent does, however it ended: a worker would hold the output that somebody reads to its end."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _exit(1)
