"""The one process that starts an instance in every study: image present, boot plan, application ready.

Each start is one alarm that walks its plan by callbacks. The end of a wait, or of a lock with a known hold time, is
known when it begins. Where nobody else can tell the difference, the walk goes on from that end without an event. What
happened is kept in columns of numbers (`sim.platforms.startlog`). It becomes records when somebody asks
(`sim.platforms.startrecords`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice
from typing import Protocol

from simpy import Environment

from sim.engine.alarm import Armed
from sim.engine.line import AlarmLine
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.machine.quota import CpuQuota
from sim.platforms.plan import BootPlan, BootStep
from sim.platforms.startamount import Amount, rounded
from sim.platforms.startlog import StartLog

_DOWNLOAD, _UNPACK = 0, 1
"""The positions of a pull's steps in a plan that pulls."""

_GOES, _WAITS, _LEAVES, _GONE = range(4)
"""States of a start: on its way; waiting to be released; cleaned up, from when it is told to; replaced by another."""


class ImageSource(Protocol):
    """Where a start's image comes from."""

    def ensure(self, done: Callable[[float], None]) -> None:
        """Call `done(when its last byte came)` as soon as the image is there."""


class Starter:
    """Starts instances by one plan on one host, and keeps what happened.

    An instance is named by its index in the order of requests. A step is named by its position in the plan.

    Args:
        host: The host that serves the steps.
        plan: The steps of every start.
        seeds: Where durations are drawn from. Each phase id has a stream of its own, drawn from in the order of
            requests. So the same phase of the same instance has the same luck in every technology compared.
        ready: Called with each start when its application is ready. Where the plan cleans up, called when the
            instance is removed.
        images: Where the plan pulls from, if it pulls.
        stays: Called with each start when its application is ready. The instance is then cleaned up once
            `Start.leave` is called. Where it is None, the instance is cleaned up at once.
        runs: Called with each start when the first process of the instance runs.
        created: Called with each start when its runtime is ready: a container is created, and nothing of it runs yet.
            It goes on once `Start.release` is called. Where it is None, it goes on at once.
        name: Tells the files that only one instance reads from those of another starter on the same host.
        limit: The cores that each instance may use in the mean of a period, from when its runtime is ready to when its
            application is. None for all.

    Attributes:
        env: The simulation.
        count: How many steps there are.
        quotas: The quota of each instance that has computed under one, by its index.
        log: What happened.
        rows: The plan's steps, with what each start reads of them.
        first_cpu: The position of the first step that computes, in a process that was forked just now. -1 for none.
        given_back: The locks that a start gives back before a step, by its position.
        marks: The positions of the first steps after those milestones at which something happens or is told, and of
            those before which a lock is given back.
    """

    def __init__(
        self,
        host: RunningHost,
        plan: BootPlan,
        seeds: SeedTree,
        ready: Callable[[Start], None],
        images: ImageSource | None = None,
        stays: Callable[[Start], None] | None = None,
        runs: Callable[[Start], None] | None = None,
        created: Callable[[Start], None] | None = None,
        name: str = "",
        limit: float | None = None,
    ) -> None:
        self.host = host
        self.env = host.env
        self.plan = plan
        self.count = len(plan.steps)
        self.ready = ready
        self.images = images
        self.stays = stays if plan.clean_up else None
        self.runs = runs
        self.created = created
        self.name = name
        self.limit = limit
        self.quotas: dict[int, CpuQuota] = {}
        self.first_cpu = next((position for position, step in enumerate(plan.steps) if step.demand == "cpu"), -1)
        self.given_back = plan.given_back
        self.marks = {plan.runtime, plan.ready, *((plan.init,) if runs is not None else ()), *self.given_back}
        self.log = StartLog(plan, self.marks, host)
        self._lines: dict[int, AlarmLine] = {}
        place = seeds.child("phase")
        self.rows = [
            (
                step,
                self._demand(step),
                position in self.marks,
                step.demand != "wait" or bool(step.growth) or position in self.marks,
                rounded(step.amount) if step.timed else step.amount,
                self._amount(position, place) if step.growth or step.spread else None,
                self.log.ends[position],
                self.log.got.get(position),
            )
            for position, step in enumerate(plan.steps)
        ]

    def _demand(self, step: BootStep) -> str:
        """A step's demand: "hold" only of a lock that tells at once when a hold ends, "kept" of one that is kept."""
        if step.until:
            return "kept"
        if step.demand != "hold":
            return step.demand
        if step.flushes:
            return "written"
        return "held later" if step.resource in self.host.shared_by_readers else "hold"

    def _amount(self, position: int, place: SeedTree) -> Amount:
        step, itself = self.plan.steps[position], position >= self.plan.runtime
        stream = place.stream(step.id) if step.spread else None
        return Amount(step, self.host, self.log.keeps(position), stream, itself=itself)

    def __len__(self) -> int:
        """How many starts were asked for."""
        return len(self.log)

    def request(self) -> None:
        """Ask for one more instance, now."""
        self.admit().begin()

    def admit(self) -> Start:
        """One more instance that is asked for now. Its start has not begun."""
        return Start(self, self.log.add(self.host.env.now))

    def line(self, position: int) -> AlarmLine:
        """Where those stand that wait for a lock and go on from this step."""
        line = self._lines.get(position)
        if line is None:
            line = self._lines[position] = AlarmLine(self.host.env)
        return line

    def quota(self, index: int) -> CpuQuota:
        """The quota of an instance, whose first period begins when this is first asked."""
        quota = self.quotas.get(index)
        if quota is None:
            quota = self.quotas[index] = CpuQuota(self.host, self.limit or math.inf)
        return quota


class Start(Armed):
    """One instance on its way to ready.

    Attributes:
        index: Its place in the order of requests.
    """

    __slots__ = ("_position", "_starter", "index")

    _state = _GOES

    def __init__(self, starter: Starter, index: int) -> None:
        self.index = index
        self._starter = starter
        self._position = 0

    @property
    def env(self) -> Environment:
        """The simulation."""
        return self._starter.env

    @property
    def done(self) -> int:
        """How many steps are done, or begun with an end that is known."""
        return self._position

    def release(self) -> None:
        """Go on, after it was created."""
        self.__class__ = Start
        self._starter.log.released[self.index] = self.env.now
        self._go_on()

    def abandon(self) -> Start:
        """Be cleaned up before the application is ready. Gives the start that goes on with that: another at times.

        What comes before the first process is done, as an engine does it. What the application would do next is not:
        its steps end as they begin. A wait of it ends now, and what it does on cores, disk or network when that is
        done. One that was created and waits to be released does nothing more.
        """
        waits, self.__class__ = self._state == _WAITS, _Leaving
        if waits:
            self._go_on()
        wait = self._wait_under_way()
        if wait is None:
            return self
        self.__class__ = _Gone  # it is in the queue of events, and means nothing there any more
        after = Start(self._starter, self.index)
        after.__class__, after._position = _Leaving, wait
        delay = self._starter.log.reached(self.index, wait) - self.env.now
        if delay > 0:
            after.arm(delay)
        else:
            after._position = after._skip(wait)
            after._go_on()
        return after

    def _wait_under_way(self) -> int | None:
        """The position of the first wait of the application that is begun, or known to follow, and has not ended."""
        starter, now = self._starter, self.env.now
        known = islice(starter.log.steps(self.index), min(self._position, starter.plan.ready))
        for position, (_, end, _) in enumerate(known):
            if position >= starter.plan.init and starter.rows[position][1] == "wait" and end > now:
                return position
        return None

    def leave(self) -> None:
        """Be cleaned up, from now on."""
        self.__class__ = _Leaving
        self._starter.log.left[self.index] = self.env.now
        self._go_on()

    def begin(self) -> None:
        """Be admitted. Then the image is there, or is pulled first."""
        images = self._starter.images
        if images is None:
            self._go_on()
        else:
            images.ensure(self._has_image)

    def _has_image(self, downloaded: float) -> None:
        """Note when the image came, and walk on.

        Args:
            downloaded: When the last byte came, or before the request where the image was there already.
        """
        log, index = self._starter.log, self.index
        for position, end in ((_DOWNLOAD, max(downloaded, log.requested.of(index))), (_UNPACK, self.env.now)):
            log.ends[position].note(index, end)
        self._position = _UNPACK + 1
        self._go_on()

    def _go_on(self) -> None:
        """Walk on, and be woken where that ends."""
        self.at = self.env.now
        delay = self._walk()
        if delay is not None:
            self.arm(delay)

    def _walk(self) -> float | None:
        """Go on from the step that is next, as far as can be known now. The seconds until it has to go on from there.

        The host holds an instance from its first step after the runtime on. Its first step after the application is
        ready waits until it is told to leave, where it stays.
        """
        if self._state == _GONE:
            return None
        starter, index, position = self._starter, self.index, self._position
        host, rows, count = starter.host, starter.rows, starter.count
        at = now = got = self.at
        while position < count:
            step, demand, mark, wakes, amount, varies, ends, gets = rows[position]
            if at > now and wakes:
                break
            if mark and self._stops_at(position):
                return None
            if self._state == _LEAVES and at <= now and self._first_to_skip() <= position < starter.plan.ready:
                position = self._skip(position)
                continue
            if varies is not None:
                amount = varies.of(index)
            if demand == "wait":
                at += amount
            elif demand == "cpu":
                self._position = position
                if starter.limit is not None and starter.plan.runtime <= position < starter.plan.ready:
                    alone = starter.quota(index).compute(amount, step.parallelism, Start._served, self)
                else:
                    new = position == starter.first_cpu
                    alone = host.compute(amount, step.parallelism, Start._served, self, new=new)
                self.at = now + alone
                return None
            elif demand == "hold":
                got, at = host.hold(step.resource, amount)
                if gets is None:
                    if at != now + amount:
                        ends.note(index, at)
                else:
                    if got != now:
                        gets.note(index, got)
                    ends.note(index, at)
            elif demand == "written":
                self._position = position
                alone = host.hold_and_flush(step.resource, amount, step.flushes, Start._served, self)
                starter.log.own[position].note(index, alone)
                self.at = now + alone
                return None
            elif demand == "kept":
                self._position = position
                self.at = now
                if not host.take(step.resource, Start._served, self):
                    return None
            else:
                self._position = position
                alone = self._ask(step, amount)
                starter.log.own[position].note(index, alone)
                self.at = now + alone
                return None
            position += 1
        self._position = position
        if at > now:
            if got > now:
                starter.line(position).join(self, at - now)
                return None
            return at - now
        if position not in starter.marks or not self._stops_at(position):
            if starter.plan.clean_up:
                host.held.add(starter.plan.mounts, starter.plan.ports, -1)
            starter.ready(self)
        return None

    def _ask(self, step: BootStep, amount: float) -> float:
        """Ask the host for what it serves but cores. The seconds that this takes alone."""
        host = self._starter.host
        if step.demand == "read":
            key = step.resource or f"{step.id} {self._starter.name} {self.index}"
            return host.read(amount, key, Start._served, self, step.files, stream=step.stream)
        if step.demand == "flush":
            return host.flush(amount, Start._served, self)
        if step.demand == "hold":
            return host.await_readers(step.resource, amount, Start._served, self)
        if step.demand == "write":
            return host.write(amount, Start._served, self)
        return host.transfer(amount, Start._served, self)

    handler = staticmethod(_walk)

    def _stops_at(self, position: int) -> bool:
        """What happens before a step that is first after a milestone; whether the start waits there to be told more.

        A lock that was had until there is given back.
        """
        starter, plan = self._starter, self._starter.plan
        self._position = position
        for lock in starter.given_back.get(position, ()):
            starter.host.give_back(lock, self)
        goes_on = self._state != _LEAVES
        if position == plan.runtime and goes_on and starter.created and self.index not in starter.log.released:
            self.__class__ = _Waiting
            starter.created(self)
            return True
        if position == plan.init and goes_on and starter.runs:
            starter.runs(self)
        if position == plan.ready and goes_on and starter.stays:
            starter.stays(self)
            return True
        if position == plan.runtime:
            starter.host.held.add(plan.mounts, plan.ports)
        return False

    def _first_to_skip(self) -> int:
        """From which step on nothing is done where it was abandoned."""
        starter = self._starter
        waits = starter.created is not None and self.index not in starter.log.released
        return starter.plan.runtime if waits else starter.plan.init

    def _skip(self, position: int) -> int:
        """Leave out what the application would do from here on. The position of the first step of its removal."""
        self._starter.log.note_skipped(position, self.index, self.env.now)
        return self._starter.plan.ready

    def _served(self) -> None:
        """The cores, the disk or the network are done with the step."""
        starter, position = self._starter, self._position
        now = starter.env._now  # noqa: SLF001 - as `now`, without its call
        if now != self.at:
            starter.log.ends[position].note(self.index, now)
            self.at = now
        self._position = position + 1
        delay = self._walk()
        if delay is not None:
            self.arm(delay)


class _Waiting(Start):
    """A start that waits to be released. Its state is its class, which takes no place in it."""

    __slots__ = ()

    _state = _WAITS


class _Leaving(Start):
    """A start that is cleaned up."""

    __slots__ = ()

    _state = _LEAVES


class _Gone(Start):
    """A start in whose place another one goes on."""

    __slots__ = ()

    _state = _GONE
