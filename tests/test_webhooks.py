"""Which addresses are accepted, how a delivery is signed, and when it is tried again."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from limner.errors import InvalidRequest
from limner.webhooks import RETRY_S, account_secret, check, pause_s, signed_headers, was_taken

HOSTS = frozenset({"hooks.internal", "10.1.2.3"})


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example/hook?token=x",
        "https://receiver.example:8443",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "http://hooks.internal:8080/x",
        "https://hooks.internal/",
        "http://10.1.2.3/",
    ],
)
def test_public_addresses_and_named_hosts_are_accepted(url: str) -> None:
    """TLS for all but what the operator names."""
    check(url, HOSTS)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://receiver.example/", "Expected an https URL"),
        ("ftp://receiver.example/", "valid https URL"),
        ("receiver.example/hook", "valid https URL"),
        ("https://", "valid https URL"),
        ("https://receiver.example:99999/", "valid https URL"),
        ("https://receiver.example:0/", "valid https URL"),
        ("https://[::1/", "valid https URL"),
        ("https://receiver.example/a b", "valid https URL"),
        ("https://receiver.example/\r\nHost: x", "valid https URL"),
        ("https://user:word@receiver.example/", "credentials"),
        ("https://127.0.0.1/", "private network"),
        ("https://localhost/", "private network"),
        ("https://LOCALHOST./", "private network"),
        ("https://api.localhost/", "private network"),
        ("https://10.1.2.4/", "private network"),
        ("https://192.168.0.1/", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://0/", "private network"),
        ("https://127.1/", "private network"),
        ("https://0x7f000001/", "private network"),
        ("https://2130706433/", "private network"),
        ("https://[::1]/", "private network"),
        ("https://[fd00::1]/", "private network"),
        ("https://[::ffff:10.0.0.1]/", "private network"),
    ],
)
def test_other_addresses_are_refused(url: str, why: str) -> None:
    """Before a task is admitted, and whichever way a private address is spelled."""
    with pytest.raises(InvalidRequest, match=why) as refused:
        check(url, HOSTS)
    assert (refused.value.status, refused.value.param, refused.value.code) == (400, "webhook", "invalid_value")


def test_a_receiver_can_check_a_signature() -> None:
    """With nothing but the secret, the headers and the body, as the documentation says."""
    secret = account_secret(b"s" * 32, "acct")
    headers = signed_headers(secret, "req_" + "a" * 32, b'{"taskId":1}', 1_790_000_000.9)
    assert headers["limner-delivery"] == "dlv_" + "a" * 32
    assert headers["limner-timestamp"] == "1790000000"
    parts = dict(part.split("=") for part in headers["limner-signature"].split(","))
    expected = hmac.new(secret.encode(), b'1790000000.{"taskId":1}', hashlib.sha256).hexdigest()
    assert parts == {"t": "1790000000", "v1": expected}


def test_accounts_cannot_sign_for_each_other() -> None:
    """Each has its own secret, and another installation has others."""
    secrets = {account_secret(one, account) for one in (b"a" * 32, b"b" * 32) for account in ("x", "y")}
    assert len(secrets) == 4
    assert all(secret.startswith("whsec_") for secret in secrets)


def test_the_schedule_ends() -> None:
    """Six attempts in all."""
    assert [pause_s(attempts) for attempts in range(1, 8)] == [*RETRY_S, None, None]


def test_any_success_is_one() -> None:
    """Redirects are none."""
    assert [was_taken(status) for status in (199, 200, 204, 299, 300, 302, 404, 500)] == [
        False, True, True, True, False, False, False, False,
    ]  # fmt: skip
