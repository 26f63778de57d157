"""Every parameter of every page: a value that cannot be used is answered by name, with what is allowed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import controls, links, shipped
from dashboard.layers import lab
from sim.loading import controls as of_scenario
from tests.dashboard.apptest import opened, unescaped

pytestmark = pytest.mark.usefixtures("runs_once")

EVERYWHERE = ("lang", "size", "show")
PARAMETERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", ""): (),
    ("taxonomy", ""): ("finish", "seed"),
    ("memory-ledger", ""): ("ruler", "seed"),
    ("density", ""): ("every", "seed"),
    ("layers", ""): ("context", "file", "how", "builder", "seed"),
    ("comparison", ""): (),
    ("stacks", ""): ("stacks", "instances"),
    ("images", ""): ("images", "look", "next"),
    ("images", "alpine:latest"): ("images",),
    ("accuracy", ""): ("use", "source", "of"),
    ("sources", ""): ("row", "kind", "of", "basis", "source", "page"),
    ("scenarios", ""): ("scenario",),
    ("scenarios", "instruction-order"): ("of",),
    ("scenarios", "components"): ("drawn",),
    ("scenarios", "registry"): ("measure", "of"),
    ("scenarios", "overcommit"): (),
}
"""By the page, and the scenario or image on it."""
CASES = [
    (path, what, name)
    for (path, what), names in PARAMETERS.items()
    for name in (*names, *(EVERYWHERE if not what else ()))
]


def link(path: str, what: str) -> dict[str, str]:
    if not what:
        return {"show": "1"}
    return {"show": "1", "scenario" if path == "scenarios" else "images": what}


def errors(at: AppTest) -> list[str]:
    return [unescaped(element.value) for element in at.error]


@pytest.mark.parametrize(("path", "what", "name"), CASES)
def test_a_value_that_is_none_is_answered_by_name_with_what_is_allowed(path: str, what: str, name: str) -> None:
    at = opened(path, **(link(path, what) | {name: "nope"}))
    assert not at.exception
    (said,) = errors(at)
    assert ("'nope' is no seed" if name == "seed" else f"{name}: 'nope' cannot be used here") in said
    assert "; expected " in said
    if name != "show":
        assert "The default is shown instead" in said
    assert len(said) < 600
    assert errors(at.run()) == [said], "it stays until the reader changes something"


@pytest.mark.parametrize(
    ("path", "what", "name"),
    [case for case in CASES if case[2] not in ("every", "scenario", "layer", "lang", "size", "show")],
)
def test_inside_a_lecture_too(path: str, what: str, name: str) -> None:
    if (path, name) == ("scenarios", "of") and what == "registry":
        pytest.skip("a lecture shows no layers of a pull")
    at = opened(path, embed=True, **(link(path, what) | {name: "nope"}))
    assert ["'nope'" in said for said in errors(at)] == [True]


def test_the_store_of_a_next_pull() -> None:
    at = opened("images", next="alpine:latest", store="nope")
    assert "store: 'nope' cannot be used here; expected one of graphdriver" in errors(at)[0]


def test_the_choice_of_another_scenario_inside_a_lecture() -> None:
    at = opened("scenarios", embed=True, scenario="nope")
    assert "scenario: 'nope' cannot be used here; expected one of what-is-docker" in errors(at)[0]


def test_several_values_are_each_answered_and_go_as_they_are_changed() -> None:
    at = opened("layers", show="1", how="nope", builder="x", file="../x")
    assert [said.partition(" cannot")[0] for said in errors(at)] == ["file: '../x'", "how: 'nope'", "builder: 'x'"]
    at.selectbox(key="lab:builder").select("legacy").run()
    assert len(errors(at)) == 2
    at.button(key="lab:undo").click().run()
    assert len(errors(at)) == 2, "what was changed is not answered again"


def test_an_answer_goes_with_another_choice_and_with_another_page() -> None:
    at = opened("taxonomy", show="1", finish="nope")
    assert "expected one of ready, init, runtime" in errors(at)[0]
    assert "finish" not in at.query_params
    at.session_state["taxonomy:startup:finish"] = "init"
    assert errors(at.run()) == []
    at.session_state["taxonomy:startup:finish"] = "ready"
    assert errors(at.run()) == []


def test_a_size_out_of_bounds_is_answered_with_them_and_with_what_is_shown() -> None:
    assert errors(opened("", size="5")) == [
        "size: '5' cannot be used here; expected a number from 0.8 to 2\n\nThe default is shown instead: 2."
    ]
    for usable in ("0.8", "1.250", "2", "2.0", "1e0"):
        assert errors(opened("", size=usable)) == []


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_value_that_may_be_meant_is_named_in_both_languages(lang: str) -> None:
    (said,) = errors(opened("accuracy", source="manco", lang=lang))
    assert "source" in said
    assert "'manco'" in said
    assert "'manco-et-al-sosp-2017'" in said
    assert ("did you mean" in said) == (lang == "en")
    assert len(said) < 400, "of many values the first are listed, and how many more there are"


def test_a_study_that_is_none_is_answered_without_a_second_mark_after_the_question() -> None:
    (said,) = errors(opened("explore", study="go"))
    assert said.endswith("The default is shown instead: How long does a start take?")


@pytest.mark.parametrize("embed", [False, True])
def test_a_number_out_of_bounds_is_answered_by_name_with_what_fits(embed: bool) -> None:
    """15.4 GiB for instances of 1 GiB: fifteen fit, whatever a page offers."""
    (said,) = errors(opened("taxonomy", embed=embed, instances="999"))
    assert said.startswith("instances: '999' ")
    assert "at most 15 fit" in said
    said_in_japanese = errors(opened("taxonomy", instances="999", lang="ja"))[0]
    assert said_in_japanese.startswith("instances：'999'はここでは使えません。1から166までの整数を")
    assert "収まるのは最大15個です" in said_in_japanese
    assert "fit" not in said_in_japanese


def test_how_many_fit_is_told_beside_the_control() -> None:
    """15.4 GiB for instances of 1 GiB. The control itself takes 166."""
    said = [html.proto.body for html in opened("taxonomy", show="1").get("html")]
    assert any("at most 15 fit" in one for one in said)
    said = [html.proto.body for html in opened("taxonomy", show="1", lang="ja").get("html")]
    assert any("収まるのは最大15個" in one for one in said)


def test_images_that_there_are_are_shown_beside_those_that_there_are_not() -> None:
    at = opened("images", images="alpine:latest,../../x,nope")
    (said,) = errors(at)
    assert "images: '../../x,nope' cannot be used here; expected some of" in said
    assert "The others of the link are shown: alpine:latest." in said


def test_a_long_value_is_quoted_short() -> None:
    for path, name in (("layers", "how"), ("taxonomy", "finish"), ("images", "images"), ("", "lang")):
        (said,) = errors(opened(path, show="1", **{name: "z" * 100_000}))
        assert "expected" in said
        assert len(said) < 600


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "what"),
    [key for key in PARAMETERS if key[0] not in ("scenarios", "")]
    + [("scenarios", name) for name in shipped.entries()],
)
def test_every_value_that_a_page_offers_is_taken(path: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So what a page writes into the address is a link."""
    offered: dict[str, Collection[str]] = {}

    def one_of(name: str, allowed: Collection[str], *rest: Any) -> str:
        offered[name] = allowed
        return links.one_of(name, allowed, *rest)

    for module in (controls, lab):
        monkeypatch.setattr(module, "one_of", one_of)
    assert errors(opened(path, **link(path, what))) == []
    own = {control.path for control in of_scenario(shipped.scenario(what or path))} if path in shipped.entries() else ()
    for name, allowed in {name: tuple(each) for name, each in offered.items() if name not in own}.items():
        for value in {allowed[0], allowed[-1]}:
            at = opened(path, **(link(path, what) | {name: value}))
            assert not [said for said in errors(at) if "cannot be used here" in said], (name, value)


def unread(at: AppTest) -> list[str]:
    return [said for said in errors(at) if "is no parameter of this page" in said]


@pytest.mark.parametrize(("path", "what"), [*PARAMETERS, ("explore", "")])
def test_a_name_that_no_page_reads_is_told_with_the_one_that_may_be_meant(path: str, what: str) -> None:
    page = {"scenario" if path == "scenarios" else "images": what} if what else {}
    at = opened(path, **page, sead="7", utm_source="x")
    (said,) = unread(at)
    assert "'sead'" in said
    assert ("'seed'" in said) == ("seed" in PARAMETERS.get((path, what), ()) or path in ("scenarios", "explore"))
    assert "sead" not in at.query_params
    assert unread(at.run()) == [said], "it stays until the reader changes something"


def test_such_a_name_is_told_in_japanese_too() -> None:
    assert "'sead'というパラメータはこのページになく" in errors(opened("taxonomy", lang="ja", sead="7"))[0]


def test_a_message_about_a_name_goes_with_the_next_change() -> None:
    at = opened("taxonomy", instance="4")
    assert "did you mean 'instances'?" in unread(at)[0]
    at.number_input(key="taxonomy:instances").set_value(2).run()
    assert unread(at) == []


@pytest.mark.parametrize(("path", "what"), PARAMETERS)
def test_no_name_that_a_page_reads_later_is_taken_for_none(path: str, what: str) -> None:
    """A question stands: nothing has read yet which step is picked, or how lanes end."""
    names = {*PARAMETERS[path, what], "said", "quiz", "undo", "step", "pick", "store", "model"}
    link = dict.fromkeys(names, "nope") | ({"scenario" if path == "scenarios" else "images": what} if what else {})
    assert unread(opened(path, **link)) == []
