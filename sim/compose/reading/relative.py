"""Paths in a model, made absolute below the folder that its file stands for. Source: paths/resolve.go of compose-go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.compose.reading.files import joined
from sim.compose.reading.paths import Places
from sim.yamlnodes import KeyPath, YamlNode

_CONTEXT = ("https://", "http://", "git://", "ssh://", "github.com/", "git@")


def absolute(model: YamlNode, folder: str, environment: Mapping[str, str]) -> YamlNode:
    """The model with each path absolute."""

    def path_of(node: YamlNode) -> YamlNode:
        if not isinstance(node.value, str) or not node.value:
            return node
        home = environment.get("HOME", "~")
        text = home + node.value[1:] if node.value.startswith("~") else node.value
        return node.of(text if text[1:2] == ":" else joined(folder, text))

    def context_of(node: YamlNode) -> YamlNode:
        remote = isinstance(node.value, str) and ("://" in node.value or node.value.startswith(_CONTEXT))
        return node if remote else path_of(node)

    def mount_of(node: YamlNode) -> YamlNode:
        if not isinstance(node.value, dict) or _text(node, "type") != "bind" or "source" not in node.value:
            return node
        return node.of(node.value | {"source": path_of(node.value["source"])})

    rules: Places[Callable[[YamlNode], YamlNode]] = Places(
        {
            "services.*.build.context": context_of,
            "services.*.env_file.*.path": path_of,
            "services.*.extends.file": path_of,
            "services.*.volumes.*": mount_of,
            "configs.*.file": path_of,
            "secrets.*.file": path_of,
        }
    )

    def made(node: YamlNode, path: KeyPath) -> YamlNode:
        if not rules.leads_on(path):
            return node
        rule = rules.at(path)
        if rule is not None:
            return rule(node)
        if isinstance(node.value, dict):
            return node.of({key: made(item, (*path, key)) for key, item in node.value.items()})
        if isinstance(node.value, list):
            return node.of([made(item, (*path, index)) for index, item in enumerate(node.value)])
        return node

    return made(model, ())


def _text(node: YamlNode, key: str) -> str:
    found = node.value.get(key)
    return found.value if found is not None and isinstance(found.value, str) else ""
