"""How long a request of an application under load is at each station of a host."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestTimes:
    """How long one request is where, in seconds on the host.

    Attributes:
        thread: On a thread of the application, over all exchanges.
        spread: Sigma of the logarithm of `thread`.
        threads: How many threads an instance has.
        exchanges: How often it goes out and comes in.
        wire: Outside of the host, in each exchange.
        link: Of the link, in each exchange.
        relay: Of the network's relay, once in and once out in each exchange. 0 for none.
        relays: How many events that relay serves at a time.
        wake: More, where that relay was idle.
        disk_operations: Operations of the disk, one after another.
        disk_relay: Of the disk's relay, for each. 0 for none.
        disk_wake: More, where that relay was idle.
        disk_answer_wake: More until an operation's answer has passed that relay, where the relay is idle then.
        disk_waits: Whether that relay, if there is one, waits for the disk.
        disk_time: Of an operation alone.
        disk_gap: Until the disk takes the next operation.
        disk_spread: Sigma of the logarithm of `disk_time`, or of `disk_die` where there is one.
        disk_die: Of `disk_time`, that a die is busy. 0 where that is not told apart.
        disk_dies: How many dies the disk has, each with a queue. 0 where nobody waits for one.
        disk_parts: On how many dies an operation is spread. It ends with the slowest.
        disk_pool: Of a thread of a pool, for each operation, after the relay.
        flush_every: After how many requests an instance flushes. 0 for never. A client does it before its next
            request, on the thread. Answers are not seen meanwhile. Where requests come by a rate, nobody flushes.
        flush_relay: Of the disk's relay, for each flush.
        flush_answer_wake: As `disk_answer_wake`, of a flush.
        flush_disk: Of the disk, for each flush: it takes nothing else meanwhile.
        flush: Until what was written is on the disk, once the disk has taken it.
    """

    thread: float
    spread: float = 0.0
    threads: int = 1
    exchanges: int = 1
    wire: float = 0.0
    link: float = 0.0
    relay: float = 0.0
    relays: int = 1
    wake: float = 0.0
    disk_operations: int = 0
    disk_relay: float = 0.0
    disk_wake: float = 0.0
    disk_answer_wake: float = 0.0
    disk_waits: bool = False
    disk_time: float = 0.0
    disk_gap: float = 0.0
    disk_spread: float = 0.0
    disk_die: float = 0.0
    disk_dies: int = 0
    disk_parts: int = 1
    disk_pool: float = 0.0
    flush_every: int = 0
    flush_relay: float = 0.0
    flush_answer_wake: float = 0.0
    flush_disk: float = 0.0
    flush: float = 0.0
