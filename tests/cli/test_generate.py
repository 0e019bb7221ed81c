"""`limner generate` and `limner edit`: what they ask, what they save, what they say."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from typer.testing import Result

PNG = b"\x89PNG\r\n\x1a\n-drawn"


class Api(Protocol):
    """The server of conftest.py."""

    status: int
    body: Any
    headers: dict[str, str]
    paths: list[str]
    keys: list[str | None]
    requests: list[bytes]
    base_url: str

    @property
    def fields(self) -> dict[str, Any]:
        """The last request's JSON."""
        ...


Limner = Callable[..., Result]


@pytest.fixture
def draw(limner: Limner, api: Api) -> Limner:
    """`limner` with the server's address and a key."""
    return lambda *arguments: limner(*arguments, LIMNER_BASE_URL=api.base_url, LIMNER_API_KEY="sk-test")


def b64(data: bytes) -> str:
    """Base64 as it stands in an answer."""
    return base64.b64encode(data).decode()


def test_a_picture_is_saved_and_its_name_is_the_result(draw: Limner, api: Api, folder: Path) -> None:
    """The file holds the answer's picture; standard output has its name and nothing else."""
    result = draw("generate", "a fox", "-o", "fox.png")
    assert (result.exit_code, result.stdout) == (0, "fox.png\n")
    assert (folder / "fox.png").read_bytes() == PNG
    assert (api.paths, api.keys) == (["/v1/images/generations"], ["Bearer sk-test"])
    assert api.fields == {"model": "gpt-image-2", "prompt": "a fox", "output_format": "png"}


def test_every_option_reaches_the_server(draw: Limner, api: Api) -> None:
    """Options become parameters by OpenAI's names; those not given are not sent."""
    options = "--size 1536x1024 --quality high --background opaque --format webp --compression 60 --seed 7 --model m"
    assert draw("generate", "a fox", "-o", "fox.bin", *options.split(), "--partials", "2").exit_code == 0
    assert api.fields == {
        "model": "m",
        "prompt": "a fox",
        "size": "1536x1024",
        "quality": "high",
        "background": "opaque",
        "output_format": "webp",
        "output_compression": 60,
        "seed": 7,
        "stream": True,
        "partial_images": 2,
    }


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.png", "png"), ("a.jpg", "jpeg"), ("a.JPEG", "jpeg"), ("a.webp", "webp"), ("a.gif", "gif"), ("a.svg", "svg")],
)
def test_the_format_follows_the_files_name(draw: Limner, api: Api, name: str, form: str) -> None:
    """The suffix decides, in capitals or not."""
    assert draw("generate", "a fox", "-o", name).exit_code == 0
    assert api.fields["output_format"] == form


@pytest.mark.parametrize("extra", [["--n", "2"], ["--format", "gif"], ["--format", "svg"]])
def test_what_cannot_be_streamed_is_asked_for_plainly(draw: Limner, api: Api, extra: list[str]) -> None:
    """Several pictures, GIF and SVG are refused with `stream`, so it is left out."""
    assert draw("generate", "a fox", "-o", "a.png", "--partials", "3", *extra).exit_code == 0
    assert "stream" not in api.fields


def test_several_pictures_are_numbered(draw: Limner, api: Api, folder: Path) -> None:
    """With two pictures the files are called -1 and -2, and both names are the result."""
    api.body = {"created": 1, "data": [{"b64_json": b64(b"one")}, {"b64_json": b64(b"two")}]}
    result = draw("generate", "a fox", "-o", "fox.png", "--n", "2")
    assert result.stdout == "fox-1.png\nfox-2.png\n"
    assert [(folder / f"fox-{number}.png").read_bytes() for number in (1, 2)] == [b"one", b"two"]


def test_a_streamed_answer_is_saved_when_it_is_complete(draw: Limner, api: Api, folder: Path) -> None:
    """Partial pictures move the bar; the completed one is what is saved."""
    events: list[dict[str, Any]] = [
        {"type": "image_generation.partial_image", "b64_json": b64(b"half"), "partial_image_index": 0},
        {"type": "image_generation.completed", "b64_json": b64(b"whole"), "size": "1024x1024", "quality": "low"},
    ]
    api.body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()
    result = draw("generate", "a fox", "-o", "fox.png", "--partials", "1")
    assert result.exit_code == 0
    assert (folder / "fox.png").read_bytes() == b"whole"
    assert "1024x1024, low quality" in result.stderr


def test_only_what_was_not_honoured_is_remarked_on(draw: Limner, api: Api) -> None:
    """The terminal shows what became of parameters that were not simply honoured."""
    api.headers = {"limner-parameters": 'size=honoured, quality=adapted;to="low", seed=ignored'}
    result = draw("generate", "a fox", "-o", "fox.png")
    assert result.stderr.splitlines()[-1] == 'quality=adapted;to="low", seed=ignored'


def test_json_tells_everything_the_answer_said(draw: Limner, api: Api) -> None:
    """A program gets files, echoed parameters, usage, request id and the report, and nothing on standard error."""
    api.body |= {"size": "1024x1024", "quality": "low", "output_format": "png", "usage": {"total_tokens": 3}}
    api.headers = {"x-request-id": "req_1", "limner-parameters": "size=honoured"}
    result = draw("generate", "a fox", "-o", "fox.png", "--json")
    assert result.stderr == ""
    assert json.loads(result.stdout) == {
        "files": ["fox.png"],
        "size": "1024x1024",
        "quality": "low",
        "output_format": "png",
        "usage": {"total_tokens": 3},
        "request_id": "req_1",
        "parameters": "size=honoured",
    }


def test_an_edit_uploads_its_pictures_and_mask(draw: Limner, api: Api, folder: Path) -> None:
    """Pictures come first on the command line, the prompt last."""
    for name in ("a.png", "b.png", "mask.png"):
        (folder / name).write_bytes(name.encode())
    result = draw("edit", "a.png", "b.png", "make it night", "--mask", "mask.png", "-o", "out.png")
    assert (result.exit_code, result.stdout) == (0, "out.png\n")
    assert api.paths == ["/v1/images/edits"]
    (body,) = api.requests
    for piece in (b'name="image[]"; filename="a.png"', b'name="image[]"; filename="b.png"', b'name="mask"'):
        assert piece in body
    assert b"make it night" in body


def test_openais_variables_are_read_where_ours_are_not_set(limner: Limner, api: Api) -> None:
    """Whoever has the SDK set up needs nothing more; our own names win."""
    openai = {"OPENAI_BASE_URL": api.base_url, "OPENAI_API_KEY": "sk-openai"}
    assert limner("generate", "a fox", "-o", "a.png", **openai).exit_code == 0
    assert limner("generate", "a fox", "-o", "a.png", **openai, LIMNER_API_KEY="sk-ours").exit_code == 0
    assert api.keys == ["Bearer sk-openai", "Bearer sk-ours"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "a fox"], "Missing option '--output'"),
        (["generate", "-o", "a.png"], "Missing argument 'PROMPT'"),
        (["generate", "a fox", "-o", "fox"], "tells no format"),
        (["generate", "a fox", "-o", "nowhere/fox.png"], "does not exist"),
        (["generate", "a fox", "-o", "a.png", "--n", "11"], "--n"),
        (["edit", "gone.png", "a fox", "-o", "a.png"], "does not exist"),
        (["nonsense"], "No such command 'nonsense'"),
        (["genrate"], "Did you mean 'generate'"),
    ],
)
def test_a_wrong_call_is_told_before_anything_is_asked(
    draw: Limner, api: Api, arguments: list[str], words: str
) -> None:
    """Exit code 2, a sentence on standard error, and no request."""
    result = draw(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert api.paths == []


def test_without_a_key_nothing_is_asked(limner: Limner, api: Api) -> None:
    """The refusal says where a key comes from."""
    result = limner("generate", "a fox", "-o", "a.png", LIMNER_BASE_URL=api.base_url)
    assert result.exit_code == 2
    assert "limner keys create NAME" in " ".join(result.stderr.replace("│", " ").split())
    assert api.paths == []


def test_a_refusal_is_one_line_with_the_request_id(draw: Limner, api: Api, folder: Path) -> None:
    """The server's message is shown as it is, without a traceback, and nothing is saved."""
    api.status = 400
    api.body = {"error": {"message": "Bad [size].", "type": "invalid_request_error", "param": "size", "code": None}}
    api.headers = {"x-request-id": "req_9"}
    result = draw("generate", "a fox", "-o", "a.png")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: Bad [size]. (request req_9)\n"
    assert list(folder.iterdir()) == []


def test_a_server_that_is_not_running_is_told(draw: Limner, api: Api) -> None:
    """A refused connection names the address and the likely cause."""
    api.base_url = "http://127.0.0.1:9/v1"
    result = draw("generate", "a fox", "-o", "a.png")
    assert (result.exit_code, result.stderr) == (
        1,
        "error: Cannot reach http://127.0.0.1:9/v1: is the server running?\n",
    )


def test_a_stream_without_an_end_is_told(draw: Limner, api: Api) -> None:
    """An answer that holds no picture is a failure, not an empty file."""
    api.body = b": nothing\n\n"
    result = draw("generate", "a fox", "-o", "a.png")
    assert (result.exit_code, result.stderr) == (1, "error: The stream ended before the picture was complete.\n")


def test_a_file_that_cannot_be_written_is_told(draw: Limner, folder: Path) -> None:
    """The system's reason is passed on."""
    (folder / "a.png").mkdir()
    result = draw("generate", "a fox", "-o", "a.png")
    assert (result.exit_code, result.stderr) == (1, "error: a.png: Is a directory\n")
