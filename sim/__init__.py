"""A simulator and teaching model of virtualization: what a virtual machine and a container cost, by discrete events.

>>> import sim
>>> outcome = sim.run(sim.load("scenarios/taxonomy.yaml"), replications=1)[0]  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.batch.run import run as run
    from sim.loading import load as load

__version__ = "0.1.0"
__all__ = ["__version__", "load", "run"]


def __getattr__(name: str) -> Any:
    """`load` and `run` are imported when first asked for: a scenario's reader is not needed to run the model."""
    if name == "load":
        from sim.loading import load

        return load
    if name == "run":
        from sim.batch.run import run

        return run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
