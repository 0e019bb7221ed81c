"""Multipart bodies as the SDKs send them, part by part, so that a large one need not stand in memory whole."""

from __future__ import annotations

from typing import Final

_BOUNDARY: Final = "limner-bench-boundary"
CONTENT_TYPE: Final = f"multipart/form-data; boundary={_BOUNDARY}"
END: Final = f"--{_BOUNDARY}--\r\n".encode()


def field(name: str, text: str) -> bytes:
    """A part that holds text."""
    return _head(f'name="{name}"') + text.encode() + b"\r\n"


def png(name: str, content: bytes) -> bytes:
    """A part that holds a PNG file."""
    return _head(f'name="{name}"; filename="{name}.png"\r\nContent-Type: image/png') + content + b"\r\n"


def _head(disposition: str) -> bytes:
    return f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode()
