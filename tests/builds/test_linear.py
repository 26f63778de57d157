"""Whatever a text holds, reading it and planning it costs time linear in its size, or is refused with the number."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from e2b_dockerfile_utils import ShellLex
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measure import cost, growth
from sim import limits
from sim.builds.advice.splitting import needs_source
from sim.builds.advice.suggest import _THE_SOURCE, _TOOLS, suggestions
from sim.builds.context import tree as trees
from sim.builds.context.edits import Change, Edit
from sim.builds.context.rootfs import TreeView
from sim.builds.context.selection import resolve, way
from sim.builds.cost.rates import book
from sim.builds.dockerfile import parser as reading
from sim.builds.dockerfile import stages
from sim.builds.dockerfile.instructions import _DURATION, is_git
from sim.builds.dockerfile.parser import expand, expand_label, read
from sim.builds.dockerfile.stages import describe
from sim.builds.plan import plan_builds
from sim.errors import CancelledError, InputError
from sim.inspection import _COMPOSE, _FIRST_WORD, _FROM, _KUBERNETES
from sim.report.figures.images.images import _AROUND
from sim.report.figures.parts import _BRACKET
from sim.report.sources import _unbracketed
from tests.watchdog import watchdog

LINES = {
    "one stage": lambda n: "FROM a\n" + "RUN x\n" * n,
    "comments": lambda n: "# a\n" * n + "FROM a\n" + "# a\nRUN x\n" * n,
    "a stage a line": lambda n: "".join(f"FROM a AS s{i}\n" for i in range(n)),
    "stages in a chain": lambda n: "FROM a AS s0\n" + "".join(f"FROM s{i} AS s{i + 1}\n" for i in range(n)),
    "copies from a stage": lambda n: "FROM a AS b\nFROM a\n" + "COPY --from=b x y\n" * n,
    "before the first stage": lambda n: "RUN x\n" * n + "FROM a\n",
    "all broken": lambda n: "FROM a\n" + "RUNN x\n" * n,
    "one instruction": lambda n: "FROM a\nRUN x" + " \\\n a" * n + "\n",
}


@pytest.mark.parametrize("kind", LINES)
def test_a_dockerfile_is_described_in_time_linear_in_its_lines(kind):
    """Four times the lines took sixteen times as long where it was quadratic."""

    def ready(size):
        text = LINES[kind](size)

        def work():
            stages._parse.cache_clear()
            describe(text)

        return work

    with watchdog():
        assert growth(ready, 1000) < 4 * 2


def test_a_run_of_blanks_in_the_first_comment_is_no_work():
    with watchdog():
        assert growth(lambda size: lambda: read("# syntax=a" + " " * size + "b\nFROM a\n"), 8000) < 4 * 2


TEXTS: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "a duration": (_DURATION.fullmatch, lambda n: "1" * n + "x"),
    "a repository": (is_git, lambda n: "https://" + ".git#" * n + "\n"),
    "a first word": (_FIRST_WORD.match, lambda n: "\n" * n + "1"),
    "a first word behind blanks": (_FIRST_WORD.match, lambda n: "#" + " " * n + "\n" + " " * n + "1"),
    "a FROM": (_FROM.search, lambda n: "FROM " + "--x " * n + "\n" + "FROM" + " " * n),
    "an API version": (_KUBERNETES.search, lambda n: " " * n + "\n" * n + "a"),
    "services": (_COMPOSE.search, lambda n: "services" + " " * n),
    "an installation": (lambda text: [tool.search(text) for tool, _, _ in _TOOLS], lambda n: "pip npm yarn " * n),
    "the source": (_THE_SOURCE.search, lambda n: "pip install " * n),
    "a build": (needs_source, lambda n: "pip make " * n),
    "the catalog's commands": (lambda text: book().rule(text), lambda n: "apt pip apk dnf uv " * n),
    "brackets": (_unbracketed, lambda n: " " * n + "(" * n),
    "a bracket": (_BRACKET.split, lambda n: " " * n + "x"),
    "a history": (lambda text: _AROUND.sub("", text), lambda n: " " * n + "x"),
    "a substitution": (lambda text: reading._PATTERN.findall(text), lambda n: "${A#" * n),
    "a word of variables": (lambda text: expand(text, {}), lambda n: "$A" * n + "'"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_an_expression_is_matched_in_time_linear_in_the_text(kind):
    match, make = TEXTS[kind]

    def tried(text):
        try:
            match(text)
        except ValueError:
            return

    def ready(size):
        text = make(size)
        return lambda: tried(text)

    with watchdog():
        assert growth(ready, 500, most=4 * 2.5) < 4 * 2.5


WORDS = st.lists(
    st.sampled_from(["a", "b-", "$A", "${A}", "$B", "${B}", "$_", " ", ".", "$A1", "é", "$Aé"]), max_size=8
)


@settings(max_examples=500)
@given(WORDS.map("".join))
def test_plain_variables_are_replaced_as_the_lexer_replaces_them(word):
    env = {"A": "1", "A1": "$B", "_": "x y"}
    assert expand(word, env) == ShellLex("\\", env=env, skip_unset_env=False).process_word(word)
    assert expand_label(word, env) == ShellLex("\\", raw_quotes=True, env=env).process_word(word)


def refused(text, files=(), **asked):
    with pytest.raises(InputError) as caught:
        plan_builds(text, dict(files), **asked)
    return caught.value.problems[0]


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
def test_a_build_plans_ten_thousand_instructions_and_no_more(builder):
    if builder != "legacy":  # overlay2, where the legacy builder builds, takes 129 layers
        assert plan_builds("FROM a\n" + "RUN x\n" * (limits.STEPS - 1), {}).last.misses
    problem = refused("FROM a\n" + "RUN x\n" * limits.STEPS, builder=builder)
    assert problem.message == "10001 instructions are too many; a build plans 10000 at most"
    assert cost(lambda: refused("FROM a\n" + "RUN x\n" * limits.STEPS, builder=builder), 2) < 2


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
def test_triggers_count_in_each_stage_that_runs_them(builder):
    """4,000 lines that each of three stages runs."""
    text = "FROM a AS base\n" + "ONBUILD ENV A=1\n" * 4000 + "FROM base AS s0\nFROM base AS s1\nFROM base\n"
    text += "COPY --from=s0 /x /x\nCOPY --from=s1 /x /x\n"
    assert "more than 10000 instructions, those of ONBUILD counted" in refused(text, builder=builder).message


def test_planning_is_linear_in_the_steps():
    def ready(size):
        text = "FROM a\nCOPY x /x\n" + "".join(f"RUN y {n}\n" for n in range(size))
        return lambda: plan_builds(text, {"x": "1"}, [Change(edits=(Edit(path="x", content="2"),))])

    assert growth(ready, 250) < 4 * 2


DEEP = {
    "a list of packages": "COPY x /\nRUN pip install -r {}",
    "a prefix": "COPY x /\nRUN npm ci --prefix {}",
    "a folder": "COPY x /\nRUN cd {} && npm ci",
    "a working directory": "COPY x /\nWORKDIR {}\nRUN npm ci",
    "a mount": "COPY x /\nRUN --mount=type=bind,source={},target=/y npm ci",
    "a source": "COPY {} /y",
}


@pytest.mark.parametrize("kind", DEEP)
def test_a_deep_path_costs_time_linear_in_its_parts(kind):
    def ready(parts):
        text = "FROM a\n" + DEEP[kind].format("/".join("a" * parts)) + "\n"

        def work():
            with contextlib.suppress(InputError):  # a source that is not there
                plan_builds(text, {"x": "1"})

        return work

    with watchdog():
        assert growth(ready, 2000) < 4 * 2


def test_links_are_followed_on_a_deep_path_and_given_up_beyond_the_deepest_context():
    """Each folder on the way is looked up once, however deep the path."""

    class View(TreeView):
        asked = 0

        def lookup(self, path):
            self.asked += 1
            return super().lookup(path)

    tree = trees.from_mapping({"l": trees.TreeEntry("link", target="d"), "d/" + "a/" * 200 + "x": "1"})
    view = View(tree)
    assert way(view, "l/" + "a/" * 200 + "x") == ["l", "d/" + "a/" * 200 + "x"]
    assert view.asked == 1 + 202
    asked = view.asked
    assert resolve(view, "l/" + "a/" * 300) == "l/" + "a/" * 300
    assert view.asked == asked


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
@pytest.mark.parametrize("pattern", ["l*", "d/*"])
def test_wildcards_over_links_to_one_folder_are_linear(builder, pattern):
    def ready(count):
        files: dict[str, Any] = {f"d/{number}": "x" for number in range(count)}
        files |= {f"l{number}": trees.TreeEntry("link", target="d") for number in range(count)}
        return lambda: plan_builds(f"FROM a\nCOPY {pattern} /a/\nCOPY {pattern} /b/\n", files, builder=builder)

    with watchdog():
        assert growth(ready, 150) < 4 * 2


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
def test_links_to_many_folders_of_a_stage_are_linear(builder):
    """Each folder that a link leads to is listed, and a listing looks at that folder alone."""

    def ready(count):
        files: dict[str, Any] = {f"c/d{number}/x": "x" for number in range(count)}
        files |= {f"c/l{number}": trees.TreeEntry("link", target=f"d{number}") for number in range(count)}
        text = "FROM a AS s\nCOPY c /c/\nFROM a\nCOPY --from=s /c/l*/x /x/\nCOPY --from=s /c/l* /y/\n"
        return lambda: plan_builds(text, files, builder=builder)

    with watchdog():
        assert growth(ready, 300) < 4 * 2


def test_json_nested_a_thousand_deep_is_refused_at_its_line():
    problem = refused("FROM a\nRUN x\n" + 'CMD ["a", \\\n' + "[" * 3000 + "]" * 3000 + "]\nRUN y\n")
    assert (problem.line, problem.message) == (3, "its JSON is nested too deeply; expected a list of texts")


def test_substitutions_by_a_pattern_are_counted():
    text = "FROM a\nENV" + " A=${B#*x}" * 501 + "\n"
    problem = refused(text)
    assert (problem.line, "501 substitutions by a pattern are too many; at most 500" in problem.message) == (2, True)
    plan_builds("FROM a\nENV V=1.2.3-rc4\nENV A=${V%-*} B=${V##*.} C=${V//./_}\nRUN x\n", {})


def test_a_number_beyond_gos_integers_names_an_image():
    """strconv.Atoi fails on it, and the name is looked up as any other."""
    plan = plan_builds("FROM a\nCOPY --from=" + "9" * 5000 + " /x /x\n", {})
    assert plan.last.misses == 1


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a/" * 300 + "b": ""}, "leads through 300 folders; at most 255"),
        ({"a" * 5000: ""}, "has 5000 characters; at most 4096"),
        ({f"d{n}/": "" for n in range(limits.FILES + 1)}, "more than 100000 paths"),
        ({f"{n:05}" + "/" + "a/" * 200 + "b": "" for n in range(2000)}, "more than"),
    ],
    ids=["depth", "path", "files", "paths"],
)
def test_a_context_is_bounded(files, words):
    with pytest.raises(InputError, match=words):
        trees.from_mapping(files)


def test_raising_from_tick_ends_a_plan_and_the_search_for_advice():
    told, most = [], 4

    def tick(share):
        told.append(share)
        if len(told) == most:
            raise CancelledError

    files = {
        "x": "1",
        "requirements.txt": "a",
        "Dockerfile": "FROM python\nCOPY . /s\nRUN pip install -r requirements.txt\n",
    }
    edits = [Change(edits=(Edit(path="x", content=str(n)),)) for n in range(5)]
    with pytest.raises(CancelledError):
        plan_builds(None, files, edits, tick=tick)
    assert told == [0.0] * 4  # the first build itself is ended: between two vertices
    told.clear()
    most = 2
    with pytest.raises(CancelledError):
        suggestions(files, [*edits[:1], Change(edits=(Edit(path="x", content="new"),))], tick=tick)
    assert told[0] == 0.0
    assert len(told) == 2
