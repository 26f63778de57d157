"""What events of an application under load take more than they take a process of the host."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.catalog.number import COSTS, NO_TIME, Number, Sensed

COST_FLAGS = (
    "answers_calls",
    "relays_at_once",
    "waits_for_reads",
    "waits_for_writes",
    "pools_pages",
    "caches_writes",
    "passes_flushes",
    "one_piece_requests",
)
"""Those of `EventCosts` that are no numbers."""


@dataclass(frozen=True, slots=True)
class EventCosts(Sensed):
    """What events of an application under load take more than they take a process of the host, in seconds each.

    What is not said takes nothing more. "Relay" is what stands between the application and a device: a thread of the
    monitor or of the host's kernel. It serves one event of an instance at a time, beside the application's threads,
    unless it says otherwise.

    Attributes:
        system_call: On the calling thread.
        answers_calls: Whether another kernel answers system calls, so that what the host's takes is not there.
        relays_at_once: Whether the network's relay is a program that serves its connections on all cores.
        page_walk: On the thread whose translation of an address missed the TLB.
        packet: On the thread that sends or receives.
        relay_packet: Of the network's relay, for each packet.
        relay_packet_page: Of the network's relay, for each 4 KiB that a packet carries.
        relay_packet_page_near: The same where all that handle the packet are on one socket. Not said where it makes no
            difference, or nobody has measured it.
        relay_packet_page_sent: More of the network's relay, for each 4 KiB that the instance sends to a program on its
            host, as the host's network stack runs in the thread that writes to the tap device.
        packet_wake: Until the network's relay and the receiver are awake, where the relay slept.
        disk_operation: On the thread that asks for it.
        relay_disk: Of the disk's relay, for each operation.
        relay_disk_page: Of the disk's relay, for each 4 KiB of an operation.
        relay_disk_write: Instead of `relay_disk`, of a write, where that is said.
        relay_disk_write_page: Instead of `relay_disk_page`, of a write, where that is said.
        disk_wake: As `packet_wake`, of the disk's relay.
        disk_wake_long: More, where the disk's relay slept for long before an answer: 20 us or more. Not said of a relay
            that waits for the disk itself.
        waits_for_reads: Whether the disk's relay waits for the disk with each read.
        waits_for_writes: Whether it does so with each write.
        pools_pages: Whether the pages are the work of a pool of threads, so that the relay goes on with the next.
        caches_writes: Whether a write ends in the host's page cache. It does not wait for the disk then, as long as
            the cache is not full of pages that are not flushed. The study `saturation` asks that, `overhead` does not.
        passes_flushes: Whether a flush waits until what was written is on the disk. Else it is answered at once.
        one_piece_requests: Whether a request of the disk holds only what is contiguous in the guest's memory. An
            operation takes as many requests, one after another, as its workload has pieces.
    """

    system_call: Number = field(default=NO_TIME, metadata=COSTS)
    answers_calls: bool = False
    relays_at_once: bool = False
    page_walk: Number = field(default=NO_TIME, metadata=COSTS)
    packet: Number = field(default=NO_TIME, metadata=COSTS)
    relay_packet: Number = field(default=NO_TIME, metadata=COSTS)
    relay_packet_page: Number = field(default=NO_TIME, metadata=COSTS)
    relay_packet_page_near: Number = field(default=NO_TIME, metadata=COSTS)
    relay_packet_page_sent: Number = field(default=NO_TIME, metadata=COSTS)
    packet_wake: Number = field(default=NO_TIME, metadata=COSTS)
    disk_operation: Number = field(default=NO_TIME, metadata=COSTS)
    relay_disk: Number = field(default=NO_TIME, metadata=COSTS)
    relay_disk_page: Number = field(default=NO_TIME, metadata=COSTS)
    relay_disk_write: Number = field(default=NO_TIME, metadata=COSTS)
    relay_disk_write_page: Number = field(default=NO_TIME, metadata=COSTS)
    disk_wake: Number = field(default=NO_TIME, metadata=COSTS)
    disk_wake_long: Number = field(default=NO_TIME, metadata=COSTS)
    waits_for_reads: bool = False
    waits_for_writes: bool = False
    pools_pages: bool = False
    caches_writes: bool = False
    passes_flushes: bool = False
    one_piece_requests: bool = False
