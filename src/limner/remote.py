"""Pictures that callers name by address: downloaded within bounds, refused in OpenAI's words."""

from __future__ import annotations

from typing import Final

from limner.blobs import Blob
from limner.download import Downloader, DownloadFailed
from limner.errors import InvalidRequest
from limner.imaging.codec import sniff

BYTES_MAX: Final = 50 * 1024 * 1024
"""As much as an uploaded picture may have. Source: OpenAI API reference, images/edits, parameter `image`."""
TIMEOUT_S: Final = 20.0
"""For one picture, redirects included."""


class RemoteImages:
    """Downloads pictures for callers; whoever made this closes it.

    exempt: networks that may be reached although they are not public, such as an operator's own picture server.
    """

    def __init__(
        self,
        *,
        bytes_max: int = BYTES_MAX,
        timeout_s: float = TIMEOUT_S,
        exempt: tuple[str, ...] = (),
    ) -> None:
        self._downloader = Downloader(bytes_max=bytes_max, timeout_s=timeout_s, exempt=exempt)

    async def fetch(self, url: str) -> Blob:
        """The file at `url`, whatever it is; its media type is what its first bytes show.

        Raises InvalidRequest when the address is not allowed or there is no answer of status 200 within the limits.
        """
        try:
            data = await self._downloader.fetch(url)
        except DownloadFailed as failure:
            # Status text observed August 2026.
            raise InvalidRequest(
                f"Error while downloading file. {failure.reason}", param="url", code="invalid_value"
            ) from failure
        shown = sniff(data)
        return Blob.from_bytes(data, shown.media_type if shown else "application/octet-stream")

    async def close(self) -> None:
        """Close what was opened. No download is under way."""
        await self._downloader.close()
