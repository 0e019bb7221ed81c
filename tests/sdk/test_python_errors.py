"""The official Python SDK raises what it would raise at OpenAI, and retries only what a retry can mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest
from tests.sdk.conftest import Sent
from tests.serving import Server

SCHEMA = "invalid_request_error"
BACKEND = "image_generation_user_error"

REFUSED: dict[str, tuple[dict[str, Any], str, str | None, str | None]] = {
    "n below": ({"n": 0}, SCHEMA, "n", "integer_below_min_value"),
    "n above": ({"n": 11}, SCHEMA, "n", "integer_above_max_value"),
    "n as text": ({"n": "2"}, SCHEMA, "n", "invalid_type"),
    "n as decimal": ({"n": 1.5}, SCHEMA, "n", "invalid_type"),
    "n as boolean": ({"n": True}, SCHEMA, "n", "invalid_type"),
    "prompt empty": ({"prompt": ""}, SCHEMA, "prompt", "empty_string"),
    "prompt null": ({"prompt": None}, SCHEMA, "prompt", "invalid_type"),
    "prompt too long": ({"prompt": "x" * 32_001}, SCHEMA, "prompt", "string_above_max_length"),
    "quality unknown": ({"quality": "ultra"}, SCHEMA, "quality", "invalid_value"),
    "quality a number": ({"quality": 3}, SCHEMA, "quality", "invalid_type"),
    "format unknown": ({"output_format": "jpg"}, SCHEMA, "output_format", "invalid_value"),
    "moderation unknown": ({"moderation": "off"}, SCHEMA, "moderation", "invalid_value"),
    "compression above": ({"output_compression": 101}, SCHEMA, "output_compression", "integer_above_max_value"),
    "partial images below": ({"partial_images": -1}, SCHEMA, "partial_images", "integer_below_min_value"),
    "size no size": ({"size": "bogus"}, BACKEND, "size", "invalid_value"),
    "size zero": ({"size": "0x0"}, BACKEND, "size", "invalid_value"),
    "size odd": ({"size": "1025x1024"}, BACKEND, "size", "invalid_value"),
    "size too small": ({"size": "800x800"}, BACKEND, "size", "invalid_value"),
    "size too large": ({"size": "3856x1024"}, BACKEND, "size", "invalid_value"),
    "model unknown": ({"model": "nope"}, BACKEND, "model", "invalid_value"),
    "model retired": ({"model": "dall-e-3"}, BACKEND, "model", "invalid_value"),
    "transparent jpeg": (
        {"background": "transparent", "output_format": "jpeg"},
        BACKEND,
        None,
        "invalid_transparent_background_output_format",
    ),
    "png compressed": ({"output_compression": 50}, BACKEND, None, "invalid_png_output_compression"),
    "stream of two": ({"stream": True, "n": 2}, BACKEND, "input", "unsupported_parameter"),
}
"""What is wrong -> the parameter that is, and the error's type, param and code."""

REFUSED_STRICTLY: dict[str, tuple[dict[str, Any], str, str | None, str | None]] = {
    "unknown parameter": ({"extra_body": {"seed": 7}}, SCHEMA, "seed", "unknown_parameter"),
    "style": ({"style": "vivid"}, SCHEMA, "style", "unknown_parameter"),
    "response_format": ({"response_format": "b64_json"}, SCHEMA, "response_format", "unknown_parameter"),
    "newer family's quality": ({"quality": "max"}, SCHEMA, "quality", "invalid_value"),
    "model null": ({"model": None}, SCHEMA, "model", "invalid_type"),
    "model left out": ({"model": openai.omit}, SCHEMA, "model", "missing_required_parameter"),
}
"""What only a key of strictness `openai` refuses."""


@pytest.mark.parametrize(("asked", "error_type", "param", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_parameters_raise_openais_error(
    client: openai.OpenAI, sent: Sent, asked: dict[str, Any], error_type: str, param: str | None, code: str | None
) -> None:
    """Class, type, param and code are the live API's, and the request is sent once."""
    wish: Any = {"model": "gpt-image-2", "prompt": "x", **asked}
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(**wish)
    assert (caught.value.type, caught.value.param, caught.value.code) == (error_type, param, code)
    assert caught.value.request_id is not None
    assert caught.value.message.startswith("Error code: 400 - ")
    assert sent.retry_counts == ["0"]


@pytest.mark.parametrize(
    ("asked", "error_type", "param", "code"),
    [*REFUSED.values(), *REFUSED_STRICTLY.values()],
    ids=[*REFUSED.keys(), *REFUSED_STRICTLY.keys()],
)
def test_a_strict_key_is_refused_as_the_live_api_does(
    strict_client: openai.OpenAI, asked: dict[str, Any], error_type: str, param: str | None, code: str | None
) -> None:
    """Everything the product forgives is refused for such a key, with the live API's type, param and code."""
    wish: Any = {"model": "gpt-image-2", "prompt": "x", **asked}
    with pytest.raises(openai.BadRequestError) as caught:
        strict_client.images.generate(**wish)
    assert (caught.value.type, caught.value.param, caught.value.code) == (error_type, param, code)


@pytest.mark.parametrize("asked", REFUSED_STRICTLY.values(), ids=REFUSED_STRICTLY.keys())
def test_the_same_is_served_to_a_plain_key(client: openai.OpenAI, asked: tuple[dict[str, Any], Any, Any, Any]) -> None:
    """What only the live API refuses gives a picture under the product's rules."""
    wish: Any = {"model": "gpt-image-2", "prompt": "x", "size": "1024x640", **asked[0]}
    assert client.images.generate(**wish).data


def test_a_wrong_key_is_an_authentication_error(server: Server, sent: Sent) -> None:
    """401 with OpenAI's code, not retried, and the key is not repeated in full."""
    for wrong in ("sk-not-one-of-ours-at-all-0123456789", "My API Key"):
        with (
            openai.OpenAI(
                api_key=wrong,
                base_url=server.base_url,
                http_client=openai.DefaultHttpxClient(event_hooks={"request": [sent.note]}),
            ) as client,
            pytest.raises(openai.AuthenticationError) as caught,
        ):
            client.images.generate(prompt="x")
        assert caught.value.code == "invalid_api_key"
        assert wrong not in caught.value.message
    assert sent.retry_counts == ["0", "0"]


def test_an_unknown_route_is_not_found(client: openai.OpenAI, sent: Sent) -> None:
    """404, once."""
    with pytest.raises(openai.NotFoundError):
        client.post("/images/nothing", body={}, cast_to=object)
    assert sent.retry_counts == ["0"]


def test_an_unknown_model_cannot_be_retrieved(client: openai.OpenAI) -> None:
    """The models endpoint says 404 where the images endpoints say 400."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("nope")
    assert caught.value.code == "model_not_found"


def test_moderation_is_told_once_and_with_its_details(client: openai.OpenAI, sent: Sent) -> None:
    """A refused prompt is a bad request that no retry can mend."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="scripted-refusing", prompt="x")
    assert (caught.value.type, caught.value.code) == (BACKEND, "moderation_blocked")
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["moderation_details"] == {"moderation_stage": "input", "categories": ["violence"]}
    assert sent.retry_counts == ["0"]


def test_an_engine_failure_is_a_server_error(client: openai.OpenAI, sent: Sent) -> None:
    """500 with the backend's code, worth another try, and nothing about the engine."""
    with pytest.raises(openai.InternalServerError) as caught:
        client.with_options(max_retries=1).images.generate(model="scripted-failing", prompt="x")
    assert (caught.value.type, caught.value.code) == ("image_generation_server_error", "image_generation_failed")
    assert "script" not in caught.value.message
    assert sent.retry_counts == ["0", "1"]


def test_a_passing_trouble_is_mended_by_the_sdks_own_retry(client: openai.OpenAI, sent: Sent) -> None:
    """An engine that fails once is asked again, and the caller sees only the picture."""
    assert client.images.generate(model="scripted-flaky", prompt="x").data
    assert sent.retry_counts == ["0", "1"]


def test_the_second_engine_of_a_route_steps_in(client: openai.OpenAI, sent: Sent) -> None:
    """A failing engine is not the caller's business while another one can draw."""
    assert client.images.generate(model="scripted-second-choice", prompt="x").data
    assert sent.retry_counts == ["0"]


def test_a_caller_may_stop_waiting(client: openai.OpenAI) -> None:
    """The SDK's own timeout ends the wait, and the server serves on."""
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3, max_retries=0).images.generate(model="scripted-slow", prompt="x")
    assert client.images.generate(model="scripted-fast", prompt="x").data


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b"this is no picture at all", "invalid_image_file"),
        (b"", "invalid_image_file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "invalid_image_file"),
    ],
    ids=["text", "nothing", "broken"],
)
def test_an_unreadable_picture_is_refused(client: openai.OpenAI, sent: Sent, image: bytes, code: str) -> None:
    """Before anything is drawn or held."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.edit(model="scripted-fast", image=image, prompt="x")
    assert caught.value.code == code
    assert sent.retry_counts == ["0"]


def test_a_mask_of_another_size_is_refused(client: openai.OpenAI, picture_files: Path) -> None:
    """Mask and first picture must agree."""
    with pytest.raises(openai.BadRequestError, match="mask"):
        client.images.edit(
            model="scripted-fast", image=picture_files / "photo.jpg", mask=picture_files / "mask.png", prompt="x"
        )


def test_a_strict_key_may_not_send_untyped_files(strict_client: openai.OpenAI, picture_files: Path) -> None:
    """The live API judges a file by its part's type alone."""
    data = (picture_files / "photo.png").read_bytes()
    with pytest.raises(openai.BadRequestError) as caught:
        strict_client.images.edit(model="gpt-image-2", image=data, prompt="x")
    assert (caught.value.param, caught.value.code) == ("image", "unsupported_file_mimetype")


def test_a_strict_key_may_not_ask_for_input_fidelity(strict_client: openai.OpenAI, picture_files: Path) -> None:
    """gpt-image-2 reads its inputs at full fidelity always and says so."""
    with pytest.raises(openai.BadRequestError) as caught:
        strict_client.images.edit(
            model="gpt-image-2", image=picture_files / "photo.png", prompt="x", input_fidelity="high"
        )
    assert caught.value.param == "input_fidelity"


def test_a_strict_key_finds_no_variations(strict_client: openai.OpenAI, picture_files: Path) -> None:
    """The live API retired them."""
    with pytest.raises(openai.NotFoundError), pytest.warns(DeprecationWarning, match="deprecated"):
        strict_client.images.create_variation(image=picture_files / "photo.png")


def test_a_missing_file_id_is_told(client: openai.OpenAI) -> None:
    """A file nobody uploaded is named in the error."""
    with pytest.raises(openai.APIStatusError) as caught:
        client.post(
            "/images/edits",
            body={"model": "scripted-fast", "prompt": "x", "images": [{"file_id": "file-nothing"}]},
            cast_to=object,
        )
    assert caught.value.status_code in {400, 404}
    assert "file-nothing" in caught.value.message
