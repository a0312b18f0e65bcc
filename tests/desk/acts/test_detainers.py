from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actors import system
from cases.services import content_of
from cases.services.identifiers import opened
from detainers.models import Breach, Detainer, Hold, Warrant
from detainers.services import details_of, reassess
from tests.desk.acts.conftest import act_url, events, messages_of, said, wall

TOKEN = "7d1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c11"


def paper(**changes):
    """An I-247A as a clerk copies it."""
    typed = {
        "form_token": TOKEN,
        "received": wall(timezone.now()),
        "channel": "fax",
        "edition": "I-247A_2017",
        "boxes_of": "I-247A_2017",
        "issued_on": "2026-03-18",
        "issuing_office": "ICE ERO, San Antonio",
        "officer_title": "Deportation officer",
        "signature_present": "on",
        "subject_surname": "SAMPLE",
        "subject_given_names": "One",
        "subject_birth_date": "1990-05-17",
        "basis": ["biometric_records_check"],
        "notify_ice": "on",
    }
    return typed | changes


@pytest.fixture
def detainer(book, desk) -> Detainer:
    case = book()
    desk("clerk").post(act_url("detainer_register", case), paper())
    return Detainer.objects.get()


def test_a_detainer_is_registered_as_it_came_without_any_match(book, desk):
    case = book()
    scan = SimpleUploadedFile("form.pdf", b"%PDF-1.7 scan", "text/html")

    response = desk("clerk").post(act_url("detainer_register", case), paper(scan=scan))

    detainer = Detainer.objects.get()
    assert response.status_code == 302, said(response)
    assert (detainer.case, detainer.edition, detainer.state) == (case, "I-247A_2017", "received")
    assert detainer.boxes["basis"] == ["biometric_records_check"]
    assert (detainer.notify_ice, detainer.notify_cbp) == (True, False)
    assert detainer.received_text == paper()["received"]
    assert (content_of(detainer.document), detainer.document.media_type) == (
        b"%PDF-1.7 scan",
        "application/pdf",
    )
    assert events("detainers.registered") == 1
    assert "Serve a copy on the person" in messages_of(response)[0]


def test_a_deficient_form_is_registered_and_said_to_be_deficient(book, desk):
    typed = paper(basis=[])
    del typed["signature_present"]

    client, case = desk("clerk"), book()
    asked = client.post(act_url("detainer_register", case), typed)
    assert asked.status_code == 400
    assert 'id="id_basis_error"' in said(asked)
    assert 'id="id_signature_present_error"' in said(asked)
    assert Detainer.objects.count() == 0
    response = client.post(act_url("detainer_register", case), typed | {"confirm": "NO_BASIS,NO_SIGNATURE"})

    assert 'value="NO_BASIS,NO_SIGNATURE"' in said(asked)
    assert response.status_code == 302
    assert Detainer.objects.get().state == "deficient"
    assert "deficient on its face" in messages_of(response)[0]
    assert "not signed" in messages_of(response)[0]
    assert events("detainers.deficient") == 1


def test_a_warrant_comes_with_the_detainer(book, desk):
    typed = paper(warrant="ADMIN_I200", signed_by_role="immigration_officer", signed_at="2026-03-18 00:00")

    response = desk("officer").post(act_url("detainer_register", book()), typed)

    assert response.status_code == 302, said(response)
    assert (Warrant.objects.get().kind, Warrant.objects.get().signed_by_role) == (
        "ADMIN_I200",
        "immigration_officer",
    )
    assert events("detainers.warrant_recorded") == 1


def test_wrong_input_keeps_what_was_typed_with_the_scan_and_saves_nothing(book, desk):
    case = book()
    typed = paper(
        received="2026-03-08 02:30",
        warrant="ADMIN_I200",
        channel="",
        scan=SimpleUploadedFile("a.pdf", b"%PDF-"),
    )

    response = desk("clerk").post(act_url("detainer_register", case), typed)

    page = said(response)
    assert response.status_code == 400
    assert "does not exist in America/Chicago" in page
    assert "Choose how it came." in page
    assert "Choose who signed it." in page
    assert "Enter when it was signed." in page
    assert 'value="ICE ERO, San Antonio"' in page
    assert "Kept from before: a.pdf" in page
    assert page.count("checked") >= 3
    assert Detainer.objects.count() == 0


def test_the_service_s_sentences_land_at_the_receipt(book, desk):
    response = desk("clerk").post(
        act_url("detainer_register", book()), paper(received=wall(timezone.now() + timedelta(hours=3)))
    )

    assert response.status_code == 400
    assert 'id="id_received_error"' in said(response)
    assert "The receipt lies in the future." in said(response)


def test_another_edition_shows_its_own_boxes(book, desk):
    case, client = book(), desk("clerk")

    shown = said(
        client.post(act_url("detainer_register", case), paper(edition="I-247D_2015", refresh="edition"))
    )
    sent = client.post(act_url("detainer_register", case), paper(edition="I-247_2012-12"))
    unknown = said(
        client.post(act_url("detainer_register", case), paper(edition="unknown", refresh="edition"))
    )

    assert 'value="priority_conviction"' in shown
    assert 'role="alert"' not in shown
    assert sent.status_code == 400
    assert "Below are now the boxes of this edition." in said(sent)
    assert 'value="reason_to_believe"' in said(sent)
    assert 'name="on_conviction"' in said(sent)
    assert 'value="reason_to_believe"' in unknown
    assert Detainer.objects.count() == 0


def test_a_form_that_asks_only_for_notice_has_no_boxes_to_tick(book, desk):
    typed = paper(edition="I-247N_2015", boxes_of="I-247N_2015", basis=[])

    page = said(desk("clerk").post(act_url("detainer_register", book()), typed | {"refresh": "edition"}))

    assert "This edition has no such boxes." in page


def test_an_unknown_edition_is_kept_as_deficient(book, desk):
    typed = paper(edition="unknown", boxes_of="unknown", confirm="UNKNOWN_EDITION")

    response = desk("clerk").post(act_url("detainer_register", book()), typed)

    assert response.status_code == 302, said(response)
    assert Detainer.objects.get().state == "deficient"


def test_the_same_form_twice_registers_once(book, desk):
    case, client = book(), desk("clerk")
    client.post(act_url("detainer_register", case), paper())

    again = client.post(act_url("detainer_register", case), paper())

    assert again.status_code == 302
    assert Detainer.objects.count() == 1


def test_the_copy_is_served_and_without_a_ground_the_hold_begins(book, detainer, desk, send):
    at = timezone.now() + timedelta(minutes=1)

    response = send(
        desk("officer"),
        "detainer_serve",
        detainer,
        at=wall(at),
        language="es",
        notice_language="en",
        method="in_person",
        interpreter_id="line 4",
        refused_to_sign="on",
    )
    book.eligible(detainer.case, at=timezone.now())

    service = detainer.services.get()
    assert response.status_code == 302, said(response)
    assert (service.language, service.interpreter_id, service.refused_to_sign) == ("es", "line 4", True)
    assert service.served_text == wall(at)
    assert events("detainers.served") == 1
    assert Hold.objects.filter(case=detainer.case).exists()


def test_another_language_and_another_way_must_be_said(detainer, desk, send):
    response = send(
        desk("officer"),
        "detainer_serve",
        detainer,
        at=wall(timezone.now()),
        language="other",
        notice_language="en",
        method="other",
    )
    refused = send(
        desk("officer"),
        "detainer_serve",
        detainer,
        at=wall(timezone.now()),
        language="other",
        language_other="kjb",
        notice_language="en",
        method="other",
    )

    assert response.status_code == 400
    assert "Enter the code of the language." in said(response)
    assert refused.status_code == 400
    assert "Say how it was served." in said(refused)
    assert 'value="kjb"' in said(refused)
    assert detainer.services.count() == 0


def test_served_before_received_is_refused_at_the_time(detainer, desk, send):
    at = detainer.received_at - timedelta(hours=1)

    response = send(
        desk("officer"),
        "detainer_serve",
        detainer,
        at=wall(at),
        language="en",
        notice_language="en",
        method="in_person",
    )

    assert response.status_code == 400
    assert "cannot have been served before it was received" in said(response)


def test_serving_again_says_when_it_was_served(detainer, desk, send):
    client = desk("officer")
    typed = {"at": wall(timezone.now()), "language": "en", "notice_language": "en", "method": "in_person"}
    send(client, "detainer_serve", detainer, **typed)

    page = said(client.get(act_url("detainer_serve", detainer)))
    again = send(client, "detainer_serve", detainer, **typed)

    assert "The copy was served on" in page
    assert again.status_code == 409
    assert detainer.services.count() == 1


def test_a_notice_that_nobody_reviewed_is_recorded_and_said_not_to_count(book, detainer, desk, send):
    client = desk("officer")
    typed = {"at": wall(timezone.now()), "language": "es", "notice_language": "es", "method": "in_person"}
    offered = said(client.get(act_url("detainer_serve", detainer)))

    response = send(client, "detainer_serve", detainer, **typed)
    page = said(client.get(response["Location"]))
    book.eligible(detainer.case, at=timezone.now())
    again = client.get(act_url("detainer_serve", detainer))

    assert "Spanish, draft that nobody has reviewed: does not count as service" in offered
    assert response.status_code == 302
    assert "This does not count as service: nobody had reviewed the notice in Spanish." in page
    assert not detainer.services.get().counts
    assert not Hold.objects.filter(case=detainer.case).exists()
    assert "There is nothing more to do here." not in said(again)


def test_the_notice_must_be_chosen(detainer, desk, send):
    response = send(
        desk("officer"),
        "detainer_serve",
        detainer,
        at=wall(timezone.now()),
        language="es",
        method="in_person",
    )

    assert response.status_code == 400
    assert "Choose the language of the notice that was given." in said(response)


def test_a_lifted_detainer_ends(detainer, desk, send):
    client = desk("clerk")

    response = send(client, "detainer_lift", detainer, at=wall(timezone.now()), reason="Fax", code="L")
    page = said(client.get(act_url("detainer_lift", detainer)))
    again = send(client, "detainer_lift", detainer, at=wall(timezone.now()), reason="Fax", code="L")

    detainer.refresh_from_db()
    assert response.status_code == 302
    assert detainer.state == "lifted"
    assert events("detainers.lifted") == 1
    assert "This detainer was lifted on" in page
    assert again.status_code == 409


def test_lifting_asks_how_it_is_known(detainer, desk, send):
    response = send(desk("clerk"), "detainer_lift", detainer, at="2026-11-01 01:30")

    assert response.status_code == 400
    assert "Write how you know that it was lifted." in said(response)
    assert "happened twice in America/Chicago" in said(response)


def test_the_office_that_issued_it_may_lift_it_and_sees_no_case(detainer, cast, desk, send):
    cast.federal.federal_accounts_allowed = True
    cast.federal.save()
    other = desk("liaison").get(act_url("detainer_lift", detainer))
    Detainer.objects.filter(pk=detainer.pk).update(federal_agency=cast.federal)

    page = said(desk("liaison").get(act_url("detainer_lift", detainer)))
    response = send(
        desk("liaison"), "detainer_lift", detainer, at=wall(timezone.now()), reason="Our decision", code="L"
    )

    assert other.status_code == 404
    assert detainer.case.number not in page
    assert response.status_code == 302
    assert "/admin/case/" not in response["Location"]
    detainer.refresh_from_db()
    assert detainer.state == "lifted"


def test_a_judicial_order_is_recorded_once(detainer, desk):
    form = {
        "form_token": TOKEN[:-1] + "2",
        "official_role": "magistrate",
        "basis": "Order 26-114 on detainer and I-200",
        "at": wall(timezone.now()),
    }
    client = desk("officer")

    response = client.post(act_url("judicial_order", detainer), form)
    client.post(act_url("judicial_order", detainer), form)

    finding = detainer.findings.get()
    assert response.status_code == 302
    assert (finding.condition, finding.official_role) == ("judicial_order", "magistrate")
    assert events("detainers.condition_recorded") == 1


def test_an_order_asks_who_and_what(detainer, desk, send):
    response = send(desk("officer"), "judicial_order", detainer, at="tomorrow", basis="Order 7")

    assert response.status_code == 400
    assert "Enter who ordered it" in said(response)
    assert 'value="Order 7"' in said(response)
    assert detainer.findings.count() == 0


@pytest.mark.parametrize(
    ("proof", "evidence", "has_proof"), [("no", "", False), ("yes", "US passport", True)]
)
def test_a_claim_is_recorded_with_or_without_proof(detainer, desk, send, proof, evidence, has_proof):
    case = detainer.case

    response = send(
        desk("clerk"),
        "status_claim",
        case,
        kind="citizenship",
        proof=proof,
        evidence=evidence,
        at=wall(timezone.now()),
    )

    claim = case.status_claims.get()
    assert response.status_code == 302, said(response)
    assert (claim.kind, claim.proof, claim.evidence) == ("citizenship", has_proof, evidence)
    assert events("detainers.status_claimed") == 1


def test_proof_must_be_described_and_a_claim_counts_once(book, desk, send):
    case, client = book(), desk("clerk")
    form = {"form_token": TOKEN, "kind": "lawful_status", "proof": "no", "at": wall(timezone.now())}

    bare = send(client, "status_claim", case, kind="citizenship", proof="yes", at=wall(timezone.now()))
    empty = send(client, "status_claim", case, at=wall(timezone.now()), evidence="Card")
    client.post(act_url("status_claim", case), form)
    client.post(act_url("status_claim", case), form)

    assert bare.status_code == 400
    assert "Say what was shown as proof" in said(bare)
    assert "Choose citizenship or lawful status." in said(empty)
    assert 'value="Card"' in said(empty)
    assert case.status_claims.count() == 1


@pytest.fixture
def breach(book, desk, send) -> Breach:
    case = book.eligible(at=timezone.now() - timedelta(minutes=30))
    send(desk("officer"), "release", case, to="street", at=wall(timezone.now()))
    return Breach.objects.get()


def test_a_breach_is_closed_with_cause_and_remedy(breach, desk, send):
    client = desk("supervisor")

    page = said(client.get(act_url("breach_close", breach)))
    response = send(
        client, "breach_close", breach, cause="The desk learned of the bond late.", remedy="A call at once."
    )
    after = said(client.get(act_url("breach_close", breach)))
    again = send(client, "breach_close", breach, cause="x", remedy="y")

    breach.refresh_from_db()
    assert "minutes beyond authority" in page
    assert "stays on record" in page
    assert response.status_code == 302
    assert (breach.state, breach.cause) == ("closed", "The desk learned of the bond late.")
    assert events("detainers.breach_closed") == 1
    assert "Cause and remedy were recorded on" in after
    assert again.status_code == 409


@pytest.mark.parametrize("missing", ["cause", "remedy"])
def test_neither_cause_nor_remedy_may_be_missing(breach, desk, send, missing):
    typed = {"cause": "Late call", "remedy": "Call at once"} | {missing: " "}

    response = send(desk("supervisor"), "breach_close", breach, **typed)

    assert response.status_code == 400
    assert f'href="#id_{missing}"' in said(response)
    assert ("Call at once" if missing == "cause" else "Late call") in said(response)
    breach.refresh_from_db()
    assert breach.state == "ended"


@pytest.fixture
def running_breach(book) -> Breach:
    case = book.eligible(at=timezone.now() - timedelta(minutes=30))
    reassess(case_id=case.pk, actor=system("clock"), at=timezone.now())
    return Breach.objects.get(case=case)


def test_a_running_breach_is_not_explained_away(running_breach, desk, send):
    page = said(desk("supervisor").get(act_url("breach_close", running_breach)))
    response = send(desk("supervisor"), "breach_close", running_breach, cause="x", remedy="y")

    assert "Release comes first" in page
    assert response.status_code == 409
    running_breach.refresh_from_db()
    assert running_breach.state == "open"


def test_others_find_nothing_and_roles_without_it_are_refused(detainer, running_breach, desk):
    about = {
        "detainer_register": (detainer.case, "administrator"),
        "detainer_serve": (detainer, "administrator"),
        "detainer_lift": (detainer, "officer"),
        "judicial_order": (detainer, "administrator"),
        "status_claim": (detainer.case, "administrator"),
        "breach_close": (running_breach, "officer"),
    }

    for name, (thing, refused) in about.items():
        assert desk("other_supervisor").get(act_url(name, thing)).status_code == 404, name
        assert desk("other_supervisor").post(act_url(name, thing), {}).status_code == 404, name
        assert desk(refused).get(act_url(name, thing)).status_code == 403, name
        assert desk(refused).post(act_url(name, thing), {}).status_code == 403, name


def test_every_field_of_the_form_is_kept_and_the_personal_ones_sealed(book, desk):
    case = book()
    typed = paper(
        subject_id="S-991",
        event_number="EV-2026-17",
        a_number="A012345678",
        addressed_to="Cedar County Jail",
        citizenship="Mexico",
        subject_sex="F",
        notify_phone="210-555-0100",
        officer_name="Officer Sample",
        lea_release_at="2026-03-20 09:00",
        lea_charge_date="2026-03-17",
        lea_offence="Larceny",
        lea_booking_number="B-1",
    )

    desk("clerk").post(act_url("detainer_register", case), typed)

    detainer = Detainer.objects.get()
    details = details_of(detainer)
    stored = bytes(detainer.record.sealed)
    assert (details.event_number, details.citizenship, details.officer_name) == (
        "EV-2026-17",
        "Mexico",
        "Officer Sample",
    )
    assert (str(details.lea_charge_date), details.lea_offence) == ("2026-03-17", "Larceny")
    assert b"Mexico" not in stored
    assert [shown.value for shown in opened(case.identifiers.all())] == ["A012345678"]
    assert "EV-2026-17" in said(desk("clerk").get(f"/admin/case/{case.public_id}/"))


def test_the_a_number_of_a_form_about_somebody_else_becomes_nobody_s(book, desk):
    case = book()
    typed = paper(subject_surname="Other", a_number="A012345678", confirm="OTHER_PERSON")

    response = desk("clerk").post(act_url("detainer_register", case), typed)

    assert response.status_code == 302, said(response)
    assert Detainer.objects.get().deficiencies[0]["code"] == "OTHER_PERSON"
    assert case.identifiers.count() == 0


def test_a_form_that_cannot_be_read_is_kept_with_its_scan_and_not_without(book, desk):
    client, case = desk("clerk"), book()
    typed = {"received": wall(timezone.now()), "channel": "fax", "edition": "I-247A_2017", "unreadable": "on"}

    without = client.post(act_url("detainer_register", case), typed | {"form_token": TOKEN})
    scan = SimpleUploadedFile("form.pdf", b"%PDF-1.7 blur", "application/pdf")
    kept = client.post(act_url("detainer_register", case), typed | {"form_token": TOKEN, "scan": scan})

    detainer = Detainer.objects.get()
    assert without.status_code == 400
    assert "is kept as it came" in said(without)
    assert kept.status_code == 302, said(kept)
    assert (detainer.state, detainer.edition, detainer.document.size) == ("deficient", "unknown", 13)
    assert [item["code"] for item in detainer.deficiencies] == ["UNREADABLE"]


def test_the_same_paper_again_leads_to_the_first(book, desk):
    client, case = desk("clerk"), book()
    client.post(act_url("detainer_register", case), paper(event_number="EV-1"))

    typed = paper(event_number="ev 1", form_token="7d1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c12")
    again = client.post(act_url("detainer_register", case), typed)

    first = Detainer.objects.get()
    assert again.status_code == 302
    assert again["Location"].endswith(f"#detainer-{first.public_id}")
    assert "is registered already" in messages_of(again)[-1]


def test_a_warrant_signed_by_the_wrong_office_is_refused_at_its_field(book, desk):
    client, case = desk("clerk"), book()

    for kind, signer, words in (
        ("JUDICIAL_CRIMINAL", "immigration_officer", "it is an I-200 or I-205"),
        ("ADMIN_I200", "judge", "never by a judge"),
    ):
        typed = paper(warrant=kind, signed_by_role=signer, signed_at="2026-03-18 00:00")
        response = client.post(act_url("detainer_register", case), typed)
        assert response.status_code == 400
        assert 'id="id_signed_by_role_error"' in said(response)
        assert words in said(response)
    assert Detainer.objects.count() == 0


def test_the_cancel_box_ends_the_detainer_that_it_names(book, desk):
    client, case = desk("clerk"), book()
    client.post(act_url("detainer_register", case), paper(event_number="EV-1"))
    later = paper(
        event_number="EV-2",
        issued_on="2026-03-19",
        cancels_earlier="on",
        cancels_dated="2026-03-18",
        form_token="7d1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c12",
        received=wall(timezone.now() + timedelta(minutes=1)),
    )
    unknown = client.post(act_url("detainer_register", case), later | {"cancels_dated": "2026-03-01"})
    client.post(act_url("detainer_register", case), later)

    first, second = Detainer.objects.order_by("pk")
    assert unknown.status_code == 400
    assert 'id="id_cancels_dated_error"' in said(unknown)
    assert (first.state, second.state) == ("cancelled", "received")


def test_a_new_version_begins_with_the_earlier_and_is_served_to_replace_it(book, desk, send):
    client, case = desk("clerk"), book()
    client.post(act_url("detainer_register", case), paper(event_number="EV-1", citizenship="Mexico"))
    first = Detainer.objects.get()

    page = said(client.get(act_url("detainer_amend", first)))
    token = "7d1c7b0e-7a35-4f0c-9a52-9a7b4d9f0c13"
    typed = paper(event_number="EV-2", form_token=token, received=wall(timezone.now() + timedelta(minutes=1)))
    response = client.post(act_url("detainer_amend", first), typed)
    version = first.versions.get()
    case_page = said(client.get(f"/admin/case/{case.public_id}/"))

    assert 'value="EV-1"' in page
    assert 'value="Mexico"' in page
    assert response.status_code == 302, said(response)
    assert (version.state, version.amends) == ("received", first)
    assert "until then the earlier version stands" in messages_of(response)[-1]
    assert "A new version of the detainer above" in case_page
