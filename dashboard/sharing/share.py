"""The share menu: this view as a link, as a frame on a slide, as a QR code, and as files to take home."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit import net_util

from dashboard import popovers
from dashboard.components import drawing
from dashboard.links import UNDO, plain, whole
from dashboard.sharing import failed, live_page
from dashboard.sharing.made import PageMaker, made_pages, made_pictures
from dashboard.sharing.takeaway_components import copier, failure_listener, picture_saver
from dashboard.shown import Shown, ShownFigures, explained, now, words
from dashboard.view import View
from sim import __version__, limits
from sim.errors import InputError
from sim.export import drawings_page, report_page, slide, slides_at_hand
from sim.export.legends import legend_svg
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Scenario

_PLACE, _OPEN = "share:place", "share:menu"
_ANSWER = ("show", "said", "quiz", "step")
"""What of a link gives an answer away."""
_HERE_ALONE = ("localhost", "127.0.0.1", "::1", "")
"""Names of a host that only its own browsers reach."""
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 -- they are compared, and nothing listens here
"""Addresses of a server that listens on all of its computer's. Streamlit's own is none."""
_FRAME = 'title="{title}" loading="lazy" style="width:960px;height:540px;border:0"'
_FILES = "files/"
"""Where the shipped scenarios keep what they build or start."""


@dataclass(frozen=True)
class Takeaway:
    """A file of what the page shows.

    Attributes:
        name: What it is called in the catalog of texts, below `ui.share`.
        file: Its name, with the suffix.
        mime: Its type.
        make: Its content, made when it is asked for.
    """

    name: str
    file: str
    mime: str
    make: Callable[[], bytes | str]


Taker = Callable[[Shown, View], Sequence[Takeaway]]


def menu(view: View) -> None:
    """The menu's button, in the line above a figure. What is in it is drawn last, once the page has said its link."""
    place = st.popover(tr("ui.share", view.lang), icon=":material/share:", key=_OPEN, on_change="rerun")
    st.session_state[_PLACE] = place


def fill(view: View) -> None:
    """What is in the menu, where it is open."""
    place = st.session_state.pop(_PLACE, None)
    if place is None or not place.open:
        return
    with place:
        _draw(now(), view)


def _draw(shown: Shown, view: View) -> None:
    lang = view.lang
    asks = False
    if shown.again is not None:
        options = {"seen": tr("ui.share.seen", lang), "question": tr("ui.share.question", lang)}
        asked = st.segmented_control(
            tr("ui.share", lang), list(options), format_func=lambda o: options[o], key="share:what", required=True,
            label_visibility="collapsed", default="seen",
        )  # fmt: skip
        asks = asked == "question"
    query = {name: value for name, value in whole().items() if name != UNDO and not (asks and name in _ANSWER)}
    link = address(query)
    copier(
        {"link": (tr("ui.share.link", lang), link), "iframe": (tr("ui.share.iframe", lang), iframe(query, view))},
        {"copy": tr("ui.share.copy", lang), "copied": tr("ui.share.copied", lang)},
        key="share:copy",
    )
    if shown.unlinked:
        st.caption(shown.unlinked)
    _qr(link, view)
    failures = failed.failures(link)
    with st.container(horizontal=True, gap="small"):
        for take in (take for taker in TAKERS for take in taker(shown, view)):
            st.download_button(
                tr(f"ui.share.{take.name}", lang), failed.noting(take.file, take.make, failures), take.file, take.mime,
                icon=":material/download:", on_click="ignore", key=f"share:{take.file}",
            )  # fmt: skip
        live_page.offer(shown, view)
        labels = {"svg": tr("ui.share.svg", lang), "png": tr("ui.share.png", lang)}
        tables = [(one.name, made_pictures().picture(one)) for one in words()]
        picture_saver(labels, f"{_called(shown)}.{lang}", tables, _legend(), "share:picture")
    failure_listener("share:failed:listener")
    failed.say(failures, view)


def _legend() -> str:
    figure = explained()
    return legend_svg(figure.legend, figure.style) if figure else ""


def _called(shown: Shown) -> str:
    """What a picture of the page is called."""
    if shown.scenario:
        return shown.scenario.id
    return shown.figures.name if shown.figures else "figure"


def address(query: Mapping[str, str]) -> str:
    """The address of this page with a query, and with the model's version, whose numbers the reader sees."""
    base = (st.context.url or "").partition("?")[0]
    return f"{base}?{urlencode({**query, 'model': __version__})}"


def iframe(query: Mapping[str, str], view: View) -> str:
    """The view as a frame of 960 by 540 pixels, for a slide."""
    kept = {name: value for name, value in query.items() if name not in ("projector", "notes")}
    link = address({"embed": "true", **kept})
    return f'<iframe {_FRAME.format(title=escape(tr("ui.app", view.lang)))} src="{escape(link)}"></iframe>'


def _qr(link: str, view: View) -> None:
    """The link as a code for phones, or why there is none."""
    host = urlsplit(link).hostname or ""
    if host in _HERE_ALONE:
        there = elsewhere(link)
        key = "ui.share.qr.there" if there else "ui.share.qr.local"
        called = plain(urlsplit(there).netloc)
        st.caption(tr(key, view.lang, host=plain(host or "localhost"), address=there, there=called))
    elif len(link) > limits.QR_LINK:
        st.caption(tr("ui.share.qr.long", view.lang, n=len(link), most=limits.QR_LINK))
    else:
        drawing(code(link, tr("ui.share.qr", view.lang)), key="share:qr")
        st.caption(plain(urlsplit(link).netloc))


def elsewhere(link: str) -> str:
    """The link as others on this network open it. "" where the server listens to this computer alone."""
    parts = urlsplit(link)
    listens = st.get_option("server.address") or ""
    if listens not in _EVERYWHERE or not parts.hostname:
        return ""
    host = net_util.get_internal_ip() or ""
    port = f":{parts.port}" if parts.port else ""
    return "" if not host or host.startswith("127.") else parts._replace(netloc=f"{host}{port}").geturl()


def code(link: str, title: str) -> str:
    """A QR code as an SVG, black on white in both themes as phones want it, with its quiet zone."""
    import segno

    drawn: str = segno.make_qr(link, error="m").svg_inline(scale=4, dark="#000", light="#fff", title=title)
    return drawn


# ---- files --------------------------------------------------------------------------------------------------------


def _scenario_file(shown: Shown, _: View) -> list[Takeaway]:
    """The scenario as it runs here: its file, or an archive of it and what it names where it names any files."""
    scenario = shown.scenario
    if scenario is None:
        return []
    if shown.scenario_file is None and not _named(scenario.document):
        return [
            Takeaway("scenario", f"{scenario.id}.yaml", "application/yaml", lambda: _alone(scenario, shown.changes))
        ]
    make = shown.scenario_file or (lambda: bundle(_changed(scenario, shown.changes)))
    return [Takeaway("scenario", f"{scenario.id}.zip", "application/zip", make)]


def _numbers(shown: Shown, _: View) -> list[Takeaway]:
    """Every metric of each figure."""
    return [
        Takeaway("csv", f"{part.scenario.id}-{part.outcome.study}.csv", "text/csv", _later(part.outcome))
        for part in shown.page_parts
    ]


def _later(outcome: Any) -> Callable[[], str]:
    return lambda: popovers.metrics_csv(outcome)


def _pages(shown: Shown, view: View) -> list[Takeaway]:
    """A result as a page of its own, and as slides where a reader's click downloads nothing onto the server.

    A page is made at the first click, and kept for all who see the same.
    """
    scenario, outcomes = shown.own or shown.scenario, [part.outcome for part in shown.page_parts]
    if scenario is None or not outcomes:
        return []
    forms: dict[str, PageMaker] = {"report": report_page}
    if slides_at_hand():
        forms["slides"] = slide
    return [
        Takeaway(
            name,
            f"{scenario.id}-{name}.{view.lang}.html",
            "text/html",
            partial(made_pages().page, name, make, outcomes, scenario, view.lang),
        )
        for name, make in forms.items()
    ]


def _drawn(shown: Shown, view: View) -> list[Takeaway]:
    """The figures of a page that runs no scenario, as a page of their own."""
    figures = shown.figures
    if figures is None:
        return []
    file = f"{figures.name}-report.{view.lang}.html"
    return [Takeaway("report", file, "text/html", partial(_page_of, figures, view.lang))]


def _page_of(figures: ShownFigures, language: Language) -> str:
    return drawings_page(figures.title, figures.draw(), language, figures.notes)


TAKERS: tuple[Taker, ...] = (_scenario_file, _numbers, _pages, _drawn)
"""What offers files in the menu, in this order."""


def _changed(scenario: Scenario, changes: Mapping[str, str]) -> Scenario:
    from sim.loading import from_page

    try:
        return from_page(scenario, {**changes, "seed": f"{scenario.seed}"})
    except InputError:  # the page says why, and shows the scenario as it is written
        return scenario


def _alone(scenario: Scenario, changes: Mapping[str, str]) -> str:
    """The file of a scenario that names no others."""
    return _yaml(_changed(scenario, changes).document, scenario.id)


def bundle(scenario: Scenario, folder: str = "") -> bytes:
    """A .zip of a scenario's file and of the files that it names.

    Args:
        folder: The build context where it lies elsewhere. It is called "context" in the archive.
    """
    document = dict(scenario.document)
    there = [(Path(scenario.folder) / name, name) for name in sorted(_named(document))]
    if folder:
        document["context"] = "context"
        there = [(Path(folder), "context")]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        archive.writestr(f"{scenario.id}.yaml", _yaml(document, scenario.id))
        for path, name in there:
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file() and not file.is_symlink():
                    archive.write(file, str(Path(name) / file.relative_to(path)) if path.is_dir() else name)
    return packed.getvalue()


def _named(value: object) -> set[str]:
    """The folders of shipped files that a document names, whole: a compose file takes others beside it."""
    if isinstance(value, str):
        return {"/".join(value.split("/")[:2])} if value.startswith(_FILES) else set()
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return {name for part in parts for name in _named(part)}


def _yaml(document: Mapping[str, Any], name: str) -> str:
    from ruamel.yaml import YAML

    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = False, True, 120
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(dict(document), text)
    return f"# python -m sim run {name}.yaml\n{text.getvalue()}"
