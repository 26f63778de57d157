"""One engine, its registries, and the commands that are given to it, played in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from simpy import Interrupt, Process

from sim.engine.environment import Environment
from sim.registry.exchange.command import CommandFailedError, ExchangeResult
from sim.registry.exchange.containerd import ContainerdEngine, ContainerdGiven
from sim.registry.exchange.engine import ImageEngine, Surroundings
from sim.registry.exchange.goods import Goods
from sim.registry.exchange.graphdriver import GraphdriverEngine, GraphdriverGiven
from sim.registry.exchange.line import LOCAL_RATE, Cut, ExchangeSteps, ExchangeTraffic, RegistryLine
from sim.registry.exchange.names import RemoteName
from sim.registry.exchange.server import RegistryServer, Stock

Verb = Literal["pull", "pull_all", "push", "push_all", "tag", "remove", "create", "prune", "list", "other"]

ENGINE_LOST = "connection to the engine lost"

LEAD = 0.1
"""Seconds from a command to its first request. An estimate: the shortest recorded pulls took 0.2 s altogether."""

_KILLED = "killed"


@dataclass(frozen=True)
class GivenCommand:
    """A command as somebody gives it.

    Attributes:
        at: Seconds.
        names: Images, in order.
        interrupted_after: Seconds until its client is interrupted.
        force: Whether `remove` is forced.
    """

    at: float
    verb: Verb
    names: tuple[RemoteName, ...] = ()
    interrupted_after: float | None = None
    force: bool = False


class Exchanged(NamedTuple):
    """What came of the commands.

    Attributes:
        growth: What the registries keep more than before.
        kept: What the engine has on its disk.
    """

    commands: list[ExchangeResult]
    traffic: ExchangeTraffic
    growth: Stock
    kept: dict[str, int]


class Exchange:
    """An engine beside its registries.

    Args:
        given: What the engine has, which says what store it is.
        servers: Registries by address.
        rate: Bytes a second of each connection.
        killed_after: Seconds until the engine is killed.
    """

    def __init__(
        self,
        goods: Goods,
        given: GraphdriverGiven | ContainerdGiven,
        servers: Mapping[str, RegistryServer],
        *,
        rate: float = LOCAL_RATE,
        cut: Cut | None = None,
        killed_after: float | None = None,
    ) -> None:
        self._env = Environment()
        self._line = RegistryLine(self._env, goods, rate, cut)
        self._servers = servers
        self._killed_after = killed_after
        around = Surroundings(self._env, goods, self._line, servers)
        self._engine: ImageEngine = (
            GraphdriverEngine(around, given) if isinstance(given, GraphdriverGiven) else ContainerdEngine(around, given)
        )
        self._playing: list[Process] = []

    def play(self, commands: Sequence[GivenCommand]) -> Exchanged:
        """Give the engine the commands, each at its time, and wait until nothing happens any more."""
        before = self._stock()
        results = [ExchangeResult() for _ in commands]
        for command, result in sorted(zip(commands, results, strict=True), key=lambda pair: pair[0].at):
            self._env.process(self._give(command, result))
        if self._killed_after is not None:
            self._env.process(self._kill(self._killed_after))
        self._env.run()
        growth = Stock(*(now - then for now, then in zip(self._stock(), before, strict=True)))
        return Exchanged(results, self._line.traffic, growth, self._engine.kept())

    def _stock(self) -> Stock:
        stocks = [server.stock for server in self._servers.values()]
        return Stock(*(sum(numbers) for numbers in zip(*stocks, strict=True))) if stocks else Stock(0, 0, 0)

    def _give(self, command: GivenCommand, result: ExchangeResult) -> ExchangeSteps:
        yield self._env.timeout(command.at)
        process = self._env.process(self._carry_out(command, result))
        self._playing.append(process)
        if command.interrupted_after is not None:
            yield self._env.timeout(command.interrupted_after)
            if process.is_alive:
                process.interrupt()

    def _carry_out(self, command: GivenCommand, result: ExchangeResult) -> ExchangeSteps:
        result.began = self._env.now
        try:
            yield from self._steps(command, result)
        except CommandFailedError as failed:
            result.error = str(failed)
        except Interrupt as stop:
            result.interrupted = stop.cause != _KILLED
            result.error = "" if result.interrupted else ENGINE_LOST

    def _kill(self, after: float) -> ExchangeSteps:
        yield self._env.timeout(after)
        for process in self._playing:
            if process.is_alive:
                process.interrupt(_KILLED)
        self._engine.kill()

    def _steps(self, command: GivenCommand, result: ExchangeResult) -> ExchangeSteps:
        engine, names = self._engine, command.names
        moving: Mapping[str, Callable[[RemoteName, ExchangeResult], ExchangeSteps]] = {
            "pull": engine.pull,
            "pull_all": engine.pull_all,
            "push": engine.push,
            "push_all": engine.push_all,
        }
        if command.verb in moving:
            yield self._env.timeout(LEAD)
            yield from moving[command.verb](names[0], result)
        elif command.verb == "tag":
            engine.tag(names[0], names[1])
        elif command.verb == "remove":
            self._remove(command)
        elif command.verb == "create":
            engine.create(names[0])
        elif command.verb == "prune":
            engine.prune()
        elif command.verb == "list":
            result.images = sorted(f"{repository}:{tag}" for repository, tag in engine.listed())

    def _remove(self, command: GivenCommand) -> None:
        """Remove what can be removed, and tell of the first that cannot."""
        failed: list[CommandFailedError] = []
        for name in command.names:
            try:
                self._engine.remove(name, force=command.force)
            except CommandFailedError as error:
                failed.append(error)
        if failed:
            raise failed[0]
