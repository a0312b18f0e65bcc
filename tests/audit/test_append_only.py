"""History cannot be changed: not by the ORM, not by SQL, not by TRUNCATE, not as the owner of the tables."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import record
from audit.errors import NotInTransaction, UnknownAction
from audit.models import Access, Event
from audit.record import Ref
from tests.actors import Cast
from tests.factories import CaseFactory

FORBIDDEN = [
    "UPDATE audit_event SET reason = 'x'",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event CASCADE",
    "UPDATE audit_access SET purpose = 'x'",
    "DELETE FROM audit_access",
    "TRUNCATE audit_access",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_even_the_owner_cannot_change_history(book: CaseFactory, sql: str):
    case = book()
    record.access("case.viewed", actor=book.cast.actor("officer"), objects=[case.public_id])
    before = (Event.objects.count(), Access.objects.count())

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert (Event.objects.count(), Access.objects.count()) == before


def test_an_event_needs_the_transaction_of_its_change(transactional_cast: Cast):
    cast = transactional_cast
    with pytest.raises(NotInTransaction):
        record.event(
            "cases.booked",
            actor=cast.actor("officer"),
            subject=Ref("case", cast.jail.public_id),
            occurred_at=timezone.now(),
        )


def test_an_action_without_a_sentence_is_refused(cast: Cast):
    with pytest.raises(UnknownAction):
        record.event(
            "cases.unheard_of",
            actor=cast.actor("officer"),
            subject=Ref("case", cast.jail.public_id),
            occurred_at=timezone.now(),
        )


def test_events_carry_the_id_of_their_transaction(book: CaseFactory):
    book()

    ids = set(Event.objects.values_list("txid", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        assert ids == {cursor.fetchone()[0]}
