"""A deck of reveal.js: the question with its figure before the answer, then a slide for each figure of the answer.

The live page stands in a frame of the last slide where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sim.export.files import FigureFile, figure_svg, figures
from sim.export.packages import REVEAL, npm
from sim.export.page import data_url, page
from sim.outcome import Outcome
from sim.report import words
from sim.report.controlnames import provenance
from sim.report.richtext import unbroken
from sim.report.style import LIGHT, Language
from sim.scenario import Scenario

NOTICE = "Slides are shown by reveal.js, which stands in this file (MIT, https://revealjs.com)."

_STYLE = f"""
body{{margin:0;background:{LIGHT.background}}}
.reveal{{font:28px/1.3 "Source Sans 3","Noto Sans","Noto Sans CJK JP","Noto Sans JP",system-ui,sans-serif;
color:{LIGHT.ink}}}
.reveal h1{{font-size:1.4em;line-height:1.2;margin:0 0 .4em}}
.reveal h2{{font-size:1.05em;line-height:1.2;margin:0 0 .4em}}
.reveal .slides section{{text-align:left}} .reveal img{{display:block;width:100%;height:33rem;object-fit:contain}}
.reveal :is(h1,h2){{text-wrap:balance}}
.reveal h1+p{{font-size:.75em;margin:0 0 .6em}}
.reveal .asked img{{height:26rem}}
.reveal iframe{{width:100%;height:620px;border:0}} .reveal small{{color:{LIGHT.muted};font-size:.5em}}
"""
_START = """
Reveal.initialize({width: 1200, height: 675, margin: 0.03, hash: false, center: false, transition: 'none'});
"""


def slide(outcomes: Sequence[Outcome], scenario: Scenario, language: Language = "en", live: str = "") -> str:
    """The deck of a scenario that was run, as one HTML file.

    Args:
        outcomes: One of each part, as `sim.run` gives them.
        live: The address of a live page beside it, shown on the last slide. "" for none.

    Raises `InputError` where vl-convert is not installed or reveal.js cannot be downloaded.
    """
    values = words.values(*outcomes)
    asked = words.fill(scenario.title, values, language)
    made = f"<small>{escape(provenance(scenario, outcomes[0], language))}</small>"
    question = "".join(_drawn(figure) for figure in figures(scenario, outcomes, language, hidden=True)[:1])
    summary = escape(unbroken(scenario.summary.read(language)))
    sections = [f'<section class="asked"><h1>{escape(unbroken(asked))}</h1><p>{summary}</p>{question}{made}</section>']
    sections += [
        f"<section><h2>{escape(unbroken(figure.title))}</h2>{_drawn(figure)}{made}</section>"
        for figure in figures(scenario, outcomes, language)
    ]
    if live:
        frame = f'<iframe sandbox="allow-scripts" title="{escape(asked)}" data-src="{escape(live)}"></iframe>'
        sections.append(f"<section>{frame}</section>")
    package = npm(REVEAL)
    folder = package / "dist"
    notice = f"{NOTICE}\n\n{(package / 'LICENSE').read_text('utf-8')}"
    script = (folder / "reveal.js").read_text("utf-8").replace("</script", "<\\/script")
    css = (folder / "reveal.css").read_text("utf-8")
    body = f'<div class="reveal"><div class="slides">{"".join(sections)}</div></div>'
    more = ("frame-src 'self' file:",) if live else ()
    return page(
        language=language, title=asked, style=css + _STYLE, body=body, scripts=(script, _START), notice=notice,
        more=more,
    )  # fmt: skip


def _drawn(figure: FigureFile) -> str:
    """A figure as a picture."""
    address = data_url(figure_svg(figure), "image/svg+xml")
    return f'<img alt="{escape(figure.drawing.alt)}" src="{address}">'
