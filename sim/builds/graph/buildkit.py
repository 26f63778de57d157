"""A Dockerfile as the graph BuildKit solves: sources, exec, file and merge vertices (moby/buildkit, dockerfile2llb).

The same pass prints the names BuildKit prints. What of the graph is in the cache is `sim.builds.cache.buildkit`.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import networkx as nx

from sim.builds.context.selection import key_of
from sim.builds.context.tree import Tree
from sim.builds.dockerfile.instructions import (
    Arg,
    Copy,
    Instruction,
    InstructionError,
    Pairs,
    RunInstruction,
    Setting,
    check_checksum,
    check_signal,
    trigger,
)
from sim.builds.dockerfile.parser import Allowance, expand
from sim.builds.dockerfile.stages import (
    SCRATCH,
    Dockerfile,
    Stage,
    before_its_stage,
    global_args,
    instruction_sources,
    resolve,
    sources,
    triggers,
)
from sim.builds.graph.bases import Bases, fault_of, normalized
from sim.builds.graph.copying import copy_plan
from sim.builds.graph.merging import merged
from sim.builds.graph.naming import NamedStage, printed
from sim.builds.graph.options import BuildOptions
from sim.builds.graph.running import run_plan
from sim.builds.graph.state import State, argument_values, from_image, from_scratch, owner
from sim.builds.graph.vertices import BuildGraph, EdgeKind, Effect, Input, Vertex
from sim.errors import InputError, Problem

_CONTEXT = "[internal] load build context"
_DOCUMENT = "[internal] preparing inline document"
_PERMISSIONS = "[internal] settings cache mount permissions"


def build_graph(
    dockerfile: Dockerfile, context: Tree, options: BuildOptions, bases: Bases | None = None, *, merges: bool = True
) -> BuildGraph:
    """The graph of a build.

    Args:
        context: What the builder sees of the context.
        merges: Whether the image store can merge layers, so that `--link` makes a vertex of its own (containerd's can,
            overlay2 falls back to a plain copy).

    Raises `InputError` with the line of what cannot be built.
    """
    return _Compiler(dockerfile.require(), context, options, bases or Bases(), merges).compile()


class _Compiler:
    def __init__(
        self, dockerfile: Dockerfile, context: Tree, options: BuildOptions, bases: Bases, merges: bool
    ) -> None:
        self.dockerfile = dockerfile
        self.context = context
        self.options = options
        self.bases = bases
        self.merges = merges
        self.escape = dockerfile.escape
        self.globals = global_args(dockerfile, options.build_args, options.platform_args())
        self.uses: dict[str, Vertex] = {}
        self.takes: dict[str, list[str]] = {}
        self.digests: dict[str, str] = {}
        self.parts: dict[int, NamedStage] = {}
        self.images: dict[str, State] = {}
        self.settings: list[tuple[str, Instruction]] = []
        self.label = ""
        self.index = 0
        self.allowance = Allowance()

    def compile(self) -> BuildGraph:
        target = self.dockerfile.find(self.options.target)
        bases = {stage.index: self._expand(stage.start, stage.base, self.globals) for stage in self.dockerfile.stages}
        blank = [stage for stage in self.dockerfile.stages if not bases[stage.index]]
        if blank:
            raise InputError([self._problem(stage.start, fault_of(stage.base, "")) for stage in blank])
        parents = self._parents(bases)
        lone = len(self.dockerfile.stages) == 1 and not self._names_other_sources()
        needed = self._reachable(target, bases, parents)
        for stage in self.dockerfile.stages:
            if stage.index in needed:
                self._stage(stage, bases[stage.index], parents[stage.index], lone)
        unused = [
            (stage.name, step)
            for stage in self.dockerfile.stages
            if stage.index not in needed
            for step in (stage.start, *stage.instructions)
        ]
        vertices, ids = merged(self.uses, self.takes, self.digests, self.parts[target.index].state.output)
        graph: nx.DiGraph[str] = nx.DiGraph()
        for name, vertex in vertices.items():
            graph.add_node(name, vertex=vertex)
            for item in vertex.inputs:
                graph.add_edge(item.vertex, name, kind=item.kind)
        ends = {part.label or f"stage-{index}": ids.get(part.state.output, "") for index, part in self.parts.items()}
        return BuildGraph(
            graph,
            ids.get(self.parts[target.index].state.output, ""),
            tuple(vertices),
            self.dockerfile,
            self.context,
            tuple(self.settings),
            tuple(unused),
            ends,
        )

    def _names_other_sources(self) -> bool:
        """Whether a lone stage has sources beside it: BuildKit then prints the stage's name (any mount counts)."""
        (stage,) = self.dockerfile.stages
        return any(True for _ in sources(stage)) or any(
            isinstance(s, RunInstruction) and s.mounts for s in stage.instructions
        )

    def _parents(self, bases: dict[int, str]) -> dict[int, Stage | None]:
        """The stage each FROM names: one in capitals names none here, unlike in COPY (moby/buildkit issue 2003)."""
        parents: dict[int, Stage | None] = {}
        earlier: dict[str, Stage] = {}
        for stage in self.dockerfile.stages:
            parents[stage.index] = earlier.get(bases[stage.index])
            if stage.start.alias:
                earlier[stage.start.alias] = stage
        return parents

    def _reachable(self, target: Stage, bases: dict[int, str], parents: dict[int, Stage | None]) -> set[int]:
        """The stages that a target needs, those that ONBUILD triggers copy from among them.

        BuildKit looks for the latter since its Dockerfile frontend 1.11 and refuses them before, unless something else
        needs them too.
        """
        needed: set[int] = set()
        ahead = [target]
        while ahead:
            stage = ahead.pop()
            if stage.index in needed:
                continue
            needed.add(stage.index)
            parent = parents[stage.index]
            if parent is not None:
                ahead.append(parent)
            for step in (*self._triggers(stage, bases[stage.index], parent), *stage.instructions):
                for instruction, name in instruction_sources(step):
                    referred = resolve(self.dockerfile, instruction, name)
                    if referred is not None:
                        ahead.append(referred)
        return needed

    def _stage(self, stage: Stage, base: str, parent: Stage | None, lone: bool) -> None:
        counted = [s for s in stage.instructions if s.name in ("RUN", "COPY", "ADD", "WORKDIR")]
        total = len(counted) + (base != SCRATCH and parent is None)
        filters = self.options.no_cache_filter
        named = any(name.lower() == stage.start.alias for name in filters)
        ignore = self.options.no_cache or filters == ("",) or named
        part = NamedStage(stage, "", "" if lone else stage.name, total, ignore)
        self.parts[stage.index] = part
        self.index = stage.index
        self.label = stage.name
        if parent is not None:
            part.state = self.parts[parent.index].state.inherit()
            part.platform = self.parts[parent.index].platform
        elif base == SCRATCH:
            part.state = from_scratch()
            part.platform = self.options.platform if self.options.multi_platform else ""
        else:
            part.state = self._image(part, base, stage.start)
        part.state.onbuild = ()
        for step in (*self._triggers(stage, base, parent), *stage.instructions):
            self._step(part, step)

    def _triggers(self, stage: Stage, base: str, parent: Stage | None) -> list[Instruction]:
        """What the stage or image that a stage is built FROM has it do first."""
        texts = [step.text for step in triggers(parent)] if parent is not None else self.bases.get(base).onbuild
        try:
            return [trigger(text, stage.start.line) for text in texts]
        except InstructionError as fault:
            raise InputError(self._problem(stage.start, str(fault))) from None

    def _image(
        self, part: NamedStage, reference: str, step: Instruction | None, asking: Instruction | None = None
    ) -> State:
        fault = fault_of(reference, reference)
        if fault:
            raise InputError(self._problem(step or asking or self.dockerfile.stages[0].start, fault))
        image = self.bases.get(reference)
        platform = self.options.platform
        if step is not None and part.stage is not None and part.stage.start.platform:
            platform = self._expand(step, part.stage.start.platform, self.globals)
        shown = normalized(reference)
        if self.options.multi_platform:
            part.platform = platform
        output = self._add(
            kind="image",
            name=part.prefix(f"FROM {shown}"),
            definition={"image": image.identity, "layers": list(image.layers), "platform": platform},
            inputs=(),
            step=step,
            exact=shown,
            image=image,
            lookup=f"[{part.platform} internal] load metadata for {shown}" if part.platform else "",
        )
        return from_image(image, output)

    def _step(self, part: NamedStage, step: Instruction) -> None:
        state = part.state
        try:
            self.allowance.step()
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None
        if isinstance(step, RunInstruction):
            self._run(part, step)
        elif isinstance(step, Copy):
            self._copy(part, step)
        elif step.name == "WORKDIR" and isinstance(step, Setting):
            self._workdir(part, step)
        else:
            self.settings.append((self.label, step))
            if isinstance(step, Arg):
                for name, value in self._arguments(state, step).items():
                    state.set_env(name, value)
            elif isinstance(step, Pairs) and step.name == "ENV":
                pairs = [(self._word(state, step, k), self._word(state, step, v)) for k, v in step.pairs]
                for name, value in pairs:
                    state.set_env(name, value)
                    state.image_env[name] = value
            elif step.name == "USER" and isinstance(step, Setting):
                state.user = self._word(state, step, step.args[0])
            elif step.name == "STOPSIGNAL" and isinstance(step, Setting):
                self._check_signal(step, self._word(state, step, step.args[0]))
            elif step.name == "SHELL" and isinstance(step, Setting):
                state.shell = step.args

    def _check_signal(self, step: Setting, signal: str) -> None:
        try:
            check_signal(signal)
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None

    def _arguments(self, state: State, step: Arg) -> dict[str, str]:
        try:
            values = argument_values(step, state.env, self.options.build_args, self.globals, self.escape)
            self.allowance.spend(sum(map(len, values.values())))
            return values
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None

    def _workdir(self, part: NamedStage, step: Setting) -> None:
        state = part.state
        made = state.enter(self._word(state, step, step.args[0]))
        if made == "/":
            self.settings.append((self.label, step))
            return
        user, _, group = state.user.partition(":")
        definition: dict[str, Any] = {"mkdir": made, "mode": 0o755, "owner": owner(state.user)}
        inputs = (Input(state.output, "parent"),) if state.output else ()
        state.output = self._add(
            kind="file",
            name=part.prefix(printed(step.text, state.env, self.escape), state.env),
            definition=definition | self._epoch(),
            inputs=inputs,
            step=step,
            effect=Effect(directory=made, owner=(user, group), base=0 if inputs else None),
        )

    def _run(self, part: NamedStage, step: RunInstruction) -> None:
        state = part.state
        try:
            plan = run_plan(step, state, self.options, self.escape)
            self.allowance.spend(len(plan.printed) + sum(map(len, plan.definition["env"])))
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None
        inputs: list[Input] = []
        mounts: list[dict[str, Any]] = []
        takes: list[str] = []
        slots: dict[str, int] = {}
        for mount in plan.mounts:
            at = -1
            if mount.document is not None:
                source = self._document(mount.document, step, 0o755)
            elif mount.owner is not None:
                source = self._permissions(mount.owner, step)
            elif mount.root:
                source = state.output
            else:
                source = self._source(step, mount.stage) if mount.stage != SCRATCH else ""
            if source:
                takes.append(source)
                at = slots.setdefault(self.digests[source], len(inputs))
                kind: EdgeKind = (
                    "parent" if mount.root else "context" if self.uses[source].kind == "context" else "mount"
                )
                merged = Input(source, kind, mount.selectors, mount.by_content)
                if at < len(inputs):
                    selectors = (*inputs[at].selectors, *mount.selectors)
                    inputs[at] = dataclasses.replace(inputs[at], selectors=selectors, by_content=mount.by_content)
                else:
                    inputs.append(merged)
            mounts.append(mount.definition | {"input": at})
        definition = dict(plan.definition)
        if len(mounts) > 1:
            definition["mounts"] = mounts
        state.output = self._add(
            kind="exec",
            name=part.prefix(plan.printed, state.env),
            definition=definition,
            inputs=tuple(inputs),
            step=step,
            exact=json.dumps([mount.exact for mount in plan.mounts]),
            takes=takes,
            cwd=state.cwd,
            ignore_cache=part.ignore_cache,
        )

    def _copy(self, part: NamedStage, step: Copy) -> None:
        state = part.state
        try:
            plan = copy_plan(step, state, self.escape)
            self.allowance.spend(len(plan.dest) + sum(len(str(action)) for action in plan.actions))
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None
        name = part.prefix(printed(step.text, state.env, self.escape), state.env)
        linked = self.merges and step.link and not step.chmod
        base = "" if linked else state.output
        inputs: list[Input] = [Input(base, "parent")] if base else []
        taken: list[tuple[int, Any]] = []
        slots = {self.digests[base]: 0} if base else {}
        takes = [base] if base else []
        actions: list[dict[str, Any]] = []
        for action in plan.actions:
            if action.document is not None:
                source = self._document(action.document, step, 0o644)
            elif action.remote:
                source = self._remote(state, action.remote, action.definition, step, name)
            else:
                source = self._source(step, step.source)
            if not source:
                if action.selector.path != "/" and not action.selector.wildcard:
                    message = f'"{action.selector.path}": not found in stage "{step.source}", which is empty'
                    raise InputError(self._problem(step, message))
                actions.append(action.definition | {"from": -1} | self._epoch())
                continue
            takes.append(source)
            itself = bool(base) and self.digests[source] == self.digests[base]
            at = slots.setdefault(self.digests[source], len(inputs))
            kind: EdgeKind = "context" if self.uses[source].kind == "context" else "copy"
            if at == len(inputs):
                inputs.append(Input(source, kind, (action.selector,), by_content=True))
            elif not itself:
                selectors = (*inputs[at].selectors, action.selector)
                inputs[at] = dataclasses.replace(inputs[at], selectors=selectors)
            taken.append((at, action.selector))
            actions.append(action.definition | {"from": "itself" if itself else at} | self._epoch())
        effect = Effect(copy=step, sources=tuple(taken), dest=plan.dest, base=0 if base else None, mode=plan.mode)
        copied = self._add(
            kind="file",
            name=name,
            definition={"actions": actions},
            inputs=tuple(inputs),
            step=step,
            exact=json.dumps([action.selector.path for action in plan.actions]),
            takes=takes,
            ignore_cache=part.ignore_cache,
            effect=effect,
        )
        if linked and state.output:
            part.counter -= 1
            copied = self._add(
                kind="merge",
                name=part.prefix("LINK " + printed(step.text, state.env, self.escape), state.env),
                definition={"merge": 2},
                inputs=(Input(state.output, "parent"), Input(copied, "copy")),
                step=step,
                ignore_cache=part.ignore_cache,
            )
        state.output = copied

    def _source(self, step: Instruction, name: str) -> str:
        """What a COPY or mount takes from: a stage's end, an image, or "" for nothing.

        Without a name it is the context.
        """
        if not name:
            return self._add(kind="context", name=_CONTEXT, definition={"context": ""}, inputs=(), internal=True)
        stage = resolve(self.dockerfile, step, name)
        if stage is not None and stage.index not in self.parts:
            message = before_its_stage(step, name, self.label)
            raise InputError(self._problem(step, message))
        if stage is not None:
            return self.parts[stage.index].state.output
        if name == SCRATCH:
            return ""
        if name not in self.images:
            self.images[name] = self._image(NamedStage(None, name, "", 0), name, None, step)
        return self.images[name].output

    def _document(self, document: tuple[str, str], step: Instruction, mode: int) -> str:
        name, text = document
        return self._add(
            kind="file",
            name=_DOCUMENT,
            definition={"mkfile": name, "mode": mode, "data": text},
            inputs=(),
            step=step,
            internal=True,
            effect=Effect(document=document, mode=mode),
        )

    def _permissions(self, owner: dict[str, Any], step: Instruction) -> str:
        return self._add(
            kind="file",
            name=_PERMISSIONS,
            definition={"mkdir": "/cache", **owner},
            inputs=(),
            step=step,
            internal=True,
            effect=Effect(directory="/cache", mode=owner["mode"], owner=(str(owner["uid"]), str(owner["gid"]))),
        )

    def _remote(self, state: State, address: str, definition: dict[str, Any], step: Copy, name: str) -> str:
        git = definition["git"]
        checksum = self._word(state, step, step.checksum)
        try:
            check_checksum("" if git else checksum)
        except InstructionError as fault:
            raise InputError(self._problem(step, str(fault))) from None
        content = self.options.content_at(address)
        identity = {"git": content} if git else {"body of": content, "name": definition["src"]}
        return self._add(
            kind="git" if git else "http",
            name=name,
            definition=identity | {"keep_git_dir": step.keep_git_dir},
            inputs=(),
            step=step,
            exact=address + checksum,
        )

    def _add(
        self,
        *,
        kind: Any,
        name: str,
        definition: dict[str, Any],
        inputs: tuple[Input, ...],
        step: Instruction | None = None,
        exact: str = "",
        takes: list[str] | None = None,
        **more: Any,
    ) -> str:
        """Add a use of a vertex. Uses of the same whole definition come to one vertex (`sim.builds.graph.merging`)."""
        shape = ",".join(f"{self.digests[i.vertex]}{[s.path for s in i.selectors]}" for i in inputs)
        use = f"u{len(self.uses) + 1}"
        self.takes[use] = takes if takes is not None else [item.vertex for item in inputs]
        vertex = Vertex(use, kind, name, self.label, self.index, definition, inputs, step, **more)
        self.uses[use] = vertex
        self.digests[use] = key_of((vertex.key, exact, shape))
        return use

    def _epoch(self) -> dict[str, str]:
        epoch = self.options.build_args.get("SOURCE_DATE_EPOCH")
        return {"time": epoch} if epoch else {}

    def _expand(self, step: Instruction, word: str, env: dict[str, str]) -> str:
        try:
            value = expand(word, env, self.escape)
            self.allowance.spend(len(value))
            return value
        except ValueError as error:
            raise InputError(self._problem(step, str(error))) from None

    def _word(self, state: State, step: Instruction, word: str) -> str:
        return self._expand(step, word, state.env)

    def _problem(self, step: Instruction, message: str) -> Problem:
        return Problem(message, self.dockerfile.file, step.line, excerpt=step.text.split("\n")[0])
