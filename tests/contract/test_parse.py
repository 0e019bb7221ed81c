"""What parsing yields: requests in canonical form, pictures as references, and what became of the rest."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.blobs import Blob
from limner.contract.catalog import Catalog, Delivery
from limner.contract.draft import Attached, Draft, FileId, Part, RemoteUrl
from limner.contract.families import FAMILIES, delivery_default, family_of, known_models
from limner.contract.fields import CHECKS, FIELD, FIELDS, PICTURES, UNKNOWN_NAMES, Endpoint, fields_of
from limner.contract.parse import parse_form, parse_json, unsupported_content_type
from limner.errors import CallerError, InvalidRequest, LimnerError
from limner.job import Background, Fate, Format, Kind, Moderation, Quality, Size, Strictness, Treatment

IGNORED = Treatment(Fate.IGNORED)
DATA_URL = "data:image/png;base64," + base64.b64encode(b"picture").decode()
FILE = {"file": "png"}
LENIENT, STRICT = Strictness.LIMNER, Strictness.OPENAI


def test_a_prompt_alone_is_a_request(send: Any) -> None:
    """Everything else has OpenAI's default, and the model is gpt-image-2."""
    draft = send("generations", {"prompt": "a cat"})
    request = draft.request
    assert (request.kind, request.model, request.prompt, request.n) == (Kind.GENERATION, "gpt-image-2", "a cat", 1)
    assert (request.size, request.quality, request.background) == (None, Quality.AUTO, Background.AUTO)
    assert (request.output_format, request.compression, request.moderation) == (Format.PNG, 100, Moderation.AUTO)
    assert (request.stream, request.partial_images, request.user, request.safety_identifier) == (False, 0, None, None)
    assert (draft.given, draft.unknown, draft.told, request.extra) == ((), (), {}, {})
    assert (draft.delivery, draft.images, draft.mask, draft.markup) == (Delivery.B64_JSON, (), None, None)


@pytest.mark.parametrize("rules", Strictness)
def test_every_field_reaches_the_request(rules: Strictness, send: Any) -> None:
    """A full request of the newest family is the same under both rules."""
    sent = {
        "model": "gpt-image-2.6-sunburst", "prompt": "a cat", "n": 1, "size": "1536x864", "quality": "xhigh",
        "background": "opaque", "output_format": "webp", "output_compression": 40, "moderation": "low", "stream": True,
        "partial_images": 2, "user": 12, "safety_identifier": "who", "complexity": "low",
    }  # fmt: skip
    draft = send("generations", sent, rules)
    request = draft.request
    assert (request.size, request.quality, request.background) == (Size(1536, 864), Quality.XHIGH, Background.OPAQUE)
    assert (request.output_format, request.compression, request.moderation) == (Format.WEBP, 40, Moderation.LOW)
    assert (request.stream, request.partial_images) == (True, 2)
    assert (request.user, request.safety_identifier) == ("12", "who")
    assert request.extra == {"complexity": "low"}
    assert draft.given == tuple(name for name in sent if name not in {"model", "prompt"})
    assert draft.told == {}


@pytest.mark.parametrize("rules", Strictness)
@pytest.mark.parametrize(
    "name", ["n", "size", "quality", "stream", "partial_images", "output_compression", "background", "output_format"]
)
def test_null_means_not_given(name: str, rules: Strictness, send: Any) -> None:
    """Observed August 2026: null is no error for these fields, and no parameter either."""
    draft = send("generations", {"model": "gpt-image-2", "prompt": "a cat", name: None}, rules)
    assert draft == send("generations", {"model": "gpt-image-2", "prompt": "a cat"}, rules)


@pytest.mark.parametrize("name", ["model", "user", "response_format", "style", "svg", "frame_count"])
def test_null_is_never_an_error_under_the_lenient_rules(name: str, send: Any) -> None:
    """The Python SDK sends null for None, whatever the field."""
    assert send("generations", {"prompt": "a cat", name: None}).given == ()


def test_a_null_mask_is_none(send: Any) -> None:
    """Observed August 2026 for JSON edits."""
    draft = send(
        "edits_json", {"model": "gpt-image-2", "prompt": "p", "images": [{"file_id": "f"}], "mask": None}, STRICT
    )
    assert draft.mask is None


@pytest.mark.parametrize("prompt", [" ", "\n", "a\0b\x1b[0m", "\U0001f600" * 32_000, "<|endoftext|>"])
@pytest.mark.parametrize("rules", Strictness)
def test_any_other_text_is_a_prompt(prompt: str, rules: Strictness, send: Any) -> None:
    """Whitespace, control characters and 32,000 characters of any width are data."""
    assert send("generations", {"model": "gpt-image-2", "prompt": prompt}, rules).request.prompt == prompt


@pytest.mark.parametrize(
    "size", ["816x816", "1024x640", "3840x2160", "2160x3840", "2880x2880", "1536x864", "3072x1024"]
)
@pytest.mark.parametrize("rules", Strictness)
def test_sizes_at_the_edges_are_accepted(size: str, rules: Strictness, send: Any) -> None:
    """Probed on the live API, August 2026: exactly 655,360 pixels, exactly 8,294,400 and exactly 3:1 pass."""
    request = send("generations", {"model": "gpt-image-2", "prompt": "p", "size": size}, rules).request
    assert str(request.size) == size


def test_auto_leaves_the_size_open(send: Any) -> None:
    """`auto` is the same as no size, in free and in listed families."""
    for model in ("gpt-image-2", "gpt-image-1.5"):
        assert send("generations", {"model": model, "prompt": "p", "size": "auto"}).request.size is None


@pytest.mark.parametrize(("sent", "meant"), [("standard", Quality.AUTO), ("hd", Quality.HIGH)])
def test_legacy_qualities_are_translated_and_told(sent: str, meant: Quality, send: Any) -> None:
    """dall-e's qualities mean one of today's, and the caller is told which."""
    draft = send("generations", {"prompt": "p", "quality": sent})
    assert draft.request.quality is meant
    assert draft.told == {"quality": Treatment(Fate.ADAPTED, meant.value)}


def test_a_dall_e_model_takes_its_own_qualities_untold(send: Any) -> None:
    """What a family knows needs no telling."""
    draft = send("generations", {"model": "own-dall-e-3", "prompt": "p", "quality": "hd", "style": "natural"}, STRICT)
    assert (draft.request.quality, draft.told) == (Quality.HIGH, {})
    assert draft.request.extra == {"style": "natural"}


def test_newer_parameters_are_kept_for_engines_that_can(send: Any) -> None:
    """Fields of a newer family are honoured where possible, whatever the model's own family has."""
    sent = {
        "prompt": "p", "quality": "max", "complexity": "high", "output_format": "gif", "frame_count": 4,
        "frame_duration_ms": 50, "input_fidelity": "high",
    }  # fmt: skip
    draft = send("generations", sent)
    assert (draft.request.quality, draft.request.output_format) == (Quality.MAX, Format.GIF)
    assert draft.request.extra == {
        "complexity": "high", "frame_count": 4, "frame_duration_ms": 50, "input_fidelity": "high",
    }  # fmt: skip
    assert draft.told == {}


def test_values_of_foreign_parameters_never_fail(send: Any) -> None:
    """Nonsense in a parameter the model's family lacks is told as ignored."""
    sent = {"complexity": 9, "frame_count": "many", "svg": [], "style": {}, "response_format": 5, "input_fidelity": "x"}
    draft = send("generations", {"prompt": "p", **sent})
    assert draft.told == dict.fromkeys(sent, IGNORED)
    assert draft.given == tuple(sent)
    assert draft.request.extra == {}


def test_parameters_out_of_place_are_ignored_and_told(send: Any) -> None:
    """Frames without a GIF, and an author without an SVG, mean nothing."""
    draft = send("generations", {"prompt": "p", "frame_count": 2, "frame_duration_ms": 20, "svg": {}})
    assert draft.told == dict.fromkeys(("frame_count", "frame_duration_ms", "svg"), IGNORED)
    assert draft.request.extra == {}


@pytest.mark.parametrize(
    "svg", [{"model": "m", "reasoning": {"effort": "low"}}, {"model": "m", "reasoning": {}}, {"model": "m"}]
)
@pytest.mark.parametrize("rules", Strictness)
def test_an_svg_names_its_author(svg: dict[str, Any], rules: Strictness, send: Any) -> None:
    """The object goes to the engine as it came."""
    sent = {"model": "gpt-image-2.6-flare", "prompt": "p", "output_format": "svg", "svg": svg}
    assert send("generations", sent, rules).request.extra == {"svg": svg}


def test_unknown_parameters_are_kept_and_named(send: Any) -> None:
    """An engine may know what the contract does not; pictures in the wrong place are named but not kept."""
    draft = send(
        "generations", {"seed": 3, "prompt": "p", "image": "x" * 9, "nested": {"a": [1]}, "nothing": None, "mask": 1}
    )
    assert draft.unknown == ("seed", "image", "nested", "nothing", "mask")
    assert draft.request.extra == {"seed": 3, "nested": {"a": [1]}}


@pytest.mark.parametrize(("asked", "fate"), [("url", Fate.IGNORED), ("b64_json", Fate.HONOURED)])
def test_gpt_image_models_always_answer_base64(asked: str, fate: Fate, send: Any) -> None:
    """`response_format` is accepted, and told as what it is: without effect, or what happens anyway."""
    draft = send("generations", {"prompt": "p", "response_format": asked})
    assert draft.delivery is Delivery.B64_JSON
    assert draft.told == {"response_format": Treatment(fate)}


@pytest.mark.parametrize(
    ("model", "asked", "delivery"),
    [
        ("own-dall-e-2", None, Delivery.URL),
        ("own-dall-e-2", "b64_json", Delivery.B64_JSON),
        ("own-dall-e-3", None, Delivery.B64_JSON),
        ("own-dall-e-3", "url", Delivery.URL),
    ],
)
def test_dall_e_models_deliver_as_asked(model: str, asked: str | None, delivery: Delivery, send: Any) -> None:
    """Without `response_format`, the operator's default for the model holds."""
    assert send("generations", {"model": model, "prompt": "p", "response_format": asked}).delivery is delivery


def test_an_empty_safety_identifier_is_none(send: Any) -> None:
    """OpenAI falls back to `user` when it is omitted, null or empty."""
    request = send("generations", {"prompt": "p", "safety_identifier": "", "user": "u"}).request
    assert (request.safety_identifier, request.user) == (None, "u")


# Pictures.


def test_json_pictures_are_references_in_order(send: Any) -> None:
    """A data: URL stays base64, an address and a file id are left to be fetched."""
    listed = [{"image_url": DATA_URL}, {"image_url": "https://x.example/a.png"}, {"file_id": "file-a"}]
    draft = send(
        "edits_json", {"model": "gpt-image-2", "prompt": "p", "images": listed, "mask": {"file_id": "file-m"}}, STRICT
    )
    first, second, third = draft.images
    assert isinstance(first, Attached)
    assert (first.param, first.blob.media_type, first.blob.read()) == ("images[0].image_url", "image/png", b"picture")
    assert second == RemoteUrl("https://x.example/a.png", "images[1].image_url")
    assert third == FileId("file-a", "images[2].file_id")
    assert draft.mask == FileId("file-m", "mask.file_id")


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        ("data:image/jpeg;base64,", "image/jpeg"),
        ("DATA:IMAGE/PNG;BASE64,", "image/png"),
        ("data:image/png;charset=utf-8;base64,", "image/png"),
        ("data:;base64,", "application/octet-stream"),
    ],
)
def test_data_urls_in_any_spelling(head: str, media_type: str, send: Any) -> None:
    """RFC 2397: scheme and type in any case, parameters before `;base64`, no type at all."""
    draft = send("edits_json", {"prompt": "p", "images": [{"image_url": head + "cGljdHVyZQ=="}]})
    assert draft.images[0].blob.media_type == media_type


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,", "data:image/png;base64,A", "data:image/png;base64,QQ=",
        "data:image/png;base64,QU\nE=",
        "data:image/png;base64,ü", "data:image/png;base64", "data:,QUE=", "data:image/png;base64,-_-_", "data:",
        "data:" + "x" * 300 + ";base64,QUE=",
    ],
)  # fmt: skip
def test_other_data_urls_are_no_picture(url: str, send: Any) -> None:
    """Anything but padded base64 of the standard alphabet is refused before anything is drawn."""
    with pytest.raises(CallerError, match=r"Invalid image data\.") as raised:
        send("edits_json", {"prompt": "p", "images": [{"image_url": url}]})
    assert raised.value.param == "images[0].image_url"


@pytest.mark.parametrize(
    "url", ["http://", "https://[::1", "https://x:port/", "file:///etc/passwd", "//x/y", "x.png", "https://x:0/"]
)
def test_other_addresses_are_refused(url: str, send: Any) -> None:
    """Only http and https with a host can be downloaded."""
    with pytest.raises(InvalidRequest, match="valid URL"):
        send("edits_json", {"prompt": "p", "images": [{"image_url": url}]})


def test_an_image_url_has_a_limit(send: Any) -> None:
    """20,971,520 characters, as OpenAI's document states."""
    url = {"repeat": ["data:,", 1, "x" * 20_971_515]}
    with pytest.raises(InvalidRequest, match="maximum length 20971520") as raised:
        send("edits_json", {"prompt": "p", "images": [{"image_url": url}]})
    assert raised.value.code == "string_above_max_length"


def test_other_keys_of_a_reference_are_ignored(send: Any) -> None:
    """Chat clients add `detail`; null is no second source."""
    listed = [{"image_url": DATA_URL, "file_id": None, "detail": "low"}]
    assert len(send("edits_json", {"prompt": "p", "images": listed}).images) == 1


@pytest.mark.parametrize("rules", Strictness)
def test_a_form_with_one_image(rules: Strictness, send: Any) -> None:
    """The commonest edit: `image`, `mask` and text parts, in any order."""
    sent = [
        ["image", FILE],
        ["n", "2"],
        ["stream", "false"],
        ["prompt", "a\r\nb"],
        ["mask", FILE],
        ["model", "gpt-image-2"],
    ]
    draft = send("edits_form", sent, rules)
    assert (draft.request.prompt, draft.request.n, draft.request.stream) == ("a\nb", 2, False)
    assert [reference.param for reference in draft.images] == ["image"]
    assert draft.mask.param == "mask"
    assert draft.given == ("n", "stream")


@pytest.mark.parametrize(
    "names", [["image[]", "image[]"], ["image", "image"], ["image", "image[]"], ["image[0]", "image[1]"]]
)
def test_lists_of_images_however_a_client_spells_them(names: list[str], send: Any) -> None:
    """Under the lenient rules several parts are a list, in the order sent."""
    draft = send("edits_form", [["prompt", "p"], *[[name, FILE] for name in names]])
    assert [reference.param for reference in draft.images] == ["image[0]", "image[1]"]


def test_a_list_of_one_image(send: Any) -> None:
    """Both SDKs write a list of one as `image[]`."""
    draft = send("edits_form", [["model", "gpt-image-2"], ["prompt", "p"], ["image[]", FILE]], STRICT)
    assert [reference.param for reference in draft.images] == ["image[0]"]


def test_nested_names_are_read_as_json(send: Any) -> None:
    """As the Python SDK writes objects and lists in a form."""
    sent = [
        ["prompt", "p"], ["images[][image_url]", DATA_URL], ["images[][file_id]", "file-a"],
        ["mask[file_id]", "file-m"],
        ["output_format", "svg"], ["svg[model]", "m"], ["svg[reasoning][effort]", "low"], ["extra[a][b]", "1"],
        ["list[]", "x"], ["list[]", "y"], ["pairs[][k]", "1"], ["pairs[][k]", "2"], ["seed", "1"], ["seed", "2"],
    ]  # fmt: skip
    draft = send("edits_form", sent)
    assert [reference.param for reference in draft.images] == ["images[0].image_url", "images[1].file_id"]
    assert draft.mask.param == "mask.file_id"
    assert draft.request.extra == {
        "svg": {"model": "m", "reasoning": {"effort": "low"}},
        "extra": {"a": {"b": "1"}},
        "list": ["x", "y"],
        "pairs": [{"k": "1"}, {"k": "2"}],
        "seed": 2,
    }
    assert draft.unknown == ("extra", "list", "pairs", "seed")


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("-7", -7), ("007", 7), ("3.5", 3.5), ("", ""), ("seven", "seven"), ("true", "true"), ("1e3", "1e3"),
     ("1.", "1."), ("9" * 19, "9" * 19), ("٣", "٣"), (" 7", " 7")],
)  # fmt: skip
def test_a_forms_seed_is_a_number(text: str, value: object, send: Any) -> None:
    """As it is in JSON, where the SDKs' `extra_body` keeps it one; a field that may be a text stays text."""
    sent = [["prompt", "p"], ["image", FILE], ["seed", text], ["guidance_scale", text], ["note", text]]
    extra = send("edits_form", sent).request.extra
    assert extra == {"seed": value, "guidance_scale": value, "note": text}
    assert [type(extra[name]) for name in extra] == [type(value), type(value), str]


def test_files_and_named_pictures_together(send: Any) -> None:
    """`extra_body` adds to the picture the SDK insists on; files come first."""
    draft = send("edits_form", [["prompt", "p"], ["images[][file_id]", "file-a"], ["image", FILE]])
    assert [reference.param for reference in draft.images] == ["image[0]", "images[0].file_id"]


def test_text_in_the_list_of_named_pictures_is_refused(send: Any) -> None:
    """`images[]` with text is neither an address nor an id."""
    with pytest.raises(InvalidRequest, match="expected an object, but got a string") as raised:
        send("edits_form", [["prompt", "p"], ["images[]", "x"]])
    assert raised.value.param == "images[0]"


def test_a_file_field_left_empty_in_a_browser_is_not_given(send: Any) -> None:
    """Browsers send it as a nameless file of no bytes."""
    draft = send("edits_form", [["prompt", "p"], ["image", FILE], ["mask", {"file": "empty"}]])
    assert draft.mask is None


@pytest.mark.parametrize("name", ["a[", "a]b", "[]", "[x]", "a[b]c", "", "a" + "[b]" * 9])
def test_strange_names_are_plain_names(name: str, send: Any) -> None:
    """Brackets that nest wrongly, or too deep, are letters like any other."""
    draft = send("edits_form", [["prompt", "p"], ["image", FILE], [name, "1"]])
    assert draft.unknown == (name,)
    assert draft.request.extra == {name: "1"}


def test_the_last_shape_of_a_repeated_name_stays(send: Any) -> None:
    """Text, list and object under one name: each replaces what does not fit it."""
    sent = [["prompt", "p"], ["image", FILE], ["a", "1"], ["a[]", "2"], ["a[k]", "3"]]
    assert send("edits_form", sent).request.extra == {"a": {"k": "3"}}


def test_a_variation_has_no_prompt(send: Any) -> None:
    """It takes dall-e-2's sizes for any model, and always answers in the model's own way."""
    draft = send("variations", [["image", FILE], ["size", "256x256"], ["response_format", "url"], ["n", "2"]])
    request = draft.request
    assert (request.kind, request.prompt, request.size, request.n) == (Kind.VARIATION, "", Size(256, 256), 2)
    assert draft.delivery is Delivery.B64_JSON


def test_markup_is_a_picture_too(send: Any) -> None:
    """Whether an engine can use it is not the contract's business."""
    draft = send("edits_form", [["prompt", "p"], ["image", FILE], ["mask", FILE], ["markup", FILE]])
    assert draft.markup.param == "markup"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"x"', b"1", b"NaN", b'{"n": NaN}', b'{"n": 1e999}', b'{"prompt": "\xff"}',
        b'{"prompt": "\\ud800"}', b'\xef\xbb\xbf{"prompt": "p"}', b"[" * 9999, b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"prompt": "p"} x', b"\0", b"prompt=p",
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(body: bytes, catalog: Catalog) -> None:
    """One message for all of it, as OpenAI's, with neither param nor code."""
    with pytest.raises(InvalidRequest, match=r"^We could not parse the JSON body of your request\.") as raised:
        parse_json(Kind.GENERATION, body, catalog, STRICT)
    assert (raised.value.param, raised.value.code) == (None, None)


def test_of_a_name_twice_in_json_the_last_counts(catalog: Catalog) -> None:
    """As every common JSON parser has it."""
    draft = parse_json(Kind.GENERATION, b'{"prompt": "a", "n": 1, "prompt": "b"}', catalog, LENIENT)
    assert draft.request.prompt == "b"


@pytest.mark.parametrize("n", ["18446744073709551616", "1e400"[:3], "123456789012345678901234567890"])
def test_huge_numbers_are_refused(n: str, catalog: Catalog) -> None:
    """Beyond 64 bits JSON numbers are read as decimals, which n never is."""
    with pytest.raises(InvalidRequest) as raised:
        parse_json(Kind.GENERATION, b'{"prompt": "p", "n": %s}' % n.encode(), catalog, LENIENT)
    assert raised.value.param == "n"


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        (Kind.GENERATION, "'application/json'"),
        (Kind.EDIT, "'application/json' or 'multipart/form-data'"),
        (Kind.VARIATION, "'multipart/form-data'"),
    ],
)
def test_other_content_types_are_refused(kind: Kind, accepted: str) -> None:
    """The message names what was sent and what is taken."""
    error = unsupported_content_type(kind, "text/plain")
    assert error.code == "unsupported_content_type"
    assert error.message == (
        f"Unsupported content type: 'text/plain'. This API method only accepts {accepted} requests, but you specified "
        "the header 'Content-Type: text/plain'. Please try again with a supported content type."
    )


@pytest.mark.parametrize("strictness", Strictness)
def test_an_operation_refuses_the_encoding_it_lacks(strictness: Strictness, catalog: Catalog) -> None:
    """Generations take no form, variations no JSON."""
    with pytest.raises(InvalidRequest, match="multipart/form-data"):
        parse_form(Kind.GENERATION, [], catalog, strictness)
    with pytest.raises(InvalidRequest, match="application/json"):
        parse_json(Kind.VARIATION, b"{}", catalog, strictness)


# The order of checks.

BROKEN: dict[str, Any] = {
    "model": "nope", "(unknown names)": ("zzz", 1), "prompt": "", "(pictures)": ("images", []), "n": 0, "size": "9x9",
    "quality": "ultra", "background": 1, "output_format": "bmp", "output_compression": 999, "moderation": "x",
    "stream": "x", "partial_images": 9, "input_fidelity": "x", "safety_identifier": 5, "user": [],
}  # fmt: skip


@pytest.mark.parametrize("endpoint", [Endpoint.GENERATIONS, Endpoint.EDITS_JSON])
def test_json_is_checked_in_the_live_order(endpoint: Endpoint, send: Any) -> None:
    """With everything broken, mending the field just refused brings up the next one of the order."""
    steps = [
        step
        for step in CHECKS[endpoint]
        if step in BROKEN and not (endpoint == "generations" and step == "input_fidelity")
    ]
    good = {"model": "gpt-image-2", "prompt": "p", "images": [{"file_id": "f"}]}
    sent: dict[str, Any] = {}
    for step in steps:
        name, value = BROKEN[step] if step in {UNKNOWN_NAMES, PICTURES} else (step, BROKEN[step])
        sent[name] = value
    for step in steps:
        name = BROKEN[step][0] if step in {UNKNOWN_NAMES, PICTURES} else step
        with pytest.raises(CallerError) as raised:
            send(endpoint.value, sent, STRICT)
        assert raised.value.param == name
        del sent[name]
        if name in good:
            sent[name] = good[name]


def test_a_form_is_checked_in_the_live_order(send: Any) -> None:
    """Observed August 2026: quality before output_compression, and size last of all."""
    broken = {
        "prompt": "",
        "n": "0",
        "quality": "x",
        "output_compression": "999",
        "user": {"file": "png"},
        "size": "9x9",
    }
    sent = dict(reversed(broken.items()))
    for name in broken:
        with pytest.raises(CallerError) as raised:
            send("edits_form", [["model", "gpt-image-2"], ["image", FILE], *sent.items()], STRICT)
        assert raised.value.param == name
        sent[name] = "p"
        if name != "prompt":
            del sent[name]


def test_every_field_has_its_place_in_the_order() -> None:
    """No field of an endpoint escapes its checks."""
    for endpoint, steps in CHECKS.items():
        pictures = {"image", "images", "mask", "markup"}
        names = {field.name for field in FIELDS if endpoint in field.where}
        assert names - pictures <= set(steps)
        assert (PICTURES in steps) == bool(names & pictures)


# Families.


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gpt-image-2", "gpt-image-2"), ("gpt-image-2-2026-04-21", "gpt-image-2"),
        ("gpt-image-2.5-flare", "gpt-image-2.5"),
        ("gpt-image-2.6-sunburst", "gpt-image-2.6"), ("gpt-image-1", "gpt-image-1"), ("gpt-image-1.5", "gpt-image-1.5"),
        ("gpt-image-1-mini", "gpt-image-1-mini"), ("chatgpt-image-latest", "gpt-image-1.5"), ("dall-e-2", "dall-e-2"),
        ("dall-e-3", "dall-e-3"), ("flux", None), ("gpt-image-20", None), ("xgpt-image-2", None),
    ],
)  # fmt: skip
def test_families_of_openais_names(name: str, family: str | None) -> None:
    """A snapshot follows its alias; other names have no family."""
    assert family_of(name) == family


def test_retired_models_are_not_known() -> None:
    """dall-e-2 and dall-e-3 exist only where an operator declares them."""
    models = known_models()
    assert {family_of(name) for name in models} == {name for name in FAMILIES if not name.startswith("dall-e")}
    assert all(model.created_s > 1_700_000_000 and model.delivery is Delivery.B64_JSON for model in models.values())
    assert (delivery_default("dall-e-3"), delivery_default("gpt-image-2")) == (Delivery.URL, Delivery.B64_JSON)


def test_a_family_narrows_the_widest_table() -> None:
    """Every choice and name of a family is known to the table it narrows."""
    for family in FAMILIES.values():
        for name, choices in family.choices.items():
            assert FIELD[name].choices == () or set(choices) <= set(FIELD[name].choices)
        assert family.fields <= set(FIELD)
    assert fields_of("dall-e-3", Endpoint.GENERATIONS)["n"].maximum == 1
    assert fields_of("dall-e-2", Endpoint.GENERATIONS)["size"].default == "1024x1024"


# Anything at all.

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    st.sampled_from([*FIELD, "image[]", "image[0]", "images[][file_id]", "mask[image_url]", "svg[model]", "n[]", "x"])
    | st.text()
)
LIKELY = st.sampled_from(
    [
        "gpt-image-2",
        "gpt-image-2.6-flare",
        "own-dall-e-3",
        "1",
        "true",
        "auto",
        "gif",
        "svg",
        "1024x1024",
        "high",
        DATA_URL,
    ]
)


@given(
    fields=st.dictionaries(NAMES, JSON | LIKELY, max_size=6),
    kind=st.sampled_from(Kind),
    rules=st.sampled_from(Strictness),
)
@settings(max_examples=300)
def test_any_json_object_yields_a_draft_or_a_refusal(
    fields: Any, kind: Kind, rules: Strictness, catalog: Catalog
) -> None:
    """Nothing but a LimnerError leaves the parser, and a draft's request is within the contract."""
    try:
        draft = parse_json(kind, orjson.dumps({"prompt": "p", **fields}), catalog, rules)
    except LimnerError:
        return
    assert_sane(draft)


@given(body=st.binary(max_size=64), kind=st.sampled_from(Kind), rules=st.sampled_from(Strictness))
def test_any_bytes_yield_a_draft_or_a_refusal(body: bytes, kind: Kind, rules: Strictness, catalog: Catalog) -> None:
    """Nothing but a LimnerError leaves the parser."""
    with pytest.raises(LimnerError):
        parse_json(kind, body, catalog, rules)


PARTS = st.builds(Part, name=NAMES, text=st.text() | LIKELY) | st.builds(
    Part,
    name=NAMES,
    filename=st.text(max_size=3) | st.none(),
    blob=st.binary(max_size=3).map(lambda data: Blob.from_bytes(data, "image/png")),
)


@given(parts=st.lists(PARTS, max_size=8), kind=st.sampled_from(Kind), rules=st.sampled_from(Strictness))
@settings(max_examples=300)
def test_any_parts_yield_a_draft_or_a_refusal(
    parts: list[Part], kind: Kind, rules: Strictness, catalog: Catalog
) -> None:
    """Nothing but a LimnerError leaves the parser, and a draft's request is within the contract."""
    base = [Part(name="prompt", text="p"), Part(name="image[]", filename="a", blob=Blob.from_bytes(b"x", "image/png"))]
    try:
        draft = parse_form(kind, [*base, *parts], catalog, rules)
    except LimnerError:
        return
    assert_sane(draft)


def assert_sane(draft: Draft) -> None:
    """What later layers rely on."""
    request = draft.request
    assert 1 <= request.n <= 10
    assert 0 <= request.compression <= 100
    assert 0 <= request.partial_images <= 3
    assert not (request.stream and request.n > 1)
    assert len(request.prompt) <= 32_000
    assert (len(draft.images) >= 1) == (request.kind is not Kind.GENERATION)
    assert set(draft.told) <= set(draft.given)
    assert not set(draft.given) & set(draft.unknown)
