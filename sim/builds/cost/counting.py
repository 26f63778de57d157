"""How much a command installs, counted: the packages it names, or those its lock file or list of requirements names.

A command is read as words, without a shell. Where a variable is not known, or a file is not there, the count is None.
Then the catalog's figure for any such command stands.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim import limits

_REMEMBERED = 8
"""Lock files whose number of packages is kept: advice plans the same build some dozens of times."""

ReadText = Callable[[str], str | None]
"""A file's text by its absolute path, None where there is none or it cannot be known."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many packages a command installs.

    Attributes:
        named: Packages that bring others with them.
        locked: Packages of a list that has them all.
        told: From where.
    """

    named: int
    locked: int
    told: str


def count(tool: str, command: str, cwd: str, env: Mapping[str, str], read: ReadText) -> Count | None:
    """What a command of a tool (a key of `TOOLS`) installs. None where that is not known.

    Args:
        cwd: Where it runs.
    """
    words = _words(command, env)
    return TOOLS[tool](words, cwd, read) if words is not None else None


_REDIRECTS = re.compile(r"[0-9&]?[<>]")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")


def _words(command: str, env: Mapping[str, str]) -> list[str] | None:
    """A command's words up to what it redirects. None where one is a variable that is not known, or for too many."""
    words: list[str] = []
    for word in command.replace("\\\n", " ").split():
        plain = word.strip("'\"()")
        if _REDIRECTS.match(plain):
            break
        name = _VARIABLE.fullmatch(plain)
        if name is not None:
            if name[1] not in env:
                return None
            words += env[name[1]].split()
            if len(words) > limits.COMMAND_WORDS:
                return None
        elif plain.startswith(("$(", "`")) or word.startswith(("$(", "`")):
            return None
        elif plain:
            words.append(plain)
    return words


def names_packages(command: str) -> bool:
    """Whether pip, uv, npm, yarn or pnpm is told the packages to install, and so reads no list of the project's."""
    words = _words(command, {}) or []
    if any(word in ("npm", "yarn", "pnpm", "bun") for word in words):
        return _npm(words, "/", _nothing) is not None
    if any(word in ("pip", "pip3", "uv") for word in words) and "install" in words:
        return _pip(words, "/", _nothing) is not None
    return False


def _nothing(_: str) -> None:
    """No file is there."""


def entered(command: str, cwd: str) -> str:
    """The directory after a command, which is another after a `cd`. One that is too long for a path stays."""
    if "cd" not in command:
        return cwd
    words = command.replace("(", " ").split(maxsplit=2)
    if len(words) > 1 and words[0] == "cd" and "$" not in words[1] and len(cwd) < limits.PATH:
        return posixpath.normpath(posixpath.join(cwd, words[1].strip("'\")")))
    return cwd


def _behind(words: Sequence[str], verbs: Sequence[str]) -> list[str] | None:
    """The words behind the first that is one of the verbs."""
    at = next((at for at, word in enumerate(words) if word in verbs), None)
    return None if at is None else list(words[at + 1 :])


def _operands(words: Iterable[str], valued: Sequence[str]) -> list[str]:
    """The words that are no options.

    Args:
        valued: Options that take the word behind them.
    """
    operands: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in valued
        else:
            operands.append(word)
    return operands


def _values(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """The values of an option, as the next word, behind "=", or behind a short one's letter."""
    values: list[str] = []
    for at, word in enumerate(words):
        if not word.startswith("-"):
            continue
        name, given, value = word.partition("=")
        if word in options:
            values += words[at + 1 : at + 2]
        elif given and name in options:
            values.append(value)
        elif word[:2] in options and len(word) > 2 and not word.startswith("--"):
            values.append(word[2:])
    return values


def _plural(number: int) -> str:
    return f"{number} package{'' if number == 1 else 's'}"


def _named(names: Sequence[str]) -> Count | None:
    return Count(len(names), 0, f"{_plural(len(names))} that the command names") if names else None


def _listed(number: int, file: str, *, locked: bool) -> Count | None:
    """Packages of a file. A file of no package is as good as unknown."""
    told = f"{_plural(number)} in {file}"
    if not number:
        return None
    return Count(0, number, told) if locked else Count(number, 0, told)


_APT = ("-o", "--option", "-t", "--target-release", "--default-release", "-c", "--config-file")
_APK = ("-t", "--virtual", "-X", "--repository", "-p", "--root", "--arch", "--keys-dir", "--repositories-file")
_DNF = ("--repo", "--repoid", "--enablerepo", "--disablerepo", "--setopt", "-x", "--exclude", "--releasever",
        "--installroot", "-c", "--config")  # fmt: skip


def _system(verb: str, valued: Sequence[str]) -> Callable[[Sequence[str], str, ReadText], Count | None]:
    def counted(words: Sequence[str], _cwd: str, _read: ReadText) -> Count | None:
        behind = _behind(words, (verb,))
        return _named(_operands(behind, valued)) if behind is not None else None

    return counted


_PIP = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--extra-index-url", "-f",
        "--find-links", "-t", "--target", "--prefix", "--root", "--src", "--platform", "--python-version", "--timeout",
        "--retries", "--trusted-host", "--cache-dir", "--log", "--proxy", "--progress-bar", "--no-binary",
        "--only-binary", "--upgrade-strategy", "--global-option", "-C", "--config-settings", "--python", "-p",
        "--no-build-isolation-package", "--root-user-action", "--extra", "--group", "--index")  # fmt: skip


def _pip(words: Sequence[str], cwd: str, read: ReadText) -> Count | None:
    if "poetry" in words or "pipenv" in words or ("uv" in words and "sync" in words):
        return _python_project(words, cwd, read)
    behind = _behind(words, ("install",))
    if behind is None:
        return None
    files = _values(behind, ("-r", "--requirement"))
    names = _operands(behind, _PIP)
    itself = [name for name in (*names, *_values(behind, ("-e", "--editable"))) if name.startswith((".", "/"))]
    counts = [_requirements(file, cwd, read) for file in files]
    counts += [_pyproject(posixpath.join(cwd, name.partition("[")[0]), read) for name in itself]
    plain = [name for name in names if not name.startswith((".", "/"))]
    return _sum([*counts, *([_named(plain)] if plain else [])])


def _sum(counts: Sequence[Count | None]) -> Count | None:
    """The sum of them. None where there is none, or one is not known."""
    known = [count for count in counts if count is not None]
    if not known or len(known) < len(counts):
        return None
    if len(known) == 1:
        return known[0]
    told = " and ".join(count.told for count in known)
    return Count(sum(count.named for count in known), sum(count.locked for count in known), told)


_FROZEN = 15
"""From so many lines on, all pinned, a list is taken for what `pip freeze` wrote. A short one names what it wants."""


def _requirements(file: str, cwd: str, read: ReadText) -> Count | None:
    """The lines of a requirements file and of those it includes.

    It is a lock file where pip-compile or uv wrote it, or where it is long and pins every package.
    """
    ahead, seen = [posixpath.join(cwd, file)], set[str]()
    number = pinned = 0
    frozen = False
    while ahead and len(seen) < limits.INCLUDED:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        text = read(path)
        if text is None:
            return None
        frozen = frozen or "# via" in text or "--hash=" in text
        for line in text.splitlines():
            plain = line.strip()
            include = _values(plain.split(), ("-r", "--requirement"))
            ahead += [posixpath.join(posixpath.dirname(path), name) for name in include]
            if plain and not plain.startswith(("#", "-")):
                number += 1
                pinned += "==" in plain or " @ " in plain
    whole = frozen or (pinned == number and number >= _FROZEN)
    return _listed(number, posixpath.basename(file), locked=whole)


def _pyproject(folder: str, read: ReadText) -> Count | None:
    text = read(posixpath.join(folder, "pyproject.toml"))
    project = _mapping(_mapping(_toml(text)).get("project"))
    listed = project.get("dependencies")
    return _listed(len(listed), "pyproject.toml", locked=False) if isinstance(listed, list) else None


def _python_project(words: Sequence[str], cwd: str, read: ReadText) -> Count | None:
    for file in ("poetry.lock", "uv.lock"):
        text = read(posixpath.join(cwd, file))
        if text is not None and file.partition(".")[0] in words:
            return _listed(_entries(text), file, locked=True)
    text = read(posixpath.join(cwd, "Pipfile.lock"))
    if text is not None and "pipenv" in words:
        locked = _mapping(_json(text))
        number = sum(len(_mapping(locked.get(key))) for key in ("default", *(["develop"] if "--dev" in words else [])))
        return _listed(number, "Pipfile.lock", locked=True)
    return _pyproject(cwd, read)


@lru_cache(_REMEMBERED)
def _entries(text: str) -> int:
    """The packages of a lock file in TOML: poetry's, uv's, Cargo's."""
    return sum(line.strip() == "[[package]]" for line in text.splitlines())


_NPM = ("--registry", "--prefix", "-C", "--cache", "--loglevel", "--omit", "--include", "--only", "-w", "--workspace",
        "--userconfig", "--network-timeout", "--cwd", "--fetch-timeout", "--fetch-retries", "--dir")  # fmt: skip
_NPM_VERBS = ("ci", "i", "install", "add", "clean-install", "fetch", "global")


def _npm(words: Sequence[str], cwd: str, read: ReadText) -> Count | None:
    tool = next((word for word in words if word in ("npm", "yarn", "pnpm", "bun")), "npm")
    behind = _behind(words, (tool,)) or []
    names = [word for word in _operands(behind, _NPM) if word not in _NPM_VERBS]
    if names:
        return _named(names)
    for folder in _values(behind, ("--prefix", "-C", "--cwd", "--dir"))[:1]:
        cwd = posixpath.join(cwd, folder)
    omitted = "production" in words or any(
        word in ("--production", "--prod", "--omit=dev", "--only=production", "--only=prod", "--production=true", "-P")
        or (word == "dev" and words[at - 1] == "--omit")
        for at, word in enumerate(words)
    )
    locks: dict[str, tuple[str, Callable[[str, bool], int]]] = {
        "npm": ("package-lock.json", _package_lock),
        "yarn": ("yarn.lock", _yarn_lock),
        "pnpm": ("pnpm-lock.yaml", _pnpm_lock),
    }
    count = None
    if tool in locks:
        file, number = locks[tool]
        text = read(posixpath.join(cwd, file))
        count = _listed(number(text, omitted), file, locked=True) if text is not None else None
    return count or _package_json(cwd, omitted, read)


def _package_json(cwd: str, omitted: bool, read: ReadText) -> Count | None:
    text = read(posixpath.join(cwd, "package.json"))
    if text is None:
        return None
    listed = _mapping(_json(text))
    keys = ("dependencies", *(() if omitted else ("devDependencies",)))
    return _listed(sum(len(_mapping(listed.get(key))) for key in keys), "package.json", locked=False)


@lru_cache(_REMEMBERED)
def _package_lock(text: str, omitted: bool) -> int:
    """Packages of npm's lock file, of any of its versions.

    Those for development are left out where they are omitted.
    """
    locked = _mapping(_json(text))
    packages = locked.get("packages")
    if isinstance(packages, dict):
        return sum(
            bool(path) and not _mapping(entry).get("link") and not (omitted and _mapping(entry).get("dev"))
            for path, entry in packages.items()
        )
    number, ahead = 0, [_mapping(locked.get("dependencies"))]
    while ahead:
        for entry in ahead.pop().values():
            if not (omitted and _mapping(entry).get("dev")):
                number += 1
                ahead.append(_mapping(_mapping(entry).get("dependencies")))
    return number


@lru_cache(_REMEMBERED)
def _yarn_lock(text: str, _: bool) -> int:
    """Its entries begin at the left and end in a colon. Those of the project's own workspaces are no packages."""
    return sum(
        line[:1] not in ("", " ", "#") and line.rstrip().endswith(":")
        and "@workspace:" not in line and not line.startswith("__metadata")
        for line in text.splitlines()
    )  # fmt: skip


@lru_cache(_REMEMBERED)
def _pnpm_lock(text: str, _: bool) -> int:
    number, inside = 0, False
    for line in text.splitlines():
        if line[:1] not in ("", " "):
            inside = line.startswith("packages:")
        elif inside and line.startswith("  ") and line[2:3] not in ("", " ") and line.rstrip().endswith(":"):
            number += 1
    return number


def _go(words: Sequence[str], cwd: str, read: ReadText) -> Count | None:
    names = [word for word in words if "@" in word]
    if names and ("install" in words or "get" in words):
        return _named(names)
    text = read(posixpath.join(cwd, "go.mod"))
    if text is None:
        return None
    number, inside = 0, False
    for line in text.splitlines():
        plain = line.partition("//")[0].strip()
        if inside:
            inside = plain != ")"
            number += inside and bool(plain)
        elif plain.startswith("require"):
            inside = plain.endswith("(")
            number += not inside
    return Count(0, number, f"{_plural(number)} in go.mod".replace("package", "module"))


def _cargo(_words: Sequence[str], cwd: str, read: ReadText) -> Count | None:
    text = read(posixpath.join(cwd, "Cargo.lock"))
    if text is not None:
        return _listed(_entries(text), "Cargo.lock", locked=True)
    listed = _mapping(_mapping(_toml(read(posixpath.join(cwd, "Cargo.toml")))).get("dependencies"))
    return _listed(len(listed), "Cargo.toml", locked=False)


def _ruby_or_php(words: Sequence[str], cwd: str, read: ReadText) -> Count | None:
    if "gem" in words:
        behind = _behind(words, ("install",)) or []
        return _named(_operands(behind, ("-v", "--version", "-i", "--install-dir", "-s", "--source", "-n", "--bindir")))
    if "bundle" in words:
        text = read(posixpath.join(cwd, "Gemfile.lock"))
        return _listed(_gems(text), "Gemfile.lock", locked=True) if text is not None else None
    text = read(posixpath.join(cwd, "composer.lock"))
    if text is None:
        return None
    locked = _mapping(_json(text))
    lists = [locked.get(key) for key in ("packages", *(() if "--no-dev" in words else ("packages-dev",)))]
    return _listed(sum(len(packages) for packages in lists if isinstance(packages, list)), "composer.lock", locked=True)


def _gems(text: str) -> int:
    """The gems of Bundler's lock file stand below "specs:", four spaces in. What a gem needs stands six spaces in."""
    number, inside = 0, False
    for line in text.splitlines():
        if not line.startswith("    "):
            inside = line.strip() == "specs:"
        elif inside and line[4:5] not in ("", " "):
            number += 1
    return number


def _maven(_words: Sequence[str], cwd: str, read: ReadText) -> Count | None:
    text = read(posixpath.join(cwd, "pom.xml"))
    return _listed(text.count("<dependency>"), "pom.xml", locked=False) if text is not None else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(text: str | None) -> object:
    """A document, None where it is none. Nesting that is too deep for the reader is none either."""
    try:
        return json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None


def _toml(text: str | None) -> object:
    try:
        return tomllib.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None


TOOLS: Mapping[str, Callable[[Sequence[str], str, ReadText], Count | None]] = {
    "apt": _system("install", _APT),
    "apk": _system("add", _APK),
    "dnf": _system("install", _DNF),
    "pip": _pip,
    "npm": _npm,
    "go": _go,
    "cargo": _cargo,
    "gem": _ruby_or_php,
    "maven": _maven,
}
