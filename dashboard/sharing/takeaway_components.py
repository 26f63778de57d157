"""Small browser components of the share menu: lines of text to copy, the page's figure as files, failures.

Plain JavaScript mounted by Streamlit, as in `dashboard.components`. None loads anything from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from sim.report.figures.textlines import PIECE

_COPIER_JS = """
export default function({ parentElement, data: [data] }) {
  const host = parentElement.querySelector('.lines');
  host.replaceChildren(...data.lines.map(([name, label, text]) => {
    const row = document.createElement('div'), said = document.createElement('label');
    const field = document.createElement('input'), button = document.createElement('button');
    const done = document.createElement('span');
    field.id = `copy-${name}`; field.value = text; field.readOnly = true; field.onfocus = () => field.select();
    said.htmlFor = field.id; said.textContent = label;
    button.type = 'button'; button.textContent = data.words.copy;
    button.setAttribute('aria-label', `${data.words.copy}: ${label}`);
    done.setAttribute('role', 'status');
    button.onclick = async () => {
      try { await navigator.clipboard.writeText(text); }
      catch { field.focus(); field.select(); document.execCommand('copy'); }
      done.textContent = data.words.copied;
    };
    row.append(said, field, button, done);
    return row;
  }));
}
"""
_COPIER_CSS = """
.lines div{display:grid;grid-template-columns:1fr auto;gap:.2rem .5rem;padding:0 0 .6rem;
  font:1rem/1.4 var(--st-font);color:var(--st-text-color)}
label{grid-column:1/-1;font-weight:600}
input{min-width:0;font:.9rem/1.6 var(--st-code-font);color:inherit;background:var(--st-secondary-background-color);
  border:1px solid var(--st-border-color);border-radius:var(--st-base-radius);padding:.2rem .5rem}
button{font:inherit;color:inherit;background:var(--st-background-color);cursor:pointer;
  border:1px solid var(--st-border-color);border-radius:var(--st-base-radius);padding:.2rem .8rem}
:is(input,button):focus-visible{outline:2px solid var(--st-primary-color);outline-offset:1px}
span{grid-column:1/-1;font-size:.9rem} span:empty{display:none}
"""
_copier = st.components.v2.component("copier", html='<div class="lines"></div>', css=_COPIER_CSS, js=_COPIER_JS)

# The figures as they are drawn now, one below another in one file. Colours that follow the theme become plain ones. A
# picture sees no font of the page. So a PNG is made of an SVG that has them in it. The buttons are there where a figure
# is.
_PICTURE_JS = """
const SPACE = 16, SHARP = 2, WIDE = 760, TITLE = 22, HEADING = 16;
const KEPT = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'opacity',
  'font-family', 'font-size', 'font-weight', 'text-anchor'];
const PLACED = ['width', 'height', 'max-width', 'max-height', 'min-width'];
const seen = (element) => element.getClientRects().length;
const parsed = (svg) => new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
// A table of words is HTML. Its picture is the server's, made of the same values.
const tables = (words) => {
  const left = [...words];
  return [...document.querySelectorAll('[data-testid=stMain] [data-words]')].flatMap((element) => {
    const at = left.findIndex(([name]) => name === element.dataset.words);
    if (!seen(element) || at < 0) return [];
    const [[, svg]] = left.splice(at, 1);
    const copy = parsed(svg);
    const [, , width, height] = copy.getAttribute('viewBox').split(' ').map(Number);
    const { top, left: x } = element.getBoundingClientRect();
    return [{ copy, box: { top, left: x, bottom: top + height, width, height } }];
  });
};
// Words as a picture, in lines, behind a swatch where they have a shade.
const said = (lines, element, size, width, shade) => {
  const { fontFamily, color } = getComputedStyle(element), height = 1.4 * size * lines.length;
  const copy = parsed('<svg xmlns="http://www.w3.org/2000/svg"/>'), box = { width, height };
  const put = (name, values) => {
    const one = document.createElementNS(copy.namespaceURI, name);
    for (const [key, value] of Object.entries(values)) one.setAttribute(key, value);
    copy.append(one);
    return one;
  };
  copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  if (shade) put('rect', { width: size, height: 1.2 * size, y: .1 * size, fill: color, opacity: shade });
  lines.forEach((line, at) => {
    const text = put('text', { x: shade ? 1.5 * size : 0, y: 1.4 * size * at + size });
    Object.assign(text.style, { fontFamily, fontSize: `${size}px`, fontWeight: 600, fill: color });
    text.textContent = line.trimEnd();
  });
  return { copy, box };
};
// The page's title, broken where words end, and what the colours mean stand above the figures.
const heading = (piece) => {
  const title = document.querySelector('[data-testid=stMain] h1');
  if (!title) return [];
  const pen = document.createElement('canvas').getContext('2d'), lines = [''];
  pen.font = `600 ${TITLE}px ${getComputedStyle(title).fontFamily}`;
  for (const word of title.textContent.trim().match(new RegExp(piece, 'g')).filter(Boolean)) {
    if (pen.measureText(lines.at(-1) + word).width > WIDE) lines.push('');
    lines.push((lines.pop() + word).trimStart());
  }
  const { copy, box } = said(lines, title, TITLE, WIDE);
  return [{ copy, box: { ...box, top: -2e6, left: 0 } }];
};
// The headings of single figures.
const headed = () => [...document.querySelectorAll('[data-testid=stMain] [data-heading]')].filter(seen);
const headings = () => headed().map((element) => {
  const { top, left, width } = element.getBoundingClientRect();
  const { copy, box } = said([element.textContent.trim()], element, HEADING, width, Number(element.dataset.heading));
  return { copy, box: { ...box, top, left } };
});
const legend = (svg) => {
  if (!svg) return [];
  const copy = parsed(svg), [, , width, height] = copy.getAttribute('viewBox').split(' ').map(Number);
  return [{ copy, box: { top: -1e6, left: 0, width, height } }];
};
const drawn = (words) => {
  const charts = [...document.querySelectorAll('[data-testid=stVegaLiteChart] svg.marks')];
  for (const host of document.querySelectorAll('[data-testid=stMain] *'))
    if (host.shadowRoot) charts.push(...host.shadowRoot.querySelectorAll('.host svg'));
  const pictures = charts.filter(seen).map((svg) => ({ svg, box: svg.getBoundingClientRect() }));
  return [...pictures, ...tables(words)];
};
const placed = (pictures) => pictures.sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left);
const plain = (svg) => {
  const copy = svg.cloneNode(true), from = [svg, ...svg.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((element, at) => {
    const style = getComputedStyle(from[at]);
    for (const name of KEPT) element.style.setProperty(name, style.getPropertyValue(name));
    for (const name of element.getAttributeNames())
      if (element.getAttribute(name).includes('var(') && name !== 'style') element.removeAttribute(name);
  });
  for (const sheet of copy.querySelectorAll('style')) sheet.remove();
  for (const name of PLACED) copy.style.removeProperty(name);
  return copy;
};
// Those at one height stand beside one another, as on the page.
const sheetOf = (pictures) => {
  const sheet = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  let width = 0, height = 0, right = 0, top = 0, above;
  for (const { svg, box, copy = plain(svg) } of pictures) {
    if (above !== undefined && Math.abs(box.top - above) > 1) [right, top] = [0, height];
    above = box.top;
    for (const [name, value] of [['x', right], ['y', top], ['width', box.width], ['height', box.height]])
      copy.setAttribute(name, value);
    sheet.append(copy);
    right += box.width + SPACE;
    width = Math.max(width, right - SPACE); height = Math.max(height, top + box.height + SPACE);
  }
  sheet.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  [width, height] = [width + 2 * SPACE, height + SPACE];
  sheet.setAttribute('viewBox', `${-SPACE} ${-SPACE} ${width} ${height}`);
  sheet.setAttribute('width', width); sheet.setAttribute('height', height);
  sheet.style.background = getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor;
  return sheet;
};
const file = (sheet) => new Blob([new XMLSerializer().serializeToString(sheet)], { type: 'image/svg+xml' });
const inText = async (blob) => new Promise((done) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result);
  reader.readAsDataURL(blob);
});
const fonts = async (text) => {
  const faces = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSFontFaceRule)
    .filter((rule) => text.includes(rule.style.getPropertyValue('font-family').replaceAll('"', '')));
  return Promise.all(faces.map(async (rule) => {
    const [whole, path] = rule.cssText.match(/url\\("?([^")]+)"?\\)/) ?? [];
    if (!path) return '';
    const from = new URL(path, rule.parentStyleSheet.href ?? document.baseURI);
    return rule.cssText.replace(whole, `url("${await inText(await (await fetch(from)).blob())}")`);
  }));
};
const pixels = async (sheet) => {
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style');
  style.textContent = (await fonts(new XMLSerializer().serializeToString(sheet))).join('');
  sheet.prepend(style);
  const image = new Image(), canvas = document.createElement('canvas');
  image.src = await inText(file(sheet));
  await image.decode();
  canvas.width = SHARP * image.width; canvas.height = SHARP * image.height;
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
};
export default function({ parentElement, data: [data] }) {
  const host = parentElement.querySelector('.pictures');
  host.replaceChildren(...data.forms.map(([form, label]) => {
    const button = document.createElement('button');
    button.type = 'button'; button.textContent = label;
    button.onclick = async () => {
      const figures = placed([...drawn(data.words), ...headings()]);
      const sheet = sheetOf([...heading(data.piece), ...legend(data.legend), ...figures]);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(form === 'png' ? await pixels(sheet) : file(sheet));
      link.download = `${data.name}.${form}`; link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    };
    return button;
  }));
  const look = () => { host.hidden = !drawn(data.words).length; };
  look();
  const looking = setInterval(look, 300);
  return () => clearInterval(looking);
}
"""
_PICTURE_CSS = """
.pictures{display:flex;flex-wrap:wrap;gap:.5rem} .pictures[hidden]{display:none}
button{font:1rem/1.6 var(--st-font);color:var(--st-text-color);background:var(--st-background-color);cursor:pointer;
  border:1px solid var(--st-border-color);border-radius:var(--st-base-radius);padding:.3rem .8rem;min-height:2.5rem}
button:focus-visible{outline:2px solid var(--st-primary-color);outline-offset:1px}
"""
_picture = st.components.v2.component("picture", html='<div class="pictures"></div>', css=_PICTURE_CSS, js=_PICTURE_JS)

# Streamlit shows some seconds that a file failed, and tells nobody why.
_LISTENER_JS = """
export default function({ setTriggerValue }) {
  let failed = false;
  const look = () => {
    const now = document.querySelector('[data-testid=stDownloadButtonError]') !== null;
    if (now && !failed) setTriggerValue('failed', true);
    failed = now;
  };
  const looking = setInterval(look, 200);
  return () => clearInterval(looking);
}
"""
_listener = st.components.v2.component("failures", html="<span></span>", js=_LISTENER_JS)


def copier(lines: Mapping[str, tuple[str, str]], words: Mapping[str, str], key: str) -> None:
    """Texts with a button that copies each.

    Args:
        lines: By name, what a text is called and the text.
        words: "copy" and "copied".
    """
    given = [[name, label, text] for name, (label, text) in lines.items()]
    _copier(data=[{"lines": given, "words": dict(words)}], key=key)


def picture_saver(
    labels: Mapping[str, str], name: str, words: Sequence[tuple[str, str]], legend: str, key: str
) -> None:
    """Buttons that save the page's figures, as they are drawn, as one picture below the page's title.

    There are none where nothing is drawn.

    Args:
        labels: What the button of a form is called: "svg", "png".
        name: The file's name without its suffix.
        words: The tables of words on the page, top to bottom: by what their HTML is called, the SVG of each.
        legend: An SVG that says what the figures' colours mean. "" for none.
    """
    given = {
        "forms": [list(one) for one in labels.items()],
        "name": name,
        "words": [list(one) for one in words],
        "legend": legend,
        "piece": PIECE.pattern,
    }
    _picture(data=[given], key=key)


def failure_listener(key: str) -> None:
    """Nothing that is seen. It asks for a run of the page where a file of it could not be made."""
    _listener(data=[], on_failed_change=lambda: None, key=key)
