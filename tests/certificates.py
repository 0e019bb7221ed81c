"""An authority of our own and certificates it signs, made when a test needs them. For tests: no care is taken of keys.

X.509 version 3 (RFC 5280) in DER (X.690), RSA with SHA-256 and PKCS #1 v1.5 padding (RFC 8017).
"""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
import ssl
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path

BITS = 2048
EXPONENT = 65_537
LONG_AGO, YESTERDAY, FAR_OFF = "20200101000000Z", "20210101000000Z", "20991231235959Z"
SHA256_RSA, RSA, COMMON_NAME = "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1", "2.5.4.3"
SUBJECT_ID, KEY_USAGE, NAMES, CONSTRAINTS, ISSUER_ID = (f"2.5.29.{last}" for last in (14, 15, 17, 19, 35))
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True)
class Rsa:
    """A private key."""

    p: int
    q: int

    @cached_property
    def d(self) -> int:
        """The private exponent."""
        return pow(EXPONENT, -1, math.lcm(self.p - 1, self.q - 1))

    @property
    def public(self) -> bytes:
        """RSAPublicKey."""
        return sequence(integer(self.p * self.q), integer(EXPONENT))

    @property
    def private(self) -> bytes:
        """RSAPrivateKey."""
        p, q, d = self.p, self.q, self.d
        numbers = (0, p * q, EXPONENT, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
        return sequence(*map(integer, numbers))

    @property
    def identifier(self) -> bytes:
        """By which a certificate names a key."""
        return hashlib.sha1(self.public, usedforsecurity=False).digest()

    def sign(self, message: bytes) -> bytes:
        """EMSA-PKCS1-v1_5 with SHA-256."""
        digest = SHA256_PREFIX + hashlib.sha256(message).digest()
        padded = b"\x00\x01" + b"\xff" * (BITS // 8 - len(digest) - 3) + b"\x00" + digest
        return pow(int.from_bytes(padded), self.d, self.p * self.q).to_bytes(BITS // 8)


class Authority:
    """Signs certificates for servers on this machine. file: its own certificate, for who shall trust it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key, self._server_key = new_key(), new_key()
        self._name = name("an authority for tests")
        self.file = folder / "authority.pem"
        own = [
            extension(CONSTRAINTS, sequence(tlv(0x01, b"\xff")), critical=True),
            extension(KEY_USAGE, tlv(0x03, b"\x01\x06"), critical=True),  # keyCertSign, cRLSign
            extension(SUBJECT_ID, tlv(0x04, self._key.identifier)),
        ]
        self.file.write_text(pem("CERTIFICATE", self._certificate(self._name, self._key, own, FAR_OFF)))

    def server(self, host: str = "127.0.0.1", *, expired: bool = False) -> ssl.SSLContext:
        """What a server of that address or name speaks TLS with."""
        alternative = tlv(0x87, IPv4Address(host).packed) if host[0].isdigit() else tlv(0x82, host.encode())
        own = [
            extension(NAMES, sequence(alternative)),
            extension(ISSUER_ID, sequence(tlv(0x80, self._key.identifier))),
        ]
        until = YESTERDAY if expired else FAR_OFF
        file = self._folder / f"{host}-{until}.pem"
        certificate = self._certificate(name(host), self._server_key, own, until)
        file.write_text(pem("RSA PRIVATE KEY", self._server_key.private) + pem("CERTIFICATE", certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _certificate(self, subject: bytes, key: Rsa, extensions: list[bytes], until: str) -> bytes:
        algorithm = sequence(oid(SHA256_RSA), tlv(0x05))
        signed = sequence(
            tlv(0xA0, integer(2)),
            integer(secrets.randbits(64) | 1),
            algorithm,
            self._name,
            sequence(tlv(0x18, LONG_AGO.encode()), tlv(0x18, until.encode())),
            subject,
            sequence(sequence(oid(RSA), tlv(0x05)), bits(key.public)),
            tlv(0xA3, sequence(*extensions)),
        )
        return sequence(signed, algorithm, bits(self._key.sign(signed)))


def new_key() -> Rsa:
    """A key of two random primes."""
    return Rsa(prime(), prime())


def prime() -> int:
    """A random number that is almost surely prime, half as long as a key."""
    while True:
        found = secrets.randbits(BITS // 2) | 3 << (BITS // 2 - 2) | 1
        small = all(found % divisor for divisor in range(3, 2000, 2))
        # 2 and a few more bases: for random numbers of this length one would do (Damgård, Landrock, Pomerance 1993).
        if small and found % EXPONENT != 1 and all(pow(base, found - 1, found) == 1 for base in (2, 3, 5)):
            return found


def tlv(tag: int, *content: bytes) -> bytes:
    """A DER element."""
    body = b"".join(content)
    length = len(body)
    long = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag]) + (bytes([length]) if length < 0x80 else bytes([0x80 | len(long)]) + long) + body


def sequence(*content: bytes) -> bytes:
    """SEQUENCE."""
    return tlv(0x30, *content)


def integer(value: int) -> bytes:
    """INTEGER, not negative."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def bits(content: bytes) -> bytes:
    """BIT STRING of whole bytes."""
    return tlv(0x03, b"\x00", content)


def oid(text: str) -> bytes:
    """OBJECT IDENTIFIER."""
    first, second, *rest = map(int, text.split("."))
    groups = [first * 40 + second, *rest]
    return tlv(0x06, *(base128(group) for group in groups))


def base128(value: int) -> bytes:
    """Seven bits a byte, all but the last marked."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def name(text: str) -> bytes:
    """A distinguished name with a common name alone."""
    return sequence(tlv(0x31, sequence(oid(COMMON_NAME), tlv(0x0C, text.encode()))))


def extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    """One extension of a certificate."""
    return sequence(oid(identifier), *[tlv(0x01, b"\xff")] * critical, tlv(0x04, value))


def pem(label: str, der: bytes) -> str:
    """Text armour."""
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n"
