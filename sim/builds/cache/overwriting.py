"""The paths that the commands of a shell line take away or write anew, as far as their words show it.

A file that a command appends to, reads or changes the mode of keeps what it had. A program's own files, as those that
`make` writes, are not looked for.
"""

from __future__ import annotations

import itertools
import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

SPECIAL = re.compile(r"[*?\[$`{~]")
"""What makes a word of a line stand for others."""

_BEFORE = {
    "!", "{", "command", "do", "elif", "else", "env", "exec", "if", "nice", "sudo", "then", "time", "until", "while",
}  # fmt: skip
"""Words that may stand before a command."""
_TAKES = {"rm", "rmdir", "unlink", "shred", "truncate", "mv", "sponge", "tee", "ed", "ex"}
"""They take away, empty or write all that they are given."""
_PACKS = {"gzip", "gunzip", "bzip2", "bunzip2", "xz", "unxz", "zstd", "lzma"}
"""They put another file in the place of theirs."""
_WRITES = {"cp", "install", "ln"}
_GIT_TAKES = {
    "am", "apply", "checkout", "cherry-pick", "clean", "merge", "mv", "pull", "rebase", "reset", "restore", "revert",
    "rm", "stash", "submodule", "switch",
}  # fmt: skip
_IN_PLACE = {
    "sed": re.compile(r"-[nErsuz]*i|--in-place"),
    "perl": re.compile(r"-[aclnpsuw0-9]*i"),
    "ruby": re.compile(r"-[alnpw0-9]*i"),
    "awk": re.compile(r"-i$|--include"),
    "gawk": re.compile(r"-i$|--include"),
    "yq": re.compile(r"-\w*i|--inplace"),
    "gofmt": re.compile(r"-w$"),
    "goimports": re.compile(r"-w$"),
    "shfmt": re.compile(r"-\w*w"),
    "clang-format": re.compile(r"-i$"),
}
"""Programs that write anew the files that they are given, and the option that has them do so."""
_REWRITES = re.compile(r"--(?:fix|in-?place|write)(?:=|$)")
"""The same as an option of any program."""
_INSTALLS = {
    "npm": ("node_modules", "package.json", "package-lock.json"),
    "yarn": ("node_modules", "package.json", "yarn.lock"),
    "pnpm": ("node_modules", "package.json", "pnpm-lock.yaml"),
    "bun": ("node_modules", "package.json", "bun.lock", "bun.lockb"),
    "composer": ("vendor", "composer.json", "composer.lock"),
}
"""What package managers write in the folder they are called in, and empty first (`npm ci`)."""
_INSTALL = {
    "add", "ci", "dedupe", "i", "install", "prune", "remove", "require", "uninstall", "up", "update", "upgrade",
    "version",
}  # fmt: skip
_UNPACKS = {"tar": ("C", "--directory"), "bsdtar": ("C", "--directory"), "unzip": ("d",), "cpio": ("D", "--directory")}
"""Programs that unpack into a folder: the option that names it."""
_OUTPUT = ("o", "--output", "--out", "-out", "--output-file", "--output-document")
_ANY = "$"
"""An argument that may come to any path."""


def written_by(words: Sequence[str]) -> list[str]:
    """The paths that a command takes away or writes anew, as written. A folder stands for all below it."""
    verb = posixpath.basename(words[0]) if words else ""
    rest = [word for sign, word in itertools.pairwise(words) if not _is_sign(sign) and not _is_sign(word)]
    plain = [word for word in rest if not word.startswith("-")]
    goals = [word for sign, word in itertools.pairwise(words) if sign in (">", ">|", "&>")]
    goals += _option(rest, *_OUTPUT, clusters=verb in ("curl", "sort"))
    if verb in _TAKES | _PACKS:
        return goals + plain
    if verb in _WRITES and plain:
        return goals + _copied(rest, plain)
    if verb == "find" and {"-delete", "-exec", "-execdir", "-ok"}.intersection(words):
        starts = list(itertools.takewhile(lambda word: not word.startswith("-"), rest))
        return goals + (starts or ["."])
    if _deep(verb, words):
        return [_ANY]
    if (verb in _IN_PLACE and any(map(_IN_PLACE[verb].match, rest))) or any(map(_REWRITES.match, rest)):
        told = any(re.match(r"-\w*[ef]|--(?:expression|file)", word) for word in rest)
        return goals + (plain[verb in ("sed", "awk", "gawk", "yq") and not told :] or ["."])
    if verb in ("curl", "wget"):
        return goals + _fetched(verb, rest, plain)
    if verb in _INSTALLS and (_INSTALL.intersection(plain) or (verb == "yarn" and not plain)):
        folder = _option(rest, "C", "--prefix", "--cwd", "--dir", "--working-dir", clusters=False)[:1]
        names = _INSTALLS[verb][:1] if plain == ["ci"] else _INSTALLS[verb]
        return goals + [posixpath.join(*folder, name) for name in names]
    return goals + _unpacked(verb, rest, plain)


def _is_sign(word: str) -> bool:
    """Whether a word is a redirection's, as `<` and `2>&`."""
    return bool(word) and set(word) <= set("<>&|")


def _option(words: Sequence[str], letter: str, *names: str, clusters: bool = True) -> list[str]:
    """The values of an option by its letter, alone or behind other letters, and by its names."""
    values = []
    for word, after in itertools.zip_longest(words, words[1:], fillvalue=""):
        name, sign, value = word.partition("=")
        short = re.match(rf"-[^-]*?{letter}(.*)" if clusters else rf"-{letter}()$", word, re.DOTALL)
        if name in names and name:
            values.append(value if sign else after)
        elif short is not None:
            values.append(short[1] or after)
    return [value for value in values if value and not value.startswith("-")]


def _copied(rest: list[str], plain: list[str]) -> list[str]:
    """The goals of `cp`, `install` and `ln`."""
    folder = _option(rest, "t", "--target-directory", clusters=False)
    if folder:
        return folder
    into = plain[-1].endswith("/") or posixpath.basename(plain[-1]) in (".", "..")
    names = [posixpath.basename(word) for word in plain[:-1]] if into else [""]
    return [posixpath.join(plain[-1], name) for name in names]


def _fetched(verb: str, rest: list[str], plain: list[str]) -> list[str]:
    """What curl and wget write beside a named output: files by the last names of the addresses."""
    if verb == "wget":
        named = any(re.match(r"-[^-]*O|--output-document", word) for word in rest)
        if named:
            return _option(rest, "O")
        folder = _option(rest, "P", "--directory-prefix", clusters=False)
        deep = any(re.match(r"-[^-]*[rmx]|--(?:recursive|mirror)", word) for word in rest)
        if deep:
            return folder or ["."]
    else:
        folder = _option(rest, "", "--output-dir", clusters=False)
        if not any(re.match(r"-[^-]*[OJ]|--remote-(?:name|header)", word) for word in rest):
            return [posixpath.join(folder[0], name) for name in _option(rest, *_OUTPUT) if folder]
    return [posixpath.join(*folder[:1], posixpath.basename(word.partition("?")[0]) or ".") for word in plain]


def _unpacked(verb: str, rest: list[str], plain: list[str]) -> list[str]:
    """What archives are unpacked to, and the files of programs that name them in their own ways."""
    if verb in _UNPACKS:
        if "tar" in verb and not any(re.match(r"-?[A-Za-z]*x|--(?:extract|get)", word) for word in rest):
            return _option(rest, "f", "--file") + plain[1:2]
        return _option(rest, *_UNPACKS[verb]) or ["."]
    if verb == "dd":
        return [word[3:] for word in rest if word.startswith("of=")]
    if verb == "patch":
        return _option(rest, "d", "--directory", clusters=False) or plain[:1] or ["."]
    if verb in ("rsync", "scp"):
        return plain[-1:]
    return []


def _deep(verb: str, words: Sequence[str]) -> bool:
    """Whether a command runs others, or works on all that a folder has."""
    return bool(
        (verb == "git" and _GIT_TAKES.intersection(words))
        or (verb == "xargs" and (_TAKES | _WRITES | _PACKS | _IN_PLACE.keys()).intersection(words))
        or (verb in ("sh", "bash") and "-c" in words)
        or verb == "eval"
    )


def commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a shell line. All that cannot be read is one `eval`."""
    words: list[str] = []
    try:
        for token in _tokens(line):
            if token and set(token) <= set("&|;()"):
                yield words
                words = []
            elif words or not (token in _BEFORE or re.match(r"\w+=", token)):
                words.append(token)
    except ValueError:
        words = ["eval"]
    yield words


_PLAIN_LINE = re.compile(r"[\w ./:=@%+,\t-]*", re.ASCII)
"""A line that blanks alone divide into words, and that holds one command."""


def _tokens(line: str) -> Iterable[str]:
    """The words and operators of a shell line. Raises `ValueError` for a quote that is not closed, as they are read."""
    if _PLAIN_LINE.fullmatch(line):
        return line.split()
    lexer = shlex.shlex(re.sub(r"[\n`]", " ; ", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    return lexer
