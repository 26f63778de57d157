"""What each instruction of a Dockerfile says, as types, and what is wrong with it, in BuildKit's terms.

Variables are still unexpanded here: their values depend on the build (`sim.builds.graph.buildkit`,
`sim.builds.graph.legacy`).
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.builds.dockerfile.mounts import check_mount
from sim.builds.dockerfile.parser import Heredoc, InstructionNode, heredoc_name, read, references
from sim.errors import Problem


@dataclass(frozen=True, slots=True)
class Instruction:
    """Any instruction: name, text as written on one line, first and last line, the comments right above it."""

    name: str
    text: str
    line: int
    end: int = 0
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class From(Instruction):
    """Begins a stage.

    Attributes:
        alias: Its name in lower case, "" for none.
    """

    base: str = ""
    alias: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class RunInstruction(Instruction):
    """RUN.

    Attributes:
        argv: One shell line where `shell`, else the exec form.
        mounts: The values of its --mount flags.
    """

    argv: tuple[str, ...] = ()
    shell: bool = True
    heredocs: tuple[Heredoc, ...] = ()
    mounts: tuple[str, ...] = ()
    network: str = ""
    security: str = ""
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Copy(Instruction):
    """COPY and ADD.

    Attributes:
        documents: Inline files, after the sources.
    """

    sources: tuple[str, ...] = ()
    documents: tuple[Heredoc, ...] = ()
    dest: str = ""
    source: str = ""
    chown: str = ""
    chmod: str = ""
    link: bool = False
    parents: bool = False
    exclude: tuple[str, ...] = ()
    checksum: str = ""
    keep_git_dir: bool = False
    unpack: bool | None = None

    @property
    def add(self) -> bool:
        """Whether archives are unpacked and URLs fetched."""
        return self.name == "ADD"


@dataclass(frozen=True, slots=True)
class Pairs(Instruction):
    """ENV and LABEL."""

    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Arg(Instruction):
    """ARG: names, each with its default or None."""

    args: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Setting(Instruction):
    """Every other instruction: its arguments as words (one shell line for a shell form), its flags."""

    args: tuple[str, ...] = ()
    json: bool = False
    flags: tuple[str, ...] = ()


_FLAGS: dict[str, dict[str, str]] = {
    "FROM": {"platform": "text"},
    "RUN": {"mount": "list", "network": "text", "security": "text", "device": "list"},
    "COPY": {
        "from": "text", "chown": "text", "chmod": "text", "link": "switch", "parents": "switch", "exclude": "list",
    },
    "ADD": {
        "chown": "text", "chmod": "text", "link": "switch", "keep-git-dir": "switch", "checksum": "text",
        "exclude": "list", "unpack": "switch",
    },
    "HEALTHCHECK": {
        "interval": "text", "timeout": "text", "start-period": "text", "start-interval": "text", "retries": "text",
    },
}  # fmt: skip

Flags = dict[str, list[str]]


class InstructionError(ValueError):
    """Why an instruction cannot be read. It becomes a problem with the instruction's line."""


def interpret(
    nodes: Iterable[InstructionNode], file: str = "Dockerfile"
) -> tuple[tuple[Instruction, ...], tuple[Problem, ...]]:
    """The typed instructions of parsed ones. Those with a problem are left out and reported."""
    instructions: list[Instruction] = []
    problems: list[Problem] = []
    for node in nodes:
        try:
            instructions.append(_READERS.get(node.name, _setting)(node, _flags(node)))
        except InstructionError as fault:
            problems.append(Problem(str(fault), file, node.line, excerpt=node.text.split("\n")[0]))
    return tuple(instructions), tuple(problems)


def trigger(text: str, line: int) -> Instruction:
    """The instruction an ONBUILD trigger stands for. Raises `InstructionError` where it is none."""
    source = read(text)
    instructions, problems = interpret(source.nodes)
    broken = source.problems + problems
    if broken or len(instructions) != 1:
        raise InstructionError(
            f"onbuild trigger {text!r}: {broken[0].message if broken else 'expected a single instruction'}"
        )
    return dataclasses.replace(instructions[0], line=line)


def _flags(node: InstructionNode) -> Flags:
    known = _FLAGS.get(node.name, {})
    values: Flags = {}
    for flag in node.flags:
        name, has_value, value = flag.removeprefix("--").partition("=")
        kind = known.get(name)
        if kind is None:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise InstructionError(
                f"unknown flag: --{name}{hint}; {node.name} takes {_listed('--' + k for k in known)}"
            )
        if kind == "switch":
            if (value or "true").lower() not in ("true", "false"):
                raise InstructionError(f"invalid value {value!r} for --{name}; expected true or false")
            value = (value or "true").lower()
        elif not has_value:
            raise InstructionError(f"missing a value on flag: --{name}")
        if kind != "list" and name in values:
            raise InstructionError(f"duplicate flag specified: --{name}")
        values.setdefault(name, []).append(value)
    return values


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "no flags"


def _text(flags: Flags, name: str) -> str:
    return flags.get(name, [""])[0]


def _switch(flags: Flags, name: str) -> bool:
    return _text(flags, name) == "true"


def _from(node: InstructionNode, flags: Flags) -> Instruction:
    alias = ""
    if len(node.args) == 3 and node.args[1].lower() == "as":
        alias = node.args[2].lower()
        if not re.fullmatch(r"[a-z][a-z0-9-_.]*", alias):
            raise InstructionError(
                f"invalid name for build stage: {node.args[2]!r}, name can't start with a number or contain symbols"
            )
    elif len(node.args) != 1:
        raise InstructionError("FROM requires either one or three arguments")
    platform = _text(flags, "platform")
    if platform and "$" not in platform and not re.fullmatch(r"[\w.-]+(/[\w.-]+){0,2}", platform):
        raise InstructionError(
            f'failed to parse platform {platform}: "{platform}": cannot parse platform specifier: expected os/arch or '
            "os/arch/variant"
        )
    return From(node.name, node.text, node.line, node.end, node.comments, node.args[0], alias, platform)


def _run(node: InstructionNode, flags: Flags) -> Instruction:
    if not node.args or not any(node.args):
        raise InstructionError("RUN requires at least one argument")
    for mount in flags.get("mount", ()):
        fault = check_mount(mount)
        if fault:
            raise InstructionError(fault)
    for name, allowed in (("network", ("default", "none", "host")), ("security", ("sandbox", "insecure"))):
        value = _text(flags, name)
        if value and value not in allowed:
            raise InstructionError(f"unsupported {name} mode {value!r}; expected one of {', '.join(allowed)}")
    return RunInstruction(
        node.name,
        node.text,
        node.line,
        node.end,
        node.comments,
        argv=node.args,
        shell=not node.json,
        heredocs=node.heredocs,
        mounts=tuple(flags.get("mount", ())),
        network=_text(flags, "network"),
        security=_text(flags, "security"),
        flagged=bool(flags),
    )


def _copy(node: InstructionNode, flags: Flags) -> Instruction:
    if len(node.args) < 2:
        raise InstructionError(
            f"{node.name} requires at least two arguments, but only {len(node.args)} provided. "
            "Destination could not be determined"
        )
    if heredoc_name(node.args[-1]) is not None and not node.json:
        raise InstructionError(f"{node.name} cannot accept a heredoc as a destination")
    source = _text(flags, "from")
    if source and _has_variable(source):
        raise InstructionError(
            "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope "
            "as a workaround"
        )
    chmod = _text(flags, "chmod")
    if chmod and "$" not in chmod and not valid_mode(chmod):
        raise InstructionError(f"invalid chmod parameter: '{chmod}'. it should be octal string and between 0 and 07777")
    by_name = {heredoc.name: heredoc for heredoc in node.heredocs}
    sources, documents = [], []
    for word in node.args[:-1]:
        name = None if node.json else heredoc_name(word)
        if name is None:
            sources.append(word)
        elif name in by_name:
            documents.append(by_name[name])
        else:
            raise InstructionError(f"heredoc {word!r} has no body; expected its lines and then {name!r} alone")
    copy = Copy(
        node.name,
        node.text,
        node.line,
        node.end,
        node.comments,
        sources=tuple(sources),
        documents=tuple(documents),
        dest=node.args[-1],
        source=source,
        chown=_text(flags, "chown"),
        chmod=chmod,
        link=_switch(flags, "link"),
        parents=_switch(flags, "parents"),
        exclude=tuple(flags.get("exclude", ())),
        checksum=_text(flags, "checksum"),
        keep_git_dir=_switch(flags, "keep-git-dir"),
        unpack=_switch(flags, "unpack") if "unpack" in flags else None,
    )
    _check_sources(copy)
    return copy


def _has_variable(word: str) -> bool:
    try:
        return references(word)
    except ValueError as error:
        raise InstructionError(str(error)) from None


def _check_sources(copy: Copy) -> None:
    remote = [word for word in copy.sources if is_url(word) or is_git(word)]
    if remote and not copy.add:
        raise InstructionError(f"source can't be a {'git ref' if is_git(remote[0]) else 'URL'} for COPY: {remote[0]}")
    if copy.checksum and (len(copy.sources) != 1 or not remote):
        raise InstructionError("checksum requires a single HTTP(S) or Git source")
    if copy.checksum and is_url(remote[0]) and not _has_variable(copy.checksum):
        check_checksum(copy.checksum)


_DIGESTS = {"sha256": 64, "sha384": 96, "sha512": 128}


def check_checksum(checksum: str) -> None:
    """Raise `InstructionError` for what is no digest, in the words of opencontainers/go-digest (Parse). "" is none."""
    algorithm, _, encoded = checksum.partition(":")
    if not checksum or (len(encoded) == _DIGESTS.get(algorithm) and re.fullmatch("[a-f0-9]+", encoded)):
        return
    expected = "; expected one such as sha256: and 64 hexadecimal digits"
    if not re.fullmatch(r"[a-z0-9]+([.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+", checksum):
        raise InstructionError(f"invalid checksum digest format: {checksum}{expected}")
    if algorithm not in _DIGESTS:
        raise InstructionError(f"unsupported digest algorithm: {checksum}{expected}")
    if len(encoded) != _DIGESTS[algorithm]:
        raise InstructionError(f"invalid checksum digest length: {checksum}{expected}")
    raise InstructionError(f"invalid checksum digest format: {checksum}{expected}")


def valid_mode(chmod: str) -> bool:
    """Whether it is an octal mode of at most 07777, or a symbolic one ("u=rwX,go=rX")."""
    if re.fullmatch(r"[0-7]+", chmod):
        return int(chmod, 8) <= 0o7777
    return bool(re.fullmatch(r"[ugoa]*[-+=][rwxXstugo]*(,[ugoa]*[-+=][rwxXstugo]*)*", chmod))


def is_url(word: str) -> bool:
    """Whether ADD fetches it over HTTP."""
    return word.startswith(("http://", "https://")) and not is_git(word)


def is_git(word: str) -> bool:
    """Whether ADD clones it."""
    if word.startswith(("git://", "git@", "ssh://")):
        return True
    if word.startswith(("http://", "https://")):
        path = word.partition("?")[0]
        return path.endswith(".git") or ".git#" in path
    return bool(re.match(r"github\.com/[^/]+/[^/]+", word))


def _pairs(node: InstructionNode, _: Flags) -> Instruction:
    if not node.args:
        raise InstructionError(f"{node.name} requires at least one argument")
    pairs = tuple(zip(node.args[::3], node.args[1::3], strict=True))
    if any(not name for name, _ in pairs):
        raise InstructionError(f"{node.name} names can not be blank")
    return Pairs(node.name, node.text, node.line, node.end, node.comments, pairs)


def _arg(node: InstructionNode, _: Flags) -> Instruction:
    if not node.args:
        raise InstructionError("ARG requires at least one argument")
    args = []
    for word in node.args:
        name, given, value = word.partition("=")
        if not name:
            raise InstructionError("ARG names can not be blank")
        args.append((name, value if given else None))
    return Arg(node.name, node.text, node.line, node.end, node.comments, tuple(args))


_SIGNALS = {
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
    "UNUSED", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
    *(f"RTMIN+{n}" for n in range(1, 16)), *(f"RTMAX-{n}" for n in range(1, 15)),
}  # fmt: skip


def check_signal(text: str) -> None:
    """Raise `ValueError` for what is no signal's name or number (moby/sys, signal: ParseSignal)."""
    number = re.fullmatch(r"[-+]?\d+", text)
    if not text.strip("+-0") if number else text.upper().removeprefix("SIG") not in _SIGNALS:
        raise ValueError(f"invalid signal: {text}; expected one such as SIGTERM or 15")


def _stopsignal(node: InstructionNode) -> None:
    _exactly_one(node)
    if "$" not in node.args[0]:
        try:
            check_signal(node.args[0].strip("\"'"))
        except ValueError as error:
            raise InstructionError(str(error)) from None


def _setting(node: InstructionNode, _: Flags) -> Instruction:
    check = _CHECKS.get(node.name)
    if check:
        check(node)
    return Setting(node.name, node.text, node.line, node.end, node.comments, node.args, node.json, tuple(node.flags))


def _exactly_one(node: InstructionNode) -> None:
    if len(node.args) != 1:
        raise InstructionError(f"{node.name} requires exactly one argument")


def _at_least_one(node: InstructionNode) -> None:
    if not node.args:
        raise InstructionError(f"{node.name} requires at least one argument")


def _shell(node: InstructionNode) -> None:
    _at_least_one(node)
    if not node.json:
        raise InstructionError(f"SHELL requires the arguments to be in JSON form: {node.text}")


_DURATION = re.compile(r"[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)")
_PORT = re.compile(r"(\S*:)?(\d{1,9})(-(\d{1,9}))?(/(tcp|udp|sctp))?", re.IGNORECASE)


def _expose(node: InstructionNode) -> None:
    """Ports without variables can be read already (docker/go-connections, nat/parse.go)."""
    _at_least_one(node)
    for word in node.args:
        match = _PORT.fullmatch(word)
        ports = [int(port) for port in (match[2], match[4]) if port] if match else []
        if "$" not in word and not (ports and max(ports) <= 65535 and ports == sorted(ports)):
            raise InstructionError(f"invalid containerPort: {word}; expected a port such as 80, 80/udp or 8000-8010")


def _volume(node: InstructionNode) -> None:
    _at_least_one(node)
    if any(not word.strip() for word in node.args):
        raise InstructionError("VOLUME specified can not be an empty string")


def _healthcheck(node: InstructionNode) -> None:
    for flag in node.flags:
        name, _, value = flag.removeprefix("--").partition("=")
        if name != "retries" and not _DURATION.fullmatch(value):
            raise InstructionError(f'time: invalid duration "{value}" for --{name}; expected one such as 30s or 1m30s')
        if name == "retries" and not value.isdigit():
            raise InstructionError(f"--retries must be at least 0 (not {value}); expected a number of attempts")
    _at_least_one(node)
    kind = node.args[0].upper()
    if kind not in ("CMD", "NONE"):
        raise InstructionError(f"Unknown type {node.args[0]!r} in HEALTHCHECK (try CMD)")
    if kind == "NONE" and len(node.args) > 1:
        raise InstructionError("HEALTHCHECK NONE takes no arguments")
    if kind == "CMD" and len(node.args) < 2:
        raise InstructionError("Missing command after HEALTHCHECK CMD")


def _onbuild(node: InstructionNode) -> None:
    _at_least_one(node)
    word = node.args[0].split(None, 1)[0].upper()
    if word == "ONBUILD":
        raise InstructionError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if word in ("FROM", "MAINTAINER"):
        raise InstructionError(f"{word} isn't allowed as an ONBUILD trigger")
    trigger(node.args[0], node.line)


_CHECKS: dict[str, Callable[[InstructionNode], None]] = {
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "MAINTAINER": _exactly_one,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _exactly_one,
    "VOLUME": _volume,
    "WORKDIR": _exactly_one,
}
_READERS: dict[str, Callable[[InstructionNode, Flags], Instruction]] = {
    "ADD": _copy, "ARG": _arg, "COPY": _copy, "ENV": _pairs, "FROM": _from, "LABEL": _pairs, "RUN": _run,
}  # fmt: skip
