"""Revisions of a template: what a StatefulSet or a DaemonSet remembers of the templates that it had.

Source: Kubernetes 1.32, pkg/controller/history, statefulset/stateful_set_control.go and daemon/update.go.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy.events import Event

from sim.kubernetes.controllers.base import ApiClient
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    controller_reference,
    digest,
    key_of,
    spec_of,
    uid_of,
)

REVISION_HASH = "controller-revision-hash"
"""The label of a pod that names the revision of its template."""
_KIND = "ControllerRevision"


def template_of(revision: KubernetesObject) -> dict[str, Any]:
    """The template that a revision stands for."""
    template: dict[str, Any] = revision["data"]
    return template


def name_of(revision: KubernetesObject) -> str:
    """The revision's name."""
    return str(revision["metadata"]["name"])


def revision_for(client: ApiClient, owner: KubernetesObject) -> Generator[Event, Any, KubernetesObject]:
    """The revision of the owner's template: made where it is new, and the latest again where it was had before."""
    template = spec_of(owner)["template"]
    known = client.api.owned(uid_of(owner), _KIND)
    latest = max((one["revision"] for one in known), default=0)
    same = next((one for one in known if one["data"] == template), None)
    if same is None:
        made = _revision(owner, template, latest + 1)
        created: KubernetesObject = yield from client.request(lambda: _made(client, made))
        return created
    if same["revision"] < latest:
        renewed = yield from client.modify(_KIND, key_of(same), lambda now: changed(now, latest + 1, "revision"))
        return renewed if renewed is not None else same
    return same


def _made(client: ApiClient, revision: dict[str, Any]) -> KubernetesObject:
    """A new revision; or the one of that name, which has the same template, where an earlier owner left it."""
    key = ObjectKey(revision["metadata"]["namespace"], revision["metadata"]["name"])
    return client.api.get(_KIND, key) or client.api.create(revision)


def revision_named(client: ApiClient, owner: KubernetesObject, name: str) -> KubernetesObject | None:
    """A revision by its name."""
    return client.api.get(_KIND, ObjectKey(key_of(owner).namespace, name))


def _revision(owner: KubernetesObject, template: Any, number: int) -> dict[str, Any]:
    name = f"{owner['metadata']['name']}-{digest(template)}"
    references = [controller_reference(owner)]
    metadata = {"name": name, "namespace": key_of(owner).namespace, "ownerReferences": references}
    return {"apiVersion": "apps/v1", "kind": _KIND, "metadata": metadata, "data": template, "revision": number}
