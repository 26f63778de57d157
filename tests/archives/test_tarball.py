"""The tar reader, against the standard library's writer and by hand-made headers."""

import io
import string
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.archives.limits import LimitError, Limits, RemainingLimits
from sim.archives.tarball import TarStream, starts_tar
from sim.errors import InputError


def pieces(data, size):
    return iter([data[at : at + size] for at in range(0, len(data), size)])


def members(data, size=512, limits=None):
    return list(TarStream(pieces(data, size), RemainingLimits(limits or Limits()), "x.tar"))


def payloads(data, size):
    stream = TarStream(pieces(data, size), RemainingLimits(Limits()), "x.tar")
    return [b"".join(stream.payload()) for _ in stream]


names = st.lists(
    st.text(string.ascii_letters + string.digits + " .-_é漢", min_size=1, max_size=60), min_size=1, max_size=6
).map("/".join)


@settings(max_examples=60, deadline=None)
@given(
    files=st.lists(st.tuples(names, st.binary(max_size=1500), st.integers(0, 0o7777)), max_size=6),
    form=st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    piece=st.sampled_from([1, 7, 511, 512, 513, 4096, 1 << 20]),
)
def test_files_come_back_as_tarfile_wrote_them_however_the_stream_is_cut(files, form, piece):
    out = io.BytesIO()
    written = []
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8") as archive:
        for name, data, mode in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode
            try:
                archive.addfile(info, io.BytesIO(data))
            except ValueError:
                # ustar has no room for some long names; tarfile then writes nothing.
                continue
            written.append((name, data, mode))
    data = out.getvalue()
    assert [(one.name, one.size, one.mode) for one in members(data, piece)] == [
        (name, len(content), mode) for name, content, mode in written
    ]
    assert payloads(data, piece) == [content for _, content, _ in written]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_long_links_of_both_forms_are_whole(make, form):
    name, target = "d/" * 150 + "name", "e/" * 150 + "target"
    (link,) = members(make.tar(make.symlink(name, target), form=form))
    assert (link.name, link.kind, link.link) == (name, "symlink", target)


def test_the_kinds_are_told_apart(make):
    data = make.tar(
        make.file("f"), make.folder("d"), make.symlink("s", "f"), make.hardlink("h", "f"),
        make.other("p", tarfile.FIFOTYPE), make.other("c", tarfile.CHRTYPE),
    )  # fmt: skip
    assert [one.kind for one in members(data)] == ["file", "directory", "symlink", "hardlink", "other", "other"]


def test_names_that_are_not_utf_8_are_kept(make):
    data = make.tar(make.file("caf\udce9"), form=tarfile.GNU_FORMAT)
    assert members(data)[0].name.encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_an_empty_archive_has_no_members(make):
    assert members(make.tar()) == []
    assert starts_tar(make.tar())
    assert members(b"") == []


def test_an_end_without_the_two_blocks_of_zeros_is_taken(make):
    data = make.tar(make.file("a", b"x"))
    assert [one.name for one in members(data[:1024])] == ["a"]


def header(name="a", size=0, kind=b"0"):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return bytearray(info.tobuf(tarfile.GNU_FORMAT))


def sealed(head):
    """The header with its checksum set anew."""
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def test_a_size_of_8_gib_or_more_is_read_in_base_256():
    size = 9 * 2**30
    with pytest.raises(InputError, match=rf"'a', {size} B early"):
        members(bytes(header(size=size)))


def test_an_old_gnu_sparse_file_has_its_real_size_and_its_map_is_skipped(make):
    head = header("sparse", 512, b"S")
    head[482] = 1
    head[483:495] = b"%011o\0" % 1_000_000
    more = bytearray(512)
    more[504] = 1
    data = sealed(head) + bytes(more) + bytes(512) + b"x" * 512 + make.tar(make.file("next"))
    first, second = members(data)
    assert (first.name, first.size, first.stored, second.name) == ("sparse", 1_000_000, 512, "next")


def test_a_pax_sparse_file_has_its_real_name_and_size(make):
    info, data = make.file("GNUSparseFile.0/real", b"y" * 100)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.name": "real", "GNU.sparse.realsize": "5000"}
    (one,) = members(make.tar((info, data)))
    assert (one.name, one.size, one.stored) == ("real", 5000, 100)


@pytest.mark.parametrize("cut", [100, 512 + 10, 512 + 512 + 100, 1024 + 512 + 1])
def test_an_archive_cut_inside_a_header_or_payload_is_truncated(make, cut):
    data = make.tar(make.file("a", b"x" * 300), make.file("b", b"y" * 2000))
    with pytest.raises(InputError, match="the archive is truncated"):
        members(data[:cut])


def test_a_damaged_header_in_the_middle_is_no_end(make):
    data = bytearray(make.tar(make.file("a", b"x"), make.file("b", b"y")))
    data[1024 + 5] ^= 1
    with pytest.raises(InputError, match=r"x\.tar: its tar stream has a damaged header after 'a'"):
        members(bytes(data))


def test_a_negative_size_is_refused():
    head = header()
    head[124:136] = b"\xff" * 12
    with pytest.raises(InputError, match="negative size: -1"):
        members(sealed(head))


def test_a_size_that_is_no_number_is_refused():
    head = header()
    head[124:136] = b"1_0        \0"
    with pytest.raises(InputError, match="a size that is no number"):
        members(sealed(head))


def test_a_declared_size_over_the_limit_is_refused_before_a_byte_of_it_is_read():
    with pytest.raises(LimitError, match="'a' declares 1001 B; the limit `content` allows 1000"):
        members(bytes(header(size=1001)), limits=Limits(content=1000))


def test_an_extended_header_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(LimitError, match="extended header of 2000000 B"):
        members(bytes(header(size=2_000_000, kind=b"x")))


def test_a_name_over_the_limit_is_refused(make):
    with pytest.raises(LimitError, match="name that is too long"):
        members(make.tar(make.file("n" * 5000)))


@pytest.mark.parametrize("record", [b"garbage", b"99 path=a\n", b"5 path=abc\n", b"8 path=a\n", b"10 path=a\0\n"])
def test_damaged_pax_records_are_refused(record, make):
    data = sealed(header("pax", len(record), b"x")) + record.ljust(512, b"\0") + make.tar(make.file("a"))
    with pytest.raises(InputError, match=r"damaged pax header|NUL byte"):
        members(data)


def test_skipped_payload_is_not_held(make):
    """Ten times 8 MiB pass through while the reader holds at most a chunk."""
    import tracemalloc

    def stream():
        for number in range(10):
            yield bytes(header(f"f{number}", 8 * 2**20))
            for _ in range(32):
                yield bytes(2**18)

    tracemalloc.start()
    count = sum(1 for _ in TarStream(stream(), RemainingLimits(Limits()), "x"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10
    assert peak < 2**20
