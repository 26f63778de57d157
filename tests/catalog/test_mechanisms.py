"""The mechanisms of memory are data under the catalog's rules."""

import pytest

from sim.catalog import load
from sim.catalog.tables import mechanisms
from sim.errors import CatalogError
from tests.catalog.places import without_lines


def test_ksms_defaults_are_the_documented_ones_and_the_published_19_and_a_half_mebibytes_a_second():
    ksm = mechanisms.memory().ksm
    assert (ksm.pages.value, ksm.sleep.value) == (100, 0.02)
    assert load.facts()["F0372"].value == f"{ksm.pages.value:.0f} / {ksm.sleep.value * 1000:.0f}"
    assert ksm.pages.value / ksm.sleep.value * 4096 / 2**20 == pytest.approx(19.5, abs=0.05)
    assert ksm.check_merged.value < ksm.check.low


def test_every_fact_it_names_counts_as_cited():
    assert "mechanisms/memory.toml: ksm.check" in load.cited()["D0103"]


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ('pages = { value = 100, source = "D0101" }', "pages = 100", "ksm.pages: 100 is a bare number"),
        ('value = "2 s"', 'value = "2 B"', "reporting.delay.value"),
        ('source = "D0107"', 'source = "D9999"', "overcommit.ratio.source"),
        ("[oom]", "[oom]\nextra = true", "oom.extra: unknown key"),
        ("[oom]", "[ooms]", "oom: is missing"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_place(tmp_path, was, now, says):
    text = mechanisms.FILE.read_text(encoding="utf-8")
    assert was in text
    path = tmp_path / "memory.toml"
    path.write_text(text.replace(was, now), encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        mechanisms.read(path)
    assert f"mechanisms/memory.toml: {says}" in without_lines(str(caught.value))
