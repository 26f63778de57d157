"""First replications of the dearest scenarios, in millions of heap operations of the same run."""

import pytest

from bench.scenarios import ratio_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scenario", "most"),
    [
        ("production", 3.7),
        ("kernel-locks", 2.3),
        ("noisy-neighbour", 1.4),
        ("compose", 1.3),
        ("orchestration", 1.35),
        ("microservices", 1.25),
    ],
)
def test_a_first_replication_costs_no_more_than_it_did(scenario, most):
    """2.6 to 3.5, 1.8, 1.05 to 1.15, 0.9 to 1.0, 1.0 to 1.2 and 0.9 to 1.0 were measured, the most on a busy machine.

    Before they were made faster it was 5.3, 2.4, 3.7, 1.7, 1.7 and 1.4.
    """
    assert ratio_of(scenario) <= most


@pytest.mark.parametrize("scenario", ["overcommit", "ksm"])
def test_memory_in_time_costs_no_more_than_a_million_heap_operations(scenario):
    """0.65 and 0.8 of them. Booked tick by tick it was 3.0 and 0.95."""
    assert ratio_of(scenario) <= 1
