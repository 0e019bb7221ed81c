"""`limner prices`: whose price a model has, and what a job would cost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import Result

Limner = Callable[..., Result]

PAGE = (Path(__file__).parents[2] / "docs" / "prices.md").read_text(encoding="utf-8")

MODELS = """
[models."gpt-image-2"]
[models.tokens]
price = { like = "gpt-image-1.5" }
[models.flat]
price = { per_image_usd = "0.02", input_image_usd = "0.001" }
[models.banded]
price = { bands = [{ up_to = "1024x1024", usd = { low = "0.01", high = "0.04" } }, { usd = "0.1" }] }
[models.sized]
price = { bands = [{ up_to = "1024x1024", usd = "0.01" }, { usd = "0.02" }] }
[models.graded]
price = { bands = [{ usd = { low = "0.01", high = "0.04" } }] }
[models.even]
price = { bands = [{ usd = "0.01" }] }
[models.megapixels]
price = { first_megapixel_usd = "0.03", further_megapixel_usd = "0.015", input_megapixel_usd = "0" }
[models.gift]
price = "free"
"""


@pytest.fixture
def configured(folder: Path) -> None:
    """A model with each form of price."""
    (folder / "limner.toml").write_text(MODELS)


@pytest.mark.usefixtures("configured")
def test_the_list_says_how_each_served_model_is_priced_and_by_whom(limner: Limner) -> None:
    """Three lines for each price: its models, the price, and where it is from."""
    assert limner("prices", "list").stdout.splitlines() == [
        "gpt-image-2",
        "  5 text in, 8 image in, 10 text out, 30 image out, USD per M tokens",
        "  published: OpenAI pricing page, 2026-11-22",
        "tokens",
        "  5 text in, 8 image in, 10 text out, 32 image out, USD per M tokens",
        "  own, like gpt-image-1.5 (OpenAI model page gpt-image-1.5, 2026-11-22)",
        "flat",
        "  0.02 USD a picture, 0.001 an input picture",
        "  own",
        "banded",
        "  0.01 to 0.1 USD a picture, by size and quality",
        "  own",
        "sized",
        "  0.01 to 0.02 USD a picture, by size",
        "  own",
        "graded",
        "  0.01 to 0.04 USD a picture, by quality",
        "  own",
        "even",
        "  0.01 USD a picture",
        "  own",
        "megapixels",
        "  0.03 USD the first megapixel, 0.015 each further one, 0 each of inputs",
        "  own",
        "gift",
        "  free",
        "  own",
    ]


def test_models_priced_alike_share_an_entry(limner: Limner) -> None:
    """Without configuration that is every current gpt-image model, in four entries."""
    lines = limner("prices", "list").stdout.splitlines()
    assert lines[3] == "gpt-image-1.5, chatgpt-image-latest"
    assert len(lines) == 4 * 3


@pytest.mark.usefixtures("configured")
def test_the_list_in_json_has_prices_as_they_are_written(limner: Limner) -> None:
    """Any of them can be copied into a configuration; --all has every published one, too."""
    listed = json.loads(limner("prices", "list", "--json").stdout)
    assert len(listed) == 9
    assert listed[0] == {
        "model": "gpt-image-2",
        "price": {
            "text_input_usd": "5",
            "image_input_usd": "8",
            "text_output_usd": "10",
            "image_output_usd": "30",
        },
        "own": False,
        "source": "OpenAI pricing page",
        "read_on": "2026-11-22",
    }
    assert listed[-1] == {"model": "gift", "price": "free", "own": True, "source": None, "read_on": None}
    everything = {line["model"]: line for line in json.loads(limner("prices", "list", "--all", "--json").stdout)}
    assert everything["flux-dev"]["price"] == {"per_image_usd": "0.025"}
    assert everything["gift"] == listed[-1]


def test_a_quote_shows_every_step(limner: Limner) -> None:
    """Charge and hold, to the nano-dollar, in less than eighty columns."""
    given = ("--size", "1536x1024", "--quality", "high", "--n", 2, "--input-images", 1, "--markup-bp", 1_000)
    shown = limner("prices", "quote", "gpt-image-2", *given).stdout.splitlines()
    assert shown[0] == "gpt-image-2: 2 pictures, 1536x1024, high"
    assert shown[1].startswith("published: OpenAI pricing page, 2026-11-22; price book 2026-11-23+")
    assert [line.split() for line in shown[3:]] == [
        ["count", "each,", "USD", "USD"],
        ["charge", "0.371367700"],
        ["text", "input", "tokens", "27", "0.000005000", "0.000135000"],
        ["image", "input", "tokens", "1,024", "0.000008000", "0.008192000"],
        ["image", "output", "tokens", "10,976", "0.000030000", "0.329280000"],
        ["markup", "0.033760700"],
        ["hold", "0.371807700"],
        ["text", "input", "tokens", "107", "0.000005000", "0.000535000"],
        ["image", "input", "tokens", "1,024", "0.000008000", "0.008192000"],
        ["image", "output", "tokens", "10,976", "0.000030000", "0.329280000"],
        ["markup", "0.033800700"],
    ]
    assert max(map(len, shown)) < 80


def test_a_quote_says_what_it_took_for_granted(limner: Limner) -> None:
    """Where an engine has a choice that costs, the charge is for one of them."""
    assert limner("prices", "quote", "gpt-image-2").stdout.splitlines()[-1] == (
        "Size and quality left open: the charge is for what is drawn, here 1024x1024 and medium; "
        "the hold is for the dearest."
    )
    assert "left open" not in limner("prices", "quote", "flux-dev").stdout


@pytest.mark.usefixtures("configured")
def test_a_quote_in_json_is_exact(limner: Limner) -> None:
    """Dollars are text, so that no reader rounds them."""
    quoted = json.loads(limner("prices", "quote", "banded", "--quality", "low", "--json").stdout)
    assert quoted.pop("price_book").startswith("2026-11-23+")
    assert quoted.pop("price")["bands"][1] == {"usd": "0.1"}
    assert quoted == {
        "model": "banded",
        "own": True,
        "source": None,
        "read_on": None,
        "n": 1,
        "size": "1024x1024",
        "quality": "low",
        "left_open": ["size"],
        "charge": {
            "usd": "0.0100",
            "markup_usd": "0.0000",
            "steps": [{"what": "pictures up to 1024x1024, low", "count": 1, "each_usd": "0.0100", "usd": "0.0100"}],
        },
        "hold": {
            "usd": "0.1000",
            "markup_usd": "0.0000",
            "steps": [{"what": "pictures over 1024x1024", "count": 1, "each_usd": "0.1000", "usd": "0.1000"}],
        },
    }


def test_a_prompt_is_given_or_counted(limner: Limner) -> None:
    """Its tokens are those of the request, with what the model adds; streams have unfinished pictures."""

    def counts(*given: object) -> dict[str, int]:
        found = limner("prices", "quote", "gpt-image-2", "--quality", "low", "--size", "1024x1024", "--json", *given)
        return {step["what"]: step["count"] for step in json.loads(found.stdout)["charge"]["steps"]}

    assert counts("--prompt", "a fox") == {"text input tokens": 8, "image output tokens": 196}
    assert counts("--tokens", 500) == {"text input tokens": 506, "image output tokens": 196}
    assert counts("--tokens", 6_400)["text input tokens"] == 6_406
    assert counts("--partials", 2)["image output tokens"] == 396
    assert counts("--input-images", 1, "--input-size", "512x512")["image input tokens"] == 1_024


@pytest.mark.usefixtures("configured")
def test_a_quote_follows_the_models_family(limner: Limner, folder: Path) -> None:
    """A model of the operator's own counts tokens as its configuration says."""
    (folder / "limner.toml").write_text('[models.mine]\nfamily = "gpt-image-1"\nprice = { like = "gpt-image-1" }\n')
    found = limner("prices", "quote", "mine", "--quality", "high", "--size", "1024x1024", "--json")
    assert json.loads(found.stdout)["charge"]["steps"][-1]["count"] == 4_160


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("nobodys",), 1, "error: no price is published for nobodys"),
        (("gpt-image-2", "--size", "1000x1000"), 1, "error: Invalid size '1000x1000'. Width and height must both be"),
        (("gpt-image-2", "--quality", "best"), 1, "error: Invalid value: 'best'"),
        (("gpt-image-2", "--prompt", "x", "--tokens", 3), 2, "give the prompt or the number of its tokens"),
        (("gpt-image-2", "--input-size", "large"), 2, "large is no size; write it as 1024x1024"),
        (("gpt-image-2", "--input-size", "0x9"), 2, "0x9 is no size"),
        (("gpt-image-2", "--tokens", 6_401), 2, "less than or equal to 6400"),
        (("gpt-image-2", "--n", 11), 2, "less than or equal to 10"),
        (("gpt-image-2", "--markup-bp", -1), 2, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_quoted_is_told(limner: Limner, given: tuple[object, ...], code: int, said: str) -> None:
    """With the words a caller or the start would get."""
    result = limner("prices", "quote", *given)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_the_documented_quote_is_what_is_shown(limner: Limner) -> None:
    """docs/prices.md has the output of a command; only the price book's version may be another."""
    example = re.search(r"^    \$ limner (.*)\n((?:    .*\n|\n)*)", PAGE, re.MULTILINE)
    assert example
    documented, shown = dedent(example[2]).strip(), limner(*example[1].split()).stdout
    version = re.compile(r"price book \S+")
    assert version.sub("", "\n".join(line.rstrip() for line in shown.splitlines())) == version.sub("", documented)
