"""Where every number comes from: searched, filtered, row by row, with the way to what it was published in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import undoing
from dashboard.controls import choice
from dashboard.frame import address_of_lesson, head
from dashboard.links import asked, opening, plain, refuse, set_link
from dashboard.page_part import sources_address
from dashboard.refusals import answer
from dashboard.view import View
from sim.report.provenance import BASES, KINDS, SourceRow, about, as_csv, found
from sim.report.shown.sources import SourceLinks, sources_table, used_entries
from sim.report.sources import publication_name, publication_slug
from sim.report.texts import tr

_PAGE = 50
"""Rows of a page."""
_IN_A_HALL = 5
_WORDS = 100
"""Characters that are searched for."""
_DIGITS = 6
"""Of a page's number in a link."""
_FILTERS = {name: f"sources:{name}" for name in ("kind", "of", "basis", "source", "find")}
"""The keys of what chooses rows, by the parameter of the link."""


def page(view: View) -> None:
    """Draw the page. A link may ask for one row and its neighbours: `?row=R0051`. Or: `?of=technologies/lxc&find=cpu`.

    Rows are the same for all readers, and are made once.
    """
    from sim.evidence.sourced import rows

    every = rows()
    head(view, lambda: st.caption(tr("ui.sourcelist.kicker", view.lang)))
    title = st.container()
    row = _asked_row(every, view)
    if row:
        title.title(tr("ui.sourcelist.row", view.lang, id=plain(row)), anchor=False)
        st.button(tr("ui.sourcelist.back", view.lang), key="sources:back", on_click=_all, icon=":material/arrow_back:")
        shown = about(every, row)
    else:
        title.title(_counted(every, view), anchor=False)
        if not view.embed:
            st.markdown(tr("ui.sourcelist.lead", view.lang))
        shown = _filtered(every, view)
    _rows(shown, every, view)


def _counted(every: Sequence[SourceRow], view: View) -> str:
    numbers = [row for row in every if row.kind == "number"]
    estimates = sum(row.basis == "estimate" for row in numbers)
    sourced = sum(row.basis in ("published", "measured") for row in numbers)
    chosen = len(numbers) - estimates - sourced
    counted = {"numbers": len(numbers), "estimates": estimates, "sourced": sourced, "chosen": chosen}
    return tr("ui.sourcelist.title", view.lang, **counted)


def _asked_row(every: Sequence[SourceRow], view: View) -> str:
    """The row that the link asks for, "" for none."""
    wanted = asked("row") or ""
    if wanted and wanted not in {row.id for row in every}:
        refuse("sources:row", wanted, "")
        set_link("row", "")
        wanted = ""
    row = tr("ui.link.row", view.lang, first=every[0].id)
    answer("row", wanted, (), view, key="sources:row", called=tr("ui.sourcelist.every", view.lang), expected=row)
    return wanted


def _all() -> None:
    """Show every row again. For a callback."""
    set_link("row", "")


def _filtered(every: Sequence[SourceRow], view: View) -> list[SourceRow]:
    """The rows that fit what the reader chose and typed."""
    lang, drawn = view.lang, not view.embed
    kinds = {str(kind): tr(f"sources.kind.{kind}", lang) for kind in KINDS}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = choice(tr("ui.sourcelist.kind", lang), kinds, KINDS[0], "kind", view, key="sources:kind", drawn=drawn)
        words = _words(view)
        bar = st.container(width="content")
    of_kind = [row for row in every if row.kind == kind]
    picked = dict.fromkeys(("of", "basis", "source"), "")
    with st.container(horizontal=True, gap="medium"):
        for name, options in _options(every, view).items():
            label, key = tr(f"ui.sourcelist.{name}", lang), f"sources:{name}"
            picked[name] = choice(label, options, "", name, view, key=key, drawn=drawn)
    if drawn:
        undoing.of_filters("sources", _FILTERS, view, bar)
    names = {publication_slug(name): name for row in every for name in row.publications}
    source = names.get(picked["source"], "")
    return found(of_kind, basis=picked["basis"], of=picked["of"], source=source, words=words)


def _options(every: Sequence[SourceRow], view: View) -> Mapping[str, dict[str, str]]:
    """What may be chosen, by the parameter of the link. They are the same for every kind, so that links stay good."""
    from sim.catalog.ledger import entry_names

    lang, names = view.lang, entry_names()
    publications = sorted({name for row in every for name in row.publications}, key=str.casefold)
    return {
        "of": {"": tr("ui.sourcelist.of.all", lang)}
        | {entry: view.read(names[entry]) for entry in used_entries(every) if entry in names},
        "basis": {"": tr("ui.sourcelist.basis.all", lang)}
        | {basis: tr(f"sources.basis.{basis}", lang) for basis in BASES},
        "source": {"": tr("ui.sourcelist.source.all", lang, n=len(publications))}
        | {publication_slug(name): publication_name(name, lang) for name in publications},
    }


def _words(view: View) -> str:
    """What is searched for."""
    key = "sources:find"
    if opening(key):
        st.session_state[key] = (asked("find") or "")[:_WORDS]
    if view.embed:
        return str(st.session_state[key])
    label = tr("ui.sourcelist.find", view.lang)
    example = tr("ui.sourcelist.find.example", view.lang)
    words = st.text_input(label, key=key, max_chars=_WORDS, placeholder=example, icon=":material/search:")
    set_link("find", words)
    return words


def _rows(shown: Sequence[SourceRow], every: Sequence[SourceRow], view: View) -> None:
    """A page of the rows, how many there are, and all of them as a file."""
    if not shown:
        st.info(tr("ui.sourcelist.none", view.lang))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.caption(tr("ui.sourcelist.shown", view.lang, n=f"{len(shown):,}", all=f"{len(every):,}"), width="content")
        if not view.embed:
            st.download_button(
                tr("ui.download.csv", view.lang), lambda: as_csv(shown), "sources.csv", "text/csv",
                icon=":material/download:", type="tertiary", on_click="ignore", key="sources:csv",
            )  # fmt: skip
    most = _IN_A_HALL if view.embed else _PAGE
    place = st.container()
    number = _number(shown, -(-len(shown) // most), view)
    place.html(sources_table(shown[(number - 1) * most : number * most], view.style, _links(view)))


def _number(shown: Sequence[SourceRow], count: int, view: View) -> int:
    """Which page of the rows, the first time the one that the link asks for. Other rows begin at their first."""
    key, wanted = f"sources:page:{shown[0].id}:{len(shown)}", asked("page") or "1"
    first = int(wanted[:_DIGITS]) if wanted.isascii() and wanted.isdigit() else 0
    if opening("sources:page"):
        st.session_state["sources:first"] = key, first if 1 <= first <= count else 1
        if not 1 <= first <= count:
            refuse("sources:page", wanted, 1)
    begun, there = st.session_state["sources:first"]
    number: int = there if begun == key else 1
    if count > 1 and not view.embed:
        number = st.pagination(count, default=number, key=key)
    set_link("page", "" if number == 1 else f"{number}")
    pages = tr("ui.link.number", view.lang, high=count)
    answer("page", number, (), view, key="sources:page", called="1", expected=pages)
    return number


def _links(view: View) -> SourceLinks:
    return SourceLinks(
        row=lambda name: sources_address({"row": name}, view),
        lesson=lambda name: address_of_lesson(name, view),
    )
