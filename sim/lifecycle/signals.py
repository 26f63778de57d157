"""Linux signals: their numbers, what they do to a process that handles none, and how an engine reads their names.

Numbers and default actions are those of x86-64 and arm64 (signal(7)). Names are written without SIG.
"""

from __future__ import annotations

from typing import Literal

from sim.errors import InputError

DefaultAction = Literal["terminate", "stop", "continue", "nothing"]

NUMBERS = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "ILL": 4,
    "TRAP": 5,
    "ABRT": 6,
    "BUS": 7,
    "FPE": 8,
    "KILL": 9,
    "USR1": 10,
    "SEGV": 11,
    "USR2": 12,
    "PIPE": 13,
    "ALRM": 14,
    "TERM": 15,
    "STKFLT": 16,
    "CHLD": 17,
    "CONT": 18,
    "STOP": 19,
    "TSTP": 20,
    "TTIN": 21,
    "TTOU": 22,
    "URG": 23,
    "XCPU": 24,
    "XFSZ": 25,
    "VTALRM": 26,
    "PROF": 27,
    "WINCH": 28,
    "IO": 29,
    "PWR": 30,
    "SYS": 31,
    "RTMIN": 34,
    **{f"RTMIN+{n}": 34 + n for n in range(1, 16)},
    **{f"RTMAX-{n}": 64 - n for n in range(14, 0, -1)},
    "RTMAX": 64,
}
"""Every signal that an engine knows, by name; the C library keeps 32 and 33 to itself."""

_OTHER_NAMES = {"CLD": "CHLD", "IOT": "ABRT", "POLL": "IO"}
_NAMES = {number: name for name, number in NUMBERS.items()}

_NOTHING = frozenset({"CHLD", "URG", "WINCH"})
_STOP = frozenset({"STOP", "TSTP", "TTIN", "TTOU"})

NOT_FORWARDED = frozenset({"FPE", "ILL", "SEGV", "BUS", "ABRT", "TRAP", "SYS", "TTIN", "TTOU", "CHLD", "KILL", "STOP"})
"""What tini, the engine's `--init`, does not pass on to its child (tini 0.19, `configure_signals`)."""


def parse_signal(text: str) -> str:
    """The name of a signal as an engine reads it: "SIGTERM", "term", "15".

    >>> parse_signal("SIGTERM"), parse_signal("9"), parse_signal("rtmin+3")
    ('TERM', 'KILL', 'RTMIN+3')

    Raises `InputError` for what is no signal; 0 is none (moby/sys/signal, `ParseSignal`).
    """
    word = text.strip().upper().removeprefix("SIG")
    word = _OTHER_NAMES.get(word, word)
    if word in NUMBERS:
        return word
    if word.isascii() and word.isdigit() and len(word) < 4 and int(word) in _NAMES:
        return _NAMES[int(word)]
    raise InputError(f"no signal {text!r}; there are HUP, INT, KILL, TERM, ..., RTMAX, or their numbers from 1 to 64")


def default_action(name: str) -> DefaultAction:
    """What a signal does to a process that has no handler for it and is not process 1."""
    if name in _NOTHING:
        return "nothing"
    if name in _STOP:
        return "stop"
    return "continue" if name == "CONT" else "terminate"


def killed_by(name: str) -> int:
    """The exit code that shells and engines report of a process that a signal ended: 128 and its number."""
    return 128 + NUMBERS[name]
