"""Probes: when a container is ready, or killed, by hand from periods, delays and thresholds."""

import math

import pytest

from sim.kubernetes.probes import probe_outcome, silence_outcome

NEVER = math.inf


@pytest.mark.parametrize(
    ("probes", "answers", "ready", "killed"),
    [
        ({}, 7.0, 0.0, NEVER),  # without a readiness probe a container that runs is ready
        ({"readinessProbe": {}}, 7.0, 10.0, NEVER),  # every ten seconds
        ({"readinessProbe": {}}, NEVER, NEVER, NEVER),
        ({"readinessProbe": {"periodSeconds": 2}}, 7.0, 8.0, NEVER),
        ({"readinessProbe": {"periodSeconds": 2, "initialDelaySeconds": 15}}, 7.0, 16.0, NEVER),
        ({"readinessProbe": {"periodSeconds": 2, "successThreshold": 3}}, 7.0, 12.0, NEVER),
        ({"livenessProbe": {}}, 7.0, 0.0, NEVER),
        ({"livenessProbe": {}}, 25.0, 0.0, 20.0),  # at 0, 10 and 20 s
        ({"livenessProbe": {}}, NEVER, 0.0, 20.0),
        ({"startupProbe": {"failureThreshold": 30}, "readinessProbe": {"periodSeconds": 5}}, 33.0, 40.0, NEVER),
        ({"startupProbe": {"failureThreshold": 3}}, 33.0, NEVER, 20.0),
        ({"startupProbe": {"failureThreshold": 3}, "livenessProbe": {"failureThreshold": 1}}, NEVER, NEVER, 20.0),
        ({"startupProbe": {"failureThreshold": 30}, "livenessProbe": {"periodSeconds": 1}}, 33.0, 40.0, NEVER),
    ],
)
def test_probes_decide_when_a_container_is_ready_or_killed(probes, answers, ready, killed):
    assert probe_outcome(probes, answers)[:2] == (ready, killed)


def test_an_outcome_names_the_probe_that_kills():
    assert probe_outcome({"startupProbe": {}, "livenessProbe": {}}, NEVER).by == "startupProbe"
    assert probe_outcome({"livenessProbe": {}}, NEVER).by == "livenessProbe"
    assert probe_outcome({"livenessProbe": {}}, 1.0).by is None


@pytest.mark.parametrize(
    ("probes", "ready", "killed"),
    [
        ({}, NEVER, NEVER),
        ({"readinessProbe": {}}, 50.0, NEVER),  # it fails at 30, 40 and 50 s
        ({"readinessProbe": {"periodSeconds": 5, "failureThreshold": 1}}, 25.0, NEVER),
        ({"livenessProbe": {"periodSeconds": 4, "failureThreshold": 2}}, NEVER, 28.0),  # at 24 and 28 s
    ],
)
def test_one_that_falls_silent_is_ready_no_more_and_killed_after_as_many_failures_as_it_may_have(probes, ready, killed):
    assert silence_outcome(probes, 21.0)[:2] == (ready, killed)
