"""The tables, for SQLite and PostgreSQL alike. What must always hold is said here, so that no program can break it.

Times are Unix seconds, amounts nano-dollars. Tokens and sizes are whole numbers. Rows of `entries` and `usage` are only
ever inserted; rows of `jobs` are inserted at admission and completed once, when the job ends; rows of `usage_sums` are
only ever added to. A change here needs a
migration beside it: a test compares the two.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

DEFAULT_ACCOUNT: Final = "default"
"""The account every key belongs to until an operator makes others."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows up by itself only in a primary key declared INTEGER, which holds 64 bits there.
_counted: Final = BigInteger().with_variant(Integer, "sqlite")

accounts: Final = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("balance_nusd", BigInteger, nullable=False),
    Column("created_at_s", Double, nullable=False),
)

keys: Final = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("hint", String, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("strictness", String),
    Column("strict", Boolean, nullable=False),
    Column("created_at_s", Double, nullable=False),
    Column("revoked_at_s", Double),
    CheckConstraint("length(secret_hash) = 32", name="hash_is_sha256"),
    CheckConstraint("strictness IN ('limner', 'openai')", name="strictness_known"),
)

# A name may be given again once the key that had it is revoked.
Index(
    "uq_keys_name_unrevoked",
    keys.c.name,
    unique=True,
    sqlite_where=keys.c.revoked_at_s.is_(None),
    postgresql_where=keys.c.revoked_at_s.is_(None),
)

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("key_id", ForeignKey("keys.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("model", String, nullable=False),
    Column("n", Integer, nullable=False),
    Column("output_format", String, nullable=False),
    Column("stream", Boolean, nullable=False),
    Column("partial_images", Integer, nullable=False),
    Column("input_images", Integer, nullable=False),
    Column("has_mask", Boolean, nullable=False),
    Column("user", Text),
    Column("hold_nusd", BigInteger, nullable=False),
    Column("price_book", String, nullable=False),
    Column("admitted_at_s", Double, nullable=False),
    # From here on: known when the job has ended.
    Column("outcome", String),
    Column("finished_at_s", Double),
    Column("started_at_s", Double),
    Column("engine", String),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("quality", String),
    Column("background", String),
    Column("text_input_tokens", BigInteger),
    Column("image_input_tokens", BigInteger),
    Column("text_output_tokens", BigInteger),
    Column("image_output_tokens", BigInteger),
    Column("charge_nusd", BigInteger),
    Column("cost_nusd", BigInteger),
    Column("parameters", Text),
    Column("error_code", String),
    Column("output_bytes", BigInteger),
    Column("blob_keys", Text),
    Column("failures", Text),
    CheckConstraint("n >= 1", name="n_positive"),
    CheckConstraint("hold_nusd >= 0", name="hold_not_negative"),
    CheckConstraint("charge_nusd >= 0 AND cost_nusd >= 0", name="amounts_not_negative"),
    CheckConstraint(
        "outcome IN ('delivered', 'stored', 'cancelled', 'refused', 'failed', 'interrupted')", name="outcome_known"
    ),
    CheckConstraint("outcome IN ('delivered', 'stored') OR charge_nusd = 0", name="charged_only_when_delivered"),
    CheckConstraint(
        "(outcome IS NULL) = (finished_at_s IS NULL) AND (outcome IS NULL) = (charge_nusd IS NULL)",
        name="ended_whole",
    ),
    CheckConstraint("(width_px IS NULL) = (height_px IS NULL)", name="size_whole"),
)

# Jobs under way are few and looked for at every start; finished ones are looked through by age.
Index(
    "ix_jobs_unfinished",
    jobs.c.id,
    sqlite_where=jobs.c.outcome.is_(None),
    postgresql_where=jobs.c.outcome.is_(None),
)
Index(
    "ix_jobs_retained",
    jobs.c.finished_at_s,
    sqlite_where=text("blob_keys <> '[]'"),
    postgresql_where=text("blob_keys <> '[]'"),
)

entries: Final = Table(
    "entries",
    metadata,
    Column("id", _counted, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("amount_nusd", BigInteger, nullable=False),
    Column("balance_before_nusd", BigInteger, nullable=False),
    Column("balance_after_nusd", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at_s", Double, nullable=False),
    Column("job_id", ForeignKey("jobs.id")),
    Column("resolves", ForeignKey("entries.id"), unique=True),
    Column("price_book", String),
    CheckConstraint("kind IN ('credit', 'hold', 'settle', 'release')", name="kind_known"),
    CheckConstraint("balance_after_nusd = balance_before_nusd + amount_nusd", name="adds_up"),
    CheckConstraint("kind <> 'hold' OR amount_nusd <= 0", name="hold_takes"),
    CheckConstraint("kind <> 'release' OR amount_nusd >= 0", name="release_gives"),
    CheckConstraint("(kind IN ('settle', 'release')) = (resolves IS NOT NULL)", name="resolves_a_hold"),
    CheckConstraint("(kind = 'credit') = (job_id IS NULL)", name="belongs_to_a_job"),
    # Without it SQLite would give the id of a lost newest row to another one.
    sqlite_autoincrement=True,
)
Index("ix_entries_account_id_id", entries.c.account_id, entries.c.id)
# What an account was given, which is few entries among very many.
Index(
    "ix_entries_account_id_given",
    entries.c.account_id,
    sqlite_where=entries.c.job_id.is_(None),
    postgresql_where=entries.c.job_id.is_(None),
)
Index(
    "uq_entries_hold_of_job",
    entries.c.job_id,
    unique=True,
    sqlite_where=entries.c.kind == "hold",
    postgresql_where=entries.c.kind == "hold",
)

usage: Final = Table(
    "usage",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("key_id", ForeignKey("keys.id"), nullable=False),
    Column("model", String, nullable=False),
    Column("engine", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("width_px", Integer, nullable=False),  # 0, as is the height, for a job without a picture
    Column("height_px", Integer, nullable=False),
    Column("user", Text),
    Column("minute", BigInteger, nullable=False),  # since 1 January 1970, UTC: sums by time need no date functions
    Column("finished_at_s", Double, nullable=False),
    Column("images", Integer, nullable=False),
    Column("text_input_tokens", BigInteger, nullable=False),
    Column("image_input_tokens", BigInteger, nullable=False),
    Column("text_output_tokens", BigInteger, nullable=False),
    Column("image_output_tokens", BigInteger, nullable=False),
    Column("charge_nusd", BigInteger, nullable=False),
    Column("cost_nusd", BigInteger, nullable=False),
    CheckConstraint("images >= 0 AND charge_nusd >= 0 AND cost_nusd >= 0", name="not_negative"),
)
Index("ix_usage_finished_at_s", usage.c.finished_at_s)
Index("ix_usage_account_id_finished_at_s", usage.c.account_id, usage.c.finished_at_s)
Index(
    "ix_usage_user_finished_at_s",
    usage.c.user,
    usage.c.finished_at_s,
    sqlite_where=usage.c.user.is_not(None),
    postgresql_where=usage.c.user.is_not(None),
)

# Usage of whole hours and whole days, added up as jobs settle; always what the rows of `usage` make. Of what sums are
# kept, `limner.usage.KEPT` says; engine, kind and size are empty where they are not told apart.
usage_sums: Final = Table(
    "usage_sums",
    metadata,
    Column("width_s", Integer, primary_key=True, autoincrement=False),
    Column("detailed", Boolean, primary_key=True),
    Column("starts_at_s", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("key_id", ForeignKey("keys.id"), primary_key=True),
    Column("model", String, primary_key=True),
    Column("engine", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("width_px", Integer, primary_key=True, autoincrement=False),
    Column("height_px", Integer, primary_key=True, autoincrement=False),
    Column("requests", BigInteger, nullable=False),
    Column("images", BigInteger, nullable=False),
    Column("text_input_tokens", BigInteger, nullable=False),
    Column("image_input_tokens", BigInteger, nullable=False),
    Column("text_output_tokens", BigInteger, nullable=False),
    Column("image_output_tokens", BigInteger, nullable=False),
    Column("charge_nusd", BigInteger, nullable=False),
    Column("cost_nusd", BigInteger, nullable=False),
    # The rows lie in the order of their key: adding to one looks it up once, and a span of days is read in one piece.
    sqlite_with_rowid=False,
)

files: Final = Table(
    "files",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("filename", Text, nullable=False),
    Column("purpose", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at_s", Double, nullable=False),
    Column("expires_at_s", Double),
    CheckConstraint("size_bytes >= 0", name="size_not_negative"),
    CheckConstraint("expires_at_s > created_at_s", name="expires_later"),
)
Index("ix_files_account_id_created_at_s_id", files.c.account_id, files.c.created_at_s, files.c.id)
Index("ix_files_expires_at_s", files.c.expires_at_s)
