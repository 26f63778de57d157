"""A node's images: shared layers come once, and a kubelet's pulls queue; each time is worked out by hand."""

from functools import partial

import pytest
from simpy import Environment

from sim.machine.host import RunningHost
from sim.platforms.nodeimages import DOCKERD, NodeImages, PullQueue, kubelet_queue
from sim.platforms.pull import PulledLayer
from tests.platforms.conftest import make_host
from tests.platforms.test_pull import MB, REGISTRY

SERIAL = PullQueue(serial=True)


def layer(name, compressed=4 * MB):
    return PulledLayer(compressed, 0, name)


BASE, APP, TOOL, OTHER = layer("base"), layer("app"), layer("tool"), layer("other")


def asked(*images, queue=DOCKERD, always=False, apart=0.0):
    """When each image was there; each takes 1 s of round trips, and 2 s a layer of 4 MB at 2 MB/s."""
    env = Environment()
    store = NodeImages(RunningHost(env, make_host()), queue, numbers=REGISTRY)
    log = []

    def noted(name, _):
        log.append((name, round(env.now, 6)))

    for name, layers in images:
        store.ensure(name, layers, partial(noted, name), always=always)
        if apart:
            env.run(until=env.now + apart)
    env.run()
    return log


def test_images_are_pulled_side_by_side_or_one_after_the_other():
    images = ("a", [BASE]), ("b", [OTHER])
    assert asked(*images) == [("a", 3.0), ("b", 3.0)]
    assert asked(*images, queue=SERIAL) == [("a", 3.0), ("b", 6.0)]


def test_a_layer_that_another_image_brought_is_not_fetched_again():
    """b has the base already, and one layer of its own: 1 s of round trips and 2 s."""
    images = ("a", [BASE, layer("app", 40 * MB)]), ("b", [BASE, TOOL])
    assert asked(*images, queue=SERIAL) == [("a", 21.0), ("b", 24.0)]
    assert asked(("a", [BASE, APP]), ("b", [BASE, APP]), apart=10.0) == [("a", 3.0), ("b", 11.0)]


def test_a_layer_counts_as_the_same_only_on_the_same_parents():
    assert asked(("a", [BASE, APP]), ("b", [OTHER, APP]), apart=10.0) == [("a", 3.0), ("b", 13.0)]


def test_an_image_whose_layers_another_pull_is_bringing_waits_for_that_pull():
    assert asked(("a", [BASE, APP]), ("b", [BASE, TOOL])) == [("a", 3.0), ("b", 6.0)]


def test_dockerd_joins_pulls_of_one_image_and_a_kubelet_asks_the_registry_once_more():
    images = ("a", [BASE]), ("a", [BASE])
    assert asked(*images) == [("a", 3.0), ("a", 3.0)]
    assert asked(*images, queue=SERIAL) == [("a", 3.0), ("a", 4.0)]


def test_an_image_that_is_there_costs_nothing_unless_the_registry_is_to_be_asked():
    images = ("a", [BASE]), ("a", [BASE])
    assert asked(*images, apart=10.0) == [("a", 3.0), ("a", 10.0)]
    assert asked(*images, apart=10.0, always=True) == [("a", 3.0), ("a", 11.0)]


def test_pulls_beyond_the_burst_are_tried_again_after_ten_seconds_and_twice_as_long_each_time():
    """One token at once, then one in 20 s: the second pull is refused at 0, 10 (half a token) and let through at 30."""
    slow = PullQueue(qps=0.05, burst=1)
    assert asked(("a", [BASE]), ("b", [OTHER]), queue=slow) == [("a", 3.0), ("b", 33.0)]


def test_a_kubelet_pulls_one_image_at_a_time_five_a_second_ten_at_once():
    """Kubernetes 1.32: serializeImagePulls, registryPullQPS, registryBurst of KubeletConfiguration."""
    queue = kubelet_queue()
    assert (queue.serial, queue.qps, queue.burst) == (True, 5.0, 10)
    assert (queue.back_off, queue.longest) == (10.0, 300.0)


@pytest.mark.parametrize("queue", [DOCKERD, SERIAL])
def test_layers_without_a_digest_are_never_shared(queue):
    bare = PulledLayer(4 * MB, 0)
    assert asked(("a", [bare]), ("b", [bare]), queue=queue, apart=10.0) == [("a", 3.0), ("b", 13.0)]
