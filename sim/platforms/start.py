"""The one process that starts an instance in every study: image present, boot plan, application ready.

Each start is one alarm that walks its plan by callbacks. The end of a wait, or of a lock with a known hold time, is
known when it begins. Where nobody else can tell the difference, the walk goes on from that end without an event. What
happened is kept in columns of numbers, one a step. It becomes records when somebody asks.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from sim.engine.alarm import Alarm
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.machine.quota import CpuQuota
from sim.platforms.plan import BootPlan
from sim.records import InstanceRecord, PhaseRecord

_DOWNLOAD, _UNPACK = 0, 1
"""The positions of a pull's steps in a plan that pulls."""

_ROUNDING = 1e-9
"""Seconds below which a difference is rounding: drawn durations are whole nanoseconds."""


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
        expected: How many starts to make room for. There may be more.
        stays: Called with each start when its application is ready. The instance is then cleaned up once
            `Start.leave` is called. Where it is None, the instance is cleaned up at once.
        runs: Called with each start when the first process of the instance runs.
        created: Called with each start when its runtime is ready: a container is created, and nothing of it runs yet.
            It goes on once `Start.release` is called. Where it is None, it goes on at once.
        name: Tells the files that only one instance reads from those of another starter on the same host.
        limit: The cores that each instance may use in the mean of a period, from when its runtime is ready to when its
            application is. None for all.

    Attributes:
        requested: When each instance was requested.
        left: When an instance was told to leave, by its index.
        released: When one was told to go on that was created, by its index.
        quotas: The quota of each instance that has computed under one, by its index.
        ends: One column for each step: when each instance was done with it.
        queued: One column for each step: the seconds beyond what it takes alone.
        luck: One column for each step with a spread: what its duration is multiplied by. None for the others.
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
        expected: int = 1,
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
        self.requested = array("d")
        self.left: dict[int, float] = {}
        self.released: dict[int, float] = {}
        self.limit = limit
        self.quotas: dict[int, CpuQuota] = {}
        self._expected = expected
        self.ends = [array("d") for _ in plan.steps]
        self.queued = [array("d") for _ in plan.steps]
        self.luck: list[array[float] | None] = [array("d") if step.spread else None for step in plan.steps]
        self.rows = [(step, step.demand, step.amount, step.growth, step.timed) for step in plan.steps]
        self.first_cpu = next((position for position, step in enumerate(plan.steps) if step.demand == "cpu"), -1)
        self.marks = {plan.runtime, plan.ready, *((plan.init,) if runs is not None else ())}
        place = seeds.child("phase")
        self._draws: list[tuple[array[float], float, random.Random]] = [
            (luck, step.spread, place.stream(step.id))
            for step, luck in zip(plan.steps, self.luck, strict=True)
            if luck is not None
        ]

    def __len__(self) -> int:
        """How many starts were asked for."""
        return len(self.requested)

    def request(self) -> None:
        """Ask for one more instance, now."""
        self.admit().begin()

    def admit(self) -> Start:
        """One more instance that is asked for now. Its start has not begun."""
        index = len(self.requested)
        self.requested.append(self.host.env.now)
        if self.ends and index == len(self.ends[0]):
            room = bytes(8 * max(self._expected, index))
            for column in (*self.ends, *self.queued):
                column.frombytes(room)
        for luck, spread, stream in self._draws:
            luck.append(stream.lognormvariate(0.0, spread))
        return Start(self, index)

    def quota(self, index: int) -> CpuQuota:
        """The quota of an instance, whose first period begins when this is first asked."""
        quota = self.quotas.get(index)
        if quota is None:
            quota = self.quotas[index] = CpuQuota(self.host, self.limit or math.inf)
        return quota

    def reached(self, index: int, steps: int) -> float:
        """When so many steps of an instance were done. Without any, when it was requested."""
        return self.ends[steps - 1][index] if steps else self.requested[index]

    def began(self, index: int, position: int) -> float:
        """When an instance began the step at `position`: the end of the one before, or when it was told to go on."""
        if position == self.plan.ready and index in self.left:
            return self.left[index]
        if position == self.plan.runtime and index in self.released:
            return self.released[index]
        return self.reached(index, position)

    def instance_records(self, of: str, instances: Iterable[int]) -> Iterator[InstanceRecord]:
        """The milestones of some instances, which must be ready."""
        plan = self.plan
        for index in instances:
            yield InstanceRecord(
                of=of,
                instance=index,
                requested=self.requested[index],
                runtime_ready=self.reached(index, plan.runtime),
                init_started=self.reached(index, plan.init),
                ready=self.reached(index, plan.ready),
            )

    def phase_records(self, of: str, instances: Iterable[int], number: int | None = None) -> Iterator[PhaseRecord]:
        """The phases of some instances, instance by instance in the order they happened.

        Args:
            of: What they are records of.
            instances: Which instances.
            number: What the records call an instance, where it is not its index.
        """
        told = [
            (step, step.source, step.estimate, ends, queued)
            for step, ends, queued in zip(self.plan.steps, self.ends, self.queued, strict=True)
        ]
        for index in instances:
            for position, (step, source, estimate, ends, queued) in enumerate(told):
                start, end = self.began(index, position), ends[index]
                yield PhaseRecord(
                    of=of,
                    instance=index if number is None else number,
                    phase=step.id,
                    owner=step.owner,
                    demand=step.demand,
                    resource=step.resource,
                    start=start,
                    end=end,
                    queued=queued[index],
                    source=source,
                    estimate=estimate,
                )


class Start(Alarm):
    """One instance on its way to ready.

    Attributes:
        index: Its place in the order of requests.
    """

    __slots__ = ("_alone", "_began", "_leaving", "_position", "_starter", "_waits", "index")

    def __init__(self, starter: Starter, index: int) -> None:
        super().__init__(starter.host.env, Start._walk)
        self.index = index
        self._starter = starter
        self._position = 0
        self._began = starter.requested[index]
        self._alone = 0.0
        self._leaving = self._waits = False

    @property
    def done(self) -> int:
        """How many steps are done, or begun with an end that is known."""
        return self._position

    def release(self) -> None:
        """Go on, after it was created."""
        self._began = self.env.now
        self._waits = False
        self._starter.released[self.index] = self.env.now
        self._walk()

    def abandon(self) -> Start:
        """Be cleaned up before the application is ready. Gives the start that goes on with that: another at times.

        What comes before the first process is done, as an engine does it. What the application would do next is not:
        its steps end as they begin. A wait of it ends now, and what it does on cores, disk or network when that is
        done. One that was created and waits to be released does nothing more.
        """
        self._leaving = True
        if self._waits:
            self._waits = False
            self._walk()
        wait = self._wait_under_way()
        if wait is None:
            return self
        self.handler = _nothing  # it is in the queue of events, and means nothing there any more
        after = Start(self._starter, self.index)
        after._leaving, after._position = True, wait
        delay = self._starter.reached(self.index, wait) - self.env.now
        if delay > 0:
            after.arm(delay)
        else:
            after._position = after._skip(wait)
            after._walk()
        return after

    def _wait_under_way(self) -> int | None:
        """The position of the first wait of the application that is begun, or known to follow, and has not ended."""
        starter, now = self._starter, self.env.now
        for position in range(starter.plan.init, min(self._position, starter.plan.ready)):
            if starter.rows[position][1] == "wait" and starter.ends[position][self.index] > now:
                return position
        return None

    def leave(self) -> None:
        """Be cleaned up, from now on."""
        self._leaving = True
        self._began = self.env.now
        self._starter.left[self.index] = self.env.now
        self._walk()

    def begin(self) -> None:
        """Be admitted. Then the image is there, or is pulled first."""
        images = self._starter.images
        if images is None:
            self._walk()
        else:
            images.ensure(self._has_image)

    def _has_image(self, downloaded: float) -> None:
        """Note when the image came, and walk on.

        Args:
            downloaded: When the last byte came, or before the request where the image was there already.
        """
        starter, index = self._starter, self.index
        start = self._began
        for position, end in ((_DOWNLOAD, max(downloaded, start)), (_UNPACK, self.env.now)):
            queued = end - start - starter.plan.pull[position]
            starter.queued[position][index] = queued if queued > _ROUNDING else 0.0
            starter.ends[position][index] = start = end
        self._position = _UNPACK + 1
        self._walk()

    def _walk(self) -> None:
        """Go on from the step that is next, as far as can be known now.

        The host holds an instance from its first step after the runtime on. Its first step after the application is
        ready waits until it is told to leave, where it stays.
        """
        starter = self._starter
        host, index = starter.host, self.index
        rows, marks, position = starter.rows, starter.marks, self._position
        at = now = self.env.now
        while position < len(rows):
            step, demand, amount, growth, timed = rows[position]
            if at > now and (demand != "wait" or growth or position in marks):
                break
            if position in marks and self._stops_at(position):
                return
            if self._leaving and at <= now and self._first_to_skip() <= position < starter.plan.ready:
                position = self._skip(position)
                continue
            if growth:
                amount += host.held.growth(growth, itself=position >= starter.plan.runtime)
                for per, more, _ in growth:
                    if per == "queued":
                        amount += host.queued(step.resource) * more
            luck = starter.luck[position]
            if luck is not None:
                amount *= luck[index]
            if timed:
                amount = int(amount * 1e9 + 0.5) / 1e9
            if demand == "wait":
                at += amount
            elif demand == "hold" and not step.flushes:
                got, at = host.hold(step.resource, amount)
                starter.queued[position][index] = got - now if got - now > _ROUNDING else 0.0
            else:
                self._position = position
                self._began = now
                if demand == "cpu":
                    if starter.limit is not None and starter.plan.runtime <= position < starter.plan.ready:
                        self._alone = starter.quota(index).compute(amount, step.parallelism, Start._served, self)
                    else:
                        new = position == starter.first_cpu
                        self._alone = host.compute(amount, step.parallelism, Start._served, self, new=new)
                elif demand == "read":
                    key = step.resource or f"{step.id} {starter.name} {index}"
                    self._alone = host.read(amount, key, Start._served, self, step.files, stream=step.stream)
                elif demand == "flush":
                    self._alone = host.flush(amount, Start._served, self)
                elif demand == "hold":
                    self._alone = host.hold_and_flush(step.resource, amount, step.flushes, Start._served, self)
                elif demand == "write":
                    self._alone = host.write(amount, Start._served, self)
                else:
                    self._alone = host.transfer(amount, Start._served, self)
                return
            starter.ends[position][index] = at
            position += 1
        self._position = position
        if at > now:
            self.arm(at - now)
        elif position not in marks or not self._stops_at(position):
            if starter.plan.clean_up:
                host.held.add(starter.plan.mounts, starter.plan.ports, -1)
            starter.ready(self)

    def _stops_at(self, position: int) -> bool:
        """What happens before a step that is first after a milestone; whether the start waits there to be told more."""
        starter, plan = self._starter, self._starter.plan
        self._position = position
        goes_on = not self._leaving
        if position == plan.runtime and goes_on and starter.created and self.index not in starter.released:
            self._waits = True
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
        waits = starter.created is not None and self.index not in starter.released
        return starter.plan.runtime if waits else starter.plan.init

    def _skip(self, position: int) -> int:
        """Leave out what the application would do from here on. The position of the first step of its removal."""
        starter, index, now = self._starter, self.index, self.env.now
        for ends in starter.ends[position : starter.plan.ready]:
            ends[index] = now
        starter.left[index] = now
        return starter.plan.ready

    def _served(self) -> None:
        """The cores, the disk or the network are done with the step."""
        starter, position, index = self._starter, self._position, self.index
        now = self.env.now
        starter.ends[position][index] = now
        queued = now - self._began - self._alone
        if queued > _ROUNDING:
            starter.queued[position][index] = queued
        self._position = position + 1
        self._walk()


def _nothing(_: Start) -> None:
    """Nothing happens."""
