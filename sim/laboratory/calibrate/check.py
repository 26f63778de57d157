"""Holds the model against this host: starts predicted from its profile, and the same starts as they were measured.

The profile sets nothing by the starts themselves, so that a prediction does not contain what it predicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.engine.seeds import SeedTree
from sim.laboratory.calibrate.results import Calibration, Measurement
from sim.studies.base import Context, statistic
from sim.studies.startup import Startup, run

CHECKED = {
    "crun": "crun.quiet.first_byte",
    "runc": "runc.quiet.first_byte",
    "podman": "podman.first_byte",
    "docker": "docker.first_byte",
}
"""Technology to the measurement of its start: the only one at the time, its image there, without a network."""

FACTOR = 2.0
"""How far off a prediction may be, as a ratio to the measured 10th percentile."""

_REPLICATIONS = 20


@dataclass(frozen=True, slots=True)
class CheckedStart:
    """A start that was predicted and measured.

    Attributes:
        predicted: Seconds from the request to the first byte of output, the median of replications.
    """

    technology: str
    predicted: float
    measured: Measurement

    @property
    def ratio(self) -> float:
        """Predicted against the measured 10th percentile."""
        return self.predicted / self.measured.p10

    @property
    def held(self) -> bool:
        """Whether it is within the factor."""
        return 1 / FACTOR < self.ratio < FACTOR


def predicted(technology: str, host: str) -> float:
    """Seconds of one start on a host, by its id or the path of its profile."""
    parameters = Startup(technology=technology, host=host, application="hello")
    seeds = SeedTree(1)
    runs = [run(parameters, Context("check", seeds.child("replication", index))) for index in range(_REPLICATIONS)]
    return statistic("p50", [value for each in runs for value in each.samples["startup_time"]])


def checked(calibration: Calibration, profile: Path) -> Sequence[CheckedStart]:
    """Each start that was measured, with what the model predicts by the profile."""
    found = []
    for technology, name in CHECKED.items():
        measured = calibration.measurement(name)
        if measured is not None:
            found.append(CheckedStart(technology, predicted(technology, str(profile)), measured))
    return found
