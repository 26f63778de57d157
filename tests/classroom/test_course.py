"""The course and the plan of a class: nothing overlaps, nothing is before what it builds on, every lesson is in it."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sim.catalog.tables import course as catalog
from sim.classroom.course import Course, as_json, as_text, course, named, short_of_time
from sim.classroom.handout import as_handout, drawing
from sim.cli import answer
from sim.errors import CatalogError
from sim.loading import load, load_text
from sim.loading.shipped import lessons
from sim.report.style import Style

FOCUS = ("projector", "laptops")
"""Where the class looks. It cannot look at both."""


def shipped() -> Course:
    return course(load(name) for name in lessons())


def test_every_lesson_that_ships_is_in_the_course_once_and_has_a_question_in_both_languages() -> None:
    plan = shipped()
    there = [lesson.scenario.id for lesson in plan.lessons]
    assert sorted(there) == sorted(lessons())
    assert [lesson.number for lesson in plan.lessons] == list(range(1, len(there) + 1))
    for lesson in plan.lessons:
        assert lesson.teaser.en.endswith("?")
        assert lesson.teaser.ja.endswith(("?", "？", "。"))


def test_a_lesson_builds_on_lessons_before_it() -> None:
    plan = shipped()
    for lesson in plan.lessons:
        assert all(plan.numbers[name] < lesson.number for name in lesson.requires)


def test_a_lesson_that_is_not_named_follows_those_of_its_concept() -> None:
    text = (
        "id: {}\nconcept: {}\ntitle: Own?\nsummary: s\nstudy: startup\ntechnology: docker\nlesson:\n"
        "  objectives: [o]\n  predict: {{ask: a, rank: startup_time.p50}}\n"
        '  findings: [{{when: "True", text: t}}]\n  explain: e\n'
    )
    own = [load_text(text.format(name, concept), f"{name}.yaml") for name, concept in (("a", "density"), ("b", "new"))]
    plan = course([*(load(name) for name in ("density", "ksm", "foreground")), *own])
    assert [lesson.scenario.id for lesson in plan.lessons] == ["density", "a", "ksm", "foreground", "b"]
    assert plan.lessons[1].teaser.en == "Own?"


def test_what_a_lesson_builds_on_is_left_out_where_it_does_not_ship() -> None:
    assert [lesson.requires for lesson in course([load("foreground"), load("compose")]).lessons] == [
        (),
        ("foreground",),
    ]


class TestClass:
    def test_the_class_looks_at_one_thing_at_each_of_its_90_minutes(self) -> None:
        seen = sorted((block.start, block.end) for block in catalog.blocks() if block.place in FOCUS)
        assert seen[0][0] == 0
        assert seen[-1][1] == 90
        assert [end for _, end in seen[:-1]] == [start for start, _ in seen[1:]]

    @pytest.mark.parametrize("place", catalog.PLACES)
    def test_blocks_of_a_place_do_not_overlap(self, place: str) -> None:
        there = [block for block in catalog.blocks() if block.place == place]
        assert all(before.end <= after.start for before, after in pairwise(there))

    def test_a_vote_comes_when_its_lesson_is_about_to_be_shown(self) -> None:
        shown = {(block.start, block.lessons) for block in catalog.blocks() if block.place == "projector"}
        votes = [block for block in catalog.blocks() if block.place == "hall"]
        assert len(votes) == 5
        assert {(block.start, block.lessons) for block in votes} <= shown

    def test_the_class_has_lessons_that_ship_in_an_order_that_builds_up(self) -> None:
        plan = shipped()
        first: dict[str, int] = {}
        for block in plan.blocks:
            for name in block.lessons:
                assert name in plan.numbers
                first.setdefault(name, block.start)
        for lesson in plan.in_class:
            assert all(first[name] <= first[lesson.scenario.id] for name in lesson.requires if name in first)

    def test_time_suffices_for_what_a_lesson_says_of_itself(self) -> None:
        plan = shipped()
        minutes = {lesson.scenario.id: lesson.minutes for lesson in plan.lessons}
        for block in plan.blocks:
            if block.place == "projector" and block.lessons:
                assert block.minutes >= sum(minutes[name].demonstration for name in block.lessons)
            if block.place == "laptops":
                assert block.minutes >= max(minutes[name].lab for name in block.lessons)

    def test_what_is_left_out_first_is_what_nothing_builds_on(self) -> None:
        ends = [lesson.scenario.id for lesson in shipped().ends]
        assert "foreground" in ends
        assert "layers" not in ends  # instruction-order builds on it
        assert "what-is-docker" not in ends  # foreground builds on it

    @pytest.mark.parametrize(("language", "words"), [("en", "nothing of the class"), ("ja", "この授業のほかの")])
    def test_lessons_outside_of_the_class_may_build_on_what_is_left_out(self, language: str, words: str) -> None:
        plan = shipped()
        outside = [lesson for lesson in plan.lessons if lesson not in plan.in_class]
        assert any("foreground" in lesson.requires for lesson in outside)
        assert words in short_of_time(plan, "ja" if language == "ja" else "en")


class TestShown:
    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_the_drawing_has_each_block_once_in_its_place(self, language: str) -> None:
        plan = shipped()
        svg = ET.fromstring(drawing(plan, Style("light", "ja" if language == "ja" else "en")))
        boxes = [rect for rect in svg if rect.tag.endswith("rect")]
        circles = [each for each in svg if each.tag.endswith("circle")]
        assert len(boxes) == len([block for block in plan.blocks if block.place != "hall"])
        assert len(circles) == 5
        arcs = [each for each in svg if each.get("fill") == "none" and each.get("stroke-width") == "1.5"]
        assert len(arcs) == sum(
            name in {o.scenario.id for o in plan.in_class} for each in plan.in_class for name in each.requires
        )
        width = float(svg.get("viewBox", "").split()[2])
        assert all(float(box.get("x", 0)) + float(box.get("width", 0)) <= width for box in boxes)

    def test_a_handout_loads_nothing_and_is_black_on_white_with_the_class_on_a_page_of_its_own(self) -> None:
        page = as_handout(shipped(), "ja")
        assert not re.search(r"(src|href)=|@import|url\(", page)
        assert "<svg" in page
        assert "grayscale(1)" in page
        assert '<html lang="ja">' in page

    def test_text_and_json_say_the_same(self) -> None:
        plan = shipped()
        value, text = json.loads(as_json(plan)), as_text(plan)
        rows = [lesson for chapter in value["chapters"] for lesson in chapter["lessons"]]
        assert [row["scenario"] for row in rows] == [lesson.scenario.id for lesson in plan.lessons]
        for row in rows:
            assert re.search(rf"^{row['number']} +{row['scenario']} +{row['demonstration']}/{row['lab']} ", text, re.M)
        assert sum(block["minutes"] for block in value["class"] if block["place"] in FOCUS) == 90

    def test_a_block_names_its_lessons_by_number(self) -> None:
        plan = shipped()
        lab = next(block for block in plan.blocks if len(block.lessons) == 2)
        numbers = ", ".join(f"{plan.numbers[name]}" for name in lab.lessons)
        assert named(lab, plan.numbers, "en") == f"lessons {numbers}"

    def test_the_command_line_prints_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert answer(["list", "--course"]) == 0
        assert "A class of 90 minutes" in capsys.readouterr().out
        assert answer(["list", "--course", "--format", "html", "--language", "ja"]) == 0
        assert "90分の授業" in capsys.readouterr().out
        assert answer(["list", "--format", "html"]) == 2
        assert "needs --course" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ('place = "hall"', 'place = "garden"', "race-vote.place: 'garden' is not allowed"),
        ('length = "9 min"', 'length = "0 min"', "race.length: '0 min' is not a whole number of minutes from 1 on"),
        ('length = "9 min"', 'length = "9.5 min"', "race.length: '9.5 min' is not a whole number of minutes"),
        ('start = "0 min"', 'start = "0 MiB"', "race.start: unit 'MiB'"),
        ('length = "9 min"\n', "", "race.length: is missing"),
        ('length = "9 min"', 'lenght = "9 min"', "lenght"),
    ],
)
def test_a_broken_plan_is_refused_with_its_place(was: str, now: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "class.toml"
    path.write_text(catalog.CLASS_FILE.read_text(encoding="utf-8").replace(was, now, 1), encoding="utf-8")
    with pytest.raises(CatalogError, match=re.escape(says)):
        catalog.blocks(path)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ('requires = ["taxonomy"]', 'requires = ["ksm"]', "'ksm' does not stand before 'taxonomy-between'"),
        ('id = "taxonomy"', 'id = "what-is-docker"', "'what-is-docker' is there twice"),
        ("teaser = ", "teazer = ", "teaser: is missing"),
    ],
)
def test_a_broken_course_is_refused_with_its_place(was: str, now: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "course.toml"
    path.write_text(catalog.FILE.read_text(encoding="utf-8").replace(was, now, 1), encoding="utf-8")
    with pytest.raises(CatalogError, match=re.escape(says)):
        catalog.chapters(path)
