"""Two examiners, the second blind to the first; and nothing follows from a candidate but work for people."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.actors import Actor, system
from accounts.errors import ClearholdError, Invalid, NotFound, NotPermitted
from audit.models import Event
from cases.models import SamePersonLink
from matching import services
from matching.errors import PersonNeeded, ReviewClosed, SecondExaminerNeeded
from matching.models import Candidate, CandidateReview, FingerTemplate, Submission
from tests.matching.conftest import NOW, Checks, sealed


def proposed(checks: Checks) -> Candidate:
    """A candidate between a case of each jail, as the search proposes it."""
    submission, other = checks.open(), checks.open(agency=checks.cast.other_jail, who="other_officer")
    for side in (submission, other):
        enrol(side)
    candidate: Candidate = Candidate.objects.create(
        submission=submission,
        other_submission=other,
        other_case=other.case,
        score=9.0,
        threshold=5.0,
        fingers=[1, 2, 3, 4],
        rank=1,
        engine_version="test:1",
        proposed_at=NOW,
    )
    return candidate


def enrol(submission: Submission) -> None:
    FingerTemplate.objects.create(
        case=submission.case,
        submission=submission,
        position=1,
        minutiae=sealed(submission, 1, "1"),
        extractor="test",
        version="1",
        quality=1,
        extracted_at=NOW,
    )


def review(checks: Checks, candidate: Candidate, who: str | Actor, decision: str = "same") -> Candidate:
    actor = checks.cast.actor(who) if isinstance(who, str) else who
    return services.review_candidate(
        candidate_id=candidate.pk,
        actor=actor,
        at=NOW,
        decision=decision,
        rationale="Compared ridge by ridge.",
    )


@pytest.mark.parametrize(
    ("first", "second", "state", "event"),
    [
        ("same", "same", "confirmed", "matching.candidate_confirmed"),
        ("different", "different", "rejected", "matching.candidate_rejected"),
        ("same", "different", "disputed", "matching.candidate_disputed"),
        ("inconclusive", "same", "disputed", "matching.candidate_disputed"),
        ("inconclusive", "inconclusive", "disputed", "matching.candidate_disputed"),
    ],
)
def test_two_examiners_decide(checks: Checks, first: str, second: str, state: str, event: str) -> None:
    candidate = proposed(checks)

    after_one = review(checks, candidate, "examiner", first).state
    after_two = review(checks, candidate, "second_examiner", second).state

    assert (after_one, after_two) == ("first_reviewed", state)
    assert Event.objects.filter(action=event).count() == 1
    assert SamePersonLink.objects.count() == (1 if state == "confirmed" else 0)


def test_a_confirmed_candidate_links_the_two_cases_and_does_nothing_else(checks: Checks) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner")
    before = set(Event.objects.values_list("pk", flat=True))

    review(checks, candidate, "second_examiner")

    link = SamePersonLink.objects.get()
    assert (link.case, link.other_case) == (candidate.submission.case, candidate.other_case)
    new = Event.objects.exclude(pk__in=before).values_list("action", flat=True)
    assert set(new) == {"matching.candidate_confirmed", "cases.same_person_linked"}


def test_the_same_examiner_cannot_decide_twice(checks: Checks) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner")

    with pytest.raises(SecondExaminerNeeded):
        review(checks, candidate, "examiner")

    assert not SamePersonLink.objects.exists()


def test_a_decided_candidate_is_closed(checks: Checks) -> None:
    candidate = proposed(checks)
    for who in ("examiner", "second_examiner"):
        review(checks, candidate, who)

    with pytest.raises(ReviewClosed):
        review(checks, candidate, "examiner", "different")


@pytest.mark.parametrize(
    "who", ["officer", "clerk", "supervisor", "administrator", "operator", "liaison", "reviewer", "stranger"]
)
def test_nobody_but_an_examiner_decides(checks: Checks, who: str) -> None:
    with pytest.raises(NotPermitted):
        review(checks, proposed(checks), who)


def test_an_examiner_of_one_jail_only_does_not_decide_about_another(checks: Checks) -> None:
    candidate = proposed(checks)
    from accounts.permissions import Permission

    narrow = Actor(
        kind="user",
        id="someone",
        label="Someone",
        grants=frozenset({(Permission.CANDIDATE_REVIEW, checks.cast.jail.pk)}),
    )

    with pytest.raises(NotPermitted):
        review(checks, candidate, narrow)


@pytest.mark.parametrize("actor", [system("matching"), Actor(kind="client", id="c", label="Machine")])
def test_no_machine_decides(checks: Checks, actor: Actor) -> None:
    with pytest.raises(PersonNeeded):
        review(checks, proposed(checks), actor)


@pytest.mark.parametrize(("decision", "rationale"), [("match", "x"), ("", "x"), ("same", "  ")])
def test_a_decision_and_what_it_relies_on_are_needed(checks: Checks, decision: str, rationale: str) -> None:
    with pytest.raises(Invalid):
        services.review_candidate(
            candidate_id=proposed(checks).pk,
            actor=checks.cast.actor("examiner"),
            at=NOW,
            decision=decision,
            rationale=rationale,
        )


def test_a_candidate_that_is_not_there_is_not_found(checks: Checks) -> None:
    with pytest.raises(NotFound):
        services.review_candidate(
            candidate_id=0, actor=checks.cast.actor("examiner"), at=NOW, decision="same", rationale="x"
        )


# -- blindness -----------------------------------------------------------------------------------------------


def test_the_first_decision_is_in_nothing_the_second_can_read(checks: Checks) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner", "different")
    second = checks.cast.actor("second_examiner")

    reviews = CandidateReview.objects.visible_to(second)
    event = Event.objects.get(action="matching.candidate_first_reviewed")

    assert list(reviews) == []
    assert "different" not in f"{event.facts} {event.reason} {event.changed}"
    assert Candidate.objects.visible_to(second).get().state == "first_reviewed"


@pytest.mark.parametrize("decision", ["same", "different", "inconclusive"])
def test_the_state_after_one_review_says_nothing_of_what_was_decided(checks: Checks, decision: str) -> None:
    candidate = proposed(checks)

    assert review(checks, candidate, "examiner", decision).state == "first_reviewed"
    assert candidate.decided_at is None


def test_an_examiner_reads_the_own_decision_and_after_the_verdict_both(checks: Checks) -> None:
    candidate = proposed(checks)
    first, second = checks.cast.actor("examiner"), checks.cast.actor("second_examiner")
    review(checks, candidate, "examiner", "different")

    own = CandidateReview.objects.visible_to(first).count()
    review(checks, candidate, "second_examiner", "same")

    assert own == 1
    assert CandidateReview.objects.visible_to(first).count() == 2
    assert CandidateReview.objects.visible_to(second).count() == 2


def test_nobody_else_reads_a_sealed_decision_not_even_the_system(checks: Checks) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner")
    others = [checks.cast.actor(who) for who in ("officer", "supervisor", "operator", "reviewer", "stranger")]

    for actor in [*others, system("matching"), Actor(kind="user", id="", label="nobody")]:
        assert not CandidateReview.objects.visible_to(actor).exists()


def test_the_worklist_leaves_out_what_this_examiner_has_decided(checks: Checks) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner")

    assert not Candidate.objects.to_review_by(checks.cast.actor("examiner")).exists()
    assert Candidate.objects.to_review_by(checks.cast.actor("second_examiner")).get() == candidate
    assert not Candidate.objects.to_review_by(checks.cast.actor("officer")).exists()


def test_the_jail_sees_a_candidate_only_when_two_examiners_confirmed_it(checks: Checks) -> None:
    candidate = proposed(checks)
    officer = checks.cast.actor("officer")

    before = Candidate.objects.visible_to(officer).count()
    for who in ("examiner", "second_examiner"):
        review(checks, candidate, who)

    assert before == 0
    assert Candidate.objects.visible_to(officer).get() == candidate
    assert not Candidate.objects.visible_to(checks.cast.actor("stranger")).exists()


# -- held by the database too --------------------------------------------------------------------------------


def test_the_database_confirms_nothing_without_two_examiners(checks: Checks) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner")

    with pytest.raises(DatabaseError, match="two different examiners"), transaction.atomic():
        Candidate.objects.filter(pk=candidate.pk).update(state="confirmed", decided_at=NOW)


def test_the_database_refuses_a_second_review_and_any_change_of_one(checks: Checks) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner")
    written = CandidateReview.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        CandidateReview.objects.create(
            candidate=candidate,
            examiner_id=written.examiner_id,
            examiner_label="x",
            decision="same",
            rationale="x",
            decided_at=NOW,
        )
    for act in (lambda: CandidateReview.objects.update(decision="different"), written.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_prints_taken_out_of_the_repository_are_no_longer_compared(checks: Checks) -> None:
    candidate = proposed(checks)

    retired = services.retire_prints(
        case_id=candidate.other_case_id,
        actor=checks.cast.actor("operator"),
        at=NOW,
        reason="Sealed by the court.",
    )

    assert retired == 1
    assert Event.objects.get(action="matching.prints_retired").reason == "Sealed by the court."
    with pytest.raises(ReviewClosed):
        review(checks, candidate, "examiner")


@pytest.mark.parametrize("who", ["officer", "examiner", "other_officer", "stranger"])
def test_not_everybody_takes_prints_out(checks: Checks, who: str) -> None:
    candidate = proposed(checks)

    with pytest.raises(ClearholdError):
        services.retire_prints(
            case_id=candidate.other_case_id, actor=checks.cast.actor(who), at=NOW, reason="x"
        )
