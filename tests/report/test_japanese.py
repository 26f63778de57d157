"""The Japanese texts use one word for one thing and one kind of punctuation, wherever they stand."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
CATALOGS = sorted((ROOT / "sim" / "locale" / "ja").rglob("*.po"))
FILES = (*CATALOGS, *sorted((ROOT / "sim" / "catalog").rglob("*.toml")), *sorted((ROOT / "scenarios").rglob("*.yaml")))

VARIANTS = {
    r"[Mm]icroVM": ("マイクロVM", "復元されたmicroVM"),
    r"(?<!lxc)モニター(?!と子プロセス|がcgroup)": ("VMM; LXC's monitor is none", "モニターの起動"),
    r"(?<!docker )(?<!podman )(?<![A-Za-z])[Pp]ull(?![A-Za-z-])": ("プル", "次にpullするもの"),
    r"レジストリー": ("レジストリ", "レジストリーから"),
    r"リポジトリー": ("リポジトリ", "別のリポジトリー"),
    r"サーバ(?!ー)": ("サーバー", "サーバに入る"),
    r"対応づけたページ": ("マップしているページ", "自分が対応づけたページ"),
    r"差し戻": ("元に戻す", "編集して差し戻し"),
    r"(?<!階)層": ("レイヤー", "固有の層"),
    r"分離自体": ("隔離", "分離自体のメモリ"),
    r"ポッド": ("Pod", "ポッドの上限"),
    r"アーキテクチャ(?!ー)": ("アーキテクチャー", "別のアーキテクチャの"),
    r"ケーパビリティ": ("capability", "41のケーパビリティ"),
    r"従来のビルダー": ("レガシービルダー", "従来のビルダーでは"),
    r"ルートレス": ("rootless", "ルートレスモード"),
    r"ネスト(?!され)": ("ネストされた", "ネストKVM"),
    r"[()]": ("full-width parentheses", "Podman(crun)"),
    r" （|（ | ）": ("no space beside full-width parentheses", "名前 （別名）"),
}
"""A pattern that a Japanese text must not have: what to write instead, and a text that has it."""

_NOT_PROSE = re.compile(r"`[^`]*`|\{[^}]*\}|\]\([^)]*\)|\w\(\)|\b(?:ln|exp|sqrt)\((?:[^()]|\([^()]*\))*\)")
"""Code, expressions, the address of a link, the name of a function, a logarithm, a power, a root."""


def broken(text: str) -> list[str]:
    """What a text should say otherwise."""
    prose = _NOT_PROSE.sub("x", text)
    return [instead for pattern, (instead, _) in VARIANTS.items() if re.search(pattern, prose)]


def _of(data: Any) -> Iterator[str]:
    """Every text in Japanese in the data of a YAML or TOML file."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "ja" and isinstance(value, str):
                yield value
            else:
                yield from _of(value)
    elif isinstance(data, list):
        for value in data:
            yield from _of(value)


def texts(path: Path) -> list[str]:
    """The Japanese texts of a file."""
    if path.suffix == ".po":
        with path.open("rb") as file:
            return [str(message.string) for message in read_po(file) if message.id]
    if path.suffix == ".toml":
        return list(_of(tomllib.loads(path.read_text(encoding="utf-8"))))
    return list(_of(YAML(typ="safe").load(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_japanese_texts_keep_to_the_house_terms_and_to_full_width_punctuation(path):
    assert [(text, instead) for text in texts(path) if (instead := broken(text))] == []


@pytest.mark.parametrize(("instead", "text"), VARIANTS.values())
def test_each_variant_is_found(instead, text):
    assert instead in broken(text)


def test_all_kinds_of_files_have_texts_and_code_is_no_prose():
    assert {path.suffix for path in FILES if texts(path)} == {".po", ".toml", ".yaml"}
    assert broken("`docker pull (a)`と{a.b.value * (c)}、main()と[文](https://a.b/c)、マイクロVM（VMM）") == []
