"""One start by itself on an idle host: what it takes where nothing else happens."""

from __future__ import annotations

from sim.catalog import load
from sim.catalog.model import Application, Host, Technology
from sim.engine.environment import Environment
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.outcome import Bound
from sim.platforms.plan import boot_plan
from sim.platforms.start import Start, Starter


def start_alone(
    technology: Technology, application: Application, host: Host, seeds: SeedTree, bound: Bound = "value"
) -> float:
    """Seconds from the request to the application being ready, with the technology's first guest where it has one.

    It is the same start as in the study `startup`.
    """
    guest = load.guest(technology.guests[0]) if technology.guests else None
    env = Environment()
    ready: list[float] = []

    def note(_: Start) -> None:
        ready.append(env.now)

    plan = boot_plan(technology, guest, application, host, bound=bound)
    Starter(RunningHost(env, host, bound), plan, seeds, note).request()
    env.run()
    return ready[0]
