"""What the study of distribution asks (`sim.studies.distribution`): images, nodes, and how they pull."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le, doc

from sim.catalog.model import Application, Host, Technology
from sim.catalog.names import CatalogName
from sim.catalog.tables.registries import Account
from sim.errors import InputError, Problem
from sim.quantity import Bytes, BytesPerSecond, Seconds, Unit
from sim.reasons import Reason
from sim.registry.client import ClientName
from sim.registry.content import PullPolicy
from sim.registry.fleet import Through
from sim.studies.base import Repeated, Subject

RegistryName = Literal["hub", "hub-desktop", "ghcr", "ecr", "self-hosted"]
Fraction = Annotated[float, Unit("1"), Ge(0), Le(1)]
LazyName = Literal["none", "estargz", "soci", "nydus", "overlaybd"]


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Which images go to which nodes, and how."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    images: Annotated[
        tuple[str, ...],
        Subject(),
        doc("Images to pull: official ones by name and tag, or the paths of image archives."),
    ] = ()
    layers: Annotated[
        tuple[Bytes, ...], doc("An image of your own, by the compressed size of each layer, the base first.")
    ] = ()
    present: Annotated[tuple[str, ...], doc("Images that every node has already; as for images.")] = ()
    version: Annotated[
        int,
        Ge(0),
        Le(500),
        doc(
            "The nodes and the registry have the images, and their next version comes, with new bytes from this layer "
            "on, counted from the base; 0 for the images themselves."
        ),
    ] = 0
    nodes: Annotated[int, Ge(1), Le(10_000), Repeated(), doc("How many nodes pull.")] = 1
    host: Annotated[str | Host, CatalogName("hosts"), doc("What each node is.")] = "server"
    within: Annotated[Seconds, Le(86_400), doc("Nodes ask at random within this time; 0 s for all at once.")] = 0.0
    registry: Annotated[RegistryName, doc("The registry the images are in.")] = "hub"
    account: Annotated[
        Account,
        doc(
            "As whom the nodes pull where the registry limits pulls: anonymously from one address, with one free "
            "account, or without a limit. The times are those of a fleet that is let through."
        ),
    ] = "unlimited"
    uplink: Annotated[
        BytesPerSecond | None, doc("What the registry sends in all; if left out, as the catalog has it.")
    ] = None
    through: Annotated[
        Through, doc("Nodes pull from the registry, a pull-through cache, down a tree, or from one another.")
    ] = "registry"
    mirror: Annotated[
        Literal["cold", "joining", "warm"],
        doc(
            "The pull-through cache is empty and sends simultaneous requests upstream, as Distribution's does; empty, "
            "but lets them wait for the first; or has every blob."
        ),
    ] = "joining"
    fan_out: Annotated[int, Ge(1), Le(1_000), doc("How many nodes each node of a tree hands on to.")] = 8
    client: Annotated[ClientName, doc("What pulls on a node.")] = "dockerd"
    downloads: Annotated[
        int | None, Ge(1), Le(100), doc("Layers downloaded at once; if left out, the client's default.")
    ] = None
    connections: Annotated[
        int, Ge(1), Le(64), doc("Connections for each layer; containerd can fetch a layer in parts.")
    ] = 1
    unpacks: Annotated[
        int, Ge(1), Le(64), doc("Layers of an image unpacked at once; needs containerd and a snapshotter that can.")
    ] = 1
    compression: Annotated[Literal["gzip", "zstd", "none"], doc("How layers are compressed.")] = "gzip"
    decompressor: Annotated[
        Literal["go", "unpigz", "igzip"],
        doc(
            "What decompresses gzip: the client's own Go library, or a program that it starts where it is installed. "
            "igzip needs containerd."
        ),
    ] = "go"
    policy: Annotated[
        Literal["by-tag", PullPolicy], doc("When a tag is asked for: by-tag is Always for latest, else IfNotPresent.")
    ] = "by-tag"
    lazy: Annotated[LazyName, doc("A format that is mounted and read on demand, or none: layers are unpacked.")] = (
        "none"
    )
    read: Annotated[Fraction | None, doc("Share of the image that a start reads; if left out, as published.")] = None
    failure_rate: Annotated[float, Unit("1"), Ge(0), Le(0.9), doc("The chance that a download breaks off.")] = 0.0
    resume: Annotated[bool, doc("Whether a download goes on where it broke off, by Range.")] = True
    pushed: Annotated[
        tuple[str, ...], doc("Images that the registry has already, each in a repository of its own.")
    ] = ()
    mounts: Annotated[
        Literal["by-registry", "always", "never"], doc("Whether a push mounts layers from other repositories.")
    ] = "by-registry"
    technology: Annotated[
        str | Technology, Subject(), CatalogName("technologies"), doc("What starts the application.")
    ] = "docker"
    application: Annotated[
        str | Application, Subject(), CatalogName("applications"), doc("What the first start runs.")
    ] = "web"

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)


def _problems(params: Distribution) -> Iterator[Problem]:
    if bool(params.images) == bool(params.layers):
        yield Problem(Reason("images_or_layers", "expected one of two: names here, or sizes in layers"), path="images")
    if len(params.layers) > 500:
        yield Problem(f"{len(params.layers)} layers are too many; expected at most 500", path="layers")
    for name in ("connections", "unpacks"):
        if getattr(params, name) > 1 and params.client == "dockerd":
            yield Problem(
                Reason(
                    "containerd.one",
                    "{value} needs containerd; dockerd's graph drivers take 1",
                    value=getattr(params, name),
                ),
                path=name,
            )
    if params.decompressor == "igzip" and params.client == "dockerd":
        yield Problem(
            Reason("containerd.igzip", "igzip needs containerd 2.0; dockerd starts unpigz"), path="decompressor"
        )
    if params.decompressor != "go" and params.compression != "gzip":
        yield Problem(
            Reason("goes_with.gzip", "{value} is not used; it goes with gzip", value=params.decompressor),
            path="decompressor",
        )
    if params.lazy != "none" and params.client == "dockerd":
        yield Problem(
            Reason("containerd.lazy", "{value} needs containerd; dockerd's graph drivers unpack", value=params.lazy),
            path="lazy",
        )
    if params.lazy != "none" and params.compression == "zstd":
        yield Problem(Reason("lazy_zstd", "zstd is not read lazily here; expected gzip or none"), path="compression")
    if params.read is not None and params.lazy == "none":
        yield Problem(
            Reason("goes_with.lazy", "{value} is not used; it goes with lazy", value=params.read), path="read"
        )
    if params.policy == "Never" and not params.present:
        yield Problem(Reason("never", "Never pulls nothing; it needs images in present"), path="policy")
