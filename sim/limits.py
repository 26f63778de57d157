"""How much is taken from outside before it is refused, in one place: text, files and what they ask for.

Each limit is far above what people's own files hold. Past it the input is refused with the number (`sim.errors`), so
that a page shown to strangers, and a CI job, stay answerable. Sizes are in bytes.
"""

from __future__ import annotations

KIB, MIB, GIB = 2**10, 2**20, 2**30

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

STARTS = 20_000
"""Instances that a page starts for one answer, or nodes that pull, over all labels and replications: seconds."""

LINK = 1_000
"""Characters of one value in a page's link that are looked at; the longest that can be used has some 700."""

UPLOAD = 200 * MIB
"""Bytes of one file that the dashboard's server takes; .streamlit/config.toml says it to the server."""

CONTEXT_UPLOAD = 32 * MIB
"""Bytes of all files together that the layer lab takes at once."""

CONTEXT_CONTENT = 64 * MIB
"""Bytes of those files once unpacked."""

CONTEXT_FILES = 5_000
"""Files of a build context that the layer lab takes."""

CONTEXT_PATH = 1_024
"""Bytes of one path in it."""

LAB_TEXT = 128 * KIB
"""Bytes of a Dockerfile, an ignore file or a file's new content in the layer lab: each key stroke plans it again."""

LAB_STEPS = 500
"""Instructions of a Dockerfile in the layer lab, which draws a card for each."""

LAB_COPIED = 250_000
"""Files of the context times instructions that copy, in the layer lab: some three seconds' work for a build."""

LAB_MATCHED = 1_000_000
"""Files of the context times lines of its ignore files: a second's work."""

LAB_BUILDS = 50
"""Builds that the layer lab keeps in its cache, all planned again for the next."""

IMAGE_CONTENT = 2 * GIB
"""Bytes that an archive uploaded to the images page may unpack to."""

IMAGE_FILES = 300_000
"""Files of all layers in it."""

MANIFEST = 4 * MIB
"""Bytes of a lock file or list of packages whose packages are counted; of a larger one the number is not known."""
