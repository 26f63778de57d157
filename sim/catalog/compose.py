"""Puts the table of a technology together: what it is like, the parts it is made of, and what differs.

    like = "docker"                             another technology's file lies under this one
    parts = ["docker-cli", "dockerd", ...]      each part's phases and memory, in this order;
                                                { part = "veth", leads_to = "runtime" } moves its phases to a milestone
    [[phases]]                                  with the id of a phase that is there: replaces these keys of it;
                                                with another id: a phase more, `after` or `before` one, or at the end
    without = { phases = ["overlay"] }          leaves phases out, or parts of the memory

Phases then stand in the order of their milestones, and keep their order within one. Nothing here knows a rule of what a
phase holds (`sim.catalog.read`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any, get_args

from sim import limits
from sim.catalog.block import Block, over, without
from sim.catalog.model import DEMANDS, Milestone
from sim.errors import InputError, Problem

ReadTable = Callable[[str], Block]
"""The table of a part or of a technology by its id, with its place. Raises `InputError` naming those there are."""

_LISTS = ("phases", "memory")
_TABLES = ("limits", "costs")
"""What is put together key by key."""
_SHAPE = ("like", "parts", "without")
_OF_THE_FILE = ("id", "name", "kind", "maker", "like")
"""What a file says of itself alone, and not of what is made of it or like it."""
_OF_A_DEMAND = (*DEMANDS, "resource", "growth", "times", "until")
"""What goes with the demand that a phase had, where it is given another."""


def composed(own: Block, technology: ReadTable, part: ReadTable, problems: list[Problem]) -> Block:
    """A technology's whole table, without `like` and `without`. `parts` are those it is made of after all.

    Args:
        own: Its file's.
        technology, part: Read the others.
        problems: What is wrong is added here, with its place.
    """
    return _Composer(technology, part, problems).whole(own)


class _Composer:
    def __init__(self, technology: ReadTable, part: ReadTable, problems: list[Problem]) -> None:
        self._technology, self._part, self._problems = technology, part, problems

    def _problem(self, block: Block, key: str, message: str) -> None:
        file, path = block.place(key)
        self._problems.append(Problem(message, file, path=".".join(part for part in (path, key) if part)))

    def whole(self, own: Block) -> Block:
        lying = self._liked(own, ())
        whole = Block({}, own.at)
        names = []
        for entry in self._list(lying, "parts"):
            name, leads_to = (entry.get("part"), entry.get("leads_to")) if isinstance(entry, dict) else (entry, None)
            data = self._read(self._part, name, lying, "parts")
            if data is not None:
                names.append(name)
                self._lay(whole, _moved(without(data, _OF_THE_FILE), leads_to))
        self._lay(whole, without(lying, _SHAPE), replaces=True)
        if names:
            whole.put("parts", names, lying.place("parts"))
        self._leave_out(whole, lying)
        if "phases" in whole:
            whole["phases"].sort(key=_milestone)
        return whole

    def _leave_out(self, table: Block, lying: Block) -> None:
        left = lying.get("without", {})
        if not isinstance(left, dict) or not left.keys() <= {*_LISTS}:
            self._problem(lying, "without", f"{left!r} is not a table of lists of ids; it may hold {', '.join(_LISTS)}")
            return
        inner = lying.inner("without", left)
        for key in left:
            names = self._list(inner, key)
            have = [entry.get("id") for entry in table.get(key, ()) if isinstance(entry, dict)]
            for name in names:
                if name not in have:
                    self._problem(
                        inner, key, f"there is no {name!r} to leave out; there are {', '.join(map(str, have))}"
                    )
            table[key] = [
                entry for entry in table.get(key, ()) if not (isinstance(entry, dict) and entry.get("id") in names)
            ]

    def _liked(self, own: Block, seen: tuple[str, ...]) -> Block:
        """A technology's own table, over those of the technologies that it is like."""
        name = own.get("like")
        if name is None:
            return own
        seen = (*seen, str(own.get("id")))
        if name in seen:
            self._problem(own, "like", f"{name!r} is like itself, by way of {', '.join(seen)}")
            return without(own, ("like",))
        if len(seen) > limits.CATALOG_LIKE:
            self._problem(own, "like", f"is like more than {limits.CATALOG_LIKE} others, each by way of the next")
            return without(own, ("like",))
        data = self._read(self._technology, name, own, "like")
        if data is None:
            return without(own, ("like",))
        below = self._liked(data, seen)
        block = without(below, (*_OF_THE_FILE, *_LISTS, *_TABLES))
        for table in (without(below, (*_OF_THE_FILE, *block)), without(own, ("like",))):
            self._lay(block, table, replaces=True, positions=False)
        return block

    def _read(self, read: ReadTable, name: Any, block: Block, key: str) -> Block | None:
        try:
            if isinstance(name, str):
                return read(name)
            self._problem(block, key, f"{name!r} is not a text")
        except InputError as error:
            self._problem(block, key, str(error))
        return None

    def _list(self, block: Block, key: str) -> list[Any]:
        items = block.get(key, [])
        if isinstance(items, list):
            return items
        self._problem(block, key, f"{items!r} is not a list")
        return []

    def _lay(self, table: Block, above: Block, *, replaces: bool = False, positions: bool = True) -> None:
        """Lay a table over what is there: phases and memory by id, limits and costs by key, all else whole.

        Args:
            replaces: Whether an entry goes over the one of its id, or stands beside it for the rules to refuse.
            positions: Whether entries go where their `after` and `before` say, or keep these for later.
        """
        for key, value in above.items():
            if key in _LISTS and isinstance(value, list):
                entries = table.setdefault(key, [])
                there = [entry.get("id") for entry in entries if isinstance(entry, Block)] if replaces else []
                for index, entry in enumerate(value):
                    block = above.inner(key, entry, index) if isinstance(entry, dict) else entry
                    self._place(entries, block, there, positions)
            elif key in _TABLES and isinstance(value, dict) and isinstance(table.get(key, {}), dict):
                before = table.get(key, Block({}, above.place(key)))
                table.put(key, over(before, above.inner(key, value)), above.place(key))
            else:
                table.put(key, value, above.place(key))

    def _place(self, entries: list[Any], entry: Any, there: list[Any], positions: bool) -> None:
        ids = [lying.get("id") if isinstance(lying, Block) else None for lying in entries]
        if isinstance(entry, Block) and entry.get("id") in there:
            there.remove(entry["id"])
            at = ids.index(entry["id"])
            whole = over(entries[at], entry, _OF_A_DEMAND if any(demand in entry for demand in DEMANDS) else ())
            if positions and ("after" in whole or "before" in whole):
                del entries[at], ids[at]
                at = self._position(whole, ids)
                entries.insert(at, whole)
            entries[at] = without(whole, ("after", "before")) if positions else whole
        elif isinstance(entry, Block) and positions:
            entries.insert(self._position(entry, ids), without(entry, ("after", "before")))
        else:
            entries.append(entry)

    def _position(self, entry: Block, ids: list[Any]) -> int:
        for key, offset in (("after", 1), ("before", 0)):
            if key in entry:
                if entry[key] in ids:
                    return ids.index(entry[key]) + offset
                near = difflib.get_close_matches(str(entry[key]), [name for name in ids if name], 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(filter(None, ids)) or 'none'}"
                self._problem(entry, key, f"there is no {entry[key]!r} to stand {key}; {hint}")
        return len(ids)


def _moved(part: Block, leads_to: Any) -> Block:
    """The part with all its phases before another milestone, where one is given."""
    if leads_to is not None and isinstance(part.get("phases"), list):
        phases = [part.inner("phases", phase, index) for index, phase in enumerate(part["phases"])]
        part["phases"] = [over(phase, Block({"leads_to": leads_to}, phase.at)) for phase in phases]
    return part


def _milestone(phase: Any) -> int:
    """Where a phase's milestone comes. A phase without one, which the rules refuse, comes last."""
    order = get_args(Milestone)
    leads_to = phase.get("leads_to") if isinstance(phase, dict) else None
    return order.index(leads_to) if leads_to in order else len(order)
