"""The engine's own end and return, for every policy and way (moby, `Shutdown` and `restore`)."""

import pytest

from sim.lifecycle.daemon import DaemonRestart, end_daemon, return_daemon
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import IGNORED, ProcessSpec, job, server
from tests.lifecycle.lives import live

GRACEFUL = DaemonRestart()
KILLED = DaemonRestart(graceful=False)
LIVE = DaemonRestart(live_restore=True)
KILLED_LIVE = DaemonRestart(graceful=False, live_restore=True)
POWER = DaemonRestart(graceful=False, power_loss=True)
WAYS = [GRACEFUL, KILLED, LIVE, KILLED_LIVE, POWER]


def restarted(spec, how, *actions, until=60.0, **options):
    """The container after a restart of the engine at 10 s, whether it lived while the engine was down, and its tree."""
    engine = Engine()
    seen: dict = {}

    def restart():
        yield engine.env.timeout(10)
        yield from end_daemon(engine, how)
        seen["alive"], seen["tree"] = engine.made["c"].alive, engine.made["c"].tree
        yield from return_daemon(engine, how)

    engine.env.process(restart())
    container, _, _ = live(spec, *actions, until=until, engine=engine, **options)
    return container, seen["alive"], seen["tree"] is container.tree


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(
    ("restart", "code", "again"),
    [
        ("no", 0, {}),
        ("always", 0, {GRACEFUL, KILLED, POWER}),
        ("unless-stopped", 0, {GRACEFUL, POWER}),  # killed, the engine stops it when it is back: by hand, it counts
        ("on-failure", 0, {POWER}),  # 255 is a failure
        ("on-failure", 3, {GRACEFUL, KILLED, POWER}),
        ("on-failure:1", 3, {GRACEFUL, KILLED, POWER}),
    ],
)
def test_a_running_server(how, restart, code, again):
    container, alive, same = restarted(server(exit_code=code), how, restart=restart)
    assert alive == (how is not GRACEFUL)
    assert same == (how not in again)
    if how in (LIVE, KILLED_LIVE):
        assert (container.state, len(container.starts)) == ("running", 1)
        return
    assert container.state == ("running" if how in again else "exited")
    assert len(container.starts) == (2 if how in again else 1)
    if how not in again:
        assert container.exit_code == (255 if how is POWER else code)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("restart", ["no", "always", "unless-stopped", "on-failure"])
@pytest.mark.parametrize("command", ["stop", "kill"])
def test_one_that_was_stopped_runs_again_under_always_alone_or_if_kill_was_a_failure(how, restart, command):
    container, alive, _ = restarted(server(), how, (2, lambda e: getattr(e, command)("c")), restart=restart)
    failed = restart == "on-failure" and command == "kill"
    assert not alive
    assert container.state == ("running" if restart == "always" or failed else "exited")


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("restart", ["always", "unless-stopped", "on-failure"])
def test_one_in_back_off_begins_anew(how, restart):
    container, alive, _ = restarted(job(0, 1), how, until=10 + how.down + 2, restart=restart)
    assert not alive
    assert container.back_offs[-4:] == [0.1, 0.2, 0.4, 0.8]
    assert container.restart_count == 4


@pytest.mark.parametrize("how", WAYS)
def test_one_that_used_up_its_retries_or_never_ran_stays_down(how):
    assert restarted(job(0, 1), how, restart="on-failure:2")[0].state == "exited"
    assert restarted(ProcessSpec(start_error="not found"), how, restart="always")[0].state == "created"


@pytest.mark.parametrize("how", WAYS)
def test_one_that_got_a_signal_stays_down_if_it_ends_under_unless_stopped(how):
    spec = ProcessSpec(on={"HUP": IGNORED, "TERM": server().on["TERM"]})
    container, _, _ = restarted(spec, how, (2, lambda e: e.kill("c", signal="HUP")), restart="unless-stopped")
    assert container.state == ("running" if how.live_restore else "exited")


@pytest.mark.parametrize("how", WAYS)
def test_a_paused_one_stays_paused_only_where_it_lives_on(how):
    container, alive, _ = restarted(server(), how, (2, lambda e: e.pause("c")), restart="always")
    assert container.state == ("paused" if how.live_restore else "running")
    assert alive == (how is not GRACEFUL)


@pytest.mark.parametrize("how", WAYS)
def test_one_that_goes_when_it_ends_is_removed_unless_it_lives_on(how):
    container, _, _ = restarted(server(), how, auto_remove=True)
    assert container.state == ("running" if how.live_restore else "removed")


@pytest.mark.parametrize("how", [KILLED, KILLED_LIVE])
def test_the_engine_learns_the_code_of_one_that_ended_while_it_was_down(how):
    container, _, _ = restarted(job(12, 7), how)
    assert (container.state, container.exit_code) == ("exited", 7)
    assert restarted(job(12, 7), how, restart="on-failure")[0].state == "running"
    assert restarted(job(12, 0), how, restart="on-failure")[0].state == "exited"


def test_a_server_without_a_handler_holds_up_the_engine_for_its_grace():
    container, _, _ = restarted(server(stops=False), GRACEFUL, restart="always", stop_timeout=4)
    assert [end.at for end in container.exits] == [14]
    assert container.starts[1] == pytest.approx(14 + GRACEFUL.down + 0.2)
