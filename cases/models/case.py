"""One custody episode of a person, its number, the booking that began it, and cases found to be of one person."""

from uuid import uuid4

import pgtrigger
from django.db import models

from accounts.models import Agency
from audit.models import ClockTimestamp
from cases.corrections.models import IN_THIS_TRANSACTION, only_by_correction
from cases.models.document import Document
from cases.models.person import Person
from cases.querysets import (
    AgencyScoped,
    CaseChildQuerySet,
    CaseQuerySet,
)
from cases.states import MOVES, Custody


def only_legal_moves() -> pgtrigger.Trigger:
    """Custody changes as the table of moves says; to anything else only by a correction applied in the same transaction."""
    legal = ", ".join(f"'{step.source}:{step.target}'" for step in MOVES)
    return pgtrigger.Trigger(
        name="moves",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange("custody_state"),
        func=f"""
            IF OLD.custody_state || ':' || NEW.custody_state <> ALL(ARRAY[{legal}])
               AND NOT EXISTS ({IN_THIS_TRANSACTION} AND c.case_id = NEW.id) THEN
                RAISE EXCEPTION 'cases: Invalid transition of custody from % to %', OLD.custody_state, NEW.custody_state
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class CaseCounter(models.Model):
    """The last case number an agency gave in a year; bumped under its row lock, so numbers are dense and never doubled."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "year"], name="cases_counter_agency_year")]

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Case(models.Model):
    """One custody episode of one person in one jail."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    number = models.CharField(max_length=12)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="cases")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="cases")
    unit = models.CharField(max_length=40, blank=True, default="Booking")
    custody_state = models.CharField(
        max_length=12,
        choices=[(s.value, s.value.replace("_", " ").capitalize()) for s in Custody],
        default=Custody.IN_CUSTODY,
    )
    opened_at = models.DateTimeField()
    release_eligible_at = models.DateTimeField(null=True, blank=True)
    custody_ended_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "number"], name="cases_case_number"),
            models.CheckConstraint(
                name="cases_case_ended_pair",
                condition=models.Q(custody_state="in_custody", custody_ended_at__isnull=True)
                | (~models.Q(custody_state="in_custody") & models.Q(custody_ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="cases_case_order",
                condition=models.Q(custody_ended_at__isnull=True)
                | models.Q(custody_ended_at__gte=models.F("opened_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "-opened_at"], name="cases_case_agency_opened"),
            models.Index(
                fields=["agency"],
                condition=models.Q(custody_state="in_custody"),
                name="cases_case_in_custody",
            ),
        ]
        triggers = [only_legal_moves()]

    class Privacy:
        personal = ("number",)
        retention = "by the retention rule of the jurisdiction"

    def __str__(self) -> str:
        return f"Case {self.number}"

    @property
    def is_in_custody(self) -> bool:
        return self.custody_state == Custody.IN_CUSTODY


class Booking(models.Model):
    """The jail's act of taking somebody in; the same agency and number is the same booking."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="booking")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="bookings")
    booking_number = models.CharField(max_length=30)
    booked_at = models.DateTimeField()
    booked_at_text = models.CharField(max_length=60, blank=True)
    arrested_at = models.DateTimeField(null=True, blank=True)
    channel = models.CharField(max_length=20)
    identity_digest = models.CharField(max_length=64)
    content_digest = models.CharField(max_length=64)
    prints_digest = models.CharField(max_length=64, blank=True)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )

    objects = AgencyScoped.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "booking_number"], name="cases_booking_number")
        ]
        triggers = [
            only_by_correction(
                subject="(SELECT k.public_id FROM cases_case k WHERE k.id = OLD.case_id)",
                fields=("booking_number", "booked_at", "booked_at_text", "arrested_at"),
            ),
        ]

    class Privacy:
        personal = ("booking_number",)
        retention = "by the retention rule of the jurisdiction"

    def __str__(self) -> str:
        return f"Booking of case {self.case_id}"


class SamePersonLink(models.Model):
    """Two cases of one person, said by examiners who compared prints. Never made by a score."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="same_person_links")
    other_case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="same_person_links_from")
    linked_at = models.DateTimeField()
    linked_by = models.CharField(max_length=64)
    reason = models.TextField(blank=True)

    objects = CaseChildQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "other_case"], name="cases_link_once"),
            models.CheckConstraint(
                name="cases_link_two_cases", condition=~models.Q(case=models.F("other_case"))
            ),
        ]

    class Privacy:
        personal = ()
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.case_id} = {self.other_case_id}"
