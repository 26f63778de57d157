"""What happened in starts, as records: the milestones of each instance, and its phases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sim.platforms.plan import BootPlan
from sim.platforms.startlog import StartLog, StepTimes
from sim.records.instances import InstanceRecord, PhaseRecord


def instance_records(log: StartLog, of: str, told: Iterable[Sequence[StepTimes]]) -> Iterator[InstanceRecord]:
    """The milestones of the first instances, which must be ready.

    Args:
        of: What they are records of.
        told: The steps of each, as the log tells them.
    """
    plan = log.plan
    for index, steps in enumerate(told):
        asked = log.requested.of(index)
        runtime, init, ready = [
            steps[reached - 1][1] if reached else asked for reached in (plan.runtime, plan.init, plan.ready)
        ]
        yield InstanceRecord(of, index, asked, runtime, init, ready)


def phase_records(plan: BootPlan, of: str, instance: int, steps: Iterable[StepTimes]) -> Iterator[PhaseRecord]:
    """The phases of an instance in the order they happened.

    Args:
        of: What they are records of.
        instance: What the records call it.
        steps: Its steps, as the log tells them.
    """
    for step, (start, end, queued) in zip(plan.steps, steps, strict=True):
        yield PhaseRecord(
            of,
            instance,
            step.id,
            step.owner,
            step.demand,
            step.resource,
            start,
            end,
            queued,
            step.source,
            step.estimate,
        )
