"""One recorded case, run: its commands given to a swarm of one node at the moments at which they were given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sim import limits
from sim.errors import InputError, Problem
from sim.evidence.replays.swarm.flags import ServiceCommand, created_by, is_understood, read_command, updated_by
from sim.evidence.replays.swarm.recording import SERVICE
from sim.evidence.replays.swarm.services import changed, service_spec
from sim.swarm.cluster import SwarmCluster, TooManyEventsError
from sim.swarm.constraints import NodeTraits
from sim.swarm.control import SwarmRefusalError, refuse
from sim.swarm.objects import SwarmNode, SwarmService
from sim.swarm.processes import ImageBehaviour, ProcessBehaviour
from sim.swarm.spec import ServiceSpec
from sim.swarm.states import Availability, UpdateState
from sim.swarm.store import TooManyTasksError

T = TypeVar("T")

NODE = "node"

RECORDED_NODE = {"cpus": 2, "memory_bytes": 25_276_514_303}
"""The node of the recording that comes with the package, for files that do not name theirs."""


@dataclass
class SwarmCaseRun:
    """A case that was run.

    Attributes:
        case: What is recorded of it.
        swarm: The swarm, at the end of the observation.
        main: The service that the case is about.
        results: Of each command, its exit code and the kind of error; the kind is "" where there is none.
        attached: The commands that wait for an update's end: their number, service and moment.
        events: Events that the run took.
        availabilities: Each change of the node's availability, with its moment.
    """

    case: Mapping[str, Any]
    swarm: SwarmCluster
    main: str = ""
    results: list[tuple[int, str]] = field(default_factory=list)
    attached: list[tuple[int, str, float]] = field(default_factory=list)
    events: int = 0
    availabilities: list[tuple[float, Availability]] = field(default_factory=list)

    @property
    def images(self) -> Mapping[str, ImageBehaviour]:
        """What the case's tasks do, by tag."""
        return {tag: image_behaviour(process) for tag, process in (self.case.get("processes") or {}).items()}

    def service(self, name: str) -> SwarmService | None:
        """A service; None where there is none at the end."""
        found = (one for one in self.swarm.store.services.values() if one.spec.name == name)
        return next(found, None)

    def updates(self, name: str) -> list[tuple[float, UpdateState]]:
        """A service's update states with the moments at which they began, without those that lasted no time."""
        noted = self.swarm.history.updates.get(name, [])
        until = [moment for moment, _ in noted[1:]] + [float("inf")]
        # Of a service that was never made nothing is noted.
        return [(at, state) for (at, state), end in zip(noted, until, strict=False) if state is not None and at < end]


def run_case(
    case: Mapping[str, Any], node: Mapping[str, Any], file: str, path: str, most_events: int = limits.SWARM_EVENTS
) -> SwarmCaseRun:
    """Run a case. Raises `InputError` where it asks for too much, or for what cannot be read.

    Args:
        case: Of which `swarm_recording` finds nothing wrong.
        node: Its cpus and memory_bytes.
        file: The recording.
        path: Where the case stands in it.
        most_events: What it may take.
    """
    processes = case.get("processes") or {}
    images = {tag: image_behaviour(process) for tag, process in processes.items()}
    traits = NodeTraits(hostname=NODE, role="manager", labels=dict((case.get("before") or {}).get("labels") or {}))
    one = SwarmNode(NODE, float(node.get("cpus", 0)), int(node.get("memory_bytes", 0)), traits=traits)
    run = SwarmCaseRun(case, SwarmCluster([one], images, most_tasks=limits.SWARM_TASKS))
    try:
        _Commands(run, file, path, most_events).give()
    except TooManyTasksError as error:
        raise InputError(Problem(f"{error}; expected no more in one case", file, path=path)) from None
    except TooManyEventsError:
        message = f"by here the recording takes more than {limits.SWARM_EVENTS:,} events; expected no more"
        raise InputError(Problem(message, file, path=path)) from None
    return run


def image_behaviour(process: Mapping[str, Any]) -> ImageBehaviour:
    """What the tasks of an image do."""
    flagged = process.get("if_flag")
    return ImageBehaviour(
        default=_behaviour(process.get("default", process)),
        by_slot={int(slot): _behaviour(one) for slot, one in (process.get("by_slot") or {}).items()},
        if_flag=None if flagged is None else _behaviour(flagged),
    )


def _behaviour(process: Mapping[str, Any]) -> ProcessBehaviour:
    answer = process.get("on_term")
    return ProcessBehaviour(
        runs=process.get("runs"),
        exit=process.get("exit", 0),
        on_term=(answer.get("after", 0), answer.get("exit", 0)) if isinstance(answer, Mapping) else None,
        ready_after=process.get("ready_after"),
        unready_after=process.get("unready_after"),
    )


class _Commands:
    """Gives a case's commands one after the other."""

    def __init__(self, run: SwarmCaseRun, file: str, path: str, most_events: int) -> None:
        self._run, self._file, self._path, self._most = run, file, path, most_events
        self._swarm = run.swarm
        self._described: dict[ServiceSpec, dict[str, Any]] = {}
        self._labels = dict(self._swarm.store.nodes[NODE].traits.labels)
        self._now, self._until, self._number = 0.0, 0.0, 0

    def give(self) -> None:
        """All of them, and wait for the end of the observation."""
        case = self._run.case
        self._prepare(case.get("before") or {})
        commands = case["commands"]
        moments = [*(command["t"] for command in commands), case["observed_s"]]
        for number, command in enumerate(commands):
            self._number, self._now, self._until = number, moments[number], moments[number + 1]
            self._wait(self._now)
            self._run.results.append(self._result(command["do"]))
        self._wait(case["observed_s"])
        for number, name, moment in self._run.attached:
            self._run.results[number] = _outcome(self._run.updates(name), moment, moments[number + 1])

    def _result(self, words: str | list[str]) -> tuple[int, str]:
        try:
            self._one(words.split() if isinstance(words, str) else words)
        except SwarmRefusalError as refusal:
            return 1, refusal.kind
        return 0, ""

    def _wait(self, until: float) -> None:
        self._run.events += self._swarm.run(until, self._most - self._run.events)

    def _prepare(self, before: Mapping[str, Any]) -> None:
        if "task_history_limit" in before:
            self._swarm.reaper.kept = before["task_history_limit"]
        if "availability" in before:
            self._set_availability(before["availability"])

    def _one(self, words: Sequence[str]) -> None:
        """One command. Those that only look, and those that the model has nothing to do with, change nothing."""
        known: tuple[tuple[tuple[str, ...], Callable[[Sequence[str]], None]], ...] = (
            (("docker", "service", "create"), self._create),
            (("docker", "service", "update"), self._update),
            (("docker", "service", "rollback"), self._roll_back),
            (("docker", "service", "scale"), self._scale),
            (("docker", "service", "rm"), self._remove),
            (("docker", "node", "update"), self._update_node),
            (("docker", "swarm", "update"), self._update_swarm),
            (("docker", "stop"), lambda _words: self._swarm.stop_container(self._run.main)),
            (("docker", "kill"), lambda _words: self._swarm.stop_container(self._run.main, kill=True)),
            (("docker", "rm"), lambda _words: self._swarm.stop_container(self._run.main, kill=True)),
            (("file", "bad", "created"), lambda _words: self._swarm.agents.flags.add(self._run.main)),
            (("file", "bad"), lambda _words: self._swarm.agents.flags.discard(self._run.main)),
        )
        for begin, act in known:
            if tuple(words[: len(begin)]) == begin:
                act(words[len(begin) :])
                return

    def _create(self, words: Sequence[str]) -> None:
        command = read_command(words)
        flags = dict(command.flags)
        name = flags.get("--name", "")
        recorded = next((entry["spec"] for entry in self._run.case["specs"] if "spec" in entry), None)
        if recorded is None or recorded["Name"] != name:
            recorded = self._read(lambda: created_by(command))
        if "--replicas" in flags and flags.get("--mode", "").startswith("global"):
            raise _not_scalable()
        self._run.main = self._run.main or name
        spec = self._checked(recorded)
        self._swarm.create(spec)
        self._described[spec] = recorded

    def _update(self, words: Sequence[str]) -> None:
        command = read_command(words)
        name = command.words[-1] if command.words else ""
        current = self._swarm.service(name).spec
        if command.has("--rollback"):
            self._swarm.roll_back(name)
        else:
            if "--replicas" in dict(command.flags) and current.mode not in ("replicated", "replicated-job"):
                raise _not_scalable()
            service = self._described[current]
            seen = None if is_understood(command) else self._recorded_change(service)
            self._change(seen or self._read(lambda: updated_by(changed(service, {}), command)))
        self._attach(name, command)

    def _roll_back(self, words: Sequence[str]) -> None:
        command = read_command(words)
        name = command.words[-1] if command.words else ""
        self._swarm.roll_back(name)
        self._attach(name, command)

    def _scale(self, words: Sequence[str]) -> None:
        command = read_command(words)
        for word in command.words:
            name, _, count = word.partition("=")
            service = self._described[self._swarm.service(name).spec]
            self._swarm.scale(name, self._whole(count))
            mode = self._swarm.service(name).spec.mode
            path = "Mode.Replicated.Replicas" if mode == "replicated" else "Mode.ReplicatedJob.TotalCompletions"
            self._described[self._swarm.service(name).spec] = changed(service, {path: self._whole(count)})

    def _remove(self, words: Sequence[str]) -> None:
        for name in words:
            self._swarm.remove(name)

    def _update_node(self, words: Sequence[str]) -> None:
        for flag, value in read_command(words).flags:
            if flag == "--availability" and value in ("active", "pause", "drain"):
                self._set_availability(cast("Availability", value))
            elif flag == "--label-add":
                key, _, text = value.partition("=")
                self._labels[key] = text
            elif flag == "--label-rm":
                self._labels.pop(value, None)
        self._swarm.set_labels(NODE, self._labels)

    def _update_swarm(self, words: Sequence[str]) -> None:
        limit = dict(read_command(words).flags).get("--task-history-limit")
        if limit is not None:
            self._swarm.reaper.kept = self._whole(limit)

    def _set_availability(self, availability: Availability) -> None:
        self._swarm.set_availability(NODE, availability)
        self._run.availabilities.append((self._swarm.env.now, availability))

    def _recorded_change(self, service: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the service was seen to become by this command; None where that was not seen."""
        for entry in self._run.case["specs"]:
            if "changed" in entry and self._now <= entry["t"] < self._until:
                return changed(service, entry["changed"])
        return None

    def _change(self, service: dict[str, Any]) -> None:
        spec = self._checked(service)
        self._swarm.change(spec)
        self._described[spec] = service

    def _checked(self, service: Mapping[str, Any]) -> ServiceSpec:
        wrong = [f"{path}: {message}" for path, message in SERVICE(service)]
        if wrong:
            raise InputError(Problem("; ".join(wrong), self._file, path=self._place()))
        return service_spec(service)

    def _attach(self, name: str, command: ServiceCommand) -> None:
        if not command.has("-d", "--detach"):
            self._run.attached.append((self._number, name, self._now))

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except ValueError as error:
            raise InputError(Problem(str(error), self._file, path=self._place())) from None

    def _whole(self, text: str) -> int:
        return self._read(lambda: int(text))

    def _place(self) -> str:
        return f"{self._path}.commands.{self._number}.do"


def _not_scalable() -> SwarmRefusalError:
    return refuse("not scalable", "replicas can only be used with replicated or replicated-job mode")


def _outcome(states: Sequence[tuple[float, UpdateState]], begun: float, until: float) -> tuple[int, str]:
    """What a command that waits for its update answers: it fails where that is paused."""
    paused = any(state in ("paused", "rollback_paused") for at, state in states if begun <= at <= until)
    return (1, "paused") if paused else (0, "")
