"""What is measured of starts: the metrics of the study `startup`, from the log of a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from sim.outcome import MetricSpec
from sim.platforms.plan import BootPlan
from sim.platforms.start import Starter
from sim.platforms.startlog import StepTimes
from sim.records.instances import OWNERS

_EACH = (
    "startup_time", "runtime_time", "init_time", "lock_wait", "throttled_time", "exit_time", "removal_time",
    *(f"{owner}_time" for owner in OWNERS),
)  # fmt: skip
"""Metrics with a value for each instance."""


def samples(starter: Starter, told: Iterable[Sequence[StepTimes]]) -> Mapping[str, Sequence[float]]:
    """What each start took by metric, and all together. A boot's time is there where a guest boots.

    Args:
        starter: What started them.
        told: The steps of each, as its log tells them.
    """
    plan, count, first = starter.plan, len(starter), starter.log.requested.of(0)
    started = plan.steps[: plan.ready]
    owners = [[place for place, step in enumerate(started) if step.owner == owner] for owner in OWNERS]
    holds = [place for place, step in enumerate(started) if step.demand == "hold"]
    rows = [_measured(starter, index, steps, holds, owners) for index, steps in enumerate(told)]
    *columns, ends, gone = map(list, zip(*rows, strict=True))
    each = dict(zip(_EACH, columns, strict=True))
    if plan.boots:
        each["boot_time"] = [
            init - runtime for runtime, init in zip(each["runtime_time"], each["init_time"], strict=True)
        ]
    through = max(gone) - first
    return each | {
        "makespan": [max(ends) - first],
        "ready_span": [max(ends) - min(ends)],
        "throughput": [count / through if through else 0.0],
    }


def _measured(
    starter: Starter, index: int, steps: Sequence[StepTimes], holds: Sequence[int], owners: Sequence[Sequence[int]]
) -> tuple[float, ...]:
    """Of one start, what `_EACH` names, and when it was ready and through.

    A removal takes no time where instances stay.

    Args:
        steps: Its steps.
        holds, owners: The positions of the steps that hold locks, and of each owner's.
    """
    plan = starter.plan
    asked = starter.log.requested.of(index)
    runtime, init, ready, gone = [
        steps[reached - 1][1] if reached else asked for reached in (plan.runtime, plan.init, plan.ready, len(steps))
    ]
    took = [end - start for start, end, _ in steps]
    return (
        ready - asked,
        runtime - asked,
        init - asked,
        math.fsum([steps[place][2] for place in holds]),
        starter.quotas[index].throttled if index in starter.quotas else 0.0,
        gone - asked,
        gone - (steps[plan.ready][0] if plan.clean_up else ready),
        *[math.fsum([took[place] for place in places]) for places in owners],
        ready,
        gone,
    )


def estimates(plan: BootPlan) -> frozenset[str]:
    """The metrics an estimate went into: an owner's by its phases, the others by all that comes before."""
    guessed = [any(number.estimate for number in step.inputs) for step in plan.steps]
    metrics = {f"{step.owner}_time" for step, guess in zip(plan.steps, guessed, strict=True) if guess}
    if any(guessed):
        metrics |= {"startup_time", "makespan", "ready_span", "throughput", "exit_time"}
        if any(guessed[plan.ready :]):
            metrics.add("removal_time")
        if any(step.demand == "hold" for step in plan.steps):
            metrics.add("lock_wait")
    if any(guessed[: plan.init]):
        metrics.add("init_time")
    if any(guessed[: plan.runtime]):
        metrics.add("runtime_time")
    if plan.boots and any(guessed[plan.runtime : plan.init]):
        metrics.add("boot_time")
    return frozenset(metrics)


_SPREAD = ("p50", "p95", "mean", "min", "max")
_DISTRIBUTION = (*_SPREAD, "p10", "p90", "p99")
"""What published distributions of boot times are given by, too."""

_OF_OWNER = {
    "machine": "the virtual machine or the isolation around the instance",
    "kernel": "the kernel, the host's or the guest's",
    "userland": "the guest's user space",
    "engine": "the engine's command line, daemons and runtimes",
    "files": "images and root file systems",
    "application": "the application",
}

METRICS = (
    MetricSpec(
        "startup_time",
        "s",
        "request to application ready",
        "Time to start an instance",
        _DISTRIBUTION,
        headline=True,
    ),
    MetricSpec("runtime_time", "s", "request to runtime or VMM ready", "Time until the runtime or VMM runs", _SPREAD),
    MetricSpec(
        "init_time",
        "s",
        "request to first process of the instance",
        "Time until the first process runs",
        _DISTRIBUTION,
    ),
    MetricSpec(
        "boot_time",
        "s",
        "VMM ready to first process of the instance",
        "Time that a guest boots",
        _DISTRIBUTION,
    ),
    MetricSpec("makespan", "s", "first request to last application ready", "Time to start all instances"),
    MetricSpec(
        "ready_span",
        "s",
        "first application ready to last application ready",
        "Time from the first ready to the last",
    ),
    MetricSpec("throughput", "1/s", "first request to last instance through", "Instances a second, over the whole run"),
    MetricSpec("exit_time", "s", "request to exit and removal", "Time until an instance is gone again", _DISTRIBUTION),
    MetricSpec("removal_time", "s", "exit to removal", "Time to remove an instance", _SPREAD),
    MetricSpec("lock_wait", "s", "queued for locks, per instance", "Time queued for locks", ("p50", "p95")),
    MetricSpec(
        "throttled_time",
        "s",
        "throttled, per instance",
        "Time throttled by its limit",
        ("p50", "p95"),
    ),
    *(
        MetricSpec(f"{owner}_time", "s", f"phases of {owner}, per instance", f"Time spent on {what}", ("p50", "mean"))
        for owner, what in _OF_OWNER.items()
    ),
)
