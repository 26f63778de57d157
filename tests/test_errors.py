"""Problems are told in bounded words, however long and however many they are."""

from __future__ import annotations

import pickle

from sim import limits
from sim.errors import InputError, Problem, cut, first_of


def many(count: int, file: str = "") -> list[Problem]:
    return [Problem(f"{number}", file) for number in range(count)]


def test_a_message_keeps_its_beginning_and_its_end() -> None:
    problem = Problem("'" + "k" * 10**6 + "' is unknown; expected a or b", "f" * 5000, path="p" * 5000)
    assert problem.message.startswith("'kkk")
    assert problem.message.endswith("' is unknown; expected a or b")
    assert "[... 999,030 characters ...]" in problem.message
    assert len(str(problem)) < limits.MESSAGE + 2 * limits.PLACE + 200


def test_what_fits_is_not_cut() -> None:
    text = "m" * limits.MESSAGE
    assert Problem(text).message == text
    assert cut(text + "m", limits.MESSAGE) == f"{'m' * 500}[... 1 characters ...]{'m' * 500}"


def test_so_many_problems_are_all_told_and_of_one_more_the_number() -> None:
    assert first_of(many(limits.PROBLEMS)) == tuple(many(limits.PROBLEMS))
    kept = first_of(many(limits.PROBLEMS + 1))
    assert [problem.message for problem in kept] == [*map(str, range(49)), "and 2 more problems"]


def test_each_file_counts_for_itself_and_telling_again_changes_nothing() -> None:
    kept = first_of([*many(20_000, "a"), Problem("x", "b"), *many(51, "c")])
    assert [(p.message, p.file) for p in kept if "more" in p.message or p.file == "b"] == [
        ("and 19,951 more problems", "a"), ("x", "b"), ("and 2 more problems", "c"),
    ]  # fmt: skip
    assert first_of(kept) == kept


def test_an_error_of_many_problems_is_short_wherever_it_is_shown() -> None:
    error = InputError(many(20_000, "a"))
    assert len(error.problems) == limits.PROBLEMS
    assert len(str(error).splitlines()) == limits.PROBLEMS
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
