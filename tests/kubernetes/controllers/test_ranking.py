"""Which pods go first, by each of the rules in turn (ActivePodsWithRanks)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kubernetes.controllers.ranking import DELETION_COST, to_delete
from sim.kubernetes.objects import uid_of

NOW = 1000.0


def pod(uid, node="n1", phase="Running", ready=0.0, created=0.0, restarts=0, cost=None):
    conditions = [] if ready is None else [{"type": "Ready", "status": "True", "lastTransitionTime": ready}]
    notes = {} if cost is None else {DELETION_COST: cost}
    return {
        "kind": "Pod",
        "metadata": {"name": uid, "uid": uid, "creationTimestamp": created, "annotations": notes},
        "spec": {"nodeName": node},
        "status": {"phase": phase, "conditions": conditions, "containerStatuses": [{"restartCount": restarts}]},
    }


@pytest.mark.parametrize(
    ("goes", "stays"),
    [
        (pod("b", node=""), pod("a", phase="Pending", ready=None)),
        (pod("b", phase="Pending", ready=None), pod("a", ready=None)),
        (pod("b", ready=None), pod("a", cost="-5")),
        (pod("b", cost="-5"), pod("a", ready=999.0)),
        (pod("b", cost="-5"), pod("a", cost="+7")),  # a plus sign is no cost: 0
        (pod("b", ready=990.0), pod("a", ready=0.0)),
        (pod("b", ready=990.0, restarts=0), pod("a", ready=0.0, restarts=9)),
        (pod("b", restarts=2), pod("a")),
        (pod("b", created=900.0), pod("a")),
        (pod("a", created=10.0), pod("b", created=20.0)),  # 990 s and 980 s: of one power of two, so chance decides
        (pod("a", ready=10.0), pod("b", ready=20.0)),
    ],
)
def test_one_goes_before_the_other(goes, stays):
    assert to_delete([stays, goes], [], 1, NOW) == [goes]


def test_the_node_with_the_most_pods_gives_one_up_first():
    pods = [pod("a", "n1"), pod("b", "n1"), pod("c", "n2")]
    assert [uid_of(one) for one in to_delete(pods, pods, 1, NOW)] == ["a"]
    crowd = [pod("x", "n2"), pod("y", "n2")]
    assert [uid_of(one) for one in to_delete(pods, [*pods, *crowd], 1, NOW)] == ["c"]


PODS = st.lists(
    st.tuples(
        st.sampled_from(["", "n1", "n2"]),
        st.sampled_from(["Pending", "Running"]),
        st.one_of(st.none(), st.floats(0, 999)),
        st.floats(0, 999),
        st.integers(0, 3),
    ),
    max_size=12,
)


@given(drawn=PODS, count=st.integers(0, 12))
def test_as_many_go_as_are_asked_for_and_ready_ones_last(drawn, count):
    pods = [pod(f"{number:02}", *values) for number, values in enumerate(drawn)]
    gone = to_delete(pods, pods, count, NOW)
    assert len(gone) == min(count, len(pods))
    kept = [one for one in pods if one not in gone]
    running = [one for one in kept if one["spec"]["nodeName"] and one["status"]["phase"] == "Running"]
    if any(
        one["status"]["conditions"] and one["spec"]["nodeName"] and one["status"]["phase"] == "Running" for one in gone
    ):
        assert all(one["status"]["conditions"] for one in running)
