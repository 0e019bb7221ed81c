"""Bodies that are no request, sent to a running server: each gets the envelope, none more than it is worth."""

from __future__ import annotations

import pytest
from tests.server.wire import FORM_END, FORM_TYPE, Caller, Part, Value, form, picture, text

MIB = 1024 * 1024
GENERATIONS = "/images/generations"
EDITS = "/images/edits"
SCHEMA = "invalid_request_error"
BACKEND = "image_generation_user_error"

BAD_JSON: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"prompt=a+cat",
    "invalid UTF-8": b'{"prompt": "\xff\xfe"}',
    "a lone surrogate": b'{"prompt": "\\ud800"}',
    "cut short": b'{"prompt": "a cat"',
    "an array": b'["prompt"]',
    "null": b"null",
    "a number": b"3",
    "NaN": b'{"prompt": "x", "n": NaN}',
    "very deep arrays": b'{"prompt": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "very deep objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "a byte order mark and rubbish": b"\xef\xbb\xbf{]",
}


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON.keys())
@pytest.mark.parametrize("path", [GENERATIONS, EDITS])
def test_a_body_that_is_no_json_object_is_refused(caller: Caller, path: str, body: bytes) -> None:
    """400 in OpenAI's words, without param and code."""
    answer = caller.post_json(path, body)
    assert answer.status == 400
    assert (answer.error["type"], answer.error["param"], answer.error["code"]) == (SCHEMA, None, None)


BAD_VALUES: dict[str, tuple[dict[str, Value], str, str]] = {
    **{
        f"size {size!r}": ({"size": size}, BACKEND, "size")
        for size in (
            "0x0", "1024X1024", "1e3x1024", "-1024x1024", " 1024x1024", "1024x1024\n", "1024x1024x1024", "1024x",
            "x", "1024 x 1024", "+1024x1024", "1_024x1024", "\uff11\uff10\uff12\uff14x1024", "9" * 5000 + "x1024",
            "0x400x400", "1024.0x1024", "99999999999999999999x16", "",
        )
    },
    "size a number": ({"size": 1024}, SCHEMA, "size"),
    "n as text": ({"n": "2"}, SCHEMA, "n"),
    "n as decimal": ({"n": 1.0}, SCHEMA, "n"),
    "n as boolean": ({"n": True}, SCHEMA, "n"),
    "n as list": ({"n": [1]}, SCHEMA, "n"),
    "n enormous": ({"n": 10**18}, SCHEMA, "n"),
    "n beyond every integer": ({"n": 10**40}, SCHEMA, "n"),
    "prompt a list": ({"prompt": ["a"]}, SCHEMA, "prompt"),
    "prompt an object": ({"prompt": {"text": "a"}}, SCHEMA, "prompt"),
    "model an object": ({"model": {}}, SCHEMA, "model"),
    "model a very long name": ({"model": "m" * 100_000}, BACKEND, "model"),
    "stream as text": ({"stream": "yes"}, SCHEMA, "stream"),
    "quality a list": ({"quality": ["low"]}, SCHEMA, "quality"),
    "user very long": ({"user": "u" * 100_000}, SCHEMA, "user"),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "error_type", "param"), BAD_VALUES.values(), ids=BAD_VALUES.keys())
def test_a_value_of_the_wrong_kind_is_refused(
    caller: Caller, wrong: dict[str, Value], error_type: str, param: str
) -> None:
    """400 naming the parameter; the answer repeats no more than a piece of what was sent."""
    answer = caller.post_json(GENERATIONS, {"model": "scripted-fast", "prompt": "x", **wrong})
    assert answer.status == 400
    assert (answer.error["type"], answer.error["param"]) == (error_type, param)
    assert len(answer.body) < 2000


@pytest.mark.parametrize(
    "prompt",
    ["a\u0000cat", "\u001b[31mred\u0007", "\u202eright to left", "\r\n\r\nHTTP/1.1 200 OK", " ", "🦊" * 32_000],
)
@pytest.mark.parametrize("model", ["gpt-image-2", "scripted-fast"])
def test_strange_characters_in_a_prompt_are_only_text(caller: Caller, prompt: str, model: str) -> None:
    """Control characters, whitespace alone and the longest prompt of the longest characters are drawn."""
    wish = {"model": model, "prompt": prompt, "user": "u\u0000\u001b[31m", "size": "1024x640"}
    answer = caller.post_json(GENERATIONS, wish)
    assert answer.status == 200, answer.body[:300]
    assert "\u001b" not in caller.server.log()


def test_names_of_unknown_parameters_cannot_split_a_header(caller: Caller) -> None:
    """`limner-parameters` names what was ignored without becoming two headers, whatever it was called."""
    wish: dict[str, Value] = {
        "model": "scripted-fast",
        "prompt": "x",
        **dict.fromkeys(("a\r\nset-cookie: b", "\u0000", "über", "", "x" * 50_000), 1),
    }
    answer = caller.post_json(GENERATIONS, wish)
    assert answer.status == 200, answer.body[:300]
    assert "set-cookie" not in answer.headers
    assert len(answer.headers["limner-parameters"]) < 10_000


def test_thousands_of_unknown_parameters_do_no_harm(caller: Caller) -> None:
    """The report has an end."""
    wish: dict[str, Value] = {"model": "scripted-fast", "prompt": "x", **{f"unknown_{i}": i for i in range(20_000)}}
    answer = caller.post_json(GENERATIONS, wish)
    assert answer.status == 200, answer.body[:300]
    assert len(answer.headers["limner-parameters"]) < 10_000


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "image/png", "x" * 5000]
)
@pytest.mark.parametrize("path", [GENERATIONS, EDITS, "/images/variations", "/files"])
def test_another_content_type_is_refused(caller: Caller, path: str, content_type: str) -> None:
    """400 and OpenAI's code."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = caller.request("POST", f"/openai/v1{path}", b"prompt=a", headers)
    assert answer.status == 400
    assert answer.error["code"] == "unsupported_content_type"
    assert len(answer.body) < 2000


BAD_FORMS: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", form(text("prompt", "x"))),
    "empty boundary": ("multipart/form-data; boundary=", form(text("prompt", "x"))),
    "another boundary": ("multipart/form-data; boundary=other", form(text("prompt", "x"))),
    "a boundary of 10 kB": ("multipart/form-data; boundary=" + "b" * 10_000, form(text("prompt", "x"))),
    "nothing": (FORM_TYPE, b""),
    "no end": (FORM_TYPE, form(text("prompt", "x"))[: -len(FORM_END)]),
    "a part without a name": (FORM_TYPE, form(text("prompt", "x")).replace(b'; name="prompt"', b"")),
    "a part without a head": (FORM_TYPE, b"--limner-test-boundary\r\nprompt\r\n" + FORM_END),
    "a name that is no UTF-8": (FORM_TYPE, form(text("prompt", "x")).replace(b"prompt", b"\xff\xfe")),
    "a text that is no UTF-8": (FORM_TYPE, form(Part(name="prompt", content=b"\xff\xfe"))),
    "a head of 100 kB": (FORM_TYPE, form(text("prompt" * 20_000, "x"))),
    "10,000 empty parts": (FORM_TYPE, form(*[text("a", "")] * 10_000)),
    "deep brackets": (FORM_TYPE, form(text("image" + "[a]" * 5000, "x"))),
    "a prompt of a megabyte": (FORM_TYPE, form(text("prompt", "x" * MIB))),
    "a prompt that is a file": (FORM_TYPE, form(Part(name="prompt", content=b"x", filename="p.txt"))),
    "an image that is text": (FORM_TYPE, form(text("image", "x"), text("prompt", "x"))),
    "no image": (FORM_TYPE, form(text("prompt", "x"))),
    "two masks": (FORM_TYPE, form(*[picture(b"x", "mask")] * 2, picture(b"x"), text("prompt", "x"))),
}


@pytest.mark.parametrize(("content_type", "body"), BAD_FORMS.values(), ids=BAD_FORMS.keys())
@pytest.mark.parametrize("path", [EDITS, "/files"])
def test_a_broken_form_is_refused(caller: Caller, path: str, content_type: str, body: bytes) -> None:
    """The envelope with 400 or 413, however the form is broken."""
    answer = caller.request("POST", f"/openai/v1{path}", body, {"Content-Type": content_type})
    assert answer.status in {400, 413}
    assert answer.error["type"] == SCHEMA
    assert len(answer.body) < 2000


def test_a_raw_node_buffer_is_refused_with_advice(caller: Caller) -> None:
    """Node's SDK turns a bare Buffer into one text part a byte; the message says what to do instead."""
    parts = [text(f"image[{i}]", str(i % 256)) for i in range(5000)]
    answer = caller.post_form(EDITS, text("prompt", "x"), *parts)
    assert answer.status == 400
    assert answer.error["param"] == "image"
    assert "toFile" in str(answer.error["message"])
