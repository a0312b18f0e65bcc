"""Rows of law with their life, and what each jail was last assessed by. PostgreSQL repeats who may bring a row into force."""

from datetime import date
from typing import Any
from uuid import uuid4

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from audit.models import ClockTimestamp
from detainers.models.paper import no_delete
from detainers.policy_rows import PolicyRow, policy_row
from detainers.querysets import PolicyQuerySet
from detainers.states import POLICY_MOVES, PolicyStage, pairs

BEGINS = """
    IF NEW.stage NOT IN ('draft', 'in_force') OR (NEW.stage = 'in_force' AND NOT NEW.seeded)
       OR (NEW.stage = 'draft' AND NEW.seeded) THEN
        RAISE EXCEPTION 'detainers: a policy row begins as a draft' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.seeded AND current_user IN ('clearhold_web', 'clearhold_worker', 'clearhold_clock') THEN
        RAISE EXCEPTION 'detainers: only loading a file as the owner brings a row into force without counsel'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
# What a row says changes in a draft only; the day it applies from is set once, when it comes into force, and its end may come
# nearer, but not into the past. Who reviewed a row that the file brought is written once.
STAYS = """
    said := to_jsonb(NEW) - ARRAY['stage', 'lock', 'starts_on', 'ends_on', 'sent_by', 'sent_at', 'reviewed_by', 'reviewed_label',
        'reviewed_at', 'review_reason', 'enacted_by', 'enacted_label', 'enacted_at', 'ended_by', 'ended_label', 'end_reason'];
    was := to_jsonb(OLD) - ARRAY['stage', 'lock', 'starts_on', 'ends_on', 'sent_by', 'sent_at', 'reviewed_by', 'reviewed_label',
        'reviewed_at', 'review_reason', 'enacted_by', 'enacted_label', 'enacted_at', 'ended_by', 'ended_label', 'end_reason'];
    IF NEW.lock <> OLD.lock + 1 THEN
        RAISE EXCEPTION 'detainers: each change of a policy row counts its version up by one' USING ERRCODE = 'check_violation';
    END IF;
    IF said <> was AND NOT (OLD.stage = 'draft' AND NEW.stage = 'draft') THEN
        RAISE EXCEPTION 'detainers: only a draft of a policy row is edited' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage = 'reviewed' AND NEW.stage = 'in_force' AND NEW.starts_on < CURRENT_DATE - 1 THEN
        RAISE EXCEPTION 'detainers: a policy row comes into force today or later, never for days gone by'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.stage IN ('in_force', 'ended', 'discarded') AND (
            NEW.starts_on <> OLD.starts_on OR NEW.enacted_at IS DISTINCT FROM OLD.enacted_at
            OR NEW.enacted_by <> OLD.enacted_by OR NEW.sent_by <> OLD.sent_by
            OR (OLD.reviewed_by <> '' AND (NEW.reviewed_by <> OLD.reviewed_by OR NEW.reviewed_at <> OLD.reviewed_at
                OR NEW.review_reason <> OLD.review_reason))
            OR (NEW.ends_on IS DISTINCT FROM OLD.ends_on AND (NEW.ends_on IS NULL OR NEW.ends_on > OLD.ends_on
                OR NEW.ends_on < CURRENT_DATE - 2))) THEN
        RAISE EXCEPTION 'detainers: a policy row that came into force stays as it is; it can only end sooner'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Policy(models.Model):
    """One row of law in one version: drafted by one person, reviewed by counsel, then in force from a day on."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    code = models.CharField(max_length=40)
    level = models.CharField(
        max_length=10,
        choices=[
            ("federal", _("Federal")),
            ("state", _("State")),
            ("county", _("County")),
            ("city", _("City")),
            ("agency", _("This jail's own")),
        ],
    )
    state = models.CharField(max_length=2, blank=True)
    county = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    agency = models.CharField(_("ORI or facility code"), max_length=9, blank=True)
    citation = models.CharField(max_length=200)
    body = models.JSONField(_("what it says"))
    starts_on = models.DateField(_("applies from"))
    ends_on = models.DateField(_("applies until"), null=True, blank=True)
    stage = models.CharField(
        max_length=10,
        choices=[(stage.value, stage.value.replace("_", " ").capitalize()) for stage in PolicyStage],
        default=PolicyStage.DRAFT,
    )
    seeded = models.BooleanField(_("came with the first file"), default=False, editable=False)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successors"
    )
    lock = models.PositiveIntegerField(default=1)
    author = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200)
    sent_by = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=64, blank=True)
    reviewed_label = models.CharField(max_length=200, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_reason = models.TextField(blank=True)
    enacted_by = models.CharField(max_length=64, blank=True)
    enacted_label = models.CharField(max_length=200, blank=True)
    enacted_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)
    ended_label = models.CharField(max_length=200, blank=True)
    end_reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy row")
        verbose_name_plural = _("policies")
        constraints = [
            models.CheckConstraint(name="detainers_policy_cited", condition=~Q(citation="") & ~Q(author="")),
            models.CheckConstraint(
                name="detainers_policy_dates",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on") - 1),
            ),
            models.CheckConstraint(
                name="detainers_policy_reviewed",
                condition=~Q(stage__in=["reviewed", "in_force", "ended"])
                | Q(seeded=True)
                | (
                    ~Q(reviewed_by="")
                    & Q(reviewed_at__isnull=False)
                    & ~Q(review_reason="")
                    & ~Q(reviewed_by=models.F("author"))
                    & ~Q(reviewed_by=models.F("sent_by"))
                ),
            ),
            models.CheckConstraint(
                name="detainers_policy_enacted",
                condition=~Q(stage__in=["in_force", "ended"])
                | Q(enacted_at__isnull=False) & ~Q(enacted_by=""),
            ),
            models.CheckConstraint(
                name="detainers_policy_ended",
                condition=~Q(stage="ended") | Q(ends_on__isnull=False) & ~Q(ended_by=""),
            ),
            ExclusionConstraint(
                name="detainers_policy_no_overlap",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_on",
                            models.F("ends_on") + 1,
                            models.Value("[)"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(stage__in=["in_force", "ended"]),
            ),
        ]
        indexes = [models.Index(fields=["code", "-id"], name="detainers_policy_code")]
        triggers = [
            no_delete(),
            pgtrigger.FSM(name="moves", field="stage", transitions=pairs(POLICY_MOVES)),
            pgtrigger.Trigger(name="begins", when=pgtrigger.Before, operation=pgtrigger.Insert, func=BEGINS),
            pgtrigger.Trigger(
                name="stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[("said", "jsonb"), ("was", "jsonb")],
                func=STAYS,
            ),
        ]

    class Privacy:
        personal = ()
        retention = "kept: decisions were made on it"

    def __str__(self) -> str:
        return f"{self.code} from {self.starts_on:%Y-%m-%d}"

    @property
    def data(self) -> dict[str, Any]:
        """The row as plain data, with the days on which it applies; what is in force is on, whatever the draft said."""
        data = {key: value for key, value in self.body.items() if key not in ("from", "to", "enabled")}
        data["from"] = self.starts_on.isoformat()
        if self.ends_on is not None:
            data["to"] = self.ends_on.isoformat()
        return data

    @property
    def row(self) -> PolicyRow:
        """What the evaluator reads. Raises RulebookError for a draft that does not make sense yet."""
        return policy_row(self.data)

    def applies_on(self, on: date) -> bool:
        """Whether it is in force on that day."""
        lasts = self.ends_on is None or on <= self.ends_on
        return self.stage in (PolicyStage.IN_FORCE, PolicyStage.ENDED) and self.starts_on <= on and lasts


class PlaceAssessed(models.Model):
    """By which rows the people of one jail were last assessed: when those change, all its open detainers are looked at again."""

    agency = models.OneToOneField(Agency, on_delete=models.PROTECT, related_name="+", primary_key=True)
    digest = models.CharField(max_length=64)
    reaching = models.CharField(_("rows by which it is being assessed"), max_length=64, blank=True)
    reached = models.BigIntegerField(_("up to which case"), default=0)
    assessed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "places assessed"

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return f"{self.agency_id} by {self.digest[:12]}"
