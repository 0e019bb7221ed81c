"""The first schema: accounts, keys, jobs and the ways back to them, entries, usage, files, tasks, secrets, the trail.

A migration is a photograph: it spells the tables out as they were, whatever `tables.py` says by now. There is no way
back down; a copy of the database from before is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


_REFUSED = "rows of {table} are only added"
_ADDITIONS_ONLY = {
    "sqlite": (
        f"CREATE TRIGGER {{table}}_unchanged BEFORE UPDATE ON {{table}} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
        f"CREATE TRIGGER {{table}}_kept BEFORE DELETE ON {{table}} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    ),
    "postgresql": (
        f"CREATE FUNCTION {{table}}_stay() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE '{_REFUSED}'; END$$",
        "CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION {table}_stay()",
    ),
}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("balance_nusd", sa.BigInteger(), nullable=False),
        sa.Column("credit_limit_nusd", sa.BigInteger(), nullable=True),
        sa.Column("markup_bp", sa.Integer(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("closed_at_s", sa.Double(), nullable=True),
        sa.CheckConstraint("credit_limit_nusd >= 0", name=op.f("ck_accounts_credit_limit_not_negative")),
        sa.CheckConstraint("markup_bp >= 0", name=op.f("ck_accounts_markup_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("expires_at_s", sa.Double(), nullable=True),
        sa.CheckConstraint("expires_at_s > created_at_s", name=op.f("ck_files_expires_later")),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_files_size_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_files_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index("ix_files_account_id_created_at_s_id", "files", ["account_id", "created_at_s", "id"], unique=False)
    op.create_index("ix_files_expires_at_s", "files", ["expires_at_s"], unique=False)
    op.create_table(
        "gateways",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("beats >= 0", name=op.f("ck_gateways_beats_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateways")),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("strictness", sa.String(), nullable=True),
        sa.Column("strict", sa.Boolean(), nullable=False),
        sa.Column("models", sa.Text(), nullable=True),
        sa.Column("budget_nusd", sa.BigInteger(), nullable=True),
        sa.Column("budget_day_nusd", sa.BigInteger(), nullable=True),
        sa.Column("budget_month_nusd", sa.BigInteger(), nullable=True),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("images_per_minute", sa.Integer(), nullable=True),
        sa.Column("jobs_at_once", sa.Integer(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("expires_at_s", sa.Double(), nullable=True),
        sa.Column("revoked_at_s", sa.Double(), nullable=True),
        sa.CheckConstraint("strictness IN ('limner', 'openai')", name=op.f("ck_keys_strictness_known")),
        sa.CheckConstraint(
            "budget_nusd >= 0 AND budget_day_nusd >= 0 AND budget_month_nusd >= 0",
            name=op.f("ck_keys_budgets_not_negative"),
        ),
        sa.CheckConstraint(
            "requests_per_minute >= 1 AND images_per_minute >= 1 AND jobs_at_once >= 1",
            name=op.f("ck_keys_rates_positive"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_keys_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_index(
        "uq_keys_name_unrevoked",
        "keys",
        ["name"],
        unique=True,
        sqlite_where=sa.text("revoked_at_s IS NULL"),
        postgresql_where=sa.text("revoked_at_s IS NULL"),
    )
    op.create_table(
        "key_secrets",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("expires_at_s", sa.Double(), nullable=True),
        sa.CheckConstraint("length(secret_hash) = 32", name=op.f("ck_key_secrets_hash_is_sha256")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_key_secrets_key_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_key_secrets")),
    )
    op.create_index(
        "uq_key_secrets_lasting",
        "key_secrets",
        ["key_id"],
        unique=True,
        sqlite_where=sa.text("expires_at_s IS NULL"),
        postgresql_where=sa.text("expires_at_s IS NULL"),
    )
    op.create_table(
        "blocked_users",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_blocked_users_key_id")),
        sa.PrimaryKeyConstraint("key_id", "user", name=op.f("pk_blocked_users")),
    )
    op.create_table(
        "meters",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("spent_nusd", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("spent_day_nusd", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("spent_month_nusd", sa.BigInteger(), nullable=False),
        sa.Column("requests_until_ns", sa.BigInteger(), nullable=False),
        sa.Column("images_until_ns", sa.BigInteger(), nullable=False),
        sa.Column("jobs_running", sa.Integer(), nullable=False),
        sa.CheckConstraint("jobs_running >= 0", name=op.f("ck_meters_jobs_not_negative")),
        sa.CheckConstraint(
            "spent_nusd >= 0 AND spent_day_nusd >= 0 AND spent_month_nusd >= 0",
            name=op.f("ck_meters_spent_not_negative"),
        ),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_meters_key_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_meters")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("gateway_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("output_format", sa.String(), nullable=False),
        sa.Column("stream", sa.Boolean(), nullable=False),
        sa.Column("partial_images", sa.Integer(), nullable=False),
        sa.Column("input_images", sa.Integer(), nullable=False),
        sa.Column("has_mask", sa.Boolean(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("hold_nusd", sa.BigInteger(), nullable=False),
        sa.Column("price_book", sa.String(), nullable=False),
        sa.Column("markup_bp", sa.Integer(), nullable=False),
        sa.Column("admitted_at_s", sa.Double(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("finished_at_s", sa.Double(), nullable=True),
        sa.Column("started_at_s", sa.Double(), nullable=True),
        sa.Column("engine", sa.String(), nullable=True),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("height_px", sa.Integer(), nullable=True),
        sa.Column("quality", sa.String(), nullable=True),
        sa.Column("background", sa.String(), nullable=True),
        sa.Column("text_input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("image_input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("text_output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("image_output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("charge_nusd", sa.BigInteger(), nullable=True),
        sa.Column("cost_nusd", sa.BigInteger(), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("output_bytes", sa.BigInteger(), nullable=True),
        sa.Column("blob_keys", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("failures", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'stored') OR charge_nusd = 0", name=op.f("ck_jobs_charged_only_when_delivered")
        ),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'stored', 'cancelled', 'refused', 'failed', 'interrupted')",
            name=op.f("ck_jobs_outcome_known"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (finished_at_s IS NULL) AND (outcome IS NULL) = (charge_nusd IS NULL)",
            name=op.f("ck_jobs_ended_whole"),
        ),
        sa.CheckConstraint("(width_px IS NULL) = (height_px IS NULL)", name=op.f("ck_jobs_size_whole")),
        sa.CheckConstraint("charge_nusd >= 0 AND cost_nusd >= 0", name=op.f("ck_jobs_amounts_not_negative")),
        sa.CheckConstraint("charge_nusd <= hold_nusd", name=op.f("ck_jobs_charge_within_hold")),
        sa.CheckConstraint("hold_nusd >= 0", name=op.f("ck_jobs_hold_not_negative")),
        sa.CheckConstraint("n >= 1", name=op.f("ck_jobs_n_positive")),
        sa.CheckConstraint("length(fingerprint) = 32", name=op.f("ck_jobs_fingerprint_is_sha256")),
        sa.CheckConstraint("retries >= 0", name=op.f("ck_jobs_retries_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_jobs_account_id")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_jobs_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_claimable",
        "jobs",
        ["fingerprint"],
        unique=False,
        sqlite_where=sa.text("fingerprint IS NOT NULL"),
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_retained",
        "jobs",
        ["finished_at_s"],
        unique=False,
        sqlite_where=sa.text("blob_keys <> '[]'"),
        postgresql_where=sa.text("blob_keys <> '[]'"),
    )
    op.create_index(
        "ix_jobs_unfinished",
        "jobs",
        ["gateway_id"],
        unique=False,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "idempotency",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("expires_at_s", sa.Double(), nullable=False),
        sa.CheckConstraint("length(fingerprint) = 32", name=op.f("ck_idempotency_fingerprint_is_sha256")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_idempotency_job_id"), deferrable=True, initially="DEFERRED"
        ),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_idempotency_key_id")),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_expires_at_s", "idempotency", ["expires_at_s"], unique=False)
    op.create_index("ix_idempotency_job_id", "idempotency", ["job_id"], unique=False)
    op.create_table(
        "refusals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("refused_at_s", sa.Double(), nullable=False),
        sa.CheckConstraint("length(fingerprint) = 32", name=op.f("ck_refusals_fingerprint_is_sha256")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_refusals_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusals")),
    )
    op.create_index("ix_refusals_fingerprint", "refusals", ["fingerprint"], unique=False)
    op.create_index("ix_refusals_refused_at_s", "refusals", ["refused_at_s"], unique=False)
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_nusd", sa.BigInteger(), nullable=False),
        sa.Column("balance_before_nusd", sa.BigInteger(), nullable=False),
        sa.Column("balance_after_nusd", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=True),
        sa.Column("resolves", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("price_book", sa.String(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind = 'credit' OR idempotency_key IS NULL", name=op.f("ck_entries_credits_are_sent_again")
        ),
        sa.CheckConstraint("(kind = 'credit') = (job_id IS NULL)", name=op.f("ck_entries_belongs_to_a_job")),
        sa.CheckConstraint(
            "(kind IN ('settle', 'release')) = (resolves IS NOT NULL)", name=op.f("ck_entries_resolves_a_hold")
        ),
        sa.CheckConstraint("kind <> 'hold' OR amount_nusd <= 0", name=op.f("ck_entries_hold_takes")),
        sa.CheckConstraint("kind <> 'charge' OR amount_nusd <= 0", name=op.f("ck_entries_charge_takes")),
        sa.CheckConstraint("kind <> 'release' OR amount_nusd >= 0", name=op.f("ck_entries_release_gives")),
        sa.CheckConstraint(
            "kind IN ('credit', 'hold', 'settle', 'release', 'charge')", name=op.f("ck_entries_kind_known")
        ),
        sa.CheckConstraint("balance_after_nusd = balance_before_nusd + amount_nusd", name=op.f("ck_entries_adds_up")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_entries_account_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_entries_job_id")),
        sa.ForeignKeyConstraint(["resolves"], ["entries.id"], name=op.f("fk_entries_resolves")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("resolves", name=op.f("uq_entries_resolves")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entries_account_id_id", "entries", ["account_id", "id"], unique=False)
    op.create_index(
        "uq_entries_charge_of_job",
        "entries",
        ["job_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'charge'"),
        postgresql_where=sa.text("kind = 'charge'"),
    )
    op.create_index(
        "uq_entries_idempotency_key",
        "entries",
        ["account_id", "idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "ix_entries_account_id_given",
        "entries",
        ["account_id"],
        unique=False,
        sqlite_where=sa.column("job_id").is_(None),
        postgresql_where=sa.column("job_id").is_(None),
    )
    op.create_index(
        "uq_entries_hold_of_job",
        "entries",
        ["job_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'hold'"),
        postgresql_where=sa.text("kind = 'hold'"),
    )
    op.create_table(
        "usage",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("finished_at_s", sa.Double(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("text_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("image_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("text_output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("image_output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("charge_nusd", sa.BigInteger(), nullable=False),
        sa.Column("cost_nusd", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("images >= 0 AND charge_nusd >= 0 AND cost_nusd >= 0", name=op.f("ck_usage_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_usage_account_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_usage_job_id")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_usage_key_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_usage")),
    )
    op.create_index("ix_usage_account_id_finished_at_s", "usage", ["account_id", "finished_at_s"], unique=False)
    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trail_actor_id", "trail", ["actor", "id"], unique=False)
    op.create_index("ix_trail_subject_id", "trail", ["subject", "id"], unique=False)
    for table in ("entries", "trail"):
        for statement in _ADDITIONS_ONLY[op.get_bind().dialect.name]:
            op.execute(statement.format(table=table))
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("by_address", sa.Boolean(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("began_at_s", sa.Double(), nullable=True),
        sa.Column("cancelled_at_s", sa.Double(), nullable=True),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("request_kept", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("timed_out", sa.Boolean(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=True),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("deliver_at_s", sa.Double(), nullable=True),
        sa.Column("delivered_by", sa.String(), nullable=True),
        sa.Column("delivered_at_s", sa.Double(), nullable=True),
        sa.CheckConstraint("restarts >= 0 AND deliveries >= 0", name=op.f("ck_tasks_counts_not_negative")),
        sa.CheckConstraint("began_at_s IS NULL OR cancelled_at_s IS NULL", name=op.f("ck_tasks_begun_or_cancelled")),
        sa.CheckConstraint("began_at_s IS NULL OR confirmed", name=op.f("ck_tasks_begun_if_confirmed")),
        sa.CheckConstraint("(error_code IS NULL) = (error_message IS NULL)", name=op.f("ck_tasks_error_whole")),
        sa.CheckConstraint(
            "deliver_at_s IS NULL OR (webhook IS NOT NULL AND delivered_at_s IS NULL)",
            name=op.f("ck_tasks_to_be_told"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tasks_account_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_tasks_job_id")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_tasks_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("job_id", name=op.f("uq_tasks_job_id")),
    )
    op.create_index(
        "ix_tasks_deliver_at_s",
        "tasks",
        ["deliver_at_s"],
        unique=False,
        sqlite_where=sa.text("deliver_at_s IS NOT NULL"),
        postgresql_where=sa.text("deliver_at_s IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_request_kept",
        "tasks",
        ["created_at_s"],
        unique=False,
        sqlite_where=sa.text("request_kept = 1"),
        postgresql_where=sa.text("request_kept"),
    )
    op.create_table(
        "signing_secrets",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(secret) = 32", name=op.f("ck_signing_secrets_secret_is_long")),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_signing_secrets")),
    )
    op.create_table(
        "commits",
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("committed_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_commits")),
    )
    op.create_index("ix_usage_finished_at_s", "usage", ["finished_at_s"], unique=False)
    op.create_index(
        "ix_usage_user_finished_at_s",
        "usage",
        ["user", "finished_at_s"],
        unique=False,
        sqlite_where=sa.column("user").is_not(None),
        postgresql_where=sa.column("user").is_not(None),
    )
    op.create_table(
        "usage_sums",
        sa.Column("width_s", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("detailed", sa.Boolean(), nullable=False),
        sa.Column("starts_at_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("width_px", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("height_px", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("text_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("image_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("text_output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("image_output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("charge_nusd", sa.BigInteger(), nullable=False),
        sa.Column("cost_nusd", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_usage_sums_account_id")),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_usage_sums_key_id")),
        sa.PrimaryKeyConstraint(
            "width_s",
            "detailed",
            "starts_at_s",
            "account_id",
            "key_id",
            "model",
            "engine",
            "kind",
            "width_px",
            "height_px",
            name=op.f("pk_usage_sums"),
        ),
        sqlite_with_rowid=False,
    )
