"""The course: every lesson in its chapter, with its question, prediction and minutes, and what the reader has done.

Below, the plan of a class.
"""

from __future__ import annotations

from base64 import b64encode

import streamlit as st

from dashboard import components, progress, shipped
from dashboard.frame import address_of_lesson, head, of_lesson
from dashboard.view import View, language_query
from sim.classroom.course import Course, CourseLesson, course, named, predicted, short_of_time
from sim.classroom.handout import as_handout, drawing
from sim.report.previews import glyph
from sim.report.texts import tr

_NARROWEST = 210
"""Pixels of a chapter's column."""


def page(view: View) -> None:
    """Draw the page."""
    plan = course(shipped.readable(shipped.entries()))
    title = tr("ui.course.title", view.lang, n=len(plan.lessons))
    head(view, lambda: st.title(title, anchor=False))
    if view.embed:
        st.title(title, anchor=False)
    st.markdown(tr("ui.course.lead", view.lang))
    if not view.embed:
        progress.show(
            plan, {each.scenario.id: address_of_lesson(each.scenario.id, view) for each in plan.lessons}, view
        )
    with st.grid(len(plan.chapters), min_column_width=_NARROWEST, gap="medium"):
        for number, chapter in enumerate(plan.chapters, start=1):
            with st.container():
                st.markdown(f"#### {number} {view.read(chapter.title)}")
                for lesson in chapter.lessons:
                    _card(lesson, plan, view)
    _class(plan, view)


def _card(lesson: CourseLesson, plan: Course, view: View) -> None:
    """The question, and below it the way to the lesson. The label of a link has one line."""
    minutes = tr("ui.course.minutes", view.lang, demonstration=lesson.minutes.demonstration, lab=lesson.minutes.lab)
    target, query = of_lesson(lesson.scenario.id, view)
    with st.container(border=True, gap="xxsmall", key=f"card-{lesson.scenario.id}"):
        st.html(_picture(glyph(lesson.scenario.parts[0].study, view.style)))
        st.markdown(f"**{view.read(lesson.teaser)}**")
        st.page_link(
            target,
            label=f"{lesson.number} · {predicted(lesson, view.lang)} · {minutes}",
            query_params=query | language_query(view.lang),
        )
        if lesson.requires:
            numbers = ", ".join(f"{plan.numbers[name]}" for name in lesson.requires)
            st.caption(tr("ui.course.requires", view.lang, numbers=numbers))


def _picture(svg: str) -> str:
    """A drawing as an image: Streamlit takes SVG out of a page's HTML."""
    return f'<img alt="" style="display:block" src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}">'


def _class(plan: Course, view: View) -> None:
    """The plan of the class: the drawing, what to leave out, the same as a table, and the page to print."""
    st.header(tr("course.class", view.lang), anchor=False)
    components.drawing(drawing(plan, view.style), key="course-plan")
    st.markdown(short_of_time(plan, view.lang))
    with st.expander(tr("ui.course.table", view.lang)):
        st.markdown(_table(plan, view))
    st.download_button(
        tr("ui.course.print", view.lang),
        as_handout(plan, view.lang),
        file_name=f"course-{view.lang}.html",
        mime="text/html",
        icon=":material/print:",
        on_click="ignore",
        key="course-print",
    )


def _table(plan: Course, view: View) -> str:
    columns = [tr(f"course.column.{name}", view.lang) for name in ("minutes", "where", "lesson", "what")]
    rows = [f"| {' | '.join(columns)} |", "|---|---|---|---|"]
    for block in plan.blocks:
        about = named(block, plan.numbers, view.lang)
        where = tr(f"course.{block.place}", view.lang)
        rows.append(f"| {block.start}-{block.end} | {where} | {about} | {view.read(block.text)} |")
    return "\n".join(rows)
