"""A container as an engine keeps it: what it was created with, its state, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from simpy import Environment
from simpy.events import Event

from sim.lifecycle.health import HealthCheck, HealthMonitor
from sim.lifecycle.pending import Pending
from sim.lifecycle.policy import BackOff, RestartPolicy
from sim.lifecycle.process import ProcessSpec
from sim.lifecycle.storage import ContainerFiles, ContainerMount
from sim.lifecycle.tree import CgroupLimits, ProcessTree

ContainerState = Literal["created", "running", "paused", "restarting", "exited", "removed"]

WhyDown = Literal[
    "cannot start",
    "policy no",
    "exit 0 under on-failure",
    "retries used up",
    "stopped by command",
    "signal by command",
    "removed by command",
]
"""Why a container is not started again."""


@dataclass(frozen=True, slots=True)
class ContainerOptions:
    """What a container is created with, as `docker run` takes it.

    Attributes:
        name: Its name; the engine makes one where it is empty.
        image: Its image.
        restart: Its restart policy, as `--restart` takes it.
        stop_signal: The signal that asks it to stop, where one is given; else TERM.
        stop_timeout: Seconds from that to KILL, where given; else 10. Below 0: no KILL.
        init: Whether the engine's init is process 1.
        host_pids: Whether it shares the host's PID namespace.
        memory_mb: MB of memory at most.
        memory_and_swap_mb: MB of memory and swap together; twice the memory where nothing is given.
        pids_limit: Processes at most.
        read_only: Whether its root file system is read-only.
        auto_remove: Whether it is removed when it ends (`--rm`).
        health: How it is probed; None: not at all.
        no_health: Whether `--no-healthcheck` is given.
        mounts: What is mounted in it.
    """

    name: str = ""
    image: str = ""
    restart: str = "no"
    stop_signal: str = ""
    stop_timeout: float | None = None
    init: bool = False
    host_pids: bool = False
    memory_mb: float | None = None
    memory_and_swap_mb: float | None = None
    pids_limit: int | None = None
    read_only: bool = False
    auto_remove: bool = False
    health: HealthCheck | None = None
    no_health: bool = False
    mounts: tuple[ContainerMount, ...] = ()


@dataclass(frozen=True, slots=True)
class LifecycleEvent:
    """Something that happened to a container, as an engine's events tell it.

    Attributes:
        at: Seconds.
        container: Its name.
        kind: create, start, die, kill, stop, pause, unpause, oom, health, restart, exec or destroy.
        detail: Exit code, signal or health status, in words.
    """

    at: float
    container: str
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command of the engine's gave back.

    Attributes:
        code: Its exit code.
        error: What was wrong, by category; None where nothing was.
        prints: What it printed of interest.
        seconds: How long it took.
    """

    code: int = 0
    error: str | None = None
    prints: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ContainerExit:
    """One end of a container."""

    at: float
    code: int
    ran: float


class RestartManager:
    """What decides over restarts, until somebody's signal cancels it (moby, `restartmanager`)."""

    def __init__(self, policy: RestartPolicy, restarts: int, back_off: BackOff) -> None:
        self.policy, self.restarts = policy, restarts
        self._back_off = back_off
        self.cancelled = False

    def wait_after(self, code: int, ran: float, *, stopped_by_hand: bool) -> float | None:
        """Seconds until the next start; None for no start."""
        if self.policy.name == "no" or self.cancelled:
            return None
        wait = self._back_off.before_restart(ran)
        if not self.policy.wants(code, self.restarts, stopped_by_hand=stopped_by_hand):
            return None
        self.restarts += 1
        return wait


@dataclass(eq=False)
class Container:
    """A container, from its creation to its removal.

    Attributes:
        env: The simulated time.
        options: What it was created with; `update` changes it.
        spec: What its processes do.
        policy: Its restart policy.
        limits: Its cgroup's limits.
        files: Its own layer and its mounts.
        state: As `docker ps` says it.
        exit_code: As `docker inspect` says it.
        oom_killed: Whether anything in it was killed for memory since its last start.
        restart_count: Restarts by its policy.
        manager: What decides over its restarts; None: a new one is due.
        stopped_by_hand: Whether a signal through the engine counts as a stop.
        restarting_by_hand: Whether `docker restart` ended it.
        started_before: Whether it ever ran.
        started_at: When it was last started.
        tree: Its processes.
        monitor: Its health.
        why_down: Why it is not started again; None while it may be.
        swap_mb: MB of memory and swap together at most; 0: no limit.
        error: What was wrong with what its last start did with files; None where nothing was.
        printed: What its last start read, counted and listed.
        begun, starts, exits, back_offs, signals, graces: What happened, in order. begun: when each start began.
            starts: when its process ran. back_offs: seconds before each restart, the pending one too. signals: those
            sent through the engine. graces: seconds from a stop signal to KILL.
        starting: Goes off when the start that locks it is over; None where none does.
        waiting: Its restart, while that waits.
        told: What a command or a signal through the engine last told it.
        missed: The exit code of an end that the engine was not there to see.
        changed: Goes off with its next change.
        ended: Goes off with its next end.
    """

    env: Environment
    options: ContainerOptions
    spec: ProcessSpec
    policy: RestartPolicy
    limits: CgroupLimits
    files: ContainerFiles
    swap_mb: float = 0.0
    state: ContainerState = "created"
    exit_code: int = 0
    oom_killed: bool = False
    restart_count: int = 0
    manager: RestartManager | None = None
    stopped_by_hand: bool = False
    restarting_by_hand: bool = False
    started_before: bool = False
    started_at: float = 0.0
    tree: ProcessTree | None = None
    monitor: HealthMonitor | None = None
    why_down: WhyDown | None = None
    error: str | None = None
    printed: str = ""
    begun: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    exits: list[ContainerExit] = field(default_factory=list)
    back_offs: list[float] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    graces: list[float] = field(default_factory=list)
    starting: Event | None = None
    waiting: Pending | None = None
    told: WhyDown | None = None
    missed: int | None = None
    changed: Event = field(init=False)
    ended: Event = field(init=False)

    def __post_init__(self) -> None:
        self.changed, self.ended = self.env.event(), self.env.event()

    @property
    def name(self) -> str:
        """Its name."""
        return self.options.name

    @property
    def running(self) -> bool:
        """Whether the engine counts it as running; waiting for a restart and being paused count."""
        return self.state in ("running", "paused", "restarting")

    @property
    def alive(self) -> bool:
        """Whether its process 1 lives."""
        return self.tree is not None and self.tree.alive

    @property
    def health(self) -> str | None:
        """Its health: starting, healthy or unhealthy; None where it is not probed or was never started."""
        return self.monitor.status if self.monitor else None

    def become(self, state: ContainerState) -> None:
        """Change its state, and wake who waits for that."""
        over = self.running and state in ("restarting", "exited", "removed")
        self.state = state
        if over:
            ended, self.ended = self.ended, self.env.event()
            ended.succeed()
        self.tell()

    def tell(self) -> None:
        """Wake who waits for `changed`."""
        changed, self.changed = self.changed, self.env.event()
        changed.succeed()
