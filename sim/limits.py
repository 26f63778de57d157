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

MANIFEST = 4 * MIB
"""Bytes of a lock file or list of packages whose packages are counted; of a larger one the number is not known."""
