"""Compile `sim/locale/*/LC_MESSAGES/sim.po` to the `.mo` files that `sim.report.texts` reads.

Run after a change of a text: `python scripts/compile_messages.py`. A test holds that the committed files are current.
"""

from __future__ import annotations

import struct
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = Path(__file__).resolve().parent.parent / "sim" / "locale"
HEADER = "Content-Type: text/plain; charset=UTF-8\n"


def compiled(catalog: Path) -> bytes:
    """The bytes of the `.mo` file of a `.po` file: equal texts give equal bytes, without a date or a tool's version.

    The format is that of the GNU gettext manual, "The Format of GNU MO Files", without its optional hash table.
    """
    with catalog.open("rb") as file:
        texts = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    pairs = sorted((key.encode(), text.encode()) for key, text in {"": HEADER, **texts}.items())
    keys_at = 7 * 4
    texts_at = keys_at + 8 * len(pairs)
    offset = texts_at + 8 * len(pairs)
    tables, body = [b"", b""], b""
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<II", len(pair[column]), offset + len(body))
            body += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), keys_at, texts_at, 0, offset)
    return head + b"".join(tables) + body


def main() -> None:
    """Write every language's `.mo` file beside its `.po` file."""
    for catalog in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        catalog.with_suffix(".mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    main()
