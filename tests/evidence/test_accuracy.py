"""Predicted against published: the record holds, figures are what their facts say, unlike intervals are refused."""

import json
import math
import statistics
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sim.batch.run import run
from sim.catalog import load as catalog
from sim.cli import accuracy as accuracy_command
from sim.errors import InputError
from sim.evidence import record, stored
from sim.evidence.accuracy import USES, Accuracy, accuracy, recorded
from sim.evidence.rows import AccuracyRow, counts_in, orderings, weighed, weighed_median
from sim.loading import load
from sim.quantity import factor_of
from sim.report.sources import publication

CASES = Path(__file__).parents[2] / "scenarios" / "evidence"
FILES = sorted(CASES.glob("*.yaml"))
FIFTH = FILES[int(stored.DIGEST.read_text("ascii")[:8], 16) % 5 :: 5]
"""Every fifth case. After a change of the model it is others, as its digest is another."""


@pytest.fixture(scope="module")
def found() -> Accuracy:
    """What is stored. It is that of all files that it hangs on as they are (test_stored.py).

    Every figure is predicted anew below. Of the ranges, which take some thousand runs, those of every fifth case are.
    """
    there = stored.current()
    assert there is not None, "run python -m scripts.generate"
    return there


def digits(value: float) -> float:
    """As it is stored."""
    return float(f"{value:.12g}")


def row(error: float, publication: str = "one 2020", **changes: Any) -> AccuracyRow:
    base = AccuracyRow(
        case="case",
        metric="init_time",
        statistic="p50",
        interval="request to first process of the instance",
        of="a",
        at="alone",
        predicted=100 * (1 + error),
        published=100.0,
        unit="ms",
        error=error,
        use="check",
        source="F0000",
        publication=publication,
        url="",
        subject=("a", "", ""),
        low=50.0,
        high=200.0,
    )
    return replace(base, **changes)


def test_no_recorded_accuracy_is_lost(found: Accuracy):
    assert found.lost(recorded()) == []


def test_wider_ranges_than_recorded_are_a_loss(found: Accuracy):
    kept = found.record()
    check = kept["coverage"]["check"]
    narrower = kept | {"coverage": kept["coverage"] | {"check": check | {"width": check["width"] - 0.01}}}
    (lost,) = found.lost(narrower)
    assert lost.startswith("the median range is ")


def test_what_is_stored_is_written_as_it_was_read(found: Accuracy):
    text = stored.ROWS.read_text("utf-8")
    assert stored.written(found, json.loads(text)["modules"]) == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_stored_is_what_the_model_predicts(path: Path, found: Accuracy):
    scenario = load(path)
    predicted = {
        (metric.of, metric.metric, metric.statistic): metric.value
        for outcome in run(scenario, ranges=False)
        for metric in outcome.metrics
    }
    now = [
        digits(predicted[each.of, each.metric, each.statistic] / factor_of(each.unit)) for each in scenario.published
    ]
    assert now
    assert now == [each.predicted for each in found.rows if each.case == scenario.id], "run python -m scripts.generate"


@pytest.mark.parametrize("path", FIFTH, ids=lambda path: path.stem)
def test_what_is_stored_are_the_ranges_that_the_model_computes(path: Path, found: Accuracy):
    """And all else of a row but its weights, which hang on the other cases."""
    known = [each for each in found.rows if each.case == path.stem]
    now = [
        replace(
            each,
            predicted=digits(each.predicted),
            error=digits(each.error),
            low=digits(each.low),
            high=digits(each.high),
            alone=digits(each.alone),
            weight=there.weight,
            weight_of_all=there.weight_of_all,
        )
        for each, there in zip(accuracy([path]).rows, known, strict=True)
    ]
    assert now == known


def test_the_record_is_of_these_cases_and_of_so_many_sources_with_a_stated_host(found: Accuracy):
    kept = recorded()
    assert kept["cases"].keys() == {path.stem for path in CASES.glob("*.yaml")} == {r.case for r in found.rows}
    assert kept["medians"]["calibrate"] <= 0.10
    assert len(found.of_sources("check")) >= 25
    assert len(found.of_sources("check", assumed=True)) > 40
    assert kept["orderings"]["judged"] > 200
    wrong = [(each.smaller.of, each.larger.of, each.smaller.metric) for each in found.orderings if not each.right]
    assert wrong == [
        ("write_native", "write_docker", "throughput"),
        ("kata_firecracker", "kata_qemu", "marginal"),
        ("get_docker", "get_native", "throughput"),
        ("set_docker", "set_native", "throughput"),
    ]
    assert kept["orderings"]["right"] == kept["orderings"]["judged"] - len(wrong)


def test_calibrate_rows_are_split_by_whether_their_own_fact_set_a_number(found: Accuracy):
    """C002 is named by Firecracker's spread; C003 (a 90th percentile) by nothing."""
    circular, others = found.circular()
    assert len(circular) + len(others) == sum(row.use == "calibrate" for row in found.rows)
    assert "C002" in {row.source for row in circular}
    assert "C003" in {row.source for row in others}
    text = record.PAGE.read_text(encoding="utf-8")
    assert f"| set none themselves | {weighed_median(others):.1%} | {len(others)} |" in text


def test_both_published_clocks_of_a_boot_are_read_of_the_same_starts(found: Accuracy):
    """Agache et al. publish 27 figures of boots from InstanceStart, whose whole boots they publish too."""
    of_nsdi = [row for row in found.rows if row.case.startswith("nsdi20-")]
    inner = [row for row in of_nsdi if "InstanceStart" in row.at]
    whole = {(row.case, row.of): row.subject for row in of_nsdi if row.metric == "exit_time"}
    assert len(inner) == 27
    for row in inner:
        assert row.metric == "boot_time"
        assert whole[row.case, row.of] == row.subject


def test_a_boot_from_instancestart_is_in_no_ordering_as_its_published_interval_is_another(found: Accuracy):
    assert {"firecracker", "cloud-hypervisor"} in [
        {each.smaller.subject[0], each.larger.subject[0]} for each in found.orderings
    ]
    assert not any("InstanceStart" in each.smaller.at for each in found.orderings)


def test_the_page_on_evidence_says_what_is_so(found: Accuracy):
    assert record.told_first(record.README.read_text(encoding="utf-8"), found) == record.README.read_text(
        encoding="utf-8"
    )
    assert record.told(record.PAGE.read_text(encoding="utf-8"), found) == record.PAGE.read_text(encoding="utf-8")
    check = found.of_sources("check")
    figures = sum(count for count, _ in check.values())
    assert f"| check | {found.median('check'):.1%} | {figures} | {len(check)} |" in record.PAGE.read_text(
        encoding="utf-8"
    )


def test_a_record_is_not_overwritten_by_a_worse_one_unless_asked_to(found: Accuracy, tmp_path, monkeypatch, capsys):
    better = found.record() | {"medians": {"calibrate": 0.0, "check": 0.0}}
    page = tmp_path / "evidence.md"
    page.write_text("| check | 1.0% | 1 | 1 |\n", encoding="utf-8")
    monkeypatch.setattr(record, "RECORD", tmp_path / "accuracy.json")
    monkeypatch.setattr(record, "PAGE", page)
    monkeypatch.setattr(record, "accuracy", lambda: found)
    monkeypatch.setattr(record, "recorded", lambda: better)
    monkeypatch.setattr("sys.argv", ["record"])
    assert record.main() == 1
    assert "worse: median absolute error of check" in capsys.readouterr().err
    assert not record.RECORD.exists()
    monkeypatch.setattr("sys.argv", ["record", "--worse"])
    assert record.main() == 0
    assert json.loads(record.RECORD.read_text(encoding="utf-8")) == found.record()
    assert f"{found.median('check'):.1%}" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["lightvm-create", "rund-devmapper"])
def test_what_a_case_expects_beside_its_figures_holds(name: str):
    (outcome,) = run(load(CASES / f"{name}.yaml"))
    assert outcome.verdicts
    assert all(verdict.passed for verdict in outcome.verdicts)


def test_every_point_of_every_published_curve_is_in_a_case_with_its_own_use(found: Accuracy):
    """Fifty boots in flight on the Haswell are not among the facts: the wrapper saturates its cores."""
    points = {fact.id: fact.use for fact in catalog.facts().values() if fact.id.startswith("C")}
    published = {r.source: r.use for r in found.rows}
    assert len(points) == 108
    assert {source: published.get(source) for source in points} == points


def test_no_check_is_of_a_fact_that_sets_a_number(found: Accuracy):
    checks = {r.source for r in found.rows if r.use == "check"}
    assert len(checks) > 60
    assert not checks & catalog.cited().keys()


def test_a_row_says_where_its_figure_was_seen(found: Accuracy):
    assert all(r.at and r.publication and r.url for r in found.rows)
    assert next(r for r in found.rows if r.source == "C002").url.startswith(
        "https://github.com/firecracker-microvm/nsdi"
    )


def test_a_hundred_namespaces_under_one_lock_wait_as_arithmetic_says(found: Accuracy):
    """The k-th of 100 waits for k holds of 0.28 s: 50.5 x 0.28 s on average, and 0.3 ms of CPU to get there."""
    (hundred,) = [r for r in found.rows if r.source == "C100"]
    assert hundred.predicted == pytest.approx(50.5 * 0.28, rel=1e-3)
    assert hundred.error == pytest.approx((hundred.predicted - 14.41) / 14.41)


def test_json_rows_have_the_shape_of_the_contract(found: Accuracy):
    plain = found.plain()
    assert len(plain) == len(found.rows) > 150
    keys = ["case", "metric", "of", "at", "predicted", "published", "unit", "error", "use", "source"]
    more = ["range", "weight", "publication", "apart", "assumed", "weight_of_all", "widest"]
    assert all(list(item) == keys + more for item in plain)
    assert all(item["range"][0] < item["predicted"] < item["range"][1] for item in plain)
    assert all(
        math.isclose(i["error"], (i["predicted"] - i["published"]) / i["published"], abs_tol=1e-9) for i in plain
    )


def test_weights_of_a_use_add_up_and_every_source_weighs_the_same(found: Accuracy):
    for use, assumed in product(USES, (False, True)):
        by_source: dict[str, float] = {}
        for each in found.rows:
            if each.use == use and counts_in(each, assumed):
                weight = each.weight_of_all if assumed else each.weight
                by_source[each.publication] = by_source.get(each.publication, 0.0) + weight
        assert len(by_source) > (10 if assumed else 5)
        assert by_source == pytest.approx(dict.fromkeys(by_source, 1 / len(by_source)))


@pytest.mark.parametrize(("weight", "assumed"), [("weight", False), ("weight_of_all", True)])
def test_the_median_is_where_half_of_the_printed_weight_lies(found: Accuracy, weight: str, assumed: bool):
    checks = sorted((abs(item["error"]), item[weight]) for item in found.plain() if item["use"] == "check")
    median = found.median("check", assumed)
    assert sum(weight for error, weight in checks if error < median - 1e-9) <= 0.5
    assert sum(weight for error, weight in checks if error <= median + 1e-9) >= 0.5 - 1e-9


def test_an_assumed_host_counts_in_the_second_median_only():
    """By hand: 0.1 of a stated host, and 0.5 and 0.7 of assumed ones."""
    found = Accuracy(
        weighed([row(0.1), row(0.5, "two 2020", assumed="host"), row(0.7, "three 2020", assumed="host")]), ()
    )
    assert (found.median("check"), found.median("check", assumed=True)) == pytest.approx((0.1, 0.5))
    assert [each.weight for each in found.rows] == [1.0, 0.0, 0.0]
    assert [each.weight_of_all for each in found.rows] == pytest.approx([1 / 3] * 3)
    assert found.record()["medians_of_all"]["check"] == pytest.approx(0.5)
    text = " ".join(accuracy_command.as_table(found).split())
    assert "10.0% over 1 figure of 1 source with a stated host, 50.0% over 3 figures of 3 sources in all" in text


def test_neither_median_may_get_worse():
    before = Accuracy(weighed([row(0.1), row(0.1, "two 2020", assumed="host")]), ())
    after = Accuracy(weighed([row(0.1), row(0.4, "two 2020", assumed="host")]), ())
    assert after.lost(before.record()) == [
        "median absolute error of check over all hosts is 0.2500, recorded 0.1000",
    ]


def test_a_host_is_stated_or_assumed_for_a_whole_publication_and_a_made_up_one_is_assumed(found: Accuracy):
    by_publication: dict[str, set[str]] = {}
    for each in found.rows:
        by_publication.setdefault(each.publication, set()).add(each.assumed)
    assert {name: said for name, said in by_publication.items() if len(said) > 1} == {}
    assumed = {name for name, said in by_publication.items() if said == {"host"}}
    made_up = {
        publication(catalog.facts()[published.source].source)
        for path in CASES.glob("*.yaml")
        for scenario in [load(path)]
        for part in scenario.parts
        for published in scenario.published
        if published.of in part.variants
        and getattr(part.variants[published.of], "host", None) in UNSTATED
        and isinstance(published.source, str)
    }
    assert len(made_up) > 10
    assert made_up - {"Kuenzer et al., EuroSys 2021"} <= assumed
    maintainers = {"opencontainers/runc pull request 4654, 2025", "cloud-hypervisor issue 1728, 2020"}
    assert {publication(name) for name in maintainers} <= assumed


UNSTATED = ("unstated", "server", "youki", "nested-cloud", "nuc", "canonical", "mohan19", "rund", "sock")
"""Hosts of the catalog whose processor is an estimate, as no publication names it."""


def test_figures_that_restate_others_are_shown_and_do_not_count(found: Accuracy):
    apart = {(each.source, each.published) for each in found.apart()}
    assert {source for source, _ in apart} >= {"F0556", "F0557", "F0572", "F0573", "R0104", "F0223"}
    assert all(each.weight == 0 for each in found.apart())
    assert not apart & {(each.source, each.published) for use in USES for each in found.counted(use)}
    assert (
        not {each.publication for each in found.rows if each.source in {"F0572", "F0556"}}
        & found.of_sources("check").keys()
    )


def test_coverage_is_the_share_of_counted_checks_inside_the_printed_range(found: Accuracy):
    items = [item for item in found.plain() if item["use"] == "check" and item["weight"]]
    inside = sum(item["range"][0] <= item["published"] <= item["range"][1] for item in items)
    widths = [item["range"][1] / item["range"][0] for item in items]
    covered = found.covered("check")
    assert (covered.inside, covered.figures) == (inside, len(items))
    assert covered.width == pytest.approx(statistics.median(widths))


def test_no_start_that_khan_published_is_left_out_without_a_word(found: Accuracy):
    page = record.PAGE.with_name("evidence-left-out.md").read_text(encoding="utf-8")
    starts = {
        fact.id
        for fact in catalog.facts().values()
        if fact.source.startswith("Khan 2026") and fact.topic == "boot_time"
    }
    assert {"F0514", "F0515", "F0524", "F0526", "F0527", "F0529", "F0530"} <= starts
    published = {each.source for each in found.rows}
    assert [name for name in sorted(starts - published) if name not in page] == []
    assert {"F0514", "F0515"} <= published


def test_two_runs_agree_to_the_last_digit():
    first, second = (accuracy([CASES / "moby38077-run.yaml"]).rows for _ in range(2))
    assert first
    assert second == first


def test_a_source_with_many_rows_weighs_no_more_than_one_with_few():
    many = [row(0.01, "many 2020")] * 99
    assert weighed_median([*many, row(0.5, "x 2020"), row(-0.7, "y 2020")]) == 0.5
    assert weighed_median(many) == pytest.approx(0.01)
    assert weighed_median([row(0.1, "x 2020"), row(0.3, "y 2020")]) == pytest.approx(0.2)
    assert weighed_median([]) is None


def test_sections_of_one_publication_are_one_source():
    assert publication("Agache et al., NSDI 2020, artifact raw data (Fig. 5-9)") == "Agache et al., NSDI 2020"
    assert publication("Agache et al., NSDI 2020 sec 5.1") == "Agache et al., NSDI 2020"
    assert publication("Kuenzer et al. (Unikraft), EuroSys 2021") == publication("Kuenzer et al., EuroSys 2021")
    assert publication("moby issue 42096") == "moby issue 42096"


def test_an_order_is_judged_from_ten_percent_on_and_between_technologies_only():
    slow: dict[str, Any] = {"of": "b", "subject": ("b", "", "")}
    fast = row(0.0)
    assert orderings([fast, row(0.0, published=109.0, **slow)]) == ()
    (judged,) = orderings([fast, row(0.0, published=111.0, predicted=99.0, **slow)])
    assert (judged.smaller.of, judged.larger.of, judged.right) == ("a", "b", False)
    assert orderings([fast, row(0.0, published=0.2, predicted=0.3, unit="s", **slow)])[0].right
    assert orderings([fast, row(0.0, published=200.0, of="b")]) == ()
    assert orderings([fast, row(0.0, published=200.0, at="ten in flight", **slow)]) == ()
    assert orderings([fast, row(0.0, "other 2020", published=200.0, **slow)]) == ()


def test_figures_of_different_intervals_are_not_compared():
    other = row(0.0, of="b", subject=("b", "", ""), metric="runtime_time", interval="request to runtime or VMM ready")
    with pytest.raises(InputError, match="different intervals"):
        orderings([row(0.0), other])


CASE = """
id: one
concept: density
title: {{en: t, ja: t}}
summary: {{en: s, ja: s}}
study: startup
technology: process
published:
  - {{metric: startup_time, of: startup, at: alone, interval: {interval}, statistic: p50, value: {value}, unit: {unit},
     source: {source}, use: {use}}}
"""

GOOD = {"interval": "request to application ready", "value": 3.5, "unit": "ms", "source": "F0295", "use": "check"}


def case(folder: Path, **changes: object) -> Path:
    path = folder / "one.yaml"
    path.write_text(CASE.format(**(GOOD | changes)), encoding="utf-8")
    return path


def test_a_case_of_ones_own_is_run(tmp_path):
    (only,) = accuracy([case(tmp_path)]).rows
    assert (only.case, only.published, only.unit, only.publication) == ("one", 3.5, "ms", "Manco et al., SOSP 2017")
    assert only.low is not None
    assert only.low < only.predicted < only.high


OWN = "{citation: 'Doe, Lab notes 2026, table 2', address: 'https://example.org/notes'}"


def test_a_figure_may_name_its_own_publication(tmp_path):
    (only,) = accuracy([case(tmp_path, source=OWN, value=48)]).rows
    assert (only.source, only.publication) == ("Doe, Lab notes 2026, table 2", "Doe, Lab notes 2026")
    assert (only.url, only.published, only.weight) == ("https://example.org/notes", 48.0, 1.0)
    text = accuracy_command.as_table(Accuracy((only,), ()))
    assert "one: Doe, Lab notes 2026, table 2 https://example.org/notes" in " ".join(text.split())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": OWN, "use": "calibrate"}, "set no number of the catalog; expected use 'check'"),
        ({"source": OWN.replace("https", "file")}, "'file://example.org/notes' is not an address"),
        ({"source": "{citation: Doe 2026}"}, "missing key 'address'"),
        ({"source": "{citation: '', address: 'https://example.org/notes'}"}, "published.0.source.citation|at least 1"),
        ({"source": "3"}, "3 does not fit"),
        ({"source": "F9999"}, "no fact 'F9999'"),
        ({"value": 35}, "35.0 ms is not what F0295 says: 3.5 / 9 ms"),
        ({"unit": "s"}, "3.5 s is not what F0295 says"),
        ({"value": 0}, "0.0 ms has no relative error"),
        ({"source": "C005", "value": 146.8, "use": "calibrate"}, "C005 is for use 'check', not 'calibrate'"),
        ({"source": "R0735", "value": 2.11}, "R0735 sets additions/fuse-overlayfs.toml: .*, so it cannot be a check"),
        ({"interval": "request to exit and removal"}, "is not what the metric measures"),
    ],
)
def test_a_figure_that_may_not_be_published_is_refused_with_file_and_place(tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        accuracy([case(tmp_path, **changes)])
    (problem,) = caught.value.problems
    assert problem.file.endswith("one.yaml")
    assert problem.path.startswith("published.0")


def test_a_metric_that_a_label_does_not_have_is_refused_with_file_and_place(tmp_path):
    """A process has no guest that boots."""
    path = case(tmp_path, interval="VMM ready to first process of the instance")
    path.write_text(path.read_text(encoding="utf-8").replace("startup_time", "boot_time"), encoding="utf-8")
    with pytest.raises(InputError, match="startup has no boot_time") as caught:
        accuracy([path])
    (problem,) = caught.value.problems
    assert problem.file.endswith("one.yaml")
    assert problem.path == "published.0"


def test_a_scenario_that_publishes_nothing_and_a_folder_without_cases_are_refused(tmp_path):
    with pytest.raises(InputError, match="has no case"):
        accuracy([tmp_path])
    path = case(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").partition("published:")[0], encoding="utf-8")
    with pytest.raises(InputError, match="publishes nothing"):
        accuracy([path])


def test_what_became_worse_than_recorded_is_told():
    now = Accuracy((row(0.1), row(0.2, use="calibrate")), ())
    assert now.lost(now.record()) == []
    before = now.record() | {"medians": {"calibrate": 0.2, "check": 0.05}}
    assert now.lost(before) == ["median absolute error of check is 0.1000, recorded 0.0500"]
    larger = before | {"cases": {"case": 0.04, "another": 0.3}}
    assert now.lost(larger) == ["median absolute error of case is 0.1500, recorded 0.0400"]


def test_a_wrong_order_that_was_right_is_told():
    rows = (row(0.0), row(0.0, published=200.0, predicted=90.0, of="b", subject=("b", "", "")))
    now = Accuracy(rows, orderings(rows))
    before = now.record() | {"orderings": {"judged": 1, "right": 1}}
    assert now.lost(before) == ["1 orderings are wrong, recorded 0"]


def test_the_command_prints_rows_and_leaves_with_zero(found, monkeypatch):
    monkeypatch.setattr("sim.evidence.stored.stored_or_computed", lambda _: found)
    done = CliRunner().invoke(accuracy_command.command, ["--format", "json"], standalone_mode=False)
    assert done.return_value == 0
    assert json.loads(done.stdout) == found.plain()
    table = CliRunner().invoke(accuracy_command.command, [], standalone_mode=False).stdout
    assert "Agache et al., NSDI 2020" in table
    assert all(f"{use}: median absolute error" in table for use in USES)


def test_the_command_leaves_with_one_and_says_what_was_lost(found, monkeypatch):
    worse = found.record()
    worse["medians"] = {"calibrate": 0.0, "check": 1.0}
    monkeypatch.setattr("sim.evidence.stored.stored_or_computed", lambda _: found)
    monkeypatch.setattr("sim.evidence.accuracy.recorded", lambda: worse)
    done = CliRunner().invoke(accuracy_command.command, [], standalone_mode=False)
    assert done.return_value == 1
    assert "accuracy lost: median absolute error of calibrate" in done.stderr


def test_the_table_tells_weights_coverage_and_what_would_narrow_wide_ranges():
    rows = weighed(
        [
            row(0.25, widest="hosts/azure-d2s.cpu_speed", alone=3.2),
            row(0.5, "other 2020", low=120.0, high=160.0),
            row(0.0, "third 2020", apart="a sum"),
        ]
    )
    text = accuracy_command.as_table(Accuracy(rows, ()))
    assert "one 2020 (50.0% of the check median)" in text
    assert "third 2020 (counted apart)" in text
    assert "check: 1 of 2 published figures (50%) lie in their range; the median range is 2.67 times" in text
    assert "counted apart: 1 figure, " in text
    assert "hosts/azure-d2s.cpu_speed  one CPU-bound program" in text
    assert "orderings" not in text  # none is judged
    assert "1 figures" not in text
    assert "1 sources" not in text


def test_the_table_ends_with_the_summary(found: Accuracy):
    """A terminal shows the end of a long table."""
    *_, last = accuracy_command.as_table(found).split("\nSummary\n")
    lines = last.splitlines()
    assert len(lines) < 40
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == [
        "calibrate", "calibrate", "check", "check", "counted apart", "orderings of technologies",
    ]  # fmt: skip
    assert lines[0].startswith("calibrate: median absolute error ")


def test_figures_of_an_assumed_host_alone_have_no_coverage_to_tell():
    text = accuracy_command.as_table(Accuracy(weighed([row(0.5, assumed="host")]), ()))
    assert text.endswith(
        "\n\nSummary\ncheck: median absolute error 50.0% over 1 figure of 1 source in all, with assumed hosts; "
        "each source weighs the same"
    )


def test_a_prediction_with_an_estimate_in_it_is_marked_in_the_table():
    text = accuracy_command.as_table(Accuracy((row(0.25, estimate=True), row(0.5)), ()))
    assert "~125 ms" in text
    assert " 150 ms" in text
    assert "~ an estimate went into it" in text
    assert "~" not in accuracy_command.as_table(Accuracy((row(0.5),), ()))
