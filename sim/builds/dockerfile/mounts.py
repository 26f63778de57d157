"""RUN's mounts: `type=cache,target=/root/.cache` to a type, with BuildKit's defaults and rules."""

from __future__ import annotations

import csv
import difflib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

TYPES = ("bind", "cache", "secret", "ssh", "tmpfs")
_SHARING = ("shared", "private", "locked")
_KEYS = {
    "type": "type", "from": "source_stage", "source": "source", "src": "source", "target": "target", "dst": "target",
    "destination": "target", "readonly": "readonly", "ro": "readonly", "readwrite": "readwrite", "rw": "readwrite",
    "required": "required", "size": "size", "id": "id", "sharing": "sharing", "mode": "mode", "uid": "uid",
    "gid": "gid", "env": "env",
}  # fmt: skip
_SWITCHES = {"readonly", "readwrite", "required"}
_TRUE = {"1", "t", "true"}
_FALSE = {"0", "f", "false"}


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount of a RUN.

    Attributes:
        source_stage: A stage's or image's name, "" for the build context (bind) or none.
        target: "" for the working directory, as BuildKit takes it.
        size: Bytes, 0 for no limit.
        mode, uid, gid: None where not given.
    """

    type: str = "bind"
    source_stage: str = ""
    source: str = ""
    target: str = ""
    readonly: bool = True
    id: str = ""
    sharing: str = "shared"
    required: bool = False
    size: int = 0
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    env: str = ""


def read_mount(value: str, expand: Callable[[str], str]) -> Mount:
    """A mount from the value of its flag, its variables expanded.

    Raises `ValueError` naming the field and what is allowed.
    """
    fields: dict[str, str] = {}
    for field in next(csv.reader([value]), []):
        name, given, text = field.partition("=")
        key = _KEYS.get(name.lower())
        if key is None:
            near = difflib.get_close_matches(name.lower(), _KEYS, 1)
            hint = f" (did you mean {near[0]}?)" if near else f"; allowed are {', '.join(_KEYS)}"
            raise ValueError(f"unexpected key '{name}' in '{field}' of the mount{hint}")
        if not given and key not in _SWITCHES:
            raise ValueError(f"invalid field '{field}' of the mount must be a key=value pair")
        fields[key] = expand(text) if given else "true"
        kind = _kind(fields)
        if (key == "size" and kind != "tmpfs") or (key == "required" and kind not in ("secret", "ssh")):
            raise ValueError(f"unexpected key '{name.lower()}' for mount type '{kind}'")
    kind = _kind(fields)
    sharing = fields.get("sharing", "").lower()
    if sharing and kind != "cache":
        raise ValueError(f"invalid cache sharing set for {kind} mount")
    if sharing and sharing not in _SHARING:
        raise ValueError(f"unsupported sharing value {sharing!r}; expected one of {', '.join(_SHARING)}")
    if kind in ("bind", "tmpfs"):
        for name in ("mode", "uid", "gid"):
            if name in fields:
                raise ValueError(f"{name} not allowed for {kind!r} type mounts")
    if kind == "secret" and "source_stage" in fields:
        raise ValueError("secret mount should not have a from")
    if kind == "secret" and {"source", "id"} <= fields.keys():
        raise ValueError("both source and id can't be set")
    if kind == "secret" and not {"id", "source", "target"} & fields.keys():
        raise ValueError("invalid secret mount. one of source, target required")
    readonly = kind not in ("cache", "tmpfs")
    if "readonly" in fields:
        readonly = _boolean("readonly", fields["readonly"])
    if "readwrite" in fields:
        readonly = not _boolean("readwrite", fields["readwrite"])
    return Mount(
        type=kind,
        source_stage=fields.get("source_stage", ""),
        source=fields.get("source", ""),
        target=fields.get("target", ""),
        readonly=readonly,
        id=fields.get("id", ""),
        sharing=sharing or "shared",
        required=_boolean("required", fields.get("required", "false")),
        size=size_in_bytes(fields["size"]) if "size" in fields else 0,
        mode=_number(fields, "mode", 8),
        uid=_number(fields, "uid", 10),
        gid=_number(fields, "gid", 10),
        env=fields.get("env", ""),
    )


def check_mount(value: str) -> str:
    """What is wrong with a mount before its variables are known. "" for nothing."""
    if "$" in value:
        names = [field.partition("=")[0].lower() for field in next(csv.reader([value]), [])]
        if "from" in names and "$" in dict(f.partition("=")[::2] for f in next(csv.reader([value]), []))["from"]:
            return "'from' doesn't support variable expansion, define alias stage instead"
        return ""
    try:
        read_mount(value, str)
    except ValueError as error:
        return str(error)
    return ""


def stage_of(value: str) -> str:
    """The stage or image a mount's flag names, "" where it names none. It is known before variables are."""
    for field in next(csv.reader([value]), []):
        name, _, text = field.partition("=")
        if name.lower() == "from":
            return text
    return ""


_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(?:([kmgtp])?i?b?)?", re.IGNORECASE)


def size_in_bytes(text: str) -> int:
    """A size as docker's flags take it: "64m" is 67108864 (docker/go-units, RAMInBytes). Raises `ValueError`."""
    match = _SIZE.fullmatch(text)
    size = float(match[1]) * 1024 ** (" kmgtp".index((match[2] or " ").lower())) if match else math.inf
    if size >= 2**63:
        raise ValueError(f"invalid value for size: {text}; expected one such as 64m or 1g")
    return int(size)


def _kind(fields: dict[str, str]) -> str:
    kind = fields.get("type", "bind").lower()
    if kind not in TYPES:
        near = difflib.get_close_matches(kind, TYPES, 1)
        hint = f" (did you mean {near[0]}?)" if near else f"; expected one of {', '.join(TYPES)}"
        raise ValueError(f"unsupported mount type {kind!r}{hint}")
    return kind


def _number(fields: dict[str, str], name: str, base: int) -> int | None:
    if name not in fields:
        return None
    text = fields[name]
    if not re.fullmatch(r"[0-7]+" if base == 8 else r"\d+", text) or len(text) > 32 or int(text, base) >= 2**32:
        raise ValueError(f"invalid value {text} for {name}; expected {'an octal' if base == 8 else 'a whole'} number")
    return int(text, base)


def _boolean(name: str, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(f"invalid value for {name}: {text}; expected true or false")
    return text.lower() in _TRUE
