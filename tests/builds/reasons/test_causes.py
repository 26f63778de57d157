"""Every cause of a re-run: undoing one shows the next, so each is asserted by plans in which only it is there."""

from typing import Any

import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.plan import plan_builds
from sim.builds.reasons.causes import MOST
from sim.report.building.rebuilds import MOST_CAUSES, causes

BUILDERS = ["buildkit-containerd", "buildkit-overlay2", "legacy"]
FILES = {"a.txt": "1", "b.txt": "1", "c.txt": "1"}
TEXT = "FROM base\nCOPY a.txt /a\nARG V\n# sim: 10 s\nRUN one\nCOPY . /all\n# sim: 5 s\nRUN two\n"
EDITS = {name: Edit(path=f"{name}.txt", content="2") for name in "abc"}


def records(*edits, text=TEXT, builder="buildkit-containerd", args=None, **change):
    plan = plan_builds(text, FILES, [Change(edits=edits, **change)], builder, build_args=args or {"V": "1"})
    return plan.last.records


def also(found):
    return {r.line: [(m.id, dict(m.arguments).get("path") or dict(m.arguments).get("name")) for m in r.also]
            for r in found if r.also}  # fmt: skip


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_cause_below_a_step_that_ran_is_told_where_it_first_is(builder):
    found = records(EDITS["a"], EDITS["b"], build_args={"V": "2"}, builder=builder)
    assert also(found) == {5: [("build.arg_changed", "V")], 6: [("build.content_changed", "b.txt")]}


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("names", ["a", "b", "c", "ab", "bc", "abc"])
@pytest.mark.parametrize("value", ["1", "2"])
def test_a_step_with_a_cause_of_its_own_runs_when_that_is_the_only_change(builder, names, value):
    """Each cause alone, planned anew, makes its step run; and what is told as one cause is not told twice."""
    found = records(*(EDITS[name] for name in names), build_args={"V": value}, builder=builder)
    told = [(r.line, m) for r in found for m in ((r.reason, *r.also) if r.cause else r.also)]
    assert len({m for _, m in told}) == len(told)
    assert len(told) == (value == "2") + ("a" in names) + bool(set("bc") & set(names))
    for line, said in told:
        path = dict(said.arguments).get("path")
        edits = [edit for edit in EDITS.values() if edit.path == path]
        args = {} if path else {"V": value}
        (alone,) = [r for r in records(*edits, build_args=args, builder=builder) if r.line == line]
        assert alone.status == "miss"
        assert alone.cause


def test_a_difference_that_came_from_above_is_no_other_cause():
    text = "FROM base\nCOPY a.txt /a\nRUN one\nCOPY . /all\nRUN two\n"
    assert also(records(EDITS["a"], text=text)) == {}
    stages = "FROM base AS s\nCOPY a.txt /a\nRUN one\nFROM base\nCOPY --from=s /a /a\nCOPY a.txt /b\n"
    assert also(records(EDITS["a"], text=stages)) == {}


def test_two_differences_of_the_first_cause_itself_are_both_told():
    text = "FROM base\nARG V\nRUN --mount=type=bind,source=a.txt,target=/a one\n"
    (run,) = [r for r in records(EDITS["a"], text=text, build_args={"V": "2"}) if r.cause]
    assert [run.reason.id, *(m.id for m in run.also)] == ["build.arg_changed", "build.content_changed"]


def test_a_new_step_below_another_cause_is_told():
    text = "FROM base\nCOPY a.txt /a\nRUN two\n"
    edits = (EDITS["a"], Edit(path="Dockerfile", content=text.replace("RUN two", "RUN new\nRUN two")))
    assert also(records(*edits, text=text)) == {3: [("build.new_step", None)]}


def test_another_text_is_told_once_and_not_by_its_fields():
    text = "FROM base\nCOPY a.txt /a\nCOPY b.txt /b\n"
    edits = (EDITS["a"], Edit(path="Dockerfile", content=text.replace("b.txt /b", "c.txt /c")))
    assert also(records(*edits, text=text)) == {3: [("build.text_changed", None)]}


def test_no_cause_is_told_twice_where_the_cache_is_passed_over_or_where_nothing_was_before():
    assert also(records(EDITS["a"], EDITS["b"], no_cache=True)) == {}
    assert also(plan_builds(TEXT, FILES).last.records) == {}


def test_of_one_step_few_causes_are_told():
    names = [f"V{n}" for n in range(20)]
    text = "FROM base\nCOPY a.txt /a\n" + "".join(f"ARG {n}\n" for n in names) + "RUN one\n"
    found = records(EDITS["a"], text=text, args=dict.fromkeys(names, "1"), build_args=dict.fromkeys(names, "2"))
    assert [len(r.also) for r in found if r.also] == [MOST]


def test_each_cause_has_what_it_would_cost_alone():
    """As planned with only that change."""
    found = causes(records(EDITS["a"], EDITS["b"], build_args={"V": "2"}), "buildkit-containerd")
    alone = [
        plan_builds(TEXT, FILES, [change], build_args={"V": "1"}).last
        for change in (Change(edits=(EDITS["a"],)), Change(build_args={"V": "2"}), Change(edits=(EDITS["b"],)))
    ]
    assert [(one.misses, one.lines) for one in found] == [(4, (2,)), (3, (5,)), (2, (6,))]
    assert [one.misses for one in found] == [plan.misses for plan in alone]
    assert [one.seconds for one in found] == pytest.approx([plan.rebuild_seconds for plan in alone])


def test_a_cause_in_two_stages_is_one():
    text = "FROM base AS s\nCOPY a.txt /a\nRUN one\nFROM base\nCOPY a.txt /b\nCOPY --from=s /x /x\n"
    (one,) = causes(records(EDITS["a"], text=text), "buildkit-containerd")
    assert (one.lines, one.misses) == ((2, 5), 4)


def test_many_causes_are_found_in_time_linear_in_the_steps(monkeypatch):
    """What ARG declares is looked up once a build, not once a step."""
    asked = []
    from sim.builds.reasons.why import Built

    declared: Any = Built.declared  # a cached property
    made = declared.func
    monkeypatch.setattr(declared, "func", lambda self: asked.append(1) or made(self))
    text = "FROM base\nARG V\n" + "".join(f"RUN {n}\n" for n in range(200))
    records(text=text, build_args={"V": "2"})
    assert len(asked) <= 2


def test_what_a_step_knows_of_those_above_it_is_bounded(monkeypatch):
    """With every line of a long Dockerfile changed, no step holds all changes above it; past the bound none is told."""
    import sim.builds.reasons.causes as module

    sizes = []
    together = module._together
    monkeypatch.setattr(
        module, "_together", lambda above: sizes.append(max(map(len, above), default=0)) or together(above)
    )
    text = "FROM base\n" + "".join(f"RUN {n}\n" for n in range(300))
    edit = Edit(path="Dockerfile", content=text.replace("RUN ", "RUN x"))
    found = records(edit, text=text)
    assert max(sizes) == 0
    assert sum(bool(r.also) for r in found) == 299
    assert len(causes(found, "buildkit-containerd")) == MOST_CAUSES
    names = [f"V{n}" for n in range(20)]
    text = "FROM base\nRUN a\n" + "".join(f"ARG {name}\nRUN {name}\n" for name in names)
    monkeypatch.setattr("sim.limits.CAUSES_CARRIED", 5)
    found = records(text=text, args=dict.fromkeys(names, "1"), build_args=dict.fromkeys(names, "2"))
    assert sum(bool(r.also) for r in found) == 4
    assert max(sizes) == 5
