from __future__ import annotations

from uuid import uuid4

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from matching.models.work import LeasedWork, choices, only_legal_moves
from matching.querysets import (
    CandidateQuerySet,
    CandidateReviewQuerySet,
    FingerTemplateQuerySet,
    PrintSearchQuerySet,
)
from matching.states import CANDIDATE_MOVES, SEARCH_MOVES, CandidateState, Decision, SearchState


class PrintSearch(LeasedWork):
    """The work of searching one submission's prints in our own repository."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    submission = models.OneToOneField(
        "matching.Submission", on_delete=models.PROTECT, related_name="print_search"
    )
    state = models.CharField(max_length=12, choices=choices(SearchState))
    held_back_reason = models.CharField(max_length=20, blank=True)
    fingers = models.PositiveSmallIntegerField(null=True, blank=True)
    searched = models.PositiveIntegerField(null=True, blank=True, help_text="Persons compared with")
    engine_version = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    objects = PrintSearchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "print searches"
        constraints = [
            models.CheckConstraint(
                name="matching_search_done",
                condition=Q(state="done", done_at__isnull=False) | ~Q(state="done") & Q(done_at__isnull=True),
            ),
            models.CheckConstraint(
                name="matching_working_is_leased",
                condition=Q(state="working", lease_until__isnull=False)
                | ~Q(state="working") & Q(lease_until__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="queued"), name="matching_search_due"),
            models.Index(fields=["lease_until"], condition=Q(state="working"), name="matching_search_leases"),
        ]
        triggers = [only_legal_moves(SEARCH_MOVES)]

    class Privacy:
        personal = ()
        retention = "with the case"

    def __str__(self) -> str:
        return f"search {self.state}"


class FingerTemplate(models.Model):
    """The minutiae of one finger.

    An image can be guessed from them: they are as personal as the print itself.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="finger_templates")
    submission = models.ForeignKey(
        "matching.Submission", on_delete=models.PROTECT, related_name="finger_templates"
    )
    position = models.PositiveSmallIntegerField()
    minutiae = models.BinaryField()
    extractor = models.CharField(max_length=20)
    version = models.CharField(max_length=64)
    quality = models.PositiveSmallIntegerField(help_text="1 (best) to 5 (useless), our own measure")
    extracted_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = models.CharField(max_length=200, blank=True)

    objects = FingerTemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "position", "extractor", "version"],
                name="matching_one_template_per_finger",
            ),
            models.CheckConstraint(
                name="matching_finger_position", condition=Q(position__gte=1, position__lte=10)
            ),
        ]
        indexes = [
            models.Index(
                fields=["case"], condition=Q(retired_at__isnull=True), name="matching_live_templates"
            )
        ]

    class Privacy:
        personal = ("minutiae",)
        retention = "with the case; retired at once when it is sealed or expunged"

    def __str__(self) -> str:
        return f"finger {self.position}"


def _two_examiners() -> pgtrigger.Trigger:
    """No candidate is confirmed unless two different people decided 'same': held here against any writer."""
    return pgtrigger.Trigger(
        name="two_examiners",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Q(new__state="confirmed"),
        func="""
            IF (SELECT count(DISTINCT examiner_id) FROM matching_candidatereview
                WHERE candidate_id = NEW.id AND decision = 'same') < 2 THEN
                RAISE EXCEPTION 'a candidate is confirmed by two different examiners' USING ERRCODE =
                'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class Candidate(models.Model):
    """A lead: another case whose prints resemble these. It has no effect until two examiners agree."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    submission = models.ForeignKey("matching.Submission", on_delete=models.PROTECT, related_name="candidates")
    other_submission = models.ForeignKey("matching.Submission", on_delete=models.PROTECT, related_name="+")
    other_case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    score = models.FloatField(help_text="Comparable only within one engine version")
    threshold = models.FloatField()
    fingers = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="Positions compared")
    rank = models.PositiveSmallIntegerField()
    engine_version = models.CharField(max_length=80)
    state = models.CharField(
        max_length=16, choices=choices(CandidateState), default=CandidateState.UNREVIEWED
    )
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "other_case"], name="matching_one_candidate_per_case"
            ),
            models.CheckConstraint(
                name="matching_decided_at",
                condition=Q(state__in=["confirmed", "rejected", "disputed"], decided_at__isnull=False)
                | ~Q(state__in=["confirmed", "rejected", "disputed"]) & Q(decided_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["proposed_at"],
                condition=Q(state__in=["unreviewed", "first_reviewed"]),
                name="matching_candidate_open",
            )
        ]
        triggers = [only_legal_moves(CANDIDATE_MOVES), _two_examiners()]

    class Privacy:
        personal = ("score", "state")
        retention = "with the case"

    def __str__(self) -> str:
        return f"candidate {self.state}"

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None


class CandidateReview(models.Model):
    """One examiner's decision. Written once, never changed; sealed until the candidate is decided."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="reviews")
    examiner_id = models.CharField(max_length=64)
    examiner_label = models.CharField(max_length=200)
    decision = models.CharField(max_length=12, choices=choices(Decision))
    rationale = models.CharField(max_length=2000)
    decided_at = models.DateTimeField()

    objects = CandidateReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "examiner_id"], name="matching_one_review_per_examiner"
            )
        ]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    class Privacy:
        personal = ("rationale",)
        retention = "with the case"

    def __str__(self) -> str:
        return f"review of {self.candidate_id}"
