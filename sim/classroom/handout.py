"""The course as an HTML page that prints on A4 in black and white and loads nothing: the map, then the class."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from sim import __version__
from sim.classroom.course import Course, CourseLesson, named, predicted, short_of_time, time_of
from sim.classroom.paper import printed_page
from sim.report.style import Language, Style
from sim.report.texts import tr
from sim.report.timetable import timetable


def drawing(plan: Course, style: Style) -> str:
    """The class on one time line, as an SVG string."""
    numbers = plan.numbers
    chips = {lesson.scenario.id: f"{lesson.number} {_called(lesson, plan, style)}" for lesson in plan.in_class}
    builds = [(name, lesson.scenario.id) for lesson in plan.in_class for name in lesson.requires if name in chips]
    headed = [block for block in plan.blocks if block.place in ("projector", "laptops")]
    kickers = {block.id: named(block, numbers, style.language) for block in headed}
    return timetable(plan.blocks, kickers, chips, builds, style)


def _called(lesson: CourseLesson, plan: Course, style: Style) -> str:
    """What a lesson is called in the class: as its block on the projector, else by its id."""
    name = lesson.scenario.id
    shown = (block for block in plan.blocks if block.place == "projector" and block.lessons == (name,))
    return next((block.text.read(style.language) for block in shown), name)


def as_handout(plan: Course, language: Language = "en") -> str:
    """The page."""
    return printed_page(
        title=escape(tr("course.title", language)),
        body="\n".join(_body(plan, language)),
        foot=escape(tr("course.made", language, version=__version__)),
        language=language,
        style=_STYLE,
    )


def _body(plan: Course, language: Language) -> Iterator[str]:
    head = "".join(f"<th>{escape(tr(f'course.column.{name}', language))}</th>" for name in _COLUMNS)
    for number, chapter in enumerate(plan.chapters, start=1):
        yield f"<h2>{number}. {escape(chapter.title.read(language))}</h2>"
        yield f"<table><tr>{head}</tr>"
        for lesson in chapter.lessons:
            requires = ", ".join(f"{plan.numbers[name]}" for name in lesson.requires)
            cells = (
                f"{lesson.number}", lesson.scenario.id, lesson.teaser.read(language), predicted(lesson, language),
                time_of(lesson), requires,
            )  # fmt: skip
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        yield "</table>"
    yield f"<section><h1>{escape(tr('course.class', language))}</h1>{drawing(plan, Style('light', language))}"
    yield f"<p>{escape(short_of_time(plan, language))}</p></section>"


_COLUMNS = ("number", "lesson", "question", "prediction", "minutes", "requires")

_STYLE = """
@page { size: A4 landscape; margin: 12mm; }
body { font-size: 10pt; line-height: 1.35; }
h2 { font-size: 11pt; margin: 3mm 0 1mm; }
table { border-collapse: collapse; width: 100%; break-inside: avoid; }
th, td { text-align: left; padding: .4mm 2mm; border-bottom: .2mm solid #000; }
td:nth-child(3) { width: 45%; }
section { break-before: page; }
svg { filter: grayscale(1); font-family: inherit; }
"""
