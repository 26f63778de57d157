"""What cannot be started, with every policy and with init; exec; limits of processes and memory."""

import pytest

from sim.lifecycle.dialect import PODMAN
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import ChildProcesses, MemoryUse, ProcessSpec, StartError, job, server
from tests.lifecycle.lives import live

REFUSED: dict[StartError, tuple[int, int]] = {
    "not found": (127, 127),
    "no such directory": (127, 127),
    "not executable": (126, 126),
    "is a directory": (126, 126),
    "unknown user": (128, 125),
}
"""The codes of `inspect` and of `run` (moby, `setExitCodeFromError`; docker/cli, `runStartContainerErr`)."""

BY_INIT = {"not found": 127, "interpreter missing": 127, "not executable": 126, "is a directory": 126}
"""tini's own."""

POLICIES = ("no", "always", "unless-stopped", "on-failure", "on-failure:2")


@pytest.mark.parametrize("error", REFUSED)
@pytest.mark.parametrize("restart", POLICIES)
@pytest.mark.parametrize("init", [False, True])
def test_what_the_engine_cannot_start_is_never_tried_again(error, restart, init):
    container, _, (ran,) = live(ProcessSpec(start_error=error), until=5, restart=restart, init=init)
    if init and error in BY_INIT:
        assert container.exits[0].code == BY_INIT[error]
        assert (ran.code, ran.error) == (0, None)
        assert len(container.starts) == {"no": 1, "on-failure:2": 3}.get(restart, 6)
        return
    code, command = REFUSED[error]
    assert (container.state, container.starts, container.why_down) == ("created", [], "cannot start")
    assert (container.exit_code, ran.code, ran.error) == (code, command, error)


@pytest.mark.parametrize("error", ["exec format", "interpreter missing"])
@pytest.mark.parametrize("restart", POLICIES)
@pytest.mark.parametrize("init", [False, True])
def test_what_fails_after_its_start_is_an_ordinary_exit(error, restart, init):
    container, _, (ran,) = live(ProcessSpec(start_error=error), until=5, restart=restart, init=init)
    assert {end.code for end in container.exits} == {BY_INIT.get(error, 1) if init else 1}
    assert len(container.starts) == {"no": 1, "on-failure:2": 3}.get(restart, 6)
    assert ran.code == 0


def test_init_lets_a_shell_run_a_script_without_a_first_line():
    spec = ProcessSpec(start_error="exec format", as_script=job(2, 7))
    container, _, _ = live(spec, init=True)
    assert [(end.ran, end.code) for end in container.exits] == [(2, 7)]
    assert live(spec)[0].exit_code == 1


@pytest.mark.parametrize("error", ["image missing", "no command", "workdir is a file"])
def test_some_are_refused_when_the_container_is_created(error):
    container, engine, (ran,) = live(ProcessSpec(start_error=error), restart="always")
    assert (container, ran.code, ran.error) == (None, 125, error)
    assert engine.events == []


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"memory_mb": 5}, "memory limit too small"),
        ({"memory_mb": 64, "memory_and_swap_mb": 32}, "memory above swap limit"),
        ({"auto_remove": True, "restart": "always"}, "conflicting options"),
        ({"auto_remove": True, "restart": "sometimes"}, "conflicting options"),
    ],
)
def test_options_that_are_refused(options, error):
    assert live(job(), **options)[2][0].error == error


def test_a_failed_start_removes_a_container_that_goes_when_it_ends():
    container, engine, _ = live(ProcessSpec(start_error="not found"), auto_remove=True)
    assert (container.state, engine.containers) == ("removed", {})


def test_a_container_whose_command_is_gone_at_its_second_start_keeps_its_last_code():
    spec = ProcessSpec(by_start=(job(0, 3), ProcessSpec(start_error="not found")))
    container, _, _ = live(spec, restart="always")
    assert (container.state, container.exit_code, len(container.starts)) == ("exited", 3, 1)


def test_podman_tells_no_exit_code_of_what_did_not_start():
    container, _, (ran,) = live(ProcessSpec(start_error="not found"), engine=Engine(dialect=PODMAN))
    assert (container.exit_code, ran.code, container.state) == (0, 127, "created")
    codes = {error: live(ProcessSpec(start_error=error), engine=Engine(dialect=PODMAN))[2][0].code for error in REFUSED}
    assert codes == dict.fromkeys(REFUSED, 126) | {"not found": 127, "no such directory": 127}


@pytest.mark.parametrize("error", [*REFUSED])
def test_exec_of_what_cannot_start_is_126_whatever_the_reason(error):
    asked = (2, lambda e: e.execute("c", ProcessSpec(start_error=error)))
    container, _, (_, done) = live(server(), asked)
    assert (done.code, done.error, container.state) == (126, error, "running")


def test_exec_ends_by_itself_or_with_the_container():
    _, _, (_, short, long, detached) = live(
        job(5, 0),
        (1, lambda e: e.execute("c", job(2, 300))),
        (1, lambda e: e.execute("c", ProcessSpec())),
        (1, lambda e: e.execute("c", ProcessSpec(), detached=True)),
    )
    assert (short.code, short.seconds) == (300 - 256, pytest.approx(2.05))
    assert (long.code, long.seconds) == (137, pytest.approx(4.2))
    assert (detached.code, detached.seconds) == (0, pytest.approx(0.05))


@pytest.mark.parametrize(
    ("limit", "init", "count", "forked"),
    [
        (3, False, 2, 2),
        (3, False, 3, 2),
        (3, True, 2, 1),
        (1, False, 1, 0),
        (None, False, 50, 50),
        (100, False, 50, 50),
    ],
)
def test_the_limit_of_processes_counts_main_init_and_children(limit, init, count, forked):
    spec = ProcessSpec(children=(ChildProcesses(count=count),), if_fork_fails=job(1, 2))
    container, _, _ = live(spec, until=0.5, pids_limit=limit, init=init)
    assert len(container.tree.children) == forked
    ended = live(spec, pids_limit=limit, init=init)[0]
    assert (ended.state, ended.exit_code) == (("running", 0) if forked == count else ("exited", 2))


def test_zombies_fill_the_limit_of_processes():
    spec = ProcessSpec(children=(ChildProcesses(count=3, runs=0.1, orphan=True),), reaps=False)
    added = ProcessSpec(runs=0, children=(ChildProcesses(),), if_fork_fails=job(0, 9))
    assert live(spec, (2, lambda e: e.execute("c", added)), pids_limit=5)[2][1].code == 9
    assert live(spec, (2, lambda e: e.execute("c", added)), pids_limit=5, init=True)[2][1].code == 0


def hungry(of="main", mb=None, **more):
    return ProcessSpec(memory=(MemoryUse(of, mb, 0.5),), **more)


@pytest.mark.parametrize(
    ("spec", "init", "state", "code", "flag"),
    [
        (hungry(), False, "exited", 137, True),
        (hungry(), True, "exited", 137, True),
        (hungry(mb=10), False, "running", 0, False),
        (hungry(mb=20), False, "exited", 137, True),
        (hungry("tmpfs", 20), False, "exited", 137, True),
        (hungry("page cache", 1000), False, "running", 0, False),
        (hungry("child"), False, "running", 0, True),
        (hungry("child", runs=3, exit=4), False, "exited", 4, True),
    ],
)
def test_past_the_limit_of_memory_whoever_holds_most_is_killed(spec, init, state, code, flag):
    container, _, _ = live(spec, memory_mb=16, init=init)
    assert (container.state, container.exit_code, container.oom_killed) == (state, code, flag)


def test_an_exec_killed_for_memory_sets_the_flag_while_the_container_lives():
    container, engine, (_, done) = live(server(), (2, lambda e: e.execute("c", hungry())), memory_mb=16)
    assert (done.code, container.state, container.oom_killed) == (137, "running", True)
    assert [event.at for event in engine.events if event.kind == "oom"] == [2.55]


def test_the_flag_is_taken_back_by_the_next_start():
    spec = ProcessSpec(by_start=(hungry(), server()))
    container, _, _ = live(spec, memory_mb=16, restart="on-failure")
    assert (container.exits[0].code, container.oom_killed) == (137, False)


def test_memory_is_updated_within_its_swap_limit_which_is_twice_the_memory():
    def updated(**limits):
        return live(server(), (2, lambda e: e.update("c", **limits)), memory_mb=64)[2][1].error

    assert updated(memory_mb=128) is None
    assert updated(memory_mb=129) == "memory above swap limit"
    assert updated(memory_mb=512, memory_and_swap_mb=1024) is None
    assert updated(memory_mb=3) == "memory limit too small"
    unlimited = live(server(), (2, lambda e: e.update("c", memory_mb=64)))[2][1]
    assert unlimited.error == "memory above swap limit"  # a container without limits keeps a swap limit of 0


def test_memory_that_is_held_cannot_be_taken_back_by_an_update():
    spec = ProcessSpec(memory=(MemoryUse("main", 40, 0.5),))
    _, _, (_, refused, granted) = live(
        spec, (2, lambda e: e.update("c", memory_mb=39)), (3, lambda e: e.update("c", memory_mb=40)), memory_mb=64
    )
    assert (refused.error, granted.error) == ("memory in use", None)


def test_an_update_holds_for_memory_that_is_taken_later():
    spec = ProcessSpec(memory=(MemoryUse("main", 20, 5),))
    assert live(spec, (2, lambda e: e.update("c", memory_mb=32)), memory_mb=16)[0].state == "running"
