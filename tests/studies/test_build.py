"""The build study: from files on disk to metrics."""

import pytest

from sim.builds.builders import walk_for
from sim.builds.context.edits import Change, Edit
from sim.engine.seeds import SeedTree
from sim.errors import InputError
from sim.outcome import Bound
from sim.studies import study
from sim.studies.base import Context, summarise
from sim.studies.build import STUDY, Build, what_if
from sim.studies.once import Once

DOCKERFILE = """FROM python:3.13-slim
# sim: 20 s, 90 MB
RUN pip install flask
# sim: 1 s, 1 MB
COPY app.py /app.py
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "shop" / "app.py").write_text("print(1)\n")
    (tmp_path / "shop" / "notes.md").write_text("notes\n")
    return tmp_path


def run(folder, bound="value", **params):
    context = Context("now", SeedTree(1), bound=bound, folder=str(folder))
    return STUDY.run(Build(context="shop", **params), context)


def edited(*edits):
    return (Change(edits=edits),)


def test_the_study_is_registered_with_its_metrics():
    assert study("build") is STUDY
    assert [m.name for m in STUDY.metrics] == [
        "steps", "hits", "misses", "misses_if_same", "misses_share", "rebuild_time", "saved_time", "new_bytes",
        "push_bytes", "image_bytes", "first_cause_line",
    ]  # fmt: skip


def test_an_edit_of_the_last_copy_costs_only_that_copy(folder):
    found = run(folder, builds=edited(Edit(path="app.py", append="print(2)\n")))
    assert {name: values[0] for name, values in found.samples.items()} == pytest.approx(
        {
            "steps": 2, "hits": 1, "misses": 1, "misses_if_same": 1, "misses_share": 0.5, "rebuild_time": 1,
            "saved_time": 20,
            "new_bytes": 1_000_000, "push_bytes": 1_000_000 / 3, "first_cause_line": 5,
            "image_bytes": 91_000_000 + 3 * 43_188_023,
        }, rel=1e-6
    )  # fmt: skip
    assert {record.of for record in found.records} == {"now"}
    assert sorted({record.build for record in found.records}) == ["1", "2"]


def test_a_copy_from_another_stage_is_found_where_its_run_left_the_same_and_a_run_on_a_run_is_not(folder):
    """As Docker 26.1 was recorded (run-env-unrelated-stage); the RUN on a RUN, the COPY and a RUN on that."""
    text = "FROM a AS s\nCOPY app.py /\nRUN one\nRUN two\nFROM a\nCOPY --from=s /out /\nRUN three\n"
    (folder / "shop" / "Dockerfile").write_text(text)
    found = run(folder, builds=edited(Edit(path="app.py", append="#\n")))
    assert (found.samples["misses"], found.samples["misses_if_same"]) == ([5], [3])
    assert run(folder, builds=edited(Edit(path="app.py", touch=True))).samples["misses_if_same"] == [0]


def test_the_dockerfile_itself_can_be_edited(folder):
    found = run(folder, builds=edited(Edit(path="Dockerfile", content=DOCKERFILE.replace("flask", "django"))))
    assert found.samples["misses"] == [2]
    assert found.samples["first_cause_line"] == [3]


def test_without_changes_the_metrics_are_the_first_builds(folder):
    found = run(folder)
    assert found.samples["misses"] == [2]
    assert found.samples["rebuild_time"] == [pytest.approx(21)]


def test_unchanged_files_on_disk_are_found_whatever_their_time(folder):
    found = run(folder, builds=edited(Edit(path="app.py", touch=True)))
    assert found.samples["misses"] == [0]
    assert found.samples["first_cause_line"] == [0]


def test_a_step_that_hangs_on_an_output_is_found_at_the_low_end_only(folder):
    text = "FROM a AS b\nCOPY app.py /\nRUN make\nFROM a\nCOPY --from=b /out /out\n"
    (folder / "shop" / "Dockerfile").write_text(text)
    changed = edited(Edit(path="app.py", append="2"))
    low, value, high = (run(folder, bound, builds=changed) for bound in ("low", "value", "high"))
    assert [r.samples["misses"] for r in (low, value, high)] == [[2], [3], [3]]
    (misses,) = [m for m in summarise(STUDY, "now", [value], [low], [high]) if m.metric == "misses"]
    assert misses.range == (2, 3)


def test_ignored_folders_are_not_walked(folder):
    (folder / "shop" / ".dockerignore").write_text("big\nDockerfile\n")
    big = folder / "shop" / "big"
    big.mkdir()
    (big / "secret").write_text("x")
    (big / "secret").chmod(0)
    (folder / "shop" / "Dockerfile").write_text("FROM a\nCOPY . /s\n")
    found = run(folder, builds=edited(Edit(path="big/other", content="1")))
    assert found.samples["misses"] == [0]


def test_a_missing_folder_or_dockerfile_is_refused(folder):
    context = Context("now", SeedTree(1), folder=str(folder))
    with pytest.raises(InputError, match="is not a directory; expected the folder of a build context"):
        STUDY.run(Build(context="nowhere"), context)
    with pytest.raises(InputError, match="failed to read dockerfile"):
        run(folder, dockerfile="Containerfile")


def test_estimates_are_marked(folder):
    (folder / "shop" / "Dockerfile").write_text("FROM a\nRUN pip install flask\n")
    found = run(folder)
    assert "rebuild_time" in found.estimates
    (record,) = [r for r in found.records if r.line == 2]
    assert record.estimate
    assert record.source.startswith("estimate: ")


@pytest.mark.parametrize("builder", ["buildkit-containerd", "buildkit-overlay2", "legacy"])
def test_every_builder_plans_the_same_files(folder, builder):
    found = run(folder, builder=builder, builds=edited(Edit(path="app.py", append="2")))
    assert found.samples["misses"] == [1]


def test_the_edit_that_is_imagined_is_one_of_a_source(folder):
    """Of what one COPY takes: not the first by name, nor a list, a test or a migration."""
    (folder / "shop" / "Dockerfile").write_text("FROM a\nCOPY . /s\n")
    for path in ("a.yml", "migrations/0001.py", "package.json", "src/main.rs", "src/main.test.js", "README.md"):
        (folder / "shop" / path).parent.mkdir(exist_ok=True)
        (folder / "shop" / path).write_text("x")
    (folder / "shop" / "app.py").unlink()
    (imagined,) = what_if(Build(context="shop"), folder)
    assert imagined.path == "src/main.rs"


@pytest.mark.parametrize(
    ("dockerfile", "builds", "builder", "walks"),
    [
        (DOCKERFILE, edited(Edit(path="app.py", append="x")), "buildkit-containerd", 3),
        (DOCKERFILE, (*edited(Edit(path="app.py", append="x")), Change(cache="empty")), "legacy", 5),
        (DOCKERFILE, (Change(cache="kept"), Change(cache="max")), "buildkit-overlay2", 5),
        ("FROM scratch\nCOPY app.py /\n# sim: fails\nRUN x\n", edited(Edit(path="app.py", append="x")), "legacy", 15),
    ],
)
def test_ends_of_the_ranges_take_what_the_cache_says_from_the_middle(
    folder, monkeypatch, dockerfile, builds, builder, walks
):
    """Each build is walked once as it is and, but for the first, once more as if each RUN left the same bytes.

    Where a step fails, which steps have run by then hangs on the times. So each end walks anew, and each build once
    more to find that step.
    """
    (folder / "shop" / "Dockerfile").write_text(dockerfile)
    bounds: tuple[Bound, ...] = ("value", "low", "high")
    alone = {bound: run(folder, bound, builds=builds, builder=builder) for bound in bounds}
    asked = []
    monkeypatch.setattr("sim.builds.session.walk_for", lambda *a, **k: asked.append(1) or walk_for(*a, **k))
    once = Once()
    contexts = {bound: Context("now", SeedTree(1), bound=bound, folder=str(folder), once=once) for bound in bounds}
    together = {
        bound: STUDY.run(Build(context="shop", builds=builds, builder=builder), context)
        for bound, context in contexts.items()
    }
    assert together == alone
    assert len(asked) == walks
