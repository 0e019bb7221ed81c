"""The reference page: complete, harmless, and with examples that are programs."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.http.scripted import client_of

from limner.contract.admin.operations import OPERATIONS
from limner.contract.credits import POINTS_SEARCH, USAGE_SEARCH
from limner.contract.fields import FIELDS, Endpoint
from limner.contract.organization import COSTS, IMAGES
from limner.http.pages import EXAMPLES, LANGUAGES, error_rows, examples, marked, parameters
from limner.http.surface import Surface


async def page(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    """The reference page."""
    return await client.get("http://limner.test/docs", headers=headers)


async def test_the_front_door_leads_to_the_reference(client: httpx.AsyncClient) -> None:
    """Until there is another page, / is /docs."""
    response = await client.get("http://limner.test/")
    assert response.status_code == 307
    assert response.headers["location"] == "/docs"


async def test_the_page_shows_every_field_and_every_error(client: httpx.AsyncClient) -> None:
    """What the tables know, the page says."""
    text = (await page(client)).text
    for field in FIELDS:
        assert f'<code class="name">{field.name}</code>' in text
    for argument in (*IMAGES.arguments, *COSTS.arguments, *USAGE_SEARCH, *POINTS_SEARCH):
        assert f'<code class="name">{argument.name}</code>' in text
    for operation in OPERATIONS:
        assert f"<code>/limner/v1{operation.path}</code>" in text
        assert all(f'<code class="name">{argument.name}</code>' in text for argument in operation.arguments)
    for row in error_rows():
        assert f"<code>{row.type}</code>" in text
    for model in ("gpt-image-2", "dall-e-3"):
        assert f"<code>{model}</code>" in text


async def test_examples_use_the_address_the_page_was_asked_at(client: httpx.AsyncClient, surface: Surface) -> None:
    """Copied code runs against this very server."""
    assert "http://limner.test/openai/v1" in (await page(client)).text
    async with client_of(surface, public_url="https://pictures.example") as public:
        text = (await page(public)).text
    assert "base_url=&#34;https://pictures.example/openai/v1&#34;" in text
    assert "limner.test" not in text


async def test_a_forged_host_cannot_inject_anything(client: httpx.AsyncClient) -> None:
    """The Host header is shown, so it is escaped like everything else."""
    text = (await page(client, host='"><script>alert(1)</script>')).text
    assert "<script>alert" not in text


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    """Styles, scripts and pictures are this server's own, and the browser is told so."""
    response = await page(client)
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "'unsafe" not in response.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', response.text)
    assert loaded
    for path in loaded:
        assert path.startswith("/static/")
        assert (await client.get(f"http://limner.test{path}")).status_code == 200


async def test_a_missing_static_file_is_told_in_the_envelope(client: httpx.AsyncClient) -> None:
    """A wrong path under /static is a 404 like any other."""
    response = await client.get("http://limner.test/static/nope.css")
    assert response.status_code == 404
    assert response.json()["error"]["message"] == "Invalid URL (GET /static/nope.css)"
    assert (await client.get("http://limner.test/static/../pages.py")).status_code == 404


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_exists_in_every_language(name: str) -> None:
    """Each tab has its program, with the address filled in; the Python ones compile."""
    for language in LANGUAGES:
        text = examples("http://x/openai/v1")[name][language.id]
        assert "http://x/openai/v1" in text
        if language.id == "python":
            compile(text, name, "exec")


def test_required_fields_come_first_and_say_where_they_belong() -> None:
    """A field of one encoding alone is marked; ranges and defaults are shown as they are written on the wire."""
    rows = {row.name: row for row in parameters(Endpoint.EDITS_FORM, Endpoint.EDITS_JSON)}
    required = [row.required for row in rows.values()]
    assert required == sorted(required, reverse=True)
    assert rows["image"].encoding == "multipart only"
    assert rows["images"].encoding == "JSON only"
    assert rows["prompt"].encoding == ""
    assert rows["stream"].default == "false"
    assert rows["n"].range == "1 to 10"
    assert rows["user"].range.startswith("at most ")
    assert rows["frame_duration_ms"].range.startswith(("at least 0", "0 to "))


def test_errors_are_told_by_status_with_their_codes() -> None:
    """The table of errors is the error tree."""
    rows = error_rows()
    assert [row.status for row in rows] == sorted(row.status for row in rows)
    assert {row.status for row in rows} >= {400, 401, 403, 404, 405, 408, 409, 413, 429, 500, 503}
    assert any(row.code == "moderation_blocked" for row in rows)


def test_marked_text_is_escaped() -> None:
    """Backticks become code; anything that looks like HTML stays text."""
    assert str(marked("`a<b>` & c")) == "<code>a&lt;b&gt;</code> &amp; c"
