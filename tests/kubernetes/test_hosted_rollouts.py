"""Rollouts on hosts that start every pod by the one start process: they stay within their limits, and end."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from simpy import Environment

from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.kubernetes.cluster import ClusterSettings, KubernetesCluster, node
from sim.kubernetes.controllers import rolling
from sim.kubernetes.hosted_container import ContainerWork
from sim.kubernetes.hosted_pod import Hosting
from sim.kubernetes.objects import replicas_of
from sim.platforms.hosting import HostingOptions, HostPool
from sim.platforms.nodeimages import kubelet_queue
from tests.kubernetes.clusters import ROOMY, Watched, get, images, is_rolled_out, made, patch, patch_image, run
from tests.kubernetes.clusters import rolling as strategy

LIMITS = st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda percent: f"{percent}%"))
WEB = load.application("web")
OTHER = replace(WEB, id="web-2", image="nginx:alpine")


def hosted_cluster(technology, seed, work, nodes=3):
    env = Environment()
    pool = HostPool(
        env, load.host("laptop"), load.technology(technology), SeedTree(seed), HostingOptions(queue=kubelet_queue())
    )
    hosting = Hosting(pool, lambda pod, container: work(container["image"]))
    cluster = KubernetesCluster(
        env, [node(f"n{number}", ROOMY) for number in range(nodes)], ClusterSettings(hosting=hosting)
    )
    return cluster, pool


def probed(image):
    probe = {"periodSeconds": 1, "initialDelaySeconds": 1}
    containers = [{"name": "c", "image": image, "readinessProbe": probe}]
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}


def work_of(image):
    return ContainerWork(WEB if image == "app:v1" else OTHER)


@given(
    replicas=st.integers(0, 12),
    surge=LIMITS,
    unavailable=LIMITS,
    technology=st.sampled_from(["containerd", "docker", "kata"]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=25, deadline=None)
def test_a_rollout_of_real_starts_stays_within_its_limits_and_ends(replicas, surge, unavailable, technology, seed):
    cluster, pool = hosted_cluster(technology, seed, work_of)
    cluster.api.create(made("Deployment", replicas=replicas, strategy=strategy(surge, unavailable)))
    run(cluster, 120)
    most, least = rolling.fenceposts(get(cluster, "Deployment"))
    watched = Watched(cluster)
    patch_image(cluster, "app:v2")
    run(cluster, 600)
    assert watched.most <= replicas + most
    assert watched.least >= replicas - least
    assert is_rolled_out(get(cluster, "Deployment"))
    assert images(cluster) == ["app:v2"] * replicas
    assert sum(host.host.held.instances for host in pool.hosts.values()) == replicas


@given(
    sizes=st.lists(st.integers(0, 12), min_size=2, max_size=4),
    surge=LIMITS,
    unavailable=LIMITS,
    pauses=st.lists(st.floats(0.1, 8), min_size=4, max_size=4),
    seed=st.integers(0, 1000),
)
@settings(max_examples=20, deadline=None)
def test_whatever_is_asked_for_in_the_middle_the_last_wish_comes_true(sizes, surge, unavailable, pauses, seed):
    cluster, pool = hosted_cluster("containerd", seed, work_of)
    cluster.api.create(made("Deployment", replicas=sizes[0], strategy=strategy(surge, unavailable)))
    for turn, (size, pause) in enumerate(zip(sizes, pauses, strict=False)):
        patch(cluster, {"spec": {"replicas": size}})
        patch_image(cluster, f"app:v{turn % 3}")
        run(cluster, pause)
    run(cluster, 600)
    deployment = get(cluster, "Deployment")
    assert is_rolled_out(deployment)
    assert replicas_of(deployment) == sizes[-1]
    assert images(cluster) == [f"app:v{(len(sizes) - 1) % 3}"] * sizes[-1]
    held = sum(host.host.held.instances for host in pool.hosts.values())
    assert held == sizes[-1]


@given(replicas=st.integers(1, 8), surge=LIMITS, unavailable=LIMITS, seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_pods_that_crash_again_and_again_take_no_more_than_may_be_missing(replicas, surge, unavailable, seed):
    """The new version ends as soon as it answers, and its first probe is a second after its start: it never counts."""

    def work(image):
        return work_of(image) if image == "app:v1" else ContainerWork(OTHER, exits_after=0.001, exit_code=1)

    cluster, _ = hosted_cluster("containerd", seed, work)
    cluster.api.create(
        made("Deployment", replicas=replicas, strategy=strategy(surge, unavailable), template=probed("app:v1"))
    )
    run(cluster, 120)
    most, least = rolling.fenceposts(get(cluster, "Deployment"))
    watched = Watched(cluster)
    patch(cluster, {"spec": {"template": probed("app:v2")}})
    run(cluster, 300)
    assert watched.least >= replicas - least
    assert watched.most <= replicas + most
    assert not is_rolled_out(get(cluster, "Deployment"))
