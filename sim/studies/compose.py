"""How long does a compose project take until all of it works, and what would make it faster or break it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le, doc

from sim.compose.bringup import BroughtUp, bring_up
from sim.compose.reading.model import ComposeProject
from sim.compose.saving import Saving, probing_every, savings, without_checks
from sim.never import NEVER
from sim.outcome import MetricSpec
from sim.quantity import Seconds
from sim.records.projects import SavingRecord, ServiceRecord
from sim.studies.base import Context, Study, StudyRun
from sim.studies.parameters.compose import (
    ComposeHosting,
    behaviours_of,
    estimated,
    hosted_project,
    missing_file,
    project_of,
    sources,
)


@dataclass(frozen=True, kw_only=True)
class ComposeStart(ComposeHosting):
    """A project that is brought up on a host, and how its health checks look."""

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
    MetricSpec("held_memory", "B", "all containers, in the end", "Memory of the host that the project holds."),
)


def changed_project(params: ComposeStart, folder: str) -> ComposeProject:
    """The project as the parameters change it. Raises `InputError` with what is wrong with it."""
    project = project_of(params, folder)
    project = without_checks(project) if params.health_checks == "none" else project
    return probing_every(project, params.probe_every) if params.probe_every else project


def run(params: ComposeStart, context: Context) -> StudyRun:
    """Bring it up once, and once more for each change that may save time, with the same luck."""
    project = changed_project(params, context.folder)
    behaviours, hosted = behaviours_of(params, project), hosted_project(params, project, context)
    found: BroughtUp = bring_up(project, behaviours, hosted)
    context.tick(0.5)
    found_savings = savings(project, behaviours, hosted, base=found) if found.all_ready != NEVER else ()
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
            "held_memory": [found.memory],
        },
        records=(*_services(found, context.label, sources(hosted)), *_savings(found_savings, context.label)),
        estimates=frozenset(("ready_time", "up_time", "best_saving", "held_memory") if estimated(hosted) else ()),
        ranged=True,
    )


def _services(found: BroughtUp, label: str, source: str) -> Iterator[ServiceRecord]:
    """What each container lived through, with its service's place on the critical path."""
    places = {name: place for place, name in enumerate(found.path, 1)} if found.all_ready != NEVER else {}
    for one in found.stretches:
        place, code = places.get(one.service, 0), "" if one.code is None else str(one.code)
        yield ServiceRecord(label, one.service, one.number, one.state, one.start, one.end, place, code, source)


def _savings(found: tuple[Saving, ...], label: str) -> Iterator[SavingRecord]:
    """The changes that save something, the best first."""
    for one in found:
        yield SavingRecord(label, one.change, one.service, one.other, one.seconds, one.early)


STUDY = Study("compose", ComposeStart, METRICS, run, missing=missing_file, named_by_technology=False)
