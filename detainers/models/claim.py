"""The timed check of a claim of citizenship or status. It has its own due instant, and moves no deadline."""

from datetime import datetime
from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.models import Case, Document
from detainers.models.paper import StatusClaim, no_delete
from detainers.querysets import OnCaseQuerySet

ONCE = """
    IF NEW.claim_id <> OLD.claim_id OR NEW.case_id <> OLD.case_id OR NEW.opened_at <> OLD.opened_at
       OR NEW.due_at > OLD.due_at OR NEW.policy_code <> OLD.policy_code
       OR (OLD.done_at IS NOT NULL AND to_jsonb(NEW) <> to_jsonb(OLD)) THEN
        RAISE EXCEPTION 'detainers: the check of a claim is done once and becomes due no later'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class StatusCheck(models.Model):
    """What the policy asks after a claim without proof: a named person checks it, in so many hours."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed: it is proved")
        NOT_CONFIRMED = "not_confirmed", _("Checked; no proof was found")
        COULD_NOT = "could_not", _("Could not be checked")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="status_checks")
    claim = models.OneToOneField(StatusClaim, on_delete=models.PROTECT, related_name="check_of_claim")
    policy_code = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    basis = models.CharField(_("what was asked, where, and what it said"), max_length=500, blank=True)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="status_checks"
    )
    done_by = models.CharField(max_length=64, blank=True)
    done_label = models.CharField(max_length=150, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = OnCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_check_done_pair",
                condition=models.Q(done_at__isnull=True, outcome="", done_by="", basis="")
                | (
                    models.Q(done_at__isnull=False, done_at__gte=models.F("opened_at"))
                    & ~models.Q(outcome="")
                    & ~models.Q(done_by="")
                    & ~models.Q(basis="")
                ),
            ),
            models.CheckConstraint(
                name="detainers_check_order", condition=models.Q(due_at__gte=models.F("opened_at"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(done_at__isnull=True), name="detainers_check_due"
            ),
            models.Index(fields=["case"], name="detainers_check_case"),
        ]
        triggers = [
            no_delete(),
            pgtrigger.Trigger(name="once", when=pgtrigger.Before, operation=pgtrigger.Update, func=ONCE),
        ]

    class Privacy:
        personal = ("basis",)
        retention = "with its case"

    def __str__(self) -> str:
        return "Check of a claim of status"

    @property
    def is_open(self) -> bool:
        return self.done_at is None

    def is_overdue(self, at: datetime) -> bool:
        """By the clock alone."""
        return self.is_open and self.due_at < at
