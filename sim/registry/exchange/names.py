"""An image's name as an engine resolves it: a registry's address, a repository, and a tag or a digest."""

from __future__ import annotations

from typing import NamedTuple

from sim.registry.content import parse_reference


class RemoteName(NamedTuple):
    """A name, made whole.

    Attributes:
        domain: The registry's address with its port: "localhost:5000", "docker.io".
        path: The repository there: "team/app".
        tag: "latest" where neither tag nor digest is written. "" beside a digest.
    """

    domain: str
    path: str
    tag: str
    digest: str = ""

    @property
    def repository(self) -> str:
        """The repository with its registry."""
        return f"{self.domain}/{self.path}"

    @property
    def host(self) -> str:
        """The registry's address without its port."""
        return host_of(self.domain)

    def tagged(self, tag: str) -> RemoteName:
        """Another tag of the same repository."""
        return RemoteName(self.domain, self.path, tag)


def remote_name(text: str) -> RemoteName:
    """A name, made whole as Docker makes it.

    >>> remote_name("localhost:5000/team/app")
    RemoteName(domain='localhost:5000', path='team/app', tag='latest', digest='')
    >>> remote_name("nginx:alpine").repository
    'docker.io/library/nginx'

    Raises `InputError` where a part is empty.
    """
    reference = parse_reference(text)
    first, slash, rest = reference.repository.partition("/")
    tag = "" if reference.digest else reference.tag
    if slash and ("." in first or ":" in first or first == "localhost"):
        return RemoteName(first, rest, tag, reference.digest)
    path = reference.repository if slash else f"library/{reference.repository}"
    return RemoteName("docker.io", path, tag, reference.digest)


def host_of(domain: str) -> str:
    """A registry's address without its port."""
    return domain.partition(":")[0]
