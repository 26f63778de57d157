"""The layers of several images on one host as a graph: what they share, what each adds, what removing one frees.

Disk space is shared by chain ID: the same layer on top of other parents is another directory on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx

from sim.archives.layers import Image


@dataclass(frozen=True, slots=True)
class ImageShare:
    """One image's part of a host. Bytes: size, adds and frees before compression, moves as stored.

    Attributes:
        adds: On disk, when the images come in the graph's order.
        moves: What pulling it then moves.
        frees: On disk, when it alone is removed.
        shared: Size less frees, what other images keep.
    """

    name: str
    node: str
    layers: int
    size: int
    adds: int
    moves: int
    frees: int

    @property
    def shared(self) -> int:
        """Bytes that stay when it is removed, because other images have them too."""
        return self.size - self.frees


def layer_graph(images: Sequence[Image]) -> nx.DiGraph:
    """A directed graph from each layer to those on top of it, and from an image's top layer to the image.

    A layer's node is its chain ID, with kind "layer", diff_id, digest, size, compressed_size and instruction. That of
    an image is "image:NAME" (with "@" and its id where the name is taken), with kind "image", name, id and index, its
    place in the sequence. The same image given twice under one name is one node.
    """
    graph = nx.DiGraph()
    for image in images:
        parent: str | None = None
        for layer in image.layers:
            if layer.chain_id not in graph:
                graph.add_node(
                    layer.chain_id,
                    kind="layer",
                    diff_id=layer.diff_id,
                    digest=layer.digest,
                    size=layer.size,
                    compressed_size=layer.compressed_size,
                    instruction=layer.instruction,
                )
            if parent is not None:
                graph.add_edge(parent, layer.chain_id)
            parent = layer.chain_id
        node = f"image:{image.name}"
        if node in graph and graph.nodes[node]["id"] != image.id:
            node = f"{node}@{image.id}"
        if node not in graph:
            graph.add_node(node, kind="image", name=image.name, id=image.id, index=len(image_nodes(graph)))
        if parent is not None:
            graph.add_edge(parent, node)
    return graph


def image_nodes(graph: nx.DiGraph) -> tuple[str, ...]:
    """The images of a layer graph, in the order in which they were given."""
    nodes = [node for node, kind in graph.nodes(data="kind") if kind == "image"]
    return tuple(sorted(nodes, key=lambda node: int(graph.nodes[node].get("index", len(nodes)))))


def shares(graph: nx.DiGraph) -> tuple[ImageShare, ...]:
    """Each image's part, in the graph's order."""
    chains = {node: nx.ancestors(graph, node) for node in image_nodes(graph)}
    users: dict[str, int] = {}
    for chain in chains.values():
        for layer in chain:
            users[layer] = users.get(layer, 0) + 1
    present: set[str] = set()
    blobs: set[str] = set()
    image_shares = []
    for node, chain in chains.items():
        new = chain - present
        moved = {graph.nodes[layer]["digest"]: graph.nodes[layer]["compressed_size"] for layer in new}
        image_shares.append(
            ImageShare(
                name=graph.nodes[node]["name"],
                node=node,
                layers=len(chain),
                size=_bytes(graph, chain),
                adds=_bytes(graph, new),
                moves=sum(size for digest, size in moved.items() if digest not in blobs),
                frees=_bytes(graph, {layer for layer in chain if users[layer] == 1}),
            )
        )
        present |= new
        blobs |= set(moved)
    return tuple(image_shares)


def host_size(graph: nx.DiGraph) -> int:
    """Bytes on disk of all layers, each once, before compression."""
    return _bytes(graph, {node for node, kind in graph.nodes(data="kind") if kind == "layer"})


def _bytes(graph: nx.DiGraph, layers: set[str]) -> int:
    return sum(int(graph.nodes[layer]["size"]) for layer in layers)
