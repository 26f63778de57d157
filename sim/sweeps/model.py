"""Which model a sweep's numbers are of: the package's version, and a digest of what computes them."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from sim import __version__

_PACKAGE = Path(__file__).resolve().parents[1]
_NO_NUMBERS = {
    "cli",
    "locale",
    "report",
    "export",
    "live",
    "classroom",
    "evidence",
    "laboratory",
    "layerlab",
    "exploring",
}
"""Folders of the package that change no number of a run."""


@functools.cache
def model() -> str:
    """The version with a digest of the model's modules and of the catalog, as "0.1.0+5c1f0a9e2b7d".

    A store that an older model began is not gone on with, and a worker with another model is refused.
    """
    found = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        place = path.relative_to(_PACKAGE)
        if path.suffix in (".py", ".toml", ".csv") and place.parts[0] not in _NO_NUMBERS:
            found.update(f"\n{place.as_posix()}\n".encode())
            found.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return f"{__version__}+{found.hexdigest()[:12]}"
