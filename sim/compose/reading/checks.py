"""What makes a whole model wrong: names that nothing defines, values that exclude each other, circles, clashes.

Source: loader/validate.go and validation/ of compose-go v2.4.8, in its order. Clashes of names and ports
are left to the engine by docker compose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.compose.reading.findings import ENGINE_REFUSES, ComposeFinding, Findings
from sim.compose.reading.model import ComposeProject, ComposeService
from sim.compose.reading.order import circle
from sim.compose.reading.ports import PublishedPort
from sim.wording import suggestion
from sim.yamlnodes import KeyPath, YamlNode, plain

_ONE_OF = {"secrets": ("file", "environment"), "configs": ("file", "environment", "content")}


def check_resources(model: YamlNode, findings: Findings) -> None:
    """Volumes, secrets and configs that say too much or too little."""
    for kind in ("volumes", *_ONE_OF):
        for name, item in _entries(model, kind):
            path = (kind, name)
            given = set(item.value) if isinstance(item.value, dict) else set()
            external = "external" in given and item.value["external"].value is True
            more = {key for key in given - {"name", "external"} if not key.startswith("x-")}
            if kind == "volumes" and external and more:
                message = f"external and {sorted(more)[0]!r} exclude each other"
                findings.add(item, message, path, "conflict", at_key=True)
            ways = [key for key in _ONE_OF.get(kind, ()) if key in given]
            if len(ways) > 1:
                findings.add(item, f"{' and '.join(ways)} exclude each other", path, "conflict", at_key=True)
            elif kind in _ONE_OF and not ways and not given & {"external", "driver"}:
                message = f"expected one of {', '.join(_ONE_OF[kind])}"
                findings.add(item, message, path, "incomplete", at_key=True)


def _entries(model: YamlNode, kind: str) -> Iterator[tuple[str, YamlNode]]:
    found = model.value.get(kind)
    if found is not None and isinstance(found.value, dict):
        yield from found.value.items()


class ConsistencyCheck:
    """Looks at each service of a project, and then at all together."""

    def __init__(self, model: YamlNode, project: ComposeProject) -> None:
        self.project, self.findings = project, project.findings
        self._nodes = dict(_entries(model, "services"))

    def all(self) -> None:
        """Note everything that is wrong."""
        for name in sorted(self.project.services):
            self._service(self.project.services[name])
        self._container_names()
        self._circle()
        self._ports()

    def _note(self, name: str, path: KeyPath, message: str, kind: str) -> None:
        node = self._nodes[name]
        for key in path:
            known: Any = dict(enumerate(node.value)) if isinstance(node.value, list) else node.value
            if not isinstance(known, dict) or key not in known:
                break
            node = known[key]
        at_key = node.key is not None
        self.findings.add(node, message, ("services", name, *path), kind, at_key=at_key)

    def _service(self, service: ComposeService) -> None:
        node, name = self._nodes[service.name], service.name
        told = any(self._is_told(node.value[key]) for key in ("image", "build") if key in node.value)
        if not service.image and not service.builds and "provider" not in node.value and not told:
            self._note(name, (), "has neither an image nor a build", "no image")
        if service.network_mode and "networks" in node.value and service.networks:
            self._note(name, ("network_mode",), "network_mode and networks exclude each other", "conflict")
        self._platforms(name)
        self._defined(service)
        test = service.health.test if service.health else ()
        if test and test[0] not in ("CMD", "CMD-SHELL", "NONE"):
            message = f"{test[0]!r} does not fit; expected CMD, CMD-SHELL or NONE first"
            self._note(name, ("healthcheck", "test"), message, "wrong type")
        self._dependencies(service)
        self._scale(service)

    def _is_told(self, node: YamlNode) -> bool:
        """Whether it was told already what is wrong with a value, as that its variable is missing."""
        here = node.problem("")
        places = ((found.problem.file, found.problem.line, found.problem.column) for found in self.findings.wrong)
        return (here.file, here.line, here.column) in places

    def _platforms(self, name: str) -> None:
        """An image that is built for some platforms is built for that of its service."""
        config = plain(self._nodes[name])
        build, platform = config.get("build"), config.get("platform")
        built = build.get("platforms") if isinstance(build, dict) else None
        if platform and built and platform not in built:
            message = f"{platform!r} is not among the build's platforms: {', '.join(map(str, built))}"
            self._note(name, ("platform",), message, "conflict")

    def _defined(self, service: ComposeService) -> None:
        """Names of networks, volumes, configs and secrets."""
        project = self.project
        for name in service.networks:
            if name not in project.networks:
                self._undefined(service, ("networks", name), "network", name, project.networks)
        for number, mount in enumerate(service.mounts):
            if mount.kind == "volume" and mount.source and mount.source not in project.volumes:
                self._undefined(service, ("volumes", number), "volume", mount.source, project.volumes)
        for kind, named, known in (
            ("config", service.configs, project.configs),
            ("secret", service.secrets, project.secrets),
        ):
            for number, name in enumerate(named):
                if name not in known:
                    self._undefined(service, (f"{kind}s", number), kind, name, known)

    def _undefined(
        self, service: ComposeService, path: KeyPath, kind: str, name: str, known: Mapping[str, Any]
    ) -> None:
        message = f"no {kind} {name!r}{suggestion(name, list(known)[:100])}"
        self._note(service.name, path, message, f"undefined {kind}")

    def _dependencies(self, service: ComposeService) -> None:
        for name, dependency in sorted(service.depends_on.items()):
            if name in self.project.services:
                continue
            disabled = self.project.disabled.get(name)
            if disabled is not None and not dependency.required:
                continue
            message = f"depends on {name!r}, which is in profiles {', '.join(disabled.profiles)}" if disabled else ""
            message = message or f"no service {name!r}{suggestion(name, list(self.project.services)[:100])}"
            self._note(service.name, ("depends_on", name), message, "undefined service")

    def _scale(self, service: ComposeService) -> None:
        deploy = service.config.get("deploy")
        replicas = deploy.get("replicas") if isinstance(deploy, dict) else None
        if "scale" in service.config and replicas is not None and service.config["scale"] != replicas:
            self._note(service.name, ("scale",), f"scale and deploy.replicas ({replicas}) differ", "conflict")
        if service.scale < 0:
            self._note(service.name, ("scale",), f"{service.scale} is out of range; expected at least 0", "wrong type")
        if service.scale > 1 and service.container_name:
            message = f"{service.scale} containers cannot all be called {service.container_name!r}"
            self._note(service.name, ("container_name",), message, "name in use")

    def _container_names(self) -> None:
        taken: dict[str, str] = {}
        for name, service in sorted(self.project.services.items()):
            other = taken.setdefault(service.container_name, name) if service.container_name else name
            if other != name:
                message = f"container name {service.container_name!r} is that of service {other!r} too"
                node = self._nodes[name].value["container_name"]
                problem = node.problem(message, ("services", name, "container_name"), at_key=True)
                self.findings.wrong.append(ComposeFinding(problem, "name in use", ENGINE_REFUSES))

    def _circle(self) -> None:
        found = circle(self.project.services)
        if not found:
            return
        told = " -> ".join([*found, found[0]])
        node = self._nodes[found[0]]
        place = node.value.get("depends_on", node)
        path = ("services", found[0], "depends_on")
        problem = place.problem(f"services wait for each other: {told}", path, at_key=place.key is not None)
        self.findings.wrong.append(ComposeFinding(problem, "dependency cycle"))

    def _ports(self) -> None:
        """Ports of the host that two containers would have: the engine starts the first alone."""
        taken: list[tuple[PublishedPort, str]] = []
        for name, service in sorted(self.project.services.items()):
            for port in service.ports:
                if port.published is None or port.published.size > port.target.size:
                    continue  # any that is free
                if service.scale > 1:
                    message = f"{service.scale} containers cannot all have port {port.published} of the host"
                    self._note_at(name, message)
                if service.scale > 0:
                    taken.append((port, name))
        for port, name, other in _overlapping(taken):
            self._note_at(name, f"port {port.published} of the host is taken by service {other!r} too")

    def _note_at(self, name: str, message: str) -> None:
        node = self._nodes[name].value.get("ports", self._nodes[name])
        problem = node.problem(message, ("services", name, "ports"), at_key=node.key is not None)
        self.findings.wrong.append(ComposeFinding(problem, "port clash", ENGINE_REFUSES))


def _overlapping(taken: list[tuple[PublishedPort, str]]) -> Iterator[tuple[PublishedPort, str, str]]:
    """Ports of the host that another service has too, with both names: in one sweep from the lowest port up."""
    furthest: dict[tuple[str, str], tuple[int, str]] = {}
    for port, name in sorted(taken, key=lambda pair: (pair[0].published, pair[1])):
        assert port.published is not None
        address = _EVERY if port.host_ip in _EVERYWHERE else port.host_ip
        rivals = (address, _EVERY) if address != _EVERY else (_ANY,)
        last, holder = max(furthest.get((port.protocol, rival), (-1, "")) for rival in rivals)
        if last >= port.published.first:
            yield port, name, holder
        for key in ((port.protocol, address), (port.protocol, _ANY)):
            furthest[key] = max(furthest.get(key, (-1, "")), (port.published.last, name))


_EVERY, _ANY = "every", "any"
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 -- an address that a file names
