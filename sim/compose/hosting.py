"""The containers of a project on one host, each started by the project's one start process.

docker compose asks the Engine API itself, so no command line starts for a container. It pulls what is not there before
it makes any container, all images side by side (`ensureImagesExists`, pkg/compose/build.go of docker/compose v2.26.1).

A technology with guests has a machine for each container instead. The machines are started in the same order, under the
same conditions. Such a start is over once the guest has booted and the service's process runs. The machine stays when
that process ends, and a restart within it takes no time that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from simpy import Environment
from simpy.events import AllOf, Event

from sim.catalog.model import Application, Guest, Host, Technology
from sim.compose.reading.model import ComposeProject
from sim.engine.seeds import SeedTree
from sim.errors import InputError, Problem
from sim.lifecycle.container import Container
from sim.lifecycle.supervisor import Steps
from sim.machine.ledger import Ledger
from sim.platforms.hosting import HostingOptions, NodeHost, Recipe, Recipes
from sim.quantity import render, rounded


@dataclass(frozen=True)
class HostedProject:
    """Where a project's containers run, and what each of its services is.

    Attributes:
        host: The machine.
        technology: What starts the containers, or a machine for each.
        applications: What the containers of a service start and hold, by service.
        seeds: Where durations are drawn from. So all runs of one project have the same luck.
        guest: The guest system, where the technology has any. None for its first.
        options: What is asked of every start.
    """

    host: Host
    technology: Technology
    applications: Mapping[str, Application]
    seeds: SeedTree
    guest: Guest | None = None
    options: HostingOptions = field(default_factory=HostingOptions)

    @cached_property
    def recipes(self) -> Recipes:
        """How each application is started there, in all runs of the project.

        Raises `InputError` where one does not fit into its guest.
        """
        phases = tuple(phase for phase in self.technology.phases if phase.id != "cli")
        return Recipes(self.host, replace(self.technology, phases=phases), self.options)

    def check_room(self, project: ComposeProject) -> None:
        """Raise `InputError` where the host's memory does not hold all containers of a project at the same time."""
        recipes, ledger = self.recipes, Ledger()
        for name, service in project.services.items():
            recipe = recipes.of(self.applications[name], self.guest)
            for _ in range(service.scale):
                ledger.add(recipe.bill)
        needed = ledger.totals().physical
        free = self.host.memory.at(self.options.bound) - self.host.own_memory.at(self.options.bound)
        if needed > free:
            need, there = (render(rounded(size), "B") for size in (needed, free))
            message = f"the containers need {need} of memory, and {self.host.id} has {there} for them"
            raise InputError(Problem(message, path="host"))


class ProjectNode:
    """A host with the containers of one project.

    Args:
        hosted: Where they run, and what they are.
        env: The simulation.
        service_of: The service that a container is of.
    """

    def __init__(self, hosted: HostedProject, env: Environment, service_of: Callable[[Container], str]) -> None:
        self.env = env
        self.recipes = hosted.recipes
        self.node = NodeHost(env, hosted.host, hosted.technology, hosted.seeds, hosted.options, self.recipes)
        self._hosted = hosted
        self._service_of = service_of
        self._instances: dict[str, int] = {}

    @property
    def memory(self) -> float:
        """Bytes of physical memory that containers, machines and daemons hold."""
        return self.node.memory_used

    def pull(self, services: Iterable[str]) -> Steps:
        """Pull the images of services that are not there."""
        recipes = [self._recipe(name) for name in services]
        under_way = []
        for recipe in {recipe.application.image: recipe for recipe in recipes if recipe.pulls}.values():
            there = self.env.event()
            self.node.images.ensure(recipe.application.image, recipe.layers, partial(_is_there, there))
            under_way.append(there)
        yield AllOf(self.env, under_way)

    def begin(self, container: Container) -> Steps:
        """Start its instance; one that is there, a machine, starts the process alone."""
        if container.name not in self._instances:
            runs = self.env.event()
            application = self._hosted.applications[self._service_of(container)]
            self._instances[container.name] = self.node.start(
                application, lambda: None, self._hosted.guest, lambda: _go_off(runs)
            )
            yield runs

    def ended(self, container: Container) -> None:
        """A container goes with its process, and a machine stays."""
        if not self._hosted.technology.guests:
            self.node.stop(self._instances.pop(container.name))

    def _recipe(self, service: str) -> Recipe:
        return self.recipes.of(self._hosted.applications[service], self._hosted.guest)


def _go_off(event: Event) -> None:
    event.succeed()


def _is_there(event: Event, _: float) -> None:
    event.succeed()
