"""Journeys: share and see the same elsewhere, outlive the server, hold a lecture by keys, predict on a phone."""

from __future__ import annotations

import re
import socket
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Browser, Page, expect

import sim
from tests.dashboard.browsing import (
    CHART,
    DRAWING,
    SIZES,
    at_sizes,
    fitted,
    heading,
    misfits,
    open_page,
    overflow,
    scrolled_away,
    settled,
    shows_all,
)
from tests.dashboard.conftest import ROOT, served, watch

pytestmark = pytest.mark.browser


def in_menu(page: Page, label: str) -> str:
    """What the share menu offers to copy under a label."""
    page.get_by_role("button", name="Share").click()
    field = page.get_by_label(label, exact=True)
    expect(field).to_be_visible()
    return field.input_value()


def test_what_is_shared_is_seen_in_another_browser_and_after_a_reload(
    page: Page, app_url: str, browser: Browser
) -> None:
    open_page(page, f"{app_url}/memory-ledger?instances=5")
    page.get_by_text("Several times as much").click()
    page.get_by_role("button", name="Run", exact=True).click()
    verdict = page.get_by_text(re.compile("Several times as much"))
    expect(verdict.first).to_be_visible()
    page.get_by_role("radio", name="PSS").click()
    settled(page)
    link = in_menu(page, "Link to this view")
    assert {"show=1", "said=3", "ruler=pss", "instances=5"} <= set(link.partition("?")[2].split("&"))
    seen = (heading(page), verdict.first.inner_text())
    elsewhere = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    check = watch(elsewhere)
    for here, go in ((elsewhere, lambda: open_page(elsewhere, link)), (page, page.reload)):
        go()
        settled(here)
        expect(here.get_by_text(re.compile("Several times as much")).first).to_be_visible()
        assert (heading(here), here.get_by_text(re.compile("Several times as much")).first.inner_text()) == seen
        expect(here.get_by_role("radio", name="PSS")).to_be_checked()
    check()
    elsewhere.context.close()


def test_what_was_said_outlives_a_change_of_language(page: Page, app_url: str) -> None:
    """A browser keeps the name of what is chosen. In another language it is no name of an option."""
    open_page(page, f"{app_url}/scenarios?scenario=foreground")
    page.get_by_role("radio").first.press("Space")
    page.wait_for_url("**said=1**")
    settled(page)
    page.locator(".st-key-language button").click()
    expect(page.locator("h1").first).to_have_text(sim.load("foreground").title.ja)
    for key in ("r", "p", "p"):
        settled(page)
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    settled(page)
    assert {"scenario=foreground", "said=1", "lang=ja"} <= set(page.url.partition("?")[2].split("&"))
    expect(page.locator("h1").first).to_have_text(sim.load("foreground").title.ja)


def test_a_figure_and_its_choices_stay_until_the_next_one_is_there(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/scenarios?scenario=what-is-docker&show=1")
    expect(page.locator(CHART).first).to_be_visible()
    page.get_by_text("Change the conditions").click()
    cold = page.get_by_role("radio", name="cold").first
    expect(cold).to_be_visible()
    settled(page)
    page.evaluate("""() => {
      const charts = () => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')];
      const drawn = () => charts().some((one) => one.offsetHeight > 2);
      const whole = () => drawn() && document.body.innerText.includes('first process');
      window.gone = 0;
      setInterval(() => { window.gone += whole() ? 0 : 1; }, 20);
    }""")
    cold.press("Space")
    expect(page.get_by_text("changed:")).to_be_visible()
    settled(page)
    assert page.evaluate("window.gone") == 0


def test_a_name_that_phones_reach_is_drawn_as_a_code(browser: Browser, app_url: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    open_page(page, f"{app_url.replace('127.0.0.1', 'lecture.example')}/memory-ledger")
    page.get_by_role("button", name="Share").click()
    code = page.get_by_role("img", name="This view as a QR code")
    expect(code).to_be_visible()
    box = code.bounding_box()
    assert box is not None
    assert box["width"] == box["height"] >= 4 * (17 + 4 * 3), "four pixels a module of version 3 and above"
    page.context.close()


def test_a_frame_shows_the_question_of_a_shared_result(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/density?show=1&said=5")
    page.get_by_role("button", name="Share").click()
    page.get_by_text("The question first").click()
    frame = page.get_by_role("textbox", name=re.compile("A frame for a slide"))
    expect(frame).not_to_have_value(re.compile("said=5|show=1"))
    text = frame.input_value()
    page.set_viewport_size({"width": 960, "height": 540})
    page.set_content(f"<body style='margin:0'>{text}</body>")
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading", level=1)).to_contain_text("?")
    expect(inside.locator(DRAWING).first).to_be_visible()


def taken(page: Page, button: str | re.Pattern[str], file: Path) -> bytes:
    """The file that a button of the share menu gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    download.value.save_as(file)
    return file.read_bytes()


def test_a_figure_is_saved_as_a_picture_and_a_lesson_as_a_scenario(page: Page, app_url: str, tmp_path: Path) -> None:
    open_page(page, f"{app_url}/layers?show=1")
    expect(page.locator("[data-node]").first).to_be_visible()
    page.get_by_role("button", name="Share").click()
    svg = taken(page, "Figure as SVG", tmp_path / "figure.svg").decode()
    assert svg.startswith("<svg")
    assert "requirements.txt" in svg
    assert "var(" not in re.sub(r"<style>.*?</style>", "", svg), "colours are the theme's values"
    sizes = [float(re.search(rf'<svg[^>]* {side}="([\d.]+)"', svg)[1]) for side in ("width", "height")]
    png = taken(page, "Figure as PNG", tmp_path / "figure.png")
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == tuple(2 * round(size) for size in sizes)
    assert taken(page, "Scenario", tmp_path / "scenario").startswith(b"PK")
    assert taken(page, "Numbers as CSV", tmp_path / "numbers").startswith(b"metric,")


@pytest.mark.parametrize(
    ("path", "words", "pictures"),
    [
        ("scenarios?scenario=throwaway-tool&show=1", ["Container,", "never there", "postgres in"], 1),
        ("stacks?stacks=docker,lxc", ["Docker", "container engine", "dockerd, containerd", "namespaces, cgroups"], 2),
    ],
)
def test_a_table_of_words_and_cards_are_saved_with_all_that_stands_in_them(
    path: str, words: list[str], pictures: int, page: Page, app_url: str, tmp_path: Path
) -> None:
    open_page(page, f"{app_url}/{path}")
    page.get_by_role("button", name="Share").click()
    sheet = ET.fromstring(taken(page, "Figure as SVG", tmp_path / "figure.svg"))
    told = [text.text for text in sheet.iter("{http://www.w3.org/2000/svg}text")]
    assert set(words) <= set(told)
    title, *placed = list(sheet)
    expect(page.locator("h1")).to_have_text(" ".join(line.text for line in title))
    assert len(placed) == pictures
    assert len({one.get("y") for one in placed}) == 1, "beside one another, as on the page"
    assert taken(page, "Figure as PNG", tmp_path / "figure.png").startswith(b"\x89PNG")


def test_a_saved_figure_has_the_finding_above_it_and_says_what_its_colours_mean(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    open_page(page, f"{app_url}/memory-ledger?show=1&lang=ja")
    page.get_by_role("button", name="共有").click()
    title, legend, *_ = ET.fromstring(taken(page, re.compile("SVG"), tmp_path / "figure.svg"))
    expect(page.locator("h1")).to_have_text("".join(line.text for line in title))
    words = [text.text for text in legend.iter("{http://www.w3.org/2000/svg}text")]
    assert len(words) > 3
    for word in words:
        expect(page.get_by_test_id("stMain").get_by_text(word).first).to_be_visible()


def test_no_picture_is_offered_where_nothing_is_drawn(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/sources")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_label("Link to this view", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Figure as"))).to_have_count(0)


@pytest.fixture
def port() -> int:
    """One that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_page_outlives_its_server(browser: Browser, port: int) -> None:
    """Console errors are what a browser writes while nobody answers, so this page is not watched for them."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    lost = page.get_by_role("alert").filter(has_text="The simulator's server does not answer.")
    with served(ROOT / "app.py", port) as url:
        open_page(page, f"{url}/memory-ledger?instances=12")
        page.get_by_text("Several times as much").click()
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.get_by_role("heading", level=1)).not_to_contain_text("?")
        settled(page)
        said, address = heading(page), page.url
        assert {"instances=12", "show=1"} <= set(address.partition("?")[2].split("&"))
    expect(lost).to_be_visible()
    dialog = page.get_by_test_id("stDialog")  # Streamlit's own words, which come later
    expect(dialog).to_be_attached()
    expect(dialog).to_be_hidden()
    expect(lost).to_be_visible()
    with served(ROOT / "app.py", port):
        expect(lost).to_be_hidden()
        settled(page)
        assert heading(page) == said
        assert page.url == address
        pss = page.get_by_role("radio", name="PSS")
        for _ in range(20):  # what is pressed before the page has been drawn again is drawn over
            pss.click()
            page.wait_for_timeout(500)
            settled(page)
            if pss.get_attribute("aria-checked") == "true":
                break
        expect(pss).to_be_checked()
        assert heading(page) == said
    page.context.close()


def test_a_lecture_is_held_by_keys(page: Page, app_url: str) -> None:
    """On a projector of few pixels, which this lesson's answer fills."""
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, f"{app_url}/memory-ledger")
    expect(page.get_by_role("button", name=re.compile("Run"))).to_be_visible()
    settled(page)
    question = heading(page)
    page.keyboard.press("p")
    expect(page.get_by_role("button", name=re.compile("Show the answer"))).to_be_visible()
    settled(page)
    expect(page.locator("[data-testid=stTopNavLink]")).to_have_count(0)
    assert not misfits(page, 18)
    page.keyboard.press("l")
    expect(page.get_by_role("button", name=re.compile("Show the answer"))).to_be_disabled()
    page.keyboard.press("Space")
    page.wait_for_timeout(500)
    assert heading(page) == question, "the answer is locked"
    page.keyboard.press("l")
    expect(page.get_by_role("button", name=re.compile("Show the answer"))).to_be_enabled()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(question)
    expect(page.locator(DRAWING).first).to_be_visible()
    fitted(page)
    shows_all(page)
    assert not misfits(page, 18)
    with page.context.expect_page() as window:
        page.get_by_role("link", name="Notes").click()
    notes = window.value
    expect(notes.get_by_text("The finding")).to_be_visible()
    expect(notes.get_by_text(re.compile("✓")).first).to_be_visible()
    notes.close()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What gives way first")
    settled(page)
    assert "projector=1" in page.url
    assert "show=1" not in page.url
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=1)).to_contain_text("RSS")
    settled(page)
    page.keyboard.press("p")
    expect(page.locator("[data-testid=stTopNavLink]").first).to_be_visible()
    assert "projector" not in page.url


def test_on_a_phone_the_question_and_run_are_on_the_first_screen(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for link in ("taxonomy", "memory-ledger", "density", "layers", "scenarios?scenario=overhead"):
        open_page(page, f"{app_url}/{link}")
        run = page.get_by_role("button", name=re.compile("^.*Run( the race)?$")).first
        expect(run).to_be_visible()
        box = run.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844, link
        assert not misfits(page, 12), link


def test_on_a_phone_the_menu_closes_on_a_choice_and_starts_closed(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, app_url)
    menu, button = page.locator("[data-testid=stSidebar]"), page.locator("[data-testid=stExpandSidebarButton]")
    for name in ("Images", "Stacks"):
        button.click()
        expect(menu).to_be_in_viewport()
        menu.get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"**/{name.lower()}*")
        settled(page)
        expect(menu).not_to_be_in_viewport()
    button.click()
    expect(menu).to_be_in_viewport()
    page.reload()
    settled(page)
    expect(menu).not_to_be_in_viewport()


def test_the_focus_goes_to_the_finding_and_the_keyboard_goes_on_from_there(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/memory-ledger")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    settled(page)
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled()
    run.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1:focus")).to_have_count(1)
    assert not heading(page).endswith("?")
    expect(page.locator("[aria-live=polite]").filter(has_text=heading(page))).to_have_count(1)


def test_a_page_ends_with_the_way_to_the_next_lesson(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/taxonomy?show=1")
    for _ in range(2):
        before = heading(page)
        page.get_by_role("link", name=re.compile("Next lesson")).click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text(before)
        settled(page)
        assert "show=1" not in page.url


DRAWN = f"{DRAWING}, table, [aria-hidden=true] text"
HALL = (
    "?embed=true",
    "taxonomy?embed=true&show=1",
    "memory-ledger?embed=true&show=1",
    "density?embed=true&show=1",
    "layers?embed=true&show=1",
    "images?embed=true",
    "accuracy?embed=true",
    "sources?embed=true",
    "scenarios?embed=true&scenario=taxonomy-between",
    "scenarios?embed=true&show=1&scenario=isolation",
    "scenarios?embed=true&show=1&scenario=layers",
    "scenarios?embed=true&show=1&scenario=portability&lang=ja",
)


def test_in_a_frame_of_960_by_540_the_question_the_figure_and_its_point_fit(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 960, "height": 540})
    wrong = {}
    for link in HALL:
        open_page(page, f"{app_url}/{link}")
        expect(page.locator(DRAWN).first).to_be_visible()
        fitted(page)
        found = misfits(page, 12)
        if scrolled_away(page) > 1:
            found.append(f"{scrolled_away(page)} pixels are below the frame")
        if found:
            wrong[link] = found
    assert not wrong


def test_a_wrong_answer_is_ringed_in_sight_of_its_question(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, f"{app_url}/taxonomy?show=1")
    ring = page.locator(CHART).get_by_text("look here").first
    expect(ring).to_have_count(0)
    quiz = page.get_by_role("radiogroup", name=re.compile("spend most of its start on"))
    quiz.locator("label").filter(has_text="The machine").click()
    expect(page.get_by_text("Look at the ring in the figure: QEMU/KVM").first).to_be_visible()
    expect(ring).to_be_in_viewport()
    expect(quiz).to_be_in_viewport()


SHOWN = (
    "",
    "taxonomy?show=1",
    "memory-ledger?show=1",
    "density?show=1",
    "layers?show=1",
    "images",
    "sources?row=R0051",
)


def test_nothing_stands_outside_its_window_which_scrolls_only_down_and_no_text_is_small(
    page: Page, app_url: str
) -> None:
    wrong = {}
    for link in SHOWN:
        page.set_viewport_size({"width": 1280, "height": 720})
        open_page(page, f"{app_url}/{link}")
        expect(page.locator("h1")).to_be_visible()
        found = []
        for size in SIZES:
            found += at_sizes(page, [size], 12)
            if (wider := overflow(page)) > 0:
                found.append(f"{wider} pixels wider than a window of {size}")
        if found:
            wrong[link] = found
    assert not wrong
