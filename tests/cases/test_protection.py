"""8 U.S.C. 1367: what is recorded is seen by nobody without the narrow permission, and nothing else points at it."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from rest_framework.serializers import BaseSerializer

from accounts.errors import IllegalMove, Invalid, NotPermitted
from accounts.rows import acting_for
from audit.models import Access, Event
from cases.models import Case, Protection
from cases.services.protection import end_protection, protect, standing
from integration import feed
from tests.actors import Cast
from tests.detainers.builders import Road
from tests.factories import CaseFactory

WORDS = "zebrawood lantern"
OTHERS = (
    "officer",
    "clerk",
    "supervisor",
    "administrator",
    "other_supervisor",
    "examiner",
    "operator",
    "liaison",
    "reviewer",
    "stranger",
)


def guard(cast: Cast, case: Case, *, who: str = "protector", reason: str = WORDS) -> Protection:
    return protect(case_id=case.pk, actor=cast.actor(who), at=timezone.now(), reason=reason)


def signed_in(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.user(name), backend="accounts.backends.EmailBackend")
    return client


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_sets_sees_or_ends_it(cast: Cast, book: CaseFactory, who: str) -> None:
    case = book()
    row = guard(cast, case)
    actor = cast.actor(who)

    with pytest.raises(NotPermitted):
        protect(case_id=case.pk, actor=actor, at=timezone.now(), reason="x")
    with pytest.raises(NotPermitted):
        end_protection(case_id=case.pk, actor=actor, at=timezone.now(), reason="x")
    assert not Protection.objects.visible_to(actor).exists()
    with acting_for(actor), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE clearhold_web")
        for name, value in _settings():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        cursor.execute("SELECT count(*) FROM cases_protection")
        assert cursor.fetchone() == (0,)
    assert Protection.objects.visible_to(cast.actor("protector")).get() == row


def _settings() -> tuple[tuple[str, str], ...]:
    from accounts.rows import current_settings

    return current_settings()


def test_it_is_set_once_with_a_reason_and_ended_once_with_a_reason(cast: Cast, book: CaseFactory) -> None:
    case = book()
    with pytest.raises(Invalid):
        guard(cast, case, reason=" ")
    row = guard(cast, case)
    with pytest.raises(IllegalMove):
        guard(cast, case)

    ended = end_protection(case_id=case.pk, actor=cast.actor("protector"), at=timezone.now(), reason="Lapsed")

    assert (ended.pk, ended.end_reason) == (row.pk, "Lapsed")
    assert standing(case) is None
    with pytest.raises(IllegalMove):
        end_protection(case_id=case.pk, actor=cast.actor("protector"), at=timezone.now(), reason="Lapsed")
    for sql in (
        "UPDATE cases_protection SET reason = 'other'",
        "UPDATE cases_protection SET ended_at = NULL, ended_by = '', end_reason = ''",
        "DELETE FROM cases_protection",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_its_events_name_no_case_and_never_leave(cast: Cast, book: CaseFactory) -> None:
    case = book()
    guard(cast, case)

    event = Event.objects.get(action="cases.record_added")

    assert (event.case_id, event.agency_id, event.facts, event.reason) == (None, None, {}, "")
    assert not feed.is_published("cases.record_added")
    assert not feed.is_published("cases.record_ended")


def test_looking_is_audited_without_the_case(cast: Cast, book: CaseFactory) -> None:
    case = book()
    row = guard(cast, case)
    client = signed_in(cast, "protector")

    page = client.get(reverse("desk:protection", args=[case.public_id]))

    assert WORDS in page.content.decode()
    look = Access.objects.get(action="record.opened")
    assert (look.objects_shown, look.case_id, look.agency_id) == ([row.public_id], None, None)
    assert not Access.objects.filter(case_id=case.public_id).exists()


def test_the_page_sets_and_ends_it(cast: Cast, book: CaseFactory) -> None:
    case = book()
    client = signed_in(cast, "protector")
    url = reverse("desk:protection", args=[case.public_id])

    assert client.post(url, {"reason": ""}).status_code == 400
    assert client.post(url, {"reason": WORDS}).status_code == 302
    assert standing(case) is not None
    assert client.post(url, {"reason": "Over"}).status_code == 302
    assert standing(case) is None


def addresses(resolver: Any = None, names: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """(qualified name, converters) of every named address."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, (*names, entry.namespace) if entry.namespace else names)
        elif isinstance(entry, URLPattern) and entry.name:
            yield ":".join((*names, entry.name)), dict(entry.pattern.converters)


def filled(case: Case, detainer: Any, converters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    keys = [case.public_id, case.person.public_id, detainer.public_id]
    kinds = {"person": "surname", "detainer": "received_at"}
    if "kind" in converters:
        for kind, field in kinds.items():
            subject = case.person.public_id if kind == "person" else detainer.public_id
            yield {"public_id": case.public_id, "kind": kind, "subject": subject, "field": field}
        return
    for key in keys if "public_id" in converters else [None]:
        given = {"public_id": key} if key else {}
        given |= {name: str(case.pk) for name in converters if name in ("object_id", "content_type_id")}
        given |= {"other": case.person.public_id} if "other" in converters else {}
        if set(given) == set(converters):
            yield given


def walked(case: Case, detainer: Any) -> list[str]:
    """Every address that can be asked with a GET about this case."""
    found = []
    for name, converters in addresses():
        if name.rpartition(":")[2] in ("protection", "logout"):
            continue
        for given in filled(case, detainer, converters):
            with contextlib.suppress(NoReverseMatch):  # an address with unnamed parts: the index of one app
                found.append(reverse(name, kwargs=given))
    return [*dict.fromkeys(found), f"/admin/cases/case/?q={WORDS.split()[0]}", "/admin/cases/case/?q=1367"]


@pytest.mark.django_db(transaction=True, databases=["default", "oversight"])
@pytest.mark.parametrize("who", ["supervisor", "administrator", "examiner", "reviewer"])
def test_no_address_shows_a_trace_to_anybody_else(cast: Cast, book: CaseFactory, who: str) -> None:
    road = Road(cast, book)
    case = road.case()
    detainer = road.register(case)
    row = guard(cast, case)
    end_protection(case_id=case.pk, actor=cast.actor("protector"), at=timezone.now(), reason=f"{WORDS} over")
    again = guard(cast, case)
    client = signed_in(cast, who)
    asked = walked(case, detainer)
    assert len(asked) > 60

    for url in asked:
        response = client.get(url)
        assert response.status_code != 500, url
        if response.streaming:
            continue
        text = response.content.decode(errors="replace").casefold()
        for trace in (
            WORDS,
            str(row.public_id),
            str(again.public_id),
            "u.s.c. 1367",
            "cases_protection",
            "/record/",
        ):
            assert trace not in text, f"{url} shows {trace} to {who}"


def test_nothing_in_the_code_or_the_database_points_at_it() -> None:
    pointing = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model is Protection
    ]
    assert pointing == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT viewname FROM pg_views WHERE definition ILIKE '%cases_protection%'")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT grantee FROM information_schema.role_table_grants WHERE table_name = 'cases_protection'"
            " AND grantee IN ('clearhold_worker', 'clearhold_clock', 'clearhold_oversight', 'clearhold_public',"
            " 'clearhold_statistics')"
        )
        assert cursor.fetchall() == []


def serializers(kind: type = BaseSerializer) -> Iterator[type]:
    for item in kind.__subclasses__():
        yield item
        yield from serializers(item)


def test_no_serializer_and_no_admin_has_it() -> None:
    from django.contrib import admin

    assert not admin.site.is_registered(Protection)
    for item in serializers():
        assert getattr(getattr(item, "Meta", None), "model", None) is not Protection
        fields = getattr(item, "_declared_fields", {})
        assert [name for name in fields if "protect" in name or "1367" in name] == []


pytestmark = pytest.mark.django_db
