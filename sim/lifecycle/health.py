"""Health checks as Docker's engine makes them (moby, `daemon/health.go`, 26.1).

The first probe begins one interval after the start, each next one an interval after the end of the last. A failure in
the start period is not counted while the container has not been healthy. A probe that takes too long is killed and
has failed. An engine that stops probing calls the container unhealthy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simpy import Environment

from sim.lifecycle.pending import Pending
from sim.lifecycle.process import ProbePiece

HealthStatus = Literal["starting", "healthy", "unhealthy"]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How a container is probed. Seconds; as with the engine, 0 stands for the default.

    Attributes:
        interval: From the end of a probe to the start of the next.
        timeout: What a probe may take.
        retries: Failures in a row that make it unhealthy.
        start_period: Time after the start in which failures are not counted.
        start_interval: The interval until then, while it is starting. Left out: the interval, until Docker 26; 5 s
            since.
    """

    interval: float = 30.0
    timeout: float = 30.0
    retries: int = 3
    start_period: float = 0.0
    start_interval: float = 0.0


FindsHealth = Callable[[int, float], ProbePiece]
"""What the n-th probe finds, so many seconds after the start."""


class HealthMonitor:
    """Probes one container, start by start.

    Attributes:
        status: "starting", "healthy" or "unhealthy"; None while it was never started.
        failing_streak: Failures in a row that count.
        probes: Probes begun, over all starts.
        first_probe: Seconds from the start to its first probe, of the first start that had one.
    """

    def __init__(
        self,
        env: Environment,
        check: HealthCheck,
        probe: FindsHealth,
        seconds: float,
        changed: Callable[[HealthStatus], None],
    ) -> None:
        self._env, self._check, self._probe, self._seconds, self._changed = env, check, probe, seconds, changed
        self.status: HealthStatus | None = None
        self.failing_streak = 0
        self.probes = 0
        self.first_probe: float | None = None
        self._started = 0.0
        self._next: Pending | None = None

    def start(self) -> None:
        """The container was started, or found alive: begin at "starting"."""
        self.stop()
        self._started = self._env.now
        self.status, self.failing_streak = "starting", 0
        self.resume()

    def resume(self) -> None:
        """Go on after a pause, an interval from now."""
        if self._next is None:
            self._next = Pending(self._env, self._interval(), self._begin)

    def stop(self) -> None:
        """Stop probing, for the container ended or is paused. A probe that runs is forgotten."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
            self.status = "unhealthy"

    @property
    def _interval_given(self) -> float:
        return self._check.interval or 30.0

    def _interval(self) -> float:
        early = self._env.now - self._started < self._check.start_period and self.status == "starting"
        return (self._check.start_interval or self._interval_given) if early else self._interval_given

    def _begin(self) -> None:
        since = self._env.now - self._started
        self.probes += 1
        if self.first_probe is None:
            self.first_probe = since
        found = self._probe(self.probes, since)
        timeout = self._check.timeout or 30.0
        late = found.takes is None or found.takes > timeout
        takes = timeout if late or found.takes is None else found.takes
        ok = found.ok and not late
        self._next = Pending(self._env, self._seconds + takes, lambda: self._done(ok, since))

    def _done(self, ok: bool, since: float) -> None:
        before = self.status
        if ok:
            self.failing_streak, self.status = 0, "healthy"
        elif not (self.status == "starting" and since < self._check.start_period):
            self.failing_streak += 1
            if self.failing_streak >= (self._check.retries or 3):
                self.status = "unhealthy"
        if self.status != before and self.status is not None:
            self._changed(self.status)
        self._next = Pending(self._env, self._interval(), self._begin)
