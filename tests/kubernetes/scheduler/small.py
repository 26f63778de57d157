"""Small clusters in few words."""

from sim.kubernetes.defaults import with_defaults
from sim.kubernetes.scheduler.cache import ClusterCache
from sim.kubernetes.scheduler.nodes import HOSTNAME, node_info
from sim.kubernetes.scheduler.pods import PodInfo, pod_shape


def node(name, labels=None, *, cpu="4", memory="16Gi", pods="110", images=(), **spec):
    """A node; spec: taints, unschedulable."""
    status = {
        "allocatable": {"cpu": cpu, "memory": memory, "pods": pods},
        "images": [{"names": [image], "sizeBytes": size} for image, size in images],
    }
    return node_info(
        {"metadata": {"name": name, "labels": {HOSTNAME: name, **(labels or {})}}, "spec": spec, "status": status}
    )


def pod(name, labels=None, *, cpu=None, memory=None, started=None, namespace="default", owner=None, **spec):
    """A pod of one container."""
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value is not None}
    metadata = {"name": name, "namespace": namespace, "labels": labels or {}}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    whole = {"containers": [{"name": "c", "image": "app:v1", "resources": {"requests": requests}}], **spec}
    return PodInfo(name, pod_shape(with_defaults({"kind": "Pod", "metadata": metadata, "spec": whole})), started)


def cluster(nodes, **pods):
    """Nodes, and pods by the name of their node; - in a name is written _."""
    made = ClusterCache()
    for one in nodes:
        made.set_node(one)
    for name, here in pods.items():
        for one in here:
            made.add_pod(one, name.replace("_", "-"))
    return made


def spread(key, labels, *, skew=1, soft=False, **more):
    """A topology spread constraint."""
    return {
        "maxSkew": skew,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway" if soft else "DoNotSchedule",
        "labelSelector": None if labels is None else {"matchLabels": labels},
        **more,
    }


def near(key, labels, weight=0):
    """A term of pod affinity, or a weighted one."""
    term = {"topologyKey": key, "labelSelector": {"matchLabels": labels}}
    return {"weight": weight, "podAffinityTerm": term} if weight else term
