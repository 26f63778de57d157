"""Every cause of a re-run, not only the first.

A cause is what of a step differs by itself, whether or not a step before it ran.

A new ARG value above a changed source has both. Undoing one would not have helped. A difference that a step further up
has already is the same cause, and is not told again.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim import limits
from sim.builds.cache.buildkit import BuildStep
from sim.builds.reasons.why import Built, Difference, differences, message
from sim.records.instances import Message

MOST = 3
"""So many causes are told of one step."""

_ENVIRONMENT = ("build.arg_", "build.env_")
_HERE = ("new", "build.text_changed", "build.document_changed", "build.mount_changed")
"""Differences of one step, which none below it can have."""

_FOLLOWS = ("build.stage_output_changed", "build.parent_changed", "build.args_changed")


def causes(now: Built, before: Built | None, pairs: Mapping[str, str]) -> dict[str, tuple[Message, ...]]:
    """For each step that ran, the messages of what differs in it and in no step above it that ran.

    They stand in `why.reason`'s order. There are none where there is no build before, and for steps that pass over the
    cache or ran only for their files.
    """
    if before is None:
        return {}
    messages: dict[str, tuple[Message, ...]] = {}
    known: dict[str, frozenset[Difference]] = {}
    for name, step in now.steps.items():
        known[name] = frozenset()
        if not step.ran:
            continue
        above = _together([known[item.vertex] for item in step.vertex.inputs])
        known[name] = above
        if len(above) >= limits.CAUSES_CARRIED:
            continue
        own = _own(step, now, before, pairs, above)
        messages[name] = tuple(said for _, said in own)[:MOST]
        facts = {fact for facts_of_step, _ in own for fact in facts_of_step if fact[0] not in _HERE}
        known[name] = above | facts if facts else above
    return messages


def _together(above: list[frozenset[Difference]]) -> frozenset[Difference]:
    """The facts of all inputs.

    Where one input holds them all it is that set itself, so that a long chain copies none.
    """
    largest = max(above, key=len, default=frozenset())
    return largest if all(facts is largest or facts <= largest for facts in above) else frozenset().union(*above)


def _own(
    step: BuildStep, now: Built, before: Built, pairs: Mapping[str, str], above: frozenset[Difference]
) -> list[tuple[tuple[Difference, ...], Message]]:
    vertex = step.vertex
    if vertex.ignore_cache or step.probe:
        return []
    old = before.steps.get(pairs.get(vertex.id, ""))
    if old is None:
        return [((("new", vertex.id),), message("build.new_step"))]
    if old.outcome in ("failed", "skipped"):
        return []
    changes = [(facts, said) for facts, said in differences(step, old, now, before, above) if not _follows(said)]
    if any(said.id == "build.text_changed" for _, said in changes):
        # Another text says it all, but for the variables: it names other paths, and its fields are others.
        return [(f, m) for f, m in changes if m.id == "build.text_changed" or m.id.startswith(_ENVIRONMENT)]
    return changes


def _follows(said: Message) -> bool:
    """Whether it is no cause of its own: what became of an input, and the legacy command that holds the variables."""
    return said.id in _FOLLOWS or (said.id == "build.value_changed" and dict(said.arguments)["field"] == "command")
