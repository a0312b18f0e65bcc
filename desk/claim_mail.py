"""A claim of citizenship or status is mailed at once to those who are told of alarms: that there is one, where, and no name."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from accounts.models import Agency
from audit import bus
from audit.models import Event
from audit.sentences import local_time
from detainers.events import STATUS_CLAIMED

SUBSCRIBER = "claim_mail"
log = structlog.get_logger(__name__)


def connect() -> None:
    """Subscribe. Called once when the app is ready."""
    bus.deliver(STATUS_CLAIMED, subscriber=SUBSCRIBER, handler=mail)


def mail(event: Event) -> None:
    """Carry one claim. A mail server that does not answer raises, and the delivery is tried again."""
    if not settings.ALERT_EMAILS:
        return
    agency = Agency.objects.filter(public_id=event.agency_id).first()
    if agency is None:
        log.error("claim_without_agency", event_id=str(event.public_id))
        return
    when = local_time(event.occurred_at, agency.time_zone)
    proved = bool(event.facts.get("proof"))
    said = (
        _("A person held at %(jail)s has shown proof of citizenship or lawful status (%(when)s).")
        if proved
        else _("A person held at %(jail)s says to be a citizen or to have lawful status (%(when)s).")
    )
    do = (
        _("Where the law says so, any hold on a detainer is over. Look at the board now.")
        if proved
        else _("The board says until when it must be checked. No deadline moves while it is checked.")
    )
    EmailMessage(
        subject=_("Clearhold: claim of citizenship or status at %(jail)s") % {"jail": agency.name},
        body=f"{said % {'jail': agency.name, 'when': when}}\n\n{do}",
        to=list(settings.ALERT_EMAILS),
    ).send()
