"""Chain IDs and the zipping of history with layers."""

import hashlib

from sim.archives.layers import HistoryEntry, chain_ids, instructions


def test_chain_id_of_the_first_layer_is_its_diff_id_and_of_the_next_a_digest_of_both():
    """The OCI image-spec's ChainID rule, written out for three layers."""
    one, two, three = (f"sha256:{letter * 64}" for letter in "abc")
    second = "sha256:" + hashlib.sha256(f"{one} {two}".encode()).hexdigest()
    third = "sha256:" + hashlib.sha256(f"{second} {three}".encode()).hexdigest()
    assert chain_ids([one, two, three]) == (one, second, third)
    assert chain_ids([]) == ()


def test_the_same_layer_on_another_parent_has_another_chain_id():
    assert chain_ids(["sha256:a", "sha256:c"])[1] != chain_ids(["sha256:b", "sha256:c"])[1]


def test_history_entries_without_a_layer_are_passed_over():
    history = [
        HistoryEntry(created_by="ADD rootfs"),
        HistoryEntry(created_by="ENV A=1", empty_layer=True),
        HistoryEntry(created_by="RUN make"),
        HistoryEntry(created_by='CMD ["a"]', empty_layer=True),
    ]
    assert instructions(history, 2) == ("ADD rootfs", "RUN make")


def test_missing_and_short_and_long_history_are_tolerated():
    assert instructions([], 2) == ("", "")
    assert instructions([HistoryEntry(created_by="ADD rootfs")], 3) == ("ADD rootfs", "", "")
    assert instructions([HistoryEntry(created_by=name) for name in "abc"], 1) == ("a",)
