"""Make what is made from the code: schema and index of the scenarios, tables of documents, the order of the messages.

    python -m scripts.generate      (scripts/generate.py)

A test holds that what is committed is current, so that CI says it where somebody forgot.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from sim import limits, studies
from sim.lessonindex import NAME as INDEX
from sim.loading import schema
from sim.loading.listed import index

ROOT = Path(__file__).resolve().parent.parent


def stated_limits() -> Iterator[tuple[str, int, str]]:
    """Name, number and docstring of each constant of `sim/limits.py`, in order."""
    body = ast.parse(Path(limits.__file__).read_text(encoding="utf-8")).body
    for statement, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield statement.targets[0].id, getattr(limits, statement.targets[0].id), " ".join(str(said).split())


def limit_rows() -> list[str]:
    """A row for each limit."""
    return [f"| `{name}` | {number:,} | {text} |" for name, number, text in stated_limits()]


def metric_rows() -> list[str]:
    """A row for each study: its metrics, those of the same statistics together."""
    rows = []
    for name in studies.NAMES:
        together: dict[tuple[str, ...], list[str]] = {}
        for spec in studies.study(name).metrics:
            together.setdefault(spec.statistics, []).append(f"`{spec.name}`")
        groups = [f"{', '.join(metrics)} ({', '.join(statistics)})" for statistics, metrics in together.items()]
        rows.append(f"| `{name}` | {'; '.join(groups)} |")
    return rows


def with_table(page: str, heading: str, rows: list[str]) -> str:
    """A document with the rows of its one table of that heading made anew."""
    table = re.compile(rf"(^{re.escape(heading)}\n\|[-|]+\|\n)(?:\|.*\n)*", re.MULTILINE)
    made, count = table.subn(lambda match: match[1] + "".join(f"{row}\n" for row in rows), page)
    assert count == 1, f"{count} tables begin with {heading}"
    return made


def in_order(catalog: str) -> str:
    """A message catalog with its messages by id, and each section's title above the first of its prefix."""
    head, *blocks = catalog.rstrip("\n").split("\n\n")
    entries, titles = [], {}
    for block in blocks:
        title, _, entry = block.partition("\n") if block.startswith("# ") else ("", "", block)
        message = entry.split('"')[1]
        entries.append((message, entry))
        if title:
            titles[message.partition(".")[0]] = title
    written = [head]
    for message, entry in sorted(entries):
        title = titles.pop(message.partition(".")[0], "")
        written.append(f"{title}\n{entry}" if title else entry)
    return "\n\n".join(written) + "\n"


def generated() -> Mapping[Path, str]:
    """Every file that this makes, or makes a part of, with its text."""
    docs = ROOT / "docs"
    catalogs = (ROOT / "sim" / "locale").glob("*/LC_MESSAGES/*.po")
    return {path: in_order(path.read_text(encoding="utf-8")) for path in sorted(catalogs)} | {
        ROOT / "scenarios" / "scenario.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        ROOT / "scenarios" / INDEX: index(),
        docs / "limits.md": with_table(
            (docs / "limits.md").read_text(encoding="utf-8"), "| limit | number | on what |", limit_rows()
        ),
        docs / "scenarios.md": with_table(
            (docs / "scenarios.md").read_text(encoding="utf-8"), "| study | metrics |", metric_rows()
        ),
    }


def main() -> None:
    """Write them. The accuracy is stored by a process of its own, which has imported nothing else."""
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8", newline="\n")
    subprocess.run([sys.executable, "-m", "sim.evidence.stored"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
