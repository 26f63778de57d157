"""A rate limit by tokens: so many at once, then so many a second. Source: golang.org/x/time/rate."""

from __future__ import annotations

from simpy import Environment


class TokenBucket:
    """A bucket of `burst` tokens, full to begin with, that gets `qps` new ones a second.

    >>> bucket = TokenBucket(Environment(), qps=2.0, burst=1)
    >>> bucket.wait(), bucket.wait(), bucket.take()
    (0.0, 0.5, False)
    """

    __slots__ = ("_at", "_burst", "_env", "_qps", "_tokens")

    def __init__(self, env: Environment, qps: float, burst: int) -> None:
        self._env = env
        self._qps = qps
        self._burst = float(burst)
        self._tokens = self._burst
        self._at = env.now

    def wait(self) -> float:
        """Take a token; the seconds until it is there."""
        self._fill()
        self._tokens -= 1
        return max(0.0, -self._tokens / self._qps)

    def take(self) -> bool:
        """Take a token, if there is one now."""
        self._fill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _fill(self) -> None:
        passed, self._at = self._env.now - self._at, self._env.now
        self._tokens = min(self._burst, self._tokens + passed * self._qps)
