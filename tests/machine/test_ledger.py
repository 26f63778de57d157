"""The memory ledger: pages are counted once, wherever they are mapped, and taking away undoes adding."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.catalog import load
from sim.catalog.model import SharedBy
from sim.catalog.number import Number
from sim.errors import InputError
from sim.machine.bill import Bill, BillLine
from sim.machine.billing import bill
from sim.machine.ledger import Ledger, Totals

MIB = 2**20
NUMBER = Number(1.0, "B", sources=("definition",))


def line(share: SharedBy, size: int, key: str = "", *, in_rss: bool = True, mappings: int = 1) -> BillLine:
    return BillLine(
        part=f"{share}-{key}",
        origin="application",
        owner="application",
        share=share,
        bytes=size,
        number=NUMBER,
        key=key,
        in_rss=in_rss,
        mappings=mappings,
        file=share == "content",
    )


lines = st.one_of(
    st.builds(
        line,
        st.just("instance"),
        st.integers(1, 10**6),
        in_rss=st.booleans(),
        mappings=st.integers(1, 5),
    ),
    # One content has one size, as a file has: the key decides it.
    st.sampled_from("abc").map(lambda key: line("content", 100 + ord(key), key)),
    st.sampled_from("de").map(lambda key: line("host", 200 + ord(key), key)),
)
bills = st.builds(
    Bill, st.lists(lines, max_size=6, unique_by=lambda each: each.key or id(each)).map(tuple), st.integers(0, 10**6)
)
EMPTY = Totals(0, 0, 0, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(bills, st.integers(1, 4)), max_size=5))
def test_bytes_are_the_sum_over_instances_and_host(cohorts):
    """Physical memory is what the records say is there once; RSS counts a page for each that maps it."""
    ledger = Ledger()
    for one, count in cohorts:
        ledger.add(one, count)
    records = [record for record in ledger.records("x") if record.touched]
    totals = ledger.totals()
    private = sum(each.bytes * count for one, count in cohorts for each in one.lines if each.share == "instance")
    shared = {each.key: each.bytes for one, _ in cohorts for each in one.lines if each.share != "instance"}
    assert totals.physical == private + sum(shared.values()) == sum(record.bytes for record in records)
    assert totals.rss == sum(record.bytes * record.mappers for record in records if record.in_rss)
    assert totals.pss == sum(record.bytes for record in records if record.in_rss)
    assert totals.pss <= totals.rss
    assert totals.pss <= totals.physical
    assert totals.configured == sum(one.configured * count for one, count in cohorts)
    assert ledger.instances == sum(count for _, count in cohorts)


@settings(max_examples=60, deadline=None)
@given(st.lists(bills, min_size=1, max_size=5), st.data())
def test_taking_away_undoes_adding_in_any_order(added, data):
    ledger = Ledger()
    ledger.add(added[0])
    before = ledger.totals()
    handles = [ledger.add(one) for one in added]
    for handle in data.draw(st.permutations(handles)):
        ledger.remove(handle)
    assert ledger.totals() == before
    ledger.remove(0)
    assert ledger.totals() == EMPTY
    assert list(ledger.records("x")) == []


@settings(max_examples=40, deadline=None)
@given(bills, st.integers(2, 6))
def test_a_cohort_is_so_many_single_instances(one, count):
    together, singly = Ledger(), Ledger()
    together.add(one, count)
    for _ in range(count):
        singly.add(one)
    assert together.totals() == singly.totals()


def test_a_ledger_refuses_what_makes_no_sense():
    ledger = Ledger()
    with pytest.raises(ValueError, match="count 0"):
        ledger.add(Bill(()), 0)
    with pytest.raises(KeyError):
        ledger.remove(7)


def test_three_containers_of_one_image_by_hand():
    """Each has 10 of its own and 3 of kernel; all map 100 of one file; one daemon has 50."""
    one = Bill(
        (
            line("instance", 10),
            line("instance", 3, in_rss=False),
            line("content", 100, "libc"),
            line("host", 50, "dockerd"),
        )
    )
    ledger = Ledger()
    ledger.add(one, 3)
    assert ledger.totals() == Totals(
        physical=3 * 10 + 3 * 3 + 100 + 50, rss=3 * 10 + 3 * 100 + 50, pss=3 * 10 + 100 + 50, configured=0
    )


def test_shared_pages_that_ps_does_not_count_are_in_neither_rss_nor_pss():
    """Two instances have 10 each of their own; beside them 7 of one content and 5 of the host, neither in a process."""
    one = Bill((line("instance", 10), line("content", 7, "slab", in_rss=False), line("host", 5, "kmem", in_rss=False)))
    ledger = Ledger()
    ledger.add(one, 2)
    assert ledger.totals() == Totals(physical=2 * 10 + 7 + 5, rss=2 * 10, pss=2 * 10, configured=0)


def shipped(technology: str, application: str = "web", guest: str = "", **options) -> Bill:
    found = load.technology(technology)
    name = guest or (found.guests[0] if found.guests else "")
    return bill(found, load.guest(name) if name else None, load.application(application), **options)


def physical(one: Bill, count: int) -> int:
    ledger = Ledger()
    ledger.add(one, count)
    return ledger.totals().physical


def test_containers_share_an_images_files_and_virtual_machines_do_not():
    """The second container adds all but the files that both map; the second VM adds its own copy of them."""
    files = {part.id: part.amount.value for part in load.application("web").memory}["libraries"]
    for technology, again in (("runc", 0), ("firecracker", files)):
        one, other = shipped(technology), shipped(technology, same_image=False)
        grown, alone = physical(one, 2) - physical(one, 1), physical(other, 2) - physical(other, 1)
        assert alone - grown == pytest.approx(files - again, abs=2)


def test_a_guest_that_maps_the_hosts_page_cache_shares_its_image():
    """Kata maps its guest image by DAX: the second sandbox does not hold it again."""
    image = {part.id: part.amount.value for part in load.guest("kata-guest").memory}["page-cache"]
    one = shipped("kata")
    held = sum(each.bytes for each in one.lines)
    shared = sum(each.bytes for each in one.lines if each.share == "content")
    assert shared > image
    assert physical(one, 2) - physical(one, 1) == held - shared


def test_a_guests_memory_is_in_its_monitors_resident_size():
    one = shipped("qemu-kvm")
    ledger = Ledger()
    ledger.add(one)
    totals = ledger.totals()
    outside = sum(each.bytes for each in one.lines if not each.in_rss)
    assert totals.physical - totals.rss == outside
    assert outside < 2 * MIB


def test_a_system_container_has_its_guests_user_space_without_the_kernel():
    one = shipped("lxc")
    parts = {each.part for each in one.lines}
    assert "debian-cloud/services" in parts
    assert not parts & {"debian-cloud/kernel", "debian-cloud/struct-page", "debian-cloud/swiotlb"}
    assert one.configured == 0


def test_the_bounce_buffer_is_there_beyond_four_gibibytes_only():
    small, large = (shipped("firecracker", guest_memory=size) for size in (3 * 2**30, 4 * 2**30))
    extra = large.guest_bytes - small.guest_bytes
    assert extra == pytest.approx(64 * MIB + 0.016 * 2**30, rel=0.001)


def test_a_kata_guest_since_3_24_has_the_bounce_buffer_whatever_memory_it_has():
    """Its kernel reads how far memory may be plugged in. QEMU with and without such a limit differs by R1586."""
    old, new = load.guest("kata-guest"), load.guest("kata-numa")
    assert new.phases == old.phases
    assert new.memory[:-1] == old.memory[:-1]
    assert (new.default_memory, new.mergeable) == (old.default_memory, old.mergeable)
    technology, application = load.technology("kata"), load.application("tiny")

    def touched(guest, size):
        return sum(each.bytes for each in bill(technology, guest, application, size).lines if each.guest)

    assert touched(new, 2**31) - touched(old, 2**31) == pytest.approx((202_724 - 134_952) * 1024, rel=0.05)
    assert touched(new, 2**33) == touched(old, 2**33)


def test_a_pod_by_cri_takes_what_fifty_of_them_were_measured_to_take():
    """In KiB: its shim, two static programs of 54, slab, stacks, page tables, and CPUs' own (R1580 to R1583)."""
    one = shipped("containerd-cri", "tiny")
    assert physical(one, 2) - physical(one, 1) == pytest.approx((4364 + 2 * 54 + 384 + 220 + 305 + 8) * 1024, rel=0.01)


def test_page_descriptors_grow_with_the_guest():
    sizes = [shipped("firecracker", guest_memory=size * MIB).guest_bytes for size in (256, 512, 1024)]
    for (before, after), more in zip(pairwise(sizes), (256, 512), strict=True):
        assert after - before == pytest.approx(0.016 * more * MIB, rel=0.001)


def test_a_small_guest_gives_up_page_cache_and_never_exceeds_its_memory():
    """What a Debian guest would hold does not fit into 160 MiB; its page cache gives way."""
    one = shipped("qemu-kvm", "tiny", guest_memory=160 * MIB)
    assert 159 * MIB < one.guest_bytes <= 160 * MIB
    cache = next(each.bytes for each in one.lines if each.part == "debian-cloud/page-cache")
    assert 0 < cache < 105 * MIB


def test_a_guest_too_small_for_its_application_is_refused_with_what_it_needs():
    with pytest.raises(InputError, match=r"1 GiB cannot hold big in debian-cloud, which together need 2\.25 GiB"):
        shipped("qemu-kvm", "big", guest_memory=2**30)
    assert shipped("qemu-kvm", "big", guest_memory=2304 * MIB).configured == 2304 * MIB


def test_a_guest_grows_to_what_its_application_needs_where_no_size_is_asked_for():
    one = shipped("firecracker", "big")
    assert 2**31 < one.configured < 2**31 + 256 * MIB
    assert one.configured % (64 * MIB) == 0
    assert shipped("firecracker", "tiny").configured == 128 * MIB


def test_ksm_makes_equal_guest_pages_one_and_leaves_the_first_guest_as_it_was():
    plain, merged = shipped("qemu-kvm"), shipped("qemu-kvm", ksm=True)
    assert physical(merged, 1) == physical(plain, 1)
    guest = load.guest("debian-cloud")
    cache = {"debian-cloud/page-cache": 1 - guest.written.value}
    saved = sum(
        round(line.bytes * (cache.get(line.part, 1.0) if line.file else guest.mergeable.value))
        for line in plain.lines
        if line.guest and (line.file or line.origin == "guest")
    )
    assert saved > 100 * MIB
    second = [physical(bill, 2) - physical(bill, 1) for bill in (plain, merged)]
    assert second[0] - second[1] == saved


def test_files_that_a_guests_own_timers_write_fill_its_cache_and_are_nobody_elses():
    """Half a day of 150 MiB: 1 - exp(-12 / 6) of them, of which 40 MiB the guest had freed. None of it is equal."""
    young, old = shipped("qemu-kvm"), shipped("qemu-kvm", uptime=43200.0)
    more = physical(old, 1) - physical(young, 1)
    assert more == pytest.approx(150 * MIB * (1 - math.exp(-2)) - 40 * MIB, abs=1)
    merged = shipped("qemu-kvm", ksm=True), shipped("qemu-kvm", ksm=True, uptime=43200.0)
    # What was equal of the memory that they had freed is equal no more.
    freed = round(40 * MIB * load.guest("debian-cloud").mergeable.value)
    assert physical(merged[1], 9) - physical(merged[0], 9) == 9 * more + 8 * freed


def test_a_guest_gives_its_oldest_pages_up_and_never_takes_more_than_it_has():
    full = shipped("qemu-kvm", guest_memory=384 * MIB, uptime=30 * 86400.0)
    assert full.guest_bytes <= full.configured == 384 * MIB
    assert full.guest_bytes > 383 * MIB


def test_a_container_has_no_timers_of_its_own():
    assert shipped("docker", uptime=86400.0) == shipped("docker")


def test_gvisors_kernel_grows_with_what_its_application_holds():
    """0.38 of the application's own bytes, beside what a sleeping one takes."""
    lines = {name: shipped("gvisor", name).lines for name in ("web", "node")}
    own = {name: sum(x.bytes for x in found if x.part == f"{name}/private") for name, found in lines.items()}
    grown = {name: sum(x.bytes for x in found if x.part == "gvisor/sentry-mappings") for name, found in lines.items()}
    for name in ("web", "node"):
        assert grown[name] == pytest.approx(0.38 * own[name], abs=1)
    assert grown["node"] > 20 * MIB


def test_ksm_finds_nothing_equal_in_guests_of_different_images_nor_in_containers():
    assert shipped("qemu-kvm", ksm=True, same_image=False) == shipped("qemu-kvm", same_image=False)
    assert shipped("docker", ksm=True) == shipped("docker")


def test_ksm_does_not_merge_what_an_application_wrote():
    plain, merged = shipped("qemu-kvm", "big"), shipped("qemu-kvm", "big", ksm=True)
    saved = (physical(plain, 2) - physical(plain, 1)) - (physical(merged, 2) - physical(merged, 1))
    assert 0 < saved < 300 * MIB


def test_what_was_configured_and_never_touched_is_told_as_a_promise():
    ledger = Ledger()
    one = shipped("firecracker", "tiny", guest_memory=512 * MIB)
    ledger.add(one, 2)
    promised = [record for record in ledger.records("x") if not record.touched]
    assert [record.instance for record in promised] == [0, 1]
    assert {record.bytes for record in promised} == {512 * MIB - one.guest_bytes}


def test_every_record_says_where_its_number_comes_from():
    ledger = Ledger()
    ledger.add(shipped("docker"), 2)
    records = {record.part: record for record in ledger.records("x")}
    assert records["docker/shim"].source == "R0117"
    assert not records["docker/shim"].estimate
    assert records["web/private"].source.startswith("estimate: ")
    assert records["docker/shim-text"].mappers == 2
    assert records["docker/daemons"].instance is None


def test_ksm_merges_no_guest_memory_that_is_a_file_of_dev_shm():
    """It scans anonymous pages; Kata's guests are files of /dev/shm, shared with virtiofsd, and QEMU's own are not."""
    application = load.application("tiny")
    bills = {
        name: [bill(load.technology(name), load.guest(guest), application, ksm=ksm) for ksm in (False, True)]
        for name, guest in (("kata", "kata-guest"), ("qemu-kvm", "debian-cloud"))
    }
    assert bills["kata"][0] == bills["kata"][1]
    assert bills["qemu-kvm"][0] != bills["qemu-kvm"][1]
