"""The pages of matching: who opens them, and that every page opened leaves its access row."""

import pytest
from django.test import Client

from audit.models import Access
from matching.models import Candidate, Reply, Submission, Transmission
from tests.matching.conftest import Checks, receive, sre
from tests.matching.test_reviews import proposed, review

SEE_CHECKS = {"officer", "clerk", "supervisor", "administrator", "examiner", "operator"}
OTHERS_CHECKS = {"other_officer", "other_supervisor"}
EXAMINE = {"examiner", "second_examiner"}
PEOPLE = (
    "officer", "clerk", "supervisor", "administrator", "other_officer", "other_supervisor", "examiner", "operator",
    "liaison",
)  # fmt: skip


def client_of(checks: Checks, who: str) -> Client:
    client = Client()
    client.force_login(checks.cast.user(who), backend="accounts.backends.EmailBackend")
    return client


def pages(model: str, pk: int) -> list[str]:
    return [f"/admin/matching/{model}/", f"/admin/matching/{model}/{pk}/change/"]


@pytest.mark.parametrize("who", PEOPLE)
def test_pages_of_a_check_open_for_those_who_may_see_it(checks: Checks, who: str) -> None:
    submission = checks.open()
    receive(sre(submission, "fbi", "N"))
    rows = [
        ("submission", Submission.objects.get().pk),
        ("transmission", Transmission.objects.get().pk),
        ("reply", Reply.objects.get().pk),
    ]
    client = client_of(checks, who)

    for model, pk in rows:
        listing, page = (client.get(url) for url in pages(model, pk))
        if who in SEE_CHECKS:
            assert (listing.status_code, page.status_code) == (200, 200), (who, model)
        elif who in OTHERS_CHECKS:
            assert listing.status_code == 200
            assert page.status_code in (302, 404), (who, model)
            assert submission.tcn not in listing.content.decode()
        else:
            assert {listing.status_code, page.status_code} <= {302, 403, 404}, (who, model)


def test_the_page_of_a_check_says_what_each_source_answered(checks: Checks) -> None:
    submission = checks.open()
    receive(sre(submission, "fbi", "I"))

    page = client_of(checks, "officer").get(pages("submission", submission.pk)[1]).content.decode()

    assert "Prints found on record" in page
    assert submission.tcn in page
    assert "Sample" not in page


def test_every_page_that_shows_a_check_leaves_an_access_row(checks: Checks) -> None:
    submission = checks.open()
    client = client_of(checks, "officer")

    for url in pages("submission", submission.pk):
        client.get(url)

    actions = list(Access.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["submission.listed", "submission.viewed"]
    assert all(row.objects_shown == [submission.public_id] for row in Access.objects.all())


@pytest.mark.parametrize("who", [*PEOPLE, "second_examiner"])
def test_undecided_candidates_are_for_examiners_only(checks: Checks, who: str) -> None:
    candidate = proposed(checks)
    review(checks, candidate, "examiner", "different")

    listing, page = (client_of(checks, who).get(url) for url in pages("candidate", candidate.pk))

    if who in EXAMINE:
        assert (listing.status_code, page.status_code) == (200, 200)
        assert "Compared ridge by ridge" not in page.content.decode()
        assert "different" not in page.content.decode().lower()
    else:
        assert page.status_code in (302, 403, 404)
        assert Candidate.objects.visible_to(checks.cast.actor(who)).count() == 0


@pytest.mark.parametrize("model", ["submission", "transmission", "reply", "candidate"])
@pytest.mark.parametrize("verb", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nothing_is_added_changed_or_deleted_on_these_pages(checks: Checks, model: str, verb: str) -> None:
    candidate = proposed(checks)
    receive(sre(candidate.submission, "fbi", "N"))
    pk = {
        "submission": candidate.submission_id,
        "transmission": candidate.submission.transmissions.get().pk,
        "reply": Reply.objects.get().pk,
        "candidate": candidate.pk,
    }[model]
    client = client_of(checks, "examiner" if model == "candidate" else "supervisor")

    answer = client.post(f"/admin/matching/{model}/{verb.format(pk=pk)}", {"state": "settled"})

    assert answer.status_code in (302, 403, 404)
    assert Submission.objects.filter(state="open").count() == 2
    assert Candidate.objects.get().state == "unreviewed"
