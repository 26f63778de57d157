"""Commands of docker in a recording of registry traffic, as the model is given them."""

from __future__ import annotations

import re

from sim import limits
from sim.errors import InputError
from sim.evidence.replays.fields import RecordedFields
from sim.evidence.replays.registry.names import written_name
from sim.registry.exchange.exchange import GivenCommand, Verb
from sim.registry.exchange.names import RemoteName

_INTERRUPTED = re.compile(r"# SIGINT after ([0-9]{1,6}(?:\.[0-9]{1,6})?) s")

_GROUPS = {"image", "container", "system"}

_VERBS: dict[str, Verb] = {
    "pull": "pull",
    "push": "push",
    "tag": "tag",
    "rmi": "remove",
    "rm": "remove",
    "create": "create",
    "prune": "prune",
    "images": "list",
    "ls": "list",
}

_COUNTS = {"pull": 1, "push": 1, "tag": 2, "create": 1}
"""How many names follow, at least."""


def given_command(command: RecordedFields) -> GivenCommand:
    """A command of a case. One that the model has nothing to do with changes nothing. Raises `InputError`."""
    words = command.texts("do")
    at = command.number("t", least=0)
    interrupted = next((float(match[1]) for word in words if (match := _INTERRUPTED.fullmatch(word))), None)
    words = [word for word in words if not word.startswith("#")]
    verb, rest = _verb(words)
    flags, texts = _divided(rest)
    if verb == "create":
        texts = texts[:1]
    if verb in ("other", "prune", "list"):
        texts = []
    try:
        names = tuple(_name(text, every="-a" in flags or "--all-tags" in flags) for text in texts)
    except InputError as error:
        command.refuse("do", error.problems[0].message)
    if len(names) < _COUNTS.get(verb, 0):
        command.refuse("do", f"expected the name of an image after {verb}")
    if len(names) > limits.REGISTRY_COMMANDS:
        command.refuse("do", f"{len(names)} names are too many; expected {limits.REGISTRY_COMMANDS} at most")
    return GivenCommand(at, _of_all(verb, flags), names, interrupted, force="-f" in flags or "--force" in flags)


def _name(text: str, *, every: bool) -> RemoteName:
    name = written_name(text)
    return name._replace(tag="") if every else name


def _of_all(verb: Verb, flags: set[str]) -> Verb:
    if not flags & {"-a", "--all-tags"}:
        return verb
    return "pull_all" if verb == "pull" else "push_all" if verb == "push" else verb


def _verb(words: list[str]) -> tuple[Verb, list[str]]:
    """What docker is asked to do, and the words behind it."""
    rest = words[1:] if words[:1] == ["docker"] else []
    group = rest[0] if rest and rest[0] in _GROUPS else ""
    rest = rest[1:] if group else rest
    verb: Verb = _VERBS.get(rest[0], "other") if rest else "other"
    bare = {"rmi", "pull", "push", "tag", "create", "images"}
    fits = {"": bare, "image": set(_VERBS), "container": {"create"}, "system": {"prune"}}[group]
    return (verb, rest[1:]) if rest and rest[0] in fits else ("other", [])


def _divided(words: list[str]) -> tuple[set[str], list[str]]:
    """Flags, and what is none. A long flag that is no switch takes the next word."""
    flags: set[str] = set()
    texts: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("--"):
            flags.add(word)
            skip = "=" not in word and word not in ("--all-tags", "--force", "--quiet", "--all")
        elif word.startswith("-"):
            flags |= {f"-{letter}" for letter in word[1:]}
        else:
            texts.append(word)
    return flags, texts
