"""How long the dies of a flash drive take: each read differs, and one that is spread over several ends with the last.

A die reads one page at a time. Which die an operation needs is decided by where its data lie, so operations meet on
one die while others are idle (Hu et al., "Performance impact and interplay of SSD parallelism", ICS 2011). Large
operations are spread over dies, page by page.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_STEPS = 2000


def factors(sigma: float, stream: random.Random) -> Callable[[], float]:
    """Factors whose logarithm has that sigma, and whose mean is one."""
    if not sigma:
        return lambda: 1.0
    gauss, exp, half = stream.gauss, math.exp, sigma * sigma / 2
    return lambda: exp(gauss(0.0, sigma) - half)


def slowest(parts: int, sigma: float, stream: random.Random) -> Callable[[], float]:
    """The greatest of so many of `factors`, by one random number: all are below x with probability F(x) ** parts."""
    if parts == 1 or not sigma:
        return factors(sigma, stream)
    return lambda: _slowest(stream.random() or 0.5, parts, sigma)


@lru_cache(maxsize=256)
def mean_slowest(parts: int, sigma: float) -> float:
    """The mean of the greatest of so many factors, as the midpoints of equal shares have it."""
    if parts == 1 or not sigma:
        return 1.0
    return math.fsum(_slowest((step + 0.5) / _STEPS, parts, sigma) for step in range(_STEPS)) / _STEPS


def _slowest(share: float, parts: int, sigma: float) -> float:
    below = min(share ** (1 / parts), 1 - 1e-12)
    return math.exp(sigma * _NORMAL.inv_cdf(below) - sigma * sigma / 2)
