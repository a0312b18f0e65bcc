from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actors import system
from accounts.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.models import Event
from oversight.models import OversightCase
from oversight.references import reference
from oversight.services import end_grant, grant_review
from tests.oversight.conftest import BOTH, browser

pytestmark = BOTH
HOUR = timedelta(hours=1)


def count(cast, who: str = "reviewer") -> int:
    return OversightCase.objects.visible_to(cast.actor(who)).count()


def test_without_a_grant_nothing_is_visible(cast, book):
    case = book()

    assert count(cast) == 0
    assert browser(cast, "reviewer").get(f"/oversight/cases/{reference(case.public_id)}/").status_code == 404


@pytest.mark.parametrize(
    ("starts", "ends", "visible"),
    [(-HOUR, None, 1), (HOUR, None, 0), (-2 * HOUR, -HOUR, 0), (-HOUR, HOUR, 1)],
)
def test_grant_is_in_force_between_its_beginning_and_its_end(cast, book, grant, starts, ends, visible):
    book()
    now = timezone.now()

    grant(starts_at=now + starts, ends_at=now + ends if ends else None)

    assert count(cast) == visible


def test_ended_grant_shows_nothing_and_ends_once(cast, book, grant):
    book()
    given = grant()

    end_grant(grant_id=given.pk, actor=system("set-up"), at=timezone.now())
    end_grant(grant_id=given.pk, actor=system("set-up"), at=timezone.now())

    assert count(cast) == 0
    actions = (
        Event.objects.filter(action__startswith="oversight.").order_by("pk").values_list("action", flat=True)
    )
    assert list(actions) == ["oversight.review_granted", "oversight.review_ended"]


def test_grant_opens_one_jail_only(cast, book, grant):
    mine = book()
    theirs = book(who="other_officer", agency=cast.other_jail)
    grant()

    visible = OversightCase.objects.visible_to(cast.actor("reviewer"))

    assert [case.case_id for case in visible] == [mine.public_id]
    page = browser(cast, "reviewer").get(f"/oversight/cases/{reference(theirs.public_id)}/")
    assert page.status_code == 404


def test_membership_that_ended_reads_nothing(cast, book, grant):
    book()
    grant()
    membership = cast.user("reviewer").memberships.get()
    membership.ends_at = timezone.now()
    membership.save()

    assert count(cast) == 0


@pytest.mark.parametrize(
    "who", ["officer", "supervisor", "administrator", "reviewer", "examiner", "stranger"]
)
def test_only_those_who_may_grant_do(cast, who):
    with pytest.raises(NotPermitted):
        grant_review(
            oversight_agency=cast.watch, jail_agency=cast.jail, actor=cast.actor(who), at=timezone.now()
        )


def test_grant_is_refused_twice_and_for_the_wrong_bodies(cast, grant):
    given = grant()
    now = timezone.now()

    with pytest.raises(Conflict):
        grant()
    for body, jail in ((cast.jail, cast.other_jail), (cast.watch, cast.bureau)):
        with pytest.raises(Invalid):
            grant_review(oversight_agency=body, jail_agency=jail, actor=system("set-up"), at=now)
    with pytest.raises(Invalid):
        grant("other_jail", ends_at=now - 2 * HOUR, starts_at=now)
    with pytest.raises(NotFound):
        end_grant(grant_id=0, actor=system("set-up"), at=now)
    with pytest.raises(NotPermitted):
        end_grant(grant_id=given.pk, actor=cast.actor("reviewer"), at=now)


def test_database_refuses_a_second_open_grant_and_a_deletion(cast, grant):
    given = grant()

    with pytest.raises(IntegrityError), transaction.atomic():
        type(given).objects.create(
            oversight_agency=cast.watch, jail_agency=cast.jail, granted_by="x", granted_by_label="x"
        )
    with pytest.raises(Exception, match="Cannot delete"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM oversight_reviewgrant")


def test_reference_is_the_same_in_python_and_in_the_view(cast, book, grant):
    case = book()
    grant()

    assert OversightCase.objects.visible_to(cast.actor("reviewer")).get().reference == reference(
        case.public_id
    )
