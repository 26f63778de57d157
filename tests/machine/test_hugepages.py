"""A guest's memory in pages of 2 MiB: what is touched around it, fewer page tables, and who may share or give back."""

import statistics

import pytest

from sim.catalog import load
from sim.catalog.facts import facts, values
from sim.catalog.tables.mechanisms import memory
from sim.errors import InputError
from sim.machine.billing import bill
from sim.machine.ledger import Ledger
from sim.studies.density import Density
from sim.studies.memory_parameters import Memory

MIB = 2**20


NAMES = ("tiny", "node")


def made(pages, guest_memory=1024 * MIB, application="tiny", **options):
    technology = load.technology("qemu-kvm")
    guest = load.guest("debian-cloud")
    return bill(technology, guest, load.application(application), guest_memory, huge_pages=pages, **options)


def tables(found):
    return next(line.bytes for line in found.lines if line.page_tables)


def test_transparent_pages_touch_more_around_what_is_scattered_and_keep_half_of_the_tables():
    plain, huge = made("off"), made("transparent")
    slab, freed = 30 * MIB, 40 * MIB
    parts = ["debian-cloud/kernel-dynamic", "debian-cloud/freed"]
    assert [line.part for line in plain.lines if line.scattered] == parts
    assert huge.guest_bytes == plain.guest_bytes + round((slab + freed) * 0.42)
    assert tables(huge) * 2 == tables(plain)


def test_a_program_that_fills_blocks_has_nothing_around_it():
    """As measured (R1306): 80 MiB that a program touches leave what huge pages add as it was."""
    small, large = ([made(pages, application=name).guest_bytes for pages in ("off", "transparent")] for name in NAMES)
    assert large[0] > small[0]
    assert large[1] - large[0] == small[1] - small[0]


def test_the_share_around_is_what_nine_pairs_of_boots_have_in_the_middle():
    pairs = (("R1300", "R1301", 54733), ("R1302", "R1303", 49928), ("R1304", "R1305", 50743))
    shares = []
    for without, with_them, image in pairs:
        measured = zip((128, 256, 512), values(facts()[without], "B"), values(facts()[with_them], "B"), strict=True)
        for size, before, after in measured:
            scattered = before - image * 1024 - size * MIB / 64
            shares.append((after - before) / scattered)
    around = memory().huge_pages.around
    assert (around.low, around.high) == pytest.approx((min(shares), max(shares)), abs=0.005)
    assert around.value == pytest.approx(statistics.median(shares), abs=0.005)


def test_reserved_pages_are_all_that_is_configured_and_need_next_to_no_tables():
    plain, huge = made("off"), made("reserved")
    assert huge.guest_bytes == huge.configured == 1024 * MIB
    assert tables(huge) == round(tables(plain) * 4096 / (2 * MIB))


@pytest.mark.parametrize("pages", ["off", "transparent", "reserved"])
def test_a_small_guest_never_has_more_than_it_was_given(pages):
    found = made(pages, 300 * MIB)
    assert found.guest_bytes <= found.configured == 300 * MIB


def test_ksm_leaves_reserved_pages_alone_and_takes_transparent_ones_apart():
    def second(pages, ksm):
        ledger = Ledger()
        ledger.add(made(pages, ksm=ksm))
        first = ledger.totals().physical
        ledger.add(made(pages, ksm=ksm))
        return ledger.totals().physical - first

    assert second("reserved", True) == second("reserved", False)
    saved = second("off", False) - second("off", True)
    assert second("transparent", False) - second("transparent", True) == saved > 80 * MIB


@pytest.mark.parametrize("study", [Memory, Density])
def test_a_container_has_no_memory_to_back_so(study):
    with pytest.raises(InputError, match="docker starts no guest kernel, whose memory could be backed so"):
        study(technology="docker", huge_pages="transparent")


def test_reserved_pages_do_not_change_as_time_passes():
    with pytest.raises(InputError, match="reserved pages are all taken at the start"):
        Memory(technology="qemu-kvm", huge_pages="reserved", duration=60.0)
