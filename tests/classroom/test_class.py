"""A lesson asked, keyed, printed, exported and graded: for a class of thirty, by arithmetic that a reader can redo."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sim import __version__, run
from sim.classroom.asked import AskedLesson, ask
from sim.classroom.grading import Grader, Receipt, empty, read_receipt, worth
from sim.classroom.letters import letter, letters, number, positions
from sim.classroom.questions import as_gift, as_moodle
from sim.classroom.seeds import for_seed, order, seed_of
from sim.classroom.sheet import as_page, as_text
from sim.cli import answer
from sim.errors import InputError
from sim.loading import load, load_text
from sim.report.style import Language
from sim.report.words import fill, values
from sim.scenario import Question, Text
from tests import shipped

LESSON = """
id: own
concept: taxonomy
title: Which is first?
summary: Two ways
study: startup
host: server
instances: 1
compare: {docker: {technology: docker}, vm: {technology: qemu-kvm}}
lesson:
  objectives: [Know it]
  predict: {ask: In which order?, rank: startup_time.p50}
  findings: [{when: "True", text: "vm takes {vm.startup_time.p50}"}]
  explain: Because.
  half_true: ["Virtual machines are slow: their user space is."]
  next: [Try a microVM.]
  commands: [{run: "docker run --rm hello-world", shows: half a second}]
  quiz:
    - ask: And of fifty?
      change: {instances: 50}
      choices:
        - {text: All within 5 s, holds: vm.startup_time.max < 5, feedback: "The last takes {vm.startup_time.max}."}
        - {text: Not all, holds: vm.startup_time.max >= 5}
      explain: They share the cores.
  vary: {instances: [1, 2, 3]}
"""


def own() -> Any:
    return load_text(LESSON, "own.yaml")


@cache
def shipped_asked(name: str, language: Language = "en", seed: int | None = None) -> AskedLesson:
    """A lesson that ships, run once in a process for the tests that look at its questions."""
    return ask(load(name), language, seed)


class TestSeeds:
    def test_a_student_has_one_seed_and_another_student_another(self) -> None:
        seeds = {seed_of(f"s{number}") for number in range(1000)}
        assert len(seeds) == 1000
        assert all(0 < seed < 10**9 for seed in seeds)
        assert seed_of("Ann  Lee ") == seed_of("ann lee")

    def test_the_seed_chooses_among_the_values_that_the_lesson_varies(self) -> None:
        chosen = {for_seed(own(), seed).parts[0].variants["vm"].instances for seed in range(1, 40)}
        assert chosen == {1, 2, 3}
        assert for_seed(own(), 7) == for_seed(own(), 7)
        assert for_seed(own(), None) == own()

    def test_the_order_of_answers_is_the_file_s_without_a_seed_and_each_order_comes_with_some(self) -> None:
        assert order("own", "1", 3, None) == (0, 1, 2)
        assert {order("own", "1", 3, seed) for seed in range(100)} == {
            (0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0),
        }  # fmt: skip


class TestKeys:
    def test_a_what_if_is_run(self) -> None:
        """Fifty virtual machines on one host are not all there within five seconds; one is."""
        question = ask(own()).questions[1]
        assert [shown.right for shown in question.answers] == [False, True]
        fifty = run(load_text(LESSON.replace("instances: 1\n", "instances: 50\n"), "own.yaml"))[0]
        assert fifty.metric("vm", "startup_time", "max").value > 5 > ask(own()).values["vm.startup_time.max"].value
        said = fill(Text(en="The last takes {vm.startup_time.max}."), values(fifty))
        assert question.answers[0].feedback == said

    def test_the_order_asked_for_is_by_the_run(self) -> None:
        asked = ask(own())
        shown = [answer.text for answer in asked.questions[0].answers]
        key = [shown[position] for position in asked.questions[0].key]
        assert key == ["Docker", "QEMU/KVM"]

    def test_whatever_the_seed_the_key_names_the_same_answer(self) -> None:
        for seed in (1, 2, 3, 4):
            question = ask(own(), seed=seed).questions[1]
            assert [question.answers[position].text for position in question.key] == ["Not all"]

    @pytest.mark.parametrize("lesson", ["taxonomy", "layers", "memory-ledger"])
    def test_every_kind_of_prediction_can_be_answered_with_its_key(self, lesson: str) -> None:
        asked = shipped_asked(lesson, seed=11)
        for question in asked.questions:
            given = letters(question.key)
            if question.number is not None:
                given = f"{question.number.value / question.unit[1]:.6g}"
            assert worth(question, given) == 1

    def test_a_change_that_cannot_be_run_is_refused_where_it_stands(self) -> None:
        with pytest.raises(
            InputError, match=r"own.yaml:20:\d+: lesson.quiz.0.change.instanzes: no parameter"
        ) as caught:
            load_text(LESSON.replace("change: {instances", "change: {instanzes"), "own.yaml")
        assert "did you mean 'instances'" in str(caught.value)
        with pytest.raises(InputError, match=r"lesson.vary.instances.1: .*-2"):
            load_text(LESSON.replace("[1, 2, 3]", "[1, -2, 3]"), "own.yaml")


class TestLetters:
    def test_letters_and_positions_are_each_other_s_inverse(self) -> None:
        question = shipped_asked("taxonomy").questions[0]
        assert positions(question, letters(question.key)) == question.key
        assert positions(question, "B>A c;d") == (1, 0, 2, 3)
        assert [letter(position) for position in (0, 25, 26, 52)] == ["a", "z", "aa", "ba"]

    @pytest.mark.parametrize("given", ["z", "a, a", "1"])
    def test_what_is_no_letter_is_refused(self, given: str) -> None:
        with pytest.raises(InputError, match="question predict"):
            positions(shipped_asked("taxonomy").questions[0], given)

    def test_a_guess_is_in_the_unit_that_is_asked(self) -> None:
        question = shipped_asked("run-chain").questions[0]
        assert number(question, "22 MiB") == 22 * 2**20
        assert number(question, "1.5e1") == 15 * 2**20
        for wrong in ("much", "", "1e400", "nan"):
            with pytest.raises(InputError, match="is no number; expected a number of MiB"):
                number(question, wrong)


class TestWorth:
    def test_points_by_hand(self) -> None:
        ranked, several = shipped_asked("taxonomy").questions[0], shipped_asked("layers").questions[0]
        first, second, *rest = ranked.key
        assert worth(ranked, letters((second, first, *rest))) == pytest.approx(4 / 6)
        right, wrong = several.key, [at for at in range(len(several.answers)) if at not in several.key]
        assert worth(several, letters(right[:2])) == pytest.approx(2 / len(right))
        assert worth(several, letters((*right, wrong[0]))) == pytest.approx((len(right) - 1) / len(right))
        assert worth(several, letters(wrong)) == 0
        guess = shipped_asked("run-chain").questions[0]
        assert guess.number is not None
        size = guess.number.value / 2**20
        assert [worth(guess, f"{size * factor}") for factor in (0.79, 0.81, 1.24, 1.26)] == [0, 1, 1, 0]
        assert worth(guess, " ") == 0

    def test_half_an_order_and_two_choices_are_refused(self) -> None:
        ranked, choice = shipped_asked("taxonomy").questions[:2]
        with pytest.raises(InputError, match="orders 2 of 6; expected all"):
            worth(ranked, "a, b")
        with pytest.raises(InputError, match="names several answers; expected one"):
            worth(choice, "a, b")


class TestSheet:
    def test_the_sheet_has_no_key_and_the_key_has_it(self) -> None:
        asked = shipped_asked("taxonomy", seed=5)
        sheet, key = as_text(asked), as_text(asked, answers=True)
        assert "Key:" not in sheet
        assert asked.finding not in sheet
        assert f"Key: {letters(asked.questions[0].key)}" in key
        assert f"taxonomy · seed 5 · model {__version__}" in sheet

    def test_what_a_lesson_says_beside_its_questions_is_on_it(self) -> None:
        sheet, key = as_text(ask(own())), as_text(ask(own()), answers=True)
        for words in ("Try a microVM.", "docker run --rm hello-world"):
            assert words in sheet
            assert words in key

    def test_what_gives_an_answer_away_is_with_the_key_alone(self) -> None:
        sheet, key = as_text(ask(own())), as_text(ask(own()), answers=True)
        for words in ("Virtual machines are slow", "half a second"):
            assert words not in sheet
            assert words in key

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_a_page_loads_nothing_and_has_no_colour(self, language: Any) -> None:
        page = as_page(shipped_asked("taxonomy", language, 5), student="<s1>")
        assert "&lt;s1&gt;" in page
        assert not re.search(r"(src|href)=|@import|url\(", page)
        assert set(re.findall(r"#[0-9a-f]{3,6}\b", page)) <= {"#000", "#fff"}
        assert f'<html lang="{language}">' in page


def quizzed(name: str) -> Sequence[Question]:
    """The questions of a lesson, beside its prediction."""
    lesson = load(name).lesson
    assert lesson is not None
    return lesson.quiz


class TestQuestions:
    def test_moodle_takes_the_right_answers_as_worth_all(self) -> None:
        asked = shipped_asked("layers")
        quiz = ET.fromstring(as_moodle(asked))
        kinds = [question.get("type") for question in quiz]
        assert kinds == ["category", *["multichoice"] * (1 + len(quizzed("layers")))]
        for question in quiz[1:]:
            worths = [float(each.get("fraction") or 0) for each in question.findall("answer")]
            assert sum(worth for worth in worths if worth > 0) == pytest.approx(100, abs=0.01)
        assert [question.findtext("single") for question in quiz[1:]] == ["false", *["true"] * len(quizzed("layers"))]

    def test_an_order_is_matched_and_a_guess_has_its_tolerance(self) -> None:
        (ranked,) = ET.fromstring(as_moodle(shipped_asked("taxonomy"))).findall("question[@type='matching']")
        pairs = {pair.findtext("text"): pair.findtext("answer/text") for pair in ranked.findall("subquestion")}
        assert pairs["1"] == "Firecracker"
        assert len(pairs) == 6
        asked = shipped_asked("run-chain")
        (guess,) = ET.fromstring(as_moodle(asked)).findall("question[@type='numerical']/answer")
        middle, tolerance = float(guess.findtext("text") or 0), float(guess.findtext("tolerance") or 0)
        assert asked.questions[0].number is not None
        value = asked.questions[0].number.value / 2**20
        assert middle - tolerance == pytest.approx(value / 1.25, rel=1e-4)
        assert middle + tolerance == pytest.approx(value * 1.25, rel=1e-4)

    def test_gift_escapes_what_has_a_meaning_there(self) -> None:
        gift = as_gift(shipped_asked("run-chain"))
        assert gift.count("\n}") == 1 + len(quizzed("run-chain"))
        assert re.search(r"  #\d+(\.\d+)?\.\.\d+", gift)
        bare = [line for line in as_gift(shipped_asked("taxonomy")).splitlines() if re.search(r"(?<!\\):(?!:)", line)]
        assert all(line.startswith(("//", "$CATEGORY", "::")) for line in bare)


class TestClass:
    @shipped.runs_once("taxonomy")  # by the test for its keys, and by the command for its own
    def test_a_class_of_thirty_is_graded(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Ten have all right, ten leave the quiz empty, ten answer what is right for their neighbour."""
        folder = tmp_path / "receipts"
        folder.mkdir()
        lesson, expected = load("taxonomy"), {}
        for place in range(30):
            student = f"s{place:02d}"
            asked = ask(lesson, seed=seed_of(student))
            whose = ask(lesson, seed=seed_of(f"s{place + 1:02d}")) if place >= 20 else asked
            given = {question.id: letters(question.key) for question in whose.questions}
            if 10 <= place < 20:
                given = {"predict": given["predict"]}
            receipt = empty(asked, student).plain() | {"answers": given}
            (folder / f"{student}.json").write_text(json.dumps(receipt))
            expected[student] = sum(worth(question, given.get(question.id, "")) for question in asked.questions)
        assert answer(["grade", str(folder)]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert len(rows) == 30
        assert {row["student"]: float(row["points"]) for row in rows} == pytest.approx(expected, abs=1e-3)
        most = 1 + len(quizzed("taxonomy"))
        assert [row["points"] for row in rows[:20]] == [str(most)] * 10 + ["1"] * 10
        assert sum(float(row["points"]) < most for row in rows[20:]) >= 8
        assert {row["notes"] for row in rows} == {""}

    def test_an_empty_receipt_is_worth_nothing(self) -> None:
        asked = shipped_asked("taxonomy", seed=seed_of("s1"))
        grade = Grader().grade(empty(asked, "s1"))
        assert (grade.total, grade.notes) == (0, ())

    def test_another_s_seed_and_another_version_are_noted(self) -> None:
        receipt = Receipt("s1", "taxonomy", 5, "0.0.1", {"1": "a"})
        assert Grader().grade(receipt).notes == (
            f"asked by model version 0.0.1, graded by {__version__}",
            "the seed is not this student's",
        )

    def test_a_bad_receipt_is_named_and_the_others_are_graded(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        good = Receipt("=cmd()", "taxonomy", None, __version__, {"1": "a"}).plain()
        bad: list[Any] = [
            [], {}, good | {"seed": True}, good | {"answers": {"1": 3}}, good | {"answers": {"9": "a"}},
            good | {"answers": {"1": "q"}}, good | {"scenario": "../../etc/passwd"}, good | {"student": " "},
        ]  # fmt: skip
        (tmp_path / "0.json").write_text(json.dumps(good))
        for place, receipt in enumerate(bad, start=1):
            (tmp_path / f"{place}.json").write_text(json.dumps(receipt))
        (tmp_path / "deep.json").write_text("[" * 100_000)
        (tmp_path / "large.json").write_text(" " * 70_000)
        assert answer(["grade", str(tmp_path)]) == 2
        out, err = capsys.readouterr()
        assert len(out.splitlines()) == 2
        assert "'=cmd()" in out
        for name in ("1", "2", "3", "4", "5", "6", "7", "8", "deep", "large"):
            assert f"{name}.json" in err

    def test_a_folder_that_is_not_there_is_told_from_one_without_receipts(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert answer(["grade", str(tmp_path / "nowhere")]) == 2
        assert "is no folder" in capsys.readouterr().err
        assert answer(["grade", str(tmp_path)]) == 2
        assert "has no receipt" in capsys.readouterr().err

    def test_lessons_of_one_s_own_are_found_by_their_id(self, tmp_path: Path) -> None:
        (tmp_path / "own.yaml").write_text(LESSON)
        receipt = Receipt("s1", "own", None, __version__, {"1": "b", "predict": "a, b"})
        assert Grader(tmp_path).grade(receipt).points == {"predict": 1, "1": 1}
        with pytest.raises(InputError, match="no lesson 'own'"):
            Grader().grade(receipt)

    def test_a_slip_in_a_receipt_is_answered_with_the_name_that_may_be_meant(self) -> None:
        with pytest.raises(InputError, match="no lesson 'taxnomy', did you mean 'taxonomy'"):
            Grader().grade(Receipt("s1", "taxnomy", None, __version__))
        with pytest.raises(InputError, match=r"answers\.predit: there is no such question, did you mean 'predict'"):
            Grader().grade(Receipt("s1", "density", None, __version__, {"predit": "a"}))

    def test_a_receipt_reads_as_it_was_written(self, tmp_path: Path) -> None:
        written = tmp_path / "r.json"
        assert answer(["lesson", "taxonomy", "--student", "s1", "--receipt", "--out", str(written)]) == 0
        assert read_receipt(written).plain() == empty(shipped_asked("taxonomy", seed=seed_of("s1")), "s1").plain()


def test_a_scenario_without_a_lesson_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.yaml").write_text("id: s\nconcept: c\ntitle: t\nsummary: s\nstudy: startup\ntechnology: docker\n")
    assert answer(["lesson", str(tmp_path / "s.yaml")]) == 2
    assert "has no lesson" in capsys.readouterr().err
    assert answer(["lesson", "taxonomy", "--student", "a", "--seed", "1"]) == 2
    assert answer(["lesson", "taxonomy", "--receipt"]) == 2


@pytest.mark.parametrize(
    ("out", "more", "written"),
    [
        ("there", (), "there/density-lesson.en.txt"),
        ("new/", ("--language", "ja", "--format", "html"), "new/density-lesson.ja.html"),
        ("new", ("--answers", "--seed", "7"), "new/density-answers-seed7.en.txt"),
        ("new/deep", ("--format", "moodle"), "new/deep/density-lesson.en.xml"),
        ("new", ("--student", "a/b", "--receipt"), "new/density-receipt-a%2Fb.en.json"),
        ("new/sheet.txt", (), "new/sheet.txt"),
        ("file", (), "file"),
    ],
)
def test_a_lesson_goes_into_a_folder_where_one_is_meant_and_says_its_file(
    out: str, more: tuple[str, ...], written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("")
    assert answer(["lesson", "density", *more, "--out", f"{tmp_path}/{out}"]) == 0
    assert f"wrote {tmp_path / written}" in capsys.readouterr().err
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {written, "file"}
    assert (tmp_path / written).read_text("utf-8").strip()
