"""A person, one custody episode (case), and the facts that say on what local ground the person is held."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from audit.keys.models import DataKey
from audit.models import ClockTimestamp
from cases.corrections.models import Correction, only_by_correction
from cases.identifiers import PersonIdentifier
from cases.moves import MovedCase, PeopleApart, PersonMove
from cases.querysets import (
    AgencyScoped,
    CaseChildQuerySet,
    CaseQuerySet,
    DocumentQuerySet,
    PersonQuerySet,
    StandingManager,
)
from cases.states import Custody

__all__ = [
    "Booking",
    "Case",
    "CaseCounter",
    "Charge",
    "Correction",
    "CustodyEvent",
    "Document",
    "LocalGround",
    "MovedCase",
    "PeopleApart",
    "Person",
    "PersonIdentifier",
    "PersonMove",
    "SamePersonLink",
]


class Document(models.Model):
    """Bytes received from outside, unchanged, with their digest. What cannot be read stays here in quarantine."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="documents", null=True, blank=True
    )
    kind = models.CharField(max_length=30)
    media_type = models.CharField(max_length=100)
    channel = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    quarantine_reason = models.TextField(blank=True)

    data_key: DataKey | None = None
    """Its key, where it was stored just now: what is derived from it is sealed with the same."""

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_document_quarantine_pair",
                condition=models.Q(quarantined_at__isnull=True, quarantine_reason="")
                | (models.Q(quarantined_at__isnull=False) & ~models.Q(quarantine_reason="")),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="bytes_unchanged",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("content", "sha256", "size", "received_at", "kind"),
            ),
        ]

    class Privacy:
        personal = ("content",)
        retention = "by the retention rule of its case"

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"


class Person(models.Model):
    """Somebody who was booked. The true name in any script; the wire's 7-bit form is derived when needed."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    agency = models.ForeignKey(
        Agency,
        on_delete=models.PROTECT,
        related_name="people",
        help_text=_("The agency that recorded this person."),
    )
    surname = models.CharField(max_length=100)
    given_names = models.CharField(max_length=150, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1)
    birth_place = models.CharField(_("place of birth (NCIC code)"), max_length=2, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(
                name="cases_person_not_itself", condition=~models.Q(merged_into=models.F("id"))
            )
        ]
        indexes = [
            models.Index(
                fields=["merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="cases_person_merged",
            ),
            models.Index(
                fields=["birth_date", "id"],
                condition=models.Q(merged_into__isnull=True, birth_date__isnull=False),
                name="cases_person_born",
            ),
            models.Index(
                fields=["agency", "-id"],
                condition=models.Q(merged_into__isnull=True),
                name="cases_person_newest",
            ),
        ]
        triggers = [
            only_by_correction(
                fields=("surname", "given_names", "birth_date", "sex", "birth_place"),
                or_kept_by="SELECT 1 FROM cases_personmove m WHERE m.kept_id = OLD.id"
                " AND jsonb_exists(m.changes, changed) AND m.recorded_at >= transaction_timestamp()",
            ),
        ]

    class Privacy:
        personal = ("surname", "given_names", "birth_date", "sex", "birth_place")
        retention = "by the retention rule of the jurisdiction"

    def __str__(self) -> str:
        return f"Person {self.public_id}"

    @property
    def display_name(self) -> str:
        """'SURNAME, Given names', as jails write it."""
        return f"{self.surname.upper()}, {self.given_names}" if self.given_names else self.surname.upper()


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

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="custody_events")
    kind = models.CharField(max_length=20, choices=Kind)
    ground = models.ForeignKey(
        LocalGround, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    destination = models.CharField(max_length=20, blank=True)
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
