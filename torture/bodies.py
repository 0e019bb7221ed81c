"""What a wish is when it is sent: where to, with which marks of having been sent before, and with what in it."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import FormData
from torture.pictures import Mark, drawn
from torture.wishes import Wish


def path(wanted: Wish) -> str:
    """Where it is posted."""
    if wanted.task:
        return "/openai/images"
    return f"/openai/v1/images/{'edits' if wanted.edit else 'generations'}"


def marks(wanted: Wish, retry: int) -> dict[str, str]:
    """Headers by which a gateway can know the request again."""
    if wanted.idempotent:
        return {"Idempotency-Key": wanted.ticket}
    return {"x-stainless-retry-count": str(retry), "x-stainless-read-timeout": str(wanted.patience_s)}


def body(wanted: Wish) -> dict[str, Any]:
    """As the client takes it: a task is JSON, picture included, and an edit a form."""
    if wanted.edit and not wanted.task:
        return {"data": _form(wanted)}
    given = {"image": f"data:image/png;base64,{base64.b64encode(_given()).decode()}"} if wanted.edit else {}
    return {"json": {**_fields(wanted), **given}}


def _fields(wanted: Wish) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "model": "gpt-image-2",
        "prompt": wanted.ticket,
        "user": wanted.ticket,
        "size": "1024x1024",
        "quality": "low",
        "n": wanted.n,
    }
    if wanted.stream:
        fields |= {"stream": True, "partial_images": wanted.partial_images}
    return fields


def _form(wanted: Wish) -> FormData:
    form = FormData()
    for name, value in _fields(wanted).items():
        form.add_field(name, str(value).lower() if isinstance(value, bool) else str(value))
    form.add_field("image", _given(), filename="given.png", content_type="image/png")
    return form


def _given() -> bytes:
    return drawn(Mark("given", "picture"))
