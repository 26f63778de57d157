"""When a service's rules follow its endpoints: two syncs at once, then one a second; and where nobody is ready."""

from __future__ import annotations

import pytest
from simpy import Environment

from sim.kubernetes.controllers.base import ControlPlaneTimes, call_in
from sim.orchestration.kube_proxy import RULES, Endpoint, ServiceRules

TIMES = ControlPlaneTimes(request=0.006, watch=0.003)
SLICE = 0.003 + 0.006 + 0.003
"""The endpoint controller hears of a pod, writes its slice, and the proxies hear of that."""
READY = Endpoint(serving=True, terminating=False)


def told(*changes: tuple[float, str, Endpoint | None]) -> list[tuple[float, str, bool]]:
    env, heard = Environment(), []
    rules = ServiceRules(env, TIMES, lambda uid, listed: heard.append((round(env.now, 6), uid, listed)))
    for at, uid, endpoint in changes:
        call_in(env, at, lambda uid=uid, endpoint=endpoint: rules.tell(uid, endpoint))  # type: ignore[misc]
    env.run(until=60)
    return heard


def test_a_pod_is_listed_once_slice_and_rules_are_written() -> None:
    assert told((1.0, "a", READY)) == [(pytest.approx(1 + SLICE + RULES), "a", True)]


def test_two_syncs_follow_each_other_at_once_and_the_third_waits_for_its_second() -> None:
    heard = told((1.0, "a", READY), (1.2, "b", READY), (1.4, "c", READY), (1.5, "d", READY))
    first, second = 1.0 + SLICE + RULES, 1.2 + SLICE + RULES
    third = 1.2 + SLICE + 1.0 + RULES  # a second after the start of the one before; the fourth change goes with it
    assert heard == [
        (pytest.approx(first), "a", True),
        (pytest.approx(second), "b", True),
        (pytest.approx(third), "c", True),
        (pytest.approx(third), "d", True),
    ]


def test_a_pod_that_is_deleted_is_left_out_but_where_nobody_else_is_ready() -> None:
    leaving = Endpoint(serving=True, terminating=True)
    heard = told((1, "a", READY), (10, "a", leaving), (20, "b", READY), (30, "a", None), (40, "b", None))
    assert [(uid, listed) for _, uid, listed in heard] == [("a", True), ("a", False), ("b", True), ("b", False)]
    assert heard[1][0] > 20  # only once another one is ready
