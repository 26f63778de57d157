"""The page of images: what they share, what is inside an upload, and what cannot be read said in place."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import Any

from streamlit.testing.v1 import AppTest

from sim.report.style import rows_of
from tests.dashboard.apptest import charts, error, opened, texts, title


def tar(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def saved(tag: str, *layers: bytes) -> bytes:
    """What `docker save` writes: layers, a configuration and the manifest."""
    digests = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": digests}})
    names = {f"{n}/layer.tar": layer for n, layer in enumerate(layers)}
    name = hashlib.sha256(config.encode()).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": [tag], "Layers": list(names)}])
    return tar(**{name: config.encode(), **names, "manifest.json": manifest.encode()})


BASE = tar(**{"bin/sh": bytes(5000), "etc/passwd": bytes(300)})
CHANGED = tar(**{"etc/passwd": bytes(400), "app/main.py": bytes(9000)})


def upload(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    values = [(name, content, "application/x-tar") for name, content in files]
    return at.file_uploader(key="images:upload").set_value(values).run()


def bars(spec: dict[str, Any], end: str) -> dict[str, float]:
    """The solid bars of a chart: name or lane to its length."""
    found = {}
    for layer in spec["layer"]:
        if layer["mark"]["type"] == "bar" and layer["encoding"].get("x2") == {"field": end}:
            found |= {row.get("name", row["lane"]): row[end] for row in rows_of(layer["data"])}
    return found


def test_the_first_look_finds_what_official_images_share() -> None:
    at = opened("images")
    assert not at.exception
    assert title(at).startswith("4 images take")
    assert "save" in title(at)


def test_a_link_names_images_and_the_next_pull() -> None:
    at = opened("images", images="redis:latest,postgres:17", next="httpd:latest")
    assert title(at).startswith("2 images")
    assert "Pulling **httpd:latest** moves **15\u202fMB**" in texts(at)
    assert set(bars(charts(at)[0], "adds")) == {"redis:latest", "postgres:17"}


def test_an_upload_is_read_and_its_waste_has_two_names() -> None:
    at = upload(opened("images", images=""), ("mine.tar", saved("mine:1", BASE, CHANGED)))
    assert not at.exception
    assert title(at).startswith("mine:1:")
    assert "300\u202fB of them no longer visible" in title(at)
    assert "**700\u202fB** are wasted in dive's definition" in texts(at)
    assert "**300\u202fB** are hidden" in texts(at)
    assert bars(charts(at)[0], "value") == {"1": len(BASE), "2": len(CHANGED)}


def test_uploads_share_the_layers_they_have_in_common() -> None:
    two = (("a.tar", saved("a:1", BASE)), ("b.tar", saved("b:1", BASE, CHANGED)))
    at = upload(opened("images", images=""), *two)
    assert bars(charts(at)[0], "adds") == {"a:1": len(BASE), "b:1": len(CHANGED)}


def test_files_of_a_layer_are_opened_and_searched() -> None:
    at = upload(opened("images", images="", layer="2"), ("mine.tar", saved("mine:1", BASE, CHANGED)))
    at.button(key="images:open:app").click().run()
    assert "`main.py`" in texts(at)
    at.text_input(key="images:search").set_value("PASS").run()
    assert "`etc/passwd`" in texts(at)
    assert "replaces one below" in texts(at)
    assert "`main.py`" not in texts(at)


def test_what_cannot_be_read_is_said_beside_what_can() -> None:
    good = ("good.tar", saved("good:1", BASE))
    at = upload(opened("images", images=""), good, ("notes.tar", b"just some words " * 64), ("cut.tar", good[1][:2000]))
    assert not at.exception
    assert title(at).startswith("good:1")
    assert len(at.error) == 2
    assert "no image archive" in error(at)


def test_without_an_image_the_page_says_what_to_do() -> None:
    at = opened("images", images="")
    assert not at.exception
    assert "docker save" in at.info[0].value


def test_names_that_are_not_in_the_catalog_are_left_out_of_a_link() -> None:
    assert title(opened("images", images="redis:latest,no-such:1")).startswith("redis:latest")
