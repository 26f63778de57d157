"""A lesson's texts as HTML: paragraphs, **strong words** and `code`, and nothing else of Markdown."""

from __future__ import annotations

import re
from html import escape

_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_CODE = re.compile(r"`([^`]+)`")


def inline(text: str) -> str:
    """A text without paragraphs.

    >>> inline("**a** & `b`")
    '<b>a</b> &amp; <code>b</code>'
    """
    return _CODE.sub(r"<code>\1</code>", _STRONG.sub(r"<b>\1</b>", escape(text)))


def paragraphs(text: str) -> str:
    """A text of one or more lines, each a paragraph."""
    return "".join(f"<p>{inline(line)}</p>" for line in text.splitlines() if line.strip())
