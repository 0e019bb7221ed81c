"""The public models a server offers, as the contract sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Delivery(StrEnum):
    """How a model's pictures reach the caller. gpt-image models are always B64_JSON."""

    B64_JSON = "b64_json"
    URL = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One public model. family: the name of the field table it follows (`contract/fields.py`).

    delivery: the default when the caller sends no `response_format`; only families outside gpt-image may use URL.
    """

    id: str
    family: str
    created_s: int
    owned_by: str = "limner"
    delivery: Delivery = Delivery.B64_JSON


Catalog: TypeAlias = Mapping[str, Model]
"""Public name -> model."""
