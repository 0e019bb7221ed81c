"""The file endpoints: pictures uploaded once and named by id in JSON edits."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.contract.files import deleted_body, file_body, files_body, listing_of, no_such_file, upload_of
from limner.errors import InvalidRequest
from limner.files import NewFile, StoredFile
from limner.http.bearer import key_of
from limner.http.bounds import BoundedBody
from limner.http.exchange import Exchange
from limner.http.multipart import read_form
from limner.http.spool import Spool
from limner.http.surface import MIB, Surface

FORM_OVERHEAD_BYTES_MAX: Final = MIB
"""What an upload's form may hold beside its one file."""
_INERT: Final = "default-src 'none'; sandbox"
"""A file is whatever its owner uploaded: opened in a browser it must not act in this server's name."""


class Files:
    """GET /files, and POST /files."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises the LimnerError that refuses it."""
        account_id = (await key_of(scope, self._surface)).account_id
        if scope["method"] == "POST":
            body = file_body(await self._create(account_id, scope, receive))
        else:
            listing = listing_of(account_id, dict(QueryParams(scope["query_string"])))
            body = files_body(await self._surface.files.page(listing))
        await _json(body)(scope, receive, send)

    async def _create(self, account_id: str, scope: Scope, receive: Receive) -> StoredFile:
        headers, limits = Exchange.of(scope).headers, self._surface.limits
        content_type = headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
            raise InvalidRequest(
                "Unsupported content type: files are uploaded as 'multipart/form-data', with the parts 'file' and "
                "'purpose'.",
                code="unsupported_content_type",
            )
        bytes_max = limits.file_bytes_max + FORM_OVERHEAD_BYTES_MAX
        spool = Spool(self._surface.spool_folder, self._surface.upload_room)
        try:
            body = BoundedBody(headers, receive, limits, bytes_max=bytes_max)
            upload = upload_of(await read_form(body, content_type, spool, limits, length=body.length))
            return await self._surface.files.create(
                NewFile(
                    account_id=account_id,
                    filename=upload.filename,
                    purpose=upload.purpose,
                    blob=upload.blob,
                    expires_after_s=upload.expires_after_s,
                )
            )
        finally:
            spool.release()


class OneFile:
    """GET /files/{file_id}, and DELETE /files/{file_id}."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotFound for a file the account does not have."""
        account_id = (await key_of(scope, self._surface)).account_id
        file_id = scope["path_params"]["file_id"]
        if scope["method"] == "DELETE":
            if not await self._surface.files.delete(account_id, file_id):
                raise no_such_file(file_id)
            await _json(deleted_body(file_id))(scope, receive, send)
            return
        file = await self._surface.files.find(account_id, file_id)
        if file is None:
            raise no_such_file(file_id)
        await _json(file_body(file))(scope, receive, send)


class FileContent:
    """GET /files/{file_id}/content."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the bytes as they were uploaded. Raises NotFound for a file the account does not have."""
        account_id = (await key_of(scope, self._surface)).account_id
        file_id = scope["path_params"]["file_id"]
        file = await self._surface.files.find(account_id, file_id)
        blob = await self._surface.files.content(account_id, file_id)
        if file is None or blob is None:
            raise no_such_file(file_id)
        data = await asyncio.to_thread(blob.read)
        headers = {
            "content-type": file.media_type,
            "content-disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
            "content-security-policy": _INERT,
        }
        await Response(data, headers=headers)(scope, receive, send)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
