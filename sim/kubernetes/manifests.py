"""Manifests: the objects of a file, the fields of each that the model leaves out, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.kubernetes.apifields import VERSION, unknown_fields
from sim.kubernetes.documents import read_documents
from sim.kubernetes.fields import KINDS, fields_of, read_as
from sim.kubernetes.forms import NAME, FormFindings, examine, near, shown, slip
from sim.kubernetes.resources import resource_problems
from sim.kubernetes.selecting import controller_of, pod_labels, pods_asked
from sim.kubernetes.selectors import label_selector
from sim.yamlnodes import KeyPath, YamlNode, dotted, plain

_ALWAYS_READ = ("apiVersion", "kind")
_SELECTING = {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"}
"""Kinds whose selector must take the pods of their template. Source: Kubernetes 1.32, pkg/apis/apps/validation."""


@dataclass(frozen=True)
class ManifestObject:
    """One object of a file.

    Attributes:
        value: The object, as JSON has it.
        document, line: Where it stands, from 1.
        selector_line: Where its selector stands. `line` where it has none.
        modelled: Whether the model knows its kind. Of an unknown kind nothing but its name is read.
        ignored: Dotted paths of what is left out. A path stands for all that is below it.
        meant: Of some of these, the name that may be meant. "kind" where the kind is unknown and near one.
    """

    value: Mapping[str, Any]
    document: int
    line: int
    selector_line: int
    modelled: bool
    ignored: tuple[str, ...]
    meant: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its kind; "" where it says none."""
        return _text(self.value.get("kind"))

    @property
    def name(self) -> str:
        """Its name, or how its name will begin."""
        return name_of(self.value)

    def plain(self) -> dict[str, Any]:
        """What `inspect --format json` prints of it."""
        metadata, told = self.value.get("metadata"), self.value.get("spec")
        spec = told if isinstance(told, dict) else {}
        namespace = _text(metadata.get("namespace")) if isinstance(metadata, dict) else ""
        selector = spec.get("selector")
        serves = self.kind == "Service" and self.modelled and isinstance(selector, dict)
        serves = serves and spec.get("type") != "ExternalName"  # one of that type takes no pods
        labels, owner = pod_labels(self.value), controller_of(self.value)
        return {
            "kind": self.kind,
            "name": self.name,
            **({"namespace": namespace} if namespace else {}),
            "document": self.document,
            "line": self.line,
            "modelled": self.modelled,
            **({"controller": owner} if owner else {}),
            **({"pods": pods_asked(self.value)} if self.modelled and labels is not None else {}),
            **({"pod_labels": dict(labels)} if labels is not None else {}),
            **({"selector": selector, "selector_line": self.selector_line} if serves else {}),
            "ignored": list(self.ignored),
            **({"meant": dict(self.meant)} if self.meant else {}),
        }


@dataclass(frozen=True)
class Manifest:
    """The objects of a file in order, lists taken apart, and every problem."""

    objects: tuple[ManifestObject, ...]
    problems: tuple[Problem, ...]

    def plain(self) -> dict[str, Any]:
        """What `inspect --format json` prints of it, but "warnings": they are made among all files that are given."""
        return {
            "kind": "kubernetes",
            "objects": [one.plain() for one in self.objects],
            "problems": [{"line": one.line, "path": one.path, "message": one.message} for one in self.problems],
        }


def read_manifest(text: str, name: str) -> Manifest:
    """The manifest in a text.

    Raises `InputError` where it cannot be read at all: it is too large, or no YAML.
    """
    if len(text) > limits.KUBERNETES_MANIFEST:
        raise InputError(Problem(f"{len(text)} characters; the most is {limits.KUBERNETES_MANIFEST}", name))
    documents, problems = read_documents(text, name)
    objects = []
    for number, document in enumerate(documents, 1):
        for node, path in _objects(document, ()):
            if not isinstance(node.value, dict):
                message = f"{shown(plain(node))} is no object; expected apiVersion, kind and metadata"
                problems.append(node.problem(f"{message} (document {number})", path))
                continue
            one, findings = _checked(node, number)
            objects.append(one)
            about = f"{one.kind or 'object'} {one.name}".strip()
            problems += [
                _at(node, inner).problem(f"{reason} ({about}, document {number})", (*path, *inner), at_key=at_key)
                for told, at_key in ((findings.wrong, False), (findings.slips, True))
                for inner, reason in told
            ]
    if not any(one.kind and one.value.get("apiVersion") for one in objects):
        raise InputError([*problems, Problem("has no object with apiVersion and kind, so it is no manifest", name)])
    return Manifest(tuple(objects), tuple(problems))


def check_object(value: Mapping[str, Any]) -> FormFindings:
    """What of an object is not read, and what does not fit. Of an unknown kind, all but its name is not read."""
    findings = FormFindings()
    api_version, kind = _text(value.get("apiVersion")), _text(value.get("kind"))
    metadata = value.get("metadata")
    for key, text in zip(_ALWAYS_READ, (api_version, kind), strict=True):
        if not text:
            findings.wrong.append(((), f"missing key {key!r}, which says what the object is"))
    form = fields_of(api_version, kind)
    if form is None:
        if meant := near(kind[:NAME], (name for name in KINDS if name != kind)):
            findings.meant[("kind",)] = meant
        findings.ignored += [(key,) for key in value if key not in (*_ALWAYS_READ, "metadata")]
        for key in metadata if isinstance(metadata, dict) else ():
            if key not in ("name", "generateName", "namespace"):
                findings.ignored.append(("metadata", key))
        return findings
    if metadata is None:
        findings.wrong.append(((), "missing key 'metadata'"))
    elif isinstance(metadata, dict) and not name_of(value):
        findings.wrong.append((("metadata",), "missing key 'name'"))
    if read_as(api_version) != api_version:
        findings.ignored.append(("apiVersion",))
    examine(value, form, (), findings)
    _slips(value, findings)
    findings.wrong += resource_problems(value)
    if kind in _SELECTING and not findings.wrong:
        findings.wrong += _selector_problems(value["spec"])
    return findings


def _slips(value: Mapping[str, Any], findings: FormFindings) -> None:
    """Keys that the kind does not have, and that are one it has with a slip: the API server refuses them when asked to.

    Source: Kubernetes 1.32, field validation. `kubectl apply` asks for `Strict`. Another unknown key may be one of a
    later version, so it is not read, and no problem. What 1.32 no longer serves is read as what it does. Of that, a key
    may be one of then, so a slip is told and no problem either.
    """
    api_version, kind = _text(value.get("apiVersion")), _text(value.get("kind"))
    served = read_as(api_version)
    for number, (path, siblings) in enumerate(unknown_fields(value, served, kind)):
        key = str(path[-1])
        meant = slip(key, siblings)
        if meant and served == api_version:
            message = f"unknown key {shown(key)} in Kubernetes {VERSION}, did you mean {meant!r}?"
            findings.slips.append((path, message))
        elif number < limits.PROBLEMS and len(key) <= NAME and (meant := meant or near(key, siblings)):
            findings.meant[path] = meant
    slips = {path for path, _ in findings.slips}
    findings.ignored = [path for path in findings.ignored if path not in slips]


def _selector_problems(spec: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """A controller that does not know its own pods makes them without end, so the API server refuses it."""
    if spec.get("selector") is None:
        return
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    try:
        taken = label_selector(spec["selector"]).matches(labels)
    except InputError as error:
        yield ("spec", "selector"), error.problems[0].message
        return
    if not taken:
        yield ("spec", "template", "metadata", "labels"), f"the selector does not take its pods, with {shown(labels)}"


def name_of(value: Mapping[str, Any]) -> str:
    """An object's name, or how its name will begin."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    return _text(metadata.get("name")) or _text(metadata.get("generateName"))


def _checked(node: YamlNode, document: int) -> tuple[ManifestObject, FormFindings]:
    value = plain(node)
    findings = check_object(value)
    modelled = fields_of(_text(value.get("apiVersion")), _text(value.get("kind"))) is not None
    ignored = tuple(dotted(path) for path in findings.ignored)
    meant = {dotted(path): name for path, name in findings.meant.items()}
    selector = _at(node, ("spec", "selector"))
    line = node.place[0]
    selector_line = (selector.key or selector.place)[0] if selector is not node else line
    return ManifestObject(value, document, line, selector_line, modelled, ignored, meant), findings


def _objects(node: YamlNode, path: KeyPath) -> Iterator[tuple[YamlNode, KeyPath]]:
    """An object; or those of a list, as `kind: List` or a JSON list has them."""
    if isinstance(node.value, list):
        for number, item in enumerate(node.value):
            yield from _objects(item, (*path, number))
        return
    items = node.value.get("items") if isinstance(node.value, dict) else None
    kind = node.value.get("kind") if isinstance(node.value, dict) else None
    if items is not None and isinstance(items.value, list) and kind is not None and _text(kind.value).endswith("List"):
        for number, item in enumerate(items.value):
            yield from _objects(item, (*path, "items", number))
        return
    yield node, path


def _at(node: YamlNode, path: KeyPath) -> YamlNode:
    """The node at a path, or the nearest above it that was written."""
    for key in path:
        if isinstance(node.value, dict) and key in node.value:
            node = node.value[str(key)]
        elif isinstance(node.value, list) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
        else:
            break
    return node


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
