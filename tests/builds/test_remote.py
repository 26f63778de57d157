"""ADD of a URL and of a repository: what of the server's answer counts."""

import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.plan import plan_builds

URL = "https://example.com/files/a.tgz"
GIT = "https://github.com/moby/buildkit.git#v0.12.0"


def again(before, after, *, remotes=None, builder="buildkit-containerd"):
    """Fates of the ADD and the RUN behind it after the ADD's line, or what it fetches, changes."""
    text = "FROM a\n{}\nRUN cat /f\n"
    edits = (Edit(path="Dockerfile", content=text.format(after)),) if after != before else ()
    plan = plan_builds(text.format(before), {}, [Change(edits=edits, remotes=remotes or {})], builder=builder)
    return "".join(
        {"hit": "c", "miss": "R"}[r.status] for r in plan.last.records if r.line in (2, 3) and r.status != "base"
    )


TABLE = [
    ("nothing", f"ADD {URL} /f", f"ADD {URL} /f", {}, "cc"),
    ("another body", f"ADD {URL} /f", f"ADD {URL} /f", {URL: "other"}, "RR"),
    ("another query", f"ADD {URL}?v=1 /f", f"ADD {URL}?v=2 /f", {}, "cc"),
    ("a matching checksum", f"ADD {URL} /f", f"ADD --checksum=sha256:{'0' * 64} {URL} /f", {}, "cc"),
    ("another name", f"ADD {URL} /f", f"ADD {URL.replace('a.tgz', 'b.tgz')} /f", {}, "RR"),
    ("the body of another address", f"ADD {URL} /f", f"ADD {URL} /f", {"https://example.com/other": "x"}, "cc"),
    ("another commit behind a tag", f"ADD {GIT} /f", f"ADD {GIT} /f", {GIT: "0a1b2c"}, "RR"),
]


@pytest.mark.parametrize(("before", "after", "remotes", "fates"), [t[1:] for t in TABLE], ids=[t[0] for t in TABLE])
def test_what_buildkit_makes_of_a_change(before, after, remotes, fates):
    assert again(before, after, remotes=remotes) == fates


def test_another_name_of_the_same_body_counts():
    """The name is in the key beside the body: the same bytes under another name run again."""
    same = {URL: "body", URL.replace("a.tgz", "b.tgz"): "body"}
    text = "FROM a\nADD {} /f\nRUN cat /f\n"
    edit = Edit(path="Dockerfile", content=text.format(URL.replace("a.tgz", "b.tgz")))
    plan = plan_builds(text.format(URL), {}, [Change(edits=(edit,), remotes=same)], remotes=same)
    assert [r.status for r in plan.last.records if r.line in (2, 3) and r.step != "base"][-1] == "miss"


@pytest.mark.parametrize("builder", ["buildkit-containerd", "buildkit-overlay2", "legacy"])
def test_every_builder_sees_another_body_and_says_so(builder):
    text = f"FROM a\nADD {URL} /f\n"
    plan = plan_builds(text, {}, [Change(remotes={URL: "2"})], builder=builder)
    (add,) = [r for r in plan.last.records if r.line == 2 and r.status == "miss"]
    assert (add.reason.id, dict(add.reason.arguments)) == ("build.remote_changed", {"address": URL})


def test_going_back_to_an_earlier_body_hits():
    plan = plan_builds(f"FROM a\nADD {URL} /f\n", {}, [Change(remotes={URL: "2"}), Change(remotes={URL: "1"})],
                       remotes={URL: "1"})  # fmt: skip
    assert [build.misses for build in plan.builds] == [1, 1, 0]


def test_buildkit_asks_the_server_each_time_and_fetches_once_the_legacy_builder_fetches_each_time():
    text = f"FROM a\n# sim: 50 MB\nADD {URL} /f\n"
    buildkit, legacy = (plan_builds(text, {}, [Change()], builder=b) for b in ("buildkit-containerd", "legacy"))
    assert buildkit.last.rebuild_seconds == pytest.approx(0.2)
    assert buildkit.builds[0].rebuild_seconds > 0.2 + 50e6 / 125e6
    assert legacy.last.rebuild_seconds > 0.1


def test_a_hit_says_that_the_address_would_break_it():
    plan = plan_builds(f"FROM a\nADD {URL} /f\n", {}, [Change()])
    (add,) = [r for r in plan.last.records if r.status == "hit"]
    assert (add.reason.id, add.breaks.id) == ("build.hit_remote", "build.breaks_remote")
    assert dict(add.breaks.arguments) == {"address": URL}


MIRROR = "https://mirror.example.org/pub/a.tgz"


@pytest.mark.parametrize("builder", ["buildkit-containerd", "buildkit-overlay2", "legacy"])
def test_the_same_file_name_on_another_host_may_be_the_same_file(builder):
    text = "FROM a\nADD {} /f\nRUN cat /f\n"
    edits = (Edit(path="Dockerfile", content=text.format(MIRROR)),)

    def after(remotes):
        plan = plan_builds(text.format(URL), {}, [Change(edits=edits, remotes=remotes)], builder=builder)
        return [r for r in plan.last.records if r.line in (2, 3) and r.status != "base"]

    unknown = after({})
    assert [r.status for r in unknown] == ["depends", "depends"]
    assert unknown[0].reason.id == "build.remote_unknown"
    assert dict(unknown[0].reason.arguments) == {"address": MIRROR, "if_same": "hit", "if_changed": "miss"}
    assert [r.status for r in after({MIRROR: "other"})] == ["miss", "miss"]
    assert [r.status for r in after({MIRROR: URL})] == ["hit", "hit"]
