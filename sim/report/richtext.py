"""A lesson's texts as HTML: paragraphs, **strong words** and `code`, and nothing else of Markdown."""

from __future__ import annotations

import re
from html import escape

_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_CODE = re.compile(r"`([^`]+)`")
_OPTION = re.compile(r"`[^`]*`|--(?=\w)")
_TIED = "-\N{WORD JOINER}-\N{WORD JOINER}"


def inline(text: str) -> str:
    """A text without paragraphs.

    >>> inline("**a** & `b`")
    '<b>a</b> &amp; <code>b</code>'
    """
    return _CODE.sub(r"<code>\1</code>", _STRONG.sub(r"<b>\1</b>", escape(text)))


def paragraphs(text: str) -> str:
    """A text of one or more lines, each a paragraph."""
    return "".join(f"<p>{inline(line)}</p>" for line in text.splitlines() if line.strip())


def unbroken(text: str) -> str:
    """A text whose long options no line breaks within their hyphens. Code stays as it is, as it is copied.

    >>> unbroken("`run --rm` and --rm") == "`run --rm` and -\N{WORD JOINER}-\N{WORD JOINER}rm"
    True
    """
    return _OPTION.sub(lambda found: found[0] if found[0].startswith("`") else _TIED, text)
