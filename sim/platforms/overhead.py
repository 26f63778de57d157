"""What a request takes under a technology: its workload's events, and what each of them costs there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from sim.catalog.eventcosts import COST_FLAGS, EventCosts
from sim.catalog.model import PAGE, Host, Technology
from sim.catalog.number import COSTS, HELPS, NO_TIME, Number, Sensed, moved_alone
from sim.catalog.tables.workloads import Workload
from sim.machine.requesttimes import RequestTimes
from sim.outcome import Bound
from sim.platforms.speculation import without_store_bypass

RequestNetwork = Literal["bridge", "host"]
"""The network that the technology gives, or the host's own."""

NATIVE = EventCosts()
AS_LONG = Number(1.0, "1", sources=("definition",))
"""As long as natively."""
WAITS = ("packet_wake", "disk_wake", "disk_wake_long")
"""Costs that are waiting, and no work of a core."""
COPIES = ("relay_packet_page",)
"""Costs that go with how fast the host copies between cores."""
LONG_SLEEP = 20e-6
"""Seconds from which on a processor takes an idle state that it leaves later (Linux 4.15, `intel_idle.c`, C1E)."""
INSTEAD = ("relay_packet_page_near", "relay_disk_write", "relay_disk_write_page")
"""Costs that take the place of others."""


@dataclass(frozen=True, slots=True)
class EventCost:
    """Something that happens in a request.

    Attributes:
        event: The name of the cost, as `EventCosts` has it; "computing" for what guest code loses, "store_bypass" for
            what a program loses without its processor's store bypass.
        count: How often it happens in a request.
        seconds: What each time takes more than natively, on the host.
        waits: Whether it is waiting, and no work of a core.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether the seconds are an estimate.
    """

    event: str
    count: float
    seconds: float
    waits: bool
    source: str
    estimate: bool


@dataclass(frozen=True, slots=True)
class OnHost(Sensed):
    """A workload, the costs of a technology, and the host that both are on.

    Attributes:
        workload: The workload.
        costs: What events cost.
        efficiency: Of guest code.
        host: The host.
        bound: Which end of their ranges the numbers are at.
        slowed: How many times as long the workload computes, as its processor's store bypass is switched off.
    """

    workload: Workload
    costs: EventCosts
    efficiency: Number = field(metadata=HELPS)
    host: Host
    bound: Bound = "value"
    slowed: Number = field(default=AS_LONG, metadata=COSTS)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers that go into a request's times."""
        costs = [number for number, count in _counted(self) if count and number.value]
        there = [each for name, each in self.workload.numbers.items() if name != "store_bypass"]
        return (*there, *costs, self.efficiency, self.slowed)

    def cpu(self, number: Number) -> float:
        """Core-seconds of the reference host as seconds here.

        With all inputs at an end the range of the host's own speed is left out: it moves every technology alike, and no
        source's figures.
        """
        return number.at(self.bound) / moved_alone(self.host.cpu_speed, self.bound)

    def copied(self, number: Number) -> float:
        """The same of data that are copied from another core."""
        return number.at(self.bound) / moved_alone(self.host.copying, self.bound)

    def computed(self) -> float:
        """Seconds that the workload computes natively."""
        return self.copied(self.workload.cpu) if self.workload.copies else self.cpu(self.workload.cpu)

    def count(self, number: Number) -> float:
        """How many."""
        return number.at(self.bound)


def on_host(
    workload: Workload,
    technology: Technology,
    network: RequestNetwork,
    host: Host,
    bound: Bound = "value",
    *,
    pinned: bool = False,
    filtered: bool = False,
) -> OnHost:
    """A workload under a technology. On the host's network what packets cost is not there.

    Args:
        workload: The workload.
        technology: What it runs in.
        network: The network that its packets pass.
        host: The host.
        bound: Which end of their ranges the numbers are at.
        pinned: All threads are on cores of one socket, as they are where the host has no more.
        filtered: A filter of system calls is chosen.
    """
    costs = _placed(technology.costs or NATIVE, near=pinned or host.sockets == 1)
    costs = _writing(costs) if workload.disk_writes else costs
    if network == "host":
        nothing: dict[str, Any] = {each.name: NO_TIME for each in fields(costs) if "packet" in each.name}
        costs = replace(costs, **nothing)
    slowed = workload.store_bypass if without_store_bypass(technology, host, filtered=filtered) else AS_LONG
    return OnHost(workload, costs, technology.cpu_efficiency, host, bound, slowed)


def _placed(costs: EventCosts, *, near: bool) -> EventCosts:
    """The costs where threads are on one socket, or where the scheduler moves them between sockets."""
    page = costs.relay_packet_page_near if near and costs.relay_packet_page_near.value else costs.relay_packet_page
    return replace(costs, relay_packet_page=page, relay_packet_page_near=NO_TIME)


def _writing(costs: EventCosts) -> EventCosts:
    """The costs where operations are writes."""
    return replace(
        costs,
        relay_disk=costs.relay_disk_write if costs.relay_disk_write.value else costs.relay_disk,
        relay_disk_page=costs.relay_disk_write_page if costs.relay_disk_write_page.value else costs.relay_disk_page,
        relay_disk_write=NO_TIME,
        relay_disk_write_page=NO_TIME,
    )


def request_times(there: OnHost) -> RequestTimes:
    """The seconds of a request at each station."""
    work, costs, at = there.workload, there.costs, there.bound
    exchanges = int(work.exchanges.value)
    passes = 2 * exchanges
    relay = there.count(work.packets) * there.cpu(costs.relay_packet)
    relay += work.packet_bytes.at(at) / PAGE * there.copied(costs.relay_packet_page)
    relay += work.sent_bytes.at(at) / PAGE * there.cpu(costs.relay_packet_page_sent)
    return RequestTimes(
        thread=_thread(there),
        spread=work.spread.at(at),
        threads=int(work.threads.value),
        exchanges=exchanges,
        wire=work.wire.at(at),
        link=work.packet_bytes.at(at) / work.link.at(at) / exchanges,
        relay=relay / passes,
        relays=there.host.cores if costs.relays_at_once else 1,
        wake=costs.packet_wake.at(at) if relay else 0.0,
        disk_operations=int(work.disk_operations.value),
        disk_wake=costs.disk_wake.at(at),
        disk_waits=costs.waits_for_writes if work.disk_writes else costs.waits_for_reads,
        disk_relay=_pieces(there) * there.cpu(costs.relay_disk) + (0.0 if costs.pools_pages else _pages(there)),
        disk_pool=_pooled(there),
        disk_answer_wake=costs.disk_wake_long.at(at) if _sleeps_long(there) else 0.0,
        **({} if _ends_in_cache(there) else _stored(there)),
        **_flushed(there),
    )


def _ends_in_cache(there: OnHost) -> bool:
    """Whether an operation ends in the host's page cache, and does not wait for the disk."""
    work, costs = there.workload, there.costs
    through = costs.passes_flushes and work.disk_flush_every.value == 1
    return work.disk_writes and costs.caches_writes and not through


def _sleeps_long(there: OnHost) -> bool:
    """Whether the disk's relay sleeps for long before an operation's answer: until pool and disk are done."""
    return _pooled(there) + (0.0 if _ends_in_cache(there) else _disk_time(there)) >= LONG_SLEEP


def _pieces(there: OnHost) -> float:
    """How many requests of the disk an operation takes."""
    return there.count(there.workload.disk_pieces) if there.costs.one_piece_requests else 1.0


def _pages(there: OnHost) -> float:
    """Seconds of an operation's pages."""
    return there.workload.disk_bytes.at(there.bound) / PAGE * there.cpu(there.costs.relay_disk_page)


def _pooled(there: OnHost) -> float:
    """Seconds of a thread of a pool, for an operation."""
    return _pages(there) if there.costs.pools_pages else 0.0


def _disk_time(there: OnHost) -> float:
    """Seconds that the disk takes for an operation alone."""
    work, at, pieces = there.workload, there.bound, _pieces(there)
    return pieces * work.disk_piece_time.at(at) if pieces >= 2 else work.disk_time.at(at)


def _stored(there: OnHost) -> dict[str, Any]:
    """What the disk does for an operation that waits for it."""
    work, at = there.workload, there.bound
    return {
        "disk_time": _disk_time(there),
        "disk_gap": work.disk_gap.at(at),
        "disk_spread": work.disk_spread.at(at),
        "disk_die": work.disk_die.at(at),
        "disk_dies": round(work.disk_dies.at(at)),
        "disk_parts": round(work.disk_parts.at(at)),
    }


def _flushed(there: OnHost) -> dict[str, Any]:
    """How often an instance flushes, and what relay and disk do for the operations since the last flush."""
    work, costs, at = there.workload, there.costs, there.bound
    every = int(work.disk_flush_every.value)
    relay = there.cpu(costs.relay_disk)
    by_relay = {"flush_every": every if every > 1 and relay else 0, "flush_relay": relay}
    if not (every and costs.passes_flushes and _ends_in_cache(there)):
        return by_relay
    gap = work.disk_gap.at(at)
    return {
        **by_relay,
        "flush_answer_wake": costs.disk_wake_long.at(at),
        "flush_disk": work.disk_flush_every.value * gap,
        "flush": max(work.disk_time.at(at) - gap, 0.0),
    }


def _thread(there: OnHost) -> float:
    """Seconds on the application's thread."""
    work, costs = there.workload, there.costs
    calls = there.count(work.system_calls) * _called(there)
    return (
        there.computed() * there.slowed.at(there.bound) / there.efficiency.at(there.bound)
        + calls
        + sum(
            there.count(count) * there.cpu(cost)
            for count, cost in (
                (work.page_walks, costs.page_walk),
                (work.packets, costs.packet),
                (work.disk_operations, costs.disk_operation),
            )
        )
    )


def _called(there: OnHost) -> float:
    """What a system call takes more than natively, on the thread."""
    instead = there.cpu(there.workload.call) if there.costs.answers_calls else 0.0
    return there.cpu(there.costs.system_call) - instead


def event_costs(there: OnHost) -> Iterator[EventCost]:
    """Each event of a request that costs something here, and what."""
    efficiency = there.efficiency.at(there.bound)
    if lost := there.computed() * (1 / efficiency - 1):
        yield _cost("computing", 1.0, lost, there.efficiency)
    if slower := there.computed() / efficiency * (there.slowed.at(there.bound) - 1):
        yield _cost("store_bypass", 1.0, slower, there.slowed)
    for each, (number, count) in zip(_EVENTS, _counted(there), strict=True):
        if count and number.value:
            yield _cost(each, count, _seconds(there, each, number), number)


def _seconds(there: OnHost, event: str, number: Number) -> float:
    """What an event takes more than natively."""
    if event == "system_call":
        return _called(there)
    if event in WAITS:
        return number.value
    return there.copied(number) if event in COPIES else there.cpu(number)


_EVENTS = tuple(each.name for each in fields(EventCosts) if each.name not in (*COST_FLAGS, *INSTEAD))


def _counted(there: OnHost) -> list[tuple[Number, float]]:
    """The cost of each event, and how often it is in a request."""
    work = there.workload
    packets, operations = work.packets.value, work.disk_operations.value
    counts = {
        "system_call": work.system_calls.value,
        "page_walk": work.page_walks.value,
        "packet": packets,
        "relay_packet": packets,
        "relay_packet_page": work.packet_bytes.value / PAGE,
        "relay_packet_page_sent": work.sent_bytes.value / PAGE,
        "packet_wake": 2 * work.exchanges.value if packets else 0.0,
        "disk_operation": operations,
        "relay_disk": operations * _pieces(there),
        "relay_disk_page": operations * work.disk_bytes.value / PAGE,
        "disk_wake": operations,
        "disk_wake_long": operations if operations and _sleeps_long(there) else 0.0,
    }
    return [(getattr(there.costs, event), counts[event]) for event in _EVENTS]


def _cost(event: str, count: float, seconds: float, number: Number) -> EventCost:
    return EventCost(event, count, seconds, event in WAITS, number.source, bool(number.estimate))
