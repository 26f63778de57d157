"""The containers of a project, with what docker compose writes on them: service, number, what they were made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sim.compose.reading.model import ComposeService
from sim.lifecycle.container import Container


@dataclass(eq=False)
class ProjectMember:
    """A container that docker compose made.

    Attributes:
        number: Which of its service's, from 1.
        one_off: Whether `run` made it.
        hash: Of the service that it was made from.
        image: What its image was then.
    """

    container: Container
    service: ComposeService
    number: int
    hash: str
    image: str = ""
    one_off: bool = False

    @property
    def state(self) -> str:
        """The container's."""
        return self.container.state


@dataclass
class ProjectMembers:
    """All containers of a project that there are, in the order they were made.

    Attributes:
        labels: Of every container that ever was, by name, the service and "1", or "run" for one of `run`.
    """

    made: list[ProjectMember] = field(default_factory=list)
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, member: ProjectMember) -> None:
        """Remember a container."""
        self.made.append(member)
        self.label(member)

    def label(self, member: ProjectMember) -> None:
        """Remember under which name it goes now."""
        number = "run" if member.one_off else str(member.number)
        self.labels[member.container.name] = (member.service.name, number)

    def there(
        self, services: Collection[str] | None = None, *, one_offs: bool = False, stopped: bool = True
    ) -> list[ProjectMember]:
        """Those that are not removed, the newest first, as the engine lists them."""
        return [
            member
            for member in reversed(self.made)
            if member.state != "removed"
            and (services is None or member.service.name in services)
            and (one_offs or not member.one_off)
            and (stopped or member.container.running)
        ]


def by_number(members: Iterable[ProjectMember]) -> list[ProjectMember]:
    """In the order of their numbers."""
    return sorted(members, key=lambda member: member.number)
