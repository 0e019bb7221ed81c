"""What is demanded of pictures, in the live API's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from limner.contract.draft import Draft
from limner.contract.pictures import check_declared_types, check_pictures
from limner.errors import CallerError
from limner.job import Format, ImageFacts, Size, Strictness

SQUARE = Size(64, 64)
PHOTO = ImageFacts(Format.JPEG, SQUARE, has_alpha=False, frames=1)
GLASS = ImageFacts(Format.PNG, SQUARE, has_alpha=True, frames=1)
FILE = {"file": "png"}
TAKEN = (
    "Invalid file '{}': unsupported mimetype ('{}'). Supported file formats are 'image/jpeg', 'image/png', and "
    "'image/webp'."
)
LENIENT, STRICT = Strictness.LIMNER, Strictness.OPENAI


@pytest.fixture
def form(send: Any) -> Draft:
    """Two files, a mask and markup, for a family that has all of them."""
    names = ("image[]", "image[]", "mask", "markup")
    draft: Draft = send(
        "edits_form", [["model", "gpt-image-2.5-flare"], ["prompt", "p"], *([name, FILE] for name in names)]
    )
    return draft


@pytest.fixture
def listed(send: Any) -> Draft:
    """The same from JSON: a data: URL and a file id, and a mask by address."""
    images = [{"image_url": "data:image/png;base64,QUFB"}, {"file_id": "file-a"}]
    mask = {"image_url": "https://x.example/mask.png"}
    draft: Draft = send("edits_json", {"prompt": "p", "images": images, "mask": mask})
    return draft


def refusal(
    draft: Draft, images: Sequence[ImageFacts | None], mask: ImageFacts | None = GLASS, **more: Any
) -> tuple[Any, ...]:
    """Type, param, code and message of the error that these facts raise."""
    with pytest.raises(CallerError) as raised:
        check_pictures(draft, images, mask, more.pop("strictness", LENIENT), **({"markup": GLASS} | more))
    return raised.value.type, raised.value.param, raised.value.code, raised.value.message


@pytest.mark.parametrize("strictness", Strictness)
def test_good_pictures_pass(strictness: Strictness, form: Draft, listed: Draft) -> None:
    """PNG, WebP and JPEG of any size, a mask and markup of the first picture's size with alpha."""
    check_pictures(
        form, (PHOTO, ImageFacts(Format.WEBP, Size(1, 9), has_alpha=True, frames=1)), GLASS, strictness, GLASS
    )
    check_pictures(listed, (PHOTO, GLASS), GLASS, strictness)


def test_no_picture_is_refused_by_number(form: Draft) -> None:
    """Counting from 1, as OpenAI's messages of 2026 do."""
    assert refusal(form, (PHOTO, None)) == (
        "image_generation_user_error",
        None,
        "invalid_image_file",
        "Invalid image file or mode for image 2, please check your image file.",
    )
    assert refusal(form, (PHOTO, PHOTO), None)[3].startswith("Invalid image file or mode for mask,")
    assert refusal(form, (PHOTO, PHOTO), markup=None)[3].startswith("Invalid image file or mode for markup,")


def test_animations_are_refused(form: Draft) -> None:
    """Only still pictures can be edited."""
    moving = ImageFacts(Format.WEBP, SQUARE, has_alpha=True, frames=2)
    assert refusal(form, (moving, PHOTO))[2] == "invalid_image_file"


def test_other_formats_are_refused_by_what_they_are(form: Draft) -> None:
    """Whatever type the part declared; recorded September 2025 for declared types."""
    gif = ImageFacts(Format.GIF, SQUARE, has_alpha=True, frames=5)
    assert refusal(form, (PHOTO, gif)) == (
        "invalid_request_error",
        "image[1]",
        "unsupported_file_mimetype",
        TAKEN.format("image[1]", "image/gif"),
    )


def test_pictures_named_in_json_are_refused_by_field(listed: Draft) -> None:
    """Recorded August 2026 for image_url; a file id is a file again."""
    invalid = ("image_generation_user_error", "images[0].image_url", "invalid_image_file", "Invalid image data.")
    assert refusal(listed, (None, PHOTO)) == invalid
    assert refusal(listed, (PHOTO, PHOTO), None)[1] == "mask.image_url"
    assert refusal(listed, (PHOTO, None))[3].startswith("Invalid image file or mode for image 2,")


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        (ImageFacts(Format.PNG, Size(64, 65), has_alpha=True, frames=1), "mask size does not match image size"),
        (ImageFacts(Format.PNG, SQUARE, has_alpha=False, frames=1), "mask image missing alpha channel"),
    ],
)
def test_a_mask_fits_the_first_picture(mask: ImageFacts, why: str, form: Draft) -> None:
    """Same size, and an alpha channel to say where."""
    expected = ("image_generation_user_error", None, "invalid_mask_image_format", f"Invalid mask image format - {why}")
    assert refusal(form, (PHOTO, PHOTO), mask) == expected


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (ImageFacts(Format.PNG, Size(64, 65), has_alpha=True, frames=1), "markup size does not match image size"),
        (ImageFacts(Format.PNG, SQUARE, has_alpha=False, frames=1), "markup image missing alpha channel"),
    ],
)
def test_markup_fits_the_first_picture(markup: ImageFacts, why: str, form: Draft) -> None:
    """As OpenAI's reference demands of it."""
    assert refusal(form, (PHOTO, PHOTO), markup=markup)[3] == f"Invalid markup image format - {why}"


def test_markup_a_family_lacks_is_not_looked_at(send: Any) -> None:
    """It is never an error there, whatever it is."""
    draft = send("edits_form", [["prompt", "p"], ["image", FILE], ["markup", FILE]])
    check_pictures(draft, (PHOTO,), None, LENIENT, None)


def test_dall_e_2_takes_png_alone_under_the_strict_rules(send: Any) -> None:
    """The lenient rules leave a JPEG to the engine."""
    draft = send("edits_form", [["model", "own-dall-e-2"], ["prompt", "p"], ["image", FILE]])
    check_pictures(draft, (PHOTO,), None, LENIENT)
    check_pictures(draft, (GLASS,), None, STRICT)
    with pytest.raises(CallerError, match="must be a PNG"):
        check_pictures(draft, (PHOTO,), None, STRICT)


def test_the_declared_type_decides_under_the_strict_rules(send: Any) -> None:
    """Recorded September 2025: audio is refused before a byte is looked at, and so is octet-stream."""
    draft = send("edits_form", [["prompt", "p"], ["image[]", {"file": "wav"}], ["mask", FILE]])
    check_declared_types(draft, LENIENT)
    with pytest.raises(CallerError) as raised:
        check_declared_types(draft, STRICT)
    assert raised.value.code == "unsupported_file_mimetype"
    assert raised.value.message == TAKEN.format("image[0]", "audio/wav")


def test_types_of_pictures_from_json_do_not_matter(listed: Draft, form: Draft) -> None:
    """Only file parts declare one; good ones pass."""
    check_declared_types(listed, STRICT)
    check_declared_types(form, STRICT)
