"""Controls described from annotations, and changes made through them, checked like a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import studies
from sim.errors import InputError, Problem
from sim.loading import controls, from_page, load_text, override
from sim.loading.parameters import fields, written_all
from sim.scenario import Scenario
from tests.catalog.test_profile import PROFILE


@pytest.fixture
def scenario(counter: str) -> Scenario:
    return load_text(counter, "f.yaml", "somewhere")


@pytest.fixture
def in_parts(counter: str) -> Scenario:
    head = counter[: counter.index("study:")]
    return load_text(
        head
        + "parts:\n- {study: counter, service: 1 s, controls: [count]}\n"
        + "- {study: fixed, service: 1 s, count: 2, controls: [service]}\n"
    )


def value(scenario: Scenario, label: str, name: str) -> object:
    return getattr(scenario.parts[0].variants[label], name)


def refused(scenario: Scenario, path: str, written: object) -> Problem:
    with pytest.raises(InputError) as caught:
        override(scenario, {path: written})
    (problem,) = caught.value.problems
    return problem


class TestControls:
    def test_a_page_shows_the_listed_ones_in_order_with_their_values(self, scenario: Scenario) -> None:
        count, service = controls(scenario)
        assert (count.path, count.kind, count.minimum, count.maximum, count.whole) == ("count", "number", 1, 100, True)
        assert (count.default, count.description) == (1, "How many are served, one after the other.")
        assert (service.path, service.kind, service.unit, service.minimum) == ("fast.service", "quantity", "s", 0)
        assert (service.default, service.written) == (0.5, "500 ms")

    def test_every_parameter_is_described_by_its_annotation(self, scenario: Scenario) -> None:
        found = {control.path: control for control in controls(scenario, every=True)}
        assert {path: control.kind for path, control in found.items()} == {
            "service": "quantity", "count": "number", "arrival": "quantity", "memory": "quantity", "order": "choice",
            "noisy": "flag", "note": "text", "factor": "number", "spots": "structure", "fail": "text",
        }  # fmt: skip
        assert found["order"].choices == ("first", "last")
        assert (found["memory"].optional, found["memory"].unit, found["memory"].written) == (True, "B", "")
        assert (found["factor"].minimum, found["factor"].maximum, found["factor"].whole) == (0, 10, False)
        assert found["service"].default == 2.0
        assert all(control.description for control in found.values())

    def test_a_catalog_name_is_a_choice_of_its_ids(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        (host, guest) = controls(load_text(head + "study: startup\ntechnology: qemu-kvm\ncontrols: [host, guest]\n"))
        assert (host.kind, host.catalog, host.default) == ("choice", "hosts", "laptop")
        assert {"laptop", "server"} <= set(host.choices)
        assert guest.choices[0] == ""

    def test_a_scenario_may_say_what_a_page_offers_at_most(self, counter: str) -> None:
        listed = "[{path: count, maximum: 20}, {path: fast.service, maximum: 3 s}]"
        count, service = controls(load_text(counter.replace("[count, fast.service]", listed)))
        assert (count.path, count.maximum, service.path, service.maximum) == ("count", 20, "fast.service", 3.0)

    @pytest.mark.parametrize(("replications", "most"), [(1, 10_000), (20, 500), (10_000, 4)])
    def test_a_page_offers_no_more_starts_than_one_waits_for(self, counter: str, replications: int, most: int) -> None:
        """20,000 starts over two labels and all replications, but never less than there are."""
        body = "study: startup\ncompare: {a: {technology: crun}, b: {technology: process}}\ncontrols: [instances]\n"
        head = counter[: counter.index("study:")]
        scenario = load_text(f"{head}{body}instances: 4\nreplications: {replications}\n")
        (control,) = controls(scenario)
        assert control.maximum == most
        assert value(override(scenario, {"instances": 700}), "a", "instances") == 700

    def test_in_a_scenario_of_parts_a_path_begins_with_the_part(self, in_parts: Scenario) -> None:
        assert [control.path for control in controls(in_parts)] == ["parts.0.count", "parts.1.service"]


class TestOverride:
    @pytest.mark.parametrize(
        ("path", "written", "slow", "fast"),
        [
            ("count", "20", 20, 20),
            ("count", 20, 20, 20),
            ("slow.count", "20", 20, 1),
            ("service", "3 s", 3.0, 0.5),
            ("fast.service", "3 s", 2.0, 3.0),
            ("fast.service", 0.25, 2.0, 0.25),
            ("noisy", "true", True, True),
            ("noisy", True, True, True),
            ("order", "last", "last", "last"),
            ("note", "12", "12", "12"),
            ("note", "", "", ""),
            ("memory", "64 MiB", 64 * 2**20, 64 * 2**20),
            ("memory", 1024, 1024, 1024),
            ("memory", "", None, None),
            ("factor", "2.5", 2.5, 2.5),
        ],
        ids=repr,
    )
    def test_a_value_reaches_the_labels_that_do_not_set_it(
        self, scenario: Scenario, path: str, written: object, slow: object, fast: object
    ) -> None:
        changed = override(scenario, {path: written})
        name = path.rpartition(".")[2]
        assert (value(changed, "slow", name), value(changed, "fast", name)) == (slow, fast)
        assert value(scenario, "slow", "count") == 1
        assert (changed.file, changed.folder, changed.id) == (scenario.file, scenario.folder, scenario.id)

    def test_several_changes_are_made_together_and_again(self, scenario: Scenario) -> None:
        changed = override(override(scenario, {"count": "5", "seed": "9"}), {"fast.count": "6", "replications": 2})
        assert (value(changed, "slow", "count"), value(changed, "fast", "count")) == (5, 6)
        assert (changed.seed, changed.replications) == (9, 2)

    def test_every_control_takes_back_its_own_written_value(self, scenario: Scenario) -> None:
        described = [control for control in controls(scenario, every=True) if control.kind != "structure"]
        changed = override(scenario, {control.path: control.written for control in described})
        assert written_all(changed.parts[0].variants["slow"]) == written_all(scenario.parts[0].variants["slow"])

    def test_parts_are_named_or_changed_together(self, in_parts: Scenario) -> None:
        counts = lambda s: [next(iter(part.variants.values())).count for part in s.parts]  # noqa: E731
        assert counts(override(in_parts, {"parts.1.count": "9"})) == [1, 9]
        assert counts(override(in_parts, {"count": "9"})) == [9, 9]
        assert counts(override(in_parts, {"fixed.count": "9"})) == [1, 9]

    @pytest.mark.parametrize(
        ("path", "written", "words"),
        [
            ("count", "0", "expected at least 1"),
            ("count", "many", "'many' does not fit; expected a whole number"),
            ("count", "", "expected a whole number"),
            ("count", "{a: 1}", "expected a whole number"),
            ("count", "[", "not YAML"),
            ("service", "3", "without a unit"),
            ("service", "-3 s", "expected at least 0"),
            ("fast.service", "3 parsecs", "'parsecs'"),
            ("order", "lsat", "did you mean 'last'"),
            ("cuont", "1", "did you mean 'count'"),
            ("quick.count", "1", "no label 'quick' in 'quick.count'; there are slow, fast"),
            ("parts.0.count", "1", "no parameter"),
            ("id", "x", "no parameter 'id'"),
            ("", "x", "no parameter ''"),
            ("replications", "0", "at least 1"),
            ("seed", "x", "whole number"),
        ],
    )
    def test_what_cannot_be_is_refused_under_the_path_given(
        self, scenario: Scenario, path: str, written: str, words: str
    ) -> None:
        problem = refused(scenario, path, written)
        assert words in problem.message
        assert problem.path == path

    def test_a_part_that_is_not_there_is_refused(self, in_parts: Scenario) -> None:
        assert "there are 0 to 1" in refused(in_parts, "parts.2.count", "1").message
        assert "no part 'x'" in refused(in_parts, "parts.x.count", "1").message

    def test_a_parameter_that_every_label_sets_is_changed_label_by_label(self, counter: str) -> None:
        text = counter.replace("  slow:\n", "  slow: {service: 1 s}\n")
        assert "as in 'slow.service'" in refused(load_text(text), "service", "3 s").message


def test_what_only_one_label_refuses_names_it_beside_the_control(counter: str) -> None:
    head = counter[: counter.index("study:")]
    body = "study: startup\ncompare: {box: {technology: docker}, vm: {technology: qemu-kvm}}\ncontrols: [instances]\n"
    problem = refused(load_text(head + body), "instances", "16")
    assert problem.path == "instances"
    assert problem.message.startswith("vm: 16 at the same time are too many")


class TestFromPage:
    """What strangers may change: the scenario's controls, to what each offers."""

    def page(self, counter: str, body: str) -> Scenario:
        return load_text(counter[: counter.index("study:")] + body)

    def refused(self, scenario: Scenario, path: str, text: str) -> Problem:
        with pytest.raises(InputError) as caught:
            from_page(scenario, {path: text})
        (problem,) = caught.value.problems
        assert problem.path == path
        return problem

    def test_a_value_that_a_control_offers_is_taken_as_a_file_would_write_it(self, scenario: Scenario) -> None:
        changed = from_page(scenario, {"count": "7", "fast.service": "3 s", "seed": "9"})
        assert (value(changed, "fast", "count"), value(changed, "fast", "service"), changed.seed) == (7, 3.0, 9)

    def test_a_parameter_that_is_no_control_is_not_taken(self, scenario: Scenario) -> None:
        assert "no control 'noisy'" in self.refused(scenario, "noisy", "true").message
        assert "no control 'replications'" in self.refused(scenario, "replications", "9").message

    def test_a_catalog_name_is_an_id_and_no_file_is_read_for_it(
        self, counter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scenario = self.page(counter, "study: startup\ntechnology: crun\ncontrols: [host]\n")
        profile = tmp_path / "there.toml"
        profile.write_text('secret = "hunter2"\n')
        monkeypatch.setattr("sim.catalog.load.read_profile", lambda path, _: pytest.fail(f"{path} was read"))
        there = self.refused(scenario, "host", str(profile)).message
        missing = self.refused(scenario, "host", str(tmp_path / "gone.toml")).message
        assert there.replace("there.toml", "") == missing.replace("gone.toml", "")
        assert "hunter2" not in there
        assert "laptop" in there

    def test_a_profile_that_the_scenario_itself_names_stays_its_host(self, counter: str, tmp_path: Path) -> None:
        measured = tmp_path / "mine.toml"
        measured.write_text(PROFILE)
        head = counter[: counter.index("study:")]
        text = f"{head}study: startup\ntechnology: crun\nhost: mine.toml\ncontrols: [host, instances]\n"
        scenario = load_text(text, "f.yaml", tmp_path)
        assert value(from_page(scenario, {"instances": "2"}), "startup", "host") == str(measured)
        assert value(from_page(scenario, {"host": "server"}), "startup", "host") == "server"

    @pytest.mark.parametrize("name", ["dockerfile", "context", "like"])
    def test_the_path_of_a_file_is_no_control(self, counter: str, name: str) -> None:
        with pytest.raises(InputError, match=f"'{name}' is the path of a file, which no page sets"):
            self.page(counter, f"study: build\ncontrols: [{name}]\n")

    def test_every_text_that_a_page_may_set_freely_is_known_to_name_no_file(self) -> None:
        free = {
            (name, control.path)
            for name in studies.NAMES
            for control in fields(studies.study(name).parameters).values()
            if control.kind == "text" and not control.file
        }
        others = {("startup", "engine"), ("build", "target"), ("build", "flags")}
        modules = {("microservices", name) for name in ("change", "crash", "part_of")}
        assert free == {("startup", "kernel"), ("overhead", "kernel"), *others} | modules

    @pytest.mark.parametrize("written", ["10001", "1e18", "99999999999999999999"])
    def test_a_run_that_nobody_waits_for_is_refused_with_the_number(self, counter: str, written: str) -> None:
        body = "study: startup\ncompare: {a: {technology: crun}, b: {technology: process}}\ncontrols: [instances]\n"
        with pytest.raises(InputError) as caught:
            from_page(self.page(counter, body), {"instances": written})
        message, *further = (problem.message for problem in caught.value.problems)
        assert {problem.path for problem in caught.value.problems} == {"instances"}
        assert all("10000 at the same time are too many" in one for one in further), "why not even the most can be run"
        assert message.startswith(f"'{written}' is more than a page offers; expected at most 10000 (together 20000")

    @pytest.mark.parametrize("written", ["nan", "1e999", "", "[1]", "0x10", "1_0", "1.5", "{a: 1}", "\0", "9" * 900])
    def test_what_is_no_number_is_refused_by_its_beginning(self, scenario: Scenario, written: str) -> None:
        message = self.refused(scenario, "count", written).message
        assert "expected a whole number" in message
        assert len(message) < 120

    @pytest.mark.parametrize("written", ["-1", "x", "1.5", "", "9223372036854775808", "1" * 500])
    def test_a_seed_is_a_whole_number_in_bounds(self, scenario: Scenario, written: str) -> None:
        assert (
            "expected a whole number from 0 to 9223372036854775807" in self.refused(scenario, "seed", written).message
        )
