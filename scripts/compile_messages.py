"""Compile `sim/locale/*/LC_MESSAGES/sim.po` to the `.mo` files that `sim.report.texts` reads.

Run after a change of a text: `python scripts/compile_messages.py`. A test holds that the committed files are current.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).resolve().parent.parent / "sim" / "locale"


def compiled(catalog: Path) -> bytes:
    """The bytes of the `.mo` file of a `.po` file; equal input gives equal bytes."""
    with catalog.open("rb") as file:
        messages = read_po(file)
    out = io.BytesIO()
    write_mo(out, messages)
    return out.getvalue()


def main() -> None:
    """Write every language's `.mo` file beside its `.po` file."""
    for catalog in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        catalog.with_suffix(".mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    main()
