"""One model over another, as compose-go lays an override file, or what extends a service, over what it is based on.

Mappings are merged, lists joined, and what is else replaced, but for the places below. Source: override/merge.go,
override/uncity.go and loader/reset.go of compose-go v2.4.8.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sim.compose.reading.document import OVERRIDE, RESET
from sim.compose.reading.findings import Findings
from sim.compose.reading.mounts import short_mount
from sim.compose.reading.paths import Places
from sim.yamlnodes import KeyPath, YamlNode, dotted

Merger = Callable[[YamlNode, YamlNode, KeyPath, Findings], YamlNode]


def merge(base: YamlNode, over: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    """A new node with `over` laid over `base`. What cannot be merged is noted, and left as it was."""
    special = _SPECIAL.at(path)
    if special is not None:
        return special(base, over, path, findings)
    if over.value is None:
        return base
    if isinstance(base.value, dict | list) and not isinstance(over.value, type(base.value)):
        kind = "a mapping" if isinstance(base.value, dict) else "a list"
        findings.add(over, f"cannot override {dotted(path)}, which is {kind} in the file before", path, "wrong type")
        return base
    if isinstance(base.value, dict):
        return _mappings(base, over, path, findings)
    return over.of([*base.value, *over.value]) if isinstance(base.value, list) else over


def _mappings(base: YamlNode, over: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    merged = dict(base.value)
    for key, item in over.value.items():
        known = merged.get(key)
        keep = known is not None and not key.startswith("x-")
        merged[key] = merge(known, item, (*path, key), findings) if known is not None and keep else item
    return base.of(merged)


def _replace(_: YamlNode, over: YamlNode, __: KeyPath, ___: Findings) -> YamlNode:
    return over


def _sequence(base: YamlNode, over: YamlNode, _: KeyPath, __: Findings) -> YamlNode:
    return base.of([*as_list(base), *as_list(over)])


def as_list(node: YamlNode) -> list[YamlNode]:
    """A mapping as a list of "key=value", sorted; a text as a list of itself; nothing as an empty list."""
    if isinstance(node.value, dict):
        entries = [
            one.of(key if one.value is None else f"{key}={_go(one.value)}")
            for key, item in node.value.items()
            for one in (item.value if isinstance(item.value, list) else [item])
        ]
        return sorted(entries, key=lambda entry: str(entry.value))
    if isinstance(node.value, list):
        return node.value
    return [node] if isinstance(node.value, str) else []


def _hosts(base: YamlNode, over: YamlNode, _: KeyPath, __: Findings) -> YamlNode:
    """Hosts may have several addresses: only the same address is there once."""
    known = as_list(base)
    there = {item.value for item in known if isinstance(item.value, str)}
    return base.of([*known, *(item for item in as_list(over) if str(item.value) not in there)])


def _go(value: Any) -> str:
    """A scalar as Go prints it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keyed(default: dict[str, Any] | None) -> Merger:
    """Merges lists of names as mappings of them, each with the same value."""

    def merger(base: YamlNode, over: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
        return _mappings(as_mapping(base, default), as_mapping(over, default), path, findings)

    return merger


def as_mapping(node: YamlNode, default: dict[str, Any] | None) -> YamlNode:
    """A list of names as a mapping to `default`, each where its name stood; a mapping as it is, else an empty one."""
    if isinstance(node.value, dict):
        return node
    named = {}
    for item in node.value if isinstance(node.value, list) else ():
        if isinstance(item.value, str):
            value = default if default is None else {key: item.of(one) for key, one in default.items()}
            named[item.value] = YamlNode(value, item.source, item.place, item.place)
    return node.of(named)


DEPENDENCY: dict[str, Any] = {"condition": "service_started", "required": True}
"""What a service in a short `depends_on` stands for."""


def _build(base: YamlNode, over: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    return _mappings(as_build(base), as_build(over), path, findings)


def as_build(node: YamlNode) -> YamlNode:
    """A build's short form as the long one."""
    if isinstance(node.value, str):
        return node.of({"context": node.of(node.value)})
    return node if isinstance(node.value, dict) else node.of({})


def _logging(base: YamlNode, over: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    """Options are merged where both name one driver, or one of them names none."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over if over.value is not None else base
    drivers = [side.value["driver"].value for side in (base, over) if "driver" in side.value]
    return _mappings(base, over, path, findings) if len(set(map(str, drivers))) < 2 else over


def _pools(base: YamlNode, over: YamlNode, path: KeyPath, findings: Findings) -> YamlNode:
    """Address pools of a network: one for each subnet."""
    pools: dict[Any, YamlNode] = {}
    for side in (base, over):
        for item in side.value if isinstance(side.value, list) else ():
            subnet = item.value.get("subnet") if isinstance(item.value, dict) else None
            key = subnet.value if subnet is not None and isinstance(subnet.value, str) else None
            pools[key] = _mappings(pools[key], item, path, findings) if key in pools and subnet is not None else item
    return base.of(list(pools.values()))


_SPECIAL: Places[Merger] = Places(
    {
        "networks.*.ipam.config": _pools,
        "services.*.build": _build,
        "services.*.build.extra_hosts": _hosts,
        "services.*.extra_hosts": _hosts,
        "services.*.depends_on": _keyed(DEPENDENCY),
        "services.*.networks": _keyed(None),
        "services.*.logging": _logging,
        **dict.fromkeys(
            (
                "services.*.command",
                "services.*.entrypoint",
                "services.*.healthcheck.test",
                "services.*.ulimits.*",
            ),
            _replace,
        ),
        **dict.fromkeys(
            (
                "networks.*.labels",
                "volumes.*.labels",
                "services.*.annotations",
                "services.*.build.args",
                "services.*.build.additional_contexts",
                "services.*.build.labels",
                "services.*.deploy.labels",
                "services.*.dns",
                "services.*.dns_opt",
                "services.*.dns_search",
                "services.*.env_file",
                "services.*.environment",
                "services.*.labels",
                "services.*.label_file",
                "services.*.sysctls",
                "services.*.tmpfs",
            ),
            _sequence,
        ),
    }
)


def without(node: YamlNode, taken: Collection[KeyPath]) -> YamlNode:
    """The node without what a later file takes away (`!reset`) or replaces whole (`!override`)."""
    beginnings = {place[:length] for place in taken for length in range(len(place))}

    def kept(one: YamlNode, path: KeyPath) -> YamlNode:
        if path not in beginnings or not isinstance(one.value, dict):
            return one
        return one.of({key: kept(item, (*path, key)) for key, item in one.value.items() if (*path, key) not in taken})

    return kept(node, ())


def marked(node: YamlNode, path: KeyPath = ()) -> tuple[YamlNode | None, list[KeyPath]]:
    """The node without what is to be reset, and the paths that a file takes away or replaces."""
    if node.tag == RESET:
        return None, [path]
    if node.tag == OVERRIDE or not isinstance(node.value, dict | list):
        return node, [path] if node.tag == OVERRIDE else []
    steps = node.value.items() if isinstance(node.value, dict) else enumerate(node.value)
    found = [(key, *marked(item, (*path, key))) for key, item in steps]
    taken = [place for _, _, places in found for place in places]
    kept = {key: item for key, item, _ in found if item is not None}
    return (node.of(kept if isinstance(node.value, dict) else list(kept.values())) if taken else node), taken


Index = Callable[[YamlNode], str]


def unique(node: YamlNode, path: KeyPath = ()) -> YamlNode:
    """The node with each entry of a list once: a later one stands in the place of an earlier with the same key."""
    if isinstance(node.value, dict):
        if not _UNIQUE.leads_on(path):
            return node
        return node.of({key: unique(item, (*path, key)) for key, item in node.value.items()})
    index = _UNIQUE.at(path) if isinstance(node.value, list) else None
    if index is None:
        return node
    kept: dict[str, YamlNode] = {}
    for item in node.value:
        kept[index(item)] = item
    return node.of(list(kept.values()))


def _name(item: YamlNode) -> str:
    return item.value.partition("=")[0] if isinstance(item.value, str) else repr(item.value)


def _field(item: YamlNode, key: str, default: Any = "") -> Any:
    found = item.value.get(key)
    return default if found is None else found.value


def _mount(item: YamlNode) -> str:
    mount = short_mount(item.value) if isinstance(item.value, str) else None
    if mount is not None:
        return str(mount.get("target", ""))
    return str(_field(item, "target")) if isinstance(item.value, dict) else repr(item.value)


def _granted(folder: str) -> Index:
    def index(item: YamlNode) -> str:
        if not isinstance(item.value, dict):
            return f"{folder}/{item.value}"
        return str(_field(item, "target", f"{folder}/{_field(item, 'source')}"))

    return index


def _port(item: YamlNode) -> str:
    if not isinstance(item.value, dict):
        return str(item.value)
    parts = [_field(item, *part) for part in (("host_ip", "0.0.0.0"), ("published",), ("target",), ("protocol", "tcp"))]  # noqa: S104
    return "{}:{}:{}/{}".format(*parts)


def _device(item: YamlNode) -> str:
    if isinstance(item.value, dict):
        return str(_field(item, "target"))
    parts = str(item.value).split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _file(item: YamlNode) -> str:
    return str(_field(item, "path")) if isinstance(item.value, dict) else str(item.value)


_UNIQUE: Places[Index] = Places(
    {
        "services.*.volumes": _mount,
        "services.*.configs": _granted(""),
        "services.*.secrets": _granted("/run/secrets"),
        "services.*.ports": _port,
        "services.*.env_file": _file,
        "services.*.devices": _device,
        "services.*.expose": lambda item: str(item.value),
        **dict.fromkeys(
            (
                "networks.*.labels",
                "networks.*.ipam.options",
                *(
                    f"services.*.{name}"
                    for name in (
                        "annotations", "build.args", "build.additional_contexts", "build.platform", "build.tags",
                        "build.labels", "cap_add", "cap_drop", "deploy.labels", "dns", "dns_opt", "dns_search",
                        "environment", "labels", "links", "networks.*.aliases",
                        "networks.*.link_local_ips", "profiles", "sysctls", "tmpfs",
                    )
                ),
            ),
            _name,
        ),
    }
)  # fmt: skip
