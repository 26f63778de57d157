"""The tokens, held against what the look claims of them: contrast (WCAG 2) and distance under colour blindness.

Luminance, the colour-blindness matrices (Machado, Oliveira and Fernandes 2009, severity 1) and CIEDE2000 (Sharma, Wu
and Dalal 2005) are computed here, from the papers; CIEDE2000 is first held against the paper's own test pairs.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from pathlib import Path

import pytest

from sim.records.instances import OWNERS
from sim.report.style import TOKENS, Style, config, inline, rows_of, type_size

PROTAN = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTAN = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
TRITAN = ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900))
NORMAL = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
SEEN = {"normal": NORMAL, "protan": PROTAN, "deutan": DEUTAN, "tritan": TRITAN}


def linear(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(colour):
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(a * b for a, b in zip(row, rgb, strict=True)) for row in matrix]
    scaled = [value / white for value, white in zip(xyz, (0.95047, 1.0, 1.08883), strict=True)]
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in scaled)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(first, second):
    l1, a1, b1 = first
    l2, a2, b2 = second
    mean_chroma = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    dl, dc, dh = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    hm = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else (h1 + h2 + 360) / 2
    cos = [math.cos(math.radians(angle)) for angle in (hm - 30, 2 * hm, 3 * hm + 6, 4 * hm - 63)]
    t = 1 - 0.17 * cos[0] + 0.24 * cos[1] + 0.32 * cos[2] - 0.20 * cos[3]
    sl = 1 + 0.015 * (lm - 50) ** 2 / math.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    turned = 60 * math.exp(-(((hm - 275) / 25) ** 2))
    rt = -2 * math.sqrt(cm**7 / (cm**7 + 25**7)) * math.sin(math.radians(turned))
    return math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh)


def seen(colour, kind):
    rgb = [sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in SEEN[kind]]
    return lab([min(1.0, max(0.0, channel)) for channel in rgb])


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ],
)
def test_ciede2000_reproduces_the_papers_pairs(first, second, distance):
    assert ciede2000(first, second) == pytest.approx(distance, abs=1e-4)


@pytest.mark.parametrize(("theme", "least"), [("light", 3.1), ("dark", 4.4)])
def test_every_fill_stands_out_from_the_page(theme, least):
    tokens = TOKENS[theme]
    fills = [*tokens.owners.values(), tokens.attention]
    assert min(contrast(fill, tokens.background) for fill in fills) == pytest.approx(least, abs=0.06)


@pytest.mark.parametrize(("theme", "least"), [("light", 5.5), ("dark", 4.6)])
def test_a_number_on_a_fill_can_be_read(theme, least):
    tokens = TOKENS[theme]
    pairs = [(tokens.owners[owner], tokens.on[owner]) for owner in OWNERS]
    pairs.append((tokens.attention, tokens.on_attention))
    assert min(contrast(fill, text) for fill, text in pairs) == pytest.approx(least, abs=0.1)


@pytest.mark.parametrize(("theme", "ink", "muted"), [("light", 17.8, 6.1), ("dark", 15.3, 8.0)])
def test_text_has_the_contrast_the_look_claims(theme, ink, muted):
    tokens = TOKENS[theme]
    assert contrast(tokens.ink, tokens.background) == pytest.approx(ink, abs=0.05)
    assert contrast(tokens.muted, tokens.background) == pytest.approx(muted, abs=0.05)
    assert contrast(tokens.attention_text, tokens.wash) >= 4.5


@pytest.mark.parametrize(
    ("theme", "kind", "least"),
    [
        ("light", "normal", 19.8),
        ("light", "protan", 16.4),
        ("light", "deutan", 15.2),
        ("light", "tritan", 18.8),
        ("dark", "normal", 18.7),
        ("dark", "protan", 12.2),
        ("dark", "deutan", 13.9),
        ("dark", "tritan", 13.5),
    ],
)
def test_the_seven_colours_differ_also_for_the_colour_blind(theme, kind, least):
    tokens = TOKENS[theme]
    colours = [*tokens.owners.values(), tokens.attention]
    distances = [ciede2000(seen(a, kind), seen(b, kind)) for a, b in itertools.combinations(colours, 2)]
    assert min(distances) == pytest.approx(least, abs=0.06)


def test_streamlits_theme_has_the_same_colours():
    path = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
    if not path.exists():
        pytest.skip("no theme file beside this checkout")
    theme = tomllib.loads(path.read_text(encoding="utf-8"))["theme"]
    for name, tokens in TOKENS.items():
        assert theme[name]["chartCategoricalColors"] == [tokens.owners[owner] for owner in OWNERS]
        assert theme[name]["textColor"] == tokens.ink
        assert theme[name]["backgroundColor"] == tokens.background
        assert theme[name]["redColor"] == tokens.attention


def test_no_type_is_smaller_than_13_pixels_at_any_size():
    for size in (0.8, 1.0, 1.25, 2.0):
        for plus in (-2, 0, 4):
            numbers = [
                int(n)
                for n in type_size(Style(size=size), plus)["expr"].replace(":", "?").split("?")[1::1]
                if n.strip().isdigit()
            ]
            assert numbers
            assert min(numbers) >= 13


def test_a_figure_has_no_frame_no_tooltip_and_no_background_of_its_own():
    made = config(Style())
    assert (made["background"], made["view"]["stroke"], made["mark"]["tooltip"]) == (None, None, None)


def test_inlined_rows_are_read_back():
    rows = [{"lane": "仮想マシン", "start": 0.1}]
    assert rows_of(inline(rows)) == rows
    assert inline(rows)["url"].startswith("data:application/json;base64,")
