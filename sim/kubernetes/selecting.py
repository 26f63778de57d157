"""How many pods a manifest's objects ask for, and services that take none of them.

What is read is plain objects that may be wrong: what does not fit counts as if it was not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sim import limits
from sim.errors import cut
from sim.kubernetes.forms import NAME
from sim.wording import nearest

_TEMPLATES = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
"""Where kinds that make pods have a template of them."""
_REPLICATED = {"Deployment", "ReplicaSet", "StatefulSet"}

_ADDED = {
    "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash",
    "pod-template-hash", "pod-template-generation", "job-name", "controller-uid",
}  # fmt: skip
"""Labels that controllers give the pods they make, beside those of the template. Source: Kubernetes 1.32, apps/v1 and
batch/v1 (types.go)."""
_ADDED_OF_JOBS = "batch.kubernetes.io/"

_COMPARED = 500
"""Names among which one that may be meant is looked for: each takes some microseconds."""
_PAIRS = 10
"""Labels of a selector that a message has."""


class ManifestWarning(NamedTuple):
    """What a manifest says and the API server takes, though it may not be meant."""

    line: int
    path: str
    message: str


def pod_labels(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The labels of the pods that an object is or makes, of any kind. None of one that makes no pods."""
    if value.get("kind") == "Pod":
        return _labels(value)
    templates = (_in(value, path) for path in _TEMPLATES)
    return next((_labels(template) for template in templates if isinstance(template, dict)), None)


def pods_asked(value: Mapping[str, Any]) -> int | None:
    """Pods that an object of a kind that the model knows asks for at a time. None where it depends on the nodes."""
    kind, spec = value.get("kind"), value.get("spec")
    asked = spec if isinstance(spec, dict) else {}
    if kind == "DaemonSet":
        return None
    if kind in _REPLICATED:
        return _count(asked.get("replicas"), 1)
    if kind == "Job":
        at_once = _count(asked.get("parallelism"), 1)
        return 0 if asked.get("suspend") is True else min(at_once, _count(asked.get("completions"), at_once))
    return 1


def controller_of(value: Mapping[str, Any]) -> dict[str, str]:
    """Kind and name of the object that controls this one. Empty where none does."""
    owners = _in(value, ("metadata", "ownerReferences"))
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and owner.get("controller") is True:
            return {"kind": _word(owner.get("kind")), "name": _word(owner.get("name"))}
    return {}


def unserved(objects: Iterable[Mapping[str, Any]], pods: PodsAmong) -> Iterator[ManifestWarning]:
    """Services whose selector takes no pod.

    Args:
        objects: Objects as `inspect --format json` prints them. The services among them are told.
    """
    for one in objects:
        selector = _words(one.get("selector") or {})
        namespace = str(one.get("namespace") or "")
        if selector and not pods.taken(selector, namespace):
            reason = pods.reason(selector, namespace)
            message = f"takes no pod of the manifests given: {reason} (Service {_short(one['name'])})"
            yield ManifestWarning(one["selector_line"], "spec.selector", message)


class PodsAmong:
    """The pods of some objects, by namespace, for what selectors take of them.

    A service and a pod may meet where not both of them name a namespace, or both the same. A controller's pods have
    labels that its template has not: these are no reason that none is taken.

    Args:
        objects: Objects as `inspect --format json` prints them.
    """

    def __init__(self, objects: Iterable[Mapping[str, Any]]) -> None:
        self._places: dict[str, _Pods] = {}
        self._anywhere = _Pods()
        self._searches = limits.PROBLEMS
        for one in objects:
            if "pod_labels" in one:
                labels = _words(one["pod_labels"])
                for place in (self._places.setdefault(str(one.get("namespace") or ""), _Pods()), self._anywhere):
                    place.add(labels, made=one["kind"] != "Pod")

    def taken(self, selector: Mapping[str, str], namespace: str) -> bool:
        """Whether any pod may be one that a selector of a namespace takes. namespace: "" where none is named."""
        return any(place.taken(selector) for place in self._met(namespace))

    def reason(self, selector: Mapping[str, str], namespace: str) -> str:
        """Why a selector takes none. Of the first such the name is told that may be meant."""
        places = self._met(namespace)
        if not places:
            return "there is none in its namespace"
        for key, wanted in sorted(selector.items(), key=lambda one: _is_added(one[0])):
            having = [place.values[key] for place in places if key in place.values]
            if not having:
                hint = self._hint(key, [place.values for place in places], "label")
                return f"none has a label {_short(key)!r}{hint}"
            if not any(wanted in values for values in having):
                return f"none has {_short(key)}={_short(wanted)}{self._hint(wanted, having, 'value')}"
        pairs = [f"{_short(key)}={_short(wanted)}" for key, wanted in islice(selector.items(), _PAIRS)]
        return f"none has all of {', '.join(pairs)}{', ...' if len(selector) > _PAIRS else ''}"

    def _met(self, namespace: str) -> list[_Pods]:
        if not namespace:
            return [self._anywhere] if self._places else []
        return [self._places[name] for name in (namespace, "") if name in self._places]

    def _hint(self, name: str, among: Sequence[Mapping[str, Any]], called: str) -> str:
        """The name that may be meant, or how many there are of its namespace or of none, whichever are more."""
        if self._searches and len(name) <= NAME:
            self._searches -= 1
            known = islice((one for names in among for one in names if len(one) <= NAME), _COMPARED)
            if near := nearest(name, known):
                return f", did you mean {near!r}?"
        many = max(len(names) for names in among)
        return f"; there {'is' if many == 1 else 'are'} {many} {called}{'s' * (many != 1)}" if many else ""


class _Pods:
    """The labels of some pods. values: of each key the values that pods have, each once."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, None]] = {}
        self._seen: set[tuple[bool, frozenset[tuple[str, str]]]] = set()
        self._having: dict[tuple[bool, str | None], list[Mapping[str, str]]] = {}
        """Of each key the labels of pods that have it, of each sort. Those of all are under None."""
        self._of_keys: dict[tuple[bool, tuple[str, ...]], set[tuple[str, ...]]] = {}

    def add(self, labels: Mapping[str, str], *, made: bool) -> None:
        """made: Whether a controller makes the pod from its template."""
        alike = made, frozenset(labels.items())
        if alike in self._seen:
            return
        self._seen.add(alike)
        for one in (None, *labels):
            self._having.setdefault((made, one), []).append(labels)
        for key, value in labels.items():
            self.values.setdefault(key, {})[value] = None

    def taken(self, selector: Mapping[str, str]) -> bool:
        """Whether a pod has each label, but those that its controller adds."""
        written = {key: value for key, value in selector.items() if not _is_added(key)}
        return self._have(written, made=True) or self._have(selector, made=False)

    def _have(self, wanted: Mapping[str, str], *, made: bool) -> bool:
        """Whether a pod of the one sort or the other has each label.

        For all selectors of the same keys the pods that have the rarest of these are gone through once.
        """
        keys = tuple(sorted(wanted))
        held = self._of_keys.get((made, keys))
        if held is None:
            few = min((self._having.get((made, key), []) for key in (None, *keys)), key=len)
            held = {tuple(labels[key] for key in keys) for labels in few if all(key in labels for key in keys)}
            self._of_keys[made, keys] = held
        return tuple(wanted[key] for key in keys) in held


def _is_added(key: str) -> bool:
    return key in _ADDED or key.startswith(_ADDED_OF_JOBS)


def _words(labels: Mapping[str, Any]) -> dict[str, str]:
    return {key: _word(value) for key, value in labels.items()}


def _word(value: Any) -> str:
    """A single value as text. A list or mapping, which fits nowhere, is as if it was not there."""
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _short(text: str) -> str:
    return cut(text, NAME)


def _labels(value: Any) -> Mapping[str, Any]:
    labels = _in(value, ("metadata", "labels"))
    return labels if isinstance(labels, dict) else {}


def _in(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise
