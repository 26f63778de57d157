"""What never happened is later than all else, and arithmetic on it is defined."""

import pytest

from sim.errors import InputError
from sim.expression import evaluate
from sim.never import NEVER, difference, never, ratio

VALUES = {"vm.first_kill.value": NEVER, "lxc.first_kill.value": NEVER, "docker.first_kill.value": 90.0, "a.b.c": 0.0}


def test_it_is_later_than_every_time_and_no_time_is_it() -> None:
    assert never(NEVER)
    assert not any(never(value) for value in (0.0, 1e300, -NEVER))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vm.first_kill.value > 60", True),
        ("vm.first_kill.value < 60", False),
        ("vm.first_kill.value <= 60 or vm.first_kill.value == 60", False),
        ("docker.first_kill.value < vm.first_kill.value", True),
        ("vm.first_kill.value == lxc.first_kill.value", True),
        ("vm.first_kill.value - lxc.first_kill.value", 0.0),
        ("abs(vm.first_kill.value - lxc.first_kill.value) < 1", True),
        ("abs(vm.first_kill.value - docker.first_kill.value) < 1", False),
        ("vm.first_kill.value - docker.first_kill.value", NEVER),
        ("docker.first_kill.value - vm.first_kill.value", -NEVER),
        ("vm.first_kill.value / lxc.first_kill.value", 1.0),
        ("vm.first_kill.value / docker.first_kill.value > 10", True),
        ("docker.first_kill.value / vm.first_kill.value", 0.0),
        ("docker.first_kill.value * 5 < vm.first_kill.value", True),
        ("vm.first_kill.value * 5 < lxc.first_kill.value", False),
        ("min(vm.first_kill.value, docker.first_kill.value)", 90.0),
    ],
)
def test_expressions_compare_and_reckon_with_it(text: str, expected: float | bool) -> None:
    assert evaluate(text, VALUES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "vm.first_kill.value * a.b.c < 1",
        "not vm.first_kill.value % 60 > 1",
        "-vm.first_kill.value + lxc.first_kill.value",
    ],
)
def test_where_no_number_is_left_nothing_is_true(text: str) -> None:
    """An expression that compared "not a number" would be false, and its opposite true."""
    with pytest.raises(InputError, match="what never happened leaves no number here"):
        evaluate(text, VALUES)


def test_differences_and_ratios_of_numbers_are_what_they_are() -> None:
    assert (difference(3.0, 5.0), ratio(3.0, 4.0)) == (-2.0, 0.75)
    with pytest.raises(ZeroDivisionError):
        ratio(NEVER, 0.0)
