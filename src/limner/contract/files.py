"""The wire of uploaded files: what an upload and a listing ask for, and the bodies that answer.

Sources: OpenAI API reference, Files; official SDK types of November 2026. The reference states the ranges and values;
the refusals are those of the image endpoints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from limner.blobs import Blob
from limner.contract import refusals
from limner.contract.draft import Part
from limner.contract.form import form_of
from limner.contract.values import in_range, integer_from_text
from limner.errors import NotFound
from limner.files import PAGE_FILES_MAX, Listing, Page, StoredFile
from limner.job import Json

PURPOSES: Final = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
ORDERS: Final = ("asc", "desc")
EXPIRY_S_MIN: Final = 3_600
EXPIRY_S_MAX: Final = 2_592_000
_ANCHOR: Final = "created_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to keep. expires_after_s: counted from its creation; None keeps it until it is deleted."""

    filename: str
    purpose: str
    blob: Blob
    expires_after_s: int | None


def upload_of(parts: Sequence[Part]) -> Upload:
    """The upload in the parts of a multipart body. Raises InvalidRequest; parts of other names are not looked at."""
    form = form_of(parts)
    file = next((file for file in form.files if file.base == "file"), None)
    if file is None:
        raise refusals.missing("file")
    return Upload(
        filename=next(part.filename or "" for part in parts if part.blob is file.blob),
        purpose=_choice("purpose", form.texts.get("purpose"), PURPOSES),
        blob=file.blob,
        expires_after_s=_expiry(form.texts.get("expires_after")),
    )


def _expiry(raw: Json) -> int | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise refusals.wrong_type("expires_after", "an object", refusals.json_type(raw))
    _choice("expires_after[anchor]", raw.get("anchor"), (_ANCHOR,))
    return _integer("expires_after[seconds]", raw.get("seconds"), EXPIRY_S_MIN, EXPIRY_S_MAX)


def listing_of(account_id: str, query: Mapping[str, str]) -> Listing:
    """Which files a query string asks for. Raises InvalidRequest."""
    limit = query.get("limit")
    order = query.get("order")
    return Listing(
        account_id=account_id,
        limit=PAGE_FILES_MAX if limit is None else _integer("limit", limit, 1, PAGE_FILES_MAX),
        newest_first=order is None or _choice("order", order, ORDERS) == "desc",
        after=query.get("after"),
        purpose=query.get("purpose"),
    )


def _choice(param: str, raw: Json, choices: tuple[str, ...]) -> str:
    if raw is None:
        raise refusals.missing(param)
    if not isinstance(raw, str):
        raise refusals.wrong_type(param, "a string", refusals.json_type(raw))
    if raw not in choices:
        raise refusals.bad_choice(param, raw, choices)
    return raw


def _integer(param: str, raw: Json, minimum: int, maximum: int) -> int:
    if raw is None:
        raise refusals.missing(param)
    if not isinstance(raw, str):
        raise refusals.wrong_type(param, "an integer", refusals.json_type(raw))
    return in_range(param, integer_from_text(param, raw), minimum, maximum)


def no_such_file(file_id: str) -> NotFound:
    """The refusal of an id that names none of the account's files. Text as OpenAI's file endpoints give it."""
    return NotFound(f"No such File object: {refusals.echo(file_id)}", param="id")


def file_body(file: StoredFile) -> bytes:
    """One file."""
    return _indented(_object(file))


def files_body(page: Page) -> bytes:
    """A page of files."""
    body: dict[str, Json] = {
        "object": "list",
        "data": [_object(file) for file in page.files],
        "first_id": page.files[0].id if page.files else None,
        "last_id": page.files[-1].id if page.files else None,
        "has_more": page.has_more,
    }
    return _indented(body)


def deleted_body(file_id: str) -> bytes:
    """What answers a deletion."""
    return _indented({"id": file_id, "object": "file", "deleted": True})


def _object(file: StoredFile) -> dict[str, Json]:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size_bytes,
        "created_at": int(file.created_at_s),
        "expires_at": None if file.expires_at_s is None else int(file.expires_at_s),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def _indented(body: dict[str, Json]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)
