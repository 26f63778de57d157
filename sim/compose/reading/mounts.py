"""A volume's short form, "SOURCE:TARGET:OPTIONS". Source: format/volume.go of compose-go v2.4.8."""

from __future__ import annotations

from typing import Any

_PROPAGATION = ("rprivate", "private", "rshared", "shared", "rslave", "slave")
_SELINUX = ("z", "Z")


def short_mount(spec: str) -> dict[str, Any] | None:
    """The long form of a volume; None where it is none.

    >>> short_mount("./data:/var/lib:ro")
    {'type': 'bind', 'source': './data', 'target': '/var/lib', 'read_only': True, 'bind': {'create_host_path': True}}
    >>> short_mount("s:/s")
    {'type': 'volume', 'target': 's:/s'}
    """
    if not spec:
        return None
    if len(spec.encode("utf-8", "surrogatepass")) <= 2:
        return {"type": "volume", "target": spec}
    sections = _sections(spec)
    if not all(sections) or len(sections) > 3:
        return None
    if len(sections) == 1:
        return {"type": "volume", "target": sections[0]}
    mount: dict[str, Any] = {"type": "volume", "source": sections[0], "target": sections[1]}
    options = _options(sections[2]) if len(sections) == 3 else {}
    if is_file_path(sections[0]):
        mount["type"] = "bind"
        options["bind"] = {**options.get("bind", {}), "create_host_path": True}
    return mount | options


def _sections(spec: str) -> list[str]:
    """The parts between colons; the colon after one letter is a drive's."""
    sections = []
    start = at = 0
    while (at := spec.find(":", at)) >= 0:
        if at - start != 1 or not spec[start].isalpha():
            sections.append(spec[start:at])
            start = at + 1
        at += 1
    return [*sections, spec[start:]]


def _options(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option in text.split(","):
        if option in ("ro", "rw"):
            found["read_only"] = option == "ro"
        elif option == "nocopy":
            found["volume"] = {"nocopy": True}
        elif option in _PROPAGATION or option in _SELINUX:
            key = "propagation" if option in _PROPAGATION else "selinux"
            found.setdefault("bind", {})[key] = option
    return found


def is_file_path(source: str) -> bool:
    """Whether a source is a path of the host, and no volume's name."""
    return source.startswith((".", "/", "~", "\\\\")) or (source[1:2] == ":" and source[:1].isalpha())
