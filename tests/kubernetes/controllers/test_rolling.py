"""How far each ReplicaSet may grow or shrink, by hand arithmetic."""

import pytest

from sim.kubernetes.controllers import rolling


def deployment(wanted, surge=None, unavailable=None, **status):
    limits = {"maxSurge": surge, "maxUnavailable": unavailable}
    given = {name: value for name, value in limits.items() if value is not None}
    spec = {"replicas": wanted, "strategy": {"type": "RollingUpdate", "rollingUpdate": given}}
    return {"kind": "Deployment", "metadata": {"name": "web"}, "spec": spec, "status": status}


def replica_set(size, available=0, created=0.0, **annotations):
    metadata = {"name": f"rs{created}", "uid": f"{created}", "creationTimestamp": created, "annotations": annotations}
    status = {"availableReplicas": available}
    return {"kind": "ReplicaSet", "metadata": metadata, "spec": {"replicas": size}, "status": status}


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, None, None, (3, 2)),
        (7, "30%", "30%", (3, 2)),  # 2.1
        (3, "33%", "33%", (1, 0)),  # 0.99
        (1, "10%", "10%", (1, 0)),
        (5, 0, "10%", (0, 1)),  # both 0: one may be missing
        (5, 0, 0, (0, 1)),
        (4, 0, 10, (0, 10)),
        (100, "29%", "29%", (29, 29)),  # no rounding error of 0.29
    ],
)
def test_surge_rounds_up_and_unavailable_down(replicas, surge, unavailable, expected):
    assert rolling.fenceposts(deployment(replicas, surge, unavailable)) == expected


def test_no_more_can_be_missing_than_there_are():
    assert rolling.max_unavailable(deployment(4, 0, 10)) == 4
    assert rolling.max_unavailable(deployment(0)) == 0


def test_what_is_neither_number_nor_percentage_is_told():
    with pytest.raises(ValueError, match="'many'"):
        rolling.scaled("many", 10, up=True)


def test_the_new_one_grows_into_the_room_and_no_further_than_asked():
    one = deployment(10, 2, 1)
    assert rolling.new_size(one, [replica_set(10)], None) == 2
    new = replica_set(2, created=1.0)
    assert rolling.new_size(one, [replica_set(9), new], new) == 3
    assert rolling.new_size(one, [replica_set(10), new], new) == 2
    assert rolling.new_size(one, [replica_set(0), new], new) == 10


def test_new_pods_that_are_not_available_hold_old_ones_back():
    new = replica_set(5, available=0, created=1.0)
    assert rolling.removable(deployment(10, 3, 2), [replica_set(8, 8), new], new) == 0
    new = replica_set(5, available=2, created=1.0)
    assert rolling.removable(deployment(10, 3, 2), [replica_set(8, 8), new], new) == 2


def test_unhealthy_ones_go_first_oldest_first_and_only_as_far_as_allowed():
    old = [replica_set(5, 3), replica_set(4, 0, created=1.0)]
    assert rolling.without_unhealthy(old, 10) == {0: 3, 1: 0}
    assert rolling.without_unhealthy(old, 3) == {0: 3, 1: 3}
    assert rolling.without_unhealthy(old, 1) == {0: 4}


def test_a_status_from_before_a_scale_down_says_nothing():
    assert rolling.without_unhealthy([replica_set(5, 8)], 2) is None


def test_the_surplus_of_available_pods_goes_oldest_first():
    old = [replica_set(2, 2), replica_set(5, 5, created=1.0)]
    assert rolling.without_surplus(deployment(10, 3, 2), old, 12) == {0: 0, 1: 3}
    assert rolling.without_surplus(deployment(10, 3, 2), old, 8) == {}


def test_the_leftover_goes_to_the_largest_and_among_equals_to_the_newest():
    # both were 4 of at most 8, and may be 9 together now: 4 * 9 / 8 is 4.5, rounded to 5, but only 1 may be added
    sets = [replica_set(4, **{rolling.MAXIMUM: "8"}), replica_set(4, created=1.0, **{rolling.MAXIMUM: "8"})]
    sizes = {one["metadata"]["name"]: size for one, size in rolling.proportional(deployment(9, 0, 1), sets)}
    assert sizes == {"rs1.0": 5, "rs0.0": 4}


def test_without_a_recorded_size_the_share_is_of_the_status():
    sets = [replica_set(6), replica_set(4, created=1.0)]
    sizes = [size for _, size in rolling.proportional(deployment(20, 0, 1, replicas=10), sets)]
    assert sizes == [12, 8]
