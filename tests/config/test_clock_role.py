"""The clock's own role can do all the clock's work with the little that it may."""

from django.db import connection
from django.utils import timezone

from accounts.actors import system
from accounts.rows import acting_for
from audit.ledger.roots import seal_daily_root
from audit.ledger.sealer import seal_due
from audit.models import Event
from audit.tasks import SEALER
from cases import services as custody
from config.roles import CLOCK, WEB
from detainers import services
from detainers.models import Breach, SweepHeartbeat
from detainers.services.assess import reassess
from tests import as_web
from tests.actors import Cast
from tests.detainers.builders import Road, ago, hold_of
from tests.factories import CaseFactory


def test_the_sweep_ends_holds_and_opens_breaches(cast: Cast, book: CaseFactory) -> None:
    road = Road(cast, book)
    held, _detainer = road.held(eligible_at=ago(days=4))
    overdue = road.eligible(road.case(), at=ago(hours=5))

    with as_web.acting_as(CLOCK):
        outcome = services.expire_due()

    assert (outcome.expired, outcome.failed) == (1, [])
    assert hold_of(held).ended_at is not None
    assert set(Breach.objects.values_list("case_id", flat=True)) == {held.pk, overdue.pk}
    assert SweepHeartbeat.objects.exists()


def test_a_single_case_is_assessed(cast: Cast, book: CaseFactory) -> None:
    held, _detainer = Road(cast, book).held(eligible_at=ago(days=4))

    with as_web.acting_as(CLOCK):
        reassess(case_id=held.pk, actor=system("clock"), at=timezone.now())

    assert hold_of(held).ended_at is not None


def test_a_breach_that_the_database_added_is_announced(transactional_cast: Cast) -> None:
    case = CaseFactory(transactional_cast).eligible(at=ago(hours=6))
    with connection.cursor() as cursor:  # as a release that went past the services would be written
        cursor.execute(
            "UPDATE cases_case SET custody_state = 'released', custody_ended_at = now() WHERE id = %s",
            [case.pk],
        )
    assert Breach.objects.filter(case=case, announced=False).exists()

    with as_web.acting_as(CLOCK):
        services.expire_due()

    assert Breach.objects.get(case=case).announced
    assert Event.objects.filter(action="detainers.breach_opened", case_id=case.public_id).exists()


def test_history_is_sealed_and_its_root_signed(transactional_cast: Cast) -> None:
    CaseFactory(transactional_cast)()
    written = Event.objects.count()

    with as_web.acting_as(CLOCK):
        sealed = seal_due()
        seal_daily_root(actor=SEALER)

    assert sealed >= written > 0


def test_a_late_release_by_the_web_role_carries_its_breach(transactional_cast: Cast) -> None:

    officer = transactional_cast.actor("officer")
    case = CaseFactory(transactional_cast).eligible(at=ago(hours=6))

    with as_web.acting_as(WEB), acting_for(officer):
        custody.release(case_id=case.pk, actor=officer, at=timezone.now(), to="street")

    assert Breach.objects.get(case=case).until_at is not None
