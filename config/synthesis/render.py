"""Templates written again with other people and moments: columns of text for many copies at once, then rows of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from audit.keys import blind, cipher, envelope
from audit.keys.conf import provider
from cases.booking import PersonFacts
from config.synthesis.harvest import Slot, Template
from config.synthesis.names import CHARGES, GIVEN, SURNAMES
from matching.formats.names import wire_name

Strings = Sequence[str]
Ints = NDArray[np.int64]
MARKS_EACH = 64
MARK_WORDS = {"": "BK", "LS": "LVSC", "C": "ACK", "M": "MSG", "I": "IN-"}
ADULT_DAYS = (18 * 366, 70 * 365)
DAY = 86400


@dataclass(frozen=True)
class Batch:
    """Copies of one template: one entry per copy in each array. `first_ids` are where the rows of each begin, by table."""

    template: Template
    units: Ints
    bases: Ints
    agencies: Sequence[dict[str, str]]
    first_ids: dict[str, Ints]
    first_tcns: Ints
    numbers: Sequence[Strings]
    zone: str
    seed: int


def render(batch: Batch) -> dict[str, list[str]]:
    """The rows of every copy by table, in COPY's text format."""
    template = batch.template
    columns = _Columns(batch)
    made: list[Strings] = [columns.of(slot) for slot in template.slots]
    rows: dict[str, list[str]] = {}
    for line in template.lines:
        texts = map(line.text.__mod__, zip(*(made[n] for n in line.slots), strict=True))
        rows.setdefault(line.table, []).extend(texts)
    return rows


class _Columns:
    """One list of texts per slot. What depends on another slot asks for it; each is made once."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.template = batch, batch.template
        self.count = len(batch.units)
        self.random = Random(f"{batch.seed} {self.template.story} {int(batch.units[0])}")
        self.made: dict[Slot, Strings] = {}
        self.people = self._people()
        self.blobs: dict[Any, list[bytes]] = {}
        self.keys: dict[int, list[bytes]] = {}
        self.drawn: list[tuple[tuple[str, str], ...]] | None = None

    def of(self, slot: Slot) -> Strings:
        if slot not in self.made:  # several slots ask for the same one
            make: Callable[[Slot], Strings] = getattr(self, f"_{slot.kind}")
            self.made[slot] = make(slot)
        return self.made[slot]

    # -- numbers and ids ----------------------------------------------------------------------------------------------
    def _id(self, slot: Slot) -> Strings:
        return list(map(str, (self.batch.first_ids[slot.of] + slot.extra).tolist()))

    def _uuid(self, slot: Slot) -> Strings:
        text = self.random.randbytes(16 * self.count).hex()
        parts = (text[n : n + 32] for n in range(0, 32 * self.count, 32))
        return [f"{p[:8]}-{p[8:12]}-4{p[13:16]}-a{p[17:20]}-{p[20:]}" for p in parts]

    def _fixed(self, slot: Slot) -> Strings:
        return [slot.of] * self.count

    def _mark(self, slot: Slot) -> Strings:
        (kind, number), length = slot.of, slot.extra
        word = MARK_WORDS[kind]
        digits = length - len(word)
        return [f"{word}{unit * MARKS_EACH + number:0{digits}d}" for unit in self.batch.units.tolist()]

    def _number(self, slot: Slot) -> Strings:
        return self.batch.numbers[slot.of]

    def _tcn(self, slot: Slot) -> Strings:
        days = self._local_days(slot.extra)
        return [
            f"{self.template.state}{day.replace('-', '')}{number + slot.of:012d}"
            for day, number in zip(days, self.batch.first_tcns.tolist(), strict=True)
        ]

    def _agency(self, slot: Slot) -> Strings:
        return [agency[slot.of] for agency in self.batch.agencies]

    # -- instants and days --------------------------------------------------------------------------------------------
    def _instant(self, slot: Slot) -> Strings:
        return np.datetime_as_string((self.batch.bases + slot.of).astype("datetime64[s]")).tolist()

    def _day(self, slot: Slot) -> Strings:
        return self._days(slot.of, slot.extra or self.batch.zone)

    def _day_compact(self, slot: Slot) -> Strings:
        return [day.replace("-", "") for day in self._local_days(slot.of)]

    def _local_days(self, offset: int) -> Strings:
        return self._days(offset, self.batch.zone)

    def _days(self, offset: int, zone: str) -> Strings:
        moments = self.batch.bases + offset
        local = moments + utc_offsets(zone, moments)
        return np.datetime_as_string(local.astype("datetime64[s]"), unit="D").tolist()

    # -- people -------------------------------------------------------------------------------------------------------
    def _people(self) -> list[tuple[str, str, str]]:
        """(surname, given names, day of birth), drawn without a look at what happens to them."""
        draw, bases = self.random, self.batch.bases.tolist()
        found = []
        for base in bases:
            given = (
                draw.choice(GIVEN) if draw.random() < 0.7 else f"{draw.choice(GIVEN)} {draw.choice(GIVEN)}"
            )
            age = 16 * 365 + draw.randrange(30, 300) if self.template.minor else draw.randrange(*ADULT_DAYS)
            found.append((draw.choice(SURNAMES), given, _day_text(base // DAY - age)))
        return found

    def _surname(self, slot: Slot) -> Strings:
        return [person[0] for person in self.people]

    def _given(self, slot: Slot) -> Strings:
        return [person[1] for person in self.people]

    def _birth(self, slot: Slot) -> Strings:
        return [person[2] for person in self.people]

    def _birth_compact(self, slot: Slot) -> Strings:
        return [person[2].replace("-", "") for person in self.people]

    def _wire_name(self, slot: Slot) -> Strings:
        return [_wire(surname, given) for surname, given, _ in self.people]

    # -- charges ------------------------------------------------------------------------------------------------------
    def _charges(self) -> list[tuple[tuple[str, str], ...]]:
        if self.drawn is None:
            kinds = self.template.charges
            self.drawn = [_draw_charges(self.random, kinds) for _ in range(self.count)]
        return self.drawn

    def _charge_words(self, slot: Slot) -> Strings:
        return [charges[slot.of][1] for charges in self._charges()]

    def _charge_code(self, slot: Slot) -> Strings:
        return [charges[slot.of][0] for charges in self._charges()]

    # -- digests and sealed bytes -------------------------------------------------------------------------------------
    def _identity(self, slot: Slot) -> Strings:
        sex = self.template.sex
        return [_identity_digest(surname, given, birth, sex) for surname, given, birth in self.people]

    def _content(self, slot: Slot) -> Strings:
        form, slots = self.template.contents[slot.of]
        texts = map(form.__mod__, zip(*(self.of(self.template.slots[n]) for n in slots), strict=True))
        return [sha256(text.encode()).hexdigest() for text in texts]

    def _plain(self, name: Any) -> list[bytes]:
        """The bytes of a file with its length field made right again."""
        if name not in self.blobs:
            form, slots, length, words = self.template.binaries[name]
            columns = [self.of(self.template.slots[n]) for n in slots]
            found = []
            for values in zip(*columns, strict=True):
                text = form % values
                if length is not None:
                    text = text.replace(*_length(length, sum(map(len, values)) - words))
                found.append(text.encode("latin-1"))
            self.blobs[name] = found
        return self.blobs[name]

    def _sha256(self, slot: Slot) -> Strings:
        return [sha256(plain).hexdigest() for plain in self._plain(slot.of)]

    def _size(self, slot: Slot) -> Strings:
        return [str(len(plain)) for plain in self._plain(slot.of)]

    def _tail(self, slot: Slot) -> Strings:
        """How many bytes an outgoing file shares with the received one."""
        pairs = zip(
            self._plain(("outgoing", slot.of)), self._plain(("matching_transmission", slot.of)), strict=True
        )
        return [str(len(whole) - len(head)) for whole, head in pairs]

    def _finger_number(self, slot: Slot) -> Strings:
        return [f"{unit:010d}" for unit in self.batch.units.tolist()]

    def _blind(self, slot: Slot) -> Strings:
        """What an exact search for a number looks for."""
        indexes = blind.blind_index_each(slot.extra, (plain.decode() for plain in self._plain(slot.of)))
        return ["\\\\x" + index.hex() for index in indexes]

    def _data_keys(self, number: int) -> list[bytes]:
        if number not in self.keys:
            self.keys[number] = [os.urandom(cipher.KEY_BYTES) for _ in range(self.count)]
        return self.keys[number]

    def _sealed(self, slot: Slot) -> Strings:
        row, key, place = slot.extra
        publics = self.of(self.template.slots[row])
        refs = self.of(self.template.slots[self.template.key_slots[key]])
        found = []
        for plain, public, ref, data in zip(
            self._plain(slot.of), publics, refs, self._data_keys(key), strict=True
        ):
            secret = cipher.Secret(UUID(ref), data)
            found.append(
                "\\\\x" + cipher.seal(plain, secret=secret, context=envelope.context_of(place, public)).hex()
            )
        return found

    def _wrapped(self, slot: Slot) -> Strings:
        row, purpose, kek = slot.extra
        wrap = provider().wrap
        return [
            "\\\\x" + wrap(kek, data, context=f"data key {ref} ({purpose})").hex()
            for ref, data in zip(self.of(self.template.slots[row]), self._data_keys(slot.of), strict=True)
        ]


def _draw_charges(random: Random, kinds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """A charge of each class, in the order of their words: so the digest of a booking sorts them."""
    while True:
        found = tuple(random.choice(CHARGES[kind]) for kind in kinds)
        if all(one[1] < other[1] for one, other in pairwise(found)):
            return found


def _length(field: tuple[str, int], more: int) -> tuple[str, str]:
    text, number = field
    return text, text.replace(str(number), str(number + more))


def _day_text(days: int) -> str:
    return str(np.datetime64(days, "D"))


@lru_cache(maxsize=200_000)
def _wire(surname: str, given: str) -> str:
    return wire_name(surname, given)


def _identity_digest(surname: str, given: str, birth: str, sex: str) -> str:
    text = (
        f'{{"birth_date":"{birth}","given_names":{_json(given.casefold())},"sex":"{sex}",'
        f'"surname":{_json(surname.casefold())}}}'
    )
    return sha256(text.encode()).hexdigest()


@lru_cache(maxsize=50_000)
def _json(text: str) -> str:
    return json.dumps(text)


@lru_cache(maxsize=16)
def _transitions(zone: str) -> tuple[Ints, Ints]:
    """Hours at which the zone's offset changes, and the offsets, from 2000 to 2040."""
    info = ZoneInfo(zone)
    start, end = (
        int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()),
        int(datetime(2040, 1, 1, tzinfo=UTC).timestamp()),
    )
    starts, offsets = [start], [_offset(info, start)]
    for moment in range(start, end, DAY // 4):
        if (offset := _offset(info, moment)) != offsets[-1]:
            exact = next(m for m in range(moment - DAY // 4, moment + 1, 900) if _offset(info, m) == offset)
            starts.append(exact)
            offsets.append(offset)
    return np.array(starts), np.array(offsets)


def _offset(info: ZoneInfo, moment: int) -> int:
    delta = datetime.fromtimestamp(moment, info).utcoffset()
    return int(delta.total_seconds()) if delta else 0


def utc_offsets(zone: str, moments: Ints) -> Ints:
    """Seconds to add to each instant for the wall time of the zone."""
    starts, offsets = _transitions(zone)
    return offsets[np.searchsorted(starts, moments, side="right") - 1]


def person_digest(facts: PersonFacts) -> str:
    """The identity digest as `_identity_digest` makes it, for the test that compares it with the booking's own."""
    birth = facts.birth_date.isoformat() if facts.birth_date else ""
    return _identity_digest(facts.surname, facts.given_names, birth, facts.sex)
