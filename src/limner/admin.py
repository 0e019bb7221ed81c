"""What an operator can do: accounts, keys and money, usage and the entries behind it, the trail of it all.

The command line and the admin API call these functions and have no rules of their own. Whatever changes something is
told by whom, which the trail keeps. Knows the contracts of the stores, not where they are.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from limner.accounts import Account, AccountRegister, AccountTerms
from limner.claims import IDEMPOTENCY_KEY_CHARS_MAX, is_idempotency_key
from limner.clock import Clock
from limner.contract.fields import IDENTIFIER_CHARS_MAX
from limner.errors import Conflict, InvalidRequest, NotFound
from limner.job import Strictness
from limner.keys import OVERLAP_S_MAX, Key, KeyRegister, KeyRing, KeyTerms, NewSecret, masked, new_secret, secret_hash
from limner.ledger import Audit, Auditor, Till
from limner.limits import RATE_MAX, KeyLimits, Meter, as_of
from limner.statement import JobEntries, Statement
from limner.trail import SERVER, Act, Actor, ActQuery, Stamp, Trail
from limner.usage import DAY_S, RowPlace, UsageFilter, UsageQuery, UsageStore, UsageSum

NAME_CHARS_MAX: Final = 64
"""Fits a line of a list."""
FIRST_KEY_NAME: Final = "first"
ACCOUNT_DEFAULT: Final = "default"
JOBS_READ: Final = 1_000
"""Jobs of a bill read at a time: a few megabytes, whatever its length."""

ACTS_READ: Final = 1_000
"""Acts read at a time: a megabyte, however long the trail is."""

LABELS_MAX: Final = 16
LABEL_CHARS_MAX: Final = 200
"""As long as a line of a bill can be."""
REASON_CHARS_MAX: Final = 200
CREDIT_REASON: Final = "credit"
"""The reason of money put in that the operator said nothing of."""

_ACCOUNT_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Fits a header: every answer names its account in `openai-organization`."""
_KEY_ID_PREFIX: Final = "key_"
_KEY_ID_BYTES: Final = 12


async def create_account(
    accounts: AccountRegister, name: str, *, terms: AccountTerms | None = None, by: Actor, clock: Clock
) -> Account:
    """Make an account, prepaid unless `terms` say otherwise, with nothing in it.

    Raises InvalidRequest for a name or terms that cannot be used, Conflict when there is one of that name.
    """
    if not _ACCOUNT_ID.fullmatch(name):
        raise InvalidRequest(
            "An account's name has 1 to 64 lower-case letters, digits, dots, dashes and underscores, and starts with a "
            f"letter or digit; this one is {name[:NAME_CHARS_MAX]!r}.",
            param="name",
        )
    stamp = Stamp(by, clock.now_s())
    account = Account(
        id=name,
        terms=_checked_account_terms(terms or AccountTerms()),
        balance_nusd=0,
        created_at_s=stamp.at_s,
        closed_at_s=None,
    )
    await accounts.add(account, stamp)
    return account


async def list_accounts(accounts: AccountRegister, *, closed: bool = False) -> tuple[Account, ...]:
    """Every account, the oldest first; those closed only when asked for."""
    return tuple(account for account in await accounts.all() if closed or account.closed_at_s is None)


async def find_account(accounts: AccountRegister, account_id: str) -> Account:
    """One account, open or closed. Raises NotFound when there is none of that name."""
    found = next((account for account in await accounts.all() if account.id == account_id), None)
    if found is None:
        raise NotFound(f"There is no account '{account_id}'.", param="account")
    return found


async def check_account(auditor: Auditor, accounts: AccountRegister, account_id: str) -> Audit:
    """Add an account up, every entry of it, which takes its time for a long ledger. Raises NotFound."""
    return await auditor.add_up((await find_account(accounts, account_id)).id)


async def change_account(
    accounts: AccountRegister,
    account_id: str,
    change: Callable[[AccountTerms], AccountTerms],
    *,
    by: Actor,
    clock: Clock,
) -> Account:
    """Put `change` of an account's terms in their place; running servers learn of it within CACHE_TTL_S.

    Raises NotFound when there is no such account, InvalidRequest for terms that cannot be used.
    """
    stamp = Stamp(by, clock.now_s())
    return await accounts.change(account_id, lambda terms: _checked_account_terms(change(terms)), stamp)


async def close_account(accounts: AccountRegister, account_id: str, *, by: Actor, clock: Clock) -> Account:
    """Refuse all keys of an account from now on; closing it again changes nothing. Raises NotFound."""
    return await accounts.close(account_id, Stamp(by, clock.now_s()))


async def credit_account(
    till: Till,
    account_id: str,
    amount_nusd: int,
    reason: str = "",
    *,
    idempotency_key: str | None = None,
    by: Actor,
    clock: Clock,
) -> int:
    """Put money into an account and return its balance. A negative amount is a correction, and needs a reason.

    idempotency_key: as at `Till.credit`. Raises InvalidRequest for an amount of nothing, or a reason or a key that
    cannot be used, NotFound for no such account, Conflict for a key that stands for another credit.
    """
    if amount_nusd == 0:
        raise InvalidRequest("A credit of nothing changes nothing.", param="amount_usd")
    if amount_nusd < 0 and not reason.strip():
        raise InvalidRequest("Taking money out of an account needs a reason.", param="reason")
    told = _printable(reason.strip() or CREDIT_REASON, REASON_CHARS_MAX, "reason", param="reason")
    if idempotency_key is not None and not is_idempotency_key(idempotency_key):
        raise InvalidRequest(
            f"An idempotency key has 1 to {IDEMPOTENCY_KEY_CHARS_MAX} printable ASCII characters.",
            param="idempotency_key",
        )
    return await till.credit(account_id, amount_nusd, told, Stamp(by, clock.now_s()), idempotency_key)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and its secret, which is told this once and stored nowhere."""

    key: Key
    secret: str


async def create_key(  # noqa: PLR0913  each has its default
    keys: KeyRegister,
    name: str,
    *,
    admin: bool = False,
    strictness: Strictness | None = None,
    strict: bool = False,
    account_id: str = ACCOUNT_DEFAULT,
    terms: KeyTerms | None = None,
    by: Actor,
    clock: Clock,
) -> NewKey:
    """Make a key. strictness and strict: as `Key` has them. terms: without any it may do what its account pays for.

    Raises InvalidRequest for a name or terms that cannot be used, Conflict when a key that is not revoked has the name
    or the account is closed, NotFound when there is no such account.
    """
    secret, stamp = new_secret(), Stamp(by, clock.now_s())
    key = Key(
        id=_KEY_ID_PREFIX + secrets.token_hex(_KEY_ID_BYTES),
        account_id=account_id,
        name=_printable(name, NAME_CHARS_MAX, "key's name", param="name"),
        admin=admin,
        strictness=strictness,
        strict=strict,
        hint=masked(secret),
        created_at_s=stamp.at_s,
        revoked_at_s=None,
        terms=_checked_key_terms(terms or KeyTerms(), KeyTerms(), clock),
    )
    await keys.add(key, secret_hash(secret), stamp)
    return NewKey(key, secret)


async def list_keys(keys: KeyRegister, *, revoked: bool = False) -> tuple[Key, ...]:
    """Every key, the oldest first; those revoked only when asked for."""
    return tuple(key for key in await keys.all() if revoked or key.revoked_at_s is None)


async def find_key(keys: KeyRegister, id_or_name: str) -> Key:
    """One key, revoked or not, by its id, or by its name while it is good. Raises NotFound for any other."""
    return await _meant(keys, id_or_name)


async def meters_of_keys(keys: KeyRegister, *, clock: Clock) -> Mapping[str, Meter]:
    """What each key has used by now, by its id: in all, today and this month."""
    now_s = clock.now_s()
    return {key_id: as_of(meter, now_s) for key_id, meter in (await keys.meters()).items()}


async def revoke_key(
    keys: KeyRegister, id_or_name: str, *, by: Actor, clock: Clock, ring: KeyRing | None = None
) -> Key:
    """Refuse a key from now on and return it; revoking it again changes nothing.

    ring: that of the server in this process, where it must not work a moment longer; other processes learn of it
    within CACHE_TTL_S. Raises NotFound when no key has that id and none that is good has that name.
    """
    found = await _meant(keys, id_or_name)
    revoked = await keys.revoke(found.id, Stamp(by, clock.now_s()))
    if ring:
        ring.forget(found.id)
    return revoked


async def change_key(
    keys: KeyRegister, id_or_name: str, change: Callable[[KeyTerms], KeyTerms], *, by: Actor, clock: Clock
) -> Key:
    """Put `change` of a key's terms in their place; running servers learn of it within CACHE_TTL_S.

    Raises NotFound when no key has that id and none that is good has that name, InvalidRequest for terms that cannot
    be used.
    """
    found, stamp = await _meant(keys, id_or_name), Stamp(by, clock.now_s())
    return await keys.change(found.id, lambda terms: _checked_key_terms(change(terms), terms, clock), stamp)


async def rotate_key(keys: KeyRegister, id_or_name: str, *, overlap_s: float = 0, by: Actor, clock: Clock) -> NewKey:
    """Give a key another secret; the one it has works for `overlap_s` seconds more, and then nowhere after CACHE_TTL_S.

    Raises NotFound as `change_key` does, Conflict for a revoked key, InvalidRequest for an overlap beyond its bounds.
    """
    if not 0 <= overlap_s <= OVERLAP_S_MAX:
        raise InvalidRequest(f"An overlap is at most {OVERLAP_S_MAX // DAY_S} days.", param="overlap_s")
    found = await _meant(keys, id_or_name)
    if found.revoked_at_s is not None:
        raise Conflict(f"The key '{found.name}' is revoked; a new secret would not open it.", param="key")
    secret, stamp = new_secret(), Stamp(by, clock.now_s())
    new = NewSecret(hash=secret_hash(secret), hint=masked(secret))
    return NewKey(await keys.rotate(found.id, new, stamp.at_s + overlap_s, stamp), secret)


async def block_user(keys: KeyRegister, id_or_name: str, user: str, *, by: Actor, clock: Clock) -> Key:
    """Draw no more for one end user of a key, from the next job on, on every gateway; return the key.

    user: what requests say in `safety_identifier` or `user`, character for character. Raises NotFound as `change_key`
    does, InvalidRequest for a user without a name or with one that is too long.
    """
    if not 1 <= len(user) <= IDENTIFIER_CHARS_MAX:
        raise InvalidRequest(f"An end user's name has 1 to {IDENTIFIER_CHARS_MAX} characters.", param="user")
    found = await _meant(keys, id_or_name)
    await keys.block(found.id, user, Stamp(by, clock.now_s()))
    return found


async def unblock_user(keys: KeyRegister, id_or_name: str, user: str, *, by: Actor, clock: Clock) -> Key:
    """Draw for an end user of a key again; return the key. Raises NotFound for a user who is not blocked, too."""
    found = await _meant(keys, id_or_name)
    if not await keys.unblock(found.id, user, Stamp(by, clock.now_s())):
        raise NotFound(f"That user of '{found.name}' is not blocked.", param="user")
    return found


async def blocked_users(keys: KeyRegister, id_or_name: str) -> tuple[str, ...]:
    """The end users that a key may draw no more for. Raises NotFound as `change_key` does."""
    return await keys.blocked((await _meant(keys, id_or_name)).id)


async def first_key_if_none(keys: KeyRegister, *, clock: Clock) -> NewKey | None:
    """An admin key for a server that has never had any, or None when it has, were it revoked."""
    if await keys.all():
        return None
    return await create_key(keys, FIRST_KEY_NAME, admin=True, by=SERVER, clock=clock)


async def usage(store: UsageStore, keys: KeyRegister, query: UsageQuery) -> tuple[UsageSum, ...]:
    """What was drawn, charged and spent. Where `query` names keys, it may be by name as well as by id.

    Raises NotFound for a key that there never was.
    """
    return await store.sums(replace(query, where=await _with_key_ids(keys, query.where)))


async def job_entries(statement: Statement, keys: KeyRegister, where: UsageFilter) -> AsyncIterator[JobEntries]:
    """The entries of every job that matches, by the time it ended: they add up to what its usage was charged.

    Read as they are asked for, however many there are. Keys and errors as for `usage`.
    """
    after = None
    while found := await job_entries_page(statement, keys, where, limit=JOBS_READ, after=after):
        for job in found:
            yield job
        after = found[-1].place


async def job_entries_page(
    statement: Statement, keys: KeyRegister, where: UsageFilter, *, limit: int, after: RowPlace | None = None
) -> tuple[JobEntries, ...]:
    """The first `limit` of them behind `after`."""
    return await statement.jobs(await _with_key_ids(keys, where), limit=limit, after=after)


async def acts(trail: Trail, query: ActQuery) -> AsyncIterator[Act]:
    """Every change that matches, the latest first, read as they are asked for, however many there are."""
    before_id = None
    while True:
        page = await trail.acts(query, limit=ACTS_READ, before_id=before_id)
        for act in page.acts:
            yield act
        before_id = page.end
        if before_id is None:
            return


async def _with_key_ids(keys: KeyRegister, where: UsageFilter) -> UsageFilter:
    """The same condition with an id for each key. A name means every key that ever had it: a bill is of the past."""
    if not where.key_ids:
        return where
    known = await keys.all()
    found: list[str] = []
    for wanted in where.key_ids:
        meant = [key.id for key in known if wanted in {key.id, key.name}]
        if not meant:
            raise _no_key(wanted)
        found += meant
    return replace(where, key_ids=tuple(dict.fromkeys(found)))


def _no_key(id_or_name: str) -> NotFound:
    return NotFound(f"There is no key '{id_or_name}'. `limner keys list` shows those there are.", param="key")


async def _meant(keys: KeyRegister, id_or_name: str) -> Key:
    known = await keys.all()
    meant = [key for key in known if key.id == id_or_name]
    # An id comes first: another key may be named like it.
    meant += [key for key in known if key.name == id_or_name and key.revoked_at_s is None]
    if not meant:
        raise _no_key(id_or_name)
    return meant[0]


def _checked_account_terms(terms: AccountTerms) -> AccountTerms:
    if terms.credit_limit_nusd is not None and terms.credit_limit_nusd < 0:
        raise InvalidRequest("A credit limit is not negative.", param="credit_limit_usd")
    return replace(terms, labels=_checked_labels(terms.labels))


def _checked_key_terms(terms: KeyTerms, before: KeyTerms, clock: Clock) -> KeyTerms:
    expires_at_s = terms.expires_at_s
    if expires_at_s is not None and expires_at_s != before.expires_at_s and expires_at_s <= clock.now_s():
        raise InvalidRequest("A key expires at a time that is still to come.", param="expires_at")
    _check_limits(terms.limits)
    if terms.models is not None and not terms.models:
        raise InvalidRequest("A key may use one model at least.", param="models")
    return replace(terms, labels=_checked_labels(terms.labels))


def _check_limits(limits: KeyLimits) -> None:
    budgets_nusd = (limits.budget_nusd, limits.budget_day_nusd, limits.budget_month_nusd)
    if any(budget_nusd is not None and budget_nusd < 0 for budget_nusd in budgets_nusd):
        raise InvalidRequest("A budget is not negative.", param="budget_usd")
    rates = (limits.requests_per_minute, limits.images_per_minute, limits.jobs_at_once)
    if any(rate is not None and not 1 <= rate <= RATE_MAX for rate in rates):
        raise InvalidRequest(f"A rate is between 1 and {RATE_MAX}.", param="rate")


def _checked_labels(labels: Mapping[str, str]) -> dict[str, str]:
    if len(labels) > LABELS_MAX:
        raise InvalidRequest(f"There may be {LABELS_MAX} labels, not {len(labels)}.", param="labels")
    return {
        _printable(name, NAME_CHARS_MAX, "label's name", param="labels"): _printable(
            text, LABEL_CHARS_MAX, "label", param="labels"
        )
        for name, text in labels.items()
    }


def _printable(text: str, chars_max: int, noun: str, *, param: str) -> str:
    """Text without blanks around it that may go to a terminal: no line breaks, no escapes, nothing that turns it round.

    Raises InvalidRequest for any other.
    """
    stripped = text.strip()
    if not stripped or len(stripped) > chars_max or not stripped.isprintable():
        raise InvalidRequest(
            f"A {noun} has 1 to {chars_max} printable characters; this one is {text[:NAME_CHARS_MAX]!r}.", param=param
        )
    return stripped
