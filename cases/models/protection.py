"""The protection of 8 U.S.C. 1367. That a row exists is itself protected: nothing else in the system points at this table."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from accounts.permissions import Permission
from audit.models import ClockTimestamp
from cases.models.case import Case
from cases.querysets import AgencyScoped

ENDS_ONCE = """
    IF OLD.ended_at IS NOT NULL OR NEW.case_id <> OLD.case_id OR NEW.agency_id <> OLD.agency_id
       OR NEW.reason <> OLD.reason OR NEW.set_at <> OLD.set_at OR NEW.set_by <> OLD.set_by THEN
        RAISE EXCEPTION 'cases: what was recorded stays; it can be ended once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ProtectionQuerySet(AgencyScoped):
    """Visible with the narrow permission alone, behind a row policy of its own."""

    permission = Permission.PROTECTION_HANDLE


class Protection(models.Model):
    """The person of a case is protected under 8 U.S.C. 1367. Never inferred; set by a named person, with the reason."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("why, and what it rests on"), max_length=500)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)
    set_label = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = ProtectionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(ended_at__isnull=True), name="cases_one_protection"
            ),
            models.CheckConstraint(name="cases_protection_reason", condition=~models.Q(reason="")),
            models.CheckConstraint(
                name="cases_protection_end",
                condition=models.Q(ended_at__isnull=True, ended_by="", end_reason="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_by="") & ~models.Q(end_reason="")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="ends_once", when=pgtrigger.Before, operation=pgtrigger.Update, func=ENDS_ONCE
            ),
        ]

    class Privacy:
        personal = ("case", "reason", "end_reason")
        retention = "with its case; in no export"

    def __str__(self) -> str:
        return "Protection"
