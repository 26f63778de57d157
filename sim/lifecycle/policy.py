"""Restart policies: which end of a container is followed by another start, and after how long.

Docker's rules are moby's restartmanager, the same from 1.13 to 29. Podman's are libpod's `shouldRestart`; it waits for
nothing. Kubernetes' back-off is the kubelet's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from sim.errors import InputError

PolicyName = Literal["no", "always", "unless-stopped", "on-failure"]

_NAMES: tuple[PolicyName, ...] = get_args(PolicyName)


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When a container is started again.

    Attributes:
        name: The policy.
        retries: How many restarts on-failure allows; 0 allows any number.
    """

    name: PolicyName = "no"
    retries: int = 0

    def wants(self, code: int, restarts: int, *, stopped_by_hand: bool) -> bool:
        """Whether a container that ended so, after so many restarts, is started again."""
        if self.name == "on-failure":
            return code != 0 and (not self.retries or restarts < self.retries)
        return self.name == "always" or (self.name == "unless-stopped" and not stopped_by_hand)


def parse_policy(text: str) -> RestartPolicy:
    """A policy as `--restart` takes it.

    >>> parse_policy("on-failure:3")
    RestartPolicy(name='on-failure', retries=3)

    Raises `InputError` for an unknown name, or a number of retries where none belongs.
    """
    name, colon, count = text.partition(":")
    known = next((known for known in _NAMES if known == (name or "no")), None)
    if known is None:
        raise InputError(f"no restart policy {text!r}; there are {', '.join(_NAMES)} and on-failure:RETRIES")
    if not colon:
        return RestartPolicy(known)
    if not (count.isascii() and count.isdigit() and len(count) < 10):
        raise InputError(f"restart policy {text!r}: {count!r} is no whole number of retries")
    if int(count) and known != "on-failure":
        raise InputError(f"restart policy {text!r}: only on-failure takes a number of retries")
    return RestartPolicy(known, int(count))


class BackOff(Protocol):
    """How long an engine waits before a restart."""

    def before_restart(self, ran: float) -> float:
        """Seconds to wait after a run that took `ran` seconds."""


@dataclass
class DoublingBackOff:
    """A wait that doubles from each restart to the next, up to a longest, and begins anew after a long run.

    Attributes:
        first: Seconds of the first wait.
        longest: Seconds that no wait is longer than.
        reset_after: Seconds of a run that begin it anew.
        at_once: Whether the first restart of all follows without any wait.
    """

    first: float
    longest: float
    reset_after: float
    at_once: bool = False
    _wait: float | None = field(default=None, init=False)

    def before_restart(self, ran: float) -> float:
        """Seconds to wait after a run of that many seconds."""
        if self._wait is None or ran >= self.reset_after:
            self._wait = 0.0 if self.at_once else self.first
        else:
            self._wait = min(self._wait * 2, self.longest) if self._wait else self.first
        return self._wait


@dataclass
class NoBackOff:
    """Podman's: no wait at all."""

    def before_restart(self, ran: float) -> float:  # noqa: ARG002 (the protocol's)
        """No seconds."""
        return 0.0


def docker_back_off() -> DoublingBackOff:
    """Docker's: 100 ms, doubling to a minute; a run of 10 s begins it anew (moby, restartmanager).

    >>> waits = docker_back_off()
    >>> [waits.before_restart(0) for _ in range(12)]
    [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60]
    """
    return DoublingBackOff(0.1, 60, 10)


def kubelet_back_off() -> DoublingBackOff:
    """The kubelet's: at once, then 10 s, doubling to 300 s; a run of ten minutes begins it anew (1.31).

    >>> waits = kubelet_back_off()
    >>> [waits.before_restart(0) for _ in range(8)]
    [0.0, 10, 20, 40, 80, 160, 300, 300]
    """
    return DoublingBackOff(10, 300, 600, at_once=True)
