"""How near a prediction came, from outcomes made by hand."""

from __future__ import annotations

from sim.classroom.predicted import Said, judge, judge_steps, ranking
from sim.outcome import Metric, Outcome
from sim.report.words import values
from sim.scenario import Choice, Prediction, Text

WORDS = Text(en="x", ja="x")


def made(unit: str = "s", **of: float) -> Outcome:
    """An outcome in which labels took so long."""
    metrics = tuple(Metric("time", "p50", label, "start to end", value, unit) for label, value in of.items())
    return Outcome("made", "startup", 1, 1, tuple(of), metrics)


def verdict(outcome: Outcome, predict: Prediction, said: Said) -> str:
    return judge(outcome, predict, said, values(outcome))


def test_labels_rank_by_their_metric_smallest_first() -> None:
    outcome = made(a=3.0, b=1.0, c=2.0)
    assert ranking(outcome.labels, "time.p50", values(outcome)) == ["b", "c", "a"]


def test_an_order_scores_the_labels_in_their_right_place() -> None:
    predict = Prediction(ask=WORDS, rank="time.p50")
    assert "2 of 4" in verdict(made(a=1.0, b=2.0, c=3.0, d=4.0), predict, Said(order=("a", "c", "b", "d")))


def test_a_guess_is_told_by_what_factor_it_missed() -> None:
    predict = Prediction(ask=WORDS, guess="a.time.p50")
    outcome = made(a=2.0)
    assert "Close" in verdict(outcome, predict, Said(guess=2.2))
    assert "5 times too much" in verdict(outcome, predict, Said(guess=10.0))
    assert "4 times as much" in verdict(outcome, predict, Said(guess=0.5))


def test_a_guess_of_nothing_is_only_told_the_value() -> None:
    predict = Prediction(ask=WORDS, guess="a.time.p50")
    assert verdict(made(a=0.0), predict, Said(guess=3.0)).startswith("You said 3")
    assert verdict(made(a=3.0), predict, Said(guess=0.0)).startswith("You said 0")
    assert "times" not in verdict(made(a=3.0), predict, Said(guess=0.0))


def test_a_choice_is_right_where_its_expression_holds() -> None:
    choices = (
        Choice(text=Text(en="less", ja="少"), holds="a.time.p50 < 1"),
        Choice(text=WORDS, holds="a.time.p50 >= 1"),
    )
    predict = Prediction(ask=WORDS, choices=choices)
    assert "so it is" in verdict(made(a=0.5), predict, Said(choice=0))
    assert "otherwise" in verdict(made(a=1.5), predict, Said(choice=0))


def test_steps_count_those_named_rightly_and_those_too_many() -> None:
    assert "exactly" in judge_steps(("s1", "s2"), {"s2", "s1"}, set(), "en")
    missed = judge_steps(("s1", "s9"), {"s1", "s2", "s3"}, set(), "en")
    assert missed.startswith("You named 1 of the 3")
    assert "and 1 that do not" in missed


def test_a_step_that_only_a_run_could_tell_of_is_neither_right_nor_wrong() -> None:
    for said in (("s1",), ("s1", "s2")):
        assert "exactly" in judge_steps(said, {"s1"}, {"s2"}, "en")


def test_a_skipped_prediction_is_no_wrong_one() -> None:
    assert verdict(made(a=1.0), Prediction(ask=WORDS, rank="time.p50"), Said()) == "No prediction made."
