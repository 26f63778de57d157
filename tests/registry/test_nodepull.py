"""One node's pull against the list schedule of its slots and the chain of its unpacking, and retries step by step."""

import heapq
import itertools
import math
import random
from dataclasses import replace

import pytest
from simpy import Environment

from sim.archives.store import LayerStore, image_of_blobs
from sim.catalog.tables.registries import distribution
from sim.engine.alarm import Alarm
from sim.registry.client import client_of
from sim.registry.nodepull import NodePull
from sim.registry.work import NO_CHORES, Chore, Chores, Unpacking, work_of

DOCKERD, CONTAINERD, SERIAL, PARALLEL = (
    client_of(name, distribution().clients, hashing=math.inf, resume=True)
    for name in ("dockerd", "containerd", "kubelet-serial", "kubelet-parallel")
)
UNPACKING = Unpacking(10.0, math.inf, math.inf)
"""Ten bytes of output a second."""


class Site:
    """Every connection carries one byte a second, cores are many, a tag takes `lookup` seconds.

    A byte is on the disk after `commit` seconds, and a small write after `flush`.
    """

    def __init__(self, lookup=0.0, commit=0.0, flush=0.0):
        self.commit_seconds = commit
        self.flush_seconds = flush
        self.env = Environment()
        self.lookup = lookup
        self.fetched = []

    def _after(self, delay, done, argument):
        Alarm(self.env, lambda _: done(argument)).arm(delay)

    def ask(self, done, job):
        self._after(self.lookup, done, job)

    def fetch(self, blob, size, done):
        self.fetched.append((self.env.now, blob, size))
        self._after(size, done, blob)

    def commit(self, blob, size, done):
        self._after(size * self.commit_seconds, done, blob) if self.commit_seconds else done(blob)

    def flush(self, count, done, argument):
        self._after(count * self.flush_seconds, done, argument) if count * self.flush_seconds else done(argument)

    def compute(self, seconds, done, unit):
        self._after(seconds, done, unit)

    def arrived(self, blob):
        pass


def image(name, *layers):
    """Layers as (compressed, unpacked); a third item names the blob."""
    return image_of_blobs(
        name, [(rest[0] if rest else f"{name} {n}", small, large) for n, (small, large, *rest) in enumerate(layers)]
    )


def pull(client, *images, store=None, lookup=0.0, commit=0.0, luck=None, failure=0.0, flush=0.0, chores=NO_CHORES):
    site, log = Site(lookup, commit, flush), []
    work = work_of(images, store or LayerStore(client.backend), UNPACKING, chores=chores)
    node = NodePull(work, client, site, lambda _: None, failure=failure, luck=luck, log=log)
    node.start()
    site.env.run()
    return node, log, site


def schedule(layers, slots=3):
    """(last byte, unpacked) by hand: the next layer goes to the slot that is free first; unpacking is one chain."""
    free = [0.0] * slots
    arrivals = []
    for small, _ in layers:
        begin = heapq.heappop(free)
        arrivals.append(begin + small)
        heapq.heappush(free, begin + small)
    end = 0.0
    for (_, large), here in zip(layers, arrivals, strict=True):
        end = max(end, here) + large / 10.0
    return max(arrivals), end


def test_a_pull_is_the_list_schedule_of_three_slots_and_a_chain_of_unpacking():
    draw = random.Random(3)
    for _ in range(40):
        layers = [(draw.randint(1, 50), draw.randint(1, 300)) for _ in range(draw.randint(1, 12))]
        node, _, _ = pull(DOCKERD, image("a", *layers))
        assert (node.last_byte, node.ended) == pytest.approx(schedule(layers))
        assert node.unpack_seconds == pytest.approx(sum(large for _, large in layers) / 10.0)


def test_a_worked_example():
    """Slots: 10, 4 and 6 s; the fourth layer begins at 4 and ends at 9. Unpacking: 10-12, 12-13, 13-16, 16-16.5."""
    node, log, _ = pull(DOCKERD, image("a", (10, 20), (4, 10), (6, 30), (5, 5)))
    downloads = {entry.digest: (entry.start, entry.end, entry.queued) for entry in log if entry.kind == "download"}
    assert downloads == {"a 0": (0, 10, 0), "a 1": (0, 4, 0), "a 2": (0, 6, 0), "a 3": (4, 9, 4)}
    unpacks = [(entry.digest, entry.start, entry.end, entry.queued) for entry in log if entry.kind == "unpack"]
    assert unpacks == [("a 0", 10, 12, 0), ("a 1", 12, 13, 8), ("a 2", 13, 16, 7), ("a 3", 16, 16.5, 7)]
    assert node.ended == 16.5


def test_dockerd_shares_three_slots_among_images_and_containerd_gives_each_image_three():
    images = [image(name, (10, 0), (10, 0), (10, 0)) for name in "ab"]
    assert pull(DOCKERD, *images)[0].ended == pytest.approx(20.0)
    assert pull(CONTAINERD, *images)[0].ended == pytest.approx(10.0)


def test_containerd_has_a_blob_on_the_disk_before_it_unpacks_it_and_asks_for_the_next():
    """Three slots of 10 s and 5 s of writing; the fourth layer begins at 15, is there at 19 and written at 21."""
    four = image("a", (10, 20), (10, 0), (10, 0), (4, 10))
    node, log, site = pull(CONTAINERD, four, commit=0.5)
    assert [at for at, _, _ in site.fetched] == [0, 0, 0, 15]
    assert [(entry.start, entry.end) for entry in log if entry.kind == "commit"] == [(10, 15)] * 3 + [(19, 21)]
    assert [entry.start for entry in log if entry.kind == "unpack" and entry.digest == "a 0"] == [15]
    assert (node.last_byte, node.ended) == (19, 22)
    assert pull(DOCKERD, four, commit=0.5)[0].ended == 15  # 10 + 4 bytes, and one second to unpack


def test_an_engines_notes_of_an_image_a_blob_and_a_layer_come_each_in_its_place():
    """Flushes of 0.5 s. The tag is known at 1; notes of the image take 2 + 2 x 0.5, so the downloads begin at 4.

    Both blobs are there at 8 and 6, and noted 1 + 0.5 later. The first layer is unpacked from 9.5 for 2 + 3 s and then
    flushed for 4 x 0.5, by 16.5; the second takes 1 + 3 + 2.
    """
    chores = Chores(Chore(2.0, 2), Chore(1.0, 1), Chore(3.0, 4))
    node, log, _ = pull(CONTAINERD, image("a", (4, 20), (2, 10)), lookup=1.0, flush=0.5, chores=chores)
    times = {(entry.kind, entry.digest): (entry.start, entry.end) for entry in log}
    assert times == {
        ("download", "a 0"): (4, 8),
        ("download", "a 1"): (4, 6),
        ("commit", "a 0"): (8, 9.5),
        ("commit", "a 1"): (6, 7.5),
        ("unpack", "a 0"): (9.5, 16.5),
        ("unpack", "a 1"): (16.5, 22.5),
    }
    assert node.ended == 22.5


def test_dockerd_notes_no_blob_and_nothing_is_noted_of_an_image_that_is_there():
    chores = Chores(Chore(2.0, 2), Chore(1.0, 1), Chore(3.0, 4))
    there = image("a", (4, 20))
    assert pull(DOCKERD, there, chores=chores, flush=0.5)[0].ended == 3 + 4 + (2 + 3 + 2)
    for client in (DOCKERD, CONTAINERD):
        store = LayerStore(client.backend).add(there)
        assert pull(client, there, store=store, lookup=1.0, chores=chores, flush=0.5)[0].ended == 1


def test_a_serial_kubelet_pulls_one_image_after_the_other():
    images = [image("a", (10, 50)), image("b", (3, 10)), image("c", (2, 0))]
    assert pull(SERIAL, *images, lookup=1.0)[0].ended == pytest.approx((1 + 10 + 5) + (1 + 3 + 1) + (1 + 2))
    assert pull(PARALLEL, *images, lookup=1.0)[0].ended == pytest.approx(1 + 10 + 5)


def test_a_parallel_kubelet_begins_ten_pulls_at_once_and_then_five_a_second():
    images = [image(f"i{n}", (100, 0)) for n in range(13)]
    _, log, _ = pull(PARALLEL, *images)
    starts = [entry.start for entry in log if entry.kind == "download"]
    assert starts == pytest.approx([0.0] * 10 + [0.2, 0.4, 0.6])


def test_a_layer_that_two_images_have_is_fetched_and_unpacked_once():
    base = (10, 100, "base")
    node, log, site = pull(CONTAINERD, image("a", base, (1, 10)), image("b", base, (2, 10)))
    assert sorted(size for _, _, size in site.fetched) == [1, 2, 10]
    assert [entry.digest for entry in log if entry.kind == "unpack"].count("base") == 1
    assert node.ended == pytest.approx(10 + 10 + 1)
    assert node.work.asked_bytes - node.work.moved_bytes == 10


def test_an_existing_chain_is_neither_fetched_nor_unpacked_and_a_kept_blob_is_unpacked_only():
    """containerd keeps blobs, so one on another parent is not fetched again; a graph driver fetches it."""
    old, new = image("old", (10, 0, "base"), (5, 20, "top")), image("new", (4, 0, "other"), (5, 20, "top"))
    for client, sizes in ((CONTAINERD, [4]), (DOCKERD, [4, 5])):
        _, log, site = pull(client, new, store=LayerStore(client.backend).add(old))
        assert sorted(size for _, _, size in site.fetched) == sizes
        assert [entry.digest for entry in log if entry.kind == "unpack"] == ["other", "top"]
        node, log, _ = pull(client, old, store=LayerStore(client.backend).add(old), lookup=2.0)
        assert (node.ended, log) == (2.0, [])


def test_layers_are_unpacked_side_by_side_where_the_snapshotter_can():
    """Blobs at 1, 2 and 3 s, each 10 s to unpack: two at once are 1-11, 2-12, 11-21; the chain 1-11-21-31."""
    layers = [(1, 100), (2, 100), (3, 100)]
    assert pull(replace(CONTAINERD, unpacks=2), image("a", *layers))[0].ended == pytest.approx(21.0)
    assert pull(CONTAINERD, image("a", *layers))[0].ended == pytest.approx(31.0)


def test_hashing_lags_behind_a_fast_download():
    """10 bytes in 10 s, hashed at half a byte a second: 10 s more, and only then unpacked for 1 s."""
    node, log, _ = pull(replace(DOCKERD, hashing=0.5), image("a", (10, 10)))
    assert [(entry.kind, entry.start, entry.end) for entry in log] == [
        ("download", 0, 10),
        ("verify", 10, 20),
        ("unpack", 20, 21),
    ]
    assert node.last_byte == 10


class Luck:
    """Breaks off the first `times` attempts, each half-way."""

    def __init__(self, times):
        self._draws = itertools.chain([0.0, 0.5] * times, itertools.repeat(0.99))

    def random(self):
        return next(self._draws)


def test_dockerd_waits_5_10_15_and_20_seconds_and_goes_on_where_it_broke_off():
    """32 bytes: 16, wait 5; 8, wait 10; 4, wait 15; 2, wait 20; the last 2."""
    node, _, site = pull(DOCKERD, image("a", (32, 0)), luck=Luck(4), failure=0.5)
    assert site.fetched == [(0, 0, 16), (21, 0, 8), (39, 0, 4), (58, 0, 2), (80, 0, 2)]
    assert (node.ended, node.retries, node.moved) == (82, 4, 32)


def test_without_ranges_every_attempt_begins_anew():
    """Half of 32 twice in vain, with waits of 5 and 10 s, then all of it."""
    node, _, _ = pull(replace(DOCKERD, resume=False), image("a", (32, 0)), luck=Luck(2), failure=0.5)
    assert (node.ended, node.moved) == (16 + 5 + 16 + 10 + 32, 64)


def test_a_pull_that_dockerd_gives_up_is_asked_for_again_from_the_first_byte():
    node, _, site = pull(DOCKERD, image("a", (32, 0)), luck=Luck(5), failure=0.5)
    assert [size for _, _, size in site.fetched] == [16, 8, 4, 2, 1, 32]
    assert node.retries == 5


def test_a_kubelet_backs_off_10_20_40_up_to_300_seconds_each_time_containerd_gives_up():
    """Four attempts, at once one after the other, then a back-off. Eight times four of them."""
    _, _, site = pull(SERIAL, image("a", (1, 0)), luck=Luck(32), failure=0.5)
    times = [when for when, _, _ in site.fetched]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert [round(gap) for gap in gaps if gap > 5] == [10, 20, 40, 80, 160, 300, 300, 300]
