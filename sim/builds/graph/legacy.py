"""The legacy builder as another dialect of the same graph: one chain of images, every instruction a step.

A step hits where its parent image has a locally built child made by an equal command. The newest wins. Labels, ports
and the like are steps as any other. A missed step makes a new image, so all behind it in the stage misses too
(moby/moby, daemon/builder/dockerfile: internals.go, imageprobe.go, copy.go, dispatchers.go).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from sim.builds.context.patterns import glob
from sim.builds.context.selection import Selector, has_wildcard
from sim.builds.context.tree import Tree
from sim.builds.dockerfile.instructions import (
    Arg,
    Copy,
    Instruction,
    InstructionError,
    Pairs,
    RunInstruction,
    Setting,
    check_signal,
    is_git,
    is_url,
    trigger,
)
from sim.builds.dockerfile.parser import Allowance, expand
from sim.builds.dockerfile.stages import SCRATCH, Dockerfile, Stage
from sim.builds.graph.bases import BaseImage, Bases, fault_of
from sim.builds.graph.copying import remote_name
from sim.builds.graph.options import PROXIES, BuildOptions
from sim.builds.graph.state import DEFAULT_SHELL
from sim.builds.graph.vertices import BuildGraph, EdgeKind, Effect, Input, Vertex
from sim.errors import InputError, Problem

_NEEDS_BUILDKIT = "requires BuildKit"


@dataclass
class _Image:
    """The image a stage has come to: what of its config later steps see, and the vertex that made it."""

    output: str = ""
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = ""
    user: str = ""
    shell: tuple[str, ...] = DEFAULT_SHELL
    onbuild: tuple[str, ...] = ()

    def child(self) -> _Image:
        return _Image(self.output, dict(self.env), self.workdir, self.user, self.shell, self.onbuild)


@dataclass
class _Args:
    """Build arguments as the legacy builder keeps them: the stage's own, those before the first FROM, the given."""

    given: Mapping[str, str]
    before: dict[str, str | None] = field(default_factory=dict)
    declared: dict[str, str | None] = field(default_factory=dict)

    def value(self, name: str, default: str | None) -> str | None:
        if name in self.given:
            return self.given[name]
        return default if default is not None else self.before.get(name)

    def visible(self, env: Mapping[str, str]) -> dict[str, str]:
        """Those with a value that the image's own variables do not hide, the proxies' among them."""
        values = {}
        for name in dict.fromkeys((*self.declared, *PROXIES)):
            value = self.value(name, self.declared.get(name))
            if value is not None and name not in env:
                values[name] = value
        return values

    def globals(self) -> dict[str, str]:
        values = {name: self.value(name, default) for name, default in self.before.items()}
        return {name: value for name, value in values.items() if value is not None}


def build_chain(dockerfile: Dockerfile, context: Tree, options: BuildOptions, bases: Bases | None = None) -> BuildGraph:
    """The legacy builder's steps as a graph: every stage up to the target, in order. Raises `InputError`."""
    return _Chain(dockerfile.require(legacy=True), context, options, bases or Bases()).compile()


class _Chain:
    def __init__(self, dockerfile: Dockerfile, context: Tree, options: BuildOptions, bases: Bases) -> None:
        self.dockerfile = dockerfile
        self.context = context
        self.options = options
        self.bases = bases
        self.args = _Args(options.build_args)
        self.vertices: dict[str, Vertex] = {}
        self.images: dict[int, _Image] = {}
        self.stage: Stage | None = None
        self.number = 0
        self.total = 0
        self.allowance = Allowance()

    def compile(self) -> BuildGraph:
        target = self.dockerfile.find(self.options.target, last=False)
        stages = self.dockerfile.stages[: target.index + 1]
        steps = len(self.dockerfile.globals) + sum(1 + len(stage.instructions) for stage in stages)
        self.total = steps + len(self.options.labels)
        for arg in self.dockerfile.globals:
            env = self.args.globals()
            self.args.before |= {n: None if v is None else self._expand(arg, v, env) for n, v in arg.args}
            self._add("config", arg, {"global": list(map(list, arg.args))}, (), "")
        self._check_names(stages)
        for stage in stages:
            self.stage = stage
            self.args.declared = {}
            image = self._from(stage)
            self.images[stage.index] = image
            for step in stage.instructions:
                self._step(image, step)
        for name in sorted(self.options.labels):
            self._label(target, name, self.options.labels[name])
        graph: nx.DiGraph[str] = nx.DiGraph()
        for name, vertex in self.vertices.items():
            graph.add_node(name, vertex=vertex)
            for item in vertex.inputs:
                graph.add_edge(item.vertex, name, kind=item.kind)
        unused = [
            (stage.name, step)
            for stage in self.dockerfile.stages[target.index + 1 :]
            for step in (stage.start, *stage.instructions)
        ]
        output = self.images[target.index].output
        if not output:
            raise InputError(self._problem(target.start, "No image was generated. Is your Dockerfile empty?"))
        return BuildGraph(graph, output, tuple(self.vertices), self.dockerfile, self.context, (), tuple(unused))

    def _check_names(self, stages: Sequence[Stage]) -> None:
        """A stage's name may stand once (stagesBuildResults.checkStageNameAvailable). BuildKit takes the last."""
        for stage in stages:
            name = stage.start.alias
            if name and any(other.start.alias == name for other in stages[: stage.index]):
                raise InputError(self._problem(stage.start, f"{name} stage name already used"))

    def _label(self, target: Stage, name: str, value: str) -> None:
        """A `--label`: an instruction of its own behind the last one, unexpanded (builder.go, buildLabelOptions)."""
        image = self.images[target.index]
        text = f"{name}={value}"
        line = (target.start, *target.instructions)[-1].line
        step = Pairs("LABEL", f"LABEL {text}", line, pairs=((name, value),))
        inputs = (Input(image.output, "parent"),) if image.output else ()
        effect = Effect(base=0 if inputs else None)
        image.output = self._add("config", step, {"command": ["LABEL", text]}, inputs, "", effect=effect)

    def _from(self, stage: Stage) -> _Image:
        base = self._expand(stage.start, stage.base, self.args.globals())
        earlier = (s for s in reversed(self.dockerfile.stages[: stage.index]) if s.start.alias)
        parent = next((s for s in earlier if s.start.alias == base.lower()), None)
        if parent is not None:
            image = self.images[parent.index].child()
            inputs = (Input(image.output, "parent"),) if image.output else ()
            self._add("image", stage.start, {"from": parent.name}, inputs, "")
        elif base == SCRATCH:
            image = _Image()
            self._add("image", stage.start, {"from": SCRATCH}, (), "")
        else:
            fault = fault_of(stage.base, base)
            if fault:
                raise InputError(self._problem(stage.start, fault))
            base_image = self.bases.get(base)
            image = _Image(
                env=dict(base_image.env), workdir=base_image.workdir, user=base_image.user, onbuild=base_image.onbuild,
                shell=base_image.shell or DEFAULT_SHELL,
            )  # fmt: skip
            definition = {"image": base_image.identity, "layers": list(base_image.layers)}
            self._add("image", stage.start, definition, (), "", image=base_image)
        start = f"v{len(self.vertices)}"
        image.output = "" if base == SCRATCH else start if parent is None else image.output
        first, image.onbuild = image.onbuild, ()
        for text in first:
            try:
                self._step(image, trigger(text, stage.start.line), hidden=True)
            except InstructionError as fault:
                raise InputError(self._problem(stage.start, str(fault))) from None
        return image

    def _step(self, image: _Image, step: Instruction, *, hidden: bool = False) -> None:
        try:
            self.allowance.step()
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None
        if isinstance(step, Copy):
            self._copy(image, step, hidden)
            return
        kind = "config"
        command: list[Any]
        fault = ""
        if isinstance(step, RunInstruction):
            kind = "exec"
            command = self._run(image, step)
            fault = f"RUN with flags {_NEEDS_BUILDKIT}" if step.flagged else fault
            fault = f"a heredoc {_NEEDS_BUILDKIT}" if step.heredocs else fault
        elif isinstance(step, Arg):
            defaults = [(n, None if v is None else self._word(image, step, v)) for n, v in step.args]
            self.args.declared |= dict(defaults)
            command = ["ARG", *(n if v is None else f"{n}={v}" for n, v in defaults)]
        elif isinstance(step, Pairs):
            pairs = [(self._word(image, step, k), self._word(image, step, v)) for k, v in step.pairs]
            command = [step.name, *(f"{k}={v}" for k, v in pairs)]
            if step.name == "ENV":
                image.env |= dict(pairs)
        else:
            assert isinstance(step, Setting)
            command = self._setting(image, step)
        effect = Effect(directory=image.workdir, base=0 if image.output else None) if step.name == "WORKDIR" else None
        inputs = (Input(image.output, "parent"),) if image.output else ()
        image.output = self._add(
            kind, step, {"command": command}, inputs, fault, effect=effect or Effect(base=0 if inputs else None),
            internal=hidden, cwd=image.workdir or "/",
        )  # fmt: skip

    def _run(self, image: _Image, step: RunInstruction) -> list[Any]:
        argv = [*image.shell, *step.argv] if step.shell else list(step.argv)
        args = self.args.visible(image.env)
        if not args:
            return argv
        try:
            self.allowance.spend(sum(len(value) for value in args.values()))
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None
        shown = sorted(f"{n}={v}" for n, v in args.items() if n in self.args.declared or n not in PROXIES)
        return [f"|{len(shown)}", *shown, *argv]

    def _setting(self, image: _Image, step: Setting) -> list[Any]:
        name = step.name
        if name == "WORKDIR":
            path = self._word(image, step, step.args[0])
            image.workdir = posixpath.normpath(posixpath.join("/", image.workdir, path))
            return [name, image.workdir]
        if name == "USER":
            image.user = self._word(image, step, step.args[0])
            return [name, image.user]
        if name == "SHELL":
            image.shell = step.args
        elif name == "ONBUILD":
            image.onbuild = (*image.onbuild, *step.args)
        elif name in ("CMD", "ENTRYPOINT"):
            return [name, *step.args] if step.json else [name, *image.shell, *step.args]
        elif name in ("EXPOSE", "VOLUME", "STOPSIGNAL"):
            words = sorted(step.args) if name == "EXPOSE" else step.args
            expanded = [self._word(image, step, word) for word in words]
            if name == "STOPSIGNAL":
                self._check_signal(step, expanded[0])
            return [name, *expanded]
        return [name, *step.flags, *step.args]

    def _check_signal(self, step: Setting, signal: str) -> None:
        try:
            check_signal(signal)
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None

    def _copy(self, image: _Image, step: Copy, hidden: bool) -> None:
        """COPY and ADD. `--link` is passed over. The comment that is compared holds the destination as written."""
        fault = ""
        for flag, given in (("chmod", step.chmod), ("parents", step.parents), ("exclude", step.exclude)):
            fault = f"the --{flag} option {_NEEDS_BUILDKIT}" if given else fault
        fault = f"a heredoc {_NEEDS_BUILDKIT}" if step.documents else fault
        word = self._word(image, step, step.dest)
        dest = posixpath.normpath(posixpath.join("/", image.workdir, word))
        dest += "/" if dest != "/" and (word.endswith("/") or word in (".", "")) else ""
        named = [self._word(image, step, source) for source in step.sources]
        remote = [source for source in named if is_url(source) or is_git(source)]
        sources = [source for source in named if not (is_url(source) or is_git(source))]
        paths = [posixpath.normpath(posixpath.join("/", source)).replace("//", "/") for source in sources]
        selectors = tuple(Selector(path, has_wildcard(path)) for path in paths)
        try:
            for path in paths:
                glob(path)
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None
        inputs = [Input(image.output, "parent")] if image.output else []
        base = 0 if inputs else None
        source = ""
        if sources:
            source, refused = self._source(step)
            fault = fault or refused
        at = len(inputs)
        if source == image.output and source:
            at = 0
        elif source:
            kind: EdgeKind = "context" if self.vertices[source].kind == "context" else "copy"
            inputs.append(Input(source, kind, selectors, by_content=True))
        many = len(remote) + sum(self._count(step, path) for path in paths)
        if many > 1 and not word.endswith("/"):
            fault = (
                f"When using {step.name} with more than one source file, the destination must be a directory and end "
                "with a /"
            )
        elif not many and not fault:
            fault = f"{step.name} failed: no source files were specified"
        if sources and not source and not fault and any(path != "/" for path in paths):
            plain = next((path.strip("/") for path in paths if path != "/" and not has_wildcard(path)), "")
            why = f"stat {plain}: file does not exist" if plain else "no source files were specified"
            fault = f"{step.name} failed: {why}"
        command: dict[str, Any] = {"command": [step.name, self._word(image, step, step.chown), word]}
        if remote:
            command["remotes"] = [[remote_name(source), self.options.content_at(source)] for source in remote]
        taken = tuple((at, selector) for selector in selectors if source)
        effect = Effect(copy=step, sources=taken, dest=dest, base=base, mode=0)
        image.output = self._add("file", step, command, tuple(inputs), fault, effect=effect, internal=hidden)

    def _count(self, step: Copy, path: str) -> int:
        """How many files or folders a source names. A pattern in another image counts as one."""
        if not has_wildcard(path) or step.source:
            return 1
        pattern = glob(path.strip("/"))
        return sum(bool(pattern.fullmatch(name)) for name in self.context)

    def _source(self, step: Copy) -> tuple[str, str]:
        """What a COPY takes from, "" for an empty stage, and why it cannot (dispatchers.go: getImageMount)."""
        if not step.source:
            if "context" not in self.vertices:
                made = Vertex("context", "context", "build context", "", 0, {"context": ""}, (), internal=True)
                self.vertices["context"] = made
            return "context", ""
        name, here = step.source.lower(), self.stage.index if self.stage is not None else 0
        named = {stage.start.alias: stage.index for stage in self.dockerfile.stages[:here] if stage.start.alias}
        index = named.get(name, int(name) if re.fullmatch(r"[-+]?\d{1,9}", name) else None)
        if index is not None and 0 <= index < here:
            return self.images[index].output, ""
        why = ""
        if index is not None:
            why = "refers to current build stage" if index == here else "index out of bounds"
        elif step.source == SCRATCH:
            why = "'scratch' is a reserved name"
        if why:
            return "", f"invalid from flag value {step.source}: {why}"
        base = self.bases.get(step.source)
        name = f"image {base.identity}"
        definition = {"image": base.identity, "layers": list(base.layers)}
        self.vertices[name] = Vertex(name, "image", name, "", 0, definition, (), internal=True, image=base)
        return name, ""

    def _add(
        self,
        kind: Any,
        step: Instruction,
        definition: dict[str, Any],
        inputs: tuple[Input, ...],
        fault: str,
        *,
        image: BaseImage | None = None,
        effect: Effect | None = None,
        internal: bool = False,
        cwd: str = "/",
    ) -> str:
        if not internal:
            self.number += 1
        name = f"{self.number}/{self.total} {step.text}"
        index = self.stage.index if self.stage is not None else 0
        vertex = Vertex(
            f"v{len(self.vertices) + 1}",
            kind,
            f"{name} ONBUILD {step.text}" if internal else name,
            self.stage.name if self.stage is not None else "",
            index,
            definition,
            inputs,
            step,
            ignore_cache=self.options.no_cache,
            internal=internal,
            effect=effect,
            image=image,
            names=(name,),
            fault=fault,
            cwd=cwd,
        )
        self.vertices[vertex.id] = vertex
        return vertex.id

    def _word(self, image: _Image, step: Instruction, word: str) -> str:
        return self._expand(step, word, {**image.env, **self.args.visible(image.env)})

    def _expand(self, step: Instruction, word: str, env: Mapping[str, str]) -> str:
        try:
            value = expand(word, env, self.dockerfile.escape)
            self.allowance.spend(len(value))
            return value
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None

    def _problem(self, step: Instruction, message: str) -> Problem:
        return Problem(message, self.dockerfile.file, step.line, excerpt=step.text.split("\n")[0])
