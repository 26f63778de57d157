"""A recorded container and its processes, translated to the model's descriptions. Knows no result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast, get_args

from sim import limits
from sim.errors import InputError
from sim.evidence.replays.fields import RecordedFields, shown
from sim.lifecycle.container import ContainerOptions
from sim.lifecycle.health import HealthCheck
from sim.lifecycle.process import (
    IGNORED,
    ChildProcesses,
    FileAction,
    MemoryOwner,
    MemoryUse,
    ProbePiece,
    ProcessSpec,
    SignalHandling,
    StartError,
)
from sim.lifecycle.signals import parse_signal
from sim.lifecycle.storage import ContainerMount, MountType

_SHORTEST_INTERVAL = 0.001
"""Seconds that an engine accepts as an interval at least (moby, `MinimumDuration`)."""


def process_of(fields: RecordedFields, *, nested: bool = False) -> ProcessSpec:
    """What a recorded process does."""
    starts = fields.objects("by_start")
    if starts and not nested:
        common = {key: value for key, value in fields.values.items() if key != "by_start"}  # holds for each
        each = [replace(start, values=common | dict(start.values)) for start in starts]
        return ProcessSpec(by_start=tuple(process_of(start, nested=True) for start in each))
    return ProcessSpec(
        runs=_runs(fields),
        exit=_exit(fields) or 0,
        on=_handlers(fields),
        start_error=cast("StartError | None", fields.maybe("start_error", _choice(fields, get_args(StartError)))),
        as_script=None if nested else fields.maybe("as_script", _inner(fields)),
        children=_all_children(fields),
        reaps=all(place.flag("reaps", True) for place in (fields, *fields.objects("children"))),
        if_fork_fails=None if nested else _if_fork_fails(fields),
        memory=tuple(_memory(use) for use in _one_or_more(fields, "memory")),
        signals_itself=tuple(_signals(fields, "signals_itself")),
        signals_main=tuple(_signals(fields, "signals_main")),
        probe=tuple(_probe(piece) for piece in fields.objects("probe")),
        files=_file_actions(fields),
    )


def options_of(fields: RecordedFields, name: str, process: ProcessSpec, *, image: str = "") -> ContainerOptions:
    """What a recorded container is created with."""
    health = fields.maybe("health", fields.object)
    off = health is not None and health.flag("off")
    probed = bool(process.at_start(0).probe)
    return ContainerOptions(
        name=name,
        image=image,
        restart=fields.maybe("restart", fields.text) or "no",
        stop_signal=fields.maybe("stop_signal", fields.text) or "",
        stop_timeout=fields.maybe("stop_timeout", fields.number),
        init=fields.flag("init"),
        host_pids=fields.maybe("pid_namespace", fields.text) == "host",
        memory_mb=fields.maybe("memory_mb", fields.number),
        memory_and_swap_mb=fields.maybe("memory_and_swap_mb", fields.number),
        pids_limit=fields.maybe("pids_limit", lambda key: fields.whole(key, least=-1)),
        read_only=fields.flag("read_only"),
        auto_remove=fields.flag("auto_remove"),
        health=_health(health) if health is not None and (not off or probed) else None,
        no_health=off,
        mounts=mounts_of(fields),
    )


def mounts_of(fields: RecordedFields) -> tuple[ContainerMount, ...]:
    """The recorded mounts of a container, or of a step that runs one."""
    return tuple(
        ContainerMount(
            type=cast("MountType", mount.one_of("type", get_args(MountType))),
            at=mount.text("at", ""),
            name=mount.text("name", ""),
            source=mount.text("from", ""),
            read_only=mount.flag("read_only"),
        )
        for mount in fields.objects("mounts")
    )


def signal_of(fields: RecordedFields, key: str, default: str) -> str:
    """A signal as somebody typed it, known or not: an unknown one is for the engine to refuse."""
    return str(fields.whole(key)) if isinstance(fields.values.get(key), int) else fields.text(key, default)


def _choice(fields: RecordedFields, choices: tuple[str, ...]) -> Any:
    return lambda key: fields.one_of(key, choices)


def _one_or_more(fields: RecordedFields, key: str) -> list[RecordedFields]:
    return [fields.object(key)] if isinstance(fields.values.get(key), dict) else fields.objects(key)


def _known_signal(fields: RecordedFields, key: str, text: str) -> str:
    try:
        return parse_signal(text)
    except InputError as error:
        fields.refuse(key, error.problems[0].message)


def _signals(fields: RecordedFields, key: str) -> list[str]:
    return [_known_signal(fields, key, text) for text in fields.texts(key)]


def _handlers(fields: RecordedFields) -> dict[str, SignalHandling]:
    handlers = {}
    on = fields.object("on", default={})
    for key, value in on.values.items():
        name = _known_signal(on, key, key)
        if value == "ignore":
            handlers[name] = IGNORED
            continue
        handler = on.object(key)
        code = _exit(handler)
        ends = "exit" not in handler or code is not None
        handlers[name] = SignalHandling(handler.number("after", 0, least=0), code or 0, ends)
    return handlers


def _inner(fields: RecordedFields) -> Callable[[str], ProcessSpec]:
    """What reads the process that a key of another process holds; that holds none itself."""
    return lambda key: process_of(fields.object(key), nested=True)


def _all_children(fields: RecordedFields) -> tuple[ChildProcesses, ...]:
    children = tuple(_children(child) for child in fields.objects("children"))
    count = sum(group.count for group in children)
    if count > limits.LIFECYCLE_PROCESSES:
        fields.refuse("children", f"{count} are too many; expected {limits.LIFECYCLE_PROCESSES} at most")
    return children


def _children(fields: RecordedFields) -> ChildProcesses:
    return ChildProcesses(
        count=fields.whole("count", 1, most=limits.LIFECYCLE_PROCESSES),
        runs=fields.maybe("runs", lambda key: fields.number(key, least=0)),
        exit=_exit(fields) or 0,
        orphan=fields.flag("orphan"),
        prints=fields.text("prints", ""),
        on=_handlers(fields),
    )


def _if_fork_fails(fields: RecordedFields) -> ProcessSpec | None:
    """It may stand at the process or at a group of its children."""
    for place in (fields, *fields.objects("children")):
        if place.values.get("if_fork_fails") is not None:
            return _inner(place)("if_fork_fails")
    return None


def _exit(fields: RecordedFields) -> int | None:
    return fields.maybe("exit", lambda key: fields.whole(key, least=-255, most=2**31))


def _runs(fields: RecordedFields) -> float | None:
    """How long it runs. One of which nothing but its exit code is said ends at once."""
    if "runs" not in fields and "exit" in fields:
        return 0.0
    return fields.maybe("runs", lambda key: fields.number(key, least=0))


def _memory(fields: RecordedFields) -> MemoryUse:
    return MemoryUse(
        of=cast("MemoryOwner", fields.one_of("of", get_args(MemoryOwner), "main")),
        mb=fields.maybe("mb", lambda key: fields.number(key, least=0)),
        at=fields.number("at", 0, least=0),
    )


def _probe(fields: RecordedFields) -> ProbePiece:
    return ProbePiece(
        since=fields.number("from", 0, least=0),
        from_probe=fields.whole("from_probe", 1),
        ok=fields.flag("ok", not _exit(fields) and "start_error" not in fields),
        takes=None if fields.values.get("takes", 0) is None else fields.number("takes", 0, least=0),
    )


def _health(fields: RecordedFields) -> HealthCheck:
    seconds = {
        key: fields.number(key, 0, least=0)
        for key in ("interval", "timeout", "start_period", "start_interval")
        if fields.values.get(key) is not None
    }
    for key, value in seconds.items():
        if 0 < value < _SHORTEST_INTERVAL:
            fields.refuse(key, f"expected 0 or at least {_SHORTEST_INTERVAL} s, not {value}")
    return HealthCheck(**seconds, retries=fields.whole("retries", 0))


def _file_actions(fields: RecordedFields) -> tuple[FileAction, ...]:
    actions = fields.listed("files")
    if len(actions) > limits.LIFECYCLE_FILES:
        fields.refuse("files", f"{len(actions)} are too many; expected {limits.LIFECYCLE_FILES} at most")
    return tuple(_file_action(fields, number, action) for number, action in enumerate(actions))


def _file_action(fields: RecordedFields, number: int, action: Any) -> FileAction:
    if not (isinstance(action, list) and len(action) in (2, 3) and all(isinstance(word, str) for word in action)):
        expected = "[what, path] or [what, path, text], as in [write, /f, data]"
        fields.refuse(f"files.{number}", f"expected {expected}, not {shown(action)}")
    return tuple(action)
