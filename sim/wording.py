"""Pieces of messages about what somebody wrote: a value, and the name that may be meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any


def suggestion(name: str, known: Iterable[str]) -> str:
    """', did you mean ...?', or '; there are ...', to end a message about an unknown name."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f", did you mean {near[0]!r}?"
    return f"; there are {', '.join(known)}" if known else ""


def shown(value: Any) -> str:
    """A value in a message, short."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
