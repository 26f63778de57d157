"""What earlier instructions of a stage leave for later ones: environment, directory, user, shell."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.builds.dockerfile.instructions import Arg
from sim.builds.dockerfile.parser import expand
from sim.builds.graph.bases import DEFAULT_PATH, BaseImage

DEFAULT_SHELL = ("/bin/sh", "-c")


@dataclass
class State:
    """A stage while it is read.

    Attributes:
        env: What steps run with, ARGs with a value included, in BuildKit's order: a variable set again moves to the
            end.
        image_env: What the image keeps, in the order of first setting.
        output: The id of the vertex whose files these are.
    """

    env: dict[str, str] = field(default_factory=dict)
    image_env: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"
    workdir: str = ""
    user: str = ""
    shell: tuple[str, ...] = DEFAULT_SHELL
    output: str = ""
    onbuild: tuple[str, ...] = ()

    def set_env(self, name: str, value: str) -> None:
        """Set a variable for the steps that follow."""
        self.env.pop(name, None)
        self.env[name] = value

    def enter(self, path: str) -> str:
        """Change the directory, and return the one to make, absolute.

        A trailing slash stays in the steps' directory.
        """
        made = path if path.startswith("/") else posixpath.join("/", self.workdir, path)
        self.cwd = path if path.startswith("/") else posixpath.normpath(posixpath.join(self.cwd, path))
        self.workdir = made
        return posixpath.normpath(made).replace("//", "/")

    def place(self, path: str) -> str:
        """A destination as an absolute path. A trailing slash, which means "into", is kept."""
        joined = posixpath.join(self.cwd, path) if path else self.cwd + "/"
        clean = posixpath.normpath(joined).replace("//", "/")
        into = path.endswith(("/", "/.")) or path in ("", ".")
        return clean + "/" if into and clean != "/" else clean

    def inherit(self) -> State:
        """The state a stage built FROM this one begins with: the image's own variables are set once more."""
        child = State(dict(self.env), dict(self.image_env), self.cwd, self.workdir, self.user, self.shell, self.output)
        child.begin()
        return child

    def begin(self) -> None:
        """Set the image's own variables, PATH always among them."""
        self.image_env.setdefault("PATH", DEFAULT_PATH)
        for name, value in self.image_env.items():
            self.set_env(name, value)


def from_image(image: BaseImage, output: str) -> State:
    """The state a stage FROM an image begins with."""
    shell = image.shell or DEFAULT_SHELL
    state = State(image_env=dict(image.env), user=image.user, shell=shell, output=output, onbuild=image.onbuild)
    state.begin()
    if image.workdir:
        state.enter(image.workdir)
    return state


def from_scratch() -> State:
    """The state a stage FROM scratch begins with."""
    state = State()
    state.begin()
    return state


def owner(text: str) -> list[Mapping[str, str | int]] | None:
    """A --chown as BuildKit keeps it: numbers and names are different keys, even of the same user."""
    if not text:
        return None
    return [{"id": int(part)} if part.isdigit() else {"name": part} for part in text.split(":", 1)]


def argument_values(
    step: Arg, env: Mapping[str, str], given: Mapping[str, str], before: Mapping[str, str], escape: str
) -> dict[str, str]:
    """The variables an ARG sets, in order. One without a value sets none.

    Args:
        env: What is set before the whole instruction, which is expanded at once. In `ARG A=1 B=$A` the default of B is
            the A of before (moby/buildkit up to 0.13, dockerfile2llb, dispatch and dispatchArg).
        given: Values of `--build-arg`.
        before: The values of the ARGs before the first FROM.

    Raises `ValueError` for a default that cannot be expanded.
    """
    read = [
        (expand(name, env, escape), None if default is None else expand(default, env, escape))
        for name, default in step.args
    ]
    values: dict[str, str] = {}
    for name, default in read:
        value = given.get(name, default if default is not None else before.get(name))
        if value is not None:
            values.pop(name, None)
            values[name] = value
    return values
