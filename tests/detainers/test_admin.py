"""The lists of the admin: scoped, read-only, and looked at on the record."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Access
from cases import services as cases
from detainers.models import Breach, Detainer, Hold, PolicyDecision
from tests.detainers.builders import Road, ago

MODELS = (Detainer, Hold, Breach, PolicyDecision)


def page(model: type, kind: str, *args: int) -> str:
    return reverse(f"admin:detainers_{model.__name__.lower()}_{kind}", args=args)


@pytest.fixture
def over(road: Road) -> Road:
    case, _ = road.held(eligible_at=ago(hours=49))
    cases.release(case_id=case.pk, actor=road.cast.actor("officer"), at=ago(minutes=1))
    return road


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages_open_for_the_jail_and_leave_an_access(
    over: Road, client: Client, model: type
) -> None:
    client.force_login(over.cast.user("supervisor"))
    row = model.objects.get()  # type: ignore[attr-defined]

    assert client.get(page(model, "changelist")).status_code == 200
    assert client.get(page(model, "change", row.pk)).status_code == 200

    assert row.public_id in Access.objects.latest("pk").objects_shown


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_added_typed_over_or_deleted(over: Road, client: Client, model: type) -> None:
    client.force_login(over.cast.user("supervisor"))
    row = model.objects.get()  # type: ignore[attr-defined]

    assert client.get(page(model, "add")).status_code == 403
    assert client.post(page(model, "change", row.pk), {"state": "closed"}).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_another_jail_cannot_tell_that_it_exists(over: Road, client: Client, model: type) -> None:
    client.force_login(over.cast.user("other_supervisor"))
    row = model.objects.get()  # type: ignore[attr-defined]

    answer = client.get(page(model, "change", row.pk))

    assert answer.status_code in (302, 404)
    assert str(row) not in answer.content.decode()


def test_facts_of_one_row(over: Road) -> None:
    breach, hold = Breach.objects.get(), Hold.objects.get()

    assert breach.until_at is not None
    assert breach.duration(ago(hours=0)) == breach.until_at - breach.from_at
    assert (hold.is_in_force(hold.started_at), hold.is_in_force(hold.deadline_at)) == (True, False)
    assert not hold.is_in_force(hold.deadline_at + timedelta(seconds=1))
    assert hold.clock.governing_limit is not None
