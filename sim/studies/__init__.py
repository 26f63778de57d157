"""One module per question: its parameters, its run, its metrics."""

from __future__ import annotations

import importlib

from sim.errors import InputError
from sim.studies.base import Study

NAMES = ("startup", "memory", "density", "build", "distribution")
"""The studies there are; each is `STUDY` in the module of its name, imported only when it is asked for."""


def study(name: str) -> Study:
    """The study of that name. Raises `InputError` naming those there are."""
    if name not in NAMES:
        raise InputError(f"no study {name!r}; there are {', '.join(NAMES)}")
    found: Study = importlib.import_module(f"sim.studies.{name}").STUDY
    return found
