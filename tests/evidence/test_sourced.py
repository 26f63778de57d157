"""Every number, fact, published figure and recording as a row: found, filtered, and with the way to its source."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sim.catalog import ledger
from sim.catalog.load import facts
from sim.evidence import sourced
from sim.evidence.cases import CASES
from sim.loading import load
from sim.report.provenance import KINDS, SourceRow, about, as_csv, as_table, found
from sim.report.shown.sources import SourceLinks, sources_table, used_entries
from sim.report.sources import address
from sim.report.style import Language, Style
from sim.scenario import Text

ROWS = sourced.rows()
DATA = Path(sourced.__file__).parent / "data"


def one(name: str) -> SourceRow:
    (row,) = (row for row in ROWS if row.id == name)
    return row


def test_nothing_is_left_out_and_no_id_is_there_twice() -> None:
    counts = {kind: sum(row.kind == kind for row in ROWS) for kind in KINDS}
    published = sum(len(load(path).published) for path in CASES.glob("*.yaml"))
    recordings = [path for path in DATA.glob("*.json") if not path.name.startswith("accuracy")]
    assert counts == {
        "number": len(ledger.numbers()), "fact": len(facts()), "published": published, "recording": len(recordings)
    }  # fmt: skip
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_a_fact_says_what_stands_on_it_and_where_it_was_published() -> None:
    """Read from parts/runc.toml, whose first phase names R0051, and from the row of C062."""
    row = one("R0051")
    assert "parts/runc.phases.runc-create.cpu" in row.numbers
    assert "technologies/docker" in row.entries
    assert "what-is-docker" in row.lessons
    assert row.basis == "measured"
    assert one("C062").citations[0].url == address(facts()["C062"])
    assert one("C062").basis == "published"


def test_a_number_says_its_range_its_reason_and_where_it_is_used() -> None:
    """Read from applications/nginx.toml and hosts/server.toml. The memory lessons alone start nginx."""
    row = one("applications/nginx.phases.image-files.read")
    assert (row.value, row.low, row.high, row.basis) == ("8 MiB", "4 MiB", "15 MiB", "estimate")
    assert row.reason == "nginx, OpenSSL and musl; the entry point's shell scripts"
    assert set(row.lessons) == {"ksm", "memory-ledger", "overcommit"}
    assert row.studies == ("memory",)
    assert one("hosts/server.memory").basis == "chosen"
    assert one("steps.write").studies == ("build",)


def test_a_number_of_a_guest_is_used_by_the_technologies_that_start_it() -> None:
    (first, *_) = [row for row in ROWS if row.id.startswith("guests/debian-cloud.phases.")]
    assert {"guests/debian-cloud", "technologies/qemu-kvm"} <= set(first.entries)
    assert "technologies/docker" not in first.entries


def test_a_row_is_shown_with_what_it_stands_on_and_what_stands_on_it() -> None:
    number = "parts/runc.phases.runc-create.cpu"
    assert about(ROWS, number)[0].id == number
    assert {row.id for row in about(ROWS, number)} == {number, "R0051", "R0071", "R0076", "R0087"}
    assert {row.id for row in about(ROWS, "R0051")} == {"R0051", *one("R0051").numbers}


def test_rows_are_found_by_all_words_whatever_their_case_and_language() -> None:
    assert "parts/runc.phases.runc-create.cpu" in {row.id for row in found(ROWS, words="RUNC create 19.279")}
    assert "R0051" in {row.id for row in found(ROWS, words="r0051")}
    assert found(ROWS, words="ノートpc") == found(ROWS, words="ノートPC") != []
    assert found(ROWS, words="runc nowhere-at-all") == []


@pytest.mark.parametrize("word", ["gvisor", "overlayfs", "noisy-neighbour"])
def test_what_is_called_so_is_found_before_what_it_is_used_by(word: str) -> None:
    rows = found(ROWS, words=word)
    called = [word in f"{row.id}\n{row.what.en}\n{row.what.ja}".lower() for row in rows]
    told = [word in f"{row.reason}\n{row.on}\n{row.value}\n{row.facts}\n{row.citations}".lower() for row in rows]
    assert called == sorted(called, reverse=True)
    others = told[called.count(True) :]
    assert others == sorted(others, reverse=True)
    assert {row.id for row in rows if word in row.lessons} == {row.id for row in ROWS if word in row.lessons}


def test_filters_are_joined() -> None:
    lxc = found(ROWS, kind="number", of="technologies/lxc", basis="estimate")
    assert lxc
    assert all("technologies/lxc" in row.entries and row.basis == "estimate" and row.low for row in lxc)
    nsdi = found(ROWS, kind="fact", source="Agache et al., NSDI 2020")
    assert {row.id for row in nsdi} == {
        fact.id for fact in facts().values() if fact.source.startswith("Agache et al., NSDI 2020")
    }


def test_a_recording_says_what_it_is_of_and_how_many_cases_it_has() -> None:
    row = one("recorded_swarm")
    assert row.value == f"{len(json.loads((DATA / 'recorded_swarm.json').read_text('utf-8'))['cases'])} cases"
    assert "26.1.5" in row.on


@pytest.mark.parametrize("room", [80, 132])
def test_a_terminal_has_every_row_in_lines_of_its_width_and_a_file_in_one(room: int) -> None:
    shown = as_table(ROWS, room)
    long = [line for line in shown.splitlines() if len(line) > room]
    assert all(" " not in line.strip() for line in long), "a word that is longer has a line of its own"
    heads = [line for line in shown.splitlines() if not line.startswith(" ")]
    assert all(head.startswith(row.id) for head, row in zip(heads, ROWS, strict=True))
    told = " ".join(shown.split())
    for row in ROWS[:: len(ROWS) // 50]:
        assert " ".join(row.value.split()) in told
        assert " ".join(row.reason.split()) in told
    assert len(as_table(ROWS).splitlines()) == len(ROWS) + 2


def test_the_file_has_each_row_with_its_sources() -> None:
    read = {row["id"]: row for row in csv.DictReader(io.StringIO(as_csv(ROWS)))}
    assert len(read) == len(ROWS)
    row = read["parts/runc.phases.runc-create.cpu"]
    assert row["facts"] == "R0051; R0071; R0076; R0087"
    assert row["value"] == "19.279 ms"
    assert read["C062"]["addresses"].startswith("https://")


class Links(HTMLParser):
    """The addresses of a piece of HTML, and how many rows it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name == "href"]


def test_the_table_leads_to_publications_rows_and_lessons() -> None:
    links = SourceLinks(row=lambda name: f"sources?row={name}", lesson=lambda name: f"scenarios?scenario={name}")
    text = sources_table([one("C062"), one("R0051")], Style("light", "en", 1.0), links)
    there = Links(text)
    assert there.tags.count("tr") == 3
    assert address(facts()["C062"]) in there.addresses
    assert "sources?row=parts/runc.phases.runc-create.cpu" in there.addresses
    assert "scenarios?scenario=what-is-docker" in there.addresses
    assert Links(sources_table([one("R0051")], Style("light", "en", 1.0))).addresses == []


@pytest.mark.parametrize(("lang", "said"), [("en", "(no address)"), ("ja", "(アドレスなし)")])
def test_a_publication_without_an_address_says_so(lang: Language, said: str) -> None:
    row = next(row for row in ROWS if row.kind == "fact" and row.basis == "published" and not row.citations[0].url)
    assert said in sources_table([row], Style("light", lang, 1.0))
    assert said not in sources_table([one("C062"), one("R0051")], Style("light", lang, 1.0))


@pytest.mark.parametrize("name", ["C062", "R0051"])
def test_what_is_quoted_in_english_says_so_on_the_japanese_page_alone(name: str) -> None:
    row = one(name)
    english, japanese = (sources_table([row], Style("light", lang, 1.0)) for lang in ("en", "ja"))
    assert 'lang="en"' not in english
    quoted = re.sub(r"<[^>]*>", "", " ".join(re.findall(r'<span lang="en">(.*?)</span>', japanese)))
    assert {*html.unescape(quoted).split()} >= {*row.on.split(), *row.what.ja.split()}
    heads = re.findall(r'<th scope="col">([^<]*)</th>', japanese)
    assert not any(re.fullmatch(r"[ -~]*", head) for head in heads), "headings are Japanese"
    assert "英語" in heads[3], "and say which column is quoted"
    assert not re.search(r'<span lang="en">[^<]*[ぁ-んァ-ヶ一-龠]', japanese), "no Japanese is called English"


def test_what_a_row_says_is_no_html() -> None:
    row = SourceRow("<i>", "number", "estimate", Text(en="<b>&", ja="<b>"), "<u>", reason="<s>" * 100, on="<p>" * 100)
    there = Links(sources_table([row], Style("light", "en", 1.0)))
    assert not {"i", "b", "u", "s", "p"} & (set(there.tags) - {"b"})
    assert there.tags.count("b") == 1, "around the value"


def test_no_row_is_no_table_and_entries_begin_with_technologies() -> None:
    assert sources_table([], Style("light", "en", 1.0)) == ""
    entries = used_entries(ROWS)
    assert entries[0].startswith("technologies/")
    assert set(entries) <= set(ledger.entry_names())


def test_the_case_that_the_page_of_evidence_shows_is_one_that_ships() -> None:
    page = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
    shown = " ".join(page.partition("### A case")[2].partition("- {")[2].partition("}")[0].split())
    cases = (" ".join(path.read_text(encoding="utf-8").split()) for path in CASES.glob("*.yaml"))
    assert "value: 185.4" in shown
    assert any(f"- {{{shown}}}" in case for case in cases)
