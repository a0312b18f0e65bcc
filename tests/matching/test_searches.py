"""The search of our own repository: what it proposes, what it must not, and how its work survives."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import OperationalError

from accounts.errors import NotPermitted
from audit.models import Event
from cases import services as case_services
from cases.models import SamePersonLink
from matching import extraction, repository, samples, services
from matching.engine.template import Template
from matching.extraction import Extracted, Unusable
from matching.models import Candidate, FingerTemplate, PrintSearch, Submission
from matching.samples.cast import sample
from matching.services import searches
from tests.matching.conftest import NOW, Checks, eft

DATA = Path(samples.__file__).parent / "data"
Hands = dict[bytes, int]  # which hands are on a file; other impressions of the same hands match


def finger(hand: int, position: int, *, impression: int) -> Template:
    """An invented finger: forty minutiae, moved a little from one impression to the next."""
    fixed = np.random.default_rng(hand * 100 + position)
    moved = np.random.default_rng(impression * 7919 + position)
    rows = np.stack(
        [
            fixed.uniform(40, 460, 40) + moved.normal(0, 1.0, 40),
            fixed.uniform(40, 460, 40) + moved.normal(0, 1.0, 40),
            fixed.uniform(0, 6.28, 40) + moved.normal(0, 0.03, 40),
            np.full(40, 0.9),
        ],
        axis=1,
    )
    return Template.build(rows, width=500, height=500, extractor="test", version="1")


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Extraction without a network: the file says whose hands it shows."""
    known: Hands = {}

    def extract(content: bytes) -> list[Extracted]:
        impression = len(known) + int.from_bytes(content[-8:], "big") % 1000
        hand = known[content]
        if hand < 0:
            raise Unusable("no_usable_finger", "No finger could be read. Take new prints.")
        return [Extracted(place, finger(hand, place, impression=impression), 1) for place in range(1, 11)]

    monkeypatch.setattr(searches, "extract_prints", extract)
    monkeypatch.setattr(repository, "_repositories", {})
    return known


def booked(checks: Checks, hands: Hands, hand: int, **kwargs: Any) -> Submission:
    content = eft()
    hands[content] = hand
    return checks.open(content=content, **kwargs)


def search(submission: Submission, *, owner: str = "w1") -> str | None:
    row = submission.print_search
    return services.search_prints(search_id=row.pk, owner=owner, clock=lambda: row.next_attempt_at)


def test_the_same_hands_in_another_case_are_proposed_as_a_lead_and_no_more(
    checks: Checks, hands: Hands
) -> None:
    first = booked(checks, hands, 1)
    stranger = booked(checks, hands, 2)
    again = booked(checks, hands, 1, agency=checks.cast.other_jail, who="other_officer")

    assert [search(item) for item in (first, stranger, again)] == ["done"] * 3

    candidate = Candidate.objects.get()
    assert (candidate.submission, candidate.other_case, candidate.state) == (again, first.case, "unreviewed")
    assert candidate.score >= candidate.threshold
    assert candidate.fingers == list(range(1, 11))
    assert candidate.engine_version == "test:1"
    assert not SamePersonLink.objects.exists()
    assert not Event.objects.filter(action__startswith="detainers.").exists()
    event = Event.objects.get(action="matching.candidate_proposed")
    assert event.facts["other_case"] == str(first.case.public_id)


def test_a_search_says_how_many_it_compared_with(checks: Checks, hands: Hands) -> None:
    for hand in (1, 2, 3):
        last = booked(checks, hands, hand)
        search(last)

    last.print_search.refresh_from_db()
    assert (last.print_search.searched, last.print_search.fingers) == (3, 10)
    facts = Event.objects.filter(action="matching.prints_searched").order_by("-pk")[0].facts
    assert (facts["searched"], facts["candidates"]) == (3, 0)


def test_searching_again_after_a_lost_record_proposes_nothing_twice(checks: Checks, hands: Hands) -> None:
    search(booked(checks, hands, 1))
    again = booked(checks, hands, 1)
    row = again.print_search
    services.claim_search(search_id=row.pk, owner="dead", at=row.next_attempt_at)
    services.sweep_leases(at=row.next_attempt_at + timedelta(hours=1))
    row.refresh_from_db()

    states = [
        services.search_prints(search_id=row.pk, owner="w2", clock=lambda: row.next_attempt_at)
        for _ in range(2)
    ]

    assert states == ["done", None]
    assert Candidate.objects.count() == 1
    assert FingerTemplate.objects.filter(submission=again).count() == 10


def test_prints_that_were_retired_are_never_proposed_even_by_a_stale_copy(
    checks: Checks, hands: Hands
) -> None:
    first = booked(checks, hands, 1)
    search(first)
    again = booked(checks, hands, 1)
    stale = repository.repository_for("test", "1")
    stale.sync(at=NOW)
    prints = {place: finger(1, place, impression=5) for place in range(1, 11)}
    hits = stale.search(prints, case_id=again.case_id, limit=10)
    assert [hit.subject_ref for hit in hits if hit.is_hit] == [str(first.pk)]
    services.retire_prints(
        case_id=first.case_id, actor=checks.cast.actor("supervisor"), at=NOW, reason="Expunged."
    )
    row = again.print_search
    services.claim_search(search_id=row.pk, owner="w1", at=row.next_attempt_at)

    services.searches.record_search(  # type: ignore[attr-defined]
        search_id=row.pk, owner="w1", prints=prints, hits=hits, searched=1, at=NOW
    )

    assert not Candidate.objects.exists()
    stale.sync(at=NOW)
    assert len(stale) == 0


def test_cases_already_linked_are_not_proposed_again(checks: Checks, hands: Hands) -> None:
    first, again = booked(checks, hands, 1), booked(checks, hands, 1)
    search(first)
    case_services.link_same_person(
        case_id=first.case_id,
        other_case_id=again.case_id,
        actor=checks.cast.actor("examiner"),
        at=NOW,
        reason="Known.",
    )

    search(again)

    assert not Candidate.objects.exists()


def test_prints_that_cannot_be_read_are_shown_as_not_searched(checks: Checks, hands: Hands) -> None:
    submission = booked(checks, hands, -1)

    state = search(submission)

    row = PrintSearch.objects.get()
    assert (state, row.last_error_code, row.done_at) == ("failed", "no_usable_finger", None)
    assert Event.objects.get(action="matching.print_search_failed").facts["code"] == "no_usable_finger"


def test_a_failed_search_is_tried_again_only_when_a_person_asks(checks: Checks, hands: Hands) -> None:
    submission = booked(checks, hands, -1)
    search(submission)
    row = submission.print_search
    act = {"search_id": row.pk, "at": NOW, "reason": "Decoder was mended."}

    with pytest.raises(NotPermitted):
        services.retry_search(actor=checks.cast.actor("officer"), **act)
    services.retry_search(actor=checks.cast.actor("supervisor"), **act)

    row.refresh_from_db()
    assert (row.state, row.attempts) == ("queued", 0)


def test_a_search_on_which_workers_die_is_set_aside(checks: Checks, hands: Hands) -> None:
    row = booked(checks, hands, 1).print_search
    at = row.next_attempt_at

    for _ in range(5):
        row.refresh_from_db()
        at = max(at, row.next_attempt_at)
        assert services.claim_search(search_id=row.pk, owner="dead", at=at)
        at += timedelta(hours=1)
        services.sweep_leases(at=at)

    row.refresh_from_db()
    assert (row.state, row.deaths) == ("quarantined", 5)


def test_a_worker_that_lost_its_lease_records_nothing(checks: Checks, hands: Hands) -> None:
    submission = booked(checks, hands, 1)
    row = submission.print_search
    services.claim_search(search_id=row.pk, owner="w2", at=row.next_attempt_at)
    prints = {1: finger(1, 1, impression=1)}

    state = searches.record_search(search_id=row.pk, owner="w1", prints=prints, hits=[], searched=0, at=NOW)
    failed = searches.record_search_failure(search_id=row.pk, owner="w1", error=Unusable("x", "X."), at=NOW)

    assert (state, failed) == ("working", "working")


def test_newer_prints_take_the_place_of_older_ones_in_the_repository(checks: Checks, hands: Hands) -> None:
    old = booked(checks, hands, 1)
    search(old)
    content = eft()
    hands[content] = 1

    new = services.reprint(submission_id=old.pk, actor=checks.cast.actor("officer"), at=NOW, eft=content)
    search(new)

    assert FingerTemplate.objects.live().filter(submission=old).count() == 0
    assert FingerTemplate.objects.live().filter(submission=new).count() == 10
    assert not Candidate.objects.exists()


def test_prints_that_an_outage_kept_out_are_taken_in_by_the_next_sync(
    checks: Checks, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(booked(checks, hands, 1))
    monkeypatch.setattr(repository, "OVERLAP", 0)
    fresh = repository.Repository("test", "1")

    def cut(*args: object) -> None:
        raise OperationalError("the connection was lost")

    with monkeypatch.context() as outage:
        outage.setattr(repository.Gallery, "add", cut)
        with pytest.raises(OperationalError):
            fresh.sync(at=NOW)
    fresh.sync(at=NOW)

    assert len(fresh) == 1


def test_due_searches_are_done_without_any_broker(checks: Checks, hands: Hands) -> None:
    rows = [booked(checks, hands, hand).print_search for hand in (1, 2)]
    at = max(row.next_attempt_at for row in rows)

    assert services.search_due_prints(owner="w1", clock=lambda: at) == 2


def test_searching_can_be_switched_off(checks: Checks, settings: object) -> None:
    settings.MATCHING_PRINT_SEARCH = False  # type: ignore[attr-defined]

    checks.open()

    assert not PrintSearch.objects.exists()


def test_images_that_are_no_fingers_are_unusable() -> None:
    with pytest.raises(Unusable) as found:
        extraction.extract_prints(eft())

    assert found.value.code == "no_usable_finger"


def test_a_file_that_cannot_be_read_is_unusable() -> None:
    with pytest.raises(Unusable) as found:
        extraction.extract_prints(b"garbage")

    assert found.value.code == "file_unreadable"


@pytest.mark.slow
def test_the_sample_person_booked_again_under_another_spelling_is_found_by_the_prints_alone(
    checks: Checks,
) -> None:
    """The whole way: files of the samples, decoding, the network, the repository."""
    submissions = {key: _booked_sample(checks, key) for key in ("criminal-only-1", "no-record-1", "rearrest")}

    states = {key: search(submission) for key, submission in submissions.items()}

    candidate = Candidate.objects.get()
    assert set(states.values()) == {"done"}
    assert candidate.submission == submissions["rearrest"]
    assert candidate.other_case == submissions["criminal-only-1"].case
    assert candidate.score > 2 * candidate.threshold
    assert FingerTemplate.objects.filter(extractor="leader").count() == 30


def _booked_sample(checks: Checks, key: str) -> Submission:
    one = sample(key)
    content = (DATA / one.file_name).read_bytes()
    return checks.open(
        content=content,
        surname=one.surname,
        given_names=one.given_names,
        birth_date=one.birth_date,
        sex=one.sex,
    )
