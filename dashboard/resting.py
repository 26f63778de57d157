"""What a server has loaded stays. So the collector of cycles need not look through it after every run of a page."""

from __future__ import annotations

import gc
import sys

_loaded = 0
"""How many modules were there when what they hold was last left to rest."""


def rest() -> None:
    """Take what is there out of the collector's sight, where modules have come since the last time.

    Streamlit collects after each run of a page (`runner.postScriptGC`), and holds all other sessions up meanwhile: 0.1
    s, nearly all of it for modules, schemas and the catalog. Called where a run begins, there is little garbage: what
    could rest with it is no more than a few runs, as modules come no more often.
    """
    global _loaded  # noqa: PLW0603 -- the collector is the process's
    if len(sys.modules) > _loaded:
        _loaded = len(sys.modules)
        gc.freeze()
