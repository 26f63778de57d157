"""First replications of the dearest scenarios, in millions of heap operations of the same run."""

import pytest

from bench.scenarios import ratio_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scenario", "most"),
    [
        ("production", 1.4),
        ("kernel-locks", 1.15),
        ("noisy-neighbour", 0.95),
        ("compose", 1.35),
        ("orchestration", 1.2),
        ("microservices", 1.25),
    ],
)
def test_a_first_replication_costs_no_more_than_it_did(scenario, most):
    """1.05 to 1.25, 0.9 to 0.95, 0.7, 1.1 to 1.2, 0.9 to 1.05 and 0.85 to 0.9, beside five times as much other work as
    there are cores, where figures are highest. The target is 1. Before, the first two took 3.1 to 3.4 and 1.8.
    """
    assert ratio_of(scenario, most) <= most


@pytest.mark.parametrize("scenario", ["overcommit", "ksm"])
def test_memory_in_time_costs_no_more_than_a_million_heap_operations(scenario):
    """0.65 and 0.8 of them. Booked tick by tick it was 3.0 and 0.95."""
    assert ratio_of(scenario, 1) <= 1
