"""One module per question: its parameters, its run, its metrics.

A question of four modules or more is a folder of its name, as `startup` is. Of one with fewer, the names of the others
begin with its own: `memory` has `memory_time`. What several questions share is in `parameters`, `base`, `once` and
`host_capacity`.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from sim.errors import InputError
from sim.studies.base import Study
from sim.wording import suggestion

_DECLARED = re.compile(r"^STUDY\b", re.MULTILINE)


def names() -> tuple[str, ...]:
    """The studies there are, by name: the modules and the folders of this package that declare `STUDY`.

    They are read and not imported: a study is imported only when it is asked for.
    """
    named = {path: path.stem for folder in __path__ for path in Path(folder).glob("*.py")}
    named |= {path: path.parent.name for folder in __path__ for path in Path(folder).glob("*/__init__.py")}
    return tuple(sorted(name for path, name in named.items() if _DECLARED.search(path.read_text(encoding="utf-8"))))


NAMES = names()
"""The studies there are. Each is `STUDY` in the module of its name."""


def study(name: str) -> Study:
    """The study of that name. Raises `InputError` with the name that may be meant, or those there are."""
    if name not in NAMES:
        raise InputError(f"no study {name!r}{suggestion(name, NAMES)}")
    named: Study = importlib.import_module(f"sim.studies.{name}").STUDY
    return named
