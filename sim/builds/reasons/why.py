"""Why a step hit or missed: the first input that differs from the build before, and what would break a hit.

Reasons are ids of the message catalog with arguments. docs/builds.md lists them all.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.builds.cache.buildkit import BuildStep
from sim.builds.context.rootfs import Files
from sim.builds.dockerfile.instructions import Arg, Copy, Pairs
from sim.builds.graph.vertices import BuildGraph, Input, Vertex
from sim.builds.reasons.remotes import contents
from sim.records.instances import Message


@dataclass(frozen=True)
class Built:
    """A build that was walked: its graph and what became of each vertex."""

    graph: BuildGraph
    steps: Mapping[str, BuildStep]

    @cached_property
    def declared(self) -> frozenset[str]:
        """The names that only ARG sets."""
        steps = [step for stage in self.graph.dockerfile.stages for step in stage.instructions]
        args = {name for step in steps if isinstance(step, Arg) for name, _ in step.args}
        set_ = {name for step in steps if isinstance(step, Pairs) and step.name == "ENV" for name, _ in step.pairs}
        return frozenset(args - set_)


def pair(before: BuildGraph | None, now: BuildGraph) -> dict[str, str]:
    """Which vertex of a build corresponds to which of the one before: same stage, same or nearest place and text."""
    if before is None:
        return {}
    pairs: dict[str, str] = {}
    old, new = _by_stage(before), _by_stage(now)
    for stage, mine in new.items():
        theirs = old.get(stage, [])
        left, right = [_shape(v) for v in theirs], [_shape(v) for v in mine]
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if tag == "equal":
                pairs |= {n.id: o.id for o, n in zip(theirs[i1:i2], mine[j1:j2], strict=True)}
            elif tag == "replace":
                pairs |= _alike(theirs[i1:i2], mine[j1:j2])
    return pairs


def _by_stage(graph: BuildGraph) -> dict[str, list[Vertex]]:
    stages: dict[str, list[Vertex]] = {}
    for vertex in graph.vertices:
        stages.setdefault("" if vertex.kind == "context" else vertex.stage, []).append(vertex)
    return stages


def _shape(vertex: Vertex) -> tuple[str, str]:
    return vertex.kind, vertex.text


def _alike(old: Sequence[Vertex], new: Sequence[Vertex]) -> dict[str, str]:
    pairs = {}
    rest = list(old)
    for vertex in new:
        for other in rest:
            if (other.kind, other.instruction) == (vertex.kind, vertex.instruction):
                pairs[vertex.id] = other.id
                rest.remove(other)
                break
    return pairs


def reason(step: BuildStep, now: Built, before: Built | None, pairs: Mapping[str, str]) -> Message:
    """Why a step hit or missed."""
    vertex = step.vertex
    old = before.steps.get(pairs.get(vertex.id, "")) if before is not None else None
    if step.outcome == "base":
        return message("build.base", image=_image(step))
    if step.outcome == "context":
        return message("build.context", files=len(now.graph.context))
    if step.outcome == "hit":
        return _hit(step, now, old)
    if vertex.ignore_cache:
        return message("build.no_cache")
    if before is None:
        return message("build.first")
    if step.probe:
        return message("build.result_missing")
    source = _ran_source(step, now)
    parent = next((now.steps[i.vertex] for i in vertex.inputs if i.kind == "parent" and now.steps[i.vertex].ran), None)
    if parent is None and source is not None and vertex.kind == "merge":
        parent = source
    if parent is not None:
        return message("build.parent_ran", line=parent.vertex.line, step=parent.vertex.name)
    if old is None:
        return message("build.new_step")
    if old.outcome in ("failed", "skipped"):
        return message("build.unfinished")
    return next((said for _, said in differences(step, old, now, before)), message("build.not_in_cache"))


def is_cause(step: BuildStep, now: Built) -> bool:
    """Whether a step missed though nothing before it ran."""
    return step.ran and not any(now.steps[item.vertex].ran for item in step.vertex.inputs)


def message(name: str, /, **arguments: str | float) -> Message:
    """A message with its arguments."""
    return Message(name, tuple(arguments.items()))


def _hit(step: BuildStep, now: Built, old: BuildStep | None) -> Message:
    vertex = step.vertex
    if old is not None and old.kept and not old.kept & step.probe:
        return message("build.hit_earlier")
    for at in sorted(step.by_content):
        source = now.steps[vertex.inputs[at].vertex]
        if source.ran or vertex.inputs[at].kind != "context":
            return message("build.hit_same_content", stage=stage_of(source), paths=paths(vertex.inputs[at]))
    if vertex.kind == "merge":
        return message("build.hit_link")
    taken = next((item for item in vertex.inputs if item.kind in ("context", "copy")), None)
    if vertex.effect is not None and vertex.effect.copy is not None and taken is not None:
        if taken.kind == "context":
            return message("build.hit_files", paths=paths(taken))
        if now.steps[taken.vertex].vertex.kind in ("http", "git"):
            return message("build.hit_remote", address=address_of(vertex))
        return message("build.hit_stage_files", stage=stage_of(now.steps[taken.vertex]), paths=paths(taken))
    if vertex.instruction == "WORKDIR":
        return message("build.hit_directory", path=vertex.text.split(None, 1)[-1])
    return message("build.hit_command")


def stage_of(step: BuildStep) -> str:
    """The stage of a step, or the image or address it stands for."""
    return step.vertex.stage or step.vertex.text.split(None, 1)[-1]


def address_of(vertex: Vertex) -> str:
    """What an ADD fetches."""
    return ", ".join(vertex.step.sources) if isinstance(vertex.step, Copy) else vertex.text


def paths(item: Input) -> str:
    """The paths an input's taker takes of it."""
    return ", ".join(selector.path.lstrip("/") or "." for selector in item.selectors)


def _ran_source(step: BuildStep, now: Built) -> BuildStep | None:
    sources = (now.steps[item.vertex] for item in step.vertex.inputs if item.kind != "parent")
    return next((source for source in sources if source.ran), None)


Difference = tuple[str, ...]
"""What differs, as the same in every step that has it: "path" and a path, "name" and that of a variable, ..."""


def differences(
    step: BuildStep, old: BuildStep, now: Built, before: Built, known: frozenset[Difference] = frozenset()
) -> Iterator[tuple[tuple[Difference, ...], Message]]:
    """What differs from the step of the build before, the first input first: the facts, and their message.

    Args:
        known: Facts that are passed over.
    """
    vertex = step.vertex
    above, was = _parent(step, now), _parent(old, before)
    changes: list[tuple[tuple[Difference, ...], Message]] = []
    if (
        above is not None
        and was is not None
        and above.vertex.kind == was.vertex.kind == "image"
        and above.vertex.key != was.vertex.key
    ):
        said = message("build.base_changed", old=_image(was), new=_image(above))
        changes.append((_fact(said), said))
    changes += [(_fact(said), said) for said in _own(vertex, old.vertex, now)]
    yield from ((facts, said) for facts, said in changes if not known.issuperset(facts))
    for at, selected in step.selected.items():
        earlier = old.selected.get(at) or next(iter(old.selected.values()), None)
        if earlier is not None and earlier.digest != selected.digest and at < len(vertex.inputs):
            item = vertex.inputs[at]
            source = now.steps[item.vertex]
            if source.vertex.kind in ("http", "git"):
                address = address_of(source.vertex)
                if ("remote", address) not in known:
                    yield (("remote", address),), message("build.remote_changed", address=address)
            elif item.kind == "context":
                yield from _content(earlier.parts, selected.parts, known)
            else:
                yield (), _output(earlier.parts, selected.parts, source, now)
    ran = _ran_source(step, now)
    if ran is not None:
        yield (), message("build.stage_output_changed", stage=stage_of(ran), line=ran.vertex.line, path="", run=0)
    if above is not None:
        yield (), message("build.parent_changed", line=above.vertex.line, step=above.vertex.name)


def _fact(said: Message) -> tuple[Difference, ...]:
    """The fact a message tells. A variable is the same in every step that sees it."""
    arguments = dict(said.arguments)
    if "name" in arguments and said.id != "build.document_changed":
        return (("name", str(arguments["name"])),)
    return ((said.id, *(str(value) for value in arguments.values())),)


def _parent(step: BuildStep, built: Built) -> BuildStep | None:
    return next((built.steps[i.vertex] for i in step.vertex.inputs if i.kind == "parent"), None)


def _image(step: BuildStep) -> str:
    """An image as people write it, the stage another is built from, or the address of a source."""
    vertex = step.vertex
    if vertex.image is not None:
        return vertex.image.identity
    return str(vertex.definition.get("from", "")) or vertex.text.split(None, 1)[-1]


def _own(vertex: Vertex, old: Vertex, now: Built) -> Iterator[Message]:
    mine, theirs = vertex.definition, old.definition
    if mine == theirs:
        return
    if vertex.kind == "exec" and "argv" in mine and "argv" in theirs:
        yield from _exec(vertex, old, now)
        return
    if vertex.kind == "config" or "command" in mine:
        yield from _command(vertex, old, now)
        return
    if vertex.text != old.text:
        yield message("build.text_changed", old=old.text, new=vertex.text)
    if "data" in mine and mine.get("data") != theirs.get("data"):
        yield message("build.document_changed", name=str(mine["mkfile"]))
    yield from _fields(mine, theirs)


def _fields(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Message]:
    for new, old in zip(mine.get("actions", ()), theirs.get("actions", ()), strict=False):
        yield from _fields(new, old)
    for name in sorted((mine.keys() | theirs.keys()) - {"actions"}):
        if mine.get(name) != theirs.get(name) and not isinstance(mine.get(name), list):
            yield message("build.value_changed", field=name, old=str(theirs.get(name)), new=str(mine.get(name)))


def _exec(vertex: Vertex, old: Vertex, now: Built) -> Iterator[Message]:
    mine, theirs = vertex.definition, old.definition
    if mine["argv"] != theirs["argv"]:
        if vertex.text == old.text and mine["argv"][:-1] != theirs["argv"][:-1]:
            yield message("build.shell_changed", old=" ".join(theirs["argv"][:-1]), new=" ".join(mine["argv"][:-1]))
        elif vertex.text == old.text:
            yield message("build.document_changed", name=vertex.text.split(None, 1)[-1])
        else:
            yield message("build.text_changed", old=old.text, new=vertex.text)
    yield from _environment(mine["env"], theirs["env"], now)
    for name, changed in (("cwd", "build.directory_changed"), ("user", "build.user_changed")):
        if mine[name] != theirs[name]:
            yield message(changed, old=str(theirs[name]), new=str(mine[name]))
    if mine.get("mounts") != theirs.get("mounts"):
        yield message("build.mount_changed", old=_targets(theirs), new=_targets(mine))
    limits, were = mine.get("limits", {}), theirs.get("limits", {})
    for name in sorted(limits.keys() | were.keys()):
        if limits.get(name) != were.get(name):
            yield message(
                "build.value_changed", field=name, old=were.get(name, "default"), new=limits.get(name, "default")
            )
    for name in ("network", "security", "platform", "hosts"):
        if mine[name] != theirs[name]:
            yield message("build.value_changed", field=name, old=str(theirs[name]), new=str(mine[name]))


def _targets(definition: Mapping[str, Any]) -> str:
    return ", ".join(str(mount["target"]) for mount in definition.get("mounts", ()) if mount["target"] != "/")


def _environment(mine: Sequence[str], theirs: Sequence[str], now: Built) -> Iterator[Message]:
    new, old = (dict(pair.partition("=")[::2] for pair in pairs) for pairs in (mine, theirs))
    declared = now.declared
    for name in dict.fromkeys(itertools.chain(new, old)):
        if new.get(name) == old.get(name):
            continue
        kind = "arg" if name in declared else "env"
        if name not in old:
            yield message(f"build.{kind}_added", name=name, new=new[name])
        elif name not in new:
            yield message(f"build.{kind}_removed", name=name, old=old[name])
        else:
            yield message(f"build.{kind}_changed", name=name, old=old[name], new=new[name])
    if new == old and list(mine) != list(theirs):
        yield message("build.env_order")


def _command(vertex: Vertex, old: Vertex, now: Built) -> Iterator[Message]:
    """A step of the legacy builder. The arguments in force stand in front of a RUN's command."""
    if vertex.definition.get("remotes") != old.definition.get("remotes") and vertex.text == old.text:
        yield message("build.remote_changed", address=address_of(vertex))
    mine, theirs = list(vertex.definition.get("command", ())), list(old.definition.get("command", ()))
    if vertex.text != old.text:
        yield message("build.text_changed", old=old.text, new=vertex.text)
    new, old_args = _prefix(mine), _prefix(theirs)
    if new != old_args:
        yield from _environment(new, old_args, now)
        yield message("build.args_changed", old=str(len(old_args)), new=str(len(new)))
    yield message("build.value_changed", field="command", old=" ".join(map(str, theirs)), new=" ".join(map(str, mine)))


def _prefix(command: Sequence[Any]) -> list[str]:
    if not command or not str(command[0]).startswith("|"):
        return []
    return [str(word) for word in command[1 : 1 + int(str(command[0])[1:])]]


def _output(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]], source: BuildStep, now: Built) -> Message:
    """The first path of what it takes of a stage that is another, and the RUN that may have changed that once more."""
    path = next(iter(_differing(dict(old), dict(new))), "")
    run = _over(path, source, now) if path else 0
    return message("build.stage_output_changed", stage=stage_of(source), line=source.vertex.line, path=path, run=run)


def _over(path: str, source: BuildStep, now: Built) -> int:
    """The line of the last RUN whose output is not known and that came after what is at a path, 0 where none did."""
    if not isinstance(source.files, Files) or not source.files.listing(path).taint:
        return 0
    step: BuildStep | None = source
    while step is not None:
        if step.vertex.kind == "exec" and isinstance(step.files, Files) and step.files.tokens:
            return step.vertex.line
        step = _parent(step, now)
    return 0


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The paths whose identity differs, without the directories that hold others of them."""
    paths = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    above = {path[:at] for path in paths for at, char in enumerate(path) if char == "/"}
    return [path for path in paths if path not in above]


def _content(
    old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]], known: frozenset[Difference]
) -> Iterator[tuple[tuple[Difference, ...], Message]]:
    """The first path of the build context whose identity differs, and how many more do. None where all are known."""
    before, after = dict(old), dict(new)
    differing = [path for path in _differing(before, after) if ("path", path) not in known]
    if differing:
        facts = tuple(("path", path) for path in differing)
        yield facts, _path(differing[0], len(differing) - 1, before, after)


def _path(path: str, more: int, before: Mapping[str, str], after: Mapping[str, str]) -> Message:
    if path not in before:
        return message("build.content_added", path=path, more=more)
    if path not in after:
        return message("build.content_removed", path=path, more=more)
    was, now_ = before[path].split(" "), after[path].split(" ")
    if was[0] != now_[0]:
        return message("build.kind_changed", path=path, old=was[0], new=now_[0], more=more)
    if was[1] != now_[1]:
        return message("build.mode_changed", path=path, old=was[1], new=now_[1], more=more)
    if was[2] != now_[2]:
        return message("build.owner_changed", path=path, old=was[2], new=now_[2], more=more)
    if was[0] == "link":
        return message("build.link_changed", path=path, old=was[-1], new=now_[-1], more=more)
    return message("build.content_changed", path=path, more=more)


def depends(step: BuildStep, now: Built, best: Built) -> Message:
    """Why a step's fate is not known: it takes what a RUN leaves, or what another host has under the same name.

    Args:
        best: The same build where every RUN that runs leaves what it left before, and the other host has the same.
    """
    run = _responsible(step, now, best)
    name = step.vertex.id
    fetched = _other_host(step, now, best) if run is None else None
    if fetched is not None:
        return message(
            "build.remote_unknown",
            address=address_of(fetched.vertex),
            if_same=best.steps[name].outcome,
            if_changed=step.outcome,
        )
    return message(
        "build.depends_on_output",
        line=run.vertex.line if run else 0,
        step=run.vertex.name if run else "",
        if_same=best.steps[name].outcome,
        if_changed=step.outcome,
    )


def _other_host(step: BuildStep, now: Built, best: Built) -> BuildStep | None:
    """The nearest ADD among a step and its inputs whose content is supposed in the better case."""
    queue = [step.vertex.id]
    for name in queue:
        vertex = now.steps[name].vertex
        if contents(vertex) != contents(best.steps[name].vertex):
            return now.steps[name]
        queue += [item.vertex for item in vertex.inputs if item.vertex not in queue]
    return None


def _responsible(step: BuildStep, now: Built, best: Built) -> BuildStep | None:
    """The nearest RUN that is sure to run among a step's inputs, those it copies or mounts from first."""
    ahead = sorted(step.vertex.inputs, key=lambda item: item.kind == "parent")
    seen: set[str] = set()
    queue = [item.vertex for item in ahead]
    while queue:
        name = queue.pop(0)
        if name in seen:
            continue
        seen.add(name)
        source = now.steps[name]
        if source.vertex.kind == "exec" and source.ran and best.steps[name].ran:
            return source
        queue += [item.vertex for item in source.vertex.inputs]
    return None
