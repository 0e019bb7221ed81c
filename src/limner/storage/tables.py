"""The tables, for SQLite and PostgreSQL alike. What must always hold is said here, so that no program can break it.

Times are Unix seconds, amounts nano-dollars. Tokens and sizes are whole numbers. Rows of `entries` and `usage` are only
ever inserted; rows of `jobs` are inserted at admission and completed once, when the job ends; later only their pictures
are forgotten, and retries counted that claim them. Usage is replaced once for a job that is charged after its hold was
given back, and its sums with it. The database itself refuses to change or remove rows of `entries` and `trail`. A
change here needs a migration beside it: a test compares the two.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
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
    Column("credit_limit_nusd", BigInteger),
    Column("markup_bp", Integer, nullable=False, default=0),
    Column("labels", Text, nullable=False, default="{}"),
    Column("created_at_s", Double, nullable=False),
    Column("closed_at_s", Double),
    CheckConstraint("credit_limit_nusd >= 0", name="credit_limit_not_negative"),
    CheckConstraint("markup_bp >= 0", name="markup_not_negative"),
)

keys: Final = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("strictness", String),
    Column("strict", Boolean, nullable=False),
    Column("models", Text),
    Column("budget_nusd", BigInteger),
    Column("budget_day_nusd", BigInteger),
    Column("budget_month_nusd", BigInteger),
    Column("requests_per_minute", Integer),
    Column("images_per_minute", Integer),
    Column("jobs_at_once", Integer),
    Column("labels", Text, nullable=False),
    Column("created_at_s", Double, nullable=False),
    Column("expires_at_s", Double),
    Column("revoked_at_s", Double),
    CheckConstraint(
        "budget_nusd >= 0 AND budget_day_nusd >= 0 AND budget_month_nusd >= 0", name="budgets_not_negative"
    ),
    CheckConstraint("requests_per_minute >= 1 AND images_per_minute >= 1 AND jobs_at_once >= 1", name="rates_positive"),
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

gateways: Final = Table(
    "gateways",
    metadata,
    Column("id", String, primary_key=True),
    Column("beats", BigInteger, nullable=False),
    CheckConstraint("beats >= 0", name="beats_not_negative"),
)

# A key has one secret that lasts, and for a while those before it.
key_secrets: Final = Table(
    "key_secrets",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("key_id", ForeignKey("keys.id"), nullable=False),
    Column("hint", String, nullable=False),
    Column("created_at_s", Double, nullable=False),
    Column("expires_at_s", Double),
    CheckConstraint("length(secret_hash) = 32", name="hash_is_sha256"),
)
Index(
    "uq_key_secrets_lasting",
    key_secrets.c.key_id,
    unique=True,
    sqlite_where=key_secrets.c.expires_at_s.is_(None),
    postgresql_where=key_secrets.c.expires_at_s.is_(None),
)

# End users a key may draw no more for.
blocked_users: Final = Table(
    "blocked_users",
    metadata,
    Column("key_id", ForeignKey("keys.id"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("created_at_s", Double, nullable=False),
)

# What each key has used, one row a key from its making on: see `limner.limits.Meter`.
meters: Final = Table(
    "meters",
    metadata,
    Column("key_id", ForeignKey("keys.id"), primary_key=True),
    Column("spent_nusd", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("spent_day_nusd", BigInteger, nullable=False),
    Column("month", Integer, nullable=False),
    Column("spent_month_nusd", BigInteger, nullable=False),
    Column("requests_until_ns", BigInteger, nullable=False),
    Column("images_until_ns", BigInteger, nullable=False),
    Column("jobs_running", Integer, nullable=False),
    CheckConstraint("spent_nusd >= 0 AND spent_day_nusd >= 0 AND spent_month_nusd >= 0", name="spent_not_negative"),
    CheckConstraint("jobs_running >= 0", name="jobs_not_negative"),
)

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("key_id", ForeignKey("keys.id"), nullable=False),
    Column("gateway_id", String, nullable=False),  # whose row in `gateways` may be gone
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
    Column("markup_bp", Integer, nullable=False),
    Column("admitted_at_s", Double, nullable=False),
    # By which retries find it, as long as there is something to find.
    Column("fingerprint", LargeBinary),
    Column("retries", Integer, nullable=False),
    Column("replayed", Boolean, nullable=False),
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
    Column("told", Text),
    Column("failures", Text),
    CheckConstraint("n >= 1", name="n_positive"),
    CheckConstraint("length(fingerprint) = 32", name="fingerprint_is_sha256"),
    CheckConstraint("retries >= 0", name="retries_not_negative"),
    CheckConstraint("hold_nusd >= 0", name="hold_not_negative"),
    CheckConstraint("charge_nusd >= 0 AND cost_nusd >= 0", name="amounts_not_negative"),
    CheckConstraint("charge_nusd <= hold_nusd", name="charge_within_hold"),
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
    jobs.c.gateway_id,
    sqlite_where=jobs.c.outcome.is_(None),
    postgresql_where=jobs.c.outcome.is_(None),
)
Index(
    "ix_jobs_claimable",
    jobs.c.fingerprint,
    sqlite_where=jobs.c.fingerprint.is_not(None),
    postgresql_where=jobs.c.fingerprint.is_not(None),
)
Index(
    "ix_jobs_retained",
    jobs.c.finished_at_s,
    sqlite_where=text("blob_keys <> '[]'"),
    postgresql_where=text("blob_keys <> '[]'"),
)

# Which job an `Idempotency-Key` stands for. The row comes before its job's, in the same transaction.
idempotency: Final = Table(
    "idempotency",
    metadata,
    Column("key_id", ForeignKey("keys.id"), primary_key=True),
    Column("idempotency_key", String, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("job_id", ForeignKey("jobs.id", deferrable=True, initially="DEFERRED"), nullable=False),
    Column("expires_at_s", Double, nullable=False),
    CheckConstraint("length(fingerprint) = 32", name="fingerprint_is_sha256"),
)
Index("ix_idempotency_expires_at_s", idempotency.c.expires_at_s)
# For the reference to a job that is admitted after it, which SQLite looks for when the job comes.
Index("ix_idempotency_job_id", idempotency.c.job_id)

# Requests that came to nothing and will be sent again.
refusals: Final = Table(
    "refusals",
    metadata,
    Column("id", _counted, primary_key=True),
    Column("key_id", ForeignKey("keys.id"), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("refused_at_s", Double, nullable=False),
    CheckConstraint("length(fingerprint) = 32", name="fingerprint_is_sha256"),
)
Index("ix_refusals_fingerprint", refusals.c.fingerprint)
Index("ix_refusals_refused_at_s", refusals.c.refused_at_s)

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
    Column("idempotency_key", String),
    CheckConstraint("kind IN ('credit', 'hold', 'settle', 'release', 'charge')", name="kind_known"),
    CheckConstraint("balance_after_nusd = balance_before_nusd + amount_nusd", name="adds_up"),
    CheckConstraint("kind <> 'hold' OR amount_nusd <= 0", name="hold_takes"),
    CheckConstraint("kind <> 'release' OR amount_nusd >= 0", name="release_gives"),
    CheckConstraint("kind <> 'charge' OR amount_nusd <= 0", name="charge_takes"),
    CheckConstraint("(kind IN ('settle', 'release')) = (resolves IS NOT NULL)", name="resolves_a_hold"),
    CheckConstraint("(kind = 'credit') = (job_id IS NULL)", name="belongs_to_a_job"),
    CheckConstraint("kind = 'credit' OR idempotency_key IS NULL", name="credits_are_sent_again"),
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
Index(
    "uq_entries_charge_of_job",
    entries.c.job_id,
    unique=True,
    sqlite_where=entries.c.kind == "charge",
    postgresql_where=entries.c.kind == "charge",
)
Index(
    "uq_entries_idempotency_key",
    entries.c.account_id,
    entries.c.idempotency_key,
    unique=True,
    sqlite_where=entries.c.idempotency_key.is_not(None),
    postgresql_where=entries.c.idempotency_key.is_not(None),
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

tasks: Final = Table(
    "tasks",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("key_id", ForeignKey("keys.id"), nullable=False),
    Column("job_id", ForeignKey("jobs.id"), nullable=False, unique=True),  # the one that draws it now
    Column("by_address", Boolean, nullable=False),
    Column("created_at_s", Double, nullable=False),
    Column("confirmed", Boolean, nullable=False),  # whether anybody may know its id
    Column("began_at_s", Double),
    Column("cancelled_at_s", Double),
    Column("restarts", Integer, nullable=False),
    Column("request_kept", Boolean, nullable=False),
    Column("error_code", String),
    Column("error_message", Text),
    Column("timed_out", Boolean, nullable=False),
    # What is to be told of its end: rows with a time are the outbox.
    Column("webhook", Text),
    Column("deliveries", Integer, nullable=False),
    Column("deliver_at_s", Double),
    Column("delivered_by", String),  # the gateway that does just now, whose row may be gone
    Column("delivered_at_s", Double),
    CheckConstraint("restarts >= 0 AND deliveries >= 0", name="counts_not_negative"),
    CheckConstraint("began_at_s IS NULL OR cancelled_at_s IS NULL", name="begun_or_cancelled"),
    CheckConstraint("began_at_s IS NULL OR confirmed", name="begun_if_confirmed"),
    CheckConstraint("(error_code IS NULL) = (error_message IS NULL)", name="error_whole"),
    CheckConstraint("deliver_at_s IS NULL OR (webhook IS NOT NULL AND delivered_at_s IS NULL)", name="to_be_told"),
)
Index(
    "ix_tasks_deliver_at_s",
    tasks.c.deliver_at_s,
    sqlite_where=tasks.c.deliver_at_s.is_not(None),
    postgresql_where=tasks.c.deliver_at_s.is_not(None),
)
Index(
    "ix_tasks_request_kept",
    tasks.c.created_at_s,
    sqlite_where=text("request_kept = 1"),
    postgresql_where=text("request_kept"),
)

# What all gateways sign with alike, by what it is for.
signing_secrets: Final = Table(
    "signing_secrets",
    metadata,
    Column("purpose", String, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    CheckConstraint("length(secret) = 32", name="secret_is_long"),
)

# What administrators did: see `limner.trail`.
trail: Final = Table(
    "trail",
    metadata,
    Column("id", _counted, primary_key=True),
    Column("at_s", Double, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", Text, nullable=False),
    # As that of `entries`.
    sqlite_autoincrement=True,
)
Index("ix_trail_subject_id", trail.c.subject, trail.c.id)
Index("ix_trail_actor_id", trail.c.actor, trail.c.id)


def _additions_only(dialect: str, table: str) -> tuple[str, ...]:
    """What makes a kind of database refuse to change or remove rows, whoever asks."""
    refused = f"rows of {table} are only added"
    if dialect == "sqlite":
        verbs = {"unchanged": "UPDATE", "kept": "DELETE"}
        return tuple(
            f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{refused}'); END"
            for name, verb in verbs.items()
        )
    return (
        f"CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE '{refused}'; END$$",
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION {table}_stay()",
    )


@event.listens_for(entries, "after_create")
@event.listens_for(trail, "after_create")
def _keep(table: Table, connection: Connection, **_: object) -> None:
    for statement in _additions_only(connection.dialect.name, table.name):
        connection.execute(text(statement))


# The token of each writer's last batch, by which it learns whether a commit whose answer was lost has happened. SQLite
# tells that itself.
commits: Final = Table(
    "commits",
    metadata,
    Column("writer", String, primary_key=True),
    Column("token", String, nullable=False),
    Column("committed_at_s", Double, nullable=False),
)
