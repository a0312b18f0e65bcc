"""The canonical form of a row and the hash of its seal. Pure; `docs/ledger.md` describes the same for people.

Every column of an event or access enters the leaf. A *clear* field enters as its text. A *blind* field, which may hold words of
or about people or an exact instant, enters as a digest under a key of its own, so that the leaf can be checked without
it and each single field can be opened to whoever may see it. All keys of a row come from its secret salt.

Each hash begins with a byte that says what it is for (domain separation as in RFC 6962, section 2.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from typing import Final

LEAF, NODE, CHAIN, FIELD, ROOT = (bytes([n]) for n in range(5))
EVENT: Final = "event"
ACCESS: Final = "access"
KINDS: Final = (EVENT, ACCESS)
"""In the order in which the rows of one transaction are sealed."""

SALT_BYTES: Final = 16
KEY_BYTES: Final = 16
KEY_PURPOSE: Final = b"clearhold ledger keys 1"
EMPTY_CHAIN: Final = bytes(32)
"""What the first seal is chained to."""

Value = str | None


@dataclass(frozen=True, slots=True)
class Form:
    """Which fields a kind of row is sealed with, clear ones first, each in this order. Never changed, only succeeded."""

    kind: str
    number: int
    clear: tuple[str, ...]
    blind: tuple[str, ...]

    @property
    def title(self) -> bytes:
        """What the body of a leaf begins with, so that no row of one form can be read as another."""
        return encoded(f"clearhold-{self.kind}/{self.number}")


EVENT_1: Final = Form(
    EVENT,
    1,
    clear=(
        "id", "public_id", "txid", "action", "actor_kind", "subject_type", "subject_id", "case_id", "agency_id",
        "changed", "recorded_on",
    ),
    blind=(
        "sealed_at", "recorded_at", "occurred_at", "actor_id", "actor_label", "on_behalf_of", "request_id", "reason",
        "facts",
    ),
)  # fmt: skip
ACCESS_1: Final = Form(
    ACCESS,
    1,
    clear=(
        "id", "public_id", "txid", "action", "actor_kind", "object_type", "case_id", "agency_id", "recorded_on",
    ),
    blind=(
        "sealed_at", "recorded_at", "actor_id", "actor_label", "request_id", "objects_shown", "purpose", "query",
    ),
)  # fmt: skip
FORMS: Final = {(form.kind, form.number): form for form in (EVENT_1, ACCESS_1)}
CURRENT: Final = {EVENT: EVENT_1, ACCESS: ACCESS_1}
"""The form that new rows of a kind are sealed in."""


def encoded(value: Value) -> bytes:
    """A value with its length: 00 for null, else 01, the number of UTF-8 bytes as 32-bit big-endian, the bytes."""
    if value is None:
        return b"\0"
    data = value.encode()
    return b"\1" + len(data).to_bytes(4, "big") + data


def keys(form: Form, salt: bytes) -> list[bytes]:
    """The leaf's own salt, then one key per blind field: SHAKE-256 over a purpose and the row's secret salt."""
    count = 1 + len(form.blind)
    stream = shake_256(KEY_PURPOSE + salt).digest(KEY_BYTES * count)
    return [stream[n * KEY_BYTES : (n + 1) * KEY_BYTES] for n in range(count)]


def blinded(key: bytes, value: Value) -> bytes:
    """The digest that stands for a blind field in the leaf."""
    return sha256(FIELD + key + encoded(value)).digest()


def leaf_from_digests(
    form: Form, clear: Sequence[Value], digests: Sequence[bytes], leaf_salt: bytes
) -> bytes:
    """The leaf hash from what an outsider may see: clear values, digests of the blind ones, the leaf's own salt."""
    return sha256(
        b"".join([LEAF, leaf_salt, form.title, *map(encoded, clear), *[b"\2" + digest for digest in digests]])
    ).digest()


def leaf(form: Form, values: Sequence[Value], salt: bytes) -> bytes:
    """The leaf hash of a row: `values` are the clear fields and then the blind ones, in the order of the form."""
    leaf_salt, *own = keys(form, salt)
    split = len(form.clear)
    digests = [blinded(key, value) for key, value in zip(own, values[split:], strict=True)]
    return leaf_from_digests(form, values[:split], digests, leaf_salt)


def link(previous: bytes, seq: int, leaf_hash: bytes) -> bytes:
    """The chain hash of a seal: over the one before, the number and the leaf."""
    return sha256(CHAIN + previous + seq.to_bytes(8, "big") + leaf_hash).digest()
