"""What the catalog says in English alone has its Japanese, which says the same numbers and names."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

from sim.catalog import ledger
from sim.catalog.tables.assemblies import assembly_documents
from sim.catalog.tables.comparison import comparison_documents
from sim.catalog.tables.engines import engine_documents
from sim.catalog.tables.history import history_documents
from sim.catalog.tables.isolation import isolation_documents
from sim.catalog.tables.portability import documents as portability_documents
from sim.catalog.tables.stacks import stack_documents
from sim.report.catalogtexts import CATALOG, all_documented, documented, reasoned, sourced
from sim.report.htmltable import linked
from sim.report.provenance import catalog_rows, found
from sim.report.shown.sources import sources_table
from sim.report.style import Style
from sim.report.texts import messages

DOCUMENTS = (
    assembly_documents, comparison_documents, engine_documents, history_documents, isolation_documents,
    portability_documents, stack_documents,
)  # fmt: skip
PUT_TOGETHER = {
    "annotation above line 7": "7行目の上の注記",
    "bytes of its files": "ファイルのバイト数",
    "as given": "指定のとおり",
    "configured": "設定のとおり",
    "definition": "定義",
    "given by the scenario": "シナリオで指定",
    "estimate: a few files (compile)": "推定：数個のファイル（コンパイル）",
    "estimate: nothing is known of the command (any other command)": (
        "推定：コマンドについて何もわからない（その他のコマンド）"
    ),
    "estimate: the size of what line 6 leaves; bytes of its files; R0140": (
        "推定：6行目が残すものの大きさ; ファイルのバイト数; R0140"
    ),
    "estimate: as node:22, docker-library/repo-info 3c (a)": "推定：node:22と同じ（docker-library/repo-info 3c (a)）",
    "estimate: 1 package in a and 2 packages that the command names, as for pip (pip install, uv install)": (
        "推定：aの1パッケージとコマンドが指定する2パッケージ。pipと同じ（pip install, uv install）"
    ),
    "estimate: one archive (download); holds once more: /a, /b": (
        "推定：アーカイブ一つ（ダウンロード）; もう一度持つもの：/a, /b"
    ),
    "estimate: 1 package that the command names, as for pip": "推定：コマンドが指定する1パッケージ。pipと同じ",
    "estimate: 2 packages in b, as for pip": "推定：bの2パッケージ。pipと同じ",
}
"""What the model puts together, in Japanese."""

NUMBER = re.compile(r"\d(?:[\d,.]*\d)?")
NAME = re.compile(r"\b(?:[a-z]+[_/]\w+|\w*[A-Z]\w*[A-Z]\w*|[A-Z]\d+)\b")
"""What is called the same in both languages: io_submit, CPU, vCPU, MiB, QEMU, R0147."""
TRANSLATED = {"VMs", "NUCs", "microVM"}
_SECTION = re.compile(r"(?<=\w)\(\d\)")
"""Of a manual page: execve(2)."""


def english() -> Iterator[str]:
    """Every sentence of the catalog that a page may show."""
    for number in ledger.numbers():
        yield from filter(None, (number.estimate, number.derivation, number.definition))
    for of_folder in DOCUMENTS:
        yield from (found.text.en for found in of_folder().values())


def japanese() -> dict[str, str]:
    known = messages(CATALOG.read_text(encoding="utf-8"))
    known.pop("")
    return known


def test_every_reason_and_every_document_has_its_japanese() -> None:
    assert len(set(english())) > 900
    assert sorted(set(english()) - japanese().keys()) == []


def test_no_japanese_is_of_a_sentence_that_nobody_says_any_more() -> None:
    """What the catalog does not say is what the model puts together. Each is in one of the examples above, or here."""
    others = {
        "Debian changelogs of trixie's binary packages and git tags of npm packages, gathered on 2026-11-26",
        "pushes and pulls between an engine and registries",
        "swarm services on one node",
    }
    rules = {"small command", "front-end build", "maven or gradle", "composer or bundler"}
    said = set(english()) | others | rules
    left = [text for text in japanese() if text not in said and not of_an_example(text)]
    assert left == []


def of_an_example(text: str) -> bool:
    fixed = [part for part in re.split(r"\{\w+\}", text) if part]
    return any(all(part in example for part in fixed) for example in PUT_TOGETHER)


def numbers(text: str) -> Counter[str]:
    return Counter(NUMBER.findall(_SECTION.sub("", text)))


def test_numbers_and_names_are_the_same_in_both() -> None:
    """Japanese may have more numbers: it counts by digits what English counts in words."""
    differ = []
    for text, said in japanese().items():
        names = {name for name in NAME.findall(_SECTION.sub("", text)) if name not in said}
        if numbers(text) - numbers(said) or names - TRANSLATED:
            differ.append((text, said, names))
        assert sorted(fields(text)) == sorted(fields(said)), text
    assert differ == []


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_what_disagrees_is_seen() -> None:
    assert numbers("8 ms, 1.5 GiB, 1,658 reads of execve(2)") == Counter(("8", "1.5", "1,658"))
    assert NAME.findall("io_submit and a vCPU of /proc/self, 8 MiB, Go") == ["io_submit", "vCPU", "proc/self", "MiB"]


def test_it_is_sorted_and_read_as_babel_reads_it() -> None:
    known = japanese()
    assert list(known) == sorted(known)
    with CATALOG.open("rb") as file:
        assert known == {str(message.id): str(message.string) for message in read_po(file) if message.id}


@pytest.mark.parametrize(("source", "said"), PUT_TOGETHER.items())
def test_what_the_model_puts_together_is_said_in_japanese(source: str, said: str) -> None:
    assert sourced(source, "ja") == said
    assert sourced(source) == source


def test_a_source_of_several_reasons_is_said_piece_by_piece_and_the_longest_sentence_counts() -> None:
    both = "a Go program; estimate: one archive; estimate: as for pip; R0001; nobody knows this"
    said = "推定：Goプログラムであるcontainerd-shim一つのスレッド; 推定：アーカイブ一つ; 推定：pipと同じ; R0001"
    assert sourced(f"estimate: threads of one containerd-shim, {both}", "ja") == f"{said}; nobody knows this"
    two = "each with its dependencies; a compiler takes a quarter of a minute"
    assert sourced(f"estimate: {two}; definition", "ja") == f"推定：{reasoned(two, 'ja')}; 定義"


def test_what_has_no_japanese_stays_as_it_is() -> None:
    """A reader's own catalog is in the reader's words."""
    assert sourced("estimate: timed here; ten starts", "ja") == "推定：timed here; ten starts"
    assert reasoned("timed here", "ja") == "timed here"
    assert sourced("", "ja") == ""


def test_a_long_source_of_many_parts_takes_linear_time() -> None:
    """The count of what is looked up is the measure, not a clock."""
    from sim.report import catalogtexts

    catalogtexts._japanese.cache_clear()
    parts = [f"{n} packages in a{n}, nobody knows ({n}" for n in range(2_000)]
    sourced("; ".join(parts), "ja")
    assert catalogtexts._japanese.cache_info().misses < 20 * len(parts)


def test_a_document_is_named_in_the_readers_language_with_its_address() -> None:
    found = history_documents()
    first = next(iter(found))
    assert documented(found[first]) == f"{found[first].text.en} {found[first].url}"
    said = all_documented([first, first], found, "ja")
    assert said.split("; ") == [f"{reasoned(found[first].text.en, 'ja')} {found[first].url}"] * 2
    assert found[first].text.en not in said


def test_a_row_of_sources_has_its_reason_in_japanese_and_is_found_by_it() -> None:
    rows = catalog_rows({})
    reason = "create and start are two requests over a local socket"
    (row,) = [row for row in rows if row.reason == reason]
    said = reasoned(reason, "ja")
    assert said in sources_table([row], Style(language="ja"))
    assert reason in sources_table([row], Style(language="en"))
    assert row in found(rows, words="ローカルソケットでの二つの要求")


def test_an_estimate_in_japanese_leads_to_its_row() -> None:
    asked = []
    linked("推定：数個のファイル（コンパイル）; R0140", lambda query: asked.append(dict(query)) or "there")
    assert asked == [{"find": "数個のファイル"}, {"row": "R0140"}]


def test_a_page_in_english_does_not_read_it() -> None:
    code = (
        "import sys; from pathlib import Path; seen = []; own = Path.read_text\n"
        "Path.read_text = lambda path, *a, **k: (seen.append(path.name), own(path, *a, **k))[1]\n"
        "from sim.report.sources import cited; from sim.report.texts import tr\n"
        "cited('estimate: a few files'); tr('sources.estimate', reason='x'); assert 'catalog.po' not in seen, seen\n"
        "cited('estimate: a few files', 'ja'); assert 'catalog.po' in seen, seen\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
