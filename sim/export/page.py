"""One HTML file of its own: a strict content policy, no address that a browser would ask for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape


def sha(text: str) -> str:
    """A script as a content policy names it, by its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(scripts: Sequence[str], *more: str, wasm: bool = False) -> str:
    """The content policy of a file: nothing is loaded, and no other script runs than these.

    Args:
        more: Further directives.
        wasm: Whether they may compile WebAssembly.
    """
    allowed = " ".join((*map(sha, scripts), *(["'wasm-unsafe-eval'"] if wasm else []))) or "'none'"
    parts = ("default-src 'none'", f"script-src {allowed}", "style-src 'unsafe-inline'", "img-src data:", *more)
    return "; ".join(parts)


def page(
    *, language: str, title: str, style: str, body: str, scripts: Sequence[str] = (), notice: str = "",
    more: Sequence[str] = (),
) -> str:  # fmt: skip
    """The file.

    Args:
        more: Further directives of its content policy.
        notice: What the licences of its scripts ask to be said, as a comment at its top.
    """
    said = f"<!--\n{notice.replace('--', '- -')}\n-->\n" if notice else ""
    code = "".join(f"<script>{script}</script>" for script in scripts)
    return (
        f'<!doctype html>\n{said}<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy(scripts, *more))}">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n{code}\n</body>\n</html>\n"
    )


def data_url(content: str | bytes, kind: str) -> str:
    """A file's content as an address that holds it."""
    raw = content.encode() if isinstance(content, str) else content
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}"
