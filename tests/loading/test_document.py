"""The YAML reader: the core schema of YAML 1.2, places of everything, and limits."""

from __future__ import annotations

import pytest

from sim.errors import InputError, Problem
from sim.limits import SCENARIO, YAML_DEPTH
from sim.loading.document import read


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read(text, "f.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("", None),
        ("1:30", "1:30"),
        ("010", 10),
        ("0o10", 8),
        ("0x10", 16),
        ("1_000", "1_000"),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("2026-11-05", "2026-11-05"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("512 MiB", "512 MiB"),
        ("<<", "<<"),
    ],
)
def test_scalars_are_read_by_the_core_schema_of_yaml_1_2(written: str, value: object) -> None:
    """https://yaml.org/spec/1.2.2/#103-core-schema; words of YAML 1.1 stay text."""
    found = read(f"a: {written}\n", "").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("1: a\ntrue: b\n", "").value == {"1": "a", "true": "b"}


def test_every_key_and_value_knows_its_line_and_column() -> None:
    document = read("a:\n  - x\n  - b: 5\n", "f.yaml")
    assert document.value == {"a": ["x", {"b": 5}]}
    assert document.keys["a", 1, "b"] == (3, 5)
    assert document.values["a", 1, "b"] == (3, 8)
    assert document.values["a", 0] == (2, 5)


def test_a_problem_shows_the_line_with_a_caret_under_the_place() -> None:
    document = read("a:\n  b: 5\n", "f.yaml")
    assert str(document.problem("is odd", ("a", "b"))) == "f.yaml:2:6: a.b: is odd\n      b: 5\n         ^"


def test_a_caret_stands_right_behind_characters_two_cells_wide() -> None:
    document = read("a: {ja: 窓口, b: 5}\n", "f.yaml")
    assert str(document.problem("is odd", ("a", "b"))).splitlines()[1:] == [
        "    a: {ja: 窓口, b: 5}",
        "                     ^",
    ]


def test_a_problem_of_what_is_not_there_stands_at_the_nearest_place_above() -> None:
    problem = read("x: 1\na:\n  b: 5\n", "f.yaml").problem("missing", ("a", "c", "d"))
    assert (problem.line, problem.column, problem.path) == (2, 1, "a.c.d")


def test_an_alias_stands_for_what_its_anchor_named() -> None:
    assert read("a: &x {k: 1}\nb: *x\n", "").value == {"a": {"k": 1}, "b": {"k": 1}}


def test_all_repeated_keys_are_reported_with_the_first_ones_line() -> None:
    found = problems("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n")
    assert [(p.line, p.column) for p in found] == [(3, 1), (4, 11)]
    assert "'a' is there already, in line 1" in found[0].message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "empty"),
        ("# only a comment\n", 0, "empty"),
        ("a: [1\n", 2, "not YAML"),
        ("a:\n\tb: 1\n", 2, "tab"),
        ("a: 1\n b: 2\n", 2, "not YAML"),
        ("a: *x\n", 1, "no finished anchor"),
        ("a: &x [*x]\n", 1, "no finished anchor"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("%YAML 1.1\n---\na: 1\n", 2, "directives"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("? [a]\n: 1\n", 1, "key is a word"),
        ("a: .inf\n", 1, "finite"),
        ("a: .nan\n", 1, "finite"),
        ("a: 1e999\n", 1, "finite"),
        ("a: \x00\n", 1, "not YAML"),
        ("a: @b\n", 1, "not YAML"),
    ],
)
def test_what_is_no_plain_document_is_one_problem_with_its_line(text: str, line: int, words: str) -> None:
    (problem,) = problems(text)
    assert problem.line == line
    assert words in problem.message
    assert "\n" not in problem.message


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (problem,) = problems("\n".join(lines))
    assert "aliases" in problem.message


def test_a_deep_document_is_refused() -> None:
    (problem,) = problems("[" * (YAML_DEPTH + 1))
    assert "deeper" in problem.message
    assert read("[" * YAML_DEPTH + "]" * YAML_DEPTH, "").value


def test_very_deep_nesting_is_no_recursion_error() -> None:
    (problem,) = problems("[" * 10_000)
    assert "deeper" in problem.message


def test_a_large_document_is_refused() -> None:
    assert "larger" in problems("a: " + "x" * SCENARIO)[0].message


def test_a_whole_number_of_thousands_of_digits_is_a_problem() -> None:
    (problem,) = problems("a: " + "9" * 5000)
    assert "finite" in problem.message
    assert len(problem.message) < 100
