"""One recorded compose project, given to the model: its files, what its processes do, and the commands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sim import limits
from sim.compose.commands.cancelling import CommandContext, CommandWork
from sim.compose.commands.client import ComposeClient, UpOptions
from sim.compose.commands.converging import CreateOptions, ProjectHost
from sim.compose.reading.files import GivenFiles
from sim.compose.reading.model import ComposeProject
from sim.compose.reading.project import ProjectRequest, open_project
from sim.errors import InputError
from sim.evidence.replays.fields import RecordedFields
from sim.evidence.replays.lifecycle.cases import run_until
from sim.evidence.replays.lifecycle.inputs import process_of, signal_of
from sim.lifecycle.container import CommandResult
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import ProcessSpec

_IMAGE = "t/base:1"
"""The image that the engine has: the recording says so of all."""

_AFTER = 0.25
"""Seconds after the last command at which the recorder looked at what is left."""

_COUNTED = re.compile(r"grep -c \"?\^?([\w.-]+)")

ComposeDoing = Callable[[CommandContext], CommandWork]


@dataclass
class StepResult:
    """What a step gave back, and its part of the engine's events. ps, left: as the recording has them."""

    result: CommandResult
    events: tuple[int, int]
    ps: dict[str, list[str]] | None = None
    left: list[str] | None = None


class ComposeBench:
    """A case at work."""

    def __init__(self, case: RecordedFields) -> None:
        self.case = case
        self.folder = f"/{case.text('id')}"
        self.text = case.maybe("compose_yaml", case.text)
        self.engine = Engine()
        self.processes = case.object("process", default={})
        self._made: Counter[str] = Counter()
        self.host = ProjectHost(
            self.engine, self._spec, lambda image: image == _IMAGE, self._files(), networks=lambda _: False
        )
        self.client = ComposeClient(self.host)
        self.results: list[StepResult] = []
        self.projects: list[ComposeProject] = []

    def run(self) -> None:
        """Do all steps, each when it was done or when the one before it is over."""
        for step in self.case.objects("actions"):
            at = step.number("at", 0, least=0, most=limits.LIFECYCLE_SECONDS)
            run_until(self.engine, max(at, self.engine.env.now), step)
            begun = len(self.engine.events)
            found = self._step(step)
            found.events = (begun, len(self.engine.events))
            self.results.append(found)
        run_until(self.engine, self.engine.env.now + _AFTER, self.case)

    def _files(self) -> GivenFiles:
        files = self.case.object("files", default={})
        texts = {path: files.text(path) for path in files.values}
        if self.text is not None:
            texts["compose.yaml"] = self.text
        return GivenFiles(texts, self.folder)

    def _spec(self, service: str) -> ProcessSpec:
        """What the next container of a service does; of several replicas, in the order of their start."""
        if service not in self.processes:
            return ProcessSpec(runs=0.0)
        process = self.processes.object(service)
        replicas = process.objects("by_replica")
        number = self._made[service]
        self._made[service] += 1
        return process_of(replicas[min(number, len(replicas) - 1)] if replicas else process)

    def project(self, step: RecordedFields) -> ComposeProject:
        """The project as a step finds it."""
        env = self.case.object("env", default={})
        own = step.object("env", default={})
        given = {**{name: env.text(name) for name in env.values}, **{name: own.text(name) for name in own.values}}
        self.host.files = self._files()
        request = ProjectRequest(
            self.folder, environment=given, profiles=tuple(step.texts("profiles")), files=self.host.files
        )
        try:
            project = open_project(request)
        except InputError as error:
            step.refuse("", f"its project is refused: {error.problems[0].message}")
        self.projects.append(project)
        return project

    def _step(self, step: RecordedFields) -> StepResult:
        do = step.text("do")
        if do == "wait":
            run_until(self.engine, self.engine.env.now + step.number("s", least=0, most=limits.LIFECYCLE_SECONDS), step)
            return StepResult(CommandResult(), (0, 0))
        if do == "rewrite compose file":
            self.text = step.text("yaml")
            return StepResult(CommandResult(), (0, 0))
        if do == "count volumes":
            return StepResult(CommandResult(prints=str(self._volumes())), (0, 0))
        if do == "list containers":
            return StepResult(CommandResult(), (0, 0), left=self._left())
        project = self.project(step)
        if do in ("ps", "config", "logs"):
            return self._looked(do, project, step)
        command = self._command(do, project, step)
        if command is None:
            return StepResult(CommandResult(1, "unknown command"), (0, 0))
        signals = [(got.number("after", 0, least=0), got.text("signal")) for got in step.objects("client_gets")]
        process = self.client.perform(command, signals)
        end = self.engine.env.now + limits.LIFECYCLE_STEP
        while not process.processed and self.engine.env.peek() <= end:
            run_until(self.engine, self.engine.env.peek(), step)
        result = process.value if process.triggered else CommandResult(1, "endless")
        assert isinstance(result, CommandResult)
        return StepResult(result, (0, 0))

    def _looked(self, do: str, project: ComposeProject, step: RecordedFields) -> StepResult:
        """A command that changes nothing."""
        refused = project.findings.refused
        if refused is not None:
            return StepResult(CommandResult(refused.code, refused.kind), (0, 0))
        if do == "config":
            return StepResult(CommandResult(), (0, 0))
        if do == "logs":
            services = step.texts("services") or list(project.services)
            there = self.host.members.there(services)
            lines = [line for one in reversed(there) for line in one.container.files.log]
            return StepResult(CommandResult(prints="\n".join(lines)), (0, 0))
        ps: dict[str, list[str]] = {}
        for member in self.host.members.there(one_offs=True):
            container = member.container
            state = f"exited {container.exit_code}" if container.state == "exited" else container.state
            ps.setdefault(member.service.name, []).append(state)
        return StepResult(CommandResult(), (0, 0), ps={name: sorted(states) for name, states in ps.items()})

    def _command(self, do: str, project: ComposeProject, step: RecordedFields) -> ComposeDoing | None:
        services = tuple(step.texts("services"))
        timeout = step.maybe("timeout", step.number)
        client = self.client
        if do in ("up", "create"):
            made_only = do == "create" or step.flag("no_start")
            return (client.create if made_only else client.up)(project, _up_options(step, services, timeout))
        if do == "down":
            return client.down(
                project,
                services,
                volumes=step.flag("volumes"),
                remove_orphans=step.flag("remove_orphans"),
                timeout=timeout,
            )
        if do == "stop":
            return client.stop(project, services, timeout)
        if do == "restart":
            return client.restart(project, services, timeout, no_deps=step.flag("no_deps"))
        if do == "rm":
            return client.remove(project, services, volumes=step.flag("volumes"), stop=step.flag("stop"))
        if do == "kill":
            return client.kill(project, services, signal_of(step, "signal", "KILL"))
        if do == "scale":
            return client.scale(project, _numbers(step))
        if do in ("start", "pause", "unpause"):
            return {"start": client.start, "pause": client.pause, "unpause": client.unpause}[do](project, services)
        if do in ("run", "exec"):
            return self._one_off(do, project, step)
        return None

    def _one_off(self, do: str, project: ComposeProject, step: RecordedFields) -> ComposeDoing:
        name = step.text("service")
        spec = process_of(step.object("process")) if "process" in step else None
        if do == "exec":
            return self.client.execute(project, name, spec or ProcessSpec(runs=0.0))
        return self.client.run(
            project,
            name,
            spec=spec,
            auto_remove=step.flag("auto_remove"),
            no_deps=step.flag("no_deps"),
            detached=step.flag("detached"),
        )

    def _volumes(self) -> int:
        """The project's volumes with a name."""
        name = self.projects[-1].name if self.projects else ""
        return sum(volume.startswith(f"{name}_") for volume in self.engine.storage.volumes)

    def _left(self) -> list[str]:
        there = self.host.members.there(one_offs=True)
        return sorted(".".join(self.host.members.labels[one.container.name]) for one in there)


def _up_options(step: RecordedFields, services: tuple[str, ...], timeout: float | None) -> UpOptions:
    never = step.flag("no_recreate")
    create = CreateOptions(
        services=services,
        recreate="force" if step.flag("force_recreate") else "never" if never else "diverged",
        dependencies="never"
        if step.flag("no_recreate")
        else "force"
        if step.flag("always_recreate_deps")
        else "diverged",
        inherit=not step.flag("renew_anonymous_volumes"),
        remove_orphans=step.flag("remove_orphans"),
        timeout=timeout,
    )
    return UpOptions(
        create=create,
        scale=_numbers(step),
        detached=step.flag("detached"),
        wait=step.flag("wait"),
        wait_timeout=step.number("wait_timeout", 0, least=0),
        no_deps=step.flag("no_deps"),
        abort_on_exit=step.flag("abort_on_exit"),
        exit_code_from=step.text("exit_code_from", ""),
    )


def _numbers(step: RecordedFields) -> dict[str, int]:
    scale = step.object("scale", default={})
    return {name: scale.whole(name, most=limits.LIFECYCLE_PROCESSES) for name in scale.values}
