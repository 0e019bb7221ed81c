"""The tables of `limner.toml`, one class a table, one field a setting: type, range, default and a sentence each.

The sentences are the documentation (docs/configuration.md is made from them). Knows nothing of files or environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

from limner.contract.catalog import Delivery
from limner.imaging.pixels import PIXELS_MAX
from limner.job import Strictness
from limner.outbound import OutboundSettings

MEBIBYTE: Final = 1024 * 1024
HTTP_URL_PATTERN: Final = r"^https?://[^\s/]+[^\s]*$"

_BUCKET: Final = re.compile(r"(s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]+(/[A-Za-z0-9._=-]+)*/?")
_UNKNOWN_TO: Final[Mapping[str, tuple[str, ...]]] = {"gs": ("region", "account"), "az": ("region",)}
"""Kind of object store -> settings that mean nothing to it."""


class Auth(StrEnum):
    """Who may ask for pictures."""

    KEYS = "keys"
    OFF = "off"


class LogFormat(StrEnum):
    """How a log line looks."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least important line that is still logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Section(BaseModel):
    """A table of settings: unknown names are refused and nothing changes after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSection(Section):
    """`[server]`: where Limner listens and how it behaves."""

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address to listen on; `0.0.0.0` is every IPv4 address."
    )
    port: int = Field(default=8000, ge=0, le=65_535, description="TCP port to listen on; 0 takes any free one.")
    data: Path = Field(
        default=Path("data"),
        description="Folder of the database and the pictures, relative to where Limner is started; made when absent.",
    )
    database: SecretStr | None = Field(
        default=None,
        description="PostgreSQL database, `postgresql://user:password@host/name`, for several gateways at once; needs "
        "`limner[postgres]`. SQLite in the data folder when absent.",
    )
    strictness: Strictness = Field(
        default=Strictness.LIMNER,
        description="`limner` ignores unknown parameters and says so; `openai` refuses all that the live API refuses. "
        "A key can have its own.",
    )
    auth: Auth = Field(
        default=Auth.KEYS,
        description="`keys` asks for a key made with `limner keys create`; `off` accepts any bearer key, for tests "
        "on a machine nobody else reaches.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=HTTP_URL_PATTERN,
        json_schema_extra={"format": "uri"},
        description="Address callers reach this server by, for links in answers; taken from each request when absent.",
    )
    verify_images: bool = Field(
        default=True,
        description="Check uploaded pictures before they reach an engine; `false` lets client test suites send "
        "placeholder bytes.",
    )
    remote_images: bool = Field(
        default=False,
        description="Download pictures that callers name by an http(s) address; private addresses are refused.",
    )
    log_format: LogFormat = Field(default=LogFormat.TEXT, description="`text` for people, `json` for log collectors.")
    log_level: LogLevel = Field(default=LogLevel.INFO, description="Least important log line still written.")

    @field_validator("database")
    @classmethod
    def _a_database_is_an_address(cls, database: SecretStr | None) -> SecretStr | None:
        if database is not None and not _is_postgres(database.get_secret_value()):
            raise ValueError("a database is written as `postgresql://user:password@host:port/name`")
        return database

    @property
    def database_address(self) -> str | None:
        """The database, with its password."""
        return self.database.get_secret_value() if self.database else None


class LimitsSection(Section):
    """`[limits]`: how much of anything one request or the whole server may use."""

    json_body_bytes_max: int = Field(
        default=64 * MEBIBYTE,
        ge=1,
        description="Largest JSON body; three data URLs of OpenAI's longest fit. Held in memory.",
    )
    body_bytes_max: int = Field(
        default=512 * MEBIBYTE,
        ge=1,
        description="Largest multipart body; sixteen pictures of 30 MiB fit. Held on disk.",
    )
    upload_memory_bytes_max: int = Field(
        default=64 * MEBIBYTE,
        ge=0,
        description="Memory for multipart bodies of up to 4 MiB, all together; others wait on disk.",
    )
    image_bytes_max: int = Field(
        default=50 * MEBIBYTE, ge=1, description="Largest picture or file in a request, as at OpenAI."
    )
    image_pixels_max: int = Field(
        default=PIXELS_MAX, ge=1, le=PIXELS_MAX, description="Most pixels of a picture, checked before it is decoded."
    )
    parts_max: int = Field(default=100, ge=1, description="Most parts of a multipart body, fields and files together.")
    body_timeout_s: float = Field(default=600.0, gt=0, description="Time a request's whole body may take to arrive.")
    job_timeout_s: float = Field(
        default=600.0,
        gt=0,
        description="Time from a job's first attempt to its answer, on all engines together; the official SDKs wait as "
        "long.",
    )
    jobs_waiting_max: int = Field(
        default=256,
        ge=0,
        description="Most jobs queued per engine; one more goes to the next engine of its route, or gets 503.",
    )
    queue_timeout_s: float = Field(
        default=600.0,
        gt=0,
        description="Longest wait in an engine's queue; then a job goes to the next engine of its route, or gets 503. "
        "Tasks wait as long as it takes.",
    )
    engine_failures_max: int = Field(
        default=5, ge=1, description="Failures in a row after which an engine gets no jobs for a while."
    )
    engine_cooldown_s: float = Field(
        default=30.0, gt=0, le=60, description="That while; then one job tries the engine again."
    )
    keepalive_s: float = Field(
        default=15.0, gt=0, description="Silence on a stream before a comment is sent, so that proxies keep it open."
    )
    handoff_after_s: float = Field(
        default=0.0,
        ge=0,
        description="Time a plain request waits for its picture before an official SDK is told to ask again, for "
        "proxies that cut long calls; 0 never does. See docs/reliability.md.",
    )
    shutdown_s: float = Field(
        default=30.0,
        ge=0,
        description="Time jobs under way get to finish once the server is asked to stop; it takes no others.",
    )
    remote_bytes_max: int = Field(default=50 * MEBIBYTE, ge=1, description="Largest picture downloaded for a caller.")
    remote_timeout_s: float = Field(default=20.0, gt=0, description="Time such a download may take.")


class FilesSection(Section):
    """`[files]`: pictures kept under `/files` for later edits."""

    account_files_max: int = Field(default=10_000, ge=1, description="Most files one account may keep.")
    account_bytes_max: int = Field(default=10_240 * MEBIBYTE, ge=1, description="Most bytes one account may keep.")
    expires_after_s: float = Field(
        default=2_592_000.0, ge=0, description="Time a file is kept whose caller did not say; 0 keeps it until deleted."
    )


class ResultsSection(Section, OutboundSettings):
    """`[results]`: where finished pictures and files uploaded to `/files` are kept."""

    store: str | None = Field(
        default=None,
        description="`s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX`; the data folder when "
        "absent. See docs/results.md.",
    )
    endpoint: str | None = Field(
        default=None,
        pattern=HTTP_URL_PATTERN,
        json_schema_extra={"format": "uri"},
        description="Address of a server that speaks S3 (or of an emulator); the service's own when absent.",
    )
    region: str | None = Field(default=None, min_length=1, description="S3: the bucket's region.")
    account: str | None = Field(
        default=None, min_length=1, description="S3: id of the access key. Azure: name of the storage account."
    )
    secret: SecretStr | None = Field(
        default=None,
        description="S3: the secret access key. Azure: the account's key. Google: the JSON of a service account's key. "
        "What is absent comes from the environment, as usual for the store.",
    )
    timeout_s: float = Field(
        default=60.0, gt=0, le=600, description="Time to write, read or delete one picture there, attempts included."
    )

    @field_validator("store")
    @classmethod
    def _names_a_bucket(cls, store: str | None) -> str | None:
        if store is not None and not _BUCKET.fullmatch(store):
            raise ValueError(
                f'"{store}" is no place in an object store; it must be s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or '
                "az://CONTAINER/PREFIX, the prefix of letters, digits and -_.=/ or left out"
            )
        return store

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        scheme = (self.store or "").partition(":")[0]
        for name in _UNKNOWN_TO.get(scheme, ()):
            if getattr(self, name) is not None:
                raise ValueError(f"`{name}` means nothing to {scheme}://")
        if scheme == "s3" and (self.account is None) is not (self.secret is None):
            raise ValueError("`account` and `secret` go together: write both, or leave both to the environment")
        return self


class RetentionSection(Section):
    """`[retention]`: how long finished pictures are kept."""

    results_s: float = Field(default=86_400.0, ge=0, description="Time a finished job's pictures are kept.")
    results_bytes_max: int = Field(
        default=20_480 * MEBIBYTE,
        ge=0,
        description="Most bytes of finished pictures kept; beyond it the oldest go before their time.",
    )


class WebhooksSection(Section):
    """`[webhooks]`: where the ends of tasks may be told."""

    hosts: tuple[Annotated[str, StringConstraints(min_length=1, to_lower=True)], ...] = Field(
        default=(),
        description="Hosts that may be inside the network and be posted to without TLS, as they stand in a URL; all "
        "others must be public and speak https.",
    )


class ModelSection(Section):
    """`[models."NAME"]`: one public model."""

    route: tuple[Annotated[str, StringConstraints(min_length=1)] | dict[str, Any], ...] = Field(
        default=(),
        description="Engines that serve the model, the preferred one first, or each as "
        '`{ engine = "NAME", weight = 3 }` with its share of the jobs; may be left out when there is one engine.',
    )
    family: str | None = Field(
        default=None,
        description="Generation of OpenAI's models whose parameters and limits this one follows; the one its name "
        "belongs to, else `gpt-image-2`.",
    )
    delivery: Delivery | None = Field(
        default=None,
        description="How pictures are answered when the caller does not say: the family's own way when absent; `url` "
        "only in dall-e families.",
    )
    moderator: str | None = Field(
        default=None,
        description="Moderator that judges requests before engines that do not do so themselves; none when absent.",
    )
    price: Literal["free"] | dict[str, Any] | None = Field(
        default=None,
        description='What accounts pay: `"free"`, `{ per_image_usd = "0.02" }`, `{ like = "gpt-image-2" }`, or another '
        "form of [prices.md](prices.md); the published price of its own name when absent.",
    )


def _is_postgres(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"postgresql", "postgres"} and parts.port != 0 and bool(parts.path.strip("/"))
    except ValueError:  # a port that is no number
        return False


TABLES: Final[Mapping[str, type[Section]]] = {
    "server": ServerSection,
    "limits": LimitsSection,
    "files": FilesSection,
    "results": ResultsSection,
    "retention": RetentionSection,
    "webhooks": WebhooksSection,
}
"""The tables every configuration has, in the order they are documented."""
