"""The value of a time at which something would have happened, and did not: infinity, later than every time.

So comparisons and medians need no special case. Arithmetic would leave "not a number" where two such times meet. Here
two things that never happened are equal, as `==` says they are: nothing lies between them, and their ratio is one.
"""

from __future__ import annotations

import math

NEVER = math.inf


def never(value: float) -> bool:
    """Whether a value is the time of what never happened."""
    return value == NEVER


def difference(first: float, second: float) -> float:
    """How much later one is than the other. It is zero where neither happened.

    >>> difference(NEVER, NEVER), difference(NEVER, 60.0), difference(60.0, 20.0)
    (0.0, inf, 40.0)
    """
    return 0.0 if never(first) and never(second) else first - second


def ratio(first: float, second: float) -> float:
    """How many times the second the first is. It is one where neither happened.

    >>> ratio(NEVER, NEVER), ratio(NEVER, 60.0), ratio(60.0, 20.0)
    (1.0, inf, 3.0)

    Raises `ZeroDivisionError` where the second is zero.
    """
    return 1.0 if never(first) and never(second) else first / second
