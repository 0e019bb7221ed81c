"""What an operator can set of `kind = "upstream"`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final, Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator

from limner.engine import Ability
from limner.engines.upstream import forward
from limner.engines.upstream.dialect import Dialect, Encoding, Endpoint, ImageForm
from limner.engines.upstream.dialects import DIALECTS, DialectName
from limner.job import Format, Size
from limner.outbound import OutboundSettings
from limner.prices import Price, PriceSetting, price_of

_SIZE: Final = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")
_HOST: Final = re.compile(r"[\w.-]+|(?:[0-9a-f]*:){2,}[0-9a-f.]*")
"""A name, or an address of version 4 or 6, in small letters."""
_ONE_PICTURE: Final = frozenset({ImageForm.DATA_URL, ImageForm.BASE64})
_IMAGES_MAX: Final = 16
"""Of one request. Source: OpenAI API reference, images/edits, parameter `image`."""


class UpstreamSettings(OutboundSettings):
    """Settings of one upstream engine."""

    dialect: DialectName = Field(default=DialectName.OPENAI, description="How the server deviates from OpenAI.")
    base_url: AnyHttpUrl | None = Field(
        default=None, description="Address of the server up to `/images/...`; the service's own when absent."
    )
    key: SecretStr | None = Field(default=None, description="The server's key; none is sent when absent.")
    model: str | None = Field(
        default=None, min_length=1, description="Model to ask the server for; the caller's when absent."
    )
    concurrency: int = Field(default=16, ge=1, description="Requests under way at once; more wait in the queue.")
    connect_timeout_s: float = Field(default=10.0, gt=0, description="Seconds until a connection stands.")
    first_byte_timeout_s: float = Field(
        default=300.0, gt=0, description="Seconds from the request to the first byte of the answer."
    )
    silence_timeout_s: float = Field(default=120.0, gt=0, description="Seconds without a byte within an answer.")
    timeout_s: float = Field(default=600.0, gt=0, description="Seconds for one request as a whole.")
    answer_bytes_max: int = Field(default=256 * 1024 * 1024, ge=1, description="Most bytes of one answer.")
    transit_bytes_max: int = Field(
        default=64 * 1024 * 1024,
        ge=1,
        description="Bytes of answers held in memory at once, between this server and the callers; more wait in the "
        "network, for 20 s at most.",
    )
    result_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts that results may be downloaded from over plain HTTP and inside your network; the server's "
        "own is one of them.",
    )
    api_version: str | None = Field(default=None, description="Azure's `api-version`; the dialect's when absent.")
    sizes: tuple[str, ...] | None = Field(
        default=None, description="The only sizes its model draws, as `1024x1024`; the dialect's when absent."
    )
    formats: tuple[Format, ...] | None = Field(
        default=None,
        min_length=1,
        description="The only encodings its model answers in, such as `gif` and `svg` beside the usual three; the "
        "dialect's when absent.",
    )
    n_max: int | None = Field(default=None, ge=1, le=10, description="Most pictures of one request.")
    images_max: int | None = Field(
        default=None, ge=0, le=_IMAGES_MAX, description="Most input pictures its model looks at."
    )
    mask: bool | None = Field(
        default=None, description="Whether its model repaints only what a mask says; Limner sees to it otherwise."
    )
    partial_images: bool | None = Field(default=None, description="Whether it streams unfinished pictures.")
    cost: Literal["free"] | dict[str, Any] | None = Field(
        default=None,
        description="What the server charges you where its answers do not say, in a form of [prices.md](prices.md); "
        "recorded as nothing when absent.",
    )
    drop: tuple[str, ...] = Field(default=(), description="Parameters its model refuses, such as `input_fidelity`.")
    forward: tuple[str, ...] = Field(
        default=(),
        description="Fields beyond OpenAI's that the server understands, such as `guidance_scale`; passed as they are.",
    )

    @field_validator("base_url")
    @classmethod
    def _paths_can_follow(cls, base_url: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if base_url is not None and (base_url.query is not None or base_url.fragment is not None):
            raise ValueError("paths are put after it, so it has no query; Azure's version is written as `api_version`")
        return base_url

    @field_validator("result_hosts")
    @classmethod
    def _hosts_stand_alone(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        hosts = tuple(host.lower() for host in hosts)
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f'"{host}" is no host; write its name or address, without scheme and port')
        return hosts

    @field_validator("sizes")
    @classmethod
    def _sizes_are_sizes(cls, sizes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for text in sizes or ():
            if not _SIZE.fullmatch(text):
                raise ValueError(f'"{text}" is no size; write it as `1024x1024`')
        return sizes

    @field_validator("cost")
    @classmethod
    def _cost_is_a_price(cls, cost: PriceSetting | None) -> PriceSetting | None:
        if cost is not None:
            price_of(cost)
        return cost

    @model_validator(mode="after")
    def _an_address_is_known(self) -> Self:
        if self.base_url is None and DIALECTS[self.dialect].base_url is None:
            raise ValueError(f"a server of the dialect {self.dialect} is your own: `base_url` must say where it is")
        if self.base_url is not None and self.base_url.username is not None and self.key is not None:
            raise ValueError("`base_url` has a user's name: only one of it and `key` can be sent")
        if self.sizes is not None and (not self.sizes or DIALECTS[self.dialect].sizes):
            raise ValueError(f"`sizes` can be set only where the dialect takes pixels: {self.dialect} has its own list")
        return self

    @model_validator(mode="after")
    def _the_dialect_has_words_for_it(self) -> Self:
        dialect = DIALECTS[self.dialect]
        edit, names = dialect.inpainting or dialect.edit, dialect.generation.names
        unsaid = {
            "mask": bool(self.mask) and (edit is None or edit.encoding is not Encoding.FORM),
            "formats": not set(self.formats or ()) <= dialect.ability.formats and not self._names_formats,
            "partial_images": bool(self.partial_images) and "stream" not in names,
            "n_max": (self.n_max or 1) > 1 and not self._counts,
            "images_max": (self.images_max or 0) > _images_sayable(dialect),
        }
        for name, wrong in unsaid.items():
            if wrong:
                raise ValueError(f"`{name}` claims what requests of the dialect {self.dialect} cannot ask for")
        return self

    @model_validator(mode="after")
    def _what_is_forwarded_is_no_field_of_ours(self) -> Self:
        if wrong := forward.fault(self.forward, DIALECTS[self.dialect]):
            raise ValueError(wrong)
        if both := sorted(set(self.forward) & set(self.drop)):
            raise ValueError(f"`{both[0]}` stands in both `forward` and `drop`")
        return self

    @property
    def address(self) -> str:
        """The server's base, without a slash at its end."""
        return str(self.base_url or DIALECTS[self.dialect].base_url).rstrip("/")

    @property
    def price(self) -> Price | None:
        """What the server charges where it does not say."""
        return None if self.cost is None else price_of(self.cost)

    @property
    def deviations(self) -> Dialect:
        """The dialect with what this table says of its server."""
        dialect = forward.forwarding(DIALECTS[self.dialect], self.forward)
        query = {"api-version": self.api_version} if self.api_version else dialect.query
        return replace(dialect, query=query, ability=self._ability(dialect.ability))

    @property
    def _counts(self) -> bool:
        """Whether every address in use takes a number of pictures."""
        dialect = DIALECTS[self.dialect]
        masks = dialect.ability.mask if self.mask is None else self.mask
        return _all_take("n", dialect.generation, dialect.edit, dialect.inpainting if masks else None)

    @property
    def _names_formats(self) -> bool:
        """Whether every address can be asked for an encoding."""
        dialect = DIALECTS[self.dialect]
        return _all_take("output_format", dialect.generation, dialect.edit, dialect.inpainting)

    def _ability(self, ability: Ability) -> Ability:
        return replace(
            ability,
            sizes=ability.sizes if self.sizes is None else frozenset(map(Size.of_text, self.sizes)),
            formats=ability.formats if self.formats is None else frozenset(self.formats),
            n_max=self.n_max or (ability.n_max if self._counts else 1),
            images_max=ability.images_max if self.images_max is None else self.images_max,
            mask=ability.mask if self.mask is None else self.mask,
            partial_images=ability.partial_images if self.partial_images is None else self.partial_images,
            parameters=ability.parameters - set(self.drop),
        )


def _images_sayable(dialect: Dialect) -> int:
    """How many pictures a request can hold. An address for inpainting takes one, and one for edits no mask then."""
    if dialect.edit is None:
        return 0
    one = dialect.edit.image_form in _ONE_PICTURE or (dialect.inpainting is not None and dialect.ability.mask_kept)
    return 1 if one else _IMAGES_MAX


def _all_take(name: str, *endpoints: Endpoint | None) -> bool:
    return all(name in endpoint.names for endpoint in endpoints if endpoint is not None)
