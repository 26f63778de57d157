"""A run in several processes does not need the program that asks for it, and does not run it again."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sim.batch.workers import spread, started

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sim

print("once")
alone = sim.run("first-start", replications=3)
print(sim.run("first-start", replications=3, jobs=2) == alone)
"""


def answered(arguments: list[str], text: str, folder: Path) -> tuple[str, int]:
    """What Python says of a program, and its exit code; nothing may stand on standard error."""
    done = subprocess.run(
        [sys.executable, *arguments],
        input=text,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout, done.returncode


@pytest.mark.parametrize("how", ["script", "pipe", "-c", "-m", "runpy"])
def test_a_program_without_a_guard_runs_once_and_in_processes_with_equal_results(how: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    again = "import runpy; runpy.run_path('script.py', run_name='__main__')"  # as a notebook's %run
    arguments = {"script": ["script.py"], "pipe": ["-"], "-c": ["-c", SCRIPT], "-m": ["-m", "script"]}
    assert answered(arguments.get(how, ["-c", again]), SCRIPT, tmp_path) == ("once\nTrue\n", 0)


def test_the_main_module_is_what_it_was_whatever_threads_start_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    main = vars(sys.modules["__main__"])
    monkeypatch.setitem(main, "__file__", "a script that no process may read")
    before = {name: main.get(name) for name in ("__spec__", "__file__")}
    found: list[list[int]] = []

    def start() -> None:
        with started(2, abs) as workers:
            found.append(spread(workers, [-1, -2], lambda _: None))

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[1, 2]] * 3
    assert {name: main.get(name) for name in before} == before
    assert any(before.values())
