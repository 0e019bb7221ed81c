"""Who is asking: the secret in an `Authorization` header, and the key it stands for.

Knows nothing of what makes a secret good; `Surface.authenticate` does.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Scope

from limner.errors import NotPermitted
from limner.http.exchange import Exchange
from limner.http.repeats import was_sent_before
from limner.http.surface import Surface
from limner.keys import Key

_SCHEME = "bearer"


async def key_of(scope: Scope, surface: Surface) -> Key:
    """The key a request carries, noted in its exchange; one revoked elsewhere is refused. Raises NotAuthenticated."""
    return await accepted(secret_of(Exchange.of(scope).headers), scope, surface)


async def key_to_admit(scope: Scope, surface: Surface) -> Key:
    """The same for a request whose job is admitted, where the key is checked again: the database need not be asked.

    The key of one that was sent before is asked for: that may be answered without an admission.
    """
    headers = Exchange.of(scope).headers
    if was_sent_before(headers):
        return await key_of(scope, surface)
    return _noted(await surface.recognise(secret_of(headers)), scope)


async def accepted(secret: str | None, scope: Scope, surface: Surface) -> Key:
    """The key a secret stands for, noted in the request's exchange. Raises NotAuthenticated."""
    return _noted(await surface.authenticate(secret), scope)


async def admin_of(scope: Scope, surface: Surface) -> Key:
    """The admin key a request carries, noted in its exchange. Raises NotAuthenticated, and NotPermitted for another."""
    key = await key_of(scope, surface)
    if not key.admin:
        raise NotPermitted(
            "This API key does not administer this server. Ask whoever runs it, or make one that does with "
            "`limner keys create NAME --admin`.",
            code="insufficient_permissions",
        )
    return key


def _noted(key: Key, scope: Scope) -> Key:
    Exchange.of(scope).account_id = key.account_id
    return key


def secret_of(headers: Mapping[str, str]) -> str | None:
    """The text after `Bearer`, or None when there is no such header, another scheme, or nothing behind it.

    The scheme's case and the number of blanks do not matter (RFC 9110, section 11.1). Blanks inside the secret stay:
    the SDKs' own test suites use "My API Key". Bytes beyond ASCII arrive as Latin-1 and match no key.
    """
    scheme, _, secret = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != _SCHEME:
        return None
    return secret.strip() or None
