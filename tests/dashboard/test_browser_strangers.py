"""What strangers bring to the real page in a browser: refused in words, with no traceback and no request elsewhere."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import sim
from tests.dashboard.browsing import IDLE, open_page, settled
from tests.dashboard.conftest import ROOT, served

pytestmark = pytest.mark.browser

MARKUP = "![x](http://evil.example/x.png)<img src=x onerror=alert(1)>[a](http://evil.example)"


@pytest.mark.parametrize("embed", ["", "&embed=true"])
def test_a_host_s_path_in_a_link_is_refused_beside_its_control(page: Page, app_url: str, embed: str) -> None:
    open_page(page, f"{app_url}/taxonomy?show=1&host=/etc/hosts.toml{embed}")
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_contain_text("no host '/etc/hosts.toml'")
    expect(alert).to_contain_text("The default is shown instead")
    expect(page.locator('[role="graphics-document"]').first).to_be_visible()


def test_markup_in_a_link_is_shown_and_does_nothing(page: Page, app_url: str) -> None:
    """The fixture `page` fails for every request that leaves the host."""
    open_page(page, f"{app_url}/taxonomy?show=1&host={MARKUP}")
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_contain_text("![x](")
    assert alert.locator("img, a").count() == 0


def test_an_archive_that_is_a_bomb_is_refused_in_the_lab(page: Page, app_url: str) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", bytes(10 * 2**20))
    open_page(page, f"{app_url}/layers?show=1")
    page.get_by_text("Another Dockerfile, or your own").click()
    page.locator("input[type=file]").set_input_files(
        files=[{"name": "x.zip", "mimeType": "application/zip", "buffer": bomb.getvalue()}]
    )
    alert = page.get_by_test_id("stAlert").filter(has_text="x.zip")
    expect(alert).to_contain_text("compressed by bzip2; expected stored or deflate")
    settled(page)


BROKEN = """
import sys
sys.path.insert(0, {root!r})
import dashboard.pages.density as density
from dashboard import frame

def broken(view):
    raise ZeroDivisionError("a secret of the server")

density.page = broken
frame.main()
import streamlit as st
if st.query_params.get("find"):
    raise ZeroDivisionError("a secret of the server")
"""


def test_a_failure_shows_no_traceback_inside_a_page_or_outside(page: Page, tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN.format(root=str(ROOT)))
    with served(script) as url:
        open_page(page, f"{url}/density")
        expect(page.get_by_test_id("stAlert")).to_contain_text("This page failed")
        assert "secret" not in page.content()
        page.goto(f"{url}/?find=1")  # a name that stays in the link, so every run of the page fails
        page.wait_for_selector(IDLE, timeout=60_000)
        expect(page.get_by_test_id("stException")).to_be_visible()
        for word in ("secret", "Traceback", "ZeroDivisionError", "broken.py"):
            assert word not in page.content()


@pytest.mark.parametrize(
    ("path", "says", "meant", "opens"),
    [
        ("taxonmy", "There is no page “taxonmy” here.", "Boot race", "/taxonomy"),
        ("lessons/2026/taxonmy", "There is no page “taxonmy” here.", "Boot race", "/taxonomy"),
        ("overhaed?lang=ja", "「overhaed」というページはありません。", "", "/scenarios?scenario=overhead&lang=ja"),
    ],
)
def test_an_address_that_names_no_page_is_answered_with_the_one_that_may_be_meant(
    page: Page, app_url: str, path: str, says: str, meant: str, opens: str
) -> None:
    """Behind it stands a page of that name, so that Streamlit's own dialog, which is English, does not come."""
    open_page(page, f"{app_url}/{path}")
    expect(page.locator("h1")).to_have_text(says)
    expect(page.get_by_test_id("stDialog")).to_have_count(0)
    page.reload()
    expect(page.locator("h1")).to_have_text(says)
    link = page.locator("[data-testid=stMain] [data-testid=stPageLink]").first
    expect(link).to_contain_text(meant or sim.load("overhead").title.ja)
    link.click()
    expect(page.locator("h1")).not_to_have_text(says)
    page.wait_for_url(f"{app_url}{opens}")
    settled(page)
    expect(page.get_by_test_id("stDialog")).to_have_count(0)
