"""One process gains namespace after namespace, limits, and loses rights: what of the host it still sees and may use."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import doc

from sim.catalog.tables.isolation import KINDS, Aspect, IsolationStep, aspects, holds, isolation_steps, step_sets
from sim.errors import InputError, Problem
from sim.outcome import MetricSpec
from sim.reasons import Reason
from sim.records.hosts import ViewRecord, ViewScope
from sim.studies.base import Context, Study, StudyRun, Subject

StepSetId = Literal["bare", "docker", "privileged", "rootless", "restricted"]
StepId = Literal[
    "mount",
    "masked",
    "pid",
    "network",
    "veth",
    "uts",
    "ipc",
    "cgroup-ns",
    "user",
    "time",
    "cgroup",
    "devices",
    "memory",
    "cpu",
    "pids",
    "io",
    "capabilities",
    "no-capabilities",
    "nonroot",
    "no-new-privileges",
    "seccomp",
    "lsm",
]

_LIMITS = ("memory", "cpu", "pids", "io")


@dataclass(frozen=True, kw_only=True)
class Isolation:
    """Which steps a process that is root on the host goes through."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    steps: Annotated[
        StepSetId,
        Subject(),
        doc(
            "Whose steps: none, Docker's default, docker run --privileged, Docker's rootless mode, or a pod of "
            "Kubernetes under the restricted standard."
        ),
    ] = "docker"
    also: Annotated[tuple[StepId, ...], doc("Steps that are taken besides, after the others.")] = ()
    without: Annotated[tuple[StepId, ...], doc("Steps that are left out, as by docker run --network host.")] = ()
    cgroup: Annotated[Literal["v1", "v2"], doc("The version of the host's cgroups.")] = "v2"

    def __post_init__(self) -> None:
        """Raise `InputError` for a step that is named twice, or is both taken and left out."""
        for path, named in (("also", self.also), ("without", self.without)):
            twice = {name for name in named if named.count(name) > 1}
            if twice:
                raise InputError(
                    Problem(Reason("twice", "{names} is named twice", names=", ".join(sorted(twice))), path=path)
                )
        both = sorted(set(self.also) & set(self.without))
        if both:
            raise InputError(
                Problem(Reason("in_also", "{names} is in 'also' too", names=", ".join(both)), path="without")
            )

    def taken(self) -> tuple[IsolationStep, ...]:
        """The steps in order. Limits are of a cgroup, which must be there."""
        chosen = step_sets()[self.steps]
        names = [*chosen.steps, *(name for name in self.also if name not in chosen.steps)]
        left_out = set(self.without) | (chosen.v2 if self.cgroup == "v1" else set())
        if "cgroup" in left_out or "cgroup" not in names:
            left_out |= set(_LIMITS)
        return tuple(isolation_steps()[name] for name in names if name not in left_out)


def scope(aspect: Aspect, steps: Collection[str]) -> ViewScope:
    """Whose an aspect is to a process that went through these steps."""
    if holds(aspect.none, steps):
        return "none"
    if holds(aspect.own, steps):
        return "own"
    return "none" if holds(aspect.unowned, steps) else "host"


def held_once(aspect: Aspect, steps: Collection[str]) -> bool:
    """Whether the host's would be there again if one single step were not."""
    return scope(aspect, steps) != "host" and any(
        scope(aspect, [other for other in steps if other != step]) == "host" for step in steps
    )


def run(params: Isolation, context: Context) -> StudyRun:
    """Go through the steps, and see after each what is the host's still."""
    taken = params.taken()
    names = [step.id for step in taken]
    left = [aspect for aspect in aspects().values() if scope(aspect, names) == "host"]
    still = {kind: sum(aspect.kind == kind for aspect in left) for kind in KINDS}
    costs = [_cost(step, params, context) for step in taken]
    rights = [aspect for aspect in aspects().values() if aspect.kind == "use"]
    return StudyRun(
        samples={
            "still_seen": [still["see"]],
            "still_allowed": [still["use"]],
            "unlimited": [still["take"]],
            "host_root": [int(scope(aspects()["root"], names) == "host" and "nonroot" not in names)],
            "held_once": [sum(held_once(aspect, names) for aspect in rights)],
            "cost": [math.fsum(costs)],
            "dearest_step": [max(costs, default=0.0)],
        },
        records=tuple(_records(params, context, taken)),
        estimates=frozenset({"cost"} if any(step.cost.estimate for step in taken) else ()),
        ranged=any(step.cost.ranged for step in taken),
    )


def _cost(step: IsolationStep, params: Isolation, context: Context) -> float:
    number = step.cost if params.cgroup == "v2" else step.cost_v1
    return number.at(context.bound)


def _records(params: Isolation, context: Context, taken: tuple[IsolationStep, ...]) -> Iterator[ViewRecord]:
    before: dict[str, ViewScope] = {}
    steps: tuple[IsolationStep | None, ...] = (None, *taken)
    for number, step in enumerate(steps):
        names = [earlier.id for earlier in taken[:number]]
        for aspect in aspects().values():
            now = scope(aspect, names)
            yield ViewRecord(
                of=context.label,
                number=number,
                step=step.id if step else "",
                aspect=aspect.id,
                kind=aspect.kind,
                scope=now,
                taken=before.get(aspect.id, "host") != now,
                cost=_cost(step, params, context) if step else 0.0,
                source=aspect.source,
                estimate=bool(step and step.cost.estimate),
            )
            before[aspect.id] = now


_END = "after all steps"

STUDY = Study(
    name="isolation",
    parameters=Isolation,
    metrics=(
        MetricSpec("still_seen", "1", _END, "What the process still sees of the host", headline=True),
        MetricSpec("still_allowed", "1", _END, "What it still may do to the host", headline=True),
        MetricSpec("unlimited", "1", _END, "What it may still take all of", headline=True),
        MetricSpec("host_root", "1", _END, "Whether it runs as the host's root: 1 if so, else 0"),
        MetricSpec("held_once", "1", _END, "What it could do to the host again if one single step were missing"),
        MetricSpec("cost", "s", "all steps", "Time that the steps add to a start"),
        MetricSpec("dearest_step", "s", "one step", "Time of the step that takes most"),
    ),
    run=run,
    random=False,
    named_by_technology=False,
)
