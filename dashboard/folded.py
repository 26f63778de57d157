"""What is closed until a reader opens it. It is made then, and the rest of the page is not drawn again."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


@st.fragment
def folded(label: str, key: str, draw: Callable[[], None]) -> None:
    """An expander that is closed at first.

    Args:
        draw: What is in it. It shows and does not ask: what a reader did there would draw nothing but it again.
    """
    place = st.expander(label, key=key, on_change="rerun")
    if place.open:
        with place:
            draw()
