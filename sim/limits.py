"""How much is taken from outside before it is refused, in one place: text, files and what they ask for.

Each limit is far above what people's own files hold. Past it the input is refused with the number (`sim.errors`), so
that a page shown to strangers, and a CI job, stay answerable. Sizes are in bytes.
"""

from __future__ import annotations

KIB, MIB = 2**10, 2**20

SCENARIO = 1_000_000
"""Bytes of a scenario file, or of a host's profile."""

RECORDING = 64 * MIB
"""Bytes of a recording that `replay` reads."""

BASELINE = 100 * MIB
"""Bytes of a baseline that `run` compares with."""

DOCKERFILE = 4 * MIB
"""Bytes of a Dockerfile or an ignore file; BuildKit reads no more of a Dockerfile either."""

EXPRESSION = 2_000
"""Characters of one expression (`expect`, findings, answers, placeholders)."""

EXPRESSION_DEPTH = 50
"""Levels of brackets and signs inside an expression: what a recursive evaluation has room for anywhere."""

PROBLEMS = 50
"""Problems that are told of one file; of more, their number."""

MESSAGE = 1_000
"""Characters of a problem's message; of a longer one the beginning and the end are told."""

PLACE = 300
"""Characters of a problem's file and of its dotted path, cut in the same way."""
