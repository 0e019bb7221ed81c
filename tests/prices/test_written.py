"""Prices as people write them: every form, and a sentence for everything that is none."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from limner.job import Quality, Size
from limner.prices import Band, Banded, Free, InvalidPrice, PerImage, PerMegapixel, Price, PriceSetting, TokenRates
from limner.prices.written import read

RATES = {"text_input_usd": "1", "image_input_usd": "2", "text_output_usd": "3", "image_output_usd": "4"}
MEGAPIXELS = {"first_megapixel_usd": "0.03", "further_megapixel_usd": "0.015", "input_megapixel_usd": "0"}


def test_every_form_is_read() -> None:
    """Dollars become nano-dollars, and a quality left out has the price of the next lower one."""
    assert read("free", {}) == Free()
    assert read({"per_image_usd": "0.02"}, {}) == PerImage(20_000_000, 0)
    assert read({"per_image_usd": "0.02", "input_image_usd": "0.001"}, {}) == PerImage(20_000_000, 1_000_000)
    assert read(MEGAPIXELS, {}) == PerMegapixel(first_nusd=30_000_000, further_nusd=15_000_000, input_nusd=0)
    assert read(RATES, {}) == TokenRates(
        text_input_nusd=1_000, image_input_nusd=2_000, text_output_nusd=3_000, image_output_nusd=4_000
    )
    assert read({"like": "other"}, {"other": Free()}) == Free()
    banded = read({"bands": [{"up_to": "512x512", "usd": {"medium": "1", "xhigh": "2"}}, {"usd": "3"}]}, {})
    low_to_max = [10**9, 10**9, 10**9, 2 * 10**9, 2 * 10**9]
    qualities = [quality for quality in Quality if quality is not Quality.AUTO]
    assert banded == Banded(
        (
            Band(Size(512, 512), dict(zip(qualities, low_to_max, strict=True))),
            Band(None, dict.fromkeys(qualities, 3 * 10**9)),
        )
    )


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("gratis", "'gratis' is neither 'free' nor a table"),
        ({}, "it has nothing; a price has `like`, `per_image_usd`, `bands`, or all of `first_megapixel_usd`,"),
        ({"usd": "1"}, "it has `usd`; a price has"),
        ({"like": "dall-e-9"}, "'dall-e-9' has no published price"),
        ({"like": 2}, "2 has no published price"),
        ({"like": "other", "per_image_usd": "1"}, "`per_image_usd` cannot stand beside `like`"),
        ({"per_image_usd": "two cents"}, "`per_image_usd`: not an amount"),
        ({"per_image_usd": "-0.01"}, "`per_image_usd` is '-0.01'; a picture costs from 0"),
        ({"per_image_usd": "1000000.1"}, "from 0 to 1000000.0000 dollars"),
        ({"per_image_usd": "0.0000000001"}, "`per_image_usd`: finer than a nano-dollar"),
        ({"per_image_usd": "NaN"}, "`per_image_usd`: not an amount"),
        ({"per_image_usd": 0.02}, '`per_image_usd`: it is 0.02; write it in quotes, such as "0.02"'),
        ({"per_image_usd": "1", "input_usd": "1"}, "`input_usd` cannot stand beside `per_image_usd`"),
        ({"per_image_usd": "1", "input_image_usd": "-1"}, "`input_image_usd` is '-1'"),
        ({**MEGAPIXELS, "n": "1"}, "`n` cannot stand beside `first_megapixel_usd`, `further_megapixel_usd`"),
        (
            {"first_megapixel_usd": "1"},
            "`further_megapixel_usd`, `input_megapixel_usd` missing, given: `first_megapixel_usd`; what costs nothing",
        ),
        ({**RATES, "image_output_usd": 4}, "`image_output_usd`: it is 4; write it in quotes"),
        ({**RATES, "image_output_usd": "-4"}, "`image_output_usd`: not a whole number of nano-dollars"),
        ({**RATES, "image_output_usd": "0.0001"}, "`image_output_usd`: not a whole number of nano-dollars"),
        ({**RATES, "cached_usd": "1"}, "`cached_usd` cannot stand beside"),
        ({"image_output_usd": "4"}, "`text_input_usd`, `image_input_usd`, `text_output_usd` missing"),
    ],
)
def test_what_is_no_price_says_why(setting: PriceSetting, fault: str) -> None:
    """Each mistake has a sentence with what was written and what may be."""
    with pytest.raises(InvalidPrice, match=re.escape(fault)):
        read(setting, {"other": Free()})


@pytest.mark.parametrize(
    ("bands", "fault"),
    [
        ("0.02", "bands are a list such as"),
        ([], "bands are a list such as"),
        (["0.02"], "bands are a list such as"),
        ([{"up_to": "512x512", "usd": "1"}], "the last of the bands has no `up_to`"),
        ([{"usd": "1"}, {"usd": "2"}], "only the last of the bands is without `up_to`"),
        (
            [{"up_to": "512x512", "usd": "1"}, {"up_to": "1024x256", "usd": "2"}, {"usd": "3"}],
            "the band up to 1024x256 has no more pixels than the one before",
        ),
        ([{}], "`usd` missing, given: nothing"),
        ([{"usd": "1", "quality": "low"}], "`quality` cannot stand beside `usd`"),
        ([{"up_to": "1024", "usd": "1"}, {"usd": "1"}], "`up_to` is '1024'; it must be a size such as 1024x1024"),
        ([{"up_to": 1024, "usd": "1"}, {"usd": "1"}], "`up_to` is 1024"),
        ([{"usd": {}}], "a band has a price, or one for each quality"),
        ([{"usd": {"hd": "1"}}], "`hd` is no quality; there are `low`, `medium`, `high`, `xhigh`, `max`"),
        ([{"usd": {"auto": "1", "low": "1"}}], "`auto` is no quality"),
        ([{"usd": {"low": "-1"}}], "`low` is '-1'"),
        ([{"usd": 1}], "it is 1; write it in quotes"),
    ],
)
def test_bands_that_leave_something_out_are_refused(bands: Any, fault: str) -> None:
    """Every size and every quality has exactly one price."""
    with pytest.raises(InvalidPrice, match=re.escape(fault)):
        read({"bands": bands}, {})


def test_every_documented_price_can_be_written() -> None:
    """docs/prices.md shows every form, in its table and in examples."""
    page = (Path(__file__).parents[2] / "docs" / "prices.md").read_text(encoding="utf-8")
    cells = [cell for cell in re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE) if "..." not in cell]
    examples = re.findall(r"^    price = (.+?)\n\n", page, re.MULTILINE | re.DOTALL)
    others: dict[str, Price] = {"gpt-image-2": Free(), "gpt-image-2.5-flare": Free()}
    forms = {type(read(tomllib.loads(f"price = {text}")["price"], others)) for text in (*cells, *examples)}
    assert forms == {Free, PerImage, Banded, PerMegapixel, TokenRates}
