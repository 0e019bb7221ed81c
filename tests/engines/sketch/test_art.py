"""The packed art: complete, licensed, and drawn as it should be."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from limner.engines.sketch.art import ICON_BOX_PX, font, font_subsets, icon_svg, icon_words, icons
from limner.engines.sketch.colour import LAMPLIGHT, WHITE, Colour, relight, repaint
from limner.engines.sketch.figures import FIGURES
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.lettering import runs, write
from limner.engines.sketch.outlines import outlines
from limner.engines.sketch.raster import draw, reflect
from limner.engines.sketch.scene import Canvas, Lettering, Mirror, dice_for
from limner.engines.sketch.sprite import Pose, place
from limner.imaging.pixels import Pixels
from limner.imaging.sheet import Sheet, Stencil
from limner.job import Size

ART = resources.files("limner.engines.sketch") / "art"


def test_every_word_names_a_packed_icon() -> None:
    """No word leads nowhere, and every icon can be opened and has ink inside its box."""
    assert {*icon_words().values()} <= {*icons()}
    for name, icon in icons().items():
        left, top, right, bottom = icon.box
        assert 0 <= left < right <= ICON_BOX_PX
        assert 0 <= top < bottom <= ICON_BOX_PX
        assert icon_svg(name).startswith("<")


def test_every_package_has_its_licence() -> None:
    """Each archive lies beside the licence of the package it came from."""
    names = {entry.name for entry in ART.iterdir()}
    archives = {name.removesuffix(".zip") for name in names if name.endswith(".zip")}
    licences = {name.removeprefix("LICENSE-").removesuffix(".txt") for name in names if name.startswith("LICENSE-")}
    assert licences == {"noto", "emojibase", *(archives - {"icons"})}


def test_the_art_stays_small() -> None:
    """The wheel carries about two megabytes of art."""
    assert sum(len((ART / entry.name).read_bytes()) for entry in ART.iterdir()) < 2_200_000


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_is_drawn_in_full(name: str) -> None:
    """No placeholder is left, and there is ink near the feet, on which it is placed."""
    figure = FIGURES[name]
    assert "{" not in figure.body()
    ink = Ink()
    ink.sprite(place(Pose(name, 500, 900, min(550, 950 * figure.height / figure.width)), "x"))
    rows, columns = np.nonzero(draw(ink, Canvas(1000, 1000), Size(100, 100)).pixels()[..., 3])
    assert 86 <= rows.max() <= 91
    assert 0 < columns.min() < columns.max() < 99


def test_fonts_cover_what_they_claim() -> None:
    """Every packed subset opens."""
    for face, weight in (
        ("inter", 400),
        ("inter", 700),
        ("playfair-display", 700),
        ("caveat", 700),
        ("bebas-neue", 400),
    ):
        assert "latin" in font_subsets(face, weight)
        for subset in font_subsets(face, weight):
            assert font(face, weight, subset, 20).width_px("a") > 0


@pytest.mark.parametrize("text", ["Ångström, fi!", "Cœur Łódź", "Привет", "Καλημέρα"])
def test_outlines_are_the_letters_that_are_painted(text: str) -> None:
    """Read as paths, letters cover the pixels they cover when the font is drawn with, whatever they are made of."""
    size, stencil = Size(900, 160), Stencil.closed(Size(900, 160))
    ink, x = Ink(), 20.0
    for subset, part in runs(text, "inter"):
        typeface, letters = font("inter", 700, subset, 100), outlines("inter", 700, subset)
        spread = typeface.width_px(part) / (letters.width(part) * 100)
        stencil.write(part, typeface, x, 120)
        ink.shape(letters.path(part, x, 120, 100, spread=spread), "#000000")
        x += typeface.width_px(part)
    painted = np.asarray(stencil.image).astype(int)
    drawn = draw(ink, Canvas(900, 160), size).pixels()[..., 3].astype(int)
    assert painted.sum() > 255 * 5000
    assert np.abs(painted - drawn).sum() < 0.1 * painted.sum()


def test_repainting_spares_other_colours() -> None:
    """Fills near the main hue turn; greys, outlines and other hues stay."""
    svg = '<path fill="#e02b2b"/><path fill="#37a447"/><path fill="#222"/><path fill="#c8c8c8"/>'
    turned = repaint(svg, hue=0.0, light=0.52, target=Colour.parse("#2d74da"))
    assert "#e02b2b" not in turned
    assert all(code in turned for code in ("#37a447", "#222", "#c8c8c8"))


def test_repainting_a_grey_thing_turns_its_greys() -> None:
    """A thing without a colour of its own takes one; its outlines and coloured parts stay."""
    turned = repaint(
        '<path fill="#c8c8c8"/><path fill="#e02b2b"/><path fill="#111"/>', -1, 0.78, Colour.parse("#f581b1")
    )
    assert "#c8c8c8" not in turned
    assert "#e02b2b" in turned
    assert "#111" in turned


def test_lamps_keep_their_light_at_night() -> None:
    """Every fill darkens under the night but that of lit windows."""
    night = Colour.parse("#8797c8")
    assert relight(f'fill="{LAMPLIGHT}"', night) == f'fill="{LAMPLIGHT}"'
    assert relight('fill="#ffffff"', night) != 'fill="#ffffff"'
    assert relight('fill="#ffffff"', WHITE) == 'fill="#ffffff"'


def plain(colour: tuple[int, int, int], size: Size) -> Pixels:
    """An opaque picture of one colour."""
    return np.full((size.height_px, size.width_px, 4), (*colour, 255), np.uint8)


def test_water_shows_what_is_above_it() -> None:
    """A red sky makes the water red; no water leaves the picture as it was."""
    pixels = plain((0, 0, 80), Size(40, 40))
    pixels[:20] = (255, 0, 0, 255)
    sheet = Sheet(pixels)
    reflect(sheet, Mirror(1000, 1000), 0.02)
    assert (sheet.pixels() == pixels).all()
    reflect(sheet, Mirror(500, 1000), 0.04)
    assert sheet.pixels()[22, 20, 0] > 90


@pytest.mark.parametrize("kind", ["poster", "caption", "neon"])
@pytest.mark.parametrize("ground", [16, 244])
def test_lettering_stands_out_inside_its_box(kind: str, ground: int) -> None:
    """Text contrasts with its ground, in its box, and nothing else changes."""
    sheet = Sheet(plain((ground, ground, ground), Size(400, 200)))
    lettering = Lettering(text="Hello brave new world", x=100, y=100, width=1800, height=700, face="inter", kind=kind)
    write(sheet, lettering, 0.2, Colour.parse("#223355"))
    written = sheet.pixels()
    assert int(written[..., 1].max()) - int(written[..., 1].min()) > 120
    assert (written[-4:] == plain((ground, ground, ground), Size(400, 4))).all()


@pytest.mark.parametrize("text", ["", "   ", "日本語"])
def test_nothing_to_write_writes_nothing(text: str) -> None:
    """Blank text, and text no packed font has, leave the picture alone."""
    sheet = Sheet(plain((255, 255, 255), Size(64, 64)))
    write(sheet, Lettering(text=text, x=0, y=0, width=900, height=900, face="caveat", kind="caption"), 0.064, WHITE)
    assert (sheet.pixels() == 255).all()


def test_dice_depend_on_their_words_alone() -> None:
    """The same words throw the same, others others."""
    assert dice_for("a", 1).random() == dice_for("a", "1").random() != dice_for("a", 2).random()
