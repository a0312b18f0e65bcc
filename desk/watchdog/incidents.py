"""Begins and ends incidents, and tells whoever runs the system. Safe with many processes: the database lets one begin it."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import system
from audit import record
from audit.record import Ref
from desk import events
from desk.watchdog.models import Incident
from desk.watchdog.signs import WATCHED, Name, Sign

WATCHDOG = system("watchdog")
MOST_TOLD = 20
log = structlog.get_logger(__name__)


def settle(signs: Iterable[Sign]) -> None:
    """Make the open incidents say what the signs say: begin what became late, end what works again."""
    open_names = set(Incident.objects.filter(ended_at__isnull=True).values_list("name", flat=True))
    for sign in signs:
        if sign.is_late and sign.name not in open_names:
            _begin(sign)
        elif not sign.is_late and sign.name in open_names:
            _end(sign.name)


def _begin(sign: Sign) -> None:
    with transaction.atomic():
        row = Incident(name=sign.name)
        Incident.objects.bulk_create([row], ignore_conflicts=True)
        if not Incident.objects.filter(public_id=row.public_id).exists():
            return  # another process began it since we looked, and records it
        record.event(
            events.INCIDENT_BEGAN,
            actor=WATCHDOG,
            subject=Ref("incident", row.public_id),
            occurred_at=timezone.now(),
            facts={
                "watched": sign.name.value,
                "seconds": sign.seconds,
                "bound_seconds": int(sign.bound.total_seconds()),
            },
        )
    log.error("watchdog_late", watched=sign.name.value, seconds=sign.seconds)


def _end(name: Name) -> None:
    with transaction.atomic():
        row = Incident.objects.select_for_update().filter(name=name, ended_at__isnull=True).first()
        if row is None:
            return
        row.ended_at = max(timezone.now(), row.began_at)
        row.save(update_fields=["ended_at"])
        record.event(
            events.INCIDENT_ENDED,
            actor=WATCHDOG,
            subject=Ref("incident", row.public_id),
            occurred_at=row.ended_at,
            facts={"watched": name.value, "began_at": row.began_at.isoformat()},
        )
    log.warning("watchdog_works_again", watched=name.value)


def tell() -> int:
    """Send what nobody was told yet to `settings.ALERT_EMAILS`, one message each, and return how many were sent.

    A message that cannot be sent is tried again at the next look; the row says how often and why.
    """
    if not settings.ALERT_EMAILS:
        return 0
    sent = 0
    for key in (
        Incident.objects.filter(told_at__isnull=True)
        .order_by("began_at")
        .values_list("pk", flat=True)[:MOST_TOLD]
    ):
        sent += _tell(key)
    return sent


def _tell(key: int) -> int:
    with transaction.atomic():
        row = (
            Incident.objects.select_for_update(skip_locked=True).filter(pk=key, told_at__isnull=True).first()
        )
        if row is None:
            return 0
        try:
            _message(row).send()
        except OSError as error:  # the mail server does not answer or refuses: smtplib's errors are OSErrors
            row.tries, row.last_error = row.tries + 1, type(error).__name__
            row.save(update_fields=["tries", "last_error"])
            log.error("watchdog_mail_failed", watched=row.name, tries=row.tries, error=row.last_error)
            return 0
        row.told_at, row.last_error = timezone.now(), ""
        row.save(update_fields=["told_at", "last_error"])
    return 1


def _message(row: Incident) -> EmailMessage:
    watch = WATCHED[Name(row.name)]
    began = _("Since %(when)s UTC.") % {"when": f"{row.began_at:%Y-%m-%d %H:%M:%S}"}
    over = _("It works again.") if row.ended_at else ""
    body = "\n\n".join(str(part) for part in (watch.title, began, watch.means, watch.do, over) if part)
    return EmailMessage(
        subject=_("Clearhold: %(title)s") % {"title": watch.title}, body=body, to=list(settings.ALERT_EMAILS)
    )
