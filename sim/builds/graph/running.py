"""RUN as an exec vertex: its command line, its environment, its mounts, and which of them may match by content."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass
from typing import Any

from sim.builds.context.selection import Selector
from sim.builds.dockerfile.instructions import RunInstruction
from sim.builds.dockerfile.mounts import Mount, read_mount
from sim.builds.dockerfile.parser import expand, expand_label, heredoc_name
from sim.builds.dockerfile.stages import SCRATCH
from sim.builds.graph.options import PROXIES, BuildOptions
from sim.builds.graph.state import State

_PIPES = "/dev/pipes/"


@dataclass(frozen=True)
class MountPlan:
    """One mount, the root among them.

    Attributes:
        stage: What it is taken from, "" for the context.
        owner: Of a fresh cache.
        exact: What tells vertices apart that share a key (a cache's id).
        document: An inline script to mount.
        kind: "" for a tree of files, else "secret" or "ssh".
    """

    target: str
    definition: dict[str, Any]
    root: bool = False
    stage: str = SCRATCH
    selectors: tuple[Selector, ...] = ()
    by_content: bool = False
    exact: str = ""
    document: tuple[str, str] | None = None
    owner: dict[str, Any] | None = None
    kind: str = ""


@dataclass(frozen=True)
class RunPlan:
    """A RUN ready to become a vertex.

    Attributes:
        mounts: By target, the root first.
    """

    definition: dict[str, Any]
    printed: str
    mounts: tuple[MountPlan, ...]


def run_plan(step: RunInstruction, state: State, options: BuildOptions, escape: str) -> RunPlan:
    """A RUN with its variables expanded. Raises `ValueError` for a mount that cannot be."""
    argv, document, summary = command_line(step)
    if step.shell and document is None:
        argv = (*state.shell, *argv)
    text = step.text
    if summary:
        text += f" ({summary})"
    printed = expand_label(text, state.env, escape)
    first, space, rest = printed.partition(" ")
    definition: dict[str, Any] = {
        "argv": list(argv),
        "env": [f"{name}={value}" for name, value in state.env.items() if name not in _NOT_ENV],
        "cwd": state.cwd,
        "user": state.user,
        "network": _unless("default", step.network) or _unless("default", options.network),
        "security": _unless("sandbox", step.security),
        "platform": options.platform,
        "hosts": [re.split("[:=]", host, maxsplit=1)[0] for host in options.hosts],
    }
    if options.limits:
        definition["limits"] = dict(options.limits)
    root = MountPlan("/", {"target": "/"}, root=True)
    mounts = [root]
    for value in step.mounts:
        mounts.append(_mount(read_mount(value, lambda word: expand(word, state.env, escape)), state, mounts))
    if document is not None:
        pipes = MountPlan(_PIPES, {"target": _PIPES, "readonly": True}, by_content=True, document=document)
        mounts.append(pipes)
    proxies = {name: value for name, value in options.build_args.items() if name in PROXIES}
    exact = json.dumps(proxies, sort_keys=True)
    mounts[0] = MountPlan("/", {"target": "/"}, root=True, exact=exact, selectors=_whole(mounts))
    return RunPlan(definition, first.upper() + space + rest, tuple(sorted(mounts, key=_place)))


_NOT_ENV = {"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"}


def _unless(default: str, value: str) -> str:
    """A value, "" for the default, which is the same to BuildKit as none (dockerfile2llb, convert_runnetwork.go)."""
    return "" if value == default else value


def _place(mount: MountPlan) -> tuple[int, str]:
    """Where a mount stands in the key: by target, secrets and then agents' sockets behind, as written (exec.go)."""
    behind = ("secret", "ssh").index(mount.kind) + 1 if mount.kind in ("secret", "ssh") else 0
    return behind, "" if behind else mount.target


def command_line(step: RunInstruction) -> tuple[tuple[str, ...], tuple[str, str] | None, str]:
    """Its argv without the shell in front, an inline script to be mounted, and what the name says of a heredoc."""
    if not step.heredocs:
        return step.argv, None, ""
    line = step.argv[0]
    body = step.heredocs[0].content
    if heredoc_name(line) is None:
        return (line + "".join(f"\n{doc.raw}{doc.name}" for doc in step.heredocs),), None, ""
    lines = step.heredocs[0].raw.strip().replace("\r\n", "\n").split("\n")
    summary = lines[0] + ("..." if len(lines) > 1 else "")
    if body.startswith("#!"):
        name = step.heredocs[0].name
        return (posixpath.join(_PIPES, name),), (name, body), summary
    return (body,), None, summary


def _whole(mounts: list[MountPlan]) -> tuple[Selector, ...]:
    """The root's selector: named only beside other mounts, which may share its source."""
    return (Selector("/"),) if len(mounts) > 1 else ()


def _mount(mount: Mount, state: State, before: list[MountPlan]) -> MountPlan:
    """One mount. An absolute target stays as it is written: "/c" and "/c/" are two keys."""
    if mount.type == "secret":
        name = mount.source or mount.id or posixpath.basename(mount.target)
        target = mount.target or f"/run/secrets/{posixpath.basename(name)}"
        kept = {"type": "secret", "id": name, "target": target, "env": mount.env, **_held(mount, 0o400)}
        return MountPlan(target, kept, kind="secret")
    if mount.type == "ssh":
        target = mount.target or f"/run/buildkit/ssh_agent.{sum(other.kind == 'ssh' for other in before)}"
        return MountPlan(target, {"type": "ssh", "id": mount.id, "target": target, **_held(mount, 0o600)}, kind="ssh")
    absolute = mount.target.startswith("/")
    target = mount.target if absolute else posixpath.normpath(posixpath.join("/", state.cwd, mount.target))
    if target == "/":
        raise ValueError(f'invalid mount target "{mount.target}"; expected a directory below /')
    if mount.type == "tmpfs":
        return MountPlan(target, {"type": "tmpfs", "target": target, "size": mount.size})
    selected = posixpath.normpath(posixpath.join("/", mount.source)).replace("//", "/")
    definition: dict[str, Any] = {"type": mount.type, "target": target, "readonly": mount.readonly}
    stage = mount.source_stage
    exact = ""
    owner = None
    if mount.type == "cache":
        stage = stage or SCRATCH
        name = mount.id or posixpath.normpath(mount.target)
        exact = f"{name} {mount.sharing}"
        definition["cache"] = name if name == target and mount.sharing == "shared" else ""
        if selected == "/" and (mount.uid, mount.gid, mount.mode) != (None, None, None):
            owner = {"uid": mount.uid or 0, "gid": mount.gid or 0, "mode": _given(mount.mode, 0o755)}
            selected = "/cache"
    return MountPlan(
        target,
        definition,
        stage=stage,
        selectors=(Selector(selected),),
        by_content=True,
        exact=f"{exact} {selected}",
        owner=owner,
    )


def _held(mount: Mount, mode: int) -> dict[str, Any]:
    """Who may read it. `mode` where none is given (dockerfile2llb, convert_secrets.go, convert_ssh.go)."""
    return {
        "required": mount.required,
        "mode": _given(mount.mode, mode),
        "uid": mount.uid or 0,
        "gid": mount.gid or 0,
    }


def _given(mode: int | None, default: int) -> int:
    return default if mode is None else mode
