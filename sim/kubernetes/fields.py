"""Which fields of which kinds the model reads. A manifest's other fields are listed as ignored.

Forms and bounds are those of the Kubernetes API 1.32.
"""

from __future__ import annotations

from sim.kubernetes.forms import (
    COUNT_OR_SHARE,
    DNS_LABEL,
    LABEL,
    QUANTITY,
    SERVICE_NAME,
    SUBDOMAIN,
    TEXT,
    TRUTH,
    Fields,
    Form,
    ListOf,
    MapOf,
    Scalar,
    beginning,
    one_of,
    whole,
)

_LABELS = MapOf(LABEL)
_SECONDS = whole(0, 2**63 - 1)

_EXPRESSION = Fields({"key": TEXT, "operator": TEXT, "values": ListOf(TEXT)}, ("key", "operator"))
_SELECTOR = Fields({"matchLabels": _LABELS, "matchExpressions": ListOf(_EXPRESSION)})
_NODE_TERM = Fields({"matchExpressions": ListOf(_EXPRESSION), "matchFields": ListOf(_EXPRESSION)})

_NODE_AFFINITY = Fields({
    "requiredDuringSchedulingIgnoredDuringExecution": Fields({"nodeSelectorTerms": ListOf(_NODE_TERM)}),
    "preferredDuringSchedulingIgnoredDuringExecution": ListOf(
        Fields({"weight": whole(0, 100), "preference": _NODE_TERM}, ("weight", "preference"))
    ),
})  # fmt: skip

_POD_TERM = Fields(
    {
        "labelSelector": _SELECTOR,
        "namespaceSelector": _SELECTOR,
        "namespaces": ListOf(TEXT),
        "topologyKey": TEXT,
        "matchLabelKeys": ListOf(TEXT),
        "mismatchLabelKeys": ListOf(TEXT),
    },
    ("topologyKey",),
)
_POD_AFFINITY = Fields({
    "requiredDuringSchedulingIgnoredDuringExecution": ListOf(_POD_TERM),
    "preferredDuringSchedulingIgnoredDuringExecution": ListOf(
        Fields({"weight": whole(0, 100), "podAffinityTerm": _POD_TERM}, ("weight", "podAffinityTerm"))
    ),
})  # fmt: skip

_SPREAD = Fields(
    {
        "maxSkew": whole(1),
        "topologyKey": TEXT,
        "whenUnsatisfiable": one_of("DoNotSchedule", "ScheduleAnyway"),
        "labelSelector": _SELECTOR,
        "minDomains": whole(1),
        "matchLabelKeys": ListOf(TEXT),
        "nodeAffinityPolicy": one_of("Honor", "Ignore"),
        "nodeTaintsPolicy": one_of("Honor", "Ignore"),
    },
    ("maxSkew", "topologyKey", "whenUnsatisfiable"),
)

_EFFECT = one_of("NoSchedule", "PreferNoSchedule", "NoExecute", "")
_TOLERATION = Fields({
    "key": TEXT,
    "operator": one_of("Exists", "Equal", ""),
    "value": TEXT,
    "effect": _EFFECT,
    "tolerationSeconds": whole(-(2**63), 2**63 - 1),
})  # fmt: skip

_PROBE = Fields({
    "initialDelaySeconds": whole(),
    "periodSeconds": whole(),
    "successThreshold": whole(),
    "failureThreshold": whole(),
})  # fmt: skip

_PRE_STOP = Fields({"sleep": Fields({"seconds": whole()}), "exec": Fields({"command": ListOf(TEXT)})})

_CONTAINER = Fields(
    {
        "name": DNS_LABEL,
        "lifecycle": Fields({"preStop": _PRE_STOP}),
        "startupProbe": _PROBE,
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "image": TEXT,
        "restartPolicy": TEXT,
        "resources": Fields({"requests": MapOf(QUANTITY), "limits": MapOf(QUANTITY)}),
        "ports": ListOf(
            Fields({
                "containerPort": whole(1, 65535),
                "hostPort": whole(0, 65535),
                "hostIP": TEXT,
                "protocol": one_of("TCP", "UDP", "SCTP"),
            })
        ),
    },
    ("name",),
)  # fmt: skip

_POD_SPEC = Fields(
    {
        "containers": ListOf(_CONTAINER),
        "initContainers": ListOf(_CONTAINER),
        "nodeSelector": _LABELS,
        "nodeName": TEXT,
        "affinity": Fields({
            "nodeAffinity": _NODE_AFFINITY,
            "podAffinity": _POD_AFFINITY,
            "podAntiAffinity": _POD_AFFINITY,
        }),
        "tolerations": ListOf(_TOLERATION),
        "topologySpreadConstraints": ListOf(_SPREAD),
        "priorityClassName": TEXT,
        "runtimeClassName": TEXT,
        "priority": whole(-(2**31)),
        "preemptionPolicy": one_of("PreemptLowerPriority", "Never"),
        "schedulingGates": ListOf(Fields({"name": TEXT})),
        "overhead": MapOf(QUANTITY),
        "hostNetwork": TRUTH,
        "restartPolicy": one_of("Always", "OnFailure", "Never"),
        "terminationGracePeriodSeconds": _SECONDS,
    },
    ("containers",),
)  # fmt: skip

_ANNOTATIONS = Fields({"controller.kubernetes.io/pod-deletion-cost": TEXT})


def _meta(name: Scalar = SUBDOMAIN) -> dict[str, Form]:
    """How an object is called. Source: Kubernetes 1.32, `ValidateServiceName` and others of core/validation."""
    return {"name": name, "generateName": beginning(name), "namespace": DNS_LABEL}


_META = _meta()
_OWNER = Fields({"kind": TEXT, "name": TEXT, "uid": TEXT, "controller": TRUTH, "apiVersion": TEXT})
_POD_META = Fields({**_META, "labels": _LABELS, "annotations": _ANNOTATIONS, "ownerReferences": ListOf(_OWNER)})
_TEMPLATE = Fields({"metadata": Fields({"labels": _LABELS, "annotations": _ANNOTATIONS}), "spec": _POD_SPEC}, ("spec",))

_ROLLING = Fields({"maxSurge": COUNT_OR_SHARE, "maxUnavailable": COUNT_OR_SHARE})
_DEPLOYMENT = Fields(
    {
        "replicas": whole(),
        "selector": _SELECTOR,
        "template": _TEMPLATE,
        "strategy": Fields({"type": one_of("RollingUpdate", "Recreate"), "rollingUpdate": _ROLLING}),
        "minReadySeconds": whole(),
        "revisionHistoryLimit": whole(),
        "progressDeadlineSeconds": whole(),
        "paused": TRUTH,
    },
    ("template",),
)
_REPLICA_SET = Fields(
    {"replicas": whole(), "selector": _SELECTOR, "template": _TEMPLATE, "minReadySeconds": whole()}, ("template",)
)
_STATEFUL_SET = Fields(
    {
        "replicas": whole(),
        "selector": _SELECTOR,
        "template": _TEMPLATE,
        "podManagementPolicy": one_of("OrderedReady", "Parallel"),
        "updateStrategy": Fields({
            "type": one_of("RollingUpdate", "OnDelete"),
            "rollingUpdate": Fields({"partition": whole(), "maxUnavailable": COUNT_OR_SHARE}),
        }),
        "minReadySeconds": whole(),
        "revisionHistoryLimit": whole(),
        "ordinals": Fields({"start": whole()}),
    },
    ("template",),
)  # fmt: skip
_DAEMON_SET = Fields(
    {
        "selector": _SELECTOR,
        "template": _TEMPLATE,
        "updateStrategy": Fields({"type": one_of("RollingUpdate", "OnDelete"), "rollingUpdate": _ROLLING}),
        "minReadySeconds": whole(),
        "revisionHistoryLimit": whole(),
    },
    ("template",),
)

_FAILURE_RULE = Fields({
    "action": one_of("FailJob", "FailIndex", "Ignore", "Count"),
    "onExitCodes": Fields({
        "containerName": TEXT,
        "operator": one_of("In", "NotIn"),
        "values": ListOf(whole(-(2**31))),
    }),
    "onPodConditions": ListOf(Fields({"type": TEXT, "status": TEXT})),
})  # fmt: skip
_JOB = Fields(
    {
        "parallelism": whole(),
        "completions": whole(),
        "backoffLimit": whole(),
        "backoffLimitPerIndex": whole(),
        "maxFailedIndexes": whole(),
        "completionMode": one_of("NonIndexed", "Indexed"),
        "suspend": TRUTH,
        "activeDeadlineSeconds": _SECONDS,
        "ttlSecondsAfterFinished": whole(),
        "podFailurePolicy": Fields({"rules": ListOf(_FAILURE_RULE)}),
        "podReplacementPolicy": one_of("TerminatingOrFailed", "Failed"),
        "successPolicy": Fields({"rules": ListOf(Fields({"succeededIndexes": TEXT, "succeededCount": whole(1)}))}),
        "selector": _SELECTOR,
        "template": _TEMPLATE,
    },
    ("template",),
)

_TARGET = Fields({
    "type": one_of("Utilization", "AverageValue", "Value"),
    "averageUtilization": whole(),
    "averageValue": QUANTITY,
    "value": QUANTITY,
})  # fmt: skip
_NAMED_METRIC = Fields({"metric": Fields({"name": TEXT}, ("name",)), "target": _TARGET}, ("metric", "target"))
_METRIC = Fields(
    {
        "type": one_of("Resource", "ContainerResource", "Pods", "Object", "External"),
        "resource": Fields({"name": TEXT, "target": _TARGET}, ("name",)),
        "containerResource": Fields({"name": TEXT, "container": TEXT, "target": _TARGET}, ("name", "container")),
        "pods": _NAMED_METRIC,
        "object": _NAMED_METRIC,
        "external": _NAMED_METRIC,
    },
    ("type",),
)
_SCALING = Fields({
    "stabilizationWindowSeconds": whole(0, 3600),
    "selectPolicy": one_of("Max", "Min", "Disabled"),
    "policies": ListOf(Fields({"type": one_of("Pods", "Percent"), "value": whole(1), "periodSeconds": whole(1, 1800)})),
})  # fmt: skip
_AUTOSCALER = Fields(
    {
        "scaleTargetRef": Fields({"apiVersion": TEXT, "kind": TEXT, "name": TEXT}, ("kind", "name")),
        "minReplicas": whole(),
        "maxReplicas": whole(1),
        "metrics": ListOf(_METRIC),
        "behavior": Fields({"scaleUp": _SCALING, "scaleDown": _SCALING}),
    },
    ("scaleTargetRef", "maxReplicas"),
)
_AUTOSCALER_V1 = Fields(
    {**_AUTOSCALER.forms, "targetCPUUtilizationPercentage": whole(1)}, ("scaleTargetRef", "maxReplicas")
)

_BUDGET = Fields({
    "minAvailable": COUNT_OR_SHARE,
    "maxUnavailable": COUNT_OR_SHARE,
    "selector": _SELECTOR,
    "unhealthyPodEvictionPolicy": one_of("IfHealthyBudget", "AlwaysAllow"),
})  # fmt: skip

_NODE_SPEC = Fields({
    "unschedulable": TRUTH,
    "taints": ListOf(Fields({"key": TEXT, "value": TEXT, "effect": _EFFECT}, ("key", "effect"))),
})  # fmt: skip
_NODE_STATUS = Fields({
    "capacity": MapOf(QUANTITY),
    "allocatable": MapOf(QUANTITY),
    "images": ListOf(Fields({"names": ListOf(TEXT), "sizeBytes": whole(0, 2**63 - 1)})),
})  # fmt: skip

_ABOUT: dict[str, Form] = {"apiVersion": TEXT, "kind": TEXT, "metadata": Fields(_META)}
_LABELLED = Fields({**_META, "labels": _LABELS})


def _kind(spec: Fields | None = None, **more: Form) -> Fields:
    return Fields({**_ABOUT, **({"spec": spec} if spec else {}), **more}, ("spec",) if spec else ())


KINDS: dict[str, Fields] = {
    "Pod": _kind(_POD_SPEC, metadata=_POD_META),
    "Deployment": _kind(_DEPLOYMENT),
    "ReplicaSet": _kind(_REPLICA_SET),
    "StatefulSet": _kind(_STATEFUL_SET),
    "DaemonSet": _kind(_DAEMON_SET),
    "Job": _kind(_JOB),
    "HorizontalPodAutoscaler": _kind(_AUTOSCALER),
    "PodDisruptionBudget": _kind(_BUDGET),
    "PriorityClass": _kind(value=whole(-(2**31)), globalDefault=TRUTH, preemptionPolicy=TEXT),
    "RuntimeClass": _kind(
        overhead=Fields({"podFixed": MapOf(QUANTITY)}),
        scheduling=Fields({"nodeSelector": _LABELS, "tolerations": ListOf(_TOLERATION)}),
    ),
    "Node": Fields({**_ABOUT, "metadata": _LABELLED, "spec": _NODE_SPEC, "status": _NODE_STATUS}),
    "Service": Fields({**_ABOUT, "metadata": Fields(_meta(SERVICE_NAME)), "spec": Fields({"selector": _LABELS})}),
    "Namespace": Fields({**_ABOUT, "metadata": Fields({**_meta(DNS_LABEL), "labels": _LABELS})}),
}
"""The kinds that the model knows, with the fields that it reads."""

GROUPS: dict[str, tuple[str, ...]] = {
    "Deployment": ("apps", "extensions"),
    "ReplicaSet": ("apps", "extensions"),
    "StatefulSet": ("apps",),
    "DaemonSet": ("apps", "extensions"),
    "Job": ("batch",),
    "HorizontalPodAutoscaler": ("autoscaling",),
    "PodDisruptionBudget": ("policy",),
    "PriorityClass": ("scheduling.k8s.io",),
    "RuntimeClass": ("node.k8s.io",),
}
"""The API groups that such a kind has been in; "" for those that are not here."""

VERSIONS: dict[str, str] = {
    "": "v1",
    "apps": "v1",
    "batch": "v1",
    "autoscaling": "v2",
    "policy": "v1",
    "scheduling.k8s.io": "v1",
    "node.k8s.io": "v1",
}
"""The version of each group that Kubernetes 1.32 serves these kinds in, and that a manifest is read as."""


def fields_of(api_version: str, kind: str) -> Fields | None:
    """The fields that are read of a kind; None for one that the model does not know."""
    group = api_version.rpartition("/")[0]
    if group not in GROUPS.get(kind, ("",)):
        return None
    if kind == "HorizontalPodAutoscaler" and api_version == "autoscaling/v1":
        return _kind(_AUTOSCALER_V1)
    return KINDS.get(kind)


def read_as(api_version: str) -> str:
    """The version that a manifest of a known kind is read as."""
    if api_version == "autoscaling/v1":
        return api_version
    group = "apps" if api_version.startswith("extensions/") else api_version.rpartition("/")[0]
    version = VERSIONS[group]
    return f"{group}/{version}" if group else version
