"""Operations on keys and their end users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limner import admin
from limner.contract.admin.keys import key_change, key_object
from limner.contract.admin.pages import part_of
from limner.http.admin.endpoint import Call, Handler
from limner.http.surface import Surface
from limner.job import Json, Strictness
from limner.keys import Key, KeyTerms
from limner.limits import Meter


async def _create(surface: Surface, call: Call) -> Mapping[str, Json]:
    sent: Any = call.values
    strictness = sent.get("strictness")
    new = await admin.create_key(
        surface.office.keys,
        sent["name"],
        admin=sent.get("admin", False),
        strictness=None if strictness is None else Strictness(strictness),
        strict=sent.get("strict", False),
        account_id=sent.get("account", admin.ACCOUNT_DEFAULT),
        terms=key_change(call.values)(KeyTerms()),
        by=call.by,
        clock=surface.clock,
    )
    return {**key_object(new.key, Meter()), "secret": new.secret}


async def _list(surface: Surface, call: Call) -> Mapping[str, Json]:
    accounts: Any = call.values.get("accounts", ())
    revoked = call.values.get("include_revoked") is True
    paging = call.paging
    found = [
        key
        for key in await admin.list_keys(surface.office.keys, revoked=revoked)
        if (not accounts or key.account_id in accounts)
        and (paging.after is None or [key.created_at_s, key.id] > paging.after)
    ]
    shown = found[: paging.limit]
    end: Json = [shown[-1].created_at_s, shown[-1].id] if len(found) > len(shown) else None
    meters = await admin.meters_of_keys(surface.office.keys, clock=surface.clock)
    return call.page([key_object(key, meters[key.id]) for key in shown], end)


async def _retrieve(surface: Surface, call: Call) -> Mapping[str, Json]:
    return await _told(surface, await admin.find_key(surface.office.keys, call.subject))


async def _change(surface: Surface, call: Call) -> Mapping[str, Json]:
    keys, change = surface.office.keys, key_change(call.values)
    return await _told(surface, await admin.change_key(keys, call.subject, change, by=call.by, clock=surface.clock))


async def _rotate(surface: Surface, call: Call) -> Mapping[str, Json]:
    overlap_s: Any = call.values.get("overlap_s", 0)
    keys = surface.office.keys
    new = await admin.rotate_key(keys, call.subject, overlap_s=overlap_s, by=call.by, clock=surface.clock)
    return {**await _told(surface, new.key), "secret": new.secret}


async def _revoke(surface: Surface, call: Call) -> Mapping[str, Json]:
    office = surface.office
    key = await admin.revoke_key(office.keys, call.subject, by=call.by, clock=surface.clock, ring=office.ring)
    return await _told(surface, key)


async def _block(surface: Surface, call: Call) -> Mapping[str, Json]:
    user: Any = call.values["user"]
    key = await admin.block_user(surface.office.keys, call.subject, user, by=call.by, clock=surface.clock)
    return await _told(surface, key)


async def _unblock(surface: Surface, call: Call) -> Mapping[str, Json]:
    user: Any = call.values["user"]
    key = await admin.unblock_user(surface.office.keys, call.subject, user, by=call.by, clock=surface.clock)
    return await _told(surface, key)


async def _blocked(surface: Surface, call: Call) -> Mapping[str, Json]:
    users, end = part_of(await admin.blocked_users(surface.office.keys, call.subject), call.paging)
    return call.page([{"object": "blocked_user", "user": user} for user in users], end)


async def _told(surface: Surface, key: Key) -> Mapping[str, Json]:
    meters = await admin.meters_of_keys(surface.office.keys, clock=surface.clock)
    return key_object(key, meters[key.id])


KEYS: Final[Mapping[str, Handler]] = {
    "keys.create": _create,
    "keys.list": _list,
    "keys.retrieve": _retrieve,
    "keys.change": _change,
    "keys.rotate": _rotate,
    "keys.revoke": _revoke,
    "keys.block": _block,
    "keys.unblock": _unblock,
    "keys.blocked": _blocked,
}
