"""Stop, kill, pause and signals, to the exit code and the second. The command is given at 2 s."""

import pytest

from sim.lifecycle.container import ContainerOptions
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import IGNORED, ChildProcesses, ProcessSpec, SignalHandling, job, server
from tests.lifecycle.lives import live

STOP = (2.0, lambda e: e.stop("c"))


@pytest.mark.parametrize(
    ("spec", "init", "code", "seconds", "signals"),
    [
        (server(), False, 0, 0.05, ["TERM"]),
        (server(exit_code=143), False, 143, 0.05, ["TERM"]),
        (server(stops=False), False, 137, 10, ["TERM", "KILL"]),
        (server(stops=False), True, 143, 0, ["TERM"]),
        (ProcessSpec(on={"TERM": IGNORED}), False, 137, 10, ["TERM", "KILL"]),
        (ProcessSpec(on={"TERM": IGNORED}), True, 137, 10, ["TERM", "KILL"]),
        (ProcessSpec(on={"TERM": SignalHandling(3, 5)}), True, 5, 3, ["TERM"]),
        (ProcessSpec(on={"TERM": SignalHandling(12, 5)}), False, 137, 10, ["TERM", "KILL"]),
        (ProcessSpec(runs=5, exit=4), False, 4, 3.2, ["TERM"]),
    ],
)
def test_stop_ends_a_container_by_its_handler_or_after_the_grace(spec, init, code, seconds, signals):
    container, _, (_, stopped) = live(spec, STOP, init=init)
    assert container.exit_code == code
    assert stopped.seconds == pytest.approx(seconds)
    assert container.signals == signals
    assert container.graces == ([10] if "KILL" in signals else [])
    assert (container.state, container.why_down) == ("exited", "stopped by command")


@pytest.mark.parametrize(
    ("options", "given", "grace"),
    [({}, {}, 10), ({"stop_timeout": 3}, {}, 3), ({"stop_timeout": 3}, {"timeout": 1}, 1), ({}, {"timeout": 0}, 0)],
)
def test_the_grace_is_the_command_s_then_the_container_s_then_ten_seconds(options, given, grace):
    container, _, (_, stopped) = live(server(stops=False), (2, lambda e: e.stop("c", **given)), **options)
    assert (container.graces, stopped.seconds) == ([grace], grace)


def test_a_negative_timeout_never_kills():
    container, _, (_, stopped) = live(server(stops=False), (2, lambda e: e.stop("c", timeout=-1)), until=1000)
    assert (stopped, container.state, container.signals) == (None, "running", ["TERM"])


def test_the_stop_signal_is_the_command_s_then_the_container_s():
    on = {"INT": SignalHandling(0, 7), "TERM": SignalHandling(0, 8)}
    assert live(ProcessSpec(on=on), STOP, stop_signal="SIGINT")[0].exit_code == 7
    other = (2, lambda e: e.stop("c", signal="TERM"))
    container, _, _ = live(ProcessSpec(on=on), other, stop_signal="SIGINT")
    assert (container.exit_code, container.signals, container.why_down) == (8, ["TERM"], "stopped by command")


@pytest.mark.parametrize("signal", ["FOO", "0", "65"])
def test_a_bad_signal_is_an_error_and_sends_nothing(signal):
    container, _, (_, killed, stopped) = live(
        server(), (2, lambda e: e.kill("c", signal=signal)), (3, lambda e: e.stop("c", signal=signal))
    )
    assert (killed.code, killed.error, stopped.error) == (1, "bad signal", "bad signal")
    assert (container.state, container.signals) == ("running", [])
    assert live(server(), stop_signal=signal)[2][0].error == "bad signal"


def test_process_1_is_not_touched_by_signals_from_inside_but_through_init():
    itself = ProcessSpec(runs=1, exit=5, signals_itself=("KILL", "TERM", "SEGV", "STOP"))
    assert live(itself)[0].exit_code == 5
    assert live(ProcessSpec(runs=1, signals_itself=("SEGV",)), init=True)[0].exit_code == 139
    assert live(ProcessSpec(runs=1, signals_itself=("SEGV",)), host_pids=True)[0].exit_code == 139
    to_one = (2, lambda e: e.execute("c", ProcessSpec(runs=0, signals_main=("KILL", "TERM"))))
    assert live(server(stops=False), to_one)[0].state == "running"
    assert live(server(stops=False), to_one, init=True)[0].exit_code == 143


def test_a_stopped_process_keeps_its_term_until_it_goes_on():
    stop = (1, lambda e: e.kill("c", signal="STOP"))
    ask = (2, lambda e: e.stop("c", timeout=2))
    container, _, _ = live(server(), stop, ask)
    assert (container.exit_code, container.signals) == (137, ["STOP", "TERM", "KILL"])
    on = (3, lambda e: e.kill("c", signal="CONT"))
    container, _, _ = live(server(exit_code=9), stop, ask, on)
    assert (container.exit_code, container.exits[0].at) == (9, pytest.approx(3.05))


def test_a_sleeper_that_was_paused_past_its_end_ends_when_it_goes_on():
    container, _, _ = live(job(3, 6), (2, lambda e: e.pause("c")), (8, lambda e: e.unpause("c")))
    assert [(end.at, end.code) for end in container.exits] == [(8, 6)]


@pytest.mark.parametrize("stop_signal", ["", "TERM"])
def test_stop_lets_a_paused_container_go_on_to_end_it(stop_signal):
    container, engine, _ = live(server(), (1, lambda e: e.pause("c")), STOP, stop_signal=stop_signal)
    assert (container.exit_code, container.exits[0].at) == (0, pytest.approx(2.05))
    assert [event.kind for event in engine.events][2:] == ["pause", "kill", "unpause", "die", "stop"]


def test_a_signal_that_is_not_the_stop_signal_waits_for_a_paused_container():
    pause, hup = (1, lambda e: e.pause("c")), (2, lambda e: e.kill("c", signal="HUP"))
    spec = ProcessSpec(on={"HUP": SignalHandling(0, 3)})
    assert live(spec, pause, hup, stop_signal="TERM")[0].state == "paused"
    assert live(spec, pause, hup)[0].exit_code == 3
    assert live(spec, pause, hup, (5, lambda e: e.unpause("c")), stop_signal="TERM")[0].exits[0].at == 5


def test_the_rest_is_killed_with_the_main_process_and_prints_nothing():
    children = (ChildProcesses(count=3, runs=4, prints="late", on={"TERM": IGNORED}),)
    ended = live(ProcessSpec(runs=1, children=children))[0]
    assert (ended.tree.killed_children, ended.tree.printed) == (3, [])
    alive = live(ProcessSpec(children=children))[0]
    assert (alive.tree.killed_children, alive.tree.printed) == (0, ["late"] * 3)


@pytest.mark.parametrize(
    ("orphan", "reaps", "options", "zombies"),
    [
        (True, False, {}, 5),
        (True, True, {}, 0),
        (True, False, {"init": True}, 0),
        (True, False, {"host_pids": True}, 0),
        (False, False, {}, 5),
        (False, False, {"init": True}, 5),
        (False, True, {}, 0),
    ],
)
def test_who_collects_children_that_ended(orphan, reaps, options, zombies):
    spec = ProcessSpec(children=(ChildProcesses(count=5, runs=0.2, orphan=orphan),), reaps=reaps)
    container, _, (_, top) = live(spec, (2, lambda e: e.top("c")), **options)
    assert (top.prints, container.tree.pids) == (str(zombies), 1 + zombies + options.get("init", False))


@pytest.mark.parametrize(
    ("state", "errors"),
    [
        ("exited", {"kill": "not running", "pause": "not running", "unpause": "not paused", "execute": "not running"}),
        ("paused", {"pause": "already paused", "execute": "paused", "rm": "paused", "start": "paused"}),
        ("running", {"unpause": "not paused", "rm": "running"}),
        ("restarting", {"pause": "restarting", "execute": "restarting", "rm": "restarting", "top": "restarting"}),
    ],
)
def test_commands_are_refused_by_the_state(state, errors):
    spec = job(0, 1) if state in ("exited", "restarting") else server()
    restart = "always" if state == "restarting" else "no"
    before = [(1, lambda e: e.pause("c"))] if state == "paused" else []
    more = {"execute": (job(),)}
    for command, error in errors.items():
        action = (10, lambda e, command=command: getattr(e, command)("c", *more.get(command, ())))
        _, _, done = live(spec, *before, action, restart=restart)
        assert (done[-1].code, done[-1].error) == (1, error), command


def test_start_and_stop_of_what_runs_or_is_stopped_already_are_no_errors():
    assert live(server(), (2, lambda e: e.start("c")))[2][1].code == 0
    container, _, done = live(job(), STOP, (3, lambda e: e.start("c")))
    assert [result.code for result in done] == [0, 0, 0]
    assert len(container.starts) == 2


def test_an_attached_command_passes_its_signals_on():
    engine = Engine()
    command = engine.run(ContainerOptions("c"), server(exit_code=3), attached=True, client_gets=((2, "TERM"),))
    process = engine.perform(command)
    engine.env.run(20)
    assert (process.value.code, process.value.seconds) == (3, pytest.approx(2.05))
    assert engine.containers["c"].signals == ["TERM"]


def test_wait_tells_the_code_and_rm_by_force_the_reason():
    _, _, (_, waited) = live(job(3, 17), (1, lambda e: e.wait("c")))
    assert (waited.prints, waited.seconds) == ("17", pytest.approx(2.2))
    container, engine, _ = live(server(), (2, lambda e: e.rm("c", force=True)), restart="always")
    assert (container.state, container.why_down, container.exit_code) == ("removed", "removed by command", 137)
    assert engine.containers == {}
