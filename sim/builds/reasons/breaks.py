"""What would make a step that hit miss next time: the inputs of its key that people change."""

from __future__ import annotations

from sim.builds.cache.buildkit import BuildStep
from sim.builds.dockerfile.instructions import Arg
from sim.builds.reasons.why import Built, address_of, message, paths, stage_of
from sim.records.instances import Message


def breaks(step: BuildStep, now: Built) -> Message:
    """The change that is most likely to break a hit, beside a re-run of the step before it.

    Its ids begin with `build.breaks`. They are `_command`, `_arguments` (names), `_files` (paths), `_stage_files`
    (stage, paths), `_document` (name), `_directory` (path), `_link`, `_remote` (address) and `_setting`.
    """
    vertex = step.vertex
    copied = vertex.effect is not None and vertex.effect.copy is not None
    if vertex.kind == "merge":
        return message("build.breaks_link")
    if vertex.instruction == "WORKDIR":
        return message("build.breaks_directory", path=vertex.text.split(None, 1)[-1])
    if copied:
        for item in vertex.inputs:
            source = now.steps[item.vertex]
            if item.kind == "context":
                return message("build.breaks_files", paths=paths(item))
            if item.kind == "copy" and source.vertex.kind in ("http", "git"):
                return message("build.breaks_remote", address=address_of(vertex))
            if item.kind == "copy" and source.vertex.effect is not None and source.vertex.effect.document is not None:
                return message("build.breaks_document", name=source.vertex.effect.document[0])
            if item.kind == "copy":
                return message("build.breaks_stage_files", stage=stage_of(source), paths=paths(item))
    if vertex.kind == "config":
        return message("build.breaks_setting")
    names = _arguments(step, now)
    return message("build.breaks_arguments", names=names) if names else message("build.breaks_command")


def _arguments(step: BuildStep, now: Built) -> str:
    """The build arguments a RUN sees: every ARG above it in its stage."""
    stages = now.graph.dockerfile.stages
    if step.vertex.stage_index >= len(stages):
        return ""
    above = (
        instruction
        for instruction in stages[step.vertex.stage_index].instructions
        if instruction.line < step.vertex.line
    )
    return ", ".join(
        dict.fromkeys(name for instruction in above if isinstance(instruction, Arg) for name, _ in instruction.args)
    )
