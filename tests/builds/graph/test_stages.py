"""Rules between stages as the engines have them: names, shared steps, targets, empty stages, what each refuses."""

import pytest

from sim.builds.context import tree as trees
from sim.builds.dockerfile.stages import describe, parse
from sim.builds.graph.options import Builder, BuildOptions
from sim.errors import InputError

THREE = (
    "FROM base:1 AS a\nRUN s\nFROM base:1 AS b\nRUN s\nRUN b\nFROM base:1 AS c\nRUN s\nRUN c\nFROM base:2\n"
)  # fmt: skip


def names(made):
    return {name for name, _ in made.fates()}


@pytest.mark.parametrize(
    ("uses", "shared"),
    [
        ("COPY --from=a /s /s\nCOPY --from=b /b /b\nCOPY --from=c /c /c\n", "[c 2/3] RUN s"),
        ("COPY --from=c /c /c\nCOPY --from=b /b /b\nCOPY --from=a /s /s\n", "[a 2/2] RUN s"),
        ("RUN --mount=from=b,target=/b --mount=from=c,target=/c x\n", "[c 2/3] RUN s"),
        ("COPY --from=b /b /b\n", "[b 2/3] RUN s"),
    ],
)
def test_a_shared_step_is_named_by_the_last_use_on_the_way_from_the_target(bench, uses, shared):
    made = bench()
    made.build(THREE + uses)
    assert [name for name in names(made) if name.endswith("RUN s")] == [shared]


def test_a_stage_that_the_target_does_not_need_neither_names_a_shared_step_nor_passes_over_its_cache(bench):
    made = bench()
    made.build(THREE + "COPY --from=b /b /b\n")
    assert made.build(args="--no-cache-filter c") == "ccc"
    assert "[b 2/3] RUN s" in names(made)


def test_one_use_that_passes_over_the_cache_has_the_shared_step_run_again(bench):
    made = bench(left={"RUN s": {"/s": "s"}, "RUN b": {"/b": "b"}, "RUN c": {"/c": "c"}})
    text = THREE + "COPY --from=a /s /s\nCOPY --from=b /b /b\n"
    assert made.build(text) == "RRRR"
    assert made.build(args="--no-cache-filter a") == "RRcc"


def test_a_step_of_the_same_stage_that_it_also_takes_from_another_is_one_step(bench):
    """Recorded as shared-same-stage: the base of the COPY and what it takes are one input."""
    made = bench()
    text = "FROM base:1 AS a\nRUN s\nFROM base:1\nRUN s\nCOPY --from=a /s /t\n"
    assert made.build(text) == "RR"
    assert names(made) == {"[a 2/2] RUN s", "[stage-1 3/3] COPY --from=a /s /t"}
    assert made.build(args="--no-cache-filter a") == "RR"


def test_an_empty_filter_means_every_stage(bench):
    made = bench()
    made.build("FROM base:1 AS a\nRUN a\nFROM a\nRUN b\n")
    assert made.build(args="--no-cache-filter=") == "RR"
    assert made.build(args="--no-cache-filter a,") == "RR"
    assert made.build(args="--no-cache-filter nobody") == "cc"


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
@pytest.mark.parametrize("target", ["0", "1", "stage-1", "two"])
def test_a_target_is_a_name_that_a_from_gives(bench, builder, target):
    made = bench(builder)
    with pytest.raises(InputError, match=f'target stage "{target}" could not be found; expected one of one, three'):
        made.build("FROM base:1 AS One\nRUN 1\nFROM base:1\nRUN 2\nFROM one AS three\nRUN 3\n", f"--target {target}")
    assert made.build(args="--target ONE") == "R"


def test_of_two_stages_of_one_name_buildkit_builds_the_last_and_the_legacy_builder_the_first(bench):
    text = "FROM base:1 AS a\nRUN 1\nFROM base:1 AS a\nRUN 2\nFROM base:1\nRUN 3\n"
    for builder, name in ("buildkit-overlay2", "[a 2/2] RUN 2"), ("legacy", "2/2 RUN 1"):
        made = bench(builder)
        made.build(text, "--target a")
        assert names(made) == {name}


def test_names_say_the_platform_where_several_may_be_asked_for(bench):
    text = "FROM base:1 AS a\nARG TARGETARCH\nWORKDIR /w\nRUN a\nFROM scratch\nCOPY --from=a /a /\n"
    made = bench()
    assert made.build(text) == "RRR"
    assert made.build(args="--build-arg BUILDKIT_MULTI_PLATFORM=1") == "ccc"
    assert names(made) == {
        "[linux/amd64 a 2/3] WORKDIR /w",
        "[linux/amd64 a 3/3] RUN a",
        "[linux/amd64 stage-1 1/1] COPY --from=a /a /",
    }
    (image,) = [step.vertex for step in made.steps.values() if step.vertex.kind == "image"]
    assert image.lookup == "[linux/amd64 internal] load metadata for docker.io/library/base:1"
    made.build(args="--build-arg BUILDKIT_MULTI_PLATFORM=true --build-arg TARGETARCH=arm64")
    assert "[linux/amd64->arm64 a 3/3] RUN a" in names(made)
    made.build(args="--build-arg BUILDKIT_MULTI_PLATFORM=F")
    assert "[a 3/3] RUN a" in names(made)


def test_another_platform_of_the_arguments_is_named_as_far_as_it_differs():
    from sim.builds.graph.naming import built_for

    assert built_for("linux/amd64", {"TARGETPLATFORM": "linux/amd64"}) == "linux/amd64"
    assert built_for("linux/amd64", {"TARGETPLATFORM": "linux/arm/v7"}) == "linux/amd64->arm/v7"
    assert built_for("linux/amd64", {"TARGETARCH": "arm", "TARGETVARIANT": "v7"}) == "linux/amd64->arm/v7"
    assert built_for("linux/amd64", {"TARGETOS": "windows"}) == "linux/amd64->windows/amd64"


def test_what_is_no_boolean_is_refused_in_buildkits_words():
    with pytest.raises(InputError, match="invalid boolean value for multi-platform: maybe; expected one of 0, 1, F"):
        _ = BuildOptions(build_args={"BUILDKIT_MULTI_PLATFORM": "maybe"}).multi_platform


@pytest.mark.parametrize("builder", ["buildkit-containerd", "buildkit-overlay2", "legacy"])
def test_an_empty_stage_may_be_copied_from(bench, builder):
    made = bench(builder)
    text = "FROM scratch AS empty\nFROM base:1\nCOPY --from=empty / /e/\nRUN a\n"
    assert made.build(text) == "RR"
    assert made.build() == "cc"


def test_an_empty_stage_may_be_mounted_and_its_settings_are_in_no_key(bench):
    made = bench()
    text = "FROM scratch AS empty\nENV A=1\nFROM base:1\nRUN --mount=from=empty,target=/m a\nCOPY --from=empty . /e/\n"
    assert made.build(text) == "RR"
    assert made.build(text.replace("A=1", "A=2")) == "cc"
    assert made.build(text.replace("from=empty .", "from=empty *.md")) == "cR"


REFUSED = [
    ("FROM scratch AS e\nFROM base:1\nCOPY --from=e /x /e\n", 3, '"/x": not found in stage "e", which is empty',
     "COPY failed: stat x: file does not exist"),
    ("FROM base:1\nCOPY --from=scratch / /e/\n", 2, None,
     "invalid from flag value scratch: 'scratch' is a reserved name"),
    ("FROM base:1\nCOPY --from=scratch /x /e/\n", 2, '"/x": not found in stage "scratch", which is empty',
     "invalid from flag value scratch: 'scratch' is a reserved name"),
    ("FROM base:1 AS a\nRUN a\nCOPY --from=0 /a /b\n", 3, "circular dependency detected on stage: a",
     "invalid from flag value 0: refers to current build stage"),
    ("FROM base:1 AS a\nCOPY --from=7 /a /b\n", 2, "invalid stage index 7",
     "invalid from flag value 7: index out of bounds"),
    ("FROM base:1 AS a\nCOPY --from=b /a /b\nFROM base:1 AS b\nRUN b\nFROM a\n", 2,
     'cannot copy from stage "b", it needs to be defined before current stage "a"', None),
    ("FROM base:1 AS a\nRUN --mount=from=b,target=/b x\nFROM base:1 AS b\nRUN b\nFROM a\n", 2,
     'cannot mount from stage "b", stage needs to be defined before current command', None),
    ("FROM scratch\n", 1, None, "No image was generated. Is your Dockerfile empty?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "buildkit", "legacy"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_what_an_engine_refuses_is_refused_in_its_words(text, line, buildkit, legacy):
    """None: that builder takes it, or says something else of a mount."""
    from sim.builds.plan import plan_builds

    said: dict[Builder, str | None] = {
        "buildkit-containerd": buildkit,
        "buildkit-overlay2": buildkit,
        "legacy": legacy,
    }
    for builder, words in said.items():
        if words is None:
            if not (builder == "legacy" and "--mount" in text):
                plan_builds(text, {}, (), builder)
            continue
        with pytest.raises(InputError) as refusal:
            plan_builds(text, {}, (), builder)
        found = refusal.value.problems[0]
        assert found.message.startswith(words), (builder, found.message)
        assert found.line == (1 if words.startswith("circular") else line)


def test_a_stage_that_is_not_needed_may_take_from_one_further_down(bench):
    """Recorded as self-index: BuildKit comes to it only where the target needs it; inspect says it where it does."""
    text = "FROM base:1 AS a\nCOPY --from=1 /a /b\nFROM base:1\nRUN a\n"
    made = bench()
    assert made.build(text) == "R"
    assert describe(text)["problems"] == []
    with pytest.raises(InputError, match='cannot copy from stage "1"'):
        made.build(args="--target a")
    (problem,) = describe(text + "FROM a\n")["problems"]
    assert problem["line"] == 2
    assert parse(text + "FROM a\n").problems == ()


def test_the_trigger_of_an_image_may_take_from_a_stage(bench):
    made = bench(files={"x": "1"})
    assert made.build("FROM base:1 AS a\nRUN a\nFROM base:onbuild\nCOPY --from=a /a /b\n") == "RRRR"


def test_a_pattern_that_chose_a_link_to_what_was_not_sent_is_refused_by_buildkit():
    """Recorded as dirlink-wildcard, wild-dirlink-sent and wild-dangling: contenthash follows it in what was sent."""
    from sim.builds.plan import plan_builds

    files = trees.from_mapping({"out": "1", "d1/g": "1"})
    files = trees.link(files, "d1/l", "../out")
    with pytest.raises(InputError, match='"/out": not found'):
        plan_builds("FROM a\nCOPY d* /x/\n", files)
    plan_builds("FROM a\nCOPY d* /x/\nCOPY out /o\n", files)
    plan_builds("FROM a\nCOPY d1 /x/\n", files)
    with pytest.raises(InputError, match='"/d1/no": not found'):
        plan_builds("FROM a\nCOPY d* /x/\n", trees.link(files, "d1/l", "no"))


def test_the_legacy_builder_counts_a_link_in_a_directory_as_what_it_leads_to(bench):
    made = bench("legacy", {"d/g": "1", "out": "1", "other": "1"})
    made.edit(lambda tree: trees.link(trees.link(tree, "d/l", "../m"), "m", "out"))
    assert made.build("FROM base:1\nCOPY d /x\n") == "R"
    for change, fate in (
        ({"out": "2"}, "R"),
        (lambda tree: trees.link(tree, "m", "other"), "R"),
        (lambda tree: trees.link(tree, "d/l", "../other"), "c"),
        (lambda tree: trees.link(tree, "d/l", "no"), "R"),
        (lambda tree: trees.link(tree, "d/l", "nowhere"), "c"),
        (lambda tree: trees.link(tree, "d/l", "l"), "R"),
        (lambda tree: trees.delete(tree, "d/l"), "c"),
    ):
        made.edit(change)
        assert made.build() == fate
