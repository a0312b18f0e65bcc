"""A copy of the detainer given to the person: what lets most editions take effect."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases.models import Case
from detainers import events
from detainers.documents.languages import counts_as_notice
from detainers.models import Detainer, DetainerService
from detainers.notices import NOTICE_WORDS, ORIGINAL
from detainers.services.amendments import replace_earlier
from detainers.services.assess import reassess
from detainers.services.common import check_move, check_not_future, lock_detainer, say


def serve_detainer(
    *,
    detainer_id: int,
    actor: Actor,
    at: datetime,
    language: str,
    notice_language: str = ORIGINAL,
    method: str = DetainerService.Method.IN_PERSON,
    method_detail: str = "",
    refused_to_sign: bool = False,
    interpreter_id: str = "",
    served_text: str = "",
    officer_name: str = "",
    officer_title: str = "",
) -> DetainerService:
    """Record that a copy was given to the person at `at`. Refusing to sign does not undo service.

    The copy is the received document itself, explained in `language`; `notice_language` is that of the notice given with it,
    `notices.FORM` where it is the one printed on the form. A notice in a translation that nobody had reviewed by `at` is
    recorded and counts for nothing: the detainer stays as it was, and a copy can be served anew.
    Raises NotFound, NotPermitted, IllegalMove (lifted, served before, or the person has left), Invalid.
    """
    with transaction.atomic():
        case, detainer = lock_detainer(detainer_id)
        check_permission(actor, Permission.DETAINER_SERVE, case.agency)
        move = check_move(detainer, "serve")
        if not case.is_in_custody:
            raise IllegalMove(
                f"The person of case {case.number} is no longer in custody.", code="not_in_custody"
            )
        _check_service(detainer, at, language, notice_language, method, method_detail)
        counts, digest = counts_as_notice(notice_language, at)
        service: DetainerService = DetainerService.objects.create(
            detainer=detainer,
            served_at=at,
            served_text=served_text,
            language=language.strip(),
            notice_language=notice_language,
            notice_digest=digest,
            counts=counts,
            method=method,
            method_detail=method_detail.strip(),
            refused_to_sign=refused_to_sign,
            interpreter_id=interpreter_id.strip(),
            officer_name=officer_name.strip(),
            officer_title=officer_title.strip(),
            served_by=actor.id,
        )
        _say_served(case, detainer, service, actor)
        if counts:
            detainer.state = move.target
            detainer.save(update_fields=["state"])
            replace_earlier(case, detainer, actor, at)
        reassess(case_id=case.pk, actor=actor, at=at)
    return service


def _say_served(case: Case, detainer: Detainer, service: DetainerService, actor: Actor) -> None:
    say(
        events.SERVED if service.counts else events.SERVED_UNREVIEWED,
        actor=actor,
        case=case,
        at=service.served_at,
        subject=Ref("detainer", detainer.public_id),
        facts={
            "detainer": str(detainer.public_id),
            "served_at": service.served_at.isoformat(),
            "method": str(DetainerService.Method(service.method).label).lower(),
            "language": service.language,
            "notice": service.notice_language,
            "refused_to_sign": service.refused_to_sign,
        },
        changed=["state"] if service.counts else [],
    )


def _check_service(
    detainer: Detainer, at: datetime, language: str, notice: str, method: str, detail: str
) -> None:
    """Every problem of a service at once. Raises Invalid."""
    problems = []
    if at < detainer.received_at:
        sentence = "It cannot have been served before it was received. Check both times."
        problems.append(FieldError("at", sentence, "served_before_received"))
    if not language.strip():
        problems.append(FieldError("language", "Say in which language it was explained.", "required"))
    if notice not in NOTICE_WORDS:
        sentence = "Choose the language of the notice that was given, or the one printed on the form."
        problems.append(FieldError("notice_language", sentence, "unknown_notice"))
    if method not in DetainerService.Method.values:
        problems.append(FieldError("method", "Choose how it was served: in person, inmate mail or other."))
    elif method == DetainerService.Method.OTHER and not detail.strip():
        problems.append(FieldError("method_detail", "Say how it was served.", "required"))
    if problems:
        raise Invalid(problems)
    check_not_future(at, "The service")
