"""Reviews of the translations of the notice: a named person who knows the language approves exactly one text."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import FieldError, IllegalMove, Invalid, NotFound, NotPermitted
from accounts.models import Agency
from accounts.permissions import Permission
from audit import record
from audit.record import Ref
from cases.policies import FUTURE_TOLERANCE
from detainers import events
from detainers.documents import languages
from detainers.models import TranslationReview

LOCK = 0x7E4_0001
"""Advisory lock under which reviews are written one after the other."""


def approve_translation(
    *, language: str, digest: str, qualification: str, actor: Actor, at: datetime, remark: str = ""
) -> TranslationReview:
    """A named person read this text beside the English and answers for it; from `at` on a notice in it counts.

    `digest` is of the text the reviewer saw. Raises NotFound, NotPermitted, Invalid, IllegalMove (the text changed meanwhile,
    or is approved already).
    """
    with transaction.atomic():
        now = _begin(language, digest, actor, at)
        if now.review is not None:
            raise IllegalMove(
                f"{now.review.reviewer_name} has approved this text already.", code="already_reviewed"
            )
        if not qualification.strip():
            raise Invalid(
                [FieldError("qualification", "Say how you know the language.", code="required")],
            )
        return _write(language, digest, TranslationReview.Verdict.APPROVED, qualification, remark, actor, at)


def withdraw_approval(
    *, language: str, digest: str, remark: str, actor: Actor, at: datetime
) -> TranslationReview:
    """A mistake was found: from `at` on notices in this text are machine drafts again. What was served before stays served.

    Raises NotFound, NotPermitted, Invalid (no reason), IllegalMove (changed meanwhile, or not approved).
    """
    with transaction.atomic():
        now = _begin(language, digest, actor, at)
        if now.review is None:
            raise IllegalMove(
                "This text is not approved, so there is nothing to withdraw.", code="not_reviewed"
            )
        if not remark.strip():
            raise Invalid([FieldError("remark", "Say what is wrong with the text.", code="required")])
        return _write(language, digest, TranslationReview.Verdict.WITHDRAWN, "", remark, actor, at)


def _begin(language: str, digest: str, actor: Actor, at: datetime) -> languages.Standing:
    """Lock, who-check, and whether the text is still the one that was read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if not actor.may_somewhere(Permission.TRANSLATION_REVIEW):
        raise NotPermitted("Your role does not include reviewing translations. Ask an administrator.")
    try:
        now = languages.standing(language)
    except KeyError as error:
        raise NotFound("There is no notice in this language.") from error
    if now.text.digest != digest:
        raise IllegalMove(
            "The text has changed since you opened the page. Read it again from the beginning.",
            code="text_changed",
        )
    if at > timezone.now() + FUTURE_TOLERANCE:
        raise Invalid("The review lies in the future. Enter when it was made.", field="at", code="future")
    return now


def _write(
    language: str,
    digest: str,
    verdict: TranslationReview.Verdict,
    qualification: str,
    remark: str,
    actor: Actor,
    at: datetime,
) -> TranslationReview:
    row: TranslationReview = TranslationReview.objects.create(
        language=language,
        digest=digest,
        verdict=verdict,
        reviewed_by=actor.id,
        reviewer_name=actor.label,
        qualification=qualification.strip(),
        remark=remark.strip(),
        reviewed_at=at,
    )
    approved = verdict == TranslationReview.Verdict.APPROVED
    record.event(
        events.TRANSLATION_APPROVED if approved else events.TRANSLATION_WITHDRAWN,
        actor=actor,
        subject=Ref("translation_review", row.public_id),
        agency=_home(actor),
        occurred_at=at,
        reason=row.remark,
        facts={"language": language, "version": f"{language}-{digest[:8]}", "digest": digest},
    )
    return row


def _home(actor: Actor) -> UUID | None:
    """Public id of the reviewer's own agency, whose people may read of the review; None without one."""
    return Agency.objects.filter(pk__in=actor.home_agencies[:1]).values_list("public_id", flat=True).first()
