"""What a host does as its RAM fills: clean page cache is dropped, then memory goes to swap, then a process is killed.

Memory is asked for in requests, served in their order. While a request waits for the disk those behind it wait too, as
allocations do in direct reclaim. Pages to swap are taken from all processes in proportion to what they hold, for want
of knowing which are cold. Dropping clean pages takes no time at this scale. kswapd's watermarks are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from simpy import Environment

from sim.catalog.model import PAGE
from sim.engine.fluid import Fluid
from sim.machine.holdings import Holding, Instance
from sim.machine.pages import Pages

BATCH = 32 * 2**20
"""The fewest bytes written to swap at a time, or 1/128 of RAM: the resolution of the model, no fact of a kernel."""


LITTLE = 2**20
"""Bytes of free swap below which writing to it is little progress: the resolution of the model, no fact of a kernel."""

RETRIES = 16
"""How often a request is made room for with little progress before somebody is killed. Source: Linux, mm/page_alloc.c,
MAX_RECLAIM_RETRIES, whose loops make none."""


@dataclass(slots=True)
class Counts:
    """What happened so far: bytes and kills, and when each kind happened first (None where it has not)."""

    reclaimed: int = 0
    swapped_out: int = 0
    swapped_in: int = 0
    kills: list[tuple[float, int]] = field(default_factory=list)
    first: dict[str, float] = field(default_factory=dict)

    def dropped(self, size: int, now: float) -> None:
        """Note so many bytes of page cache that were given up."""
        self.reclaimed += size
        if size:
            self.at("reclaim", now)

    def at(self, what: str, now: float) -> None:
        """Note when something happened, if it is the first time."""
        self.first.setdefault(what, now)


def badness(resident: int, swapped: int, tables: int, adjust: int, total: int) -> float:
    """The score by which the OOM killer chooses: bytes of a process in RAM, in swap and in page tables, adjusted.

    Source: oom_badness in Linux mm/oom_kill.c.

    Args:
        adjust: oom_score_adj, -1000 (never) to 1000, a thousandth of all memory each.
        total: Bytes of RAM and swap.
    """
    if adjust == -1000:
        return float("-inf")
    return resident + swapped + tables + adjust * total / 1000


def process(instance: Instance) -> tuple[int, int]:
    """Bytes in RAM and in swap of an instance's largest process, which is the one that would be killed.

    To the host a virtual machine is one process: its monitor, with all that the guest has touched. In a container it is
    the application. It pays for the shared pages it maps too.
    """
    guest = instance.has_guest
    whole = instance.bill.lines if guest else [x for x in instance.bill.lines if x.origin != "technology"]
    shared = sum(line.bytes for line in whole if line.share != "instance" and line.in_rss)
    mine = [x for x in instance.holdings if x.line.in_rss and (guest or x.line.origin != "technology")]
    return shared + sum(holding.in_ram for holding in mine), sum(holding.swapped for holding in mine)


@dataclass(slots=True)
class _Request:
    instance: Instance | None
    size: int | Callable[[], int]
    take: Callable[[int], None]
    done: Callable[[], None] | None
    whole: bool


class Pressure:
    """Serves requests for memory on one host.

    `killed` is told of every instance that was killed, after it is gone. `changed` is told where something was booked
    that no instance asked for.

    Attributes:
        read, write: The disk's bytes a second.
        entry: Bytes of a page table for one page.
        adjust: An instance's oom_score_adj.
        zram: Bytes a second that are compressed or back, of a swap in memory.
    """

    def __init__(
        self,
        env: Environment,
        pages: Pages,
        read: float,
        write: float,
        entry: int = 8,
        adjust: Callable[[Instance], int] = lambda _: 0,
        zram: float = float("inf"),
    ) -> None:
        self.env = env
        self.pages = pages
        self.counts = Counts()
        self._read, self._write, self._zram = read, write, zram
        self._entry = entry
        self._adjust = adjust
        self.changed: Callable[[], None] = lambda: None
        self.killed: Callable[[Instance], None] = lambda _: None
        # One device: reads and writes share its time.
        self._disk = Fluid(env, 1.0)
        self._queue: deque[_Request] = deque()
        self._swapping = self._serving = False
        self._retries = 0

    def ask(
        self,
        instance: Instance | None,
        size: int | Callable[[], int],
        take: Callable[[int], None],
        done: Callable[[], None] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        """Have room made for `size` bytes, and `take(bytes)` called with what there is, until it is all served.

        Args:
            instance: On whose behalf. Its requests end with it.
            size: May be a function, asked when its turn comes.
            whole: Take all of it at once.
            done: Called at the end, and not where the instance was killed.
        """
        self._queue.append(_Request(instance, size, take, done, whole))
        self.serve()

    @property
    def waiting(self) -> bool:
        """Whether a request waits."""
        return bool(self._queue)

    def at_once(self, size: int) -> bool:
        """Whether so many bytes would be there at once, with nobody before them."""
        return not self._queue and self.pages.free >= size

    def write_disk(self, size: int, done: Callable[[], None]) -> None:
        """Write so many bytes beside the swap's traffic, as a guest's own swap does."""
        self._disk.submit(size / self._write, lambda _: done())

    def fault_in(
        self, instance: Instance, parts: list[tuple[Holding, int]], done: Callable[[], None] | None = None
    ) -> None:
        """Read swapped bytes of an instance's holdings back, at the disk's speed, into RAM that room is made in."""
        left = list(parts)

        def take(got: int) -> None:
            while left and got:
                holding, size = left.pop()
                part = min(size, got)
                got -= part
                if part < size:
                    left.append((holding, size - part))
                back = min(part, holding.swapped)
                self.pages.swap_in(holding, back)
                self.counts.swapped_in += back

        def has_read(_: None) -> None:
            self.ask(instance, sum(size for _, size in left), take, done)

        size = sum(size for _, size in parts)
        near = self.pages.from_zram(size)
        self._disk.submit((size - near) / self._read + near / self._zram, has_read)

    def alive(self, instance: Instance | None) -> bool:
        """Whether an instance is still there. The host itself (None) always is."""
        return instance is None or instance.number in self.pages.instances

    def serve(self) -> None:
        """Serve what can be served now. It is called again whenever memory comes free."""
        if self._serving:
            return
        self._serving = True
        while self._queue and not self._swapping:
            request = self._queue[0]
            if not self.alive(request.instance):
                self._queue.popleft()
                continue
            size = request.size if isinstance(request.size, int) else request.size()
            free = self.pages.free
            if free >= size:
                self._queue.popleft()
                self._retries = 0
                request.take(size)
                if request.done:
                    request.done()
                continue
            if free and not request.whole:
                request.take(free)
                request.size = size = size - free
            self._make_room(size - self.pages.free)
        self._serving = False

    def _make_room(self, missing: int) -> None:
        dropped = self.pages.drop(missing)
        if dropped:
            self.counts.dropped(dropped, self.env.now)
            return
        can_go = min(
            self.pages.swap_free, sum([holding.resident for holding in self.pages.holdings() if holding.swappable])
        )
        size = min(max(missing, BATCH, self.pages.ram // 128), can_go)
        # Who reads back from a full swap makes room there for what others write: as little, again and again.
        self._retries = self._retries + 1 if size < min(missing, LITTLE) else 0
        if size > 0 and self._retries <= RETRIES:
            self._swapping = True
            self.counts.at("swap", self.env.now)
            near = self.pages.to_zram(size)
            self._disk.submit((size - near) / self._write + near / self._zram, self._has_written, size)
            return
        self._retries = 0
        if not self.kill():
            # Nothing is left to kill: the request can never be served.
            self._queue.popleft()

    def _has_written(self, size: int) -> None:
        self.pages.catch_up(None)
        self._swapping = False
        self.counts.swapped_out += self.pages.swap_evenly(self.pages.holdings(), size)
        self.serve()

    def score(self, instance: Instance) -> float:
        """An instance's score to the OOM killer."""
        resident, swapped = process(instance)
        tables = resident // PAGE * self._entry
        return badness(resident, swapped, tables, self._adjust(instance), self.pages.ram + self.pages.swap)

    def kill(self, instance: Instance | None = None) -> bool:
        """Kill an instance, or else the one with the largest score, the youngest of equals. Whether there was one."""
        if instance is None:
            scored = [(self.score(candidate), candidate.number) for candidate in self.pages.instances.values()]
            score, number = max(scored, default=(float("-inf"), 0))
            if score == float("-inf"):
                return False
            instance = self.pages.instances[number]
        self.pages.remove(instance)
        self.counts.kills.append((self.env.now, instance.number))
        self.counts.at("kill", self.env.now)
        self.killed(instance)
        return True
