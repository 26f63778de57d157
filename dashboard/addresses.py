"""Addresses of several parts, which name no page: sent to the page that is named by their last part.

Streamlit answers every address with its own page. That asks for its scripts beside the address, which below a folder is
another place: it would get itself instead of a script, and stay blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

_OWN = ("_stcore", "component", "media", "static")
"""Streamlit's own folders."""


class LastPart:
    """Around the server: a browser that opens `/a/b` is sent to `/b`, with the same query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        place = instead(scope, str(config.get_option("server.baseUrlPath") or ""))
        await (RedirectResponse(place, 302) if place else self._app)(scope, receive, send)


def instead(scope: Mapping[str, Any], base: str = "") -> str:
    """Where a request is sent, as an address beside its own: a proxy may have put folders before it. "" for nowhere.

    Args:
        scope: The request, as ASGI has it.
        base: The path that the server itself stands at.
    """
    if scope["type"] != "http" or "text/html" not in Headers(scope=dict(scope)).get("accept", ""):
        return ""
    above = "/".join(["", *filter(None, base.split("/"))])
    path = str(scope["path"])
    if not path.startswith(f"{above}/"):
        return ""
    below = path.removeprefix(above)
    parts = [part for part in below.split("/") if part]
    if len(parts) < 2 or parts[0] in _OWN or parts[-1] in (".", ".."):
        return ""
    query = str(scope.get("query_string", b""), "latin-1")
    return "../" * (below.count("/") - 1) + quote(parts[-1], safe="") + (f"?{query}" if query else "")
