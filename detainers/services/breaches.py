"""Custody without authority: opened and ended by the facts, closed by a person with cause and remedy."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid, NotFound
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases.models import Case
from cases.services.custody import lock_case
from detainers import events
from detainers.models import Breach, CaseAuthority, Hold
from detainers.models.hold import breach_facts
from detainers.services.common import say
from detainers.states import BreachState


def settle_breach(
    case: Case, hold: Hold | None, *, actor: Actor, at: datetime, floor: datetime | None = None
) -> Breach | None:
    """Make the breach rows say what is true at `at`. `hold` is the hold that goes on, if any.

    Called with the case locked. Where authority ended is read from the view that every surface reads.
    """
    ended = CaseAuthority.objects.filter(pk=case.pk).values_list("authority_ends_at", flat=True).get()
    running: Breach | None = (
        Breach.objects.select_for_update().filter(case=case, until_at__isnull=True).first()
    )
    if hold is not None:
        _covered_by_hold(case, hold, running, actor, floor)
        return None
    if case.custody_ended_at is not None:
        _after_custody(case, running, ended, actor)
        return None
    if ended is None:
        _covered_by_ground(case, running, at, actor, floor)
        return None
    if running is None and at > (since := _uncounted_since(case, ended)):
        return open_breach(case, from_at=since, until=None, actor=actor)
    return running


def _covered_by_hold(
    case: Case, hold: Hold, running: Breach | None, actor: Actor, floor: datetime | None
) -> None:
    """A hold goes on. What lay between the release time, the last hold or a return, and its start stays a breach."""
    if running is not None:
        end_breach(running, case, until=_not_before_raised(running, hold.started_at, floor), actor=actor)
        return
    if floor is not None:
        return  # what a correction reveals of the past, it records itself
    earlier = [
        old.ends_at
        for old in Hold.objects.filter(case=case, started_at__lt=hold.started_at)
        if old.pk != hold.pk
    ]
    back = case.custody_events.filter(kind="recaptured").order_by("-occurred_at")
    since = (case.release_eligible_at, back.values_list("occurred_at", flat=True).first())
    covered_until = max([*earlier, *(at for at in since if at is not None)], default=hold.started_at)
    if covered_until < hold.started_at and not _recorded(case, covered_until):
        open_breach(case, from_at=covered_until, until=hold.started_at, actor=actor)


def _covered_by_ground(
    case: Case, running: Breach | None, at: datetime, actor: Actor, floor: datetime | None
) -> None:
    """A local ground carries the custody again. What lay between the last authority and its start stays a breach,
    also when no sweep saw it while it lasted."""
    open_grounds = case.grounds.filter(ended_at__isnull=True).order_by("started_at")
    since = open_grounds.values_list("started_at", flat=True).first()
    if running is not None:
        end_breach(running, case, until=_not_before_raised(running, since or at, floor), actor=actor)
        return
    if floor is not None or since is None:
        return  # what a correction reveals of the past, it records itself
    back = case.custody_events.filter(kind="recaptured").order_by("-occurred_at")
    covered = [
        *case.grounds.filter(ended_at__isnull=False).values_list("ended_at", flat=True),
        *(hold.ends_at for hold in Hold.objects.filter(case=case)),
        *back.values_list("occurred_at", flat=True)[:1],
    ]
    began = _uncounted_since(case, max(covered, default=since))
    if began < since and not _recorded(case, began):
        open_breach(case, from_at=began, until=since, actor=actor)


def _not_before_raised(breach: Breach, stated: datetime, floor: datetime | None = None) -> datetime:
    """An authority stated to have begun earlier does not shorten what was already raised as a breach (design 2.11)."""
    return max(moment for moment in (stated, breach.opened_at, floor) if moment is not None)


def _after_custody(case: Case, running: Breach | None, ended: datetime | None, actor: Actor) -> None:
    """Custody is over. If that was after authority, the same transaction carries the breach."""
    left_at = case.custody_ended_at
    assert left_at is not None
    if running is not None:
        end_breach(running, case, until=left_at, actor=actor)
    elif (
        ended is not None
        and left_at > (since := _uncounted_since(case, ended))
        and not _recorded(case, since)
    ):
        open_breach(case, from_at=since, until=left_at, actor=actor)


def _uncounted_since(case: Case, ended: datetime) -> datetime:
    """From when custody without authority is not yet in a breach of this case: no minute is counted twice."""
    last = (
        Breach.objects.filter(case=case, from_at__lte=ended, until_at__gt=ended).order_by("-until_at").first()
    )
    return last.until_at if last is not None and last.until_at is not None else ended


def _recorded(case: Case, from_at: datetime) -> bool:
    return Breach.objects.filter(case=case, from_at=from_at).exists()


def open_breach(case: Case, *, from_at: datetime, until: datetime | None, actor: Actor) -> Breach:
    """Record a breach that began at `from_at`, and its end if that is known already."""
    until = max(until, from_at) if until is not None else None
    breach: Breach = Breach.objects.create(
        case=case,
        from_at=from_at,
        until_at=until,
        state=BreachState.OPEN if until is None else BreachState.ENDED,
    )
    say(
        events.BREACH_OPENED,
        actor=actor,
        case=case,
        at=from_at,
        subject=Ref("breach", breach.public_id),
        facts=breach_facts(breach.public_id, from_at, None),
    )
    if until is not None:
        _say_ended(breach, case, actor)
    return breach


def end_breach(breach: Breach, case: Case, *, until: datetime, actor: Actor) -> None:
    """The breach is over. One that was raised stays, even when it turns out to have lasted no time."""
    breach.until_at = max(until, breach.from_at)
    breach.state = BreachState.ENDED
    breach.save(update_fields=["until_at", "state"])
    _say_ended(breach, case, actor)


def _say_ended(breach: Breach, case: Case, actor: Actor) -> None:
    """The event of an ended breach."""
    say(
        events.BREACH_ENDED,
        actor=actor,
        case=case,
        at=breach.until_at or breach.from_at,
        subject=Ref("breach", breach.public_id),
        facts=breach.facts,
        changed=["until_at", "state"],
    )


def close_breach(*, breach_id: int, actor: Actor, at: datetime, cause: str, remedy: str) -> Breach:
    """Record why it happened and what is done. Raises NotFound, NotPermitted, IllegalMove, Invalid."""
    with transaction.atomic():
        case_id = Breach.objects.filter(pk=breach_id).values_list("case_id", flat=True).first()
        if case_id is None:
            raise NotFound(f"There is no breach {breach_id}.")
        case = lock_case(case_id)
        check_permission(actor, Permission.BREACH_CLOSE, case.agency)
        breach: Breach = Breach.objects.select_for_update().get(pk=breach_id)
        if breach.state == BreachState.OPEN:
            raise IllegalMove(
                "The person is still held without authority; release comes first.", code="breach_open"
            )
        if breach.state == BreachState.CLOSED:
            raise IllegalMove("This breach was closed before.", code="breach_closed")
        missing = [
            FieldError(field, words, "required")
            for field, words, text in (
                ("cause", "Say why the person was held without authority.", cause),
                ("remedy", "Say what was done about it, and what keeps it from happening again.", remedy),
            )
            if not text.strip()
        ]
        if missing:
            raise Invalid(missing)
        breach.cause, breach.remedy = cause.strip(), remedy.strip()
        breach.closed_at, breach.closed_by, breach.state = at, actor.id, BreachState.CLOSED
        breach.save(update_fields=["cause", "remedy", "closed_at", "closed_by", "state"])
        say(
            events.BREACH_CLOSED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("breach", breach.public_id),
            facts=breach.facts,
            changed=["cause", "remedy", "state"],
        )
    return breach
