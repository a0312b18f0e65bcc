import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from audit.models import Access
from cases.models import SamePersonLink
from matching.engine.template import Template
from matching.formats.ebts import PrintImage
from matching.models import Candidate, FingerTemplate
from tests.desk.acts.conftest import act_url, events, messages_of, said
from tests.matching.conftest import Checks, eft, sealed

NOW = datetime(2026, 3, 19, 18, 0, tzinfo=UTC)


def grey(position: int, seed: int) -> PrintImage:
    """A picture big enough to be looked at."""
    data = bytes((seed + position + n // 3) % 256 for n in range(120 * 160))
    return PrintImage(position, 1, 120, 160, 500, "NONE", data)


@pytest.fixture
def candidate(cast) -> Candidate:
    """Two bookings whose prints resemble each other in two fingers."""
    checks = Checks(cast)
    pair = [
        checks.open(
            content=eft(surname=name, prints=[grey(position, seed) for position in range(1, 11)]),
            surname=name,
        )
        for seed, name in ((1, "Firstname"), (2, "Secondname"))
    ]
    for submission in pair:
        for position in (1, 2):
            template = Template.build(
                np.array([[20, 30, 0.5, 0.9], [60, 70, 1.5, 0.8]]),
                width=120,
                height=160,
                extractor="leader",
                version="1",
            )
            FingerTemplate.objects.create(
                case=submission.case,
                submission=submission,
                position=position,
                minutiae=sealed(submission, position, "1", template.to_bytes()),
                extractor="leader",
                version="1",
                quality=0.85,
                extracted_at=NOW,
            )
    return Candidate.objects.create(
        submission=pair[0],
        other_submission=pair[1],
        other_case=pair[1].case,
        score=4.2,
        threshold=1.9,
        fingers=[1, 2],
        rank=1,
        engine_version="leader:1",
        proposed_at=NOW,
    )


def test_the_page_shows_pairs_of_prints_and_no_name_or_number(candidate, desk):
    page = said(desk("examiner").get(act_url("candidate_review", candidate)))

    assert page.count('class="act-print"') == 4
    assert "Right thumb" in page
    assert "far above" in page
    assert "A score is a lead, not a finding." in page
    assert '<circle cx="20.0" cy="30.0"' in page
    for case in (candidate.submission.case, candidate.other_case):
        assert case.person.surname.lower() not in page.lower()
        assert case.number not in page


def test_a_print_is_a_grey_picture_and_each_look_is_recorded(candidate, desk):
    url = act_url("candidate_review", candidate).replace("review/", "print/stored/2.png")

    response = desk("examiner").get(url)

    image = Image.open(io.BytesIO(response.content))
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "no-store"
    assert (image.mode, image.size) == ("L", (120, 160))
    look = Access.objects.get(action="candidate.print_shown")
    assert (look.purpose, look.objects_shown) == ("stored finger 2", [candidate.public_id])


@pytest.mark.parametrize("place", ["stored/7", "stored/11", "elsewhere/1"])
def test_only_compared_fingers_are_shown(candidate, desk, place):
    url = act_url("candidate_review", candidate).replace("review/", f"print/{place}.png")

    assert desk("examiner").get(url).status_code == 404
    assert not Access.objects.filter(action="candidate.print_shown").exists()


def test_two_examiners_link_the_cases_and_the_second_does_not_see_the_first(candidate, desk, send):
    first = send(
        desk("examiner"), "candidate_review", candidate, decision="same", rationale="Loop, delta, 12 points"
    )
    waiting = said(desk("examiner").get(act_url("candidate_review", candidate)))
    unseen = said(desk("second_examiner").get(act_url("candidate_review", candidate)))

    assert first.status_code == 302
    assert "recorded and sealed" in messages_of(first)[0]
    assert "You decided this on" in waiting
    assert "the same person" in waiting
    assert "Loop, delta" not in unseen
    assert "Examiner" not in unseen.split("act-title")[1].replace("examiners", "").replace("examiner", "")
    assert not SamePersonLink.objects.exists()

    second = send(
        desk("second_examiner"), "candidate_review", candidate, decision="same", rationale="Same ridges"
    )

    assert "Two examiners found the same person." in messages_of(second)[0]
    assert SamePersonLink.objects.count() == 1
    assert events("matching.candidate_confirmed") == 1


def test_the_same_examiner_cannot_decide_twice(candidate, desk, send):
    send(desk("examiner"), "candidate_review", candidate, decision="same", rationale="Loop")

    again = send(desk("examiner"), "candidate_review", candidate, decision="same", rationale="Loop")

    assert again.status_code == 409
    assert "A second, different examiner must decide now." in said(again)
    assert candidate.reviews.count() == 1


def test_a_decision_needs_its_reasons_and_keeps_them(candidate, desk, send):
    response = send(desk("examiner"), "candidate_review", candidate, rationale="Loop and delta")

    assert response.status_code == 400
    assert "Choose one: the same person" in said(response)
    assert "Loop and delta</textarea>" in said(response)
    assert candidate.reviews.count() == 0


def test_the_same_form_twice_decides_once(candidate, desk):
    form = {
        "form_token": "1a1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11",
        "decision": "different",
        "rationale": "Whorl against loop",
    }
    client = desk("examiner")
    client.post(act_url("candidate_review", candidate), form)

    again = client.post(act_url("candidate_review", candidate), form)

    assert again.status_code == 302
    assert candidate.reviews.count() == 1


def test_a_decided_candidate_says_what_was_decided(candidate, desk, send):
    for who in ("examiner", "second_examiner"):
        send(desk(who), "candidate_review", candidate, decision="different", rationale="Whorl against loop")

    page = said(desk("examiner").get(act_url("candidate_review", candidate)))

    assert "Two examiners found different persons." in page
    assert 'class="act-print"' not in page


def test_the_jail_does_not_examine(candidate, desk):
    url = act_url("candidate_review", candidate)
    image = url.replace("review/", "print/booked/1.png")

    for who in ("officer", "supervisor", "operator", "other_officer"):
        assert desk(who).get(url).status_code == 403, who
        assert desk(who).post(url, {}).status_code == 403, who
        assert desk(who).get(image).status_code == 403, who


def test_an_examiner_of_another_state_finds_nothing(candidate, cast, desk):
    cast.bureau.state = "NY"
    cast.bureau.save()

    assert desk("examiner").get(act_url("candidate_review", candidate)).status_code == 404
