"""Rate-limit headers.

Source: 429s and chat answers of api.openai.com, recorded in 2025 and 2026. Those of images are as clients expect them;
no recording has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from limner.errors import Allowance
from limner.limits import span_text

_MEANINGS: Final[Mapping[str, str]] = {
    "limit": "Most {of} the key may have a minute, if it has such a limit.",
    "remaining": "How many of those {of} it may have at once now.",
    "reset": "Until it may have all of them at once again, such as `6m0s`.",
}
RATE_HEADERS: Final[Mapping[str, str]] = {
    f"x-ratelimit-{what}-{of}": meaning.format(of=of)
    for of in ("requests", "images")
    for what, meaning in _MEANINGS.items()
}
"""Name of each header -> what it says."""


def rate_headers(allowances: Sequence[Allowance]) -> dict[str, str]:
    """Three headers for each rate: its limit, what remains, and when all of it is back."""
    headers: dict[str, str] = {}
    for allowance in allowances:
        headers[f"x-ratelimit-limit-{allowance.dimension}"] = str(allowance.limit)
        headers[f"x-ratelimit-remaining-{allowance.dimension}"] = str(allowance.remaining)
        headers[f"x-ratelimit-reset-{allowance.dimension}"] = span_text(allowance.reset_ms)
    return headers
