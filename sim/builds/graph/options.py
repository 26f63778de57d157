"""How a build is asked for: target, arguments, what of the cache to pass over."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.builds.dockerfile.mounts import size_in_bytes
from sim.errors import InputError

Builder = Literal["buildkit-containerd", "buildkit-overlay2", "legacy"]
BUILDERS: tuple[Builder, ...] = ("buildkit-containerd", "buildkit-overlay2", "legacy")

_SWITCHES = {
    "--pull", "--quiet", "-q", "--load", "--push", "--rm", "--force-rm", "--squash", "--compress", "--debug", "-D",
}  # fmt: skip

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}
"""What Go's strconv.ParseBool takes."""

PROXIES = tuple(
    spelling
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for spelling in (name, name.lower())
)
"""Build arguments every Dockerfile takes undeclared, and whose value is in no cache key."""


@dataclass(frozen=True)
class BuildOptions:
    """What a build is asked to do.

    Attributes:
        dockerfile: Its path in the context.
        no_cache_filter: Names of stages.
        host: The platform of the building machine.
        labels: Of `--label`.
        limits: What else of the command line is in a RUN's key: the size of /dev/shm, ulimits, the control group's
            parent, the host's name (moby/buildkit, client/llb/exec.go).
        remotes: What stands for the content of an ADD's address (a digest, a commit, any text). One that is not named
            has the content it always had.
    """

    dockerfile: str = "Dockerfile"
    target: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    no_cache: bool = False
    no_cache_filter: tuple[str, ...] = ()
    platform: str = "linux/amd64"
    host: str = "linux/amd64"
    network: str = ""
    hosts: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    remotes: Mapping[str, str] = field(default_factory=dict)

    @property
    def multi_platform(self) -> bool:
        """Whether BuildKit's steps are named with their platform. Raises `InputError` for what is no boolean.

        As moby/buildkit, frontend/dockerui/config.go.
        """
        value = self.build_args.get("BUILDKIT_MULTI_PLATFORM", "")
        if value and value not in _TRUE | _FALSE:
            allowed = ", ".join(sorted(_TRUE | _FALSE))
            raise InputError(f"invalid boolean value for multi-platform: {value}; expected one of {allowed}")
        return value in _TRUE

    def content_at(self, address: str) -> str:
        """What stands for the content at an address: of its bytes or commit, not of its ETag, date or query."""
        plain = address if "#" in address else address.partition("?")[0]
        return self.remotes.get(address) or self.remotes.get(plain) or plain

    def platform_args(self) -> dict[str, str]:
        """The predefined platform arguments."""
        values: dict[str, str] = {}
        for prefix, platform in (("BUILD", self.host), ("TARGET", self.platform)):
            system, _, rest = platform.partition("/")
            arch, _, variant = rest.partition("/")
            values |= {
                f"{prefix}PLATFORM": platform,
                f"{prefix}OS": system,
                f"{prefix}ARCH": arch,
                f"{prefix}VARIANT": variant,
            }
        return {**values, **{name: value for name, value in self.build_args.items() if name in values}}


def from_command_line(line: str, environment: Mapping[str, str] | None = None) -> BuildOptions:
    """Options from the extra words of a `docker build` command line. Words that change no step are passed over.

    Args:
        environment: Values of build arguments given by name alone.

    Raises `InputError` for a flag without its value.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(f"{line!r} is no command line: {error}") from None
    args: dict[str, str] = {}
    values: dict[str, str] = {}
    filters: list[str] = []
    hosts: list[str] = []
    labels: dict[str, str] = {}
    limits: dict[str, str] = {}
    no_cache = False
    at = 0
    while at < len(words):
        flag, given, value = words[at].partition("=")
        at += 1
        if flag == "--no-cache":
            no_cache = not given or value.lower() in ("true", "1", "t")
            continue
        if flag in _SWITCHES or not flag.startswith("-"):
            continue
        if not given:
            if at >= len(words):
                raise InputError(f"{flag} in {line!r} has no value")
            value = words[at]
            at += 1
        if flag == "--build-arg":
            name, has_value, text = value.partition("=")
            if has_value:
                args[name] = text
            elif environment and name in environment:
                args[name] = environment[name]
        elif flag == "--no-cache-filter":
            filters += value.split(",")
        elif flag == "--add-host":
            hosts.append(value)
        elif flag == "--label":
            name, _, text = value.partition("=")
            labels[name] = text
        elif flag == "--ulimit":
            limits["ulimits"] = " ".join(filter(None, (limits.get("ulimits", ""), _ulimit(value))))
        elif flag == "--shm-size":
            limits["shm"] = str(_size(value, line))
        elif flag == "--cgroup-parent":
            limits["cgroup"] = value
        else:
            values[flag] = value
    if "BUILDKIT_SANDBOX_HOSTNAME" in args:
        limits["hostname"] = args["BUILDKIT_SANDBOX_HOSTNAME"]
    dockerfile = values.get("-f", values.get("--file", "Dockerfile")).removeprefix("CTX/")
    return BuildOptions(
        dockerfile=dockerfile,
        target=values.get("--target", ""),
        build_args=args,
        no_cache=no_cache,
        no_cache_filter=tuple(filters),
        platform=values.get("--platform", "linux/amd64"),
        network=values.get("--network", ""),
        hosts=tuple(hosts),
        labels=labels,
        limits={name: value for name, value in limits.items() if value not in ("", "0")},
    )


def _ulimit(text: str) -> str:
    """A limit with its hard bound, which is the soft one where none is given."""
    name, _, bounds = text.partition("=")
    soft, _, hard = bounds.partition(":")
    return f"{name}={soft}:{hard or soft}"


def _size(text: str, line: str) -> int:
    try:
        return size_in_bytes(text)
    except ValueError as error:
        raise InputError(f"--shm-size in {line!r}: {error}") from None
