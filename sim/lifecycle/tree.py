"""The processes of a container that was started: process 1, its children, what `exec` adds, and their memory.

The container lives as long as its main process. When process 1 ends, the kernel kills all that is left in its PID
namespace. In the host's namespace the shim does the same (containerd's runc shim, `killAllOnExit`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simpy import Environment

from sim.lifecycle.pending import Pending
from sim.lifecycle.process import ChildProcesses, MemoryUse, ProcessSpec
from sim.lifecycle.running import Ended, InitProcess, RunningProcess
from sim.lifecycle.signals import killed_by


@dataclass
class CgroupLimits:
    """What the container's cgroup allows at most; None: no limit."""

    memory_mb: float | None = None
    pids: int | None = None


class ProcessTree:
    """All processes of one start.

    Attributes:
        main: The main process.
        init: The engine's init in front of it, if there is one.
        children: The main process's children.
        zombies: Children that ended and that nobody collects.
        printed: What children printed at their end.
        killed_children: Children that ended because process 1 did.
    """

    def __init__(
        self,
        env: Environment,
        spec: ProcessSpec,
        limits: CgroupLimits,
        ended: Ended,
        out_of_memory: Callable[[], None],
        *,
        init: bool = False,
        host_pids: bool = False,
    ) -> None:
        self._env, self._limits, self._ended, self._out_of_memory = env, limits, ended, out_of_memory
        self._reaped_by_one = init or host_pids
        self._held_mb: dict[RunningProcess | None, float] = {}
        self.children: list[RunningProcess] = []
        self.zombies = self.killed_children = 0
        self.printed: list[str] = []
        self._execs: list[RunningProcess] = []
        self.init = InitProcess(env, {}, self._over, first=not host_pids) if init else None
        ended_main = self.init.child_ended if self.init else self._over
        self.main = RunningProcess(env, spec.on, ended_main, first=not init and not host_pids)
        if self.init:
            self.init.child = self.main
        self._spec = spec

    def start(self) -> None:
        """Let the main process begin."""
        self._begin(self.main, self._spec, self.children)

    @property
    def one(self) -> RunningProcess:
        """Process 1, which the engine's signals go to."""
        return self.init or self.main

    @property
    def alive(self) -> bool:
        """Whether process 1 lives, and so the container."""
        return self.one.code is None

    @property
    def pids(self) -> int:
        """How many processes the cgroup counts; those that nobody collected are among them."""
        return sum(process.code is None for process in self._all()) + self.zombies

    @property
    def held_mb(self) -> float:
        """MB that its processes hold and that are not given back."""
        return math.fsum(self._held_mb.values())

    def execute(self, spec: ProcessSpec, ended: Ended) -> RunningProcess:
        """Start another process in the container, as `exec` does. The limit of processes does not hold it up."""
        process = RunningProcess(self._env, spec.on, ended)
        self._execs.append(process)
        for name in spec.signals_main:
            self.one.signal(name, inside=True)
        if process.code is None:
            self._begin(process, spec, self._execs)
        return process

    def freeze(self) -> None:
        """Freeze every process."""
        for process in self._all():
            process.freeze()

    def thaw(self) -> None:
        """Let every process go on."""
        for process in self._all():
            process.thaw()

    def vanish(self) -> None:
        """End everything without a word to anybody, as when the host loses its power."""
        self._ended = _unheard
        self.one.end(killed_by("KILL"))

    def _all(self) -> list[RunningProcess]:
        return [*([self.init] if self.init else []), self.main, *self.children, *self._execs]

    def _begin(self, process: RunningProcess, spec: ProcessSpec, family: list[RunningProcess]) -> None:
        if not all(self._fork(group, spec, family) for group in spec.children):
            spec = spec.if_fork_fails or spec
        for use in spec.memory:
            Pending(self._env, use.at, partial(self._take, process, use))
        for name in spec.signals_itself:
            process.signal(name, inside=True)
        if spec.runs is not None:
            process.end_in(spec.runs, spec.exit)

    def _fork(self, group: ChildProcesses, parent: ProcessSpec, family: list[RunningProcess]) -> bool:
        room = group.count if self._limits.pids is None else max(self._limits.pids - self.pids, 0)
        collected = self._reaped_by_one if group.orphan else False
        for _ in range(min(group.count, room)):
            child = RunningProcess(self._env, group.on, self._child_ended(collected or parent.reaps))
            family.append(child)
            if group.runs is not None:
                Pending(self._env, group.runs, partial(self._child_done, child, group))
        return room >= group.count

    def _child_done(self, child: RunningProcess, group: ChildProcesses) -> None:
        if child.code is None and not child.halted and group.prints:
            self.printed.append(group.prints)
        child.end_in(0, group.exit)

    def _child_ended(self, collected: bool) -> Ended:
        def ended(_: int) -> None:
            self.zombies += not collected and self.alive

        return ended

    def _take(self, process: RunningProcess, use: MemoryUse) -> None:
        """Take memory; past the limit, whoever holds most is killed. Pages of files are given back instead."""
        limit = self._limits.memory_mb
        if process.code is not None or limit is None or use.of == "page cache":
            return
        self._held_mb[None if use.of == "child" else process] = math.inf if use.mb is None else use.mb
        while self.held_mb > limit:
            victim = max(self._held_mb, key=self._held_mb.__getitem__)
            del self._held_mb[victim]
            self._out_of_memory()
            if victim is not None:
                victim.end(killed_by("KILL"))

    def _over(self, code: int) -> None:
        self.killed_children = sum(child.code is None for child in self.children)
        for process in self._all():
            process.end(killed_by("KILL"))
        self._ended(code)


def _unheard(_: int) -> None:
    """Nobody is there to be told."""
