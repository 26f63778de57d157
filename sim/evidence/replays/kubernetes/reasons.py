"""The scheduler's reasons in the words of a recording, which shortens them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sim.kubernetes.scheduler.requests import NODE_RESOURCES

SHORT = {
    "Insufficient ": "",
    "node(s) had untolerated ": "",
    "node(s) didn't match Pod's node affinity/selector": "node affinity",
    "node(s) didn't match pod topology spread constraints": "spread",
    "node(s) didn't match pod affinity rules": "affinity",
    "node(s) didn't match pod anti-affinity rules": "anti-affinity",
    "node(s) didn't satisfy existing pods anti-affinity rules": "existing anti-affinity",
    "node(s) didn't have free ports for the requested pod ports": "ports",
    "node(s) were unschedulable": "unschedulable",
    "No preemption victims found for incoming pod": "no victims",
    "Preemption is not helpful for scheduling": "not helpful",
}
"""How reasons begin, and what the recording has instead."""

_KNOWN = {*SHORT.values(), *NODE_RESOURCES} - {""}


def in_recorded_words(reasons: Mapping[str, Mapping[str, int]], expectation: Any) -> dict[str, int]:
    """Reasons by pod with their counts, as the recording has them: {"p1: cpu": 2}.

    A short form that is not in `SHORT` is the reason that has all of its words.
    """
    entries = expectation.get("map") if isinstance(expectation, dict) else None
    recorded: Mapping[str, Any] = entries if isinstance(entries, dict) else {}
    found: dict[str, int] = {}
    for pod, counts in reasons.items():
        unknown = [key for key in recorded if key.startswith(f"{pod}: ") and not _known(key[len(pod) + 2 :])]
        for reason, count in counts.items():
            key = f"{pod}: {_short(reason)}"
            alike = [one for one in unknown if _in_words(one[len(pod) + 2 :], reason)]
            found[alike[0] if alike and key not in recorded else key] = count
    return found


def _short(reason: str) -> str:
    for words, short in SHORT.items():
        if reason.startswith(words):
            return short + reason[len(words) :]
    return reason


def _known(short: str) -> bool:
    return short in _KNOWN or "/" in short or short.startswith("taint ")


def _in_words(short: str, reason: str) -> bool:
    words = re.findall(r"[\w-]+", reason.lower())
    return all(word in words for word in re.findall(r"[\w-]+", short.lower()))
