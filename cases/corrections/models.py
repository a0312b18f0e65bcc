"""The correction of one fact, and the guard by which PostgreSQL lets no fact change without one."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.corrections.standing import Movement
from cases.corrections.states import CorrectionState, pairs
from cases.querysets import CorrectionQuerySet

IN_THIS_TRANSACTION = """
    SELECT 1 FROM cases_correction c
     WHERE c.state = 'applied' AND c.applied_txid = pg_current_xact_id()::text::bigint
"""


def only_by_correction(
    *,
    subject: str = "OLD.public_id",
    fields: tuple[str, ...] = (),
    unless_null: tuple[str, ...] = (),
    or_kept_by: str = "",
) -> pgtrigger.Trigger:
    """No fact changes without the applied correction that carries what was entered before, in the same transaction.

    `fields` are the guarded columns, all when empty; `unless_null` those that may be filled while they are empty,
    `or_kept_by` a query for another row of this transaction that keeps what was there before.
    """
    guarded = f"n.key = ANY(ARRAY[{', '.join(repr(name) for name in fields)}])" if fields else "true"
    free = (
        f"AND NOT (n.key = ANY(ARRAY[{', '.join(repr(name) for name in unless_null)}])"
        " AND COALESCE(was -> n.key, 'null') IN ('null', '\"\"'))"
        if unless_null
        else ""
    )
    kept = f" AND NOT EXISTS ({or_kept_by})" if or_kept_by else ""
    unchanged = (
        ""
        if fields
        else """
            IF to_jsonb(NEW) = was THEN
                RAISE EXCEPTION 'cases: Cannot update %: a fact changes by a correction only', TG_TABLE_NAME;
            END IF;
        """
    )
    return pgtrigger.Trigger(
        name="only_by_correction",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        declare=[("was", "jsonb"), ("changed", "text")],
        func=f"""
            was := to_jsonb(OLD);
            {unchanged}
            FOR changed IN SELECT n.key FROM jsonb_each(to_jsonb(NEW)) n
                            WHERE {guarded} AND n.value IS DISTINCT FROM was -> n.key {free}
            LOOP
                IF NOT EXISTS ({IN_THIS_TRANSACTION}
                               AND c.subject_id = {subject} AND (c.field = changed OR c.way = 'withdraw')){kept} THEN
                    RAISE EXCEPTION 'cases: Cannot update % of %: a fact changes by a correction only',
                        changed, TG_TABLE_NAME;
                END IF;
            END LOOP;
            RETURN NEW;
        """,
    )


class Correction(models.Model):
    """What was recorded, what is recorded now, when, by whom and why. Once decided, it never changes."""

    class Way(models.TextChoices):
        CHANGE = "change", _("Other value")
        WITHDRAW = "withdraw", _("Entered in error")

    class ReasonCode(models.TextChoices):
        TYPING = "typing", _("Typing error")
        WRONG_TIME = "wrong_time", _("The time was wrong")
        WRONG_PERSON = "wrong_person", _("It concerns another person")
        WRONG_PAPER = "wrong_paper", _("The paper says something else")
        LEARNED_LATER = "learned_later", _("The facts were learned later")
        COURT = "court", _("A court or the issuing side corrected it")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    field = models.CharField(max_length=40)
    way = models.CharField(max_length=8, choices=Way, default=Way.CHANGE)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="consequences"
    )
    state = models.CharField(
        max_length=9,
        choices=[(s.value, s.value.capitalize()) for s in CorrectionState],
        default=CorrectionState.REQUESTED,
    )
    movement = models.CharField(
        max_length=7, choices=[(m.value, m.value) for m in Movement], default=Movement.NONE
    )
    needs_second = models.BooleanField(default=False)
    clock_before = models.JSONField(default=dict)
    clock_after = models.JSONField(default=dict)
    reason_code = models.CharField(max_length=15, choices=ReasonCode)
    reason = models.TextField()
    occurred_at = models.DateTimeField(_("when the mistake was found"))
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    requested_by = models.CharField(max_length=64)
    requested_label = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=64, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_label = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    applied_txid = models.BigIntegerField(null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        constraints = [
            models.CheckConstraint(
                name="cases_correction_two_people",
                condition=~models.Q(needs_second=True, state="applied")
                | (~models.Q(approved_by="") & ~models.Q(approved_by=models.F("requested_by"))),
            ),
            models.CheckConstraint(
                name="cases_correction_later_needs_second",
                condition=~models.Q(movement="later") | models.Q(needs_second=True),
            ),
            models.CheckConstraint(
                name="cases_correction_refused_by_other",
                condition=~models.Q(state="refused") | ~models.Q(decided_by=models.F("requested_by")),
            ),
            models.CheckConstraint(
                name="cases_correction_decided",
                condition=models.Q(state="requested", decided_at__isnull=True, decided_by="")
                | (
                    ~models.Q(state="requested")
                    & models.Q(decided_at__isnull=False)
                    & ~models.Q(decided_by="")
                ),
            ),
            models.CheckConstraint(
                name="cases_correction_applied_txid",
                condition=models.Q(state="applied", applied_txid__isnull=False)
                | (~models.Q(state="applied") & models.Q(applied_txid__isnull=True)),
            ),
            models.CheckConstraint(name="cases_correction_reason", condition=~models.Q(reason="")),
            models.UniqueConstraint(
                fields=["subject_id", "field"],
                condition=models.Q(state="requested"),
                name="cases_correction_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="cases_correction_case"),
            models.Index(
                fields=["applied_txid", "subject_id"],
                condition=models.Q(state="applied"),
                name="cases_correction_tx",
            ),
            models.Index(fields=["id"], condition=models.Q(state="requested"), name="cases_correction_open"),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'cases: corrections stay: TRUNCATE refused on %', TG_TABLE_NAME;",
            ),
            pgtrigger.FSM(name="moves", field="state", transitions=pairs()),
            pgtrigger.Trigger(
                name="decided_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.state <> 'requested' OR (to_jsonb(NEW) - ARRAY['state', 'approved_by', 'decided_by',
                           'decided_label', 'decided_at', 'decision_reason', 'applied_txid', 'clock_before',
                           'clock_after'])
                       <> (to_jsonb(OLD) - ARRAY['state', 'approved_by', 'decided_by', 'decided_label', 'decided_at',
                           'decision_reason', 'applied_txid', 'clock_before', 'clock_after']) THEN
                        RAISE EXCEPTION 'cases: a correction says what it said, and is decided once'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    class Privacy:
        personal = ("before", "after", "reason", "decision_reason")
        retention = "with its case"

    def __str__(self) -> str:
        return f"Correction of {self.kind}.{self.field}"
