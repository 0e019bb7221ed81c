"""Keys: their looks, what of them is shown, and how long they are believed."""

from __future__ import annotations

import hashlib
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.clock import ManualClock
from limner.errors import NotAuthenticated, NotPermitted
from limner.keys import PREFIX, Key, KeyRing, KeyTerms, check_model, masked, new_secret, secret_hash, well_formed

ALPHABET = string.digits + string.ascii_letters
SECRET = "sk-limner-" + "Fox0" * 8 + "5aU21V"


def key(key_id: str = "key_a") -> Key:
    """A good key."""
    return Key(
        id=key_id,
        account_id="default",
        name="tests",
        admin=False,
        strictness=None,
        strict=False,
        hint="",
        created_at_s=0,
        revoked_at_s=None,
    )


class Keys:
    """A store that counts how often it was asked."""

    def __init__(self, *stored: tuple[str, Key]) -> None:
        self.stored = {secret_hash(secret): found for secret, found in stored}
        self.asked = 0

    async def find(self, secret_hash: bytes) -> Key | None:
        """The key with this hash."""
        self.asked += 1
        return self.stored.get(secret_hash)


def test_new_secrets_are_well_formed_and_different() -> None:
    """Every fresh key has the prefix, the length and a checksum that fits."""
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(well_formed(secret) and secret.startswith(PREFIX) and len(secret) == 48 for secret in made)


@given(st.data())
def test_any_single_wrong_character_is_caught(data: st.DataObject) -> None:
    """A key with one character changed is told from a good one without asking the database."""
    secret = new_secret()
    place = data.draw(st.integers(0, len(secret) - 1))
    other = data.draw(st.sampled_from([char for char in ALPHABET + "-_ é" if char != secret[place]]))
    assert not well_formed(secret[:place] + other + secret[place + 1 :])


@given(st.text())
def test_other_text_is_no_key(text: str) -> None:
    """No text but one of ours passes, and none of it raises."""
    assert not well_formed(text)
    assert not well_formed(PREFIX + text)


def test_swapping_neighbours_is_caught() -> None:
    """The commonest slip of typing by hand is caught, too."""
    secret = new_secret()
    body = len(PREFIX)
    place = next(i for i in range(body, len(secret) - 1) if secret[i] != secret[i + 1])
    assert not well_formed(secret[:place] + secret[place + 1] + secret[place] + secret[place + 2 :])


def test_the_hash_is_sha_256() -> None:
    """What is stored is the SHA-256 of the whole key."""
    assert secret_hash(SECRET) == hashlib.sha256(SECRET.encode()).digest()


@given(st.text(alphabet=ALPHABET + "-_", max_size=80))
def test_a_masked_secret_hides_at_least_sixteen_characters(secret: str) -> None:
    """Whatever is shown of a secret, too much of it is missing to guess the rest."""
    shown = masked(secret).replace("*", "")
    assert shown == "" or len(secret) - len(shown) >= 16


def test_a_masked_key_can_be_recognised() -> None:
    """The owner of a key sees which one is meant."""
    secret = new_secret()
    assert masked(secret) == f"sk-limner-********{secret[-4:]}"
    assert masked("sk-proj-" + "a" * 40) == "sk-p********aaaa"
    assert masked("short") == "*****"


@pytest.mark.parametrize("secret", [None, ""])
async def test_no_key_is_told_how_to_send_one(secret: str | None) -> None:
    """A request without a key gets OpenAI's sentence and no code."""
    with pytest.raises(NotAuthenticated, match="You didn't provide an API key") as refused:
        await KeyRing(Keys(), ManualClock()).authenticate(secret)
    assert refused.value.code is None


@pytest.mark.parametrize("secret", ["My API Key", "sk-proj-" + "a" * 40, PREFIX + "a" * 38, "ké"])
async def test_what_is_no_key_of_ours_does_not_reach_the_database(secret: str) -> None:
    """A malformed key is refused by its looks, and never shown whole."""
    keys = Keys()
    with pytest.raises(NotAuthenticated, match="Incorrect API key provided: ") as refused:
        await KeyRing(keys, ManualClock()).authenticate(secret)
    assert refused.value.code == "invalid_api_key"
    assert secret not in refused.value.message
    assert keys.asked == 0


async def test_a_good_key_is_asked_for_once_in_a_while() -> None:
    """Within its few seconds a known key costs the database nothing; after them it is asked again."""
    clock, keys, secret = ManualClock(), Keys(), new_secret()
    ring = KeyRing(keys, clock, ttl_s=5)
    keys.stored[secret_hash(secret)] = key()
    assert await ring.authenticate(secret) == key()
    clock.advance(4.9)
    assert await ring.authenticate(secret) == key()
    assert keys.asked == 1
    clock.advance(0.1)
    assert await ring.authenticate(secret) == key()
    assert keys.asked == 2


async def test_an_unknown_key_works_as_soon_as_it_exists() -> None:
    """A refusal is not remembered."""
    keys, secret = Keys(), new_secret()
    ring = KeyRing(keys, ManualClock())
    with pytest.raises(NotAuthenticated, match="Incorrect API key"):
        await ring.authenticate(secret)
    keys.stored[secret_hash(secret)] = key()
    assert await ring.authenticate(secret) == key()


async def test_a_key_revoked_elsewhere_is_refused_when_its_seconds_are_over() -> None:
    """Another process's revocation arrives within the time a key is believed."""
    clock, secret = ManualClock(), new_secret()
    keys = Keys((secret, key()))
    ring = KeyRing(keys, clock, ttl_s=5)
    await ring.authenticate(secret)
    keys.stored[secret_hash(secret)] = replace(key(), revoked_at_s=1.0)
    assert await ring.authenticate(secret) == key()
    clock.advance(5)
    with pytest.raises(NotAuthenticated, match="Incorrect API key"):
        await ring.authenticate(secret)


async def test_a_forgotten_key_is_refused_at_once() -> None:
    """A key revoked in this process does not work a moment longer, though it is remembered."""
    secret, other = new_secret(), new_secret()
    ring = KeyRing(Keys((secret, key("key_a")), (other, key("key_b"))), ManualClock())
    await ring.authenticate(secret)
    ring.forget("key_a")
    with pytest.raises(NotAuthenticated, match="Incorrect API key"):
        await ring.authenticate(secret)
    assert (await ring.authenticate(other)).id == "key_b"


@pytest.mark.parametrize(
    "ending",
    [
        replace(key(), terms=KeyTerms(expires_at_s=ManualClock().now_s() + 3)),
        replace(key(), secret_expires_at_s=ManualClock().now_s() + 3),
        replace(key(), terms=KeyTerms(expires_at_s=ManualClock().now_s() + 3), secret_expires_at_s=9e9),
    ],
    ids=["the key", "its secret", "the key before its secret"],
)
async def test_a_key_ends_on_time_though_it_is_remembered(ending: Key) -> None:
    """A key, or a secret that was replaced, is refused from its last moment on, and told why."""
    clock, secret = ManualClock(), new_secret()
    ring = KeyRing(Keys((secret, ending)), clock)
    clock.advance(2.9)
    assert await ring.authenticate(secret) == ending
    clock.advance(0.1)
    with pytest.raises(NotAuthenticated, match=r"Incorrect API key provided: sk-limner-\*.* It expired at ") as refused:
        await ring.authenticate(secret)
    assert refused.value.code == "invalid_api_key"


async def test_a_key_of_a_closed_account_is_not_called_wrong() -> None:
    """Its owner learns that the account is the reason; once it is open again the key works at once."""
    secret = new_secret()
    keys = Keys((secret, replace(key(), account_closed=True)))
    ring = KeyRing(keys, ManualClock())
    with pytest.raises(NotAuthenticated, match="deactivated") as refused:
        await ring.authenticate(secret)
    assert refused.value.code == "account_deactivated"
    keys.stored[secret_hash(secret)] = key()
    assert await ring.authenticate(secret) == key()


def test_a_key_may_use_the_models_it_was_granted() -> None:
    """Without a list it may use all."""
    some = replace(key(), terms=KeyTerms(models=frozenset({"a"})))
    assert key().may_use("b")
    assert some.may_use("a")
    check_model(some, "a")
    with pytest.raises(NotPermitted, match="does not have access to model `b`") as refused:
        check_model(some, "b")
    assert refused.value.code == "model_not_found"


async def test_only_so_many_keys_are_remembered() -> None:
    """Beyond the limit the oldest is forgotten and asked for again; the others are not."""
    secrets = [new_secret() for _ in range(3)]
    keys = Keys(*((secret, key(f"key_{number}")) for number, secret in enumerate(secrets)))
    ring = KeyRing(keys, ManualClock(), keys_max=2)
    for secret in secrets:
        await ring.authenticate(secret)
    await ring.authenticate(secrets[2])
    await ring.authenticate(secrets[1])
    assert keys.asked == 3
    await ring.authenticate(secrets[0])
    assert keys.asked == 4


async def test_after_a_change_every_key_is_asked_for_again() -> None:
    """What was remembered counts no more, nor what a lookup under way finds for any request but its own."""
    secret, changed = new_secret(), replace(key(), terms=KeyTerms(models=frozenset({"a"})))

    class ChangingKeys(Keys):
        """Keys that change while they are looked up."""

        async def find(self, secret_hash: bytes) -> Key | None:
            """The key as it was before."""
            found = await super().find(secret_hash)
            if self.asked == 2:
                self.stored[secret_hash] = changed
                ring.ask_again()
            return found

    keys = ChangingKeys((secret, key()))
    ring = KeyRing(keys, ManualClock())
    assert await ring.authenticate(secret) == key()
    ring.ask_again()
    assert await ring.authenticate(secret) == key()
    assert await ring.authenticate(secret) == changed
    assert await ring.authenticate(secret) == changed
    assert keys.asked == 3


async def test_who_asks_for_now_is_not_told_of_before() -> None:
    """Whatever is remembered, the store is asked."""
    secret = new_secret()
    keys = Keys((secret, key()))
    ring = KeyRing(keys, ManualClock())
    await ring.authenticate(secret)
    keys.stored[secret_hash(secret)] = replace(key(), revoked_at_s=1.0)
    assert await ring.authenticate(secret) == key()
    with pytest.raises(NotAuthenticated):
        await ring.authenticate_now(secret)
    with pytest.raises(NotAuthenticated, match="didn't provide"):
        await ring.authenticate_now(None)
