"""What a builder or this planner refuses: values that double, too many layers, a checksum that is none."""

import pytest

from bench.measure import cost
from sim.builds.context.edits import Change
from sim.builds.plan import plan_builds
from sim.errors import InputError

BUILDERS = ["buildkit-containerd", "buildkit-overlay2", "legacy"]
URL = "https://example.com/a.tgz"


def refused(text, builder="buildkit-containerd"):
    with pytest.raises(InputError) as caught:
        plan_builds(text, {"x": "1"}, builder=builder)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_value_that_doubles_forty_times_is_refused_at_the_line_that_passes_128_kib(builder):
    """16 bytes doubled 13 times are 2^17, on line 15; the next doubling is one too many."""
    text = "FROM a\nENV A=" + "x" * 16 + "\n" + "ENV A=$A$A\n" * 40 + "RUN x\n"
    problem = refused(text, builder)
    assert (problem.line, "more than 131072 bytes" in problem.message) == (16, True)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    "text",
    [
        "ARG A=xxxxxxxxxxxxxxxx\n" + "ARG A=$A$A\n" * 40 + "FROM a\n",
        "FROM a\nARG A=xxxxxxxxxxxxxxxx\n" + "ARG A=$A$A\n" * 40,
        "FROM a\nENV A=" + "x" * 50_000 + "\nCOPY x /" + "$A" * 30_000 + "\n",
        "FROM a\nENV A=" + "x" * 50_000 + "\nENV B=${A//x/" + "y" * 50_000 + "}\n",
        "FROM a\nENV A=" + "x" * 50_000 + "\nENV B=${A#*x*x*x*x*y}\n",
        "FROM a\nARG A=" + "x" * 60_000 + "\n" + "RUN x $A\n" * 1000,
    ],
    ids=["global", "arg", "copy", "replaced", "matched", "total"],
)
def test_no_text_makes_more_than_a_machine_holds(text, builder):
    assert "more than" in refused(text, builder).message
    assert cost(lambda: refused(text, builder), 2) < 2


def test_large_but_real_values_are_planned():
    text = "FROM a\nENV A=" + "x" * 60_000 + "\nENV B=$A$A V=1.2.3-rc4\nENV W=${V%-*} X=${V//./_}\nRUN echo $B $W\n"
    (run,) = [r for r in plan_builds(text, {}).last.records if r.instruction == "RUN"]
    assert run.status == "miss"


@pytest.mark.parametrize("line", ["RUN x {}", "COPY x /x{}", "WORKDIR /d{}"])
@pytest.mark.parametrize("builder", ["buildkit-overlay2", "legacy"])
def test_overlay2_builds_126_layers_and_not_130_as_recorded(builder, line):
    """Recorded with dockerd 26.1.5: 126 layers ok, 130 fail with "max depth exceeded"."""
    lines = [line.format(n) for n in range(130)]
    plan_builds("FROM scratch\n" + "\n".join(lines[:126]), {"x": "1"}, builder=builder)
    problem = refused("FROM scratch\n" + "\n".join(lines), builder)
    assert (problem.line, problem.message.partition(":")[0]) == (131, "max depth exceeded")


def test_layers_of_a_stage_below_count_and_settings_do_not():
    stages = "FROM scratch AS a\n" + "RUN x\n" * 100 + "FROM a\n" + "ENV A=1\n" * 60 + "{}"
    plan_builds(stages.format("RUN y\n" * 26), {}, builder="buildkit-overlay2")
    assert refused(stages.format("RUN y\n" * 30), "buildkit-overlay2").line == 1 + 100 + 1 + 60 + 30


def test_the_containerd_store_builds_200_layers_as_recorded():
    plan = plan_builds("FROM scratch\n" + "".join(f"RUN x {n}\n" for n in range(200)), {})
    assert plan.last.misses == 200


@pytest.mark.parametrize(
    ("checksum", "words"),
    [
        ("foo", "invalid checksum digest format"),
        ("sha256:", "invalid checksum digest format"),
        ("md5:1", "unsupported digest algorithm"),
        ("sha256:00", "invalid checksum digest length"),
        ("sha512:" + "0" * 64, "invalid checksum digest length"),
        ("sha256:" + "G" * 64, "invalid checksum digest format"),
    ],
)
def test_a_checksum_that_is_no_digest_is_refused_as_written_and_from_a_variable(checksum, words):
    """opencontainers/go-digest: Parse and Validate."""
    assert words in refused(f"FROM a\nADD --checksum={checksum} {URL} /f\n").message
    problem = refused(f"FROM a\nARG SUM={checksum}\nADD --checksum=$SUM {URL} /f\n")
    assert (problem.line, words in problem.message) == (3, True)


@pytest.mark.parametrize(("name", "digits"), [("sha256", 64), ("sha384", 96), ("sha512", 128)])
def test_a_digest_is_taken(name, digits):
    plan = plan_builds(f"FROM a\nADD --checksum={name}:{'0a' * (digits // 2)} {URL} /f\n", {})
    assert [record.line for record in plan.last.records if record.status == "miss"] == [2]


def test_the_cache_is_passed_over_for_the_stages_that_are_named():
    text = "FROM a AS deps\nRUN a\nFROM a AS Web\nRUN b\nCOPY --from=deps /x /x\n"
    plan = plan_builds(text, {}, [Change(no_cache_filter=("web",))])
    found = {r.line: (r.status, r.reason.id) for r in plan.last.records}
    assert found[2][0] == "hit"
    assert found[4] == ("miss", "build.no_cache")
    with pytest.raises(InputError, match="no_cache_filter is for BuildKit"):
        plan_builds(text, {}, [Change(no_cache_filter=("web",))], builder="legacy")
