"""The upstream engine against servers that behave as the real ones do, well and badly."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.engines.upstream.emulator import Emulator, Script, emulating
from tests.engines.upstream.enforcement import KEY, envelope

from limner.blobs import Blob
from limner.clock import SystemClock
from limner.engine import Event, Finished, Partial, Probe
from limner.engines.upstream.dialects import DIALECTS
from limner.engines.upstream.engine import UpstreamEngine
from limner.engines.upstream.settings import UpstreamSettings
from limner.errors import (
    EngineError,
    EngineFailed,
    EngineRefused,
    EngineUnavailable,
    InvalidImageRequest,
    LimnerError,
    ModerationBlocked,
    UpstreamFault,
)
from limner.imaging.codec import encode, inspect
from limner.job import Fate, Format, ImageRequest, Kind, Moderation, Quality, Size, Treatment, Usage
from limner.outbound import MODELS_BYTES_MAX

SIZE = Size(1024, 1024)
WISH = ImageRequest(kind=Kind.GENERATION, model="served", prompt="an apple", size=SIZE)
STREAM = replace(WISH, stream=True, partial_images=2)

LOW = Quality.LOW

Ask = Callable[..., Any]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """What a test opens, closed after it."""
    async with AsyncExitStack() as opened:
        yield opened


async def behind(
    stack: AsyncExitStack, dialect: str = "openai", script: Script | None = None, **settings: Any
) -> tuple[UpstreamEngine, Emulator]:
    """An engine in front of an emulated server."""
    server = await stack.enter_async_context(emulating(dialect, script))
    engine = UpstreamEngine(
        UpstreamSettings.model_validate({"dialect": dialect, "base_url": server.url, "key": KEY, **settings}),
        SystemClock(),
    )
    stack.push_async_callback(engine.close)
    return engine, server


async def events(engine: UpstreamEngine, request: ImageRequest = WISH) -> list[Event]:
    """Everything one run says."""
    return [event async for event in engine.run(request)]


async def finished(engine: UpstreamEngine, request: ImageRequest = WISH) -> Finished:
    """The one event of a plain run."""
    [last] = await events(engine, request)
    assert isinstance(last, Finished)
    return last


def png(mode: str = "RGB", corner: tuple[int, int, int, int] | None = None) -> Blob:
    """A square PNG; its bottom-right corner in another colour or see-through."""
    pixels = np.full((256, 256, len(mode)), 255, np.uint8)
    if corner is not None:
        pixels[200:, 200:] = corner[: len(mode)]
    buffer = BytesIO()
    Image.fromarray(pixels, mode).save(buffer, "PNG")
    return Blob.from_bytes(buffer.getvalue(), "image/png")


EDIT = replace(WISH, kind=Kind.EDIT, images=(png(),))


def fitted(request: ImageRequest, engine: UpstreamEngine) -> ImageRequest:
    """`request` with a size and format the engine's server has."""
    ability = engine.ability
    size = request.size if ability.sizes is None else min(ability.sizes)
    output_format = request.output_format if request.output_format in ability.formats else min(ability.formats)
    return replace(request, size=size, output_format=output_format, images=request.images[: ability.images_max])


WISHES = {Kind.GENERATION: WISH, Kind.EDIT: EDIT}


@pytest.mark.parametrize(
    ("dialect", "kind"), [(name, kind) for name in DIALECTS for kind in WISHES if kind in DIALECTS[name].ability.kinds]
)
async def test_every_dialect_is_understood(dialect: str, kind: Kind, stack: AsyncExitStack) -> None:
    """A server that refuses what the real one refuses delivers, and was asked for its own size."""
    engine, server = await behind(stack, dialect)
    request_ = WISHES[kind]
    last = await finished(engine, fitted(request_, engine))
    assert len(last.pictures) == 1
    assert len((await finished(engine, replace(fitted(request_, engine), size=None))).pictures) == 1
    assert server.asked[0].images == tuple(image.read() for image in request_.images)
    assert server.asked[0].fields["prompt"] == "an apple"


async def test_a_mask_that_keeps_nothing_is_only_asked_for_one_picture(stack: AsyncExitStack) -> None:
    """LocalAI inpaints one picture at a time; several are an edit like any other, and Limner keeps the rest."""
    engine, server = await behind(stack, "localai", mask=True)
    assert (engine.ability.n_max, engine.ability.mask, engine.ability.mask_kept) == (1, True, False)
    mask = png("RGBA", (0, 0, 0, 0))
    await finished(engine, replace(EDIT, mask=mask))
    await finished(engine, replace(EDIT, mask=mask, images=EDIT.images * 2))
    assert [asked.path for asked in server.asked] == ["/v1/images/inpainting", "/v1/images/generations"]


async def test_a_mask_of_another_format_is_taken_by_who_wants_a_png(stack: AsyncExitStack) -> None:
    """OpenAI refuses any other; the corner is the caller's."""
    engine, server = await behind(stack)
    pixels = np.full((256, 256, 4), 255, np.uint8)
    pixels[:99, 200:, 3] = 0
    await finished(engine, replace(EDIT, mask=encode(pixels, Format.WEBP, 100, opaque=False)))
    assert server.asked[0].repainted == "top-right"


async def test_the_format_is_asked_for_as_the_server_has_it(stack: AsyncExitStack) -> None:
    """By `Accept`, where the answer is the file, or in the server's own word."""
    jpeg = replace(WISH, output_format=Format.JPEG)
    fireworks, server = await behind(stack, "fireworks")
    assert (await finished(fireworks, fitted(jpeg, fireworks))).pictures[0].blob.media_type == "image/jpeg"
    assert server.asked[0].headers["Accept"] == "image/jpeg"
    nebius, server = await behind(stack, "nebius")
    assert (await finished(nebius, jpeg)).pictures[0].blob.media_type == "image/jpeg"
    assert server.asked[0].fields["response_extension"] == "jpg"


async def test_a_file_its_server_has_blurred_is_moderation(stack: AsyncExitStack) -> None:
    """A header beside the bytes tells."""
    engine, _ = await behind(stack, "fireworks", Script(headers={"finish-reason": "CONTENT_FILTERED"}))
    with pytest.raises(ModerationBlocked) as blocked:
        await finished(engine, fitted(WISH, engine))
    assert blocked.value.stage == "output"


async def test_a_model_in_an_address_cannot_leave_its_place(stack: AsyncExitStack) -> None:
    """Slashes and dots of a name are no part of the path."""
    engine, server = await behind(stack, "fireworks", model="../../models?x=/y")
    with pytest.raises(EngineUnavailable):
        await finished(engine, fitted(WISH, engine))
    assert server.asked[0].path.endswith("/models/../../models?x=/y/text_to_image")
    assert not server.asked[0].query


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("dialect", "version", "asked"),
    [("azure", None, {}), ("azure", "preview", {"api-version": "preview"}),
     ("azure-deployment", None, {"api-version": "2025-04-01-preview"}),
     ("azure-deployment", "2026-02-01", {"api-version": "2026-02-01"})],
)  # fmt: skip
async def test_azure_has_two_kinds_of_address(
    dialect: str, version: str | None, asked: dict[str, str], slash: str, stack: AsyncExitStack
) -> None:
    """One asks for a model, the other has a deployment and a version in it."""
    server = await stack.enter_async_context(emulating(dialect))
    engine, _ = await behind(stack, dialect, base_url=server.url + slash, api_version=version)
    for wish in (WISH, EDIT):
        await finished(engine, wish)
    assert [one.path for one in server.asked] == [f"{server.base}/images/{name}" for name in ("generations", "edits")]
    assert [dict(one.query) for one in server.asked] == [asked] * 2


async def test_a_size_that_a_server_needs_is_always_said(stack: AsyncExitStack) -> None:
    """OpenAI's square for `auto`, or the nearest of the operator's own list."""
    for sizes, said in ((None, "1024x1024"), (["1664x928", "1328x1328"], "1664x928")):
        engine, server = await behind(stack, "siliconflow", sizes=sizes)
        await finished(engine, replace(WISH, size=None))
        assert server.asked[0].fields["image_size"] == said


async def test_several_pictures_have_their_numbered_fields(stack: AsyncExitStack) -> None:
    """In the caller's order."""
    engine, server = await behind(stack, "siliconflow-edit")
    await finished(engine, replace(EDIT, images=(png(), png("RGBA"), png())))
    assert server.asked[0].images == tuple(image.read() for image in (png(), png("RGBA"), png()))


@pytest.mark.parametrize(
    ("dialect", "told", "read"),
    [("limner", "size=ignored", {"size": Treatment(Fate.IGNORED)}), ("limner", "size=ignored,", {}),
     ("limner", "é", {}), ("openai", "size=ignored", {})],
)  # fmt: skip
async def test_only_another_limners_report_is_read(
    dialect: str, told: str, read: dict[str, Treatment], stack: AsyncExitStack
) -> None:
    """And only a well-formed one; other servers' headers say nothing."""
    engine, _ = await behind(stack, dialect, Script(headers={"limner-parameters": told}))
    assert (await finished(engine)).told == read


async def test_usage_and_cost_are_the_servers_own(stack: AsyncExitStack) -> None:
    """Tokens where they are OpenAI's, nano-dollars where the server says what it charges, otherwise nothing."""
    openai, _ = await behind(stack)
    last = await finished(openai)
    assert last.usage == Usage(
        text_input_tokens=10, image_input_tokens=20, text_output_tokens=4, image_output_tokens=196
    )
    assert (last.cost_nusd, last.quality) == (None, Quality.HIGH)
    xai, _ = await behind(stack, "xai")
    last = await finished(xai, fitted(WISH, xai))
    assert (last.usage, last.cost_nusd) == (None, 40_000_000)
    recraft, _ = await behind(stack, "recraft")
    assert (await finished(recraft, fitted(WISH, recraft))).cost_nusd == 40_000_000


BY_TOKEN = {"text_input_usd": "5", "image_input_usd": "8", "text_output_usd": "10", "image_output_usd": "30"}
BY_TOKEN_NUSD = 10 * 5_000 + 20 * 8_000 + 4 * 10_000 + 196 * 30_000
BY_MEGAPIXEL = {"first_megapixel_usd": "0.03", "further_megapixel_usd": "0.01", "input_megapixel_usd": "0.002"}


@pytest.mark.parametrize(
    ("dialect", "cost", "request_", "cost_nusd"),
    [
        ("sglang", {"per_image_usd": "0.02"}, replace(WISH, n=2), 40_000_000),
        ("sglang", {"bands": [{"usd": {"low": "0.01", "high": "0.02"}}]}, replace(WISH, quality=LOW), 10_000_000),
        ("sglang", BY_MEGAPIXEL, replace(WISH, size=Size(2048, 1024)), 40_000_000),
        ("sglang", BY_MEGAPIXEL, EDIT, 32_000_000),
        ("sglang", BY_MEGAPIXEL, replace(EDIT, images=(Blob.from_bytes(b"?", "image/png"),)), 46_000_000),
        ("sglang", BY_TOKEN, WISH, None),
        ("sglang", "free", WISH, 0),
        ("openai", BY_TOKEN, WISH, BY_TOKEN_NUSD),
        ("openai", {"like": "gpt-image-2"}, WISH, BY_TOKEN_NUSD),
        ("openai", BY_TOKEN, STREAM, BY_TOKEN_NUSD),
        ("xai", {"per_image_usd": "9"}, WISH, 40_000_000),
    ],
)
async def test_a_cost_the_server_does_not_tell_is_reckoned(
    dialect: str, cost: Any, request_: ImageRequest, cost_nusd: int | None, stack: AsyncExitStack
) -> None:
    """By the operator's price for what this call delivered; what the server says outweighs it.

    Tokens that nobody told have no cost, and a picture that cannot be read is as large as a result can be.
    """
    engine, _ = await behind(stack, dialect, cost=cost)
    last = (await events(engine, request_ if dialect != "xai" else fitted(request_, engine)))[-1]
    assert isinstance(last, Finished)
    assert last.cost_nusd == cost_nusd


async def test_the_base64_is_passed_as_it_came(stack: AsyncExitStack) -> None:
    """The text that goes out is the very text that came in."""
    engine, server = await behind(stack)
    blob = (await finished(engine)).pictures[0].blob
    assert blob.media_type == "image/png"
    assert inspect(blob).size == SIZE
    assert blob.base64() == Blob.from_bytes(blob.read(), "image/png").base64()
    assert server.asked[0].fields["model"] == "served"


async def test_the_true_size_counts(stack: AsyncExitStack) -> None:
    """A server that says 1024x1024 and draws something else is not believed."""
    engine, _ = await behind(stack, script=Script(size=Size(512, 256)))
    assert (await finished(engine)).pictures[0].size == Size(512, 256)


async def test_results_by_address_are_fetched_without_the_key(stack: AsyncExitStack) -> None:
    """The picture comes, and whoever keeps it learns nothing of the key."""
    engine, server = await behind(stack, script=Script(urls=True))
    assert len((await finished(engine, replace(WISH, n=2))).pictures) == 2
    assert len(server.result_headers) == 2
    assert all(KEY not in str(dict(headers)) for headers in server.result_headers)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:{port}/v1/results/x", "https://169.254.169.254/x", "https://10.0.0.1/x", "file:///etc/passwd",
     "http://[", "https://user:pass@127.0.0.1/x"],
)  # fmt: skip
async def test_results_from_inside_the_network_are_refused(url: str, stack: AsyncExitStack) -> None:
    """Only the server's own host and those the operator names may be inside or plain HTTP."""
    engine, server = await behind(stack)
    port = server.url.split(":")[2].split("/")[0]
    server.script.items = {"b64_json": None, "url": url.format(port=port)}
    with pytest.raises(EngineFailed) as failed:
        await finished(engine)
    assert failed.value.message == "Image generation failed"
    assert server.result_headers == []


async def test_a_named_host_gives_results(stack: AsyncExitStack) -> None:
    """The same address, once the operator has named its host."""
    engine, server = await behind(stack, result_hosts=["localhost"])
    server.results["x"] = png().read()
    server.script.items = {"b64_json": None, "url": server.url.replace("127.0.0.1", "localhost") + "/results/x"}
    assert (await finished(engine)).pictures[0].size == Size(256, 256)


async def test_a_results_address_may_be_relative(stack: AsyncExitStack) -> None:
    """To the server's own, as SGLang has it."""
    engine, server = await behind(stack)
    server.results["x"] = png().read()
    server.script.items = {"b64_json": None, "url": "/v1/results/x"}
    assert (await finished(engine)).pictures[0].size == Size(256, 256)


async def test_a_data_url_is_a_result(stack: AsyncExitStack) -> None:
    """Some servers answer an address that holds the picture itself."""
    url = "data:image/png;base64," + str(png().base64(), "ascii")
    engine, _ = await behind(stack, script=Script(items={"b64_json": None, "url": url}))
    assert (await finished(engine)).pictures[0].size == Size(256, 256)


async def test_partial_pictures_come_one_by_one(stack: AsyncExitStack) -> None:
    """Each of the server's events is one of ours, and the last has the usage."""
    engine, server = await behind(stack)
    first, second, last = await events(engine, STREAM)
    assert isinstance(first, Partial)
    assert isinstance(second, Partial)
    assert [first.index, second.index] == [0, 1]
    assert (first.size, first.quality) == (SIZE, Quality.HIGH)
    assert isinstance(last, Finished)
    assert last.usage is not None
    assert server.asked[0].fields["stream"] is True


async def test_a_server_that_does_not_stream_gives_one_event(stack: AsyncExitStack) -> None:
    """It is not asked to."""
    engine, server = await behind(stack, "sglang")
    assert len(await events(engine, STREAM)) == 1
    assert "stream" not in server.asked[0].fields


async def test_a_parameter_an_address_does_not_take_is_told(stack: AsyncExitStack) -> None:
    """Edits have no `moderation`: it is not sent, and said to be ignored."""
    engine, _ = await behind(stack)
    assert (await finished(engine, replace(EDIT, moderation=Moderation.LOW))).ignored == ("moderation",)
    assert (await finished(engine, replace(WISH, moderation=Moderation.LOW))).ignored == ()


async def test_the_operators_model_and_drops_reach_the_server(stack: AsyncExitStack) -> None:
    """`model` renames; a dropped parameter is none of the engine's."""
    engine, server = await behind(stack, model="flux", drop=["input_fidelity"], sizes=["512x512"], n_max=2)
    await finished(engine)
    assert server.asked[0].fields["model"] == "flux"
    assert "input_fidelity" not in engine.ability.parameters
    assert (engine.ability.sizes, engine.ability.n_max) == (frozenset({Size(512, 512)}), 2)


REFUSALS = [
    (429, envelope("slow", None, "rate_limit_exceeded"), {"Retry-After": "7"}, EngineUnavailable, 7.0),
    (429, envelope("slow", None, None), {"Retry-After": "3600"}, EngineUnavailable, 3600.0),
    (429, envelope("slow", None, None), {"retry-after-ms": "1500"}, EngineUnavailable, 1.5),
    (429, envelope("slow", None, None), {"Retry-After": "Thu, 01 Jan 2015 00:00:00 GMT"}, EngineUnavailable, None),
    (429, {}, {"Retry-After": "0"}, EngineUnavailable, None),
    (429, {}, {"retry-after-ms": "0", "Retry-After": "3"}, EngineUnavailable, 3.0),
    (429, {}, {}, EngineUnavailable, None),
    (429, {}, {"Retry-After": "nan"}, EngineUnavailable, None),
    (429, {}, {"Retry-After": "soon"}, EngineUnavailable, None),
    (429, {}, {"Retry-After": f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT"}, EngineUnavailable, None),
    (429, {}, {"Retry-After": f"Thu, 01 Jan 2030 00:00:00 +{'9' * 20}"}, EngineUnavailable, None),
    (401, envelope(f"Incorrect API key provided: {KEY}", None, "invalid_api_key"), {}, EngineUnavailable, None),
    (403, {"error": {"code": "Forbidden", "message": "Your resource is blocked"}}, {}, EngineUnavailable, None),
    (404, {"detail": "Not Found"}, {}, EngineUnavailable, None),
    (400, envelope("gone", "model", "invalid_value"), {}, EngineUnavailable, None),
    (400, envelope("Billing hard limit", None, "billing_hard_limit_reached"), {}, EngineUnavailable, None),
    (503, {}, {"Retry-After": "2"}, EngineUnavailable, 2.0),
    (500, envelope("boom", None, None), {}, EngineFailed, None),
    (400, "what", {}, EngineRefused, None),
    (302, {}, {"Location": "http://127.0.0.1:1/"}, EngineFailed, None),
    (200, {"error": {"message": "no"}}, {}, EngineFailed, None),
    (200, {"data": []}, {}, EngineFailed, None),
    (200, {"data": [{}]}, {}, EngineFailed, None),
    (200, {"data": [{"b64_json": "@@@@"}]}, {}, EngineFailed, None),
    (200, {"data": [{"b64_json": "aGVsbG8="}]}, {}, EngineFailed, None),
    (200, [], {}, EngineFailed, None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "headers", "error", "wait_s"), REFUSALS)
async def test_refusals_are_translated(
    status: int,
    body: Any,
    headers: dict[str, str],
    error: type[EngineError],
    wait_s: float | None,
    stack: AsyncExitStack,
) -> None:
    """A failing server is one of two errors of ours, whose message tells nothing of key, address or upstream."""
    engine, server = await behind(stack, script=Script(status=status, body=json.dumps(body).encode(), headers=headers))
    with pytest.raises(EngineError) as refused:
        await finished(engine)
    assert type(refused.value) is error
    assert refused.value.retry_after_s == wait_s
    assert refused.value.message in {"Image generation failed", "The image engine takes no work just now."}
    assert len(server.asked) == 1


async def fault(engine: UpstreamEngine, request: ImageRequest = WISH) -> UpstreamFault:
    """What the operator learns of a run that fails."""
    with pytest.raises(LimnerError) as failed:
        await events(engine, request)
    assert failed.value.upstream is not None
    return failed.value.upstream


async def test_the_operator_learns_what_the_server_said(stack: AsyncExitStack) -> None:
    """Its status, its code and its name for the request, whoever's fault it was."""
    for status, code, headers in (
        (400, "moderation_blocked", {"x-request-id": "req_1"}),
        (401, "invalid_api_key", {"apim-request-id": "req_1"}),
        (500, "boom", {"cf-ray": "cf_1", "X-Request-ID": "req_1"}),
    ):
        body = json.dumps(envelope("no", None, code)).encode()
        engine, _ = await behind(stack, script=Script(status=status, body=body, headers=headers))
        assert await fault(engine) == UpstreamFault(status=status, code=code, request_id="req_1")


async def test_a_good_answer_that_is_none_has_its_name_too(stack: AsyncExitStack) -> None:
    """Half a picture, a stream that breaks off, and silence in the middle."""
    named = {"x-request-id": "req_1"}
    for script, request_, code in (
        (Script(keep=3000, headers=named), WISH, None),
        (Script(cut_at=5000, headers=named), WISH, "answer_cut"),
        (Script(stall_at=5000, headers=named), WISH, "too_slow"),
        (Script(body=b"data: {}\n\n", headers={"Content-Type": "text/event-stream", **named}), STREAM, None),
    ):
        engine, _ = await behind(stack, script=script, silence_timeout_s=0.3)
        assert await fault(engine, request_) == UpstreamFault(status=200, code=code, request_id="req_1")


@pytest.mark.parametrize(
    ("text", "kept"),
    [(KEY, None), (f"bad:{KEY}", None), ("see https://inside/", None), ("10.1.2.3", None), ("Bearer abc", None),
     ("two words", "two_words"), ("a\x1b[31m\u202e", "a__31m_"), ("x" * 999, "x" * 64), ("", None), (20012, "20012"),
     ({}, None)],
)  # fmt: skip
async def test_what_the_server_said_is_made_harmless(text: Any, kept: str | None, stack: AsyncExitStack) -> None:
    """A word that can stand in any log, never the key and no address."""
    body = json.dumps(envelope("no", None, text)).encode()
    headers = {"x-request-id": text} if isinstance(text, str) and text.isprintable() else {}
    engine, _ = await behind(stack, script=Script(status=500, body=body, headers=headers))
    said = await fault(engine)
    assert said.code == kept
    if headers:
        assert (said.request_id or "")[:64] == (kept or "")
        assert len(said.request_id or "") <= 128


async def test_the_operator_learns_why_there_was_no_answer(stack: AsyncExitStack) -> None:
    """In a word."""
    for settings, code in (
        ({"base_url": "http://127.0.0.1:1/v1"}, "not_connected"),
        ({"base_url": "http://name.invalid/v1"}, "name_not_resolved"),
        ({"script": Script(stall_at=0), "first_byte_timeout_s": 0.3}, "too_slow"),
    ):
        engine, _ = await behind(stack, **settings)
        said = await fault(engine)
        assert said.code == code
        assert said.request_id is None


async def test_an_html_page_is_a_failure(stack: AsyncExitStack) -> None:
    """A proxy's 502, and the same page with status 200."""
    for status in (502, 200):
        script = Script(status=status, body=b"<html>Bad Gateway</html>", headers={"Content-Type": "text/html"})
        engine, _ = await behind(stack, script=script)
        with pytest.raises(EngineFailed):
            await finished(engine)


async def test_moderation_keeps_its_stage_and_categories(stack: AsyncExitStack) -> None:
    """OpenAI's own words for a refusal by its safety system."""
    details = {"moderation_stage": "output", "categories": ["violence", "sexual"]}
    body = envelope(f"rejected, request {KEY}", None, "moderation_blocked", moderation_details=details)
    engine, _ = await behind(stack, script=Script(status=400, body=json.dumps(body).encode()))
    with pytest.raises(ModerationBlocked) as blocked:
        await finished(engine)
    assert (blocked.value.stage, blocked.value.categories) == ("output", ("violence", "sexual"))
    assert KEY not in blocked.value.message


async def test_a_result_blocked_by_the_server_is_moderation(stack: AsyncExitStack) -> None:
    """A good answer whose item has no picture because its moderation was not respected."""
    engine, _ = await behind(stack, "xai", Script(items={"b64_json": None, "respect_moderation": False}))
    with pytest.raises(ModerationBlocked) as blocked:
        await finished(engine, fitted(WISH, engine))
    assert (blocked.value.stage, blocked.value.cost_nusd) == ("output", 40_000_000)


@pytest.mark.parametrize(
    "script",
    [
        Script(n=1),
        Script(keep=3000),
        Script(items={"b64_json": "@@@@"}),
        Script(items={"b64_json": None, "url": "results/gone"}),
        Script(urls=True, result=Script(stall_at=0)),
    ],
    ids=["fewer", "half of one", "no base64", "gone", "too slow"],
)
async def test_pictures_that_do_not_come_have_their_cost(script: Script, stack: AsyncExitStack) -> None:
    """The answer is a failure, and what it cost is told in it."""
    engine, _ = await behind(stack, "xai", script, timeout_s=0.5)
    with pytest.raises(EngineFailed) as lost:
        await finished(engine, replace(fitted(WISH, engine), n=2))
    assert lost.value.cost_nusd == 40_000_000


async def test_results_that_nobody_asked_for_are_not_fetched(stack: AsyncExitStack) -> None:
    """However many addresses a server answers."""
    engine, server = await behind(stack, script=Script(urls=True, n=5))
    assert len((await finished(engine)).pictures) == 1
    assert len(server.result_headers) == 1


async def test_a_caller_hears_what_is_wrong_with_the_request(stack: AsyncExitStack) -> None:
    """OpenAI's message and parameter pass, unless the text tells of addresses or keys."""
    for message, told in [
        ("Invalid size '9x9'. Expected more.", "Invalid size '9x9'. Expected more."),
        ("See https://internal.example/", "The image engine does not take this value of 'size'."),
    ]:
        body = json.dumps(envelope(message, "size", "invalid_value")).encode()
        engine, _ = await behind(stack, script=Script(status=400, body=body))
        with pytest.raises(InvalidImageRequest) as refused:
            await finished(engine)
        assert (refused.value.message, refused.value.param, refused.value.code) == (told, "size", "invalid_value")


async def test_a_key_that_looks_like_none_is_kept_from_callers_too(stack: AsyncExitStack) -> None:
    """In a message, a code and a category, in a plain answer and in a stream."""
    key = "4f1c2e77"
    details = {"moderation_stage": "input", "categories": ["violence", f"of {key}"]}
    refused = envelope(f"Invalid size for {key}", "size", f"bad_{key}")
    blocked = envelope("no", None, "moderation_blocked", moderation_details=details)
    for body in (refused, blocked):
        for script in (
            Script(status=400, body=json.dumps(body).encode()),
            Script(body=b"data: %s\n\n" % json.dumps(body).encode(), headers={"Content-Type": "text/event-stream"}),
        ):
            engine, server = await behind(stack, script=script, key=key)
            server.key = key
            with pytest.raises(InvalidImageRequest) as told:
                await events(engine, STREAM)
            assert key not in str(vars(told.value))
            if isinstance(told.value, ModerationBlocked):
                assert told.value.categories == ("violence",)
            else:
                assert (told.value.param, told.value.code) == ("size", None)


async def test_the_servers_name_is_kept_from_callers(stack: AsyncExitStack) -> None:
    """Also where it stands in no address."""
    body = json.dumps(envelope("images.example has no such size", "size", "invalid_value")).encode()
    server = await stack.enter_async_context(emulating("openai", Script(status=400, body=body)))
    # The emulator takes requests for any name, as a proxy.
    proxy = server.url.removesuffix("/v1")
    engine, _ = await behind(stack, base_url="http://images.example/v1", proxy=proxy)
    with pytest.raises(InvalidImageRequest) as told:
        await events(engine)
    assert (told.value.message, told.value.param) == ("The image engine refused an input.", "size")


@pytest.mark.parametrize("request_", [WISH, STREAM], ids=["plain", "stream"])
@pytest.mark.parametrize("at", [0, 1, 40, 5000])
async def test_a_cut_answer_fails(at: int, request_: ImageRequest, stack: AsyncExitStack) -> None:
    """A connection lost anywhere within the answer is a failure, never half a picture."""
    engine, _ = await behind(stack, script=Script(cut_at=at))
    with pytest.raises(EngineFailed):
        await events(engine, request_)


@pytest.mark.parametrize("request_", [WISH, STREAM], ids=["plain", "stream"])
@pytest.mark.parametrize("at", [0, 1, 5000])
async def test_a_silent_server_is_left(at: int, request_: ImageRequest, stack: AsyncExitStack) -> None:
    """Before the first byte and within the answer."""
    engine, _ = await behind(
        stack, script=Script(stall_at=at), first_byte_timeout_s=0.3, silence_timeout_s=0.3, timeout_s=5
    )
    with pytest.raises(EngineFailed):
        await events(engine, request_)


async def test_a_whole_request_has_its_limit(stack: AsyncExitStack) -> None:
    """However often a byte comes."""
    engine, _ = await behind(stack, script=Script(stall_at=1), timeout_s=0.3)
    with pytest.raises(EngineFailed):
        await events(engine)


async def test_an_endless_answer_is_left(stack: AsyncExitStack) -> None:
    """No more than the operator's limit is read."""
    engine, _ = await behind(stack, script=Script(endless=True), answer_bytes_max=3_000_000)
    with pytest.raises(EngineFailed):
        await events(engine)


async def test_compressed_answers_are_not_unpacked(stack: AsyncExitStack) -> None:
    """None was asked for, and a small one could become anything."""
    packed = gzip.compress(bytes(10_000_000))
    engine, server = await behind(stack, script=Script(body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(EngineFailed):
        await events(engine)
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


async def test_a_compressed_refusal_is_known_by_its_status(stack: AsyncExitStack) -> None:
    """A proxy on the way may compress it unasked; how long to wait stands in its head."""
    packed = gzip.compress(json.dumps(envelope("slow", None, "rate_limit_exceeded")).encode())
    script = Script(status=429, body=packed, headers={"Content-Encoding": "gzip", "Retry-After": "7"})
    engine, _ = await behind(stack, script=script)
    with pytest.raises(EngineUnavailable) as refused:
        await events(engine)
    assert refused.value.retry_after_s == 7


@pytest.mark.parametrize("output_format", [Format.PNG, Format.JPEG])
async def test_half_a_picture_is_a_failure(output_format: Format, stack: AsyncExitStack) -> None:
    """In an answer that is well formed."""
    engine, _ = await behind(stack, script=Script(keep=3000))
    with pytest.raises(EngineFailed):
        await events(engine, replace(WISH, output_format=output_format))


async def test_nobody_there_is_unavailable() -> None:
    """A refused connection, and TLS where there is none: nothing was asked, another engine may be."""
    async with emulating("openai") as server:
        for url in ("http://127.0.0.1:1/v1", server.url.replace("http:", "https:"), "http://name.invalid/v1"):
            engine = UpstreamEngine(UpstreamSettings.model_validate({"base_url": url}), SystemClock())
            with pytest.raises(EngineUnavailable):
                await events(engine)
            assert not (await engine.probe()).reachable
            await engine.close()


async def test_a_probe_knows_a_refused_key(stack: AsyncExitStack) -> None:
    """The operator learns it before the first request, without the key being shown."""
    engine, _ = await behind(stack, key="sk-wrong")
    assert await engine.probe() == Probe(False, "openai at 127.0.0.1 refuses its key", key_accepted=False)
    engine, _ = await behind(stack, key=None)
    assert await engine.probe() == Probe(False, "openai at 127.0.0.1 wants a key, and none is set")


async def test_a_probe_tells_the_models_it_has_seen(stack: AsyncExitStack) -> None:
    """By name, the one the operator asks for first; only then the key is known to be good."""
    engine, _ = await behind(stack, model="served")
    assert await engine.probe() == Probe(
        True,
        "openai at 127.0.0.1 answers and accepts its key",
        key_accepted=True,
        models=("served", "other", "gpt-image-2"),
    )


@pytest.mark.parametrize(
    ("listed", "models"),
    [
        ({"data": []}, ()),
        ([{"id": "bare"}], ("bare",)),
        ({"data": [{"id": 7}, "x", {}, {"id": "a\x1b[2J"}, {"id": "b"}]}, ("b",)),
        ({"data": "none"}, None),
        ("no list", None),
        ({"data": [{"id": "long", "about": "x" * MODELS_BYTES_MAX}]}, None),
    ],
)
async def test_a_list_of_models_may_be_anything(
    stack: AsyncExitStack, listed: Any, models: tuple[str, ...] | None
) -> None:
    """Its names are shown in a terminal; without a list the server is there, and nothing is said of the key."""
    engine, server = await behind(stack)
    server.models_list = listed
    probe = await engine.probe()
    assert (probe.reachable, probe.models, probe.key_accepted) == (True, models, None if models is None else True)


async def test_a_probe_tells_a_failing_server(stack: AsyncExitStack) -> None:
    """Any answer but an error of its own means it is there, even that it lists no models."""
    for status, reachable, said in (
        (500, False, "answers with status 500"),
        (404, True, "answers without a list of models (status 404): its key was not checked"),
        (301, True, "answers without a list of models (status 301): its key was not checked"),
    ):
        engine, server = await behind(stack)
        server.models_status = status
        assert await engine.probe() == Probe(reachable, f"openai at 127.0.0.1 {said}")


async def test_a_stream_without_its_end_is_a_failure(stack: AsyncExitStack) -> None:
    """However well its connection was closed; partial pictures beyond those asked for are dropped."""
    shown = {"type": "image_generation.partial_image", "b64_json": str(png().base64(), "ascii")}
    body = b": hello\n\n" + b"data: %s\n\n" % json.dumps(shown).encode() * 4 + b"data: {}\n\ndata: [DONE]\n\n"
    engine, _ = await behind(stack, script=Script(body=body, headers={"Content-Type": "text/event-stream"}))
    seen = list[Event]()
    with pytest.raises(EngineFailed):
        async for event in engine.run(STREAM):
            seen.append(event)
    assert len(seen) == 2


async def test_leaving_a_stream_ends_the_request(stack: AsyncExitStack) -> None:
    """The connection is closed, and the engine serves on."""
    engine, server = await behind(stack, script=Script())
    async with aclosing(engine.run(STREAM)) as running:
        assert isinstance(await anext(running), Partial)
    assert len(await events(engine)) == 1
    assert len(server.asked) == 2


async def test_requests_side_by_side_keep_their_own_answers(stack: AsyncExitStack) -> None:
    """Ten sizes at once."""
    engine, _ = await behind(stack)
    sizes = [Size(64 * at, 128) for at in range(3, 13)]
    results = await asyncio.gather(*(finished(engine, replace(WISH, size=size)) for size in sizes))
    assert [result.pictures[0].size for result in results] == sizes
