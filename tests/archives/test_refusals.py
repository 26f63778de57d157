"""Bad archives are refused with the reason and the place, in bounded memory, and nothing is written."""

import gzip
import json
import os
import sys
import tarfile
import tracemalloc

import pytest

from sim.archives.archive import read_images
from sim.archives.limits import LimitError, Limits
from sim.errors import InputError


def refusal(path, limits=None):
    with pytest.raises(InputError) as caught:
        read_images(path, limits or Limits())
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return str(caught.value)


@pytest.fixture
def layer(make):
    return make.tar(make.file("etc/passwd", b"root:x:0:0\n" * 50))


def docker(make, layer, **changes):
    """A docker save archive as {name: bytes}, to be spoilt."""
    config = make.config([layer])
    name = make.sha256(config).removeprefix("sha256:") + ".json"
    entry = {"Config": name, "RepoTags": ["a:1"], "Layers": ["l/layer.tar"], **changes}
    return {"l/layer.tar": layer, name: config, "manifest.json": json.dumps([entry]).encode()}


def test_an_empty_file(write):
    assert refusal(write(b"")).endswith("is empty; expected an archive of `docker save`, or of an OCI layout")


def test_a_path_that_is_not_there(tmp_path):
    assert refusal(tmp_path / "none.tar").endswith("does not exist")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04" + bytes(600), "a ZIP file"),
        (b"\x7fELF" + bytes(600), "a program (ELF)"),
        (b"\xfd7zXZ\0" + bytes(600), "unpack it with `xz -d`"),
        (b"hello", "5 B are too few"),
        (
            b"x" * 600,
            "its start is neither tar, gzip nor zstd; expected an archive of `docker save`, or of an OCI layout",
        ),
        (gzip.compress(b"no tar" * 500, mtime=0), "gzip file that holds no tar archive"),
    ],
)
def test_a_foreign_file(write, content, reason):
    assert reason in refusal(write(content))


def test_a_tar_of_something_else(make, write):
    message = refusal(write(make.tar(make.file("bin/sh", 100))))
    assert "neither manifest.json nor index.json" in message
    assert "`docker export`" in message


def test_an_archive_cut_anywhere_is_refused(make, write, layer):
    """Up to the last byte of its last file; the zeros after it may be missing."""
    whole = make.tar_of(docker(make, layer))
    for cut in range(1, len(whole.rstrip(b"\0")), 499):
        refusal(write(whole[:cut]))
    assert read_images(write(whole[: 512 * -(-len(whole.rstrip(b"\0")) // 512)]))


def test_an_archive_cut_inside_a_layer_says_so(make, write, layer):
    whole = make.tar_of(docker(make, layer))
    assert "'l/layer.tar'" in refusal(write(whole[:900]))
    assert "truncated" in refusal(write(whole[:900]))
    assert "truncated" in refusal(write(gzip.compress(whole)[:-200]))


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/passwd"])
def test_a_member_out_of_the_tree(make, write, name, layer):
    """In the archive itself and in a layer."""
    assert name in refusal(write(make.tar(make.file(name, b"x"))))
    assert name in refusal(write(make.docker_save((None, [make.tar(make.file(name, b"x"))]))))
    assert name in refusal(write(make.oci_files(("v", [make.tar(make.file(name, b"x"))]))))


@pytest.mark.parametrize("kind", ["symlink", "hardlink"])
def test_a_link_out_of_the_tree(make, write, kind, layer):
    link = getattr(make, kind)("l/layer.tar", "../../etc/passwd")
    files = docker(make, layer)
    del files["l/layer.tar"]
    members = [link, *(make.file(name, data) for name, data in files.items())]
    assert "out of" in refusal(write(make.tar(*members)))
    inside = make.tar(getattr(make, kind)("bin/a", "../../etc/passwd"))
    assert "leads out of its tree" in refusal(write(make.docker_save((None, [inside]))))


def test_a_symbolic_link_to_an_absolute_path_in_the_archive(make, write):
    assert "out of the archive" in refusal(write(make.tar(make.symlink("manifest.json", "/etc/passwd"))))


def test_links_that_go_round(make, write):
    data = make.tar(make.symlink("manifest.json", "a"), make.symlink("a", "manifest.json"))
    assert "leads back to itself: manifest.json -> a -> manifest.json" in refusal(write(data))


def test_a_link_out_of_a_folder(make, write, tmp_path, layer):
    folder = write(make.oci_files(("v", [layer])), "layout")
    (tmp_path / "secret.json").write_text("{}")
    (folder / "index.json").unlink()
    (folder / "index.json").symlink_to(tmp_path / "secret.json")
    assert "leads out of the folder" in refusal(folder)


def test_a_blob_whose_digest_does_not_match(make, write, layer):
    files = make.oci_files(("v", [layer]))
    name = next(name for name, data in files.items() if data[:2] == b"\x1f\x8b")
    for content in (files | {name: gzip.compress(b"else")}, files | {name: files[name] + b"\0"}):
        assert f"{name}: its content has the digest sha256:" in refusal(write(content))
    assert f"{name}: its content has the digest" in refusal(write(make.tar_of(files | {name: b"else"})))


def test_a_layer_that_is_not_the_one_of_the_configuration(make, write, layer):
    files = docker(make, layer)
    files["l/layer.tar"] = make.tar(make.file("etc/passwd", b"root::0:0\n"))
    message = refusal(write(make.tar_of(files)))
    assert "l/layer.tar: its content has the digest sha256:" in message
    assert make.sha256(layer) in message


def test_a_configuration_that_is_not_the_one_of_its_name(make, write, layer):
    files = docker(make, layer)
    name = next(name for name in files if name.endswith(".json") and name != "manifest.json")
    files[name] += b" "
    assert "not the one in its name" in refusal(write(make.tar_of(files)))


def test_a_size_that_is_not_the_descriptor_s(make, write, layer):
    def wrap(descriptors, put):
        return [{**descriptors[0], "size": 7}]

    assert "but its descriptor says 7" in refusal(write(make.oci_files(("v", [layer]), wrap=wrap)))


def test_a_missing_blob_or_layer_is_named_with_what_names_it(make, write, layer):
    files = make.oci_files(("v", [layer]))
    for name in [name for name in files if name.startswith("blobs/")]:
        message = refusal(write({key: data for key, data in files.items() if key != name}))
        assert f"{name}: is missing; " in message
    files = docker(make, layer)
    del files["l/layer.tar"]
    assert "l/layer.tar: is missing; manifest.json names it" in refusal(write(make.tar_of(files)))


def test_as_many_diff_ids_as_layers_are_wanted(make, write, layer):
    files = docker(make, layer, Layers=["l/layer.tar", "l/layer.tar"])
    assert "`rootfs.diff_ids` has 1 entries for 2 layers" in refusal(write(make.tar_of(files)))


def test_a_member_twice(make, write, layer):
    data = make.tar(make.file("manifest.json", b"[]"), make.file("./manifest.json", b"[{}]"))
    assert "has the member 'manifest.json' twice" in refusal(write(data))


def test_an_index_that_leads_to_itself_is_refused_though_no_digest_can_fit(make, write, layer):
    name = "sha256:" + "1" * 64
    loop = json.dumps({"manifests": [{"digest": name, "size": 1}]}).encode()
    message = refusal(write({"index.json": loop, "blobs/sha256/" + "1" * 64: loop}))
    assert "not the one in its name" in message


def test_indexes_nested_too_deeply(make, write, layer):
    def wrap(descriptors, put):
        for _ in range(20):
            descriptors = [put({"manifests": descriptors})]
        return descriptors

    assert "nested too deeply; the limit `nesting` allows 8" in refusal(
        write(make.oci_files(("v", [layer]), wrap=wrap))
    )


def test_too_many_images(make, write, layer):
    files = make.oci_files(("v", [layer]), wrap=lambda descriptors, put: descriptors * 50)
    assert "the limit `images` allows 10" in refusal(write(files), Limits(images=10))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[1, 2", "is not valid JSON"),
        (b'[{"Config": "a", "Config": "b"}]', "the key 'Config' is there twice"),
        (b"[" + b"9" * 10_000 + b"]", "is not valid JSON"),
        (b"[NaN]", "NaN is not a JSON number"),
        (b"[\xff]", "is not UTF-8"),
        (b"[]", "names no image"),
        (b"[[]]", "expected an object"),
        (b"[null]", "expected an object"),
        (b'[{"Config": 5, "Layers": []}]', "`Config` is 5; expected a string"),
        (b'[{"Config": "c", "Layers": {}}]', "c: is missing"),
        (b'[{"Config": "../c", "Layers": []}]', "leads out of its tree"),
        (b'{"a": 1}', "neither the list of images"),
        (b"hello", "is not the JSON of docker save"),
    ],
)
def test_absurd_manifests(make, write, document, reason):
    assert reason in refusal(write(make.tar(make.file("manifest.json", document))))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rootfs": None}, "expected an object"),
        ({"rootfs": {"diff_ids": "x"}}, "`diff_ids` is 'x'; expected a list"),
        ({"rootfs": {"diff_ids": [5]}}, "expected a digest"),
        ({"rootfs": {"diff_ids": ["sha512:" + "0" * 128]}}, "expected a digest, 'sha256:' and 64 hexadecimal digits"),
        ({"history": {}}, "`history` is {}; expected a list"),
        ({"history": [7]}, "expected an object"),
        ({"history": [{"created_by": 7}]}, "`created_by` is 7; expected a string"),
        ({"history": [{"empty_layer": "no"}]}, "expected true or false"),
        ({"os": []}, "`os` is []; expected a string"),
    ],
)
def test_absurd_configurations(make, write, layer, change, reason):
    config = json.dumps(json.loads(make.config([layer])) | change).encode()
    manifest = json.dumps([{"Config": "c.json", "Layers": ["l/layer.tar"]}]).encode()
    files = {"l/layer.tar": layer, "c.json": config, "manifest.json": manifest}
    assert reason in refusal(write(make.tar_of(files)))


@pytest.mark.parametrize("descriptor", [5, {}, {"digest": 5}, {"digest": "sha256:../../etc/passwd", "size": 1}])
def test_absurd_descriptors(write, descriptor):
    index = json.dumps({"schemaVersion": 2, "manifests": [descriptor]}).encode()
    assert "expected" in refusal(write({"index.json": index}))


def test_a_manifest_that_is_no_json_at_all(make, write):
    assert "is not the JSON of" in refusal(write({"index.json": b"\x00\x01"}))


def test_an_unknown_layout_version(make, write, layer):
    files = make.oci_files(("v", [layer])) | {"oci-layout": b'{"imageLayoutVersion": "2.0"}'}
    assert "`imageLayoutVersion` is '2.0'; expected '1.0.0'" in refusal(write(files))


def test_a_manifest_of_schema_1(make, write, layer):
    files = make.oci_files(("v", [layer]), wrap=lambda descriptors, put: [put({"fsLayers": [], "schemaVersion": 1})])
    assert "schema version 1" in refusal(write(files))


def test_a_layout_of_attestations_only(make, write, layer):
    def wrap(descriptors, put):
        return [{**descriptors[0], "platform": {"os": "unknown", "architecture": "unknown"}}]

    assert "names no image" in refusal(write(make.oci_files(("v", [layer]), wrap=wrap)))


def test_a_layer_that_is_no_tar(make, write):
    files = make.oci_files(("v", [b"not a tar " * 100]), compress=lambda data: data)
    assert "is no layer: neither a tar archive nor one in gzip or zstd" in refusal(write(files))


def test_a_device_in_the_archive(make, write):
    assert "only files, directories and links" in refusal(write(make.tar(make.other("c", tarfile.CHRTYPE))))


def test_a_bomb_is_stopped_by_how_far_it_expands(make, write):
    """64 MiB of zeros in 64 KiB: over 200 times. The real limit starts at 1 GiB; here at 1 MiB."""
    bomb = make.tar(make.file("zeros", bytes(64 * 2**20)))
    path = write(make.oci_files(("v", [bomb])))
    limits = Limits(expansion_from=2**20)
    tracemalloc.start()
    with pytest.raises(LimitError, match="expands to over 200 times its stored size, as a decompression bomb does"):
        read_images(path, limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20
    assert read_images(path)[0].layers[0].size == len(bomb)


def test_a_bomb_around_the_archive_is_stopped(make, write):
    data = gzip.compress(make.tar(make.file("zeros", bytes(64 * 2**20))))
    assert "as a decompression bomb does" in refusal(write(data), Limits(expansion_from=2**20))


def test_real_and_declared_sizes_over_the_limit_are_refused(make, write, layer):
    big = make.tar(make.file("big", 100_000))
    for content in (make.docker_save((None, [big])), make.oci_files(("v", [big]))):
        assert "the limit `content` allows 50000" in refusal(write(content), Limits(content=50_000))
    info = tarfile.TarInfo("huge")
    info.size = 10**15
    assert "'huge' declares 1000000000000000 B" in refusal(write(info.tobuf(tarfile.GNU_FORMAT) + bytes(5000)))
    sparse = make.file("s", b"x")
    sparse[0].pax_headers = {"GNU.sparse.name": "s", "GNU.sparse.realsize": "9" * 15}
    assert "declares 999999999999999 B" in refusal(write(make.docker_save((None, [make.tar(sparse)]))))


def test_too_many_files_are_refused(make, write):
    many = make.tar(*(make.file(f"f{number}") for number in range(200)))
    assert "the limit `entries` allows 100" in refusal(write(make.docker_save((None, [many]))), Limits(entries=100))
    assert "the limit `names` allows 300" in refusal(write(make.docker_save((None, [many]))), Limits(names=300))
    assert "the limit `members` allows 100" in refusal(write(many), Limits(members=100))


def test_a_few_names_cannot_ask_for_a_great_many_folders(make, write):
    """Ten names of 2,000 folders each: 20,010 entries."""
    deep = make.tar(*(make.file(f"{number}/" + "a/" * 1999 + "f") for number in range(10)))
    assert "the limit `entries` allows 20000" in refusal(
        write(make.docker_save((None, [deep]))), Limits(entries=20_000)
    )
    assert read_images(write(make.docker_save((None, [deep]))), Limits(entries=20_010))


def test_folders_listed_before_their_files_count_once(make, write):
    """As every builder writes them: a, a/b, a/b/1, a/b/2, a/c, a/c/3 are six."""
    layer = make.tar(
        *(make.folder(name) for name in ("a", "a/b")), make.file("a/b/1"), make.file("a/b/2"),
        make.folder("a/c"), make.file("a/c/3"),
    )  # fmt: skip
    assert read_images(write(make.docker_save((None, [layer]))), Limits(entries=6))
    assert "allows 5" in refusal(write(make.docker_save((None, [layer]))), Limits(entries=5))


def test_json_over_the_limit_is_refused(make, write):
    big = b"[" + b" " * 5000 + b"]"
    assert "allows" in refusal(write(make.tar(make.file("manifest.json", big))), Limits(document=1000))
    many = make.tar(*(make.file(f"{number}.json", big) for number in range(5)))
    assert "the limit `documents` allows 20000" in refusal(write(many), Limits(documents=20_000))


def test_what_is_wrong_with_a_file_that_no_image_names_does_not_matter(make, write, layer):
    files = docker(make, layer) | {
        "notes.tar": make.tar(make.file("../x")),
        "notes.gz": b"\x1f\x8bbroken",
        "notes.json": b"[",
    }
    assert len(read_images(write(make.tar_of(files)))) == 1


def test_several_problems_are_told_at_once(make, write):
    layers = [make.tar(make.file(name)) for name in "ab"]
    config = make.config([make.tar(make.file(name)) for name in "cd"])
    manifest = json.dumps([{"Config": "c.json", "Layers": ["1/layer.tar", "2/layer.tar"]}]).encode()
    files = {"1/layer.tar": layers[0], "2/layer.tar": layers[1], "c.json": config, "manifest.json": manifest}
    assert refusal(write(make.tar_of(files))).count("its content has the digest") == 2


opened: list[tuple[object, int]] | None = None


def note(event, arguments):
    if event == "open" and opened is not None:
        opened.append((arguments[0], arguments[2]))


sys.addaudithook(note)


def test_nothing_is_written(make, write, tmp_path, layer):
    """Python's own audit of every file that is opened while archives, good and bad, are read."""
    global opened
    good = [write(make.docker_save((None, [layer]))), write(make.oci_files(("v", [layer])))]
    bad = write(make.docker_save((None, [make.tar(make.file("../../evil", b"x"))])))
    before = sorted(tmp_path.rglob("*"))
    opened = []
    try:
        for path in good:
            read_images(path)
        refusal(bad)
        seen = opened
    finally:
        opened = None
    assert {str(bad), *(str(path) for path in good[:1])} <= {str(path) for path, _ in seen}
    assert not [path for path, flags in seen if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)]
    assert sorted(tmp_path.rglob("*")) == before
