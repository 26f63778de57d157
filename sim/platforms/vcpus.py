"""A guest with several vCPUs: what more of them cost its kernel, and how many its parallel phases can use.

A kernel brings up one core after another while the first waits, on the boot's way. What the catalog measured of a guest
it measured on as many cores as the guest can use. A guest with fewer vCPUs runs the same work on these.
"""

from __future__ import annotations

from dataclasses import replace

from sim.catalog.model import Host, Technology
from sim.catalog.tables.cores import core_numbers
from sim.catalog.tables.nesting import nesting
from sim.outcome import Bound
from sim.platforms.plan import BootPlan, BootStep

BRING_UP = "vcpu-bring-up"
"""The id of the step that brings up a guest's further vCPUs."""


def with_vcpus(plan: BootPlan, technology: Technology, host: Host, vcpus: int, bound: Bound = "value") -> BootPlan:
    """The plan of a guest with so many vCPUs."""
    inside = range(plan.runtime, plan.ready)
    steps = [
        replace(step, parallelism=min(step.parallelism, vcpus)) if position in inside else step
        for position, step in enumerate(plan.steps)
    ]
    kernel = next((at for at in inside if steps[at].owner == "kernel" and steps[at].demand == "cpu"), None)
    if kernel is None or vcpus == 1 or kernel >= plan.init:
        return replace(plan, steps=tuple(steps))
    steps.insert(kernel + 1, _bring_up(technology, host, vcpus, bound))
    return replace(plan, steps=tuple(steps), init=plan.init + 1)


def _bring_up(technology: Technology, host: Host, vcpus: int, bound: Bound) -> BootStep:
    number, efficiency = core_numbers().vcpu, technology.cpu_efficiency
    slow = nesting().slowdown("kernel", bound, inside=True) if host.nested else 1.0
    behind = nesting().numbers("kernel", inside=True) if host.nested else ()
    return BootStep(
        id=BRING_UP,
        owner="kernel",
        demand="cpu",
        resource="",
        amount=(vcpus - 1) * number.at(bound) * slow / efficiency.at(bound),
        parallelism=1.0,
        growth=(),
        spread=0.0,
        source=number.source,
        estimate=bool(number.estimate),
        inputs=(number, efficiency, host.cpu_speed, *behind),
    )
