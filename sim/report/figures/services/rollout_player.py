"""What a player shows of a rollout at any second: nodes, replicas by look and words, and a list of what happens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sim.never import NEVER
from sim.outcome import Outcome
from sim.records.replicas import NodeRecord, ReplicaRecord
from sim.report.figures.services.rollout import fills, interesting_end, look, newest_version, nodes, replicas, why
from sim.report.figures.services.rollout_panels import NARROW, WIDE, PanelPlaces
from sim.report.style import Style
from sim.report.texts import tr

DRAWN_NODES = 24
"""Nodes that are drawn: those with most to tell, in their order."""
LISTED_EVENTS = 300
"""Lines of the list: the first."""
_LETTERS = 5
"""Letters of a generated name's end (`sim.kubernetes.api`)."""
_ROOMY = 6
"""Replicas of a node that have a line each. More are small squares."""


def player_data(outcome: Outcome, style: Style, label: str) -> dict[str, Any]:
    """All that the player needs, as JSON would have it."""
    records, known = replicas(outcome, label), nodes(outcome, label)
    shown = _shown(known, records)
    names = {node.node for node in shown}
    mine = [record for record in records if not record.node or record.node in names]
    events, rows = _events(records, known, style), _busiest([record for record in mine if record.node])
    failed = {record.node for record in records if record.state == "lost"}
    return {
        "end": interesting_end(outcome, label),
        "nodes": [_node(node, style, failed=node.node in failed) for node in shown],
        "replicas": _replicas(mine, style),
        "events": events[:LISTED_EVENTS],
        "roomy": rows <= _ROOMY,
        "rows": rows,
        "plot": {"wide": _plot(WIDE), "narrow": _plot(NARROW)},
        "looks": fills(style),
        "words": _words(len(shown), len(known), len(events), style),
        "tokens": _colours(style),
    }


def _plot(places: PanelPlaces) -> dict[str, float]:
    """Where the time axis begins and ends, as shares of the drawing's width."""
    return {"left": places.left / places.width, "right": places.right / places.width}


def _colours(style: Style) -> dict[str, str]:
    tokens = style.tokens
    own = {name: getattr(tokens, name) for name in ("ink", "muted", "line", "attention", "wash", "track")}
    return own | {"on": tokens.on["application"], "onattention": tokens.on_attention, "back": tokens.background}


def _shown(known: Sequence[NodeRecord], records: Iterable[ReplicaRecord]) -> list[NodeRecord]:
    told: dict[str, int] = {}
    for record in records:
        told[record.node] = told.get(record.node, 0) + 1
    chosen = sorted(known, key=lambda node: (node.down == NEVER, -told.get(node.node, 0)))[:DRAWN_NODES]
    names = {node.node for node in chosen}
    return [node for node in known if node.node in names]


def _node(node: NodeRecord, style: Style, *, failed: bool) -> dict[str, Any]:
    return {
        "name": node.node,
        "slots": node.slots,
        "up": node.up,
        "down": None if node.down == NEVER else node.down,
        "failed": failed,
        "noticed": None if node.noticed == NEVER else node.noticed,
        "gone": tr("figure.rollout.node_gone", style.language),
        "known": tr("figure.rollout.node_known", style.language),
    }


def _replicas(records: Sequence[ReplicaRecord], style: Style) -> list[dict[str, Any]]:
    """Each replica with its pieces: start, end, node, look, and words."""
    newest = newest_version(records)
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        one = found.setdefault(
            record.replica, {"name": short_name(record.replica), "version": f"v{record.version}", "pieces": []}
        )
        drawn = look(record, newest)
        words = tr(f"figure.rollout.says.{_says(record, drawn)}", style.language)
        one["pieces"].append([record.start, record.end, record.node, drawn, words])
    return list(found.values())


def _says(record: ReplicaRecord, drawn: str) -> str:
    if drawn in ("new", "old"):
        return "answers"
    if drawn == "gone":
        return "asked" if record.state != "unready" and record.state != "ready" else "early"
    return "unlisted" if record.state == "ready" else record.state


def short_name(name: str) -> str:
    """The five letters that a pod's name ends with, by which it is told from the others; else the whole name.

    >>> short_name("web-afc2b10864-hlnbl"), short_name("web.1.4"), short_name("machine-12")
    ('hlnbl', 'web.1.4', 'machine-12')
    """
    last = name.rpartition("-")[2]
    return last if len(last) == _LETTERS else name


def _busiest(records: Sequence[ReplicaRecord]) -> int:
    """The most replicas that one node has at the beginning of some stretch."""
    by_node: dict[str, list[ReplicaRecord]] = {}
    for record in records:
        by_node.setdefault(record.node, []).append(record)
    most = 0
    for own in by_node.values():
        changes = sorted([(one.start, 1) for one in own] + [(one.end, -1) for one in own])
        number = 0
        for _, change in changes:
            number += change
            most = max(most, number)
    return most


def _events(records: Sequence[ReplicaRecord], known: Sequence[NodeRecord], style: Style) -> list[dict[str, Any]]:
    """What happens, in time: a node fails or is known to have failed, and each time that a replica's reason changes."""
    language = style.language
    found: list[tuple[float, str, bool]] = []
    failed = {record.node for record in records if record.state == "lost"}
    for node in known:
        if node.down != NEVER:
            gone = "down" if node.node in failed else "given_back"
            found.append((node.down, tr(f"figure.rollout.event.{gone}", language, node=node.node), node.node in failed))
        if node.noticed != NEVER:
            found.append((node.noticed, tr("figure.rollout.event.noticed", language, node=node.node), False))
    last: dict[str, tuple[str, str, str, bool]] = {}
    for record in records:
        now = (record.state, record.why, record.detail, record.asked and not record.answers)
        if last.get(record.replica) != now and (record.start > 0 or record.why):
            found.append((record.start, _told(record, style), now[3]))
        last[record.replica] = now
    found.sort(key=lambda event: event[0])
    return [{"t": round(at, 3), "text": text, "bad": bad} for at, text, bad in found]


def _told(record: ReplicaRecord, style: Style) -> str:
    language = style.language
    state = tr(f"figure.rollout.state.{record.state}", language)
    if record.asked and not record.answers:
        state = tr("figure.rollout.asked.in_vain", language)
    reason = why(record, language)
    name = f"{short_name(record.replica)} (v{record.version})"
    told = tr("figure.rollout.event.replica", language, name=name, state=state, reason=reason)
    return told if reason else told.removesuffix("（）").rstrip(" :")


def _words(shown: int, all_nodes: int, events: int, style: Style) -> dict[str, str]:
    language = style.language
    words = {
        name: tr(f"figure.player.{name}", language)
        for name in ("play", "pause", "scrub", "speed", "before", "next", "waiting", "events", "cluster")
    }
    words["of_slots"] = tr("figure.player.of_slots", language, n="{n}", slots="{slots}")
    words["at"], words["second"] = tr("figure.player.at", language, time="{t}"), tr("figure.player.second", language)
    words["sample"] = tr("figure.player.sample", language, n=shown, all=f"{all_nodes:,}") if shown < all_nodes else ""
    more = tr("figure.player.more", language, n=LISTED_EVENTS, all=f"{events:,}")
    words["more"] = more if events > LISTED_EVENTS else ""
    return words
