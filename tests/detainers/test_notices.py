"""A copy with a notice that no person has reviewed is recorded, and no hold begins on it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.errors import Invalid
from audit import sentences
from audit.models import Event
from detainers import services
from detainers.documents import texts
from detainers.models import Detainer, DetainerService, Hold
from detainers.notices import FORM, NOTICE_WORDS
from tests.actors import Cast
from tests.detainers.builders import GOOD_FORM, Road, ago, hold_of

pytestmark = pytest.mark.django_db


def approve(cast: Cast, *, at: datetime, code: str = "es") -> None:
    services.approve_translation(
        language=code,
        digest=texts.text(code).digest,
        qualification="Court interpreter",
        actor=cast.actor("translator"),
        at=at,
    )


def served(road: Road, *, at: datetime | None = None, **notice: Any) -> tuple[Detainer, DetainerService]:
    """A detainer whose copy was given nine hours ago, on somebody who is to be released now."""
    detainer = road.register(road.case(), at=ago(hours=12))
    service = road.serve(detainer, at=at or ago(hours=9), **notice)
    road.eligible(detainer.case, at=ago(hours=1))
    detainer.refresh_from_db()
    return detainer, service


def test_no_hold_begins_on_a_notice_that_nobody_has_reviewed(road: Road) -> None:
    detainer, service = served(road, notice_language="es")

    assert not service.counts
    assert detainer.state == "received"
    assert not Hold.objects.exists()
    event = Event.objects.get(action="detainers.served_unreviewed")
    assert "It does not count as service." in sentences.sentence(event, zone="America/Chicago")
    assert not Event.objects.filter(action="detainers.served").exists()


@pytest.mark.parametrize("notice", ["en", FORM])
def test_what_people_wrote_counts_at_once(road: Road, notice: str) -> None:
    detainer, service = served(road, notice_language=notice)

    assert service.counts
    assert detainer.state == "served"
    assert hold_of(detainer.case).detainer == detainer


def test_every_translation_is_a_draft_until_somebody_reviews_it(road: Road) -> None:
    drafts = [code for code in NOTICE_WORDS if not served(road, notice_language=code)[1].counts]

    assert drafts == ["es", "fr", "pt", "zh", "vi", "ht", "ar"]


def test_an_approval_counts_for_what_is_given_after_it(road: Road, cast: Cast) -> None:
    approve(cast, at=ago(hours=10))

    _, before = served(road, at=ago(hours=11), notice_language="es")
    later, after = served(road, at=ago(hours=9), notice_language="es")

    assert (before.counts, after.counts) == (False, True)
    assert after.notice_digest == texts.text("es").digest
    assert Hold.objects.get().detainer == later


def test_a_later_approval_makes_no_service_of_what_was_given_before(road: Road, cast: Cast) -> None:
    detainer, service = served(road, notice_language="es")
    approve(cast, at=timezone.now())

    services.reassess(case_id=detainer.case_id, actor=cast.actor("clerk"), at=timezone.now())

    service.refresh_from_db()
    assert not service.counts
    assert not Hold.objects.exists()


def test_a_copy_is_served_anew_and_counts_from_then(road: Road) -> None:
    detainer, _ = served(road, notice_language="es")

    again = road.serve(detainer, at=timezone.now() - timedelta(minutes=1))

    detainer.refresh_from_db()
    assert again.counts
    assert detainer.state == "served"
    assert detainer.services.count() == 2
    assert hold_of(detainer.case).started_at == again.served_at


def test_a_new_version_with_an_unreviewed_notice_does_not_replace_the_earlier(road: Road) -> None:
    detainer, _ = served(road)
    version = services.amend_detainer(
        detainer_id=detainer.pk,
        actor=road.cast.actor("clerk"),
        at=ago(minutes=50),
        form=replace(GOOD_FORM, issued_on=timezone.now().date()),
        channel="fax",
    )

    road.serve(version, at=ago(minutes=40), notice_language="fr")

    detainer.refresh_from_db()
    assert detainer.is_live


def test_an_unknown_notice_is_refused_at_its_field(road: Road) -> None:
    detainer = road.register(road.case())

    with pytest.raises(Invalid) as refusal:
        road.serve(detainer, notice_language="xx")

    assert [item.field for item in refusal.value.errors] == ["notice_language"]
    assert not detainer.services.exists()
