"""What each input does alone, against a study whose metrics are products that one can take by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from sim import studies
from sim.batch.inputs import effects
from sim.catalog.number import Alone, Number
from sim.never import NEVER
from sim.outcome import MetricSpec
from sim.scenario import Part, Scenario, Text
from sim.studies.base import Context, Study, StudyRun

HELD = Number(2.0, "s", low=1.0, high=8.0)
SPEED = Number(10.0, "B/s", low=5.0, high=20.0, more="helps")
KNOWN = Number(3.0, "s")


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """No parameters."""


def run(_: Nothing, context: Context) -> StudyRun:
    held, speed, known = (number.at(context.bound) for number in (HELD, SPEED, KNOWN))
    noise = context.seeds.stream("luck").random()
    samples = {
        "took": [held * known / speed * (1 + noise)],
        "free": [held - 2.0],
        "ended": [NEVER if held > 2 else 1.0],
    }
    return StudyRun(samples, ranged=True)


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Part:
    specs = tuple(MetricSpec(name, "s", "", "") for name in ("took", "free", "ended"))
    study = Study(name="product", parameters=Nothing, metrics=specs, run=run)
    monkeypatch.setattr(studies, "study", lambda _: study)
    return Part(study="product", variants={"one": Nothing()})


def found(part: Part, *metrics: str):
    scenario = Scenario(id="case", concept="c", title=Text(en="t"), summary=Text(en="s"), parts=(part,))
    return effects(scenario, part, "one", [(name, "value") for name in metrics])


def test_one_input_at_a_time_is_taken_to_its_ends_and_luck_is_in_no_effect(part: Part) -> None:
    held, speed = found(part, "took")["took", "value"]
    assert (held.number, speed.number) == (HELD, SPEED)
    assert (held.down, held.up) == pytest.approx((math.log(2), math.log(4)))
    assert (speed.down, speed.up) == pytest.approx((math.log(2), math.log(2)))
    assert (held.width, speed.width) == pytest.approx((8.0, 4.0))


def test_what_is_zero_or_never_has_no_logarithm_and_what_is_not_measured_is_left_out(part: Part) -> None:
    assert found(part, "free", "ended", "elsewhere") == {}


def test_a_number_without_a_range_is_no_input_and_equal_numbers_are_one() -> None:
    noting = Alone()
    same = Number(2.0, "s", low=1.0, high=8.0)
    assert [number.at(noting) for number in (HELD, KNOWN, same)] == [2.0, 3.0, 2.0]
    assert list(noting.asked) == [HELD]
    assert same.at(Alone(HELD, "high")) == 8.0


def test_whoever_reads_it_as_a_bound_sees_the_value() -> None:
    assert Alone(SPEED, "high") == "value"
    assert SPEED.at(Alone(SPEED, "high")) == 5.0, "less speed takes a run to its high end"
    assert HELD.at(Alone(SPEED, "high")) == 2.0
