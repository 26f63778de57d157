"""The commands of a recorded storage case, given to the model: an engine, its images and the builds.

What a change of a file writes, and which volumes a `grep` counts, stands in the recording only as it was typed. That is
an input, and it is read from there; nothing that came out is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sim import limits
from sim.evidence.replays.fields import RecordedFields
from sim.evidence.replays.lifecycle.builds import RecordedBuilds
from sim.evidence.replays.lifecycle.cases import run_until
from sim.evidence.replays.lifecycle.inputs import options_of, process_of
from sim.lifecycle.container import CommandResult, Container
from sim.lifecycle.engine import Engine, EngineCommand
from sim.lifecycle.process import ProcessSpec
from sim.lifecycle.storage import Volume
from sim.lifecycle.tags import TaggedImages

BASE_FILES = {"/etc/group": "root:x:0:\n", "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"}
"""What the test images hold at /etc: the recording's base is busybox with these two."""

_COUNTED = re.compile(r'grep -c "\^([\w.-]+)"')
_COMMIT_OPTIONS = {"-a", "--author", "-c", "--change", "-m", "--message", "-p", "--pause"}


class StorageBench:
    """The engine, its images and the builds of one case, and what was printed."""

    def __init__(self, case: RecordedFields) -> None:
        files = case.object("files", default={})
        self.steps = case.objects("steps")
        self.builds = RecordedBuilds({path: files.text(path) for path in files.values})
        self.images = TaggedImages()
        self.files: dict[str, dict[str, str]] = {}
        self.engine = Engine()
        self.used: dict[str, str] = {}
        self.cached: dict[str, bool] = {}
        self._asked = {action[1] for step in self.steps for action in process_of(_process(step)).files}
        self._made = {step.values.get("tag") for step in self.steps if step.values.get("do") == "build"}
        self._made |= {step.texts("args")[-1] for step in self.steps if step.values.get("do") == "commit"}

    def step(self, step: RecordedFields) -> CommandResult | None:
        """Do one step. None where the model knows no such command."""
        do = step.text("do")
        self.cached = {}
        doing = _STEPS.get(do)
        return doing(self, step) if doing is not None else None

    def perform(self, command: EngineCommand, place: RecordedFields) -> CommandResult | None:
        """Give the engine a command and let time pass until it is done."""
        process = self.engine.perform(command)
        end = self.engine.env.now + limits.LIFECYCLE_STEP
        while not process.processed and self.engine.env.peek() <= end:
            run_until(self.engine, self.engine.env.peek(), place)
        return process.value if process.triggered else None

    def image_there(self, name: str) -> bool:
        """Whether the engine has an image: one that was built, or one that was there before."""
        return name in self.images.tags or name not in self._made

    def run(self, step: RecordedFields, *, created: bool = False) -> CommandResult | None:
        """`docker run`."""
        spec = process_of(_process(step))
        image = step.text("image", "")
        if not self.image_there(image):
            spec = ProcessSpec(start_error="image missing")
        built = self.images.tags.get(image)
        self.engine.images[image] = BASE_FILES | self.files.get(built or "", {})
        options = options_of(step, step.text("name", ""), spec, image=image)
        before = set(self.engine.made)
        attached = not step.flag("detached")
        command = self.engine.create(options, spec) if created else self.engine.run(options, spec, attached=attached)
        done = self.perform(command, step)
        for name in set(self.engine.made) - before if built else ():
            self.used[name] = built or ""
        return done

    def each(self, step: RecordedFields, command: Callable[[str], EngineCommand]) -> CommandResult | None:
        """A command for each container that a step names; the first error counts."""
        results = [self.perform(command(name), step) for name in _names(step)]
        wrong = next((result for result in results if result is not None and result.code), None)
        return wrong or (results[-1] if results else None)

    def build(self, step: RecordedFields) -> CommandResult:
        """`docker build`."""
        built = self.builds.build(self._asked)
        self.cached = built.cached
        if built.error is not None:
            return CommandResult(1, built.error)
        self.images.tag(step.text("tag"), built.image)
        self.files[built.image] = built.files
        return CommandResult()

    def users(self, *, running: bool) -> set[str]:
        """The images of the containers that run, or of those that do not."""
        return {
            self.used[name]
            for name, container in self.engine.containers.items()
            if name in self.used and container.running == running
        }

    def rmi(self, step: RecordedFields) -> CommandResult:
        """`docker rmi`."""
        words = step.texts("args")
        force = any(word in ("-f", "--force") for word in words)
        error = None
        for name in (word for word in words if not word.startswith("-")):
            running, stopped = self.users(running=True), self.users(running=False)
            error = error or self.images.remove(name, running=running, stopped=stopped, force=force)
        return CommandResult(int(error is not None), error)

    def execute(self, step: RecordedFields) -> CommandResult | None:
        """`docker exec`, of `cat` and `ls`."""
        words = step.texts("args")
        kind = {"cat": "read", "ls": "list"}.get(words[1] if len(words) > 2 else "")
        spec = process_of(_process(step)) if "process" in step else ProcessSpec(runs=0.0)
        if kind is not None:
            spec = replace(spec, files=tuple((kind, word) for word in words[2:] if not word.startswith("-")))
        return self.perform(self.engine.execute(words[0], spec), step) if words else None

    def commit(self, step: RecordedFields) -> CommandResult:
        """`docker commit`."""
        words = step.texts("args")
        if any(word.startswith("-") and word not in _COMMIT_OPTIONS for word in words):
            return CommandResult(125, "bad option")
        container = self.engine.containers.get(words[-2]) if len(words) > 1 else None
        if container is None:
            return CommandResult(1, "no such container")
        image = f"committed{len(self.files)}"
        self.images.tag(words[-1], image)
        self.files[image] = dict(container.files.layer)
        return CommandResult()

    def tag(self, step: RecordedFields) -> CommandResult:
        """`docker tag`."""
        words = step.texts("args")
        image = self.images.tags.get(words[0]) if len(words) == 2 else None
        if image is None:
            return CommandResult(1, "no such image")
        self.images.tag(words[1], image)
        return CommandResult()

    def create(self, step: RecordedFields) -> CommandResult | None:
        """`docker create`."""
        return self.run(step, created=True)

    def logs(self, step: RecordedFields) -> CommandResult:
        """`docker logs`."""
        container = self._container(step)
        if container is None:
            return CommandResult(1, "no such container")
        return CommandResult(prints="\n".join(container.files.log))

    def copy(self, step: RecordedFields) -> CommandResult:
        """`docker cp`, from a container to the output."""
        name, _, path = (step.texts("args") or [""])[0].partition(":")
        container = self.engine.containers.get(name)
        if container is None:
            return CommandResult(1, "no such container")
        done = container.files.look((("read", path),))
        return CommandResult(int(done.failed), done.error, done.printed)

    def host_file(self, step: RecordedFields) -> CommandResult:
        """A look at a file of the host."""
        path = "./" + (step.texts("args") or [""])[0].removeprefix("./")
        for folder, files in self.engine.storage.host.items():
            text = files.get(path[len(folder) :]) if path.startswith(folder.rstrip("/") + "/") else None
            if text is not None:
                return CommandResult(prints=text.rstrip("\n"))
        return CommandResult(1, "no such file")

    def count(self, step: RecordedFields) -> CommandResult:
        """How many lines a listing has; of volumes, those that the typed `grep` lets by."""
        what = step.text("what").split()
        if what[:1] == ["images"]:
            shown = [tag for tag in self.images.tags if what[-1].startswith("-") or tag.rpartition(":")[0] == what[-1]]
        elif what[:1] == ["volume"]:
            begins = _COUNTED.search(step.text("typed", ""))
            shown = [name for name in self.engine.storage.volumes if name.startswith(begins[1] if begins else "")]
        else:
            everything = any(word in ("-a", "-aq", "--all") for word in what)
            shown = [name for name, container in self.engine.containers.items() if everything or container.running]
        return CommandResult(prints=str(len(shown)))

    def volume_create(self, step: RecordedFields) -> CommandResult:
        """`docker volume create`."""
        self.engine.storage.volume(step.text("name", ""))
        return CommandResult()

    def volume_remove(self, step: RecordedFields) -> CommandResult:
        """`docker volume rm`."""
        error = None
        for name in _names(step):
            error = error or self.engine.storage.remove(name, self._left())
        return CommandResult(int(error is not None), error)

    def volume_prune(self, step: RecordedFields) -> CommandResult:
        """`docker volume prune`."""
        self.engine.storage.prune(self._left(), everything=step.flag("all"))
        return CommandResult()

    def container_prune(self, _: RecordedFields) -> CommandResult:
        """`docker container prune`."""
        for container in [container for container in self.engine.containers.values() if not container.running]:
            self.engine.remove(container, volumes=False)
        return CommandResult()

    def image_prune(self, step: RecordedFields) -> CommandResult:
        """`docker image prune`."""
        self.images.prune(self.users(running=True) | self.users(running=False), everything=step.flag("all"))
        return CommandResult()

    def system_prune(self, step: RecordedFields) -> CommandResult:
        """`docker system prune`: ended containers, then images. Anonymous volumes only where asked for."""
        self.container_prune(step)
        self.image_prune(step)
        if step.flag("volumes"):
            self.engine.storage.prune(self._left())
        return CommandResult()

    def wait(self, step: RecordedFields) -> CommandResult:
        """Let time pass."""
        run_until(self.engine, self.engine.env.now + step.number("s", 0, least=0, most=limits.LIFECYCLE_STEP), step)
        return CommandResult()

    def change(self, step: RecordedFields) -> CommandResult:
        """A change of a file of the build context."""
        self.builds.change(step.text("file"), step.text("typed", ""))
        return CommandResult()

    def seen(self) -> dict[str, dict[Any, str]]:
        """All there is, by what tells one from another, with how the recording names it."""
        named = [(image, self.images.names(image)) for image in self.images.ids]
        return {
            "containers": {name: name for name in self.engine.containers},
            "volumes": {name: _volume(volume) for name, volume in self.engine.storage.volumes.items()},
            "images": {(image, number): name for image, names in named for number, name in enumerate(names)},
        }

    def _container(self, step: RecordedFields) -> Container | None:
        return self.engine.containers.get(next(iter(_names(step)), ""))

    def _left(self) -> list[Any]:
        return [container.files for container in self.engine.containers.values()]


def _nothing(_bench: StorageBench, _step: RecordedFields) -> CommandResult:
    return CommandResult()


def _removed(bench: StorageBench, step: RecordedFields) -> CommandResult | None:
    force, volumes = step.flag("force"), step.flag("volumes")
    return bench.each(step, lambda name: bench.engine.rm(name, force=force, volumes=volumes))


def _begun(bench: StorageBench, step: RecordedFields) -> CommandResult | None:
    attached = any(word in ("-a", "--attach") for word in step.texts("args"))
    return bench.each(step, lambda name: bench.engine.start(name, attached=attached))


def _stopped(bench: StorageBench, step: RecordedFields) -> CommandResult | None:
    timeout = step.maybe("timeout", step.number)
    return bench.each(step, lambda name: bench.engine.stop(name, timeout=timeout))


_STEPS: Mapping[str, Callable[[StorageBench, RecordedFields], CommandResult | None]] = {
    "run": lambda bench, step: bench.run(step),
    "create": StorageBench.create,
    "tag": StorageBench.tag,
    "rm": _removed,
    "start": _begun,
    "stop": _stopped,
    "kill": lambda bench, step: bench.each(step, bench.engine.kill),
    "restart": lambda bench, step: bench.each(step, bench.engine.restart),
    "build": StorageBench.build,
    "rmi": StorageBench.rmi,
    "exec": StorageBench.execute,
    "commit": StorageBench.commit,
    "logs": StorageBench.logs,
    "cp": StorageBench.copy,
    "look at host file": StorageBench.host_file,
    "count": StorageBench.count,
    "volume create": StorageBench.volume_create,
    "volume rm": StorageBench.volume_remove,
    "volume prune": StorageBench.volume_prune,
    "container prune": StorageBench.container_prune,
    "image prune": StorageBench.image_prune,
    "system prune": StorageBench.system_prune,
    "wait": StorageBench.wait,
    "change file": StorageBench.change,
    "image": _nothing,
    "ps": _nothing,
}


def _volume(volume: Volume) -> str:
    if volume.kind == "named":
        return f"named {volume.name}"
    return "anonymous" if volume.kind == "anonymous" else "unnamed, without the anonymous label"


def _process(step: RecordedFields) -> RecordedFields:
    return step.object("process", default={})


def _names(step: RecordedFields) -> list[str]:
    words = step.texts("names") or [word for word in step.texts("args") if not word.startswith("-")]
    return words or ([step.text("name")] if "name" in step else [])
