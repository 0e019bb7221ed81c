"""Bodies of successful answers, as lists of chunks: our bytes around base64 text that is never decoded nor copied.

Key order and indentation as the live API writes them (recorded 2025 to August 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from limner.blobs import Text
from limner.contract.catalog import Delivery, Model
from limner.contract.families import FAMILIES
from limner.job import Answer, Json, Usage


def images_body(
    answer: Answer, model: Model, delivery: Delivery = Delivery.B64_JSON, urls: Sequence[str] = ()
) -> list[Text]:
    """The answer of generations, edits and variations, in chunks to be sent in order.

    delivery: as the draft says; of an image request URL is for families outside gpt-image alone, of a task for all.
    urls: one for each picture, when they are delivered so. Reads a blob that lies in a file: call it in a worker thread
    then.
    """
    if FAMILIES[model.family].legacy:
        return _legacy_body(answer, model, delivery, urls)
    head = b'{\n  "created": %d,\n  "background": "%s",' % (answer.created_s, answer.background.encode())
    tail: dict[str, Json] = {
        "output_format": answer.output_format,
        "quality": answer.quality,
        "size": str(answer.size),
        "usage": usage_object(answer.usage),
    }
    if answer.safety_identifier is not None:
        tail["safety_identifier"] = answer.safety_identifier
    pictures = _joined([[*picture, _ITEM_END] for picture in _pictures(answer, delivery, urls)])
    return [head, _DATA_START, *pictures, _DATA_END, b",", _indented(tail)[1:]]


_DATA_START = b'\n  "data": [\n    {\n      '
_ITEM_END = b"\n    }"
_NEXT_ITEM = b",\n    {\n      "
_DATA_END = b"\n  ]"


def usage_object(usage: Usage) -> dict[str, Json]:
    """`usage` of an images body."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"image_tokens": usage.image_input_tokens, "text_tokens": usage.text_input_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"image_tokens": usage.image_output_tokens, "text_tokens": usage.text_output_tokens},
        "total_tokens": usage.total_tokens,
    }


def _legacy_body(answer: Answer, model: Model, delivery: Delivery, urls: Sequence[str]) -> list[Text]:
    """dall-e's shape: no usage, nothing echoed. Recorded April 2026, before the models were retired."""
    items = []
    told = answer.revised_prompts if FAMILIES[model.family].revised_prompts else (None,) * len(answer.blobs)
    for picture, prompt in zip(_pictures(answer, delivery, urls), told, strict=True):
        revised = [] if prompt is None else [b'"revised_prompt": ', orjson.dumps(prompt), b",\n      "]
        items.append([*revised, *picture, _ITEM_END])
    return [b'{\n  "created": %d,' % answer.created_s, _DATA_START, *_joined(items), _DATA_END, b"\n}"]


def _pictures(answer: Answer, delivery: Delivery, urls: Sequence[str]) -> Iterator[list[Text]]:
    if delivery is Delivery.URL:
        return ([b'"url": ', orjson.dumps(url)] for _, url in zip(answer.blobs, urls, strict=True))
    return ([b'"b64_json": "', blob.base64(), b'"'] for blob in answer.blobs)


def _joined(items: Sequence[Sequence[Text]]) -> Iterator[Text]:
    for at, item in enumerate(items):
        if at:
            yield _NEXT_ITEM
        yield from item


def _indented(body: dict[str, Json]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)
