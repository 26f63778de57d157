"""Parameters of studies that bring a compose project up on a host, and what they mean together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import MinLen, doc

from sim.catalog import load
from sim.catalog.model import Application, Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.number import Number
from sim.compose.bringup import Behaviour
from sim.compose.hosting import HostedProject
from sim.compose.reading.model import ComposeProject, ComposeService
from sim.compose.reading.project import ProjectRequest, open_project
from sim.errors import InputError, Problem
from sim.inputfile import is_file
from sim.platforms.hosting import HostingOptions
from sim.quantity import Bytes, Seconds
from sim.reasons import Reason
from sim.studies.base import Context, NamesFile
from sim.studies.parameters.guest import GuestId, chosen_guest, guest_problems
from sim.wording import suggestion

_LIKE = "web"
"""The application of the catalog that a service is like where nothing is said of it."""


@dataclass(frozen=True, kw_only=True)
class ComposeHosting:
    """A project, what its services do that its file does not say, and where they run."""

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
    memory: Annotated[
        Mapping[str, Bytes],
        doc("Memory that a service has for itself, by service; if left out, that of the catalog's web."),
    ] = field(default_factory=dict)
    images: Annotated[
        Mapping[str, str], doc("Images of the catalog whose layers those of services have, by service.")
    ] = field(default_factory=dict)
    host: Annotated[str | Host, CatalogName("hosts"), doc("The machine that all of it runs on.")] = "laptop"
    technology: Annotated[
        str | Technology,
        CatalogName("technologies"),
        doc("What starts the containers. One with guests has a machine for each container instead."),
    ] = "docker"
    guest: GuestId = ""
    guest_memory: Annotated[
        Bytes | None,
        doc("Memory configured for each machine; if left out, the guest's default or what the service needs."),
    ] = None
    image: Annotated[
        Literal["present", "pull"], doc("The host has the images, or docker compose pulls them first.")
    ] = "present"

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = guest_problems(self.technology, self.guest, self.guest_memory)
        technology = load.technology(self.technology)
        if self.image == "pull" and technology.guests:
            problems.append(
                Problem(
                    Reason(
                        "disks_there",
                        "{technology} starts machines from disks that are there",
                        technology=technology.id,
                    ),
                    path="image",
                )
            )
        known = load.images()
        for service, image in self.images.items():
            if image not in known:
                problems.append(
                    Problem(
                        f"no image {image!r} in the catalog{suggestion(image, list(known))}", path=f"images.{service}"
                    )
                )
        if problems:
            raise InputError(problems)


def project_of(params: ComposeHosting, folder: str) -> ComposeProject:
    """The project of the file. Raises `InputError` with what is wrong with it, or with what is said of its services."""
    path = (Path(folder) / params.file).absolute()
    request = ProjectRequest(str(path.parent), (str(path),), dict(params.variables), params.profiles)
    project = open_project(request)
    if project.findings.refused is not None:
        raise InputError([found.problem for found in project.findings.wrong])
    said = {*params.ready, *params.jobs, *params.tolerant, *params.memory, *params.images}
    unknown = sorted(said - {*project.services, *project.disabled})
    if unknown:
        raise InputError(Problem(f"no service {unknown[0]!r}; there are {', '.join(project.services)}", params.file))
    if params.image == "pull":
        _check_images(params, project)
    return project


def _check_images(params: ComposeHosting, project: ComposeProject) -> None:
    """An image is pulled layer by layer, so its layers must be known."""
    for name, service in project.services.items():
        if not service.builds and not _image_of(params, service):
            message = f"the layers of {service.image!r} are not known; say in 'images' which it has"
            raise InputError(Problem(message, params.file, path=f"services.{name}.image"))


def behaviours_of(params: ComposeHosting, project: ComposeProject) -> dict[str, Behaviour]:
    """What each service does."""
    return {
        name: Behaviour(params.ready.get(name, 0.0), params.jobs.get(name), name not in params.tolerant)
        for name in project.services
    }


def hosted_project(params: ComposeHosting, project: ComposeProject, context: Context) -> HostedProject:
    """Where the project's containers run. Raises `InputError` where they do not fit."""
    technology = load.technology(params.technology)
    options = HostingOptions(pull=params.image == "pull", bound=context.bound, guest_memory=params.guest_memory)
    hosted = HostedProject(
        host=load.host(params.host),
        technology=technology,
        applications={name: _application(params, service) for name, service in project.services.items()},
        seeds=context.seeds,
        guest=chosen_guest(technology, params.guest),
        options=options,
    )
    hosted.check_room(project)
    return hosted


def _application(params: ComposeHosting, service: ComposeService) -> Application:
    """A process that starts at once and holds its memory: until it works is what the scenario says."""
    like, tiny = load.application(_LIKE), load.application("tiny")
    image = "" if service.builds else _image_of(params, service)
    memory = like.memory
    if service.name in params.memory:
        given = Number(float(params.memory[service.name]), "B", sources=("definition: given by the scenario",))
        memory = tuple(replace(part, amount=given) for part in like.memory if part.share == "instance")[:1]
    return replace(like, id=service.name, phases=tiny.phases, memory=memory, image=image)


def _image_of(params: ComposeHosting, service: ComposeService) -> str:
    """The catalog's image that a service's has the layers of. "" for none."""
    short = service.image.removeprefix("docker.io/").removeprefix("library/")
    name = params.images.get(service.name, short if ":" in short else f"{short}:latest")
    return name if name in load.images() else ""


def missing_file(params: ComposeHosting, folder: str) -> Iterator[Problem]:
    """The compose file, and what is wrong with it."""
    if not is_file(Path(folder) / params.file):
        yield Problem(f"no file {params.file!r} in {folder!r}", path="file")
        return
    try:
        project_of(params, folder)
    except InputError as error:
        yield from (Problem(str(problem).split("\n")[0], path="file") for problem in error.problems)


def estimated(hosted: HostedProject) -> bool:
    """Whether any number behind the starts is an estimate."""
    recipes = hosted.recipes
    plans = [recipes.of(application, hosted.guest).plan for application in hosted.applications.values()]
    return any(number.estimate for plan in plans for step in plan.steps for number in step.inputs)


def sources(hosted: HostedProject) -> str:
    """How a record names what the times of starts are made of, each source once."""
    recipes = hosted.recipes
    plans = [recipes.of(application, hosted.guest).plan for application in hosted.applications.values()]
    told = dict.fromkeys(step.source for plan in plans for step in plan.steps if step.source)
    return "; ".join(("given by the scenario", *told))
