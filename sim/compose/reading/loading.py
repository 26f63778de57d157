"""The files of a compose project, read and merged to one model, in the order of compose-go v2.4.8.

Each document of each file: variables, `extends`, `!reset`, `include`, then over what the files before it say, checked,
and with short forms written out. In the end paths are made absolute. Source: loader/loader.go, extends.go, include.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sim import limits
from sim.compose.reading.canonical import canonical
from sim.compose.reading.casting import interpolated
from sim.compose.reading.document import read_documents
from sim.compose.reading.environment import read_variables
from sim.compose.reading.files import ProjectFiles, joined
from sim.compose.reading.findings import FILE_MISSING, MODEL_WRONG, ComposeFinding, Findings, TooMuchError
from sim.compose.reading.interpolation import Variables
from sim.compose.reading.merging import marked, merge, unique, without
from sim.compose.reading.relative import absolute
from sim.compose.reading.schema import check_schema
from sim.errors import InputError, Problem
from sim.yamlnodes import KeyPath, YamlNode, count, plain

_REMOTE = ("https://", "http://", "git://", "ssh://", "git@", "oci://", "github.com/")
_RESOURCES = ("services", "volumes", "networks", "secrets", "configs")


FileDocument = tuple[str, YamlNode]
"""A file's path, and a document of it that is a mapping."""

Chain = tuple[tuple[str, str], ...]
"""Files and services of them, each of which extends the next."""


@dataclass(frozen=True)
class ReadingScope:
    """How a file is read. folder: what relative paths are below. whole: whether it is more than a base to extend."""

    folder: str
    environment: Mapping[str, str]
    whole: bool = True
    including: tuple[str, ...] = ()


@dataclass
class ModelReader:
    """Reads models of one project, within its limits. extended: what each service extends, as it is written."""

    files: ProjectFiles
    findings: Findings = field(default_factory=Findings)
    read_files: int = 0
    characters: int = 0
    values: int = 0
    read: list[str] = field(default_factory=list)
    extended: dict[str, Any] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """A file of the project. Raises `InputError`, also for one too many."""
        self.read_files += 1
        if self.read_files > limits.COMPOSE_FILES:
            message = f"the project reads more than {limits.COMPOSE_FILES} files"
            raise TooMuchError(Problem(message, path))
        text = self.files.read(path)
        self.characters += len(text)
        if self.characters > limits.COMPOSE_TEXT:
            raise TooMuchError(Problem(f"the project's files come to more than {limits.COMPOSE_TEXT} characters", path))
        return text

    def spend(self, node: YamlNode) -> None:
        """Count what was made. Raises `InputError` past the limit."""
        self.values += count(node)
        if self.values > limits.COMPOSE_VALUES:
            raise TooMuchError(node.problem(f"the project comes to more than {limits.COMPOSE_VALUES} values"))

    def documents(self, paths: Sequence[str]) -> list[FileDocument]:
        """What one file says, or several, document by document."""
        return [(path, document) for path in paths for document in self._documents(path)]

    def model(self, paths: Sequence[str], scope: ReadingScope) -> YamlNode | None:
        """The model of one file, or of several over another; None where there is not even a mapping."""
        return self.merged(self.documents(paths), scope)

    def merged(self, documents: Sequence[FileDocument], scope: ReadingScope) -> YamlNode | None:
        """The model of documents, each over those before it; None where there are none."""
        found: YamlNode | None = None
        for path, document in documents:
            found = self._over(found, document, path, replace(scope, including=(*scope.including, path)))
        if found is None:
            return None
        found = absolute(found, scope.folder, scope.environment)
        return _passed_through(found, scope.environment) if scope.whole else found

    def _documents(self, path: str) -> list[YamlNode]:
        try:
            documents, problems = read_documents(self.text(path), path)
        except TooMuchError:
            raise
        except InputError as error:
            missing = not self.files.exists(path)
            code, kind = (FILE_MISSING, "file missing") if missing else (MODEL_WRONG, _yaml_kind(error.problems))
            self.findings.wrong += [ComposeFinding(problem, kind, code) for problem in error.problems]
            return []
        self.read.append(path)
        self.findings.wrong += [ComposeFinding(problem, _yaml_kind([problem])) for problem in problems]
        for document in documents:
            self.spend(document)
            if not isinstance(document.value, dict):
                self.findings.add(document, "expected keys and values, as in 'services:'", (), "wrong type")
        return [document for document in documents if isinstance(document.value, dict)]

    def _over(self, before: YamlNode | None, document: YamlNode, path: str, scope: ReadingScope) -> YamlNode:
        bare, taken = marked(document)
        variables = Variables(scope.environment)
        assert bare is not None
        model = interpolated(bare, variables, self.findings)
        if scope.whole:
            model = Extender(self, model, path, scope, taken).applied()
            model = Includer(self, scope).applied(model)
        base = without(before, set(taken)) if before is not None else model.of({})
        merged = unique(merge(base, model, (), self.findings))
        if scope.whole:
            check_schema(merged, self.findings)
        return unique(canonical(merged, self.findings))


def _yaml_kind(problems: Sequence[Problem]) -> str:
    return "duplicate key" if any("is there already" in problem.message for problem in problems) else "bad yaml"


def _passed_through(model: YamlNode, environment: Mapping[str, str]) -> YamlNode:
    """Variables that a list names without a value get the one they have where this file is read."""
    services = model.value.get("services")
    if services is None or not isinstance(services.value, dict):
        return model
    changed = dict(services.value)
    for name, service in services.value.items():
        listed = service.value.get("environment") if isinstance(service.value, dict) else None
        if listed is None or not isinstance(listed.value, list):
            continue
        items = [
            item.of(f"{item.value}={environment[item.value]}")
            if isinstance(item.value, str) and item.value in environment
            else item
            for item in listed.value
        ]
        changed[name] = service.of(service.value | {"environment": listed.of(items)})
    return model.of(model.value | {"services": services.of(changed)})


class Extender:
    """Applies `extends` in one document."""

    def __init__(
        self, reader: ModelReader, model: YamlNode, path: str, scope: ReadingScope, taken: list[KeyPath]
    ) -> None:
        self.reader, self.model, self.path, self.scope = reader, model, path, scope
        self.taken = set(taken)
        self._bases: dict[str, dict[str, YamlNode]] = {}

    def applied(self) -> YamlNode:
        """The document with each service whole."""
        services = self.model.value.get("services")
        if services is None or not isinstance(services.value, dict):
            return self.model
        known = dict(services.value)
        for name in services.value:
            self._service(name, known, self.path, ())
        return self.model.of(self.model.value | {"services": services.of(known)})

    def _service(self, name: str, known: dict[str, YamlNode], path: str, chain: Chain) -> YamlNode:
        """One service of `known`, there replaced by what it comes to."""
        service = known[name]
        extends = service.value.get("extends") if isinstance(service.value, dict) else None
        if extends is None:
            return service
        place = ("services", name, "extends")
        if (path, name) in chain or len(chain) > limits.COMPOSE_CHAIN:
            self._circle(extends, place, [*chain, (path, name)])
            return service
        if not chain:
            self.reader.extended[name] = plain(extends)
        bare = service.of({key: item for key, item in service.value.items() if key != "extends"})
        base = self._base(extends, place, known, path, (*chain, (path, name)))
        if base is None or not isinstance(base.value, dict):
            known[name] = bare
            return bare
        kept = without(base.of({"services": base.of({name: base})}), self.taken)
        base = kept.value["services"].value.get(name, base.of({}))
        known[name] = merge(base, bare, ("services", name), self.reader.findings)
        self.reader.spend(known[name])
        return known[name]

    def _circle(self, node: YamlNode, place: KeyPath, chain: list[tuple[str, str]]) -> None:
        if len(chain) > limits.COMPOSE_CHAIN:
            raise TooMuchError(node.problem(f"a chain of more than {limits.COMPOSE_CHAIN} services to extend", place))
        told = " extends ".join(name for _, name in chain)
        self.reader.findings.add(node, f"circular reference: {told}", place, "extends cycle")

    def _base(
        self,
        extends: YamlNode,
        place: KeyPath,
        known: dict[str, YamlNode],
        path: str,
        chain: Chain,
    ) -> YamlNode | None:
        given = extends.value if isinstance(extends.value, dict) else {"service": extends}
        named, file = given.get("service"), given.get("file")
        if named is None or not isinstance(named.value, str):
            self.reader.findings.add(extends, "extends what? expected the name of a service", place, "wrong type")
            return None
        if file is not None and isinstance(file.value, str):
            found = self._services_of(file, place)
            if found is None:
                return None
            known, path = found, joined(self.scope.folder, file.value)
        if named.value not in known:
            message = f"cannot extend service {named.value!r}: {path} has none of that name"
            self.reader.findings.add(extends, message, place, "undefined service")
            return None
        return self._service(named.value, known, path, chain)

    def _services_of(self, file: YamlNode, place: KeyPath) -> dict[str, YamlNode] | None:
        path = joined(self.scope.folder, file.value)
        if path not in self._bases:
            if file.value.startswith(_REMOTE) or not self.reader.files.exists(path):
                problem = file.problem(f"cannot read {file.value!r}", place)
                self.reader.findings.wrong.append(ComposeFinding(problem, "file missing", FILE_MISSING))
                return None
            folder = path.rpartition("/")[0] or "/"
            model = self.reader.model([path], replace(self.scope, folder=folder, whole=False))
            services = model.value.get("services") if model is not None else None
            self._bases[path] = dict(services.value) if services is not None and _is_mapping(services) else {}
        return self._bases[path]


def _is_mapping(node: YamlNode) -> bool:
    return isinstance(node.value, dict)


@dataclass
class Includer:
    """Applies `include` in one document."""

    reader: ModelReader
    scope: ReadingScope

    def applied(self, model: YamlNode) -> YamlNode:
        """The document with what it includes."""
        included = model.value.get("include")
        if included is None:
            return model
        model = model.of({key: item for key, item in model.value.items() if key != "include"})
        if not isinstance(included.value, list):
            self.reader.findings.add(included, "expected a list of files to include", ("include",), "wrong type")
            return model
        for number, entry in enumerate(included.value):
            found = self._included(entry, ("include", number))
            if found is not None:
                model = self._imported(found, model)
        return model

    def _included(self, entry: YamlNode, place: KeyPath) -> YamlNode | None:
        given = entry.value if isinstance(entry.value, dict) else {"path": entry}
        paths = [joined(self.scope.folder, path) for path in _texts(given.get("path"))]
        if not paths or any(path.startswith(_REMOTE) for path in _texts(given.get("path"))):
            self.reader.findings.add(entry, "expected the path of a file on this machine", place, "remote file")
            return None
        if paths[0] in self.scope.including:
            told = " include ".join([*self.scope.including, paths[0]])
            self.reader.findings.add(entry, f"include cycle: {told}", place, "include cycle")
            return None
        missing = [path for path in paths if not self.reader.files.exists(path)]
        if missing:
            problem = entry.problem(f"{missing[0]} is not there", place)
            self.reader.findings.wrong.append(ComposeFinding(problem, "file missing", FILE_MISSING))
            return None
        folders = _texts(given.get("project_directory"))
        folder = joined(self.scope.folder, folders[0]) if folders else paths[0].rpartition("/")[0] or "/"
        environment = self._environment(entry, given, folder, place)
        return self.reader.model(paths, replace(self.scope, folder=folder, environment=environment))

    def _environment(
        self, entry: YamlNode, given: Mapping[str, YamlNode], folder: str, place: KeyPath
    ) -> dict[str, str]:
        """What variables mean there: what they mean here, and else what its own files of variables say."""
        named = [joined(self.scope.folder, path) for path in _texts(given.get("env_file"))]
        if not named and self.reader.files.exists(joined(folder, ".env")):
            named = [joined(folder, ".env")]
        environment = dict(self.scope.environment)
        for path in named:
            found = read_variables(self.reader, path, environment, entry, place)
            environment = found | environment
        return environment

    def _imported(self, source: YamlNode, target: YamlNode) -> YamlNode:
        """The target with what the other defines; both may define the same, but not differently."""
        merged = dict(target.value)
        for kind in _RESOURCES:
            given = source.value.get(kind)
            if given is None or not _is_mapping(given):
                continue
            known = merged.get(kind)
            here = dict(known.value) if known is not None and _is_mapping(known) else {}
            for name, item in given.value.items():
                if name in here and not _same(here[name], item):
                    message = f"{kind}.{name} conflicts with what is included"
                    self.reader.findings.add(here[name], message, (kind, name), "include conflict", at_key=True)
                here.setdefault(name, item)
            merged[kind] = (known or given).of(here)
        return target.of(merged)


def _same(one: YamlNode, other: YamlNode) -> bool:
    return bool(plain(one) == plain(other))


def _texts(node: YamlNode | None) -> list[str]:
    """A text, or a list of them."""
    if node is None:
        return []
    items = node.value if isinstance(node.value, list) else [node]
    return [item.value for item in items if isinstance(item.value, str)]
