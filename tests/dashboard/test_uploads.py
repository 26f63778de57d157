"""Files a reader brings: laid out as they are, refused where they would reach out of their folder or are too many."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from dashboard.uploading import uploads
from dashboard.uploading.unpacked import UnpackedFile
from dashboard.uploading.uploads import Upload, latest, read
from sim.archives.limits import Limits
from sim.errors import InputError

HOSTILE = Path(__file__).parents[1] / "data" / "hostile"
DOCKERFILE = b"FROM python:3.13-slim\nCOPY . .\n"


def tar(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def member(name: str, data: bytes = b"", *, kind: bytes = tarfile.REGTYPE, to: str = "", mode: int = 0o644) -> tuple[
    tarfile.TarInfo, bytes
]:  # fmt: skip
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, to, mode
    return info, data


def zipped(files: dict[str, bytes], *, links: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            kind = stat.S_IFLNK if name in links else stat.S_IFREG
            info.external_attr = (kind | 0o755) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def laid(items: tuple[UnpackedFile, ...]) -> dict[str, bytes]:
    """What stands on disk of an upload."""
    upload = Upload(items)
    root = Path(upload.folder)
    return {name: (root / name).read_bytes() for name in upload.names}


def test_single_files_are_laid_out_under_their_names() -> None:
    assert laid(read([("Dockerfile", DOCKERFILE), ("a.py", b"1\n")])) == {"Dockerfile": DOCKERFILE, "a.py": b"1\n"}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_is_laid_out_without_the_folder_that_holds_everything(mode: str) -> None:
    data = tar(
        member("shop", kind=tarfile.DIRTYPE), member("shop/Dockerfile", DOCKERFILE), member("shop/src/a.py"), mode=mode
    )
    assert set(laid(read([("shop.tar", data)]))) == {"Dockerfile", "src/a.py"}


def test_a_zip_is_laid_out_with_its_permissions() -> None:
    upload = Upload(read([("x.zip", zipped({"Dockerfile": DOCKERFILE, "run.sh": b"#!/bin/sh\n"}))]))
    assert stat.S_IMODE((Path(upload.folder) / "run.sh").stat().st_mode) == 0o755


def test_links_inside_the_folder_are_kept_as_links() -> None:
    data = tar(
        member("Dockerfile", DOCKERFILE),
        member("src/a", b"x"),
        member("src/b", kind=tarfile.SYMTYPE, to="../Dockerfile"),
    )
    upload = Upload(read([("x.tar", data)]))
    assert (Path(upload.folder) / "src/b").is_symlink()


def test_a_hard_link_is_a_file_of_the_same_content() -> None:
    data = tar(member("Dockerfile", DOCKERFILE), member("copy", kind=tarfile.LNKTYPE, to="Dockerfile"))
    assert laid(read([("x.tar", data)]))["copy"] == DOCKERFILE


@pytest.mark.parametrize("name", ["../a", "/etc/a", "x/../../a", "..\\a", "C:\\a"])
def test_a_path_that_leaves_the_folder_is_refused_by_its_name(name: str) -> None:
    for upload in (("x.tar", tar(member(name, b"x"))), ("x.zip", zipped({name: b"x"})), (name, b"x")):
        with pytest.raises(InputError, match="leaves the folder"):
            read([upload])


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "a/../../x"])
def test_a_link_out_of_the_folder_is_refused(target: str) -> None:
    for data in (
        tar(member("Dockerfile", DOCKERFILE), member("link", kind=tarfile.SYMTYPE, to=target)),
        zipped({"Dockerfile": DOCKERFILE, "link": target.encode()}, links=("link",)),
    ):
        with pytest.raises(InputError, match="out of the folder"):
            read([("x", data)])


def test_a_file_below_a_link_is_refused() -> None:
    data = tar(member("Dockerfile", DOCKERFILE), member("d", kind=tarfile.SYMTYPE, to="."), member("d/x", b"x"))
    with pytest.raises(InputError, match="which is no folder"):
        read([("x.tar", data)])


def test_a_device_is_refused() -> None:
    with pytest.raises(InputError, match="device or a pipe"):
        read([("x.tar", tar(member("null", kind=tarfile.CHRTYPE)))])


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = bytes(80 * 2**20)
    for data in (zipped({"a": bomb}), tar(member("a", bomb))):
        assert len(data) < 2**20
        with pytest.raises(InputError, match="limit `content`"):
            read([("x", data)])


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMITS", Limits(entries=2))
    many = {f"f{n}": b"" for n in range(3)}
    for upload in ([("x.zip", zipped(many))], [("x.tar", tar(*(member(n) for n in many)))], list(many.items())):
        with pytest.raises(InputError, match=r"over 2 files|too many files"):
            read(upload)


def test_folders_are_counted_before_they_are_made() -> None:
    """A hundred files, each far below a folder of its own."""
    files = {f"{n}/" + "a/" * 244 + "f": b"" for n in range(100)}
    with pytest.raises(InputError, match="needs over 5000 folders"):
        read([("x.zip", zipped(files))])
    with pytest.raises(InputError, match=r"leads through 256 folders; at most 255"):
        read([("x.zip", zipped({"f": b"", "a/" * 256 + "f": b""}))])
    assert len(read([("x.zip", zipped({"f": b"", "a/" * 255 + "f": b""}))])) == 2


@pytest.mark.parametrize("name", ["x.tar.gz", "x.zip", "x.7z"])
def test_what_only_claims_to_be_an_archive_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is no archive that can be read"):
        read([(name, b"nothing of the kind")])


def test_a_truncated_archive_is_refused() -> None:
    whole = zipped({"Dockerfile": DOCKERFILE * 99})
    packed = tar(member("Dockerfile", DOCKERFILE * 99), mode="w")
    for name, data in (("x.zip", whole[:-30]), ("x.tar", packed[:700])):
        with pytest.raises(InputError, match=r"cannot be read|truncated"):
            read([(name, data)])


@dataclass(frozen=True)
class Named:
    name: str
    turn: int = 0


def test_a_second_dockerfile_replaces_the_first_and_an_archive_all_that_was_there() -> None:
    first, second, other, archive = Named("Dockerfile", 1), Named("Dockerfile", 2), Named("app.py"), Named("x.tar.gz")
    assert latest([], [first, other]) == [first, other]
    assert latest([first, other], [second]) == [second, other]
    assert latest([first, other], [archive]) == [archive]
    assert latest([archive], [second]) == [second]
    assert latest([archive], []) == [archive], "something else was taken away again"
    assert latest([], [first, archive]) == [first, archive], "brought together they are the files of one context"


def test_what_is_said_of_a_damaged_zip_quotes_none_of_its_bytes() -> None:
    whole = bytearray(zipped({"Dockerfile": DOCKERFILE, "b": b"1"}))
    whole[whole.index(b"Dockerfile") + 2] = 0xFF  # the name in the local header, which zipfile quotes as b'...'
    with pytest.raises(InputError, match=r"cannot be read as a \.zip: it is damaged \(BadZipFile\)"):
        read([("x.zip", bytes(whole))])


def test_the_temporary_folder_goes_with_its_upload() -> None:
    upload = Upload(read([("Dockerfile", DOCKERFILE)]))
    folder = Path(upload.folder)
    assert folder.is_dir()
    del upload
    assert not folder.exists()


# ---- hostile archives ---------------------------------------------------------------------------------------------


def packed(name: str, data: bytes, method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(("method", "word"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
def test_a_zip_is_stored_or_deflated(method: int, word: str) -> None:
    """A few hundred bytes of the others unpack to gigabytes in one piece."""
    with pytest.raises(InputError, match=rf"'a' compressed by {word}; expected stored or deflate"):
        read([("x.zip", packed("a", b"1", method))])


def test_bytes_of_a_zip_are_counted_as_they_come_not_as_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMITS", Limits(content=1_000_000))
    honest = packed("a", bytes(900_000), zipfile.ZIP_DEFLATED)
    assert len(read([("x.zip", honest)])[0].data) == 900_000
    twice = zipped({"a": bytes(600_000), "b": bytes(600_000)})
    lying = bytearray(twice)
    for at in (lying.find(b"PK\1\2"), lying.rfind(b"PK\1\2")):
        lying[at + 24 : at + 28] = (1).to_bytes(4, "little")  # the size it declares
    for data in (twice, bytes(lying)):
        with pytest.raises(InputError, match=r"limit `content`|cannot be read"):
            read([("x.zip", data)])


def test_a_zip_s_directory_is_bounded_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped({f"{n:04}": b"" for n in range(2_000)})
    opened: list[object] = []
    monkeypatch.setattr(uploads, "LIMITS", Limits(entries=10, names=100))
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: opened.append(_))
    with pytest.raises(InputError, match="over 10 files"):
        read([("x.zip", many)])
    assert not opened


def test_an_encrypted_zip_and_a_zip64_are_refused_by_what_they_are() -> None:
    locked = bytearray(zipped({"a": b"1"}))
    at = locked.find(b"PK\1\2")
    locked[at + 8] |= 1
    with pytest.raises(InputError, match="encrypted"):
        read([("x.zip", bytes(locked))])
    end = zipped({"a": b"1"})
    end = end[:-22] + b"PK\x06\x07" + bytes(16) + end[-22:]
    with pytest.raises(InputError, match="ZIP64"):
        read([("x.zip", end)])


def test_more_than_the_limit_is_refused_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.limits.CONTEXT_UPLOAD", 2**20)
    with pytest.raises(InputError, match=r"1048577 bytes; expected at most 1048576 \(1 MiB\)"):
        read([("a", bytes(2**19)), ("b", bytes(2**19 + 1))])


def test_hard_links_count_as_the_files_they_are_written_as() -> None:
    copies = [member(f"c{n}", kind=tarfile.LNKTYPE, to="a") for n in range(9)]
    with pytest.raises(InputError, match="limit `content`"):
        read([("x.tar", tar(member("a", bytes(8 * 2**20)), *copies))])


CHAINS = (
    {"d": ".", "e": "d/.."},
    {"d": ".", "e": "d/d/d/../../etc"},
    {"a/b/c": "../..", "e": "a/b/c/.."},
    {"a/up": "..", "b/e": "../a/up/../x"},
    {"one": "two", "two": "a/../..", "a/x": "."},
    {"a/b": ".", "c": "a/b/../../.."},
)


@pytest.mark.parametrize("links", CHAINS)
def test_a_link_that_leaves_the_folder_through_other_links_is_refused(links: dict[str, str], tmp_path: Path) -> None:
    """The file system itself is asked whether the way leaves; the upload is never laid out."""
    root = tmp_path / "root"
    for name, target in links.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)
    assert any(not (root / name).resolve().is_relative_to(root) for name in links)
    as_tar = tar(*(member(name, kind=tarfile.SYMTYPE, to=target) for name, target in links.items()))
    as_zip = zipped({name: target.encode() for name, target in links.items()}, links=tuple(links))
    for data in (as_tar, as_zip):
        with pytest.raises(InputError, match="out of the folder"):
            read([("x", data)])


@pytest.mark.parametrize("seed", range(40))
def test_links_are_judged_as_the_file_system_resolves_them(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    folders = ["", "a/", "a/b/", "c/"]
    names = [f"{random.choice(folders)}l{n}" for n in range(6)]
    words = ["..", "..", ".", "a", "b", "c", "gone", *names]
    links = {name: "/".join(random.choices(words, k=random.randint(1, 4))) for name in names}
    root = tmp_path / "root"
    (root / "a/b").mkdir(parents=True)
    (root / "c").mkdir()
    for name, target in links.items():
        (root / name).symlink_to(target)
    (tmp_path / "secret").write_text("")

    def leaves(name: str) -> bool:
        """Step by step, where there is a folder to step from; what is not there cannot be gone through."""
        here, ahead, hops = (root / name).parent, links[name].split("/"), 1
        while ahead and hops <= 40:
            here = Path(os.path.normpath(here / ahead.pop(0)))
            if not here.is_relative_to(root):
                return True
            if here.is_symlink():
                hops += 1
                ahead = str(here.readlink()).split("/") + ahead
                here = here.parent
        return False

    expected = any(leaves(name) for name in links)
    data = tar(member("Dockerfile"), *(member(name, kind=tarfile.SYMTYPE, to=target) for name, target in links.items()))
    if not expected:
        assert all((root / name).resolve().is_relative_to(root) for name in links if _resolves(root / name))
        read([("x", data)])
        return
    with pytest.raises(InputError, match="out of the folder"):
        read([("x", data)])


def _resolves(path: Path) -> bool:
    try:
        path.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return True


def test_many_links_through_one_another_cost_little_and_are_refused() -> None:
    long = "/".join(["x", ".."] * 190)
    links = [member(f"l{n}", kind=tarfile.SYMTYPE, to=f"l{n + 1}/{long}") for n in range(900)]
    with pytest.raises(InputError, match=r"names; expected fewer"):
        read([("x.tar", tar(*links))])


@pytest.mark.parametrize("path", ["a" * 1_100, "a/" * 600 + "b"])
def test_a_path_that_is_too_long_is_refused_by_its_beginning(path: str) -> None:
    with pytest.raises(InputError, match=r"over 1024 bytes|limit `path`"):
        read([("x.zip", zipped({path: b"1"}))])
    with pytest.raises(InputError, match=r"over 1024 bytes|limit `path`"):
        read([("x.tar", tar(member(path, b"1")))])
    assert set(laid(read([("x.zip", zipped({"a/" * 250 + "b": b"1"}))])))


@pytest.mark.parametrize("name", ["bz2_300MB.zip", "damaged.zip"])
def test_known_hostile_zips_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"expected stored or deflate|cannot be read as a \.zip"):
        read([(name, (HOSTILE / name).read_bytes())])


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_archive_is_read_or_refused_and_nothing_else(seed: int) -> None:
    """A hundred mutations of each kind a seed."""
    random = Random(seed)
    whole = {
        "x.zip": zipped({"Dockerfile": DOCKERFILE * 20, "src/a.py": b"1\n", "é/日": b"x", "l": b"src"}, links=("l",)),
        "x.tar": tar(member("Dockerfile", DOCKERFILE * 20), member("l", kind=tarfile.SYMTYPE, to="."), mode="w"),
        "x.tar.gz": tar(member("Dockerfile", DOCKERFILE * 20), member("src/a.py", b"1\n")),
    }
    for name, data in whole.items():
        for _ in range(100):
            damaged = mutated(data, random)
            try:
                Upload(read([(name, damaged)]))
            except InputError:
                continue


def mutated(data: bytes, random: Random) -> bytes:
    """Some bytes changed, cut out, doubled or cut off."""
    found = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(found))
        match random.randrange(5):
            case 0:
                found[at] = random.randrange(256)
            case 1:
                found[at] ^= 1 << random.randrange(8)
            case 2:
                del found[at : at + random.randint(1, 30)]
            case 3:
                found[at:at] = found[at : at + random.randint(1, 30)]
            case _:
                found[at : at + 4] = random.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x0c\0\0\0", b"PK\1\2"))
        if not found:
            found = bytearray(b"PK")
    return bytes(found)
