"""A published port's short form, "IP:HOST:CONTAINER/PROTOCOL", with ranges.

Source: nat/nat.go of docker/go-connections.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_PROTOCOLS = ("tcp", "udp", "sctp")
LAST = 65535


class PortRange(NamedTuple):
    """Ports from the first to the last."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def size(self) -> int:
        """How many ports they are."""
        return self.last - self.first + 1


class PublishedPort(NamedTuple):
    """Ports of a container, and of the host that lead there; published: None for any that is free."""

    target: PortRange
    published: PortRange | None = None
    host_ip: str = ""
    protocol: str = "tcp"

    def __str__(self) -> str:
        host = f"[{self.host_ip}]" if ":" in self.host_ip else self.host_ip
        before = ":".join(part for part in (host, str(self.published or "")) if part)
        return f"{before}:{self.target}/{self.protocol}" if before else f"{self.target}/{self.protocol}"


class PortError(ValueError):
    """A text that is no port."""


def port_range(text: str) -> PortRange:
    """One port or a range of them. Raises `PortError`."""
    found = _RANGE.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not first <= last <= LAST:
        raise PortError(f"{text!r} is no port; expected a number up to {LAST}, or two as in '8000-8010'")
    return PortRange(first, last)


def short_port(spec: str) -> PublishedPort:
    """The port that a short form means. Raises `PortError` with what is wrong.

    >>> str(short_port("[::1]:8080-8081:80-81/udp")), str(short_port("80"))
    ('[::1]:8080-8081:80-81/udp', '80/tcp')
    """
    rest, _, container = spec.rpartition(":")
    address, _, host = rest.rpartition(":")
    container, _, protocol = container.partition("/")
    if not container:
        raise PortError(f"{spec!r} names no port of the container")
    target = port_range(container)
    published = port_range(host) if host else None
    if published is not None and published.size != target.size and target.size != 1:
        raise PortError(f"{spec!r} has ranges of {published.size} and {target.size} ports; expected as many of each")
    if protocol and protocol.lower() not in _PROTOCOLS:
        raise PortError(f"{protocol!r} is no protocol; expected one of {', '.join(_PROTOCOLS)}")
    return PublishedPort(target, published, _address(address), protocol.lower() or "tcp")


def _address(text: str) -> str:
    bare = text.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(bare)) if bare else ""
    except ValueError:
        raise PortError(f"{text!r} is no IP address") from None
