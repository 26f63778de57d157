"""Pods as the scheduler sees them: what it reads of their template, once, and what is of each pod alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.kubernetes.scheduler.requests import PodRequests, pod_requests
from sim.kubernetes.selectors import (
    LabelSelector,
    NodeSelector,
    NodeTerm,
    Requirement,
    equal_to,
    label_selector,
    node_selector,
    node_term,
)


class Toleration(NamedTuple):
    """A taint that a pod bears. "" stands for any key, or any effect."""

    key: str
    operator: str
    value: str
    effect: str

    def tolerates(self, taint: NodeTaint) -> bool:
        """Whether it is this taint that the pod bears."""
        if self.effect not in ("", taint.effect) or self.key not in ("", taint.key):
            return False
        return self.operator == "Exists" or (self.operator in ("", "Equal") and self.value == taint.value)


class NodeTaint(NamedTuple):
    """What keeps pods away from a node."""

    key: str
    value: str
    effect: str


class AffinityTerm(NamedTuple):
    """Pods near which a pod wants, or does not want, to be. weight: 0 where it must be."""

    selector: LabelSelector
    namespaces: frozenset[str]
    other_namespaces: LabelSelector
    topology_key: str
    weight: int = 0

    def matches(self, shape: PodShape, namespace_labels: Mapping[str, str]) -> bool:
        """Whether it is about pods of this shape, whose namespace has these labels."""
        if shape.namespace not in self.namespaces and not self.other_namespaces.matches(namespace_labels):
            return False
        return self.selector.matches(shape.labels)


class SpreadConstraint(NamedTuple):
    """One of `spec.topologySpreadConstraints`."""

    max_skew: int
    topology_key: str
    hard: bool
    selector: LabelSelector
    min_domains: int = 1
    honor_affinity: bool = True
    honor_taints: bool = False


class HostPort(NamedTuple):
    """A port of its node that a pod takes. address: "0.0.0.0" is every one."""

    address: str
    protocol: str
    port: int


class Preference(NamedTuple):
    """Nodes that a pod would rather go to, and by how much."""

    weight: int
    term: NodeTerm


class OwnerKey(NamedTuple):
    """The controller that a pod belongs to."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class PodShape:
    """All that the scheduler reads of a pod, but its name and its times. The pods of a template share one.

    Attributes:
        images: As the node's list of images names them.
        gated: Whether something else must first let it be scheduled.
        has_affinity: Whether other pods matter to it, or it to others, by a rule of its own.
    """

    namespace: str
    labels: Mapping[str, str]
    priority: int
    preempts: bool
    requests: PodRequests
    tolerations: tuple[Toleration, ...]
    nodes: NodeSelector
    preferred_nodes: tuple[Preference, ...]
    affinity: tuple[AffinityTerm, ...]
    anti_affinity: tuple[AffinityTerm, ...]
    preferred: tuple[AffinityTerm, ...]
    spread: tuple[SpreadConstraint, ...]
    ports: tuple[HostPort, ...]
    images: tuple[str, ...]
    node_name: str
    owner: OwnerKey | None
    gated: bool
    has_affinity: bool

    def tolerates(self, taint: NodeTaint) -> bool:
        """Whether it bears a taint."""
        return any(one.tolerates(taint) for one in self.tolerations)


@dataclass(slots=True, eq=False)
class PodInfo:
    """A pod in the scheduler's hands. Times in seconds; started is None until its node has begun with it.

    Attributes:
        terminating: Whether it is being deleted.
        preempted: Whether it is so for a pod of higher priority.
    """

    name: str
    shape: PodShape
    started: float | None = None
    terminating: bool = False
    preempted: bool = False
    nominated: str = ""
    node: str = field(default="", repr=False)


def pod_shape(pod: Mapping[str, Any]) -> PodShape:
    """What the scheduler reads of a pod, or of a pod template that has a namespace, with its defaults."""
    metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
    namespace, labels = metadata.get("namespace") or "default", metadata.get("labels") or {}
    affinity = spec.get("affinity") or {}
    near, apart = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
    required, preferred = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    )
    owners = [one for one in metadata.get("ownerReferences") or () if one.get("controller")]
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    affine = tuple(_term(one, namespace, labels) for one in near.get(required) or ())
    averse = tuple(_term(one, namespace, labels) for one in apart.get(required) or ())
    wishes = (
        *(_weighted(one, namespace, labels, 1) for one in near.get(preferred) or ()),
        *(_weighted(one, namespace, labels, -1) for one in apart.get(preferred) or ()),
    )
    return PodShape(
        namespace=namespace,
        labels=labels,
        priority=spec.get("priority") or 0,
        preempts=spec.get("preemptionPolicy") != "Never",
        requests=pod_requests(spec),
        tolerations=tuple(_toleration(one) for one in spec.get("tolerations") or ()),
        nodes=node_selector(spec),
        preferred_nodes=_preferences((affinity.get("nodeAffinity") or {}).get(preferred) or ()),
        affinity=affine,
        anti_affinity=averse,
        preferred=wishes,
        spread=tuple(_constraint(one, labels) for one in spec.get("topologySpreadConstraints") or ()),
        ports=_ports(spec.get("containers") or ()),
        images=tuple(image_name(one.get("image") or "") for one in containers),
        node_name=spec.get("nodeName") or "",
        owner=OwnerKey(owners[0].get("kind", ""), owners[0].get("name", "")) if owners else None,
        gated=bool(spec.get("schedulingGates")),
        has_affinity=bool(affine or averse or wishes),
    )


def image_name(written: str) -> str:
    """An image with its tag, as nodes list it.

    >>> image_name("registry:5000/app"), image_name("app:v1")
    ('registry:5000/app:latest', 'app:v1')
    """
    return written if written.rfind(":") > written.rfind("/") else f"{written}:latest"


def taint(written: Mapping[str, Any]) -> NodeTaint:
    """A taint of a node."""
    return NodeTaint(written.get("key") or "", written.get("value") or "", written.get("effect") or "")


def _toleration(written: Mapping[str, Any]) -> Toleration:
    return Toleration(*(written.get(name) or "" for name in ("key", "operator", "value", "effect")))


def _preferences(written: Sequence[Mapping[str, Any]]) -> tuple[Preference, ...]:
    found = ((one.get("weight") or 0, node_term(one.get("preference") or {})) for one in written)
    return tuple(Preference(weight, term) for weight, term in found if weight and term is not None)


def _term(written: Mapping[str, Any], namespace: str, labels: Mapping[str, str], weight: int = 0) -> AffinityTerm:
    """A term; the API server writes `matchLabelKeys` into its selector when the pod is made."""
    selector = label_selector(written.get("labelSelector"))
    same = [key for key in written.get("matchLabelKeys") or () if key in labels]
    other = [key for key in written.get("mismatchLabelKeys") or () if key in labels]
    selector = selector.also(Requirement(key, "In", frozenset((labels[key],))) for key in same)
    selector = selector.also(Requirement(key, "NotIn", frozenset((labels[key],))) for key in other)
    named, by_labels = written.get("namespaces") or (), written.get("namespaceSelector")
    namespaces = frozenset(named) if named or by_labels is not None else frozenset((namespace,))
    return AffinityTerm(selector, namespaces, label_selector(by_labels), written.get("topologyKey") or "", weight)


def _weighted(written: Mapping[str, Any], namespace: str, labels: Mapping[str, str], sign: int) -> AffinityTerm:
    return _term(written.get("podAffinityTerm") or {}, namespace, labels, sign * (written.get("weight") or 0))


def _constraint(written: Mapping[str, Any], labels: Mapping[str, str]) -> SpreadConstraint:
    keys = [key for key in written.get("matchLabelKeys") or () if key in labels]
    selector = label_selector(written.get("labelSelector")).also(equal_to({key: labels[key] for key in keys}))
    return SpreadConstraint(
        max_skew=written.get("maxSkew") or 1,
        topology_key=written.get("topologyKey") or "",
        hard=written.get("whenUnsatisfiable") != "ScheduleAnyway",
        selector=selector,
        min_domains=written.get("minDomains") or 1,
        honor_affinity=written.get("nodeAffinityPolicy") != "Ignore",
        honor_taints=written.get("nodeTaintsPolicy") == "Honor",
    )


def _ports(containers: Sequence[Mapping[str, Any]]) -> tuple[HostPort, ...]:
    """The ports of the node that containers take; those of init containers are not looked at."""
    ports = (port for one in containers for port in one.get("ports") or () if (port.get("hostPort") or 0) > 0)
    return tuple(
        HostPort(port.get("hostIP") or "0.0.0.0", port.get("protocol") or "TCP", port["hostPort"])  # noqa: S104
        for port in ports
    )
