"""Edits under a mask: what the mask keeps is kept to the byte, and what it opens shows what was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.engines.sketch.edit import EditResult, edit_stages
from limner.imaging.mask import canonical
from limner.imaging.pixels import Pixels, is_opaque, size_of
from limner.imaging.resize import cover, cover_mask
from limner.job import Quality, Size


def _edit(
    prompt: str, mask: Pixels, *images: Pixels, size: Size | None = None, seed: int = 1, transparent: bool = False
) -> EditResult:
    *_, result = edit_stages(
        prompt,
        images,
        canonical(mask),
        size or size_of(images[0]),
        seed=seed,
        quality=Quality.LOW,
        transparent=transparent,
        fidelity=None,
    )
    return result


def _mask(pixels: Pixels, *holes: tuple[slice, slice], alpha: int = 0) -> Pixels:
    """A mask of the size of `pixels`, opaque but for the holes."""
    mask = np.full_like(pixels, 255)
    for hole in holes:
        mask[hole][..., 3] = alpha
    return mask


def _random_picture(dice: np.random.Generator, height_px: int, width_px: int) -> Pixels:
    pixels = np.full((height_px, width_px, 4), 255, np.uint8)
    pixels[..., :3] = np.kron(dice.integers(0, 256, (-(-height_px // 8), -(-width_px // 8), 3)), np.ones((8, 8, 1)))[
        :height_px, :width_px
    ]
    return pixels


def _random_mask(dice: np.random.Generator, height_px: int, width_px: int, kind: str) -> Pixels:
    mask = np.full((height_px, width_px, 4), 255, np.uint8)
    rows, columns = np.mgrid[:height_px, :width_px]
    if kind == "specks":
        mask[dice.random((height_px, width_px)) < 0.05, 3] = 0
    elif kind == "levels":
        mask[..., 3] = np.where(
            dice.random((height_px, width_px)) < 0.5, 255, dice.integers(0, 256, (height_px, width_px))
        )
    else:
        for _ in range(dice.integers(1, 5)):
            y, x = dice.integers(0, height_px), dice.integers(0, width_px)
            far = np.hypot(rows - y, columns - x) - dice.integers(1, max(2, min(height_px, width_px) // 2))
            mask[..., 3] = np.minimum(mask[..., 3], np.clip(far * (255 if kind == "discs" else 40), 0, 255))
    return mask


@given(
    seed=st.integers(0, 10_000),
    height_px=st.integers(1, 90),
    width_px=st.integers(1, 90),
    kind=st.sampled_from(["discs", "soft discs", "specks", "levels"]),
    prompt=st.sampled_from(
        [
            "a red balloon",
            "remove it",
            "make it blue",
            "a beach at sunset",
            "gibberish",
            'write "Hi"',
            "make it watercolor",
        ]
    ),
)
@settings(max_examples=60)
def test_what_the_mask_keeps_is_kept_to_the_byte(
    seed: int, height_px: int, width_px: int, kind: str, prompt: str
) -> None:
    """Under the mask's opaque part every state of every edit is the first image, byte for byte."""
    dice = np.random.default_rng(seed)
    picture, mask = _random_picture(dice, height_px, width_px), _random_mask(dice, height_px, width_px, kind)
    keep = mask[..., 3] == 255
    picture.flags.writeable = mask.flags.writeable = False
    for state in edit_stages(
        prompt,
        [picture],
        canonical(mask),
        Size(width_px, height_px),
        seed=seed,
        quality=Quality.LOW,
        transparent=False,
        fidelity="low",
    ):
        assert np.array_equal(state.pixels[keep], picture[keep])
        assert is_opaque(state.pixels)


@given(seed=st.integers(0, 1000), width_px=st.integers(20, 160), height_px=st.integers(20, 160))
@settings(max_examples=15)
def test_at_another_size_what_the_fitted_mask_keeps_is_the_fitted_image(
    seed: int, width_px: int, height_px: int
) -> None:
    """Image and mask are fitted to the size alike before anything is drawn."""
    dice = np.random.default_rng(seed)
    picture, mask = _random_picture(dice, 64, 80), _random_mask(dice, 64, 80, "discs")
    size = Size(width_px, height_px)
    result = _edit("a cat", mask, picture, size=size).pixels
    keep = cover_mask(255 - mask[..., 3], size) == 0
    assert np.array_equal(result[keep], cover(picture, size)[keep])


def test_a_mask_with_nothing_transparent_changes_nothing(landscape: Pixels) -> None:
    """No hole, no edit."""
    result = _edit("a cat", _mask(landscape), landscape)
    assert np.array_equal(result.pixels, landscape)
    assert not result.followed


def test_a_mask_with_nothing_opaque_repaints_everything(landscape: Pixels) -> None:
    """All hole, all new: nothing of the input is left to see."""
    everything = _mask(landscape, np.s_[:, :])
    first = _edit("a mountain lake", everything, landscape)
    second = _edit("a mountain lake", everything, 255 - landscape // 2)
    assert first.followed
    assert np.array_equal(first.pixels, second.pixels)
    assert np.std(first.pixels[..., :3]) > 10
    assert np.array_equal(
        _edit("remove it all", everything, landscape).pixels, _edit("remove it all", everything, landscape // 2).pixels
    )


def test_the_corner_repainted_is_the_corner_asked_for(landscape: Pixels) -> None:
    """A red balloon in a hole at the top right makes that corner red, and no other."""
    hole = np.s_[4:92, 196:284]
    result = _edit("a red balloon", _mask(landscape, hole), landscape)
    assert result.followed
    red = (result.pixels[..., 0].astype(int) - result.pixels[..., 2] > 100) & (result.pixels[..., 1] < 120)
    assert red[hole].mean() > 0.1
    red[hole] = False
    house = np.zeros(red.shape, np.bool_)
    house[84:140, 110:170] = True
    assert not red[~house].any()


@pytest.mark.parametrize(
    "prompt", ["replace the house with a sunflower", "turn the house into a sunflower", "put a sunflower on the house"]
)
def test_a_hole_gets_what_replaces_its_content(prompt: str, landscape: Pixels) -> None:
    """Under a mask it is the hole that is replaced: there is a sunflower in it, and the rest stays."""
    hole = np.s_[70:150, 95:185]
    result = _edit(prompt, _mask(landscape, hole), landscape)
    assert result.followed
    yellow = (result.pixels[..., 0] > 170) & (result.pixels[..., 2] < 110) & (result.pixels[..., 1] > 120)
    assert yellow[hole].mean() > 0.03
    outside = np.ones(yellow.shape, np.bool_)
    outside[hole] = False
    assert np.array_equal(result.pixels[outside], landscape[outside])


def test_a_text_fills_its_hole(landscape: Pixels) -> None:
    """Letters written under a mask are as large as the hole, and stay in it."""
    hole = np.s_[10:70, 30:260]
    result = _edit('write "LIMNER"', _mask(landscape, hole), landscape)
    assert result.followed
    rows, columns = np.nonzero(np.abs(result.pixels.astype(int) - landscape).max(axis=-1) > 60)
    assert rows.max() - rows.min() > 25
    assert columns.max() - columns.min() > 120
    assert rows.min() >= 10
    assert columns.max() < 260


def test_what_was_under_the_hole_is_never_looked_at(landscape: Pixels) -> None:
    """Drawing a hole anew does not depend on what was there."""
    hole = np.s_[60:150, 90:190]
    noise = landscape.copy()
    noise[hole] = np.random.default_rng(0).integers(0, 256, noise[hole].shape)
    noise[..., 3] = 255
    for prompt in ("remove the house", "a cat", "a beach"):
        mask = _mask(landscape, hole)
        assert np.array_equal(_edit(prompt, mask, landscape).pixels, _edit(prompt, mask, noise).pixels)


def test_a_removed_thing_leaves_its_surroundings(landscape: Pixels) -> None:
    """Removing the red house leaves sky above and meadow below, and nothing red."""
    hole = np.s_[78:146, 104:176]
    result = _edit("remove the house", _mask(landscape, hole), landscape)
    assert result.followed
    assert not (result.pixels[..., 0].astype(int) - result.pixels[..., 1] > 60).any()
    sky, meadow = (
        result.pixels[84:100, 120:160, :3].mean(axis=(0, 1)),
        result.pixels[132:146, 120:160, :3].mean(axis=(0, 1)),
    )
    assert sky[2] > sky[1]
    assert meadow[1] > meadow[2]


def test_texture_is_continued_into_a_hole(landscape: Pixels) -> None:
    """A hole in a meadow gets grass as rough as that around it, not a smear."""
    hole = np.s_[140:176, 20:70]
    result = _edit("remove the molehill", _mask(landscape, hole), landscape).pixels
    assert result[hole][..., 1].std() > 0.6 * landscape[hole][..., 1].std()
    assert abs(result[hole][..., 1].mean() - landscape[hole][..., 1].mean()) < 8


def test_a_pattern_goes_on_through_the_hole() -> None:
    """A hole in a chequered cloth is filled with cloth: as light and dark, and as finely, as around it."""
    rows, columns = np.mgrid[:192, :192]
    cloth = np.full((192, 192, 4), 255, np.uint8)
    cloth[..., :3] = np.where((rows // 8 + columns // 8) % 2, 220, 60)[..., None]
    hole = np.s_[70:120, 64:130]
    stained = cloth.copy()
    stained[hole][..., :3] = (200, 20, 20)
    result = _edit("remove the stain", _mask(cloth, hole), stained).pixels
    assert result[hole][..., 0].std() > 0.85 * cloth[..., 0].std()
    assert np.abs(result[hole].astype(int) - cloth[hole]).mean() < 25


def test_a_half_open_mask_blends(landscape: Pixels) -> None:
    """Where the mask is half transparent, the picture changes about half as much."""
    hole = np.s_[20:80, 20:80]
    full = _edit("make it black", _mask(landscape, hole), landscape).pixels
    half = _edit("make it black", _mask(landscape, hole, alpha=128), landscape).pixels
    expected = landscape[hole].astype(float) + (full[hole].astype(float) - landscape[hole]) * 127 / 255
    assert np.abs(half[hole] - expected).max() < 2


def test_a_tone_changes_the_hole_alone(landscape: Pixels) -> None:
    """An instruction about tone keeps what is in the hole, in its new tone."""
    hole = np.s_[100:180, 100:180]
    result = _edit("make it black and white", _mask(landscape, hole), landscape)
    assert result.followed
    inside = result.pixels[hole][..., :3].astype(int)
    assert np.ptp(inside, axis=-1).max() <= 1
    assert inside.std() > 3


def test_every_large_hole_gets_its_own_thing(landscape: Pixels) -> None:
    """Two holes, two sunflowers; a speck beside them is only filled."""
    left, right, speck = np.s_[10:80, 10:80], np.s_[10:80, 200:270], np.s_[170:174, 200:204]
    result = _edit("a sunflower", _mask(landscape, left, right, speck), landscape).pixels
    for hole in (left, right):
        yellow = (result[hole][..., 0] > 180) & (result[hole][..., 2] < 110)
        assert yellow.mean() > 0.02
    assert np.abs(result[speck].astype(int) - landscape[speck]).max() < 90


def test_many_holes_and_holes_at_the_border_are_filled() -> None:
    """More holes than are treated one by one, some cut by the border, are all repainted with the colours around."""
    picture = np.full((120, 120, 4), 255, np.uint8)
    picture[..., :3] = (40, 160, 80)
    mask = _mask(picture, *(np.s_[y : y + 6, x : x + 6] for y in range(0, 120, 19) for x in range(0, 120, 19)))
    stained = picture.copy()
    stained[mask[..., 3] == 0, :3] = (255, 0, 255)
    result = _edit("remove the stains", mask, stained).pixels
    assert np.abs(result.astype(int) - picture).max() < 16


def test_a_further_picture_goes_into_the_hole(landscape: Pixels, product: Pixels) -> None:
    """With a mask and a second picture, the second is seen in the hole, and all of several are."""
    hole = np.s_[10:110, 180:280]
    mask = _mask(landscape, hole)
    result = _edit("put it here", mask, landscape, product)
    assert result.followed
    green = (result.pixels[hole][..., 1].astype(int) - result.pixels[hole][..., 0]) > 60
    assert green.mean() > 0.2
    third = np.full((50, 50, 4), (250, 200, 20, 255), np.uint8)
    other = np.full((50, 50, 4), (20, 20, 250, 255), np.uint8)
    assert not np.array_equal(
        _edit("these", mask, landscape, product, third).pixels, _edit("these", mask, landscape, product, other).pixels
    )


def test_a_tall_hole_is_shared_from_top_to_bottom(landscape: Pixels) -> None:
    """Two further pictures stand one over the other in a hole that is taller than wide."""
    hole = np.s_[10:180, 200:270]
    yellow, blue = (np.full((40, 40, 4), (*colour, 255), np.uint8) for colour in ((250, 210, 20), (20, 20, 220)))
    result = _edit("these", _mask(landscape, hole), landscape, yellow, blue).pixels[hole].astype(int)
    assert result[:85, :, 0].mean() > result[:85, :, 2].mean()
    assert result[85:, :, 2].mean() > result[85:, :, 0].mean()


def test_an_unknown_thing_is_not_claimed(landscape: Pixels) -> None:
    """What cannot be drawn leaves the hole filled like its surroundings, and the answer says so."""
    hole = np.s_[10:110, 180:280]
    result = _edit("a purple glorp", _mask(landscape, hole), landscape)
    assert not result.followed
    assert not np.array_equal(result.pixels, landscape)


def test_the_same_seed_gives_the_same_bytes(landscape: Pixels) -> None:
    """Inpainting is deterministic, by its last state as well."""
    mask = _mask(landscape, np.s_[10:110, 180:280])
    first, second = (_edit("a cat", mask, landscape, seed=5).pixels for _ in range(2))
    assert np.array_equal(first, second)
    states = list(
        edit_stages(
            "a cat",
            [landscape],
            canonical(mask),
            size_of(landscape),
            seed=5,
            quality=Quality.LOW,
            transparent=False,
            fidelity=None,
        )
    )
    assert len(states) > 1
    assert np.array_equal(states[-1].pixels, first)


@pytest.mark.parametrize("transparent", [True, False])
def test_alpha_outside_the_hole_is_kept_or_laid_on_white(landscape: Pixels, *, transparent: bool) -> None:
    """Transparency of the input outlives an edit that may be transparent, and is white in one that may not."""
    landscape[150:, :, 3] = 0
    result = _edit("a cat", _mask(landscape, np.s_[10:60, 10:60]), landscape, transparent=transparent).pixels
    assert result[180, 20, 3] == (0 if transparent else 255)
    assert is_opaque(result) is not transparent
