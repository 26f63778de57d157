"""Pods on hosts made by hand: containers that take one second to create, and as long as one likes to answer."""

from simpy import Environment

from sim.catalog.model import Application, MemoryPart
from sim.engine.seeds import SeedTree
from sim.kubernetes.cluster import ClusterSettings, KubernetesCluster, node
from sim.kubernetes.hosted_container import ContainerWork
from sim.kubernetes.hosted_pod import Hosting
from sim.kubernetes.objects import ObjectKey
from sim.kubernetes.pods import is_ready, phase_of, restarts_of
from sim.platforms.hosting import HostingOptions, HostPool
from sim.platforms.nodeimages import kubelet_queue
from tests.kubernetes.clusters import ROOMY
from tests.platforms.conftest import TEXT, make_host, make_phase, make_technology, number

CREATE = make_phase("create", "wait", 1.0)
REMOVE = make_phase("remove", "wait", 0.25, "exit")


def application(answers=0.5, memory=0, image="", name="app"):
    phases = (make_phase("main", "wait", answers, "application", "application"),)
    parts = (MemoryPart("own", "application", "instance", number(memory, "B"), TEXT),) if memory else ()
    return Application(name, TEXT, phases, parts, image)


def work(answers=0.5, memory=0, image="", **fields):
    return ContainerWork(application(answers, memory, image), **fields)


def hosted_cluster(work_of, nodes=1, options=None, host=None, **settings):
    """A cluster whose pods' containers do what `work_of(container)` says; and what was noted of them."""
    env, notes = Environment(), []
    options = options or HostingOptions(network=False, queue=kubelet_queue())
    pool = HostPool(env, host or make_host(cores=64), make_technology(CREATE, REMOVE), SeedTree(1), options)
    hosting = Hosting(
        pool, lambda _, container: work_of(container),
        note=lambda key, container, moment: notes.append((key.name, container, moment, round(env.now, 3))),
    )  # fmt: skip
    names = [f"n{number + 1}" for number in range(nodes)]
    cluster = KubernetesCluster(
        env, [node(name, ROOMY) for name in names], ClusterSettings(hosting=hosting, **settings)
    )
    return cluster, pool, notes


class Story:
    """One pod and what became of it: (seconds, phase, whether it is ready, restarts), each change once."""

    def __init__(self, spec, work_of, **settings):
        self.cluster, self.pool, self.notes = hosted_cluster(work_of, **settings)
        self.env = self.cluster.env
        self.told = []
        self.cluster.api.watch("Pod", self._note)
        self.cluster.api.create({"kind": "Pod", "metadata": {"name": "p"}, "spec": spec})

    def _note(self, _, new):
        state = ("gone",) if new is None else (phase_of(new), is_ready(new), sum(restarts_of(new)))
        if not self.told or self.told[-1][1:] != state:
            self.told.append((self.env.now, *state))

    @property
    def pod(self):
        return self.cluster.api.get("Pod", ObjectKey("default", "p"))

    def run(self, until):
        self.env.run(until=until)
        return self

    def states(self):
        return [state for _, *state in self.told]

    def when(self, *state):
        return next(moment for moment, *found in self.told if tuple(found) == state)

    def moments(self, what, of=None):
        """When a container of this name came to that; of None: any container."""
        return [at for _, name, moment, at in self.notes if moment == what and of in (None, name)]

    def delete(self, at):
        self.run(at)
        self.cluster.api.delete("Pod", ObjectKey("default", "p"))


def pod(*containers, **spec):
    containers = containers or ({},)
    return {"containers": [{"name": f"c{n}", "image": "app:v1", **one} for n, one in enumerate(containers)], **spec}
