"""Recorded pushes and pulls, replayed: what was asked, what moved, what either side had afterwards.

Each case's commands are given to `sim.registry.exchange` as they were given to an engine. What `expect` says of a case
is counted as the recording counts it: each entry of an object and each layer's word is an item, and else each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.evidence.replays.counting import Tally
from sim.evidence.replays.fields import Effort, RecordedFields
from sim.evidence.replays.registry.items import case_items, expected_items
from sim.evidence.replays.registry.recording import RegistryRecording
from sim.registry.exchange.goods import TooManyStepsError

KIND = "registry"
RECORDINGS: tuple[str, ...] = ("recorded_registry.json",)
"""The recordings that come with the package, in `sim/evidence/data`."""


def holds(data: Mapping[str, Any]) -> bool:
    """Whether a file's object is a recording of registry traffic."""
    cases = data.get("cases")
    if not isinstance(cases, list):
        return False
    return any(isinstance(case, dict) and {"store", "given", "expect"} <= case.keys() for case in cases)


def replay(data: Mapping[str, Any], file: str) -> Tally:
    """Replay a recording. Raises `InputError` naming what is wrong with it."""
    tally = Tally(KIND)
    fields = RecordedFields(data, file, "", Effort(limits.LIFECYCLE_EVENTS))
    for number, case in enumerate(RegistryRecording(fields).cases()):
        try:
            tally.count(case.name, case_items(case, case.exchange.play(case.commands)))
        except TooManyStepsError:
            message = f"by here more than {limits.REGISTRY_STEPS:,} names and layers are looked at"
            raise InputError(Problem(message, file, path=f"cases.{number}")) from None
        except Exception as error:  # noqa: BLE001 -- whatever the model stumbles over is told of the case
            tally.stumble(case.name, error, expected_items(case))
    return tally
