"""The loads that gateways are measured under, as data: what is asked, how often at once, and what the upstream does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from bench.gateways.upstream import Answer
from bench.pictures import noisy_png

from bench import forms

MODEL: Final = "gpt-image-2"
IMAGE_BYTES: Final = 1_500_000
MASK_BYTES: Final = 20_000


class Name(StrEnum):
    """Who is measured.

    DIRECT is no gateway: the load goes to the stand-in itself. BARE: Limner's libraries without Limner.
    """

    DIRECT = "direct"
    NGINX = "nginx"
    BARE = "bare Python"
    LITELLM = "LiteLLM"
    LIMNER = "Limner"


ALL_NAMES: Final = (Name.NGINX, Name.BARE, Name.LITELLM, Name.LIMNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One load. about: in words, for tables. calls_max, seconds_max: it ends with the first of them."""

    name: str
    about: str
    answer: Answer
    edit: bool = False
    tls: bool = False
    at_once: int = 16
    calls_max: int
    seconds_max: float = 2.0
    gateways: tuple[Name, ...] = ALL_NAMES

    @property
    def path(self) -> str:
        """Below the gateway's own prefix."""
        return "/images/edits" if self.edit else "/images/generations"

    def body(self) -> tuple[str, bytes]:
        """Content type and body of the request."""
        edge_px = self.answer.edge_px
        fields = {
            "model": MODEL,
            "prompt": "a watercolour of a lighthouse",
            "size": f"{edge_px}x{edge_px}",
            "quality": "medium",
        }
        return _form(fields) if self.edit else ("application/json", json.dumps({**fields, "n": 1}).encode())


def _form(fields: Mapping[str, str]) -> tuple[str, bytes]:
    image, mask = _inputs()
    parts = [forms.field(name, text) for name, text in fields.items()]
    return forms.CONTENT_TYPE, b"".join((*parts, forms.png("image", image), forms.png("mask", mask), forms.END))


@cache
def _inputs() -> tuple[bytes, bytes]:
    return noisy_png(1024, IMAGE_BYTES), noisy_png(1024, MASK_BYTES, alpha=True)


_SMALL: Final = Answer(edge_px=1024, base64_bytes=50_000)
_USUAL: Final = Answer(edge_px=1024, base64_bytes=2_000_000)
_LARGE: Final = Answer(edge_px=2048, base64_bytes=8_000_000)
_WITH_DIRECT: Final = (Name.DIRECT, *ALL_NAMES)
_NO_LITELLM: Final = (Name.NGINX, Name.BARE, Name.LIMNER)


def _burst(count: int) -> Scenario:
    return Scenario(
        name=f"burst-{count}",
        about=f"{count} generations in flight, answered at once, 2 MB",
        answer=Answer(edge_px=1024, base64_bytes=2_000_000, delay_s=0.5, together=count),
        at_once=count,
        calls_max=count,
    )


SCENARIOS: Final = (
    Scenario(name="generations-50k", about="generations, 50 KB", answer=_SMALL, calls_max=8000),
    Scenario(name="generations-2m", about="generations, 2 MB", answer=_USUAL, calls_max=600),
    Scenario(name="generations-8m", about="generations, 8 MB", answer=_LARGE, calls_max=150),
    Scenario(name="edits-2m", about="edits, 1.5 MB and a mask up, 2 MB down", answer=_USUAL, edit=True, calls_max=400),
    Scenario(
        name="generations-2m-tls",
        about="generations, 2 MB, TLS to the upstream",
        answer=_USUAL,
        tls=True,
        calls_max=400,
        gateways=_NO_LITELLM,
    ),
    Scenario(
        name="edits-2m-tls",
        about="edits, 1.5 MB and a mask up, 2 MB down, TLS to the upstream",
        answer=_USUAL,
        edit=True,
        tls=True,
        calls_max=300,
        gateways=_NO_LITELLM,
    ),
    Scenario(
        name="one-50k",
        about="generations, 50 KB, one in flight",
        answer=_SMALL,
        at_once=1,
        calls_max=1000,
        gateways=_WITH_DIRECT,
    ),
    Scenario(
        name="one-2m",
        about="generations, 2 MB, one in flight",
        answer=_USUAL,
        at_once=1,
        calls_max=300,
        gateways=_WITH_DIRECT,
    ),
    _burst(64),
    _burst(256),
    _burst(1000),
)
