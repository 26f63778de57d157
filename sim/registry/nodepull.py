"""One node's pull as its client does it: so many downloads at once, layers unpacked on their parents, retries.

Sources: moby daemon/internal/distribution/xfer/download.go, containerd core/unpack/unpacker.go, kubelet images.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.registry.client import Client
from sim.registry.work import Chore, Work

_EPSILON = 1e-9


class PullEntry(NamedTuple):
    """One thing that was done, in seconds.

    Attributes:
        queued: What it waited for its turn before `start`.
    """

    kind: Literal["download", "verify", "commit", "unpack", "mount"]
    digest: str
    image: str
    start: float
    end: float
    queued: float
    bytes: int


class Site(Protocol):
    """Where a node stands: it asks for tags, fetches bytes and has cores."""

    env: Environment

    def ask(self, done: Callable[[int], None], job: int) -> None:
        """Resolve the tag of a job."""

    def fetch(self, blob: int, size: float, done: Callable[[int], None]) -> None:
        """Get `size` bytes of a blob."""

    def commit(self, blob: int, size: float, done: Callable[[int], None]) -> None:
        """Have a blob on the disk."""

    def compute(self, seconds: float, done: Callable[[int], None], unit: int) -> None:
        """Use a core for so long, on the reference host."""

    def flush(self, count: int, done: Callable[[int], None], argument: int) -> None:
        """Have so many small writes on the disk, one after another."""

    def arrived(self, blob: int) -> None:
        """A blob is there whole, and may be handed on."""


class Luck(Protocol):
    """Random numbers, as `random.Random` has them."""

    def random(self) -> float:
        """The next number, at least 0 and below 1."""


class NodePull:
    """One node at work.

    Its state is small and in lists by blob, unit and job: in a fleet the time goes into getting it from memory.

    `done(self)` is called when every image is unpacked, or mounted and read.

    Attributes:
        asked: When it was asked.
        last_byte: When the last byte came.
        ended: When every image was unpacked or mounted.
        read: When what a start reads of a mounted image was there.
        unpack_seconds: How long was spent unpacking.
        retries: How many attempts were repeated.
        moved: Bytes that were fetched.

    Args:
        failure: The chance that one attempt breaks off, anywhere.
        log: Takes what was done, where it is given.
    """

    __slots__ = (
        "_began",
        "_client",
        "_done",
        "_env",
        "_extracted",
        "_failure",
        "_free",
        "_given_up",
        "_heads",
        "_here",
        "_known",
        "_known_at",
        "_lane",
        "_left",
        "_log",
        "_luck",
        "_next",
        "_open",
        "_owner",
        "_queues",
        "_running",
        "_site",
        "_started",
        "_tries",
        "_verified_at",
        "asked",
        "ended",
        "last_byte",
        "moved",
        "read",
        "retries",
        "unpack_seconds",
        "work",
    )

    def __init__(
        self,
        work: Work,
        client: Client,
        site: Site,
        done: Callable[[NodePull], None],
        *,
        failure: float = 0.0,
        luck: Luck | None = None,
        log: list[PullEntry] | None = None,
    ) -> None:
        self.work = work
        self._client = client
        self._site = site
        self._env = site.env
        self._done = done
        self._failure = failure if luck is not None else 0.0
        self._luck = luck
        self._log = log
        self.asked = site.env.now
        self.last_byte = self.ended = self.read = site.env.now
        self.unpack_seconds = 0.0
        self.retries = 0
        self.moved = 0.0
        lanes = len(work.jobs) if client.per_image else 1
        blobs, units = len(work.blobs), len(work.units)
        # Blobs and units have a time of None until it comes, and a lane or an owner of -1.
        self._queues: list[list[int]] = [[] for _ in range(lanes)]
        self._heads = [0] * lanes
        self._free = [client.downloads] * lanes
        self._lane = [-1] * blobs
        self._left = list(work.sizes)
        self._tries = [0] * blobs
        self._given_up = 0
        self._known_at: list[float | None] = [None] * blobs
        self._began = [0.0] * blobs
        self._verified_at = [0.0] * blobs
        self._here: list[float | None] = [None] * blobs
        self._known: list[int] = []  # of those that are open, in order
        self._started: list[float | None] = [None] * units
        self._extracted = bytearray(units)
        self._running = [0] * len(work.jobs)
        self._next = [0] * len(work.jobs)
        self._owner = [-1] * units
        self._open = list(range(len(work.jobs)))

    def start(self) -> None:
        """Ask for the images, as the client does."""
        self.asked = self._env.now
        jobs = range(len(self.work.jobs))
        if self._client.serial:
            self._begin(0)
            return
        for job in jobs:
            late = job - self._client.burst + 1
            self._after(late / self._client.qps if self._client.qps and late > 0 else 0.0, self._begin, job)

    def _after(self, delay: float, act: Callable[[int], None], argument: int) -> None:
        if delay <= 0.0:
            act(argument)
        else:
            Alarm(self._env, lambda _: act(argument)).arm(delay)

    def _begin(self, job: int) -> None:
        if self.work.jobs[job].lookup:
            self._site.ask(self._resolved, job)
        else:
            self._resolved(job)

    def _resolved(self, job: int) -> None:
        """The manifest is there, and is noted."""
        self._chore(self.work.jobs[job].chore, self._noted, job)

    def _chore(self, chore: Chore, done: Callable[[int], None], argument: int) -> None:
        """Do what an engine does beside the bytes."""
        site = self._site
        if chore.seconds:
            site.compute(chore.seconds, lambda _: site.flush(chore.flushes, done, argument), argument)
        else:
            site.flush(chore.flushes, done, argument)

    def _noted(self, job: int) -> None:
        """Queue what nobody has asked for, and unpack what needs no download."""
        lane = job if self._client.per_image else 0
        for blob in self.work.jobs[job].blobs:
            if self._lane[blob] < 0:
                self._lane[blob] = lane
                self._known_at[blob] = self._env.now
                self._queues[lane].append(blob)
        for unit in self.work.jobs[job].units:
            if self._owner[unit] < 0:
                self._owner[unit] = job
        insort(self._known, job)
        self._dispatch(lane)
        self._commit(job)
        self._go_on(job)
        self._finish(job)

    def _dispatch(self, lane: int) -> None:
        queue = self._queues[lane]
        while self._heads[lane] < len(queue) and self._free[lane]:
            self._free[lane] -= 1
            blob = queue[self._heads[lane]]
            self._heads[lane] += 1
            self._began[blob] = self._env.now
            self._attempt(blob)

    def _attempt(self, blob: int) -> None:
        left = self._left[blob]
        if self._luck is not None and self._failure and self._luck.random() < self._failure:
            part = left * self._luck.random()
            if self._client.resume:
                self._left[blob] = left - part
            self.moved += part
            self._site.fetch(blob, part, self._broke)
        else:
            self.moved += left
            self._site.fetch(blob, left, self._received)

    def _broke(self, blob: int) -> None:
        client = self._client
        self.retries += 1
        self._tries[blob] += 1
        delay = client.wait * self._tries[blob]
        if self._tries[blob] == client.attempts:
            self._tries[blob] = 0
            delay = min(client.backoff * 2**self._given_up, client.backoff_most)
            self._given_up += 1
            if not client.keeps:
                self._left[blob] = float(self.work.blobs[blob].size)
        self._after(delay, self._attempt, blob)

    def _received(self, blob: int) -> None:
        """The last byte is there. Hashing it may lag behind."""
        now = self._env.now
        size = self.work.blobs[blob].size
        self.last_byte = now
        began = self._began[blob]
        known_at = self._known_at[blob]
        self._note("download", blob, began, now, 0.0 if known_at is None else began - known_at)
        lag = size / self._client.hashing - (now - began)
        if lag > _EPSILON:
            self._note("verify", blob, now, now + lag, 0.0)
            self._after(lag, self._verified, blob)
        else:
            self._verified(blob)

    def _verified(self, blob: int) -> None:
        if self._client.commits and blob != self.work.reads:
            self._verified_at[blob] = self._env.now
            self._site.commit(blob, self.work.sizes[blob], self._written)
        else:
            self._has(blob)

    def _written(self, blob: int) -> None:
        self._chore(self.work.blobs[blob].chore, self._committed, blob)

    def _committed(self, blob: int) -> None:
        if self._env.now > self._verified_at[blob]:
            self._note("commit", blob, self._verified_at[blob], self._env.now, 0.0)
        self._has(blob)

    def _note(
        self, kind: Literal["download", "verify", "commit"], blob: int, start: float, end: float, queued: float
    ) -> None:
        if self._log is not None:
            fetched = self.work.blobs[blob]
            self._log.append(PullEntry(kind, fetched.digest, fetched.image, start, end, queued, fetched.size))

    def _has(self, blob: int) -> None:
        self._here[blob] = self._env.now
        self._site.arrived(blob)
        if blob == self.work.reads:
            self._finished_all()
            return
        lane = self._lane[blob]
        self._free[lane] += 1
        self._dispatch(lane)
        for job in tuple(self._known):
            self._go_on(job)

    def _go_on(self, job: int) -> None:
        """Unpack every layer of a job that may be unpacked now: the first that is not, and with `unpacks` some more."""
        units, every = self.work.units, self.work.jobs[job].units
        for position in range(self._next[job], len(every)):
            unit = every[position]
            work = units[unit]
            one_by_one = self._client.unpacks == 1 and work.kind == "unpack"
            if self._started[unit] is None and (work.blob is None or self._here[work.blob] is not None):
                if work.kind == "unpack" and self._running[self._owner[unit]] >= self._client.unpacks:
                    break
                self._unpack(unit)
            if one_by_one:
                break

    def _unpack(self, unit: int) -> None:
        work = self.work.units[unit]
        self._started[unit] = self._env.now
        self._running[self._owner[unit]] += 1
        if work.kind == "mount":
            self._after(work.seconds, self._has_extracted, unit)
        else:
            self._site.compute(work.seconds, self._extract_ended, unit)

    def _extract_ended(self, unit: int) -> None:
        """Its files are there. The engine notes it."""
        self._site.flush(self.work.units[unit].flushes, self._has_extracted, unit)

    def _has_extracted(self, unit: int) -> None:
        now, start, work = self._env.now, self._started[unit] or 0.0, self.work.units[unit]
        if self._log is not None:
            here = self._here[work.blob] if work.blob is not None else None
            queued = 0.0 if here is None else start - here
            self._log.append(PullEntry(work.kind, work.digest, work.image, start, now, queued, work.size))
        if work.kind == "unpack":
            self.unpack_seconds += now - start
        self._running[self._owner[unit]] -= 1
        self._extracted[unit] = True
        for job in tuple(self._known):
            self._commit(job)
            self._go_on(job)
            self._finish(job)

    def _commit(self, job: int) -> None:
        """Commit in order what is extracted, each layer on its parent."""
        every = self.work.jobs[job].units
        while self._next[job] < len(every) and self._extracted[every[self._next[job]]]:
            self._next[job] += 1

    def _finish(self, job: int) -> None:
        if job not in self._open or self._next[job] < len(self.work.jobs[job].units):
            return
        self._open.remove(job)
        self._known.remove(job)
        if self._open and self._client.serial:
            self._begin(min(self._open))
        elif not self._open:
            self.ended = self._env.now
            if self.work.reads is None:
                self._finished_all()
            else:
                self._began[self.work.reads] = self._env.now
                self._attempt(self.work.reads)

    def _finished_all(self) -> None:
        self.read = self._env.now
        self._done(self)
