"""Three small browser components: a drawing to pick from, a Dockerfile editor with a gutter, the page's language.

All are plain JavaScript mounted by Streamlit; none loads anything from elsewhere. What a reader does arrives through a
callback before the page is drawn again, so that the page is drawn once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

_DRAWING_JS = """
export default function({ parentElement, data, setTriggerValue }) {
  const host = parentElement.querySelector('.host');
  host.classList.toggle('wide', data.wide);
  if (host.drawn !== data.svg) {
    const focused = host.querySelector(':focus')?.dataset.node;
    host.innerHTML = data.svg; host.drawn = data.svg;
    if (focused) host.querySelector(`[data-node="${CSS.escape(focused)}"]`)?.focus();
  }
  const pick = (event) => {
    if (event.type === 'keydown' && event.key !== 'Enter' && event.key !== ' ') return;
    const node = event.target.closest('[data-node]');
    if (!node) return;
    event.preventDefault();
    setTriggerValue('pick', node.dataset.node);
  };
  host.onclick = pick; host.onkeydown = pick;
}
"""
_DRAWING_CSS = """
.host{overflow-x:auto;padding:2px 0}
.host svg{max-width:100%;height:auto;display:block;margin:0 auto;font-family:var(--st-font)}
[data-node]{cursor:pointer} [data-node]:focus{outline:none}
[data-node]:focus-visible .ring,[data-node]:hover .ring{stroke:var(--st-text-color);stroke-width:2}
@media (max-width:640px){.host.wide svg{min-width:540px}}
"""
_drawing = st.components.v2.component("drawing", html='<div class="host"></div>', css=_DRAWING_CSS, js=_DRAWING_JS)

_EDITOR_JS = """
const WAIT = 450;
export default function({ parentElement, data, setStateValue, setTriggerValue }) {
  const text = parentElement.querySelector('textarea'), gutter = parentElement.querySelector('.gutter');
  const draw = () => {
    gutter.replaceChildren(...text.value.split('\\n').map((_, i) => {
      const mark = data.marks[i + 1], row = document.createElement('div');
      row.className = `${mark ? mark.kind : ''}${data.line === i + 1 ? ' selected' : ''}`;
      row.dataset.line = i + 1;
      if (mark) row.title = mark.word;
      const glyph = document.createElement('b'), number = document.createElement('i');
      glyph.textContent = mark ? mark.glyph : ''; number.textContent = i + 1;
      row.append(glyph, number);
      return row;
    }));
  };
  if (text.revision !== data.revision) { text.value = data.text; text.sent = data.text; text.revision = data.revision; }
  const send = () => {
    clearTimeout(text.timer);
    if (text.value === text.sent) return;
    text.sent = text.value;
    setStateValue('text', text.value);
  };
  text.setAttribute('aria-label', data.label);
  text.oninput = () => { draw(); clearTimeout(text.timer); text.timer = setTimeout(send, WAIT); };
  text.onchange = send;
  gutter.onclick = (event) => {
    const row = event.target.closest('[data-line]');
    if (row && data.marks[row.dataset.line]) setTriggerValue('line', Number(row.dataset.line));
  };
  draw();
}
"""
_EDITOR_CSS = """
.editor{display:flex;border:1px solid var(--st-border-color);border-radius:var(--st-base-radius);
  background:var(--st-background-color);font:.86rem/1.65 var(--st-code-font);overflow:hidden}
.gutter{flex:none;padding:.6rem 0;background:var(--st-secondary-background-color);user-select:none}
.gutter div{display:flex;gap:.35rem;justify-content:flex-end;height:1.65em;padding:0 .55rem 0 .5rem;
  color:var(--st-gray-text-color)}
.gutter i{font-style:normal;min-width:1.3em;text-align:right} .gutter b{width:1em;text-align:center}
.gutter [title]{cursor:pointer}
.gutter .miss,.gutter .cause{color:var(--st-red-text-color);background:var(--st-red-background-color)}
.gutter .selected{box-shadow:inset 4px 0 var(--st-text-color)}
textarea{flex:1;min-width:0;border:0;outline:0;resize:none;padding:.6rem;background:transparent;
  color:var(--st-text-color);font:inherit;white-space:pre;overflow:auto hidden}
.editor:focus-within{outline:2px solid var(--st-primary-color);outline-offset:1px}
"""
_EDITOR_HTML = """<div class="editor">
<div class="gutter" aria-hidden="true"></div><textarea spellcheck="false" rows="1"></textarea>
</div>"""
_editor = st.components.v2.component("editor", html=_EDITOR_HTML, css=_EDITOR_CSS, js=_EDITOR_JS)

# For screen readers, and for breaking Japanese titles between phrases; Streamlit always says "en".
_page_lang = st.components.v2.component(
    "page_lang", js="export default ({ data }) => { document.documentElement.lang = data.lang; }"
)


def drawing(svg: str, key: str, on_pick: Callable[[str], None] | None = None, *, wide: bool = False) -> None:
    """Show an SVG; its elements with `data-node` are picked by mouse, Enter or space.

    Its text takes the theme's variables (`var(--st-text-color)`), so that both themes come for free.
    wide: keep at least 540 px on a phone and scroll sideways, rather than shrink the type.
    """

    def picked() -> None:
        node = st.session_state[key]["pick"]
        if node and on_pick:
            on_pick(str(node))

    _drawing(data={"svg": svg, "wide": wide}, key=key, on_pick_change=picked)


def editor(
    text: str,
    revision: int,
    marks: Mapping[str, Mapping[str, str]],
    selected: int,
    label: str,
    key: str,
    on_text: Callable[[str], None],
    on_line: Callable[[int], None],
) -> None:
    """A text editor with a line-numbered gutter of marks.

    marks: line number to {"glyph", "kind", "word"}, as `sim.report.figures.gutter` gives them.
    revision: changed whenever the page, not the reader, sets the text; otherwise what is being typed is left alone.
    selected: the marked line, 0 for none.
    """

    def typed() -> None:
        on_text(str(st.session_state[key]["text"]))

    def clicked() -> None:
        line = st.session_state[key]["line"]
        if line:
            on_line(int(line))

    _editor(
        data={
            "text": text,
            "revision": revision,
            "marks": {line: dict(mark) for line, mark in marks.items()},
            "line": selected,
            "label": label,
        },
        key=key,
        on_text_change=typed,
        on_line_change=clicked,
    )


def page_lang(lang: str) -> None:
    """Say in which language the page is."""
    _page_lang(data={"lang": lang}, key="page-lang")
