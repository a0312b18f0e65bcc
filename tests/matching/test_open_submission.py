"""What a booking opens, and what newer prints replace."""

from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import IllegalMove, Invalid, NotFound, NotPermitted
from audit.models import Event
from cases import services as case_services
from cases.models import SamePersonLink
from matching import services
from matching.formats import itl
from matching.formats.tcn import is_own_tcn
from matching.models import PrintSearch, Submission, Transmission
from tests.factories import CaseFactory, booking_request, person_facts
from tests.matching.conftest import NOW, Checks, answer_states, eft


def test_a_booking_with_prints_opens_one_check_with_one_transmission(checks: Checks) -> None:
    submission = checks.open()

    transmission = submission.transmissions.get()
    assert is_own_tcn(submission.tcn)
    assert submission.tcn.startswith("TX")
    assert (submission.tot, submission.ndr, submission.state) == ("CAR", ["1", "9"], "open")
    assert answer_states(submission) == {"state": "waiting", "fbi": "waiting", "dhs": "waiting"}
    assert (transmission.peer, transmission.state, transmission.attempts) == ("bureau", "queued", 0)
    assert submission.print_search.state == "queued"


def test_what_goes_out_is_the_received_file_with_our_number_in_front(checks: Checks) -> None:
    content = eft()
    submission = checks.open(content=content)

    outgoing = submission.transmissions.get().outgoing_bytes()

    header = itl.read(outgoing).header
    assert header.text(9) == submission.tcn
    assert (header.text(7), header.text(8)) == ("TXDPS0000", "TX0010000")
    assert [r.raw for r in itl.read(outgoing).records[1:]] == [r.raw for r in itl.read(content).records[1:]]
    assert len(submission.transmissions.get().outgoing_head) < 600


def test_a_booking_without_prints_asks_nothing_and_says_why(book: CaseFactory) -> None:
    submission = book().submissions.get()

    assert submission.state == "settled"
    assert set(submission.answers.values_list("state", "reason")) == {("not_expected", "no_prints")}
    assert not Transmission.objects.exists()
    assert not PrintSearch.objects.exists()


def test_the_same_booking_again_opens_nothing_more(checks: Checks) -> None:
    request = booking_request(eft=eft(), person=person_facts())

    for _ in range(3):
        case_services.book(
            actor=checks.cast.actor("officer"), agency=checks.cast.jail, request=request, at=NOW
        )

    assert Submission.objects.count() == 1
    assert Transmission.objects.count() == 1


def test_prints_that_come_later_open_the_check_that_was_not_possible(checks: Checks) -> None:
    actor, jail = checks.cast.actor("officer"), checks.cast.jail
    request = booking_request(person=person_facts())
    case = case_services.book(actor=actor, agency=jail, request=request, at=NOW).case
    with_prints = booking_request(
        booking_number=request.booking_number, booked_at=request.booked_at, person=request.person, eft=eft()
    )

    case_services.book(actor=actor, agency=jail, request=with_prints, at=NOW)

    old, new = case.submissions.order_by("pk")
    assert (old.state, new.state, new.supersedes) == ("superseded", "open", old)
    assert set(answer_states(old).values()) == {"superseded"}
    assert new.transmissions.get().state == "queued"


def test_a_minors_prints_stay_here_with_a_reason(checks: Checks) -> None:
    submission = checks.minor()

    transmission = submission.transmissions.get()
    assert (transmission.state, transmission.held_back_reason) == ("held_back", "minor")
    assert set(answer_states(submission).values()) == {"held_back"}
    assert submission.print_search.state == "held_back"
    event = Event.objects.get(action="matching.transmission_held_back")
    assert event.facts["held_back_reason"] == "minor"


def test_a_person_of_unknown_age_is_treated_with_the_same_care(checks: Checks) -> None:
    submission = checks.open(content=eft(dob=None), birth_date=None)

    assert submission.transmissions.get().held_back_reason == "age_unknown"


def test_forbidden_repositories_leave_the_file_before_it_goes_out(
    checks: Checks, tmp_path: Path, settings: object
) -> None:
    path = tmp_path / "policies.yaml"
    path.write_text(
        "schema: submission-policies/1\npolicies:\n"
        "- {code: LOCAL, place: TX/Cedar, effective_from: 2020-01-01, adult_age: 18, forbidden_ndr: [9, 10],"
        " citation: an ordinance, confidence: invented}\n"
    )
    settings.MATCHING_POLICY_FILE = path  # type: ignore[attr-defined]

    submission = checks.open()

    body = next(itl.read(submission.transmissions.get().outgoing_bytes()).tagged(2))
    assert (submission.ndr, submission.dropped_ndr) == (["1"], ["9"])
    assert body.texts(98) == ("1",)
    dhs = submission.answers.get(source="dhs")
    assert (dhs.state, dhs.reason_sentence) == ("not_expected", "Not asked by us; the FBI may share.")


def test_a_transaction_that_asks_for_no_answer_waits_for_none(checks: Checks) -> None:
    submission = checks.open(content=eft(tot="CNA", ndr=()))

    assert submission.state == "settled"
    assert submission.transmissions.get().state == "queued"
    assert set(submission.answers.values_list("reason", flat=True)) == {"no_answer_asked"}


def test_new_prints_supersede_the_old_check_and_its_answers(checks: Checks) -> None:
    old = checks.open()

    new = services.reprint(submission_id=old.pk, actor=checks.cast.actor("officer"), at=NOW, eft=eft())

    old.refresh_from_db()
    assert (old.state, new.supersedes_id) == ("superseded", old.pk)
    assert new.tcn != old.tcn
    assert set(answer_states(old).values()) == {"superseded"}
    assert old.transmissions.get().state == "cancelled"
    assert old.print_search.state == "cancelled"
    assert set(answer_states(new).values()) == {"waiting"}


def test_new_prints_of_somebody_else_are_refused_with_every_problem(checks: Checks) -> None:
    old = checks.open()
    wrong = eft(surname="Other", dob=date(1970, 1, 1))

    with pytest.raises(Invalid) as refused:
        services.reprint(submission_id=old.pk, actor=checks.cast.actor("officer"), at=NOW, eft=wrong)

    assert {error.field for error in refused.value.errors} == {"2.018", "2.022"}
    old.refresh_from_db()
    assert old.state == "open"


def test_the_same_prints_again_are_no_new_prints(checks: Checks) -> None:
    content = eft()
    old = checks.open(content=content)

    with pytest.raises(Invalid, match="same prints"):
        services.reprint(submission_id=old.pk, actor=checks.cast.actor("officer"), at=NOW, eft=content)


def test_an_unreadable_file_is_refused_and_changes_nothing(checks: Checks) -> None:
    old = checks.open()

    with pytest.raises(Invalid):
        services.reprint(submission_id=old.pk, actor=checks.cast.actor("officer"), at=NOW, eft=b"no file")

    assert Submission.objects.count() == 1


def test_new_prints_replace_the_current_check_only(checks: Checks) -> None:
    old = checks.open()
    officer = checks.cast.actor("officer")
    services.reprint(submission_id=old.pk, actor=officer, at=NOW, eft=eft())

    with pytest.raises(IllegalMove):
        services.reprint(submission_id=old.pk, actor=officer, at=NOW, eft=eft())
    with pytest.raises(NotFound):
        services.reprint(submission_id=0, actor=officer, at=NOW, eft=eft())


@pytest.mark.parametrize("who", ["clerk", "other_officer", "examiner", "liaison", "reviewer", "stranger"])
def test_only_the_jails_own_booking_staff_send_new_prints(checks: Checks, who: str) -> None:
    old = checks.open()

    with pytest.raises(NotPermitted):
        services.reprint(submission_id=old.pk, actor=checks.cast.actor(who), at=NOW, eft=eft())


def test_one_case_has_one_current_check_whatever_code_says(checks: Checks) -> None:
    submission = checks.open()

    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.create(case=submission.case, tcn="TX2", tot="CAR", opened_at=NOW)


def test_a_booking_links_nobody_and_holds_nobody(checks: Checks) -> None:
    checks.open()

    assert not SamePersonLink.objects.exists()
    assert not Event.objects.filter(action__startswith="detainers.").exists()


def test_no_event_names_the_person(checks: Checks) -> None:
    checks.minor()
    submission = checks.open()

    for event in Event.objects.filter(action__startswith="matching."):
        text = f"{event.facts} {event.reason}".upper()
        assert "SAMPLE" not in text
        assert "1990" not in text
        assert submission.oca not in text


def test_a_jail_for_which_no_control_number_can_be_made_is_told_so(checks: Checks) -> None:
    type(checks.cast.jail).objects.filter(pk=checks.cast.jail.pk).update(state="ZZ")
    checks.cast.jail.refresh_from_db()

    with pytest.raises(Invalid, match="two-letter code of a state"):
        checks.open()


def test_a_policy_file_that_cannot_be_read_stops_the_start(settings: object, tmp_path: Path) -> None:
    from matching.checks import check_policy_file

    assert check_policy_file() == []
    settings.MATCHING_POLICY_FILE = tmp_path / "none.yaml"  # type: ignore[attr-defined]

    assert [message.id for message in check_policy_file()] == ["matching.E001"]
