"""COPY and ADD as the actions of a file vertex: sources, destination, owner and mode as BuildKit normalises them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sim.builds.context.patterns import Patterns, glob
from sim.builds.context.selection import Selector, has_wildcard
from sim.builds.dockerfile.instructions import Copy, is_git, is_url, valid_mode
from sim.builds.dockerfile.parser import Heredoc, expand, expand_document
from sim.builds.graph.state import State, owner


@dataclass(frozen=True)
class Action:
    """One copy.

    Attributes:
        definition: What enters the key, with only the source's base name (moby/buildkit, ops/file.go).
    """

    selector: Selector
    definition: dict[str, Any]
    document: tuple[str, str] | None = None
    remote: str = ""


@dataclass(frozen=True)
class CopyPlan:
    """All actions of an instruction.

    Attributes:
        dest: Absolute, with a trailing slash for "into".
        mode: 0 where none is set.
    """

    actions: tuple[Action, ...]
    dest: str
    mode: int = 0


def copy_plan(step: Copy, state: State, escape: str) -> CopyPlan:
    """The actions of a COPY or ADD. Raises `ValueError` for a bad substitution or mode."""

    def word(text: str) -> str:
        return expand(text, state.env, escape)

    dest = state.place(word(step.dest))
    chmod = word(step.chmod)
    if chmod and not valid_mode(chmod):
        raise ValueError(f"invalid chmod parameter: '{chmod}'. it should be octal string and between 0 and 07777")
    octal = int(chmod, 8) if re.fullmatch(r"[0-7]+", chmod) else None
    exclude = [word(pattern) for pattern in step.exclude]
    if exclude:
        Patterns(exclude)  # raises for one that cannot be read
    common: dict[str, Any] = {
        "dest": dest,
        "owner": owner(word(step.chown)),
        "mode": octal if octal is not None else chmod,
        "exclude": exclude,
    }
    actions = [_source_action(step, word(source), common) for source in step.sources]
    actions += [_document_action(document, common, state) for document in step.documents]
    return CopyPlan(tuple(actions), dest, octal or 0)


def _source_action(step: Copy, source: str, common: dict[str, Any]) -> Action:
    exclude = tuple(common["exclude"])
    if is_git(source):
        return Action(Selector("/"), common | {"src": "/", "git": True, "plain": True}, remote=source)
    if is_url(source):
        name = remote_name(source)
        definition = common | {"src": name, "git": False, "plain": True, "unpack": bool(step.unpack)}
        return Action(Selector("/" + name), definition, remote=source)
    include: tuple[str, ...] = ()
    if step.parents:
        parent, pivot, pattern = source.partition("/./")
        if not pivot:
            parent, pattern = "/", source
        include = (posixpath.normpath(posixpath.join("/", pattern)).lstrip("/"),)
        Patterns(include)
        source = parent
    path = posixpath.normpath(posixpath.join("/", source)).replace("//", "/")
    glob(path)
    unpack = step.add if step.unpack is None else step.unpack
    definition = common | {"src": posixpath.basename(path) or "/", "unpack": unpack, "include": list(include)}
    return Action(Selector(path, has_wildcard(path), include, exclude), definition)


def remote_name(address: str) -> str:
    """The file name of what ADD fetches: the last part of the address's path (dockerfile2llb, convert_copy.go)."""
    try:
        path = urlsplit(address).path
    except ValueError:
        path = ""
    return posixpath.basename(path.rstrip("/")) or "__unnamed__"


def _document_action(document: Heredoc, common: dict[str, Any], state: State) -> Action:
    text = expand_document(document.content, state.env) if document.expand else document.content
    name = document.name
    path = posixpath.normpath(posixpath.join("/", name)).replace("//", "/")
    definition = common | {"src": posixpath.basename(path), "plain": True}
    return Action(Selector(path), definition, document=(name, text))
