"""The controls of the layer lab: what is built and what changes, the builder, undo. For `lab_state`.

Streamlit forgets a widget that was not drawn, so the history in the session is the truth. Widgets are filled from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import streamlit as st

from dashboard import shipped, undoing
from dashboard.layers import lab_link
from dashboard.links import asked, lines, one_of, plain, refuse, set_link
from dashboard.packed import unpack
from dashboard.refusals import answer
from dashboard.renamed import call_again
from dashboard.uploading import uploads
from dashboard.view import View
from sim import limits
from sim.builds.advice.suggest import Suggestion
from sim.builds.graph.options import BUILDERS, Builder
from sim.errors import InputError
from sim.history import UndoHistory
from sim.layerlab import contexts
from sim.layerlab import state as lab_state
from sim.layerlab.contexts import BuildContext
from sim.layerlab.state import HOWS, How, LabState
from sim.report.texts import tr

_NO_FILE = "none"
"""How a link says that no file is changed."""
_MOST_BASES = 6
_MOST_ARGUMENTS = 20
_UPLOADS_KEPT = 4


def own_context() -> BuildContext:
    """What the lesson itself builds."""
    return _shipped()[0]


def _shipped() -> tuple[BuildContext, ...]:
    """The shipped contexts, the lesson's own first."""
    names = ["layers", *(name for name in shipped.entries() if name != "layers")]
    return contexts.shipped(shipped.readable(names))


def _contexts() -> dict[str, BuildContext]:
    """Every context of this session by its name."""
    yours: tuple[BuildContext, ...] = st.session_state.get("lab:brought", ())
    return {context.name: context for context in (*_shipped(), *yours)}


def undo_history() -> UndoHistory[LabState]:
    """The history of this session. The first time, it starts where the link says.

    Streamlit stops a run at any use of the session where the reader clicks meanwhile. So a layout is noted once it is
    whole, and begun again where it was not.
    """
    here = undoing.history(_undoable(), _start)
    if "lab:revision" not in st.session_state:
        _lay_out(here.now)
    return here


def _undoable() -> undoing.Undoable[LabState]:
    """What can be undone: every change of the lab."""
    return undoing.Undoable("lab", _lay_out, lab_link.remembered, _recalled)


def _recalled(steps: Sequence[Mapping[str, Any]]) -> list[LabState]:
    """The states of a link's steps."""
    return lab_link.recalled(steps, _contexts()) if steps else []


def _start() -> LabState:
    """The state that the link asks for."""
    there = _contexts()
    state = lab_state.fresh(there[one_of("context", there, own_context().name, "lab:link:context")])
    file = one_of("file", _file_words(state.context), state.file or _NO_FILE, "lab:link:file")
    state = dataclasses.replace(
        state,
        file="" if file == _NO_FILE else file,
        how=cast("How", one_of("how", HOWS, HOWS[0], "lab:link:how")),
        builder=cast("Builder", one_of("builder", BUILDERS, BUILDERS[0], "lab:link:builder")),
    )
    return _edited(state)


def _edited(state: LabState) -> LabState:
    """The state with what a link says beside its names: an edited Dockerfile, arguments, builds that were made."""
    wanted = asked("edit", limits.LINK_EDIT)
    if not wanted:
        return state
    try:
        return lab_link.restored(state, unpack(wanted))
    except InputError:
        refuse("lab:link:edit", wanted, "")
        return state


def _file_words(context: BuildContext) -> tuple[str, ...]:
    """The files of a context, as a link names them, and none of them."""
    return (*contexts.files(context), _NO_FILE)


def _answer_link(state: LabState, view: View) -> None:
    """What of the link cannot be used, until the reader changes it."""
    for name, shown, allowed in (
        ("context", state.context.name, _contexts()),
        ("file", state.file or _NO_FILE, _file_words(state.context)),
        ("how", state.how, HOWS),
        ("builder", state.builder, BUILDERS),
        ("edit", lab_link.packed(state), ()),
    ):
        made = tr("ui.link.edit", view.lang) if name == "edit" else ""
        answer(name, shown, allowed, view, key=f"lab:link:{name}", called=shown or state.context.name, expected=made)


def first() -> LabState:
    """The state of the lesson's own edit."""
    return lab_state.fresh(own_context(), BUILDERS[0])


def edit(view: View) -> LabState:
    """Which file changes, and what happens to it."""
    state, lang = undo_history().now, view.lang
    names = contexts.files(state.context)
    st.session_state.setdefault("lab:file", state.file if state.file in names else None)
    st.session_state.setdefault("lab:how", state.how)
    file = st.selectbox(tr("ui.edit", lang), names, index=None, key="lab:file", placeholder=tr("ui.lab.nofile", lang))
    called = {how: tr(f"ui.lab.{how}", lang) for how in HOWS}
    call_again("lab:how", called.values())
    how = st.segmented_control(
        tr("ui.lab.how", lang),
        HOWS,
        key="lab:how",
        format_func=called.__getitem__,
        required=True,
        label_visibility="collapsed",
        disabled=not file,
        wrap=True,
    )
    how = how or HOWS[0]
    content = state.content
    if file and how == "content":
        key = f"lab:content:{file}"
        st.session_state.setdefault(key, state.content or state.context.tree.text(file) or "")
        content = st.text_area(plain(file), key=key, height=140, max_chars=limits.LAB_TEXT)[: limits.LAB_TEXT + 1]
    set_link("file", "" if file == state.context.file else file or _NO_FILE)
    set_link("how", "" if how == HOWS[0] else how)
    set_link(
        "context", "" if state.context == own_context() or contexts.is_brought(state.context) else state.context.name
    )
    return dataclasses.replace(
        state, file=file or "", how=how, content=content, dockerfile=str(st.session_state["lab:text"])
    )


def options(state: LabState, view: View) -> LabState:
    """The builder, the images the Dockerfile starts from, and its build arguments; below, what the link has wrong."""
    if not view.embed:
        state = _options(state, view)
    _answer_link(state, view)
    return state


def _options(state: LabState, view: View) -> LabState:
    lang = view.lang
    with st.expander(tr("ui.lab.options", lang)):
        st.session_state.setdefault("lab:builder", state.builder)
        called = {builder: tr(f"parameter.builder.{builder}", lang) for builder in BUILDERS}
        call_again("lab:builder", called.values())
        builder = st.selectbox(
            tr("parameter.builder", lang).capitalize(),
            BUILDERS,
            key="lab:builder",
            format_func=called.__getitem__,
        )
        set_link("builder", "" if builder == BUILDERS[0] else builder)
        _images(state, view)
        chosen = []
        given = dict(state.arguments)
        taken = lab_state.arguments(state.dockerfile)
        for name, default in list(taken.items())[:_MOST_ARGUMENTS]:
            key = f"lab:arg:{name}"
            st.session_state.setdefault(key, given.get(name, default))
            value = st.text_input(f"--build-arg {plain(name)}", key=key, max_chars=limits.LINK)
            if value != default:
                chosen.append((name, value))
        if len(taken) > _MOST_ARGUMENTS:
            st.caption(tr("ui.lab.moreargs", lang, n=_MOST_ARGUMENTS, all=len(taken)))
        if not taken:
            st.caption(tr("ui.lab.noargs", lang))
    return dataclasses.replace(state, builder=builder, arguments=tuple(chosen))


def _images(state: LabState, view: View) -> None:
    """One control a FROM that names an image. Another tag edits that line."""
    from sim.catalog.load import images

    for base in lab_state.bases(state.dockerfile)[:_MOST_BASES]:
        key = f"lab:base:{base.line}"
        st.session_state[key] = base.image
        st.selectbox(
            tr("ui.lab.base", view.lang, n=base.line),
            lab_state.relatives(base.image, images()),
            key=key,
            accept_new_options=True,
            on_change=_rebase,
            args=(base.line,),
        )


def _rebase(line: int) -> None:
    session = st.session_state
    session["lab:text"] = lab_state.rebased(session["lab:text"], line, session[f"lab:base:{line}"] or "")
    session["lab:revision"] += 1


def another(state: LabState, view: View) -> st.delta_generator.DeltaGenerator:
    """Choose another Dockerfile that is shipped, or bring one along. It gives the place of `answer_brought`."""
    lang = view.lang
    fault: InputError | None = st.session_state.get("lab:fault")
    with st.expander(tr("ui.lab.another", lang), expanded=fault is not None):
        st.session_state["lab:context"] = state.context.name
        names = list(_contexts())
        if state.context.name not in names:
            names.append(state.context.name)
        st.selectbox(
            tr("ui.lab.context", lang),
            names,
            key="lab:context",
            format_func=lambda name: _called(name, view),
            on_change=_choose,
        )
        folder = st.toggle(tr("ui.lab.upload.folder", lang), key="lab:folder")
        place = st.empty()
        if fault is not None:
            place.error("\n\n".join(lines(fault, lang)), icon=":material/error:")
        key = "lab:files:folder" if folder else "lab:files"
        st.file_uploader(
            tr("ui.lab.upload", lang),
            accept_multiple_files="directory" if folder else True,
            max_upload_size=limits.CONTEXT_UPLOAD // limits.MIB,
            key=key,
            on_change=_bring,
            args=(key,),
        )
        bounds: dict[str, str | float] = {
            "size": limits.CONTEXT_UPLOAD >> 20,
            "content": limits.CONTEXT_CONTENT >> 20,
            "n": f"{limits.CONTEXT_FILES:,}",
            "steps": limits.LAB_STEPS,
        }
        st.caption(tr("ui.lab.upload.note", lang) + " " + tr("ui.lab.upload.limits", lang, **bounds))
    return place


def answer_brought(
    state: LabState, fault: InputError | None, place: st.delta_generator.DeltaGenerator, view: View
) -> None:
    """Where a Dockerfile is brought along: that it is built now, or why it cannot be (`fault`)."""
    if not contexts.is_brought(state.context) or "lab:fault" in st.session_state:
        return
    if fault is not None:
        place.error("\n\n".join(lines(fault, view.lang)), icon=":material/error:")
        return
    name, steps = plain(state.context.dockerfile), lab_state.instructions(state.dockerfile)
    place.success(tr("ui.lab.taken", view.lang, name=name, n=steps), icon=":material/check:")


def _called(name: str, view: View) -> str:
    owner, _, dockerfile = name.partition("/")
    words = {"own": "ui.lab.own", contexts.BROUGHT: "ui.lab.brought"}
    return f"{tr(words[owner], view.lang)}: {dockerfile}" if owner in words else name


def _choose() -> None:
    context = _contexts().get(st.session_state["lab:context"])
    if context is not None:
        _go(context)


def _bring(key: str) -> None:
    """Lay out what was uploaded and go there. What cannot be taken is kept as the fault to show."""
    there = st.session_state[key] or []
    seen: frozenset[str] = st.session_state.get(f"{key}:seen", frozenset())
    st.session_state[f"{key}:seen"] = frozenset(file.file_id for file in there)
    files = uploads.latest(*([file for file in there if (file.file_id in seen) is old] for old in (True, False)))
    if not files:
        return
    try:
        size = sum(file.size for file in files)
        if size > limits.CONTEXT_UPLOAD:  # before a copy of it is made
            raise InputError(uploads.too_large(size))
        upload = uploads.Upload(uploads.read([(file.name, file.getvalue()) for file in files]))
        yours = contexts.brought(upload.folder, upload.names)
    except InputError as error:
        st.session_state["lab:fault"] = error
        return
    kept = st.session_state.get("lab:uploads", ())
    st.session_state["lab:uploads"] = (*kept, upload)[-_UPLOADS_KEPT:]
    st.session_state["lab:brought"] = yours
    _go(yours[0])


def _go(context: BuildContext) -> None:
    try:
        state = lab_state.fresh(context, undo_history().now.builder)
    except InputError as error:
        st.session_state["lab:fault"] = error
        return
    st.session_state.pop("lab:fault", None)
    undoing.go(_undoable(), state)


def remember(state: LabState) -> LabState:
    """Note the state as it is now. What it was goes to the past."""
    if undoing.note(_undoable(), state):
        st.session_state.pop("lab:step", None)
    set_link("edit", lab_link.packed(state))
    return state


def history(state: LabState, view: View, again: Callable[[], None] | None) -> None:
    """Undo, redo, keep this build and start over. `again` where there is a way back to the prediction."""
    lang = view.lang
    with st.container(horizontal=True, gap="small"):
        undoing.buttons(_undoable(), view)
        st.button(
            tr("ui.lab.keep", lang), icon=":material/layers:", type="tertiary", on_click=_keep, key="lab:keep",
            help=tr("ui.lab.keep.help", lang),
        )  # fmt: skip
        st.button(
            tr("ui.reset", lang), icon=":material/restart_alt:", type="tertiary", on_click=_reset, key="lab:reset"
        )
        if again is not None:
            st.button(tr("ui.again", lang), icon=":material/replay:", type="tertiary", on_click=again, key="lab:again")
    if state.kept:
        st.caption(tr("ui.lab.kept", lang, n=len(state.kept)))


def take(suggestion: Suggestion) -> None:
    """Go on as if the suggestion had been followed and built. For a callback."""
    undoing.go(_undoable(), undo_history().now.taken(suggestion))


def _keep() -> None:
    undoing.go(_undoable(), undo_history().now.keep())


def _reset() -> None:
    st.session_state.pop("lab:fault", None)
    undoing.go(_undoable(), first())


def _lay_out(state: LabState) -> None:
    """Put a state into the widgets. For a callback, before they are drawn again."""
    session = st.session_state
    for key in [key for key in session if str(key).startswith(("lab:arg:", "lab:content:"))]:
        del session[key]
    session["lab:file"] = state.file or None
    session["lab:how"] = state.how
    session["lab:text"] = state.dockerfile
    session["lab:builder"] = state.builder
    session.pop("lab:step", None)
    session["lab:revision"] = session.get("lab:revision", 0) + 1
