"""Recordings of real engines, replayed: what the model predicts, beside what the engine did.

What a file holds is seen from the file. Recorded builds count steps by builder (`replays.builds`). Every other kind
counts items and whole cases (`replays.counting`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn, Protocol

from sim import limits
from sim.errors import InputError, Problem
from sim.evidence.replays import builds, compose, kubernetes, lifecycle, registry, swarm
from sim.evidence.replays.builds import Agreement, StepDisagreement
from sim.evidence.replays.counting import CaseDisagreement, Tally
from sim.inputfile import read_text


class RecordingKind(Protocol):
    """A kind of recording: a module of `sim.evidence.replays`."""

    KIND: str
    """What its counts are called in the answer: "lifecycle", "compose"."""
    RECORDINGS: tuple[str, ...]
    """The files of this kind that come with the package, in `sim/evidence/data`."""

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether a file's object is a recording of this kind."""

    def replay(self, data: Mapping[str, Any], file: str) -> Tally:
        """Replay it. Raises `InputError` naming what is wrong with the file."""


KINDS: tuple[RecordingKind, ...] = (lifecycle, compose, swarm, kubernetes, registry)


@dataclass
class ReplayResult:
    """Agreement by builder, and of each other kind, in the order they appear, and every disagreement."""

    builders: dict[str, Agreement] = field(default_factory=dict)
    steps: list[StepDisagreement] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def disagreements(self) -> list[StepDisagreement | CaseDisagreement]:
        """All that disagrees, steps of builds first."""
        return [*self.steps, *(item for tally in self.tallies.values() for item in tally.disagreements)]

    @property
    def agrees(self) -> bool:
        """Whether nothing disagrees."""
        return not self.disagreements

    def plain(self) -> dict[str, Any]:
        """The object that `replay --format json` prints."""
        counts: dict[str, Any] = {kind: tally.plain() for kind, tally in self.tallies.items()}
        if self.builders:
            counts = {"builders": {name: dict(vars(agreement)) for name, agreement in self.builders.items()}} | counts
        listed = [{name: getattr(item, name) for name in item.__slots__} for item in self.disagreements]
        return counts | {"disagreements": listed}


def replay(path: str | Path | None = None, check: Callable[[], None] = lambda: None) -> ReplayResult:
    """Replay a recording, or without a path all that come with the package.

    Args:
        check: Called after each recording. It may raise `CancelledError`.

    Raises `InputError` naming what is wrong with the file.
    """
    result = ReplayResult()
    if path is not None:
        _replay(read_text(Path(path), limits.RECORDING), str(path), result)
        check()
        return result
    for name in (*builds.RECORDINGS, *(name for kind in KINDS for name in kind.RECORDINGS)):
        _replay(resources.files("sim.evidence").joinpath("data", name).read_text("utf-8"), name, result)
        check()
    return result


def _replay(text: str, file: str, result: ReplayResult) -> None:
    data = _parsed(text, file)
    for kind in KINDS:
        if isinstance(data, dict) and kind.holds(data):
            tally = kind.replay(data, file)
            if not tally.items:
                raise InputError(Problem("nothing in it is counted; expected a case with something to agree on", file))
            result.tallies.setdefault(kind.KIND, Tally(kind.KIND)).add(tally)
            return
    builds.replay_builds(data, file, result.builders, result.steps)


def _parsed(text: str, file: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise InputError(Problem(f"no JSON: {error.msg}", file, error.lineno, error.colno)) from None
    except ValueError as error:  # no number, or one of too many digits
        raise InputError(Problem(f"no JSON: {error}", file)) from None
    except RecursionError:
        raise InputError(Problem("its JSON is nested too deeply", file)) from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
