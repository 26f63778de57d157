"""What a RUN leaves, as far as its shell line shows it without being run.

A line of nothing but a few plain commands (`echo word > /file`, `rm`, `mkdir`, `cp`, `cat`, `touch`) leaves what is
known. Of any other line the output is unknown and a token stands for it. What earlier steps put there is then still
there, unless one of its commands may take it away or write it anew (`sim.builds.cache.overwriting`).
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache

from sim import limits
from sim.builds.cache.overwriting import SPECIAL, commands, written_by
from sim.builds.context.rootfs import Files, covered
from sim.builds.context.selection import key_of
from sim.builds.context.tree import TreeEntry, file
from sim.builds.dockerfile.instructions import RunInstruction
from sim.builds.graph.vertices import Vertex

EVERYTHING = ("",)
"""The root and all below it."""

_SHELL = ["/bin/sh", "-c"]
_WORD = r"""(?:[\w./:=,@%+-]+|'[^'\\\n]*'|"[^"$`\\\n]*")"""
_PATH = r"[\w./-]+"
_PLAIN = re.compile(rf"(true|:|echo|rm|mkdir|cp|cat|touch)((?: +{_WORD})*)(?: *> *({_PATH}))? *", re.ASCII)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)


def left_by(vertex: Vertex, below: Files | None, tokens: tuple[str, ...]) -> Files:
    """The files after a RUN.

    Args:
        tokens: What stands for its output where that is not known.
    """
    under = (below,) if below is not None else ()
    line = _line(vertex)
    known = _known(vertex, line, below) if line is not None and isinstance(vertex.step, RunInstruction) else None
    if known is not None:
        written, removed, places = known
        return Files(under, written=lambda: written, places=lambda: places, removed=removed)
    gone = _may_remove(line, vertex.cwd) if line is not None else EVERYTHING
    return Files(under, tokens=tokens, removed=gone, through=True)


def _line(vertex: Vertex) -> str | None:
    """The line that /bin/sh is given. None for another shell, an exec form or a heredoc's script."""
    command: Sequence[object] = vertex.definition.get("argv") or vertex.definition.get("command") or []
    line = str(command[-1]) if list(command[-3:-1]) == _SHELL else None
    return line if line is not None and len(line) <= limits.SHELL_LINE else None


def _known(
    vertex: Vertex, line: str, below: Files | None
) -> tuple[Mapping[str, TreeEntry], set[str], tuple[tuple[str, str], ...]] | None:
    """The entries it writes, the paths it removes and the tokens of what it makes. None where that is not known."""
    if vertex.definition.get("mounts") or vertex.definition.get("user") not in (None, "", "root", "0"):
        return None
    line = _expanded(line, vertex)
    written: dict[str, TreeEntry] = {}
    removed: set[str] = set()
    places: dict[str, str] = {}

    def at(path: str) -> TreeEntry | None:
        """The file at a path, None where it is not sure what is there."""
        if path in written:
            return written[path]
        if below is None or covered(path, removed) or covered(path, places):
            return None
        listing = below.listing(path)
        single = len(listing.entries) == 1 and listing.entries[0][0] == "" and not listing.taint
        return listing.entries[0][1] if single and listing.entries[0][1].kind == "file" else None

    for command in line.split("&&"):
        parsed = _PLAIN.fullmatch(command.strip(" "))
        if parsed is None:
            return None
        verb, words, goal = parsed[1], shlex.split(parsed[2]), parsed[3]
        paths = [_place(vertex, word) for word in words if not word.startswith("-")]
        flags = {word for word in words if word.startswith("-")}
        held = [at(path) for path in paths] if verb in ("cp", "cat", "touch") else []
        if goal is not None:
            text = _printed(verb, words, held)
            if text is None:
                return None
            written[_place(vertex, goal)] = file(text)
        elif verb == "rm" and flags <= {"-f", "-r", "-rf", "-fr"}:
            removed |= set(paths)
            for path in [name for name in written if covered(name, paths)]:
                del written[path]
        elif verb == "mkdir" and flags <= {"-p"}:
            places |= {path: key_of(("mkdir", path)) for path in paths}
        elif verb == "cp" and not flags and len(paths) == 2 and held[0] is not None:
            places[paths[1]] = key_of(("cp", held[0].identity(), *paths))
        elif not (verb in ("true", ":", "echo") or (verb == "touch" and not flags and None not in held)):
            return None
    return written, removed, tuple(places.items())


def _printed(verb: str, words: Sequence[str], held: Sequence[TreeEntry | None]) -> bytes | None:
    """What a command prints, None where that is not known."""
    if verb in ("true", ":"):
        return b""
    if verb == "echo" and not (words and words[0].startswith("-")):
        return (" ".join(words) + "\n").encode()
    if verb == "cat" and len(held) == len(words) and sum(entry.size for entry in held if entry) <= limits.SHELL_OUTPUT:
        read = [entry.content.read() if entry is not None and entry.content is not None else None for entry in held]
        parts = [part for part in read if part is not None]
        return b"".join(parts) if len(parts) == len(read) else None
    return None


def _expanded(line: str, vertex: Vertex) -> str:
    """The line with the variables that its step sets replaced, where their values are plain words."""
    if "'" in line or "$" not in line:
        return line
    env = dict(pair.partition("=")[::2] for pair in vertex.definition.get("env", ()))

    def value(match: re.Match[str]) -> str:
        held = env.get(match[1] or match[2])
        return held if held and re.fullmatch(r"[\w./:-]+", held, re.ASCII) else match[0]

    return _VARIABLE.sub(value, line)


def _place(vertex: Vertex, word: str) -> str:
    return posixpath.normpath(posixpath.join("/", vertex.cwd, word)).strip("/")


@lru_cache(maxsize=512)  # the RUNs of a long build, which the next build has again
def _may_remove(line: str, start: str) -> tuple[str, ...]:
    """The paths that its commands may take away or write anew.

    Args:
        start: The directory it starts in.
    """
    paths: list[str] = []
    cwd: str | None = start
    for words in commands(line):
        if words[:1] == ["cd"]:
            plain = cwd is not None and len(words) == 2 and not SPECIAL.search(words[1])
            cwd = posixpath.join(cwd or "/", words[1]) if plain else None
        for goal in written_by(words):
            special = SPECIAL.search(goal)
            fixed = goal[: special.start()].rpartition("/")[0] + "/" if special else goal
            if fixed in ("", "/") or (cwd is None and not goal.startswith("/")):
                return EVERYTHING
            paths.append(posixpath.normpath(posixpath.join("/", cwd or "/", fixed)).strip("/"))
    return tuple(paths)
