"""From a request body to a `Draft`: the checks in the live API's order, in its words, strict or lenient.

The lenient rules (`Strictness.LIMNER`) differ from the live API in this and nothing else: a missing model is the
default one; a parameter the model's family lacks is never an error, honoured where an engine can and told where none
can; legacy qualities are translated; several `image` parts are a list; variations answer. No pixels, no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from limner.contract import refusals, rules
from limner.contract.attachments import images_of, picture_of
from limner.contract.body import Body, form_body, json_body
from limner.contract.catalog import Catalog, Delivery, Model
from limner.contract.draft import Draft, ImageRef, Part, TaskDraft
from limner.contract.families import DALL_E_2_SIZES, FAMILIES, MODEL_DEFAULT, Family
from limner.contract.fields import (
    CHECKS,
    FIELD,
    PICTURES,
    UNKNOWN_NAMES,
    WEBHOOK,
    Endpoint,
    Field,
    Shape,
    fields_of,
)
from limner.contract.request import LEGACY_QUALITIES, request_of
from limner.contract.values import checked, from_text, number_from_text
from limner.errors import CallerError, InvalidImageRequest, InvalidRequest, NotFound
from limner.job import Fate, ImageRequest, Json, Kind, Strictness, Treatment

MEDIA_TYPES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.GENERATION: ("application/json",),
    Kind.EDIT: ("application/json", "multipart/form-data"),
    Kind.VARIATION: ("multipart/form-data",),
}
"""What each operation's body may be."""

_JSON_ENDPOINTS: Final[Mapping[Kind, Endpoint]] = {
    Kind.GENERATION: Endpoint.GENERATIONS,
    Kind.EDIT: Endpoint.EDITS_JSON,
}
_FORM_ENDPOINTS: Final[Mapping[Kind, Endpoint]] = {
    Kind.EDIT: Endpoint.EDITS_FORM,
    Kind.VARIATION: Endpoint.VARIATIONS,
}


def parse_json(kind: Kind, body: bytes, catalog: Catalog, strictness: Strictness) -> Draft:
    """The request in a JSON body. Raises CallerError, for the first check that fails."""
    endpoint = _JSON_ENDPOINTS.get(kind)
    if endpoint is None:
        raise unsupported_content_type(kind, "application/json")
    return _Reading(json_body(kind, endpoint, body), catalog, strictness).draft()


def parse_task(body: bytes, catalog: Catalog, strictness: Strictness) -> TaskDraft:
    """The task in a JSON body. Raises CallerError, for the first check that fails."""
    sent = json_body(Kind.GENERATION, Endpoint.TASKS, body)
    kind = Kind.GENERATION if sent.values.get("image") is None else Kind.EDIT
    names = tuple(name for name in sent.names if name != WEBHOOK.name)
    draft = _Reading(replace(sent, kind=kind, names=names), catalog, strictness).draft()
    webhook = sent.values.get(WEBHOOK.name)
    if webhook is not None:
        checked(WEBHOOK, webhook)
    return TaskDraft(draft=draft, webhook=webhook if isinstance(webhook, str) else None)


def parse_form(kind: Kind, parts: Sequence[Part], catalog: Catalog, strictness: Strictness) -> Draft:
    """The request in a multipart body's parts, in any order. Raises CallerError, for the first check that fails."""
    endpoint = _FORM_ENDPOINTS.get(kind)
    if endpoint is None:
        raise unsupported_content_type(kind, "multipart/form-data")
    if kind is Kind.VARIATION and strictness is Strictness.OPENAI:
        # Retired with dall-e-2 in May 2026; the live API answers 404.
        raise NotFound("Invalid URL (POST /v1/images/variations)")
    return _Reading(form_body(kind, endpoint, parts), catalog, strictness).draft()


def unsupported_content_type(kind: Kind, content_type: str) -> InvalidRequest:
    """The refusal of a body that is neither of the operation's media types.

    Observed for endpoints that take JSON alone; that two types are joined by `or` is inferred.
    """
    accepted = refusals.quoted(MEDIA_TYPES[kind], "or")
    sent = refusals.echo(content_type)
    return InvalidRequest(
        f"Unsupported content type: '{sent}'. This API method only accepts {accepted} requests, "
        f"but you specified the header 'Content-Type: {sent}'. Please try again with a supported content type.",
        code="unsupported_content_type",
    )


_NEVER_REFUSED: Final = frozenset({"response_format", "style", "input_fidelity"})
"""Parameters whose value is no error on gpt-image models under the lenient rules, whatever it is."""
_PICTURE_SHAPES: Final = frozenset({Shape.PICTURE, Shape.PICTURES})
_NOT_REPORTED: Final = frozenset({"model", "prompt"})


class _Reading:
    """One body on its way through the checks: what has been read so far."""

    model: Model
    family: Family
    table: Mapping[str, Field]

    def __init__(self, body: Body, catalog: Catalog, strictness: Strictness) -> None:
        self.body = body
        self.catalog = catalog
        self.strictness = strictness
        self.lenient = strictness is Strictness.LIMNER
        self.values: dict[str, Json] = {}
        self.unknown: tuple[str, ...] = ()
        self.told: dict[str, Treatment] = {}
        self.images: tuple[ImageRef, ...] = ()
        self.mask: ImageRef | None = None
        self.markup: ImageRef | None = None

    def draft(self) -> Draft:
        for step in CHECKS[self.body.endpoint]:
            if step in _STEPS:
                _STEPS[step](self, step)
            elif step in self.body.names:
                self.read_field(step)
        request = self.request()
        rules.check(
            request,
            self.family,
            self.values,
            self.strictness,
            masked=self.mask is not None,
            marked=self.markup is not None,
        )
        return Draft(
            request=request,
            model=self.model,
            delivery=self.delivery(),
            images=self.images,
            mask=self.mask,
            markup=self.markup,
            given=self.given(),
            unknown=self.unknown,
            told=self.told,
        )

    # The checks, in the order of generations.

    def read_model(self, name: str) -> None:
        raw = self.raw(name)
        if raw is None and self.lenient:
            raw = MODEL_DEFAULT
        elif name not in self.body.values:
            raise refusals.missing(name)
        if not isinstance(raw, str):
            raise refusals.wrong_type(name, "a string", refusals.json_type(raw))
        model = self.catalog.get(raw)
        if model is None:
            raise InvalidImageRequest(
                f"The model '{refusals.echo(raw)}' does not exist.", param=name, code="invalid_value"
            )
        self.model = model
        self.family = FAMILIES[model.family]
        self.table = fields_of(model.family, self.body.endpoint)

    def read_names(self, _step: str) -> None:
        for name in self.body.names:
            hint = _HINTS.get((self.body.endpoint, name))
            # A list can only come from `images[][…]`, which the lenient rules read as JSON's `images`.
            is_listed = self.body.is_form and isinstance(self.body.values.get(name), list)
            if hint is not None and not (self.lenient and is_listed):
                raise InvalidRequest(f"Unknown parameter: '{name}'. {hint}", param=name, code="invalid_value")
            if not self.lenient and name not in self.table:
                raise refusals.unknown(name)
        spoken_of = _SPOKEN_OF[self.body.endpoint]
        self.unknown = tuple([name for name in self.body.names if name not in spoken_of])

    def read_prompt(self, name: str) -> None:
        if name not in self.body.names:
            raise refusals.missing(name)
        raw = self.raw(name)
        if self.body.is_form and isinstance(raw, str):
            # Node's FormData turns every line break into CRLF; the prompt is the text that was typed.
            raw = raw.replace("\r\n", "\n")
        if self.family.legacy and isinstance(raw, str) and len(raw) > self.family.prompt_chars_max:
            raise InvalidRequest(f"Prompt must be length {self.family.prompt_chars_max} or less.", param=name)
        self.values[name] = checked(self.table[name], raw)

    def read_pictures(self, _step: str) -> None:
        self.images = images_of(self.body, self.family, self.strictness)
        self.mask = picture_of(self.body, "mask", self.family, self.strictness)
        self.markup = picture_of(self.body, "markup", self.family, self.strictness)

    def read_field(self, name: str) -> None:
        """Any other field: its own family's table decides, and under the lenient rules the widest one helps out."""
        own = self.table.get(name)
        if own is None or (self.lenient and not self.family.legacy and name in _NEVER_REFUSED):
            try:
                self.read_value(FIELD[name])
            except CallerError:
                self.told[name] = Treatment(Fate.IGNORED)
        else:
            self.read_value(own)

    # What the checks are made of.

    def raw(self, name: str) -> Json:
        """The value as sent, or None. Raises InvalidRequest when it came twice or as a file."""
        if name in self.body.repeated:
            raise refusals.duplicate(name)
        if self.body.files_of(name):
            raise refusals.wrong_type(name, "a string", "a file")
        return self.body.values.get(name)

    def read_value(self, field: Field) -> None:
        raw = self.raw(field.name)
        if self.body.is_form and isinstance(raw, str):
            raw = from_text(field, raw)
        if raw is None and (field.nullable or self.lenient):
            return
        self.values[field.name] = checked(field, raw, accepted=self.accepted(field))

    def accepted(self, field: Field) -> tuple[str, ...]:
        """Values beside the family's own that the lenient rules let pass."""
        if not self.lenient:
            return ()
        if field.shape is Shape.SIZE:
            return DALL_E_2_SIZES if self.body.kind is Kind.VARIATION else ()
        return FIELD[field.name].choices

    # What has been read, as a draft tells it.

    def request(self) -> ImageRequest:
        if self.lenient:
            for name in rules.out_of_place(self.values):
                del self.values[name]
                self.told[name] = Treatment(Fate.IGNORED)
        legacy_quality = LEGACY_QUALITIES.get(str(self.values.get("quality")))
        if legacy_quality is not None and not self.family.legacy:
            self.told["quality"] = Treatment(Fate.ADAPTED, legacy_quality.value)
        unknown = {
            name: number_from_text(name, self.body.values[name]) if self.body.is_form else self.body.values[name]
            for name in self.unknown
            if name not in _PICTURE_NAMES and self.body.values.get(name) is not None
        }
        return request_of(self.body.kind, self.model.id, self.values, unknown)

    def delivery(self) -> Delivery:
        asked = self.values.get("response_format")
        delivery = Delivery.B64_JSON
        if self.family.legacy:
            delivery = self.model.delivery if asked is None else Delivery(str(asked))
        if asked is not None:
            self.told["response_format"] = Treatment(Fate.HONOURED if asked == delivery else Fate.IGNORED)
        return delivery

    def given(self) -> tuple[str, ...]:
        reported = _REPORTED[self.body.endpoint] & (self.values.keys() | self.told.keys())
        return tuple([name for name in self.body.names if name in reported])


_PICTURE_NAMES: Final = frozenset(name for name, field in FIELD.items() if field.shape in _PICTURE_SHAPES)

_KNOWN_NAMES: Final = {
    endpoint: frozenset(steps) | {name for name in _PICTURE_NAMES if endpoint in FIELD[name].where}
    for endpoint, steps in CHECKS.items()
}
"""Every name some family has at an endpoint."""

_REPORTED: Final = {endpoint: known - _NOT_REPORTED - _PICTURE_NAMES for endpoint, known in _KNOWN_NAMES.items()}
"""Those of them that a report has when they were sent."""

_HINTS: Final = {
    (Endpoint.EDITS_FORM, "images"): "For multipart/form-data use 'image' or 'image[]'.",
    (Endpoint.EDITS_JSON, "image"): "For application/json on /v1/images/edits, use 'images' (array).",
    (Endpoint.TASKS, "images"): "For /openai/images use 'image' (a picture or an array).",
    (Endpoint.EDITS_JSON, "image[]"): "For application/json on /v1/images/edits, use 'images' (array).",
}

_SPOKEN_OF: Final = {
    endpoint: known | {name for where, name in _HINTS if where is endpoint} for endpoint, known in _KNOWN_NAMES.items()
}
"""Every name of which there is something to say at an endpoint."""

_STEPS: Final[Mapping[str, Callable[[_Reading, str], None]]] = {
    "model": _Reading.read_model,
    UNKNOWN_NAMES: _Reading.read_names,
    "prompt": _Reading.read_prompt,
    PICTURES: _Reading.read_pictures,
}
