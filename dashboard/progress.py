"""When a lesson counts as begun and as done, and what of it is noted in the reader's browser.

A lesson is begun when its result was asked for, and done when all its questions were answered. A link that shows
somebody's answers counts for nothing until the reader does something.
"""

from __future__ import annotations

import streamlit as st

from dashboard.lessons.quiz import picked
from dashboard.progress_components import CourseLink, note, progress
from dashboard.shown import now
from dashboard.view import View
from sim.classroom.course import Course
from sim.report.texts import tr

_WORDS = ("count", "done", "begun", "next", "forget", "where")


def note_lesson(view: View) -> None:
    """Note what the reader has done of the lesson that the page shows."""
    scenario = now().scenario
    if scenario is None or scenario.lesson is None or view.notes:
        return
    questions = scenario.lesson.quiz
    answers = tuple(picked(scenario, number) for number in range(len(questions)))
    first = st.session_state.setdefault(f"{scenario.id}:noted", answers)
    if now().again is not None and (answers != first or st.session_state.get(f"{scenario.id}:ran")):
        note(scenario.id, sum(answer is not None for answer in answers), len(questions))


def show(plan: Course, addresses: dict[str, str], view: View) -> None:
    """Show what the reader has done of the course.

    Args:
        addresses: Of each lesson's page by its id.
    """
    links = [
        CourseLink(each.scenario.id, each.number, view.read(each.teaser), addresses[each.scenario.id])
        for each in plan.lessons
    ]
    progress(links, {name: tr(f"ui.progress.course.{name}", view.lang) for name in _WORDS})
