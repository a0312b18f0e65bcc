"""What came on paper or by wire, what was done with it, what the policy said. Almost all append-only."""

from typing import Any
from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from audit.models import ClockTimestamp
from cases.corrections.models import only_by_correction
from cases.models import Case, Document
from cases.querysets import StandingManager
from detainers.lifts import MEANING, LiftCode
from detainers.querysets import DetainerChildQuerySet, DetainerQuerySet, OnCaseQuerySet
from detainers.rulebook import Condition
from detainers.states import DETAINER_MOVES, DetainerState, pairs
from detainers.warrants import ADMINISTRATIVE_KINDS, JUDICIAL, words_of


def choices(states: Any) -> list[tuple[str, str]]:
    """Choices of a StrEnum with readable labels."""
    return [(state.value, state.value.replace("_", " ").capitalize()) for state in states]


def append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def no_delete() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)


class Detainer(models.Model):
    """One detainer as received, with the edition whose clock it keeps. A deficient one is kept and marked."""

    class Channel(models.TextChoices):
        PAPER = "paper", _("Paper")
        FAX = "fax", _("Fax")
        EMAIL = "email", _("E-mail")
        FILE = "file", _("File import")
        API = "api", _("API")
        IN_SYSTEM = "in_system", _("Issued in the system")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="detainers")
    edition = models.CharField(_("edition of the form"), max_length=20)
    needs_service = models.BooleanField(help_text=_("The edition takes effect only when a copy is served."))
    asks_hold = models.BooleanField(help_text=_("The edition asks for custody, not only for notice."))
    subject_surname = models.CharField(_("surname on the form"), max_length=100, blank=True)
    subject_given_names = models.CharField(_("given names on the form"), max_length=150, blank=True)
    subject_birth_date = models.DateField(_("date of birth on the form"), null=True, blank=True)
    subject_sex = models.CharField(_("sex on the form"), max_length=1, blank=True)
    boxes = models.JSONField(default=dict)
    cancels_earlier = models.BooleanField(_("cancels a detainer sent before"), default=False)
    cancels_dated = models.DateField(_("date of the detainer it cancels"), null=True, blank=True)
    notify_ice = models.BooleanField(_("asks that ICE be told before release"), default=False)
    notify_cbp = models.BooleanField(_("asks that CBP be told before release"), default=False)
    issuing_office = models.CharField(max_length=200, blank=True)
    federal_agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="issued_detainers"
    )
    officer_title = models.CharField(_("title of the issuing officer"), max_length=100, blank=True)
    signature_present = models.BooleanField(default=False)
    issued_on = models.DateField(_("date on the form"), null=True, blank=True)
    received_at = models.DateTimeField()
    received_text = models.CharField(_("time of receipt as entered"), max_length=60, blank=True)
    channel = models.CharField(max_length=10, choices=Channel)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="detainers"
    )
    deficiencies = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=choices(DetainerState), default=DetainerState.RECEIVED)
    ended_at = models.DateTimeField(_("lifted or cancelled"), null=True, blank=True)
    end_reason = models.TextField(blank=True)
    lift_code = models.CharField(
        _("why it ended"),
        max_length=20,
        blank=True,
        choices=[(code.value, MEANING[code]) for code in LiftCode],
    )
    amends = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="versions", editable=False
    )
    ended_by = models.CharField(max_length=64, blank=True)
    registered_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(DetainerQuerySet)()
    ever = DetainerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_detainer_end_pair",
                condition=models.Q(state__in=["lifted", "cancelled"], ended_at__isnull=False)
                | (~models.Q(state__in=["lifted", "cancelled"]) & models.Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="detainers_detainer_boxes",
                condition=models.Q(boxes__has_keys=["basis", "priority", "loan_back", "on_conviction"]),
            ),
            models.CheckConstraint(
                name="detainers_deficient_reasons",
                condition=~models.Q(state="deficient") | ~models.Q(deficiencies=[]),
            ),
        ]
        indexes = [models.Index(fields=["case"], name="detainers_detainer_case")]
        triggers = [
            no_delete(),
            pgtrigger.FSM(name="moves", field="state", transitions=pairs(DETAINER_MOVES)),
            pgtrigger.Protect(
                name="paper_unchanged",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("case", "amends"),
            ),
            only_by_correction(
                fields=(
                    "edition",
                    "needs_service",
                    "asks_hold",
                    "boxes",
                    "received_at",
                    "received_text",
                    "channel",
                    "deficiencies",
                    "subject_surname",
                    "subject_given_names",
                    "subject_birth_date",
                    "subject_sex",
                    "cancels_earlier",
                    "cancels_dated",
                    "issuing_office",
                    "officer_title",
                    "signature_present",
                    "issued_on",
                    "withdrawn_at",
                    "ended_at",
                    "end_reason",
                    "lift_code",
                ),
                unless_null=("ended_at", "end_reason", "lift_code"),
            ),
        ]

    class Privacy:
        personal = (
            "subject_surname",
            "subject_given_names",
            "subject_birth_date",
            "subject_sex",
            "end_reason",
        )
        retention = "with its case"

    def __str__(self) -> str:
        return f"Detainer {self.edition} of {self.received_at:%Y-%m-%d}"

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    @property
    def deficiency_sentences(self) -> list[str]:
        return [item["sentence"] for item in self.deficiencies]


class Warrant(models.Model):
    """A warrant that came with a detainer. Only a judge's warrant is an authority of its own."""

    class Kind(models.TextChoices):
        JUDICIAL_CRIMINAL = "JUDICIAL_CRIMINAL", _("Criminal warrant signed by a judge")
        JUDICIAL_CIVIL = "JUDICIAL_CIVIL", _("Civil warrant signed by a judge")
        ADMIN_I200 = "ADMIN_I200", _("I-200, signed by an immigration officer")
        ADMIN_I205 = "ADMIN_I205", _("I-205, signed by an immigration officer")
        NCIC_ADMIN_HIT = "NCIC_ADMIN_HIT", _("NCIC immigration hit, no warrant")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    detainer = models.ForeignKey(Detainer, on_delete=models.PROTECT, related_name="warrants")
    kind = models.CharField(max_length=20, choices=Kind)
    signed_by_role = models.CharField(_("signed by (role)"), max_length=100)
    signed_at = models.DateTimeField()
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="warrants"
    )
    recorded_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(DetainerChildQuerySet)()
    ever = DetainerChildQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_warrant_signer",
                condition=~(
                    models.Q(kind__startswith="JUDICIAL")
                    & models.Q(signed_by_role__in=["immigration_officer", "immigration_judge", "nobody"])
                )
                & ~models.Q(kind__in=sorted(ADMINISTRATIVE_KINDS), signed_by_role__in=sorted(JUDICIAL)),
            )
        ]
        triggers = [no_delete(), only_by_correction()]

    class Privacy:
        personal = ()
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"

    @property
    def signer(self) -> str:
        """Who signed, in words."""
        return words_of(self.signed_by_role)

    @property
    def is_judicial(self) -> bool:
        return self.kind.startswith("JUDICIAL")

    @property
    def is_administrative(self) -> bool:
        """I-200 and I-205 only: a database hit is no warrant."""
        return self.kind in (self.Kind.ADMIN_I200, self.Kind.ADMIN_I205)


class ConditionFinding(models.Model):
    """A named person found that a condition of the law is met: a judicial order, a listed serious case."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    detainer = models.ForeignKey(Detainer, on_delete=models.PROTECT, related_name="findings")
    condition = models.CharField(max_length=30, choices=choices(Condition))
    found_at = models.DateTimeField()
    basis = models.CharField(_("on what basis"), max_length=300)
    official_role = models.CharField(_("role of the official who ordered"), max_length=100, blank=True)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="condition_findings"
    )
    found_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(DetainerChildQuerySet)()
    ever = DetainerChildQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="detainers_finding_basis", condition=~models.Q(basis=""))]
        triggers = [no_delete(), only_by_correction()]

    class Privacy:
        personal = ("basis",)
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.get_condition_display()}"


class StatusClaim(models.Model):
    """The person says, or proves, that they are a citizen or have lawful status."""

    class Kind(models.TextChoices):
        CITIZENSHIP = "citizenship", _("Citizenship")
        LAWFUL_STATUS = "lawful_status", _("Lawful status")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="status_claims")
    kind = models.CharField(max_length=15, choices=Kind)
    claimed_at = models.DateTimeField()
    proof = models.BooleanField(_("proof was given"), default=False)
    evidence = models.CharField(_("what was shown"), max_length=200, blank=True)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="status_claims"
    )
    recorded_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StandingManager.from_queryset(OnCaseQuerySet)()
    ever = OnCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="detainers_claim_evidence",
                condition=models.Q(proof=False) | ~models.Q(evidence="") | models.Q(document__isnull=False),
            )
        ]
        triggers = [no_delete(), only_by_correction()]

    class Privacy:
        personal = ("kind", "evidence")
        retention = "with its case"

    def __str__(self) -> str:
        return "Claim of status"


class PolicyDecision(models.Model):
    """What the policy said of one detainer, on which facts and version. Immutable, and can be replayed."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    detainer = models.ForeignKey(Detainer, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=30)
    policy_code = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    citation = models.CharField(max_length=200, blank=True)
    facts = models.JSONField()
    trace = models.JSONField()
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    objects = DetainerChildQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["detainer", "-id"], name="detainers_decision_latest")]
        triggers = [append_only()]

    class Privacy:
        personal = ()
        retention = "with its case"

    def __str__(self) -> str:
        return f"{self.policy_code}: {self.verdict}"

    @property
    def grants(self) -> bool:
        return self.verdict in ("hold_permitted", "hold_required")
