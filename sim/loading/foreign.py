"""Files of other programs that are given as scenarios by mistake. They are named as what they are."""

from __future__ import annotations

import re

from sim.errors import InputError, Problem
from sim.yamlnodes import YamlSource

_SCENARIO = re.compile(r"""^["']?(?:study|parts|compare|concept|lesson)["']?[ \t]*:""", re.MULTILINE)
_SERVICES = re.compile(r"""^["']?services["']?[ \t]*:""", re.MULTILINE)
_API_VERSION = re.compile(r"""^["']?apiVersion["']?[ \t]*:""", re.MULTILINE)
_KIND = re.compile(r"""^["']?kind["']?[ \t]*:""", re.MULTILINE)

COMPOSE = "a compose file, no scenario; 'inspect' reads it, and 'file: ...' in a scenario of study 'compose' runs it"
MANIFEST = (
    "a Kubernetes manifest, no scenario; 'inspect' reads it, and 'manifest: ...' in a scenario of study 'rollout' "
    "runs its Deployment"
)


def refuse(text: str, name: str) -> None:
    """Raise `InputError` where a text is a compose file or a Kubernetes manifest.

    Both are known by keys at the left edge: they may have tags and several documents, which no scenario has.
    """
    if _SCENARIO.search(text):
        return
    version = _API_VERSION.search(text)
    if version and _KIND.search(text):
        raise InputError(_problem(text, name, version, MANIFEST))
    services = _SERVICES.search(text)
    if services:
        raise InputError(_problem(text, name, services, COMPOSE))


def _problem(text: str, name: str, key: re.Match[str], message: str) -> Problem:
    line = text.count("\n", 0, key.start()) + 1
    return YamlSource(name, text).problem(message, line, 1)
