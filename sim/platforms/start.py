"""The one process that starts an instance in every study: image present, boot plan, application ready.

Each start is one alarm that walks its plan by callbacks. The end of a wait, or of a lock with a known hold time, is
known when it begins. Where nobody else can tell the difference, the walk goes on from that end without an event. What
happened is kept in columns of numbers (`sim.platforms.startlog`). It becomes records when somebody asks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from simpy import Environment

from sim.engine.alarm import Armed
from sim.engine.line import AlarmLine
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.machine.quota import CpuQuota
from sim.platforms.plan import BootPlan, BootStep
from sim.platforms.startcolumn import StartColumn
from sim.platforms.startlog import StartLog, rounded
from sim.records.instances import InstanceRecord, PhaseRecord

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
        quotas: The quota of each instance that has computed under one, by its index.
        log: What happened.
        rows: The plan's steps, with what each start reads of them.
        first_cpu: The position of the first step that computes, in a process that was forked just now. -1 for none.
        marks: The positions of the first steps after those milestones at which something happens or is told.
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
        self.plan = plan
        self.ready = ready
        self.images = images
        self.stays = stays if plan.clean_up else None
        self.runs = runs
        self.created = created
        self.name = name
        self.limit = limit
        self.quotas: dict[int, CpuQuota] = {}
        self.first_cpu = next((position for position, step in enumerate(plan.steps) if step.demand == "cpu"), -1)
        self.marks = {plan.runtime, plan.ready, *((plan.init,) if runs is not None else ())}
        self.log = StartLog(plan, self.marks, host)
        self._lines: dict[int, AlarmLine] = {}
        place = seeds.child("phase")
        self.rows = [
            (
                step,
                step.demand,
                _fixed(step),
                step.growth,
                _Draws(step, own, place.stream(step.id)) if step.spread else None,
                step.timed,
                ends,
                own,
            )
            for step, ends, own in zip(plan.steps, self.log.ends, self.log.own, strict=True)
        ]

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

    def instance_records(self, of: str, instances: Iterable[int]) -> Iterator[InstanceRecord]:
        """The milestones of some instances, which must be ready."""
        plan, log = self.plan, self.log
        for index in instances:
            asked = log.requested.of(index)
            reached = [asked, *[end for _, end, _ in islice(log.steps(index), plan.ready)]]
            yield InstanceRecord(
                of=of,
                instance=index,
                requested=asked,
                runtime_ready=reached[plan.runtime],
                init_started=reached[plan.init],
                ready=reached[plan.ready],
            )

    def phase_records(self, of: str, instances: Iterable[int], number: int | None = None) -> Iterator[PhaseRecord]:
        """The phases of some instances, instance by instance in the order they happened.

        Args:
            of: What they are records of.
            instances: Which instances.
            number: What the records call an instance, where it is not its index.
        """
        told = [
            (step.id, step.owner, step.demand, step.resource, step.source, step.estimate) for step in self.plan.steps
        ]
        for index in instances:
            called = index if number is None else number
            for step, (start, end, queued) in zip(told, self.log.steps(index), strict=True):
                phase, owner, demand, resource, source, estimate = step
                yield PhaseRecord(of, called, phase, owner, demand, resource, start, end, queued, source, estimate)


class Start(Armed):
    """One instance on its way to ready.

    Attributes:
        index: Its place in the order of requests.
    """

    __slots__ = ("_position", "_starter", "_state", "index")

    def __init__(self, starter: Starter, index: int) -> None:
        self.index = index
        self._starter = starter
        self._position = 0
        self._state = _GOES

    @property
    def env(self) -> Environment:
        """The simulation."""
        return self._starter.host.env

    @property
    def done(self) -> int:
        """How many steps are done, or begun with an end that is known."""
        return self._position

    def release(self) -> None:
        """Go on, after it was created."""
        self._state = _GOES
        self._starter.log.released[self.index] = self.env.now
        self._go_on()

    def abandon(self) -> Start:
        """Be cleaned up before the application is ready. Gives the start that goes on with that: another at times.

        What comes before the first process is done, as an engine does it. What the application would do next is not:
        its steps end as they begin. A wait of it ends now, and what it does on cores, disk or network when that is
        done. One that was created and waits to be released does nothing more.
        """
        waits, self._state = self._state == _WAITS, _LEAVES
        if waits:
            self._go_on()
        wait = self._wait_under_way()
        if wait is None:
            return self
        self._state = _GONE  # it is in the queue of events, and means nothing there any more
        after = Start(self._starter, self.index)
        after._state, after._position = _LEAVES, wait
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
        self._state = _LEAVES
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
            log.ends[position].note(index, end, end)
        self._position = _UNPACK + 1
        self._go_on()

    def _wake(self) -> float | None:
        """The wait, or the lock, is over."""
        return None if self._state == _GONE else self._walk()

    handler = staticmethod(_wake)

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
        starter = self._starter
        host, index = starter.host, self.index
        rows, marks, position = starter.rows, starter.marks, self._position
        at = now = got = self.at
        while position < len(rows):
            step, demand, amount, growth, drawn, timed, ends, own = rows[position]
            if at > now and (demand != "wait" or growth or position in marks):
                break
            if position in marks and self._stops_at(position):
                return None
            if self._state == _LEAVES and at <= now and self._first_to_skip() <= position < starter.plan.ready:
                position = self._skip(position)
                continue
            if drawn is not None and drawn.count <= index:
                drawn.up_to(index)
            if growth:
                amount += host.held.growth(growth, itself=position >= starter.plan.runtime)
                for per, more, _ in growth:
                    if per == "queued":
                        amount += host.queued(step.resource) * more
            if drawn is not None:
                amount = own.of(index) if drawn.whole else amount * own.of(index)
            if timed and growth:
                amount = int(amount * 1e9 + 0.5) / 1e9
                own.finish(index, amount)
            if demand == "wait":
                at += amount
            elif demand == "hold" and not step.flushes:
                got, at = host.hold(step.resource, amount)
                if position in starter.log.got:
                    starter.log.got[position].note(index, got, now)
                    ends.note(index, at, got)
                else:
                    ends.note(index, at, now + amount)
            else:
                self._position = position
                if demand == "cpu":
                    if starter.limit is not None and starter.plan.runtime <= position < starter.plan.ready:
                        alone = starter.quota(index).compute(amount, step.parallelism, Start._served, self)
                    else:
                        new = position == starter.first_cpu
                        alone = host.compute(amount, step.parallelism, Start._served, self, new=new)
                elif demand == "read":
                    key = step.resource or f"{step.id} {starter.name} {index}"
                    alone = host.read(amount, key, Start._served, self, step.files, stream=step.stream)
                elif demand == "flush":
                    alone = host.flush(amount, Start._served, self)
                elif demand == "hold":
                    alone = host.hold_and_flush(step.resource, amount, step.flushes, Start._served, self)
                elif demand == "write":
                    alone = host.write(amount, Start._served, self)
                else:
                    alone = host.transfer(amount, Start._served, self)
                if demand != "cpu":
                    own.note(index, alone)
                return None
            position += 1
        self._position = position
        if at > now:
            if got > now:
                starter.line(position).join(self, at - now)
                return None
            return at - now
        if position not in marks or not self._stops_at(position):
            if starter.plan.clean_up:
                host.held.add(starter.plan.mounts, starter.plan.ports, -1)
            starter.ready(self)
        return None

    def _stops_at(self, position: int) -> bool:
        """What happens before a step that is first after a milestone; whether the start waits there to be told more."""
        starter, plan = self._starter, self._starter.plan
        self._position = position
        goes_on = self._state != _LEAVES
        if position == plan.runtime and goes_on and starter.created and self.index not in starter.log.released:
            self._state = _WAITS
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
        starter, position, index = self._starter, self._position, self.index
        now = starter.host.env._now  # noqa: SLF001 - as `now`, without its call
        starter.log.note_served(position, index, self.at, now)
        self.at = now
        self._position += 1
        delay = self._walk()
        if delay is not None:
            self.arm(delay)


def _fixed(step: BootStep) -> float:
    """What a step asks for, or what that begins with as it grows with others."""
    return rounded(step.amount) if step.timed and not step.growth else step.amount


class _Draws:
    """What is drawn of a step for each start, in the order of requests. It is drawn when the first start asks for it.

    Args:
        own: The column of the log that keeps it: what the step asks for, or what that is multiplied by where it grows
            with others.

    Attributes:
        count: For how many starts it was drawn.
        whole: Whether what is kept is what the step asks for.
    """

    __slots__ = ("_own", "_step", "_stream", "count", "whole")

    def __init__(self, step: BootStep, own: StartColumn, stream: random.Random) -> None:
        self._own, self._step, self._stream = own, step, stream
        self.count = 0
        self.whole = step.timed and not step.growth

    def up_to(self, index: int) -> None:
        """Draw for the starts up to this one."""
        step, draw, note = self._step, self._stream.lognormvariate, self._own.note
        for each in range(self.count, index + 1):
            factor = draw(0.0, step.spread)
            note(each, rounded(step.amount * factor) if self.whole else factor)
        self.count = index + 1
