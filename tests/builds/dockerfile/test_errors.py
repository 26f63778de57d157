"""Malformed Dockerfiles: each gets its line and what was expected, in the words BuildKit uses."""

import pytest

from sim.builds.dockerfile.stages import describe
from sim.builds.plan import plan_builds
from sim.errors import InputError

FILES = {"x": "1", "y": "1"}

BAD = [
    ("", 0, "the Dockerfile cannot be empty"),
    ("# only a comment\n", 0, "file with no instructions"),
    ("ARG A=1\n", 0, "dockerfile contains no stages to build"),
    ("RUN x\n", 1, "no build stage in current context"),
    ("FROM\n", 1, "FROM requires either one or three arguments"),
    ("FROM a b\n", 1, "FROM requires either one or three arguments"),
    ("FROM a AS 1x\n", 1, "invalid name for build stage: '1x', name can't start with a number or contain symbols"),
    ("FROM $NONE\nRUN x\n", 1, "base name ($NONE) should not be blank"),
    ("FROM Alpine\nRUN x\n", 1, "invalid reference format: repository name (library/Alpine) must be lowercase"),
    ("ARG V\nFROM python:${V}-slim\nRUN x\n", 2, 'failed to parse stage name "python:-slim": invalid reference format'),
    ("FROM a:b:c\nRUN x\n", 1, 'failed to parse stage name "a:b:c": invalid reference format'),
    ("FROM --platform=a/b/c/d x\n", 1, 'failed to parse platform a/b/c/d: "a/b/c/d": cannot parse platform specifier'),
    ("FROM ${A\n", 1, "missing '}'"),
    ("FROM a\nRNU x\n", 2, "unknown instruction: RNU (did you mean RUN?)"),
    ("FROM a\n\n\nrnu x\n", 4, "unknown instruction: rnu"),
    ("FROM a\nRUN\n", 2, "RUN requires at least one argument"),
    ("FROM a\nCOPY x\n", 2, "COPY requires at least two arguments, but only 1 provided. Destination could"),
    ("FROM a\nADD x\n", 2, "ADD requires at least two arguments, but only 1 provided"),
    ("FROM a\nCOPY --form=b x /x\n", 2, "unknown flag: --form (did you mean from?)"),
    ("FROM a\nCOPY --from x /x\n", 2, "missing a value on flag: --from"),
    ("FROM a\nCOPY --from=a --from=b x /x\n", 2, "duplicate flag specified: --from"),
    ("FROM a\nCOPY --from=$X x /x\n", 2, "variable expansion is not supported for --from"),
    ("FROM a\nCOPY --from=5 x /x\n", 2, "invalid stage index 5"),
    ("FROM a\nCOPY --from=Busybox x /x\n", 2, 'failed to parse stage name "Busybox": invalid reference format'),
    ("FROM a AS x\nCOPY --from=y x /x\nFROM a AS y\nRUN z\nFROM x\n", 2,
     'cannot copy from stage "y", it needs to be defined before current stage "x"'),
    ("FROM a AS x\nCOPY --from=x x /x\n", 1, "circular dependency detected on stage: x"),
    ("FROM a\nCOPY --chmod=17777 x /x\n", 2, "invalid chmod parameter: '17777'. it should be octal string"),
    ("FROM a\nCOPY --link=maybe x /x\n", 2, "invalid value 'maybe' for --link; expected true or false"),
    ("FROM a\nCOPY http://e.com/y /y\n", 2, "source can't be a URL for COPY: http://e.com/y"),
    ("FROM a\nADD --checksum=x y /y\n", 2, "checksum requires a single HTTP(S) or Git source"),
    ("FROM a\nCOPY x <<E\nE\n", 2, "COPY cannot accept a heredoc as a destination"),
    ("FROM a\nRUN <<E\nx\n", 2, "unterminated heredoc"),
    ("FROM a\nENV\n", 2, "ENV requires at least one argument"),
    ("FROM a\nENV A\n", 2, "ENV must have two arguments"),
    ("FROM a\nENV =1\n", 2, "ENV names can not be blank"),
    ("FROM a\nLABEL x\n", 2, "LABEL must have two arguments"),
    ("FROM a\nARG\n", 2, "ARG requires at least one argument"),
    ("FROM a\nARG =1\n", 2, "ARG names can not be blank"),
    ("FROM a\nWORKDIR\n", 2, "WORKDIR requires exactly one argument"),
    ("FROM a\nUSER\n", 2, "USER requires exactly one argument"),
    ("FROM a\nSTOPSIGNAL\n", 2, "STOPSIGNAL requires exactly one argument"),
    ("FROM a\nSTOPSIGNAL ZZ\n", 2, "invalid signal: ZZ"),
    ("ARG S=SIGNOPE\nFROM a\nARG S\nSTOPSIGNAL $S\n", 4, "invalid signal: SIGNOPE"),
    ("FROM a AS Build\nFROM Build\nRUN x\n", 2, 'failed to parse stage name "Build": invalid reference format'),
    ("FROM ../x\n", 1, 'failed to parse stage name "../x": invalid reference format'),
    ("FROM a\nMAINTAINER\n", 2, "MAINTAINER requires exactly one argument"),
    ("FROM a\nEXPOSE\n", 2, "EXPOSE requires at least one argument"),
    ("FROM a\nEXPOSE web\n", 2, "invalid containerPort: web; expected a port such as 80"),
    ("FROM a\nEXPOSE 99999\n", 2, "invalid containerPort: 99999"),
    ("FROM a\nVOLUME\n", 2, "VOLUME requires at least one argument"),
    ('FROM a\nVOLUME [""]\n', 2, "VOLUME specified can not be an empty string"),
    ("FROM a\nSHELL bash\n", 2, "SHELL requires the arguments to be in JSON form"),
    ("FROM a\nHEALTHCHECK\n", 2, "HEALTHCHECK requires at least one argument"),
    ("FROM a\nHEALTHCHECK CURL x\n", 2, "Unknown type 'CURL' in HEALTHCHECK (try CMD)"),
    ("FROM a\nHEALTHCHECK CMD\n", 2, "Missing command after HEALTHCHECK CMD"),
    ("FROM a\nHEALTHCHECK NONE x\n", 2, "HEALTHCHECK NONE takes no arguments"),
    ("FROM a\nHEALTHCHECK --interval=5 CMD x\n", 2, 'time: invalid duration "5"'),
    ("FROM a\nHEALTHCHECK --retries=x CMD x\n", 2, "--retries must be at least 0 (not x)"),
    ("FROM a\nONBUILD\n", 2, "ONBUILD requires at least one argument"),
    ("FROM a\nONBUILD ONBUILD RUN x\n", 2, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
    ("FROM a\nONBUILD FROM x\n", 2, "FROM isn't allowed as an ONBUILD trigger"),
    ("FROM a\nONBUILD RUN\n", 2, "RUN requires at least one argument"),
    ("FROM a\nRUN --mount=type=foo x\n", 2, "unsupported mount type 'foo'; expected one of bind, cache"),
    ("FROM a\nRUN --mount=type=bind,foo=1,target=/x x\n", 2, "unexpected key 'foo' in 'foo=1'"),
    ("FROM a\nRUN --network=foo x\n", 2, "unsupported network mode 'foo'; expected one of default, none, host"),
    ("FROM a\nRUN --security=foo x\n", 2, "unsupported security mode 'foo'; expected one of sandbox, insecure"),
    ("# escape=x\nFROM a\n", 1, "invalid escape token 'x' does not match ` or \\"),
    ("FROM a\nCOPY x* [ /y\n", 2, "syntax error in pattern"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), BAD, ids=[repr(b[0][:40]) for b in BAD])
def test_a_bad_dockerfile_gets_its_line_and_what_was_expected(text, line, words):
    with pytest.raises(InputError) as caught:
        plan_builds(text, FILES)
    (problem,) = caught.value.problems[:1]
    assert problem.line == line
    assert words in problem.message


def test_every_problem_is_told_at_once_and_inspect_tells_them_too():
    text = "FROM a\nRNU x\nCOPY y\nEXPOSE web\nVOLUME\n"
    with pytest.raises(InputError) as caught:
        plan_builds(text, FILES)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]
    assert [problem["line"] for problem in describe(text)["problems"]] == [2, 3, 4, 5]


GOOD = [
    "FROM a\nEXPOSE 80 443/tcp 8000-8010 $PORT 53/UDP\n",
    "FROM a\nHEALTHCHECK --interval=1m30s --timeout=.5s --retries=0 CMD x\n",
    "FROM --platform=linux/arm/v7 a\n",
    "FROM registry.example.com/a__b/c.d:v1\n",
    "FROM localhost:5000/team/app:1.2-RC@sha256:" + "0" * 64 + "\n",
    "FROM a AS Web\nFROM web\nCOPY --from=WEB x /\n",
    "FROM a\nSTOPSIGNAL 9\nSTOPSIGNAL SIGTERM\nSTOPSIGNAL usr1\nSTOPSIGNAL RTMIN+3\n",
    "FROM a\nCMD\nENTRYPOINT\n",
    "FROM a\nRUN x \\\n",
]


@pytest.mark.parametrize("text", GOOD, ids=repr)
def test_what_buildkit_takes_is_taken(text):
    assert plan_builds(text, FILES).last.records


@pytest.mark.parametrize("copy", ["COPY x y /z", "COPY x y .", "COPY [xy] /z", "ADD x y z"])
def test_the_legacy_builder_wants_a_directory_for_several_sources_and_buildkit_does_not(copy):
    """moby, builder/dockerfile/copy.go: createCopyInstruction; moby/buildkit issues 1667 and 1853."""
    words = f"When using {copy[:4].strip()} with more than one source file, the destination must be a directory and end"
    with pytest.raises(InputError, match=words):
        plan_builds(f"FROM a\n{copy}\n", FILES, builder="legacy")
    plan_builds(f"FROM a\n{copy}/\n", FILES, builder="legacy")
    plan_builds(f"FROM a\n{copy}\n", FILES)
