"""Recording the numbers of a person, showing them to those who may see the case, and finding a person by one, exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.db import connection, transaction

from accounts.actors import Actor
from accounts.errors import Invalid, NotFound
from accounts.permissions import Permission, check_permission
from audit import record
from audit.keys import blind, envelope
from audit.keys.errors import KeysError
from audit.record import Ref
from cases import events
from cases.identifiers import PersonIdentifier
from cases.models import Case, Person
from cases.services.documents import Unreadable

KEY_PURPOSE: Final = "identifier"
VALUE: Final = "cases_personidentifier.value"
Kind = PersonIdentifier.Kind
SHAPES: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    Kind.SID: (
        re.compile(r"[A-Z]{2}[A-Z0-9]{1,8}"),
        "the two letters of the state and the number, as TX01234567",
    ),
    Kind.UCN: (re.compile(r"[A-Z0-9]{1,9}"), "one to nine letters and digits, as 123456AB1"),
    Kind.FIN: (re.compile(r"(FN)?[0-9]{5,12}"), "FN and the digits, as FN-123456789"),
    Kind.A_NUMBER: (re.compile(r"[0-9]{9}"), "A and seven to nine digits, as A012345678"),
}

MAY: Final[dict[str, Permission]] = {PersonIdentifier.Source.DETAINER: Permission.DETAINER_REGISTER}
"""Who may record a number from where; who books people may record all others."""


@dataclass(frozen=True)
class Shown:
    """One number as it is shown: the value, or the sentence that says why it cannot be read."""

    row: PersonIdentifier
    value: str = field(default="", repr=False)
    problem: str = ""


def is_usable(kind: str, value: str) -> bool:
    """Whether a value has the form of its kind. Pure."""
    return kind in SHAPES and SHAPES[kind][0].fullmatch(blind.normalised(kind, value)) is not None


def record_identifiers(
    *, case_id: int, values: Mapping[str, str], source: str, actor: Actor, at: datetime
) -> list[PersonIdentifier]:
    """Add numbers to a case, by kind. What the case has already changes nothing. Returns the new rows.

    Raises Invalid for a value without the form of its kind, NotPermitted, NotFound, Unreadable without a key.
    """
    for kind, value in values.items():
        if not is_usable(kind, value):
            form = SHAPES[kind][1] if kind in SHAPES else f"one of: {', '.join(sorted(SHAPES))}"
            raise Invalid(f"This is no such number. Enter {form}.", field="value", code="identifier_form")
    with transaction.atomic():
        case = _locked(case_id)
        if actor.kind != "system":
            check_permission(actor, MAY.get(source, Permission.CASE_BOOK), case.agency)
        try:
            new = _missing(case, values)
            rows = _sealed_rows(case, new, source, actor)
        except KeysError as error:
            raise Unreadable(error) from error
        PersonIdentifier.objects.bulk_create(rows)
        for row in rows:
            record.event(
                events.IDENTIFIER_RECORDED,
                actor=actor,
                subject=Ref("identifier", row.public_id),
                case=case.public_id,
                agency=case.agency.public_id,
                occurred_at=at,
                facts={"kind": row.kind, "words": str(Kind(row.kind).label), "source": source},
            )
    return rows


def _locked(case_id: int) -> Case:
    """The case, its numbers locked against a second writer. Not the row itself: an answer holds its submission already, and
    whoever changes custody takes the two in the other order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"identifiers:{case_id}"])
    case: Case | None = Case.objects.select_related("agency").filter(pk=case_id).first()
    if case is None:
        raise NotFound(f"There is no case {case_id}.")
    return case


def _missing(case: Case, values: Mapping[str, str]) -> dict[str, tuple[str, bytes]]:
    """Values the case has not, with their blind index under the current key."""
    found = {}
    for kind, value in values.items():
        indexes = blind.blind_indexes(kind, value)
        if not PersonIdentifier.objects.filter(case=case, kind=kind, blind__in=indexes).exists():
            found[kind] = (value.strip(), indexes[0])
    return found


def _sealed_rows(
    case: Case, new: Mapping[str, tuple[str, bytes]], source: str, actor: Actor
) -> list[PersonIdentifier]:
    keys = envelope.new_keys(KEY_PURPOSE, len(new)) if new else []
    rows = []
    for (kind, (value, index)), key in zip(new.items(), keys, strict=True):
        public_id = uuid4()
        context = envelope.context_of(VALUE, public_id)
        sealed = envelope.encrypt(value.encode(), key=key, context=context)
        rows.append(
            PersonIdentifier(
                public_id=public_id,
                case=case,
                kind=kind,
                value=sealed,
                blind=index,
                source=source,
                recorded_by=actor.id,
            )
        )
    return rows


def opened(rows: Iterable[PersonIdentifier]) -> list[Shown]:
    """Numbers to show. The caller has scoped the rows and records who looked. One that cannot be read says why."""
    by_context = {envelope.context_of(VALUE, row.public_id): row for row in rows}
    plain = envelope.decrypt_each({context: bytes(row.value) for context, row in by_context.items()})
    shown = []
    for context, row in by_context.items():
        found = plain[context]
        if isinstance(found, bytes):
            shown.append(Shown(row, value=found.decode()))
        else:
            shown.append(Shown(row, problem=found.message))
    return shown


def find_people(*, actor: Actor, kind: str, value: str, purpose: str = "") -> list[Person]:
    """The people with exactly this number whom this actor may see. The look is recorded with the people shown, not the number.

    Raises Invalid, Unreadable.
    """
    if not is_usable(kind, value):
        raise Invalid("This is no such number. Check it, or choose another kind.", field="value")
    try:
        people = list(Person.objects.visible_to(actor).with_identifier(actor, kind, value).order_by("pk"))
    except KeysError as error:
        raise Unreadable(error) from error
    record.access(
        "person.looked_up",
        actor=actor,
        objects=[person.public_id for person in people],
        object_type="person",
        purpose=purpose,
        query=f"exact {kind}",
    )
    return people
