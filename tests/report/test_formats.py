"""Outcomes as text: JSON lines, CSV, JUnit XML, Markdown, tables, and what moved between two runs."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from junitparser import JUnitXml

from sim import __version__
from sim.errors import Problem
from sim.loading import load_text
from sim.outcome import Metric, Outcome, Ratio, Verdict
from sim.records.instances import ConstraintRecord
from sim.report import grid
from sim.report.formats import csvfile, inspection, jsonlines, junit, markdown, metric_changes, table
from sim.report.formats.baseline import Comparison, compare
from sim.report.formats.ran import Ran
from sim.scenario import Scenario, Text

ODD = 'a < "b" & c > 1 | d'


def metric(of: str, value: float, **more: Any) -> Metric:
    return Metric("time", "p50", of, "first in line to served", value, "s", **more)


def outcome(*metrics: Metric, verdicts: Sequence[Verdict] = (), study: str = "counter") -> Outcome:
    labels = tuple(dict.fromkeys(m.of for m in metrics))
    return Outcome("two-counters", study, 7, 3, labels, metrics, verdicts=tuple(verdicts))


RATIOS = (Ratio("time", "p50", "slow", "fast", 43.8, 43.3, 45.7, estimate=True),)


@pytest.fixture
def scenario(counter: str) -> Scenario:
    return load_text(counter)


class TestJson:
    def test_numbers_have_twelve_significant_digits(self) -> None:
        third = outcome(metric("a", 1 / 3, low=0.1 + 0.2, high=2 / 3, range=(1e-20 / 3, 1e20 / 3)))
        (found,) = json.loads(jsonlines.line([third]))["metrics"]
        assert (found["value"], found["low"], found["high"]) == (0.333333333333, 0.3, 0.666666666667)
        assert found["range"] == [3.33333333333e-21, 3.33333333333e19]

    def test_what_is_not_known_is_null(self) -> None:
        (found,) = json.loads(jsonlines.line([outcome(metric("a", 1.0))]))["metrics"]
        assert (found["low"], found["high"], found["range"]) == (None, None, None)

    def test_parts_are_one_object_a_scenario(self) -> None:
        first = outcome(metric("a", 1.0), verdicts=[Verdict("x", True, "1")])
        second = outcome(metric("b", 2.0), verdicts=[Verdict("y", False, "2")], study="fixed")
        found = json.loads(jsonlines.line([first, second]))
        assert found["study"] == "counter + fixed"
        assert [m["of"] for m in found["metrics"]] == ["a", "b"]
        assert [e["passed"] for e in found["expectations"]] == [True, False]

    def test_ratios_stand_beside_the_metrics(self) -> None:
        found = json.loads(jsonlines.line([dataclasses.replace(outcome(metric("a", 1.0)), ratios=RATIOS)]))
        assert found["ratios"] == [
            {
                "metric": "time", "statistic": "p50", "of": "slow", "to": "fast", "value": 43.8, "low": 43.3,
                "high": 45.7, "estimate": True,
            }
        ]  # fmt: skip

    def test_it_is_one_line_whatever_the_texts_hold(self) -> None:
        assert "\n" not in jsonlines.line([outcome(metric("a", 1.0), verdicts=[Verdict("x\ny", True, "")])])

    @pytest.mark.parametrize("value", [math.nan, -math.inf])
    def test_a_number_that_json_has_no_word_for_is_refused(self, value: float) -> None:
        with pytest.raises(ValueError, match="JSON compliant"):
            jsonlines.line([outcome(metric("a", value))])

    def test_never_is_null_with_every_other_field_there(self) -> None:
        made = outcome(metric("a", math.inf, low=30.0, high=math.inf, range=(20.0, math.inf)))
        text = jsonlines.line([made])
        assert json.loads(text)["metrics"] == [
            {
                "metric": "time", "statistic": "p50", "of": "a", "interval": "first in line to served", "value": None,
                "unit": "s", "low": 30.0, "high": None, "range": [20.0, None], "estimate": False,
            }
        ]  # fmt: skip
        assert jsonlines.read_lines(text, "before.jsonl") == [json.loads(text)]


def test_csv_has_a_row_a_metric_that_reads_back() -> None:
    rows = list(
        csv.DictReader(io.StringIO(csvfile.table([[outcome(metric("a", 0.5, range=(0.25, 1.0), estimate=True))]])))
    )
    assert rows == [
        {
            "scenario": "two-counters", "study": "counter", "seed": "7", "replications": "3", "of": "a",
            "metric": "time", "statistic": "p50", "interval": "first in line to served", "value": "0.5", "unit": "s",
            "low": "", "high": "", "range_low": "0.25", "range_high": "1.0", "estimate": "true",
        }
    ]  # fmt: skip


def test_never_is_inf_in_csv_and_reads_back() -> None:
    made = outcome(metric("a", math.inf, low=30.0, high=math.inf, range=(20.0, math.inf)))
    (row,) = csv.DictReader(io.StringIO(csvfile.table([[made]])))
    columns = ("value", "low", "high", "range_low", "range_high")
    assert [float(row[name]) for name in columns] == [math.inf, 30.0, math.inf, 20.0, math.inf]
    assert row["value"] == "inf"


def junit_of(seconds: float) -> str:
    verdicts = [Verdict(ODD, False, 'a = "1"'), Verdict("b < 1", True, "b = 0")]
    problems = [Problem("no folder 'x'", "c.yaml", 3), Problem("no file 'y'", "c.yaml", 4)]
    first = outcome(metric("a", 1.0), verdicts=verdicts)
    other = dataclasses.replace(outcome(metric("a", 1.0)), scenario="other")
    return junit.document(
        [
            Ran("two-counters", [first], seconds),
            Ran("other", [other], 0.00001),
            Ran("bad", [], 0.25, problems),
        ]
    )


def test_junit_has_a_suite_a_scenario_and_a_case_an_expectation() -> None:
    root = ET.fromstring(junit_of(3.1415))
    counts = ("name", "tests", "failures", "errors", "skipped", "time")
    assert [tuple(suite.get(name) for name in counts) for suite in (root, *root)] == [
        ("sim run", "3", "1", "1", None, "3.392"),
        ("two-counters", "2", "1", "0", "0", "3.142"),
        ("other", "0", "0", "0", "0", "0.000"),
        ("bad", "1", "0", "1", "0", "0.250"),
    ]
    failed, passed = root[0].findall("testcase")
    assert (failed.get("time"), passed.get("time")) == ("1.571", "1.571")  # 3.1415 / 2
    (broken,) = root[2].findall("testcase")
    error = broken.find("error")
    assert error is not None
    assert (broken.get("name"), error.get("message"), error.text) == (
        "runs", "cannot run: no folder 'x'", "c.yaml:3: no folder 'x'\nc.yaml:4: no file 'y'",
    )  # fmt: skip
    assert (failed.get("name"), failed.get("classname")) == (ODD, "two-counters.counter")
    failure = failed.find("failure")
    assert failure is not None
    assert failure.text == f'expected: {ODD}\nobserved: a = "1"'
    assert (passed.get("name"), len(passed)) == ("b < 1", 0)


def test_junit_of_two_files_with_one_id_is_two_suites_and_holds_nothing_xml_cannot() -> None:
    made = outcome(metric("a", 1.0), verdicts=[Verdict("a\x00 < 1", False, "\x1b[31m \ud800")])
    text = junit.document([Ran("one", [made], 1.0), Ran("one", [made], 2.0)])
    assert [suite.get("time") for suite in ET.fromstring(text)] == ["1.000", "2.000"]
    assert "observed: \ufffd[31m \ufffd" in text
    assert [suite.failures for suite in JUnitXml.fromstring(text)] == [1, 1]


def test_junit_of_equal_runs_differs_by_nothing_but_its_times() -> None:
    first, second = (re.sub(r' time="[0-9]+(\.[0-9]+)?"', "", junit_of(seconds)) for seconds in (3.1415, 1e-7))
    assert first == second


BEFORE = (
    '{"scenario": "%s", "metrics": [{"of": "%s", "metric": "time", "statistic": "p50", "value": 9.0, "unit": "s"}]}'
)


def compared() -> Comparison:
    """two-counters moved, other did not, new is new, gone was not run; the baseline does not say its version."""
    before = [json.loads(BEFORE % names) for names in (("two-counters", "a"), ("other", "b"), ("gone", "c"))]
    made = {"two-counters": metric("a", 1.0), "other": metric("b", 9.0), "new": metric("c", 1.0)}
    runs = [dataclasses.replace(outcome(each), scenario=name) for name, each in made.items()]
    return compare(before, [jsonlines.scenario_object([run]) for run in runs])


def junit_with_a_baseline() -> str:
    made = [outcome(metric("a", 1.0), verdicts=[Verdict("a < 2", True, "a = 1")])]
    failed = [Problem("no key 'x'", "dir/bad.yaml", 3)]
    return junit.document(
        [Ran(name, made, 0.00001) for name in ("two-counters", "other", "new")]
        + [Ran("dir/bad.yaml", problems=failed), Ran("bug", problems=[Problem("a bug")], bug=True)],
        compared(),
    )


def test_a_tolerance_is_a_share_of_the_baselines_value() -> None:
    """9 s before and 9.4 s now are 4.4 % apart. Intervals are measured from end to end."""
    before = [json.loads(BEFORE % ("other", "b"))]
    now = [jsonlines.scenario_object([dataclasses.replace(outcome(metric("b", 9.4)), scenario="other")])]
    assert [len(compare(before, now, share).moved) for share in (0.0, 0.04, 0.05)] == [1, 1, 0]
    ends = outcome(metric("b", 9.6, low=9.4, high=9.8))
    wide = [jsonlines.scenario_object([dataclasses.replace(ends, scenario="other")])]
    assert [len(compare(before, wide, share).moved) for share in (0.04, 0.05)] == [1, 0]
    gone = [jsonlines.scenario_object([dataclasses.replace(outcome(metric("c", 9.0)), scenario="other")])]
    assert len(compare(before, gone, 1.0).moved) == 2


@pytest.fixture(scope="module")
def jenkins() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(Path(__file__).parent / "data" / "junit-10.xsd"))


@pytest.mark.parametrize(
    "text",
    [
        junit_of(0.00001),
        junit_of(123456.789),
        junit_with_a_baseline(),
        junit.document([]),
        junit.document([], compared()),
    ],
    ids=["short", "long", "baseline", "nothing", "nothing but a baseline"],
)
def test_junit_is_valid_by_the_schema_of_jenkins(text: str, jenkins: xmlschema.XMLSchema) -> None:
    jenkins.validate(text)


def test_the_schema_refuses_what_is_not_valid(jenkins: xmlschema.XMLSchema) -> None:
    for old, new in (('name="sim run"', 'skipped="0"'), ('<error message="', '<error msg="'), ('time="', 'time="1e')):
        text = junit_of(1.0)
        assert old in text
        assert not jenkins.is_valid(text.replace(old, new, 1))


def test_junit_tells_what_moved_and_what_one_of_the_two_lacks_as_cases() -> None:
    suites = {suite.name: list(suite) for suite in JUnitXml.fromstring(junit_with_a_baseline())}
    told = {
        name: [(case.classname, case.name, [type(each).__name__ for each in case.result]) for case in cases]
        for name, cases in suites.items()
    }
    expectation = ("two-counters.counter", "a < 2", [])
    assert told == {
        "two-counters": [expectation, ("two-counters.baseline", "a.time.p50", ["Failure"])],
        "other": [expectation, ("other.baseline", "no metric moved", [])],
        "new": [expectation, ("new.baseline", "is in the baseline", ["Skipped"])],
        "dir/bad.yaml": [("bad", "runs", ["Error"])],
        "bug": [("bug", "runs", ["Error"])],
        "baseline": [("baseline", "gone", ["Skipped"])],
    }
    (failure,) = suites["two-counters"][1].result
    assert failure.message == "moved: two-counters: a.time.p50: 9 s -> 1 s (-88.9%)"
    assert failure.text == (
        "two-counters: a.time.p50: 9 s -> 1 s (-88.9%)\n"
        f"the baseline is of model version unknown, this run of {__version__}"
    )
    assert [suites[name][0].result[0].type for name in ("dir/bad.yaml", "bug")] == ["input", "bug"]
    assert suites["baseline"][0].result[0].message == "not run"


def test_junit_names_the_models_version_and_the_baselines() -> None:
    for suite in JUnitXml.fromstring(junit_with_a_baseline()):
        if suite.name != "baseline":
            found = {each.name: each.value for each in suite.properties()}
            assert (found["model_version"], found["baseline_model_version"]) == (__version__, "unknown")
    plain = JUnitXml.fromstring(junit_of(1.0))
    assert all("baseline_model_version" not in {each.name for each in suite.properties()} for suite in plain)


class TestComparison:
    def test_each_thing_it_found_is_a_line(self) -> None:
        assert str(compared()).splitlines() == [
            "new: not in the baseline",
            "gone: in the baseline, not run",
            "moved: two-counters: a.time.p50: 9 s -> 1 s (-88.9%)",
            f"the baseline is of model version unknown, this run of {__version__}",
            "Baseline: moved metrics: 1; scenarios compared: 2",
        ]

    def test_a_baseline_of_the_same_model_is_not_remarked(self) -> None:
        now = jsonlines.scenario_object([outcome(metric("a", 1.0))])
        assert compare([now], [now]).version == ""
        older = now | {"model_version": "0.0.9"}
        assert compare([older], [now]).version == f"the baseline is of model version 0.0.9, this run of {__version__}"


def test_a_scenario_that_could_not_run_is_a_line_of_json_that_a_baseline_passes_over() -> None:
    problem = Problem("no key 'x'", "bad.yaml", 3, 1, "a.b", "x: 1")
    line = jsonlines.problem_line("bad.yaml", [problem])
    told = {"file": "bad.yaml", "line": 3, "column": 1, "path": "a.b", "message": "no key 'x'"}
    assert json.loads(line) == {"scenario": "bad.yaml", "problems": [told]}
    good = jsonlines.line([outcome(metric("a", 1.0))])
    assert jsonlines.read_lines(f"{line}\n{good}\n", "b") == [json.loads(good)]


def test_markdown_tells_what_could_not_run_and_what_the_baseline_says(scenario: Scenario) -> None:
    failed = [Ran("dir/bad.yaml", problems=[Problem("a | b", "dir/bad.yaml", 3, 1, "", "x: 1")])]
    lines = markdown.document([(scenario, [outcome(metric("a", 1.0))])], failed, compared()).splitlines()
    assert lines[3:5] == ["| dir/bad.yaml | | ⚠️ could not run |", ""]
    assert lines[5] == f"Model version {__version__}."
    assert "- ⚠️ dir/bad.yaml:3:1: a \\| b" in lines
    assert "- gone: in the baseline, not run" in lines[lines.index("## Baseline") :]


def test_markdown_starts_with_a_table_of_all_scenarios(scenario: Scenario) -> None:
    made = [outcome(metric("slow", 2.0), metric("fast", 0.5), verdicts=[Verdict("slow > fast", False, "x | y")])]
    lines = markdown.document([(scenario, made)]).splitlines()
    assert lines[:3] == [
        "| scenario | lesson | expectations |",
        "| --- | --- | --- |",
        "| two-counters | Two counters | ❌ 0 of 1 hold |",
    ]
    assert "| slow | 2.0 s |" in lines
    assert "- ❌ `slow > fast`: x \\| y" in lines


class TestGrid:
    def test_columns_are_padded_in_cells_of_a_terminal(self) -> None:
        lines = grid.table(("name", "n"), [("窓口", "1"), ("abc", "10")], right=(1,))
        assert lines == ["name   n", "----  --", "窓口   1", "abc   10"]

    def test_the_last_column_is_cut_at_the_limit(self) -> None:
        lines = grid.table(("a", "text"), [("x", "y" * 100)], limit=30)
        assert lines[-1] == f"x  {'y' * 26}…"
        assert grid.width(lines[-1]) == 30

    def test_the_last_column_may_go_on_below_instead(self) -> None:
        lines = grid.table(("a", "text"), [("x", "one two three"), ("y", "z" * 12)], limit=11, wrap=True)
        assert lines == ["a  text", "-  --------", "x  one two", "   three", f"y  {'z' * 12}"]
        assert grid.wrapped("窓口 窓口 a", 6) == ["窓口", "窓口 a"]
        assert grid.wrapped("", 6) == [""]

    def test_without_a_limit_nothing_is_cut(self) -> None:
        assert grid.table(("a", "text"), [("x", "y " * 100)], limit=None)[-1] == ("x  " + "y " * 100).rstrip()

    def test_a_wide_character_is_never_cut_in_half(self) -> None:
        assert grid.cut("窓口窓口", 6) == "窓口…"
        assert grid.cut("窓口", 4) == "窓口"

    def test_columns_that_do_not_fit_stand_in_panels_below(self) -> None:
        assert grid.panels([30, 30, 30], 10, 80) == [range(2), range(2, 3)]
        assert grid.panels([100], 10, 80) == [range(1)]
        assert grid.panels([], 10, 80) == []


class TestTable:
    def test_it_fits_eighty_columns_however_many_labels_and_metrics(self, scenario: Scenario) -> None:
        labels = [f"a_rather_long_label_{n}" for n in range(30)]
        metrics = [metric(of, 1.5, low=1.0, high=2.0, range=(0.5, 3.0), estimate=True) for of in labels]
        others = [Metric("time", "max", of, "first in line to served", 9.0, "s") for of in labels]
        totals = [Metric("total", "value", of, "", 2.0**30, "B") for of in labels]
        text = table.scenario(scenario, [outcome(*metrics, *others, *totals)])
        assert max(map(grid.width, text.splitlines())) <= 80
        row = next(line for line in text.splitlines() if line.startswith(labels[0]))
        assert " ".join(row.split()) == f"{labels[0]} ~1.5 s 1.0 to 2.0 s 0.50 to 3.0 s 9.0 s"
        assert "1.0 GiB" in text

    def test_an_estimate_is_marked_and_explained(self, scenario: Scenario) -> None:
        text = table.scenario(scenario, [outcome(metric("slow", 2.0, estimate=True))])
        assert "~2.0 s" in text
        assert "~ an estimate went into it" in text
        assert "~" not in table.scenario(scenario, [outcome(metric("slow", 2.0))])

    def test_a_ratio_has_its_interval_and_names_what_it_is_to(self, scenario: Scenario) -> None:
        made = dataclasses.replace(
            outcome(metric("slow", 43.8, low=43.0, high=46.0), metric("fast", 1.0)), ratios=RATIOS
        )
        lines = [line.split() for line in table.scenario(scenario, [made]).splitlines()]
        assert ["p50", "95", "%", "interval", "times", "fast"] in lines
        assert ["slow", "44", "s", "43", "to", "46", "s", "~44", "(43", "to", "46)"] in lines
        assert ["fast", "1.0", "s"] in lines
        cells = markdown.document([(scenario, [made])])
        assert "| | time p50 | time, times fast |" in cells
        assert "| slow | 44 s | ~44 (43 to 46) |" in cells

    def test_a_constraint_that_never_binds_says_so(self) -> None:
        density = [
            Metric("limit_pods", "value", "vm", "all instances idle", math.inf, "1", estimate=True),
            Metric("limit_pids", "value", "vm", "all instances idle", 999_999.0, "1"),
        ]
        rows = [line.split() for line in table.part(outcome(*density, study="density"))]
        assert ["limit_pods", "limit_pids"] in rows
        assert ["vm", "never", "999,999"] in rows
        (found, _) = json.loads(jsonlines.line([outcome(*density, study="density")]))["metrics"]
        assert found["value"] is None

    def test_what_stops_the_next_instance_is_named_and_what_would_after_it(self, scenario: Scenario) -> None:
        fits = [
            Metric("instances", "value", of, "all instances idle", n, "1") for of, n in (("vm", 1e6), ("pod", 110.0))
        ]
        records = tuple(
            ConstraintRecord("pod", name, limit, name == "pods", 1.0, 110.0, "1", "D0001", estimate=name == "pids")
            for name, limit in (("pids", 5000), ("bridge_ports", 1023), ("pods", 110), ("memory_reserved", None))
        )
        made = dataclasses.replace(outcome(*fits, study="density"), records=records)
        said = "pod stops at: pods a node (110); next: ports of one bridge (1,023)"
        assert f"  {said}" in table.part(made)
        assert f"- {said}" in markdown.document([(scenario, [made])]).splitlines()
        assert json.loads(jsonlines.line([made]))["constraints"] == [
            {"of": "pod", "constraint": "pids", "limit": 5000, "binds": False},
            {"of": "pod", "constraint": "bridge_ports", "limit": 1023, "binds": False},
            {"of": "pod", "constraint": "pods", "limit": 110, "binds": True},
            {"of": "pod", "constraint": "memory_reserved", "limit": None, "binds": False},
        ]
        assert table.stop(made, "vm") == ""
        never = dataclasses.replace(made, records=(records[-1],))
        assert table.stop(never, "pod") == "stops at: nothing"

    def test_the_time_of_what_did_not_happen_is_never(self) -> None:
        passed = [
            Metric("first_swap", "value", "vm", "", math.inf, "s", range=(60.0, math.inf), estimate=True),
            Metric("first_kill", "value", "vm", "", 90.0, "s"),
        ]
        rows = [line.split() for line in table.part(outcome(*passed, study="memory"))]
        assert ["vm", "never", "90", "s"] in rows

    def test_an_interval_may_end_at_never(self, scenario: Scenario) -> None:
        made = outcome(metric("slow", math.inf, low=30.0, high=math.inf, range=(20.0, math.inf)), metric("fast", 1.0))
        made = dataclasses.replace(made, ratios=(Ratio("time", "p50", "slow", "fast", math.inf, estimate=True),))
        rows = [line.split() for line in table.scenario(scenario, [made]).splitlines()]
        assert ["slow", "never", "30", "s", "to", "never", "20", "s", "to", "never", "never"] in rows
        assert "| slow | never | never |" in markdown.document([(scenario, [made])]).splitlines()

    def test_the_facts_behind_the_numbers_are_listed_with_their_citation_and_address(self, scenario: Scenario) -> None:
        sources = ("C062, C050", "F0432; estimate: it is said", "definition", "Z9999", "R0051")
        records = tuple(ConstraintRecord("vm", "pods", 110, False, 1.0, 110.0, "1", source) for source in sources)
        made = dataclasses.replace(outcome(metric("vm", 1.0)), records=records)
        text = table.scenario(scenario, [made])
        assert text.endswith(
            "\nSources\n"
            "  - C050, C062: Agache et al., NSDI 2020, artifact raw data\n"
            "    https://github.com/firecracker-microvm/nsdi2020-data\n"
            "  - F0432: Felter et al., IBM RC25482 2014 / ISPASS 2015, published raw results\n"
            "    https://github.com/thewmf/kvm-docker-comparison/linpack/results/linpack.xlsx\n"
            "  - R0051: measured on the reference host (docs/model.md)\n"
        )
        assert markdown.document([(scenario, [made])]).endswith(
            "\n<details><summary>Sources</summary>\n\n"
            "- C050, C062: Agache et al., NSDI 2020, artifact raw data"
            " <https://github.com/firecracker-microvm/nsdi2020-data>\n"
            "- F0432: Felter et al., IBM RC25482 2014 / ISPASS 2015, published raw results"
            " <https://github.com/thewmf/kvm-docker-comparison/linpack/results/linpack.xlsx>\n"
            "- R0051: measured on the reference host (docs/model.md)\n"
            "\n</details>\n"
        )

    def test_what_a_scenario_calls_its_labels_stands_beside_them(self, scenario: Scenario) -> None:
        names = {"slow": Text(en="One counter | old", ja="旧窓口")}
        made = dataclasses.replace(outcome(metric("slow", 2.0), metric("fast", 1.0)), names=names)
        lines = table.part(made)
        assert lines[1] == "  slow: One counter | old"
        assert not any(line.startswith("  fast:") for line in lines)
        told = markdown.document([(scenario, [made])]).splitlines()
        assert "| slow: One counter \\| old | 2.0 s |" in told
        assert "| fast | 1.0 s |" in told

    def test_where_no_fact_is_named_there_is_no_list(self, scenario: Scenario) -> None:
        made = outcome(metric("vm", 1.0))
        assert "Sources" not in table.scenario(scenario, [made]) + markdown.document([(scenario, [made])])

    def test_nothing_at_all_is_no_estimate(self) -> None:
        assert table.value(Metric("time", "p50", "a", "", 0.0, "s", estimate=True)) == "0 s"

    def test_a_failed_expectation_shows_what_was_observed(self, scenario: Scenario) -> None:
        text = table.scenario(
            scenario, [outcome(metric("slow", 2.0), verdicts=[Verdict("slow < 1", False, "slow = 2")])]
        )
        assert "Expectations: 0 of 1 hold\n  FAIL  slow < 1\n        observed: slow = 2\n" in text


class TestMoved:
    @staticmethod
    def run(value: float, low: float | None = None, high: float | None = None, name: str = "a") -> dict[str, Any]:
        return jsonlines.scenario_object([outcome(metric(name, value, low=low, high=high))])

    @pytest.mark.parametrize(
        ("before", "now", "count"),
        [
            ((1.0, 0.9, 1.1), (1.15, 1.05, 1.2), 0),
            ((1.0, 0.9, 1.1), (1.3, 1.2, 1.4), 1),
            ((1.0, 0.9, 1.1), (0.8, 0.7, 0.89), 1),
            ((1.0, 0.9, 1.1), (1.05,), 0),
            ((1.0, 0.9, 1.1), (1.2,), 1),
            ((1.0,), (1.0,), 0),
            ((1.0,), (1.0 + 1e-14,), 0),
            ((1.0,), (1.001,), 1),
            ((math.inf,), (math.inf,), 0),
            ((math.inf,), (60.0,), 1),
            ((60.0,), (math.inf,), 1),
            ((50.0, 40.0, math.inf), (math.inf, 45.0, math.inf), 0),
            ((50.0, 40.0, math.inf), (math.inf,), 0),
            ((50.0, 40.0, 60.0), (math.inf, 70.0, math.inf), 1),
        ],
        ids=repr,
    )
    def test_a_metric_moved_where_intervals_have_no_point_in_common(
        self, before: tuple[float, float, float], now: tuple[float, float, float], count: int
    ) -> None:
        assert len(metric_changes.metric_changes([self.run(*before)], [self.run(*now)])) == count

    def test_what_came_and_what_went_moved(self) -> None:
        found = metric_changes.metric_changes([self.run(1.0)], [self.run(2.0, name="b")])
        assert [str(item) for item in found] == [
            "two-counters: a.time.p50: 1 s -> not there",
            "two-counters: b.time.p50: not there -> 2 s",
        ]

    def test_a_change_is_told_with_intervals_and_its_share(self) -> None:
        (found,) = metric_changes.metric_changes([self.run(1.0, 0.9, 1.1)], [self.run(2.0, 1.9, 2.1)])
        assert str(found) == "two-counters: a.time.p50: 1 s [900 ms, 1.1 s] -> 2 s [1.9 s, 2.1 s] (+100.0%)"

    def test_what_happened_no_more_is_told_without_a_share(self) -> None:
        (found,) = metric_changes.metric_changes([self.run(20.0, 10.0, 30.0)], [self.run(math.inf, 40.0, math.inf)])
        assert str(found) == "two-counters: a.time.p50: 20 s [10 s, 30 s] -> never [40 s, never]"
        (back,) = metric_changes.metric_changes([self.run(math.inf)], [self.run(50.0)])
        assert str(back) == "two-counters: a.time.p50: never -> 50 s"

    def test_scenarios_only_one_of_them_has_are_not_compared(self) -> None:
        other = self.run(1.0) | {"scenario": "other"}
        assert metric_changes.metric_changes([other], [self.run(2.0)]) == []


def test_an_image_is_told_layer_by_layer() -> None:
    layer = {
        "diff_id": "sha256:0123456789abcdef",
        "size": 2_000_000,
        "compressed_size": None,
        "instruction": "RUN  a\tb",
    }
    image = {
        "name": "x:1", "layers": [layer], "efficiency": 0.95, "wasted_bytes": 100_000, "hidden_bytes": 0,
        "wasted_files": [{"path": "/a", "bytes": 100_000, "layers": [1, 3]}], "wasted_file_count": 12_000,
    }  # fmt: skip
    assert inspection.inspected([("x.tar", {"kind": "image", "images": [image]})]).splitlines() == [
        "image x:1: 1 layers, 2.0 MB",
        "   layer           size  compressed  made by",
        "-  ------------  ------  ----------  -------",
        "1  0123456789ab  2.0 MB              RUN a b",
        "efficiency 95.0%, wasted 0.10 MB, hidden by later layers 0 B",
        "",
        " wasted  in layers  file",
        "-------  ---------  ----",
        "0.10 MB  1, 3       /a",
        "and 11,999 files more (--format json names up to 1,000)",
    ]


def test_a_replay_is_told_builder_by_builder_with_every_disagreement() -> None:
    agreement = {"agree": 3, "steps": 4, "agree_after_first": 0, "steps_after_first": 0, "named_otherwise": 1}
    wrong = {
        "scenario": "s",
        "builder": "legacy",
        "build": "b",
        "step": "RUN x",
        "predicted": "run",
        "recorded": "cached",
    }
    lines = inspection.replayed({"builders": {"legacy": agreement}, "disagreements": [wrong]}).splitlines()
    assert lines[2].split() == ["legacy", "3", "of", "4", "75.0%", "0", "of", "0", "1"]
    assert lines[3:] == ["", "s, legacy, build 'b': RUN x", "  predicted run, recorded cached"]
