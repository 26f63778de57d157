"""Where a number is from, as a reader cites it."""

from __future__ import annotations

from sim.catalog.load import facts
from sim.outcome import Outcome
from sim.records.instances import MemoryRecord
from sim.report.figures.memory.memory import ledger_table
from sim.report.sources import FACT, address, cited

REFERENCE = "R0125"
NSDI = "C062"


def test_the_facts_used_here_are_what_the_tests_say() -> None:
    assert facts()[REFERENCE].source.startswith("measured on the reference host")
    assert facts()[NSDI].source.startswith("Agache et al., NSDI 2020")


def test_a_fact_is_cited_by_its_publication_and_keeps_its_id() -> None:
    assert cited(NSDI) == "Agache et al., NSDI 2020 (C062)"


def test_facts_of_one_publication_are_cited_together() -> None:
    assert cited("C062, C078, R0125, R0126") == (
        "Agache et al., NSDI 2020 (C062, C078); measured on the reference host (R0125, R0126)"
    )


def test_what_this_project_measured_is_said_in_the_readers_language() -> None:
    assert cited(REFERENCE, "ja") == "基準ホストでの実測 (R0125)"


def test_what_names_no_fact_stays_as_it_is() -> None:
    guess = "estimate: two requests over a local socket"
    assert cited(guess) == guess
    assert cited("estimate: a half of R0125; definition") == (
        "estimate: a half of measured on the reference host (R0125); definition"
    )
    assert cited("X9999, C062") == "X9999; Agache et al., NSDI 2020 (C062)"


def test_every_fact_that_was_seen_on_the_web_has_its_address_and_its_publication_lends_it() -> None:
    for fact in facts().values():
        if fact.url.startswith("https://"):
            assert address(fact) == fact.url.split()[0]
    assert not facts()[NSDI].url
    assert address(facts()[NSDI]).startswith("https://")
    assert address(facts()[REFERENCE]) == ""


def test_a_tables_sources_are_citations() -> None:
    record = MemoryRecord("docker", 0, "kernel", "docker/slab", 4096, "", 1, False, REFERENCE)
    rows = ledger_table(Outcome("x", "memory", 1, 1, ("docker",), (), (record,)))
    assert [row["source"] for row in rows] == ["measured on the reference host (R0125)"]
    assert FACT.findall(rows[0]["source"]) == ["R0125"]
