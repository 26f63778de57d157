"""The ledger in time: every byte is somewhere once, and nothing exceeds what there is."""

import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sim.catalog import load
from sim.catalog.model import SharedBy
from sim.catalog.number import Number
from sim.machine.bill import Bill, BillLine
from sim.machine.billing import bill, equal
from sim.machine.ledger import Ledger
from sim.machine.pages import Pages

MIB = 2**20
NUMBER = Number(1.0, "B", sources=("definition",))


def line(
    size: int, part: str = "guest/memory", *, guest: bool = True, share: SharedBy = "instance", key: str = ""
) -> BillLine:
    return BillLine(part, "guest", "kernel", share, size, NUMBER, key=key, file=share == "content", guest=guest)


def same(size: int, key: str = "k"):
    return lambda _: (size, key)


def filled(pages: Pages, size: int, equal_bytes: int, count: int = 1):
    found = []
    for _ in range(count):
        instance = pages.add(Bill((line(size),), configured=size), same(equal_bytes))
        pages.populate(instance.holdings[0], size)
        found.append(instance.holdings[0])
    return found


RAM, SWAP = 1000, 300
SIZES = st.integers(1, 200)


class Conservation(RuleBasedStateMachine):
    """Whatever is done in whatever order: the sums are those of the parts, within RAM and swap."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = Pages(RAM, SWAP)
        self.touched = 0  # what was touched and not given back, counted beside the ledger

    def holdings(self):
        return list(self.pages.holdings())

    @rule(shared=st.integers(0, 50), key=st.sampled_from("ab"), equal_bytes=st.integers(0, 150))
    def add(self, shared, key, equal_bytes):
        one = Bill((line(200), line(shared, "file", guest=False, share="content", key=key)), configured=200)
        if self.pages.sharing(one) > self.pages.free:
            with pytest.raises(ValueError, match="do not fit"):
                self.pages.add(one)
        else:
            self.pages.add(one, same(equal_bytes, key))

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data())
    def remove(self, data):
        instance = self.pages.instances[data.draw(st.sampled_from(sorted(self.pages.instances)))]
        self.touched -= sum(each.bytes for each in instance.holdings)
        before = self.pages.used
        assert self.pages.remove(instance) == before - self.pages.used >= 0

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data(), size=SIZES)
    def touch(self, data, size):
        holding = data.draw(st.sampled_from(self.holdings()))
        if size > self.pages.free:
            with pytest.raises(ValueError, match="do not fit"):
                self.pages.populate(holding, size)
        else:
            self.pages.populate(holding, size)
            self.touched += size

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data(), size=SIZES)
    def give_back(self, data, size):
        holding = data.draw(st.sampled_from(self.holdings()))
        size = min(size, holding.bytes)
        self.pages.release(holding, size)
        self.touched -= size

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data(), upto=SIZES)
    def merge(self, data, upto):
        before = self.pages.used
        self.pages.merge(data.draw(st.sampled_from(self.holdings())), upto)
        assert self.pages.used <= before

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data(), size=SIZES)
    def write(self, data, size):
        """Copies where they fit; where they do not, all is as it was."""
        holding = data.draw(st.sampled_from(self.holdings()))
        size = min(size, holding.merged)
        before = self.pages.sums()
        try:
            self.pages.unshare(holding, size)
        except ValueError:
            assert self.pages.sums() == before
            assert size > self.pages.free
        else:
            self.pages.diverge(holding, min(size, holding.equal - holding.merged))

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data(), size=SIZES)
    def swap_out(self, data, size):
        holding = data.draw(st.sampled_from(self.holdings()))
        if size > min(holding.resident, self.pages.swap_free):
            with pytest.raises(ValueError, match="cannot go to swap"):
                self.pages.swap_out(holding, size)
        else:
            self.pages.swap_out(holding, size)

    @precondition(lambda self: self.pages.instances)
    @rule(data=st.data(), size=SIZES)
    def swap_in(self, data, size):
        holding = data.draw(st.sampled_from(self.holdings()))
        size = min(size, holding.swapped, self.pages.free)
        self.pages.swap_in(holding, size)

    @rule(key=st.sampled_from("xyz"), size=SIZES)
    def cache(self, key, size):
        self.pages.cache(key, min(size, self.pages.free))

    @rule(size=SIZES)
    def reclaim(self, size):
        before = self.pages.cached
        assert self.pages.drop(size) == before - self.pages.cached == min(size, before)

    @invariant()
    def the_sums_are_those_of_the_parts(self):
        assert self.pages.sums() == self.pages.audit()
        assert sum(each.bytes for each in self.pages.holdings()) == self.touched

    @invariant()
    def nothing_exceeds_what_there_is(self):
        assert 0 <= self.pages.used <= RAM
        assert 0 <= self.pages.swapped <= SWAP
        assert self.pages.saved >= 0
        for each in self.pages.holdings():
            assert min(each.resident, each.merged, each.swapped, each.equal) >= 0
            assert each.merged <= each.equal


class ConservationWithZram(Conservation):
    """The same, with half of the swap in memory, where 2.5 bytes go into one."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = Pages(RAM, SWAP // 2, SWAP // 2, 2.5)

    @invariant()
    def what_is_compressed_is_part_of_what_is_swapped(self):
        """Never more than the device holds or than went to swap, and never more memory than that takes."""
        most = min(self.pages.swapped, SWAP // 2)
        least = max(self.pages.swapped - SWAP // 2, 0)
        assert math.ceil(least / 2.5) <= self.pages.compressed <= math.ceil(most / 2.5)


TestConservationWithZram = ConservationWithZram.TestCase
TestConservationWithZram.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

TestConservation = Conservation.TestCase
TestConservation.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("technology", ["qemu-kvm", "docker", "lxc", "kata", "process"])
def test_instances_that_have_all_they_hold_are_what_the_static_ledger_says(technology):
    found = load.technology(technology)
    guest = load.guest(found.guests[0]) if found.guests else None
    one = bill(found, guest, load.application("nginx"))
    pages, ledger = Pages(2**40), Ledger()
    for _ in range(7):
        for holding in pages.add(one).holdings:
            pages.populate(holding, holding.line.bytes)
    ledger.add(one, 7)
    assert pages.used == ledger.totals().physical


def test_when_all_that_is_equal_is_merged_it_is_what_the_static_ledger_says_of_ksm():
    technology, guest = load.technology("qemu-kvm"), load.guest("debian-cloud")
    plain, merged = (bill(technology, guest, load.application("web"), ksm=ksm) for ksm in (False, True))
    pages, ledger = Pages(2**40), Ledger()
    for _ in range(5):
        for holding in pages.add(plain, lambda each: equal(each, guest)).holdings:
            pages.populate(holding, holding.line.bytes)
            pages.merge(holding, holding.equal)
    ledger.add(merged, 5)
    assert pages.used == ledger.totals().physical


def test_merging_by_hand():
    """Three guests of 100, 60 of them equal: 2 x 60 are saved. One writes to 25 of its 60."""
    pages = Pages(1000)
    found = filled(pages, 100, 60, 3)
    assert [pages.merge(each, 60) for each in found] == [0, 60, 60]
    assert (pages.used, pages.saved, pages.tree("k")) == (3 * 40 + 60, 120, 60)
    pages.unshare(found[0], 25)
    assert (pages.used, pages.saved) == (3 * 40 + 60 + 25, 95)
    pages.diverge(found[0], 25)
    assert pages.merge(found[0], 60) == 0
    pages.remove(found[1].instance)
    assert (pages.used, pages.saved) == (2 * 40 + 60 + 25, 35)


def test_the_last_who_maps_merged_pages_frees_them():
    pages = Pages(1000)
    first, second = filled(pages, 100, 100, 2)
    for each in (first, second):
        pages.merge(each, 100)
    assert pages.release(first, 100) == 0
    assert pages.release(second, 100) == 100
    assert pages.used == 0


def test_a_kernels_pages_do_not_go_to_swap_and_a_guests_do():
    pages = Pages(1000, 1000)
    slab = BillLine("host/slab", "technology", "kernel", "instance", 10, NUMBER, in_rss=False)
    instance = pages.add(Bill((slab, line(10)), configured=10))
    for each in instance.holdings:
        pages.populate(each, 10)
    with pytest.raises(ValueError, match="host/slab cannot go to swap"):
        pages.swap_out(instance.holdings[0], 10)
    pages.swap_out(instance.holdings[1], 10)
    assert (pages.used, pages.swapped) == (10, 10)


def test_a_daemon_stays_when_its_last_instance_goes():
    pages = Pages(100)
    one = Bill((line(10), line(30, "daemon", guest=False, share="host", key="daemon")))
    pages.keep(one)
    instance = pages.add(one)
    pages.populate(instance.holdings[0], 10)
    assert pages.used == 40
    pages.remove(instance)
    assert pages.used == 30
    assert pages.sums() == pages.audit()
    with pytest.raises(ValueError, match="do not fit"):
        Pages(20).keep(one)


def test_page_cache_is_given_up_oldest_first_or_by_its_content():
    pages = Pages(100)
    for key in ("a", "b", "c"):
        pages.cache(key, 30)
    assert pages.drop(40) == 40
    assert [pages.cached_of(key) for key in ("a", "b", "c")] == [0, 20, 30]
    assert pages.drop(100, "c") == 30
    assert pages.used == 20


@pytest.mark.parametrize(
    "wrong",
    [
        lambda pages, holding: pages.release(holding, 101),
        lambda pages, holding: pages.unshare(holding, 1),
        lambda pages, holding: pages.diverge(holding, 61),
        lambda pages, holding: pages.swap_in(holding, 1),
    ],
    ids=["release", "unshare", "diverge", "swap in"],
)
def test_more_than_there_is_cannot_be_moved(wrong):
    pages = Pages(1000)
    (holding,) = filled(pages, 100, 60)
    with pytest.raises(ValueError, match="more than"):
        wrong(pages, holding)
    assert pages.sums() == pages.audit()


def test_a_swap_in_memory_gives_back_what_compression_leaves():
    """100 bytes go to a swap of 60 in memory, at 2.5 to one, and 40 on a disk: 24 stay in use."""
    pages = Pages(1000, 50, 60, 2.5)
    (holding,) = filled(pages, 200, 0)
    pages.swap_out(holding, 100)
    assert (pages.used, pages.compressed, pages.swapped, pages.swap_free) == (124, 24, 100, 10)
    pages.swap_in(holding, 50)
    assert (pages.used, pages.compressed, pages.swapped) == (162, 12, 50)
    pages.release(holding, holding.bytes)
    assert (pages.used, pages.compressed, pages.swapped) == (0, 0, 0)
