"""What a reader has done of the course, in the reader's own browser: one component writes it, one shows it.

The record is in the browser's local storage, and nothing of it is sent anywhere. Where a browser keeps nothing, as in a
private window or in some frames, nothing is shown of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

_STORE_JS = """
const KEY = 'virtualization-simulator:lessons';
const read = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    return kept && typeof kept === 'object' && !Array.isArray(kept) ? kept : {};
  } catch { return {}; }
};
const write = (record) => { try { localStorage.setItem(KEY, JSON.stringify(record)); } catch {} };
"""
_NOTE_JS = f"""{_STORE_JS}
export default function({{ data: [data] }}) {{
  const record = read(), before = record[data.lesson] ?? {{}};
  write({{ ...record, [data.lesson]: {{ answered: Math.max(before.answered ?? 0, data.answered), of: data.of }} }});
}}
"""
_note = st.components.v2.component("note", js=_NOTE_JS)

# Cards are marked by a style sheet of the document. It is made of the lessons that the page names, never of what is
# stored. In words the same stands in a sentence, for those who do not see it.
_PROGRESS_JS = f"""{_STORE_JS}
const SHEET = 'course-progress';
export default function({{ parentElement, data: [data] }}) {{
  const host = parentElement.querySelector('.progress');
  const said = (text, values) => text.replace(/\\{{(\\w+)\\}}/g, (_, name) => values[name]);
  const show = () => {{
    const record = read();
    const state = (lesson) => {{
      const kept = record[lesson.id];
      return !kept ? 'none' : kept.answered >= kept.of ? 'done' : 'begun';
    }};
    const done = data.lessons.filter((lesson) => state(lesson) === 'done');
    const begun = data.lessons.filter((lesson) => state(lesson) === 'begun');
    const next = data.lessons.find((lesson) => state(lesson) !== 'done');
    const sheet = document.getElementById(SHEET) ?? document.head.appendChild(document.createElement('style'));
    sheet.id = SHEET;
    const mark = (sign, word) => ({{ id }}) => `.st-key-card-${{id}}{{position:relative}}` +
      `.st-key-card-${{id}}::after{{position:absolute;top:.7rem;right:.9rem;font-size:.9rem;font-weight:600;` +
      `content:${{JSON.stringify(`${{sign}} ${{word}}`)}}}}`;
    sheet.textContent = [...done.map(mark('✓', data.words.done)), ...begun.map(mark('…', data.words.begun))].join('');
    const numbers = (lessons) => lessons.map((lesson) => lesson.number).join(', ');
    host.querySelector('.count').textContent = said(data.words.count, {{ n: done.length, all: data.lessons.length }});
    host.querySelector('.which').textContent = [[data.words.done, done], [data.words.begun, begun]]
      .filter(([, lessons]) => lessons.length).map(([word, lessons]) => `${{word}}: ${{numbers(lessons)}}`).join(' · ');
    const link = host.querySelector('a');
    link.hidden = !next;
    if (next) {{
      link.textContent = said(data.words.next, {{ number: next.number, title: next.title }});
      link.href = next.address;
    }}
    host.querySelector('button').hidden = !done.length && !begun.length;
  }};
  host.querySelector('.where').textContent = data.words.where;
  const button = host.querySelector('button');
  button.textContent = data.words.forget;
  button.onclick = () => {{ write({{}}); show(); host.querySelector('.count').focus(); }};
  show();
}}
"""
_PROGRESS_HTML = """<div class="progress"><b class="count" role="status" tabindex="-1"></b> <span class="which"></span>
<a target="_self"></a> <button type="button"></button><small class="where"></small></div>"""
_PROGRESS_CSS = """
.progress{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:baseline;font:1rem/1.5 var(--st-font);
  color:var(--st-text-color);border:1px solid var(--st-border-color);border-radius:var(--st-base-radius);
  padding:.6rem 1rem}
.progress [hidden],.which:empty{display:none} .count{outline:0}
a{color:inherit}
button{font:inherit;color:inherit;background:none;border:0;padding:0;text-decoration:underline;cursor:pointer}
:is(a,button):focus-visible{outline:2px solid var(--st-primary-color);outline-offset:1px}
small{flex-basis:100%;font-size:.875rem;color:var(--st-gray-text-color)}
"""
_progress = st.components.v2.component("progress", html=_PROGRESS_HTML, css=_PROGRESS_CSS, js=_PROGRESS_JS)


@dataclass(frozen=True, slots=True)
class CourseLink:
    """A lesson as the reader's progress names it.

    Attributes:
        address: Of its page, below the dashboard's.
    """

    id: str
    number: int
    title: str
    address: str


def note(lesson: str, answered: int, of: int) -> None:
    """Let the reader's browser note that a lesson was run, and how many of its questions were answered."""
    _note(data=[{"lesson": lesson, "answered": answered, "of": of}], key="note")


def progress(lessons: Sequence[CourseLink], words: Mapping[str, str]) -> None:
    """Show what the reader's browser has noted, and the way to the first lesson that is not done.

    The container of a lesson's card has the key `card-ID`.

    Args:
        words: "count", "done", "begun", "next", "forget" and "where".
    """
    given = [{"id": each.id, "number": each.number, "title": each.title, "address": each.address} for each in lessons]
    _progress(data=[{"lessons": given, "words": dict(words)}], key="progress")
