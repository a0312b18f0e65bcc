"""Documents that were made here and handed out or filed: kept with bytes and digest, so that anybody can see what was given."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.permissions import Permission, check_permission
from audit.record import Ref
from cases.models import Case
from cases.services.custody import lock_case
from cases.services.documents import Received, store_received
from detainers import events
from detainers.documents.kinds import Kind
from detainers.documents.rendering import NotForThisCase, Produced, produce
from detainers.models import Detainer, ProducedDocument
from detainers.services.common import say

FILERS = {Kind.RELEASE_SHEET: Permission.CASE_VIEW, Kind.WORKSHEET: Permission.CASE_VIEW}
"""Who may file which; papers for the person are the business of whoever serves."""


def file_document(
    *,
    case_id: int,
    kind: str,
    actor: Actor,
    at: datetime,
    language: str = "en",
    detainer: Detainer | None = None,
) -> ProducedDocument:
    """Make a document as the case stands at `at`, and keep it. The bytes are the ones that are handed out.

    Raises NotFound, NotPermitted, Invalid (not for this case, no such language or kind).
    """
    with transaction.atomic():
        case = lock_case(case_id)
        wanted = _kind(kind)
        check_permission(actor, FILERS.get(wanted, Permission.DETAINER_SERVE), case.agency)
        made = made_for(wanted, case, detainer, language, at)
        stored = store_received([_received(made, case)], at=at)[0]
        row: ProducedDocument = ProducedDocument.objects.create(
            case=case,
            detainer=detainer,
            kind=made.kind.value,
            language=language,
            version=made.stamp,
            is_draft=made.is_draft,
            document=stored,
            produced_by=actor.id,
            produced_at=at,
        )
        what = f"{made.kind.title}, {language}" + (", machine draft" if made.is_draft else "")
        say(
            events.DOCUMENT_FILED,
            actor=actor,
            case=case,
            at=at,
            subject=Ref("document", stored.public_id),
            facts={
                "document": str(stored.public_id),
                "kind": made.kind.value,
                "language": language,
                "sha256": made.sha256,
                "version": made.stamp,
                "what": what,
            },
        )
    return row


def made_for(kind: Kind, case: Case, detainer: Detainer | None, language: str, at: datetime) -> Produced:
    """The document, its refusals as sentences at a field. Raises Invalid."""
    try:
        return produce(kind, case=case, detainer=detainer, language=language, at=at)
    except NotForThisCase as error:
        raise Invalid(str(error), field="kind", code="not_for_this_case") from error
    except KeyError as error:
        raise Invalid(
            "There is no text in this language. Choose one of the list, and call an interpreter.",
            field="language",
            code="no_text",
        ) from error


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        raise Invalid("Choose a document of the list.", field="kind", code="unknown_kind") from error


def _received(made: Produced, case: Case) -> Received:
    return Received(
        agency=case.agency,
        kind=f"made_{made.kind.value}",
        media_type="application/pdf",
        channel="produced",
        sha256=made.sha256,
        content=made.content,
    )
