"""Whatever is typed, an act page answers with a sentence, never with an error of ours, and shows nothing unescaped."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Agency
from cases import services
from desk.acts import urls
from desk.acts.base import ActView
from detainers import services as detainers
from detainers.documents import texts
from detainers.models import Breach, Detainer, Duty, StatusCheck
from tests.desk.acts.conftest import act_url, said, wall
from tests.desk.acts.test_detainers import paper
from tests.desk.acts.test_retries import stopped_search
from tests.matching.conftest import Checks, iar, receive, sre

NASTY = [
    "\x00",
    "x" * 5000,
    "<script>alert(1)</script>",
    "😀 \u202e مرحبا",
    "0001-01-01 00:00",
    "9999-12-31 23:59:59-12:00",
    "-1",
    "%(when)s {0} {{ x }}",
]
CORRECTIONS = {
    "correct",
    "correction_decide",
}  # in test_corrections: their addresses name a fact, not only a thing
ACTS = [
    pattern.name
    for pattern in urls.urlpatterns
    if issubclass(pattern.callback.view_class, ActView) and pattern.name not in CORRECTIONS
]


def laws(cast) -> dict:
    """A row of law of the cast's county at each stage of its life, with who acts on it there."""
    author, counsel = cast.actor("author"), cast.actor("counsel")
    body = {
        "level": "county",
        "state": "NJ",
        "county": "Cedar",
        "citation": "Cedar County Order 7",
        "from": "2026-01-01",
        "confidence": "confirmed",
        "hold": "forbidden",
    }

    def at_stage(code: str, *steps: str):
        row = detainers.draft_policy(actor=author, body=body | {"code": code})
        for step in steps:
            moved = {"policy_id": row.pk, "version": row.lock}
            if step == "send":
                row = detainers.send_to_counsel(actor=author, **moved)
            elif step == "review":
                row = detainers.review_policy(actor=counsel, approve=True, reason="Read it.", **moved)
            else:
                day = timezone.localdate(timezone=ZoneInfo("America/Chicago"))
                row = detainers.enact_policy(actor=author, on=day, reason="Voted.", **moved)
        return row

    draft, sent = at_stage("CEDAR_1"), at_stage("CEDAR_2", "send")
    reviewed, running = at_stage("CEDAR_3", "send", "review"), at_stage("CEDAR_4", "send", "review", "enact")
    return {
        "policy_new": (None, "author"),
        "policy_edit": (draft, "author"),
        "policy_send": (draft, "author"),
        "policy_discard": (draft, "author"),
        "policy_review": (sent, "counsel"),
        "policy_reopen": (reviewed, "author"),
        "policy_enact": (reviewed, "author"),
        "policy_version": (running, "author"),
        "policy_end": (running, "author"),
    }


@pytest.fixture
def about(cast, book, desk, monkeypatch):
    """A thing for every act, each in the state in which the act makes sense."""
    Agency.objects.filter(pk=cast.jail.pk).update(state="NJ")  # where the law names conditions to find
    checks = Checks(cast)
    case = book()
    desk("clerk").post(act_url("detainer_register", case), paper())
    late = book.eligible(at=timezone.now() - timedelta(minutes=30))
    desk("officer").post(act_url("release", late), {"to": "street", "at": wall(timezone.now())})
    submission = checks.open()
    receive(iar(submission))
    lost = receive(sre(submission, "fbi", "I", tcr="T000000000000LOST")).reply
    detainer = Detainer.objects.get()
    claim = {"kind": "citizenship", "proof": "no", "at": wall(timezone.now())}
    desk("officer").post(act_url("status_claim", case), claim)
    one, other, kept, gone = (book().person for _ in range(4))
    move = services.merge_persons(
        keep_id=kept.pk,
        merge_id=gone.pk,
        actor=cast.actor("supervisor"),
        at=timezone.now(),
        reason="Same tattoo",
    )
    detainers.approve_translation(
        language="ht",
        digest=texts.text("ht").digest,
        qualification="Native speaker",
        actor=cast.actor("translator"),
        at=timezone.now(),
    )
    owned = book()
    services.claim_case(case_id=owned.pk, actor=cast.actor("officer"), at=timezone.now())
    offer = services.offer_case(
        case_id=owned.pk,
        to=cast.user("supervisor").public_id,
        actor=cast.actor("officer"),
        at=timezone.now(),
    )
    mine = book()
    services.claim_case(case_id=mine.pk, actor=cast.actor("officer"), at=timezone.now())
    compared = detainers.keep_list(
        agency=cast.jail,
        content=f"detainer_date,event_number,facility\n2026-03-20,EV-9,{cast.jail.facility_code}\n".encode(),
        actor=cast.actor("clerk"),
        at=timezone.now(),
    )
    return (
        laws(cast)
        | {
            "detainer_amend": (detainer, "clerk"),
            "list_compare": (None, "clerk"),
            "difference": (compared.differences.first(), "clerk"),
            "case_claim": (book(), "officer"),
            "case_offer": (mine, "supervisor"),
            "case_give_back": (owned, "supervisor"),
            "offer_answer": (offer, "supervisor"),
            "offer_withdraw": (offer, "supervisor"),
            "filter_save": (None, "officer"),
            "handover_write": (None, "officer"),
            "book": (None, "officer"),
            "ground_end": (case.grounds.get(), "officer"),
            "reprint": (submission.case, "officer"),
            "transmission_release": (checks.minor().transmissions.get(), "supervisor"),
            "iar_code": (submission, "clerk"),
            "transmission_retry": (checks.transmission("failed"), "supervisor"),
            "search_retry": (stopped_search(checks, monkeypatch), "supervisor"),
            "reply_attach": (lost, "supervisor"),
            "reply_dismiss": (lost, "supervisor"),
            "warrant_record": (detainer, "supervisor"),
            "condition_record": (detainer, "supervisor"),
            "detainer_serve": (detainer, "supervisor"),
            "detainer_lift": (detainer, "supervisor"),
            "judicial_order": (detainer, "supervisor"),
            "breach_close": (Breach.objects.get(), "supervisor"),
            "duty": (Duty.objects.get(detainer=detainer, code="INTERVIEW_CONSENT"), "supervisor"),
            "tell_ice": (detainer, "supervisor"),
            "status_check": (StatusCheck.objects.get(), "supervisor"),
            "protection": (case, "protector"),
            "person_find": (one, "supervisor"),
            "person_split": (kept, "supervisor"),
            "person_merge": ((one, other), "supervisor"),
            "people_apart": ((one, other), "supervisor"),
            "merge_undo": (move, "supervisor"),
            "document_file": (f"/admin/act/case/{case.public_id}/documents/worksheet/file/", "supervisor"),
            "translation_review": ("/admin/act/translations/es/", "translator"),
            "translation_withdraw": ("/admin/act/translations/ht/withdraw/", "translator"),
        }
        | dict.fromkeys(
            (
                "case_assign",
                "unit_move",
                "note_write",
                "ground_add",
                "release",
                "custody",
                "detainer_register",
                "status_claim",
                "conviction",
            ),
            (case, "supervisor"),
        )
    )


def address(name, thing):
    if isinstance(thing, str):
        return thing
    return act_url(name, *thing) if isinstance(thing, tuple) else act_url(name, thing)


@pytest.mark.parametrize("name", sorted(set(ACTS) - {"candidate_review"}))
def test_nothing_typed_breaks_an_act_page(about, desk, name):
    thing, who = about[name]
    client, url = desk(who), address(name, thing)
    fields = [
        *list(client.get(url).context["form"].fields),
        "form_token",
        "charges-0-offence_code",
        "grounds-0-started_at",
    ]

    for text in NASTY:
        response = client.post(url, dict.fromkeys(fields, text))

        assert response.status_code in (302, 400, 409), (text[:20], response.status_code)
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("name", ["ground_add", "detainer_register", "book"])
def test_a_form_as_people_fill_it_with_one_nasty_field_is_refused_or_kept_as_text(about, desk, name):
    thing, who = about[name]
    client, url = desk(who), act_url(name, thing)
    good = {
        "ground_add": {"kind": "sentence", "description": "30 days", "at": wall(timezone.now())},
        "detainer_register": paper(form_token=""),
        "book": {
            "booking_number": "N-1",
            "booked_at": wall(timezone.now()),
            "surname": "Sample",
            "sex": "F",
            "charges-0-offence_code": "2399",
            "charges-0-description": "Larceny",
        },
    }[name]

    for field in good:
        for text in NASTY[:2] + NASTY[4:6]:
            response = client.post(url, good | {field: text})

            assert response.status_code in (302, 400, 409), (field, text[:20])


def test_a_file_over_the_limit_is_refused_and_not_kept(about, desk, monkeypatch):
    from desk.acts.fields import UploadField

    monkeypatch.setattr(UploadField, "max_bytes", 100)
    thing, who = about["reprint"]

    response = desk(who).post(act_url("reprint", thing), {"eft": SimpleUploadedFile("big.eft", b"x" * 101)})

    assert response.status_code == 400
    assert "larger than" in said(response)
    assert "Kept from before" not in said(response)


def test_every_act_page_says_what_will_happen_asks_with_a_label_and_has_one_heading(about, desk):
    for name in sorted(set(ACTS) - {"candidate_review"}):
        thing, who = about[name]

        response = desk(who).get(address(name, thing))
        page = said(response)

        assert page.count("<h1") == 1, name
        assert 'class="act-what"' in page, name
        assert 'class="act-who"' in page, name
        assert 'name="form_token"' in page, name
        assert "<label" in page or not response.context["form"].visible_fields(), name


def test_reading_an_act_page_is_recorded(book, desk):
    from audit.models import Access

    case = book()

    desk("officer").get(act_url("release", case))

    look = Access.objects.get(action="case.act_opened")
    assert (look.case_id, look.purpose, look.actor_label) == (case.public_id, "release", "Officer")


def test_a_page_shown_again_with_its_errors_is_recorded_too(book, desk, send):
    from audit.models import Access

    case = book()

    send(desk("officer"), "release", case)
    assert Access.objects.filter(action="case.act_opened", case_id=case.public_id).count() == 1
