"""The text of a root, its digest and its Ed25519 signature. Pure but for the key, which comes from the settings."""

import binascii
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from audit.ledger.errors import NoSigningKey
from audit.ledger.forms import ROOT

WHAT_TO_DO = (
    "Make one with `openssl genpkey -algorithm ed25519 -out ledger.pem`, keep it where only the process that seals can read it, "
    "and set LEDGER_SIGNING_KEY_FILE to its path."
)


@dataclass(frozen=True)
class RootText:
    """What a root says. `previous` is the digest of the root before, zeros for the first."""

    number: int
    seq: int
    chain: bytes
    tree: bytes
    previous: bytes
    made_at: datetime
    key_id: str

    def message(self) -> bytes:
        """The bytes that are signed."""
        made_at = self.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines = [
            "clearhold-ledger-root/1",
            f"number {self.number}",
            f"seq {self.seq}",
            f"chain {self.chain.hex()}",
            f"tree {self.tree.hex()}",
            f"previous {self.previous.hex()}",
            f"made_at {made_at}",
            f"key {self.key_id}",
        ]
        return "".join(line + "\n" for line in lines).encode()

    def digest(self, signature: bytes) -> bytes:
        """What the next root calls `previous`."""
        return sha256(ROOT + self.message() + signature).digest()


def signing_key() -> Ed25519PrivateKey:
    """The configured key: a PEM file's content or 32 bytes in base64url. Raises NoSigningKey with what to do."""
    text = settings.LEDGER_SIGNING_KEY.strip()
    if not text:
        raise NoSigningKey(f"There is no key to sign the ledger's roots with. {WHAT_TO_DO}")
    try:
        if text.startswith("-----"):
            key = load_pem_private_key(text.encode(), password=None)
            if isinstance(key, Ed25519PrivateKey):
                return key
        else:
            return Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise NoSigningKey(f"LEDGER_SIGNING_KEY cannot be read as an Ed25519 key. {WHAT_TO_DO}") from error
    raise NoSigningKey(f"LEDGER_SIGNING_KEY is a key of another kind than Ed25519. {WHAT_TO_DO}")


def raw_public(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(public: bytes) -> str:
    """The short name of a public key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return sha256(public).hexdigest()[:16]


def public_pem(public: bytes) -> str:
    """A public key as the file that auditors keep."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_public(pem: bytes) -> bytes:
    """The 32 bytes of a public key file. Raises NoSigningKey when it is none of Ed25519."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise NoSigningKey("This is not a public key in PEM form.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise NoSigningKey("This public key is of another kind than Ed25519.")
    return raw_public(key)


def is_signed(message: bytes, signature: bytes, public: bytes) -> bool:
    """Whether the signature is that of this public key over this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
