"""Cores with a run queue each: what runs on a core shares that core, and nothing else, until it is moved.

`sim.engine.fluid` shares all cores among all tasks. Here a task that shares its core with two others gets a third of
it while its neighbour may have a core to itself. That is so until the cores are balanced, as Linux does it
(Documentation/scheduler/sched-domains.rst, kernel/sched/fair.c):

- A new task goes where the fewest run (balance on fork and exec).
- One that wakes up goes to an idle core. Where there is none, it stays where it slept. How busy that core is now has
  little to do with that, so a core is drawn.
- One that follows another on its core, as a process that goes on with its next work, stays there.
- A new task waits its turn: each of those on its core runs a slice before it does (start debit, or a later deadline).
- A core that runs out of tasks takes one from the busiest queue at once (idle balancing).
- A busy core takes from the busiest queue each `interval`, until they differ by less than two (periodic balancing).
  Cores do so in turn.

A core's tasks share it by weight (processor sharing): but for that of a new task, the slices in which they take turns
are left out. So is that a task which ran just now is not moved, and that large machines balance within parts of
themselves more often than between them.

Between events a core serves its tasks at known rates. So each core has a virtual clock and a heap of ends, as a class
of `Fluid` has, and there is one armed timer in all. No event is spent on balancing while no two queues differ by two.

How fast cores are may depend on how many of them are busy, as a processor's clock does. Then all work by one time of
their own (`sim.engine.owntime`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heapify, heappop, heappush
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.engine.owntime import OwnTime

_ULP = 2.0**-52
"""The spacing of doubles, relative to the value: at most this."""

_LEAST_PART = 1e-9
"""A part of a thread below this is rounding."""

_NO_WEIGHT = 2.0**-20
"""The weight of a task that waits its turn: next to nothing, and a sum with ones is exact."""

Task = tuple[float, int, Callable[[Any], Any], Any, float]
"""When it ends by the clock of its core, its number, what is called then with what argument, and its weight."""


class _Core:
    """A core and its run queue. clock: seconds that a task of weight one was served. It is right at `settled`."""

    __slots__ = ("clock", "count", "due", "settled", "tasks", "weight")

    def __init__(self) -> None:
        self.clock = self.settled = self.weight = 0.0
        self.count = 0
        self.due = math.inf
        self.tasks: list[Task] = []


class _Threads:
    """A task of several threads, which is done when all of them are."""

    __slots__ = ("argument", "done", "left")

    def __init__(self, done: Callable[[Any], Any], argument: Any) -> None:
        self.done, self.argument, self.left = done, argument, 0

    def ended(self, _: Any) -> None:
        self.left -= 1
        if not self.left:
            self.done(self.argument)


class RunQueues:
    """Cores that balance their run queues.

    Args:
        cores: How many.
        stream: Draws the core on which one slept, and which of a queue is moved.
        interval: Seconds after which a busy core balances again. 0 for at once.
        smt: What a core does with two or more tasks, against one: two hardware threads count as one core here.
        speeds: How fast a core is with so many of them busy, from none to all, against full speed. None for always
            at full speed.
        turn: Seconds that each task of a core runs before a new one does, and seconds of a round, which all of them
            share with the new one. The longer counts. Two hardware threads have half of a core's tasks each.

    >>> env = Environment()
    >>> cores = RunQueues(env, 2, random.Random(1), interval=0.1)
    >>> for name in "abc":
    ...     cores.submit(1.0, lambda name: print(name, env.now), name, new=True)
    >>> env.run()  # a and c share a core until b is done, and one of them is then moved to b's
    b 1.0
    c 1.5
    a 1.5
    """

    __slots__ = (
        "_armed",
        "_balancing",
        "_busiest",
        "_cores",
        "_due",
        "_ends",
        "_env",
        "_expiring",
        "_here",
        "_interval",
        "_least",
        "_own",
        "_queues",
        "_random",
        "_sequence",
        "_smt",
        "_timer",
        "_turn",
        "_withdrawn",
    )

    def __init__(
        self,
        env: Environment,
        cores: int,
        stream: random.Random,
        interval: float = 0.0,
        smt: float = 1.0,
        speeds: Sequence[float] | None = None,
        turn: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        if cores < 1:
            raise ValueError(f"cores ({cores}) must be at least 1")
        if not (0 <= interval < math.inf and 1 <= smt <= 2):
            raise ValueError(f"interval ({interval}) must not be negative, and smt ({smt}) be from 1 to 2")
        if speeds is not None and len(speeds) != cores + 1:
            raise ValueError(f"speeds ({speeds}) must be {cores + 1}, for none to all of the cores busy")
        if not all(0 <= seconds < math.inf for seconds in turn):
            raise ValueError(f"turn ({turn}) must not be negative")
        self._env = env
        self._cores = [_Core() for _ in range(cores)]
        self._queues: list[dict[_Core, None]] = [dict.fromkeys(self._cores), {}]
        self._least = self._busiest = 0
        self._random = stream.random
        self._interval, self._smt = interval, smt
        self._own = None if speeds is None else OwnTime(env, speeds)
        self._ends: list[tuple[float, int, _Core]] = []
        self._sequence = 0
        self._withdrawn: set[int] = set()
        self._due = math.inf
        self._timer: Alarm | None = None
        self._here: _Core | None = None
        self._armed = self._expiring = False
        self._balancing = 0
        self._turn = turn

    def __len__(self) -> int:
        """How many tasks there are."""
        return sum(core.count for core in self._cores)

    @property
    def counts(self) -> list[int]:
        """How many tasks each core has."""
        return [core.count for core in self._cores]

    def submit(
        self,
        work: float,
        done: Callable[[Any], Any],
        argument: Any = None,
        threads: float = 1.0,
        weight: float = 1.0,
        *,
        new: bool = False,
    ) -> None:
        """Run a task of `work` core-seconds, and call `done(argument)` when it is finished.

        Args:
            threads: How many cores it can use. With 1.5 it has a second thread, half as long. With 0.5 it computes half
                of the time: it is done when it has waited as long as it computes.
            weight: Its share of a core is its part of the weights there.
            new: Whether it was forked just now, and did not wake up.
        """
        if not (work >= 0 and threads > 0 and weight > 0):
            raise ValueError(f"work ({work}) must not be negative, threads ({threads}) and weight ({weight}) positive")
        if threads == 1.0:
            self._start(work, done, argument, weight, new)
        elif threads < 1.0:
            waits = work / threads - work
            self._start(work, lambda _: self._later(waits, done, argument), None, weight, new)
        else:
            self._start_threads(work, _Threads(done, argument), min(threads, float(len(self._cores))), weight, new)
        if not self._expiring:
            self._rearm()

    def _later(self, seconds: float, done: Callable[[Any], Any], argument: Any) -> None:
        def over(_: Alarm) -> None:
            done(argument)

        Alarm(self._env, over).arm(seconds)

    def _start_threads(self, work: float, of: _Threads, threads: float, weight: float, new: bool) -> None:
        whole = int(threads)
        parts = [1.0] * whole
        if threads - whole > _LEAST_PART:
            parts.append(threads - whole)
        of.left = len(parts)
        for part in parts:
            self._start(work * part / threads, of.ended, None, weight, new)
            self._here = None

    def _start(self, work: float, done: Callable[[Any], Any], argument: Any, weight: float, new: bool) -> None:
        core = self._here
        if new:
            core = next(iter(self._queues[self._least]))
            turn = self._turn_on(core)
            if turn:
                self._settle(core)
                self._sequence += 1
                starts = partial(self._begin, work, done, argument, weight)
                self._put(core, (core.clock + turn, self._sequence, starts, None, _NO_WEIGHT))
                return
        elif core is not None:
            self._here = None
        elif self._least == 0:
            core = next(iter(self._queues[0]))
        else:
            core = self._cores[int(self._random() * len(self._cores))]
        self._settle(core)
        self._sequence += 1
        self._put(core, (core.clock + work / weight, self._sequence, done, argument, weight))

    def _begin(self, work: float, done: Callable[[Any], Any], argument: Any, weight: float, _: Any) -> None:
        self._start(work, done, argument, weight, False)

    def _turn_on(self, core: _Core) -> float:
        """How far a core's clock is to go before a new task runs there."""
        threads = 1 if self._smt == 1.0 else 2
        ahead = core.count / threads
        if ahead < 1.0:
            return 0.0
        each, together = self._turn
        return max(each, together / (ahead + 1.0)) * self._smt / threads

    def _settle(self, core: _Core) -> None:
        """Bring a core's clock to now."""
        now: float = self._env._now if self._own is None else self._own.now  # noqa: SLF001 - as `now`, without its call
        if core.count:
            speed = 1.0 if core.count == 1 else self._smt
            core.clock += (now - core.settled) * speed / core.weight
        else:
            core.clock = 0.0
        core.settled = now

    def _put(self, core: _Core, task: Task) -> None:
        heappush(core.tasks, task)
        core.weight += task[4]
        self._recount(core, core.count + 1)

    def _recount(self, core: _Core, count: int) -> None:
        """Note how many tasks a settled core has, and when the first of them ends."""
        queues = self._queues
        if count == len(queues):
            queues.append({})
        before = queues[core.count]
        del before[core]
        if not before:
            before.clear()  # gives back what an emptied dict keeps
        queues[count][core] = None
        core.count = count
        if count > self._busiest:
            self._busiest = count
        elif count < self._least:
            self._least = count
        while not queues[self._least]:
            self._least += 1
        while not queues[self._busiest]:
            self._busiest -= 1
        if count:
            speed = 1.0 if count == 1 else self._smt
            ahead = (core.tasks[0][0] - core.clock) * core.weight / speed
            core.due = core.settled + ahead if ahead > 0.0 else core.settled
            self._sequence += 1
            heappush(self._ends, (core.due, self._sequence, core))
            if len(self._ends) > 4 * len(self._cores) + 64:
                self._ends = [entry for entry in self._ends if entry[0] == entry[2].due]
                heapify(self._ends)
        else:
            core.weight = 0.0
            core.due = math.inf
        if self._own is not None and self._own.note(len(self._cores) - len(queues[0])):
            self._due = math.inf  # the timer that is armed is for the old speed

    def _rearm(self) -> None:
        """Balance where that is due, and be woken at the next end at the latest."""
        if self._busiest - self._least > 1:
            self._balance()
        due = self._next_end()
        if due < self._due:
            # An earlier end than expected. The timer that is armed goes off later and is then no longer the timer.
            self._due = due
            self._timer = Alarm(self._env, self._expire)
            self._timer.arm(max(due - self._env.now, 0.0) if self._own is None else self._own.until(due))

    def _next_end(self) -> float:
        ends = self._ends
        while ends and ends[0][0] != ends[0][2].due:
            heappop(ends)
        return ends[0][0] if ends else math.inf

    def _balance(self) -> None:
        """Let idle cores take tasks, or all where balancing takes no time. Else see to it that it comes."""
        enough = (2 if self._smt > 1.0 else 1) if self._interval else math.inf
        while self._busiest - self._least > 1 and self._least < enough:
            self._pull(next(iter(self._queues[self._least])))
        if self._busiest - self._least > 1 and not self._armed:
            self._arm_balancing()

    def _arm_balancing(self) -> None:
        """Cores balance in turn, each at its own times, whether or not there is something to do."""
        step = self._interval / len(self._cores)
        self._balancing = max(int(self._env.now / step), self._balancing) + 1  # its own time may be rounded down
        self._armed = True
        Alarm(self._env, self._balance_next).arm(max(self._balancing * step - self._env.now, 0.0))

    def _balance_next(self, _: Alarm) -> None:
        core = self._cores[self._balancing % len(self._cores)]
        self._armed = False
        while self._busiest - core.count > 1:
            self._pull(core)
        self._rearm()

    def _pull(self, core: _Core) -> None:
        """Move a task from the busiest queue."""
        source = next(iter(self._queues[self._busiest]))
        self._settle(source)
        self._settle(core)
        end, number, done, argument, weight = task = self._drawn(source)
        self._sequence += 1
        self._withdrawn.add(number)
        if source.tasks[0] is task:
            self._clear_top(source.tasks)
        source.weight -= weight
        self._recount(source, source.count - 1)
        self._put(core, (core.clock + max(end - source.clock, 0.0), self._sequence, done, argument, weight))

    def _clear_top(self, tasks: list[Task]) -> None:
        """Forget tasks of a heap that were taken away until the first is one that is there."""
        withdrawn = self._withdrawn
        while tasks and tasks[0][1] in withdrawn:
            withdrawn.discard(heappop(tasks)[1])

    def _drawn(self, core: _Core) -> Task:
        tasks, withdrawn = core.tasks, self._withdrawn
        while True:
            task = tasks[int(self._random() * len(tasks))]
            if task[1] not in withdrawn:
                return task

    def _expire(self, timer: Alarm) -> float | None:
        if timer is not self._timer:
            return None
        now: float = self._env._now  # noqa: SLF001 - as `now`, without its call
        reach = now if self._own is None else self._own.now
        reach += now * 2 * _ULP  # a timer's time is rounded: nearer than that is now
        self._expiring = True
        while self._ends and self._ends[0][0] <= reach:
            due, _, core = heappop(self._ends)
            if due == core.due:
                self._finish(core, now)
        self._here = None
        self._expiring = False
        if self._busiest - self._least > 1:
            self._balance()
        self._due = self._next_end()
        if self._due < math.inf:
            return max(self._due - now, 0.0) if self._own is None else self._own.until(self._due)
        self._timer = None
        return None

    def _finish(self, core: _Core, now: float) -> None:
        """Take out what is done on a core, and call what comes then: what that starts at once stays on the core."""
        self._settle(core)
        tasks = core.tasks
        done = [heappop(tasks)]
        clock = max(core.clock, done[0][0])
        reach = clock + (now / core.weight + clock) * _ULP
        self._clear_top(tasks)
        while tasks and tasks[0][0] <= reach:
            done.append(heappop(tasks))
            self._clear_top(tasks)
        for task in done:
            core.weight -= task[4]
        self._recount(core, core.count - len(done))
        for task in done:
            self._here = core
            task[2](task[3])
