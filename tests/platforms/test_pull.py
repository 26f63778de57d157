"""A pull: three layers at once, unpacked in order, once a host; each time is worked out by hand."""

import pytest
from simpy import Environment

from sim.catalog.images import ImageLayer, OfficialImage
from sim.catalog.number import Number
from sim.catalog.tables.registries import Registry
from sim.machine.host import RunningHost
from sim.platforms.plan import BootPlan
from sim.platforms.pull import ImageStore, PulledLayer, Pulling, layers_of, with_pull
from sim.scenario import Text

MB = 1_000_000


def number(value, unit):
    return Number(value, unit, sources=("by hand",))


FLOW = number(2.0 * MB, "B/s")
REGISTRY = Pulling(
    Registry("a", Text(en="a", ja="a"), number(1.0, "s"), FLOW, FLOW, number(1e12, "B/s")),
    unpack=number(100.0 * MB, "B/s"),
)
"""Connections of 2 MB/s on the hosts' 10 MB/s card, and unpacking at 100 MB/s."""


@pytest.fixture
def pull(host):
    def make(*layers, asks=(0.0,), **fields):
        env = Environment()
        store = ImageStore(RunningHost(env, host(**fields)), layers, REGISTRY)
        log = []
        for when in asks:
            if when:
                env.run(until=when)
            store.ensure(lambda downloaded: log.append((downloaded, env.now)))
        env.run()
        return log

    return make


def test_a_layer_is_downloaded_then_unpacked(pull):
    """1 s of round trips, 4 MB at 2 MB/s, 50 MB at 100 MB/s."""
    assert pull(PulledLayer(4 * MB, 50 * MB)) == [(pytest.approx(3.0), pytest.approx(3.5))]


def test_three_layers_are_downloaded_at_once_and_a_fourth_waits(pull):
    """Equal layers of 4 MB at 2 MB/s: three by 3 s, the fourth by 5 s; unpacking them takes no time here."""
    layers = [PulledLayer(4 * MB, 0)] * 4
    assert pull(*layers[:3])[0][0] == pytest.approx(3.0)
    assert pull(*layers)[0][0] == pytest.approx(5.0)


def test_layers_are_unpacked_in_order_even_if_a_later_one_is_there_first(pull):
    """The first layer takes 4 s to come, the second 1 s; then 1 s and 2 s of unpacking, one after the other."""
    assert pull(PulledLayer(8 * MB, 100 * MB), PulledLayer(2 * MB, 200 * MB)) == [
        (pytest.approx(5.0), pytest.approx(8.0))
    ]


def test_unpacking_hides_behind_the_download_of_what_follows(pull):
    """The first is there at 2 s and unpacked by 3 s; the second comes at 5 s and takes 0.5 s to unpack."""
    assert pull(PulledLayer(2 * MB, 100 * MB), PulledLayer(8 * MB, 50 * MB)) == [
        (pytest.approx(5.0), pytest.approx(5.5))
    ]


def test_connections_share_a_slow_card(pull, amount):
    """Three of 2 MB/s would take 6 MB/s; the card gives 3, so 12 MB take 4 s."""
    layers = [PulledLayer(4 * MB, 0)] * 3
    assert pull(*layers, network=amount(3.0 * MB, "B/s"))[0][0] == pytest.approx(5.0)


def test_a_host_pulls_once_and_later_requests_wait_for_the_end_of_it(pull):
    ends = pull(PulledLayer(4 * MB, 50 * MB), asks=(0.0, 2.0, 3.2, 9.0))
    assert ends == [(pytest.approx(3.0), pytest.approx(when)) for when in (3.5, 3.5, 3.5, 9.0)]


def test_an_image_without_layers_takes_the_round_trips(pull):
    assert pull() == [(1.0, 1.0)]


def test_a_plan_with_a_pull_starts_with_download_and_unpacking(host):
    plan = with_pull(
        BootPlan((), 0, 0), host(), [PulledLayer(2 * MB, 100 * MB), PulledLayer(8 * MB, 50 * MB)], REGISTRY
    )
    assert [(step.id, step.owner, step.demand) for step in plan.steps] == [
        ("pull-download", "files", "transfer"),
        ("pull-unpack", "files", "cpu"),
    ]
    assert plan.pull == pytest.approx((5.0, 0.5))
    assert (plan.runtime, plan.init) == (2, 2)


def test_an_official_images_layers_are_pulled_at_their_real_sizes():
    image = OfficialImage(
        "a:1", "linux/amd64", "", "", "", (ImageLayer("", 29_000_000, ""), ImageLayer("", 32, "", empty=True)), (), ""
    )
    layers = layers_of(image)
    assert [layer.compressed for layer in layers] == [29_000_000, 32]
    assert layers[0].size > 2 * layers[0].compressed
    assert layers_of(image, "low")[0].size < layers[0].size < layers_of(image, "high")[0].size
