"""When steps start and end: closed forms for tasks that share a host, and the recorded times of real builders."""

import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.cost.timing import BuildTask, TaskPart, timeline
from sim.builds.plan import plan_builds
from sim.catalog import load

TWO_CORES = load.host("reference")
"""The host the published times are from: two cores, speed one."""


def cpu(name, *inputs, seconds=1.0, cores=1.0):
    return BuildTask(name, inputs, (TaskPart(cpu=seconds, cores=cores),))


def wait(name, *inputs, seconds=1.0):
    return BuildTask(name, inputs, (TaskPart(wait=seconds),))


def test_tasks_share_the_cores_and_waiting_shares_nothing():
    """Three core-seconds on two cores take 1.5 s; three seconds of waiting at the same time take one."""
    assert TWO_CORES.cores == 2
    assert timeline([cpu("a"), cpu("b"), cpu("c")], TWO_CORES).seconds == pytest.approx(1.5)
    assert timeline([wait("a"), wait("b"), wait("c")], TWO_CORES).seconds == pytest.approx(1.0)


def test_a_task_with_more_threads_than_cores_takes_longer_than_stated():
    """Four cores busy for a second are four core-seconds: two seconds on two cores."""
    assert timeline([cpu("a", cores=4)], TWO_CORES).seconds == pytest.approx(2.0)


def test_parts_follow_each_other_and_what_a_part_asks_for_goes_on_at_once():
    size = 0.5 * TWO_CORES.disk_write.value
    task = BuildTask("a", (), (TaskPart(wait=1.0), TaskPart(cpu=0.2, write=size)))
    assert timeline([task], TWO_CORES).seconds == pytest.approx(1.5)


def test_downloads_share_the_link_and_none_is_faster_than_its_sender():
    link = TWO_CORES.network.value
    two = [BuildTask(name, (), (TaskPart(fetch=link),)) for name in "ab"]
    assert timeline(two, TWO_CORES).seconds == pytest.approx(2.0)
    assert timeline([BuildTask("a", (), (TaskPart(fetch=link, rate=link / 4),))], TWO_CORES).seconds == pytest.approx(
        4.0
    )


def test_a_limit_lets_so_many_run_and_the_others_queue_in_order():
    tasks = [wait("a", seconds=3), wait("b", seconds=1), wait("c", seconds=1)]
    found = timeline(tasks, TWO_CORES, limit=2)
    assert found.spans == {"a": (0, 3), "b": (0, 1), "c": (1, 2)}
    assert timeline(tasks, TWO_CORES, limit=1).seconds == pytest.approx(5)


def test_the_critical_path_is_what_the_end_waited_for():
    tasks = [wait("a", seconds=1), wait("b", seconds=3), wait("c", "a", "b", seconds=1), wait("d", "a", seconds=2)]
    found = timeline(tasks, TWO_CORES)
    assert (found.seconds, found.critical) == (4, ("b", "c"))
    queued = timeline([wait("a", seconds=3), wait("b", seconds=1)], TWO_CORES, limit=1)
    assert queued.critical == ("a", "b")


def test_serial_tasks_follow_in_their_order_whatever_they_need():
    tasks = [wait("a", seconds=1), wait("b", seconds=3), wait("c", "a", seconds=1)]
    found = timeline(tasks, TWO_CORES, serial=True)
    assert found.spans == {"a": (0, 1), "b": (1, 4), "c": (4, 5)}
    assert found.critical == ("a", "b", "c")


def test_a_failure_ends_the_build_and_cancels_what_runs_beside_it():
    tasks = [wait("a", seconds=1), wait("bad", "a", seconds=2), wait("b", seconds=10), wait("c", "b"), wait("d")]
    found = timeline(tasks, TWO_CORES, failing="bad")
    assert found.seconds == 3
    assert found.cancelled == {"b", "c"}
    assert found.spans["b"] == (0, 3)
    assert found.critical == ("a", "bad")


def test_tasks_without_work_take_no_time():
    found = timeline([BuildTask("a"), BuildTask("b", ("a",)), wait("c", "b"), BuildTask("d", ("c",))], TWO_CORES)
    assert (found.seconds, found.spans) == (1, {"c": (0, 1)})


def sleeping(seconds):
    stages = [f"FROM busybox AS s{n}\nRUN sleep {seconds} && echo {n} > /o{n}\n" for n in range(3)]
    return "".join(stages) + "FROM busybox\n" + "".join(f"COPY --from=s{n} /o{n} /o{n}\n" for n in range(3))


RECORDED = [
    (1, "buildkit-containerd", 1.3, 2.2),
    (1, "legacy", 3.9, 6.2),
    (3, "buildkit-containerd", 3.5 * 0.95, 3.5 * 1.05),
    (3, "legacy", 10.0 * 0.95, 10.0 * 1.05),
]
"""Three independent stages of so many seconds, measured on the reference host (docs/model.md)."""


@pytest.mark.parametrize(("seconds", "builder", "low", "high"), RECORDED)
def test_three_sleeping_stages_take_what_was_measured(seconds, builder, low, high):
    plan = plan_builds(sleeping(seconds), {}, builder=builder, host="reference")
    assert low <= plan.last.rebuild_seconds <= high


def test_a_cached_legacy_step_takes_ten_milliseconds_and_a_cached_buildkit_step_none():
    text = "FROM a\n" + "".join(f"RUN sleep {n}\n" for n in range(1, 8))
    legacy, buildkit = (
        plan_builds(text, {}, [Change()], builder=b).last.rebuild_seconds for b in ("legacy", "buildkit-containerd")
    )
    assert (legacy, buildkit) == (pytest.approx(0.070), 0)


MANY = "".join(f"FROM a AS s{n}\n# sim: 10 s\nRUN make {n}\n" for n in range(6)) + "FROM a\n" + "".join(
    f"# sim: 0 s, 0 B\nCOPY --from=s{n} /o /o{n}\n" for n in range(6)
)  # fmt: skip


def test_compilers_side_by_side_share_the_cores_of_the_host():
    """The catalog's make: 0.3 s to start, 3 s waiting, 27 s with four cores busy; here scaled to ten seconds in all."""
    waiting, busy = 10 * 3.3 / 30.3, 10 * 27 / 30.3
    laptop = plan_builds(MANY, {}).last
    assert laptop.critical_seconds == pytest.approx(10)
    assert laptop.rebuild_seconds == pytest.approx(waiting + 6 * 4 * busy / 8)
    assert plan_builds(MANY, {}, host="reference").last.rebuild_seconds == pytest.approx(waiting + 6 * 4 * busy / 2)


def test_max_parallelism_makes_steps_wait_for_each_other():
    alone = plan_builds(MANY, {}, max_parallelism=1).last
    assert alone.rebuild_seconds == pytest.approx(6 * 10)
    ends = sorted(record.end for record in alone.records if record.end is not None)
    assert ends == pytest.approx([10, 20, 30, 40, 50, 60])


def test_records_say_when_each_step_ran_and_what_the_end_waited_for():
    text = (
        "FROM a AS one\n# sim: 5 s, 0 B\nRUN x\nFROM a\n# sim: 2 s, 0 B\nRUN y\n"
        "# sim: 1 s, 0 B\nCOPY --from=one /o /o\n"
    )
    records = {r.line: r for r in plan_builds(text, {}).records}
    spans = {line: (records[line].start, records[line].end) for line in (3, 6, 8)}
    assert spans == {3: (0, pytest.approx(5)), 6: (0, pytest.approx(2)), 8: (pytest.approx(5), pytest.approx(6))}
    assert [line for line in (3, 6, 8) if records[line].on_critical_path] == [3, 8]
    assert records[1].start is None


def test_base_images_are_pulled_where_asked_for_once_and_side_by_side():
    text = "FROM node:22-slim AS a\nRUN true\nFROM python:3.12-slim\nRUN true\nCOPY --from=a /x /x\n"
    here, pulled = (plan_builds(text, {}, pull_base=pull) for pull in (False, True))
    bases = [r for r in pulled.builds[0].records if r.status == "base"]
    assert all(r.start == 0 and r.end > 1 for r in bases)
    assert pulled.last.rebuild_seconds > here.last.rebuild_seconds + max(r.end for r in bases) - 0.1
    assert pulled.last.rebuild_seconds < here.last.rebuild_seconds + sum(r.end for r in bases)
    again = plan_builds(text, {}, [Change(no_cache=True)], pull_base=True)
    assert again.last.rebuild_seconds == pytest.approx(here.last.rebuild_seconds)


def test_a_pull_takes_round_trips_bytes_and_unpacking():
    """python:3.12-slim: its base layer is the largest and comes last over the link, and the others wait for it."""
    plan = plan_builds("FROM python:3.12-slim\nRUN true\n", {}, pull_base=True)
    (base,) = [r for r in plan.records if r.status == "base"]
    assert base.end == pytest.approx(0.5 + base.compressed / 125e6 + base.bytes / 190e6, rel=1e-6)


def test_buildkit_pulls_a_base_only_where_a_step_runs_on_it():
    text = "FROM python:3.12-slim\nCOPY x /x\n"
    fresh = plan_builds(text, {"x": "1"}, [Change(cache="max")], pull_base=True)
    assert fresh.last.rebuild_seconds == 0
    edited = Change(cache="max", edits=(Edit(path="x", content="2"),))
    assert plan_builds(text, {"x": "1"}, [edited], pull_base=True).last.rebuild_seconds > 1


FAILING = (
    "FROM a AS one\n# sim: 1 s, 1 MB\nRUN x\n# sim: 2 s, 1 MB, fails\nRUN bad\n"
    "FROM a AS two\n# sim: 2 s, 1 MB\nRUN quick\n# sim: 10 s, 1 MB\nRUN slow\n"
    "FROM a\nCOPY --from=one /o /o\nCOPY --from=two /o /o2\n"
)


def test_a_step_that_fails_ends_the_build_and_is_not_found_next_time():
    mended = Change(edits=(Edit(path="Dockerfile", content=FAILING.replace(", fails", "")),))
    plan = plan_builds(FAILING, {}, [mended])
    first, second = plan.builds
    assert first.rebuild_seconds == pytest.approx(3)
    assert {r.line: r.status for r in first.records if r.line > 1 and r.status != "base"} == {
        3: "miss", 5: "miss", 8: "miss", 10: "unused", 12: "unused", 13: "unused",
    }  # fmt: skip
    assert {r.line: r.reason.id for r in second.records if r.line in (3, 5, 8, 10)} == {
        3: "build.hit_command", 5: "build.unfinished", 8: "build.hit_command", 10: "build.unfinished",
    }  # fmt: skip


def test_the_legacy_builder_stops_at_the_step_that_fails():
    plan = plan_builds(FAILING, {}, builder="legacy")
    assert plan.last.rebuild_seconds == pytest.approx(3)
    assert {r.line: r.status for r in plan.records if r.line in (3, 5, 8, 10)} == {
        3: "miss", 5: "miss", 8: "unused", 10: "unused",
    }  # fmt: skip


def test_an_annotated_step_takes_its_time_whatever_end_of_the_hosts_speed():
    text = "FROM a\n# sim: 7 s, 1 MB\nRUN pip install x\n"
    assert [plan_builds(text, {}, bound=bound).last.rebuild_seconds for bound in ("low", "value", "high")] == [
        pytest.approx(7)
    ] * 3
