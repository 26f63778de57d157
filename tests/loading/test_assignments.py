"""`path=value`: any place of a scenario, with the checks and the words of a file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.errors import InputError
from sim.loading import load_text
from sim.loading.assignments import assign, places, read_assignments
from sim.loading.template import ScenarioTemplate, leaves_the_comparison
from sim.scenario import Scenario


@pytest.fixture
def scenario(counter: str) -> Scenario:
    return load_text(counter + "spots: [{at: 1 s}, {at: 2 s, mark: y}]\n", "f.yaml")


@pytest.fixture
def in_parts(counter: str) -> Scenario:
    head = counter[: counter.index("study:")]
    parts = "parts:\n- {study: counter, service: 1 s}\n- {study: fixed, service: 1 s, count: 2}\n"
    return load_text(head + parts)


def changed(scenario: Scenario, *texts: str) -> Scenario:
    return assign(scenario, read_assignments(texts))


def refused(scenario: Scenario, text: str) -> str:
    with pytest.raises(InputError) as caught:
        changed(scenario, text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "slow", "fast"),
    [
        ("service=3 s", 3.0, 0.5),
        ("fast.service=3 s", 2.0, 3.0),
        ("compare.fast.service=3 s", 2.0, 3.0),
        ("slow.service = 1 min", 60.0, 0.5),
    ],
)
def test_a_path_is_a_parameter_for_all_labels_for_one_or_the_place_itself(
    scenario: Scenario, text: str, slow: float, fast: float
) -> None:
    variants = changed(scenario, text).parts[0].variants
    assert (variants["slow"].service, variants["fast"].service) == (slow, fast)


def test_a_path_goes_on_into_what_a_parameter_holds(scenario: Scenario) -> None:
    spots = changed(scenario, "spots.1.at=500 ms", "spots.0.mark=z").parts[0].variants["slow"].spots
    assert [(spot.at, spot.mark) for spot in spots] == [(1.0, "z"), (0.5, "y")]


def test_what_a_host_holds_can_be_set_where_the_host_is_a_name_or_is_not_written() -> None:
    scenario = sim.load("taxonomy")
    host = changed(scenario, "host.cores=2", "host.memory=8 GiB").parts[0].variants["docker"].host
    assert (host.cores, host.memory.value) == (2, 8 * 2**30)
    named = changed(sim.load("memory-ledger"), "host.memory=8 GiB").parts[0].variants["vm"].host
    assert named.id.startswith("server (memory 8 GiB)")
    whole = changed(scenario, "host={like: server, cores: 3}").parts[0].variants["docker"].host
    assert whole.id.startswith("server (cores 3)")


def test_the_envelope_can_be_set_too(scenario: Scenario) -> None:
    other = changed(scenario, "seed=9", "replications=4", "title=Another", "expect.0=slow.time.p50 > 1")
    assert (other.seed, other.replications, other.title.en) == (9, 4, "Another")
    assert other.expect == ("slow.time.p50 > 1",)


def test_in_parts_a_path_is_for_each_part_that_has_it_or_for_one(in_parts: Scenario) -> None:
    def counts(changes: Scenario) -> list[int]:
        return [variant.count for part in changes.parts for variant in part.variants.values()]

    assert counts(changed(in_parts, "count=5")) == [5, 5]
    assert counts(changed(in_parts, "parts.1.count=5")) == [1, 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cuont=3", "cuont: no parameter 'cuont', did you mean 'count'?"),
        ("slow.cuont=3", "slow.cuont: no parameter 'slow.cuont', did you mean 'count'?"),
        ("count.x=3", "count.x: 'count' has no 'x'; it is one value"),
        ("spots.2.at=1 s", "spots.2.at: no item '2' in the list; there are 0 to 1"),
        ("spots.0.att=1 s", "spots.0.att: unknown key 'att', did you mean 'at'?"),
        ("count=abc", "count: 'abc' does not fit; expected a whole number"),
        ("count=101", "count: 101 is out of range; expected at most 100"),
        ("service=3", "service: 3 has no unit; expected one of"),
        ("order=frist", "order: 'frist' is not allowed; expected 'first' or 'last'; did you mean 'first'?"),
        ("count", "--set 'count' does not fit; expected PATH=VALUE"),
        ("=3", "--set '=3' does not fit; expected PATH=VALUE"),
        ("note=[", "note: not YAML"),
        ("note=\x1b[31m", "note: not YAML"),
    ],
)
def test_what_cannot_be_set_is_told_at_the_path_in_the_words_of_a_file(
    scenario: Scenario, text: str, message: str
) -> None:
    assert refused(scenario, text).startswith(message)


def test_two_values_for_one_path_are_refused_and_all_problems_are_told(scenario: Scenario) -> None:
    with pytest.raises(InputError, match="count: is set twice"):
        read_assignments(["count=1", "count=2"])
    with pytest.raises(InputError) as caught:
        changed(scenario, "cuont=1", "oder=first")
    assert [problem.path for problem in caught.value.problems] == ["cuont", "oder"]


def test_what_a_page_offers_at_most_binds_no_command(counter: str) -> None:
    scenario = load_text(counter.replace("[count, fast.service]", "[{path: count, maximum: 5}]"))
    assert changed(scenario, "count=50").parts[0].variants["slow"].count == 50


class TestTemplate:
    VALUES = st.fixed_dictionaries(
        {
            "count": st.sampled_from([1, 7, 100]),
            "fast.service": st.sampled_from(["1 s", "20 ms"]),
            "spots.0.at": st.sampled_from(["3 s", "4 s"]),
            "seed": st.integers(0, 2**63 - 1),
            "replications": st.integers(1, 10_000),
            "memory": st.sampled_from([None, "1 MiB"]),
        }
    )

    def test_a_point_is_what_the_full_check_gives(self, scenario: Scenario) -> None:
        @given(self.VALUES)
        def same(values: dict[str, Any]) -> None:
            quick = ScenarioTemplate(scenario, tuple(values)).at(tuple(values.values()))
            full = assign(scenario, values)
            assert (quick.parts, quick.seed, quick.replications) == (full.parts, full.seed, full.replications)
            assert quick.document == full.document

        same()

    @pytest.mark.parametrize(
        ("path", "value"),
        [("count", 0), ("count", "x"), ("seed", -1), ("replications", 10_001), ("seed", True), ("spots.0.at", 1)],
    )
    def test_a_bad_value_is_refused_in_the_same_words(self, scenario: Scenario, path: str, value: Any) -> None:
        template = ScenarioTemplate(scenario, (path,))
        with pytest.raises(InputError) as quick:
            template.at((value,))
        with pytest.raises(InputError) as full:
            assign(scenario, {path: value})
        assert str(quick.value) == str(full.value)
        assert not template.fits((value,))

    def test_values_that_do_not_go_together_fit_each(self) -> None:
        template = ScenarioTemplate(sim.load("taxonomy"), ("instances",))
        assert template.fits((1000,))
        with pytest.raises(InputError, match="too many"):
            template.at((1000,))

    def test_a_template_of_every_shipped_scenario_is_the_scenario(self) -> None:
        for lesson in sim.lessons():
            scenario = sim.load(lesson)
            point = ScenarioTemplate(scenario, ("seed",)).at((5,))
            assert point.parts == scenario.parts, scenario.id
            assert point.seed == 5


@pytest.mark.parametrize(
    ("path", "leaves"),
    [
        ("count", True),
        ("seed", True),
        ("compare.slow.count", True),
        ("compare", False),
        ("study", False),
        ("id", False),
    ],
)
def test_paths_that_keep_what_is_compared(scenario: Scenario, path: str, leaves: bool) -> None:
    assert leaves_the_comparison(scenario, path) == leaves
    assert places(scenario, path)
