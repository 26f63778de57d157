"""RUN's mounts: `type=cache,target=/root/.cache` to a type, with BuildKit's defaults and rules."""

from __future__ import annotations

import csv
import difflib
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

    source_stage: a stage's or image's name, "" for the build context (bind) or none. target: "" for the working
    directory, as BuildKit takes it.
    """

    type: str = "bind"
    source_stage: str = ""
    source: str = ""
    target: str = ""
    readonly: bool = True
    id: str = ""
    sharing: str = "shared"
    required: bool = False
    size: str = ""
    mode: str = ""
    uid: str = ""
    gid: str = ""
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
    kind = fields.get("type", "bind").lower()
    if kind not in TYPES:
        near = difflib.get_close_matches(kind, TYPES, 1)
        hint = f" (did you mean {near[0]}?)" if near else f"; expected one of {', '.join(TYPES)}"
        raise ValueError(f"unsupported mount type {kind!r}{hint}")
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
        size=fields.get("size", ""),
        mode=fields.get("mode", ""),
        uid=fields.get("uid", ""),
        gid=fields.get("gid", ""),
        env=fields.get("env", ""),
    )


def check_mount(value: str) -> str:
    """What is wrong with a mount before its variables are known; "" for nothing."""
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
    """The stage or image a mount's flag names, "" where it names none; known before variables are."""
    for field in next(csv.reader([value]), []):
        name, _, text = field.partition("=")
        if name.lower() == "from":
            return text
    return ""


def _boolean(name: str, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(f"invalid value for {name}: {text}; expected true or false")
    return text.lower() in _TRUE
