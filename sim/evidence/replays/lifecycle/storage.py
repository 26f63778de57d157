"""A recorded storage case, replayed step by step: what each command prints and leaves, and what is left in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.fields import RecordedFields
from sim.evidence.replays.lifecycle.bench import StorageBench
from sim.lifecycle.container import CommandResult


def storage_items(case: RecordedFields) -> Iterator[CountedItem]:
    """Every field of every step that the recording expects, and what is left at the end."""
    expected = case.object("expect")
    left_out = case.object("not_counted", default={})
    bench = StorageBench(case)
    wanted = expected.objects("steps")
    for number, step in enumerate(bench.steps):
        before = bench.seen()
        step.spend(sum(map(len, before.values())))
        result = bench.step(step)
        found = _changes(before, bench.seen()) | _results(bench, result)
        want = wanted[number].values if number < len(wanted) else {}
        for key, value in want.items() if "*" not in left_out else ():
            yield CountedItem(f"steps.{number}.{key}", found.get(key), value, _agrees(found.get(key), value))
    left = {kind: list(there.values()) for kind, there in bench.seen().items()}
    for key, value in expected.object("left", default={}).values.items() if "*" not in left_out else ():
        if f"left.{key}" not in left_out:
            yield CountedItem(f"left.{key}", left.get(key), value, _agrees(left.get(key), value))


def _results(bench: StorageBench, result: CommandResult | None) -> dict[str, Any]:
    if result is None:
        return {"cached": bench.cached}
    return {"rc": result.code, "error": result.error, "prints": result.prints, "cached": bench.cached}


def _changes(before: Mapping[str, Mapping[Any, str]], after: Mapping[str, Mapping[Any, str]]) -> dict[str, Any]:
    """What came, what went, and which image has another name."""
    found: dict[str, Any] = {}
    for kind in ("containers", "volumes", "images"):
        old, new = before[kind], after[kind]
        found[f"{kind}_new"] = [name for key, name in new.items() if key not in old]
        found[f"{kind}_gone"] = [name for key, name in old.items() if key not in new]
        found[f"{kind}_changed"] = [f"{old[key]} -> {name}" for key, name in new.items() if old.get(key, name) != name]
    return found


def _agrees(found: Any, want: Any) -> bool:
    """Whether both say the same; the order of what came, went or is left says nothing."""
    if isinstance(found, list) and isinstance(want, list):
        return sorted(map(str, found)) == sorted(map(str, want))
    if isinstance(found, dict) and isinstance(want, dict):
        return all(found.get(key) == value for key, value in want.items())
    return bool(found == want)
