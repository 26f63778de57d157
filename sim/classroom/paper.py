"""A page that is printed: black on white, its model's version at its foot."""

from __future__ import annotations

_BASE = """
body { font-family: "DejaVu Sans", "Noto Sans CJK JP", sans-serif; color: #000; background: #fff; }
h1 { font-size: 15pt; margin: 0 0 2mm; }
footer { margin-top: 4mm; font-size: 8pt; }
"""


def printed_page(title: str, body: str, foot: str, language: str, style: str) -> str:
    """A whole page. Title, body and foot are HTML.

    Args:
        style: What it looks like beside what all have: at least its paper, and the size of its type.
    """
    return f"""<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title><style>{_BASE}{style}</style></head>
<body>
<h1>{title}</h1>
{body}
<footer>{foot}</footer>
</body>
</html>
"""
