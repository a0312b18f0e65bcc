"""The note that one shift leaves the next: what the board said when it was written, free words, and who has read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import pgtrigger
from django.db import IntegrityError, models, transaction

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.models import Agency
from accounts.permissions import Permission, check_permission
from accounts.scope import agencies
from audit import record
from audit.models import ClockTimestamp
from audit.record import Ref
from desk import board, events
from desk.filters import Filters
from desk.situations import Level

LONGEST = 4000
FRESH = timedelta(hours=16)
"""How long the board asks for a note to be read: a double shift."""


class HandoverQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """Notes of jails whose board this actor sees."""
        return self.filter(agency_id__in=agencies(actor, Permission.BOARD_VIEW))

    def unread_by(self, actor: Actor, *, at: datetime) -> Self:
        """Recent notes of others that this actor has not acknowledged."""
        mine = HandoverReading.objects.filter(note=models.OuterRef("pk"), read_by=actor.id)
        recent = self.filter(written_at__gt=at - FRESH).exclude(written_by=actor.id)
        return recent.filter(~models.Exists(mine))


class HandoverNote(models.Model):
    """Written once. `people` holds, for each person with something open, number, unit, owner and sentence, and no name."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    unit = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)
    people = models.JSONField(default=list)
    written_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    written_by = models.CharField(max_length=64)
    written_label = models.CharField(max_length=200)

    objects: Any = HandoverQuerySet.as_manager()

    class Meta:
        app_label = "desk"
        indexes = [models.Index(fields=["agency", "-written_at"], name="desk_handover_newest")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    class Privacy:
        personal = ("text", "people")
        retention = "by the retention rule of the jurisdiction"

    def __str__(self) -> str:
        return f"Handover note {self.public_id}"


class HandoverReading(models.Model):
    """Somebody of the next shift has read a note."""

    note = models.ForeignKey(HandoverNote, on_delete=models.PROTECT, related_name="readings")
    read_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    read_by = models.CharField(max_length=64)
    read_label = models.CharField(max_length=200)

    class Meta:
        app_label = "desk"
        constraints = [models.UniqueConstraint(fields=["note", "read_by"], name="desk_handover_read_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    class Privacy:
        personal = ()
        retention = "with its note"

    def __str__(self) -> str:
        return f"Reading of {self.note_id}"


def open_work(actor: Actor, agency: Agency, unit: str, *, at: datetime) -> list[dict[str, str]]:
    """What is open on the board of this jail and unit now, most urgent first, as plain words without names."""
    filters = Filters(agency=str(agency.public_id), unit=unit)
    rows = board.read(actor, at=at, filters=filters).rows
    return [
        {
            "case": str(row.facts.public_id),
            "number": row.facts.number,
            "unit": row.facts.unit,
            "owner": row.facts.owner.name if row.facts.owner else "",
            "level": row.situation.level.value,
            "word": row.situation.word,
            "sentence": row.situation.sentence,
        }
        for row in rows
        if row.situation.level is not Level.QUIET
    ]


def write_handover(*, agency: Agency, unit: str, text: str, actor: Actor, at: datetime) -> HandoverNote:
    """Keep the board as it is now with free words for the next shift. Raises NotPermitted, Invalid."""
    words = text.strip()
    if len(words) > LONGEST:
        raise Invalid(f"Write at most {LONGEST} letters.", field="text", code="too_long")
    with transaction.atomic():
        check_permission(actor, Permission.HANDOVER_WRITE, agency)
        note: HandoverNote = HandoverNote.objects.create(
            agency=agency,
            unit=unit,
            text=words,
            people=open_work(actor, agency, unit, at=at),
            written_by=actor.id,
            written_label=actor.label,
        )
        record.event(
            events.HANDOVER_WRITTEN,
            actor=actor,
            subject=Ref("handover", note.public_id),
            agency=agency.public_id,
            occurred_at=at,
            facts={"people": len(note.people)},
        )
    return note


def read_handover(*, note: HandoverNote, actor: Actor, at: datetime) -> bool:
    """Acknowledge a note; False when this actor had done so before. Raises NotPermitted."""
    check_permission(actor, Permission.BOARD_VIEW, note.agency)
    try:
        with transaction.atomic():
            HandoverReading.objects.create(note=note, read_by=actor.id, read_label=actor.label)
            record.event(
                events.HANDOVER_READ,
                actor=actor,
                subject=Ref("handover", note.public_id),
                agency=note.agency.public_id,
                occurred_at=at,
            )
    except IntegrityError:
        return False
    return True
