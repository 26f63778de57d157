"""Undo and redo on the pages that have choices and no scenario: each choice is one step, and the link follows."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.uploading import image_sources
from sim.archives.sharing import image_nodes, layer_graph
from tests.dashboard.apptest import opened, title

WORDS = {"en": ("Undo", "Redo"), "ja": ("元に戻す", "やり直す")}


def choose(at: AppTest, kind: str, key: str, value: Any) -> None:
    """Set a widget of the page as a reader does."""
    getattr(at, kind)(key=key).set_value(value).run()
    assert not at.exception


def link(at: AppTest) -> dict[str, str]:
    """What the link says of the choices."""
    return {name: value for name, value in at.query_params.items() if name not in ("undo", "lang")}


@pytest.mark.parametrize(
    ("page", "language", "choices"),
    [
        ("stacks", "ja", [("multiselect", "stacks:chosen", []), ("multiselect", "stacks:chosen", ["docker", "lxc"])]),
        (
            "images",
            "en",
            [("multiselect", "images:official", []), ("multiselect", "images:official", ["httpd:latest"])],
        ),
        (
            "sources",
            "en",
            [("text_input", "sources:find", "overlayfs"), ("selectbox", "sources:of", "technologies/lxc")],
        ),
        ("accuracy", "ja", [("segmented_control", "accuracy:use", "check")]),
    ],
)
def test_every_choice_of_a_page_is_undone_and_done_again(page: str, language: str, choices: list[Any]) -> None:
    at = opened(page, lang=language)
    undo, redo = (at.button(key=f"{page}:{name}") for name in ("undo", "redo"))
    assert (undo.label, redo.label) == WORDS[language]
    assert undo.disabled
    assert redo.disabled
    there = [(link(at), title(at))]
    for choice in choices:
        choose(at, *choice)
        there.append((link(at), title(at)))
    assert len({str(link) for link, _ in there}) == len(there)
    for name, steps in (("undo", there[-2::-1]), ("redo", there[1:])):
        for step in steps:
            at.button(key=f"{page}:{name}").click().run()
            assert (link(at), title(at)) == step
    assert at.button(key=f"{page}:redo").disabled


def test_a_choice_is_undone_after_a_reload_and_a_bad_step_is_told() -> None:
    at = opened("stacks")
    choose(at, "multiselect", "stacks:chosen", ["docker"])
    later = opened("stacks", **dict(at.query_params))
    assert later.multiselect(key="stacks:chosen").value == ["docker"]
    later.button(key="stacks:undo").click().run()
    assert later.multiselect(key="stacks:chosen").value == opened("stacks").multiselect(key="stacks:chosen").value
    assert opened("stacks", undo="rubbish").error


def test_what_was_picked_in_the_graph_is_there_again() -> None:
    images = [image_sources.official(name).image for name in ("redis:latest", "postgres:17")]
    node = image_nodes(layer_graph(images))[0]
    at = opened("images", images="redis:latest,postgres:17", pick=node)
    before = link(at)
    assert before["pick"] == node
    choose(at, "multiselect", "images:official", ["postgres:17"])
    at.button(key="images:undo").click().run()
    assert link(at) == before
    assert "images:undo" not in {button.key for button in opened("images", embed=True).button}


@pytest.mark.parametrize(
    ("page", "key", "value"), [("stacks", "stacks:chosen", ["lxd"]), ("images", "images:official", ["httpd:latest"])]
)
def test_a_japanese_page_has_no_english_words_where_one_chooses_and_keeps_what_is_chosen(
    page: str, key: str, value: list[str]
) -> None:
    at = opened(page)
    choose(at, "multiselect", key, value)
    at.button(key="language").click().run()
    chosen = at.multiselect(key=key)
    assert chosen.value == value
    assert chosen.proto.select_all == 0, "no row for all: its words are Streamlit's"
    assert any(letter >= "\u3040" for letter in chosen.proto.placeholder)
