"""Memory by the next change agrees with memory tick by tick, the better the shorter the ticks are."""

from typing import Any

import pytest

from sim.catalog.number import Number
from sim.catalog.tables.mechanisms import Balloon
from sim.machine.ballooning import Manager
from sim.machine.conditions import Commit, MemoryRates
from sim.machine.demand import MemoryDemand
from tests.machine.byticks import TickingDemand

MIB = 2**20
TICKS = (4.0, 2.0, 1.0)
SECONDS = 240.0


def number(value):
    return Number(value, "1", sources=("definition",))


def container(host):
    return host.container(40 * MIB)


def guest(host):
    return host.guest(180 * MIB, 40 * MIB, freed=10 * MIB, cache=20 * MIB, monitor=2 * MIB)


GROWS = MemoryRates(growth=MIB, reads=MIB / 2)

CASES: dict[str, tuple[Any, MemoryRates, dict[str, Any], int]] = {
    "a host's cache, swap and kills": (container, GROWS, {"same_image": False}, 200),
    "one image's files, and no swap": (container, GROWS, {}, 0),
    "a limit with swap": (container, GROWS, {"limit": 80 * MIB}, 60),
    "a limit with page cache": (container, GROWS, {"limit": 90 * MIB, "same_image": False}, 0),
    "promises": (container, GROWS, {"commit": Commit(limit=400 * MIB)}, 0),
    "guests that the host swaps": (guest, GROWS, {"guest_swap": 200 * MIB}, 300),
    "guests that kill": (guest, GROWS, {}, 500),
    "balloons": (guest, GROWS, {"guest_swap": 50 * MIB}, 300),
    "timers": (guest, MemoryRates(use=lambda now: 100 * MIB * now / (now + 60)), {}, 100),
}


def state(bench, case, kind, step):
    """What is there at the end, in MiB, and when what happened first did."""
    bill, rates, options, swap = CASES[case]
    host = bench(500 * MIB, swap * MIB)
    if "commit" in options:
        options = options | {"commit": Commit(options["commit"].limit)}
    demand = kind(host.env, host.pressure, rates, step, **options)
    demand.start(bill(host), 4)
    if case == "balloons":
        Manager(host.env, host.pressure, Balloon(number(0.8), number(10.0), number(2.0**30)), 500 * MIB, 0).start()
    host.env.run(until=SECONDS + 1e-3)
    host.pages.catch_up(None)
    assert host.pages.sums() == host.pages.audit()
    counts = host.pressure.counts
    sizes = (
        host.pages.used, host.pages.cached, counts.swapped_out, demand.guest_swapped,
        sum(each.ballooned for each in host.pages.instances.values()),
    )  # fmt: skip
    return [size / MIB for size in sizes], counts.first, (len(counts.kills), demand.guest_kills, demand.refused)


@pytest.mark.parametrize("case", CASES)
def test_it_agrees_with_ticks_within_what_a_tick_brings(bench, case):
    """Bytes within a tick of four instances that take 1.5 MiB a second, and one more that is skipped in a wait."""
    sizes, first, happened = state(bench, case, MemoryDemand, 1.0)
    off = []
    for tick in TICKS:
        ticked, ticked_first, ticked_happened = state(bench, case, TickingDemand, tick)
        assert sizes == pytest.approx(ticked, abs=12 * tick), tick
        off.append(sum(abs(size - other) for size, other in zip(sizes[1:], ticked[1:], strict=True)))
        assert happened == ticked_happened
        assert first.keys() == ticked_first.keys()
        for what, when in first.items():
            assert when == pytest.approx(ticked_first[what], abs=2 * tick), (what, tick)
    # How full a host is hangs on how much is left of the last batch that was swapped. All else comes nearer.
    assert off[-1] <= off[0] / 2 + 1, off
