"""What an ADD fetches, where two builds name different hosts: whether the bytes are the same is not known."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from sim.builds.graph.vertices import BuildGraph, Vertex


def contents(vertex: Vertex) -> list[tuple[str, str]]:
    """The file name and what stands for the body of each address a vertex fetches over HTTP."""
    definition = vertex.definition
    if vertex.kind == "http":
        return [(str(definition["name"]), str(definition["body of"]))]
    return [(str(name), str(body)) for name, body in definition.get("remotes", ())]


def mirrors(
    now: BuildGraph, before: BuildGraph, pairs: Mapping[str, str], remotes: Mapping[str, str]
) -> dict[str, str]:
    """What stands for the content of an address if a file of the same name on another host is the same file.

    Args:
        remotes: The addresses whose content is said. Nothing is supposed of those.
    """
    mirrored = {}
    for vertex in now.vertices:
        if vertex.id not in pairs:
            continue
        old = contents(before.vertex(pairs[vertex.id]))
        for (name, body), (other, was) in zip(contents(vertex), old, strict=False):
            said = body in remotes or body in remotes.values()
            if name == other and not said and _host(body) and _host(was) not in ("", _host(body)):
                mirrored[body] = was
    return mirrored


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
