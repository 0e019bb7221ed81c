"""What Alembic runs to apply the migrations: on the connection it is handed, in the transaction that is open there."""

from alembic import context

from limner.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, though Alembic assumes it cannot: a migration happens whole or not at all
)
with context.begin_transaction():
    context.run_migrations()
