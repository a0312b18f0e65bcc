from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Q

from cases.services.documents import content_and_key
from matching import policies, sealing
from matching.errors import OutgoingChanged
from matching.models.work import LeasedWork, choices, only_legal_moves
from matching.policies import REASONS, Sent
from matching.querysets import AnswerQuerySet, SubmissionQuerySet, TransmissionQuerySet
from matching.states import (
    ANSWER_MOVES,
    SUBMISSION_MOVES,
    TRANSMISSION_MOVES,
    AnswerState,
    Source,
    SubmissionState,
    TransmissionState,
)


class Submission(models.Model):
    """One question about one person's prints: one control number (TCN), any number of answers."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="submissions")
    document = models.ForeignKey(
        "cases.Document",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        help_text="The file of prints as it was received; empty when none came",
    )
    tcn = models.CharField("TCN", max_length=40, unique=True)
    tot = models.CharField("type of transaction", max_length=5)
    ndr = ArrayField(
        models.CharField(max_length=3), default=list, blank=True, verbose_name="repositories asked for (NDR)"
    )
    dropped_ndr = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    oca = models.CharField("agency case number (OCA)", max_length=20, blank=True)
    cri = ArrayField(models.CharField(max_length=9), default=list, blank=True, verbose_name="CRI")
    policy_codes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    state = models.CharField(max_length=12, choices=choices(SubmissionState), default=SubmissionState.OPEN)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    opened_at = models.DateTimeField()

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=~Q(state="superseded"), name="matching_one_current_submission"
            )
        ]
        indexes = [models.Index(fields=["case", "-opened_at"], name="matching_submission_case")]
        triggers = [only_legal_moves(SUBMISSION_MOVES)]

    class Privacy:
        personal = ("oca",)
        retention = "with the case"

    def __str__(self) -> str:
        return self.tcn

    @property
    def sent_keys(self) -> Sent:
        """The keys a reply must repeat."""
        return Sent(tcn=self.tcn, oca=self.oca, cri=tuple(self.cri))


class Transmission(LeasedWork):
    """One submission on its way to one peer."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="transmissions")
    peer = models.CharField(max_length=20, default="bureau")
    state = models.CharField(max_length=12, choices=choices(TransmissionState))
    held_back_reason = models.CharField(max_length=20, blank=True)
    outgoing_head = models.BinaryField(
        help_text="What we put before the received images: with them, the exact bytes that go out"
    )
    outgoing_tail = models.PositiveIntegerField(
        help_text="Bytes taken unchanged from the end of the received file"
    )
    outgoing_sha256 = models.CharField(max_length=64)
    control_number = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = TransmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "peer"], name="matching_one_transmission_per_peer"),
            models.CheckConstraint(
                name="matching_sent_has_receipt",
                condition=Q(state="sent", sent_at__isnull=False) & ~Q(control_number="")
                | ~Q(state="sent") & Q(sent_at__isnull=True),
            ),
            models.CheckConstraint(
                name="matching_held_back_has_reason",
                condition=~Q(state="held_back") | ~Q(held_back_reason=""),
            ),
            models.CheckConstraint(
                name="matching_sending_is_leased",
                condition=Q(state="sending", lease_until__isnull=False)
                | ~Q(state="sending") & Q(lease_until__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="queued"), name="matching_transmission_due"
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="matching_transmission_leases"
            ),
        ]
        triggers = [only_legal_moves(TRANSMISSION_MOVES)]

    class Privacy:
        personal = ("outgoing_head",)
        retention = "with the case"

    def __str__(self) -> str:
        return f"{self.peer} {self.state}"

    def outgoing_bytes(self) -> bytes:
        """The exact file that goes out: our head before the unchanged end of the received file.

        Raises OutgoingChanged when the parts do not give the digest that was recorded, Unreadable when one cannot be opened.
        """
        document_id = self._received()
        received, key = content_and_key(document_id) if document_id is not None else (b"", None)
        head = sealing.opened_head(bytes(self.outgoing_head), transmission=self.public_id, key=key)
        content = head + (received[-self.outgoing_tail :] if self.outgoing_tail else b"")
        if sha256(content).hexdigest() != self.outgoing_sha256:
            raise OutgoingChanged(
                f"Transmission {self.public_id} no longer gives the bytes that were recorded."
            )
        return content

    def _received(self) -> int | None:
        """The document of the received file, found without composing a query: every transmission asks."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT document_id FROM {Submission._meta.db_table} WHERE id = %s", [self.submission_id]
            )
            row = cursor.fetchone()
        return int(row[0]) if row and row[0] is not None else None

    @property
    def reason_sentence(self) -> str:
        """Why it is, or was, held back, in words."""
        return REASONS.get(self.held_back_reason, self.held_back_reason)


class ExpectedAnswer(models.Model):
    """What one source says, or why it says nothing.

    Criminal and immigration answers are separate rows, always.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="answers")
    source = models.CharField(max_length=5, choices=[(item.value, item.value) for item in Source])
    state = models.CharField(max_length=24, choices=choices(AnswerState))
    reason = models.CharField(max_length=20, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    late_noted_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    reply = models.ForeignKey(
        "matching.Reply", on_delete=models.PROTECT, null=True, blank=True, related_name="settled_answers"
    )
    coded_by = models.CharField(max_length=200, blank=True)
    coded_reason = models.CharField(max_length=500, blank=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "source"], name="matching_one_answer_per_source"),
            models.CheckConstraint(
                name="matching_iar_only_from_dhs",
                condition=Q(source="dhs")
                | ~Q(state__in=["awaiting_iar", "iar_no_interest", "iar_interest", "iar_citizen_or_lawful"]),
            ),
            models.CheckConstraint(
                name="matching_iar_coded_by_a_person",
                condition=~Q(state__in=["iar_no_interest", "iar_interest", "iar_citizen_or_lawful"])
                | ~Q(coded_by="") & ~Q(coded_reason=""),
            ),
            models.CheckConstraint(
                name="matching_waiting_has_due", condition=~Q(state="waiting") | Q(due_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "awaiting_iar"], late_noted_at__isnull=True),
                name="matching_answer_due",
            )
        ]
        triggers = [only_legal_moves(ANSWER_MOVES)]

    class Privacy:
        personal = ("state", "coded_reason")
        retention = "with the case"

    def __str__(self) -> str:
        return f"{self.source} {self.state}"

    @property
    def answer_state(self) -> AnswerState:
        return AnswerState(self.state)

    @property
    def is_finding(self) -> bool:
        return self.answer_state.is_finding

    def is_late(self, at: datetime) -> bool:
        """Whether the usual time has passed without an answer. That is no finding, and extends nothing."""
        return self.state == AnswerState.OVERDUE or (
            self.answer_state.is_waited_for and self.due_at is not None and self.due_at <= at
        )

    @property
    def reason_sentence(self) -> str:
        return policies.REASONS.get(self.reason, self.reason)
