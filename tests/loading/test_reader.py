"""Scenario files: what a good one gives, and every problem of a bad one at once, with its place."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from sim.errors import InputError, Problem
from sim.loading import from_document, load, load_text
from sim.scenario import Scenario, Text


def problems(text: str) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        load_text(text, "f.yaml")
    return list(caught.value.problems)


def one(text: str) -> Problem:
    (problem,) = problems(text)
    return problem


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def good(text: str) -> Scenario:
    return load_text(text, "f.yaml", "somewhere")


class TestGood:
    def test_envelope_and_parameters_come_out_in_si_units(self, counter: str) -> None:
        scenario = good(counter)
        assert (scenario.id, scenario.concept, scenario.seed, scenario.replications) == (
            "two-counters",
            "queueing",
            7,
            3,
        )
        assert (scenario.title.en, scenario.title.ja) == ("Two counters", "二つの窓口")
        assert (scenario.file, scenario.folder) == ("f.yaml", "somewhere")
        (part,) = scenario.parts
        assert part.study == "counter"
        assert part.controls == ("count", "fast.service")
        assert {label: variant.service for label, variant in part.variants.items()} == {"slow": 2.0, "fast": 0.5}

    def test_labels_stand_in_the_files_order(self, counter: str) -> None:
        text = changed(counter, "  slow:\n  fast: {service: 500 ms}", "  fast: {service: 500 ms}\n  slow: {}")
        assert list(good(text).parts[0].variants) == ["fast", "slow"]

    def test_without_compare_there_is_one_label_named_like_the_study(self, counter: str) -> None:
        text = changed(counter, "compare:\n  slow:\n  fast: {service: 500 ms}\n", "")
        text = changed(text, "[count, fast.service]", "[count]")
        text = changed(text, "slow.time.p50 == 4 * fast.time.p50", "counter.time.p50 > 1")
        assert list(good(text).parts[0].variants) == ["counter"]

    def test_parts_have_studies_of_their_own(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        scenario = good(
            head
            + "parts:\n"
            + "- {study: counter, service: 1 s, compare: {one: , two: {count: 2}}}\n"
            + "- {study: fixed, service: 3 s, controls: [count]}\n"
            + "expect: [fixed.time.max > two.time.max]\n"
        )
        assert [(part.study, list(part.variants)) for part in scenario.parts] == [
            ("counter", ["one", "two"]),
            ("fixed", ["fixed"]),
        ]
        assert scenario.parts[1].controls == ("count",)

    def test_structures_are_checked_dataclasses(self, counter: str) -> None:
        text = counter + "spots: [{at: 5 ms}, {at: 1 min, mark: y}]\n"
        assert [(spot.at, spot.mark) for spot in good(text).parts[0].variants["slow"].spots] == [
            (0.005, "x"),
            (60.0, "y"),
        ]

    def test_a_document_without_text_gives_the_same_scenario(self, counter: str) -> None:
        scenario = good(counter)
        again = from_document(scenario.document, "f.yaml", "somewhere")
        assert again == scenario


class TestPlaces:
    def test_an_unknown_key_suggests_what_may_be_meant(self, counter: str) -> None:
        problem = one(changed(counter, "service: 2 s", "service: 2 s\ncont: 3"))
        assert str(problem) == "f.yaml:7:1: cont: unknown key 'cont', did you mean 'count'?\n    cont: 3\n    ^"

    def test_an_unknown_key_may_be_meant_for_the_envelope(self, counter: str) -> None:
        assert "did you mean 'replications'" in one(changed(counter, "replications:", "replication:")).message

    def test_a_key_that_resembles_nothing_is_answered_with_what_there_is(self, counter: str) -> None:
        problem = one(counter + "zzz: 1\n")
        assert "service" in problem.message
        assert "expect" in problem.message

    def test_a_mistake_in_a_label_stands_at_the_label(self, counter: str) -> None:
        problem = one(changed(counter, "500 ms", "500 mb"))
        assert (problem.path, problem.line, problem.column) == ("compare.fast.service", 9, 19)
        assert "'ms'" in problem.message

    def test_a_mistake_in_the_base_is_reported_once_however_many_labels(self, counter: str) -> None:
        problem = one(counter + "memory: 5 parsecs\n")
        assert problem.path == "memory"

    def test_a_parameter_one_label_lacks_is_reported_at_that_label(self, counter: str) -> None:
        problem = one(changed(counter, "service: 2 s\n", ""))
        assert (problem.path, problem.line) == ("compare.slow.service", 7)
        assert problem.message == "missing key 'service'"

    def test_values_that_do_not_go_together_are_told_of_the_label_that_joins_them(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        body = "study: startup\ntechnology: docker\nguest_memory: 1 MiB\ncompare:\n  a: {technology: qemu-kvm}\n"
        problem = one(head + body)
        assert (problem.path, problem.line) == ("compare.a.guest_memory", 9)
        assert "which together need 192 MiB" in problem.message

    def test_values_that_go_together_under_no_label_are_told_once(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        body = "study: startup\narrivals: rate\ncompare: {a: {technology: docker}, b: {technology: lxc}}\n"
        problem = one(head + body)
        assert (problem.path, problem.message) == ("rate", "missing; arrivals 'rate' needs it")

    def test_what_some_labels_have_of_the_base_is_told_once_and_names_them(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        technologies = zip("abcd", ["qemu-kvm", "docker"] * 2, strict=True)
        labels = "".join(f"  {label}: {{technology: {name}}}\n" for label, name in technologies)
        problem = one(f"{head}study: memory\nguest_memory: 1 GiB\ncompare:\n{labels}")
        assert (problem.path, problem.line) == ("guest_memory", 6)
        assert problem.message == "docker starts no guest kernel, so no memory is configured (labels b, d)"

    def test_what_some_labels_lack_is_told_once_at_the_first_of_them(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        body = "study: memory\ncompare:\n  a: {technology: docker}\n  b: {instances: 2}\n  c: {instances: 3}\n"
        problem = one(head + body)
        assert (problem.path, problem.line) == ("compare.b.technology", 8)
        assert problem.message == "missing key 'technology' (labels b, c)"

    def test_what_two_labels_say_wrongly_themselves_is_told_of_both_places(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        body = "study: memory\ntechnology: docker\ncompare: {a: {guest_memory: 1 B}, b: {guest_memory: 1 B}, c: {}}\n"
        assert [problem.path for problem in problems(head + body)] == [
            "compare.a.guest_memory", "compare.b.guest_memory",
        ]  # fmt: skip

    def test_a_folder_without_a_dockerfile_is_told_once_however_many_labels(self, counter: str, tmp_path: Path) -> None:
        head = counter[: counter.index("study:")]
        text = head + "study: build\ncompare: {a: {builder: legacy}, b: {}}\n"
        with pytest.raises(InputError) as caught:
            load_text(text, "f.yaml", tmp_path)
        (problem,) = caught.value.problems
        assert (problem.path, problem.message) == ("dockerfile", f"no file 'Dockerfile' in {str(tmp_path)!r}")

    @pytest.mark.parametrize(
        ("dockerfile", "how"),
        [("../Other", "is outside of"), ("ABSOLUTE", "is outside of"), ("Link", "is a link out of")],
    )
    def test_a_dockerfile_outside_of_its_context_has_its_place(
        self, counter: str, tmp_path: Path, dockerfile: str, how: str
    ) -> None:
        (tmp_path / "context").mkdir()
        (tmp_path / "Other").write_text("FROM scratch\n")
        (tmp_path / "context" / "Link").symlink_to("../Other")
        (tmp_path / "context" / "Dockerfile").write_text("FROM scratch\n")
        name = dockerfile.replace("ABSOLUTE", str(tmp_path / "Other"))
        head = counter[: counter.index("study:")] + "study: build\ncontext: context\n"
        for text, path, line in (
            (f"dockerfile: {name}\n", "dockerfile", 7),
            (f"compare:\n  a:\n  b:\n    dockerfile: {name}\n", "compare.b.dockerfile", 10),
        ):
            with pytest.raises(InputError) as caught:
                load_text(head + text, "f.yaml", tmp_path)
            (problem,) = caught.value.problems
            assert (problem.file, problem.line, problem.path) == ("f.yaml", line, path)
            assert problem.message == f"{name!r} {how} the build context; expected a file in it"

    def test_an_image_to_be_like_that_there_is_not_has_its_place(self, counter: str, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM scratch\n")
        with pytest.raises(InputError) as caught:
            load_text(counter[: counter.index("study:")] + "study: build\nlike: nope.tar\n", "f.yaml", tmp_path)
        (problem,) = caught.value.problems
        assert (problem.file, problem.line, problem.path) == ("f.yaml", 6, "like")
        assert problem.message.startswith("'nope.tar' is no file beside the scenario")

    @pytest.mark.parametrize("study", ["memory", "density", "startup"])
    @pytest.mark.parametrize(
        ("size", "words"),
        [
            ("100 MiB", "cannot hold web in debian-cloud, which together need 192 MiB"),
            ("192 MiB", "which together need 256 MiB at the high end of their sources' ranges"),
        ],
    )
    def test_a_guest_memory_that_is_too_small_has_its_place_in_every_study(
        self, counter: str, study: str, size: str, words: str
    ) -> None:
        head = counter[: counter.index("study:")]
        problem = one(f"{head}study: {study}\ntechnology: qemu-kvm\nguest_memory: {size}\n")
        assert (problem.file, problem.line, problem.path) == ("f.yaml", 7, "guest_memory")
        assert problem.message.endswith(words)

    def test_a_limit_that_is_a_guests_memory_has_its_place_too(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        problem = one(f"{head}study: memory\ntechnology: qemu-kvm\nlimit: 100 MiB\n")
        assert (problem.line, problem.path) == (7, "limit")
        assert "guest memory of 100 MiB cannot hold web" in problem.message

    def test_the_bound_of_a_quantity_has_a_unit(self, counter: str) -> None:
        """Of seconds in sim/studies/lifecycle.py: at most 7,200."""
        problem = one(f"{counter[: counter.index('study:')]}study: lifecycle\nwindow: 3 h\n")
        assert (problem.path, problem.message) == ("window", "'3 h' is out of range; expected at most 2 h")

    def test_all_problems_come_at_once_in_the_order_of_the_file(self, counter: str) -> None:
        text = changed(counter, "id: two-counters", "id: Two Counters")
        text = changed(text, "service: 2 s", "servise: 2 s\ncount: 0")
        text = changed(text, "replications: 3", "replications: 0")
        text = changed(text, "== 4 * fast", "== 4 * quick")
        found = problems(text)
        assert [problem.path for problem in found] == [
            "id", "servise", "count", "compare.slow.service", "replications", "expect.0",
        ]  # fmt: skip
        assert [problem.line for problem in found] == sorted(problem.line for problem in found)
        assert all(problem.file == "f.yaml" and problem.line for problem in found)

    def test_a_mistake_inside_a_part_has_the_parts_number(self, counter: str) -> None:
        head = counter[: counter.index("study:")]
        text = (
            head
            + "parts:\n- {study: counter, service: 1 s}\n- {study: fixed, service: 1 s, compare: {a: {count: x}}}\n"
        )
        assert one(text).path == "parts.1.compare.a.count"


@pytest.mark.parametrize(
    ("line", "path", "words"),
    [
        ("count: 0", "count", "0 is out of range; expected at least 1"),
        ("count: 101", "count", "101 is out of range; expected at most 100"),
        ("count: 2.5", "count", "2.5 does not fit; expected a whole number"),
        ('count: "2"', "count", "'2' does not fit; expected a whole number"),
        ("count: true", "count", "true does not fit; expected a whole number"),
        ("count:", "count", "has no value; expected a whole number"),
        ("memory: -5 MiB", "memory", "'-5 MiB' is out of range; expected at least 0 B"),
        ("memory: 5000 TiB", "memory", "'5000 TiB' is over 1024 TiB"),
        ("memory: 1e200 TiB", "memory", "'1e200 TiB' is over"),
        ("memory: 512", "memory", "512 has no unit"),
        ("memory: 5 s", "memory", "unit 's' of '5 s' does not fit"),
        ("memory: 0.5 B", "memory", "does not fit; expected a whole number"),
        ("memory: [1 MiB]", "memory", "is not a quantity"),
        ("arrival: 0 /s", "arrival", "expected more than 0 /s"),
        ("order: lats", "order", "did you mean 'last'"),
        ("noisy: yes", "noisy", "expected true or false"),
        ("note: 12", "note", 'expected text (in quotes: "12")'),
        ("factor: '1'", "factor", "expected a number"),
        ("spots: {at: 1 s}", "spots", "expected a list"),
        ("spots: [{at: 1 s, marc: x}]", "spots.0.marc", "did you mean 'mark'"),
        ("spots: [{mark: x}]", "spots.0.at", "missing key 'at'"),
        ("controls: count", "controls", "expected a list"),
        ("lesson:", "", ""),
        ("lesson: none", "lesson", "expected keys and values"),
        ("published: [{metric: time}]", "published.0.of", "missing key 'of'"),
        ("parts: []", "parts", "expected a list of parts"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(counter: str, line: str, path: str, words: str) -> None:
    key = line.partition(":")[0]
    text = "\n".join(old for old in counter.splitlines() if not old.startswith(f"{key}:")) + f"\n{line}\n"
    if not path:
        assert good(text)
        return
    found = [problem for problem in problems(text) if problem.path == path]
    assert len(found) == 1
    assert words in found[0].message
    assert found[0].line


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("study: counter", "study: conter", "no study 'conter', did you mean 'counter'?"),
        ("study: counter", "study: [counter]", "no study"),
        ("study: counter\n", "", "missing key 'study'"),
        ("id: two-counters", "id: two_counters", "lower case letters, digits and hyphens"),
        ("id: two-counters\n", "", "missing key 'id'"),
        ("concept: queueing", "concept: a_b", "lower case"),
        ("concept: queueing", "concept: ''", "lower case"),
        ("en: Two counters, ", "", "missing key 'en'"),
        ("{en: Two counters, ja: 二つの窓口}", "5", '5 does not fit; expected text (in quotes: "5")'),
        ("{en: Two counters, ja: 二つの窓口}", "Of {slw.time.p50}", "no label 'slw'"),
        ("ja: 二つの窓口", "ja: ''", "is empty"),
        ("  slow:", "  Slow:", "label 'Slow' does not fit"),
        ("  slow:", "  min:", "label 'min' is a word of expressions"),
        ("  slow:", "  if:", "label 'if' is a word of expressions"),
        ("  slow:", "  slow: 5", "expected the parameters that label changes"),
        ("seed: 7", "seed: -1", "at least 0"),
        ("replications: 3", "replications: 1000000", "at most 10000"),
        ("[count, fast.service]", "[cuont]", "did you mean 'count'"),
        ("[count, fast.service]", "[fst.service]", "no label 'fst'"),
        ("[count, fast.service]", "[fast.servis]", "did you mean 'service'"),
        ("[count, fast.service]", "[spots]", "structure"),
        ("[count, fast.service]", "[5]", "no parameter 5"),
        ("[count, fast.service]", "[{path: cuont}]", "did you mean 'count'"),
        ("[count, fast.service]", "[{path: count, most: 3}]", "unknown key 'most'"),
        ("[count, fast.service]", "[{maximum: 3}]", "missing key 'path'"),
        ("[count, fast.service]", "[{path: count, maximum: 101}]", "101 is more than 'count' takes, 100"),
        ("[count, fast.service]", "[{path: count, maximum: 2.5}]", "expected a whole number"),
        ("[count, fast.service]", "[{path: count, maximum: [2]}]", "is not a quantity"),
        ("[count, fast.service]", "[{path: order, maximum: 2}]", "'order' is no number"),
        ("[count, fast.service]", "[{path: fast.service, maximum: 5}]", "5 has no unit"),
        ("[count, fast.service]", "[{path: fast.service, maximum: 1 ms}]", "is less than 'service' is, 500 ms"),
    ],
)
def test_a_wrong_envelope_is_named(counter: str, old: str, new: str, words: str) -> None:
    found = problems(changed(counter, old, new))
    assert any(words in problem.message and problem.line for problem in found)


def test_every_word_that_an_expression_could_not_name_is_refused_as_a_label(counter: str) -> None:
    """What Python's own grammar and the expressions' functions take for themselves, found by trying."""
    for word in ("and", "or", "not", "if", "else", "in", "is", "lambda", "abs", "min", "max", "round", "await", "def"):
        text = changed(counter, "  slow:", f"  {word}:").replace("slow.", f"{word}.")
        assert any(f"label {word!r}" in problem.message for problem in problems(text)), word


def test_a_parameter_every_label_sets_is_no_control_of_all(counter: str) -> None:
    text = changed(counter, "  slow:\n", "  slow: {service: 1 s}\n")
    problem = one(changed(text, "[count, fast.service]", "[service]"))
    assert "name one, as in 'slow.service'" in problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("- a\n", "no scenario"), ("hello", "no scenario"), ("a: b: c", "not YAML"), ("{}", "study")],
)
def test_what_is_no_scenario_at_all_is_a_problem(counter: str, text: str, words: str) -> None:
    assert any(words in problem.message for problem in problems(text))


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("quick.time.p50 < 1", "no label 'quick'"),
        ("slow.tme.p50 < 1", "no metric 'tme' in 'slow.tme.p50', did you mean 'time'?"),
        ("slow.time.p95 < 1", "no statistic 'p95' of slow.time; there are 'p50', 'max'"),
        ("slow.time < 1", "no statistic ''"),
        ("slow < 1", "no metric ''"),
        ("slow.time.p50 <", "not an expression"),
        ("slow.time.p50", "compares nothing"),
        ("slow.time.p50 + 1", "compares nothing"),
        ("1 < 2", "names no metric"),
        ("open('x') == slow.time.p50", "not taken"),
        ("[slow.time.p50 < 1] == []", "not taken"),
        ("(lambda: 1)() < slow.time.p50", "not taken"),
        ("slow.time.p50 < 'a'", "not taken"),
        ("slow.time.p50 < " + "(" * 300 + "1" + ")" * 300, "not an expression"),
    ],
)
def test_an_expectation_that_could_not_be_judged_is_a_problem(counter: str, expect: str, words: str) -> None:
    problem = one(changed(counter, "  - slow.time.p50 == 4 * fast.time.p50", f'  - "{expect}"'))
    assert words in problem.message
    assert (problem.path, problem.line) == ("expect.0", 14)


LESSON = """\
lesson:
  objectives: [{en: See., ja: 見る。}]
  predict: {ask: {en: Which?, ja: どれ?}, rank: time.p50}
  findings:
    - when: slow.time.p50 > fast.time.p50
      text: {en: "It takes {slow.time.p50}", ja: "{slow.time.p50}かかる"}
    - {when: "True", text: {en: No., ja: いいえ。}}
  explain: {en: "{slow.time.p50 / fast.time.p50} times; {slow.time.max - fast.time.max | s}", ja: 遅い。}
  quiz:
    - ask: {en: Which?, ja: どれ?}
      choices:
        - {text: {en: Slow, ja: 遅}, holds: slow.time.p50 > 1}
        - {text: {en: Fast, ja: 速}, holds: slow.time.p50 <= 1}
      explain: {en: So., ja: そう。}
"""


def test_a_lesson_of_ones_own_may_be_plain_english(counter: str) -> None:
    """Its sentences are checked like those of a shipped one."""
    plain = re.sub(r"\{en: (\".*?\"|[^\",]*), ja: [^}]*(\}かかる\")?\}", r"\1", counter + LESSON)
    assert not re.search("[ぁ-ん]", plain)
    lesson = good(plain).lesson
    assert lesson is not None
    assert (lesson.objectives[0], lesson.predict.ask) == (Text(en="See."), Text(en="Which?"))
    assert [lesson.explain.read(language) for language in ("en", "ja")] == [lesson.explain.en] * 2
    wrong = one(changed(plain, "{slow.time.p50 / fast", "{slow.time.p50 / fsat"))
    assert (wrong.path, "no label 'fsat'" in wrong.message) == ("lesson.explain", True)


def test_a_lesson_is_read(counter: str) -> None:
    lesson = good(counter + LESSON).lesson
    assert lesson is not None
    assert lesson.predict.rank == "time.p50"
    assert [choice.holds for choice in lesson.quiz[0].choices] == ["slow.time.p50 > 1", "slow.time.p50 <= 1"]


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("rank: time.p50", "rank: tme.p50", "lesson.predict.rank", "did you mean 'time.p50'"),
        ("rank: time.p50", "guess: slow.time", "lesson.predict.guess", "no statistic"),
        (", rank: time.p50", "", "lesson.predict", "has none; expected exactly one of"),
        ("rank: time.p50", "rank: time.p50, guess: slow.time.p50", "lesson.predict", "has rank and guess"),
        ("rank: time.p50", "steps: true", "lesson.predict.steps", "only where the study is build"),
        ("when: slow.time.p50 >", "when: slw.time.p50 >", "lesson.findings.0.when", "did you mean 'slow'"),
        ('ja: "{slow.time.p50}', 'ja: "{slow.tine.p50}', "lesson.findings.0.text.ja", "did you mean 'time'"),
        ("{slow.time.p50 / fast", "{slow.time.p50 / fsat", "lesson.explain.en", "no label 'fsat'"),
        ("| s}", "| hours}", "lesson.explain.en", "no unit 'hours'"),
        ("| s}", "| s} {}", "lesson.explain.en", None),
        ("| s}", "| s} {x", "lesson.explain.en", None),
        ("holds: slow.time.p50 > 1", "holds: slow.time.p99 > 1", "lesson.quiz.0.choices.0.holds", "no statistic 'p99'"),
        ("holds: slow.time.p50 > 1", 'holds: "True"', "lesson.quiz.0.choices.0.holds", "compares nothing"),
        ("explain: {en: So.", "explain: {en: ''", "lesson.quiz.0.explain.en", "is empty"),
        ("p50 > 1}", "p50 > 1, where: {lable: slow}}", "lesson.quiz.0.choices.0.where", "did you mean 'label'"),
        ("p50 > 1}", "p50 > 1, where: {label: slw}}", "lesson.quiz.0.choices.0.where.label", "did you mean 'slow'"),
        (
            "p50 > 1}",
            "p50 > 1, where: {owner: kernal}}",
            "lesson.quiz.0.choices.0.where.owner",
            "did you mean 'kernel'",
        ),
        ("p50 > 1}", "p50 > 1, where: {metric: [tme]}}", "lesson.quiz.0.choices.0.where.metric", "did you mean 'time'"),
        ("p50 > 1}", "p50 > 1, where: {}}", "lesson.quiz.0.choices.0.where", "is empty"),
    ],
)
def test_what_a_lesson_says_of_metrics_is_checked(
    counter: str, old: str, new: str, path: str, words: str | None
) -> None:
    text = changed(counter + LESSON, old, new)
    if words is None:
        assert good(text)
        return
    problem = one(text)
    assert problem.path == path
    assert words in problem.message


PUBLISHED = """\
published:
  - {metric: time, of: slow, interval: first in line to served, statistic: p50,
     value: 2.1, unit: s, source: a, use: check}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("metric: time", "metric: tim", "no metric 'tim'"),
        ("of: slow", "of: slo", "no label 'slo'"),
        ("first in line", "last in line", "not what the metric measures"),
        ("unit: s,", "unit: MiB,", "unit 'MiB'"),
        ("use: check", "use: chek", "did you mean 'check'"),
        ("value: 2.1", "value: [2.1]", "expected text or a number"),
    ],
)
def test_published_figures_name_registered_metrics_as_they_are_measured(
    counter: str, old: str, new: str, words: str
) -> None:
    assert len(good(counter + PUBLISHED).published) == 1
    assert words in one(changed(counter + PUBLISHED, old, new)).message


def test_the_same_label_of_the_same_study_in_two_parts_is_ambiguous(counter: str) -> None:
    text = counter[: counter.index("study:")] + "parts:\n" + "- {study: counter, service: 1 s}\n" * 2
    assert "in an earlier part" in one(text).message


def test_a_catalog_name_is_checked_with_a_suggestion(counter: str) -> None:
    text = counter[: counter.index("study:")] + "study: startup\ntechnology: dokcer\nhost: lapto\n"
    assert [problem.message for problem in problems(text)] == [
        "no technology 'dokcer', did you mean 'docker'?",
        "no host 'lapto', did you mean 'laptop'?",
    ]


def test_parameters_that_do_not_go_together_are_reported_where_they_stand(counter: str) -> None:
    text = counter[: counter.index("study:")] + "study: startup\ntechnology: docker\nrate: 5 /s\n"
    problem = one(text)
    assert (problem.path, problem.line) == ("rate", 7)


def test_files_are_named_as_they_were_given(tmp_path: Path, counter: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(changed(counter, "seed: 7", "seed: x"), encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.yaml:11:7: seed: 'x' does not fit; expected a whole number"):
        load(path)


def test_an_archive_says_that_it_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("density.yaml", "id: density")
    with pytest.raises(InputError, match=r"x\.zip: a zip archive: unpack it first, then give its \.yaml$"):
        load(path)
