"""A compose project opened: its files read, merged and checked, as docker compose does before it does anything.

Source: loader/loader.go and cli/options.go of compose-go v2.4.8, cmd/compose/compose.go of docker/compose v2.26.1.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sim.compose.reading.casting import interpolated
from sim.compose.reading.checks import ConsistencyCheck, check_resources
from sim.compose.reading.environment import read_variables
from sim.compose.reading.files import DiskFiles, ProjectFiles, joined
from sim.compose.reading.findings import FILE_MISSING, ComposeFinding, Findings
from sim.compose.reading.ignored import ignored
from sim.compose.reading.interpolation import Variables
from sim.compose.reading.loading import FileDocument, ModelReader, ReadingScope
from sim.compose.reading.model import ComposeProject, ComposeService
from sim.compose.reading.services import ServiceReader, check_sizes
from sim.errors import Problem
from sim.yamlnodes import YamlNode, plain

FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES = tuple(name.replace(".y", ".override.y") for name in FILE_NAMES)
"""What docker compose looks for in a folder, and lays over it."""

_NAME = re.compile(r"[a-z0-9_-]")


@dataclass(frozen=True)
class ProjectRequest:
    """Which project, and how.

    Attributes:
        paths: Its files, absolute, each over those before it; empty for those of `folder`.
        profiles: Those that are active. services: those that a command names, with all that they depend on; empty for
            all.
    """

    folder: str
    paths: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    files: ProjectFiles = field(default_factory=DiskFiles)


def open_project(request: ProjectRequest) -> ComposeProject:
    """The project, with everything that is wrong in its `findings`.

    Raises `InputError` where it asks for more than `sim.limits` allows.
    """
    reader = ModelReader(request.files)
    paths = request.paths or default_files(request.folder, request.files)
    if not paths:
        problem = Problem(f"no compose file; expected one of {', '.join(FILE_NAMES)}", request.folder)
        reader.findings.wrong.append(ComposeFinding(problem, "no compose file", FILE_MISSING))
        return ComposeProject("", request.folder, {}, findings=reader.findings)
    environment = _environment(request, reader)
    documents = reader.documents(paths)
    name = _project_name(documents, request.folder, environment)
    environment["COMPOSE_PROJECT_NAME"] = name
    model = reader.merged(documents, ReadingScope(request.folder, environment))
    if model is None or not model.value:
        if not reader.findings.wrong:
            problem = Problem("empty; expected keys and values, as in 'services:'", paths[0])
            reader.findings.wrong.append(ComposeFinding(problem, "empty file"))
        return ComposeProject(name, request.folder, {}, findings=reader.findings, files=tuple(reader.read))
    return _Builder(model, request, reader, environment).project(name)


def default_files(folder: str, files: ProjectFiles) -> tuple[str, ...]:
    """The files that docker compose takes in a folder where none is named."""
    found = []
    for names in (FILE_NAMES, OVERRIDE_NAMES):
        found += [path for name in names if files.exists(path := joined(folder, name))][:1]
        if not found:
            return ()
    return tuple(found)


def _environment(request: ProjectRequest, reader: ModelReader) -> dict[str, str]:
    path = joined(request.folder, ".env")
    given = dict(request.environment)
    return read_variables(reader, path, given) | given if request.files.exists(path) else given


def _project_name(documents: Sequence[FileDocument], folder: str, environment: Mapping[str, str]) -> str:
    """What the project is called: as the environment says, as the last file that says it, or like the folder.

    It is known before the files are read. So they may use it, as COMPOSE_PROJECT_NAME.
    """
    if environment.get("COMPOSE_PROJECT_NAME"):
        return environment["COMPOSE_PROJECT_NAME"]
    for _, document in reversed(documents):
        written = document.value.get("name")
        if written is not None and isinstance(written.value, str) and written.value:
            told = interpolated(document.of({"name": written}), Variables(environment), Findings()).value["name"].value
            return _normal(told) or _of_folder(folder)
    return _of_folder(folder)


def _of_folder(folder: str) -> str:
    return _normal(posixpath.basename(folder.replace("\\", "/").rstrip("/")))


def _normal(text: str) -> str:
    return "".join(_NAME.findall(text.lower())).lstrip("_-")


class _Builder:
    """Makes the project of its model."""

    def __init__(
        self, model: YamlNode, request: ProjectRequest, reader: ModelReader, environment: Mapping[str, str]
    ) -> None:
        self.model, self.request, self.reader, self.environment = model, request, reader, environment
        self.findings: Findings = reader.findings

    def project(self, name: str) -> ComposeProject:
        """The checked project."""
        check_resources(self.model, self.findings)
        services = {}
        for each, node in self._entries("services").items():
            if isinstance(node.value, dict):
                read = ServiceReader(each, node, self.environment, self.findings).service()
                services[each] = replace(read, extends=self.reader.extended.get(each))
                check_sizes(each, node, self.findings)
        profiles = self.request.profiles or tuple(filter(None, self.environment.get("COMPOSE_PROFILES", "").split(",")))
        active = {each: service for each, service in services.items() if _active(service, profiles)}
        unknown = {found.problem.path for found in self.findings.wrong if found.kind == "unknown key"}
        project = ComposeProject(
            name=name,
            folder=self.request.folder,
            services=active,
            disabled={each: service for each, service in services.items() if each not in active},
            volumes=self._named("volumes", name),
            networks={"default": f"{name}_default"} | self._named("networks", name),
            secrets=self._file_of("secrets"),
            configs=self._file_of("configs"),
            external=frozenset(self._external()),
            unset=frozenset(self._unset()),
            files=tuple(self.reader.read),
            ignored=tuple(path for path in ignored(plain(self.model)) if path not in unknown),
            findings=self.findings,
        )
        ConsistencyCheck(self.model, project).all()
        known = {each: self._with_files(service) for each, service in active.items()}
        return replace(project, services=known)

    def _entries(self, kind: str) -> dict[str, YamlNode]:
        found = self.model.value.get(kind)
        return found.value if found is not None and isinstance(found.value, dict) else {}

    def _named(self, kind: str, project: str) -> dict[str, str]:
        """What the engine calls each volume or network."""
        names = {}
        for key, node in self._entries(kind).items():
            given = node.value if isinstance(node.value, dict) else {}
            external = "external" in given and given["external"].value is True
            named = given["name"].value if "name" in given and isinstance(given["name"].value, str) else ""
            names[key] = named or (key if external else f"{project}_{key}")
        return names

    def _file_of(self, kind: str) -> dict[str, str]:
        return {
            key: str(node.value["file"].value) if isinstance(node.value, dict) and "file" in node.value else ""
            for key, node in self._entries(kind).items()
        }

    def _external(self) -> list[str]:
        return [
            f"{kind}.{key}"
            for kind in ("volumes", "networks", "secrets", "configs")
            for key, node in self._entries(kind).items()
            if isinstance(node.value, dict) and "external" in node.value and node.value["external"].value is True
        ]

    def _unset(self) -> list[str]:
        """Secrets and configs from variables that have no value."""
        return [
            f"{kind}.{key}"
            for kind in ("secrets", "configs")
            for key, node in self._entries(kind).items()
            if isinstance(node.value, dict) and "environment" in node.value
            if str(node.value["environment"].value) not in self.environment
        ]

    def _with_files(self, service: ComposeService) -> ComposeService:
        """The service with what its files of variables say, under what it says itself."""
        node = self._entries("services")[service.name].value.get("env_file")
        found: dict[str, str | None] = {}
        for number, item in enumerate(node.value if node is not None and isinstance(node.value, list) else ()):
            given = item.value if isinstance(item.value, dict) else {}
            path = given["path"].value if "path" in given and isinstance(given["path"].value, str) else ""
            required = not ("required" in given and given["required"].value is False)
            if not path or (not required and not self.request.files.exists(path)):
                continue
            before = dict(self.environment) | {key: value for key, value in found.items() if value is not None}
            kind = given["format"].value if "format" in given else ""
            place = ("services", service.name, "env_file", number)
            found |= read_variables(self.reader, path, before, item, place, str(kind))
        return replace(service, environment=found | dict(service.environment))


def _active(service: ComposeService, profiles: Sequence[str]) -> bool:
    return not service.profiles or "*" in profiles or not set(service.profiles).isdisjoint(profiles)
