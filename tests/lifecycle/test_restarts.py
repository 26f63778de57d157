"""Restart policies and back-off, by hand: a start takes 0.2 s, and the first ends 0.2 s after the command."""

import pytest

from sim.errors import InputError
from sim.lifecycle.dialect import PODMAN
from sim.lifecycle.engine import Engine
from sim.lifecycle.policy import RestartPolicy, kubelet_back_off, parse_policy
from sim.lifecycle.process import IGNORED, ProcessSpec, job, server
from tests.lifecycle.lives import live

DOUBLING = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60, 60]


def test_the_back_off_doubles_to_a_minute_over_thirteen_restarts():
    container, _, _ = live(job(0, 1), until=280, restart="always")
    assert container.back_offs == DOUBLING
    expected, at = [], 0.0
    for wait in [0.0, *DOUBLING]:
        at += wait + 0.2
        expected.append(at)
    assert container.starts == pytest.approx(expected[: len(container.starts)])
    assert container.restart_count == 13
    assert len(container.starts) == 13  # after 222.3 s of waits and 2.6 s of starts; the next would come at 285.1 s


@pytest.mark.parametrize(("runs", "waits"), [(9.9, [0.1, 0.2, 0.4, 0.8]), (10.0, [0.1] * 4), (30.0, [0.1] * 4)])
def test_a_run_of_ten_seconds_resets_the_back_off(runs, waits):
    assert live(job(runs, 1), until=150, restart="always")[0].back_offs[:4] == waits


@pytest.mark.parametrize(
    ("restart", "code", "starts", "why"),
    [
        ("no", 1, 1, "policy no"),
        ("", 1, 1, "policy no"),
        ("on-failure", 0, 1, "exit 0 under on-failure"),
        ("on-failure:1", 1, 2, "retries used up"),
        ("on-failure:3", 1, 4, "retries used up"),
        ("on-failure:3", 256, 1, "exit 0 under on-failure"),
        ("on-failure:3", 143, 4, "retries used up"),
    ],
)
def test_a_policy_says_how_often_a_container_is_started(restart, code, starts, why):
    container, _, _ = live(job(0, code), restart=restart)
    assert (len(container.starts), container.state, container.why_down) == (starts, "exited", why)
    assert container.restart_count == starts - 1
    assert {end.code for end in container.exits} == {code & 255}


@pytest.mark.parametrize(
    ("restart", "code"), [("always", 0), ("always", 1), ("unless-stopped", 0), ("on-failure", 1), ("on-failure:0", 1)]
)
def test_other_policies_go_on_for_ever(restart, code):
    container, _, _ = live(job(0, code), restart=restart)
    assert container.back_offs == DOUBLING[:10]
    assert (container.state, container.why_down) == ("restarting", None)


def test_a_container_that_succeeds_at_last_stays_down_under_on_failure():
    spec = ProcessSpec(by_start=(job(0, 1), job(0, 1), job(0, 0)))
    assert [end.code for end in live(spec, restart="on-failure")[0].exits] == [1, 1, 0]


@pytest.mark.parametrize(
    "text",
    ["sometimes", "always:3", "no:1", "unless-stopped:2", "on-failure:", "on-failure:x", "on-failure:-1", "Always"],
)
def test_what_is_no_policy_is_refused_when_the_container_is_created(text):
    with pytest.raises(InputError, match="restart policy"):
        parse_policy(text)
    container, _, (ran,) = live(job(), restart=text)
    assert container is None
    assert (ran.code, ran.error) == (125, "bad restart policy")


def test_a_policy_may_carry_zero_retries():
    assert parse_policy("always:0") == RestartPolicy("always")
    assert parse_policy("on-failure:0") == RestartPolicy("on-failure")


def test_stop_calls_off_a_restart_that_waits_and_start_does_nothing_to_it():
    container, _, done = live(job(0, 1), (10, lambda e: e.start("c")), (10.5, lambda e: e.stop("c")), restart="always")
    assert (len(container.starts), container.restart_count) == (7, 7)
    assert (container.state, container.exit_code, container.why_down) == ("exited", 1, "stopped by command")
    assert [result.code for result in done] == [0, 0, 0]
    assert container.signals == []
    assert done[2].seconds == 0


def test_a_restart_that_waits_comes_after_update_to_no():
    container, _, _ = live(job(0, 1), (10, lambda e: e.update("c", restart="no")), restart="always")
    assert (len(container.starts), container.restart_count, container.why_down) == (8, 7, "policy no")


def test_update_counts_the_restarts_there_were():
    container, _, _ = live(job(0, 1), (2.0, lambda e: e.update("c", restart="on-failure:5")), restart="always")
    assert (len(container.starts), container.why_down) == (6, "retries used up")


@pytest.mark.parametrize("restart", ["no", "always", "unless-stopped", "on-failure"])
@pytest.mark.parametrize("stop_signal", ["", "TERM"])
def test_a_handled_signal_ends_the_restarts_unless_another_stop_signal_was_given(restart, stop_signal):
    """HUP is handled at 2 s; the process fails by itself 5 s after its start."""
    spec = ProcessSpec(runs=5, exit=1, on={"HUP": IGNORED})
    container, _, _ = live(
        spec, (2, lambda e: e.kill("c", signal="HUP")), until=11, restart=restart, stop_signal=stop_signal
    )
    restarts = stop_signal == "TERM" and restart in ("always", "on-failure")
    assert len(container.starts) == (3 if restarts else 1)
    assert container.why_down == (None if restarts else "signal by command")
    assert container.signals == ["HUP"]


def test_a_signal_from_exec_or_the_host_ends_no_restarts():
    told = ProcessSpec(runs=0, signals_main=("TERM",))
    container, _, _ = live(server(), (2, lambda e: e.execute("c", told)), restart="unless-stopped")
    assert (len(container.starts), container.back_offs) == (2, [0.1])
    container, _, _ = live(
        server(), (2, lambda e: from_host(e, "KILL")), (3, lambda e: from_host(e, "TERM")), restart="on-failure"
    )
    assert [end.code for end in container.exits] == [137, 0]


def from_host(engine, signal):
    engine.containers["c"].tree.one.signal(signal)
    return engine.wait("c")


def test_restart_by_hand_begins_count_and_back_off_anew():
    container, _, _ = live(job(0, 1), (10, lambda e: e.restart("c")), until=11, restart="always")
    assert container.back_offs == [*DOUBLING[:7], 0.1, 0.2, 0.4]
    assert container.restart_count == 3


def test_podman_waits_for_nothing_and_any_signal_ends_its_restarts():
    container, _, _ = live(job(0, 0), until=10.1, engine=Engine(dialect=PODMAN), restart="always")
    assert len(container.starts) == 50  # one each 0.2 s
    assert set(container.back_offs) == {0.0}
    spec = ProcessSpec(runs=5, exit=1, on={"HUP": IGNORED})
    hup = (2, lambda e: e.kill("c", signal="HUP"))
    container, _, _ = live(spec, hup, engine=Engine(dialect=PODMAN), restart="always", stop_signal="TERM")
    assert (len(container.starts), container.why_down) == (1, "signal by command")


def test_the_kubelet_waits_ten_seconds_doubling_to_five_minutes():
    waits = kubelet_back_off()
    assert [waits.before_restart(599) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert [waits.before_restart(600), waits.before_restart(0)] == [0, 10]


def test_docker_restart_keeps_a_container_that_is_removed_when_it_ends():
    container, engine, _ = live(server(), (2, lambda e: e.restart("c")), auto_remove=True)
    assert (container.state, len(container.starts)) == ("running", 2)
    assert "c" in engine.containers
