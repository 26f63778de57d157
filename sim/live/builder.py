"""Builds the live page: one HTML file with Pyodide, the model and scenarios, which needs nothing beside it.

Building needs npm, node and pip, and the network once. What was built needs neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import product
from typing import Any

from sim import __version__, limits
from sim.export.files import VEGA_LICENCE, VEGA_LITE, converter, vega_bundle
from sim.export.packages import PYODIDE, npm
from sim.export.page import policy
from sim.live.answer import answer, put
from sim.live.beside import packed, written_once
from sim.live.bytecode import BROWSER, library, licences, model, packages
from sim.live.contents import PageFile, scenario_files
from sim.live.snapshot import taken
from sim.report import player
from sim.report.style import LANGUAGES
from sim.report.texts import tr
from sim.scenario import Scenario
from sim.studies.base import Tick, no_tick

_SCRIPTS = (
    "history.js", "room.js", "elements.js", "python.js", "drawing.js", "figures.js", "prediction.js", "below.js",
    "conditions.js", "lessons.js", "page.js",
)  # fmt: skip
"""Each stands behind those that it takes from. They are one script in the page: no file can import another there."""
_SAME = ("wasm", "stdlib")
"""Parts that are the same in every page."""
_COMPILED, _STARTED = 0.45, 0.75
"""How much of a page is made once the model is compiled, and once Python's memory is there: shares of its seconds."""
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def page(scenarios: Sequence[Scenario], tick: Tick = no_tick) -> str:
    """The live page of scenarios, in both languages. Without scenarios it starts Python and does nothing, to compare.

    Args:
        tick: Told how much of the page is made, from 0 to 1. It may raise `CancelledError`.

    Raises `InputError` where what it is built from cannot be downloaded, or a scenario cannot be put into a page.
    """
    runtime = npm(PYODIDE)
    stdlib = library()
    files, paths, memory = _files(scenarios, stdlib, tick) if scenarios else ({}, {}, b"")
    tick(_STARTED)
    lock = json.loads((runtime / "pyodide-lock.json").read_text("utf-8")) | {"packages": {}}
    options = {
        "lessons": [[one.id, {lang: one.title.read(lang) for lang in LANGUAGES}] for one in scenarios],
        "lang": "en",
        "undone": limits.UNDONE,
        "files": paths,
        "lock": lock,
        "player": {"style": player.CSS, "content": player.HTML},
        "words": {
            message.rpartition(".")[2]: {lang: tr(message, lang) for lang in LANGUAGES}
            for message in ("ui.live.starting", "ui.live.loading", "ui.live.failed", "ui.live.lesson")
        },
    }
    payloads = {
        "first": json.dumps(_first(scenarios, lambda _: tick(_STARTED)), ensure_ascii=False).encode(),
        "wasm": (runtime / "pyodide.asm.wasm").read_bytes(),
        "stdlib": stdlib,
        "app": container(files),
        "memory": memory,
        "worker": _worker(),
    }
    vega = _charts() if scenarios else ""
    script = "\n".join((player.JS, *((BROWSER / name).read_text("utf-8") for name in _SCRIPTS)))
    title = scenarios[0].title.en if len(scenarios) == 1 else tr("ui.title", "en")
    notice = (BROWSER / "notice.txt").read_text("utf-8")
    parts = {
        "title": escape(title),
        "notice": escape(notice.format(version=__version__, pyodide=PYODIDE.version)),
        "licences": escape(_licences()) if scenarios else "",
        "csp": escape(policy((vega, script), "worker-src blob:", wasm=True)),
        "style": (BROWSER / "page.css").read_text("utf-8"),
        "starting": escape(f"{tr('ui.live.starting', 'en')} {tr('ui.live.starting', 'ja')}"),
        "options": json.dumps(options, ensure_ascii=False).replace("<", "\\u003c"),
        "payloads": "\n".join(_payload(name, data) for name, data in payloads.items()),
        "vega": vega,
        "page": script,
    }
    template = (BROWSER / "index.html").read_text("utf-8")
    size = len(_filled(template, parts | {"size": _size_told(0)}).encode())
    return _filled(template, parts | {"size": _size_told(size)})


def _size_told(size: int) -> str:
    """How large the page is, in both languages."""
    return escape(" ".join(tr("ui.live.size", lang, size=f"{size / 1e6:.1f}") for lang in ("en", "ja")))


def _first(scenarios: Sequence[Scenario], tick: Tick) -> dict[str, Any]:
    """Each lesson's question and its figure with the answer left out, as the model in the page would answer.

    A reader thinks about them while Python starts. They are keyed by id, language and whether the screen is low.
    """
    found = {}
    for scenario in scenarios:
        put(scenario)
        for lang, lecture in product(LANGUAGES, (False, True)):
            asked = {"name": scenario.id, "lang": lang, "lecture": lecture}
            told = json.loads(answer(json.dumps(asked), tick))
            found[f"{scenario.id}:{lang}:{lecture}".lower()] = told | {"line": ""}
    return found


def _licences() -> str:
    """The terms of what a page holds, in full, each under its package. Python's own are those of typing_extensions."""
    found = licences() | {"Vega, Vega-Lite, vega-embed": VEGA_LICENCE}
    return "\n".join(f"==== {name} ====\n\n{text.strip()}\n" for name, text in found.items())


def _filled(template: str, parts: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], template)


def _files(
    scenarios: Sequence[Scenario], stdlib: bytes, tick: Tick
) -> tuple[dict[str, PageFile], dict[str, tuple[str, str]], bytes]:
    """Every file of our side by its path in the page, each scenario's file and folder by its id, and the memory."""
    files = packages() | model()
    paths = {}
    for scenario in scenarios:
        (path, folder), own = scenario_files(scenario)
        paths[scenario.id] = (f"/app/{path}", f"/app/{folder}")
        files |= own
    tick(_COMPILED)
    memory, rest = taken(files, paths, stdlib, scenarios[0].id)
    return rest, paths, memory


def container(files: Mapping[str, PageFile]) -> bytes:
    """Files one behind the other, with an index of paths, sizes and modes in front, and that one's size before it."""
    index = json.dumps([[f"/app/{name}", len(file.data), file.mode] for name, file in files.items()]).encode()
    return len(index).to_bytes(4, "big") + index + b"".join(file.data for file in files.values())


def _worker() -> bytes:
    """Pyodide's two scripts and ours, as one classic script: a module worker does not start from a file."""
    runtime = npm(PYODIDE)
    module = (runtime / "pyodide.asm.mjs").read_text("utf-8").replace("import.meta.url", "self.location.href")
    module = module.replace("export default _createPyodideModule;", "")
    ours = (BROWSER / "worker.js").read_text("utf-8")
    return "\n".join((module, (runtime / "pyodide.js").read_text("utf-8"), ours)).encode()


def _payload(name: str, data: bytes) -> str:
    return f'<script type="text/plain" id="{name}">{packed(data, once=name in _SAME)}</script>'


def _charts() -> str:
    """The charts' scripts, joined once: that takes vl-convert more than a second."""
    name = f"vega-{VEGA_LITE}-{converter().__version__}.js"
    return written_once(name, lambda: vega_bundle().encode()).decode()
