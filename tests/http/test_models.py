"""The models a key is shown."""

from __future__ import annotations

from dataclasses import replace

from tests.http.scripted import CATALOG, KEY, client_of

from limner.http.surface import Surface
from limner.keys import Key, KeyTerms


async def painter(_secret: str | None) -> Key:
    """A key that may use one model."""
    return replace(KEY, terms=KeyTerms(models=frozenset({"gpt-image-2"})))


async def test_a_key_is_shown_the_models_it_may_use(surface: Surface) -> None:
    """Others are as good as not there, in the list and one by one."""
    async with client_of(surface) as everything, client_of(surface, authenticate=painter) as client:
        assert [model["id"] for model in (await everything.get("/models")).json()["data"]] == list(CATALOG)
        assert [model["id"] for model in (await client.get("/models")).json()["data"]] == ["gpt-image-2"]
        assert (await client.get("/models/gpt-image-2")).status_code == 200
        refused = await client.get("/models/dall-e-3")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")
