"""Bodies of success, byte for byte against golden files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from limner.blobs import Blob
from limner.contract.answers import images_body
from limner.contract.catalog import Catalog, Delivery, Model
from limner.contract.models import model_body, models_body
from limner.errors import NotFound
from limner.job import Answer, Background, Format, Quality, Size, Usage

Golden = Callable[[str], bytes]


def answer(pictures: int = 1, *, safety_identifier: str | None = None) -> Answer:
    """A job that delivered so many pictures."""
    return Answer(
        blobs=tuple(Blob.from_bytes(b"picture %d" % (at + 1), "image/webp") for at in range(pictures)),
        revised_prompts=('A "fine" cat',) * pictures,
        created_s=1790000000,
        size=Size(1536, 864),
        quality=Quality.LOW,
        background=Background.OPAQUE,
        output_format=Format.WEBP,
        usage=Usage(text_input_tokens=12, image_input_tokens=64, image_output_tokens=240),
        report={},
        safety_identifier=safety_identifier,
    )


def test_the_images_body(catalog: Catalog, golden: Golden) -> None:
    """Two spaces, recorded key order, no url and no revised_prompt."""
    assert b"".join(images_body(answer(2), catalog["gpt-image-2"])) == golden("images.json")


def test_the_safety_identifier_is_repeated(catalog: Catalog, golden: Golden) -> None:
    """Only when the caller gave one."""
    body = b"".join(images_body(answer(safety_identifier='who "is" it'), catalog["gpt-image-2"]))
    assert body == golden("images_identified.json")


def test_base64_is_spliced_and_not_copied(catalog: Catalog) -> None:
    """The very bytes of a blob's base64 are a chunk of the body."""
    told = answer()
    base64 = told.blobs[0].base64()
    assert any(chunk is base64 for chunk in images_body(told, catalog["gpt-image-2"]))


def test_dall_e_3_answers_with_urls_and_revised_prompts(catalog: Catalog, golden: Golden) -> None:
    """Its shape has neither usage nor echo keys."""
    body = images_body(answer(), catalog["own-dall-e-3"], Delivery.URL, ["https://x.example/0.png"])
    assert b"".join(body) == golden("dall_e_3_url.json")


def test_dall_e_3_answers_base64_when_asked(catalog: Catalog, golden: Golden) -> None:
    """`b64_json` stands in place of `url`."""
    assert b"".join(images_body(answer(), catalog["own-dall-e-3"])) == golden("dall_e_3_base64.json")


def test_dall_e_2_tells_no_prompts(catalog: Catalog, golden: Golden) -> None:
    """Even where the engine revised them."""
    urls = ["https://x.example/0.png", "https://x.example/1.png"]
    assert b"".join(images_body(answer(2), catalog["own-dall-e-2"], Delivery.URL, urls)) == golden("dall_e_2_urls.json")


def test_a_picture_without_its_url_is_a_defect(catalog: Catalog) -> None:
    """Rather than an answer with fewer pictures than were paid for."""
    with pytest.raises(ValueError, match="shorter"):
        images_body(answer(2), catalog["own-dall-e-2"], Delivery.URL, ["https://x.example/0.png"])


def test_the_models(catalog: Catalog, golden: Golden) -> None:
    """The list and one of it."""
    model = catalog["gpt-image-2"]
    own = Model(id="own", family="gpt-image-2", created_s=1)
    assert models_body({model.id: model, own.id: own}) == golden("models.json")
    assert model_body("gpt-image-2", catalog) == golden("model.json")


def test_an_unknown_model_is_not_found(catalog: Catalog) -> None:
    """In the words of the model endpoints, which differ from those of the image endpoints."""
    with pytest.raises(
        NotFound, match=r"^The model `nope` does not exist or you do not have access to it\.$"
    ) as raised:
        model_body("nope", catalog)
    assert (raised.value.param, raised.value.code) == ("model", "model_not_found")
