"""Random links and random uploads: every one is answered on the page, none fails it.

Seeded. What takes longer is `answered` in a loop with other seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import shipped
from sim.loading import controls
from tests.dashboard.apptest import PATHS, opened, texts
from tests.dashboard.test_images_page import BASE, CHANGED, saved
from tests.dashboard.test_uploads import member, mutated, tar, zipped

WORDS = (
    "", "0", "1", "-1", "1.5", "7", "50", "1e18", "1e999", "nan", "true", "none", "null", "[1", "{a: 1}", "!!python/x",
    "512 MiB", "-1 B", "1e30 s", "3.2 s", "0 B/s", "1 Gbit/s", "40 %", "/etc/passwd", "../../x", "a.toml", "C:\\x",
    "![x](http://evil.example/x.png)", "<script>", "${A}", "\0", "\x1b[31m", "\u202e", "日本", "😀", "&", "z" * 5_000,
    "4.15", "99999999999999999999", "*a*a*a*a*b", "%00", "server", "laptop", "cold", "bridge", "pull", "legacy",
)  # fmt: skip
LINES = (
    "FROM python:3.13-slim", "FROM a AS b", "RUN pip install .", "ARG A=1", "WORKDIR /a/../b", "USER 1:1", "COPY . .",
    "COPY src /src",
    "RUN --mount=type=cache,target=/x y", "COPY --from=b /x /y", "COPY --from=0 *a*a* /", 'COPY ["a", "b"]',
    "ADD http://x/y.tar /", "ENV A=${A:-x}${A", "FROM scratch", "FROM b", "CMD [[[[", "RUN <<EOF\nx\nEOF",
    "RUN <<EOF", "ONBUILD COPY . .", "# syntax=docker/dockerfile:1", "# escape=`", "HEALTHCHECK NONE", "LABEL a=b c",
    "COPY ../x /", "VOLUME /x", "\\", "RUN \\", "EXPOSE 70000", "STOPSIGNAL 9", "SHELL []", "COPY --chmod=999 a b",
    "COPY --link a b", "FROM --platform=$X a", "garbage", "COPY fan/* /f/",
    *(line.format("a/" * 2_000 + "a") for line in ("RUN pip install -r {}", "RUN cd {} && npm ci", "WORKDIR {}",
    "RUN npm ci --prefix {}", "RUN --mount=type=bind,source={} x", "COPY {} /y")),
)  # fmt: skip
VIEWS = {"lang": ("ja", "en", "x"), "size": ("nan", "2", "-1"), "show": ("1", "0"), "seed": ("7", "-1", "x")}
FIGURES = (
    "finish",
    "ruler",
    "every",
    "of",
    "queue",
    "measure",
    "look",
    "use",
    "source",
    "images",
    "next",
    "store",
    "stacks",
    "instances",
    "drawn",
)
LAB = {"context": ("shop/Dockerfile", "own/Dockerfile"), "file": ("src/app.py",), "how": ("touch", "delete", "content")}


def page_and_link(random: Random) -> tuple[str, dict[str, str]]:
    """A page, with parameters that it may have, of values that it may have or of others."""
    path = random.choice(PATHS)
    name = random.choice(shipped.entries()) if path == "scenarios" else path
    link = {"show": "1"}
    if path == "scenarios":
        link["scenario"] = name if random.random() < 0.9 else random.choice(WORDS)
    there: dict[str, tuple[str, ...]] = {**VIEWS, **dict.fromkeys(FIGURES, ())}
    if path == "layers":
        there |= {**LAB, "builder": ("legacy",)}
    elif name in shipped.entries():
        there |= {control.path: control.choices for control in controls(shipped.scenario(name))}
    for parameter in random.sample(sorted(there), k=min(len(there), random.randint(0, 4))):
        link[parameter] = random.choice((*there[parameter], *WORDS))
    return path, link


def dockerfile(random: Random) -> str:
    """Most begin as they should, and are of lines that may follow one another."""
    start = ["FROM python:3.13-slim"] * (random.random() < 0.8)
    lines = random.choices(LINES[: len(LINES) if random.random() < 0.5 else 12], k=random.randint(0, 12))
    return "\n".join(start + lines) + random.choice(("", "\n"))


def build_context(random: Random) -> tuple[str, bytes]:
    """An archive with a Dockerfile, or one that is damaged."""
    ignored = random.choice(
        (b"*a*\n!a\n", b"*", b"[", b"**" + b"/*" * 90 + b"b\n", b"".join(b"*%d*\n" % n for n in range(990)))
    )
    files = {"Dockerfile": dockerfile(random).encode(), "src/a.py": b"1\n", "*?[": b"x", ".dockerignore": ignored}
    if random.random() < 0.3:  # deep folders, and a fan of links to one folder
        files |= {f"{n}/" + "a/" * random.choice((9, 240, 300)) + "f": b"" for n in range(20)}
    fan = tuple(f"fan/{n}" for n in range(100)) if random.random() < 0.3 else ()
    links = ("l", "m/l", *fan)
    goals = ("src", "l", "src/a.py", "gone", ".", "m/l/..", *[".."] * (random.random() < 0.2))
    targets = {name: "../src" if name in fan else random.choice(goals) for name in links}
    if random.random() < 0.5:
        name, data = "x.zip", zipped(files | {n: t.encode() for n, t in targets.items()}, links=links)
    else:
        name = random.choice(("x.tar", "x.tar.gz"))
        members = [member(n, d) for n, d in files.items()] + [member(n, kind=b"2", to=t) for n, t in targets.items()]
        data = tar(*members, mode="w" if name == "x.tar" else "w:gz")
    return name, mutated(data, random) if random.random() < 0.3 else data


def of_link(random: Random) -> AppTest:
    path, link = page_and_link(random)
    return opened(path, embed=random.random() < 0.3, dark=random.random() < 0.2, **link)


def of_lab(random: Random) -> AppTest:
    """A context is brought, its Dockerfile edited, a build kept and undone."""
    at = opened("layers", show="1")
    if random.random() < 0.7:
        name, data = build_context(random)
        at.file_uploader(key="lab:files").set_value([(name, data, "application/octet-stream")]).run()
    if random.random() < 0.7:
        at.session_state["lab:text"] = dockerfile(random)
        at.run()
    for key in random.choices(("lab:keep", "lab:undo", "lab:redo", "lab:reset", "lab:take:0"), k=2):
        if any(button.key == key and not button.disabled for button in at.button):
            at.button(key=key).click().run()
    return at


def of_images(random: Random) -> AppTest:
    at = opened("images")
    data = saved("a:1", BASE, CHANGED)
    at.file_uploader(key="images:upload").set_value([("a.tar", mutated(data, random), "application/x-tar")]).run()
    return at


KINDS: Mapping[str, Callable[[Random], AppTest]] = {"link": of_link, "lab": of_lab, "images": of_images}


def answered(kind: str, random: Random) -> None:
    at = KINDS[kind](random)
    assert not at.exception
    assert len(texts(at)) < 100_000
    assert "root:x:" not in repr(at)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_stranger_brings_is_answered_on_the_page(kind: str, seed: int) -> None:
    """The fixture `failures` fails for what the boundary around the pages caught."""
    random = Random(f"{kind} {seed}")
    answered(kind, random)
