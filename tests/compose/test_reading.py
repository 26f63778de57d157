"""Compose files as go-yaml and compose-go v2.4.8 read them: scalars, merge keys, variables, files of variables."""

from __future__ import annotations

import pytest

from sim import limits
from sim.compose.reading import dotenv
from sim.compose.reading.document import plain_scalar, read_documents
from sim.compose.reading.interpolation import TemplateError, Variables, substitute
from sim.compose.reading.mounts import short_mount
from sim.compose.reading.ports import PortError, short_port
from sim.errors import InputError
from sim.yamlnodes import plain

GIVEN = {"FOO": "first", "BAR": "", "N": "3"}


def put(text: str) -> str:
    return substitute(text, Variables(GIVEN))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("yes", "yes"),
        ("on", "on"),
        ("~", None),
        ("", None),
        ("0777", 511),
        ("0o17", 15),
        ("0b101", 5),
        ("-0x1F", -31),
        ("1_000", 1000),
        ("08", 8.0),
        ("1e3", 1000.0),
        ("22:22", "22:22"),
        ("1.2.3", "1.2.3"),
        ("3.8", 3.8),
    ],
)
def test_plain_scalars_are_those_of_go_yaml(written, meant):
    """gopkg.in/yaml.v3: README, "most of YAML 1.2, some of 1.1"; resolve_test.go and decode_test.go."""
    assert plain_scalar(written) == meant
    assert type(plain_scalar(written)) is type(meant)


def read(text: str):
    documents, problems = read_documents(text, "c.yaml")
    assert problems == []
    return plain(documents[0])


def test_merge_keys_give_way_to_keys_of_their_own_and_to_earlier_ones():
    """https://yaml.org/type/merge.html: the example's four points are equal."""
    text = (
        "- &CENTER {x: 1, y: 2}\n- &LEFT {x: 0, y: 2}\n- &BIG {r: 10}\n- &SMALL {r: 1}\n"
        "- {x: 1, y: 2, r: 10}\n- {<<: *CENTER, r: 10}\n- {<<: [*CENTER, *BIG]}\n- {<<: [*BIG, *LEFT, *SMALL], x: 1}\n"
    )
    assert read(text)[4:] == [{"x": 1, "y": 2, "r": 10}] * 4


def test_tags_and_aliases_as_keys():
    assert read('a: &k name\n*k : 1\nb: !!str 12\nc: "12"\n') == {"a": "name", "name": 1, "b": "12", "c": "12"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\na: 2\n", 2, "key 'a' is there already, in line 1"),
        ("a: {80: x}\n", 1, "key 80 is no text"),
        ("a: {<<: 3}\n", 1, "<< expects a mapping"),
    ],
)
def test_what_is_wrong_with_keys_has_its_line(text, line, words):
    _, problems = read_documents(text, "c.yaml")
    assert [(problem.line, problem.message[: len(words)]) for problem in problems] == [(line, words)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$FOO", "first"),
        ("${FOO}", "first"),
        ("ok $$FOO", "ok $FOO"),
        ("$$$FOO", "$first"),
        ("${BAR:-d}", "d"),
        ("${BAR-d}", ""),
        ("${NO-d}", "d"),
        ("${NO:-${FOO:-x}}", "first"),
        ("${NO:-${NEITHER-deep}}-${FOO}", "deep-first"),
        ("${FOO:+r}${BAR:+s}", "r"),
        ("${BAR+s}${NO+t}", "s"),
        ("${FOO:?needed}", "first"),
        ("${BAR?needed}", ""),
        ("${NO:-a:b}", "a:b"),
        ("${NO:-/path/${N}/x}", "/path/3/x"),
        ("${NO:-{}}", "{}"),
        ("$1 $( $", "$1 $( $"),
        ("${NO}", ""),
        ("${foo_1:-lower}", "lower"),
        ("${NO:-?}${NO:-+}", "?+"),
        ("${NO:-a b}\n${FOO}", "a b\nfirst"),
    ],
)
def test_variables_are_put_in_as_compose_go_does(text, value):
    """The forms of https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md, nested."""
    assert put(text) == value


@pytest.mark.parametrize("text", ["${}", "${ FOO}", "${FOO.bar}", "${", "${0NAME}", "${NO:-${}", "${!x}"])
def test_what_is_no_variable_after_an_open_brace_is_refused(text):
    with pytest.raises(TemplateError, match="invalid interpolation format"):
        put(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NO:?say ${FOO}}", "required variable NO is missing a value: say first"),
        ("${BAR:?}", "required variable BAR is missing a value"),
        ("${NO?}", "required variable NO is missing a value"),
    ],
)
def test_a_variable_that_must_be_there_is_named_with_its_reason(text, message):
    with pytest.raises(TemplateError) as caught:
        put(text)
    assert (str(caught.value), caught.value.kind) == (message, "variable missing")


def test_only_a_bare_variable_without_a_value_is_warned_of():
    variables = Variables(GIVEN)
    substitute("$A ${B} ${C:-d} ${D+e} $A", variables)
    assert list(variables.unset) == ["A", "B"]


def test_variables_that_double_each_other_are_refused_with_the_number():
    lines = ["A0=xxxxxxxx", *(f"A{i}=$A{i - 1}$A{i - 1}" for i in range(1, 60))]
    with pytest.raises(dotenv.DotenvError, match=str(limits.EXPANDED)) as caught:
        dotenv.parse("\n".join(lines) + "\n", {})
    assert caught.value.line == 16  # 8 characters doubled 14 times are the 131,072 of the limit


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A=b", "b"),
        ("A: b", "b"),
        ("A = b # c", "b"),
        ("A=b#c", "b#c"),
        ("A='$FOO \\n'", "$FOO \\n"),
        ('A="$FOO\\n\\"x\\""', 'first\n"x"'),
        ("A=${FOO:-x}", "first"),
        ("A=${NO:-x}", "x"),
        ('A="\\$FOO"', "$FOO"),
        ("A=", ""),
        ('A="two\nlines"', "two\nlines"),
        ("A=b\nB=c", "b"),
        ("# c\n\nA=b", "b"),
        ("A='it\\'s'", "it's"),
    ],
)
def test_a_line_of_variables(line, value):
    assert dotenv.parse(f"{line}\n", GIVEN)["A"] == value


def test_a_name_alone_takes_its_value_from_around_it():
    assert dotenv.parse("FOO\nNO\n", GIVEN) == {"FOO": "first"}


def test_raw_files_say_what_stands_there():
    assert dotenv.parse("A='b' # $FOO\n# c\n", GIVEN, "raw") == {"A": "'b' # $FOO"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("A=1\nB!=2\n", 2, "unexpected character '!'"),
        ('A=1\n\nB="x\n', 3, "unterminated quoted value"),
        ("A B=1\n", 1, "cannot contain a space"),
    ],
)
def test_a_line_that_is_none_is_named(text, line, words):
    with pytest.raises(dotenv.DotenvError, match=words) as caught:
        dotenv.parse(text, {})
    assert caught.value.line == line


def test_many_backslashes_cost_one_look_each():
    with pytest.raises(dotenv.DotenvError):
        dotenv.parse('A="' + "\\" * 500_000, {})


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("80", "80/tcp"),
        ("8080:80", "8080:80/tcp"),
        ("127.0.0.1:8080:80/udp", "127.0.0.1:8080:80/udp"),
        ("[::1]:8080:80", "[::1]:8080:80/tcp"),
        ("127.0.0.1::80", "127.0.0.1:80/tcp"),
        ("8000-8002:80-82", "8000-8002:80-82/tcp"),
        ("8000-8010:80", "8000-8010:80/tcp"),
        (":80", "80/tcp"),
    ],
)
def test_short_ports(written, shown):
    assert str(short_port(written)) == shown


@pytest.mark.parametrize("written", ["", ":", "80:", "x", "99999", "8000-8001:80-82", "80/icmp", "1.2.3:80:80", "9-8"])
def test_what_is_no_port_is_refused(written):
    with pytest.raises(PortError):
        short_port(written)


@pytest.mark.parametrize(
    ("written", "kind", "source", "target"),
    [
        ("/data", "volume", None, "/data"),
        ("v:/data", "volume", None, "v:/data"),  # one letter is a drive
        ("vol:/data:ro", "volume", "vol", "/data"),
        ("./here:/data", "bind", "./here", "/data"),
        ("~/x:/data:z", "bind", "~/x", "/data"),
        ("C:\\x:/data", "bind", "C:\\x", "/data"),
    ],
)
def test_short_volumes(written, kind, source, target):
    mount = short_mount(written)
    assert (mount["type"], mount.get("source"), mount["target"]) == (kind, source, target)


@pytest.mark.parametrize("written", ["", ":/data", "vol:/b:ro:rw", "vol::ro"])
def test_what_is_no_volume(written):
    assert short_mount(written) is None


def test_growth_by_aliases_is_refused_with_the_number():
    text = "a: &a0 [x, x, x]\n" + "".join(f"b{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    with pytest.raises(InputError, match=str(limits.YAML_VALUES)):
        read_documents(text, "c.yaml")
