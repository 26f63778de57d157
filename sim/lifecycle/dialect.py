"""Where engines differ: Docker's rules, recorded with 26.1, Podman's, recorded with 5.4, and a kubelet's.

Of Kubernetes there is what a kubelet does with one container of a pod: its back-off. It has no commands of its own; to
stop stands for a deletion of the pod.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.lifecycle.policy import BackOff, NoBackOff, docker_back_off, kubelet_back_off
from sim.lifecycle.process import StartError
from sim.lifecycle.signals import parse_signal


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one engine does otherwise than the other.

    Attributes:
        name: "docker", "podman" or "kubernetes".
        back_off: Makes a container's back-off.
        any_signal_stops: Whether every signal through the engine ends the restarts. With Docker it is only the stop
            signal and KILL where a stop signal was given, and every signal where none was (moby, `killWithSignal`).
        refused_is_exit_code: Whether `inspect` tells a failed start as an exit code.
        failed: The exit code of a command that fails for any other reason.
        removal_of_running: The exit code of an `rm` of a container that runs.
    """

    name: str
    back_off: Callable[[], BackOff]
    any_signal_stops: bool
    refused_is_exit_code: bool
    failed: int
    removal_of_running: int

    def stops(self, signal: str, stop_signal: str) -> bool:
        """Whether a signal through the engine ends the restarts of a container with that stop signal."""
        return self.any_signal_stops or not stop_signal or signal in ("KILL", parse_signal(stop_signal))

    def refused_exec(self, error: StartError) -> int:
        """The exit code of an `exec` that cannot start. Docker 26 says 126 whatever the reason."""
        return self.refused_run(error, 126)

    def refused_run(self, error: StartError, docker: int) -> int:
        """The exit code of a `run` that cannot start; Podman knows two (libpod, `define.ExitCode`)."""
        if self.name != "podman":
            return docker
        return 127 if error in ("not found", "no such directory") else 126


DOCKER = Dialect(
    "docker", docker_back_off, any_signal_stops=False, refused_is_exit_code=True, failed=1, removal_of_running=1
)
PODMAN = Dialect(
    "podman", NoBackOff, any_signal_stops=True, refused_is_exit_code=False, failed=125, removal_of_running=2
)
KUBERNETES = Dialect(
    name="kubernetes",
    back_off=kubelet_back_off,
    any_signal_stops=True,
    refused_is_exit_code=True,
    failed=1,
    removal_of_running=1,
)
