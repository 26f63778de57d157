"""Selectors: which labels an object must have, and which nodes a pod may go to.

Sources: apimachinery, pkg/labels/selector.go; component-helpers, scheduling/corev1/nodeaffinity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.errors import InputError

_LABEL_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_NODE_OPERATORS = (*_LABEL_OPERATORS, "Gt", "Lt")
_NAME = "metadata.name"
"""The only field of a node that a selector can ask for."""


class Requirement(NamedTuple):
    """One condition on a label: `key` In `values`, and the like."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet the condition. A label that is not there is in no list, and not in any."""
        value = labels.get(self.key)
        if self.operator == "In":
            return value is not None and value in self.values
        if self.operator == "NotIn":
            return value is None or value not in self.values
        if self.operator == "Exists":
            return value is not None
        if self.operator == "DoesNotExist":
            return value is None
        number, bound = _whole(value), _whole(next(iter(self.values)))
        if number is None or bound is None:
            return False
        return number > bound if self.operator == "Gt" else number < bound


class LabelSelector(NamedTuple):
    """Conditions that hold together. Without any, it takes everything; `never` takes nothing."""

    requirements: tuple[Requirement, ...] = ()
    never: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is taken."""
        return not self.never and all(one.matches(labels) for one in self.requirements)

    @property
    def everything(self) -> bool:
        """Whether it has no condition."""
        return not self.never and not self.requirements

    def also(self, requirements: Iterable[Requirement]) -> LabelSelector:
        """The same with more conditions. What takes nothing still takes nothing."""
        return self if self.never else LabelSelector((*self.requirements, *requirements))


NOTHING = LabelSelector(never=True)


def equal_to(labels: Mapping[str, str]) -> tuple[Requirement, ...]:
    """Conditions that each of these labels is there with its value."""
    return tuple(Requirement(key, "In", frozenset((value,))) for key, value in sorted(labels.items()))


def label_selector(written: Mapping[str, Any] | None) -> LabelSelector:
    """A `LabelSelector`. None takes nothing, an empty one everything.

    >>> label_selector({"matchLabels": {"app": "web"}}).matches({"app": "web", "tier": "front"})
    True
    """
    if written is None:
        return NOTHING
    expressions = tuple(_requirement(one, _LABEL_OPERATORS) for one in written.get("matchExpressions") or ())
    return LabelSelector(equal_to(written.get("matchLabels") or {})).also(expressions)


class NodeTerm(NamedTuple):
    """One term of a node selector: conditions on labels, and on the name, that hold together."""

    labels: LabelSelector
    names: tuple[Requirement, ...] = ()

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether a node is taken."""
        return all(one.matches({_NAME: name}) for one in self.names) and self.labels.matches(labels)


def node_term(written: Mapping[str, Any]) -> NodeTerm | None:
    """A `NodeSelectorTerm`; None for an empty one, which takes nothing."""
    labels = tuple(_requirement(one, _NODE_OPERATORS) for one in written.get("matchExpressions") or ())
    names = tuple(_requirement(one, ("In", "NotIn")) for one in written.get("matchFields") or ())
    return NodeTerm(LabelSelector(labels), names) if labels or names else None


class NodeSelector(NamedTuple):
    """Which nodes a pod may go to: `spec.nodeSelector`, and one of the terms of its required node affinity.

    Attributes:
        terms: None where the pod has no required node affinity; then any node will do.
    """

    labels: LabelSelector = LabelSelector()
    terms: tuple[NodeTerm, ...] | None = None

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether a node is taken."""
        if not self.labels.matches(labels):
            return False
        return self.terms is None or any(term.matches(name, labels) for term in self.terms)

    def names(self) -> frozenset[str] | None:
        """The only nodes that come into question, where every term names some; else None."""
        if not self.terms:
            return None
        found: set[str] = set()
        for term in self.terms:
            lists = [one.values for one in term.names if one.operator == "In"]
            if not lists:
                return None
            found |= frozenset.intersection(*lists)
        return frozenset(found)


def node_selector(spec: Mapping[str, Any]) -> NodeSelector:
    """The required part of where a pod's `spec` may go."""
    labels = LabelSelector(equal_to(spec.get("nodeSelector") or {}))
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return NodeSelector(labels)
    terms = (node_term(one) for one in required.get("nodeSelectorTerms") or ())
    return NodeSelector(labels, tuple(one for one in terms if one is not None))


def _requirement(written: Mapping[str, Any], operators: Sequence[str]) -> Requirement:
    key, operator = written.get("key"), written.get("operator")
    values: Sequence[Any] = written.get("values") or ()
    if not isinstance(key, str) or not isinstance(operator, str) or operator not in operators:
        raise InputError(f"{operator!r} of {key!r} is no condition; expected a key and one of {', '.join(operators)}")
    count = len(values)
    fits = {"In": count > 0, "NotIn": count > 0, "Gt": count == 1, "Lt": count == 1}.get(operator, count == 0)
    if not fits or not all(isinstance(value, str) for value in values):
        raise InputError(f"{operator} of {key!r} does not go with the values {list(values)!r}")
    if operator in ("Gt", "Lt") and _whole(values[0]) is None:
        raise InputError(f"{operator} of {key!r} needs a whole number, not {values[0]!r}")
    return Requirement(key, operator, frozenset(values))


def _whole(text: str | None) -> int | None:
    """A whole number as Go's ParseInt reads it; None for anything else."""
    if text is None or len(text) > 20 or not text.lstrip("+-").isdecimal() or not text.isascii():
        return None
    try:
        number = int(text)
    except ValueError:  # two signs
        return None
    return number if -(2**63) <= number < 2**63 else None
