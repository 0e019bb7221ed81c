"""Fields beyond OpenAI's on their way to a server: which an operator may forward, and how much a request may hold.

Pure. A forwarded field goes out under the name and with the value the caller sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import orjson

from limner.contract.fields import FIELD
from limner.engines.upstream.dialect import Dialect, Endpoint, SizeForm
from limner.errors import InvalidImageRequest
from limner.job import Json

NAMES_MAX: Final = 64
"""Fields one engine may forward."""
BYTES_MAX: Final = 1024 * 1024
"""Of all fields beyond OpenAI's of one request, written as JSON: a list of adapters, not a picture."""
VALUES_MAX: Final = 1000
"""Texts and numbers in them; each is a part of its own in a form."""
DEPTH_MAX: Final = 8
"""Lists and objects within each other."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_OPTIONAL: Final = frozenset({"input_fidelity", "complexity", "frame_count", "frame_duration_ms", "svg", "style"})
"""OpenAI's fields that Limner itself does nothing with."""
_PICTURES: Final = frozenset({"image", "image[]", "images", "mask", "markup"})
_OWN: Final = (frozenset(FIELD) - _OPTIONAL) | _PICTURES


def fault(names: Iterable[str], dialect: Dialect) -> str | None:
    """What is wrong with forwarding `names` to a server of `dialect`, as a sentence for the operator, or None."""
    names = list(names)
    if len(names) > NAMES_MAX:
        return f"`forward` has {len(names)} names; at most {NAMES_MAX} are allowed"
    for name in names:
        if not _NAME.fullmatch(name):
            return f'`forward` has "{name}", which is no field\'s name'
        if name in _OWN | _set_by(dialect):
            return f"`forward` has `{name}`, which Limner sets itself"
    return None


def forwarding(dialect: Dialect, names: Iterable[str]) -> Dialect:
    """`dialect` of a server that also takes `names`, wherever it is asked."""
    more = {name: name for name in names}

    def wider(endpoint: Endpoint | None) -> Endpoint | None:
        return endpoint and replace(endpoint, names={**more, **endpoint.names})

    return replace(
        dialect,
        ability=replace(dialect.ability, parameters=dialect.ability.parameters | more.keys()),
        generation=replace(dialect.generation, names={**more, **dialect.generation.names}),
        edit=wider(dialect.edit),
        inpainting=wider(dialect.inpainting),
    )


def check(extra: Mapping[str, Json]) -> None:
    """Raise InvalidImageRequest when the fields in `extra` hold more than one request may."""
    values = 0
    for name, value in extra.items():
        values += _values(name, value)
        if values > VALUES_MAX:
            raise _too_much(name, f"the fields beyond OpenAI's hold more than {VALUES_MAX} values")
    size_bytes = 0
    for name, value in extra.items():
        size_bytes += len(orjson.dumps(value))
        if size_bytes > BYTES_MAX:
            raise _too_much(name, f"the fields beyond OpenAI's hold more than {BYTES_MAX} bytes")


def _values(name: str, value: Json) -> int:
    """How many texts and numbers there are in `value`. Raises InvalidImageRequest when it is nested too deeply."""
    count, level = 0, [value]
    for _ in range(DEPTH_MAX + 1):
        nested = [inner for inner in level if isinstance(inner, list | dict)]
        count += len(level) - len(nested)
        level = [each for inner in nested for each in (inner.values() if isinstance(inner, dict) else inner)]
        if not level:
            return count
    raise _too_much(name, f"it nests deeper than {DEPTH_MAX} lists and objects")


def _too_much(name: str, reason: str) -> InvalidImageRequest:
    return InvalidImageRequest(f"Invalid '{name[:64]}': {reason}.", param=name[:64], code="invalid_value")


def _set_by(dialect: Dialect) -> frozenset[str]:
    """The server's own names for what Limner asks it."""
    names = {name for fields in dialect.sizes.values() for name in fields}
    if dialect.size_form is SizeForm.SIDES:
        names |= {"width", "height"}
    for endpoint in (dialect.generation, dialect.edit, dialect.inpainting):
        if endpoint is not None:
            names |= {theirs for ours, theirs in endpoint.names.items() if ours in _OWN}
            names |= {*endpoint.constants, endpoint.mask_name, endpoint.image_name}
    return frozenset(names)
