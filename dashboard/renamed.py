"""Options that are called otherwise than before, as in another language, and the widget that one is chosen of."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st


def call_again(key: str, names: Iterable[str]) -> None:
    """Tell the browser again what is chosen, where the options have other names than when they were drawn last.

    A browser keeps the name of what is chosen and says it at each run. One that is no longer there would be none, and
    what a reader chose would be lost. Called before the widget is drawn.

    Args:
        key: The widget's.
        names: What its options are called now, in their order.
    """
    now, before = tuple(names), f"{key}:names"
    if st.session_state.setdefault(before, now) == now:
        return
    st.session_state[before] = now
    if key in st.session_state:
        st.session_state[key] = st.session_state[key]
