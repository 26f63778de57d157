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
        ("/a/\\\\evil", "", "/%5C%5Cevil"),
        ("/a/b\r\nx: y", "", "/b%0D%0Ax%3A%20y"),
    ],
)
def test_a_browser_is_sent_to_the_last_part(path: str, base: str, there: str) -> None:
    assert urljoin(f"https://host{path}", sent(path, base)) == f"https://host{there}"
    assert urljoin(f"https://host/proxy{path}", sent(path, base)) == f"https://host/proxy{there}"


@pytest.mark.parametrize("path", ["/a//b", "//evil.example/b"])
def test_an_empty_folder_is_one_to_a_browser_too(path: str) -> None:
    """Each `..` leaves one (URL Standard, path state), empty or not. Python's `urljoin` leaves empty ones out."""
    assert sent(path) == "../../b"


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


def test_what_only_begins_like_the_server_s_own_path_is_not_below_it() -> None:
    assert sent("/simulator/a/b", "sim") == ""
