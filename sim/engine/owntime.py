"""A time that passes at the speed of so many busy cores: what a processor's clock does to work, as one number.

Whoever works by it has constant rates, and a change of speed costs no more than to note it.
"""

from __future__ import annotations

from collections.abc import Sequence

from simpy import Environment


class OwnTime:
    """The own time of cores that are slower the more of them are busy.

    Args:
        env: The simulation.
        speeds: How fast a core is with so many of them busy, from none to all, against full speed.

    >>> env = Environment()
    >>> own = OwnTime(env, [1.0, 1.0, 0.5])
    >>> own.note(2)
    True
    >>> own.until(1.0)
    2.0
    """

    __slots__ = ("_env", "_noted", "_passed", "_speed", "_speeds")

    def __init__(self, env: Environment, speeds: Sequence[float]) -> None:
        if not all(0 < speed <= 1 for speed in speeds):
            raise ValueError(f"speeds ({speeds}) must be above 0 and not above 1")
        self._env, self._speeds = env, speeds
        self._passed = self._noted = env.now
        self._speed = speeds[0]

    @property
    def now(self) -> float:
        """What it is."""
        return self._passed + (self._env.now - self._noted) * self._speed

    def note(self, busy: int) -> bool:
        """So many cores are busy from now on. Whether the speed is another one."""
        speed = self._speeds[busy]
        if speed == self._speed:
            return False
        self._passed, self._noted, self._speed = self.now, self._env.now, speed
        return True

    def until(self, due: float) -> float:
        """Seconds of the simulation until it is that."""
        return max(due - self.now, 0.0) / self._speed
