"""One module per question: its parameters, its run, its metrics.

Where a question has several modules, the names of the others begin with its own: `rollout` has `rollout_parameters`.
What several questions share is in `parameters`, `base`, `once` and `host_capacity`.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from sim.errors import InputError
from sim.studies.base import Study

_DECLARED = re.compile(r"^STUDY\b", re.MULTILINE)


def names() -> tuple[str, ...]:
    """The studies there are, by name: the modules of this package that declare `STUDY`.

    They are read and not imported: a study is imported only when it is asked for.
    """
    modules = [path for folder in __path__ for path in Path(folder).glob("*.py")]
    return tuple(sorted(path.stem for path in modules if _DECLARED.search(path.read_text(encoding="utf-8"))))


NAMES = names()
"""The studies there are. Each is `STUDY` in the module of its name."""


def study(name: str) -> Study:
    """The study of that name. Raises `InputError` naming those there are."""
    if name not in NAMES:
        raise InputError(f"no study {name!r}; there are {', '.join(NAMES)}")
    named: Study = importlib.import_module(f"sim.studies.{name}").STUDY
    return named
