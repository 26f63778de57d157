"""Base images as a build sees them: an identity, layer identities, and the parts of their config that reach steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.builds.context.rootfs import Files
from sim.builds.context.tree import TreeEntry, file
from sim.builds.dockerfile.instructions import Pairs, Setting, interpret
from sim.builds.dockerfile.parser import read
from sim.errors import InputError

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What BuildKit sets where an image has no PATH (moby/buildkit, util/system/path.go)."""


@dataclass(frozen=True)
class BaseImage:
    """An image a FROM names.

    Attributes:
        identity: Its manifest's or config's digest, or what stands for it.
        layers: Identities of its layers, which are what BuildKit's cache keys see.
        files: What is known of its content.
    """

    identity: str
    layers: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    workdir: str = ""
    user: str = ""
    shell: tuple[str, ...] = ()
    onbuild: tuple[str, ...] = ()
    files: Mapping[str, TreeEntry] = field(default_factory=dict)
    size: int | None = None

    def root(self) -> Files:
        """Its file system: known files, and its layers as tokens for the rest."""
        return Files(written=lambda: self.files, tokens=self.layers)


class Bases:
    """The images FROM lines can name. An image nothing is said of stands for itself by its reference."""

    def __init__(self, images: Mapping[str, BaseImage] | None = None) -> None:
        self._images = dict(images or {})

    def get(self, reference: str) -> BaseImage:
        """The image of a reference, with or without its default registry and tag."""
        name = familiar(reference)
        for known, image in self._images.items():
            if familiar(known) == name:
                return image
        return BaseImage(identity=name, layers=(name,))


def familiar(reference: str) -> str:
    """A reference as people write it, with its tag: "docker.io/library/alpine" is "alpine:latest"."""
    name = reference.removeprefix("docker.io/").removeprefix("index.docker.io/").removeprefix("library/")
    if "@" in name or ":" in name.rpartition("/")[2]:
        return name
    return f"{name}:latest"


_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
    r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,})?"
)
"""An image's name (distribution/reference, regexp.go)."""


def fault_of(written: str, reference: str) -> str:
    """Why a FROM names no image, "" where it names one.

    Args:
        written: As it stands, with its variables.
    """
    if not reference:
        return f"base name ({written}) should not be blank"
    if _REFERENCE.fullmatch(reference):
        return ""
    why = "invalid reference format"
    if _REFERENCE.fullmatch(reference.lower()):
        name = normalized(reference).partition("/")[2].partition(":")[0]
        why += f": repository name ({name}) must be lowercase"
    return f'failed to parse stage name "{reference}": {why}; expected a name such as alpine:3.20'


def normalized(reference: str) -> str:
    """A reference as BuildKit prints it: with registry, namespace and tag."""
    name = familiar(reference)
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def recorded_bases(described: Mapping[str, Mapping[str, object]]) -> Bases:
    """Images as a recording describes them: same_image_as, from, dockerfile, layers, files, env, onbuild.

    What a description leaves out is taken from its `dockerfile` text, and files from the image it is built `from`.
    """
    images: dict[str, BaseImage] = {}

    def build(name: str, seen: tuple[str, ...] = ()) -> BaseImage:
        if name in images:
            return images[name]
        if name in seen or name not in described:
            raise InputError(f"base image {name!r} is not described; there are {', '.join(described)}")
        about = described[name]
        if "same_image_as" in about:
            images[name] = build(str(about["same_image_as"]), (*seen, name))
            return images[name]
        parent = build(str(about["from"]), (*seen, name)) if "from" in about else None
        images[name] = _described(name, about, parent)
        return images[name]

    for name in described:
        build(name)
    return Bases(images)


def _described(name: str, about: Mapping[str, object], parent: BaseImage | None) -> BaseImage:
    env = dict(parent.env) if parent else {}
    workdir, user = (parent.workdir, parent.user) if parent else ("", "")
    shell = parent.shell if parent else ()
    onbuild: list[str] = []
    source = read(str(about.get("dockerfile", "")))
    for step in interpret(source.nodes)[0] if "dockerfile" in about else ():
        if isinstance(step, Pairs) and step.name == "ENV":
            env.update(step.pairs)
        elif isinstance(step, Setting):
            workdir = step.args[0] if step.name == "WORKDIR" else workdir
            user = step.args[0] if step.name == "USER" else user
            shell = step.args if step.name == "SHELL" else shell
            onbuild += step.args if step.name == "ONBUILD" else ()
    given = about.get("env")
    if isinstance(given, list):
        env = dict(str(pair).partition("=")[::2] for pair in given)
    given = about.get("onbuild")
    if isinstance(given, list):
        onbuild = [str(item) for item in given]
    layers = about.get("layers")
    files = dict(parent.files) if parent else {}
    written = about.get("files")
    if isinstance(written, Mapping):
        files |= {str(path).strip("/"): file(str(text)) for path, text in written.items()}
    return BaseImage(
        identity=name,
        layers=tuple(str(layer) for layer in layers) if isinstance(layers, list) else (name,),
        env=tuple(env.items()),
        workdir=str(about.get("workdir", workdir)),
        user=str(about.get("user", user)),
        shell=shell,
        onbuild=tuple(onbuild),
        files=files,
    )
