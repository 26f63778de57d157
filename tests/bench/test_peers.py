"""Peers do the same work as the engine, and give the same result. A peer that is not installed is skipped by name."""

import pytest

from bench import queue, sharing
from bench.peers import contests, functions, queues, simgrid
from sim.engine.fluid import Fluid

pytestmark = pytest.mark.slow


def test_ciw_and_the_engine_give_the_same_mean():
    pytest.importorskip("ciw")
    assert queues.ciw_queue(500)() == pytest.approx(queue.closed_form(500), rel=1e-9)


def test_mesa_and_the_engine_give_the_same_mean():
    pytest.importorskip("mesa")
    assert queues.mesa_queue(500)() == pytest.approx(queue.closed_form(500), rel=1e-9)


def test_simgrid_and_the_engine_give_the_same_mean_end(tmp_path):
    program = simgrid.compiled(tmp_path)
    if program is None:
        pytest.skip("no g++ or no libsimgrid-dev")
    mean, _ = simgrid.boots(program, 100, 300)
    assert mean == pytest.approx(sharing.boots(Fluid, 100, 300)(), rel=1e-6)


@pytest.mark.parametrize("rate", [0.9, 10.0])
def test_simfaas_and_the_pool_have_the_same_cold_starts_and_instances(rate):
    pytest.importorskip("simfaas")
    ours, theirs = functions.pool(rate, 5000 / rate)(), functions.simfaas_pool(rate, 5000 / rate)()
    assert ours.cold == theirs.cold
    assert ours.instances == pytest.approx(theirs.instances, rel=1e-3)
    assert ours.busy == pytest.approx(theirs.busy, rel=1e-3)


def test_a_peer_that_is_not_there_is_skipped_by_name(capsys):
    assert not contests.installed("no_such_peer")
    assert "no_such_peer | skipped: not installed" in capsys.readouterr().out


def test_another_result_than_the_engine_s_stops_the_contest():
    with pytest.raises(SystemExit, match="it gives 1\\.1, but the engine 1"):
        contests.same("it", 1.1, 1.0, 1e-9)
