"""Rows written by the statement of their model are those that Django would have written."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, models, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from accounts.models import Agency
from audit import inserts
from audit.inserts import insert
from audit.keys.models import DataKey
from audit.models import Event
from cases.models import Document, Person
from tests.actors import Cast

pytestmark = pytest.mark.django_db


def _event(**more: Any) -> Event:
    return Event(
        action="cases.booked",
        actor_kind="system",
        actor_id="set-up",
        actor_label="set-up",
        subject_type="case",
        subject_id=uuid4(),
        changed=["state", "a,b", 'quo"te', ""],
        facts={"number": 1, "nested": {"list": [1, None, "ü"]}},
        occurred_at=timezone.now(),
        **more,
    )


def _document(agency: Agency | None) -> Document:
    return Document(
        agency=agency,
        kind="booking_eft",
        media_type="application/octet-stream",
        channel="api",
        sha256="0" * 64,
        size=70_000,
        content=b"CH\x01" + bytes(range(256)) * 3,
        received_at=timezone.now(),
    )


def _stored(row: models.Model) -> dict[str, Any]:
    return model_to_dict(type(row)._default_manager.get(pk=row.pk)) | {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.editable
    }


@pytest.mark.parametrize("make", [_event, lambda: _document(None)])
def test_it_writes_what_django_writes(make: Any) -> None:
    row, again = make(), make()
    for field in row._meta.concrete_fields:
        if field.attname not in {"id", "public_id", "txid", "recorded_at"}:
            setattr(again, field.attname, getattr(row, field.attname))

    insert([row])
    again.save()

    ours, theirs = _stored(row), _stored(again)
    assert {name for name in ours if ours[name] != theirs[name]} <= {"id", "public_id", "recorded_at"}
    row.refresh_from_db()
    again.refresh_from_db()
    for field in row._meta.concrete_fields:
        if field.attname not in {"id", "public_id", "recorded_at"}:
            assert getattr(row, field.attname) == getattr(again, field.attname), field.attname


def test_what_the_database_generates_is_there_when_asked_for(cast: Cast) -> None:
    insert([person := Person(agency=cast.jail, surname="Ålder", given_names="", sex="F")])

    assert person.surname_key == Person.objects.get(pk=person.pk).surname_key != ""


def test_it_gives_the_rows_their_keys_in_their_order() -> None:
    rows = [_event(reason=str(number)) for number in range(5)]

    insert(rows)

    assert [Event.objects.get(pk=row.pk).reason for row in rows] == ["0", "1", "2", "3", "4"]
    assert all(row.recorded_at and row.txid and not row._state.adding for row in rows)


def test_a_value_of_its_own_for_what_the_database_fills_is_kept() -> None:
    at = timezone.now() - timedelta(days=1)

    insert([key := DataKey(purpose="test", kek_id="k", wrapped=b"w", created_at=at)])

    assert DataKey.objects.get(pk=key.pk).created_at == at


def test_more_rows_than_a_statement_takes_are_all_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inserts, "MOST_VALUES", 10)

    insert(keys := [DataKey(purpose="test", kek_id="k", wrapped=b"w") for _ in range(7)])

    assert DataKey.objects.filter(pk__in=[key.pk for key in keys]).count() == 7


def test_it_says_what_the_database_says() -> None:
    insert([key := DataKey(purpose="test", kek_id="k", wrapped=b"w")])

    with pytest.raises(IntegrityError), transaction.atomic():
        insert([DataKey(public_id=key.public_id, purpose="test", kek_id="k", wrapped=b"w")])
