"""What the browser's tests stand on: the real app in Debian's Chromium, without any network beyond this host."""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--process-per-site",  # pages of a context share what has been compiled
    "--host-resolver-rules=MAP lecture.example 127.0.0.1",  # a name that phones could reach
]
_MEASURED = "measured: "
HARMLESS = re.compile(r"/[\w-]+/_stcore/(health|host-config)")
"""A page with a path asks for these two below its own path first, gets 404, and finds them at the root."""


def pytest_configure(config: pytest.Config) -> None:
    """Let the plug-in pytest-base-url under pytest-playwright be: pytest 9.2 deprecates how it defines a fixture."""
    config.addinivalue_line(
        "filterwarnings", "ignore:Session-scoped fixtures defined as instance methods:pytest.PytestRemovedIn10Warning"
    )


class _Failures(logging.Handler):
    """Keeps what the boundary around the pages logs."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def failures() -> Iterator[list[logging.LogRecord]]:
    """The failures of pages, which show no traceback: a test fails for each that it does not take out of the list."""
    handler = _Failures()
    log = logging.getLogger("dashboard.frame")
    log.addHandler(handler)
    yield handler.records
    log.removeHandler(handler)
    assert not handler.records, [logging.Formatter().format(record) for record in handler.records]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a Chromium the browser's tests say so. The long ones come first, so that no process ends late."""
    items.sort(key=lambda item: not all(map(item.get_closest_marker, ("browser", "slow"))))
    if not Path(CHROMIUM).exists():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"))


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Says a figure in the report at the end, and in a JUnit file: `measured("what", 1.25, "MB")`."""

    def say(what: str, value: float, unit: str = "times") -> None:
        record_property(f"{_MEASURED}{what}", f"{value:.2f} {unit}")

    return say


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured. A ratio is of two times in the same run."""
    reports = [one for name in ("passed", "failed") for one in terminalreporter.stats.get(name, ())]
    told = [(what, value) for one in reports if one.when == "call" for what, value in one.user_properties]
    lines = [f"{what.removeprefix(_MEASURED)}: {value}" for what, value in told if what.startswith(_MEASURED)]
    if lines:
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


@dataclass(frozen=True)
class Server:
    """A Streamlit script that is served."""

    url: str
    pid: int

    def memory(self) -> int:
        """Bytes of memory that are resident in its process."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def served(script: Path, port: int = 0) -> Iterator[str]:
    """The address of a Streamlit script under the app's own configuration, ended afterwards. A free port for 0."""
    with serving(script, port) as server:
        yield server.url


@contextmanager
def serving(script: Path, port: int = 0) -> Iterator[Server]:
    """A Streamlit script under the app's own configuration, ended afterwards. A free port for 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = port or probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        "--server.address=127.0.0.1",
        f"--server.port={port}",
    ]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                if urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).read() == b"ok":
                    break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("streamlit did not start")
        yield Server(url, server.pid)
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """The address of the real app, started for these tests and ended after them."""
    with served(ROOT / "app.py") as url:
        yield url


@pytest.fixture(scope="session")
def shared_context(browser: Any, browser_context_args: dict[str, Any], app_url: str) -> Iterator[tuple[Any, Any]]:
    """A context for all tests of a process, and a page that stays in it, so that its process stays, too.

    What the app's pages load and compile is loaded and compiled once. That takes longer than most tests.
    """
    context = browser.new_context(**browser_context_args)
    kept = context.new_page()
    kept.goto(f"{app_url}/_stcore/health")
    yield context, kept
    context.close()


@pytest.fixture
def context(shared_context: tuple[Any, Any]) -> Iterator[Any]:
    """A context in which no page, cookie, record of lessons, permission or route is left of another test.

    What was loaded and compiled stays. A test of a first visit makes a context of its own.
    """
    shared, kept = shared_context
    yield shared
    for page in shared.pages:
        if page is not kept:
            page.close()
    shared.clear_cookies()
    shared.clear_permissions()
    shared.unroute_all()
    kept.evaluate("localStorage.clear()")


def watch(page: Any) -> Callable[[], None]:
    """Listen to a page; the function returned fails on any console error and on any request that leaves the host."""
    errors: list[str] = []
    strangers: list[str] = []

    def on_console(message: Any) -> None:
        if message.type == "error" and not HARMLESS.search(message.location.get("url", "")):
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    def on_request(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "file:")):
            strangers.append(request.url)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", on_console)
    page.on("request", on_request)

    def check() -> None:
        assert not errors, errors
        assert not strangers, f"requests left the host: {strangers}"

    return check


@pytest.fixture
def page(page: Any) -> Iterator[Any]:
    """Playwright's page, with a test failing on what a reader would not see: errors and requests to elsewhere."""
    from playwright.sync_api import expect

    check = watch(page)
    page.set_default_timeout(60_000)  # these end a test that hangs; neither is a limit on how fast a page must be
    expect.set_options(timeout=60_000)
    yield page
    check()
