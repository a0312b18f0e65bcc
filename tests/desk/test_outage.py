"""After an outage: who was on the sheet, and what is still to be entered."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Access
from cases import services
from tests.actors import Cast
from tests.desk.acts.conftest import said, wall
from tests.desk.conftest import SignIn
from tests.detainers.builders import Road, ago

pytestmark = pytest.mark.django_db


def url(since: str) -> str:
    return reverse("admin:outage") + f"?since={since}"


def test_it_lists_the_sheet_with_those_without_a_later_fact_first(
    at_desk: SignIn, road: Road, cast: Cast
) -> None:
    gone_before, entered, still = road.case(), road.case(), road.case()
    officer = cast.actor("officer")
    services.release(case_id=gone_before.pk, actor=officer, at=ago(hours=9))
    services.release(case_id=entered.pk, actor=officer, at=ago(hours=2))
    new = road.case(days=0.1)

    response = at_desk("officer").get(url(wall(ago(hours=5))))

    page = said(response)
    assert "Nothing was recorded of 1 person since." in page
    assert page.index(still.number) < page.index(entered.number)
    assert "Released" in page
    assert gone_before.number not in page
    assert new.number not in page
    assert reverse("desk:release", args=[still.public_id]) in page
    assert reverse("desk:release", args=[entered.public_id]) not in page
    assert set(Access.objects.get(action="outage.opened").objects_shown) == {
        still.public_id,
        entered.public_id,
    }


def test_a_fact_from_paper_keeps_its_own_time(at_desk: SignIn, road: Road) -> None:
    case, at = road.case(), ago(hours=3).replace(second=0, microsecond=0)

    at_desk("officer").post(reverse("desk:release", args=[case.public_id]), {"to": "street", "at": wall(at)})

    event = case.custody_events.get(kind="released")
    assert event.occurred_at == at
    assert event.recorded_at > at + timedelta(hours=2)
    assert "Nothing was recorded of 0 people since." in said(at_desk("officer").get(url(wall(ago(hours=5)))))


@pytest.mark.parametrize(
    ("since", "words"), [("nonsense", "not a date and time"), ("2026-03-08 02:30", "does not exist")]
)
def test_a_time_that_cannot_be_is_a_sentence(at_desk: SignIn, since: str, words: str) -> None:
    response = at_desk("officer").get(url(since))

    assert response.status_code == 400
    assert words in said(response)


def test_without_a_pack_it_asks_for_the_time(at_desk: SignIn) -> None:
    assert "Enter the time at the top of the sheet." in said(at_desk("officer").get(reverse("admin:outage")))


@pytest.mark.parametrize(("who", "status"), [("administrator", 200), ("translator", 403), ("stranger", 403)])
def test_who_may_look(at_desk: SignIn, road: Road, who: str, status: int) -> None:
    case = road.case()

    response = at_desk(who).get(url(wall(timezone.now())))

    assert response.status_code == status
    assert reverse("desk:release", args=[case.public_id]) not in said(response)


def test_another_jail_is_not_shown(at_desk: SignIn, road: Road) -> None:
    case = road.case()

    assert case.number not in said(at_desk("other_officer").get(url(wall(timezone.now()))))
