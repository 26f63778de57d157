"""Small clusters for tests: objects in few words, and a cluster that is watched while it runs."""

from simpy import Environment

from sim.kubernetes.cluster import ClusterSettings, KubernetesCluster, node
from sim.kubernetes.objects import ObjectKey, labels_of, replicas_of, status_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_active, is_ready

ROOMY = {"cpu": "64", "memory": "256Gi", "pods": "1000"}


def template(image="app:v1", **spec):
    containers = [{"name": "c", "image": image}]
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers, **spec}}


def made(kind, name="web", **spec):
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template(), **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def rolling(surge, unavailable):
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


def cluster_of(*objects, nodes=3, plan=lambda _: PodPlan(ready=1.0), until=60.0, **settings):
    """A cluster with these objects, run to rest."""
    env = Environment()
    names = [f"n{number + 1}" for number in range(nodes)]
    cluster = KubernetesCluster(env, [node(name, ROOMY) for name in names], ClusterSettings(plan=plan, **settings))
    for obj in objects:
        cluster.api.create(obj)
    if until:
        env.run(until=until)
    return cluster


def run(cluster, seconds):
    cluster.env.run(until=cluster.env.now + seconds)


def get(cluster, kind, name="web"):
    return cluster.api.get(kind, ObjectKey("" if kind == "Node" else "default", name))


def patch(cluster, body, kind="Deployment", name="web"):
    cluster.api.patch(kind, ObjectKey("default", name), body)


def patch_image(cluster, image, kind="Deployment", name="web"):
    patch(cluster, {"spec": {"template": template(image)}}, kind, name)


def names(cluster):
    return [pod["metadata"]["name"] for pod in cluster.api.all("Pod")]


def images(cluster):
    return [pod["spec"]["containers"][0]["image"] for pod in cluster.api.all("Pod") if is_active(pod)]


class Watched:
    """The steps of a rollout: sizes of ReplicaSets; and the most pods and the fewest ready ones at any moment."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.steps = []
        self.most = self.least = None
        cluster.api.watch("ReplicaSet", self._note_sizes)
        cluster.api.watch("Pod", self._note_pods)
        self._note_sizes()
        self._note_pods()

    def _note_sizes(self, *_):
        sizes = [replicas_of(one) for one in self.cluster.api.all("ReplicaSet")]
        if not self.steps or self.steps[-1] != sizes:
            self.steps.append(sizes)

    def _note_pods(self, *_):
        pods = [pod for pod in self.cluster.api.all("Pod") if is_active(pod)]
        ready = sum(map(is_ready, pods))
        self.most = len(pods) if self.most is None else max(self.most, len(pods))
        self.least = ready if self.least is None else min(self.least, ready)


def is_rolled_out(deployment):
    status = status_of(deployment)
    counts = (status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas"))
    return all(count == replicas_of(deployment) for count in counts)


def labelled(obj, key):
    return labels_of(obj).get(key)
