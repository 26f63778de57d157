"""Signals: names as the engine reads them, and default actions (signal(7))."""

import signal
import sys

import pytest

from sim.errors import InputError
from sim.lifecycle.signals import NUMBERS, default_action, killed_by, parse_signal


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the model's numbers are Linux's")
def test_every_number_is_the_kernel_s():
    theirs = {member.name.removeprefix("SIG"): member.value for member in signal.Signals}
    assert {name: number for name, number in NUMBERS.items() if name in theirs} == {
        name: number for name, number in theirs.items() if name in NUMBERS
    }
    assert {name for name in theirs if name not in NUMBERS} <= {"CLD", "IOT", "POLL"}


@pytest.mark.parametrize(
    ("text", "name"),
    [("TERM", "TERM"), ("sigterm", "TERM"), ("15", "TERM"), ("9", "KILL"), ("RTMAX-1", "RTMAX-1"), ("IOT", "ABRT")],
)
def test_a_signal_is_read_by_name_with_and_without_sig_and_by_number(text, name):
    assert parse_signal(text) == name


@pytest.mark.parametrize("text", ["0", "FOO", "", "65", "33", "-1", "15.0", "²", "9" * 40])
def test_what_is_no_signal_is_refused_with_the_word(text):
    with pytest.raises(InputError, match="no signal"):
        parse_signal(text)


def test_default_actions_and_exit_codes():
    assert [default_action(name) for name in ("TERM", "HUP", "SEGV", "CHLD", "WINCH", "TSTP", "CONT")] == [
        "terminate", "terminate", "terminate", "nothing", "nothing", "stop", "continue",
    ]  # fmt: skip
    assert [killed_by(name) for name in ("HUP", "KILL", "SEGV", "TERM")] == [129, 137, 139, 143]
