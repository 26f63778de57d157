"""What an upload holds: its files and links by their paths, none of which may lead out of the folder they go into."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim import limits
from sim.errors import InputError
from sim.reasons import Reason

_MOST_HOPS = 40
"""Links that Linux follows on one path (path_resolution(7)). Whoever reads through more of them gets an error."""


@dataclass(frozen=True, slots=True)
class UnpackedFile:
    """A file, or a symbolic link where `target` is set.

    Attributes:
        mode: Its permissions.
    """

    path: str
    data: bytes = b""
    mode: int = 0o644
    target: str = ""


def relative(path: str, archive: str) -> str:
    """A member's path without "./". Raises `InputError` for one that leaves the archive, or is too long."""
    if len(path.encode("utf-8", "surrogatepass")) > limits.CONTEXT_PATH:
        raise InputError(
            Reason(
                "upload.long_path",
                "{name} holds a path of over {most} bytes, {path}…; expected shorter ones",
                name=repr(archive),
                most=limits.CONTEXT_PATH,
                path=repr(path[:40]),
            )
        )
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if path.startswith(("/", "\\")) or ".." in parts or "\0" in path or any(":" in part for part in parts[:1]):
        raise InputError(
            Reason(
                "upload.leaves",
                "{name} holds the path {path}, which leaves the folder; expected paths inside it",
                name=repr(archive),
                path=repr(path),
            )
        )
    return "/".join(parts)


def without_top(items: Sequence[UnpackedFile]) -> list[UnpackedFile]:
    """The items without the one folder that holds them all."""
    tops = {item.path.partition("/")[0] for item in items}
    if len(tops) != 1 or not all("/" in item.path for item in items):
        return list(items)
    return [UnpackedFile(item.path.partition("/")[2], item.data, item.mode, item.target) for item in items]


def checked(items: Sequence[UnpackedFile]) -> tuple[UnpackedFile, ...]:
    """The items, none twice, none below another, no link out of the folder. Raises `InputError`."""
    by_path: dict[str, UnpackedFile] = {}
    for item in items:
        if not item.path or item.path in by_path:
            raise InputError(
                Reason("upload.twice", "the upload holds {path} twice; expected each path once", path=repr(item.path))
            )
        by_path[item.path] = item
    folders: set[str] = set()
    for path in by_path:
        if path.count("/") > limits.DEPTH:
            raise InputError(
                Reason(
                    "upload.deep",
                    "the upload's {path}… leads through {count} folders; at most {most}",
                    path=repr(path[:40]),
                    count=path.count("/"),
                    most=limits.DEPTH,
                )
            )
        above = path.rpartition("/")[0]
        while above and above not in folders:
            if above in by_path:
                raise InputError(
                    Reason(
                        "upload.below",
                        "the upload holds {path} below {above}, which is no folder",
                        path=repr(path),
                        above=repr(above),
                    )
                )
            folders.add(above)
            above = above.rpartition("/")[0]
        if len(folders) > limits.CONTEXT_FILES:
            raise InputError(
                Reason(
                    "upload.folders",
                    "the upload needs over {most} folders; expected at most so many",
                    most=limits.CONTEXT_FILES,
                )
            )
    links = {path: _parts(item.target) for path, item in by_path.items() if item.target}
    steps = 0
    for path in links:
        for leaves in _followed(path, links):
            steps += 1
            if leaves or len(by_path[path].target) > limits.CONTEXT_PATH:
                raise InputError(
                    Reason(
                        "upload.link_out",
                        "the upload links {path} to {target}, out of the folder; expected links inside it",
                        path=repr(path),
                        target=repr(by_path[path].target[: limits.CONTEXT_PATH]),
                    )
                )
            if steps > limits.UPLOAD_LINKS:
                raise InputError(
                    Reason(
                        "upload.links",
                        "the upload's links lead over {most} names; expected fewer or shorter ones",
                        most=limits.UPLOAD_LINKS,
                    )
                )
    return tuple(by_path.values())


def _parts(target: str) -> tuple[str, ...]:
    """The names of a link's target. The first is "/" where it is absolute."""
    text = target.replace("\\", "/")
    names = tuple(part for part in text.split("/") if part not in ("", "."))
    return ("/", *names) if text.startswith("/") else names


def _followed(path: str, links: Mapping[str, Sequence[str]]) -> Iterator[bool]:
    """Whether the way of a link has left the folder, name by name, as the kernel resolves it: through other links."""
    here = path.split("/")[:-1]
    ahead = deque(links[path])
    hops = 1
    while ahead and hops <= _MOST_HOPS:
        part = ahead.popleft()
        if part == "/" or (part == ".." and not here):
            yield True
        elif part == "..":
            here.pop()
        elif (target := links.get("/".join((*here, part)))) is not None:
            hops += 1
            ahead.extendleft(reversed(target))
        else:
            here.append(part)
        yield False
