"""Holds and breaches. PostgreSQL repeats the law: no hold that must not be, and never a release refused."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.corrections.models import only_by_correction
from cases.models import Case
from detainers.clock import Derivation, derivation_from_json, derivation_sentences
from detainers.models.paper import Detainer, PolicyDecision, choices, no_delete
from detainers.querysets import BreachQuerySet, HoldQuerySet
from detainers.states import BREACH_MOVES, HOLD_MOVES, BreachState, HoldState, pairs

MAY_BEGIN = """
    SELECT d.case_id, d.state, d.needs_service, d.asks_hold, p.verdict, p.detainer_id
      INTO STRICT paper
      FROM detainers_detainer d, detainers_policydecision p
     WHERE d.id = NEW.detainer_id AND p.id = NEW.policy_decision_id;
    IF paper.case_id <> NEW.case_id OR paper.detainer_id <> NEW.detainer_id THEN
        RAISE EXCEPTION 'detainers: hold, detainer and decision belong to different cases'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT paper.asks_hold OR paper.state = 'deficient' THEN
        RAISE EXCEPTION 'detainers: this form gives no ground to hold' USING ERRCODE = 'check_violation';
    END IF;
    IF paper.verdict NOT IN ('hold_permitted', 'hold_required') THEN
        RAISE EXCEPTION 'detainers: the policy decision does not allow a hold'
            USING ERRCODE = 'check_violation';
    END IF;
    IF paper.needs_service AND NOT EXISTS (
        SELECT 1 FROM detainers_detainerservice s
         WHERE s.detainer_id = NEW.detainer_id AND s.served_at <= NEW.started_at
           AND s.counts AND s.withdrawn_at IS NULL
    ) THEN
        RAISE EXCEPTION 'detainers: this edition takes effect only when served'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
_BY_CORRECTION = """
    EXISTS (SELECT 1 FROM cases_correction c
             WHERE c.case_id = NEW.case_id AND c.state = 'applied'
               AND c.applied_txid = pg_current_xact_id()::text::bigint {more})
"""
_TWO_PEOPLE = "AND c.needs_second AND c.approved_by <> '' AND c.approved_by <> c.requested_by"
# An end that was recorded moves nearer by a correction only; a hold gives way to a longer one by two people only.
NEVER_LATER = f"""
    IF NEW.deadline_at > OLD.deadline_at OR NEW.cap_at <> OLD.cap_at OR NEW.anchor_at <> OLD.anchor_at
       OR NEW.started_at <> OLD.started_at OR NEW.case_id <> OLD.case_id OR NEW.detainer_id <> OLD.detainer_id
       OR NEW.rule <> OLD.rule
       OR (OLD.ended_at IS NOT NULL AND (NEW.ended_at IS NULL OR NEW.ended_at > OLD.ended_at
           OR NOT {_BY_CORRECTION.format(more="")}))
       OR (NEW.superseded_by IS DISTINCT FROM OLD.superseded_by
           AND NOT {_BY_CORRECTION.format(more=_TWO_PEOPLE)}) THEN
        RAISE EXCEPTION 'detainers: the clock of a hold can only be made shorter, and ends once'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
# No authority while a duty that is a condition of it is undone; done late, it begins late and ends no later.
DUTIES_FIRST = """
    IF EXISTS (SELECT 1 FROM detainers_policydecision p WHERE p.id = NEW.policy_decision_id
                  AND (p.trace -> 'duties' @? '$[*] ? (@.is_condition == true || @.condition == true)'
                       OR p.trace -> 'rows' @? '$[*].all_of[*] ? (@ == "judicial_order")')) THEN
        IF EXISTS (SELECT 1 FROM detainers_duty d
                    WHERE d.detainer_id = NEW.detainer_id AND d.is_condition
                      AND d.code <> 'GIVE_COPY' AND d.state <> 'not_applicable'
                      AND NOT (d.state = 'done' AND d.settled_at <= NEW.started_at)) THEN
            RAISE EXCEPTION 'detainers: a duty that is a condition of the hold is undone'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
"""
STAYS = """
    IF NEW.from_at <> OLD.from_at OR NEW.case_id <> OLD.case_id
       OR (OLD.until_at IS NOT NULL AND NEW.until_at IS DISTINCT FROM OLD.until_at) THEN
        RAISE EXCEPTION 'detainers: the span of a breach stays as it was recorded'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Hold(models.Model):
    """Custody on a detainer after the last local ground, over at `deadline_at` whoever looks."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="holds")
    detainer = models.ForeignKey(Detainer, on_delete=models.PROTECT, related_name="holds")
    policy_decision = models.ForeignKey(PolicyDecision, on_delete=models.PROTECT, related_name="holds")
    rule = models.CharField(max_length=12, choices=[("STRAIGHT_48", "STRAIGHT_48"), ("EXCL_48", "EXCL_48")])
    governing_limit = models.CharField(max_length=6, choices=[("FORM", "FORM"), ("POLICY", "POLICY")])
    anchor_at = models.DateTimeField(_("release-eligible"))
    deadline_at = models.DateTimeField(_("deadline"))
    cap_at = models.DateTimeField(_("latest end by the form"))
    derivation = models.JSONField()
    recorded_state = models.CharField(max_length=12, choices=choices(HoldState), default=HoldState.ACTIVE)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=200, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)
    superseded_by = models.UUIDField(
        _("correction by two people after which its release time no longer counts"), null=True, blank=True
    )
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(ended_at__isnull=True), name="detainers_one_open_hold"
            ),
            models.CheckConstraint(
                name="detainers_hold_within_cap", condition=models.Q(deadline_at__lte=models.F("cap_at"))
            ),
            models.CheckConstraint(
                name="detainers_hold_cap_of_rule",
                condition=models.Q(rule="STRAIGHT_48", cap_at=models.F("anchor_at") + timedelta(hours=48))
                | models.Q(
                    rule="EXCL_48",
                    cap_at__gte=models.F("anchor_at") + timedelta(hours=48),
                    cap_at__lte=models.F("anchor_at") + timedelta(hours=145),
                ),
            ),
            models.CheckConstraint(
                name="detainers_hold_order",
                condition=models.Q(
                    started_at__gte=models.F("anchor_at"), started_at__lt=models.F("deadline_at")
                )
                & (
                    models.Q(ended_at__isnull=True)
                    | models.Q(ended_at__gte=models.F("started_at"), ended_at__lte=models.F("deadline_at"))
                ),
            ),
            models.CheckConstraint(
                name="detainers_hold_end_pair",
                condition=models.Q(recorded_state="active", ended_at__isnull=True, ended_by="")
                | (
                    ~models.Q(recorded_state="active")
                    & models.Q(ended_at__isnull=False)
                    & ~models.Q(ended_by="")
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline_at"], condition=models.Q(ended_at__isnull=True), name="detainers_hold_due"
            ),
            models.Index(fields=["case", "-started_at"], name="detainers_hold_case"),
        ]
        triggers = [
            no_delete(),
            pgtrigger.FSM(name="moves", field="recorded_state", transitions=pairs(HOLD_MOVES)),
            pgtrigger.Trigger(
                name="may_begin",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("paper", "record")],
                func=MAY_BEGIN,
            ),
            pgtrigger.Trigger(
                name="never_later", when=pgtrigger.Before, operation=pgtrigger.Update, func=NEVER_LATER
            ),
            pgtrigger.Trigger(
                name="duties_first", when=pgtrigger.Before, operation=pgtrigger.Insert, func=DUTIES_FIRST
            ),
        ]

    class Privacy:
        personal = ()
        retention = "with its case"

    def __str__(self) -> str:
        return f"Hold until {self.deadline_at:%Y-%m-%d %H:%M} UTC"

    @property
    def ends_at(self) -> datetime:
        """When it is over: the recorded end, and the deadline whatever was recorded."""
        return self.deadline_at if self.ended_at is None else min(self.ended_at, self.deadline_at)

    def is_in_force(self, at: datetime) -> bool:
        """By the clock alone; nothing has to run for a hold to be over."""
        return self.started_at <= at < self.ends_at

    @property
    def clock(self) -> Derivation:
        return derivation_from_json(self.derivation)

    def sentences(self) -> list[str]:
        """How the deadline came about, for every screen."""
        return derivation_sentences(self.clock)


class Breach(models.Model):
    """Custody after authority ended, detainer or not. Never removed; closed only with cause and remedy."""

    class Origin(models.TextChoices):
        SERVICE = "service", _("Recorded by the software")
        DATABASE = "database", _("Added by the database when a late release was written")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="breaches")
    state = models.CharField(max_length=6, choices=choices(BreachState), default=BreachState.OPEN)
    from_at = models.DateTimeField(_("authority ended"))
    until_at = models.DateTimeField(_("custody ended, or an authority began"), null=True, blank=True)
    opened_at = models.DateTimeField(db_default=Now())
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.SERVICE)
    announced = models.BooleanField(default=True)
    cause = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=64, blank=True)

    objects = BreachQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(until_at__isnull=True), name="detainers_one_open_breach"
            ),
            models.CheckConstraint(
                name="detainers_breach_order",
                condition=models.Q(until_at__isnull=True) | models.Q(until_at__gte=models.F("from_at")),
            ),
            models.CheckConstraint(
                name="detainers_breach_state",
                condition=models.Q(state="open", until_at__isnull=True, closed_at__isnull=True)
                | models.Q(state="ended", until_at__isnull=False, closed_at__isnull=True)
                | (
                    models.Q(state="closed", until_at__isnull=False, closed_at__isnull=False)
                    & ~models.Q(closed_by="")
                    & ~models.Q(cause="")
                    & ~models.Q(remedy="")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-from_at"], name="detainers_breach_case"),
            models.Index(fields=["id"], condition=models.Q(announced=False), name="detainers_breach_to_say"),
            models.Index(
                fields=["until_at", "id"], condition=models.Q(state="ended"), name="detainers_breach_to_close"
            ),
        ]
        triggers = [
            no_delete(),
            pgtrigger.FSM(name="moves", field="state", transitions=pairs(BREACH_MOVES)),
            pgtrigger.Trigger(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=STAYS),
            only_by_correction(fields=("cause", "remedy"), unless_null=("cause", "remedy")),
        ]

    class Privacy:
        personal = ("cause", "remedy")
        retention = "with its case"

    def __str__(self) -> str:
        return f"Breach from {self.from_at:%Y-%m-%d %H:%M} UTC"

    def duration(self, at: datetime) -> timedelta:
        """How long it lasted, or has lasted at `at`."""
        return max((self.until_at or at) - self.from_at, timedelta(0))

    @property
    def facts(self) -> dict[str, Any]:
        """What events say of it: instants and minutes, no person."""
        return breach_facts(self.public_id, self.from_at, self.until_at)


def breach_facts(breach: UUID, from_at: datetime, until_at: datetime | None) -> dict[str, Any]:
    """The facts of a breach from its own values."""
    minutes = None if until_at is None else int((until_at - from_at).total_seconds()) // 60
    return {
        "breach": str(breach),
        "from_at": from_at.isoformat(),
        "until_at": until_at.isoformat() if until_at else None,
        "minutes": minutes,
    }
