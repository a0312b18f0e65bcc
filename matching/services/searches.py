"""The search of our own print repository: extract, store, search, propose. What it proposes is a lead for two examiners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import NotFound
from accounts.permissions import Permission, check_permission
from cases.models import Case, SamePersonLink
from cases.services import content_of
from cases.services.documents import Unreadable
from matching import conf, events, hints
from matching.engine.gallery import Hit
from matching.engine.template import Template
from matching.extraction import Extracted, Unusable, extract_prints
from matching.models import Candidate, FingerTemplate, PrintSearch, Submission
from matching.policies import REASONS
from matching.repository import repository_for, threshold_for
from matching.sealing import opened_templates, sealed_templates
from matching.services import leases
from matching.services.common import SYSTEM, check_move, lock_submission, need_person, need_reason, note, ref
from matching.states import SEARCH_MOVES, CandidateState, SearchState, SubmissionState

Clock = Callable[[], datetime]
Prints = Mapping[int, Template]


def claim_search(*, search_id: int, owner: str, at: datetime) -> PrintSearch | None:
    """Take this search for a limited time, or None when it is not due or another worker has it."""
    queryset, lasts = PrintSearch.objects.all(), conf.search_lease()
    row: PrintSearch | None = leases.take(queryset, owner=owner, at=at, lasts=lasts, row_id=search_id)
    return row


def claim_next_search(*, owner: str, at: datetime) -> PrintSearch | None:
    """Take the search that has been due longest, or None."""
    queryset = PrintSearch.objects.all()
    row: PrintSearch | None = leases.take(queryset, owner=owner, at=at, lasts=conf.search_lease())
    return row


def search_prints(*, search_id: int, owner: str, clock: Clock) -> SearchState | None:
    """Claim, extract, search, record. Returns the state it reached, or None when there was nothing to do."""
    return _search(claim_search(search_id=search_id, owner=owner, at=clock()), owner, clock)


def search_due_prints(*, owner: str, clock: Clock, limit: int = 100) -> int:
    """Search what is due, one after the other, without a broker. Returns how many were tried."""
    for done in range(limit):
        if _search(claim_next_search(owner=owner, at=clock()), owner, clock) is None:
            return done
    return limit


def _search(search: PrintSearch | None, owner: str, clock: Clock) -> SearchState | None:
    """1 extract outside any transaction; 2 store the templates; 3 search; 4 propose, checked again in SQL.

    Templates are committed before the search, so of two bookings of one person at least the later search
    finds the other.
    """
    if search is None:
        return None
    submission = Submission.objects.select_related("document").get(pk=search.submission_id)
    try:
        prints = stored_prints(submission) or _extract_and_store(submission, at=clock())
        first = next(iter(prints.values()))
        repository = repository_for(first.extractor, first.version)
        repository.sync(at=clock())
    except Unusable as error:
        return record_search_failure(search_id=search.pk, owner=owner, error=error, at=clock())
    except Unreadable as error:
        unusable = Unusable(f"sealed_{error.code}", error.message)
        return record_search_failure(search_id=search.pk, owner=owner, error=unusable, at=clock())
    hits = repository.search(prints, case_id=submission.case_id, limit=conf.candidate_limit())
    return record_search(
        search_id=search.pk, owner=owner, prints=prints, hits=hits, searched=len(repository), at=clock()
    )


def stored_prints(submission: Submission) -> dict[int, Template]:
    """The live templates of one submission by finger position.

    Stored templates are compared, never extracted again.
    """
    rows = FingerTemplate.objects.live().filter(submission=submission)
    return {position: template for _, position, template in opened_templates(rows)}


def _extract_and_store(submission: Submission, *, at: datetime) -> dict[int, Template]:
    if submission.document is None:
        raise Unusable("no_prints", "No prints came with the booking.")
    found = extract_prints(content_of(submission.document))
    store_templates(submission=submission, found=found, at=at)
    return {finger.position: finger.template for finger in found}


def store_templates(*, submission: Submission, found: list[Extracted], at: datetime) -> None:
    """Keep the minutiae of each finger. Storing the same finger of the same version again changes nothing."""
    sealed = sealed_templates(
        {(finger.position, finger.template.version): finger.template.to_bytes() for finger in found},
        submission=submission.public_id,
        document_id=submission.document_id,
    )
    FingerTemplate.objects.bulk_create(
        [
            FingerTemplate(
                case_id=submission.case_id,
                submission=submission,
                position=finger.position,
                minutiae=sealed[finger.position, finger.template.version],
                extractor=finger.template.extractor,
                version=finger.template.version,
                quality=finger.quality,
                extracted_at=at,
            )
            for finger in found
        ],
        ignore_conflicts=True,
    )


def record_search(
    *, search_id: int, owner: str, prints: Prints, hits: list[Hit], searched: int, at: datetime
) -> SearchState:
    """Propose the candidates above the threshold and close the search.

    Ignored when the lease is no longer ours.
    """
    with transaction.atomic():
        search, submission = _lock_with_submission(search_id)
        if search.state != SearchState.WORKING or search.lease_owner != owner:
            return SearchState(search.state)
        version = _engine_version(prints)
        proposed = sum(
            _propose(submission, hit, rank, version, at) for rank, hit in enumerate(hits, 1) if hit.is_hit
        )
        _check(search, submission, SearchState.DONE, "record_done", SYSTEM)
        search.state, search.done_at = SearchState.DONE, at
        search.fingers, search.searched, search.engine_version = len(prints), searched, version
        search.forget_lease()
        leases.note_error(search, "", "")
        search.save(update_fields=[*leases.ALL_FIELDS, "done_at", "fingers", "searched", "engine_version"])
        _note(
            events.PRINTS_SEARCHED,
            search,
            submission,
            at=at,
            facts={"searched": searched, "candidates": proposed, "fingers": len(prints), "engine": version},
        )
    return SearchState.DONE


def _propose(submission: Submission, hit: Hit, rank: int, version: str, at: datetime) -> int:
    """One candidate, if the other's prints are still live under a lock, and the two cases are not linked already."""
    live = list(
        FingerTemplate.objects.live()
        .filter(submission_id=int(hit.subject_ref))
        .select_for_update()
        .values_list("case_id", flat=True)
    )
    if not live or live[0] == submission.case_id:
        return 0
    other = Case.objects.get(pk=live[0])
    if other.person_id == submission.case.person_id or _are_linked(submission.case_id, other.pk):
        return 0
    candidate, created = Candidate.objects.get_or_create(
        submission=submission,
        other_case=other,
        defaults={
            "other_submission_id": int(hit.subject_ref),
            "score": hit.score,
            "threshold": threshold_for(list(hit.by_position)),
            "fingers": sorted(hit.by_position),
            "rank": rank,
            "engine_version": version,
            "state": CandidateState.UNREVIEWED,
            "proposed_at": at,
        },
    )
    if created:
        _note_proposed(submission, candidate, at)
    return int(created)


def _note_proposed(submission: Submission, candidate: Candidate, at: datetime) -> None:
    note(
        events.CANDIDATE_PROPOSED,
        submission,
        actor=SYSTEM,
        at=at,
        subject=ref("candidate", candidate.public_id),
        facts={
            "candidate": str(candidate.public_id),
            "other_case": str(candidate.other_case.public_id),
            "engine": candidate.engine_version,
        },
    )


def _are_linked(case_id: int, other_id: int) -> bool:
    both = (case_id, other_id)
    return bool(SamePersonLink.objects.filter(case_id__in=both, other_case_id__in=both).exists())


def _engine_version(prints: Prints) -> str:
    first = next(iter(prints.values()))
    return f"{first.extractor}:{first.version}"[:80]


def record_search_failure(*, search_id: int, owner: str, error: Unusable, at: datetime) -> SearchState:
    """The prints cannot be searched: a person must look. 'Not searched' is never shown as 'no hit'."""
    with transaction.atomic():
        search, submission = _lock_with_submission(search_id)
        if search.state != SearchState.WORKING or search.lease_owner != owner:
            return SearchState(search.state)
        leases.note_error(search, error.code, error.sentence)
        search.forget_lease()
        return _stop(search, submission, SearchState.FAILED, "give_up", at)


def give_back_abandoned_search(*, search_id: int, at: datetime) -> SearchState | None:
    """The worker of this search vanished: queue it again, or set it aside when that happened too often."""
    with transaction.atomic():
        search: PrintSearch | None = (
            PrintSearch.objects.abandoned(at)
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk=search_id)
            .first()
        )
        if search is None:
            return None
        submission = Submission.objects.select_related("case__agency").get(pk=search.submission_id)
        search.deaths += 1
        leases.note_error(search, "worker_vanished", "The worker that was searching did not report back.")
        leases.put_back_from_the_dead(search, at=at)
        if submission.state == SubmissionState.SUPERSEDED:
            return _stop(search, submission, SearchState.CANCELLED, "cancel_superseded", at)
        if search.deaths >= conf.poison_after():
            return _stop(search, submission, SearchState.QUARANTINED, "quarantine", at)
        _check(search, submission, SearchState.QUEUED, "retry_later", SYSTEM)
        search.state = SearchState.QUEUED
        search.save(update_fields=leases.ALL_FIELDS)
    return SearchState.QUEUED


def retry_search(*, search_id: int, actor: Actor, at: datetime, reason: str) -> PrintSearch:
    """Search again what failed or was set aside. Raises NotPermitted, Invalid, IllegalMove, NotFound."""
    with transaction.atomic():
        search, submission = _lock_with_submission(search_id)
        _check(search, submission, SearchState.QUEUED, "retry", actor)
        text = need_reason(reason)
        search.state = SearchState.QUEUED
        leases.start_over(search, at=at)
        search.save(update_fields=leases.ALL_FIELDS)
        _note(events.PRINT_SEARCH_RETRIED, search, submission, at=at, actor=actor, reason=text)
        hints.after_commit(hints.SEARCH, search.pk)
    return search


def release_search(submission: Submission, *, actor: Actor, at: datetime) -> None:
    """A held-back search starts together with the transmission a supervisor released."""
    for search in PrintSearch.objects.select_for_update().filter(
        submission=submission, state=SearchState.HELD_BACK
    ):
        _check(search, submission, SearchState.QUEUED, "release", actor)
        search.state = SearchState.QUEUED
        leases.start_over(search, at=at)
        search.save(update_fields=leases.ALL_FIELDS)
        hints.after_commit(hints.SEARCH, search.pk)


def cancel_search(submission: Submission) -> None:
    """Stop the search of a superseded submission unless a worker is at it."""
    stoppable = {move.source for move in SEARCH_MOVES if move.action == "reprint"}
    rows = PrintSearch.objects.select_for_update().filter(submission=submission, state__in=stoppable)
    for search in rows:
        search.state = SearchState.CANCELLED
        search.save(update_fields=["state"])


def retire_prints(*, case_id: int, actor: Actor, at: datetime, reason: str) -> int:
    """Take a case's prints out of the repository (sealed, expunged). No search that ends after this returns
    can find them.

    Raises PersonNeeded, NotPermitted, Invalid, NotFound. Returns how many fingers were retired.
    """
    need_person(actor)
    with transaction.atomic():
        case = Case.objects.select_related("agency").filter(pk=case_id).first()
        if case is None:
            raise NotFound(f"There is no case {case_id}.")
        check_permission(actor, Permission.QUARANTINE_HANDLE, case.agency)
        text = need_reason(reason, longest=200)
        retired = FingerTemplate.objects.live().filter(case=case).update(retired_at=at, retired_reason=text)
        submission = (
            Submission.objects.select_related("case__agency").filter(case=case).order_by("-pk").first()
        )
        if retired and submission is not None:
            note(
                events.PRINTS_RETIRED, submission, actor=actor, at=at, reason=text, facts={"fingers": retired}
            )
    return int(retired)


def _stop(
    search: PrintSearch, submission: Submission, target: SearchState, action: str, at: datetime
) -> SearchState:
    _check(search, submission, target, action, SYSTEM)
    search.state = target
    search.save(update_fields=leases.ALL_FIELDS)
    if target is not SearchState.CANCELLED:
        facts: dict[str, str | int] = {
            "code": search.last_error_code,
            "why": search.last_error or REASONS[""],
            "deaths": search.deaths,
        }
        _note(events.PRINT_SEARCH_FAILED, search, submission, at=at, facts=facts)
    return target


def _lock_with_submission(search_id: int) -> tuple[PrintSearch, Submission]:
    submission_id = PrintSearch.objects.filter(pk=search_id).values_list("submission_id", flat=True).first()
    if submission_id is None:
        raise NotFound(f"There is no print search {search_id}.")
    submission = lock_submission(submission_id)
    return PrintSearch.objects.select_for_update().get(pk=search_id), submission


def _check(search: PrintSearch, submission: Submission, target: str, action: str, actor: Actor) -> None:
    check_move(SEARCH_MOVES, search.state, target, action, actor=actor, agency=submission.case.agency_id)


def _note(
    action: str,
    search: PrintSearch,
    submission: Submission,
    *,
    at: datetime,
    actor: Actor = SYSTEM,
    reason: str = "",
    facts: dict[str, str | int] | None = None,
) -> None:
    note(
        action,
        submission,
        actor=actor,
        at=at,
        reason=reason,
        changed=["state"],
        subject=ref("print_search", search.public_id),
        facts={"state": search.state, **(facts or {})},
    )
