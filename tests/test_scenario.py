"""What every scenario has, whatever its study."""

from sim.scenario import Text


def test_folding_leaves_no_space_in_japanese_and_keeps_it_between_latin_words():
    text = Text(en="read it\nfrom the right", ja="使用者の数で 割ります。docker run は、 空白を 残す")
    assert text.ja == "使用者の数で割ります。docker run は、空白を残す"
    assert text.en == "read it\nfrom the right"


def test_a_text_without_japanese_is_read_in_english():
    assert [Text(en="hello").read(language) for language in ("en", "ja")] == ["hello", "hello"]
    assert [Text(en="hello", ja="今日は").read(language) for language in ("en", "ja")] == ["hello", "今日は"]
