"""Recorded compose projects, replayed: what docker compose's commands gave back, and what became of the containers.

A case is given to the model as a project of texts and its commands; every rule is the model's (`sim.compose`). The
recording's `not_counted` is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.evidence.replays.compose.bench import ComposeBench
from sim.evidence.replays.compose.items import project_items
from sim.evidence.replays.counting import Tally
from sim.evidence.replays.fields import Effort, RecordedFields

KIND = "compose"
RECORDINGS: tuple[str, ...] = ("recorded_compose.json",)


def holds(data: Mapping[str, Any]) -> bool:
    """Whether a file's object is a recording of compose projects."""
    cases = data.get("cases")
    first = cases[0] if isinstance(cases, list) and cases else None
    return isinstance(first, dict) and {"compose_yaml", "actions"} <= first.keys()


def replay(data: Mapping[str, Any], file: str) -> Tally:
    """Replay a recording. Raises `InputError` with everything wrong with it."""
    tally = Tally(KIND)
    problems: list[Problem] = []
    for case in RecordedFields(data, file, "", Effort(limits.LIFECYCLE_EVENTS)).objects("cases"):
        with tally.playing(partial(case.text, "id"), problems):
            bench = ComposeBench(case)
            bench.run()
            tally.count(case.text("id"), list(project_items(case, bench)))
    if problems:
        raise InputError(problems)
    return tally
