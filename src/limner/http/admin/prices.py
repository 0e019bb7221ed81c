"""Operations that read prices."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from limner.contract.admin.pages import part_of
from limner.contract.sizes import size_named
from limner.errors import InvalidRequest
from limner.http.admin.endpoint import Call, Handler
from limner.http.surface import Surface
from limner.job import Json
from limner.prices import Unpriced
from limner.quote import PROMPT_TOKENS, listed, prompt_of, quote, told


async def _list(surface: Surface, call: Call) -> Mapping[str, Json]:
    everything = call.values.get("include_published") is True
    found = [listing for listing in surface.prices.listings if everything or listing.model in surface.catalog]
    lines, end = part_of(found, call.paging)
    return call.page([{"object": "price", **listed(listing)} for listing in lines], end)


async def _quote(surface: Surface, call: Call) -> Mapping[str, Json]:
    sent: Any = call.values
    if "prompt" in sent and "prompt_tokens" in sent:
        raise InvalidRequest(
            "Give the prompt or the number of its tokens.", param="prompt_tokens", code="invalid_value"
        )
    fields: dict[str, Json] = {name: sent[name] for name in ("n", "size", "quality") if name in sent}
    fields["prompt"] = sent["prompt"] if "prompt" in sent else prompt_of(sent.get("prompt_tokens", PROMPT_TOKENS))
    if sent.get("partial_images"):
        fields |= {"stream": True, "partial_images": sent["partial_images"]}
    sizes = [size_named(text) for text in sent.get("input_sizes", ())]
    served = surface.catalog.get(sent["model"])
    try:
        # A long prompt takes milliseconds to count.
        found = await asyncio.to_thread(
            quote,
            surface.prices,
            sent["model"],
            fields,
            tuple(size for size in sizes if size is not None),
            family=served.family if served else None,
            markup_bp=sent.get("markup_percent", 0),
        )
    except Unpriced as error:
        raise InvalidRequest(str(error), param="model", code="invalid_value") from error
    return {"object": "quote", **told(found)}


PRICES: Final[Mapping[str, Handler]] = {"prices.list": _list, "prices.quote": _quote}
