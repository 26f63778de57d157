"""The layer lab in a real browser: pick, edit, undo, bring a build of one's own, follow a suggestion."""

from __future__ import annotations

import io
import re
import tarfile
import time

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from tests.dashboard.browsing import heading, open_page, settled

pytestmark = pytest.mark.browser

ACTIVE = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}"""
PICKED = '[data-node][aria-pressed="true"]'


def large_build(stages: int = 8, steps: int = 24) -> dict[str, str]:
    """A context whose multi-stage Dockerfile has about 200 instructions."""
    lines: list[str] = []
    files: dict[str, str] = {}
    for stage in range(stages):
        above = "python:3.13-slim" if stage % 2 == 0 else f"s{stage - 1}"
        lines += [f"FROM {above} AS s{stage}", "WORKDIR /app"]
        for part in range(steps // 3):
            name = f"part{stage}/f{part}.txt"
            files[name] = f"{stage} {part}\n"
            lines += [f"COPY {name} .", f"RUN make part-{stage}-{part}"]
            taken = f"COPY --from=s{stage - 1} /app/out{part} ./in{part}"
            lines.append(taken if stage and part % 4 == 1 else f"ENV STEP_{part}={part}")
    return {"Dockerfile": "\n".join(lines) + "\n", **files}


def archive(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"big/{name}")
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def bring(page: Page, name: str, data: bytes) -> None:
    page.get_by_text("Another Dockerfile, or your own").click()
    page.locator("[data-testid=stFileUploader]").scroll_into_view_if_needed()  # where one drops a file one looks
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": data})


def choose(page: Page, label: str, text: str) -> None:
    """Type into a list and take the option; a list closes when the page is drawn again meanwhile, so try again."""
    option = page.get_by_role("option", name=text, exact=True)
    for _ in range(3):
        box = page.get_by_role("combobox", name=label)
        box.click()
        box.fill(text)
        try:
            option.click(timeout=2_000)
        except NotInTime:
            continue
        return
    pytest.fail(f"{text!r} is not among the options of {label!r}")


def test_a_step_of_the_build_is_picked_by_mouse_and_by_keyboard(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1")
    node = page.locator("[data-node]")
    cause = page.locator('[data-node][aria-pressed="true"]')
    expect(cause).to_have_attribute("aria-label", re.compile(r"COPY requirements\.txt"))
    page.locator('[data-node][aria-label*="RUN pip install"]').click()
    expect(page.locator('[data-node][aria-pressed="true"]')).to_have_attribute(
        "aria-label", re.compile("RUN pip install")
    )
    reason = page.locator("[data-testid=stVerticalBlock] code", has_text="RUN pip install").first
    expect(reason).to_be_visible()
    settled(page)
    hit = page.locator('[data-node][aria-label*="RUN npm install"]')
    hit.focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-node][aria-pressed="true"]')).to_have_attribute(
        "aria-label", re.compile("RUN npm install")
    )
    expect(page.get_by_text("cache key").first).to_be_visible()
    assert node.count() > 10


def test_editing_the_dockerfile_turns_hits_into_misses_and_undo_brings_them_back(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1&file=none")
    again = page.locator(".gutter .cause, .gutter .miss")
    expect(again).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing is edited yet")
    paper = page.get_by_label("Dockerfile of the next build")
    text = paper.input_value()
    paper.fill(text.replace("RUN npm install", "RUN npm ci"))
    expect(again).not_to_have_count(0)
    expect(page.locator(".gutter .cause")).to_have_attribute("data-line", "4")
    expect(page.get_by_role("heading", level=1)).to_contain_text("This Dockerfile re-runs")
    page.get_by_role("button", name="Undo").click()
    expect(again).to_have_count(0)
    assert paper.input_value() == text
    page.get_by_role("button", name="Redo").click()
    expect(again).not_to_have_count(0)
    assert "RUN npm ci" in paper.input_value()


def test_a_dockerfile_that_cannot_be_read_is_answered_beside_it_and_the_figure_stays(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1")
    expect(page.locator('[data-node][aria-pressed="true"]')).to_be_visible()
    nodes = page.locator("[data-node]").count()
    paper = page.get_by_label("Dockerfile of the next build")
    paper.fill("FRM python\n" + paper.input_value())
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("FRM")
    settled(page)
    assert page.locator("[data-node]").count() == nodes


def test_steps_are_predicted_by_clicking_them(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers")
    assert heading(page).endswith("?")
    page.locator('[data-node][aria-label*="RUN pip install"]').click()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"You named 1 of the \d+ steps"))).to_be_visible()


def replanned(page: Page, edited: str, step: str) -> float:
    """Seconds that choosing a file takes, until the picture shows its step as the cause."""
    started = time.perf_counter()
    choose(page, "Edit one file, or the Dockerfile below", edited)
    expect(page.locator(PICKED)).to_have_attribute("aria-label", re.compile(step))
    return time.perf_counter() - started


def test_a_build_of_200_steps_is_brought_along_and_replanned_about_as_fast_as_one_of_20(
    page: Page, app_url: str
) -> None:
    files = large_build()
    assert files["Dockerfile"].count("\n") >= 200
    open_page(page, f"{app_url}/layers?show=1&file=none")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing is edited yet")
    settled(page)
    small = replanned(page, "requirements.txt", r"COPY requirements\.txt")
    bring(page, "big.tar.gz", archive(files))
    expect(page.get_by_label("Dockerfile of the next build")).to_have_value(re.compile("make part-7-0"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing is edited yet")
    settled(page)
    took = replanned(page, "part3/f2.txt", r"COPY part3/f2\.txt")
    assert took < 5 * small, f"{took:.2f} s to choose and redraw, and {small:.2f} s for a small build"
    frame = page.get_by_role("region", name="Build graph")
    expect(frame).to_be_visible()
    page.wait_for_timeout(150)
    box, node = frame.bounding_box(), page.locator(PICKED).bounding_box()
    assert box is not None
    assert node is not None
    assert box["y"] <= node["y"] <= box["y"] + box["height"]
    assert box["x"] <= node["x"] <= box["x"] + box["width"]
    page.get_by_role("button", name="Whole graph").click()
    assert frame.evaluate("e => e.scrollHeight <= e.clientHeight + 2 && e.scrollWidth <= e.clientWidth + 2")


def test_what_cannot_be_taken_is_answered_at_the_upload_in_sight_and_the_figure_stays(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, f"{app_url}/layers?show=1")
    title = heading(page)
    bring(page, "notes.txt", b"no Dockerfile here")
    answer = page.locator("[data-testid=stAlert]")
    expect(answer).to_contain_text("no Dockerfile among notes.txt")
    settled(page)
    page.wait_for_timeout(500)  # what was drawn moves into its place
    said, there = answer.bounding_box(), page.locator("[data-testid=stFileUploader]").bounding_box()
    assert said is not None
    assert there is not None
    assert 0 <= said["y"] < said["y"] + said["height"] <= 720, "without scrolling"
    assert 0 <= there["y"] - said["y"] - said["height"] < 40, "just above the upload"
    assert heading(page) == title
    expect(page.locator(PICKED)).to_be_visible()


def test_another_tag_of_a_base_image_re_runs_what_stands_on_it(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1&file=none")
    page.get_by_text("Builder, base images, build arguments").click()
    choose(page, "Image in line 8", "python:3.12-slim")
    expect(page.get_by_label("Dockerfile of the next build")).to_have_value(re.compile("FROM python:3.12-slim"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("This Dockerfile re-runs")
    expect(page.get_by_text("the base image changed")).to_be_visible()


def test_a_suggestion_is_taken_and_the_same_change_costs_less(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers?show=1&context=report/Dockerfile.source-first")
    before = heading(page)
    assert "report.py" in before
    page.get_by_role("button", name="Try it").first.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(before)
    settled(page)
    assert "report.py" in heading(page)
    expect(page.get_by_text("1 more in the cache")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(before)


def test_the_lab_is_walked_by_keyboard_alone(page: Page, app_url: str) -> None:
    open_page(page, f"{app_url}/layers")

    def tab_to(selector: str, most: int = 60) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate(f"(s) => ({ACTIVE})()?.matches(s) ?? false", selector):
                return
        pytest.fail(f"{selector} is not reached by {most} times Tab")

    tab_to('[data-node][aria-label*="RUN pip install"]')
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 chosen")).to_be_visible()
    settled(page)
    assert page.evaluate(f"() => ({ACTIVE})()?.getAttribute('aria-label')").startswith("line 11")
    page.get_by_role("button", name="Run", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"You named 1 of the \d+ steps"))).to_be_visible()
    settled(page)
    tab_to('[data-node][aria-label*="RUN npm install"]', 120)
    page.keyboard.press(" ")
    expect(page.locator(PICKED)).to_have_attribute("aria-label", re.compile("RUN npm install"))
    expect(page.get_by_text("cache key").first).to_be_visible()
