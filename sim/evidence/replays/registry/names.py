"""Names of images, registries and blobs as a recording of registry traffic writes them."""

from __future__ import annotations

from sim.errors import InputError
from sim.registry.exchange.names import RemoteName, remote_name

DOMAINS = {"registry": "127.0.0.1:5000", "registry2": "127.0.0.1:5001"}
"""The registries by their keys in a recording. It hides their addresses. That they are two ports of one host is
assumed: everything ran on one machine."""

_PLACEHOLDERS = {"<REGISTRY>": DOMAINS["registry"], "<REGISTRY2>": DOMAINS["registry2"]}


def written_name(text: str) -> RemoteName:
    """A name in a command: "<REGISTRY>/team/app:1", "<REGISTRY>/team/app@<manifest:app1>", "app1".

    Raises `InputError` where it is none.
    """
    for placeholder, domain in _PLACEHOLDERS.items():
        text = text.replace(placeholder, domain)
    head, at, digest = text.partition("@")
    if not at:
        return remote_name(text)
    image = digest.strip("<>").removeprefix("manifest:")
    if not image:
        raise InputError(f"{text!r} is not an image's name; expected a manifest after the @")
    return remote_name(head)._replace(tag="", digest=image)


def given_name(text: str) -> RemoteName:
    """A name that an engine has: one with a slash and no registry is the first registry's."""
    return written_name(_whole(text))


def given_repository(text: str) -> str:
    """A repository that an engine met, with its registry's address."""
    return written_name(_whole(text)).repository


def shown_name(text: str) -> str:
    """A listed name, as a recording writes it."""
    for placeholder, domain in _PLACEHOLDERS.items():
        text = text.replace(domain, placeholder)
    return text.removeprefix("docker.io/library/")


def _whole(text: str) -> str:
    return text if "/" not in text or text.startswith("<") else f"<REGISTRY>/{text}"
