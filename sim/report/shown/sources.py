"""Rows of `sim.report.provenance` as a table, which on a phone becomes a card for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from sim.catalog import ledger
from sim.report.bibliography import Citation
from sim.report.catalogtexts import reasoned
from sim.report.figures.accuracy import use_name
from sim.report.provenance import MEASURED, SourceRow
from sim.report.sources import publication, publication_name
from sim.report.style import Language, Style
from sim.report.texts import tr

_FEW = 3
"""Names of a list that stand before the rest is folded away."""
_SHORT = 160
"""Characters of a long text that stand before the rest is folded away."""


def nowhere(_: str) -> str:
    """No address: a page that has none to link to."""
    return ""


@dataclass(frozen=True, slots=True)
class SourceLinks:
    """Where a page has what a row names. "" for nowhere.

    Attributes:
        row: The address of a row by its id.
        lesson: That of a lesson by its id.
    """

    row: Callable[[str], str] = nowhere
    lesson: Callable[[str], str] = nowhere


def sources_table(rows: Sequence[SourceRow], style: Style, links: SourceLinks | None = None) -> str:
    """The rows as HTML with its style. "" where there is none."""
    if not rows:
        return ""
    heads = [tr(f"sources.column.{name}", style.language) for name in ("what", "value", "source", "on", "used")]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(_row(row, heads, style.language, links or SourceLinks()) for row in rows)
    table = f'<table class="sources"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"<div>{table}<style>{_css(style)}</style></div>"


def _row(row: SourceRow, heads: Sequence[str], lang: Language, links: SourceLinks) -> str:
    name = f'<span class="id">{_linked(escape(row.id), links.row(row.id))}</span>'
    cells = (
        _lines([_what(row, lang), name]),
        _value(row, lang),
        _source(row, lang, links),
        _folded(row.on, lang, quoted=True),
        _used(row, lang, links),
    )
    return "<tr>" + "".join(
        f'<td data-head="{escape(head)}">{cell}</td>' for head, cell in zip(heads, cells, strict=True)
    ) + "</tr>"  # fmt: skip


def _what(row: SourceRow, lang: Language) -> str:
    """What the row is, quoted where nobody wrote it in the reader's language."""
    said = escape(row.what.read(lang))
    return said if row.kind == "number" or row.what.ja != row.what.en else _quoted(said, lang)


def _value(row: SourceRow, lang: Language) -> str:
    """The number, its range, and what stands behind it in a word."""
    lines = [f"<b>{escape(row.value)}</b>"]
    if row.low or row.high:
        lines.append(escape(tr("sources.range", lang, low=row.low or row.value, high=row.high or row.value)))
    lines.append(f'<span class="basis {row.basis}">{escape(tr(f"sources.basis.{row.basis}", lang))}</span>')
    if row.use:
        lines.append(f'<span class="basis">{escape(use_name(row.use, lang))}</span>')
    return _lines(lines)


def _source(row: SourceRow, lang: Language, links: SourceLinks) -> str:
    """Each publication with its address, the facts of it, and the reasoning."""
    lines = [_citation(citation, row, lang, links) for citation in row.citations]
    if row.reason:
        lines.append(_folded(reasoned(row.reason, lang), lang))
    return _lines(lines)


def _citation(citation: Citation, row: SourceRow, lang: Language, links: SourceLinks) -> str:
    """A publication, linked where it has an address. What this project measured has none to look for."""
    own = citation.ids[0].startswith(MEASURED)
    said = _quoted(escape(citation.source), lang)
    if own and lang != "en":
        said = escape(publication_name(publication(citation.source), lang))
    where = _linked(said, citation.url, outside=True)
    ids = [_linked(escape(each), links.row(each)) for each in citation.ids if each != row.id]
    notes = [", ".join(ids)] if citation.url or own else [f"({escape(tr('sources.unlinked', lang))})", ", ".join(ids)]
    return " ".join([where, *(f'<span class="id">{note}</span>' for note in notes if note)])


def _used(row: SourceRow, lang: Language, links: SourceLinks) -> str:
    names = ledger.entry_names()
    parts = [
        _list([escape(names[entry].read(lang)) for entry in row.entries if entry in names], lang),
        _labelled("studies", [f"<code>{escape(name)}</code>" for name in row.studies], lang),
        _labelled("lessons", [_linked(escape(name), links.lesson(name)) for name in row.lessons], lang),
        _labelled("numbers", [_linked(escape(name), links.row(name)) for name in row.numbers], lang),
    ]
    return _lines(parts)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"<div>{line}</div>" for line in lines if line)


def _labelled(name: str, items: Sequence[str], lang: Language) -> str:
    return f"{escape(tr(f'sources.{name}', lang, n=len(items)))} {_list(items, lang)}" if items else ""


def _list(items: Sequence[str], lang: Language) -> str:
    """Names, the first few before the fold."""
    if len(items) <= _FEW + 1:
        return ", ".join(items)
    more = escape(tr("sources.more", lang, n=len(items) - _FEW))
    return f"{', '.join(items[:_FEW])} {_details(more, ', '.join(items[_FEW:]))}"


def _folded(text: str, lang: Language, *, quoted: bool = False) -> str:
    """A text, its end folded away where it is long.

    Args:
        quoted: Whether it is in English on every page.
    """
    said = (lambda part: _quoted(escape(part), lang)) if quoted else escape
    if len(text) <= _SHORT + 40:
        return said(text)
    head, _, rest = text[:_SHORT].rpartition(" ")
    head, rest = (head, rest + text[_SHORT:]) if head else (text[:_SHORT], text[_SHORT:])
    return f"{said(head)} {_details(escape(tr('sources.rest', lang)), said(rest))}"


def _quoted(said: str, lang: Language) -> str:
    """HTML of English words, which on a page in another language says so, for screen readers and translators."""
    return said if lang == "en" or not said else f'<span lang="en">{said}</span>'


def _details(summary: str, inside: str) -> str:
    return f"<details><summary>{summary}</summary>{inside}</details>"


def _linked(said: str, where: str, *, outside: bool = False) -> str:
    if not where:
        return said
    how = 'target="_blank" rel="noopener noreferrer"' if outside else 'target="_self"'
    return f'<a href="{escape(where)}" {how}>{said}</a>'


def _css(style: Style) -> str:
    tokens = style.tokens
    return f"""
.sources{{width:100%;border-collapse:collapse;font-size:.9rem;line-height:1.45;overflow-wrap:anywhere}}
.sources :is(th,td){{padding:.45em .9em .45em 0;border-bottom:1px solid {tokens.line};text-align:left}}
.sources :is(th,td){{vertical-align:top}}
.sources th{{color:{tokens.muted};font-weight:600}}
.sources td:nth-child(1){{width:24%}} .sources td:nth-child(2){{width:12%}} .sources td:nth-child(3){{width:26%}}
.sources td:nth-child(4){{width:17%}}
.sources a{{color:inherit}} .sources a:focus-visible,.sources summary:focus-visible{{outline:2px solid {tokens.accent}}}
.sources .id{{color:{tokens.muted}}}
.sources .basis{{display:inline-block;margin-top:.2em;padding:0 .5em;border:1px solid {tokens.line};border-radius:.4em}}
.sources .estimate{{border-style:dashed;border-color:{tokens.ink}}}
.sources details{{display:inline}} .sources details[open]{{display:block}}
.sources summary{{display:inline;cursor:pointer;color:{tokens.muted};text-decoration:underline}}
@media(max-width:640px){{.sources thead{{position:absolute;clip-path:inset(50%)}}
.sources :is(tbody,tr,td){{display:block;width:auto!important}} .sources td{{border:0;padding:.15em 0}}
.sources td:empty{{display:none}} .sources tr{{padding:.6em 0;border-bottom:1px solid {tokens.line}}}
.sources td:nth-child(n+3)::before{{content:attr(data-head) ": ";color:{tokens.muted}}}}}
"""


def used_entries(rows: Iterable[SourceRow]) -> tuple[str, ...]:
    """The entries of the catalog that rows are of, technologies first and each kind by its ids."""
    kinds = ("technologies", "guests", "applications", "hosts", "workloads", "registries")
    there = {entry for row in rows for entry in row.entries}
    return tuple(sorted(there, key=lambda entry: (kinds.index(entry.partition("/")[0]), entry)))
