"""The flags of `docker build` and `docker buildx build`: a command line that works there is taken here.

A flag is understood where it is in a step's key, or says what cache there is. It is explained in a sentence where
somebody may ask what it does to a plan. Any other is passed over. Sources: docker/buildx commands/build.go, docker/cli
cli/command/image/build.go, November 2026.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sim.builds.dockerfile.stages import Dockerfile

IN_KEYS = ("--platform", "--network", "--add-host", "--ulimit", "--shm-size", "--cgroup-parent", "--label")
"""Flags that `sim.builds.graph.options` knows: what they say is in the keys of steps, or is a step."""

_LIMITS = "limits what a RUN may use while it runs; steps, keys and the times told here stay as they are."
_MANIFEST = "is written beside the image once it is built; no step changes."

EXPLAINED: Mapping[str, str] = {
    "--pull": "asks the registry whether a tag has moved; here it stands for the same image in both builds, so nothing "
    "changes. For another base, edit the FROM line.",
    "--push": "comes after the build; how much would be moved is told as 'to push and pull'.",
    "--load": "comes after the build; the image's size is told as 'whole image'.",
    "--output": "comes after the build and changes no step.",
    "--squash": "merges the new layers once all steps have run; steps and cache stay as they are. BuildKit ignores it.",
    "--cache-to": "exports the cache after the build and changes no step of it; with --cache-from the second build "
    "finds what the first exported.",
    "--allow": "permits what a RUN asks for with --network or --security; it is in no key itself.",
    "--annotation": _MANIFEST,
    "--attest": _MANIFEST,
    "--provenance": _MANIFEST,
    "--sbom": _MANIFEST,
    "--policy": "may refuse a source; it changes no step.",
    "--check": "asks for a check only; here a Dockerfile is checked whenever it is read.",
    "--call": "asks for a description only; what follows is the plan of a build.",
    "--memory": _LIMITS,
    "--memory-swap": _LIMITS,
    "--cpu-shares": _LIMITS,
    "--cpu-period": _LIMITS,
    "--cpu-quota": _LIMITS,
    "--cpuset-cpus": _LIMITS,
    "--cpuset-mems": _LIMITS,
    "--resource": _LIMITS,
    "--isolation": "is for Windows, which is not modelled.",
    "--security-opt": "is for Windows and the legacy builder; it changes no step.",
}
"""Flags that change no step, and why."""

SILENT = ("--tag", "--progress", "--iidfile", "--metadata-file", "--quiet", "--rm", "--force-rm", "--compress",
          "--debug", "--disable-content-trust")  # fmt: skip
"""Flags of which nobody expects a change."""

_OWN = ("--secret", "--ssh", "--cache-from")
_SHORT = {"--tag": "-t", "--output": "-o", "--quiet": "-q", "--debug": "-D", "--memory": "-m", "--cpu-shares": "-c"}
SWITCHES = ("--pull", "--push", "--load", "--squash", "--check", "--quiet", "--rm", "--force-rm", "--compress",
            "--debug", "--disable-content-trust")  # fmt: skip
_TRUE = ("1", "t", "true")


def _name(flag: str) -> str:
    return "docker_" + flag.strip("-").replace("-", "_")


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Every flag as an option that the help does not list. The values arrive as keyword arguments "docker_..."."""
    for flag in (*IN_KEYS, *EXPLAINED, *SILENT, *_OWN):
        names = [_name(flag), flag, *([_SHORT[flag]] if flag in _SHORT else [])]
        many: dict[str, Any] = {"is_flag": True} if flag in SWITCHES else {"multiple": True}
        option = click.option(*names, hidden=True, **many)
        function = option(function)
    return function


class Command(click.Command):
    """A command whose switches may have a value, as those of docker may: `--pull=true`, `--rm=false`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave out what is switched off, and the values of what is switched on."""
        known = {*SWITCHES, "--no-cache"}
        plain = []
        for word in args:
            flag, given, value = word.partition("=")
            if flag not in known or not given:
                plain.append(word)
            elif value.lower() in _TRUE:
                plain.append(flag)
        return super().parse_args(ctx, plain)


@dataclass(frozen=True, slots=True)
class Note:
    """What a flag does here, in a sentence."""

    flag: str
    text: str


class GivenFlags:
    """The flags that were given."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._values: dict[str, tuple[str, ...]] = {}
        for flag in (*IN_KEYS, *EXPLAINED, *SILENT, *_OWN):
            value = arguments.get(_name(flag))
            if value:
                self._values[flag] = ("",) if value is True else tuple(value)

    def values(self, flag: str) -> tuple[str, ...]:
        """The values of a flag, one a time it was given."""
        return self._values.get(flag, ())

    @property
    def platforms(self) -> list[str]:
        """The platforms that are asked for. Raises `click.BadParameter`."""
        names = [name.strip() for value in self.values("--platform") for name in value.split(",")]
        for name in names:
            if not re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?", name):
                message = f"{name!r} is no platform; expected one such as linux/arm64"
                raise click.BadParameter(message, param_hint="--platform")
        return names

    def line(self) -> str:
        """What is in the keys of steps, as words of a command line. Of several platforms the first counts."""
        words = [f"--platform={name}" for name in self.platforms[:1]]
        for flag in IN_KEYS[1:]:
            for value in self.values(flag):
                words += [flag, value]
        return shlex.join(words)

    def cache_mode(self) -> str:
        """The mode of the export that --cache-from finds: that of --cache-to, which is min where it says nothing."""
        fields = [pair for value in self.values("--cache-to") for pair in _fields(value).items()]
        inline = any(_fields(value).get("type") == "inline" for value in self.values("--cache-from"))
        return "max" if ("mode", "max") in fields and not inline else "min"

    def notes(self, dockerfile: Dockerfile | None) -> list[Note]:
        """What is to be said of the flags.

        Args:
            dockerfile: None where it cannot be read.
        """
        notes = [
            Note(flag, f"{flag} {EXPLAINED[flag]}")
            for flag in self._values
            if flag in EXPLAINED and not (flag == "--cache-to" and self.values("--cache-from"))
        ]
        if len(self.platforms) > 1:
            first, *others = self.platforms
            text = "--platform: each platform is built by itself, on the same rules"
            notes.append(Note("--platform", f"{text}; shown is {first}, not {', '.join(others)}."))
        elif self.platforms and self.platforms[0] != "linux/amd64":
            text = f"--platform {self.platforms[0]} is in the key of every RUN"
            notes.append(Note("--platform", f"{text}; that a RUN takes longer under emulation is not modelled."))
        if dockerfile is not None:
            notes += _entrusted(self, dockerfile)
        return notes


def _fields(value: str) -> dict[str, str]:
    """The fields of "type=registry,ref=a". A value without "=" is a registry's reference."""
    pairs = [field.partition("=") for field in next(csv.reader([value]), [])]
    return {name: text for name, given, text in pairs if given} or {"type": "registry", "ref": value}


def _entrusted(given: GivenFlags, dockerfile: Dockerfile) -> Iterator[Note]:
    """Secrets and SSH agents: what mounts them, and what is missing where a RUN cannot do without."""
    for flag, kind, default in (("--secret", "secret", ""), ("--ssh", "ssh", "default")):
        wanted = list(_mounted(dockerfile, kind, default))
        have = [_id(value, default) for value in given.values(flag)]
        for name in dict.fromkeys(have):
            lines = [str(line) for line, wants, _ in wanted if wants == name]
            if lines:
                place = f"line{'s' * (len(lines) > 1)} {', '.join(lines)} mount{'s' * (len(lines) == 1)} it"
                yield Note(flag, f"{flag} {name}: {place}. Its value is in no key, so another value re-runs nothing.")
            else:
                yield Note(flag, f"{flag} {name}: no RUN mounts it, so it changes nothing.")
        for line, name, required in wanted:
            if required and name not in have:
                yield Note(flag, f"line {line} requires the {kind} {name}: without {flag} a real build fails there.")


def _id(value: str, default: str) -> str:
    """The id in "id=x,src=y" of a secret, in "x=path" or "x" of an SSH agent."""
    if not default:
        return _fields(value).get("id", value)
    return value.partition("=")[0] or default


def _mounted(dockerfile: Dockerfile, kind: str, default: str) -> Iterator[tuple[int, str, bool]]:
    """Line, id and whether it is required of each mount of a kind. An id left out is the last part of the target."""
    from sim.builds.dockerfile.instructions import RunInstruction
    from sim.builds.dockerfile.mounts import read_mount

    for stage in dockerfile.stages:
        for step in stage.instructions:
            for value in step.mounts if isinstance(step, RunInstruction) else ():
                try:
                    mount = read_mount(value, str)
                except ValueError:
                    continue
                if mount.type == kind:
                    name = mount.source or mount.id or default or mount.target.rpartition("/")[2]
                    yield step.line, name, mount.required


def shown(notes: Sequence[Note]) -> list[str]:
    """The sentences, each once."""
    return list(dict.fromkeys(note.text for note in notes))
