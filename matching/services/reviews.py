"""Candidates from our own repository: two different examiners decide, the second without knowing what the first decided."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import Invalid, NotFound
from accounts.permissions import Permission, check_permission
from cases.services import link_same_person
from matching import events
from matching.errors import ReviewClosed, SecondExaminerNeeded
from matching.models import Candidate, CandidateReview, FingerTemplate, Submission
from matching.policies import review_verdict
from matching.services.common import check_move, need_person, need_reason, note, ref
from matching.states import CANDIDATE_MOVES, CandidateState, Decision

_EVENTS = {
    CandidateState.FIRST_REVIEWED: events.CANDIDATE_FIRST_REVIEWED,
    CandidateState.CONFIRMED: events.CANDIDATE_CONFIRMED,
    CandidateState.REJECTED: events.CANDIDATE_REJECTED,
    CandidateState.DISPUTED: events.CANDIDATE_DISPUTED,
}


def review_candidate(
    *, candidate_id: int, actor: Actor, at: datetime, decision: str, rationale: str
) -> Candidate:
    """Record what one examiner found. The first decision stays sealed, also in the audit trail, until the
    second is made.

    Only when both found the same person are the two cases linked; nothing else follows from a candidate.
    Raises PersonNeeded, NotPermitted, Invalid, SecondExaminerNeeded, ReviewClosed, NotFound.
    """
    need_person(actor)
    with transaction.atomic():
        candidate = _lock(candidate_id)
        _check_examiner(candidate, actor)
        found = _decision(decision)
        text = need_reason(rationale, field="rationale", longest=2000)
        CandidateReview.objects.create(
            candidate=candidate,
            examiner_id=actor.id,
            examiner_label=actor.label,
            decision=found,
            rationale=text,
            decided_at=at,
        )
        decisions = [Decision(value) for value in _decisions(candidate)]
        _move(candidate, review_verdict(decisions), actor=actor, at=at)
        if candidate.state == CandidateState.CONFIRMED:
            link_same_person(
                case_id=candidate.submission.case_id,
                other_case_id=candidate.other_case_id,
                actor=actor,
                at=at,
                reason="Two examiners found the same person by comparing the prints.",
            )
    return candidate


def _lock(candidate_id: int) -> Candidate:
    candidate: Candidate | None = (
        Candidate.objects.select_for_update(of=("self",))
        .select_related("submission__case__agency", "other_case__agency")
        .filter(pk=candidate_id)
        .first()
    )
    if candidate is None:
        raise NotFound(f"There is no candidate {candidate_id}.")
    return candidate


def _check_examiner(candidate: Candidate, actor: Actor) -> None:
    """Who: an examiner of both jails, who has not decided this one before."""
    for case in (candidate.submission.case, candidate.other_case):
        check_permission(actor, Permission.CANDIDATE_REVIEW, case.agency)
    if candidate.is_decided:
        raise ReviewClosed("This candidate has been decided.")
    if candidate.reviews.filter(examiner_id=actor.id).exists():
        raise SecondExaminerNeeded(
            "You have decided this candidate. A second, different examiner must decide now."
        )
    for submission_id in (candidate.submission_id, candidate.other_submission_id):
        if not FingerTemplate.objects.live().filter(submission=submission_id).exists():
            raise ReviewClosed(
                "The prints of one side were taken out of the repository: nothing can be compared."
            )


def _decision(value: str) -> Decision:
    try:
        return Decision(value)
    except ValueError:
        raise Invalid(
            "Choose one: same person, different person, or inconclusive.", field="decision"
        ) from None


def _decisions(candidate: Candidate) -> list[str]:
    return list(candidate.reviews.order_by("pk").values_list("decision", flat=True))


def _move(candidate: Candidate, target: CandidateState, *, actor: Actor, at: datetime) -> None:
    """The only code that writes a candidate's state.

    The event of a first review says nothing of what was decided.
    """
    submission: Submission = candidate.submission
    check_move(
        CANDIDATE_MOVES, candidate.state, target, "review", actor=actor, agency=submission.case.agency_id
    )
    candidate.state = target
    if target is not CandidateState.FIRST_REVIEWED:
        candidate.decided_at = at
    candidate.save(update_fields=["state", "decided_at"])
    note(
        _EVENTS[target],
        submission,
        actor=actor,
        at=at,
        changed=["state"],
        subject=ref("candidate", candidate.public_id),
        facts={"candidate": str(candidate.public_id), "other_case": str(candidate.other_case.public_id)},
    )
