"""How often is a container started, how long is it up, how does it end, and what does it leave?

The container is run, lives through a window of time, is stopped at its end, and may be removed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim.errors import InputError, Problem
from sim.lifecycle.container import Container, ContainerOptions
from sim.lifecycle.dialect import DOCKER, KUBERNETES, PODMAN, Dialect
from sim.lifecycle.engine import Engine
from sim.lifecycle.process import ChildProcesses, ProcessSpec, job, server
from sim.lifecycle.storage import ContainerMount
from sim.lifecycle.supervisor import EngineTimes
from sim.outcome import Bound, MetricSpec
from sim.quantity import Seconds
from sim.reasons import Reason
from sim.records.containers import LifeRecord
from sim.studies.base import Context, Study, StudyRun, Subject

START_SECONDS: dict[Bound, float] = {"low": 0.1, "value": 0.2, "high": 0.3}
"""What a start takes: so the starts of recorded_lifecycles.json did."""

KUBERNETES_GRACE = 30.0
"""Seconds that a pod has between TERM and KILL (terminationGracePeriodSeconds, Kubernetes 1.31)."""

START_ERROR = 128
"""The exit code of a container that containerd could not start for a kubelet, which tries again (Kubernetes 1.31)."""

_DIALECTS: dict[str, Dialect] = {"docker": DOCKER, "podman": PODMAN, "kubernetes": KUBERNETES}

_MOUNTS: dict[str, tuple[ContainerMount, ...]] = {
    "none": (),
    "anonymous": (ContainerMount("image VOLUME", "/data"),),
    "named": (ContainerMount("named", "/data", "data"),),
}

NAME = "container"


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """What the container does, who keeps it alive, and how it is stopped."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    command: Annotated[
        Literal["foreground", "no_handler", "daemonizes", "hello_world", "dies", "not_found"],
        Subject(),
        doc(
            "What the main process does: a server in the foreground that handles TERM, or that has no handler for it; "
            "a server that puts itself into the background and ends; a greeting that ends; a server that ends after "
            "its life time; a command that is not there."
        ),
    ] = "foreground"
    life: Annotated[Seconds, Ge(0), Le(7_200), doc("How long a server that dies lives.")] = 10.0
    exit_code: Annotated[int, Ge(0), Le(255), doc("What a server that dies exits with.")] = 1
    engine: Annotated[
        Literal["docker", "podman", "kubernetes"],
        doc("Who starts it again: Docker's engine, Podman, or a kubelet by its pod's restart policy."),
    ] = "docker"
    restart: Annotated[
        Literal["no", "on-failure", "always", "unless-stopped"],
        doc("The restart policy; Kubernetes calls the first three Never, OnFailure and Always."),
    ] = "no"
    retries: Annotated[
        int,
        Ge(0),
        Le(1_000),
        doc("How many restarts on-failure allows; 0 is any number. Kubernetes has no such limit."),
    ] = 0
    init: Annotated[bool, doc("The engine's init is process 1 and passes signals on (--init).")] = False
    stop_signal: Annotated[
        Literal["TERM", "INT", "QUIT", "HUP", "KILL"], doc("The signal that asks it to stop. The server handles TERM.")
    ] = "TERM"
    stop_timeout: Annotated[
        Seconds | None,
        Ge(0),
        Le(3_600),
        doc("From that signal to KILL; if left out, 10 s, and 30 s with Kubernetes."),
    ] = None
    volume: Annotated[
        Literal["none", "anonymous", "named"],
        doc("Where its data is: in its own layer, in a volume that the image declares, or in one with a name."),
    ] = "none"
    removal: Annotated[
        Literal["kept", "rm", "rm_volumes", "auto_remove"],
        doc("What becomes of it after the stop: it stays, rm, rm -v, or it was run with --rm."),
    ] = "kept"
    window: Annotated[Seconds, Gt(0), Le(7_200), doc("How long it is watched until it is stopped.")] = 600.0

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)


def _problems(params: Lifecycle) -> Iterator[Problem]:
    if params.retries and params.restart != "on-failure":
        why = Reason(
            "retries",
            "{retries} retries go with on-failure, not with {restart}",
            retries=params.retries,
            restart=params.restart,
        )
        yield Problem(why, path="retries")
    if params.removal == "auto_remove" and params.restart != "no":
        why = Reason("rm_restart", "--rm does not go with the restart policy {restart}", restart=params.restart)
        yield Problem(why, path="removal")
    if params.engine != "kubernetes":
        return
    if params.volume != "none" or params.removal != "kept":
        yield Problem(
            Reason("pod_removal", "what a deleted pod leaves is not modelled; it goes with docker and podman"),
            path="removal",
        )
    if params.restart == "unless-stopped":
        yield Problem(
            Reason("pod_restart", "Kubernetes has no unless-stopped; there are no, on-failure and always"),
            path="restart",
        )
    if params.retries:
        yield Problem(Reason("pod_retries", "Kubernetes has no number of retries for a container"), path="retries")
    if params.init:
        yield Problem(Reason("pod_init", "Kubernetes has no init to put in front"), path="init")


def process_of(params: Lifecycle) -> ProcessSpec:
    """The main process that the parameters name."""
    if params.command == "daemonizes":
        return ProcessSpec(runs=0.0, children=(ChildProcesses(orphan=True),))
    if params.command == "not_found":
        return job(0, START_ERROR) if params.engine == "kubernetes" else ProcessSpec(start_error="not found")
    return {
        "foreground": server(),
        "no_handler": server(stops=False),
        "hello_world": job(),
        "dies": replace(server(), runs=params.life, exit=params.exit_code),
    }[params.command]


def lived(params: Lifecycle, bound: Bound) -> tuple[Engine, float]:
    """The engine after the container's window, its stop and its removal, and the seconds that stopping it took."""
    engine = Engine(times=EngineTimes(start=START_SECONDS[bound]), dialect=_DIALECTS[params.engine])
    retries = f":{params.retries}" if params.retries else ""
    options = ContainerOptions(
        name=NAME,
        restart=params.restart + retries,
        init=params.init,
        stop_signal="" if params.stop_signal == "TERM" else params.stop_signal,
        stop_timeout=KUBERNETES_GRACE if params.engine == "kubernetes" else None,
        auto_remove=params.removal == "auto_remove",
        mounts=_MOUNTS[params.volume],
    )
    engine.perform(engine.run(options, process_of(params)))
    engine.env.run(params.window)
    stopped = engine.finish(engine.stop(NAME, timeout=params.stop_timeout))
    if params.removal in ("rm", "rm_volumes"):
        engine.finish(engine.rm(NAME, volumes=params.removal == "rm_volumes"))
    return engine, stopped.seconds


def run(params: Lifecycle, context: Context) -> StudyRun:
    """Let one container live; one run is all there is, as nothing is random."""
    engine, seconds = lived(params, context.bound)
    container = engine.made[NAME]
    window = params.window
    up = math.fsum(min(end, window) - start for start, end, _ in _runs(container, window) if start < window)
    return StudyRun(
        samples={
            "starts": [sum(start <= window for start in container.starts)],
            "up_share": [up / window],
            "longest_wait": [max(container.back_offs, default=0.0)],
            "exit_code": [container.exit_code],
            "stop_time": [seconds],
            "containers_left": [len(engine.containers)],
            "volumes_left": [len(engine.storage.volumes)],
        },
        records=tuple(_records(container, context, window, seconds)),
        ranged=True,
    )


def _runs(container: Container, window: float) -> Iterator[tuple[float, float, str]]:
    """Start, end and exit code of each run; of one that never ended, the end of the window."""
    for number, start in enumerate(container.starts):
        ended = container.exits[number] if number < len(container.exits) else None
        yield start, ended.at if ended else window, str(ended.code) if ended else ""


def _records(container: Container, context: Context, window: float, stopping: float) -> Iterator[LifeRecord]:
    """Starting, running and waiting, run by run, and the stop."""
    begun = START_SECONDS[context.bound]
    for number, (start, end, code) in enumerate(_runs(container, window)):
        yield LifeRecord(context.label, "starting", start - begun, start, number)
        yield LifeRecord(context.label, "running", start, end, number, code)
        if number < len(container.back_offs):
            wait = end + container.back_offs[number]
            yield LifeRecord(context.label, "waiting", end, min(wait, window), number)
    yield LifeRecord(context.label, "stopping", window, window + stopping, max(len(container.starts) - 1, 0))


STUDY = Study(
    name="lifecycle",
    parameters=Lifecycle,
    metrics=(
        MetricSpec("starts", "1", "the window", "How often the container is started", headline=True),
        MetricSpec("up_share", "1", "the window", "Share of the time in which its main process runs"),
        MetricSpec("longest_wait", "s", "exit to the next start's beginning", "The longest back-off"),
        MetricSpec("exit_code", "1", "after the stop", "The exit code that is told in the end"),
        MetricSpec("stop_time", "s", "stop to end", "Time until the container is stopped"),
        MetricSpec("containers_left", "1", "after the removal", "Containers that are left, with their own layer"),
        MetricSpec("volumes_left", "1", "after the removal", "Volumes that are left"),
    ),
    run=run,
    random=False,
    named_by_technology=False,
)
