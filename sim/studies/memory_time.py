"""The memory study's second half: the same instances as time passes, on the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sim.catalog import load
from sim.catalog.disks import disk
from sim.catalog.hosts import with_disk
from sim.catalog.model import Guest
from sim.catalog.number import Number
from sim.catalog.tables import mechanisms
from sim.engine.alarm import Alarm
from sim.engine.environment import Environment
from sim.machine.ballooning import Manager, Reporter
from sim.machine.bill import Bill
from sim.machine.billing import equal
from sim.machine.conditions import Commit, MemoryRates
from sim.machine.demand import MemoryDemand
from sim.machine.ksm import Scanner, pace
from sim.machine.pages import Pages
from sim.machine.pressure import Pressure
from sim.never import NEVER
from sim.outcome import Bound, MetricSpec
from sim.records.instances import OWNERS
from sim.records.memory import LedgerRecord
from sim.studies.base import Context
from sim.studies.memory_parameters import Memory

SAMPLES = 120
"""How many times over the run the ledger is told."""

STEPS = 300
"""Into how many steps the reading back of what was swapped is cut at most, none shorter than a second."""


_END, _RUN = "at the end of the run", "over the run"

METRICS = tuple(
    MetricSpec(name, unit, interval, description)
    for name, unit, interval, description in (
        ("physical_end", "B", _END, "Memory that the instances take from the host"),
        ("ksm_saved", "B", _END, "Memory that KSM saves"),
        ("ksm_saved_most", "B", _RUN, "The most memory that KSM saved"),
        ("merged_share", "1", _RUN, "The largest share of the guests' memory that was merged"),
        ("ksm_cpu", "1", _RUN, "Cores that KSM keeps busy, on average"),
        ("half_saving_time", "s", "start to half of KSM's saving", "Time until half of the most was saved"),
        ("given_back", "B", _RUN, "Memory that guests gave back, by balloon or by reporting"),
        ("reclaimed", "B", _RUN, "Clean page cache that was dropped to make room"),
        ("swapped", "B", _RUN, "Memory that went to the host's swap"),
        ("guest_swapped", "B", _RUN, "Memory that guests put on swaps of their own"),
        ("oom_kills", "1", _RUN, "Processes killed for want of memory, by the host, at a limit, or in a guest"),
        ("guest_oom_kills", "1", _RUN, "Applications that the OOM killers of their own guests killed"),
        ("running", "1", _END, "Instances whose application runs"),
        ("refused", "1", _RUN, "Instances to which the host refused to promise memory"),
        ("stalled", "1", _RUN, "Share of their time that instances waited for memory"),
        ("first_reclaim", "s", "start to the first page dropped", "Time at which page cache was first dropped"),
        ("first_swap", "s", "start to the first page swapped", "Time at which memory first went to swap"),
        ("first_kill", "s", "start to the first kill", "Time at which a process was first killed"),
    )
)
"""They are there where the run has a duration. A time at which something happened is `NEVER` where it did not."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What came of it: samples by metric, the time series, and the numbers that went in beside the bill's."""

    samples: dict[str, list[float]]
    records: tuple[LedgerRecord, ...]
    numbers: tuple[Number, ...]


class _Watch:
    """Tells the ledger at even times, where that is `read`, and keeps what KSM saved at each step."""

    def __init__(
        self, env: Environment, pages: Pages, demand: MemoryDemand, memory: int, every: float, of: str, *, read: bool
    ) -> None:
        self._read = read
        self.records: list[LedgerRecord] = []
        self.saved: list[tuple[float, int]] = [(0.0, 0)]
        self.merged_share = 0.0
        self._env, self._pages, self._demand = env, pages, demand
        self._memory, self._every, self._of = memory, every, of
        self._alarm = Alarm(env, self._tell)

    def start(self) -> None:
        self._tell(self._alarm)

    def merged(self) -> None:
        """Note what KSM saves now, where it is more than ever before."""
        saved = self._pages.saved
        if saved > self.saved[-1][1]:
            self.saved.append((self._env.now, saved))
            references = saved + self._pages.sums().merged
            self.merged_share = max(self.merged_share, references / self._pages.touched)

    def half_time(self) -> float:
        """When half of the most was saved. `NEVER` where nothing was."""
        most = self.saved[-1][1]
        return next(time for time, saved in self.saved if saved * 2 >= most) if most else NEVER

    def _parts(self) -> Iterator[tuple[str, int]]:
        pages = self._pages
        sums, owners = pages.sums(), pages.by_owner()
        yield "host", self._memory - pages.ram
        for owner in OWNERS:
            yield owner, owners.get(owner, 0)
        yield from (("merged", sums.merged), ("cache", sums.cache), ("free", pages.free))
        yield from (("saved", sums.saved), ("swapped", sums.swapped))
        yield "guest_swapped", sum(instance.guest_swapped for instance in pages.instances.values())
        yield "ballooned", sum(instance.ballooned for instance in pages.instances.values())

    def _tell(self, alarm: Alarm) -> None:
        self._pages.catch_up(None)
        if self._read:
            self.records += [LedgerRecord(self._of, self._env.now, part, size) for part, size in self._parts()]
        alarm.arm(self._every)


def _commit(params: Memory, memory: int, own: int, swap: int, ratio: float) -> Commit:
    """The host's rule of overcommitment: Linux vm.overcommit_memory 0, 1 and 2."""
    if params.overcommit == "always":
        return Commit()
    if params.overcommit == "heuristic":
        return Commit(single=memory + swap)
    return Commit(limit=swap + int(ratio * memory), promised=own)


def _rates(params: Memory, guest: Guest | None, bound: Bound) -> MemoryRates:
    """What instances do. A guest's timers run where it has been up for some time, and go on from there."""
    rates = MemoryRates(params.growth or 0.0, params.reads or 0.0, params.writes or 0.0, params.writes_from)
    if guest is None or not params.uptime or not guest.use.value:
        return rates
    return replace(rates, use=lambda now: guest.used(params.uptime + now, bound))


def passage(params: Memory, instance_bill: Bill, guest: Guest | None, context: Context) -> Passage:
    """Run the instances for the parameters' duration.

    Args:
        instance_bill: The bill of each instance, without KSM.
    """
    host, bound, known = load.host(params.host), context.bound, mechanisms.memory()
    if params.disk != "own":
        host = with_disk(host, disk(params.disk))
    memory, own = round(host.memory.at(bound)), round(host.own_memory.at(bound))
    swap = round(host.swap.value) if params.swap is None else params.swap
    env = Environment()
    pages = Pages(memory - own, swap, params.zram, known.zram.ratio.at(bound))
    pressure = Pressure(
        env,
        pages,
        host.disk_read.at(bound),
        host.disk_write.at(bound),
        round(known.page_entry.value),
        zram=known.zram.speed.at(bound),
    )
    rates = _rates(params, guest, bound)
    demand = MemoryDemand(
        env,
        pressure,
        rates,
        max(params.duration / STEPS, 1.0),
        limit=params.limit,
        guest_swap=params.guest_swap,
        same_image=params.same_image,
        commit=_commit(params, memory, own, swap, known.commit_ratio.value),
    )
    watch = _Watch(env, pages, demand, memory, params.duration / SAMPLES, context.label, read=context.records)
    given: Manager | Reporter | None = None
    numbers: list[Number] = [host.memory, host.own_memory]
    if params.zram:
        numbers += [known.zram.ratio, known.zram.speed]
    if rates.use and guest is not None:
        numbers += [guest.use, guest.use_time]
    pages.keep(instance_bill)
    demand.start(
        instance_bill,
        params.instances,
        lambda line: equal(line, guest, bound) if guest and params.same_image else (0, ""),
    )
    watch.start()
    scanner = Scanner(env, pages, pace(known.ksm, bound, params.ksm_pages, params.ksm_sleep), watch.merged)
    if (
        params.ksm
        and load.technology(params.technology).anonymous_guests
        and guest is not None
        and instance_bill.configured
    ):
        scanner.start()
        numbers += [known.ksm.check, known.ksm.check_merged, guest.mergeable, guest.written]
    if params.balloon == "balloon":
        given = Manager(env, pressure, known.balloon, memory, own, bound)
        numbers += [known.balloon.period, known.balloon.speed]
    elif params.balloon == "reporting":
        given = Reporter(env, pressure, known.reporting, bound)
        numbers.append(known.reporting.block)
    if given is not None:
        given.start()
    _run(env, params.duration, context)
    pages.catch_up(None)
    counts = pressure.counts
    firsts: dict[str, list[float]] = {
        f"first_{what}": [counts.first.get(what, NEVER)] for what in ("reclaim", "swap", "kill")
    }
    samples: dict[str, list[float]] = {
        "physical_end": [pages.used],
        "ksm_saved": [pages.saved],
        "ksm_saved_most": [watch.saved[-1][1]],
        "merged_share": [watch.merged_share],
        "ksm_cpu": [scanner.cpu / params.duration],
        "half_saving_time": [watch.half_time()],
        "given_back": [given.given if given else 0],
        "reclaimed": [counts.reclaimed],
        "swapped": [counts.swapped_out],
        "guest_swapped": [demand.guest_swapped],
        "oom_kills": [len(counts.kills) + demand.guest_kills],
        "guest_oom_kills": [demand.guest_kills],
        "running": [demand.running],
        "refused": [demand.refused],
        "stalled": [demand.stalled],
    }
    return Passage(
        samples=samples | firsts,
        records=tuple(watch.records),
        numbers=tuple(numbers),
    )


def _run(env: Environment, duration: float, context: Context) -> None:
    """Let time pass in hundredths, so that progress is told and a run can be cancelled."""
    for part in range(1, 101):
        env.run(until=duration * part / 100)
        context.tick(part / 100)
