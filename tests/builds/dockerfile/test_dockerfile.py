"""Dockerfiles that cannot be built: every problem with its line and what was expected."""

import pytest

from sim.builds.dockerfile.stages import describe, parse
from sim.errors import InputError
from sim.report.formats.inspection import inspected

BAD = [
    ("FROM a\nRUNN x\n", 2, "unknown instruction: RUNN (did you mean RUN?)"),
    ("FROM a\nQQQQ x\n", 2, "expected one of ADD, ARG"),
    ("RUN x\n", 1, "no build stage in current context"),
    ("ARG x\n", 0, "contains no stages to build"),
    ("# only a comment\n", 0, "no instructions"),
    ("  \n", 0, "cannot be empty"),
    ("FROM a\nCOPY x\n", 2, "COPY requires at least two arguments"),
    ("FROM a\nADD\n", 2, "ADD requires at least two arguments"),
    ("FROM a\nWORKDIR\n", 2, "WORKDIR requires exactly one argument"),
    ("FROM a\nENV\n", 2, "ENV requires at least one argument"),
    ("FROM a\nENV A=1 B\n", 2, 'can\'t find = in "B"'),
    ("FROM a\nENV =1\n", 2, "names can not be blank"),
    ("FROM a\nARG =1\n", 2, "ARG names can not be blank"),
    ("FROM a\nRUN\n", 2, "RUN requires at least one argument"),
    ("FROM a\nCOPY --chmod=99 x /x\n", 2, "invalid chmod parameter: '99'"),
    ("FROM a\nCOPY --chmod=17777 x /x\n", 2, "between 0 and 07777"),
    ("FROM a\nCOPY --form=b x /x\n", 2, "unknown flag: --form (did you mean from?)"),
    ("FROM a\nCOPY --from x /x\n", 2, "missing a value on flag: --from"),
    ("FROM a\nCOPY --from=$S x /x\n", 2, "variable expansion is not supported for --from"),
    ("FROM a\nCOPY --link=maybe x /x\n", 2, "expected true or false"),
    ("FROM a\nCOPY http://h/f /f\n", 2, "source can't be a URL for COPY"),
    ("FROM a\nCOPY x <<EOF\nEOF\n", 2, "cannot accept a heredoc as a destination"),
    ("FROM a\nRUN <<EOF\nx\n", 2, "unterminated heredoc"),
    ("FROM a\nCOPY --from=b${x f f\n", 2, "missing '}'"),
    ("FROM a\nRUN --mount=type=cash,target=/c x\n", 2, "unsupported mount type 'cash' (did you mean cache?)"),
    ("FROM a\nRUN --mount=targt=/c x\n", 2, "unexpected key 'targt'"),
    ("FROM a\nRUN --mount=type=secret x\n", 2, "invalid secret mount"),
    ("FROM a\nRUN --mount=type=bind,target=/c,sharing=locked x\n", 2, "invalid cache sharing"),
    ("FROM a\nRUN --network=wifi x\n", 2, "unsupported network mode 'wifi'"),
    ("FROM a b\n", 1, "FROM requires either one or three arguments"),
    ("FROM a AS 1b\n", 1, "name can't start with a number"),
    ("FROM a\nSHELL bash\n", 2, "SHELL requires the arguments to be in JSON form"),
    ("FROM a\nHEALTHCHECK CURL x\n", 2, "try CMD"),
    ("FROM a\nHEALTHCHECK NONE x\n", 2, "takes no arguments"),
    ("FROM a\nONBUILD ONBUILD RUN x\n", 2, "Chaining ONBUILD"),
    ("FROM a\nONBUILD FROM x\n", 2, "FROM isn't allowed as an ONBUILD trigger"),
    ("FROM a\nONBUILD COPY x\n", 2, "requires at least two arguments"),
    ("# escape=x\nFROM a\n", 1, "invalid escape token"),
    ("FROM a AS x\nCOPY --from=7 f f\n", 2, "invalid stage index 7"),
    ("FROM a AS x\nCOPY --from=x f f\n", 1, "circular dependency detected on stage: x"),
]


@pytest.mark.parametrize(("text", "line", "message"), BAD, ids=[m for _, _, m in BAD])
def test_a_bad_dockerfile_gets_the_line_and_what_was_expected(text, line, message):
    problems = parse(text).problems
    assert [(p.line, message in p.message) for p in problems] == [(line, True)], problems


def test_a_circle_is_reported_once_for_each_of_its_stages():
    text = "FROM a AS x\nCOPY --from=y f f\nFROM a AS y\nCOPY --from=x f f\n"
    problems = parse(text).problems
    assert [(p.line, p.message) for p in problems] == [
        (1, "circular dependency detected on stage: x"),
        (3, "circular dependency detected on stage: y"),
    ]


def test_all_problems_are_reported_at_once_with_the_rest_still_read():
    text = "FROM a\nRUNN \\\n  x\nCOPY one\nRUN ok\nWORKDIR\n"
    dockerfile = parse(text)
    assert [p.line for p in dockerfile.problems] == [2, 4, 6]
    assert [s.text for s in dockerfile.stages[0].instructions] == ["RUN ok"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cannot be empty"),
        (b"\n\n", "cannot be empty"),
        (b"FROM a\n\0RUN", "binary file: byte 0x00 at offset 7"),
        (b"\x7fELF\x02\x01\xff\xfe", "binary file"),
        (b"#" * (5 * 2**20), "too large"),
    ],
)
def test_bytes_that_are_no_dockerfile_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        parse(data)
    (problem,) = describe(data)["problems"]
    assert message in problem["message"]


def test_a_line_too_long_for_buildkit_is_named():
    (problem,) = parse("FROM a\nRUN " + "x" * 70_000 + "\n").problems
    assert problem.line == 2
    assert "65535" in problem.message


def test_inspect_describes_stages_steps_and_problems():
    described = describe("FROM node AS web\nRUN npm ci\nFROM python\nCOPY --from=web /a \\\n  /a\nRUNN\n")
    assert described == {
        "kind": "dockerfile",
        "stages": [
            {
                "name": "web",
                "base": "node",
                "steps": [
                    {"instruction": "FROM", "text": "FROM node AS web", "line": 1},
                    {"instruction": "RUN", "text": "RUN npm ci", "line": 2},
                ],
            },
            {
                "name": "stage-1",
                "base": "python",
                "steps": [
                    {"instruction": "FROM", "text": "FROM python", "line": 3},
                    {"instruction": "COPY", "text": "COPY --from=web /a   /a", "line": 4},
                ],
            },
        ],
        "problems": [{"line": 6, "path": "", "message": "unknown instruction: RUNN (did you mean RUN?)"}],
    }


def test_an_unknown_target_names_the_stages_there_are():
    dockerfile = parse("FROM a AS web\nFROM b AS api\n")
    assert dockerfile.find("API").index == 1
    assert dockerfile.find("").name == "api"
    with pytest.raises(InputError, match=r'target stage "wep" could not be found \(did you mean web\?\)'):
        dockerfile.find("wep")


def test_escape_and_byte_order_mark_are_read():
    dockerfile = parse("\ufeff# escape=`\nFROM a\nRUN x `\n y\n")
    assert dockerfile.problems == ()
    assert dockerfile.stages[0].instructions[0].text == "RUN x  y"


def test_inspect_tells_a_base_by_the_defaults_of_its_arguments():
    text = "ARG PY=3.12\nARG OS=b\nARG NONE\nARG FOR=$TARGETARCH\n"
    text += "FROM python:${PY}-$OS\nFROM a:$NONE\nFROM a:$FOR\nFROM a\n"
    described = describe(text)
    assert [(stage["base"], stage.get("expanded")) for stage in described["stages"]] == [
        ("python:${PY}-$OS", "python:3.12-b"), ("a:$NONE", None), ("a:$FOR", None), ("a", None),
    ]  # fmt: skip
    assert "stage 0 stage-0 from python:3.12-b (python:${PY}-$OS with the defaults of ARG)\n" in inspected(
        [("Dockerfile", described)]
    )
