"""Planned builds: fates, reasons, causes, what hangs on an unknown output, what it all costs."""

from typing import Any, cast

import pytest

from bench.measure import cost
from sim.builds.context.edits import Change, Edit
from sim.builds.plan import plan_builds
from sim.errors import InputError

FILES = {"x": "1", "d/a": "1", "d/b": "2"}


def change(**edit):
    return Change(edits=(Edit(**edit),))


def step(plan, line, build=None):
    """The record of the step of a line, in the last build."""
    wanted = build or str(len(plan.builds))
    found = [r for r in plan.records if r.build == wanted and r.line == line]
    return found[-1]


def test_the_first_build_runs_everything_and_says_so():
    plan = plan_builds("FROM python\nRUN a\nCOPY x /x\n", FILES)
    assert [(r.status, r.reason.id) for r in plan.records if r.line] == [
        ("base", "build.base"), ("miss", "build.first"), ("miss", "build.first"),
    ]  # fmt: skip
    assert (plan.last.steps, plan.last.misses, plan.last.hits) == (2, 2, 0)


REASONS = [
    ("content", "COPY x /x\n", change(path="x", content="2"), "build.content_changed", {"path": "x", "more": 0}),
    ("two files", "COPY d /d\n", Change(edits=(Edit(path="d/a", content="9"), Edit(path="d/b", content="9"))),
     "build.content_changed", {"path": "d/a", "more": 1}),
    ("a new file", "COPY d /d\n", change(path="d/c", content="1"), "build.content_added", {"path": "d/c", "more": 0}),
    ("a removed file", "COPY d /d\n", change(path="d/b", delete=True), "build.content_removed", {"path": "d/b"}),
    ("a mode", "COPY x /x\n", change(path="x", mode="0755"), "build.mode_changed", {"old": "644", "new": "755"}),
    ("a file that becomes a link", "COPY d /d\n", change(path="d/b", symlink="a"),
     "build.kind_changed", {"old": "file", "new": "link"}),
]  # fmt: skip


@pytest.mark.parametrize(("rest", "edit", "reason", "arguments"), [r[1:] for r in REASONS], ids=[r[0] for r in REASONS])
def test_a_miss_names_the_file_that_differs(rest, edit, reason, arguments):
    plan = plan_builds("FROM python\n" + rest + "RUN after\n", FILES, [edit])
    first, second = step(plan, 2), step(plan, 3)
    assert (first.status, first.cause, first.reason.id) == ("miss", True, reason)
    assert arguments.items() <= dict(first.reason.arguments).items()
    assert (second.status, second.cause, second.reason.id) == ("miss", False, "build.parent_ran")
    assert dict(second.reason.arguments)["line"] == 2
    assert plan.last.first_cause_line == 2
    assert first.old_key != first.new_key


EDITED = [
    ("RUN a\n", "RUN b\n", 2, "build.text_changed", {"old": "RUN a", "new": "RUN b"}),
    ("ENV A=1\nRUN a\n", "ENV A=2\nRUN a\n", 3, "build.env_changed", {"name": "A", "old": "1", "new": "2"}),
    ("ENV A=1\nRUN a\n", "ENV A=1 B=2\nRUN a\n", 3, "build.env_added", {"name": "B", "new": "2"}),
    ("ENV A=1 B=2\nRUN a\n", "ENV A=1\nRUN a\n", 3, "build.env_removed", {"name": "B", "old": "2"}),
    ("ENV A=1 B=2\nRUN a\n", "ENV B=2 A=1\nRUN a\n", 3, "build.env_order", {}),
    ("ARG A=1\nRUN a\n", "ARG A=2\nRUN a\n", 3, "build.arg_changed", {"name": "A", "old": "1", "new": "2"}),
    ("ARG A\nRUN a\n", "ARG A=2\nRUN a\n", 3, "build.arg_added", {"name": "A", "new": "2"}),
    ("ARG A=1\nRUN a\n", "ARG A\nRUN a\n", 3, "build.arg_removed", {"name": "A", "old": "1"}),
    ("USER a\nRUN a\n", "USER b\nRUN a\n", 3, "build.user_changed", {"old": "a", "new": "b"}),
    ('SHELL ["sh"]\nRUN a\n', 'SHELL ["bash"]\nRUN a\n', 3, "build.shell_changed", {"old": "sh", "new": "bash"}),
    ("WORKDIR /a\nRUN a\n", "WORKDIR /a/\nRUN a\n", 3, "build.directory_changed", {"old": "/a", "new": "/a/"}),
    ("RUN <<E\na\nE\n", "RUN <<E\nb\nE\n", 2, "build.document_changed", {}),
    ("RUN --mount=type=tmpfs,target=/t a\n", "RUN --mount=type=tmpfs,target=/u a\n", 2, "build.mount_changed", None),
    ("RUN --network=none a\n", "RUN a\n", 2, "build.value_changed", {"field": "network", "old": "none"}),
    ("ENV D=/a\nCOPY x $D\n", "ENV D=/b\nCOPY x $D\n", 3, "build.value_changed", {"old": "/a", "new": "/b"}),
    ("COPY x /x\n", "COPY x /y\n", 2, "build.text_changed", {"old": "COPY x /x", "new": "COPY x /y"}),
    ("RUN a\n", "RUN z\nRUN a\n", 2, "build.new_step", {}),
    ("RUN z\nRUN a\n", "RUN a\n", 2, "build.parent_changed", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "line", "reason", "arguments"), EDITED, ids=[f"{e[3]} {e[0][:9]!r}" for e in EDITED]
)
def test_a_miss_names_the_input_that_differs(before, after, line, reason, arguments):
    plan = plan_builds("FROM python\n" + before, FILES, [change(path="Dockerfile", content="FROM python\n" + after)])
    found = step(plan, line)
    assert (found.status, found.cause) == ("miss", True)
    if arguments is not None:
        assert found.reason.id == reason
        assert arguments.items() <= dict(found.reason.arguments).items()
    else:
        assert found.reason.id in (reason, "build.text_changed")


def test_a_changed_base_is_named_with_both_images():
    plan = plan_builds(
        "FROM python:3.12\nRUN a\n", {}, [change(path="Dockerfile", content="FROM python:3.13\nRUN a\n")]
    )
    found = step(plan, 2)
    assert (found.reason.id, dict(found.reason.arguments)) == (
        "build.base_changed", {"old": "python:3.12", "new": "python:3.13"},
    )  # fmt: skip


def test_a_build_argument_that_changes_is_named():
    text = "FROM python\nARG SHA\nRUN a\nCOPY x /x\n"
    plan = plan_builds(text, FILES, [Change(build_args={"SHA": "2"})], build_args={"SHA": "1"})
    found = step(plan, 3)
    assert (found.reason.id, dict(found.reason.arguments)) == (
        "build.arg_changed",
        {"name": "SHA", "old": "1", "new": "2"},
    )
    assert step(plan, 4).reason.id == "build.parent_ran"


def test_passing_over_the_cache_is_the_reason_by_itself():
    plan = plan_builds("FROM python\nRUN a\nCOPY x /x\n", FILES, [Change(no_cache=True)])
    assert [step(plan, line).reason.id for line in (2, 3)] == ["build.no_cache", "build.no_cache"]


HITS = [
    ("RUN a\n", "build.hit_command", {}),
    ("COPY x d/a /t/\n", "build.hit_files", {"paths": "x, d/a"}),
    ("WORKDIR /w\n", "build.hit_directory", {"path": "/w"}),
]


@pytest.mark.parametrize(("rest", "reason", "arguments"), HITS, ids=[h[1] for h in HITS])
def test_a_hit_says_what_would_break_it(rest, reason, arguments):
    plan = plan_builds("FROM python\n" + rest, FILES, [change(path="d/b", touch=True)])
    found = step(plan, 2)
    assert (found.status, found.reason.id) == ("hit", reason)
    assert arguments.items() <= dict(found.reason.arguments).items()
    assert found.old_key == found.new_key != ""


def test_a_hit_on_an_earlier_build_says_so():
    plan = plan_builds(
        "FROM python\nCOPY x /x\n", FILES, [change(path="x", content="2"), change(path="x", content="1")]
    )
    assert step(plan, 2).reason.id == "build.hit_earlier"
    assert plan.last.rebuild_seconds == 0


TWO = (
    "FROM node AS web\nCOPY x /x\nRUN build\nFROM python\nRUN other\nCOPY --from=web /out /out\nRUN after\nCOPY d /d\n"
)


def test_what_hangs_on_a_runs_output_depends_and_both_outcomes_are_told():
    plan = plan_builds(TWO, FILES, [change(path="x", content="2")])
    assert [step(plan, line).status for line in (2, 3, 5, 6, 7, 8)] == [
        "miss",
        "miss",
        "hit",
        "depends",
        "depends",
        "depends",
    ]
    for line in (6, 7, 8):
        found = step(plan, line)
        assert found.reason.id == "build.depends_on_output"
        assert dict(found.reason.arguments) == {
            "line": 3, "step": "[web 3/3] RUN build", "if_same": "hit", "if_changed": "miss",
        }  # fmt: skip
    assert (plan.last.hits, plan.last.misses, plan.last.depends) == (1, 2, 3)


def test_what_is_copied_from_a_stages_known_files_depends_on_nothing():
    text = "FROM node AS web\nRUN build\nCOPY d /d\nFROM python\nCOPY --from=web /d/a /a\n"
    plan = plan_builds(text, FILES, [change(path="d/b", content="9")])
    assert [step(plan, line).status for line in (3, 5)] == ["miss", "hit"]
    assert step(plan, 5).reason.id == "build.hit_same_content"
    plan = plan_builds(text, FILES, [change(path="d/a", content="9")])
    assert step(plan, 5).reason.id == "build.stage_output_changed"
    assert dict(step(plan, 5).reason.arguments)["path"] == "d/a"


def test_settings_and_unused_stages_have_records_of_their_own():
    text = "FROM node AS lost\nRUN l\nFROM python\nENV A=1\nRUN a\nEXPOSE 80\nLABEL b=1\n"
    plan = plan_builds(text, {})
    statuses = {r.line: r.status for r in plan.records if r.line}
    assert statuses == {1: "unused", 2: "unused", 3: "base", 4: "metadata", 5: "miss", 6: "metadata", 7: "metadata"}
    by_id = {r.step: r for r in plan.records}
    chain = [by_id[step(plan, 7).inputs[0][0]].line, by_id[step(plan, 6).inputs[0][0]].line]
    assert chain == [6, 5]


def test_annotations_cost_and_parallel_stages_share_time():
    text = (
        "FROM a AS one\n# sim: 10 s, 5 MB\nRUN one\nFROM a AS two\n# sim: 30 s\nRUN two\n"
        "FROM a\n# sim: 1 s, 2 MB\nCOPY --from=one /o /o\n# sim: 1 s, 3 MB\nCOPY --from=two /o /o\n"
    )
    plan = plan_builds(text, {})
    assert plan.last.rebuild_seconds == pytest.approx(31)
    assert plan.last.new_bytes == 5_000_000
    assert (step(plan, 3).seconds, step(plan, 3).bytes, step(plan, 3).estimate) == (10, 5_000_000, False)
    legacy = plan_builds(text, {}, builder="legacy")
    assert legacy.last.rebuild_seconds == pytest.approx(42)


def test_only_what_runs_again_takes_time():
    text = "FROM a\n# sim: 40 s\nRUN install\n# sim: 2 s\nCOPY x /x\n# sim: 3 s\nRUN test\n"
    plan = plan_builds(text, FILES, [change(path="x", content="2")])
    assert plan.last.rebuild_seconds == pytest.approx(5)
    assert plan.last.saved_seconds == pytest.approx(40)


def test_an_annotation_that_cannot_be_read_is_a_problem_with_its_line():
    with pytest.raises(InputError, match=r"'many' in '# sim:' is no duration or size") as caught:
        plan_builds("FROM a\n# sim: many\nRUN x\n", {})
    assert caught.value.problems[0].line == 3


def test_a_copy_of_what_is_not_there_says_whether_it_is_ignored():
    with pytest.raises(InputError) as caught:
        plan_builds("FROM a\nCOPY y /y\nCOPY x /x\n", {**FILES, ".dockerignore": "# c\nx\n"})
    assert [(p.line, p.message) for p in caught.value.problems] == [
        (2, '"/y": not found in the build context'),
        (3, '"/x": not found: .dockerignore line 2 (x) excludes it'),
    ]


def test_a_mount_without_a_target_stands_at_the_working_directory_which_may_not_be_the_root():
    plan = plan_builds("FROM a\nWORKDIR /w\nRUN --mount=source=d ls\n", FILES, [change(path="d/a", content="9")])
    assert step(plan, 3).status == "miss"
    with pytest.raises(InputError, match=r'invalid mount target ""; expected a directory below /'):
        plan_builds("FROM a\nRUN --mount=source=d ls\n", FILES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM a\nRUN --mount=type=cache,target=/c x\n", "RUN with flags requires BuildKit"),
        ("FROM a\nCOPY --chmod=755 x /x\n", "the --chmod option requires BuildKit"),
        ("FROM a\nRUN <<E\nx\nE\n", "a heredoc requires BuildKit"),
    ],
)
def test_the_legacy_builder_refuses_what_only_buildkit_has(text, message):
    with pytest.raises(InputError, match=message):
        plan_builds(text, FILES, builder="legacy")
    plan_builds(text, FILES)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "edit of 'x' says nothing to do; expected exactly one of content, append"),
        ({"content": "1", "append": "2"}, "edit of 'x' has content, append"),
        ({"mode": "9"}, "mode '9' of 'x' is not octal"),
        ({"mode": "17777"}, "mode '17777' of 'x' is not octal"),
    ],
)
def test_an_edit_says_exactly_one_thing(fields, message):
    with pytest.raises(ValueError, match=message):
        Edit(path="x", **fields)


BAD_EDITS = [
    ({"path": "nope", "delete": True}, "no 'nope' in the build context; it holds Dockerfile, d, d/a, d/b, x"),
    ({"path": "nope", "append": "1"}, "no 'nope' in the build context; it holds Dockerfile"),
    ({"path": "nope", "mode": "755"}, "no 'nope' in the build context"),
    ({"path": "../x", "content": "1"}, "leaves the build context"),
    ({"path": "x", "rename": "../y"}, "leaves the build context"),
    ({"path": ".", "content": "1"}, "is the build context itself"),
]


@pytest.mark.parametrize(("fields", "message"), BAD_EDITS)
def test_an_edit_that_cannot_be_made_is_refused(fields, message):
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        plan_builds("FROM a\nRUN x\n", FILES, [change(**fields)])


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("zzz", "no 'zzz' in the build context; it holds .dockerignore, Dockerfile, src, src/main.py"),
        ("src/mian.py", "no 'src/mian.py' in the build context, did you mean 'src/main.py'?"),
        ("deps/b.js", "no 'deps/b.js' in the build context: .dockerignore line 2 (deps) excludes it"),
        ("deps/a.j", "no 'deps/a.j' in the build context: .dockerignore line 2 (deps) excludes it"),
    ],
)
def test_an_edit_of_what_is_not_there_is_offered_what_the_build_sees_and_no_more(builder, path, message):
    files = {"src/main.py": "x", "deps/a.js": "1", ".git/config": "1", ".dockerignore": ".git\ndeps\n"}
    with pytest.raises(InputError) as caught:
        plan_builds("FROM a\nRUN x\n", files, [change(path=path, append="1")], builder=builder)
    assert str(caught.value) == f"edit of {path!r}: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("COPY --exclude=[a x /x\n", "syntax error in pattern"),
        ("COPY x[ /x\n", r"syntax error in pattern 'x\['|syntax error in pattern '/x\['"),
        ("COPY ${x /x\n", "missing '}'"),
        ("ARG m=99\nCOPY --chmod=$m x /x\n", "invalid chmod parameter: '99'"),
        ("RUN --mount=type=$t,target=/c x\n", "unsupported mount type"),
    ],
)
def test_what_only_shows_when_variables_are_known_has_its_line_too(text, message):
    with pytest.raises(InputError, match=message) as caught:
        plan_builds("FROM a\n" + text, FILES)
    assert caught.value.problems[0].line == 1 + text.count("\n")


def test_an_unknown_builder_or_a_missing_dockerfile_is_refused():
    with pytest.raises(InputError, match="no builder 'kaniko'; there are buildkit-containerd"):
        plan_builds("FROM a\n", {}, builder=cast("Any", "kaniko"))
    with pytest.raises(InputError, match=r"no such file in the build context; it holds web\.Dockerfile"):
        plan_builds(None, {"web.Dockerfile": "FROM a\n"})


def test_a_warm_cache_mount_saves_part_of_the_time():
    text = "FROM a\nCOPY x /x\nRUN --mount=type=cache,target=/root/.cache pip install -r x\n"
    plan = plan_builds(text, FILES, [change(path="x", content="2")])
    plain = plan_builds(
        text.replace("--mount=type=cache,target=/root/.cache ", ""), FILES, [change(path="x", content="2")]
    )
    assert plan.builds[0].rebuild_seconds == plain.builds[0].rebuild_seconds
    assert plan.last.rebuild_seconds < plain.last.rebuild_seconds
    cold = plan_builds(text, FILES, [Change(edits=(Edit(path="x", content="2"),), no_cache=True)])
    assert cold.last.rebuild_seconds == pytest.approx(plain.last.rebuild_seconds)


def test_a_plan_of_two_hundred_steps_is_quick():
    text = "FROM a\n" + "".join(f"RUN pip install p{n}\nCOPY x /x{n}\n" for n in range(100))
    plan_builds(text, FILES)
    assert cost(lambda: plan_builds(text, FILES, [change(path="x", content="2")]), 1) < 1
