"""Why a file of the share menu could not be made, said below its button.

A browser asks for a file outside any run of the page. So what failed is noted, and the menu asks for a run that says it
(`dashboard.sharing.takeaway_components.failure_listener`).
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

import streamlit as st

from dashboard.links import lines, plain
from dashboard.view import View
from sim.errors import InputError
from sim.report.texts import tr

_FAILED = "share:failed"
Failures = MutableMapping[str, Exception]
"""What failed, by the name of the file."""


def failures(link: str) -> Failures:
    """Those of this link. Those of another one are forgotten."""
    kept: tuple[str, Failures] = st.session_state.get(_FAILED, ("", {}))
    if kept[0] != link:
        kept = (link, {})
        st.session_state[_FAILED] = kept
    return kept[1]


def noting(file: str, make: Callable[[], bytes | str], failed: Failures) -> Callable[[], bytes | str]:
    """The same maker. What it raises is noted, too."""

    def made() -> bytes | str:
        failed.pop(file, None)
        try:
            return make()
        except Exception as error:
            failed[file] = error
            raise

    return made


def say(failed: Failures, view: View) -> None:
    """Say which files could not be made, and why. Of a bug the server's log says more."""
    for file, error in list(failed.items()):
        why = lines(error, view.lang) if isinstance(error, InputError) else (tr("ui.share.bug", view.lang),)
        st.error("\n\n".join(why), icon=":material/error:", title=tr("ui.share.failed", view.lang, file=plain(file)))
