"""A simulator and teaching model of virtualization: what a virtual machine costs, and what a container.

`lessons` names what ships with the package. `load` reads and checks a scenario. `run` runs one, and `sweep` at many
points of its parameters.

>>> import sim
>>> outcome = sim.run("taxonomy", replications=1)[0]
>>> outcome  # doctest: +ELLIPSIS
<Outcome of taxonomy: startup of esxi, virtualbox, kvm, firecracker, lxc, docker; seed 1, replications 1; ...>
>>> outcome.metric("docker", "startup_time", "p50").unit
's'

What goes wrong is a `SimError`. An `InputError` names every problem of an input, each with its place.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.errors import CancelledError as CancelledError
    from sim.errors import CatalogError as CatalogError
    from sim.errors import InputError as InputError
    from sim.errors import Problem as Problem
    from sim.errors import SimError as SimError
    from sim.loading import load as load
    from sim.loading import load_text as load_text
    from sim.loading import override as override
    from sim.loading.shipped import lessons as lessons
    from sim.notebook import Outcomes as Outcomes
    from sim.notebook import Sweep as Sweep
    from sim.notebook import run as run
    from sim.notebook import sweep as sweep
    from sim.outcome import Metric as Metric
    from sim.outcome import Outcome as Outcome
    from sim.scenario import Scenario as Scenario

__version__ = "0.1.0"

_LENT = {
    "CancelledError": "sim.errors",
    "CatalogError": "sim.errors",
    "InputError": "sim.errors",
    "Metric": "sim.outcome",
    "Outcome": "sim.outcome",
    "Problem": "sim.errors",
    "Scenario": "sim.scenario",
    "SimError": "sim.errors",
    "lessons": "sim.loading.shipped",
    "load": "sim.loading",
    "load_text": "sim.loading",
    "override": "sim.loading",
    "Outcomes": "sim.notebook",
    "Sweep": "sim.notebook",
    "run": "sim.notebook",
    "sweep": "sim.notebook",
}
"""The module that has each name. It is imported when it is first asked for: the model needs no scenario's reader."""

__all__ = [
    "CancelledError",
    "CatalogError",
    "InputError",
    "Metric",
    "Outcome",
    "Outcomes",
    "Problem",
    "Scenario",
    "SimError",
    "Sweep",
    "__version__",
    "lessons",
    "load",
    "load_text",
    "override",
    "run",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _LENT:
        return getattr(import_module(_LENT[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
