"""The facts that say on what local ground a person is held, and what happened in custody."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.corrections.models import only_by_correction
from cases.models.case import Case
from cases.querysets import (
    CaseChildQuerySet,
    StandingManager,
)


class Charge(models.Model):
    """One charge on a case."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="charges")
    offence_code = models.CharField(_("NCIC offence code"), max_length=4)
    description = models.CharField(max_length=300)
    offence_class = models.CharField(
        max_length=12,
        choices=[("felony", _("Felony")), ("misdemeanor", _("Misdemeanor")), ("violation", _("Violation"))],
    )
    status = models.CharField(
        max_length=12,
        choices=[
            ("pending", _("Pending")),
            ("dismissed", _("Dismissed")),
            ("convicted", _("Convicted")),
            ("acquitted", _("Acquitted")),
        ],
        default="pending",
    )
    added_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(CaseChildQuerySet)()
    ever = CaseChildQuerySet.as_manager()

    class Meta:
        triggers = [
            only_by_correction(
                fields=("offence_code", "description", "offence_class", "status", "added_at", "withdrawn_at")
            )
        ]

    class Privacy:
        personal = ("description",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"Charge {self.offence_code}"


class LocalGround(models.Model):
    """One local authority to hold: charge, sentence, judge's warrant or court order. No open ground means release-eligible."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("Pending charge")
        SENTENCE = "sentence", _("Sentence")
        JUDICIAL_WARRANT = "judicial_warrant", _("Warrant signed by a judge")
        COURT_ORDER = "court_order", _("Court order")

    class EndReason(models.TextChoices):
        """Boston City Code definitions, taken as the list of release-eligible reasons (domain glossary)."""

        CHARGES_DROPPED = "charges_dropped", _("Charges dropped or dismissed")
        ACQUITTED = "acquitted", _("Acquitted")
        SENTENCE_SERVED = "sentence_served", _("Sentence served")
        BOND = "bond", _("Bond posted or own recognizance")
        DIVERSION = "diversion", _("Pre-trial diversion")
        WARRANT_ENDED = "warrant_ended", _("Warrant or order ended")
        OTHER = "other", _("Otherwise eligible under state or local law")
        LEFT_CUSTODY = "left_custody", _("Left custody")
        ENTERED_IN_ERROR = "in_error", _("Entered in error; never a ground")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="grounds")
    kind = models.CharField(max_length=20, choices=Kind)
    description = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)

    objects = CaseChildQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_ground_end_pair",
                condition=models.Q(ended_at__isnull=True, end_reason="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end_reason="")),
            ),
            models.CheckConstraint(
                name="cases_ground_order",
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("started_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["case"], condition=models.Q(ended_at__isnull=True), name="cases_ground_open"
            ),
        ]
        # A ground that has not begun when the person leaves ends with the custody, so the start of an open one may move.
        triggers = [
            only_by_correction(
                fields=("kind", "description", "ended_at", "end_reason"),
                unless_null=("ended_at", "end_reason"),
            ),
        ]

    class Privacy:
        personal = ("description",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"


class CustodyEvent(models.Model):
    """A fact of custody with when it happened and when it was written down. Append-only: a correction is a new fact."""

    class Kind(models.TextChoices):
        BOOKED = "booked", _("Booked")
        GROUND_ADDED = "ground_added", _("Ground added")
        GROUND_ENDED = "ground_ended", _("Ground ended")
        RELEASE_ELIGIBLE = "release_eligible", _("Release eligible")
        RELEASED = "released", _("Released")
        TRANSFERRED = "transferred", _("Transferred")
        DIED = "died", _("Died")
        ESCAPED = "escaped", _("Escaped")
        RECAPTURED = "recaptured", _("Back in custody")
        MOVED = "moved", _("Moved to another unit")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="custody_events")
    kind = models.CharField(max_length=20, choices=Kind)
    ground = models.ForeignKey(
        LocalGround, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    destination = models.CharField(max_length=20, blank=True)
    unit = models.CharField(max_length=40, blank=True, db_default="", default="")
    occurred_at = models.DateTimeField()
    entered_text = models.CharField(max_length=60, blank=True)
    zone = models.CharField(max_length=40)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    recorded_by = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(CaseChildQuerySet)()
    ever = CaseChildQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case", "occurred_at"], name="cases_custody_case")]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete), only_by_correction()]

    class Privacy:
        personal = ("reason",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.kind} of case {self.case_id}"
