"""Who sees to a case: one owner at a time, every earlier one kept; and offers to take it over, answered once."""

from typing import Any, Self
from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.models import ClockTimestamp
from cases.querysets import CaseChildQuerySet


class AssignmentQuerySet(CaseChildQuerySet):
    def open(self) -> Self:
        """The owners of now."""
        return self.filter(ended_at__isnull=True)


class OfferQuerySet(CaseChildQuerySet):
    def open(self) -> Self:
        """Offers that wait for an answer."""
        return self.filter(decided_at__isnull=True)


def _written_once(*, ends: tuple[str, ...], marker: str) -> pgtrigger.Trigger:
    """A row may be ended or answered once, and says for ever what it said."""
    left = ", ".join(repr(name) for name in ends)
    return pgtrigger.Trigger(
        name="written_once",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF OLD.{marker} IS NOT NULL OR (to_jsonb(NEW) - ARRAY[{left}]) <> (to_jsonb(OLD) - ARRAY[{left}]) THEN
                RAISE EXCEPTION 'cases: % says what it said, and ends once', TG_TABLE_NAME
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


_ENDS = ("ended_at", "ended_by", "ended_label", "end_reason")
_DECIDES = ("decided_at", "decided_by", "decided_label", "decision", "decision_reason")


class Assignment(models.Model):
    """A case in the care of one person, from and until. The next owner is a new row."""

    class How(models.TextChoices):
        CLAIMED = "claimed", _("Took it")
        ASSIGNED = "assigned", _("Was assigned it")
        ACCEPTED = "accepted", _("Accepted it")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="assignments")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    how = models.CharField(max_length=10, choices=How)
    reason = models.CharField(max_length=300, blank=True)
    began_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    begun_by = models.CharField(max_length=64)
    begun_label = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)
    ended_label = models.CharField(max_length=200, blank=True)
    end_reason = models.CharField(max_length=300, blank=True)

    objects: Any = AssignmentQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(ended_at__isnull=True), name="cases_one_owner"
            ),
            models.CheckConstraint(
                name="cases_assignment_end_pair",
                condition=models.Q(ended_at__isnull=True, ended_by="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_by="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "case"], condition=models.Q(ended_at__isnull=True), name="cases_owner_open"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            _written_once(ends=_ENDS, marker="ended_at"),
        ]

    class Privacy:
        personal = ("reason", "end_reason")
        retention = "with its case"

    def __str__(self) -> str:
        return f"Owner of case {self.case_id}"


class AssignmentOffer(models.Model):
    """One person asks another to take a case over; only the other one accepts or declines."""

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="offers")
    to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="offers")
    reason = models.CharField(max_length=300, blank=True)
    offered_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    offered_by = models.CharField(max_length=64)
    offered_label = models.CharField(max_length=200)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_label = models.CharField(max_length=200, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)

    objects: Any = OfferQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(decided_at__isnull=True), name="cases_one_offer"
            ),
            models.CheckConstraint(
                name="cases_offer_decided",
                condition=models.Q(decided_at__isnull=True, decision="")
                | (models.Q(decided_at__isnull=False) & ~models.Q(decision="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["to", "case"], condition=models.Q(decided_at__isnull=True), name="cases_offer_open"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            _written_once(ends=_DECIDES, marker="decided_at"),
        ]

    class Privacy:
        personal = ("reason", "decision_reason")
        retention = "with its case"

    def __str__(self) -> str:
        return f"Offer of case {self.case_id}"
