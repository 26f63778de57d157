"""The classic comparison as an HTML table: in each cell a claim, how far it holds, and the way to the lesson."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from sim.catalog.tables.comparison import SIDES, ComparedClaim, comparison, comparison_documents
from sim.report.catalogtexts import documented, reasoned
from sim.report.style import SMALLEST, Language, Style
from sim.report.texts import tr


def comparison_grid(style: Style, address: Callable[[str], str], *, compact: bool = False) -> str:
    """The table. On a phone the cells of a row stand below one another.

    Args:
        address: The address of a lesson's page, by its id.
        compact: What is so is in the tooltip alone, for a lecture's screen.
    """
    language, tokens = style.language, style.tokens
    small = max(SMALLEST, style.px(14))
    head = "".join(f'<th scope="col">{escape(tr(f"ui.comparison.{side}", language))}</th>' for side in SIDES)
    rows = "".join(
        f'<tr><th scope="row">{escape(topic.name.read(language))}</th>'
        + "".join(_cell(topic.claims[side], side, style, address, compact=compact) for side in SIDES)
        + "</tr>"
        for topic in comparison()
    )
    css = (
        f".cmp{{border-collapse:separate;border-spacing:8px;width:100%;color:{tokens.ink};font-size:{style.px(15)}px;"
        "line-height:1.4;table-layout:fixed}.cmp th{text-align:left;vertical-align:top;padding:6px 2px;font-weight:600}"
        ".cmp th:first-child{width:10em}"
        f".cmp td{{border:1px solid {tokens.line};border-radius:4px;padding:8px 12px;vertical-align:top}}"
        f".cmp td.half{{border-left:4px solid {tokens.attention}}}.cmp td.holds{{border-left:4px solid {tokens.ink}}}"
        f".cmp small{{font-size:{small}px;color:{tokens.muted};display:block}}.cmp a{{color:{tokens.accent}}}"
        f".cmp .half b{{color:{tokens.attention_text}}}.cmp i{{display:none;font-style:normal;color:{tokens.muted}}}"
        "@media (max-width:640px){.cmp,.cmp tbody,.cmp tr,.cmp td,.cmp th{display:block;width:auto!important}"
        ".cmp thead{display:none}.cmp td{margin:6px 0}.cmp i{display:block}}"
    )
    table = f"<thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<style>{css}</style><table class="cmp">{table}</table>'


def halves() -> tuple[int, int]:
    """How many claims are half true, and how many there are."""
    every = [claim for topic in comparison() for claim in topic.claims.values()]
    return sum(claim.verdict == "half" for claim in every), len(every)


def comparison_rows(language: Language = "en") -> list[dict[str, str]]:
    """A row a cell: topic, side, claim, how far it holds, why, lesson, and where it can be checked."""
    rows = []
    for topic in comparison():
        for side, claim in topic.claims.items():
            document = comparison_documents()[claim.source]
            cells = {
                "topic": topic.name.read(language),
                "side": tr(f"ui.comparison.{side}", language),
                "claim": claim.claim.read(language),
                "verdict": tr(f"ui.comparison.{claim.verdict}", language),
                "why": claim.why.read(language),
                "lesson": claim.lesson,
                "source": documented(document, language),
            }
            rows.append({tr(f"ui.comparison.col.{column}", language): cell for column, cell in cells.items()})
    return rows


def _cell(claim: ComparedClaim, side: str, style: Style, address: Callable[[str], str], *, compact: bool) -> str:
    language = style.language
    document = comparison_documents()[claim.source]
    quoted = tr("ui.comparison.quote", language, claim=claim.claim.read(language))
    mark = "½" if claim.verdict == "half" else "✓"
    verdict = f"<b>{mark} {escape(tr(f'ui.comparison.{claim.verdict}', language))}</b>"
    why = escape(claim.why.read(language))
    lesson = escape(tr("ui.comparison.open", language, lesson=claim.lesson))
    source = escape(tr("ui.comparison.source", language))
    says = escape(reasoned(document.text.en, language))
    said = f"{verdict} · " if compact else f"{verdict} · {why}<br>"
    return (
        f'<td class="{claim.verdict}" title="{why}"><i>{escape(tr(f"ui.comparison.{side}", language))}</i>'
        f"{escape(quoted)}<small>{said}"
        f'<a href="{escape(address(claim.lesson))}" target="_self">{lesson}</a> · <a href="{escape(document.url)}" '
        f'target="_blank" rel="noopener noreferrer" title="{says}">{source}</a></small></td>'
    )
