"""One container of a pod on its node's host: it is started by the engine, answers, is probed, ends, and is restarted.

How long its start takes is the host's business (`sim.platforms.hosting`), with its pull, locks and memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from simpy import Environment

from sim.catalog.model import Application
from sim.kubernetes.probes import ProbeOutcome, probe_outcome, silence_outcome
from sim.kubernetes.quantities import units
from sim.kubernetes.termination import KILLED, Termination, grace_of, termination
from sim.lifecycle.policy import DoublingBackOff, kubelet_back_off
from sim.never import NEVER
from sim.platforms.hosting import NodeHost, NoRoomError

ImagePullPolicy = Literal["Always", "IfNotPresent", "Never"]
Moment = Literal["runs", "answers", "silent", "term", "dead"]
"""What those who watch a container are told: it runs, answers, answers no more, is sent TERM, is gone."""


@dataclass(frozen=True, slots=True)
class ContainerWork:
    """What a container's application is, and what it does by itself.

    Attributes:
        application: What is started. Its image is what is pulled.
        exits_after: Seconds from its answering to its end by itself. None where it runs until it is told to end.
        exit_code: What it then exits with.
        on_term: Seconds that it needs from TERM on, an estimate: a server that closes its connections. None where it
            does not hear it, as a first process that does not ask for it.
        silent_after: Seconds from its answering until it hangs. None where it does not.
        pre_stop: Seconds that its preStop hook takes, where the manifest does not say.
    """

    application: Application
    exits_after: float | None = None
    exit_code: int = 0
    on_term: float | None = 0.1
    silent_after: float | None = None
    pre_stop: float = 0.0


class ContainerOwner(Protocol):
    """The pod of a container.

    Attributes:
        env: The simulation.
        host: Its node's.
        spec: The pod's.
    """

    env: Environment
    host: NodeHost
    spec: Mapping[str, Any]

    def stamp(self) -> float:
        """Now, as objects hold it."""

    def later(self, delay: float, call: Callable[[], None]) -> None:
        """Do it later, unless the pod has ended by then, or is to end."""

    def when_up(self, call: Callable[[], None]) -> None:
        """Do it now, or once the node is up again."""

    def joins_network(self) -> bool:
        """Whether the pod has a network already. From now on it has."""

    def container_runs(self, container: HostedContainer) -> None:
        """Its process runs."""

    def container_changed(self, container: HostedContainer) -> None:
        """It is ready, or not any more, or waits for something."""

    def container_ended(self, container: HostedContainer) -> None:
        """Its process has ended by itself, or for its probes' sake."""

    def note(self, container: HostedContainer, moment: Moment) -> None:
        """Tell those who watch."""


def pull_policy(container: Mapping[str, Any]) -> ImagePullPolicy:
    """Its imagePullPolicy. Where it has none, an image without a tag, or of the tag `latest`, is always asked for.

    Source: Kubernetes 1.32, pkg/apis/core/v1/defaults.go.
    """
    given = container.get("imagePullPolicy")
    if given in ("Always", "IfNotPresent", "Never"):
        return given  # type: ignore[no-any-return] # one of these
    name = str(container.get("image") or "")
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if "@" not in name and tag in ("", "latest") else "IfNotPresent"


class HostedContainer:
    """A container, through all of its restarts.

    Attributes:
        fields: What the pod's spec says of it.
        restarts: How often it was started again.
        state: As the pod's status has it.
        ready: Whether it counts as ready.
        code: What it exited with; None while it has not.
        probed_out: Whether a probe had it killed, so that it is restarted whatever it exited with.
    """

    __slots__ = (
        "_answered", "_back_off", "_instance", "_killing", "_life", "_pod", "_ran", "_started", "_work",
        "code", "fields", "probed_out", "ready", "restarts", "state",
    )  # fmt: skip

    def __init__(self, pod: ContainerOwner, fields: Mapping[str, Any], work: ContainerWork) -> None:
        self._pod = pod
        self._work = work
        self._instance: int | None = None
        self._life = 0
        self._started = 0.0
        self._ran = 0.0
        self._answered = self._killing = False
        self._back_off: DoublingBackOff | None = None
        self.fields = fields
        self.restarts = 0
        self.state: Mapping[str, Any] = {"waiting": {"reason": "ContainerCreating"}}
        self.ready = False
        self.code: int | None = None
        self.probed_out = False

    @property
    def runs(self) -> bool:
        """Whether its process runs."""
        return "running" in self.state

    @property
    def stays(self) -> bool:
        """Whether it is a sidecar: an init container that the next ones do not wait for the end of."""
        return self.fields.get("restartPolicy") == "Always"

    def start(self) -> None:
        """Let the engine start it: at once where its image is there or may be pulled."""
        policy, application, host = pull_policy(self.fields), self._work.application, self._pod.host
        if policy == "Never" and not host.has_image(application):
            self.state = {"waiting": {"reason": "ErrImageNeverPull"}}
            self._pod.container_changed(self)
            return
        self._life += 1
        self.code, self.probed_out = None, False
        life = self._life
        try:
            self._instance = host.start(
                application,
                lambda: self._if_still(life, self._now_runs),
                answers=lambda: self._if_still(life, self._now_answers),
                always_pull=policy == "Always",
                network=not self._pod.joins_network(),
            )
        except NoRoomError:
            self._started = self._pod.env.now
            self._end(KILLED, "OOMKilled")

    def restart(self) -> None:
        """Start it again, after a wait that doubles each time."""
        if self._back_off is None:
            self._back_off = kubelet_back_off()
        wait = self._back_off.before_restart(self._ran)
        self.restarts += 1
        self.state = {"waiting": {"reason": "CrashLoopBackOff" if wait else "ContainerCreating"}}
        life = self._life
        self._pod.later(wait, lambda: self.start() if self._life == life else None)

    def stop(self, gone: Callable[[], None]) -> None:
        """Its process has ended, since the pod ends: let the engine remove it."""
        self._life += 1
        self.ready = False
        instance, self._instance = self._instance, None
        if instance is None:
            gone()
            return
        ran, self.state = self.runs, {"terminated": {"exitCode": 0}}
        self._pod.host.stop(instance, gone if ran else None)
        if ran:
            self._pod.note(self, "dead")
        else:
            gone()

    def termination(self, grace: float, turn: float = 0.0) -> Termination:
        """How it ends if it is told to now, and is sent TERM at its turn. One that does not run yet does so at once."""
        if not self.runs:
            return Termination(0.0, 0.0, KILLED)
        return termination(self.fields, grace, self._work.on_term, self._work.pre_stop, turn)

    def _if_still(self, life: int, call: Callable[[], None]) -> None:
        self._pod.when_up(lambda: call() if self._life == life else None)

    def _during(self, delay: float, call: Callable[[], None]) -> None:
        """Do it later, if this very process still runs."""
        life = self._life
        self._pod.later(delay, lambda: call() if self._life == life else None)

    def _now_runs(self) -> None:
        self._started = self._pod.env.now
        self._answered = self._killing = False
        self.state = {"running": {"startedAt": self._pod.stamp()}}
        fields = self.fields
        if "startupProbe" in fields or "livenessProbe" in fields:
            outcome = probe_outcome(fields, NEVER)
            self._at(outcome.killed, lambda: None if self._answered else self._kill(outcome))
        self.ready = "startupProbe" not in fields and "readinessProbe" not in fields
        self._pod.note(self, "runs")
        self._pod.container_runs(self)

    def _now_answers(self) -> None:
        if self._killing:
            return
        if self._exceeds_limit():
            self._end(KILLED, "OOMKilled")
            return
        self._answered = True
        self._pod.note(self, "answers")
        work, age = self._work, self._pod.env.now - self._started
        if not self.ready:
            self._at(probe_outcome(self.fields, age).ready, lambda: self._turn(ready=True))
        if work.exits_after is not None:
            self._during(work.exits_after, lambda: self._end(work.exit_code, ""))
        if work.silent_after is not None:
            self._at(age + work.silent_after, self._fall_silent)

    def _fall_silent(self) -> None:
        self._pod.note(self, "silent")
        outcome = silence_outcome(self.fields, self._pod.env.now - self._started)
        self._at(outcome.ready, lambda: self._turn(ready=False))
        self._at(outcome.killed, lambda: self._kill(outcome))

    def _turn(self, *, ready: bool) -> None:
        if not self._killing and self.ready != ready:
            self.ready = ready
            self._pod.container_changed(self)

    def _kill(self, outcome: ProbeOutcome) -> None:
        """A probe has failed too often: hook, TERM and KILL, as at any other end."""
        if self._killing:
            return
        self._killing = self.probed_out = True
        probe = self.fields.get(outcome.by or "")
        end = self.termination(grace_of(self._pod.spec, probe))
        self._during(end.term, lambda: self._pod.note(self, "term"))
        self._during(end.ends, lambda: self._end(end.code, ""))

    def _end(self, code: int, reason: str) -> None:
        """Its process has ended. The kubelet will see it."""
        self._ran = self._pod.env.now - self._started
        self._life += 1
        self.code, self.ready = code, False
        self.state = {"terminated": {"exitCode": code, "reason": reason or ("Error" if code else "Completed")}}
        instance, self._instance = self._instance, None
        if instance is not None:
            self._pod.host.stop(instance)
            self._pod.note(self, "dead")
        self._pod.container_ended(self)

    def _exceeds_limit(self) -> bool:
        """Whether the application needs more memory than its limit lets it have."""
        limit = ((self.fields.get("resources") or {}).get("limits") or {}).get("memory")
        return limit is not None and self._pod.host.recipes.of(self._work.application).charged > units(limit)

    def _at(self, age: float, call: Callable[[], None]) -> None:
        """Do it once this very process is so old."""
        if age != NEVER:
            self._during(self._started + age - self._pod.env.now, call)
