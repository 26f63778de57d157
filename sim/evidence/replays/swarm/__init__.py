"""Recorded swarm services, replayed: what tasks a service came to, how its updates went, what was shown of it.

The recording's cases are given to `sim.swarm` as they were given to a swarm of one node. What `expect` says of a case
is counted as the recording counts it: each entry of an object, each entry of `slots`, `order`, `while` and `commands`,
and else each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim import limits
from sim.errors import InputError
from sim.evidence.replays.counting import Tally
from sim.evidence.replays.swarm.items import case_items
from sim.evidence.replays.swarm.recording import check_swarm_recording
from sim.evidence.replays.swarm.run import RECORDED_NODE, run_case

KIND = "swarm"
RECORDINGS: tuple[str, ...] = ("recorded_swarm.json",)
"""The recordings that come with the package, in `sim/evidence/data`."""


def holds(data: Mapping[str, Any]) -> bool:
    """Whether a file's object is a recording of swarm services."""
    cases = data.get("cases")
    if not isinstance(cases, list):
        return False
    return any(isinstance(case, dict) and {"specs", "observed_s"} <= case.keys() for case in cases)


def replay(data: Mapping[str, Any], file: str) -> Tally:
    """Replay a recording. Raises `InputError` with everything wrong with it."""
    problems = check_swarm_recording(data, file)
    if problems:
        raise InputError(problems)
    tally = Tally(KIND)
    node, left = data.get("node") or RECORDED_NODE, limits.SWARM_EVENTS
    for number, case in enumerate(data["cases"]):
        try:
            run = run_case(case, node, file, f"cases.{number}", left)
            left -= run.events
            tally.count(case["id"], case_items(run))
        except InputError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever the model stumbles over is told of the case
            tally.stumble(case["id"], error)
    return tally
