"""How long a container takes to end, by hand: hook, TERM, KILL, and the grace period that holds for all of them."""

import pytest

from sim.kubernetes.termination import KILLED, TERMINATED, grace_of, termination


def hook(**fields):
    return {"lifecycle": {"preStop": fields}}


@pytest.mark.parametrize(
    ("container", "grace", "on_term", "term", "ends", "code"),
    [
        ({}, 30, 0.5, 0, 0.5, TERMINATED),
        ({}, 30, None, 0, 30, KILLED),  # it does not hear TERM
        ({}, 30, 40, 0, 30, KILLED),
        ({}, 0, None, 0, 1, KILLED),  # no grace is one second
        (hook(sleep={"seconds": 5}), 30, 0.5, 5, 5.5, TERMINATED),
        (hook(sleep={"seconds": 5}), 30, None, 5, 30, KILLED),  # the hook is part of the grace period
        (hook(sleep={"seconds": 40}), 30, 0.5, 30, 30.5, TERMINATED),
        (hook(sleep={"seconds": 40}), 30, None, 30, 32, KILLED),  # two seconds more
        (hook(sleep={"seconds": 29}), 30, None, 29, 31, KILLED),
        (hook(exec={"command": ["sleep", "5"]}), 30, 0.5, 5, 5.5, TERMINATED),
        (hook(exec={"command": ["/bin/sh", "-c", "sleep 7"]}), 30, 0.5, 7, 7.5, TERMINATED),
        (hook(exec={"command": ["nginx", "-s", "quit"]}), 30, 0.5, 3, 3.5, TERMINATED),  # what is given: 3 s
        (hook(httpGet={"path": "/"}), 30, 0.5, 3, 3.5, TERMINATED),
    ],
)
def test_a_container_ends_by_its_hook_then_term_then_kill(container, grace, on_term, term, ends, code):
    assert termination(container, grace, on_term, hook=3.0) == (term, ends, code)


def test_the_grace_period_is_the_probes_or_the_pods_or_thirty_seconds():
    assert grace_of({}) == 30
    assert grace_of({"terminationGracePeriodSeconds": 5}) == 5
    assert grace_of({"terminationGracePeriodSeconds": 5}, {"terminationGracePeriodSeconds": 1}) == 1
    assert grace_of({"terminationGracePeriodSeconds": 5}, {}) == 5
