"""Reads. Every surface starts from `visible_to(actor)`; every worker from `due` or `abandoned`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Prefetch, Q, QuerySet

from accounts.permissions import Permission
from accounts.scope import agencies, sees_all
from matching.states import CandidateState, ReplyState

if TYPE_CHECKING:
    from accounts.actors import Actor

DECIDED = (CandidateState.CONFIRMED, CandidateState.REJECTED, CandidateState.DISPUTED)


class ScopedQuerySet(QuerySet[Any]):
    """Rows that belong to a jail by way of `agency_path`, seen with `view_permission`."""

    agency_path = "submission__case__agency"
    view_permission = Permission.SUBMISSION_VIEW

    def visible_to(self, actor: Actor) -> Self:
        """Rows of the agencies in which this actor may see submissions; nothing without a grant."""
        if sees_all(actor, self.view_permission):
            return self
        found = agencies(actor, self.view_permission)
        return self.filter(**{f"{self.agency_path}__in": found}) if found else self.none()


class SubmissionQuerySet(ScopedQuerySet):
    agency_path = "case__agency"

    def current(self) -> Self:
        """Not replaced by newer prints."""
        return self.exclude(state="superseded")

    def with_answers(self) -> Self:
        """With answers in the order state, FBI, DHS, and the transmissions: a constant number of queries."""
        from matching.models import ExpectedAnswer

        answers = ExpectedAnswer.objects.select_related("reply").in_order()
        return self.select_related("case__agency").prefetch_related(
            Prefetch("answers", queryset=answers), "transmissions"
        )


class AnswerQuerySet(ScopedQuerySet):
    def in_order(self) -> Self:
        """State, FBI, DHS: the order in which they were made."""
        return self.order_by("pk")

    def late(self, at: datetime) -> Self:
        """Still waited for although the usual time has passed, and not yet noted."""
        return self.filter(state__in=("waiting", "awaiting_iar"), due_at__lte=at, late_noted_at__isnull=True)


class WorkQuerySet(ScopedQuerySet):
    """Rows that a worker takes under a lease."""

    ready_state = "queued"
    busy_state = ""

    def due(self, at: datetime) -> Self:
        """Ready to be taken now."""
        return self.filter(state=self.ready_state, next_attempt_at__lte=at)

    def unhinted(self, at: datetime, *, before: datetime) -> Self:
        """Due rows whose last hint to the broker is old enough to be taken for lost."""
        return self.due(at).filter(Q(hinted_at__isnull=True) | Q(hinted_at__lte=before))

    def abandoned(self, at: datetime) -> Self:
        """Taken by a worker whose lease has run out: it died, or hangs."""
        return self.filter(state=self.busy_state, lease_until__lte=at)


class TransmissionQuerySet(WorkQuerySet):
    busy_state = "sending"


class PrintSearchQuerySet(WorkQuerySet):
    busy_state = "working"


class ReplyQuerySet(ScopedQuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Attached replies with their submission; quarantined ones to those who handle quarantine for that
        agency.

        A quarantined reply that names no agency of ours is shown to everybody who handles quarantine: it must
        be seen by somebody.
        """
        if sees_all(actor, Permission.SUBMISSION_VIEW):
            return self
        attached = Q(
            state=ReplyState.ATTACHED,
            submission__case__agency__in=agencies(actor, Permission.SUBMISSION_VIEW),
        )
        handled_in = agencies(actor, Permission.QUARANTINE_HANDLE)
        if not handled_in:
            return self.filter(attached)
        apart = ~Q(state=ReplyState.ATTACHED) & (Q(agency__isnull=True) | Q(agency__in=handled_in))
        return self.filter(attached | apart)

    def quarantined(self) -> Self:
        return self.filter(state=ReplyState.QUARANTINED)


class FingerTemplateQuerySet(ScopedQuerySet):
    agency_path = "case__agency"
    view_permission = Permission.CANDIDATE_REVIEW

    def live(self) -> Self:
        """Not retired: a sealed or expunged person is not here, whatever an older gallery file says."""
        return self.filter(retired_at__isnull=True)


class CandidateQuerySet(ScopedQuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Everything to examiners of the jail; to others of the jail only what two examiners have confirmed.

        An unconfirmed candidate points at another person's case: it is a lead for examiners and nobody else.
        """
        if sees_all(actor, Permission.SUBMISSION_VIEW):
            return self
        examined = agencies(actor, Permission.CANDIDATE_REVIEW)
        seen = agencies(actor, Permission.SUBMISSION_VIEW)
        return self.filter(
            Q(submission__case__agency__in=examined)
            | Q(submission__case__agency__in=seen, state=CandidateState.CONFIRMED)
        )

    def to_review_by(self, actor: Actor) -> Self:
        """What this examiner can still decide: undecided, and not already decided by the same person."""
        open_ones = self.visible_to(actor).filter(
            state__in=(CandidateState.UNREVIEWED, CandidateState.FIRST_REVIEWED),
            submission__case__agency__in=agencies(actor, Permission.CANDIDATE_REVIEW),
        )
        return open_ones.exclude(reviews__examiner_id=actor.id)


class CandidateReviewQuerySet(ScopedQuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """A decision is sealed until the candidate is decided: before that only its own examiner reads it.

        The system reads no sealed decision either; the verdict is computed inside the review service alone.
        """
        decided = Q(candidate__state__in=DECIDED)
        own = Q(examiner_id=actor.id) if actor.kind == "user" and actor.id else Q(pk__in=())
        if sees_all(actor, Permission.SUBMISSION_VIEW):
            return self.filter(decided)
        examined = agencies(actor, Permission.CANDIDATE_REVIEW)
        return self.filter(decided | own, candidate__submission__case__agency__in=examined)
