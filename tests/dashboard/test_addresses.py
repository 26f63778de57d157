"""An address of several parts is sent to the page of its last part, beside the folder that a proxy knows of."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from dashboard.addresses import instead


def sent(path: str, base: str = "", query: str = "", accept: str = "text/html,*/*;q=0.8") -> str:
    headers = [(b"accept", accept.encode())]
    return instead({"type": "http", "path": path, "query_string": query.encode(), "headers": headers}, base)


@pytest.mark.parametrize(
    ("path", "base", "there"),
    [
        ("/a/b", "", "/b"),
        ("/a/b/", "", "/b"),
        ("/a/b/c", "", "/c"),
        ("/sim/x/a/b", "sim/x", "/sim/x/b"),
        ("/sim/a/b", "/sim/", "/sim/b"),
        ("/a/日本 b", "", "/%E6%97%A5%E6%9C%AC%20b"),
        ("/a/http:evil", "", "/http%3Aevil"),
    ],
)
def test_a_browser_is_sent_to_the_last_part(path: str, base: str, there: str) -> None:
    assert urljoin(f"https://host{path}", sent(path, base)) == f"https://host{there}"
    assert urljoin(f"https://host/proxy{path}", sent(path, base)) == f"https://host/proxy{there}"


def test_the_query_is_kept() -> None:
    assert sent("/a/density", query="lang=ja&show=1") == "../density?lang=ja&show=1"


@pytest.mark.parametrize("path", ["/", "/density", "/density/", "/_stcore/health", "/static/js/x.js", "/a/.."])
def test_an_address_of_one_part_and_the_server_s_own_are_answered_as_they_are(path: str) -> None:
    assert sent(path) == ""


def test_what_a_page_asks_for_by_itself_is_never_sent_elsewhere() -> None:
    assert sent("/a/_stcore/host-config", accept="*/*") == ""
    assert instead({"type": "websocket", "path": "/a/_stcore/stream", "headers": []}) == ""
    assert sent("/sim", "sim") == ""
    assert sent("/sim/density", "sim") == ""
