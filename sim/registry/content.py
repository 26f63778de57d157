"""What a registry keeps by repository, what a push sends, and what it need not send. It knows no time.

A blob belongs to a repository. A push asks for each layer whether its repository has it. If not, it asks to mount it
from another repository that does. If that fails, it sends it. What is sent again need not be stored again. The
reference registry keeps a blob once, beside its repositories. A tag names a manifest and may move. A digest never does.

Sources: OCI distribution-spec, "Push" and "Mounting a blob from another repository". Distribution's registry/storage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from sim.archives.layers import Image, Layer
from sim.engine.environment import Environment
from sim.errors import InputError
from sim.registry.link import Link, Receiver

PullPolicy = Literal["Always", "IfNotPresent", "Never"]


class Reference(NamedTuple):
    """An image's name, taken apart.

    Attributes:
        tag: "latest" where neither tag nor digest is written.
    """

    repository: str
    tag: str
    digest: str = ""


def parse_reference(text: str) -> Reference:
    """The parts of "repository[:tag][@digest]". A colon before the last slash is a registry's port.

    >>> parse_reference("localhost:5000/shop/web:1.2")
    Reference(repository='localhost:5000/shop/web', tag='1.2', digest='')
    >>> parse_reference("nginx").tag
    'latest'

    Raises `InputError` where a part is empty.
    """
    name, at, digest = text.partition("@")
    head, slash, last = name.rpartition("/")
    base, colon, tag = last.partition(":")
    if not base or (colon and not tag) or (at and not digest) or any(character.isspace() for character in text):
        raise InputError(f"{text!r} is not an image's name; expected repository[:tag][@digest], as in 'nginx:alpine'")
    return Reference(f"{head}{slash}{base}", tag or ("" if digest else "latest"), digest)


def default_policy(text: str) -> PullPolicy:
    """The pull policy that Kubernetes gives a container: Always for latest or no tag, else IfNotPresent."""
    return "Always" if parse_reference(text).tag == "latest" else "IfNotPresent"


@dataclass(frozen=True, slots=True)
class Push:
    """A push.

    Attributes:
        registry: What it is afterwards.
        present, mounted, sent: Layers by what became of them.
    """

    registry: RegistryContent
    present: tuple[Layer, ...]
    mounted: tuple[Layer, ...]
    sent: tuple[Layer, ...]

    @property
    def sent_bytes(self) -> int:
        """Bytes that are uploaded."""
        return sum(layer.compressed_size for layer in self.sent)


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository.

    Attributes:
        blobs: Digest to the copy it links to.
        manifests: Digest to image.
        tags: To a digest.
    """

    blobs: Mapping[str, int] = field(default_factory=dict)
    manifests: Mapping[str, Image] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegistryContent:
    """Every repository by name. It is immutable: `push` gives another one.

    Attributes:
        copies: Stored blobs by number, as (digest, bytes).
        mounts: Whether it mounts blobs.
        shared_store: Whether a blob that is sent to a second repository is stored once for both.
    """

    repositories: Mapping[str, Repository] = field(default_factory=dict)
    copies: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    mounts: bool = True
    shared_store: bool = False

    @property
    def stored_bytes(self) -> int:
        """Bytes of all blobs, one that several repositories share counted once."""
        return sum(size for _, size in self.copies.values())

    def push(self, image: Image, name: str = "") -> Push:
        """Push an image under its own name, or another. Only layers are counted: configurations are small."""
        reference = parse_reference(name or image.name)
        repository = self.repositories.get(reference.repository, Repository())
        blobs, copies = dict(repository.blobs), dict(self.copies)
        elsewhere = {digest: copy for other in self.repositories.values() for digest, copy in other.blobs.items()}
        present: list[Layer] = []
        mounted: list[Layer] = []
        sent: list[Layer] = []
        for layer in image.layers:
            if layer.digest in blobs:
                present.append(layer)
            elif self.mounts and layer.digest in elsewhere:
                blobs[layer.digest] = elsewhere[layer.digest]
                mounted.append(layer)
            else:
                number = elsewhere.get(layer.digest) if self.shared_store else None
                if number is None:
                    number = max(copies, default=0) + 1
                    copies[number] = (layer.digest, layer.compressed_size)
                blobs[layer.digest] = number
                sent.append(layer)
        tags = {**repository.tags, reference.tag: image.id} if reference.tag else repository.tags
        new = Repository(blobs, {**repository.manifests, image.id: image}, tags)
        after = replace(self, repositories={**self.repositories, reference.repository: new}, copies=copies)
        return Push(after, tuple(present), tuple(mounted), tuple(sent))

    def resolve(self, name: str) -> Image:
        """The image that a tag names now, or the one of a digest. Raises `InputError` naming what there is."""
        reference = parse_reference(name)
        repository = self.repositories.get(reference.repository)
        if repository is None:
            have = ", ".join(self.repositories) or "none"
            raise InputError(f"no repository {reference.repository!r}; there are {have}")
        digest = reference.digest or repository.tags.get(reference.tag, "")
        if digest not in repository.manifests:
            have = ", ".join((*repository.tags, *repository.manifests)) or "none"
            raise InputError(f"no {reference.digest or reference.tag!r} in {reference.repository!r}; there are {have}")
        return repository.manifests[digest]


def upload_seconds(layers: tuple[Layer, ...], *, at_once: int, flow: float, link: float) -> float:
    """Seconds to send layers, so many at once in order, each at most at `flow`, all together at most at `link` B/s."""
    env = Environment()
    uplink, receiver = Link(env, link), Receiver()
    waiting = list(reversed(layers))

    def send(_: object) -> None:
        if waiting:
            uplink.send(receiver, waiting.pop().compressed_size, send, None, flow)

    for _ in range(at_once):
        send(None)
    env.run()
    return float(env.now)
