"""Duties of people: what is due until when, what came of it, and what was told to ICE. Outcomes are append-only."""

from datetime import datetime, timedelta
from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models import ClockTimestamp
from cases.corrections.models import only_by_correction
from cases.models import Case, Document
from cases.querysets import StandingManager
from detainers.duties import DUTIES, SETTLED_BY, SHORT, SettledBy, takes_outcome
from detainers.models.paper import Detainer, PolicyDecision, choices, no_delete
from detainers.policy_rows import Duty as Code
from detainers.policy_rows import Telling
from detainers.querysets import DutyOutcomeQuerySet, DutyQuerySet, OnCaseQuerySet
from detainers.states import DUTY_MOVES, DutyState, pairs


def _codes(*kinds: SettledBy) -> str:
    return ", ".join(f"'{code.value}'" for code, kind in SETTLED_BY.items() if kind in kinds)


_OUTCOME = """EXISTS (SELECT 1 FROM detainers_dutyoutcome o
                       WHERE o.duty_id = NEW.id AND o.outcome = '{outcome}' AND o.withdrawn_at IS NULL)"""
_DONE = _OUTCOME.format(outcome="done")
# No duty is done by a word: its fact must be there, each fact once and in its own table.
NEEDS_ITS_FACT = f"""
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' AND current_user IN ('clearhold_web', 'clearhold_worker', 'clearhold_clock') THEN
            RAISE EXCEPTION 'detainers: a duty begins open' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state = 'done' AND NOT (CASE
        WHEN NEW.code IN ({_codes(SettledBy.SERVICE)}) THEN EXISTS (
            SELECT 1 FROM detainers_detainerservice s
             WHERE s.detainer_id = NEW.detainer_id AND s.withdrawn_at IS NULL)
        WHEN NEW.code IN ({_codes(SettledBy.ORDER)}) THEN EXISTS (
            SELECT 1 FROM detainers_conditionfinding f
             WHERE f.detainer_id = NEW.detainer_id AND f.condition = 'judicial_order' AND f.withdrawn_at IS NULL)
        WHEN NEW.code IN ({_codes(SettledBy.DISCLOSURE)}) THEN EXISTS (
            SELECT 1 FROM detainers_icedisclosure i
             WHERE i.case_id = NEW.case_id AND i.kind = 'release' AND i.withdrawn_at IS NULL)
        WHEN NEW.code IN ({_codes(SettledBy.CLAIM_OR_OUTCOME)}) THEN {_DONE} OR EXISTS (
            SELECT 1 FROM detainers_statusclaim c WHERE c.case_id = NEW.case_id AND c.withdrawn_at IS NULL)
        ELSE {_DONE} END) THEN
        RAISE EXCEPTION 'detainers: a duty is done by its recorded outcome only' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'refused' AND NOT {_OUTCOME.format(outcome="refused")} THEN
        RAISE EXCEPTION 'detainers: a refusal is recorded with its witness first' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
STAYS = """
    IF NEW.case_id <> OLD.case_id OR NEW.detainer_id <> OLD.detainer_id OR NEW.code <> OLD.code
       OR NEW.opened_at <> OLD.opened_at
       OR (OLD.overdue_said_at IS NOT NULL AND NEW.overdue_said_at IS DISTINCT FROM OLD.overdue_said_at)
       OR (OLD.due_at IS NOT NULL AND (NEW.due_at IS NULL OR NEW.due_at > OLD.due_at) AND NOT EXISTS (
           SELECT 1 FROM cases_correction c WHERE c.case_id = NEW.case_id AND c.state = 'applied'
              AND c.applied_txid = pg_current_xact_id()::text::bigint)) THEN
        RAISE EXCEPTION 'detainers: what a duty asks and when it is due stays, or comes nearer'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
ONE_FACT = f"""
    SELECT d.code, d.opened_at INTO STRICT duty FROM detainers_duty d WHERE d.id = NEW.duty_id;
    IF duty.code IN ({_codes(SettledBy.SERVICE, SettledBy.ORDER, SettledBy.DISCLOSURE)}) THEN
        RAISE EXCEPTION 'detainers: the outcome of this duty is a record of its own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
ALLOWED = """
    SELECT p.trace, t.case_id INTO STRICT said FROM detainers_policydecision p
      JOIN detainers_detainer t ON t.id = p.detainer_id WHERE p.id = NEW.decision_id;
    IF said.case_id <> NEW.case_id THEN
        RAISE EXCEPTION 'detainers: the decision belongs to another case' USING ERRCODE = 'check_violation';
    END IF;
    IF said.trace ->> (NEW.kind || '_information') = 'forbidden' THEN
        RAISE EXCEPTION 'detainers: the policy forbids telling ICE this' USING ERRCODE = 'check_violation';
    END IF;
    IF said.trace ->> (NEW.kind || '_information') = 'on_conditions' AND NEW.basis = '' THEN
        RAISE EXCEPTION 'detainers: the policy asks on which condition ICE is told' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def one_fact() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="one_fact",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("duty", "record")],
        func=ONE_FACT,
    )


class Duty(models.Model):
    """One thing that staff must do because a policy decision or the form says so."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="duties")
    detainer = models.ForeignKey(Detainer, on_delete=models.PROTECT, related_name="duties")
    decision = models.ForeignKey(
        PolicyDecision, on_delete=models.PROTECT, related_name="duties", help_text=_("What it follows from.")
    )
    code = models.CharField(max_length=30, choices=[(code.value, SHORT[code]) for code in Code])
    policy_code = models.CharField(max_length=40)
    citation = models.CharField(max_length=200, blank=True)
    is_condition = models.BooleanField(_("no hold while it is undone"), default=False)
    due_hours = models.PositiveSmallIntegerField(_("hours the law gives"), null=True, blank=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=14, choices=choices(DutyState), default=DutyState.OPEN)
    settled_at = models.DateTimeField(_("done, refused or no longer owed since"), null=True, blank=True)
    overdue_said_at = models.DateTimeField(null=True, blank=True, editable=False)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = DutyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            models.UniqueConstraint(fields=["detainer", "code"], name="detainers_duty_once"),
            models.CheckConstraint(
                name="detainers_duty_settled_pair",
                condition=models.Q(state="open", settled_at__isnull=True)
                | (~models.Q(state="open") & models.Q(settled_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["case"], name="detainers_duty_case"),
            models.Index(
                fields=["due_at", "id"], condition=models.Q(state="open"), name="detainers_duty_due"
            ),
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state="open", overdue_said_at__isnull=True),
                name="detainers_duty_to_say",
            ),
        ]
        triggers = [
            no_delete(),
            pgtrigger.FSM(name="moves", field="state", transitions=pairs(DUTY_MOVES)),
            pgtrigger.Trigger(
                name="needs_its_fact",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=NEEDS_ITS_FACT,
            ),
            pgtrigger.Trigger(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=STAYS),
        ]

    class Privacy:
        personal = ()
        retention = "with its case"

    def __str__(self) -> str:
        return f"Duty {self.code}"

    @property
    def sentence(self) -> str:
        """What must be done."""
        return DUTIES[Code(self.code)]

    @property
    def is_open(self) -> bool:
        return self.state == DutyState.OPEN

    @property
    def takes_outcome(self) -> bool:
        return takes_outcome(Code(self.code))

    def is_overdue(self, at: datetime) -> bool:
        """By the clock alone; nothing has to run for it to be true."""
        return self.is_open and self.due_at is not None and self.due_at < at

    def is_due_within(self, at: datetime, span: timedelta) -> bool:
        return self.is_open and self.due_at is not None and self.due_at < at + span

    @property
    def was_late(self) -> bool:
        """Settled after it was due."""
        return self.settled_at is not None and self.due_at is not None and self.settled_at > self.due_at


class DutyOutcome(models.Model):
    """What came of a duty, by a named person, with its proof. A correction withdraws it; nothing changes it."""

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused by the person")

    class Method(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        IN_WRITING = "in_writing", _("In writing")
        TELEPHONE = "telephone", _("By telephone")
        ELECTRONIC = "electronic", _("By e-mail or another system")
        OTHER = "other", _("Another way")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="outcomes")
    outcome = models.CharField(max_length=8, choices=Outcome)
    done_at = models.DateTimeField()
    done_text = models.CharField(_("time as entered"), max_length=60, blank=True)
    language = models.CharField(_("language (code such as es)"), max_length=12, blank=True)
    method = models.CharField(max_length=12, choices=Method)
    answer = models.CharField(max_length=20, blank=True)
    recipients = models.JSONField(default=list, blank=True)
    statement = models.CharField(_("what was done, or where the proof is"), max_length=500, blank=True)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="duty_outcomes"
    )
    refused_to_sign = models.BooleanField(default=False)
    witness = models.CharField(_("who witnessed the refusal"), max_length=100, blank=True)
    interpreter_id = models.CharField(_("interpreter (id or line number)"), max_length=60, blank=True)
    recorded_by = models.CharField(max_length=64)
    recorded_label = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(DutyOutcomeQuerySet)()
    ever = DutyOutcomeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_outcome_proof",
                condition=~models.Q(statement="") | models.Q(document__isnull=False),
            ),
            models.CheckConstraint(
                name="detainers_outcome_witness",
                condition=(models.Q(outcome="done") & models.Q(refused_to_sign=False))
                | ~models.Q(witness=""),
            ),
            models.CheckConstraint(name="detainers_outcome_by_somebody", condition=~models.Q(recorded_by="")),
        ]
        triggers = [no_delete(), only_by_correction(), one_fact()]

    class Privacy:
        personal = ("statement", "witness")
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}"


class IceDisclosure(models.Model):
    """What was told to ICE, on which law: release information and status information are two different things."""

    class Kind(models.TextChoices):
        RELEASE = "release", _("Release date or time")
        STATUS = "status", _("Citizenship or immigration status (8 U.S.C. 1373)")

    class Method(models.TextChoices):
        TELEPHONE = "telephone", _("Telephone")
        FAX = "fax", _("Fax")
        EMAIL = "email", _("E-mail")
        FORM = "form", _("The agency's part of the form, sent back")
        SYSTEM = "system", _("Another system")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="ice_disclosures")
    decision = models.ForeignKey(PolicyDecision, on_delete=models.PROTECT, related_name="disclosures")
    kind = models.CharField(max_length=8, choices=Kind)
    told_at = models.DateTimeField()
    told_text = models.CharField(_("time as entered"), max_length=60, blank=True)
    method = models.CharField(max_length=10, choices=Method)
    office = models.CharField(_("office that was told"), max_length=200)
    basis = models.CharField(_("condition of the law that is met"), max_length=300, blank=True)
    statement = models.CharField(_("what was said"), max_length=500)
    policy_said = models.CharField(max_length=14, choices=choices(Telling))
    recorded_by = models.CharField(max_length=64)
    recorded_label = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(OnCaseQuerySet)()
    ever = OnCaseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case"], name="detainers_disclosure_case")]
        triggers = [
            no_delete(),
            only_by_correction(),
            pgtrigger.Trigger(
                name="allowed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("said", "record")],
                func=ALLOWED,
            ),
        ]

    class Privacy:
        personal = ("basis", "statement")
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"
