"""Edits of real photographs: each kind of instruction changes the pixels it names, and no others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from limner.engines.sketch.edit import EditResult, edit_stages, natural_size
from limner.imaging.pixels import Pixels, size_of
from limner.job import Quality

Load: TypeAlias = Callable[[str], Pixels]

SUBJECTS = {
    "cat": ((0.5, 0.5), (0.5, 0.97)),
    "astronaut": ((0.5, 0.3), (0.05, 0.6)),
    "cup": ((0.4, 0.5), (0.9, 0.03)),
    "rocket": ((0.75, 0.5), (0.3, 0.5)),
    "raccoon": ((0.4, 0.62), (0.2, 0.95)),
    "pagoda": ((0.5, 0.32), (0.2, 0.8)),
    "flower": ((0.5, 0.47), (0.15, 0.1)),
    "man": ((0.5, 0.2), (0.1, 0.8)),
}
"""Photograph -> a point of its subject and one of its background, as shares of height and width."""


def _edit(prompt: str, *images: Pixels, transparent: bool = False, fidelity: str | None = None) -> EditResult:
    *_, result = edit_stages(
        prompt,
        images,
        None,
        size_of(images[0]),
        seed=1,
        quality=Quality.LOW,
        transparent=transparent,
        fidelity=fidelity,
    )
    return result


def _around(pixels: Pixels, point: tuple[float, float]) -> Pixels:
    """The pixels about a point given as shares of height and width."""
    row, column = round(point[0] * pixels.shape[0]), round(point[1] * pixels.shape[1])
    return pixels[row - 4 : row + 5, column - 4 : column + 5]


@pytest.mark.parametrize("name", SUBJECTS)
def test_removing_the_background_leaves_the_subject(name: str, photograph: Load) -> None:
    """The subject keeps its pixels and the background becomes transparent."""
    subject, background = SUBJECTS[name]
    pixels = photograph(name)
    result = _edit("remove the background", pixels, transparent=True)
    assert result.followed
    assert np.array_equal(_around(result.pixels, subject), _around(pixels, subject))
    assert (_around(result.pixels, background)[..., 3] == 0).all()


@pytest.mark.parametrize("name", SUBJECTS)
def test_only_the_subject_is_recoloured(name: str, photograph: Load) -> None:
    """A named subject takes the colour; its background stays to the byte."""
    subject, background = SUBJECTS[name]
    pixels = photograph(name)
    result = _edit(f"make the {name} purple", pixels)
    assert result.followed
    dyed = _around(result.pixels, subject).reshape(-1, 4).mean(axis=0)
    assert dyed[2] > dyed[1] + 5
    assert np.array_equal(_around(result.pixels, background), _around(pixels, background))


@pytest.mark.parametrize("name", SUBJECTS)
def test_only_the_background_is_blurred(name: str, photograph: Load) -> None:
    """The subject stays sharp, to the byte, before a background out of focus."""
    subject, _ = SUBJECTS[name]
    pixels = photograph(name)
    result = _edit("blur the background", pixels)
    assert np.array_equal(_around(result.pixels, subject), _around(pixels, subject))
    assert np.any(result.pixels != pixels, axis=-1).mean() > 0.3


@pytest.mark.parametrize(("name", "ground"), [("pagoda", 0.7), ("man", 0.6), ("rocket", 0.95)])
def test_the_sky_is_changed_alone(name: str, ground: float, photograph: Load) -> None:
    """A darker sky is darker above and the same below."""
    pixels = photograph(name)
    result = _edit("make the sky darker", pixels)
    assert result.followed
    above, below = np.s_[: len(pixels) // 6, :, :3], np.s_[round(ground * len(pixels)) :]
    assert result.pixels[above].mean() < 0.9 * pixels[above].mean()
    assert np.array_equal(result.pixels[below], pixels[below])


@pytest.mark.parametrize("name", ["astronaut", "cat", "cup", "raccoon", "flower"])
def test_no_sky_is_made_up(name: str, photograph: Load) -> None:
    """Where there is no sky the wish is not claimed, and nothing is drawn into the picture."""
    pixels = photograph(name)
    result = _edit("make the sky darker", pixels)
    assert not result.followed
    assert np.abs(result.pixels.astype(int) - pixels).mean() < 25


@pytest.mark.parametrize(
    "prompt", ["remove the cat", "put the cat on a beach", "crop to the cat", "make the cat bigger"]
)
def test_what_cannot_be_found_is_not_put_there(prompt: str) -> None:
    """Where nothing stands out the wish is not claimed, and no cat is drawn for it."""
    pixels = np.full((180, 240, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(0).integers(90, 160, (180, 240, 3))
    result = _edit(prompt, pixels)
    assert not result.followed
    assert np.abs(result.pixels.astype(int) - pixels).mean() < 25


def test_a_crop_is_about_the_subject(photograph: Load) -> None:
    """Cropped to the flower, the picture shows more of it than before, whole."""
    pixels = photograph("flower")
    result = _edit("crop to the flower", pixels)
    assert result.followed

    def orange(shown: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return np.asarray(shown[..., 0].astype(int) - shown[..., 2] > 60)

    assert orange(result.pixels).mean() > 1.15 * orange(pixels).mean()
    assert not orange(result.pixels)[:2].any()


@pytest.mark.parametrize(
    ("name", "trace"),
    [
        ("flower", lambda shown: shown[..., 0].astype(int) - shown[..., 2] > 90),
        ("cup", lambda shown: shown[..., :3].min(axis=-1) > 190),
        ("pagoda", lambda shown: shown[..., 0].astype(int) - shown[..., 1] > 60),
        ("man", lambda shown: shown[..., :3].max(axis=-1) < 50),
    ],
)
def test_what_is_removed_leaves_no_trace(
    name: str, trace: Callable[[Pixels], np.ndarray[tuple[int, ...], np.dtype[np.bool_]]], photograph: Load
) -> None:
    """After removing the subject hardly any pixel has its colours, and what takes its place is no smear."""
    pixels = photograph(name)
    result = _edit(f"remove the {name}", pixels)
    assert result.followed
    assert trace(pixels).mean() > 0.02
    assert trace(result.pixels).mean() < 0.12 * trace(pixels).mean()
    filled = np.any(result.pixels != pixels, axis=-1)
    ground = pixels[~filled].astype(float)
    assert result.pixels[filled][:, :3].std() > 0.4 * ground[:, :3].std()


def test_the_subject_does_not_run_into_a_blurred_background(photograph: Load) -> None:
    """Beside an orange flower the leaves out of focus stay green."""
    pixels = photograph("flower")
    result = _edit("blur the background", pixels).pixels
    beside = np.s_[70:120, 50:68, :3]
    assert np.abs(result[beside].astype(int).mean(axis=(0, 1)) - pixels[beside].mean(axis=(0, 1))).max() < 8


def test_a_thing_is_drawn_in_the_photograph_s_light(photograph: Load) -> None:
    """The same balloon is darker in a night picture than by day, rounder than drawn, and casts no shade on air."""
    by_day, by_night = (photograph(name) for name in ("pagoda", "rocket"))
    corner = np.s_[:110, :110]
    results = [_edit("add a red balloon in the top left", pixels).pixels[corner] for pixels in (by_day, by_night)]
    reds = [shown[(shown[..., 0] > 100) & (shown[..., 1] < 110)][:, 0].astype(int) for shown in results]
    assert np.median(reds[0]) > np.median(reds[1]) + 25
    assert reds[0].std() > 8
    darker = results[0].astype(int).sum(axis=-1) < by_day[corner].astype(int).sum(axis=-1) - 20
    blue_or_grey = results[0][..., 0] <= results[0][..., 2]
    assert (darker & blue_or_grey).mean() < 0.02


def test_lights_stay_lit_at_night(photograph: Load) -> None:
    """When a picture is put into the night its lamps shine on while the sky goes dark and gets stars."""
    pixels = photograph("rocket")
    result = _edit("make it night", pixels)
    assert result.followed
    lamps = pixels[..., :3].min(axis=-1) > 245
    assert lamps.any()
    assert result.pixels[lamps][:, :3].mean() > 170
    sky = np.s_[20:60, 120:150, :3]
    assert result.pixels[sky].mean() < 90


def test_a_subject_goes_into_another_photograph(photograph: Load) -> None:
    """Put into a second picture the flower is there whole, beside that picture's subject, and without its leaves."""
    flower, pagoda = photograph("flower"), photograph("pagoda")
    result = _edit("put the first image into the second", flower, pagoda)
    assert result.followed
    orange = (result.pixels[..., 0].astype(int) - result.pixels[..., 2] > 90) & (result.pixels[..., 0] > 200)
    pagoda_s, right = np.s_[30:110, 70:140], np.s_[80:, 180:]
    assert orange[right].mean() > 0.15
    assert np.array_equal(result.pixels[pagoda_s], pagoda[pagoda_s])
    changed = np.any(result.pixels != pagoda, axis=-1)
    assert (changed & ~orange).mean() < 0.1


def test_side_by_side_shows_both_whole(photograph: Load) -> None:
    """At the size that suits them, each of two pictures is found from edge to edge."""
    pictures = photograph("flower"), photograph("man")
    size = natural_size("put them side by side", pictures)
    *_, result = edit_stages(
        "put them side by side",
        pictures,
        None,
        size,
        seed=1,
        quality=Quality.LOW,
        transparent=False,
        fidelity=None,
    )
    left, right = result.pixels[:, 4:322, :3], result.pixels[:, 328:-4, :3]
    for shown, whole in ((left, pictures[0]), (right, pictures[1])):
        for edge in (np.s_[10:60, 2:12], np.s_[10:60, -12:-2]):
            assert abs(float(shown[edge].mean()) - float(whole[edge][..., :3].mean())) < 12


def test_night_becomes_day(photograph: Load) -> None:
    """A dark sky becomes bright and blue, and what stands before it is well lit."""
    pixels = photograph("rocket")
    result = _edit("change night to day", pixels)
    assert result.followed
    sky = result.pixels[20:60, 120:150, :3].mean(axis=(0, 1))
    assert sky.mean() > 110
    assert sky[2] > sky[0] + 40
    assert result.pixels.mean() > 1.5 * pixels.mean()


def test_leaves_turn_in_autumn(photograph: Load) -> None:
    """Green leaves become yellow and red; fur keeps its colour nearly."""
    pixels = photograph("raccoon")
    result = _edit("make it autumn", pixels).pixels.astype(int)
    leaves = pixels[..., 1].astype(int) - np.maximum(pixels[..., 0], pixels[..., 2]) > 30
    assert leaves.mean() > 0.1
    assert (result[leaves][:, 0] > result[leaves][:, 1]).mean() > 0.8
    fur = np.s_[20:80, 40:120, :3]
    assert np.abs(result[fur] - pixels[fur]).mean() < 15


@pytest.mark.parametrize(
    ("prompt", "brighter", "purer"),
    [("a feeling of deep sadness", -1, -1), ("it has to feel joyful, you know", 1, 1)],
)
def test_a_wish_nobody_can_follow_still_has_its_mood(prompt: str, brighter: int, purer: int, photograph: Load) -> None:
    """Where nothing named can be done the picture is redone in the mood of the words, and that is said."""
    pixels = photograph("cat")
    result = _edit(prompt, pixels)
    assert not result.followed
    assert brighter * (float(result.pixels.mean()) - float(pixels.mean())) > 0

    def chroma(shown: Pixels) -> float:
        return float(np.ptp(shown[..., :3].astype(int), axis=-1).mean())

    assert purer * (chroma(result.pixels) - chroma(pixels)) > 0


def _orange(shown: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray((shown[..., 0].astype(int) - shown[..., 2] > 90) & (shown[..., 0] > 190))


def test_a_subject_is_replaced(photograph: Load) -> None:
    """A balloon is where the flower was, and of the flower nothing is left around it."""
    pixels = photograph("flower")
    result = _edit("replace the flower with a blue balloon", pixels)
    assert result.followed
    assert _orange(pixels).mean() > 0.1
    assert _orange(result.pixels).mean() < 0.01
    blue = result.pixels[..., 2].astype(int) - result.pixels[..., 0] > 60
    middle = np.s_[60:130, 130:185]
    assert blue[middle].mean() > 0.3
    assert not _edit("replace the flower with a flibbertigibbet", pixels).followed


def test_a_subject_is_moved_scaled_and_repeated(photograph: Load) -> None:
    """To the left the flower is on the left and no more in the middle; bigger it is more; twice it is twice."""
    pixels = photograph("flower")
    before = _orange(pixels)
    left = _orange(_edit("move the flower to the left", pixels).pixels)
    assert left[:, :120].mean() > before[:, :120].mean() + 0.05
    assert left[:160, 200:].mean() < 0.02
    bigger = _orange(_edit("make the flower bigger", pixels).pixels)
    assert bigger.mean() > 1.3 * before.mean()
    twice = _edit("duplicate the flower", pixels).pixels
    assert _orange(twice).mean() > 1.4 * before.mean()
    assert np.array_equal(twice[:, :100], pixels[:, :100])


def test_a_thing_is_put_beside_or_onto_the_subject(photograph: Load) -> None:
    """A crown stands on the pagoda's roof and a dog beside it; each leaves the rest of the picture alone."""
    pixels = photograph("pagoda")
    crowned = np.any(_edit("put a crown on the pagoda", pixels).pixels != pixels, axis=-1)
    rows, columns = np.nonzero(crowned)
    assert rows.max() < 80
    assert 80 < columns.mean() < 130
    joined = np.any(_edit("add a dog next to the pagoda", pixels).pixels != pixels, axis=-1)
    assert not joined[:60, 70:140].any()
    assert not joined[80:130, 100:115].any()
    assert 0.03 < joined.mean() < 0.3


def test_only_the_subject_keeps_its_colour(photograph: Load) -> None:
    """Selective colour greys the leaves and leaves the flower."""
    pixels = photograph("flower")
    result = _edit("keep only the flower in colour", pixels)
    assert result.followed
    assert np.ptp(result.pixels[:30, :60, :3].astype(int), axis=-1).max() <= 2
    assert np.array_equal(_around(result.pixels, (0.5, 0.47)), _around(pixels, (0.5, 0.47)))


@pytest.mark.parametrize(
    ("prompt", "claim"),
    [
        ("add a vignette", lambda new, old: new[:8, :8].mean() < 0.8 * old[:8, :8].mean()),
        ("add film grain", lambda new, old: np.abs(np.diff(new, axis=1)).mean() > np.abs(np.diff(old, axis=1)).mean()),
        (
            "denoise the photo",
            lambda new, old: np.abs(np.diff(new, axis=1)).mean() < np.abs(np.diff(old, axis=1)).mean(),
        ),
        ("add a white border", lambda new, _: new[:6].min() > 230),
        ("make it cinematic", lambda new, _: (new[new[..., 1] < 60][:, 2] > new[new[..., 1] < 60][:, 0]).mean() > 0.6),
        ("make it more dramatic", lambda new, old: new.std() > old.std()),
        ("enhance the photo", lambda new, old: new.std() > old.std()),
        (
            "brighten the top half",
            lambda new, old: new[:60].mean() > 1.1 * old[:60].mean() and (new[-60:] == old[-60:]).all(),
        ),
    ],
)
def test_a_finish_is_given(
    prompt: str, claim: Callable[[np.ndarray[tuple[int, ...], np.dtype[np.int64]], Any], bool], photograph: Load
) -> None:
    """Finishing touches do to the pixels what their names say."""
    pixels = photograph("man")
    result = _edit(prompt, pixels)
    assert result.followed
    assert claim(result.pixels[..., :3].astype(int), pixels[..., :3].astype(int))


def test_a_hole_in_the_sky_shows_no_seam(photograph: Load) -> None:
    """What fills a hole in an evening sky meets its rim: no step there is larger than the sky's own."""
    pixels = photograph("rocket")
    mask = np.zeros(pixels.shape[:2], np.uint8)
    hole = np.s_[15:75, 195:245]
    mask[hole] = 255
    *_, result = edit_stages(
        "remove it",
        [pixels],
        mask,
        size_of(pixels),
        seed=1,
        quality=Quality.LOW,
        transparent=False,
        fidelity=None,
    )
    outside, inside = (result.pixels[15:75, column, :3].astype(int).mean(axis=0) for column in (193, 197))
    assert np.abs(outside - inside).max() < 4
    assert np.array_equal(result.pixels[:, :195], pixels[:, :195])


def test_low_fidelity_redoes_all_of_a_photograph_and_high_keeps_its_detail(photograph: Load) -> None:
    """With low fidelity fur becomes brush strokes all over; with high not a pixel changes that need not."""
    pixels = photograph("raccoon")
    high, low = (_edit("flip it", pixels, fidelity=fidelity).pixels for fidelity in ("high", "low"))
    assert np.array_equal(high, pixels[:, ::-1])
    for part in (np.s_[:100, :150], np.s_[100:, 150:]):
        fine, coarse = (np.abs(np.diff(shown[part][..., 1].astype(int), axis=1)).mean() for shown in (high, low))
        assert coarse < 0.9 * fine


EDIT = """
import hashlib, sys
from pathlib import Path
import numpy as np
from limner.blobs import Blob
from limner.engines.sketch.edit import edit_stages
from limner.imaging.codec import decode_input
from limner.imaging.resize import stretch
from limner.job import Quality, Size
whole = decode_input(Blob.from_bytes(Path(sys.argv[1]).read_bytes(), "image/jpeg"), "image")
pixels = stretch(whole, Size(240, 160))
mask = np.zeros(pixels.shape[:2], np.uint8)
mask[40:90, 60:120] = 255
for prompt, hole in (
    ("remove the pagoda", None),
    ("make the pagoda blue, make the sky darker and make it autumn", None),
    ("put it on a beach", None),
    ("make it night and add a red balloon", None),
    ("a cat", mask),
    ("make it a watercolour", None),
):
    *_, result = edit_stages(
        prompt, [pixels], hole, Size(240, 160), seed=11, quality=Quality.MEDIUM, transparent=False, fidelity=None
    )
    assert result.followed, prompt
    print(hashlib.sha256(result.pixels.tobytes()).hexdigest())
"""


def test_processes_agree_on_every_edited_pixel() -> None:
    """Two processes with different hash seeds and numbers of threads edit a photograph into the same bytes."""
    photograph = Path(__file__).parent / "photographs" / "pagoda.jpg"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", EDIT, photograph],
            env={
                "PYTHONHASHSEED": seed,
                "VIPS_CONCURRENCY": threads,
                "OPENBLAS_NUM_THREADS": threads,
                "PYTHONPATH": ":".join(sys.path),
            },
            check=True,
            capture_output=True,
        ).stdout
        for seed, threads in (("1", "1"), ("2", "4"))
    }
    assert len(outputs) == 1
    assert len({*outputs.pop().split()}) == 6


@pytest.mark.parametrize(
    "prompt",
    [
        '<svg onload="alert(1)"><image href="file:///etc/passwd"/></svg>',
        'write "</svg><script>alert(1)</script>" at the top',
        "replace the background with <image xlink:href='http://127.0.0.1/x.png'/>",
        "remove the " + "very " * 6000 + "red cup",
        "add a thousand cats and " * 1200,
        "\x00\x1b[31m\u202e make it \ufdfd \U0001f600",
        "\u00a70 \u00a71 write \u00a72",
        "put the 99th image into the 0th",
        "rotate 999 degrees",
        "crop to the left, crop to the right, " * 40,
    ],
)
def test_hostile_instructions_are_only_text(prompt: str, photograph: Load) -> None:
    """Markup, control characters, endless and impossible wishes are words like others: an edit comes of them."""
    pixels = photograph("cup")
    result = _edit(prompt, pixels, photograph("cat"))
    assert size_of(result.pixels) == size_of(pixels)
    assert size_of(_edit(prompt, pixels).pixels) == size_of(pixels)
