"""Four small browser components: a drawing to pick from, an editor with a gutter, a player, the page's language.

All are plain JavaScript mounted by Streamlit. None loads anything from elsewhere. What a reader does arrives through a
callback before the page is drawn again, so that the page is drawn once.

Each gets its data as a list of one. Streamlit searches a plain mapping for data frames, and imports numpy, pandas and
pyarrow for that: 120 MB of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.view import smallest_text
from sim.report import player as time_line
from sim.report.style import LEGIBLE, SMALLEST

_DRAWING_JS = """
const LEAST = 0.05, MOST = 2;
export default function({ parentElement, data: [data], setTriggerValue }) {
  const host = parentElement.querySelector('.host'), bar = parentElement.querySelector('.bar');
  host.classList.toggle('scroll', data.scroll);
  bar.hidden = !data.scroll;
  const first = !host.drawn, fresh = ![data.svg, data.narrow].includes(host.drawn);
  const ringed = fresh && data.svg.includes('class="look"');
  const moved = ringed || host.focused !== data.focus;
  const picked = () => data.focus && host.querySelector(`[data-node="${CSS.escape(data.focus)}"]`);
  const aimed = () => (ringed && host.querySelector('.look')) || picked();
  const width = (name) => Number(data.svg.match(RegExp(`^[^>]*${name}([0-9.]+)`))?.[1] ?? 0);
  const least = Math.max(width('viewBox="0 0 ') * data.least, width('min-width:'));
  let svg = host.querySelector('svg');
  const draw = () => {
    const narrow = data.narrow && (host.phone.matches || (!data.scroll && host.clientWidth < least));
    const wanted = narrow ? data.narrow : data.svg;
    if (host.drawn === wanted) return;
    const held = parentElement.activeElement ?? parentElement.getRootNode().activeElement;
    const kept = held?.dataset?.node;
    host.innerHTML = wanted; host.drawn = wanted;
    svg = host.querySelector('svg');
    if (data.scale > 1) {
      svg.style.maxHeight = 'none';
      svg.style.maxWidth = svg.style.width = `min(100%, ${svg.viewBox.baseVal.width * data.scale}px)`;
    }
    if (kept) host.querySelector(`[data-node="${CSS.escape(kept)}"]`)?.focus({ preventScroll: true });
  };
  host.phone ??= matchMedia('(max-width: 640px)');
  host.phone.onchange = draw;
  host.sized?.disconnect();
  host.sized = new ResizeObserver(draw);
  host.sized.observe(host);
  draw();
  const size = () => svg.viewBox.baseVal;
  const zoom = (factor) => {
    host.factor = Math.min(MOST, Math.max(LEAST, factor));
    svg.style.minWidth = '0'; svg.style.maxWidth = 'none';
    svg.style.width = `${size().width * host.factor}px`;
  };
  const show = (node) => {
    if (!node) return;
    const box = node.getBoundingClientRect(), frame = host.getBoundingClientRect();
    host.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
    host.scrollTop += box.top + box.height / 2 - frame.top - frame.height / 3;
  };
  const visible = () => {
    const node = aimed();
    if (!node) return true;
    const box = node.getBoundingClientRect(), frame = host.getBoundingClientRect();
    return box.top >= frame.top && box.bottom <= frame.bottom && box.left >= frame.left && box.right <= frame.right;
  };
  if (data.scroll) {
    zoom(host.factor ?? data.scale);
    const said = { tabindex: '0', role: 'region', 'aria-label': data.label };
    for (const [name, value] of Object.entries(said)) host.setAttribute(name, value);
    if (first || (moved && !visible())) requestAnimationFrame(() => show(aimed()));
  } else {
    for (const name of ['tabindex', 'role', 'aria-label']) host.removeAttribute(name);
  }
  host.focused = data.focus;
  const acts = {
    out: () => zoom(host.factor / 1.4), in: () => zoom(host.factor * 1.4),
    all: () => zoom(Math.min((host.clientWidth - 8) / size().width, (host.clientHeight - 8) / size().height)),
    here: () => { zoom(1); show(picked()); },
  };
  for (const button of bar.querySelectorAll('button')) {
    button.textContent = data.words[button.name] ?? '';
    button.onclick = acts[button.name];
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
.host.scroll{overflow:auto;max-height:min(72vh / var(--fit,1),60rem);border:1px solid var(--st-border-color);
  border-radius:var(--st-base-radius)}
.host.scroll:focus-visible{outline:2px solid var(--st-primary-color);outline-offset:1px}
.bar{display:flex;flex-wrap:wrap;gap:.4rem;padding:0 0 .5rem} .bar[hidden]{display:none}
.bar button{font:inherit;font-size:1rem;color:var(--st-text-color);background:var(--st-background-color);
  cursor:pointer;border:1px solid var(--st-border-color);border-radius:var(--st-base-radius);padding:.2rem .7rem}
.bar button:focus-visible{outline:2px solid var(--st-primary-color);outline-offset:1px}
[data-node]{cursor:pointer} [data-node]:focus{outline:none}
[data-node]:focus-visible .ring,[data-node]:hover .ring{stroke:var(--st-text-color);stroke-width:2}
"""
_DRAWING_HTML = """<div class="bar" hidden>
<button type="button" name="here"></button><button type="button" name="all"></button>
<button type="button" name="out"></button><button type="button" name="in"></button>
</div><div class="host"></div>"""
_drawing = st.components.v2.component("drawing", html=_DRAWING_HTML, css=_DRAWING_CSS, js=_DRAWING_JS)

_EDITOR_JS = """
const WAIT = 450;
export default function({ parentElement, data: [data], setStateValue, setTriggerValue }) {
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
  const frame = parentElement.querySelector('.editor');
  const row = gutter.querySelector('.selected');
  if (row && frame.line !== data.line && frame.scrollHeight > frame.clientHeight) {
    const above = row.offsetTop - frame.offsetTop;
    if (above < frame.scrollTop || above > frame.scrollTop + frame.clientHeight - 40)
      frame.scrollTop = above - frame.clientHeight / 3;
  }
  frame.line = data.line;
}
"""
_EDITOR_CSS = """
.editor{border:1px solid var(--st-border-color);border-radius:var(--st-base-radius);
  background:var(--st-background-color);font:.86rem/1.65 var(--st-code-font);overflow:hidden auto;
  max-height:25rem}
.page{display:flex;min-height:100%}
.gutter{flex:none;padding:.6rem 0;
  background:var(--st-secondary-background-color);user-select:none}
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
_EDITOR_HTML = """<div class="editor"><div class="page">
<div class="gutter" aria-hidden="true"></div><textarea spellcheck="false" rows="1"></textarea>
</div></div>"""
_editor = st.components.v2.component("editor", html=_EDITOR_HTML, css=_EDITOR_CSS, js=_EDITOR_JS)

_player = st.components.v2.component(
    "player",
    html=time_line.HTML,
    css=time_line.CSS,
    js=f"{time_line.JS}\nexport default ({{ parentElement, data: [data] }}) =>"
    " mountPlayer(parentElement.querySelector('.player'), data);",
)

# While the server is away the page says so in its own words, and not in those of Streamlit's dialog, which comes some
# seconds later (`dashboard.frame` hides it). Streamlit connects again by itself, and the page's link has all that was
# on it.
_CONNECTION_JS = """
export default function({ parentElement, data: [data] }) {
  const host = parentElement.querySelector('.lost');
  host.querySelector('b').textContent = data.lost;
  host.querySelector('span').textContent = data.wait;
  const app = document.querySelector('[data-testid=stApp]');
  const look = () => {
    host.hidden = app.dataset.testConnectionState === 'CONNECTED';
    document.body.toggleAttribute('data-server-away', !host.hidden);
  };
  look();
  host.watcher?.disconnect();
  host.watcher = new MutationObserver(look);
  host.watcher.observe(app, { attributes: true, attributeFilter: ['data-test-connection-state'] });
}
"""
_CONNECTION_HTML = '<div class="lost" role="alert" hidden><b></b> <span></span></div>'
_CONNECTION_CSS = """
.lost{position:fixed;left:50%;top:1rem;transform:translateX(-50%);z-index:1000000;max-width:min(40rem,90vw);
  padding:.8rem 1.2rem;border:2px solid var(--st-red-color);border-radius:var(--st-base-radius);
  background:var(--st-background-color);color:var(--st-text-color);font:1rem/1.5 var(--st-font)}
.lost[hidden]{display:none}
"""
_connection = st.components.v2.component("connection", html=_CONNECTION_HTML, css=_CONNECTION_CSS, js=_CONNECTION_JS)

# The language is for screen readers, and for breaking Japanese titles between phrases; Streamlit always says "en".
# A reader who has asked for the answer finds the focus on it, once the page is drawn. A figure stays in sight beside a
# text that is longer (`--figure-top`). One that is taller than the window stops where its end is seen. That is said at
# the figure's column, and is not inherited: said at the root, it would have the browser style the whole page again. A
# phone's menu is Streamlit's sidebar, which would stay over the page that was chosen in it, and open the next time too.
_PAGE_STATE_JS = """
const IDLE = '[data-testid=stApp][data-test-script-state=notRunning]';
const TYPED = 'input:not([type=checkbox], [type=radio], [type=range]), textarea, [contenteditable=true]';
const keep = (event) => {
  const undoes = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey);
  if (undoes && event.composedPath()[0].matches?.(TYPED)) event.stopImmediatePropagation();
};
const LOOK = 20, LOOKS = 500;
let pressed;
const press = (event) => {
  pressed = event.composedPath().find((one) => one.tagName === 'BUTTON');
  if (event.target.closest?.('[data-testid=stSidebarNavLink]')) setTimeout(closeMenu);
};
const closeMenu = () => document.querySelector('[data-testid=stSidebarCollapseButton] button')?.click();
let begun = false;
const COLUMN = '[data-testid=stColumn]:has(+ [data-testid=stColumn] .st-key-told)';
const stay = () => {
  const column = document.querySelector(COLUMN);
  if (!column) return;
  const top = Math.min(64, innerHeight - column.offsetHeight - 16);
  column.style.setProperty('--figure-top', `${top}px`);
};
const sized = new ResizeObserver(stay);
export default function({ parentElement, data: [data] }) {
  document.documentElement.lang = data.lang;
  window.onresize = stay;
  sized.disconnect();
  for (const column of document.querySelectorAll(COLUMN)) sized.observe(column);
  window.addEventListener('keydown', keep, true);
  window.addEventListener('click', press, true);
  if (!begun) closeMenu();
  begun = true;
  const host = parentElement.querySelector('.said');
  const seen = host.answers ?? 0;
  host.answers = data.answers;
  if (data.answers <= seen) {
    if ((host.told ?? '') !== data.told) host.textContent = data.told;
    host.told = data.told;
    return;
  }
  host.told = data.told;
  const show = (left) => {
    const title = document.querySelector('[data-testid=stMain] h1');
    if (title && document.querySelector(IDLE)) {
      title.tabIndex = -1;
      title.style.outline = 'none';
      if ([document.body, pressed].includes(document.activeElement)) title.focus();
      host.textContent = `${title.innerText} ${data.told}`;
    } else if (left) setTimeout(show, LOOK, left - 1);
  };
  show(LOOKS);
}
"""
_PAGE_STATE_HTML = '<div class="said" aria-live="polite"></div>'
_PAGE_STATE_CSS = ".said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
_page_state = st.components.v2.component("page_state", html=_PAGE_STATE_HTML, css=_PAGE_STATE_CSS, js=_PAGE_STATE_JS)


@dataclass(frozen=True, slots=True)
class Reel:
    """A drawing too large for a page, shown in a frame that scrolls and zooms.

    Attributes:
        focus: The node that is brought into view, "" for none.
        label: What the frame is called. The others are the words on its buttons.
    """

    focus: str
    label: str
    here: str
    all: str
    smaller: str
    larger: str


def drawing(
    svg: str,
    key: str,
    on_pick: Callable[[str], None] | None = None,
    *,
    narrow: str = "",
    reel: Reel | None = None,
) -> None:
    """Show an SVG. Its elements with `data-node` are picked by mouse, Enter or space.

    Its text takes the theme's variables (`var(--st-text-color)`), so that both themes come for free. Where the smallest
    text of a page is larger, in a hall, the whole drawing is, as far as its place is wide enough.

    Args:
        narrow: The drawing that a phone shows instead, and any place too narrow for the other. "" for the same one.
        reel: For one that is too large for a page.
    """

    def picked() -> None:
        node = st.session_state[key]["pick"]
        if node and on_pick:
            on_pick(str(node))

    data = {
        "svg": svg,
        "narrow": narrow,
        "scroll": reel is not None,
        "scale": smallest_text() / SMALLEST,
        "least": LEGIBLE / SMALLEST if smallest_text() == SMALLEST else 0,
        "focus": reel.focus if reel else "",
        "label": reel.label if reel else "",
        "words": {"here": reel.here, "all": reel.all, "out": reel.smaller, "in": reel.larger} if reel else {},
    }
    _drawing(data=[data], key=key, on_pick_change=picked)


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

    Args:
        marks: Line number to {"glyph", "kind", "word"}, as `sim.report.figures.images.build.gutter` gives them.
        revision: Changed whenever the page, not the reader, sets the text. Otherwise what is being typed is left alone.
        selected: The marked line, 0 for none.
    """

    def typed() -> None:
        on_text(str(st.session_state[key]["text"]))

    def clicked() -> None:
        line = st.session_state[key]["line"]
        if line:
            on_line(int(line))

    _editor(
        data=[
            {
                "text": text,
                "revision": revision,
                "marks": {line: dict(mark) for line, mark in marks.items()},
                "line": selected,
                "label": label,
            }
        ],
        key=key,
        on_text_change=typed,
        on_line_change=clicked,
    )


def connection(words: Mapping[str, str]) -> None:
    """Watch whether the server is there. It stands before all else of a page, so that it is there while that is made.

    Args:
        words: "lost" and "wait", which are shown while the server is away.
    """
    _connection(data=[dict(words)], key="connection")


def page_state(lang: str, answers: int, told: str = "") -> None:
    """Say in which language the page is, and bring the focus to an answer.

    While somebody types in a field, the keys of undo are the field's own and not the page's.

    Args:
        answers: How many answers the reader has asked for: the focus goes to the title where it has grown.
        told: What a screen reader says where it is new. The focus stays where it is.
    """
    _page_state(data=[{"lang": lang, "answers": answers, "told": told}], key="page-state")


def player(data: Mapping[str, Any], svg: str, narrow: str, key: str) -> None:
    """Play a run on its time line. Nothing that a reader does there draws the page again.

    Args:
        data: What is played, as `sim.report.player` says.
        svg, narrow: The still pictures above it, for a desk and for a phone.
    """
    least = smallest_text()
    hall = {} if least == SMALLEST else {"least": least}
    _player(data=[{**data, **hall, "svg": svg, "narrow": narrow}], key=key)
