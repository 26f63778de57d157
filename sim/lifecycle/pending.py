"""Something that will happen later, unless it is called off before."""

from __future__ import annotations

from collections.abc import Callable

from simpy import Environment
from simpy.events import Event


class Pending:
    """Calls `action()` that many seconds from now, unless it is cancelled before.

    >>> env, seen = Environment(), []
    >>> kept, dropped = Pending(env, 2, lambda: seen.append(env.now)), Pending(env, 1, lambda: seen.append("no"))
    >>> dropped.cancel()
    >>> env.run()
    >>> seen
    [2]
    """

    __slots__ = ("_action",)

    def __init__(self, env: Environment, delay: float, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action
        env.timeout(delay).callbacks.append(self._due)

    def cancel(self) -> None:
        """Let it not happen. Once it has happened there is nothing to cancel."""
        self._action = None

    def _due(self, _: Event) -> None:
        if self._action is not None:
            self._action()
