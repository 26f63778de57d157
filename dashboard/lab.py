"""The controls of the layer lab: what is built and what changes, the builder, undo. Between widgets and `bench.Bench`.

Streamlit forgets a widget that was not drawn, so the trail in the session is the truth; widgets are filled from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import streamlit as st

from dashboard import bench as benches
from dashboard import grounds, shelf, uploads
from dashboard.bench import HOWS, Bench, Trail
from dashboard.grounds import Ground
from dashboard.links import asked, lines, plain, set_link
from dashboard.view import View
from sim import limits
from sim.builds.options import BUILDERS
from sim.builds.suggest import Suggestion
from sim.errors import InputError
from sim.report.texts import tr

_NO_FILE = "none"
"""How a link says that no file is changed."""
_MOST_BASES = 6
_MOST_ARGUMENTS = 20
_UPLOADS_KEPT = 4


def own_ground() -> Ground:
    """What the lesson itself builds."""
    return _shipped()[0]


def _shipped() -> tuple[Ground, ...]:
    """The shipped contexts, the lesson's own first."""
    names = ["layers", *(name for name in shelf.entries() if name != "layers")]
    return grounds.shipped(shelf.readable(names))


def _grounds() -> dict[str, Ground]:
    """Every ground of this session by its name."""
    yours: tuple[Ground, ...] = st.session_state.get("lab:brought", ())
    return {ground.name: ground for ground in (*_shipped(), *yours)}


def trail() -> Trail:
    """The trail of this session; the first time, it starts where the link says."""
    if "lab:trail" not in st.session_state:
        there = _grounds()
        bench = benches.fresh(there.get(asked("context") or "", own_ground()))
        names = grounds.files(bench.ground)
        file = asked("file") or bench.file
        bench = dataclasses.replace(
            bench,
            file="" if file == _NO_FILE else file if file in names else bench.file,
            how=next((how for how in HOWS if how == asked("how")), HOWS[0]),
            builder=next((name for name in BUILDERS if name == asked("builder")), BUILDERS[0]),
        )
        st.session_state["lab:revision"] = 0
        _lay_out(Trail(bench))
    found: Trail = st.session_state["lab:trail"]
    return found


def first() -> Bench:
    """The bench of the lesson's own edit."""
    return benches.fresh(own_ground(), BUILDERS[0])


def edit(view: View) -> Bench:
    """Which file changes, and what happens to it."""
    bench, lang = trail().now, view.lang
    names = grounds.files(bench.ground)
    st.session_state.setdefault("lab:file", bench.file if bench.file in names else None)
    st.session_state.setdefault("lab:how", bench.how)
    file = st.selectbox(tr("ui.edit", lang), names, index=None, key="lab:file", placeholder=tr("ui.lab.nofile", lang))
    how = st.segmented_control(
        tr("ui.lab.how", lang),
        HOWS,
        key="lab:how",
        format_func=lambda how: tr(f"ui.lab.{how}", lang),
        required=True,
        label_visibility="collapsed",
        disabled=not file,
        wrap=True,
    )
    how = how or HOWS[0]
    content = bench.content
    if file and how == "content":
        key = f"lab:content:{file}"
        st.session_state.setdefault(key, bench.content or bench.ground.tree.text(file) or "")
        content = st.text_area(plain(file), key=key, height=140, max_chars=limits.LAB_TEXT)[: limits.LAB_TEXT + 1]
    set_link("file", "" if file == bench.ground.file else file or _NO_FILE)
    set_link("how", "" if how == HOWS[0] else how)
    set_link("context", "" if bench.ground == own_ground() or _is_brought(bench.ground) else bench.ground.name)
    return dataclasses.replace(
        bench, file=file or "", how=how, content=content, dockerfile=st.session_state["lab:text"]
    )


def options(bench: Bench, view: View) -> Bench:
    """The builder, the images the Dockerfile starts from, and its build arguments."""
    lang = view.lang
    if view.embed:
        return bench
    with st.expander(tr("ui.lab.options", lang)):
        st.session_state.setdefault("lab:builder", bench.builder)
        builder = st.selectbox(
            tr("parameter.builder", lang).capitalize(),
            BUILDERS,
            key="lab:builder",
            format_func=lambda b: tr(f"parameter.builder.{b}", lang),
        )
        set_link("builder", "" if builder == BUILDERS[0] else builder)
        _images(bench, view)
        chosen = []
        given = dict(bench.arguments)
        taken = benches.arguments(bench.dockerfile)
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
    return dataclasses.replace(bench, builder=builder, arguments=tuple(chosen))


def _images(bench: Bench, view: View) -> None:
    """One control a FROM that names an image; another tag edits that line."""
    from sim.catalog.load import images

    for base in benches.bases(bench.dockerfile)[:_MOST_BASES]:
        key = f"lab:base:{base.line}"
        st.session_state[key] = base.image
        st.selectbox(
            tr("ui.lab.base", view.lang, n=base.line),
            benches.relatives(base.image, images()),
            key=key,
            accept_new_options=True,
            on_change=_rebase,
            args=(base.line,),
        )


def _rebase(line: int) -> None:
    state = st.session_state
    state["lab:text"] = benches.rebased(state["lab:text"], line, state[f"lab:base:{line}"] or "")
    state["lab:revision"] += 1


def another(bench: Bench, view: View) -> None:
    """Choose another Dockerfile that is shipped, or bring one along."""
    lang = view.lang
    fault: InputError | None = st.session_state.get("lab:fault")
    with st.expander(tr("ui.lab.another", lang), expanded=fault is not None):
        st.session_state["lab:ground"] = bench.ground.name
        names = list(_grounds())
        if bench.ground.name not in names:
            names.append(bench.ground.name)
        st.selectbox(
            tr("ui.lab.ground", lang),
            names,
            key="lab:ground",
            format_func=lambda name: _called(name, view),
            on_change=_choose,
        )
        folder = st.toggle(tr("ui.lab.upload.folder", lang), key="lab:folder")
        if fault is not None:
            st.error("\n\n".join(lines(fault)), icon=":material/error:")
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


def _called(name: str, view: View) -> str:
    owner, _, dockerfile = name.partition("/")
    words = {"own": "ui.lab.own", grounds.BROUGHT: "ui.lab.brought"}
    return f"{tr(words[owner], view.lang)}: {dockerfile}" if owner in words else name


def _is_brought(ground: Ground) -> bool:
    return ground.name.startswith(f"{grounds.BROUGHT}/")


def _choose() -> None:
    ground = _grounds().get(st.session_state["lab:ground"])
    if ground is not None:
        _go(ground)


def _bring(key: str) -> None:
    """Lay out what was uploaded and go there. What cannot be taken is kept as the fault to show."""
    files = st.session_state[key] or []
    if not files:
        return
    try:
        size = sum(file.size for file in files)
        if size > limits.CONTEXT_UPLOAD:  # before a copy of it is made
            raise InputError(uploads.too_large(size))
        upload = uploads.Upload(uploads.read([(file.name, file.getvalue()) for file in files]))
        yours = grounds.brought(upload.folder, upload.names)
    except InputError as error:
        st.session_state["lab:fault"] = error
        return
    kept = st.session_state.get("lab:uploads", ())
    st.session_state["lab:uploads"] = (*kept, upload)[-_UPLOADS_KEPT:]
    st.session_state["lab:brought"] = yours
    _go(yours[0])


def _go(ground: Ground) -> None:
    try:
        bench = benches.fresh(ground, trail().now.builder)
    except InputError as error:
        st.session_state["lab:fault"] = error
        return
    st.session_state.pop("lab:fault", None)
    _lay_out(trail().to(bench))


def remember(bench: Bench) -> Bench:
    """Note the bench as it is now; what it was goes to the past."""
    before = trail()
    after = before.to(bench)
    if after is not before:
        st.session_state["lab:trail"] = after
        st.session_state.pop("lab:step", None)
    return bench


def history(bench: Bench, view: View, again: Callable[[], None] | None) -> None:
    """Undo, redo, keep this build, start over; and where there is a way back to the prediction, `again`."""
    lang = view.lang
    here = trail()
    with st.container(horizontal=True, gap="small"):
        for name, icon, act, able in (
            ("undo", "undo", _undo, bool(here.past)),
            ("redo", "redo", _redo, bool(here.future)),
            ("keep", "layers", _keep, True),
        ):
            st.button(
                tr(f"ui.lab.{name}", lang),
                icon=f":material/{icon}:",
                type="tertiary",
                disabled=not able,
                on_click=act,
                key=f"lab:{name}",
                help=tr("ui.lab.keep.help", lang) if name == "keep" else None,
            )
        st.button(
            tr("ui.reset", lang), icon=":material/restart_alt:", type="tertiary", on_click=_reset, key="lab:reset"
        )
        if again is not None:
            st.button(tr("ui.again", lang), icon=":material/replay:", type="tertiary", on_click=again, key="lab:again")
    if bench.kept:
        st.caption(tr("ui.lab.kept", lang, n=len(bench.kept)))


def take(suggestion: Suggestion) -> None:
    """Go on as if the suggestion had been followed and built. For a callback."""
    _lay_out(trail().to(trail().now.taken(suggestion)))


def _undo() -> None:
    _lay_out(trail().undo())


def _redo() -> None:
    _lay_out(trail().redo())


def _keep() -> None:
    _lay_out(trail().to(trail().now.keep()))


def _reset() -> None:
    st.session_state.pop("lab:fault", None)
    _lay_out(trail().to(first()))


def _lay_out(goal: Trail) -> None:
    """Put a bench into the widgets. For a callback, before they are drawn again."""
    state, bench = st.session_state, goal.now
    for key in [key for key in state if str(key).startswith(("lab:arg:", "lab:content:"))]:
        del state[key]
    state["lab:trail"] = goal
    state["lab:file"] = bench.file or None
    state["lab:how"] = bench.how
    state["lab:text"] = bench.dockerfile
    state["lab:builder"] = bench.builder
    state["lab:revision"] += 1
    state.pop("lab:step", None)
