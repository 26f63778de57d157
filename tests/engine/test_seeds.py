"""The seed tree: one stream a cause, the same numbers everywhere."""

import statistics

from sim.engine.seeds import SeedTree


def test_the_same_place_and_cause_give_the_same_numbers():
    first = SeedTree(1).child("scenario", "race", "replication", 3).stream("arrivals")
    second = SeedTree(1).child("scenario").child("race", "replication").child(3).stream("arrivals")
    assert [first.random() for _ in range(5)] == [second.random() for _ in range(5)]


def test_numbers_are_those_of_every_platform():
    """SHA-256 and the Mersenne Twister are the same everywhere; a change here changes every published result."""
    assert SeedTree(1).child("replication", 0).stream("arrivals").random() == 0.6925221701312658


def test_places_and_causes_do_not_share_numbers():
    streams = [
        SeedTree(root).child("replication", replication).stream(cause)
        for root in (1, 2)
        for replication in (0, 1)
        for cause in ("a", "b")
    ]
    assert len({stream.random() for stream in streams}) == 8


def test_neighbouring_replications_are_not_correlated():
    pairs = [[SeedTree(5).child(k + shift).stream("x").random() for k in range(2000)] for shift in (0, 1)]
    assert abs(statistics.correlation(*pairs)) < 4 / 2000**0.5
