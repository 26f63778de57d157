"""A page in a lecture hall, in a frame on a slide or on a projector: scaled until it fills its window.

The style says the scale that suits the window. The component then makes it as large as what stands on the page allows.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import projector
from dashboard.controls import choice
from dashboard.page_part import PagePart
from dashboard.shown import now
from dashboard.view import View
from sim.report.texts import tr

# A projector's bar of buttons peeps out below, until the pointer or the focus is on it.
_HALL = """
[data-testid=stMainBlockContainer]{padding:.7rem 1.5rem 0;max-width:none}
[data-testid=stMainBlockContainer] [data-testid=stVerticalBlock]{gap:.7rem}
[data-testid=stMainBlockContainer] [data-testid=stHorizontalBlock]{row-gap:.4rem}
[data-testid=stMainBlockContainer] :is(p,label,input,kbd,[data-testid=stSelectbox] div){font-size:1rem!important}
[data-testid=stMain] [data-testid=stHtml] :is(div,p,table,td,th,small,b){font-size:1rem!important}
[data-testid=stElementContainer]:has([data-testid=stVegaLiteChart]),
[data-testid=stElementContainer] :has([data-testid=stVegaLiteChart]),
[data-testid=stVegaLiteChart]{width:100%!important}
[data-testid=stMain] h1{max-width:none;font-size:1.6rem;padding-bottom:.2rem}
[data-testid=stMain] [data-testid=stHeading] [data-testid=stMarkdownContainer]{margin-bottom:-.3rem}
[data-testid=stMainBlockContainer] code{font-size:1rem}
[data-testid=stMainBlockContainer] .st-key-told [data-testid=stMarkdownContainer] p{max-width:none;line-height:1.35}
[data-testid=stHtml] table{line-height:1.15!important}
[data-testid=stHtml] table.view{line-height:1!important;border-spacing:2px 0}
[data-testid=stHtml] table.fit :is(td,th){padding:1px 6px}
[data-testid=stHtml] table.view{width:100%}
:is([data-testid=stHeader],[data-testid=stElementToolbar]){display:none}
:is(.st-key-hall,.st-key-page-state){position:absolute;left:0}
[data-tight] [data-testid=stLayoutWrapper]:has(>.st-key-provenance){display:none}
[data-tight] [data-testid=stMain] h1{font-size:1.3rem}
[data-tight] [data-testid=stMainBlockContainer] [data-testid=stVerticalBlock]{gap:.2rem}
[data-tight] [data-testid=stMain] [data-testid=stHtml] table{line-height:1.05!important}
[data-tight] [data-testid=stMain] [data-testid=stHtml] table.view{line-height:.98!important}
[data-tight] table.view thead th span{white-space:normal;max-height:7.2em;word-break:keep-all}
[data-tight] .stairs{width:min-content;height:1rem}
[data-tight] [data-testid=stElementContainer]:has(table.view){margin-top:-1.7rem}
"""
_PROJECTED = """
html{{font-size:18px}}
[data-testid=stMainBlockContainer] [data-testid=stVerticalBlock]{{gap:.4rem}}
[data-testid=stMain] .st-key-{bar}{{position:fixed;left:0;right:0;bottom:0;z-index:99;padding:.4rem 1.5rem;
transform:translateY(80%);background:{panel};border-top:1px solid {line}}}
[data-testid=stMain] .st-key-{bar}:is(:hover,:focus-within){{transform:none}}
"""
_WIDTH, _HEIGHT = 1280, 720
"""Pixels of the window for which a page is laid out at a scale of 1."""
_LEAST_SCALE, _MOST_SCALE = 0.75, 3.0
_NARROW = 641
"""Pixels of width below which all stands below one another, and scrolls."""
_QUESTION_WIDTH, _RESULT_WIDTH = 960, 1120
"""Pixels of layout that a window has at least, however large all in it is drawn: bars need more than words."""


def style(view: View) -> str:
    """The style of a page in a hall, whose scale is `--fit` where the component has set it."""
    plain_type = f"@media(max-width:1400px){{html{{font-size:calc({view.size} * 16px)}}}}"
    scaled = f"@media(min-width:{_NARROW}px){{[data-testid=stMainBlockContainer]{{zoom:var(--fit,var(--scale,1))}}}}"
    hall = plain_type + _HALL + scaled + _scales(view)
    if view.projector:
        hall += _PROJECTED.format(bar=projector.BAR, panel=view.style.tokens.panel, line=view.style.tokens.line)
    return hall


def _scales(view: View) -> str:
    """The scale before anything is measured, by the size of the window.

    In a frame of 960 x 540 it is 3/4, where no text is below 12 px, and on a projector 1 or more, with none below 18.
    """
    if view.projector:
        larger = range(21, round(20 * _MOST_SCALE) + 1)
        return "".join(
            _scaled(f"(min-width:{_WIDTH * n / 20:g}px) and (min-height:{_HEIGHT * n / 20:g}px)", n / 20)
            for n in (20, *larger)
        )
    smaller = range(20, round(20 * _LEAST_SCALE) - 1, -1)
    return "".join(
        _scaled(f"(min-width:{_NARROW}px) and (max-height:{_HEIGHT * (n + 1) / 20 - 1:g}px)", n / 20) for n in smaller
    )


def _scaled(window: str, scale: float) -> str:
    return f"@media{window}{{:root{{--scale:{scale:g}}}}}"


def one_part(page_parts: Sequence[PagePart]) -> PagePart:
    """The part of a scenario that is shown, as a screen has room for one: what is ringed, until another is chosen."""
    if len(page_parts) == 1:
        return page_parts[0]
    ringed = next((n for n, page_part in enumerate(page_parts, 1) if page_part.ring), 1)
    first, view = page_parts[0], page_parts[0].view
    options = {str(number): str(number) for number in range(1, len(page_parts) + 1)}
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        key = f"{first.scenario.id}:part:{ringed}"
        shown = choice(tr("ui.hall.part", view.lang), options, str(ringed), "part", view, key=key, hidden=True)
        page_part = page_parts[int(shown) - 1]
        st.markdown(tr(f"ui.explore.about.{page_part.outcome.study}", view.lang))
    return page_part


# The largest scale at which the page ends above the foot of its window is found by trying, as a legend wraps and a
# chart redraws at some. Charts come when they are drawn, so the page is looked at again and again, and tried where it
# is another than the one that was fitted and has stayed so from one look to the next. A machine that is busy draws
# late, so each try waits for frames that were drawn, too. What was tried in another window than it ends in counts for
# nothing. A page that fits at no scale is drawn closer (`data-tight`). The
# legend of what a process sees then stands in the corner that the table's upright heads leave free.
_FIT_JS = """
const APP = '[data-testid=stApp]', MAIN = '[data-testid=stMain]', BLOCK = '[data-testid=stMainBlockContainer]';
const PART = `${BLOCK} [data-testid=stElementContainer]`, FRAME = `${BLOCK} [data-testid=stHtml] div`;
const DRAWN = 'svg, canvas';
const CLOSE = 0.02, LOOK = 150, REDRAWN = 120, TRIES = 8;
const root = document.documentElement;
const redrawn = () => new Promise((done) =>
  setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), REDRAWN));
const idle = () => document.querySelector(APP)?.dataset.testScriptState === 'notRunning' &&
  [...document.querySelectorAll(`${BLOCK} [data-testid=stVegaLiteChart]`)].every((one) => one.querySelector(DRAWN));
const scale = () =>
  Number(root.style.getPropertyValue('--fit') || getComputedStyle(root).getPropertyValue('--scale')) || 1;
const wide = (one) => one.scrollWidth > one.clientWidth + 1;
const shape = () => `${innerWidth},${innerHeight}`;
const set = (scale) => root.style.setProperty('--fit', scale.toFixed(3));
const measured = (data) => {
  const main = document.querySelector(MAIN), parts = [...document.querySelectorAll(PART)];
  const feet = parts.filter((part) => !part.closest(`.st-key-${data.bar}`) && part.offsetHeight > 2)
    .map((part) => part.getBoundingClientRect().bottom + main.scrollTop);
  const foot = Math.max(1, ...feet), room = innerHeight - data.reserved;
  const cut = wide(main) || [...document.querySelectorAll(FRAME)].some(wide);
  const fits = !cut && foot <= room && main.scrollHeight <= main.clientHeight + 1;
  const asked = [data.least, data.width];
  return { foot, room, fits, key: [shape(), ...asked, Math.round(foot), main.scrollWidth, fits].join() };
};
// Whether it fits now, or is not the page any more that it was.
const filled = async (data, here) => {
  const most = Math.max(data.least, innerWidth / data.width), still = () => idle() && shape() === here;
  let low = data.least, high = most + CLOSE, tried = Math.min(most, Math.max(low, scale()));
  for (let n = 0; n < TRIES; n++) {
    set(tried);
    await redrawn();
    if (!still()) return true;
    const { foot, room, fits } = measured(data);
    if (fits) low = Math.max(low, tried); else high = Math.min(high, tried);
    if (high - low <= CLOSE) break;
    const guess = Math.min(most, tried * room / foot);
    tried = guess > low + CLOSE / 2 && guess < high - CLOSE / 4 ? guess : (low + Math.min(high, most)) / 2;
  }
  set(Math.min(low, most));
  await redrawn();
  return !still() || measured(data).fits;
};
const fit = async (data, here) => {
  for (const tight of [false, true]) {
    root.toggleAttribute('data-tight', tight);
    if (await filled(data, here)) return;
  }
};
export default function({ data: [data] }) {
  const state = (window.hallFit ??= { busy: false, seen: '', settled: '' });
  clearInterval(state.timer);
  state.timer = setInterval(async () => {
    if (!document.querySelector('.st-key-hall') || innerWidth < data.narrow) {
      root.style.removeProperty('--fit');
      root.removeAttribute('data-tight');
      state.settled = '';
      return;
    }
    if (state.busy || !idle()) return;
    const { key } = measured(data);
    const stays = key === state.seen;
    state.seen = key;
    if (key === state.settled || !stays) return;
    state.busy = true;
    const here = shape();
    await fit(data, here);
    state.settled = idle() && shape() === here ? measured(data).key : '';
    state.seen = state.settled;
    state.busy = false;
  }, LOOK);
}
"""
_fit = st.components.v2.component("hall", js=_FIT_JS)


def fit(view: View) -> None:
    """Let the page fill its window. It stands after all else of a page."""
    least = 1.0 if view.projector else _LEAST_SCALE
    reserved = 14 if view.projector else 2
    width = _RESULT_WIDTH if now().page_parts else _QUESTION_WIDTH
    data = {"bar": projector.BAR, "least": least, "reserved": reserved, "narrow": _NARROW, "width": width}
    _fit(data=[data], key="hall")
