"""Notes of staff on a case."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.permissions import Permission, check_permission
from audit import record
from audit.record import Ref
from cases import events
from cases.notes import CaseNote
from cases.services.custody import lock_case

LONGEST = 2000


def write_note(*, case_id: int, actor: Actor, at: datetime, text: str) -> CaseNote:
    """Add a note for colleagues. Its words stay in the note: the event says only that there is one.

    Raises NotFound, NotPermitted, Invalid.
    """
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Invalid(f"Write the note, in at most {LONGEST} letters.", field="text")
    with transaction.atomic():
        case = lock_case(case_id)
        check_permission(actor, Permission.WORK_OWN, case.agency)
        note: CaseNote = CaseNote.objects.create(
            case=case, text=words, written_by=actor.id, written_label=actor.label
        )
        record.event(
            events.NOTE_WRITTEN,
            actor=actor,
            subject=Ref("note", note.public_id),
            case=case.public_id,
            agency=case.agency.public_id,
            occurred_at=at,
        )
    return note
