"""What goes on after two records of a person were merged: answers, searches, new prints, the API and the oversight view."""

import pytest
from django.db import connection

from cases import services as cases
from cases.models import Case
from matching import services
from matching.models import Candidate, Submission
from tests.integration.conftest import machine  # noqa: F401  (a fixture)
from tests.matching.conftest import NOW, Checks, answer_states, eft, receive, sre
from tests.matching.test_searches import Hands, booked, hands, search  # noqa: F401  (a fixture)


def merge(checks: Checks, kept: Case, other: Case, who: str = "supervisor", **more: object) -> object:
    return cases.merge_persons(
        keep_id=kept.person_id,
        merge_id=other.person_id,
        actor=checks.cast.actor(who),
        at=NOW,
        reason="Same",
        **more,
    )


def test_a_reply_about_the_case_of_a_merged_person_still_attaches(checks: Checks) -> None:
    kept, submission = checks.book(), checks.open(content=eft(surname="SAMPEL"), surname="Sampel")
    merge(checks, kept, submission.case)

    reply = receive(sre(submission, "fbi", "I")).reply

    assert (reply.state, reply.submission_id) == ("attached", submission.pk)
    assert answer_states(submission)["fbi"] == "identification"
    assert Case.objects.get(pk=submission.case_id).person_id == kept.person_id


def test_a_search_proposes_no_case_of_the_same_human_but_every_case_of_it_to_another(
    checks: Checks,
    hands: Hands,  # noqa: F811
) -> None:
    first, again, third = booked(checks, hands, 1), booked(checks, hands, 1), booked(checks, hands, 1)
    search(first)
    merge(checks, first.case, again.case)

    search(again)

    assert not Candidate.objects.exists()
    search(third)
    assert set(Candidate.objects.values_list("other_case_id", flat=True)) == {first.case_id, again.case_id}


def test_new_prints_may_be_made_out_to_any_recorded_name_and_to_no_other(checks: Checks) -> None:
    kept, submission = checks.book(), checks.open(content=eft(surname="SAMPEL"), surname="Sampel")
    merge(checks, kept, submission.case)

    def reprint(surname: str, which: Submission) -> Submission:
        return services.reprint(
            submission_id=which.pk,
            actor=checks.cast.actor("officer"),
            at=NOW,
            eft=eft(surname=surname),
        )

    second = reprint("SAMPEL", submission)
    third = reprint("SAMPLE", second)
    with pytest.raises(Exception, match="another surname"):
        reprint("STRANGER", third)


def test_the_api_keeps_the_case_and_gives_the_surviving_person(checks: Checks, machine: object) -> None:  # noqa: F811
    kept, other = checks.book(), checks.book()
    url = f"/api/v1/cases/{other.public_id}"
    before = machine.get(url).json()  # type: ignore[attr-defined]
    merge(checks, kept, other)

    after = machine.get(url).json()  # type: ignore[attr-defined]

    assert (before["id"], before["person_id"]) == (str(other.public_id), str(other.person.public_id))
    assert (after["id"], after["person_id"]) == (str(other.public_id), str(kept.person.public_id))
    listed = machine.get("/api/v1/cases").json()  # type: ignore[attr-defined]
    assert {item["person_id"] for item in listed["results"]} == {str(kept.person.public_id)}


def test_the_oversight_view_is_the_same_before_and_after(checks: Checks) -> None:
    kept, other = checks.book(), checks.book()

    def seen() -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM oversight_case ORDER BY id")
            return cursor.fetchall()

    before = seen()
    merge(checks, kept, other)

    assert seen() == before
