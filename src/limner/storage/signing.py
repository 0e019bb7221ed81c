"""What all gateways of an installation sign with alike: in the database, so that they share it and it is backed up."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from limner.storage.database import Database
from limner.storage.tables import signing_secrets

SECRET_BYTES: Final = 32
WEBHOOKS: Final = "webhooks"
"""The purpose of the secret that those of the accounts are made of, which sign webhooks."""
LINKS: Final = "links"
"""The purpose of the secret that signs links to results, and cursors."""

_FIND: Final = select(signing_secrets.c.secret).where(signing_secrets.c.purpose == bindparam("purpose"))


async def signing_secret(database: Database, purpose: str) -> bytes:
    """The installation's secret for `purpose`, 32 random bytes, made when there is none."""
    return await database.write(lambda connection: _find_or_make(connection, purpose))


def _find_or_make(connection: Connection, purpose: str) -> bytes:
    # Writers go one after another, those of other gateways, too: the second one finds what the first one made.
    found: bytes | None = connection.scalar(_FIND, {"purpose": purpose})
    if found is not None:
        return found
    made = secrets.token_bytes(SECRET_BYTES)
    connection.execute(insert(signing_secrets), {"purpose": purpose, "secret": made})
    return made
