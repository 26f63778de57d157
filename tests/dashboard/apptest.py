"""How the tests open a page in Streamlit's AppTest, and read what is on it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import running

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(file.stem for file in (ROOT / "scenarios").glob("*.yaml"))

PATHS = (
    "", "course", "taxonomy", "memory-ledger", "density", "layers", "comparison", "stacks", "images", "accuracy",
    "sources", "scenarios", "explore",
)  # fmt: skip
"""Every page of the dashboard, as its address says it."""

# Each AppTest reads the metadata of all installed packages, to find their components. That is as much work as a page.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def opened(path: str = "", *, embed: bool = False, dark: bool = False, locale: str = "", **link: str) -> AppTest:
    """The page of a path after its first run, as a link opens it, with what a lesson hides open.

    Args:
        locale: The language that the browser asks for.
    """
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    at.context = {"is_embedded": embed, "theme": "dark" if dark else "light"} | ({"locale": locale} if locale else {})
    if path:
        # AppTest switches between files only; pages made from functions are known by the hash of their path.
        at._page_hash = calc_hash(path)
    for name in ("conditions", "class:open"):
        at.session_state[f"{link.get('scenario', path)}:{name}"] = True
    for name, value in link.items():
        at.query_params[name] = value
    return at.run()


def forget_runs() -> None:
    """Empty the store of finished runs, which all sessions share."""
    running._finished.clear()


def unescaped(markdown: str) -> str:
    """What a reader sees of text that was escaped to be shown as it is."""
    return re.sub(r"\\([^\w\s])", r"\1", markdown).replace("\u2060", "")


def title(at: AppTest) -> str:
    return unescaped(at.title[0].value)


def error(at: AppTest) -> str:
    """The first error on the page."""
    return unescaped(at.error[0].value)


def charts(at: AppTest) -> list[dict[str, Any]]:
    """The Vega-Lite specifications on the page."""
    return [json.loads(element.proto.spec) for element in at.get("vega_lite_chart")]


def drawings(at: AppTest) -> list[str]:
    """The SVG drawings on the page."""
    given = [json.loads(element.proto.json) for element in at.get("bidi_component")]
    return [one["svg"] for (one,) in given if "svg" in one]


def pictured(at: AppTest) -> list[Any]:
    """All figures on the page: its charts, then its drawings."""
    return [*charts(at), *drawings(at)]


def texts(at: AppTest) -> str:
    """All the page says."""
    kinds = ("title", "markdown", "caption", "error", "warning", "success", "info")
    return unescaped("\n".join(str(element.value) for kind in kinds for element in getattr(at, kind)))


def click(at: AppTest, key: str) -> AppTest:
    return at.button(key=key).click().run()
