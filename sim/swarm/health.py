"""Health checks of a task's container: the engine's own (`sim.lifecycle.health`), told to the agent."""

from __future__ import annotations

from simpy import Environment, Event

from sim.lifecycle.health import HealthCheck, HealthMonitor, HealthStatus
from sim.lifecycle.process import ProbePiece
from sim.swarm.processes import ProcessRun


def watch_health(
    env: Environment, check: HealthCheck, run: ProcessRun, seconds: float, ready: Event, sick: Event
) -> None:
    """Probe a process until it is unhealthy or has ended.

    Args:
        env: The clock.
        check: How it is probed.
        run: The process.
        seconds: What one probe takes.
        ready: Happens at the first success.
        sick: Happens after so many failures in a row as the check has retries.
    """

    def changed(status: HealthStatus) -> None:
        if run.exited.triggered or sick.triggered:
            return
        if status == "unhealthy":
            sick.succeed()
        elif not ready.triggered:
            ready.succeed()

    def probe(_number: int, _since: float) -> ProbePiece:
        return ProbePiece(ok=run.is_ready())

    monitor = HealthMonitor(env, check, probe, seconds, changed)
    monitor.start()
    for end in (run.exited, sick):
        end.callbacks.append(lambda _: monitor.stop())
