"""Workers answer in order, and are gone when their context is left, however it is left and whatever ended them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.batch.workers import spread, started
from sim.errors import InputError, SimError

ROOT = Path(__file__).parents[2]


def work(question: int | str) -> int:
    """What the workers of these tests do."""
    if question == "end":
        os._exit(7)
    if question == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if question == "refuse":
        raise InputError("no")
    if question == "fail":
        raise SimError("a mistake")
    if question == "sleep":
        time.sleep(1000)
    return -int(question)


def silent(_: int) -> None:
    """A tick that shows nothing."""


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_answers_stand_in_the_order_of_the_questions(count: int) -> None:
    told: list[int] = []
    with started(count, work) as workers:
        assert spread(workers, range(20), told.append) == [-n for n in range(20)]
        assert spread(workers, [], told.append) == []
        assert spread(workers, [7], told.append) == [-7]
    assert told == [*sorted(told[:-1]), 1]
    assert 20 in told
    assert multiprocessing.active_children() == []


def test_what_is_larger_than_a_pipe_holds_comes_whole() -> None:
    with started(2, len) as workers:
        assert spread(workers, ["x" * 1_000_000] * 5, silent) == [1_000_000] * 5
    with started(2, bytes) as workers:
        assert [len(each) for each in spread(workers, [1_000_000] * 5, silent)] == [1_000_000] * 5


@pytest.mark.parametrize(("question", "error"), [("refuse", InputError("no")), ("fail", SimError("a mistake"))])
def test_an_error_of_the_work_is_raised_and_the_others_end(question: str, error: SimError) -> None:
    with pytest.raises(type(error), match=str(error)), started(2, work) as workers:
        spread(workers, [1, question, 2, "sleep"], silent)
    assert multiprocessing.active_children() == []


def test_a_mistake_says_where_in_the_worker_it_was() -> None:
    with pytest.raises(SimError) as caught, started(1, work) as workers:
        spread(workers, ["fail"], silent)
    assert "in work" in caught.value.__notes__[0]


def test_a_worker_that_ends_is_an_error_and_the_others_end_too() -> None:
    for question, how in (("end", "with exit code 7"), ("kill", "by signal 9")):
        if question == "kill" and sys.platform == "win32":
            continue
        with pytest.raises(SimError, match=how), started(2, work) as workers:
            spread(workers, ["sleep", question], silent)
        assert multiprocessing.active_children() == []


def test_a_worker_that_has_ended_before_it_is_asked_is_an_error() -> None:
    with started(1, work) as workers:
        workers[0].process.kill()
        workers[0].process.join()
        with pytest.raises(SimError, match="a worker process ended"):
            spread(workers, [1], silent)


def test_a_tick_that_raises_ends_workers_that_are_at_work() -> None:
    def impatient(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), started(2, work) as workers:
        spread(workers, ["sleep", "sleep"], impatient)
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_more_processes_than_the_system_gives_are_refused() -> None:
    script = """
import resource
from sim.batch.workers import started
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
try:
    with started(200, abs): print("started")
except Exception as error: print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("InputError 200 jobs are too many here: process ")
    assert done.stdout.endswith(": too many open files\n")
    assert done.stderr == ""


def test_a_program_that_never_leaves_the_context_ends_all_the_same() -> None:
    script = "from sim.batch.workers import started; held = started(2, abs); held.__enter__()"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
