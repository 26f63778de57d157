"""Instances of an application under steady load on one host: who waits for what, and what comes out.

An instance computes on threads. A relay for its network and one for its disk may stand between it and the devices.
Threads and relays need a core of the host, of which all instances share the cores, the disk and the link. Everything
is served first come, first served. A thread does not wait for the disk: what asked goes on when it is answered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.engine.environment import Environment
from sim.engine.seeds import SeedTree
from sim.engine.stations import Journey, Station, Step, TimedStation
from sim.engine.steps import found_idle, held, merged, now_idle, served, stay
from sim.machine.flash import factors, mean_slowest, slowest
from sim.machine.quota import SpentQuota
from sim.machine.requesttimes import RequestTimes

WARM_UP = 0.25
"""So many requests, as a share of those that are measured, go before them."""


@dataclass(frozen=True, slots=True)
class RequestLoad:
    """How requests come to each instance, and how many are measured over all of them.

    Clients whose requests take equally long stay in step. So whole rounds of all clients are measured.

    Attributes:
        clients: Each has one request at a time. 0 where requests come by a rate.
        think: Seconds between an answer and the client's next request.
        rate: Requests a second that come at random (Poisson).
        requests: How many are measured, but that each client makes as many as the others.
        stagger: Seconds over which clients make their first requests, evenly. Those that begin together go on to come
            in bursts for long.
        warm_rounds: Requests of each client that go before at least.
    """

    clients: int = 0
    think: float = 0.0
    rate: float = 0.0
    requests: int = 1000
    stagger: float = 0.0
    warm_rounds: int = 2


@dataclass(frozen=True, slots=True)
class Served:
    """What came out.

    Attributes:
        latencies: Seconds of each request that was measured, from asked to answered.
        seconds: How long it took to answer them all.
        in_flight: Requests that were there, in the mean over these seconds.
        busy: The share of a station's servers that was busy: "threads", "relay", "disk_relay", "cores", "disk", "link".
            The first three are means over instances.
    """

    latencies: Sequence[float]
    seconds: float
    in_flight: float
    busy: dict[str, float]

    @property
    def throughput(self) -> float:
        """Requests a second, of all instances together."""
        return len(self.latencies) / self.seconds


class LoadedHost:
    """Instances on a host. cores: of the host. times: of every request. limit: cores that each instance may use."""

    def __init__(
        self,
        times: RequestTimes,
        load: RequestLoad,
        instances: int,
        cores: int,
        seeds: SeedTree,
        limit: float | None = None,
    ) -> None:
        self.env = env = Environment()
        self._times, self._load = times, load
        relays = (times.relay > 0) * times.relays + (times.disk_relay > 0)
        tight = instances * (times.threads + relays) > cores
        self._cores = TimedStation(env, cores) if tight else None
        self._disk, self._link = TimedStation(env, 1), TimedStation(env, 1)
        self._instances = [_Instance(env, times, limit) for _ in range(instances)]
        disk = slowest(times.disk_parts, times.disk_spread, seeds.stream("disk"))
        self._spreads = [factors(times.spread, seeds.stream("cpu")), disk]
        self._computes: Step = ("stay", None, times.thread / times.exchanges, None)
        waits = times.disk_parts == 1 and times.disk_die
        self._dies = [TimedStation(env, 1) for _ in range(times.disk_dies if waits else 0)]
        self._on_die: list[Step] = served(self._dies[0], times.disk_die) if self._dies else []
        self._which_die = seeds.stream("die").randrange
        self._die_mean = mean_slowest(times.disk_parts, times.disk_spread)
        left = times.disk_time - times.disk_gap - (times.disk_die if self._dies else 0.0)
        self._stores: Step = ("stay", None, max(left, 0.0), None)
        self._random = bool(times.spread or times.disk_spread or self._dies)
        self._thinks = stay(load.think)
        self._arrivals = seeds.stream("arrivals")
        rounds = max(load.clients * instances, 1)
        self._measured = math.ceil(load.requests / rounds) * rounds
        self._warm = max(math.ceil(load.requests * WARM_UP / rounds), load.warm_rounds) * rounds
        self._answered, self._there, self._area, self._last = 0, 0, 0.0, 0.0
        self._begin = 0.0
        self._busy_before: dict[str, float] = {}
        self._latencies: list[float] = []
        self._done = env.event()

    def serve(self) -> Served:
        """Run until enough requests were answered."""
        for instance in self._instances:
            if not self._load.clients:
                self.env.process(self._come(instance))
        clients = [instance for _ in range(self._load.clients) for instance in self._instances]
        for place, instance in enumerate(clients):
            _Client(self.env, self._next_of_client, instance).arm(place / len(clients) * self._load.stagger)
        self.env.run(until=self._done)
        seconds = self.env.now - self._begin
        busy = {name: (after - self._busy_before[name]) / seconds for name, after in self._busy().items()}
        return Served(self._latencies, seconds, self._area / seconds, busy)

    def _next_of_client(self, client: _Client) -> list[Step] | None:
        """What a client does next: it flushes where that is due, thinks where it does so at all, or asks.

        None where its answer is not seen, as another client of the instance flushes.
        """
        instance = client.instance
        if not client.asks:
            self._count()
        elif instance.flushing is client:
            instance.flushing = None
            self._count()
            instance.see()
            instance.asked += 1
        elif instance.flushing:
            instance.unseen.append(client)
            return None
        else:
            self._answer(client)
            if instance.flushes():
                instance.flushing = client
                return self._flushed(instance)
            instance.asked += 1
        return self._after_answer(client)

    def _after_answer(self, client: _Client) -> list[Step]:
        if client.asks and self._thinks:
            client.asks = False
            return self._thinks
        client.asks = True
        self._there += 1
        return self._drawn(client.instance)

    def _come(self, instance: _Instance):  # type: ignore[no-untyped-def]  # a SimPy process
        while True:
            yield self.env.timeout(self._arrivals.expovariate(self._load.rate))
            self._ask(instance, Journey(self.env, self._answer))

    def _ask(self, instance: _Instance, journey: Journey) -> None:
        self._count()
        self._there += 1
        journey.begin(self._drawn(instance))

    def _answer(self, journey: Journey) -> None:
        self._count()
        self._there -= 1
        self._answered += 1
        if self._answered > self._warm and not self._done.triggered:
            self._latencies.append(self.env.now - journey.began)
            if len(self._latencies) == self._measured:
                self._done.succeed()
        elif self._answered == self._warm:
            self._begin, self._area, self._busy_before = self.env.now, 0.0, self._busy()

    def _count(self) -> None:
        now: float = self.env._now  # noqa: SLF001 - as `now`, without its call
        self._area += self._there * (now - self._last)
        self._last = now

    def _busy(self) -> dict[str, float]:
        """Seconds that each kind of station was busy until now, of each of its servers."""
        mean = len(self._instances)
        found = {
            "threads": math.fsum(one.threads.busy_seconds() for one in self._instances) / mean / self._times.threads,
            "relay": math.fsum(one.relay.busy_seconds() for one in self._instances) / mean / self._times.relays,
            "disk_relay": math.fsum(one.disk_relay.busy_seconds() for one in self._instances) / mean,
            "disk": self._disk.busy_seconds(),
            "link": self._link.busy_seconds(),
        }
        if self._cores:
            found["cores"] = self._cores.busy_seconds() / len(self._cores.free)
        return found

    def _drawn(self, instance: _Instance) -> list[Step]:
        """What one request does, in order, with times of its own where they are random."""
        times = self._times
        if not instance.steps:
            instance.steps = self._steps(instance)
            instance.drawn = [
                [place for place, step in enumerate(instance.steps) if step is drawn]
                for drawn in (instance.computes, self._stores, instance.spends, *self._on_die)
            ]
        if not self._random:
            return instance.steps
        thread, disk = self._spreads
        computing, storing, spending, *on_die = instance.drawn
        steps = instance.steps.copy()
        kind, station, seconds, more = instance.computes
        computes: Step = (kind, station, seconds * thread(), more)
        for place in computing:
            steps[place] = computes
        for place in spending:
            steps[place] = ("spend", instance.quota, computes[2], None)
        if on_die:
            for place in on_die[0]:
                die = self._dies[self._which_die(times.disk_dies)]
                steps[place] = ("serve", die, times.disk_die * disk(), 0.0)
        elif times.disk_spread:
            stores: Step = ("stay", None, self._kept(disk()), None)
            for place in storing:
                steps[place] = stores
        return steps

    def _kept(self, factor: float) -> float:
        """Seconds that an operation stays on the disk, once the disk has taken it, by the factor of its draw."""
        times = self._times
        more = times.disk_die * (factor - self._die_mean) if times.disk_die else times.disk_time * (factor - 1)
        return max(times.disk_time + more - times.disk_gap, 0.0)

    def _steps(self, instance: _Instance) -> list[Step]:
        """What each request does, with the instance's `computes` and `_stores` where a time may be random."""
        times = self._times
        steps: list[Step] = []
        threads = self._computed(instance)
        for exchange in range(times.exchanges):
            steps += stay(times.wire)
            steps += self._passed(instance.relay, times.relay, times.wake)
            steps += threads
            if exchange == 0:
                steps += self._stored(instance) * times.disk_operations
            steps += self._passed(instance.relay, times.relay, times.wake)
            steps += served(self._link, times.link)
        return list(merged(steps, kept=(instance.computes, self._stores, *self._on_die)))

    def _computed(self, instance: _Instance) -> list[Step]:
        """What a thread does. While it is throttled it has no core."""
        instance.spends = ("spend", instance.quota, self._computes[2], None)
        spends = [instance.spends] if instance.quota else []
        steps = held(instance.threads, [*spends, self._on_core(self._computes)])
        instance.computes = next((step for step in steps if step[2] and step[0] != "spend"), self._computes)
        return steps

    def _on_core(self, step: Step) -> Step:
        return ("serve", self._cores, step[2], 0.0) if self._cores else step

    def _passed(self, relay: Station, seconds: float, wake: float) -> list[Step]:
        if not seconds:
            return []
        return held(relay, [*found_idle(relay, wake), self._on_core(("stay", None, seconds, None))])

    def _flushed(self, instance: _Instance) -> list[Step]:
        """A flush holds the thread, and is in line behind the operations before it."""
        times = self._times
        passed = self._passed(instance.disk_relay, times.flush_relay, times.disk_wake)
        disk = [*served(self._disk, times.flush_disk), *stay(times.flush)]
        return held(instance.threads, [*passed, *disk, *now_idle(instance.disk_relay, times.flush_answer_wake)])

    def _stored(self, instance: _Instance) -> list[Step]:
        times = self._times
        disk = [*stay(times.disk_pool), *served(self._disk, times.disk_gap), *self._on_die, self._stores]
        passed = self._passed(instance.disk_relay, times.disk_relay, times.disk_wake)
        if times.disk_waits:
            return [*passed[:-1], *disk, *passed[-1:]]
        return [*passed, *disk, *now_idle(instance.disk_relay, times.disk_answer_wake)]


class _Instance:
    def __init__(self, env: Environment, times: RequestTimes, limit: float | None) -> None:
        self.quota = SpentQuota(limit) if limit else None
        self.threads = Station(env, times.threads, "threads")
        self.relay = Station(env, times.relays, "relay")
        self.disk_relay = Station(env, 1, "disk relay")
        self.steps: list[Step] = []
        self.drawn: list[list[int]] = []  # the places of steps whose times are random
        self._every, self.asked = times.flush_every, 0
        self.flushing: _Client | None = None
        self.unseen: list[_Client] = []  # answered during a flush
        self.spends: Step = ("spend", self.quota, 0.0, None)
        self.computes: Step = ("stay", None, 0.0, None)

    def flushes(self) -> bool:
        """Whether a flush is due, before the next request."""
        due = 0 < self._every <= self.asked
        self.asked = 0 if due else self.asked
        return due

    def see(self) -> None:
        """See the answers that came during a flush. One of these may have the next flush begin."""
        came, self.unseen = self.unseen, []
        for client in came:
            client.go_on()


class _Client(Journey):
    """One that has one request at a time. asks: Whether it is being answered; else it thinks, or has not come yet."""

    __slots__ = ("asks", "instance")

    def __init__(self, env: Environment, after: Callable[[_Client], list[Step] | None], instance: _Instance) -> None:
        super().__init__(env, after)  # type: ignore[arg-type]  # it is called with this journey
        self.asks, self.instance = False, instance

    def go_on(self) -> None:
        """Do what comes next, if anything, after an answer that was not seen when it came."""
        steps = self._after(self)
        if steps is not None:
            self.begin(steps)
