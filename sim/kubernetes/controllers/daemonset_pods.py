"""The pods of a DaemonSet: which nodes they fit, and how each is tied to its node.

Source: Kubernetes 1.32, pkg/controller/daemon/util/daemonset_util.go and daemon_controller.go, NodeShouldRunDaemonPod.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.kubernetes.controllers.history import REVISION_HASH
from sim.kubernetes.controllers.podmaking import pod_from
from sim.kubernetes.objects import KubernetesObject, changed, created_at, labels_of, spec_of
from sim.kubernetes.pods import node_of
from sim.kubernetes.scheduler.pods import pod_shape, taint
from sim.kubernetes.selectors import node_selector

_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
"""What every such pod bears, for good: a node in trouble keeps it."""
_HOST_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


class NodeFit(NamedTuple):
    """Whether a node is to get a pod, and whether one that is there may stay."""

    should_run: bool
    may_stay: bool


def tolerant(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template with what these pods bear."""
    spec = template.get("spec") or {}
    borne = (*_TOLERATED, *((_HOST_NETWORK,) if spec.get("hostNetwork") else ()))
    added = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in borne]
    kept = [one for one in spec.get("tolerations") or () if one not in added]
    return changed(template, [*kept, *added], "spec", "tolerations")


def fits_of(template: Mapping[str, Any], nodes: Iterable[KubernetesObject]) -> dict[str, NodeFit]:
    """Whether the template's pod fits nodes, by name.

    A taint that it does not bear keeps new ones away; one with NoExecute keeps all away.
    """
    spec = template["spec"]
    selector, bears = node_selector(spec), pod_shape({"metadata": {}, "spec": spec}).tolerates
    result: dict[str, NodeFit] = {}
    for node in nodes:
        name = node["metadata"]["name"]
        if spec.get("nodeName") not in {None, "", name} or not selector.matches(name, labels_of(node)):
            result[name] = NodeFit(False, False)
            continue
        effects = {one["effect"] for one in spec_of(node).get("taints") or () if not bears(taint(one))}
        result[name] = NodeFit(not effects & {"NoSchedule", "NoExecute"}, "NoExecute" not in effects)
    return result


def with_node(template: Mapping[str, Any], node: str) -> dict[str, Any]:
    """The template with a node affinity for one node, so that the scheduler takes no other."""
    field = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = (template["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = {"nodeSelectorTerms": [field]}
    return changed(template, {**affinity, _REQUIRED: required}, "spec", "affinity", "nodeAffinity")


def pod_for(owner: KubernetesObject, template: Mapping[str, Any], revision: str) -> dict[str, Any]:
    """A new pod of a revision."""
    return changed(pod_from(template, owner), revision, "metadata", "labels", REVISION_HASH)


def target_of(pod: KubernetesObject) -> str:
    """The node that a pod is on, or is for."""
    if node_of(pod):
        return node_of(pod)
    affinity = (spec_of(pod).get("affinity") or {}).get("nodeAffinity") or {}
    for term in (affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("operator") == "In" and field.get("values"):
                return str(field["values"][0])
    return ""


def by_age(pods: Iterable[KubernetesObject]) -> Sequence[KubernetesObject]:
    """Bound ones first, then the oldest."""
    return sorted(pods, key=lambda pod: (not node_of(pod), created_at(pod)))
