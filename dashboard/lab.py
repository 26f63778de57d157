"""The controls of the layer lab: which file changes and how, the builder, undo. Between widgets and `bench.Bench`.

Streamlit forgets a widget that was not drawn, so the bench in the session is the truth; widgets are filled from it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import streamlit as st

from dashboard import bench as benches
from dashboard.bench import HOWS, Bench
from dashboard.view import View, set_link
from dashboard.wording import say
from sim.report.texts import tr

_FIRST_FILE = "requirements.txt"
_NO_FILE = "none"
"""How a link says that no file is changed."""
_BUILDERS = ("buildkit-containerd", "buildkit-overlay2", "legacy")


def _start(context: Path) -> Bench:
    """The bench of a link, or the lesson's own edit."""
    text = (context / "Dockerfile").read_text(encoding="utf-8").rstrip() + "\n"
    there = benches.files(context)
    file = st.query_params.get("file", _FIRST_FILE)
    builder = st.query_params.get("builder", _BUILDERS[0])
    return Bench(
        dockerfile=text,
        base=text,
        file="" if file == _NO_FILE else file if file in there else _FIRST_FILE,
        how=next((how for how in HOWS if how == st.query_params.get("how")), HOWS[0]),
        builder=builder if builder in _BUILDERS else _BUILDERS[0],
    )


def now(context: Path) -> Bench:
    """The bench of this session; the first time, the one the link names."""
    if "lab:now" not in st.session_state:
        bench = _start(context)
        st.session_state["lab:now"] = bench
        st.session_state["lab:first"] = dataclasses.replace(bench, file=_FIRST_FILE, how=HOWS[0], builder=_BUILDERS[0])
        st.session_state["lab:past"] = ()
        st.session_state["lab:revision"] = 0
    found: Bench = st.session_state["lab:now"]
    return found


def edit(context: Path, view: View) -> Bench:
    """The row of files and what happens to the one picked."""
    bench, lang = now(context), view.lang
    names = benches.files(context)
    st.session_state.setdefault("lab:file", bench.file or None)
    st.session_state.setdefault("lab:how", bench.how)
    file = st.segmented_control(
        tr("ui.edit", lang), names, key="lab:file", format_func=lambda name: name.rpartition("/")[2], wrap=True
    )
    how = st.segmented_control(
        say("lab.how", lang),
        HOWS,
        key="lab:how",
        format_func=lambda how: say(f"lab.{how}", lang),
        required=True,
        label_visibility="collapsed",
        disabled=not file,
        wrap=True,
    )
    how = how or HOWS[0]
    content = bench.content
    if file and how == "content":
        key = f"lab:content:{file}"
        st.session_state.setdefault(key, bench.content or (context / file).read_text(encoding="utf-8"))
        content = st.text_area(file, key=key, height=140)
    set_link("file", "" if file == _FIRST_FILE else file or _NO_FILE)
    set_link("how", "" if how == HOWS[0] else how)
    return dataclasses.replace(
        bench, file=file or "", how=how, content=content, dockerfile=st.session_state.get("lab:text", bench.dockerfile)
    )


def options(bench: Bench, view: View) -> Bench:
    """The builder and the Dockerfile's build arguments."""
    lang = view.lang
    if view.embed:
        return bench
    with st.expander(say("lab.options", lang)):
        st.session_state.setdefault("lab:builder", bench.builder or _BUILDERS[0])
        builder = st.selectbox(
            tr("parameter.builder", lang).capitalize(),
            _BUILDERS,
            key="lab:builder",
            format_func=lambda b: tr(f"parameter.builder.{b}", lang),
        )
        chosen = []
        given = dict(bench.arguments)
        for name, default in benches.arguments(bench.dockerfile).items():
            key = f"lab:arg:{name}"
            st.session_state.setdefault(key, given.get(name, default))
            value = st.text_input(f"--build-arg {name}", key=key)
            if value != default:
                chosen.append((name, value))
        if not benches.arguments(bench.dockerfile):
            st.caption(say("lab.noargs", lang))
    return dataclasses.replace(bench, builder=builder, arguments=tuple(chosen))


def remember(bench: Bench) -> Bench:
    """Note the bench as it is now; what it was goes to the past."""
    before: Bench = st.session_state["lab:now"]
    if bench != before:
        st.session_state["lab:past"] = (*st.session_state["lab:past"], before)
        st.session_state["lab:now"] = bench
        st.session_state.pop("lab:step", None)
    return bench


def history(bench: Bench, view: View) -> None:
    """Undo, keep this build, start again."""
    lang = view.lang
    with st.container(horizontal=True, gap="small"):
        st.button(
            say("lab.undo", lang),
            icon=":material/undo:",
            type="tertiary",
            disabled=not st.session_state["lab:past"],
            on_click=_undo,
            key="lab:undo",
        )
        st.button(
            say("lab.keep", lang),
            icon=":material/layers:",
            type="tertiary",
            on_click=_keep,
            key="lab:keep",
            help=say("lab.keep.help", lang),
        )
        st.button(
            tr("ui.reset", lang), icon=":material/restart_alt:", type="tertiary", on_click=_reset, key="lab:reset"
        )
    if bench.kept:
        st.caption(say("lab.kept", lang, n=len(bench.kept)))


def _undo() -> None:
    *past, bench = st.session_state["lab:past"]
    st.session_state["lab:past"] = tuple(past)
    _lay_out(bench)


def _keep() -> None:
    bench: Bench = st.session_state["lab:now"]
    st.session_state["lab:past"] = (*st.session_state["lab:past"], bench)
    _lay_out(bench.keep())


def _reset() -> None:
    st.session_state["lab:past"] = (*st.session_state["lab:past"], st.session_state["lab:now"])
    _lay_out(st.session_state["lab:first"])


def _lay_out(bench: Bench) -> None:
    """Put a bench into the widgets. For a callback, before they are drawn again."""
    state = st.session_state
    for key in [key for key in state if str(key).startswith(("lab:arg:", "lab:content:"))]:
        del state[key]
    state["lab:now"] = bench
    state["lab:file"] = bench.file or None
    state["lab:how"] = bench.how
    state["lab:text"] = bench.dockerfile
    state["lab:builder"] = bench.builder or _BUILDERS[0]
    state["lab:revision"] += 1
    state.pop("lab:step", None)
