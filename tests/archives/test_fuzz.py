"""However an archive is mutated, it is read or refused: no other exception, and no long wait."""

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.archives.archive import read_images
from sim.archives.limits import Limits
from sim.errors import InputError, Problem
from sim.inspection import describe
from tests.watchdog import watchdog

SMALL = Limits(content=2**20, expansion_from=2**16, entries=1000, names=2**16, documents=2**18)


def tried(path, data):
    """Read `data` through to the figures; whether it was taken."""
    path.write_bytes(data)
    problems: tuple[Problem, ...] = ()
    try:
        with watchdog():
            for image in read_images(path, SMALL):
                describe(image)
    except InputError as error:
        problems = error.problems
        taken = False
    else:
        taken = True
    assert taken == (not problems)
    assert all(problem.file and problem.message for problem in problems)
    return taken


@pytest.fixture
def archives(make):
    """Each form once, small, with a long name, links and a whiteout in its layers."""
    layers = [
        make.tar(make.folder("d"), make.file("d/a", b"content"), make.file("n" * 150), make.hardlink("d/h", "d/a")),
        make.tar(make.symlink("l", "d/a"), make.file("d/.wh.a"), make.file("e/.wh..wh..opq")),
    ]
    layout = make.oci_files(("v", layers), history=[{"created_by": "RUN a"}])
    return [
        make.docker_save((["a:1"], layers), (["b:1"], layers[:1])),
        gzip.compress(make.docker_save((["a:1"], layers)), mtime=0),
        make.tar_of(layout),
        make.tar_of(make.oci_files(("v", layers), compress=lambda layer: layer)),
    ]


def test_unmutated_archives_are_taken(archives, tmp_path):
    for data in archives:
        assert tried(tmp_path / "image", data)


mutations = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["set", "flip", "insert", "delete", "copy"]),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def mutated(data, changes):
    out = bytearray(data)
    for where, how, value in changes:
        at = int(where * max(len(out), 1))
        if how == "set":
            out[at : at + len(value)] = value
        elif how == "flip" and at < len(out):
            out[at] ^= value[0] or 1
        elif how == "insert":
            out[at:at] = value * 64
        elif how == "delete":
            del out[at : at + value[0] * 8]
        elif how == "copy":
            out[at:at] = out[at : at + 512]
    return bytes(out)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 3), changes=mutations)
def test_a_mutated_archive_raises_input_error_or_nothing(archives, tmp_path, which, changes):
    tried(tmp_path / "image", mutated(archives[which], changes))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=mutations, name=st.sampled_from(["layer", "config", "manifest", "index"]))
def test_a_mutated_part_with_all_digests_made_to_fit_does_so_too(make, tmp_path, changes, name):
    """Mutations that no checksum catches: the part is changed first and the archive built around it."""
    layer = make.tar(make.folder("d"), make.file("d/a", b"content"), make.symlink("l", "d/a"))
    if name == "layer":
        layer = mutated(layer, changes)
    config = make.config([layer], [{"created_by": "RUN a"}])
    if name == "config":
        config = mutated(config, changes)
    manifest = b'[{"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["l/layer.tar"]}]'
    index = make.oci_files(("v", [layer]))["index.json"]
    files = {"l/layer.tar": layer, "c.json": config}
    if name == "index":
        files["index.json"] = mutated(index, changes)
    else:
        files["manifest.json"] = mutated(manifest, changes) if name == "manifest" else manifest
    tried(tmp_path / "image", make.tar_of(files))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=2000), magic=st.sampled_from([b"", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"{", bytes(512)]))
def test_noise_is_refused(tmp_path, data, magic):
    assert not tried(tmp_path / "image", magic + data)
