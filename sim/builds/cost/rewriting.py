"""What a RUN does to files that are there already: a layer cannot change them, only hide them or hold them again.

rm leaves a whiteout and frees nothing. `chmod`, `chown`, `mv`, `touch`, `sed -i` and an append write the whole file
into the new layer, as overlayfs copies it up. docs/model.md has the measured bytes.

Two kinds of files are followed, through commands with plain paths. These are files that an annotation says a step
writes (`# sim: /data 20 MiB`), and files that a COPY wrote.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sim.builds.cache.buildkit import BuildStep
from sim.builds.context.rootfs import Files
from sim.builds.dockerfile.instructions import RunInstruction

_SPLIT = re.compile(r"&&|\|\||[;\n]")
_VERBS = re.compile(r"\b(rm|chmod|chown|chgrp|touch|sed|mv|cp)\b|>>|<<")
_GIVEN_FIRST = {"chmod", "chown", "chgrp"}
"""Commands whose first argument is no path."""


@dataclass(frozen=True)
class Rewriting:
    """What a step's layer holds of followed files.

    Attributes:
        sizes: Bytes by path.
        there: All that is visible after the step.
        note: Which files of lower layers it holds once more, for a source.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    there: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


Lookup = Callable[[str], Mapping[str, int]]
"""The files known below a path, with their bytes."""


def rewriting(step: BuildStep, files: Mapping[str, int], below: Mapping[str, int], view: object, cwd: str) -> Rewriting:
    """What a step does to followed files.

    Args:
        files: Those its annotation says it writes.
        below: Declared ones that are visible before it.
        view: The file system it starts from.
        cwd: Its working directory.
    """
    if not isinstance(step.vertex.step, RunInstruction) or not _VERBS.search(step.vertex.text):
        return Rewriting(files, {**below, **files} if files else below)

    def look(path: str) -> Mapping[str, int]:
        sizes = {name: size for name, size in below.items() if _in(name, path)}
        if isinstance(view, Files):
            listing = view.listing(path)
            known = {posixpath.join(path, rel) if rel else path: e for rel, e in listing.entries}
            sizes |= {name: entry.size for name, entry in known.items() if entry.kind == "file" and entry.size}
        return sizes

    own, hidden, copied = dict(files), set[str](), list[str]()
    for words in _commands(step.vertex.step):
        _apply(words, cwd, look, own, hidden, copied)
    there = {path: size for path, size in {**below, **own}.items() if path not in hidden or path in own}
    again = list(dict.fromkeys(path for path in copied if path in own))
    more = f" and {len(again) - 3} others" if len(again) > 3 else ""
    note = "holds once more: " + ", ".join(f"/{path}" for path in again[:3]) + more
    return Rewriting(own, there, note if again else "")


def _commands(step: RunInstruction) -> Iterator[list[str]]:
    text = "\n".join([*step.argv, *(document.content for document in step.heredocs)])
    if not step.shell:
        yield list(step.argv)
        return
    for part in _SPLIT.split(text):
        try:
            yield shlex.split(part)
        except ValueError:
            continue


def _in(name: str, path: str) -> bool:
    return name == path or not path or name.startswith(path + "/")


def _paths(words: Iterable[str], cwd: str) -> list[str]:
    plain = [word for word in words if not word.startswith("-") and not re.search(r"[*?$`{\[]", word)]
    return [posixpath.normpath(posixpath.join("/", cwd, word)).strip("/") for word in plain]


def _apply(words: list[str], cwd: str, look: Lookup, own: dict[str, int], hidden: set[str], copied: list[str]) -> None:
    """Follow one command.

    Args:
        own: What the layer holds.
        hidden: Paths of lower layers it hides.
        copied: Held once more.
    """
    if ">>" in words[:-1]:
        _copy_up(_paths(words[words.index(">>") + 1 :][:1], cwd), look, own, hidden, copied)
        return
    verb = posixpath.basename(words[0]) if words else ""
    rest = words[1:]
    if verb == "rm":
        for path in _paths(rest, cwd):
            hidden.update(look(path))
            for name in [name for name in own if _in(name, path)]:
                del own[name]
    elif verb in _GIVEN_FIRST:
        plain = [word for word in rest if not word.startswith("-")]
        _copy_up(_paths(plain[1:], cwd), look, own, hidden, copied)
    elif verb == "touch" or (verb == "sed" and any(word.startswith("-i") for word in rest)):
        _copy_up(_paths(rest if verb == "touch" else rest[-1:], cwd), look, own, hidden, copied)
    elif verb in ("mv", "cp") and len(_paths(rest, cwd)) == 2:
        old, new = _paths(rest, cwd)
        sizes = {name: size for name, size in {**look(old), **own}.items() if _in(name, old) and name not in hidden}
        for name, size in sizes.items():
            own[new + name.removeprefix(old)] = size
            copied.append(new + name.removeprefix(old))
            if verb == "mv":
                own.pop(name, None)
                hidden.add(name)


def _copy_up(paths: Iterable[str], look: Lookup, own: dict[str, int], hidden: set[str], copied: list[str]) -> None:
    for path in paths:
        for name, size in look(path).items():
            if name not in hidden and name not in own:
                own[name] = size
                copied.append(name)
