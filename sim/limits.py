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

LINE = 65_535
"""Characters of a line of a Dockerfile; BuildKit reads no longer ones either."""

EXPANDED = 128 * KIB
"""Bytes that the variables of one word may come to: Linux passes a program no longer string (execve(2), Limits)."""

EXPANDED_TOTAL = 4 * MIB
"""Bytes that all steps of a build may hold of expanded words and environments: 2 KiB for each of 2,000 steps."""

SUBSTITUTIONS = 500
"""Substitutions by a pattern, such as `${A%.*}`, in a Dockerfile."""

SUBSTITUTED = 4096
"""Characters of one of them as written."""

MATCHING = 2**18
"""Steps that one of them may take to match, at worst: the value's length to the power of the stars and one more."""

PATTERN = 1024
"""Characters of a pattern of a COPY or an ignore file."""

RULES = 1000
"""Patterns of an ignore file, or of the `--exclude` flags of one instruction."""

REMEMBERED = 16 * MIB
"""Characters of the folders whose outcome an ignore file's matcher keeps in mind."""

INSTRUCTIONS = 200_000
"""Instructions of a Dockerfile that `inspect` reads."""

STEPS = 2000
"""Instructions that a build plans, those of ONBUILD counted in each stage that runs them; real ones have below 500."""

PROBLEMS = 50
"""Problems of a Dockerfile that are told."""
