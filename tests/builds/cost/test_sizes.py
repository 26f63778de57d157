"""What layers hold: measured bytes of rm, chmod and mv, and sizes taken from a real image's history."""

import hashlib
import io
import json
import tarfile

import pytest

from sim.builds.context.edits import Change, Edit
from sim.builds.cost.history import entries, normal
from sim.builds.plan import plan_builds
from sim.errors import InputError

MIB = 2**20
BASE = "# sim: 2 MiB\nFROM busybox\n"
WRITE = "# sim: 1 s, /data 20 MiB\nRUN head -c 20971520 /dev/urandom > /data"

MEASURED = [
    ("removed later", "\nRUN rm /data\n", 22),
    ("in one chain", " && rm /data\n", 2),
    ("chmod later", "\nRUN chmod 600 /data\n", 42),
    ("chown later", "\nRUN chown -R 1000:1000 /data\n", 42),
    ("mv later", "\nRUN mv /data /other\n", 42),
    ("a byte appended later", "\nRUN echo >> /data\n", 42),
    ("chmod twice", "\nRUN chmod 600 /data\nRUN chmod 644 /data\n", 62),
    ("chmod, then removed", "\nRUN chmod 600 /data\nRUN rm -rf /data\n", 42),
    ("removed, then nothing to chmod", "\nRUN rm /data\nRUN chmod 600 /data || true\n", 22),
    ("written, removed, written in a working directory", " && cd / && rm -f data && touch /x\n", 2),
]
"""The first six are measured (docs/model.md, Layers); the rest follow."""


@pytest.mark.parametrize("builder", ["buildkit-containerd", "legacy"])
@pytest.mark.parametrize(("rest", "mebibytes"), [m[1:] for m in MEASURED], ids=[m[0] for m in MEASURED])
def test_an_image_keeps_what_was_measured(rest, mebibytes, builder):
    plan = plan_builds(BASE + WRITE + rest, {}, builder=builder)
    assert plan.last.image_bytes / MIB == pytest.approx(mebibytes, abs=0.02)


def test_files_of_a_copy_are_followed_too_relative_to_the_working_directory():
    files = {"app/a": "x" * 1_000_000, "app/b": "x" * 500_000, "other": "x" * 9_000_000}
    text = "# sim: 0 B\nFROM a\nWORKDIR /srv\nCOPY app app\nCOPY other .\nRUN chown -R app:app app\n"
    plan = plan_builds(text, files)
    (run,) = [r for r in plan.records if r.line == 6]
    assert run.bytes == pytest.approx(1_500_000, rel=0.01)
    assert "holds once more: /srv/app/a, /srv/app/b" in run.source
    exec_form = plan_builds(text.replace("RUN chown -R app:app app", 'RUN ["chown", "-R", "app", "/srv/app"]'), files)
    assert exec_form.last.image_bytes == plan.last.image_bytes


def test_a_stage_leaves_its_layers_behind():
    text = f"FROM a AS work\n{WRITE}\n{BASE}# sim: 72 B\nCOPY --from=work /data /sum\n"
    assert plan_builds(text, {}).last.image_bytes == 2 * MIB + 72


def test_a_size_or_a_time_alone_leaves_the_other_an_estimate():
    (only_time,) = [r for r in plan_builds("FROM a\n# sim: 3 s\nRUN pip install x\n", {}).records if r.line == 3]
    assert (only_time.seconds, only_time.estimate) == (3, True)
    assert only_time.bytes == 10_000_000  # one package that is named, in steps.toml
    (both,) = [r for r in plan_builds("FROM a\n# sim: 3 s, 5 MB\nRUN pip install x\n", {}).records if r.line == 3]
    assert (both.seconds, both.bytes, both.estimate) == (3, 5_000_000, False)


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("# sim: /data", "'/data' in '# sim:' is no duration or size"),
        ("# sim: 3 s, /data big", "'/data big' in '# sim:'"),
        ("# sim: 3 parsecs", "'3 parsecs' in '# sim:'"),
    ],
)
def test_an_annotation_that_cannot_be_read_names_its_part(comment, words):
    with pytest.raises(InputError, match=words):
        plan_builds(f"FROM a\n{comment}\nRUN x\n", {})
    with pytest.raises(InputError, match="is no size; expected '# sim: 30 MB'"):
        plan_builds("# sim: 3 s\nFROM a\nRUN x\n", {})


def test_a_base_image_weighs_its_real_layers_or_says_that_it_is_an_estimate():
    known, near, unknown = (
        next(r for r in plan_builds(f"FROM {name}\nRUN x\n", {}).records if r.status == "base")
        for name in ("alpine", "python:3.13-slim", "example.com/x:1")
    )
    assert known.compressed == 3_849_738
    assert "repo-info" in known.source
    assert "as python:3.12-slim" in near.source
    assert unknown.source.startswith("estimate: official images")


def archive(path, made):
    """A `docker save` archive: (created_by, second of the minute, bytes or None for an entry without a layer)."""
    history, layers, diff_ids = [], [], []
    with tarfile.open(path, "w") as out:

        def put(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))

        for number, (text, second, size) in enumerate(made):
            entry = {"created": f"2024-01-01T00:00:{second:02}.123456789Z", "created_by": text}
            history.append(entry if size is not None else entry | {"empty_layer": True})
            if size is None:
                continue
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w") as layer:
                info = tarfile.TarInfo(f"f{number}")
                info.size = size
                layer.addfile(info, io.BytesIO(b"x" * size))
            layers.append(f"{number}/layer.tar")
            diff_ids.append("sha256:" + hashlib.sha256(inner.getvalue()).hexdigest())
            put(layers[-1], inner.getvalue())
        config = {"rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": history, "architecture": "amd64"}
        put("config.json", json.dumps(config).encode())
        put("manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["shop:1"], "Layers": layers}]).encode())


MADE = [
    ("/bin/sh -c #(nop) ADD file:0a1b in / ", 0, 1_000_000),
    ('/bin/sh -c #(nop)  CMD ["sh"]', 0, None),
    ("WORKDIR /app", 10, 0),
    ("COPY requirements.txt . # buildkit", 11, 2000),
    ("RUN /bin/sh -c pip install -r requirements.txt # buildkit", 41, 30_000_000),
    ("RUN |1 V=1 /bin/sh -c make all # buildkit", 43, 400_000),
    ("COPY src . # buildkit", 44, 70_000),
]
TEXT = "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nRUN make everything\nCOPY src .\n"  # noqa: E501
FILES = {"requirements.txt": "flask", "src/a.py": "1"}


def test_steps_take_size_and_time_from_a_real_images_history(tmp_path):
    archive(tmp_path / "shop.tar", MADE)
    plan = plan_builds(TEXT, FILES, like=entries("shop.tar", tmp_path))
    found = {r.line: r for r in plan.records}
    assert found[4].bytes == pytest.approx(30_000_000, rel=0.001)
    assert found[4].seconds == pytest.approx(30)
    assert found[4].source == "history of shop:1, layer 4"
    assert not found[4].estimate
    assert found[5].bytes == pytest.approx(400_000, rel=0.03)
    assert found[6].bytes == pytest.approx(70_000, rel=0.2)
    assert plan.last.rebuild_seconds == pytest.approx(10 + 1 + 30 + 2 + 1, abs=0.01)


def test_an_annotation_goes_before_the_history(tmp_path):
    archive(tmp_path / "shop.tar", MADE)
    text = TEXT.replace("RUN make", "# sim: 5 s\nRUN make")
    (run,) = [r for r in plan_builds(text, FILES, like=entries("shop.tar", tmp_path)).records if r.line == 6]
    assert run.seconds == 5
    assert run.bytes == pytest.approx(400_000, rel=0.03)


def test_an_image_of_the_catalog_gives_sizes_too():
    text = "FROM debian:trixie-slim\nRUN groupadd redis\nRUN apt-get install tzdata\nRUN make\nRUN mkdir /data\n"
    plan = plan_builds(text + "WORKDIR /data\nCOPY x /\n", {"x": "1"}, like=entries("redis:latest"))
    found = {r.line: r.compressed for r in plan.records}
    assert [found[line] for line in (2, 3, 4, 5, 6, 7)] == [1101, 824, 25_639_861, 97, 32, 2109]


def test_what_is_no_image_is_refused_with_a_hint(tmp_path):
    with pytest.raises(InputError, match="did you mean 'redis:latest'"):
        entries("redis:lates", tmp_path)
    (tmp_path / "x.tar").write_bytes(b"nothing")
    with pytest.raises(InputError):
        entries("x.tar", tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN |1 A=b /bin/sh -c pip install x # buildkit", ("RUN", "pip install x")),
        ("/bin/sh -c pip  install x", ("RUN", "pip install x")),
        ("/bin/sh -c #(nop) COPY dir:0a in /app ", ("COPY", "/app")),
        ("RUN /bin/bash -o pipefail -c a | b # buildkit", ("RUN", "a | b")),
        ("COPY --chown=1 a b /c/ # buildkit", ("COPY", "/c/")),
        ("RUN --mount=type=cache,target=/c pip install x", ("RUN", "pip install x")),
        ("CMD [\"sh\"]", ("CMD", '["sh"]')),
    ],
)  # fmt: skip
def test_history_and_dockerfile_are_compared_without_what_builders_add(text, expected):
    assert normal(text) == expected


def test_new_layers_are_pushed_compressed():
    plan = plan_builds(
        "FROM a\n# sim: 1 s, 30 MB\nRUN x\nCOPY x /x\n", {"x": "1"}, [Change(edits=(Edit(path="x", content="22"),))]
    )
    assert (plan.builds[0].push_bytes, plan.builds[0].new_bytes) == (10_000_000, 30_000_001)
    assert plan.last.new_bytes == 2
