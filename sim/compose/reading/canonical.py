"""Short forms of a model written out, as compose-go does it once all files are merged. Source: transform/ of v2.4.8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.compose.reading.findings import Findings
from sim.compose.reading.merging import DEPENDENCY, as_build, as_mapping
from sim.compose.reading.mounts import short_mount
from sim.compose.reading.paths import Places
from sim.compose.reading.ports import PortError, short_port
from sim.yamlnodes import KeyPath, YamlNode

FormRule = Callable[[YamlNode, KeyPath, Findings], YamlNode]


def canonical(node: YamlNode, findings: Findings, path: KeyPath = ()) -> YamlNode:
    """The model with all short forms written out. What is none of the forms is left for the schema to name."""
    if not _FORMS.leads_on(path):
        return node
    if isinstance(node.value, dict):
        node = node.of({key: canonical(item, findings, (*path, key)) for key, item in node.value.items()})
    elif isinstance(node.value, list):
        node = node.of([canonical(item, findings, (*path, index)) for index, item in enumerate(node.value)])
    rule = _FORMS.at(path)
    return rule(node, path, findings) if rule is not None else node


def made(value: Any, like: YamlNode) -> YamlNode:
    """A plain value as nodes, all in one place."""
    if isinstance(value, dict):
        return like.of({key: made(item, like) for key, item in value.items()})
    return like.of([made(item, like) for item in value]) if isinstance(value, list) else like.of(value)


def _named(key: str) -> FormRule:
    """A text alone stands for a mapping with one key."""
    return lambda node, _path, _findings: node.of({key: node.of(node.value)}) if isinstance(node.value, str) else node


def _dependencies(node: YamlNode, _: KeyPath, __: Findings) -> YamlNode:
    if isinstance(node.value, list):
        return as_mapping(node, DEPENDENCY)
    if not isinstance(node.value, dict):
        return node
    whole = {
        name: item.of({**{key: item.of(value) for key, value in DEPENDENCY.items()}, **item.value})
        for name, item in node.value.items()
        if isinstance(item.value, dict)
    }
    return node.of(node.value | whole)


def _networks(node: YamlNode, _: KeyPath, __: Findings) -> YamlNode:
    return as_mapping(node, None) if isinstance(node.value, list) else node


def _env_files(node: YamlNode, _: KeyPath, __: Findings) -> YamlNode:
    items = [node.of(node.value)] if isinstance(node.value, str) else node.value
    if not isinstance(items, list):
        return node
    return node.of([_env_file(item) for item in items])


def _env_file(item: YamlNode) -> YamlNode:
    if isinstance(item.value, str):
        return item.of({"path": item.of(item.value), "required": item.of(True)})
    return item.of({"required": item.of(True)} | item.value) if isinstance(item.value, dict) else item


def _volume(node: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    if not isinstance(node.value, str):
        return node
    mount = short_mount(node.value)
    if mount is None:
        findings.add(node, f"{node.value!r} is no volume; expected SOURCE:TARGET or TARGET", path, "bad volume")
        return node.of({"type": node.of("volume")})
    return made(mount, node)


def _port(node: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    if isinstance(node.value, bool) or not isinstance(node.value, str | int | float):
        return node
    try:
        port = short_port(str(node.value))
    except PortError as error:
        findings.add(node, str(error), path, "bad port")
        return node
    published = {} if port.published is None else {"published": str(port.published)}
    address = {"host_ip": port.host_ip} if port.host_ip else {}
    target = port.target.first if port.target.size == 1 else str(port.target)
    return made({**address, "target": target, **published, "protocol": port.protocol}, node)


def _external(node: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    """`external: {name: N}` is an old way to say `external: true` and `name: N`."""
    old = node.value.get("external") if isinstance(node.value, dict) else None
    if old is None or not isinstance(old.value, dict):
        return node
    findings.warn(old, "external.name is deprecated; write name: and external: true", (*path, "external"))
    name = old.value.get("name")
    named = node.value.get("name")
    if name is not None and named is not None and name.value != named.value:
        findings.add(old, "name and external.name conflict; write only name", (*path, "external"), "conflict")
    return node.of({**node.value, "external": old.of(True), **({"name": name} if name is not None else {})})


_FORMS: Places[FormRule] = Places(
    {
        "services.*.build": lambda node, _path, _findings: as_build(node) if isinstance(node.value, str) else node,
        "services.*.build.secrets.*": _named("source"),
        "services.*.depends_on": _dependencies,
        "services.*.env_file": _env_files,
        "services.*.extends": _named("service"),
        "services.*.networks": _networks,
        "services.*.volumes.*": _volume,
        "services.*.secrets.*": _named("source"),
        "services.*.configs.*": _named("source"),
        "services.*.ports.*": _port,
        "volumes.*": _external,
        "networks.*": _external,
        "secrets.*": _external,
        "configs.*": _external,
    }
)
