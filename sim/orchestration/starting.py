"""What one replica's start takes by itself on an idle node of its kind: the one start process, asked once."""

from __future__ import annotations

from dataclasses import dataclass

from simpy import Environment

from sim.catalog.model import Application, Host, Technology
from sim.engine.seeds import SeedTree
from sim.outcome import Bound
from sim.platforms.hosting import HostingOptions, NodeHost


@dataclass(frozen=True, slots=True)
class StartTimes:
    """What a start takes, in seconds.

    Attributes:
        pull: Until the image is there; 0 where it is.
        startup: From then until the application starts.
        application: From then until it answers.
    """

    pull: float
    startup: float
    application: float


def start_times(
    technology: Technology, application: Application, host: Host, seeds: SeedTree, *, pull: bool, bound: Bound = "value"
) -> StartTimes:
    """The times of a start on an idle node, with its image there or to be pulled."""
    runs, answers = _started(technology, application, host, seeds, HostingOptions(pull=False, bound=bound))
    if not pull:
        return StartTimes(0.0, runs, answers - runs)
    pulled, _ = _started(technology, application, host, seeds, HostingOptions(pull=True, bound=bound))
    return StartTimes(max(0.0, pulled - runs), runs, answers - runs)


def _started(
    technology: Technology, application: Application, host: Host, seeds: SeedTree, options: HostingOptions
) -> tuple[float, float]:
    env = Environment()
    node = NodeHost(env, host, technology, seeds, options)
    moments: list[float] = []
    node.start(application, lambda: moments.append(env.now), answers=lambda: moments.append(env.now))
    env.run()
    runs, answers = moments
    return runs, answers
