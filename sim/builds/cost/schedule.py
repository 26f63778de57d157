"""A walked build as tasks on a host: what each step that runs asks for, and when it starts and ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from sim.archives.store import LayerStore
from sim.builds.cache.buildkit import BuildStep
from sim.builds.cost.baselayers import pull_of, puller
from sim.builds.cost.history import Known
from sim.builds.cost.rates import book
from sim.builds.cost.rewriting import Rewriting, rewriting
from sim.builds.cost.steps import StepCost, annotation, cost_of, critical_path
from sim.builds.cost.timing import BuildTask, Puller, TaskPart, Timeline, timeline
from sim.builds.graph.options import Builder
from sim.builds.graph.vertices import Vertex
from sim.builds.reasons.why import Built
from sim.catalog import load
from sim.catalog.model import Host
from sim.outcome import Bound


@dataclass(frozen=True)
class Machine:
    """What builds.

    Attributes:
        limit: Steps at once, 0 for no limit.
        pulls: Whether base images are fetched first.
    """

    host: Host
    bound: Bound
    builder: Builder
    limit: int = 0
    pulls: bool = False

    @property
    def serial(self) -> bool:
        """Whether steps run one after the other."""
        return self.builder == "legacy"

    @cached_property
    def ratio(self) -> float:
        """Uncompressed over compressed."""
        return load.gzip_ratio().at(self.bound)

    @cached_property
    def puller(self) -> Puller:
        """How base images come."""
        return puller(containerd=self.builder == "buildkit-containerd")


@dataclass(frozen=True)
class Costs:
    """What each step costs in this build, and in one that finds no cache at all, where that differs."""

    now: Mapping[str, StepCost]
    cold: Mapping[str, StepCost]


@dataclass(frozen=True)
class Schedule:
    """When the steps of a build run.

    Attributes:
        now: Of the steps that run in this build.
        cold: Of all steps, as into an empty cache.
        alone: The longest way through, unshared.
        ran: Steps that run.
        images, fetched: Base images and addresses that are there afterwards.
    """

    now: Timeline
    cold: Timeline
    alone: float
    ran: frozenset[str]
    images: LayerStore
    fetched: frozenset[str]


def costs_of(built: Built, machine: Machine, known: Mapping[int, Known], before: Collection[str]) -> Costs:
    """The costs of all steps.

    Args:
        known: Of a real image's history, by line.
        before: Texts of RUNs that ran already.
    """
    now: dict[str, StepCost] = {}
    cold: dict[str, StepCost] = {}
    changes: dict[str, Rewriting] = {}
    places: dict[str, str] = {}
    for name, step in built.steps.items():
        changed = _rewriting(step, built, changes, places)
        changes[name] = changed

        def cost(warm: bool, step: BuildStep = step, changed: Rewriting = changed) -> StepCost:
            return cost_of(
                step, built.graph, built.steps, machine.bound, warm=warm, known=known, changed=changed,
                ratio=machine.ratio, cwd=places[step.vertex.id],
            )  # fmt: skip

        vertex = step.vertex
        cold[name] = now[name] = cost(False)
        if vertex.kind == "exec" and before and not vertex.ignore_cache and "type=cache" in vertex.text:
            now[name] = cost(True)
    return Costs(now, cold)


def _rewriting(step: BuildStep, built: Built, changes: Mapping[str, Rewriting], places: dict[str, str]) -> Rewriting:
    """What a step does to followed files.

    Args:
        places: The working directory after each step, filled in here.
    """
    vertex = step.vertex
    parent = next((item.vertex for item in vertex.inputs if item.kind == "parent"), "")
    cwd = str(vertex.definition.get("cwd", places.get(parent, "/")))
    entered = vertex.effect.directory if vertex.effect is not None and vertex.instruction == "WORKDIR" else ""
    places[vertex.id] = "/" + entered.strip("/") if entered else cwd
    if vertex.kind not in ("exec", "file"):
        return changes.get(parent, Rewriting())
    given = annotation(vertex.step, built.graph.dockerfile.file) if vertex.step is not None else None
    files = given.files if given is not None else {}
    below = changes[parent].there if parent in changes else {}
    view = built.steps[parent].files if parent in built.steps else None
    return rewriting(step, files, below, view, cwd)


def schedule(
    built: Built,
    costs: Costs,
    machine: Machine,
    unchanged: Collection[str],
    images: LayerStore,
    fetched: Collection[str],
    failing: str = "",
) -> Schedule:
    """When the steps of a build run.

    Args:
        unchanged: Steps that ran only if an output changed, taken as found.
        images, fetched: Base images and addresses that earlier builds left on the host.
        failing: A step whose end is the build's. Where one failed in the walk, it is that one.
    """
    failed = next((name for name, step in built.steps.items() if step.outcome == "failed"), failing)
    ran = frozenset(name for name, step in built.steps.items() if step.ran and name not in unchanged)
    needed = set(built.steps) if machine.serial else _needed(built, ran)
    tasks: list[BuildTask] = []
    every: list[BuildTask] = []
    got: set[str] = set()
    for name, step in built.steps.items():
        vertex = step.vertex
        inputs = tuple(item.vertex for item in vertex.inputs)
        if vertex.kind == "image" and vertex.image is not None and machine.pulls:
            known = vertex.image.identity in images.images
            work, after = pull_of(vertex.image, images, machine.bound, machine.ratio)
            images = after if name in needed else images
            task = BuildTask(name, inputs) if known else BuildTask(name, inputs, pull=work)
            tasks.append(task if name in needed else BuildTask(name, inputs))
            every.append(task)
            continue
        parts = _source(vertex, costs.now[name], fetched, got)
        hit: tuple[TaskPart, ...] = ()
        if machine.serial and step.outcome == "hit":
            # What an ADD fetches is fetched before it is looked for.
            again = [part for part in costs.now[name].parts if part.fetch]
            hit = (TaskPart(wait=book().cached.at(machine.bound)), *(again if vertex.kind == "file" else ()))
        fresh = parts if parts is not None else costs.now[name].parts if name in ran else hit
        tasks.append(BuildTask(name, inputs, fresh))
        every.append(BuildTask(name, inputs, parts if parts is not None else _all(step, costs.cold[name])))

    def run(some: list[BuildTask], failing: str) -> Timeline:
        return timeline(
            some, machine.host, machine.bound, serial=machine.serial, limit=0 if machine.serial else machine.limit,
            puller=machine.puller, failing=failing,
        )  # fmt: skip

    now = run(tasks, failed)
    cold = now if tasks == every and not failed else run(every, "")
    alone = critical_path(built.graph.vertices, {name: costs.now[name].seconds or 0.0 for name in ran})
    return Schedule(now, cold, alone, ran, images, frozenset(got))


def _needed(built: Built, ran: Collection[str]) -> set[str]:
    """What steps that run stand on: BuildKit pulls an image only once its files are asked for."""
    needed = set(ran)
    for vertex in reversed(built.graph.vertices):
        if vertex.id in needed:
            needed.update(item.vertex for item in vertex.inputs)
    return needed


def _all(step: BuildStep, cost: StepCost) -> tuple[TaskPart, ...]:
    return cost.parts if step.outcome not in ("base", "context") else ()


def _source(vertex: Vertex, cost: StepCost, fetched: Collection[str], got: set[str]) -> tuple[TaskPart, ...] | None:
    """What a source of an ADD takes: its server is asked each time, its content comes where it is new."""
    if vertex.kind not in ("http", "git"):
        return None
    got.add(vertex.key)
    return cost.parts[:1] if vertex.key in fetched else cost.parts
