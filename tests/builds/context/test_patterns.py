"""Patterns: equal to the library's matcher and to Go's rules where those end, and linear where they do not."""

import re
import warnings

import pytest
from e2b_dockerfile_utils import PatternMatcher
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measure import dearer, growth
from sim import limits
from sim.builds.context import patterns
from sim.builds.context import tree as trees
from sim.builds.context.ignore import rules_of
from sim.builds.context.patterns import Patterns, glob
from sim.builds.plan import plan_builds
from sim.errors import InputError
from tests.watchdog import watchdog

ALPHABET = ["a", "b", "c", "ab", "/", "/", ".", "é"]
PIECES = [
    *ALPHABET,
    "*",
    "*",
    "**",
    "**/",
    "/**",
    "?",
    "[ab]",
    "[^a]",
    "[!b]",
    "[a-c]",
    "[+-9]",
    r"\*",
    r"\a",
    r"\[",
    "]",
    "-",
    "+",
]

paths = (
    st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=9)
    .map("".join)
    .map(lambda path: re.sub("/+", "/", path).strip("/") or "a")
)
written = st.tuples(st.sampled_from(["", "", "!"]), st.lists(st.sampled_from(PIECES), min_size=1, max_size=7)).map(
    lambda drawn: drawn[0] + "".join(drawn[1])
)


def libraries(lines):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of a "[[", which the library hands to `re` as it is
        return PatternMatcher(list(lines))


@settings(max_examples=1500)
@given(st.lists(written, min_size=1, max_size=4), st.lists(paths, min_size=1, max_size=6))
def test_an_ignore_files_rules_match_what_the_librarys_matcher_matches(lines, names):
    try:
        theirs = libraries(lines)
    except ValueError as refused:
        with pytest.raises(ValueError, match=re.escape(str(refused).partition(" at position")[0])):
            Patterns(lines)
        return
    ours = Patterns(lines)
    assert [ours.matches(name) for name in names] == [theirs.matches(name) for name in names]


@settings(max_examples=500)
@given(st.lists(written, min_size=1, max_size=5), paths)
def test_the_deciding_rule_is_the_last_without_which_the_path_would_be_seen(lines, name):
    try:
        theirs = [libraries(lines[:count]).matches(name) for count in range(len(lines) + 1)]
    except ValueError:
        return
    flips = [count for count in range(len(lines)) if theirs[count + 1] and not theirs[count]]
    assert Patterns(lines).decisive(name) == (flips[-1] if theirs[-1] else None)


def go_match(pattern, name):
    """path.Match by its definition, trying everything."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        rest = pattern.lstrip("*")
        return any(go_match(rest, name[n:]) for n in range(len(name) + 1) if "/" not in name[:n])
    if not name:
        return False
    if pattern[0] == "?":
        return name[0] != "/" and go_match(pattern[1:], name[1:])
    if pattern[0] == "\\":
        return name[0] == pattern[1] and go_match(pattern[2:], name[1:])
    if pattern[0] == "[":
        found = re.match(r"\[(\^?)((?:\\.|[^\\\]])+)\]", pattern)
        ranges = re.findall(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", found[2])
        inside = any(low[-1] <= name[0] <= (high or low)[-1] for low, high in ranges)
        return inside != bool(found[1]) and go_match(pattern[found.end() :], name[1:])
    return name[0] == pattern[0] and go_match(pattern[1:], name[1:])


GO_PIECES = [*ALPHABET, "*", "*", "?", "[ab]", "[^a/]", "[a-c]", "[c-a]", r"[\]x]", r"\*", "]", "-"]


@settings(max_examples=1500)
@given(st.lists(st.sampled_from(GO_PIECES), max_size=8).map("".join), st.lists(paths, min_size=1, max_size=6))
def test_a_glob_matches_what_gos_definition_matches(pattern, names):
    assert [glob(pattern).fullmatch(name) is not None for name in names] == [go_match(pattern, name) for name in names]


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        ("abc", "abc", True), ("*", "abc", True), ("*c", "abc", True), ("a*", "a", True), ("a*", "ab/c", False),
        ("a*/b", "abc/b", True), ("a*/b", "a/c/b", False), ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False), ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False), ("ab[c]", "abc", True), ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False), ("ab[^c]", "abc", False), ("ab[^b-d]", "abc", False), ("ab[^e-g]", "abc", True),
        (r"a\*b", "a*b", True), (r"a\*b", "ab", False), ("a?b", "a☺b", True), ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False), ("[a-ζ]*", "α", True), ("*[a-ζ]", "A", False), ("a?b", "a/b", False),
        ("a*b", "a/b", False), (r"[\]a]", "]", True), (r"[\-]", "-", True), (r"[x\-]", "x", True),
        (r"[\-x]", "a", False), ("*x", "xxx", True), ("[^a]", "/", True),
    ],
)  # fmt: skip
def test_a_glob_matches_as_gos_own_tests_say(pattern, name, matched):
    """golang/go, src/path/match_test.go; the last: a class may take a slash."""
    assert (glob(pattern).fullmatch(name) is not None) == matched


@pytest.mark.parametrize(
    "pattern", ["[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "[a-", "[\\", "*[", "x[a\\]"]
)
def test_a_glob_that_go_refuses_is_refused(pattern):
    with pytest.raises(ValueError, match="syntax error in pattern"):
        glob(pattern)
    with pytest.raises(ValueError, match=r"Invalid ignore pattern .*: syntax error in pattern"):
        Patterns([pattern])


HOSTILE = [
    lambda n: ("*a" * n + "b", "a" * 4 * n),
    lambda n: ("x/" + "*a" * n + "b", "x/" + "a" * 4 * n),
    lambda n: ("**" + "*a" * n + "b", "a/" * 2 * n),
    lambda n: ("**/a/" * n + "b", "a/" * 4 * n + "c"),
    lambda n: ("a**" * n + "b", "a" * 4 * n),
    lambda n: ("*[^b]" * n + "b", "a/" * 2 * n),
    lambda n: ("*?" * n + "b", "a" * 4 * n),
    lambda n: ("**/*a" * n + "b", "a" * 4 * n),
    lambda n: ("*a" * n + "/**", "a" * 4 * n + "\n"),
]


@pytest.mark.parametrize("make", HOSTILE, ids=range(len(HOSTILE)))
def test_a_match_is_linear_in_pattern_times_name(make):
    """Both twice as long are four times the product; exponential in the stars would not end at all."""

    def ready(size):
        pattern, name = make(size)

        expression = glob(pattern)

        def match():
            node = patterns._States([patterns._rule(pattern)]).start
            for char in name:
                node = node[char]
            assert not node.rules
            assert not expression.fullmatch(name)

        return match

    with watchdog():
        assert growth(ready, 40, 2, most=2 * 4) < 2 * 4


def test_217_bytes_that_froze_the_interpreter_are_planned():
    long = "a" * 60
    text = (
        f"FROM scratch AS s\nCOPY <<{long} /x/\n1\n{long}\nFROM scratch\n"
        f"COPY --from=s /x/{'*a' * 13}*ab /y/\n"
    )  # fmt: skip
    with watchdog():
        for builder in ("buildkit-containerd", "buildkit-overlay2"):
            plan_builds(text, {}, builder=builder)
        ignored = trees.from_mapping(
            {"Dockerfile": "FROM a\nCOPY . /\n", ".dockerignore": "*a" * 20 + "b", "a" * 60: ""}
        )
        assert plan_builds(None, ignored).last.misses == 1


DEEP = ["**" + "/*" * 90 + f"b{number}" for number in range(10)]


def test_a_deep_tree_costs_the_characters_of_its_names():
    """A match walks on from the folder. Twice the folders of one letter below one another: twice the work."""

    def ready(depth):
        names = ["/".join(["a"] * deep) for deep in range(1, depth)]

        def work():
            rules = Patterns(DEEP)
            assert not any(rules.matches(name) for name in names)

        return work

    with watchdog():
        assert growth(ready, 200, 2, most=2 * 1.7) < 2 * 1.7


@pytest.mark.parametrize("make", HOSTILE, ids=range(len(HOSTILE)))
def test_a_first_deep_path_is_walked_once_for_all_its_folders(make):
    def ready(size):
        pattern, name = make(size)
        return lambda: Patterns([pattern]).matches(name)

    with watchdog():
        assert growth(ready, 30, 4, most=4 * 4) < 4 * 4


def test_many_rules_cost_little_more_than_one():
    """900 files with 990 lines: all rules are carried along at once."""
    names = [f"src/m{number}.py" for number in range(900)]
    one, many = (Patterns([f"build{number}/*tmp*" for number in range(count)]) for count in (10, 990))

    def ready(rules):
        return lambda: [rules.matches(name) for name in names]

    assert dearer((lambda: ready(many), 1), (lambda: ready(one), 1), 5) < 5


def test_what_rules_remember_is_bounded_and_what_is_forgotten_is_found_again(monkeypatch):
    monkeypatch.setattr(limits, "REMEMBERED", 5_000)
    rules, names = Patterns(["**/a*b", "!**/c/*"]), [f"{n}/a{n}/c/{m}b" for n in range(40) for m in range(5)]
    assert not any(map(rules.matches, names))
    assert all(rules.matches(name.replace("/c/", "/d/a")) for name in names)
    assert len(rules._held) * patterns._NODE <= 5_000
    assert len(rules._states._nodes) * patterns._NODE <= 5_000


def test_rules_and_their_length_are_limited_with_the_number():
    tree = trees.from_mapping({"Dockerfile": "FROM a\n", ".dockerignore": "x\n" * (limits.RULES + 1)})
    with pytest.raises(InputError, match=rf"\.dockerignore:1001: 1001 patterns are too many; at most {limits.RULES}"):
        rules_of(tree)
    with pytest.raises(ValueError, match=f"has more than {limits.PATTERN} characters"):
        Patterns(["x" * (limits.PATTERN + 1)])
    with pytest.raises(ValueError, match=f"has more than {limits.PATTERN} characters"):
        glob("x" * (limits.PATTERN + 1))
    with pytest.raises(InputError, match=f"1001 patterns are too many; at most {limits.RULES}"):
        plan_builds("FROM a\nCOPY" + " --exclude=x" * (limits.RULES + 1) + " . /x\n", {"x": "1"})
