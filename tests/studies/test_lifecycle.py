"""The lifecycle study: starts, waits and stops by hand. A start takes 0.2 s."""

import math

import pytest

from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.studies.base import Context
from sim.studies.lifecycle import Lifecycle, run

CONTEXT = Context("x", SeedTree(1))


def lives(bound="value", **params):
    found = run(Lifecycle(**params), Context("x", SeedTree(1), bound))
    return {name: value for name, (value,) in found.samples.items()}


def test_what_ends_at_once_is_started_19_times_in_ten_minutes():
    """Waits of 0.1 s doubling to 51.2 are 102.3 s; eight of 60 s follow, and 19 starts take 3.8 s: 586.1 s."""
    seen = lives(command="hello_world", restart="always")
    assert (seen["starts"], seen["up_share"], seen["longest_wait"]) == (19, 0, 60)
    assert lives(command="hello_world", restart="always", window=586)["starts"] == 18
    assert lives(command="hello_world", restart="always", window=586.2)["starts"] == 19


def test_a_server_that_goes_into_the_background_is_no_different():
    for restart in ("no", "on-failure", "always"):
        assert lives(command="daemonizes", restart=restart) == lives(command="hello_world", restart=restart)


def test_one_that_lives_ten_seconds_is_started_more_often_than_one_that_ends_at_once():
    """Each life is 0.2 s of starting, 10 s, and a wait of 0.1 s: the n-th start ends at 0.2 + 10.3 (n - 1)."""
    seen = lives(command="dies", life=10, restart="always")
    assert seen["starts"] == 1 + math.floor((600 - 0.2) / 10.3) == 59
    assert lives(command="dies", life=9.9, restart="always")["starts"] == 16


@pytest.mark.parametrize(
    ("params", "starts", "code", "stop"),
    [
        ({}, 1, 0, 0.05),
        ({"command": "no_handler"}, 1, 137, 10),
        ({"command": "no_handler", "init": True}, 1, 143, 0),
        ({"command": "no_handler", "stop_timeout": 3}, 1, 137, 3),
        ({"command": "no_handler", "stop_signal": "KILL"}, 1, 137, 0),
        ({"stop_signal": "QUIT"}, 1, 137, 10),
        ({"stop_signal": "QUIT", "init": True}, 1, 131, 0),
        ({"command": "not_found", "restart": "always"}, 0, 127, 0),
        ({"command": "not_found", "restart": "always", "engine": "kubernetes"}, 7, 128, 0),
        ({"command": "dies", "restart": "on-failure", "retries": 2}, 3, 1, 0),
        ({"command": "dies", "exit_code": 0, "restart": "on-failure"}, 1, 0, 0),
        ({"command": "no_handler", "engine": "kubernetes"}, 1, 137, 30),
        ({"command": "hello_world", "engine": "kubernetes", "restart": "always"}, 7, 0, 0),
        ({"command": "hello_world", "engine": "podman", "restart": "always", "window": 9.9}, 49, 0, 0.1),
    ],
)
def test_starts_exit_code_and_the_time_to_stop(params, starts, code, stop):
    seen = lives(**params)
    assert (seen["starts"], seen["exit_code"]) == (starts, code)
    assert seen["stop_time"] == pytest.approx(stop)


def test_a_kubelet_waits_0_10_20_to_300_seconds():
    """Seven starts: at once, and after 0, 10, 20, 40, 80 and 160 s; the next comes after 300 s more, at 611.6 s."""
    seen = lives(command="hello_world", engine="kubernetes", restart="always")
    assert seen["longest_wait"] == 300
    assert lives(command="hello_world", engine="kubernetes", restart="always", window=612)["starts"] == 8


def test_the_range_is_that_of_recorded_starts():
    counts = [lives(bound, command="dies", restart="always")["starts"] for bound in ("low", "value", "high")]
    assert counts == [1 + math.floor((600 - begun) / (10.1 + begun)) for begun in (0.1, 0.2, 0.3)]
    assert run(Lifecycle(), CONTEXT).ranged


def test_the_records_are_the_stretches_of_its_life():
    records = run(Lifecycle(command="dies", life=3, restart="on-failure", retries=1, window=20), CONTEXT).records
    assert [
        (record.state, pytest.approx(record.start), pytest.approx(record.end), record.code) for record in records
    ] == [
        ("starting", 0, 0.2, ""),
        ("running", 0.2, 3.2, "1"),
        ("waiting", 3.2, 3.3, ""),
        ("starting", 3.3, 3.5, ""),
        ("running", 3.5, 6.5, "1"),
        ("stopping", 20, 20, ""),
    ]


@pytest.mark.parametrize(
    ("volume", "removal", "containers", "volumes"),
    [
        ("none", "kept", 1, 0),
        ("none", "rm", 0, 0),
        ("anonymous", "kept", 1, 1),
        ("anonymous", "rm", 0, 1),
        ("anonymous", "rm_volumes", 0, 0),
        ("anonymous", "auto_remove", 0, 0),
        ("named", "rm", 0, 1),
        ("named", "rm_volumes", 0, 1),
        ("named", "auto_remove", 0, 1),
    ],
)
@pytest.mark.parametrize("command", ["foreground", "hello_world"])
def test_a_volume_without_a_name_outlives_a_plain_rm(command, volume, removal, containers, volumes):
    seen = lives(command=command, volume=volume, removal=removal)
    assert (seen["containers_left"], seen["volumes_left"]) == (containers, volumes)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"removal": "auto_remove", "restart": "always"}, "--rm does not go with the restart policy always"),
        ({"engine": "kubernetes", "volume": "named"}, "what a deleted pod leaves is not modelled"),
        ({"retries": 3}, "3 retries go with on-failure, not with no"),
        ({"engine": "kubernetes", "restart": "unless-stopped"}, "Kubernetes has no unless-stopped"),
        ({"engine": "kubernetes", "restart": "on-failure", "retries": 3}, "Kubernetes has no number of retries"),
        ({"engine": "kubernetes", "init": True}, "Kubernetes has no init"),
    ],
)
def test_what_does_not_go_together_is_refused(params, message):
    with pytest.raises(InputError, match=message):
        Lifecycle(**params)
