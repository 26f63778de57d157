"""What every scenario has, whatever its study."""

import pytest

from sim.errors import InputError
from sim.scenario import Source, Text


def test_folding_leaves_no_space_in_japanese_and_keeps_it_between_latin_words():
    text = Text(en="read it\nfrom the right", ja="使用者の数で 割ります。docker run は、 空白を 残す")
    assert text.ja == "使用者の数で割ります。docker run は、空白を残す"
    assert text.en == "read it\nfrom the right"


def test_folding_leaves_no_space_before_what_follows_japanese() -> None:
    text = Text(en="x", ja="つなぐ Linuxブリッジ、 2回。 {a.b.value}から `ls`で。 **同じ**です。** {m} ・ {n} ・ VM")
    assert text.ja == "つなぐLinuxブリッジ、2回。{a.b.value}から`ls`で。**同じ**です。** {m} ・ {n} ・ VM"


def test_an_empty_line_between_two_japanese_paragraphs_stays() -> None:
    """Between Latin letters it always did; a paragraph that ends and begins with kana lost it."""
    text = Text(en="one\n\ntwo", ja="一つ目。\n\n二つ目は\n 折り返す。\n\n1.10は三つ目。")
    assert text.read("en") == "one\n\ntwo"
    assert text.read("ja") == "一つ目。\n\n二つ目は折り返す。\n\n1.10は三つ目。"


def test_a_text_without_japanese_is_read_in_english():
    assert [Text(en="hello").read(language) for language in ("en", "ja")] == ["hello", "hello"]
    assert [Text(en="hello", ja="今日は").read(language) for language in ("en", "ja")] == ["hello", "今日は"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "https://example.org/> [x](https://evil.example)",
        "example.org",
        "",
    ],
)
def test_a_source_is_an_address_that_a_page_may_link_to(url):
    with pytest.raises(InputError, match=r"is not an address as https://example\.org/page"):
        Source(text=Text(en="x", ja="x"), url=url)


def test_a_source_keeps_its_address():
    address = "https://github.com/moby/moby/blob/v26.1.5/daemon/start.go?plain=1#L117"
    assert Source(text=Text(en="x", ja="x"), url=address).url == address
