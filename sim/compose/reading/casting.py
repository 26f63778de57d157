"""Interpolation of a whole model: variables in every text, and the type that a text of some places must have.

Source: interpolation/interpolation.go and loader/interpolate.go of compose-go v2.4.8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sim.compose.reading.findings import Findings
from sim.compose.reading.interpolation import TemplateError, Variables, substitute
from sim.compose.reading.paths import Places
from sim.yamlnodes import KeyPath, YamlNode

_WHOLE = re.compile(r"[-+]?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_TRUTH = {
    **dict.fromkeys(("true", "y", "yes", "on"), True),
    **dict.fromkeys(("false", "n", "no", "off"), False),
}


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("a whole number")
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or len(text) > 64:
        raise ValueError("a number")
    return float(text)


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError("true or false")
    return _TRUTH[text.lower()]


_CASTS: Places[Callable[[str], Any]] = Places(
    {
        **{
            f"services.*.{place}": _whole
            for place in (
                "configs.*.mode", "cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime",
                "cpu_shares", "deploy.replicas", "deploy.update_config.parallelism",
                "deploy.rollback_config.parallelism", "deploy.restart_policy.max_attempts",
                "deploy.placement.max_replicas_per_node", "healthcheck.retries", "oom_score_adj", "pids_limit",
                "ports.*.target", "scale", "secrets.*.mode", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft",
            )
        },
        **{
            f"services.*.{place}": _number
            for place in (
                "cpu_percent", "cpus", "deploy.update_config.max_failure_ratio",
                "deploy.rollback_config.max_failure_ratio",
            )
        },
        **{
            f"services.*.{place}": _truth
            for place in (
                "init", "healthcheck.disable", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty",
                "volumes.*.read_only", "volumes.*.volume.nocopy",
            )
        },
        **dict.fromkeys(
            (
                *(f"networks.*.{key}" for key in ("external", "internal", "attachable", "enable_ipv6")),
                "volumes.*.external", "secrets.*.external", "configs.*.external",
            ),
            _truth,
        ),
    }
)  # fmt: skip


def interpolated(node: YamlNode, variables: Variables, findings: Findings, path: KeyPath = ()) -> YamlNode:
    """The model with the variables' values in its texts. Keys stay as they are."""
    if isinstance(node.value, dict):
        items = {key: interpolated(item, variables, findings, (*path, key)) for key, item in node.value.items()}
        return YamlNode(items, node.source, node.place, node.key, tag=node.tag)
    if isinstance(node.value, list):
        listed = [interpolated(item, variables, findings, (*path, index)) for index, item in enumerate(node.value)]
        return YamlNode(listed, node.source, node.place, node.key, tag=node.tag)
    if not isinstance(node.value, str):
        return node
    return YamlNode(_text(node, variables, findings, path), node.source, node.place, node.key, tag=node.tag)


def _text(node: YamlNode, variables: Variables, findings: Findings, path: KeyPath) -> Any:
    before = len(variables.unset)
    try:
        text = substitute(node.value, variables)
    except TemplateError as error:
        findings.add(node, str(error), path, error.kind)
        return ""
    for name in list(variables.unset)[before:] if len(variables.unset) > before else ():
        findings.warn(node, f"variable {name} is not set; it is taken as empty", path)
    cast = _CASTS.at(path)
    if cast is None:
        return text
    try:
        return cast(text)
    except ValueError as error:
        findings.add(node, f"{text!r} does not fit; expected {error}", path, "wrong type")
        return None
