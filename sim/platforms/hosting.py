"""One host that starts instances of several applications, each by the one start process.

All share the host's cores, disk, network card and locks, its store of images and its memory. Nothing here decides what
is started, restarted or stopped: kubelets, Swarm's agents and groups of machines do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from simpy import Environment

from sim.catalog import load
from sim.catalog.model import Application, Guest, Host, Technology
from sim.engine.seeds import SeedTree
from sim.machine.bill import Bill
from sim.machine.billing import bill
from sim.machine.host import RunningHost
from sim.machine.ledger import Ledger
from sim.outcome import Bound
from sim.platforms.nodeimages import DOCKERD, NodeImage, NodeImages, PullQueue
from sim.platforms.plan import BootPlan, StartOptions, boot_plan
from sim.platforms.pull import PulledLayer, layers_of, with_pull
from sim.platforms.start import Start, Starter
from sim.platforms.startrecords import phase_records
from sim.quantity import render, rounded
from sim.records.instances import PhaseRecord


class NoRoomError(Exception):
    """An instance does not fit into what is left of a host's memory.

    Attributes:
        needed: Bytes that it would take.
        left: Bytes that there are.
    """

    def __init__(self, application: str, host: str, needed: float, left: float) -> None:
        need, there = (render(rounded(size), "B") for size in (needed, max(left, 0.0)))
        super().__init__(f"{application} needs {need} of memory, and {host} has {there} left")
        self.needed = needed
        self.left = left


@dataclass(frozen=True, slots=True)
class HostingOptions:
    """What is asked of every start on a host.

    Attributes:
        network: Whether instances get a network.
        pull: Whether images are pulled where they are not there. Else all are there.
        cold: Whether files are read from the disk, because the page cache is empty.
        bound: Which end of the result the numbers are taken for.
        queue: In which order images are pulled.
        guest_memory: Bytes configured for each guest. None for what guest and application need.
    """

    network: bool = True
    pull: bool = True
    cold: bool = False
    bound: Bound = "value"
    queue: PullQueue = DOCKERD
    guest_memory: int | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an application is started on a kind of host: its boot plan, its memory bill, and its image's layers.

    Attributes:
        guest: The guest system. None where the technology starts a process.
        image: What names those layers. "" without any.
        pulls: Whether the plan begins with a pull.
        charged: Bytes that count against the limit of its control group: what the application itself holds and maps.
    """

    application: Application
    guest: Guest | None
    plan: BootPlan
    bill: Bill
    layers: tuple[PulledLayer, ...]
    image: str
    pulls: bool
    charged: int


class Recipes:
    """The recipes of one kind of host, each made when it is first needed. Hosts of one kind share them.

    Raises `InputError` where an application does not fit into its guest's memory.
    """

    def __init__(self, host: Host, technology: Technology, options: HostingOptions) -> None:
        self.host = host
        self.technology = technology
        self.options = options
        self._known: dict[tuple[int, int, bool], tuple[Guest | None, Recipe]] = {}

    def of(self, application: Application, guest: Guest | None = None, *, network: bool = True) -> Recipe:
        """How an application is started, in the technology's first guest where none is given.

        Args:
            application: What is started.
            guest: The guest system.
            network: Whether it gets a network, where the options say so of starts.
        """
        key = (id(application), id(guest), network)
        known = self._known.get(key)
        if known is None:
            made = self._made(application, guest or self._default_guest(), network=network)
            known = self._known[key] = (guest, made)  # with what the key is the identity of
        return known[1]

    def _default_guest(self) -> Guest | None:
        guests = self.technology.guests
        if not guests:
            return None
        return guests[0] if isinstance(guests[0], Guest) else load.guest(guests[0])

    def _made(self, application: Application, guest: Guest | None, *, network: bool) -> Recipe:
        options = self.options
        layers, image = _image_of(application, options.bound)
        pulls = options.pull and bool(layers)
        asked = StartOptions(
            network=options.network and network,
            cold=options.cold,
            pull=pulls,
            clean_up=True,
            layers=len(layers),
        )
        plan = boot_plan(self.technology, guest, application, self.host, asked, bound=options.bound)
        if pulls:
            plan = with_pull(plan, self.host, layers, bound=options.bound)
        memory = bill(self.technology, guest, application, options.guest_memory, bound=options.bound)
        charged = sum(line.bytes for line in memory.lines if line.origin == "application")
        return Recipe(application, guest, plan, memory, layers, image, pulls, charged)


def _image_of(application: Application, bound: Bound) -> tuple[tuple[PulledLayer, ...], str]:
    """The layers of an application's image, and what names them. A later version has another last layer."""
    if not application.image:
        return (), ""
    layers = layers_of(load.images()[application.image], bound)
    if application.version == 1:
        return layers, application.image
    own = replace(layers[-1], digest=f"{layers[-1].digest} {application.version}")
    return (*layers[:-1], own), f"{application.image} {application.version}"


class HostedInstance:
    """One instance of an application on a host.

    Attributes:
        number: Its number on its host, in the order of the requests.
    """

    __slots__ = ("_answers", "_created", "_gone", "_runs", "handle", "line", "number", "ready", "start", "stopped")

    def __init__(
        self,
        number: int,
        line: _Line,
        start: Start,
        handle: int,
        runs: Callable[[], object],
        answers: Callable[[], object],
        created: Callable[[], object],
    ) -> None:
        self.number = number
        self.line = line
        self.start = start
        self.handle = handle
        self.ready = False
        self.stopped = False
        self._runs = runs
        self._answers = answers
        self._created = created
        self._gone: Callable[[], object] = _nothing

    def note_created(self) -> None:
        """It is created."""
        self._created()

    def note_runs(self) -> None:
        """Its first process runs."""
        runs, self._runs = self._runs, _nothing  # it is told once, and not kept for long
        runs()

    def note_ready(self) -> None:
        """Its application answers."""
        self.ready = True
        answers, self._answers = self._answers, _nothing
        answers()

    def note_gone(self) -> None:
        """It is removed."""
        self._gone()

    def stop(self, gone: Callable[[], object]) -> None:
        """Be removed from now on."""
        self.stopped = True
        self._gone = gone
        if not self.ready:
            self.start = self.start.abandon()
        elif self.line.starter.plan.clean_up:
            self.start.leave()
        else:
            self.line.let_go(self)


def _nothing() -> None:
    """Nobody wants to know."""


class _Line:
    """The instances that one starter starts on a host."""

    __slots__ = ("instances", "recipe", "starter")

    def __init__(self, node: NodeHost, recipe: Recipe, images: NodeImage | None, *, held: bool) -> None:
        self.recipe = recipe
        self.instances: list[HostedInstance] = []
        name = recipe.application.id
        self.starter = Starter(
            node.host,
            recipe.plan,
            node.seeds.child(name),
            self._through,
            images,
            stays=self._stays,
            runs=self._runs,
            created=self._created if held else None,
            name=name,
        )

    def _created(self, start: Start) -> None:
        self.instances[start.index].note_created()

    def _runs(self, start: Start) -> None:
        self.instances[start.index].note_runs()

    def _stays(self, start: Start) -> None:
        self.instances[start.index].note_ready()

    def _through(self, start: Start) -> None:
        """Removed; or, where nothing is to be cleaned up, ready."""
        instance = self.instances[start.index]
        if self.recipe.plan.clean_up:
            instance.note_gone()
        elif instance.stopped:
            self.let_go(instance)
        else:
            instance.note_ready()

    def let_go(self, instance: HostedInstance) -> None:
        """The host does not hold an instance any more that nothing is to be cleaned up of."""
        plan = self.recipe.plan
        self.starter.host.held.add(plan.mounts, plan.ports, -1)
        instance.note_gone()


class HostPool:
    """Hosts of one kind by name, each made when it is first asked for. They share their recipes.

    Args:
        env: The simulation.
        host: The machine that each of them is.
        technology: What starts the instances.
        seeds: Where durations are drawn from.
        options: What is asked of every start.
    """

    def __init__(
        self,
        env: Environment,
        host: Host,
        technology: Technology,
        seeds: SeedTree,
        options: HostingOptions | None = None,
    ) -> None:
        self._env = env
        self._seeds = seeds
        self._recipes = Recipes(host, technology, options or HostingOptions())
        self.hosts: dict[str, NodeHost] = {}

    def __call__(self, name: str) -> NodeHost:
        """The host of this name."""
        host = self.hosts.get(name)
        if host is None:
            recipes = self._recipes
            host = self.hosts[name] = NodeHost(
                self._env, recipes.host, recipes.technology, self._seeds.child("host", name), recipes.options, recipes
            )
        return host


class NodeHost:
    """A host with instances of several applications.

    Args:
        env: The simulation.
        host: The machine.
        technology: What starts the instances.
        seeds: Where durations are drawn from: a place of this host's own.
        options: What is asked of every start.
        recipes: Those of another host of the same kind. None for its own.

    Attributes:
        host: The running machine.
        images: Its store of images.
        instances: All instances that were asked for, by number.
        memory_capacity: Bytes that instances may take.
        memory_used: Bytes that they take.
    """

    def __init__(
        self,
        env: Environment,
        host: Host,
        technology: Technology,
        seeds: SeedTree,
        options: HostingOptions | None = None,
        recipes: Recipes | None = None,
    ) -> None:
        options = options or HostingOptions()
        self.env = env
        self.seeds = seeds
        self.recipes = recipes or Recipes(host, technology, options)
        self.host = RunningHost(env, host, options.bound, warm=not options.cold, seeds=seeds)
        self.images = NodeImages(self.host, options.queue, options.bound)
        self.memory_capacity = host.memory.at(options.bound) - host.own_memory.at(options.bound)
        self.memory_used = 0.0
        self._ledger = Ledger()
        self._lines: dict[tuple[int, bool, bool], _Line] = {}
        self.instances: list[HostedInstance] = []

    def start(
        self,
        application: Application,
        runs: Callable[[], object],
        guest: Guest | None = None,
        answers: Callable[[], object] | None = None,
        *,
        created: Callable[[], object] | None = None,
        always_pull: bool = False,
        network: bool = True,
    ) -> int:
        """Start an instance now; its number on this host.

        Its memory is taken from now on. The first instance brings what all share: daemons, and file pages.

        Args:
            application: What is started.
            runs: Called when the engine has started it: its first process runs, or the machine's `init` does.
            guest: The guest system. None for the technology's first, where it has any.
            answers: Called when the application is ready. Nothing is called once the instance was told to stop.
            created: Called when the image is there and the runtime is ready. The instance then waits for `go_on`. None
                where it goes on at once.
            always_pull: Whether the registry is asked for the image even where it is there.
            network: Whether it gets a network of its own, where the options say so. A container that joins another
                one's network does not.

        Raises:
            NoRoomError: Where it does not fit into the memory that is left. Nothing is started then.
            InputError: Where the application does not fit into its guest.
        """
        recipe = self.recipes.of(application, guest, network=network)
        handle = self._take(recipe)
        line = self._line(recipe, always_pull=always_pull, held=created is not None)
        start = line.starter.admit()
        instance = HostedInstance(
            len(self.instances), line, start, handle, runs, answers or _nothing, created or _nothing
        )
        line.instances.append(instance)
        self.instances.append(instance)
        start.begin()
        return instance.number

    def go_on(self, instance: int) -> None:
        """Start the first process of an instance that was created."""
        self.instances[instance].start.release()

    def stop(self, instance: int, gone: Callable[[], object] | None = None) -> None:
        """An instance's processes have ended: free its memory now, and let the engine remove it.

        One that is still starting is removed once its first process runs, and a step under way of its application is
        over: a wait is over at once. Telling a second time does nothing.

        Args:
            instance: Its number.
            gone: Called when it is removed.
        """
        found = self.instances[instance]
        if found.stopped:
            return
        self._ledger.remove(found.handle)
        self.memory_used = self._ledger.physical
        found.stop(gone or _nothing)

    def has_image(self, application: Application) -> bool:
        """Whether the application's image is there. One that needs none has it."""
        recipe = self.recipes.of(application)
        return not recipe.pulls or self.images.has(recipe.image)

    def _take(self, recipe: Recipe) -> int:
        handle = self._ledger.add(recipe.bill)
        used = self._ledger.physical
        if used > self.memory_capacity:
            self._ledger.remove(handle)
            raise NoRoomError(
                recipe.application.id,
                self.host.host.id,
                used - self.memory_used,
                self.memory_capacity - self.memory_used,
            )
        self.memory_used = used
        return handle

    def _line(self, recipe: Recipe, *, always_pull: bool, held: bool) -> _Line:
        key = (id(recipe), always_pull, held)
        line = self._lines.get(key)
        if line is None:
            images = None
            if recipe.pulls:
                images = NodeImage(self.images, recipe.image, recipe.layers, always=always_pull)
            line = self._lines[key] = _Line(self, recipe, images, held=held)
        return line

    def phase_records(self, of: str) -> Iterator[PhaseRecord]:
        """The phases that are over, of all instances in the order of their requests."""
        for instance in self.instances:
            start = instance.start
            starter = instance.line.starter
            told = phase_records(starter.plan, of, instance.number, starter.log.steps(start.index))
            for record in islice(told, start.done):
                if record.end <= self.env.now:
                    yield record
