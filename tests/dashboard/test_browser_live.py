"""The live page as a reader opens it: from a file, without a network, in a browser that asks for nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.errors import InputError
from sim.live import builder
from sim.loading import override
from sim.report.style import LANGUAGES
from sim.report.texts import tr
from sim.scenario import Scenario

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]  # in one process, which builds the page once
OF_COURSE = pytest.mark.xdist_group("course")  # maybe in another one, beside it

ROOT = Path(__file__).parents[2]
LESSONS = ("taxonomy", "layers")
LOWEST = """() => {
  const feet = ["title", "predict", "figures"].map((id) => document.getElementById(id).getBoundingClientRect().bottom);
  const frames = [...document.querySelectorAll("#figures .graph")].map((one) => one.getBoundingClientRect().bottom);
  return Math.round(Math.max(...feet, ...frames) - innerHeight + scrollY);
}"""
"""Pixels by which the title, the prediction or a figure is longer than the frame."""
SMALL = """() => {
  const found = [];
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.shadowRoot) look(one.shadowRoot);
      if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
      if (!one.getClientRects().length) continue;
      const turned = one.ownerSVGElement && one.getScreenCTM?.();
      const scale = turned ? Math.hypot(turned.c, turned.d) : one.currentCSSZoom;
      if (parseFloat(getComputedStyle(one).fontSize) * scale < 11.95) found.push(one.textContent.trim());
    }
  };
  look(document.getElementById("figures"));
  return found;
}"""
"""Texts of the figures below 12 pixels."""
IN_VIEW = """(one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return top < innerHeight && bottom > 0 && (top >= 0 || bottom >= innerHeight / 2);
}"""
"""Whether an element is seen, or half a screen of it."""
OVERLAP = """async () => {
  const embed = vegaEmbed, fit = room.fit, stale = [], late = [];
  globalThis.vegaEmbed = async (...all) => {
    const one = await embed(...all);
    await new Promise((done) => late.push(done));
    return one;
  };
  room.fit = (views) => {
    stale.push(...views.map((view) => !view.container().isConnected));
    return fit(views);
  };
  const button = document.getElementById("change"), soon = () => new Promise((done) => setTimeout(done, 200));
  button.click();
  await soon();
  globalThis.vegaEmbed = embed;
  button.click();
  await soon();
  for (const done of late) done();
  await soon();
  room.fit = fit;
  return stale;
}"""
"""Draws the figures twice, where the first charts are ready after the second ones: which of those fitted are gone."""
FIGURE = "#figures svg, #figures table, #figures img, #figures .scroll, #figures p"
PATIENCE = 300_000
"""Milliseconds after which a page that hangs is given up. It is no limit on how fast it must be."""
COURSE = sorted(sim.lessons(), key=lambda name: name != "compose")
"""Every lesson. The first one's answer stays in the page's memory, and none leaves more than that of compose."""
LONG = ("taxonomy-between", "layers", "own-image", "instruction-order", "run-chain", "ci-pipeline", "production")
"""Lessons whose result, one figure below the other, is longer than 720 pixels."""
TRIES = 5
"""How often times are measured at most, where what else the machine does has met all before. At least it is twice."""
LARGEST, LARGEST_COURSE = 28_500_000, 36_000_000
"""Bytes of a page with a few lessons, and with all. A third is the memory of a Python that answered before."""


def build(file: Path, lessons: list[Scenario]) -> Path:
    """A page of lessons. Without any it only starts Python."""
    try:
        file.write_text(builder.page(lessons), "utf-8")
    except InputError as error:
        pytest.skip(f"the page cannot be built here: {error}")
    return file


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that only starts Python."""
    return build(tmp_path_factory.mktemp("empty") / "empty.html", [])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page of two lessons. Built once: it takes a minute."""
    return build(tmp_path_factory.mktemp("live") / "page.html", [sim.load(name) for name in LESSONS]).parent


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every lesson, of few replications, in a sandboxed frame."""
    folder = tmp_path_factory.mktemp("course")
    lessons = [sim.load(name) for name in COURSE]
    build(folder / "page.html", [override(one, {"replications": min(2, one.replications)}) for one in lessons])
    frame = '<!doctype html><iframe sandbox="allow-scripts" src="page.html" width="960" height="540"></iframe>'
    (folder / "outer.html").write_text(frame, "utf-8")
    return folder


@pytest.fixture(scope="module")
def started(empty: Path, browser: Any) -> Iterator[Any]:
    """A context whose pages find Python's WebAssembly compiled, by a page that stays open beside them."""
    context = browser.new_context()
    opened(context, empty.as_uri(), []).wait_for_selector("body[data-state=drawn]")
    yield context
    context.close()


def opened(where: Any, address: str, asked: list[str]) -> Any:
    """A page whose every request but that for itself is refused and noted, as are its errors.

    Args:
        where: A browser, in which nothing is kept for the page, or a context.
    """
    page = where.new_page()
    page.set_viewport_size({"width": 1280, "height": 720})

    def answer(route: Any) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page.route("**/*", answer)
    page.on("console", lambda message: message.type == "error" and asked.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: asked.append(f"error: {error}"))
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    return page


@pytest.fixture
def live(built: Path, started: Any) -> Iterator[Any]:
    """The page once Python has answered. A test fails on a request, an error or a policy that was broken."""
    asked: list[str] = []
    page = opened(started, (built / "page.html").as_uri(), asked)
    page.wait_for_selector("body[data-state=drawn]")
    yield page
    page.close()
    assert asked == []


def settled(page: Any, run: int, state: str = "drawn") -> None:
    # Not wait_for_function: it evaluates a text, which the page's policy refuses.
    page.wait_for_selector(f'body[data-state={state}][data-run="{run}"]')


def printed(*arguments: str) -> str:
    """What the command line prints."""
    command = [sys.executable, "-m", "sim", "run", *arguments, "--format", "json"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.removesuffix("\n")


def test_a_page_is_one_file_of_a_bounded_size_with_the_licences_in_it(built: Path) -> None:
    page = (built / "page.html").read_text("utf-8")
    assert len(page.encode()) < LARGEST
    head = page[:4000]
    assert "Mozilla Public License 2.0" in head
    assert "https://github.com/pyodide/pyodide" in head
    said = tr("ui.live.size", "en", size=f"{len(page.encode()) / 1e6:.1f}")
    assert said in page, "the size that the page states is its own"


def test_the_numbers_are_those_of_the_command_line(live: Any) -> None:
    assert live.evaluate("line") == printed("taxonomy")
    live.select_option("select[name=lesson]", "layers")
    settled(live, 2)
    assert live.evaluate("line") == printed("layers")


def test_a_lesson_is_predicted_run_and_read_in_both_languages(live: Any) -> None:
    for name in ("Firecracker", "Docker", "LXC", "QEMU/KVM", "VMware ESXi 6", "VirtualBox"):
        live.get_by_role("button", name=name, exact=True).click()
    live.get_by_role("button", name="Run", exact=True).click()
    settled(live, 2)
    assert "6 of 6" in live.inner_text("#after")
    assert live.locator("#figures svg").count() == 2
    live.click("#lang")
    settled(live, 3)
    assert live.get_attribute("html", "lang") == "ja"
    assert tr("ui.quiz", "ja") in live.inner_text("#after")
    live.locator("fieldset").nth(1).locator("input").nth(1).check()
    live.get_by_text(tr("ui.quiz.right", "ja")).wait_for()
    ring = live.locator("#figures svg text").get_by_text(tr("figure.ring.here", "ja"))
    assert ring.count() == 0
    live.locator("fieldset").nth(0).locator("input").nth(0).check()
    ring.first.wait_for(state="attached")


def test_steps_of_a_build_are_picked_by_mouse_and_key_and_its_dockerfile_is_edited(live: Any) -> None:
    live.select_option("select[name=lesson]", "layers")
    settled(live, 2)
    live.locator("[data-node]").nth(3).click()
    settled(live, 3)
    live.locator("[data-node]").nth(4).press("Enter")
    settled(live, 4)
    assert live.get_by_text("you: re-runs").count() == 2
    live.click("#change")
    live.select_option("select[name=how]", "touch")
    settled(live, 5)
    metrics = live.evaluate("JSON.parse(line).metrics")
    assert [metric["value"] for metric in metrics if metric["metric"] == "misses"] == [0]


def test_changes_are_undone_and_done_again_by_button_and_key_and_so_are_edits_of_a_build(live: Any) -> None:
    live.click("#change")
    undo, redo = (
        live.get_by_role("button", name=tr(f"ui.undoing.{name}", "en"), exact=True) for name in ("undo", "redo")
    )
    assert (undo.is_disabled(), redo.is_disabled()) == (True, True)
    begun, box = live.evaluate("line"), live.locator("input[name=instances]")
    first = box.input_value()
    for run, count in ((2, "3"), (3, "5")):
        box.fill(count)
        box.press("Tab")
        settled(live, run)
    box.fill("50")
    box.press("Tab")
    settled(live, 4, "refused")
    undo.click()  # of 5: what was refused is no step
    settled(live, 5)
    assert box.input_value() == "3"
    assert "3" in live.inner_text("#changed")
    assert (live.locator("#refused").count(), redo.is_disabled()) == (0, False)
    undo.focus()
    live.keyboard.press("Control+z")
    settled(live, 6)
    assert (box.input_value(), live.evaluate("line"), undo.is_disabled()) == (first, begun, True)
    live.keyboard.press("Control+Shift+z")
    settled(live, 7)
    assert (box.input_value(), redo.is_disabled()) == ("3", False)
    live.get_by_role("button", name=tr("ui.conditions.reset", "en"), exact=True).click()
    settled(live, 8)
    assert (box.input_value(), redo.is_disabled()) == (first, True), "what was undone is given up"
    live.select_option("select[name=lesson]", "layers")
    settled(live, 9)
    assert undo.is_disabled(), "each lesson has steps of its own"
    written = live.input_value("textarea[name=dockerfile]")
    live.fill("textarea[name=dockerfile]", f"{written}\nRUN true\n")
    settled(live, 10)
    live.keyboard.press("Control+z")
    assert live.input_value("textarea[name=dockerfile]") == written, "the browser undoes what is being written"
    settled(live, 11)
    undo.click()
    settled(live, 12)
    assert "RUN true" in live.input_value("textarea[name=dockerfile]")
    undo.click()
    settled(live, 13)
    assert live.input_value("textarea[name=dockerfile]") == written


def test_a_run_is_refused_or_cancelled_and_the_next_one_is_whole(live: Any) -> None:
    live.click("#change")
    live.fill("input[name=instances]", "50")
    live.press("input[name=instances]", "Tab")
    settled(live, 2, "refused")
    refused = live.locator("label:has(input[name=instances]) + #refused")
    assert "at most 15 fit" in refused.inner_text()
    assert refused.evaluate(IN_VIEW)
    assert live.locator("input[name=instances]").evaluate(IN_VIEW)
    assert live.get_attribute("input[name=instances]", "aria-describedby") == "refused"
    assert live.inner_text("#told") == ""
    live.click("#change")
    assert "at most 15 fit" in live.inner_text("#told"), "where no field is seen"
    live.click("#change")
    titles = sim.load("taxonomy").title
    for turned, title, most in (("ja", titles.ja, "最大15個"), ("en", titles.en, "at most 15 fit")):
        live.click("#lang")
        live.wait_for_function("title => document.getElementById('title').textContent === title", arg=title)
        assert live.get_attribute("html", "lang") == turned
        live.wait_for_selector("body[data-state=refused]")
        assert most in refused.inner_text()
        assert live.input_value("input[name=instances]") == "50"
    live.fill("input[name=instances]", "15")
    live.press("input[name=instances]", "Tab")
    live.evaluate("document.getElementById('cancel').click()")  # the run may be over before the button is seen
    live.wait_for_selector("body[data-state=cancelled]")
    assert live.inner_text("#told") == tr("ui.cancelled", "en")
    before = int(live.get_attribute("body", "data-run"))
    live.fill("input[name=instances]", "2")
    live.press("input[name=instances]", "Tab")
    settled(live, before + 1)
    assert live.evaluate("JSON.parse(line).scenario") == "taxonomy"


def test_the_address_follows_the_lesson_and_no_lesson_stands_under_the_name_of_another(live: Any) -> None:
    loading = """() => {
      const box = document.querySelector("select[name=lesson]");
      box.value = "layers";
      box.onchange();
      return [document.getElementById("title"), document.getElementById("told"), document.getElementById("figures")]
        .map((one) => one.textContent);
    }"""
    titles = sim.load("layers").title
    assert live.evaluate(loading) == [titles.en, tr("ui.live.loading", "en"), ""]
    settled(live, 2)
    assert (live.evaluate("location.hash"), live.inner_text("#told")) == ("#layers", "")
    live.click("#lang")
    settled(live, 3)
    assert live.evaluate("location.hash") == "#layers:ja"
    live.go_back()
    settled(live, 4)
    assert live.evaluate("JSON.parse(line).scenario") == "taxonomy"
    assert (live.input_value("select[name=lesson]"), live.evaluate("location.hash")) == ("taxonomy", "")
    live.go_forward()
    settled(live, 5)
    live.reload()
    live.wait_for_selector("body[data-state=drawn]")
    assert live.evaluate("JSON.parse(line).scenario") == "layers"
    assert live.inner_text("#title") == titles.ja


def test_conditions_stand_beside_the_figure_and_what_they_change_comes_into_view(live: Any) -> None:
    live.click("#predict button.plain")
    settled(live, 2)
    live.set_viewport_size({"width": 960, "height": 540})
    live.click("#change")
    form, figures = (live.locator(place).bounding_box() for place in ("#form", "#figures"))
    assert form["x"] + form["width"] <= figures["x"]
    assert live.evaluate(LOWEST) <= 0
    assert set(live.evaluate(OVERLAP)) == {False}
    live.set_viewport_size({"width": 390, "height": 844})
    for run, name in enumerate(("image", "instances"), 3):
        box = live.locator(f"#form [name$={name}]").first
        box.scroll_into_view_if_needed()
        if name == "instances":
            box.fill("3")
            box.press("Tab")
        else:
            box.select_option(index=1)
        settled(live, run)
        live.wait_for_timeout(200)
        assert live.locator("#figures").evaluate(IN_VIEW)
    assert live.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_phone_shows_every_figure_whole_and_scrolls_no_page_sideways(built: Path, started: Any, lang: str) -> None:
    page = opened(started, f"{(built / 'page.html').as_uri()}#{LESSONS[0]}:{lang}", asked := [])
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector("body[data-state=drawn]")
    for number, name in enumerate(LESSONS, 1):
        if number > 1:
            page.select_option("select[name=lesson]", name)
            settled(page, number)
        assert page.get_attribute("html", "lang") == lang
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        cut = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollHeight > one.clientHeight).length"
        assert page.evaluate(cut) == 0
    page.close()
    assert asked == []


def test_a_page_works_in_a_sandboxed_frame(built: Path, started: Any) -> None:
    outer, asked = built / "outer.html", []
    outer.write_text('<!doctype html><iframe sandbox="allow-scripts" src="page.html#layers:ja"></iframe>', "utf-8")
    page = opened(started, outer.as_uri(), asked)
    page.frame_locator("iframe").locator("body[data-state=drawn]").wait_for(state="attached")
    assert page.frames[1].evaluate("JSON.parse(line).scenario") == "layers"
    assert page.frame_locator("iframe").locator("html").get_attribute("lang") == "ja"
    page.close()
    assert asked == []


@OF_COURSE
def test_a_page_holds_a_course_and_every_lesson_runs_shows_and_takes_its_picks(
    course: Path, started: Any, measured: Callable[..., None]
) -> None:
    """Offline, in a sandboxed frame. What may be picked of a figure is picked once, and the figure is drawn anew."""
    size = (course / "page.html").stat().st_size
    measured("live page with every lesson", size / 1e6, "MB")
    assert size < LARGEST_COURSE
    asked: list[str] = []
    outer = opened(started, (course / "outer.html").as_uri(), asked)
    outer.frame_locator("iframe").locator("body[data-state=drawn]").wait_for(state="attached")
    page = outer.frames[1]
    wrong: dict[str, object] = {}
    picked = set()

    def done(act: Callable[[], object], *, fits: bool = True) -> None:
        run = int(page.get_attribute("body", "data-run") or 0)
        act()
        page.wait_for_selector(f'body[data-run="{run + 1}"]', state="attached")
        if page.get_attribute("body", "data-state") != "drawn" or not page.locator(FIGURE).count():
            wrong[name] = page.inner_text("#told") or "no figure"
        if fits:
            looked()

    def looked() -> None:
        if (below := page.evaluate(LOWEST)) > 0:
            wrong[f"{name}, {page.get_attribute('html', 'lang')}"] = f"{below} pixels are below the frame"
        elif small := page.evaluate(SMALL):
            wrong[f"{name}, small"] = small

    def chosen(place: str, *, fits: bool) -> None:
        """Take each choice of a place once."""
        for option in page.locator(f"{place} [data-option]").evaluate_all(
            "all => all.map((one) => one.dataset.option)"
        ):
            box = page.locator(f'{place} [data-option="{option}"]')
            if box.get_attribute("aria-pressed") != "true":
                done(box.click, fits=fits)
                picked.add(option.partition(":")[0].partition(".")[2])
        for choice in page.locator(f"{place} .line select").evaluate_all("all => all.map((one) => one.name)"):
            done(partial(page.select_option, f'{place} .line select[name="{choice}"]', index=1), fits=fits)
            picked.add(choice.partition(".")[2])

    def drawn_whole(seen: int) -> None:
        """A part in the languages that are left, and with each of its picks.

        Below it are those that a frame has no room for.
        """
        for _ in LANGUAGES[seen:]:
            done(partial(page.click, "#lang"))
        chosen("#figures", fits=True)
        node = page.locator("#figures [data-node]")
        if node.count():
            done(node.last.click)
            picked.add("node")

    for number, name in enumerate(COURSE):
        if number:
            done(partial(page.select_option, "select[name=lesson]", name))
        else:
            looked()
        for _ in LANGUAGES[1:]:
            done(partial(page.click, "#lang"))
        done(partial(page.click, "#predict button.plain"))
        if page.evaluate("JSON.parse(line.split('\\n')[0]).scenario") != name:
            wrong[name] = "another lesson's numbers"
        for part in range(max(1, page.locator("#parts [data-part]").count())):
            if part:
                page.click(f'#parts [data-part="{part}"]')
                page.wait_for_selector(f'[data-part="{part}"][aria-pressed=true]')
            drawn_whole(0 if part else 1)
        chosen("#choices", fits=False)
    outer.close()
    assert wrong == {}
    assert asked == []
    assert {"ruler", "of", "node"} <= picked


@OF_COURSE
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_projectors_screen_holds_each_question_and_result_together(course: Path, started: Any, lang: str) -> None:
    """Of the lessons whose figures are the longest: graphs of builds, several parts, a race of twelve lanes."""
    page = opened(started, f"{(course / 'page.html').as_uri()}#{LONG[0]}:{lang}", asked := [])
    page.wait_for_selector("body[data-state=drawn]")
    below: dict[str, int] = {}
    run = int(page.get_attribute("body", "data-run") or 0)
    for number, name in enumerate(LONG):
        if number:
            page.select_option("select[name=lesson]", name)
            settled(page, run := run + 1)
        below[f"{name}, question"] = page.evaluate(LOWEST)
        page.click("#predict button.plain")
        settled(page, run := run + 1)
        for part in range(max(1, page.locator("#parts [data-part]").count())):
            if part:
                page.click(f'#parts [data-part="{part}"]')
                page.wait_for_selector(f'[data-part="{part}"][aria-pressed=true]')
            page.wait_for_timeout(200)  # a part is drawn once more by the browser alone
            below[f"{name}, result {part + 1}"] = page.evaluate(LOWEST)
    page.close()
    assert len(below) > 2 * len(LONG), "several parts are seen one by one"
    assert {name: pixels for name, pixels in below.items() if pixels > 0} == {}
    assert asked == []


def test_python_computes_the_first_figure_within_twice_the_time_in_which_it_starts_alone(
    built: Path, empty: Path, browser: Any, measured: Callable[..., None]
) -> None:
    """Page and empty page in turn, in one run. The question is drawn while Python starts, then Python answers it.

    Each is a browser's first: nothing is compiled before.
    """
    asked, answered, alone = [], [], []
    for number in range(1, TRIES + 1):
        page = opened(browser, (built / "page.html").as_uri(), [])
        page.wait_for_selector("body[data-state=drawn]")
        marks = page.evaluate("marks")
        asked.append(marks["drawn"])
        answered.append(marks["answered"])
        page.close()
        page = opened(browser, empty.as_uri(), [])
        page.wait_for_selector("body[data-state=drawn]")
        alone.append(page.evaluate("marks")["ready"])
        page.close()
        if number > 1 and min(asked) < min(alone) and min(answered) < 2 * min(alone):
            break
    measured("live page, question drawn, to an empty Pyodide page", min(asked) / min(alone))
    measured("live page, figure computed, to an empty Pyodide page", min(answered) / min(alone))
    assert min(asked) < min(alone)
    assert min(answered) < 2 * min(alone)
