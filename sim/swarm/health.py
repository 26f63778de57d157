"""Health checks of a task's container (moby, `daemon/health.go`, 26.1)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy import Environment, Event

from sim.swarm.processes import ProcessRun
from sim.swarm.spec import TaskHealthCheck


def unhealthy_or_ready(
    env: Environment, check: TaskHealthCheck, run: ProcessRun, seconds: float, ready: Event, sick: Event
) -> Generator[Event, Any, None]:
    """Probe a process until it is unhealthy or has ended.

    The first probe begins an interval after the start, each next one an interval after the end of the last. A failure
    in the start period does not count while no probe has succeeded.

    Args:
        env: The clock.
        check: How it is probed.
        run: The process.
        seconds: What one probe takes.
        ready: Happens at the first success.
        sick: Happens after so many failures in a row as the check has retries.
    """
    streak = 0
    while not run.exited.triggered and not sick.triggered:
        yield env.timeout(_interval(env, check, run, ready)) | run.exited
        if run.exited.triggered:
            return
        begun = env.now
        found = run.is_ready()
        yield env.timeout(seconds) | run.exited
        if run.exited.triggered:
            return
        if found:
            streak = 0
            if not ready.triggered:
                ready.succeed()
        elif ready.triggered or begun - run.started >= check.start_period:
            streak += 1
            if streak >= check.retries:
                sick.succeed()


def _interval(env: Environment, check: TaskHealthCheck, run: ProcessRun, ready: Event) -> float:
    starting = not ready.triggered and env.now - run.started < check.start_period
    return (check.start_interval or check.interval) if starting else check.interval
