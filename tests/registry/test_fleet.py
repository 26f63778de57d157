"""Many nodes against closed forms: bytes over the full link, depth of a tree, rounds of a swarm, fetches of a cache."""

import math
from dataclasses import replace

import pytest

from sim.archives.store import LayerStore, image_of_blobs
from sim.catalog.tables.registries import distribution
from sim.engine.seeds import SeedTree
from sim.registry.client import client_of
from sim.registry.fleet import Fleet, FleetRates, distribute
from sim.registry.luck import DrawnAhead
from sim.registry.work import Chore, Chores, LazyReading, Unpacking, lazily, work_of

MB = 10**6
CLIENT = client_of("dockerd", distribution().clients, hashing=math.inf, resume=True)
NO_UNPACKING = Unpacking(math.inf, math.inf, math.inf)
RATES = FleetRates(lookup=0.0, flow=math.inf, uplink=100.0 * MB, card=10.0 * MB, cores=4, speed=1.0)


def work(*layers, unpacking=NO_UNPACKING):
    blobs = [(f"l{n}", size, size) for n, size in enumerate(layers)]
    return work_of([image_of_blobs("a", blobs)], LayerStore(), unpacking)


def let(todo, nodes, through="registry", rates=RATES, client=CLIENT, seed=1, **fields):
    return distribute(todo, client, Fleet(nodes, through, rates, **fields), SeedTree(seed))


def test_a_thousand_nodes_through_one_uplink_take_all_bytes_over_its_rate():
    todo = work(*[n * MB for n in range(1, 11)])
    done = let(todo, 1000)
    assert done.pull == pytest.approx([55 * 1000 * MB / (100 * MB)] * 1000)
    assert done.registry_bytes == 55 * 1000 * MB
    assert done.registry_requests == 1000 + 10 * 1000


def test_few_nodes_are_bound_by_their_cards():
    assert let(work(20 * MB, 20 * MB), 5).pull == pytest.approx([4.0] * 5)


def test_a_layer_waits_for_its_first_byte_in_its_slot():
    """Four of 10 MB at 10 MB/s a connection: three after 0.5 s, by 1.5 s; the fourth takes as long once more."""
    rates = replace(RATES, flow=10.0 * MB, card=1000.0 * MB, lookup=1.0, first_byte=0.5)
    assert let(work(*[10 * MB] * 4), 2, rates=rates).pull == pytest.approx([4.0] * 2)


def test_blobs_that_come_at_once_share_the_disk():
    """Three of 10 MB at 10 MB/s each, there at 1 s; the disk writes 20 MB/s, so 1.5 s more for containerd alone."""
    rates = replace(RATES, flow=10.0 * MB, card=1000.0 * MB, disk=20.0 * MB)
    todo = work(*[10 * MB] * 3)
    containerd = client_of("containerd", distribution().clients, hashing=math.inf, resume=True)
    assert let(todo, 2, rates=rates, client=containerd).pull == pytest.approx([2.5] * 2)
    assert let(todo, 2, rates=rates).pull == pytest.approx([1.0] * 2)


def test_layers_wait_for_the_one_writer_that_flushes():
    """Three at once: each blob's two flushes of 0.1 s wait for those before, so they are there at 0.2, 0.4 and 0.6 s.

    The first layer asks for its five at 0.2 s, behind the other blobs', and has them by 1.1 s; two more by 2.1 s.
    """
    containerd = client_of("containerd", distribution().clients, hashing=math.inf, resume=True)
    images = [image_of_blobs("a", [(f"l{n}", 1, 1) for n in range(3)])]
    chores = Chores(blob=Chore(0.0, 2), layer=Chore(0.0, 5))
    todo = work_of(images, LayerStore(containerd.backend), NO_UNPACKING, chores=chores)
    done = let(todo, 2, rates=replace(RATES, card=math.inf, flush=0.1), client=containerd)
    assert done.pull == pytest.approx([2.1] * 2)
    assert done.unpack == pytest.approx([1.9] * 2)


@pytest.fixture
def each_by_itself(monkeypatch):
    """Luck that is said to spare nobody: each node is simulated."""
    return lambda: monkeypatch.setattr(DrawnAhead, "spares", lambda *_: False)


def test_nodes_in_step_are_what_each_of_them_is_alone(each_by_itself):
    """With a chance of failure that never comes true each node is simulated; the times are those of one for all."""
    each_by_itself()
    todo = work(8 * MB, 3 * MB, 13 * MB, 2 * MB, 7 * MB, unpacking=Unpacking(5.0 * MB, math.inf, math.inf))
    for through in ("registry", "mirror", "peer"):
        rates = replace(RATES, mirror_uplink=50.0 * MB, piece=1.0 * MB, local_flow=20.0 * MB)
        one, each = (let(todo, 60, through, rates, failure=failure) for failure in (0.0, 1e-300))
        assert one.pull == pytest.approx(each.pull, rel=1e-6)
        assert one.registry_bytes == pytest.approx(each.registry_bytes)
        assert one.registry_requests == each.registry_requests
    full = 8 + 8**2 + 8**3
    one, each = (let(todo, full, "tree", failure=failure) for failure in (0.0, 1e-300))
    assert sorted(one.pull) == pytest.approx(sorted(each.pull), rel=1e-6)


@pytest.mark.parametrize("through", ["registry", "mirror", "peer"])
def test_nodes_that_luck_spares_are_what_each_of_them_is_alone(through, each_by_itself):
    todo = work(8 * MB, 3 * MB, 13 * MB, 2 * MB, 7 * MB, unpacking=Unpacking(5.0 * MB, math.inf, math.inf))
    rates = replace(RATES, lookup=0.1, mirror_uplink=50.0 * MB, piece=1.0 * MB, local_flow=20.0 * MB)
    some = let(todo, 80, through, rates, failure=0.1, told=9)
    each_by_itself()
    each = let(todo, 80, through, rates, failure=0.1, told=9)
    for name in ("pull", "download", "read", "unpack", "moved"):
        assert getattr(some, name) == pytest.approx(getattr(each, name), rel=1e-9)
    assert 1 < len(set(some.moved)) < 60  # 0.9**5 of 80 are spared, which is 47
    assert (some.retries, some.registry_requests) == (each.retries, each.registry_requests)
    assert some.registry_bytes == pytest.approx(each.registry_bytes)
    for one, other in zip(some.told, each.told, strict=True):
        assert (one.node, one.nodes) == (other.node, other.nodes)
        # What ends at the same time is told in either order.
        for entry, same in zip(sorted(one.log), sorted(other.log), strict=True):
            assert entry[:3] == same[:3]
            assert entry[3:] == pytest.approx(same[3:], rel=1e-9, abs=1e-9)


def test_a_pull_through_cache_fetches_each_blob_once_and_asks_for_every_tag():
    todo = work(30 * MB, 20 * MB)
    rates = replace(RATES, mirror_uplink=500.0 * MB)
    done = let(todo, 1000, "mirror", rates)
    assert done.registry_bytes == 50 * MB
    assert done.registry_requests == 1000 + 2
    # Upstream, the two blobs share 100 MB/s: 20 MB are there at 0.4 s, 30 MB at 0.5 s; then 500 MB/s serve 50 GB.
    assert max(done.pull) == pytest.approx(0.4 + 50_000 / 500, rel=1e-3)


def test_a_warm_cache_fetches_nothing_and_one_that_does_not_join_requests_fetches_all():
    todo = work(30 * MB)
    rates = replace(RATES, mirror_uplink=500.0 * MB)
    warm = let(todo, 1000, "mirror", rates, warm=True)
    assert (warm.registry_bytes, warm.registry_requests) == (0, 1000)
    cold = let(todo, 1000, "mirror", rates, joins=False)
    assert cold.registry_bytes == 1000 * 30 * MB
    assert max(cold.pull) >= 0.99 * max(let(todo, 1000).pull)


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_a_tree_grows_with_its_depth_the_logarithm_of_its_nodes(levels):
    """The registry sends 8 x 40 MB at 100 MB/s, but at most 10 to a card; each level more, a card sends 8 x 40 MB."""
    nodes = sum(8**level for level in range(1, levels + 1))
    done = let(work(40 * MB), nodes, "tree")
    assert max(done.pull) == pytest.approx(4.0 + (levels - 1) * 32.0)
    assert done.registry_bytes == 8 * 40 * MB


@pytest.mark.parametrize("nodes", [1, 2, 10, 1000])
def test_peers_take_as_many_rounds_as_pieces_and_the_logarithm_of_the_nodes(nodes):
    """Where all send alike, M pieces take M + floor(log2 N) rounds (Mundinger, Weber and Weiss, 2008)."""
    rates = replace(RATES, uplink=10.0 * MB, piece=1.0 * MB)
    done = let(work(50 * MB), nodes, "peer", rates)
    assert max(done.pull) == pytest.approx((50 + math.floor(math.log2(nodes))) * 0.1)
    assert done.registry_bytes == 50 * MB


def test_failures_are_luck_of_a_node_and_the_same_seed_gives_them_again():
    todo = work(*[5 * MB] * 6)
    one, same, other = (let(todo, 200, failure=0.05, seed=seed) for seed in (1, 1, 2))
    assert one.pull == same.pull
    assert one.pull != other.pull
    assert max(one.pull) >= min(one.pull) + 4.9
    # 1200 downloads, each broken off a geometric number of times: 0.05 / 0.95 in the mean.
    expected, spread = 1200 * 0.05 / 0.95, math.sqrt(1200 * 0.05) / 0.95
    assert abs(one.retries - expected) < 4 * spread


def test_nodes_that_do_not_ask_together_wait_less():
    todo = work(20 * MB)
    together, apart = let(todo, 100), let(todo, 100, within=200.0)
    assert together.pull == pytest.approx([20.0] * 100)
    assert max(apart.pull) < 10.0
    assert min(apart.pull) == pytest.approx(2.0)


def test_a_lazy_image_is_mounted_by_its_index_and_read_on_demand():
    """5 % of 40 MB at 10 MB/s, 0.5 s to mount; then 10 % of them, twice over, at 1 MB/s."""
    reading = LazyReading(index=0.05, mount=0.5, read=0.1, amplification=2.0, rate=1.0 * MB)
    done = let(lazily(work(40 * MB), reading), 1)
    assert done.pull == pytest.approx([0.2 + 0.5])
    assert done.read == pytest.approx([0.7 + 8.0])
    assert done.moved == pytest.approx([10 * MB])


def test_of_nodes_in_step_one_is_told_with_its_number_of_likes():
    assert [(told.node, told.nodes) for told in let(work(MB), 100, told=5).told] == [(0, 100)]
    assert [told.node for told in let(work(MB), 100, "tree", told=5).told] == [0, 8, 72]
    assert [told.node for told in let(work(MB), 100, failure=0.5, told=5).told] == [0, 1, 2, 3, 4]


def test_who_asks_for_a_blob_that_somebody_has_got_gets_it_from_nearby():
    """20 MB at 1 MB/s take 20 s, at 4 MB/s 5 s. Who asks within the first 20 s takes as long as the first."""
    rates = replace(RATES, flow=1.0 * MB, near_flow=4.0 * MB)
    assert let(work(20 * MB), 5, rates=rates).pull == pytest.approx([20.0] * 5)
    spread = sorted(round(took, 6) for took in let(work(20 * MB), 50, rates=rates, within=100.0, seed=3).pull)
    assert set(spread) == {5.0, 20.0}
    assert len([took for took in spread if took == 5.0]) == pytest.approx(40, abs=6)
