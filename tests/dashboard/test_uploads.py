"""Files a reader brings: laid out as they are, refused where they would reach out of their folder or are too many."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from dashboard import uploads
from dashboard.uploads import Item, Upload, read
from sim.errors import InputError

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


def laid(items: tuple[Item, ...]) -> dict[str, bytes]:
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
    monkeypatch.setattr(uploads, "LIMITS", uploads.Limits(entries=2))
    many = {f"f{n}": b"" for n in range(3)}
    for upload in ([("x.zip", zipped(many))], [("x.tar", tar(*(member(n) for n in many)))], list(many.items())):
        with pytest.raises(InputError, match=r"over 2 files|too many files"):
            read(upload)


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


def test_the_temporary_folder_goes_with_its_upload() -> None:
    upload = Upload(read([("Dockerfile", DOCKERFILE)]))
    folder = Path(upload.folder)
    assert folder.is_dir()
    del upload
    assert not folder.exists()
