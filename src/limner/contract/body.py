"""A request body in one shape for both encodings, before any field is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from limner.contract.draft import Part
from limner.contract.fields import Endpoint
from limner.contract.form import File, form_of
from limner.errors import InvalidRequest
from limner.job import Json, Kind


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent. names: of every parameter, in order. values: JSON, or text in JSON's shape when `is_form`.

    files: file parts, in order. repeated: names of which only one value is allowed and more came.
    """

    kind: Kind
    endpoint: Endpoint
    is_form: bool
    names: tuple[str, ...]
    values: Mapping[str, Json]
    files: tuple[File, ...] = ()
    repeated: frozenset[str] = frozenset()

    def files_of(self, base: str) -> tuple[File, ...]:
        """The files whose name is `base`, brackets aside."""
        return tuple([file for file in self.files if file.base == base])


def json_body(kind: Kind, endpoint: Endpoint, data: bytes) -> Body:
    """`data` as a body. Raises InvalidRequest for what is no JSON object."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise InvalidRequest(_NOT_JSON)
    return Body(kind, endpoint, is_form=False, names=tuple(document), values=document)


_NOT_JSON: Final = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)


def form_body(kind: Kind, endpoint: Endpoint, parts: Sequence[Part]) -> Body:
    """`parts` as a body."""
    form = form_of(parts)
    return Body(
        kind,
        endpoint,
        is_form=True,
        names=tuple(form.names),
        values=form.texts,
        files=tuple(form.files),
        repeated=frozenset(form.repeated),
    )
