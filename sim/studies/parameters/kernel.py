"""The host's kernel, which several studies ask for with one meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from annotated_types import doc

from sim.catalog.kernel import VERSION
from sim.errors import Problem
from sim.reasons import Reason

HostKernel = Annotated[
    str | None,
    doc(
        "The Linux version that the host runs, such as 4.15; if left out, its own. "
        "On another, what was measured of its own kernel's locks does not count."
    ),
]


def kernel_problems(kernel: str | None) -> Iterator[Problem]:
    """What is wrong with a kernel's version."""
    if kernel is not None and not VERSION.fullmatch(kernel):
        why = Reason("kernel", "{value} is not a kernel's version, such as 4.15", value=repr(kernel))
        yield Problem(why, path="kernel")
