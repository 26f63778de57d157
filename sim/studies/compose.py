"""How long does a compose project take until all of it works, and what would make it faster or break it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen, doc

from sim.compose.bringup import Behaviour, BroughtUp, Saving, bring_up, probing_every, savings, without_checks
from sim.compose.model import ComposeProject
from sim.compose.project import ProjectRequest, open_project
from sim.errors import InputError, Problem
from sim.inputfile import is_file
from sim.lifecycle.supervisor import EngineTimes
from sim.never import NEVER
from sim.outcome import Bound, MetricSpec
from sim.quantity import Seconds
from sim.records import SavingRecord, ServiceRecord
from sim.studies.base import Context, NamesFile, Study, StudyRun

_START: Mapping[Bound, float] = {"low": 0.1, "value": 0.2, "high": 0.3}
"""Seconds of an engine's start: recorded ones took 0.1 to 0.3 (sim/evidence/data/recorded_lifecycles.json)."""

_SOURCE = "given by the scenario; starts and probes as in sim/evidence/data/recorded_lifecycles.json"
"""Of how long the stretches of a service are."""


@dataclass(frozen=True, kw_only=True)
class ComposeStart:
    """A project, and what its services do that its file does not say."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic, never changed)

    file: Annotated[str, MinLen(1), NamesFile(), doc("The compose file, from the scenario's file.")] = "compose.yaml"
    profiles: Annotated[tuple[str, ...], doc("Profiles that are active.")] = ()
    variables: Annotated[Mapping[str, str], doc("What variables of the file mean.")] = field(default_factory=dict)
    ready: Annotated[
        Mapping[str, Seconds], doc("Seconds that a service takes from its start until it works, by service.")
    ] = field(default_factory=dict)
    jobs: Annotated[Mapping[str, Seconds], doc("Seconds that a service runs which ends by itself, by service.")] = (
        field(default_factory=dict)
    )
    tolerant: Annotated[
        tuple[str, ...], doc("Services that do not end with an error where one they depend on is not ready yet.")
    ] = ()
    health_checks: Annotated[
        Literal["as written", "none"], doc("Whether health checks count, and the conditions that name them.")
    ] = "as written"
    probe_every: Annotated[
        Seconds, Ge(0), Le(3600), doc("Seconds between two probes of every health check; 0 for what the file says.")
    ] = 0.0


METRICS = (
    MetricSpec("ready_time", "s", "up to all services ready", "Time until everything works.", headline=True),
    MetricSpec("up_time", "s", "up to its end", "Time that docker compose up -d takes."),
    MetricSpec("up_code", "1", "up to its end", "Exit code of docker compose up."),
    MetricSpec("early_starts", "1", "all services", "Starts of services before one they depend on was ready."),
    MetricSpec("crashes", "1", "up to all services ready", "Ends of containers with an error."),
    MetricSpec("never_ready", "1", "all services", "Services that are never ready."),
    MetricSpec("path_length", "1", "all services", "Services that wait for each other on the way to the last one."),
    MetricSpec("best_saving", "s", "up to all services ready", "What the best single change saves."),
)


def project_of(params: ComposeStart, folder: str) -> ComposeProject:
    """The project as the parameters change it. Raises `InputError` with what is wrong with it."""
    path = (Path(folder) / params.file).absolute()
    request = ProjectRequest(str(path.parent), (str(path),), dict(params.variables), params.profiles)
    project = open_project(request)
    if project.findings.refused is not None:
        raise InputError([found.problem for found in project.findings.wrong])
    unknown = sorted({*params.ready, *params.jobs, *params.tolerant} - {*project.services, *project.disabled})
    if unknown:
        raise InputError(Problem(f"no service {unknown[0]!r}; there are {', '.join(project.services)}", params.file))
    project = without_checks(project) if params.health_checks == "none" else project
    return probing_every(project, params.probe_every) if params.probe_every else project


def behaviours_of(params: ComposeStart, project: ComposeProject) -> dict[str, Behaviour]:
    """What each service does."""
    return {
        name: Behaviour(params.ready.get(name, 0.0), params.jobs.get(name), name not in params.tolerant)
        for name in project.services
    }


def run(params: ComposeStart, context: Context) -> StudyRun:
    """Bring it up; one run is all there is, as nothing is random."""
    project = project_of(params, context.folder)
    behaviours, times = behaviours_of(params, project), EngineTimes(start=_START[context.bound])
    found: BroughtUp = bring_up(project, behaviours, times)
    context.tick(0.5)
    found_savings = savings(project, behaviours, times) if found.all_ready != NEVER else ()
    return StudyRun(
        samples={
            "ready_time": [found.all_ready],
            "up_time": [found.up],
            "up_code": [found.code],
            "early_starts": [len(found.early)],
            "crashes": [found.crashes],
            "never_ready": [sum(at == NEVER for at in found.ready.values())],
            "path_length": [len(found.path)],
            "best_saving": [found_savings[0].seconds if found_savings else 0.0],
        },
        records=(*_services(found, context.label), *_savings(found_savings, context.label)),
        ranged=True,
    )


def _services(found: BroughtUp, label: str) -> Iterator[ServiceRecord]:
    """What each container lived through, with its service's place on the critical path."""
    places = {name: place for place, name in enumerate(found.path, 1)} if found.all_ready != NEVER else {}
    for one in found.stretches:
        place, code = places.get(one.service, 0), "" if one.code is None else str(one.code)
        yield ServiceRecord(label, one.service, one.number, one.state, one.start, one.end, place, code, _SOURCE)


def _savings(found: tuple[Saving, ...], label: str) -> Iterator[SavingRecord]:
    """The changes that save something, the best first."""
    for one in found:
        yield SavingRecord(label, one.change, one.service, one.other, one.seconds, one.early)


def _missing(params: ComposeStart, folder: str) -> Iterator[Problem]:
    """The compose file, and what is wrong with it."""
    if not is_file(Path(folder) / params.file):
        yield Problem(f"no file {params.file!r} in {folder!r}", path="file")
        return
    try:
        project_of(params, folder)
    except InputError as error:
        yield from (Problem(str(problem).split("\n")[0], path="file") for problem in error.problems)


STUDY = Study("compose", ComposeStart, METRICS, run, random=False, missing=_missing, named_by_technology=False)
