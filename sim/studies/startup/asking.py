"""How starts are asked for: all together, at a rate or so many in flight, by which client, and within which script.

What a client and a script compute they compute on the host, beside the starts, and it is no part of a start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le, doc

from sim.catalog.tables.clients import ScriptWork, clients
from sim.errors import Problem
from sim.machine.host import RunningHost
from sim.platforms.arrivals import SerialClient, after_computing, at_random, together
from sim.quantity import PerSecond, Seconds
from sim.reasons import Reason
from sim.studies.base import Context

Arrivals = Literal["together", "rate", "in_flight"]
AskedBy = Literal["none", "xargs"]
ScriptAround = Literal["none", ScriptWork]

ArrivalsOf = Annotated[
    Arrivals, doc("Requests come all at once, at random at a mean rate, or each when an earlier instance is ready.")
]
RateOf = Annotated[PerSecond | None, doc("Mean rate of requests that come at random.")]
InFlight = Annotated[int | None, Ge(1), doc("How many starts are under way at any time.")]
ClientCpu = Annotated[
    Seconds,
    Le(10),
    doc(
        "Core-seconds of this host that the client computes before each request, one after another, as a script "
        "does; they are no part of the start."
    ),
]
AskedByOf = Annotated[
    AskedBy,
    doc(
        "A program on this host that asks for one start after another and computes before each: none, or xargs, "
        "which forks and runs a program. It is no part of the start."
    ),
]
ScriptOf = Annotated[
    ScriptAround,
    doc(
        "A shell script on this host around each start, which computes before and after it: none, one that reads "
        "the clock, or one that also writes a configuration before and searches a log after. It is no part of the "
        "start."
    ),
]


@dataclass(frozen=True, slots=True)
class Asking:
    """How a number of starts is asked for.

    Attributes:
        instances: How many.
        arrivals: When they are asked for.
        rate: Requests a second, of those that come at a rate.
        in_flight: How many are under way at any time, of those that are asked for one after another.
        client_cpu: Core-seconds of the host before each request.
        asked_by: The program that asks.
        script: What a script around each start does.
    """

    instances: int
    arrivals: Arrivals
    rate: float | None
    in_flight: int | None
    client_cpu: float
    asked_by: AskedBy
    script: ScriptAround

    def problems(self) -> Iterator[Problem]:
        """What does not go together."""
        given: dict[Arrivals, float | None] = {"rate": self.rate, "in_flight": self.in_flight}
        for name, value in given.items():
            if self.arrivals == name and value is None:
                why = Reason("arrivals.missing", "missing; arrivals {name} needs it", name=repr(name))
                yield Problem(why, path=name)
            elif self.arrivals != name and value is not None:
                why = Reason(
                    "arrivals.other",
                    "{value} is not used; it goes with arrivals {name}, not {other}",
                    value=value,
                    name=repr(name),
                    other=repr(self.arrivals),
                )
                yield Problem(why, path=name)
        if self.in_flight is not None and self.in_flight > self.instances:
            why = Reason(
                "more_than_all",
                "{value} is more than all {count} instances",
                value=self.in_flight,
                count=self.instances,
            )
            yield Problem(why, path="in_flight")


class Asker:
    """Asks for starts on a host, each within its script.

    Args:
        asking: How.
        host: What client and script run on, too.
        request: Asks for a start.
    """

    def __init__(self, asking: Asking, host: RunningHost, request: Callable[[], None], context: Context) -> None:
        before, after = _around(asking, context)
        request = after_computing(host, before, request)
        forks = asking.asked_by == "xargs"
        work = asking.client_cpu * host.speed + (clients().xargs.at(context.bound) if forks else 0.0)
        self._asking, self._host, self._context = asking, host, context
        self._ask = SerialClient(host, work, request, forks=forks).ask if work else request
        self._left = 0 if asking.in_flight is None else asking.instances - asking.in_flight
        self.through = after_computing(host, after, self._follow)
        """To be told of each start that is through: its script goes on, and then the next is asked for."""

    def begin(self) -> None:
        """Ask for those that wait for no other."""
        count, rate = self._asking.instances, self._asking.rate
        if rate is not None:
            at_random(self._host.env, count, rate, self._context.seeds.stream("arrivals"), self._ask)
        else:
            together(self._asking.in_flight or count, self._ask)

    def _follow(self) -> None:
        if self._left:
            self._left -= 1
            self._ask()


def _around(asking: Asking, context: Context) -> tuple[float, float]:
    """What a script computes before and after each start, in core-seconds of the reference host."""
    if asking.script == "none":
        return 0.0, 0.0
    script = clients().scripts[asking.script]
    return script.before.at(context.bound), script.after.at(context.bound)
