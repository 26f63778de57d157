"""Images and their layers: what each adds to a host, what the next pull moves, what removal frees, what is inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import streamlit as st

from dashboard import undoing
from dashboard.components import drawing
from dashboard.controls import choice
from dashboard.frame import head
from dashboard.links import asked, asked_names, lines, one_of, opening, plain, refuse, set_link, set_names
from dashboard.page_part import chart, table
from dashboard.refusals import answer, listed, named
from dashboard.running import Heartbeat
from dashboard.shown import Shown, ShownFigures, offer, offer_figures
from dashboard.uploading import image_sources
from dashboard.view import View
from sim import limits
from sim.archives.efficiency import efficiency
from sim.archives.sharing import host_size, image_nodes, layer_graph, shares
from sim.archives.store import LAYER_LIMITS, Backend
from sim.archives.whiteouts import hidden_bytes
from sim.errors import InputError
from sim.report.figures.images.filetree import GLYPHS, FileTreeRow, LayerFiles, contents, item_note, layer_files, search
from sim.report.figures.images.images import (
    ShownImage,
    layer_bars,
    layer_table,
    next_pull,
    sharing_bars,
    sharing_graph,
    sharing_table,
    short_instruction,
    size_text,
)
from sim.report.numbers import about, written
from sim.report.shown import Drawing
from sim.report.style import Language, Style
from sim.report.texts import tr

if TYPE_CHECKING:
    import networkx as nx

_FIGURE_AND_TEXT = (9, 4)
_BARS_AND_CARDS = (7, 5)
"""Side by side inside a lecture, so that both fit a screen."""
_FIRST = ("redis:latest", "postgres:17", "httpd:latest", "python:3.12-slim")
"""Four that look alike: three stand on one build of Debian's base, the fourth on another."""
_PICKED = {
    "images": "images:official",
    "pick": "images:node",
    **{name: f"images:{name}" for name in ("look", "of", "next", "store", "layer", "folder", "search")},
}
"""The keys of what a reader picks, by the parameter of the link. What is uploaded is not in a link."""
_TYPES = ["tar", "gz", "tgz", "zst", "oci"]
_MOST = 15
"""Paths shown of a folder or of a search."""
_WASTED = 10


def page(view: View) -> None:
    """Draw the page. A link may name official images: `?images=redis:latest,postgres:17&next=nginx:latest`."""
    lang = view.lang
    head(view, lambda: st.caption(tr("ui.images.kicker", lang)))
    title = st.container()
    figure, text = (st.container(), st.container()) if view.embed else st.columns(_FIGURE_AND_TEXT, gap="large")
    with figure:
        place = st.empty()
    with text:
        told = st.container()
        bar = st.container()
        images = _picked(place, view)
        asked = st.container()
    if images:
        _look(images, figure, title, told, asked, view)
    else:
        title.title(tr("ui.images.question", lang), anchor=False)
        figure.info(tr("ui.images.none", lang))
    if not view.embed:
        undoing.of_filters("images", _PICKED, view, bar)


def _look(
    images: Sequence[ShownImage],
    figure: st.delta_generator.DeltaGenerator,
    title: st.delta_generator.DeltaGenerator,
    told: st.delta_generator.DeltaGenerator,
    asked: st.delta_generator.DeltaGenerator,
    view: View,
) -> None:
    """All of them together, or each on its own."""
    lang = view.lang
    looks = {"together": tr("ui.images.together", lang), "each": tr("ui.images.each", lang)}
    first = "together" if len(images) > 1 else "each"
    with figure:
        what = choice(
            tr("ui.images.what", lang),
            looks,
            first,
            "look",
            view,
            key="images:look",
            hidden=True,
            drawn=len(images) > 1,
        )
        if len(images) == 1 or what == "each":
            _each(images, title, told, view)
        else:
            _together(images, title, told, asked, view)


# ---- which images -------------------------------------------------------------------------------------------------


def _picked(place: st.delta_generator.DeltaGenerator, view: View) -> list[ShownImage]:
    """The official images that are chosen, in the order of choice, then those of the uploads that can be read."""
    from sim.catalog.load import images

    lang, names = view.lang, list(images())
    if "images:official" not in st.session_state:
        given = asked_names("images")
        wanted = _FIRST if given is None else given
        there = [name for name in dict.fromkeys(wanted) if name in images()]
        st.session_state["images:official"] = there
        if unknown := [name for name in wanted if name not in images()]:
            refuse("images:official", ",".join(unknown), there)
    if view.embed:
        _answer(st.session_state["images:official"], view)
        return [image_sources.official(name) for name in st.session_state["images:official"]]
    label = tr("ui.images.official", lang)
    # Streamlit has the words of "select all" in English alone.
    picked = st.multiselect(label, names, key="images:official", placeholder=label, select_all=lang == "en")
    if tuple(picked) == _FIRST:
        set_link("images", "")
    else:
        set_names("images", picked)
    _answer(picked, view)
    files = st.file_uploader(
        tr("ui.images.upload", lang),
        type=_TYPES,
        accept_multiple_files=True,
        key="images:upload",
        help=tr("ui.images.upload.help", lang),
    )
    size, most = size_text(limits.PAGE_IMAGE_CONTENT, lang), f"{limits.PAGE_IMAGE_FILES:,}"
    st.caption(tr("ui.images.promise", lang) + " " + tr("ui.images.limits", lang, size=size, n=most))
    chosen = [image_sources.official(name) for name in picked]
    offer(Shown(unlinked=tr("ui.images.unlinked", lang) if files else ""))
    if image_sources.unread(files):
        place.skeleton(height=380)
    for name, reading in image_sources.uploaded(files, Heartbeat(st.empty())):
        if isinstance(reading, InputError):
            said = named(reading, str)
            title = tr("ui.images.unreadable", lang, name=plain(name))
            st.error("\n\n".join(lines(said, lang)), icon=":material/error:", title=title)
        else:
            chosen += reading
    place.empty()
    return list({(shown.image.name, shown.image.id): shown for shown in chosen}.values())


# ---- several on one host ------------------------------------------------------------------------------------------


def _together(
    images: Sequence[ShownImage],
    title: st.delta_generator.DeltaGenerator,
    told: st.delta_generator.DeltaGenerator,
    asked: st.delta_generator.DeltaGenerator,
    view: View,
) -> None:
    """What each adds, the graph of their layers, the next pull and a removal."""
    lang = view.lang
    graph = layer_graph([shown.image for shown in images])
    total, disk = sum(share.size for share in shares(graph)), host_size(graph)
    guess = any(shown.estimate for shown in images)
    n, taken, saved = len(image_nodes(graph)), _about(disk, lang, guess), _about(total - disk, lang, guess)
    key = "ui.images.found" if total > disk else "ui.images.found.none"
    finding = tr(key, lang, n=n, disk=taken, saved=saved)
    title.title(finding, anchor=False)
    alt = "; ".join(f"{share.name}: {size_text(share.adds, lang, estimate=guess)}" for share in shares(graph))
    bars, cards = st.columns(_BARS_AND_CARDS, gap="medium") if view.embed else (st.container(), st.container())
    with bars:
        chart(sharing_bars(images, view.style), alt)
        st.caption(tr("ui.images.bars", lang))
    with asked:
        coming = _next(images, view)
        backend = _backend(view) if coming else "graphdriver"
    with told:
        selected = _node(graph, view)
        if coming:
            _say_pull(images, coming, backend, view)
        for share in shares(graph):
            if share.node == selected:
                freed, stay = (size_text(size, lang, estimate=guess) for size in (share.frees, share.shared))
                st.markdown(tr("ui.images.frees", lang, name=share.name, freed=freed, stay=stay))
        if not view.embed and selected not in image_nodes(graph):
            st.caption(tr("ui.images.click", lang))
    with cards:
        drawing(sharing_graph(images, view.style, coming=coming, selected=selected), "images:graph", _pick)
    notes = [tr("ui.images.bars", lang), *([tr("ui.images.estimate", lang)] if guess else [])]

    def draw() -> tuple[Drawing, ...]:
        style = Style(language=lang)
        graph = sharing_graph(images, style, coming=coming, selected=selected)
        return (
            Drawing(id="bars", kind="vega", content=sharing_bars(images, style), alt=alt),
            Drawing(id="graph", kind="svg", content=graph, alt=finding, table=sharing_table(images, lang)),
        )

    offer_figures(ShownFigures(name="images", title=finding, draw=draw, notes=notes))
    if not view.embed:
        with st.popover(tr("ui.table", lang), icon=":material/table:"):
            table(sharing_table(images, lang), view)
            if guess:
                st.caption(tr("ui.images.estimate", lang))


def _answer(picked: list[str], view: View) -> None:
    """Which images of the link there are not."""
    from sim.catalog.load import images

    called, some = ", ".join(picked) or tr("ui.images.next.none", view.lang), listed(images(), view.lang, what="some")
    rest = bool(picked)
    answer("images", picked, images(), view, key="images:official", called=called, expected=some, rest=rest)


def _about(size: int, lang: Language, guess: bool) -> str:
    return about(size, "B", lang, transfer=True) if guess else size_text(size, lang)


def _node(graph: nx.DiGraph, view: View) -> str:
    """The image or layer that the reader or the link picked. "" for none."""
    if opening("images:node"):
        st.session_state["images:node"] = one_of("pick", graph, "", "images:pick")
    node: str = st.session_state.get("images:node", "")
    node = node if node in graph else ""
    set_link("pick", node)
    none = tr("ui.images.next.none", view.lang)
    answer("pick", node, list(graph)[:_MOST], view, key="images:pick", called=none)
    return node


def _pick(node: str) -> None:
    st.session_state["images:node"] = "" if st.session_state.get("images:node") == node else node


def _next(images: Sequence[ShownImage], view: View) -> ShownImage | None:
    """The image that is to be pulled next."""
    from sim.catalog.load import images as known

    there = {shown.image.name for shown in images}
    options = {"": tr("ui.images.next.none", view.lang)} | {name: name for name in known() if name not in there}
    name = choice(tr("ui.images.next", view.lang), options, "", "next", view, key="images:next", drawn=not view.embed)
    return image_sources.official(name) if name else None


def _backend(view: View) -> Backend:
    options: dict[str, str] = {backend: tr(f"ui.images.store.{backend}", view.lang) for backend in LAYER_LIMITS}
    label = tr("ui.images.store", view.lang)
    return cast(
        "Backend", choice(label, options, "graphdriver", "store", view, key="images:store", drawn=not view.embed)
    )


def _say_pull(images: Sequence[ShownImage], coming: ShownImage, backend: Backend, view: View) -> None:
    """What the next pull moves, or why the store does not take it."""
    lang = view.lang
    try:
        plan = next_pull(images, coming, backend)
    except InputError as error:
        st.error("\n\n".join(lines(error, lang)), icon=":material/error:")
        return
    st.markdown(
        tr(
            "ui.images.pull",
            lang,
            name=coming.image.name,
            moved=size_text(plan.moved_bytes, lang),
            fetch=len(plan.fetch),
            present=len(plan.present),
            size=size_text(plan.unpacked_bytes, lang, estimate=coming.estimate),
        )
    )


# ---- one image ----------------------------------------------------------------------------------------------------


def _each(
    images: Sequence[ShownImage],
    title: st.delta_generator.DeltaGenerator,
    told: st.delta_generator.DeltaGenerator,
    view: View,
) -> None:
    """One image's layers, what of it is wasted and hidden, and the files of a layer."""
    lang = view.lang
    by_place = {str(place): shown for place, shown in enumerate(images)}
    names = {place: shown.image.name for place, shown in by_place.items()}
    shown = by_place[
        choice(tr("ui.images.of", lang), names, "0", "of", view, key="images:of", hidden=True, drawn=len(images) > 1)
    ]
    image = shown.image
    files = [layer.files for layer in image.layers]
    known = any(files)
    size = _about(image.size, lang, shown.estimate)
    hidden = hidden_bytes(files) if known else 0
    key = "ui.images.one.hidden" if hidden else "ui.images.one"
    gone = size_text(hidden, lang)
    finding = tr(key, lang, name=image.name, size=size, layers=len(image.layers), hidden=gone)
    title.title(finding, anchor=False)
    alt = f"{image.name}: {size}"
    chart(layer_bars(shown, view.style), alt)

    def draw() -> tuple[Drawing, ...]:
        bars, rows = layer_bars(shown, Style(language=lang)), layer_table(shown, lang)
        return (Drawing(id="layers", kind="vega", content=bars, alt=alt, table=rows),)

    notes = [] if known else [tr("ui.images.manifest", lang)]
    offer_figures(ShownFigures(name="image-layers", title=finding, draw=draw, notes=notes))
    with told:
        if known:
            _say_waste(shown, hidden, view)
        else:
            st.markdown(tr("ui.images.manifest", lang))
    if view.embed:
        return
    with st.popover(tr("ui.table", lang), icon=":material/table:"):
        table(layer_table(shown, lang), view)
    if known:
        _tree(shown, view)


def _say_waste(shown: ShownImage, hidden: int, view: View) -> None:
    """The two sums that people mean by waste, each with its definition, and the paths behind the first."""
    lang = view.lang
    waste = efficiency([layer.files for layer in shown.image.layers])
    share = written(waste.efficiency, "%", lang)
    st.markdown(tr("ui.images.wasted", lang, size=size_text(waste.wasted_bytes, lang), share=share))
    st.markdown(tr("ui.images.hidden", lang, size=size_text(hidden, lang)))
    if waste.paths:
        with st.popover(tr("ui.images.wasted.paths", lang), icon=":material/content_copy:"):
            rows = [
                {tr("ui.images.path", lang): path, tr("figure.images.col.size", lang): size_text(size, lang)}
                for path, size in waste.paths[:_WASTED]
            ]
            table(rows, view)
            if len(waste.paths) > _WASTED:
                st.caption(tr("ui.images.more", lang, n=f"{len(waste.paths) - _WASTED:,}"))


def _tree(shown: ShownImage, view: View) -> None:
    """The files of one layer: the folder that is open, or what a search finds."""
    lang, layers = view.lang, shown.image.layers
    st.markdown(f"**{tr('ui.images.files', lang)}**")
    names = {
        str(number): f"{number} · {short_instruction(layer.instruction)[:60] or layer.diff_id}"
        for number, layer in enumerate(layers, 1)
    }
    largest = str(max(range(len(layers)), key=lambda index: layers[index].size) + 1)
    if st.session_state.get("images:tree:of") != shown.image.id:
        for key in ("images:layer", "images:folder", "images:search"):
            st.session_state.pop(key, None)
        st.session_state["images:tree:of"] = shown.image.id
    left, right = st.columns(2)
    with left:
        layer = choice(tr("ui.images.layer", lang), names, largest, "layer", view, key="images:layer")
    for key, name in (("images:search", "search"), ("images:folder", "folder")):
        if opening(key):
            st.session_state.setdefault(key, asked(name) or "")
    wanted = right.text_input(tr("ui.images.search", lang), key="images:search", max_chars=limits.LINK).strip()
    set_link("search", wanted)
    files = _files(shown.image.id, int(layer) - 1, layers)
    if wanted:
        items = search(files, wanted)
        st.caption(tr("ui.images.matches", lang, n=f"{len(items):,}"))
    else:
        folder = str(st.session_state.get("images:folder", ""))
        items = contents(files, folder)
        while folder and not items:
            folder = folder.rpartition("/")[0]
            items = contents(files, folder)
        set_link("folder", folder)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            up = folder.rpartition("/")[0]
            st.button(
                tr("ui.images.up", lang), icon=":material/arrow_upward:", type="tertiary", disabled=not folder,
                on_click=_open, args=(up,), key="images:up",
            )  # fmt: skip
            st.markdown(f"`/{folder}`")
    with st.container(gap=None):
        for item in items[:_MOST]:
            _row(item, view)
    if len(items) > _MOST:
        st.caption(tr("ui.images.more", lang, n=f"{len(items) - _MOST:,}"))


def _row(item: FileTreeRow, view: View) -> None:
    """One path: a folder opens, a file is told."""
    note = item_note(item, view.lang)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if item.folder:
            st.button(
                f"{item.name}/", type="tertiary", icon=":material/folder:", on_click=_open, args=(item.path,),
                key=f"images:open:{item.path}",
            )  # fmt: skip
        else:
            st.markdown(f"{GLYPHS[item.mark]} `{item.name}`")
        st.caption(note)


def _open(folder: str) -> None:
    st.session_state["images:folder"] = folder


@st.cache_resource(show_spinner=False, max_entries=8)
def _files(image: str, index: int, _layers: Sequence[object]) -> LayerFiles:  # noqa: ARG001 - the image is the key
    return layer_files(_layers, index)  # type: ignore[arg-type]
