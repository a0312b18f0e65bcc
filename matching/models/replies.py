from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from matching.models.work import choices, only_legal_moves
from matching.policies import Outcome
from matching.querysets import ReplyQuerySet
from matching.states import REPLY_MOVES, ReplyState, Source


class Reply(models.Model):
    """One message received from a peer, kept for ever as it came. A repeated message is the same row."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    submission = models.ForeignKey(
        "matching.Submission", on_delete=models.PROTECT, null=True, blank=True, related_name="replies"
    )
    agency = models.ForeignKey(
        "accounts.Agency",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose it is as far as the message says; empty when it names no agency of ours",
    )
    peer = models.CharField(max_length=20)
    message_id = models.CharField("number in the mailbox", max_length=40)
    message_tcn = models.CharField("TCN of the message", max_length=40, blank=True)
    tcr = models.CharField("TCN it answers (TCR)", max_length=40, blank=True)
    tot = models.CharField("type of transaction", max_length=5, blank=True)
    sha256 = models.CharField(max_length=64)
    document = models.ForeignKey("cases.Document", on_delete=models.PROTECT, related_name="replies")
    source = models.CharField(max_length=5, blank=True, choices=[(item.value, item.value) for item in Source])
    outcome = models.CharField(max_length=24, choices=[(item.value, item.value) for item in Outcome])
    result_code = models.CharField("search result (SRF)", max_length=1, blank=True)
    error_codes = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=choices(ReplyState))
    quarantine_reason = models.CharField(max_length=40, blank=True)
    handled_by = models.CharField(max_length=200, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_reason = models.CharField(max_length=500, blank=True)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "replies"
        constraints = [
            models.UniqueConstraint(fields=["peer", "message_tcn", "sha256"], name="matching_reply_once"),
            models.CheckConstraint(
                name="matching_attached_has_submission",
                condition=Q(state="attached", submission__isnull=False) & ~Q(source="")
                | ~Q(state="attached") & Q(submission__isnull=True) & ~Q(quarantine_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(state="quarantined"), name="matching_reply_quarantine"
            ),
            models.Index(fields=["tcr"], condition=~Q(tcr=""), name="matching_reply_tcr"),
        ]
        triggers = [only_legal_moves(REPLY_MOVES)]

    class Privacy:
        personal = ("outcome", "result_code")
        retention = "with the case; the document's bytes by schedule"

    def __str__(self) -> str:
        return f"{self.peer} {self.message_id} {self.state}"


class Mailbox(models.Model):
    """Our mailbox at one peer: who empties it now, and when that last worked."""

    peer = models.CharField(max_length=20, unique=True)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    last_error_code = models.CharField(max_length=40, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "mailboxes"

    class Privacy:
        personal = ()
        retention = "kept"

    def __str__(self) -> str:
        return self.peer


class MailboxTrouble(models.Model):
    """A message that could not be recorded, with the number of tries; after some it is set aside whole and unread."""

    peer = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=1)
    first_seen_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "mailbox troubles"
        constraints = [models.UniqueConstraint(fields=["peer", "sha256"], name="matching_trouble_once")]

    class Privacy:
        personal = ()
        retention = "30 days"

    def __str__(self) -> str:
        return f"{self.peer} {self.attempts}"
