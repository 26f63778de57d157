"""Take the pictures of the documentation from the running dashboard: docs/images/{race,ledger,density,layers}.png.

Needs requirements-dev.txt and a Chromium (`CHROMIUM`, else /usr/bin/chromium): `python scripts/screenshots.py`.
Each is 1280 pixels wide, cut to what it shows, and reduced to 256 colours to stay small.
"""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"
WIDTH = 1280
MARGIN = 24
"""Pixels left around what is shown."""
SHOTS = {
    "race": "taxonomy?show=1",
    "ledger": "memory-ledger?show=1",
    "density": "density?show=1",
    "layers": "layers?show=1",
}
"""Name to the link."""
FIGURES = "[data-testid=stVegaLiteChart],[data-testid=stMain] .host svg"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


@contextmanager
def dashboard() -> Iterator[str]:
    """The dashboard's address while it runs on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--server.address=127.0.0.1", f"--server.port={port}"]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)  # noqa: S603
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).read() == b"ok":
                    break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def shot(page: Page, url: str) -> Image.Image:
    """A page's picture from its title to the foot of its figure."""
    page.set_viewport_size({"width": WIDTH, "height": 1200})
    page.goto(url)
    page.wait_for_selector(IDLE, timeout=60_000)
    # What is only to be pressed says nothing in a picture, and would be cut in half at its foot.
    page.add_style_tag(content="[data-testid=stExpander],[data-testid=stButton]{visibility:hidden}")
    page.wait_for_timeout(1_500)
    boxes = [figure.bounding_box() for figure in page.locator(FIGURES).all()]
    title = page.locator("h1").first.bounding_box()
    top = round(title["y"]) - MARGIN if title else 0
    foot = max(round(box["y"] + box["height"]) for box in boxes if box) + MARGIN // 2
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB").crop((0, top, WIDTH, foot))


def main() -> None:
    """Take every picture and say how large it is."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with dashboard() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name, link in SHOTS.items():
            page = browser.new_page(color_scheme="light", reduced_motion="reduce")
            file = FOLDER / f"{name}.png"
            shot(page, f"{url}/{link}").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
            page.close()
            sys.stdout.write(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} kB\n")
        browser.close()


if __name__ == "__main__":
    main()
