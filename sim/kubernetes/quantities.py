"""Resource quantities as Kubernetes writes them: "500m" of a core, "1.5Gi" of memory, "12e6".

A quantity is kept as the whole number of billionths that it is: Kubernetes keeps no finer part either. What is asked
in a coarser unit is rounded up, as Kubernetes does it (apimachinery, pkg/api/resource).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sim import limits
from sim.errors import InputError

NANO = 10**9
"""Billionths in one."""

TOP = 2**63 - 1
"""The largest quantity that the API server keeps."""

_BINARY = {f"{letter}i": 2 ** (10 * power) for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_FORM = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]+)")
_EXPECTED = "expected a number and one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, as in '500m' or '1.5Gi'"


def nanos(written: Any) -> int:
    """A quantity in billionths, rounded away from zero.

    >>> nanos("100m"), nanos(2), nanos("1Ki") == 1024 * NANO
    (100000000, 2000000000, True)

    Args:
        written: Text, or a number as YAML and JSON have it.

    Raises:
        InputError: Where it is no quantity, or one past `TOP`. Binary quantities past it are cut to it instead.
    """
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise InputError(f"{written!r} is no quantity; {_EXPECTED}")
    text = written if isinstance(written, str) else repr(written)
    if len(text) > limits.QUANTITY:
        raise InputError(f"a quantity of {len(text)} characters; the most is {limits.QUANTITY}")
    return _nanos(text)


def millis(written: Any) -> int:
    """A quantity in thousandths, rounded up.

    >>> millis("0.1"), millis("1u"), millis("2")
    (100, 1, 2000)
    """
    return -(-nanos(written) // 10**6)


def units(written: Any) -> int:
    """A quantity in ones, rounded up.

    >>> units("1.5Gi"), units("100m")
    (1610612736, 1)
    """
    return -(-nanos(written) // NANO)


@lru_cache(4096)
def _nanos(text: str) -> int:
    match = _FORM.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise InputError(f"{text!r} is no quantity; {_EXPECTED}")
    sign, whole, part, suffix = match[1], match[2], match[3] or "", match[4]
    exponent = 9 - len(part)
    factor = _BINARY.get(suffix, 1)
    if suffix not in _BINARY:
        exponent += _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    digits: int = int(whole + part or "0") * factor
    if not digits:
        return 0
    if exponent + len(str(digits)) > 40:
        raise InputError(f"{text!r} is over {TOP}, the largest quantity")
    # The exponent of a number that small does not matter: something is rounded up to a billionth.
    if exponent >= 0:
        size: int = digits * 10**exponent
    else:
        size = -(-digits // 10 ** min(-exponent, 2 * limits.QUANTITY))
    if size > TOP * NANO:
        if suffix not in _BINARY:
            raise InputError(f"{text!r} is over {TOP}, the largest quantity")
        size = TOP * NANO
    return -size if sign == "-" else size
