"""Network links by rtnetlink, spoken over a socket by hand: no program is started, and none must be installed."""

from __future__ import annotations

import os
import socket
import struct
from typing import Self

_NEWLINK, _DELLINK, _SETLINK, _ERROR = 16, 17, 19, 2
_REQUEST, _ACK, _CREATE, _EXCL = 0x1, 0x4, 0x400, 0x200
_IFNAME, _MASTER, _LINKINFO, _NET_NS_FD = 3, 10, 18, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_UP = 1


def _attribute(kind: int, value: bytes) -> bytes:
    return (struct.pack("=HH", len(value) + 4, kind) + value).ljust((len(value) + 7) & ~3, b"\0")


def _link(index: int = 0, flags: int = 0, change: int = 0) -> bytes:
    return struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, flags, change)


def _named(name: str) -> bytes:
    return _attribute(_IFNAME, name.encode() + b"\0")


class Links:
    """The links of the network namespace that the calling process is in when this is made. Close it after use.

    Each method asks the kernel and waits for its answer. It raises the `OSError` that the kernel answers.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._number = 0

    def close(self) -> None:
        """Close the socket. The links stay."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, kind: int, flags: int, body: bytes) -> None:
        self._number += 1
        head = struct.pack("=IHHII", 16 + len(body), kind, _REQUEST | _ACK | flags, self._number, 0)
        self._socket.send(head + body)
        while True:
            answer = self._socket.recv(65536)
            _, kind, _, number, _ = struct.unpack_from("=IHHII", answer)
            if kind == _ERROR and number == self._number:
                break
        (code,) = struct.unpack_from("=i", answer, 16)
        if code:
            raise OSError(-code, os.strerror(-code))

    def _create(self, name: str, kind: str, data: bytes = b"") -> None:
        info = _attribute(_INFO_KIND, kind.encode()) + (_attribute(_INFO_DATA, data) if data else b"")
        self._ask(_NEWLINK, _CREATE | _EXCL, _link() + _named(name) + _attribute(_LINKINFO, info))

    def veth(self, name: str, peer: str, peer_namespace: int | None = None) -> None:
        """Make a veth pair.

        Args:
            peer_namespace: File descriptor of the network namespace the peer is made in.
        """
        inside = b"" if peer_namespace is None else _attribute(_NET_NS_FD, struct.pack("=I", peer_namespace))
        self._create(name, "veth", _attribute(_VETH_PEER, _link() + _named(peer) + inside))

    def bridge(self, name: str) -> None:
        """Make a bridge."""
        self._create(name, "bridge")

    def move(self, name: str, namespace: int) -> None:
        """Move a link to another network namespace."""
        self._ask(_SETLINK, 0, _link() + _named(name) + _attribute(_NET_NS_FD, struct.pack("=I", namespace)))

    def attach(self, name: str, bridge: str) -> None:
        """Make a link a port of a bridge."""
        index = struct.pack("=I", socket.if_nametoindex(bridge))
        self._ask(_SETLINK, 0, _link() + _named(name) + _attribute(_MASTER, index))

    def up(self, name: str) -> None:
        """Set a link up."""
        self._ask(_SETLINK, 0, _link(flags=_UP, change=_UP) + _named(name))

    def delete(self, name: str) -> None:
        """Delete a link, and its peer where it has one."""
        self._ask(_DELLINK, 0, _link() + _named(name))
