"""Edits of a build context between two builds, as a scenario writes them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen, doc

from sim.builds.context import tree as trees
from sim.builds.context.ignore import Ignore
from sim.builds.context.tree import Tree
from sim.errors import InputError

_KINDS = ("content", "append", "delete", "mode", "mtime", "touch", "symlink", "rename")
_OF_WHAT_IS_THERE = frozenset(_KINDS) - {"content", "symlink"}


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of one path. Exactly one of its other fields is given. The path may be the Dockerfile."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic, never changed)

    path: Annotated[str, MinLen(1), doc("The file or folder that changes, from the top of the build context.")]
    content: Annotated[str | None, doc("Its new content; a file that is not there is made.")] = None
    append: Annotated[str | None, doc("Text that is added to its end.")] = None
    delete: Annotated[bool, doc("Whether it is removed.")] = False
    mode: Annotated[str | None, doc("Its new permissions, in octal as chmod takes them: '0755'.")] = None
    mtime: Annotated[float | None, Ge(0), Le(2**40), doc("Its new time of change, in seconds since 1970.")] = None
    touch: Annotated[bool, doc("Whether its time of change becomes now.")] = False
    symlink: Annotated[str | None, doc("What it points to, once it is a symbolic link.")] = None
    rename: Annotated[str | None, doc("Its new name, from the top of the build context.")] = None

    def __post_init__(self) -> None:
        """Raise `ValueError` unless exactly one thing is to be done."""
        given = self._given()
        if len(given) != 1:
            have = f"has {', '.join(given)}" if given else "says nothing to do"
            raise ValueError(f"edit of {self.path!r} {have}; expected exactly one of {', '.join(_KINDS)}")
        mode = self.mode or "0"
        if not re.fullmatch(r"(0o)?[0-7]{1,5}", mode) or int(mode.removeprefix("0o"), 8) > 0o7777:
            raise ValueError(f"mode {mode!r} of {self.path!r} is not octal; expected one such as '0755'")

    def _given(self) -> list[str]:
        return [name for name in _KINDS if getattr(self, name) not in (None, False)]

    @property
    def kind(self) -> str:
        """Which field is given."""
        return self._given()[0]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens before a build: edits, arguments that get another value, and which cache there is."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic, never changed)

    edits: Annotated[tuple[Edit, ...], doc("What changes in the build context before this build.")] = ()
    build_args: Annotated[
        Mapping[str, str | None], doc("Build arguments that get another value from this build on; null leaves one out.")
    ] = field(default_factory=dict)
    remotes: Annotated[
        Mapping[str, str], doc("Addresses an ADD fetches whose content is another from this build on: any text for it.")
    ] = field(default_factory=dict)
    no_cache: Annotated[bool, doc("Whether this build passes over the cache.")] = False
    no_cache_filter: Annotated[
        tuple[str, ...], doc("Names of stages for which this build passes over the cache; BuildKit only.")
    ] = ()
    cache: Annotated[
        Literal["kept", "empty", "min", "max"],
        doc("The cache it finds: the builder's own, none, or one exported after the build before, in either mode."),
    ] = "kept"


def apply(tree: Tree, edits: Iterable[Edit], ignore: Ignore = Ignore("", ())) -> Tree:  # noqa: B008 -- it is immutable
    """The tree after edits, one after another.

    Args:
        ignore: The rules of the build.

    Raises `InputError` naming the edit that cannot be made, with what may be meant of the paths that the build sees.
    """
    for edit in edits:
        try:
            if edit.kind in _OF_WHAT_IS_THERE and not tree.holds(trees.clean(edit.path)):
                raise InputError(_missing(tree, edit.path, ignore))
            tree = _one(tree, edit)
        except InputError as error:
            problems = [dataclasses.replace(p, message=f"edit of {edit.path!r}: {p.message}") for p in error.problems]
            raise InputError(problems) from None
    return tree


def _missing(tree: Tree, path: str, ignore: Ignore) -> str:
    """A folder that is ignored as a whole is not read, so what is in it is not there."""
    seen = ignore.visible(tree)
    rule = ignore.culprit(trees.clean(path))
    if rule is not None:
        return f"no {path!r} in the build context: {ignore.file} line {rule[0]} ({rule[1]}) excludes it"
    return trees.missing(seen, path)


def _one(tree: Tree, edit: Edit) -> Tree:
    kind = edit.kind
    if kind == "content":
        return trees.write(tree, edit.path, edit.content or "")
    if kind == "append":
        return trees.append(tree, edit.path, edit.append or "")
    if kind == "delete":
        return trees.delete(tree, edit.path)
    if kind == "mode":
        return trees.change(tree, edit.path, mode=int((edit.mode or "0").removeprefix("0o"), 8))
    if kind == "mtime":
        return trees.change(tree, edit.path, mtime=edit.mtime)
    if kind == "touch":
        return trees.change(tree, edit.path, mtime=None)
    if kind == "symlink":
        return trees.link(tree, edit.path, edit.symlink or "")
    return trees.rename(tree, edit.path, edit.rename or "")
